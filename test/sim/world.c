#include "sim/world.h"

#include <stdlib.h>

#include "sim/wire.h"

/* Virtual time does not begin at nothing, so that a zero that means "never" is not mistaken for a time. */
#define WORLD_START (1000 * ALD_SEC)
#define WORLD_WALL ((ald_wall)1700000000 * ALD_SEC)

/* Enough for every packet that flies at once in a crowded run. */
enum { WORLD_PACKETS_KEPT = 8192, WORLD_MESSAGES_KEPT = 8192 };

uint64_t sim_below(struct sim_world *world, uint64_t bound)
{
    return bound > 0 && !world->options.plain ? ald_rng_below(&world->rng, bound) : 0;
}

uint64_t sim_between(struct sim_world *world, uint64_t low, uint64_t high)
{
    return low + sim_below(world, high - low + 1);
}

bool sim_chance(struct sim_world *world, uint32_t in_1000)
{
    return !world->options.plain && sim_below(world, 1000) < in_1000;
}

struct sim_world *sim_world_new(struct sim_cover *cover)
{
    struct sim_world *world = calloc(1, sizeof(*world));
    int r;

    ald_assert(world != NULL);
    world->cover = cover;
    sim_arena_init(&world->arena);
    ald_pool_init(&world->packets, sizeof(struct sim_packet), WORLD_PACKETS_KEPT);
    r = ald_msg_pool_new(WORLD_MESSAGES_KEPT, &world->messages);
    ald_assert(r == 0);
    return world;
}

struct sim_world *sim_world_free(struct sim_world *world)
{
    if (world == NULL) {
        return NULL;
    }
    ald_pool_fini(&world->packets);
    world->messages = ald_msg_pool_free(world->messages);
    sim_clock_fini(&world->clock);
    sim_arena_fini(&world->arena);
    free(world);
    return NULL;
}

static void world_reset(struct sim_world *world)
{
    struct sim_world kept = *world;

    *world = (struct sim_world){.arena = kept.arena,
                                .clock = kept.clock,
                                .cover = kept.cover,
                                .messages = kept.messages,
                                .packets = kept.packets};
    sim_arena_reset(&world->arena);
    sim_clock_init(&world->clock, WORLD_START);
}

void sim_world_begin(struct sim_world *world, const struct sim_options *options, const struct ald_hub_config *config)
{
    world_reset(world);
    world->options = *options;
    world->start = WORLD_START;
    world->story.told = options->told;
    world->verdict.rule = SIM_RULE_NONE;
    world->saboteur.kind = options->sabotage;
    ald_rng_init(&world->rng, options->seed);
    world->faults = options->faults == SIM_FAULTS_DRAWN ? sim_faults_draw(world) : options->faults;
    world->faults_used = world->faults;
    world->n_hubs = 1;
    world->stranger = sim_party_stranger(world);
    if (config != NULL) {
        sim_world_start(world, config);
    }
}

void sim_world_start(struct sim_world *world, const struct ald_hub_config *config)
{
    struct sim_hub *hub = &world->hubs[0];

    hub->config = *config;
    hub->config.wall = WORLD_WALL;
    sim_hub_start(world, hub);
}

void sim_world_run(struct sim_world *world, ald_usec until)
{
    while (!sim_broken(world) && sim_clock_step(&world->clock, world->start + until)) {
    }
}

/* Give back what is held by reference, even when the run ended in the middle. */
static void world_release(struct sim_world *world)
{
    for (uint32_t n = 0; n < world->n_parties; n++) {
        sim_party_fini(world->parties[n]);
    }
    sim_saboteur_fini(&world->saboteur);
    for (uint32_t n = 0; n < world->n_hubs; n++) {
        sim_hub_fini(&world->hubs[n]);
    }
    for (struct sim_link *link = world->links; link != NULL; link = link->world_next) {
        sim_link_drop(link);
        sim_wire_close(link);
    }
}

void sim_world_end(struct sim_world *world)
{
    world->over = true;
    if (!sim_broken(world)) {
        sim_world_leave(world);
    }
    sim_note(world, SIM_FACT_ENDS, 0, NULL, world->n_commands, NULL);
    world_release(world);
    if (!sim_broken(world) && ald_msg_pool_live(world->messages) != 0) {
        sim_complain(world, SIM_RULE_EMPTY, NULL, "%zu messages are held by nobody",
                     ald_msg_pool_live(world->messages));
    }
    world->cover->n_runs++;
    world->cover->n_commands += world->n_commands;
}

/* Everybody leaves, one way or another; when history has forgotten them too, nothing may be left. */
void sim_world_leave(struct sim_world *world)
{
    struct sim_hub *hub = &world->hubs[0];
    bool drains = sim_chance(world, 300);

    world->faults = 0;
    if (drains) {
        sim_hub_drain(hub, 2 * ALD_SEC);
        sim_world_run(world, sim_now(world) - world->start + 5 * ALD_SEC);
        return;
    }
    for (uint32_t n = 0; n < world->n_parties; n++) {
        struct sim_party *party = world->parties[n];

        party->stays_away = true;
        if (party->link != NULL && sim_chance(world, 500)) {
            sim_party_leave(party, false);
        } else if (party->link != NULL) {
            sim_link_cut(party->link, 0, 0);
        }
    }
    sim_world_run(world, sim_now(world) - world->start + 5 * ALD_SEC);
    for (struct sim_link *link = hub->links; link != NULL; link = link->next) {
        sim_link_cut(link, 0, 0);
    }
    sim_world_run(world, sim_now(world) - world->start + 20 * ALD_SEC +
                             ALD_MAX(hub->config.history_age, hub->config.replay_age));
    for (uint32_t n = 0; n < world->n_parties; n++) {
        sim_party_fini(world->parties[n]); /* what it would say again is its own memory */
    }
    if (hub->hub != NULL && !sim_broken(world)) {
        sim_check_hub(world, hub);
        sim_check_empty(world, hub);
    }
}
