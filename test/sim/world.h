#pragma once

/*
 * World: one simulated run: hubs, parties and links on a virtual clock, from one seed.
 *
 * Lifetime:   sim_world_new() once a process or test; sim_world_begin() to sim_world_end() for each run.
 * Threading:  one thread. Same options, same run, byte for byte.
 */

#include "base/pool.h"
#include "base/rng.h"
#include "sim/arena.h"
#include "sim/checker.h"
#include "sim/clock.h"
#include "sim/cover.h"
#include "sim/edge.h"
#include "sim/faults.h"
#include "sim/party.h"
#include "sim/saboteur.h"
#include "sim/story.h"

enum { SIM_HUBS_MAX = 4, SIM_PARTIES_MAX = 512 };

struct sim_options {
    uint64_t seed;
    uint32_t n_commands;
    uint64_t faults;  /* SIM_FAULT_BIT()s, or SIM_FAULTS_DRAWN */
    uint8_t told;     /* enum sim_told */
    uint8_t sabotage; /* enum sim_sabotage */
    bool bytes;       /* dialects at both ends of each link */
    bool plain;       /* for scenarios: whatever could be drawn is its least, and a link takes 1 ms each way */
};

struct sim_world {
    struct sim_options options;
    struct sim_arena arena;
    struct sim_clock clock;
    struct ald_rng rng;
    struct sim_story story;
    struct sim_verdict verdict;
    struct sim_saboteur saboteur;
    struct sim_cover *cover;
    struct ald_msg_pool *messages;
    struct ald_pool packets;

    ald_usec start;
    uint64_t faults;      /* that may strike now */
    uint64_t faults_used; /* that may strike in this run at all */
    bool over;            /* nobody comes back any more */
    bool knows_names;     /* credentials are asked for */

    struct sim_hub hubs[SIM_HUBS_MAX];
    uint32_t n_hubs, n_lives;
    struct sim_party *parties[SIM_PARTIES_MAX];
    uint32_t n_parties;
    struct sim_party *stranger; /* who never says a word; none of the parties */
    struct sim_command **commands;
    uint32_t n_commands, commands_room;
    struct sim_published *published, *published_last; /* in the order of their numbers */
    uint64_t n_published;
    struct sim_link *links; /* all there ever were, newest first */
};

struct sim_world *sim_world_new(struct sim_cover *cover);
struct sim_world *sim_world_free(struct sim_world *world);
ALD_DEFINE_CLEANUP(struct sim_world *, sim_world_free);

/* A world with one hub of `config` (borrows; NULL: it is started later) and nobody in it. */
void sim_world_begin(struct sim_world *world, const struct sim_options *options, const struct ald_hub_config *config);
void sim_world_start(struct sim_world *world, const struct ald_hub_config *config);
/* Let time pass up to `until` after the start, or until something broke. */
void sim_world_run(struct sim_world *world, ald_usec until);
/* Everybody leaves, everything is forgotten, and nothing may remain. May be called when something broke. */
void sim_world_end(struct sim_world *world);

/* Everybody leaves, and history forgets. */
void sim_world_leave(struct sim_world *world);

/* Limits and times of a hub, drawn for the parties that there are (limits.c). */
void sim_limits_draw(struct sim_world *world, struct ald_hub_config *ret_config);
/* A whole random run, as the options say: a storm, its end, proof that all is well again, and the end (storm.c). */
void sim_storm(struct sim_world *world, const struct sim_options *options);

/* Proof that all is well again (probe.c). */
void sim_probe(struct sim_world *world);

/* Random numbers of the run. */
uint64_t sim_below(struct sim_world *world, uint64_t bound);
uint64_t sim_between(struct sim_world *world, uint64_t low, uint64_t high);
bool sim_chance(struct sim_world *world, uint32_t in_1000);

static inline ald_usec sim_now(const struct sim_world *world)
{
    return world->clock.now;
}
