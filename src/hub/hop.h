#pragma once

/*
 * Hop: the next link of a message that is for somebody at another hub. Every hub decides for itself by its map
 * (hub/route_way.h); a command over hops is at each of them an ordinary command, whose agent is the next hub, so deadlines,
 * cancels, statuses and the one outcome are what they are everywhere. What was not sent when the last link to the next hub
 * ends takes another way; what was sent is lost with it, or tried again when it is idempotent.
 *
 * A message may be sent back to where it came from: then that hub has been told what is true now, over the same link and
 * before the message, so it knows better. hops_max ends what goes in a circle all the same.
 *
 * Where nobody knows a target and communicator daemons are linked, which say nothing of their services, it goes to all of
 * these, as they do among themselves (communicator 5.4), and the first answer counts.
 */

#include "base/id.h"
#include "hub/router.h"

struct ald_command;
struct ald_hub;
struct ald_msg;
struct ald_parcel;
struct ald_party;
struct ald_signal;
struct ald_target;
struct ald_travel;

/* The way that a message of `party` came: NULL: it was submitted here. Only of another hub it is believed; where that one
 * does not say who began it, it did. Good until the next event. */
const struct ald_travel *ald_hop_travel(struct ald_hub *hub, const struct ald_party *party,
                                        const struct ald_signal *signal);
/*
 * Has `party` sent back what came from here? A daemon never has anything to say in the name of our own parties that it was
 * not told with an id (communicator 5.4), by which it is known again; a hub that has to send something back to us says that
 * it passed a second link.
 */
bool ald_hop_is_loop(const struct ald_hub *hub, const struct ald_party *party, const struct ald_travel *travel);
/* It is for a target at another hub than the one where it was submitted (communicator 5.1: `?`). */
bool ald_hop_is_elsewhere(const struct ald_msg *msg);
/* It is that, and was submitted here. */
bool ald_hop_skips_us(const struct ald_hub *hub, const struct ald_msg *msg, const struct ald_travel *travel);
/* Its address names another hub than this one. */
bool ald_hop_is_abroad(const struct ald_hub *hub, const struct ald_msg *msg);
/* Nobody here is meant, or is here: where does the command go, which came with `travel` (NULL: submitted here)? */
struct ald_route ald_hop_command(struct ald_hub *hub, const struct ald_msg *msg, const struct ald_travel *travel,
                                 size_t cost);
/* The same for an event: a target and one of its channels, or a cause. A route that is `flooded` is for ald_relay_flood(). */
struct ald_route ald_hop_event(struct ald_hub *hub, const struct ald_parcel *parcel);
/* The parcel as it goes on: one link further. */
struct ald_parcel ald_hop_onward(struct ald_hub *hub, const struct ald_parcel *parcel);

/* A unit of work: the next hub of what waits for `target` is gone, so the first command there takes another way; false when
 * there is none (left). */
bool ald_hop_again(struct ald_hub *hub, struct ald_target *target);

/* The reply to a command that came from another hub: if we decided it, it says where that was. */
void ald_hop_place(struct ald_hub *hub, const struct ald_command *command, struct ald_signal *reply);

/* What became of an event that came from another hub: its origin is told. */
void ald_hop_report(struct ald_hub *hub, const struct ald_parcel *parcel, uint8_t phase, uint8_t cause);
/* Such a report has come; true: it was one, and has been dealt with. */
bool ald_hop_take_report(struct ald_hub *hub, const struct ald_msg *msg);
/* What became of one of our own events was told here after all: the link to the next hub ended before it was written. */
void ald_hop_settled(struct ald_hub *hub, struct ald_id id);
/* Report those that nothing was heard of; forget the events that left before `until`. */
void ald_hop_forget(struct ald_hub *hub, ald_usec until);
/* An event that leaves for another hub, on which its sender wants to hear. */
void ald_hop_remember(struct ald_hub *hub, const struct ald_parcel *parcel);
