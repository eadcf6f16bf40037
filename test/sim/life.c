#include "sim/edge.h"

#include <inttypes.h>

#include "sim/world.h"

/* The lives of a hub: it starts, it crashes or drains, and another one with another seed takes its place. */

static void life_restart(void *who, uint64_t what)
{
    struct sim_hub *hub = who;

    ald_ignore(what); /* whatever it was that ended the last one */
    if (hub->hub == NULL && !hub->world->over) {
        sim_hub_start(hub->world, hub);
    }
}

void sim_hub_start(struct sim_world *world, struct sim_hub *hub)
{
    int r;

    hub->world = world;
    hub->life = ++world->n_lives;
    hub->links = NULL;
    hub->dirty = NULL;
    hub->tick_at = ALD_NEVER;
    hub->leave_until = 0;
    hub->late_until = 0;
    hub->open = NULL;
    hub->refused = NULL;
    hub->n_open = 0;
    hub->n_admitted = 0;
    hub->n_strange = 0;
    hub->n_told = 0;
    hub->elections = NULL;
    for (int outcome = 0; outcome <= ALD_LOST; outcome++) {
        hub->n_outcomes[outcome] = 0;
    }
    hub->config.seed = ald_rng_next(&world->rng);
    hub->config.now = sim_now(world);
    r = ald_effects_init(&hub->effects, &hub->config);
    ald_assert(r == 0);
    r = ald_hub_new(&hub->config, world->messages, &hub->hub);
    ald_assert(r == 0);
    sim_notes_watch(hub);
    sim_note(world, SIM_FACT_HUB_STARTS, 0, NULL, hub->life, NULL);
}

/* Let go of the hub; its links end as the operating system ends them. */
static void life_end(struct sim_hub *hub)
{
    struct sim_world *world = hub->world;

    world->cover->n_steps += hub->n_steps;
    hub->n_steps = 0;
    sim_cover_collect(world->cover, hub->hub);
    hub->hub = ald_hub_free(hub->hub);
    ald_effects_fini(&hub->effects);
    sim_history_hub_lost(world, hub);
    for (struct sim_link *link = hub->links; link != NULL; link = link->next) {
        link->hub_end = true;
        sim_link_cut(link, 0, (uint32_t)sim_below(world, 1001));
        sim_link_deaf(link, SIM_UP, false); /* what it did not want to read goes nowhere */
    }
    hub->links = NULL;
    hub->dirty = NULL;
}

void sim_hub_crash(struct sim_hub *hub)
{
    struct sim_world *world = hub->world;

    if (hub->hub == NULL) {
        return;
    }
    ald_assert(!hub->busy);
    sim_note(world, SIM_FACT_HUB_CRASHES, 0, NULL, hub->life, NULL);
    life_end(hub);
    sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 10 * ALD_MSEC, 2 * ALD_SEC), life_restart, hub, 0);
}

static void life_overdue(void *who, uint64_t what)
{
    struct sim_hub *hub = who;

    if (hub->hub != NULL && hub->life == what) {
        sim_complain(hub->world, SIM_RULE_DRAINED, NULL, "hub %" PRIu32 " has not drained a second after its time",
                     hub->life);
    }
}

void sim_hub_drain(struct sim_hub *hub, ald_usec grace)
{
    struct sim_world *world = hub->world;

    if (hub->hub == NULL || hub->leave_until != 0) {
        return;
    }
    sim_note(world, SIM_FACT_HUB_DRAINS, 0, NULL, hub->life, NULL);
    hub->leave_until = sim_now(world) + grace;
    sim_clock_at(&world->clock, hub->leave_until + ALD_SEC, life_overdue, hub, hub->life);
    sim_edge_drain(hub);
}

/* After a drain every outcome was told and every connection ended, or the word "drained" means nothing. */
void sim_hub_progress(struct sim_hub *hub)
{
    struct sim_world *world = hub->world;

    if (hub->leave_until == 0 || hub->hub == NULL || !ald_hub_drained(hub->hub)) {
        return;
    }
    sim_note(world, SIM_FACT_HUB_DRAINED, 0, NULL, hub->life, NULL);
    sim_check_drained(world, hub);
    sim_check_hub(world, hub);
    life_end(hub);
    sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 10 * ALD_MSEC, ALD_SEC), life_restart, hub, 0);
}

void sim_hub_fini(struct sim_hub *hub)
{
    if (hub->hub != NULL) {
        life_end(hub);
    }
}
