#pragma once

/*
 * Spread: an event for many is given to each of them that is here: a broadcast to every party that understands it, the
 * sender included (communicator 5.3), or one for all channels of a target to these, one for all of a kind (hub/kind.h), or for
 * who subscribed to it (hub/subscribe.h).
 *
 * It is told in a round (hub/round.h), one party a unit. Whoever cannot be told more at the moment misses it, counted; a party
 * that is away hears it when its session comes back.
 *
 * Limits: broadcasts_max of them at once, holding broadcasts_bytes_max; beyond that one is dropped, counted.
 */

#include "base/defs.h"

struct ald_hub;
struct ald_parcel;
struct ald_round;

/* Give it to all who are here; its fate is noted. */
void ald_spread_start(struct ald_hub *hub, const struct ald_parcel *parcel);

/* For the rounds: a unit, false when nobody is left to be told; and the end. */
bool ald_spread_work(struct ald_hub *hub, struct ald_round *round);
void ald_spread_ended(struct ald_hub *hub, struct ald_round *round);

void ald_spread_check(const struct ald_hub *hub);
