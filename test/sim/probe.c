#include <string.h>

#include "sim/world.h"

/*
 * Probe: proof of progress. After everything has healed, new commands must succeed at every target, in every mode. They go
 * one by one, so that no limit is a reason to refuse them.
 */

enum { PROBE_CHANNELS = 6 };

static bool probe_serves(const struct sim_party *party, const char *target)
{
    return strcmp(party->target, target) == 0 && sim_party_ready(party);
}

static void probe_one(struct sim_world *world, const struct sim_order *order)
{
    struct sim_party *caller = world->parties[world->n_parties - 1];
    struct sim_command *command;

    if (sim_broken(world)) {
        return;
    }
    if (!sim_party_ready(caller)) {
        sim_complain(world, SIM_RULE_HEALED, NULL, "%s cannot reach the hub although everything has healed",
                     caller->name);
        return;
    }
    command = sim_history_order(world, caller, order);
    sim_caller_submit(caller, command);
    while (!sim_broken(world) && command->heard == ALD_OUTCOME_NONE &&
           sim_now(world) < command->submitted + order->ttl + 2 * ALD_SEC) {
        sim_world_run(world, sim_now(world) - world->start + 20 * ALD_MSEC);
    }
    if (command->heard == ALD_OUTCOME_NONE) {
        sim_complain(world, SIM_RULE_HEALED, command,
                     "its caller has heard nothing of it although everything has healed");
    }
}

/* The first of its target stands for all of them. */
static bool probe_is_first(const struct sim_world *world, const struct sim_party *agent)
{
    for (uint32_t n = 0; n < world->n_parties; n++) {
        if (strcmp(world->parties[n]->target, agent->target) == 0) {
            return world->parties[n] == agent;
        }
    }
    return false;
}

static void probe_target(struct sim_world *world, const struct sim_party *agent)
{
    struct sim_order order = {.target = agent->target, .ttl = 4 * ALD_SEC, .must_succeed = true};
    uint32_t n_ready = 0;
    uint32_t n_leaders = 0;

    for (uint32_t n = 0; n < world->n_parties; n++) {
        n_ready += probe_serves(world->parties[n], agent->target);
        n_leaders += probe_serves(world->parties[n], agent->target) && sim_party_may_lead(world->parties[n]);
    }
    if (n_ready == 0) {
        sim_complain(world, SIM_RULE_HEALED, NULL, "nobody serves %s although everything has healed", agent->target);
        return;
    }
    probe_one(world, &order);
    if (n_leaders > 0) {
        order.mode = ALD_MODE_PRIMARY;
        probe_one(world, &order);
    }
    if (2 * n_ready <= ALD_MIN(world->hubs[0].config.commands_max, world->hubs[0].config.caller_in_flight_max)) {
        order.mode = ALD_MODE_ALL;
        probe_one(world, &order);
    }
}

void sim_probe(struct sim_world *world)
{
    for (uint32_t n = 0; n < world->n_parties; n++) {
        struct sim_party *agent = world->parties[n];

        if (agent->target[0] != '\0' && probe_is_first(world, agent)) {
            probe_target(world, agent);
        }
    }
    for (uint32_t n = 0; n < PROBE_CHANNELS; n++) {
        struct sim_party *agent = world->parties[sim_below(world, world->n_parties)];
        struct sim_order order = {.ttl = 4 * ALD_SEC, .must_succeed = true, .mode = ALD_MODE_CHANNEL, .channel = agent};

        order.target = agent->target;
        if (agent->target[0] != '\0' && sim_party_ready(agent)) {
            probe_one(world, &order);
        }
    }
}
