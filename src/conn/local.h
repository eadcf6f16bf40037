#pragma once

/*
 * Local: a party in the program itself: for the hub a connection like any other, but without a stream and a dialect. The
 * management API is a caller this way, and a program that embeds a hub is agent and caller.
 *
 * Its owner registers it first (ALD_SIGNAL_REGISTER; without a target as a caller only) and then says and hears signals
 * (msg/signal.h) as a dialect would. What the hub says to it counts as written at once; what bounds it are the hub's own
 * limits for one caller, which whoever passes on other people's commands hands on to them as refusals.
 *
 * Lifetime:   ald_local_open() to ald_local_close(), which comes before the edge is freed. The hub may end it (it drains):
 *             then `closed` comes, and what was said and has no outcome will get none here.
 * Threading:  the loop's thread only.
 * Invariants: callbacks come inside a step of the hub or at the end of a turn, never inside a call of the owner's but
 *             ald_local_say() outside of a step; what is said in them waits for the end of the turn, in order.
 */

#include "conn/edge.h"

struct ald_local;

/* A callback that is NULL is not called. */
struct ald_local_callbacks {
    /* The hub says `signal` (borrows). May queue (ald_local_say(), ald_visit_answer()), never step. */
    void (*signal)(void *owner, const struct ald_signal *signal);
    /* The hub ended it. Nothing more comes; ald_local_close() is still to be called, also from here. */
    void (*closed)(void *owner);
};

/*
 * Make a party known to the hub at once, or at the end of the turn when called inside a step. `peer` and `dialect`
 * (copied) are what people see of it. `callbacks` are borrowed for its life. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_local_open(struct ald_edge *edge, struct ald_str peer, struct ald_str dialect,
                                 const struct ald_local_callbacks *callbacks, void *owner,
                                 struct ald_local **ret_local);
/* Whatever it has submitted and not heard of goes on without it. NULL is fine; returns NULL. */
struct ald_local *ald_local_close(struct ald_local *local);
ALD_DEFINE_CLEANUP(struct ald_local *, ald_local_close);

/*
 * Say `signal` (takes its references; its views are borrowed): the hub is stepped now, or inside a step at the end of the
 * turn. What is said after the end is dropped. Errors: ALDIS_E_NOMEM, only inside a step; the references are then still
 * the caller's.
 */
ALD_NODISCARD int ald_local_say(struct ald_local *local, struct ald_signal *signal);

/* The hub's number of the connection. */
uint64_t ald_local_number(const struct ald_local *local);
