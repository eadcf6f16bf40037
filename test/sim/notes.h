#pragma once

/*
 * Notes: what a watcher of the hub is told (hub/note.h), held against the history: each command once, in order, with the
 * outcome that its caller is told; every channel that comes and goes; a primary that has confirmed it.
 */

#include "base/defs.h"

struct sim_command;
struct sim_hub;
struct sim_world;

struct sim_notes {
    uint64_t n_submitted, n_ended;
    uint64_t n_joined, n_gone;
    uint64_t n_events, n_events_dropped;
    uint64_t n_late;
};

/* Watch the hub that has just started. */
void sim_notes_watch(struct sim_hub *hub);
/* Counts, between two steps. */
void sim_notes_check(struct sim_world *world, const struct sim_hub *hub);
/* Its outcome was told as `outcome`. */
void sim_notes_told(struct sim_world *world, const struct sim_command *command, uint8_t outcome);
