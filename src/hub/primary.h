#pragma once

/*
 * Primary: of the channels of a target that can confirm it, exactly one is meant to be primary (exchange.md 6). The flag
 * is advice to the agent and the address of commands in mode `primary`.
 *
 * What the original lacks and this has: a term that grows with every promotion; the former holder steps down, and says so,
 * before the next one is promoted, or its connection is ended first; a nominee that does not confirm is passed over
 * until all others were tried.
 */

#include "hub/target.h"

struct ald_channel;
struct ald_hub_conn;
struct ald_signal;

void ald_primary_init(struct ald_election *election);
/* Anything has changed that decides whether the channel is a candidate. */
void ald_primary_update(struct ald_hub *hub, struct ald_channel *channel);
/* A channel has joined, or is back: it is told that it is not primary, unless it was just told that it is. */
void ald_primary_welcome(struct ald_hub *hub, struct ald_channel *channel);
void ald_primary_answered(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_primary_timeout(struct ald_hub *hub, struct ald_target *target);
/* An operator wants this one: whoever holds the office steps down first. False when it cannot be: it is no candidate, or
 * it is itself about to step down. */
bool ald_primary_choose(struct ald_hub *hub, struct ald_channel *channel);

/* The confirmed one, or NULL. */
struct ald_channel *ald_primary_find(const struct ald_target *target);
/* It is the primary one, and commands wait for that. */
bool ald_primary_waits_for(const struct ald_channel *channel);
void ald_primary_check(const struct ald_hub *hub, const struct ald_target *target);
