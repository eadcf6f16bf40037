#pragma once

/*
 * Roster: the members of a command in mode `all`. It is fixed when the command is submitted, and each member is an ordinary
 * command to one channel, without a caller or an alarm of its own (DESIGN section 1, send options).
 *
 * Lifetime:   one block with room for every member, allocated with the whole; freed when history forgets that.
 * Bounds:     members are made, ended, told and freed one a unit of work. So that the roster is that of the moment of
 *             submission all the same, a channel that leaves before its turn is made a member as it leaves (and refused),
 *             and one that comes later is known by its `active_since`.
 */

#include "base/defs.h"

struct ald_channel;
struct ald_command;
struct ald_hub;
struct ald_roster;

/* `whole`, whose target is set, becomes a fan-out; refused when there is nobody, or no room. */
void ald_roster_start(struct ald_hub *hub, struct ald_command *whole);
void ald_roster_cancel(struct ald_hub *hub, struct ald_command *whole);
/* The whole has its outcome: what is left of it follows. */
void ald_roster_ended(struct ald_hub *hub, struct ald_command *whole);
void ald_roster_member_sent(struct ald_hub *hub, struct ald_command *member);
void ald_roster_member_ended(struct ald_hub *hub, struct ald_command *member);

/* A channel stops being usable, now. */
void ald_roster_channel_leaves(struct ald_hub *hub, struct ald_channel *channel);
/* And leaves the list of its target. */
void ald_roster_channel_gone(struct ald_channel *channel);

uint32_t ald_roster_size(const struct ald_roster *roster);
bool ald_roster_is_told(const struct ald_roster *roster);
/* NULL at the end of those that are made. */
struct ald_command *ald_roster_member(struct ald_roster *roster, uint32_t i);

/* A unit of work; false when there is nothing (left) to do now. */
bool ald_roster_work(struct ald_hub *hub, struct ald_roster *roster);
/* Takes it: its members are freed in slices. */
void ald_roster_forget(struct ald_hub *hub, struct ald_roster *roster);
/* A unit of that; false when the roster is gone. */
bool ald_roster_reap(struct ald_hub *hub, struct ald_roster *roster);

struct ald_node;
struct ald_roster *ald_roster_of_work(struct ald_node *node);
void ald_roster_check(const struct ald_hub *hub, struct ald_roster *roster);
