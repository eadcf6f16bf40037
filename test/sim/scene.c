#include "sim/scene.h"

#include <stdio.h>
#include <string.h>

#include "lib/test.h"

enum { SCENE_TEXT_MAX = 16 * 1024 };

static struct sim_cover scene_cover;

void sim_scene_config(struct ald_hub_config *ret_config)
{
    ald_hub_config_init(ret_config);
    ret_config->deadline_default = 2 * ALD_SEC;
    ret_config->deadline_max = 10 * ALD_SEC;
    ret_config->health_interval = 0;
    ret_config->health_timeout = 100 * ALD_MSEC;
    ret_config->health_failures = 2;
    ret_config->primary_timeout = 100 * ALD_MSEC;
    ret_config->leave_timeout = 200 * ALD_MSEC;
    ret_config->stall_timeout = 500 * ALD_MSEC;
    ret_config->session_max = 300 * ALD_MSEC;
    ret_config->history_age = 10 * ALD_SEC;
}

struct sim_world *sim_scene_begin(const struct ald_hub_config *config)
{
    struct sim_world *world = sim_world_new(&scene_cover);
    struct sim_options options = {.seed = 1, .faults = SIM_FAULTS_NONE, .told = SIM_TOLD_MAIN, .plain = true};
    struct ald_hub_config scene;
    char text[64];

    sim_scene_config(&scene);
    sim_world_begin(world, &options, config != NULL ? config : &scene);
    sim_story_take(world, text, sizeof(text)); /* that a hub starts goes without saying */
    return world;
}

struct sim_world *sim_scene_end(struct sim_world *world)
{
    static char text[sizeof(world->verdict.text) + 64];
    bool broken;

    if (world == NULL) {
        return NULL;
    }
    sim_world_end(world);
    broken = sim_broken(world);
    snprintf(text, sizeof(text), "%s: %s", sim_rule_word(world->verdict.rule), world->verdict.text);
    sim_world_free(world);
    if (broken) {
        fail_msg("%s", text);
    }
    return NULL;
}

struct sim_party *sim_scene_agent(struct sim_world *world, const char *name, const char *target, uint32_t traits)
{
    struct sim_party *party = sim_party_new(world, name, target, traits);

    party->think_min = 5 * ALD_MSEC;
    party->think_max = 5 * ALD_MSEC;
    party->session_ttl = 200 * ALD_MSEC;
    sim_party_dial(party);
    return party;
}

struct sim_party *sim_scene_caller(struct sim_world *world, const char *name)
{
    return sim_scene_agent(world, name, "", SIM_TRAITS);
}

struct sim_command *sim_scene_order(struct sim_world *world, struct sim_party *caller, const struct sim_order *order)
{
    struct sim_command *command = sim_history_order(world, caller, order);

    sim_caller_submit(caller, command);
    return command;
}

struct sim_command *sim_scene_ask(struct sim_world *world, struct sim_party *caller, const char *target,
                                  enum ald_mode mode)
{
    struct sim_order order = {.target = target, .mode = (uint8_t)mode, .ttl = ALD_SEC};

    return sim_scene_order(world, caller, &order);
}

void sim_scene_run(struct sim_world *world, uint32_t until_msec)
{
    sim_world_run(world, until_msec * ALD_MSEC);
}

void sim_expect(struct sim_world *world, const char *story)
{
    static char text[SCENE_TEXT_MAX];

    sim_story_take(world, text, sizeof(text));
    if (strcmp(text, story) != 0) {
        fail_msg("the story is\n%snot\n%s", text, story);
    }
}
