#pragma once

/*
 * Parcel: an event on its way, from when it came in until it is with whom it is for, or dropped. Most are delivered within
 * the step that they come in, and then a parcel is only a handful of views; what has to wait is stored.
 *
 * A parcel has one fate, which is counted and noted (hub/note.h); one that is held has a second one later, and so has one
 * that was given to somebody who ended before it took it (hub/transit.h). Its sender is told of a fate when it asked
 * (communicator 5.6), of a broadcast never.
 *
 * Lifetime:   a stored one from ald_parcel_store() to ald_parcel_discard(); what effects of a step show of it lives until
 *             the next step.
 * Invariants: a stored parcel owns everything that it shows.
 */

#include "hub/alarm.h"
#include "hub/round.h"
#include "msg/signal.h"

struct ald_channel;
struct ald_expected;
struct ald_hub;
struct ald_party;
struct ald_who;

struct ald_parcel {
    struct ald_id id;
    uint64_t number; /* counts them as they come in */
    ald_usec until;  /* how long it may wait for its target, if it may */
    struct ald_msg *msg;
    struct ald_who *who; /* its sender, as it was then */
    uint64_t conn;       /* and where it is told what became of it */
    uint32_t party;
    uint64_t session;                /* its sender's, 0: none */
    struct ald_str from;             /* the target that those who get it are told it is from; absent: a caller's */
    const struct ald_travel *travel; /* NULL: it was submitted here */
    struct ald_travel *onward; /* where its way is put when it goes on, until the next step; NULL: in a place that every
                                        event that comes in has to itself */
};

struct ald_parcel_stored {
    struct ald_parcel parcel;
    struct ald_node node; /* hub/hold.h: what waits for the same target; and once it is discarded */
    struct ald_hub_alarm alarm; /* the same: how long it waits */
    struct ald_expected *expected;
    struct ald_round round; /* hub/spread.h, hub/relay.h */
    uint64_t came_from;     /* hub/relay.h: number of the peer that said it, 0: none */
    bool only_daemons;
    uint64_t *skipped; /* and those of the daemons that have it already */
    uint32_t n_skipped;
    size_t cost; /* ald_parcel_cost() */
    struct ald_travel travel;
    char text[];
};

/* Of an event that `party` said. What it claims to be, and what way it says that it came, is believed as far as it may. */
struct ald_parcel ald_parcel_of(struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal);

/* What it is charged while it is stored. */
size_t ald_parcel_cost(const struct ald_parcel *parcel);
/* Gives a copy that may wait (shares what has references, copies the rest). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_parcel_store(const struct ald_parcel *parcel, struct ald_parcel_stored **ret_stored);
/* It must be in no list, and its alarm stopped. */
void ald_parcel_discard(struct ald_hub *hub, struct ald_parcel_stored *stored);
/* Free what earlier steps discarded; with each step, since the effects of the last one are done with then. */
void ald_parcel_reap(struct ald_hub *hub);

/* A broadcast, or for all channels of a target: nobody is told what became of it. */
bool ald_parcel_is_for_many(const struct ald_msg *msg);

/* The signal that says it; with references of its own. */
struct ald_signal ald_parcel_signal(const struct ald_parcel *parcel);

/* Fates. `cause` is never NONE. */
void ald_parcel_delivered(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_channel *channel);
void ald_parcel_dropped(struct ald_hub *hub, const struct ald_parcel *parcel, enum ald_cause cause);
/* The same of one that was not even taken: it is not remembered. */
void ald_parcel_refused(struct ald_hub *hub, const struct ald_parcel *parcel, enum ald_cause cause);
void ald_parcel_held(struct ald_hub *hub, const struct ald_parcel *parcel);
void ald_parcel_flooded(struct ald_hub *hub, const struct ald_parcel *parcel);
void ald_parcel_spread(struct ald_hub *hub, const struct ald_parcel *parcel);
