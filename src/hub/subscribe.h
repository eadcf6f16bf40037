#pragma once

/*
 * Subscribe: who wants to hear the events of a name, with which filters, and what of them is remembered, so that whoever was away
 * gets what it missed (link 4.10; struct ald_subscription in msg/signal.h).
 *
 * An event is published by saying it to the hub itself. It goes, in a round (hub/round.h), to each subscriber of its name with a
 * filter in common, and into the memory of the name. The original replays a record's latest state, which it knows from its own
 * data; a hub does not look into payloads, so it remembers the last events as they were, with the time when each came. Told again
 * they bring a subscriber to the same state; whoever was away for longer than the memory reaches has the last of it.
 *
 * Lifetime:   a name is known, and remembered, from the first SUBSCRIBE on. It is forgotten when it has no subscriber and another
 *             one needs its place, the one that lost its last subscriber first. A subscription ends with its party.
 * Limits:     names; events and bytes that are remembered of one, and bytes of all; subscriptions of a party and of all; filters of
 *             one. What is over is refused (`busy`), or the oldest is forgotten.
 * Invariants: subscribers and memory are in the order of their numbers.
 */

#include "base/list.h"
#include "base/str.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_parcel;
struct ald_parcel_stored;
struct ald_party;
struct ald_round;
struct ald_signal;

enum {
    /* Ten times what the original and its plugins offer, with room for what others make up. */
    ALD_SERIES_MAX = 1024,
    /* An update of each of what one person looks at: more are asked for anew, as a whole. */
    ALD_SERIES_EVENTS_MAX = 64,
    ALD_SERIES_BYTES_MAX = 1024 * 1024,
    ALD_SERIES_ALL_BYTES_MAX = 64 * 1024 * 1024,
    /* Eight subscribable events and their plugins' are some dozens. */
    ALD_SUBSCRIPTIONS_MAX = 256,
    /* Of all parties: a thousand controls that hear all there is; some 40 MiB with short filters. */
    ALD_SUBSCRIPTIONS_ALL_MAX = 100000,
    ALD_FILTERS_MAX = 1024 /* bytes of a list: it is compared with another of its size for each subscriber */
};

struct ald_series;

void ald_subscribe_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* Somebody subscribed to events of that name, so they can be published. */
bool ald_subscribe_knows(const struct ald_hub *hub, struct ald_str name);
/* Remember it, and give it to the subscribers of its name, which must be known. */
void ald_subscribe_publish(struct ald_hub *hub, const struct ald_parcel *parcel);
/* The party is gone: a unit of letting go of its subscriptions; false when it has none. */
bool ald_subscribe_part(struct ald_hub *hub, struct ald_party *party);

/* For hub/spread.h: the subscribers of a name, NULL: none; and the one at `node`, if `stored` is for it. `ret_later`: it came
 * later than what is spread, and so did all that follow. */
struct ald_node *ald_subscribe_list(const struct ald_hub *hub, struct ald_str name);
struct ald_party *ald_subscribe_addressee(const struct ald_parcel_stored *stored, struct ald_node *node,
                                          bool *ret_later);

/* For the rounds: what is said again to one subscriber, one event a unit, and the answer to it. */
bool ald_subscribe_work(struct ald_hub *hub, struct ald_round *round);
void ald_subscribe_ended(struct ald_hub *hub, struct ald_round *round);

/* The hub is freed: forget all names. The rounds and the parties must be gone. */
void ald_subscribe_fini(struct ald_hub *hub);
void ald_subscribe_check(const struct ald_hub *hub);
