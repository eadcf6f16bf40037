#include "sim/world.h"

/* The limits and times of a random run's hub. */

/* Times short enough for a run of a virtual minute to see everything time out. */
static void limits_draw(struct sim_world *world, struct ald_hub_config *config)
{
    config->deadline_default = 3 * ALD_SEC;
    config->deadline_max = 15 * ALD_SEC;
    config->channel_in_flight_max = (uint32_t)sim_between(world, 2, 64);
    config->health_interval = sim_between(world, 1, 4) * ALD_SEC;
    config->health_timeout = sim_between(world, 200, 800) * ALD_MSEC;
    config->health_failures = (uint32_t)sim_between(world, 1, 3);
    config->primary_timeout = sim_between(world, 200, 900) * ALD_MSEC;
    config->leave_timeout = sim_between(world, 200, 1500) * ALD_MSEC;
    config->stall_timeout = sim_between(world, 1, 3) * ALD_SEC;
    config->session_max = sim_between(world, 1, 4) * ALD_SEC;
    config->history_age = sim_between(world, 15, 90) * ALD_SEC;
    config->replay_age = sim_between(world, 2, 60) * ALD_SEC;
    config->replay_max = (uint32_t)sim_between(world, 1, 40);
    config->step_work = (uint32_t)sim_between(world, 4, 200);
    config->attempts_max = (uint32_t)sim_between(world, 2, 4);
    config->out_bytes_high = 64 * ALD_KIB;
    config->out_bytes_max = 512 * ALD_KIB;
    if (world->faults == 0 || sim_chance(world, 700)) {
        config->controller = ALD_STR("t1");
    }
}

static void limits_draw_tight(struct sim_world *world, struct ald_hub_config *config)
{
    config->connections_max = (uint32_t)sim_between(world, world->n_parties + 1, world->n_parties + 4);
    config->commands_max = (uint32_t)sim_between(world, 20, 150);
    config->channel_in_flight_max = (uint32_t)sim_between(world, 1, 4);
    config->channel_queue_max = (uint32_t)sim_between(world, 1, 10);
    config->channel_queue_bytes_max = sim_between(world, 4, 64) * ALD_KIB;
    config->queue_bytes_max = sim_between(world, 16, 256) * ALD_KIB;
    config->caller_in_flight_max = (uint32_t)sim_between(world, 3, 30);
    config->out_bytes_high = sim_between(world, 4, 32) * ALD_KIB;
    config->out_bytes_max = 4 * config->out_bytes_high;
    config->history_max = (uint32_t)sim_between(world, 10, 200);
    config->step_work = (uint32_t)sim_between(world, 1, 8);
}

void sim_limits_draw(struct sim_world *world, struct ald_hub_config *ret_config)
{
    ald_hub_config_init(ret_config);
    limits_draw(world, ret_config);
    if (sim_fault_take(world, SIM_FAULT_TIGHT)) {
        limits_draw_tight(world, ret_config);
    }
}
