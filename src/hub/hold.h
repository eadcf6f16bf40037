#pragma once

/*
 * Hold: events for targets that are known to come and go wait for them (communicator 5.5, the cache for services that are
 * off line). The edge says which targets these are (ALD_EVENT_EXPECT), the sender that an event may wait (ALD_MSG_HOLD) and
 * for how long; the page enforces no such time, we do (communicator 14, point 10).
 *
 * An event is held when no channel of its target can be told anything now: there is none, none is active, or all are over
 * their accounts, or their sessions can hold no more: for one that is away, an event waits there (hub/session.h). What is held
 * is given out in order as soon as a channel is ready, and before anything that comes later: while something
 * waits for a target that is there, every event for it goes behind.
 *
 * Lifetime:   a target is expected until a later list does not name it; what is held for it then stays held.
 * Limits:     events in all and for one target, and what they hold in bytes; what is over is dropped (`busy`), counted.
 * Invariants: n_held and held_bytes are the sums over all targets. A target that is neither listed nor waited for is not
 *             kept. Each held event has an alarm.
 */

#include "base/str.h"
#include "hub/round.h"

struct ald_event;
struct ald_hub;
struct ald_msg;
struct ald_parcel;
struct ald_parcel_stored;
struct ald_target;

/* Names in one list: more services than a machine has. */
enum { ALD_HOLD_EXPECTED_MAX = 10000 };

struct ald_expected {
    struct ald_node node; /* the hub's expected targets */
    struct ald_node held; /* of ald_parcel_stored.node, the oldest first */
    uint32_t n;
    size_t bytes;
    bool listed; /* by the latest list */
    struct ald_round round;
    struct ald_str name;
    char text[];
};

/* The edge's list. */
void ald_hold_expect(struct ald_hub *hub, const struct ald_event *event);
bool ald_hold_expects(const struct ald_hub *hub, struct ald_str name);

/* The target that an event is held for when nobody is there; absent: it names a channel, which nobody else stands in for. */
struct ald_str ald_hold_target(const struct ald_hub *hub, const struct ald_msg *msg);
/* Its sender said that it may wait, and its target is expected. */
bool ald_hold_may(const struct ald_hub *hub, const struct ald_msg *msg);

/* Something is held for that target. */
bool ald_hold_has(const struct ald_hub *hub, struct ald_str name);
/* Outcomes. */
enum { ALD_HOLD_FULL = 1, ALD_HOLD_UNEXPECTED };
/* Hold an event, until its time is over, for the target of that name, which is listed or has something held already; its fate
 * is noted. One that comes back stands where it stood. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_hold_keep(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_str name);

/* A channel of it is ready to be told something: what is held goes out. */
void ald_hold_wake(struct ald_hub *hub, const struct ald_target *target);
/* It waited too long. */
void ald_hold_expired(struct ald_hub *hub, struct ald_parcel_stored *stored);
/* The hub stops: all that is held is dropped. */
void ald_hold_drain(struct ald_hub *hub);

/* For the rounds: a unit, false when nothing is left, or nobody can be told now; and the end. */
bool ald_hold_work(struct ald_hub *hub, struct ald_round *round);
void ald_hold_ended(struct ald_hub *hub, struct ald_round *round);

/* The hub is freed. */
void ald_hold_fini(struct ald_hub *hub);
void ald_hold_check(const struct ald_hub *hub);
