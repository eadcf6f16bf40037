#pragma once

/*
 * Edge: what stands between a hub and its connections. It hands the hub events, carries out its effects, keeps the ordinals
 * of what was begun and done, and ticks the hub at its deadline. The saboteur sits here, and whatever it lets through is what
 * the history sees.
 *
 * A hub lives several lives: each crash or drain ends one, and the next is a new ald_hub with another seed.
 */

#include "hub/hub.h"
#include "sim/link.h"
#include "sim/notes.h"

struct sim_command;
struct sim_election;
struct sim_packet;

struct sim_hub {
    struct sim_world *world;
    struct ald_hub *hub; /* NULL: crashed or drained, not yet restarted */
    struct ald_effects effects;
    struct ald_hub_config config;
    uint32_t life;
    uint64_t n_conns;
    struct sim_link *links, *dirty;
    struct sim_link *closed_now; /* CLOSED of it is being given */
    ald_usec tick_at;
    ald_usec leave_until; /* draining; 0: not */
    uint32_t n_steps_now; /* in a row at one instant */
    ald_usec step_at;
    uint64_t n_steps;
    bool stepping, busy; /* in a step; carrying out what it caused */
    ald_usec late_until; /* it is not ticked before */

    /* What the history counts of this life. */
    struct sim_election *elections;
    struct sim_command *open;    /* taken and not told */
    struct sim_command *refused; /* told as refused in this step, for no agent's reason */
    uint32_t n_open;
    uint64_t n_strange; /* commands that are nobody's */
    uint64_t n_admitted, n_told, n_outcomes[ALD_LOST + 1];
    struct sim_notes notes;
};

void sim_hub_start(struct sim_world *world, struct sim_hub *hub);
void sim_hub_crash(struct sim_hub *hub);
/* Stop it kindly; it ends by itself, and starts again when the world is not over. */
void sim_hub_drain(struct sim_hub *hub, ald_usec grace);
/* After each step: a hub that has drained ends. */
void sim_hub_progress(struct sim_hub *hub);
/* The world is over. */
void sim_hub_fini(struct sim_hub *hub);

/* Give it DRAIN. */
void sim_edge_drain(struct sim_hub *hub);
/* Give it what an operator asks; its result is in the event. */
void sim_edge_ask(struct sim_hub *hub, struct ald_event *event);
void sim_edge_opened(struct sim_link *link);
/* The party said `signal` (borrows). */
void sim_edge_signal(struct sim_link *link, struct ald_signal *signal);
void sim_edge_closed(struct sim_link *link);
/* More may be written on `link`, or was. */
void sim_edge_touch(struct sim_link *link);
void sim_edge_flush(struct sim_hub *hub);
/* Say an effect's signal on a link: what the saboteur let through. Takes the references. */
void sim_edge_say(struct sim_link *link, struct ald_signal *signal);
