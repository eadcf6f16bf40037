#pragma once

/*
 * Daemon: one hub with its doors, from `ready` to the clean stop.
 *
 * Lifetime: ald_daemon_new() opens everything; ald_daemon_run() returns the exit status; ald_daemon_free().
 */

#include "daemon/config.h"

struct ald_daemon;
struct ald_door;
struct ald_net;

/*
 * Open every door. Outcome: ALD_CONFIG_BAD: a setting cannot be followed (an address that cannot be bound, a
 * certificate that cannot be read), `ret_why` names it. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. Borrows `config`, for
 * its whole life.
 */
ALD_NODISCARD int ald_daemon_new(const struct ald_config *config, struct ald_daemon **ret_daemon,
                                 struct ald_config_why *ret_why);

/* What a program gives a daemon that is not a process of its own. */
struct ald_daemon_host {
    struct ald_net
        *net;           /* borrowed, outlives the daemon; its loop is turned by the program, and no signal is watched */
    const char *inproc; /* a door for that net's own dialers, by this name; copied */
    const char *inproc_lines; /* and one where services of the communicator family come in; NULL: there is none. Copied */
    /* After ald_daemon_drain(): everybody has left, or patience is over. Once. The daemon may be freed later, not inside. */
    void (*ended)(void *owner);
    void *owner;
};

/* The same in a program's process. Serves from the next turn of the loop on. Borrows `host` for the call. */
ALD_NODISCARD int ald_daemon_new_in(const struct ald_config *config, const struct ald_daemon_host *host,
                                    struct ald_daemon **ret_daemon, struct ald_config_why *ret_why);
/* Take no new work; everybody leaves within [hub] drain_timeout. Repeating it changes nothing. */
void ald_daemon_drain(struct ald_daemon *daemon);
/* The door that was opened after `door` (NULL: the first one); NULL when there is none. */
const struct ald_door *ald_daemon_next_door(const struct ald_daemon *daemon, const struct ald_door *door);

/* Say `door NAME ADDRESS` for each door and `ready` on standard output, and serve until told to stop. */
void ald_daemon_run(struct ald_daemon *daemon);
struct ald_daemon *ald_daemon_free(struct ald_daemon *daemon); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_daemon *, ald_daemon_free);

/* The files that the settings name can be read. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_daemon_check(const struct ald_config *config, struct ald_config_why *ret_why);
