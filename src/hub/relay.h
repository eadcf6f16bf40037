#pragma once

/*
 * Relay: what is for many goes on to the other hubs (communicator 5.3), and what is for a target that nobody knows goes to
 * the daemons that may (5.4). What is relayed has an id, the same on all ways, by which every hub takes it once; it never
 * goes back to where it came from, and to a daemon at most five hops, and not where it has been already.
 *
 * It is told in a round (hub/round.h), one hub a unit. A hub that cannot be told more now misses it, counted.
 *
 * Limits: those of broadcasts (hub/spread.h), counted apart.
 */

#include "base/defs.h"

struct ald_command;
struct ald_hub;
struct ald_parcel;
struct ald_round;
struct ald_travel;

/* Something has come from another hub: is it to be taken? What has no id always is. */
bool ald_relay_take(struct ald_hub *hub, const struct ald_travel *travel);
/* A broadcast, or for all channels of a target: to the hubs in its scope. */
void ald_relay_spread(struct ald_hub *hub, const struct ald_parcel *parcel);
/* An event for one target that nobody knows; false: there is nobody to ask. */
bool ald_relay_flood(struct ald_hub *hub, const struct ald_parcel *parcel);
/* A command that one daemon was given: the others get it as well. */
void ald_relay_command(struct ald_hub *hub, struct ald_command *command);
/* A new id of a broadcast of ours, in `room`; should it come back, it is known again. */
enum { ALD_RELAY_ID_MAX = 280, ALD_RELAY_INFORMED_MAX = 2048 };
struct ald_str ald_relay_id(struct ald_hub *hub, char room[ALD_RELAY_ID_MAX]);
/* The addresses of those who have a command when all daemons were given it, and `before` had it already; in `room`. */
struct ald_str ald_relay_informed(const struct ald_hub *hub, struct ald_str before, char room[ALD_RELAY_INFORMED_MAX]);

/* For the rounds. */
bool ald_relay_work(struct ald_hub *hub, struct ald_round *round);
void ald_relay_ended(struct ald_hub *hub, struct ald_round *round);
bool ald_relay_work_command(struct ald_hub *hub, struct ald_round *round);
void ald_relay_ended_command(struct ald_hub *hub, struct ald_round *round);
void ald_relay_check(const struct ald_hub *hub);
