#pragma once

/*
 * Gate: what connections may want of a whole hub, and what other hubs say of themselves, as somebody else decides it and
 * deals with it. The guard (guard.h) knows who somebody is and what he may command; the gate knows the doors that are for
 * other hubs, who looks after this one, who its neighbors are, and the secret that tokens are signed with.
 *
 * An edge without a gate lets hubs in without credentials, looks at no signed token, and lets nobody stop it.
 *
 * Lifetime:   outlives the edge.
 * Threading:  the loop's thread only; not inside a step of the hub unless a function says so, so that they may step it.
 */

#include "conn/edge.h"
#include "conn/guard.h"
#include "transport/stream.h"

struct ald_gate {
    /* What is shown is right: at a door, or on a connection, that wants a name and a password. */
    bool (*admits)(void *owner, const struct ald_peer *peer, struct ald_str username, struct ald_str password);
    /* The peer may stop and reconfigure the hub, whoever the guard says it is. */
    bool (*may_operate)(void *owner, const struct ald_peer *peer);
    /* Somebody who may has asked for it. `text`: what FORGET is about; `told`: another hub has told everybody already. */
    void (*operate)(void *owner, enum ald_operation operation, struct ald_str text, bool told);
    /* Another hub knows these addresses of hubs, comma separated; `call`: and wants to be called there; `proved`: it has shown
     * the name and the password of this one, and may be shown them there. */
    void (*neighbors)(void *owner, struct ald_str addresses, bool call, bool proved);
    /* A connection leads to the hub that is called at `address`, or does so no more. This may come inside a step. */
    void (*linked)(void *owner, struct ald_str address, bool there);
    /* A hub that came in from `peer`, and says it is `hub` and is called at `address` (both may be absent), is not let in;
     * `why` is for people. This may come inside a step. */
    void (*refused)(void *owner, const struct ald_peer *peer, struct ald_str hub, struct ald_str address,
                    struct ald_str why);
    /* Another hub told news of its own machine. */
    void (*news)(void *owner, const struct ald_news *news);
    /* Somebody has asked the hub for news of `topic`. */
    void (*asked)(void *owner, enum ald_topic topic);

    /*
     * Somebody registers, and his greeting shows a signed token (link.md 2.3): fill in `principal` of the signal, and `target`
     * of a control; or `denied`, and in `text` the cause (link.md 2.11). What the token proves goes into `proved` and
     * `issued` of `shown`, for the guard. What is filled in lives until the next call. NULL: tokens are not looked at.
     */
    void (*vouch)(void *owner, const struct ald_peer *peer, struct ald_signal *signal, struct ald_shown *shown);
    /*
     * Append the token by which whoever shows it resumes `session`. It is as old as the one that was shown for it, `issued`: what
     * is good no more is not made good by coming back. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. NULL: there are none.
     */
    int (*session_token)(void *owner, uint64_t session, uint64_t issued, struct ald_buf *out);
    /* Which session it is the token of, and how old it is; 0: of none, or of one before this start (link.md 2.9). */
    uint64_t (*session_of)(void *owner, struct ald_str token, uint64_t *ret_issued);
    void *owner;
};
