#pragma once

/*
 * Auth: credentials to principals, and what a principal may do: one reading of the file of tokens.
 *
 * Lifetime:   counted references; immutable, so whoever holds one has rules that do not change under his hands. Principals
 *             live as long as the auth they came from.
 * Threading:  the count belongs to one thread.
 * The rules are pure code (rules.h); here are the file, the hashes and the users of this machine.
 */

#include "auth/rules.h"
#include "base/buf.h"

struct ald_auth;

/* A file of 16 MiB has the tokens of more agents than one hub serves; larger is a mistake in the path. */
enum { ALD_AUTH_FILE_MAX = 16 * 1024 * 1024 };

/* Read the text of a file. Gives one reference. Outcome: ALD_RULES_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_auth_read(const char *file, struct ald_str text, struct ald_auth **ret_auth,
                                struct ald_rules_why *ret_why);
/* Read the file; one that cannot be read, or that everybody may write to, is ALD_RULES_BAD too. */
ALD_NODISCARD int ald_auth_load(const char *path, struct ald_auth **ret_auth, struct ald_rules_why *ret_why);
struct ald_auth *ald_auth_ref(struct ald_auth *auth);
struct ald_auth *ald_auth_unref(struct ald_auth *auth); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_auth *, ald_auth_unref);

const struct ald_rules *ald_auth_rules(const struct ald_auth *auth);

/* Who shows this; NULL: nobody that is known. */
const struct ald_principal *ald_auth_bearer(const struct ald_auth *auth, struct ald_str token);
const struct ald_principal *ald_auth_hashed(const struct ald_auth *auth, const uint8_t hash[ALD_AUTH_HASH]);
const struct ald_principal *ald_auth_subject(const struct ald_auth *auth, struct ald_str subject);
/* Whom a signed token made at `issued`, in seconds of the calendar, proves. */
const struct ald_principal *ald_auth_proved(const struct ald_auth *auth, struct ald_str name, uint64_t issued);
const struct ald_principal *ald_auth_user(const struct ald_auth *auth, uint64_t uid);

/* Rights: see rules.h. A target that is absent is one that nobody may have. */
bool ald_auth_may_register(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str target);
struct ald_str ald_auth_assigned(const struct ald_auth *auth, const struct ald_principal *principal);
/*
 * May it command `name` at `target` (empty: the hub itself)? What the hub tells everybody about his own commands,
 * `aldis:Outcome` and `aldis:Cancel`, is not asked for here: whoever is let in may; see ald_auth_is_own().
 */
bool ald_auth_may_command(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str target,
                          struct ald_str name);
/* Does it hold the permission that a schema asks for? */
bool ald_auth_holds(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str permission);
bool ald_auth_may_subscribe(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str name);
bool ald_auth_primary_only(const struct ald_auth *auth, struct ald_str name);
enum ald_manage ald_auth_manage(const struct ald_principal *principal);
const char *ald_manage_name(enum ald_manage manage);

/* A command that concerns commands of the same caller only, which the hub itself sees to: everybody may ask for it. */
bool ald_auth_is_own(struct ald_str target, struct ald_str name);

/*
 * Append one line, without its end, on why `principal` may or may not command `name` at `target`, or, with `name` absent,
 * serve `target`, or, with `target` absent, subscribe to `name`: with the file and the line of the rule. `*ret_allowed` is the
 * answer itself. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_auth_why(const struct ald_auth *auth, struct ald_str principal, struct ald_str target,
                               struct ald_str name, struct ald_buf *out, bool *ret_allowed);
/* The same on why `principal`, who is known, may not command `name`, or subscribe to it: it lacks the `permission` that this
 * takes. Outcome and errors as above. */
ALD_NODISCARD int ald_auth_why_lacks(const struct ald_auth *auth, struct ald_str principal, struct ald_str name,
                                     bool subscribes, struct ald_str permission, struct ald_buf *out);
