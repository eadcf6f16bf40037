#pragma once

/*
 * Daemon: one hub with its doors, from `ready` to the clean stop.
 *
 * Lifetime: ald_daemon_new() opens everything; ald_daemon_run() returns the exit status; ald_daemon_free().
 */

#include "daemon/config.h"

struct ald_daemon;

/*
 * Open every door. Outcome: ALD_CONFIG_BAD: a setting cannot be followed (an address that cannot be bound, a
 * certificate that cannot be read), `ret_why` names it. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. Borrows `config`, for
 * its whole life.
 */
ALD_NODISCARD int ald_daemon_new(const struct ald_config *config, struct ald_daemon **ret_daemon,
                                 struct ald_config_why *ret_why);
/* Say `door NAME ADDRESS` for each door and `ready` on standard output, and serve until told to stop. */
void ald_daemon_run(struct ald_daemon *daemon);
struct ald_daemon *ald_daemon_free(struct ald_daemon *daemon); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_daemon *, ald_daemon_free);

/* The files that the settings name can be read. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_daemon_check(const struct ald_config *config, struct ald_config_why *ret_why);
