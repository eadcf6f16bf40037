#pragma once

/*
 * Subscribe: who wants to hear the events of a name, with which filters, and what was missed of them, which is said
 * again to whoever was away (link 4.10; struct ald_subscription in msg/signal.h). What is remembered: hub/series.h.
 *
 * An event is published by saying it to the hub itself. It goes, in a round (hub/round.h), to each subscriber of its name with a
 * filter in common. What one missed is said to it in a round of its own, and then the answer: nothing twice, and nothing missed
 * between the two, since rounds go in the order of what they tell. Where something is missing, since it is not remembered (any
 * more) or the subscriber had no room for it, the answer says up to when.
 *
 * Lifetime:   a subscription ends with its party, or when the party may hear it no more.
 * Limits:     subscriptions of a party and of all; filters of one. What is over is refused (`busy`).
 * Invariants: subscribers are in the order of their numbers.
 */

#include "base/list.h"
#include "base/str.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_parcel_stored;
struct ald_party;
struct ald_round;
struct ald_signal;

enum {
    /* Eight subscribable events and their plugins' are some dozens. */
    ALD_SUBSCRIPTIONS_MAX = 256,
    /* Of all parties: a thousand controls that hear all there is; some 40 MiB with short filters. */
    ALD_SUBSCRIPTIONS_ALL_MAX = 100000
};

void ald_subscribe_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* The party hears events of `name` no more; also what is being said again to it ends. False: it did not. */
bool ald_subscribe_end(struct ald_hub *hub, struct ald_party *party, struct ald_str name);
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

void ald_subscribe_check(const struct ald_hub *hub);
