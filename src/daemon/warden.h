#pragma once

/*
 * Warden: keeps the rules of `[auth] tokens` and guards the doors with them (conn/guard.h).
 *
 * The file is read again at ald_warden_reload(), and when it changed, which is looked for every few seconds. A file with a
 * mistake changes nothing: the old rules hold, the log says what and where, and it is counted. Good rules hold at once, for
 * everybody who is here: who would not be let in any more, or may not serve his target any more, is put out.
 *
 * Lifetime:   ald_warden_new() to ald_warden_free(), which comes after the edge is gone: every pass was released.
 * Threading:  the loop's thread only.
 */

#include "auth/auth.h"
#include "conn/guard.h"

struct ald_catalog;
struct ald_edge;
struct ald_loop;
struct ald_warden;

/* What a warden counts. X(name, meaning) */
#define ALD_WARDEN_COUNTERS(X)                                                                                         \
    X(reloads, "times the file of tokens was read again and holds")                                                    \
    X(reloads_failed, "times it was wrong, and the old rules went on")                                                 \
    X(admitted, "credentials that were known")                                                                         \
    X(unknown, "credentials that were not")                                                                            \
    X(registrations_denied, "registrations for targets that the principal may not serve")                              \
    X(commands_denied, "commands and events that the principal may not send")                                          \
    X(subscriptions_denied, "subscriptions to events that the principal may not hear")                                 \
    X(subscriptions_ended, "subscriptions ended because the rules, or the schemas, changed")                           \
    X(accounts_untold, "controls that could not be told of their new rights, because memory was short")                \
    X(expelled, "connections and streams ended because the rules changed")

struct ald_warden_counters {
#define ALD_X(name, meaning) uint64_t name;
    ALD_WARDEN_COUNTERS(ALD_X)
#undef ALD_X
};

struct ald_warden_spec {
    struct ald_loop *loop;     /* borrowed, outlives the warden */
    const char *path;          /* copied */
    struct ald_str controller; /* of the hub, absent or empty: none; borrowed, outlives the warden */
};

/* Read the file. Outcome: ALD_RULES_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_warden_new(const struct ald_warden_spec *spec, struct ald_warden **ret_warden,
                                 struct ald_rules_why *ret_why);
struct ald_warden *ald_warden_free(struct ald_warden *warden); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_warden *, ald_warden_free);

/* What an edge asks. Lives as long as the warden. */
const struct ald_guard *ald_warden_guard(const struct ald_warden *warden);
/* Whose hub is read where a command names a channel only, and ends the sessions of who is away. Once, before the first door
 * opens. */
void ald_warden_watch(struct ald_warden *warden, struct ald_edge *edge);

/* Read the file again, now. What is wrong with it is logged. */
void ald_warden_reload(struct ald_warden *warden);

/* The schemas of the edge were `old` (NULL: none) until now, and ask for other permissions. Not inside a step of the hub. */
void ald_warden_schemas_changed(struct ald_warden *warden, const struct ald_catalog *old);

const struct ald_warden_counters *ald_warden_counters(const struct ald_warden *warden);
