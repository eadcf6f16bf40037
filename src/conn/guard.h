#pragma once

/*
 * Guard: who may come in through the doors of an edge, and what they may do there, as somebody else decides it.
 *
 *     a request shows a credential -> admit() -> a pass, or the door answers 401
 *     a connection says a signal   -> judge() -> the principal, the target it is given, and whether it is denied
 *
 * An edge without a guard lets everybody in and denies nothing.
 *
 * Lifetime:   the guard outlives the edge. A pass lives from admit() to release(); whoever comes in again shows his
 *             credential again. An exception is an HTTP connection: each of its requests is admitted for itself.
 * Threading:  the loop's thread only. No function of a guard may step the hub; it may read it.
 */

#include "base/buf.h"
#include "msg/json_write.h"
#include "msg/signal.h"
#include "transport/stream.h"

struct ald_pass; /* who somebody proved to be; the guard's own */

/* What somebody shows. */
struct ald_shown {
    struct ald_str authorization; /* the field's value; absent: none */
    bool authorization_repeated;  /* it came more than once: which of them is meant? */
    const struct ald_peer *peer;  /* its certificate, its user */
    struct ald_str proved;        /* who he is by a signed token, which the gate has checked; absent: none was shown */
    uint64_t issued;              /* when that token was made, in seconds of the calendar */
};

/* Of the management API. In this order: who may write may read. */
enum ald_guest_manage { ALD_GUEST_MANAGE_NONE, ALD_GUEST_MANAGE_READ, ALD_GUEST_MANAGE_WRITE };

/* Outcomes of admit(): nothing was shown; what was shown is not known; it is not good any more. */
enum { ALD_GUARD_NOTHING = 1, ALD_GUARD_UNKNOWN, ALD_GUARD_REVOKED };
/* Outcome of rights(), beside that of a buf. */
enum { ALD_GUARD_ANY = ALD_BUF_FULL + 1 };
/* Of rights that are shown: all permissions of a large system. */
enum { ALD_GUARD_RIGHTS_MAX = 64 * 1024 };

struct ald_guard {
    /* Gives a pass. Outcomes: ALD_GUARD_NOTHING, ALD_GUARD_UNKNOWN; of what was proved: ALD_GUARD_REVOKED. Errors:
     * ALDIS_E_NOMEM. */
    int (*admit)(void *owner, const struct ald_shown *shown, struct ald_pass **ret_pass);
    void (*release)(void *owner, struct ald_pass *pass);
    /*
     * Somebody stays: a connection, or a request whose answer comes later, and needs a right to `needs` for it. When that
     * ends, or his credential does, or he may not serve what he serves any more, the guard calls `expel`, once, which
     * releases nothing before it returns.
     */
    void (*enter)(void *owner, struct ald_pass *pass, enum ald_guest_manage needs, void (*expel)(void *who), void *who);
    /* `signal` is about to be told to the hub: fill in `principal` and `target` of REGISTER, `denied` and `primary_only`
     * of what it may not say, or hear. What is filled in lives until the next call. */
    void (*judge)(void *owner, struct ald_pass *pass, struct ald_signal *signal);

    /* What a pass may do elsewhere: for pages. */
    struct ald_str (*principal)(void *owner, const struct ald_pass *pass);
    enum ald_guest_manage (*manage)(void *owner, const struct ald_pass *pass);
    /* Append the names that it may command, and the permissions that it holds, each once, comma separated, ALD_GUARD_RIGHTS_MAX
     * bytes at most; patterns of names only where they mean all targets. Outcomes: ALD_GUARD_ANY: all, everywhere, and to
     * hear everything, nothing was appended; ALD_BUF_FULL: what fits was. Errors: ALDIS_E_NOMEM. */
    int (*rights)(void *owner, const struct ald_pass *pass, struct ald_buf *out);
    bool (*may_command)(void *owner, const struct ald_pass *pass, const struct ald_address *to, struct ald_str name);
    /* Write members "principal", "register", "command", "permission", "subscribe" and "manage" into the object that was begun. */
    void (*describe)(void *owner, const struct ald_pass *pass, struct ald_json_writer *json);
    /* See ald_auth_why(). Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
    int (*why)(void *owner, struct ald_str principal, struct ald_str target, struct ald_str name, struct ald_buf *out,
               bool *ret_allowed);
    void *owner;
};

/*
 * Who asks for a page. Nobody is asked who he is where there is no guard: then everybody may read and command, and who
 * comes in through the Unix socket may write (DESIGN section 4: an unauthenticated door can never stop or reconfigure
 * anything).
 */
struct ald_guest {
    const struct ald_guard *guard; /* NULL: there is none */
    struct ald_pass *pass;         /* NULL: nothing was shown */
    bool local;                    /* through the Unix socket, or from this process */
};

/* He may see more than the pages that are for everybody. */
bool ald_guest_known(const struct ald_guest *guest);
/* Absent: nobody knows. */
struct ald_str ald_guest_principal(const struct ald_guest *guest);
enum ald_guest_manage ald_guest_manage(const struct ald_guest *guest);
bool ald_guest_may_command(const struct ald_guest *guest, const struct ald_address *to, struct ald_str name);
/* Write what he is and may do, as members of an object that was begun: see ald_guard.describe. */
void ald_guest_describe(const struct ald_guest *guest, struct ald_json_writer *json);
