#pragma once

/*
 * Run: one random run and what came of it; soak: many of them, in several processes.
 */

#include <stdio.h>

#include "sim/world.h"

/* Run once. True when nothing broke; else `world->verdict` says what did. */
bool sim_run(struct sim_world *world, const struct sim_options *options);
/* Run once more what broke, told, and print what broke, the story, and the one line that replays it. */
void sim_run_explain(struct sim_world *world, const struct sim_options *options);
/* Write the command line that replays a run. */
void sim_run_replay(const struct sim_options *options, FILE *file);

struct sim_soak {
    struct sim_options options; /* without the seed */
    uint64_t from, count;
    uint32_t n_jobs;
    bool quiet;
    bool all; /* go on after a run that broke */
};

/* From this many runs on, whatever was never seen makes the soak fail. */
enum { SIM_SOAK_COVERED = 2000 };

/* The exit status: 0 when every run went well and, of a large soak, everything was seen. */
int sim_soak(const struct sim_soak *soak);
