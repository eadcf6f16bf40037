#pragma once

/*
 * Subscriber: what parties publish, and what those who subscribed hear of it. They come and go, and ask with the time of what they
 * heard last. The rule: each event that was published after that time is heard once, in order, or the answer tells of a gap.
 *
 * What was published the world learns from the hub's notes, with the time that the hub gave it; what was heard, from the parties.
 */

#include "msg/signal.h"

struct ald_note;
struct sim_hub;
struct sim_party;
struct sim_subscription;
struct sim_world;

/* Somebody publishes, or subscribes, or takes it back, or does nothing of it. */
void sim_subscriber_act(struct sim_party *party);
/* It is registered (again): a subscriber whose subscription ended asks for what it missed. */
void sim_subscriber_ready(struct sim_party *party);

/* It is a published event, which was dealt with. */
bool sim_subscriber_event(struct sim_party *party, const struct ald_signal *signal);
void sim_subscriber_answer(struct sim_party *party, const struct ald_signal *signal);

/* The hub notes an event. */
void sim_subscriber_note(struct sim_hub *hub, const struct ald_note *note);
/* All is well for a while now: everybody has heard what there was. */
void sim_subscriber_check(struct sim_world *world);
