#include "lib/test.h"

#include <inttypes.h>

#include "sim/run.h"

/* A run that breaks is worth as much as it can be repeated. */

enum { REPEAT_SEEDS = 12 };

static struct sim_cover repeat_cover;

static uint64_t repeat_hash(struct sim_world *world, uint64_t seed, bool bytes, enum sim_told told)
{
    struct sim_options options = {
        .seed = seed, .n_commands = 200, .faults = SIM_FAULTS_DRAWN, .bytes = bytes, .told = told};

    sim_run(world, &options);
    return world->story.hash;
}

ALD_TEST(repeat, the_same_seed_tells_the_same_story)
{
    ALD_AUTO(sim_world_free) struct sim_world *world = sim_world_new(&repeat_cover);
    ALD_AUTO(sim_world_free) struct sim_world *other = sim_world_new(&repeat_cover);

    for (uint64_t seed = 1; seed <= REPEAT_SEEDS; seed++) {
        bool bytes = seed % 4 == 0;
        uint64_t hash = repeat_hash(world, seed, bytes, SIM_TOLD_NOTHING);

        /* In a world that was used before, in a fresh one, and told. */
        ald_check(repeat_hash(world, seed, bytes, SIM_TOLD_NOTHING) == hash);
        ald_check(repeat_hash(other, seed, bytes, SIM_TOLD_ALL) == hash);
    }
}

ALD_TEST(repeat, another_seed_tells_another_story)
{
    ALD_AUTO(sim_world_free) struct sim_world *world = sim_world_new(&repeat_cover);

    ald_check(repeat_hash(world, 1, false, SIM_TOLD_NOTHING) != repeat_hash(world, 2, false, SIM_TOLD_NOTHING));
}

ALD_TEST_MAIN(repeat, ALD_CASE(repeat, the_same_seed_tells_the_same_story),
              ALD_CASE(repeat, another_seed_tells_another_story))
