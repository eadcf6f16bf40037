#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "sim/scene.h"

/* The stories of the exchange, told in full. Times are milliseconds since the hub started. */
#define SHOW(world)                                                                                                    \
    do {                                                                                                               \
        static char text[16384];                                                                                       \
        sim_story_take(world, text, sizeof(text));                                                                     \
        printf("----\n%s", text);                                                                                      \
    } while (0)

ALD_TEST(scenario, a_command_goes_there_and_its_reply_comes_back)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");

    sim_scene_agent(world, "a", "lamp", SIM_TRAITS & ~(uint32_t)ALD_CAN_CONFIRM_PRIMARY);
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 100);
    SHOW(world);
}

ALD_TEST(scenario, the_next_leads_after_the_first_has_stepped_down)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS);
    struct sim_party *b;

    sim_scene_run(world, 10);
    b = sim_scene_agent(world, "b", "lamp", SIM_TRAITS);
    sim_scene_run(world, 20);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_PRIMARY);
    sim_scene_run(world, 40);
    sim_link_cut(a->link, 1000, 1000);
    sim_scene_run(world, 42);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_PRIMARY);
    sim_scene_run(world, 100);
    (void)b;
    SHOW(world);
}

ALD_TEST(scenario, an_ill_leader_steps_down_before_another_leads)
{
    struct ald_hub_config config;
    struct sim_world *world;
    struct sim_party *a;

    sim_scene_config(&config);
    config.health_interval = 200 * ALD_MSEC;
    config.health_failures = 1;
    world = sim_scene_begin(&config);
    a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS);
    sim_scene_run(world, 10);
    sim_scene_agent(world, "b", "lamp", SIM_TRAITS);
    sim_scene_run(world, 20);
    a->healthy = false;
    a->stays_away = true;
    sim_scene_run(world, 700);
    SHOW(world);
    sim_scene_end(world);
}

ALD_TEST(scenario, a_leader_that_does_not_step_down_is_cut_off_before_another_leads)
{
    struct ald_hub_config config;
    struct sim_world *world;
    struct sim_party *a;

    sim_scene_config(&config);
    config.health_interval = 200 * ALD_MSEC;
    config.health_failures = 1;
    world = sim_scene_begin(&config);
    a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS);
    sim_scene_run(world, 10);
    sim_scene_agent(world, "b", "lamp", SIM_TRAITS);
    sim_scene_run(world, 20);
    a->healthy = false;
    a->confirms = false;
    a->stays = true;
    a->stays_away = true;
    sim_scene_run(world, 700);
    SHOW(world);
    sim_scene_end(world);
}

ALD_TEST(scenario, the_hub_crashes_and_the_caller_asks_what_became_of_its_command)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS);

    carol->asks_after = true;
    a->think_min = a->think_max = 50 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_hub_crash(&world->hubs[0]);
    sim_scene_run(world, 300);
    SHOW(world);
}

ALD_TEST(scenario, a_caller_that_lost_the_hub_comes_back_and_is_told)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", 0);

    carol->asks_after = true;
    a->think_min = a->think_max = 50 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_link_cut(carol->link, 0, 0);
    sim_scene_run(world, 300);
    SHOW(world);
}

ALD_TEST(scenario, an_away_agent_comes_back_in_time_and_its_reply_counts)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", ALD_CAN_RESUME);

    a->think_min = a->think_max = 30 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_link_cut(a->link, 0, 0);
    sim_scene_run(world, 300);
    SHOW(world);
}

ALD_TEST(scenario, an_away_agent_that_stays_away_loses_what_it_had)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", ALD_CAN_RESUME);

    a->think_min = a->think_max = 30 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    a->stays_away = true;
    sim_link_cut(a->link, 0, 0);
    sim_scene_run(world, 25);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 600);
    SHOW(world);
}

ALD_TEST(scenario, a_drain_lets_those_at_work_finish)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS & ~(uint32_t)ALD_CAN_CONFIRM_PRIMARY);

    a->think_min = a->think_max = 50 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_hub_drain(&world->hubs[0], 500 * ALD_MSEC);
    sim_scene_run(world, 25);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 300);
    SHOW(world);
}

ALD_TEST(scenario, a_drain_ends_when_its_time_is_over)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", 0);

    a->manner = SIM_MANNER_NEVER;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_hub_drain(&world->hubs[0], 100 * ALD_MSEC);
    sim_scene_run(world, 300);
    SHOW(world);
}

ALD_TEST(scenario, a_caller_that_does_not_read_is_cut_and_its_outcome_kept)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");

    sim_scene_agent(world, "a", "lamp", 0);
    carol->asks_after = true;
    sim_scene_run(world, 10);
    sim_link_stall(carol->link, SIM_DOWN, 5 * ALD_SEC);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 700);
    SHOW(world);
}

ALD_TEST(scenario, all_of_them_are_asked_and_one_fails)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *b;

    sim_scene_agent(world, "a", "lamp", 0);
    b = sim_scene_agent(world, "b", "lamp", 0);
    b->manner = SIM_MANNER_FAIL;
    b->think_min = b->think_max = 20 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ALL);
    sim_scene_run(world, 20);
    sim_scene_agent(world, "c", "lamp", 0);
    sim_scene_run(world, 100);
    SHOW(world);
}

ALD_TEST(scenario, what_waits_is_taken_back_at_once_and_what_was_sent_is_asked_for)
{
    struct ald_hub_config config;
    struct sim_world *world;
    struct sim_party *carol, *a;
    struct sim_command *first, *second;

    sim_scene_config(&config);
    config.channel_in_flight_max = 1;
    world = sim_scene_begin(&config);
    carol = sim_scene_caller(world, "carol");
    a = sim_scene_agent(world, "a", "lamp", ALD_CAN_CANCEL);
    a->think_min = a->think_max = 200 * ALD_MSEC;
    sim_scene_run(world, 10);
    first = sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    second = sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_caller_take_back(carol, second);
    sim_scene_run(world, 30);
    sim_caller_take_back(carol, first);
    sim_scene_run(world, 300);
    SHOW(world);
    sim_scene_end(world);
}

ALD_TEST(scenario, the_reply_overtakes_the_cancel)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_command *command;

    sim_scene_agent(world, "a", "lamp", ALD_CAN_CANCEL);
    sim_scene_run(world, 10);
    command = sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 16);
    sim_caller_take_back(carol, command);
    sim_scene_run(world, 100);
    SHOW(world);
}

ALD_TEST(scenario, an_agent_that_cannot_stop_goes_on)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", 0);
    struct sim_command *command;

    a->think_min = a->think_max = 50 * ALD_MSEC;
    sim_scene_run(world, 10);
    command = sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_caller_take_back(carol, command);
    sim_scene_run(world, 100);
    SHOW(world);
}

ALD_TEST(scenario, an_agent_that_fails_its_health_checks_is_asked_to_leave)
{
    struct ald_hub_config config;
    struct sim_world *world;
    struct sim_party *a;

    sim_scene_config(&config);
    config.health_interval = 200 * ALD_MSEC;
    world = sim_scene_begin(&config);
    a = sim_scene_agent(world, "a", "lamp", ALD_CAN_HEALTH | ALD_CAN_LEAVE);
    a->healthy = false;
    sim_scene_run(world, 650);
    a->healthy = true;
    sim_scene_run(world, 1000);
    SHOW(world);
    sim_scene_end(world);
}

ALD_TEST(scenario, a_full_queue_refuses_at_once)
{
    struct ald_hub_config config;
    struct sim_world *world;
    struct sim_party *carol, *a;

    sim_scene_config(&config);
    config.channel_in_flight_max = 1;
    config.channel_queue_max = 1;
    world = sim_scene_begin(&config);
    carol = sim_scene_caller(world, "carol");
    a = sim_scene_agent(world, "a", "lamp", 0);
    a->think_min = a->think_max = 20 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 100);
    SHOW(world);
    sim_scene_end(world);
}

ALD_TEST(scenario, what_was_not_written_moves_and_what_was_is_lost)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", 0);
    struct sim_party *b = sim_scene_agent(world, "b", "lamp", 0);

    a->think_min = a->think_max = 100 * ALD_MSEC;
    b->think_min = b->think_max = 100 * ALD_MSEC;
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 20);
    sim_link_stall(a->link, SIM_DOWN, ALD_SEC);
    sim_link_stall(b->link, SIM_DOWN, ALD_SEC);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 30);
    a->stays_away = true;
    sim_link_cut(a->link, 0, 0);
    sim_scene_run(world, 1500);
    SHOW(world);
}

ALD_TEST(scenario, an_idempotent_command_has_another_attempt)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", 0);
    struct sim_order order = {.target = "lamp", .ttl = ALD_SEC, .flags = ALD_MSG_IDEMPOTENT};

    sim_scene_run(world, 5);
    sim_scene_agent(world, "b", "lamp", 0);
    a->manner = SIM_MANNER_NEVER;
    sim_scene_run(world, 10);
    sim_scene_order(world, carol, &order);
    sim_scene_run(world, 20);
    sim_party_crash(a);
    sim_scene_run(world, 50);
    SHOW(world);
}

ALD_TEST_MAIN(scenario, ALD_CASE(scenario, a_command_goes_there_and_its_reply_comes_back),
              ALD_CASE(scenario, the_next_leads_after_the_first_has_stepped_down),
              ALD_CASE(scenario, an_ill_leader_steps_down_before_another_leads),
              ALD_CASE(scenario, a_leader_that_does_not_step_down_is_cut_off_before_another_leads),
              ALD_CASE(scenario, the_hub_crashes_and_the_caller_asks_what_became_of_its_command),
              ALD_CASE(scenario, a_caller_that_lost_the_hub_comes_back_and_is_told),
              ALD_CASE(scenario, an_away_agent_comes_back_in_time_and_its_reply_counts),
              ALD_CASE(scenario, an_away_agent_that_stays_away_loses_what_it_had),
              ALD_CASE(scenario, a_drain_lets_those_at_work_finish),
              ALD_CASE(scenario, a_drain_ends_when_its_time_is_over),
              ALD_CASE(scenario, a_caller_that_does_not_read_is_cut_and_its_outcome_kept),
              ALD_CASE(scenario, all_of_them_are_asked_and_one_fails),
              ALD_CASE(scenario, what_waits_is_taken_back_at_once_and_what_was_sent_is_asked_for),
              ALD_CASE(scenario, the_reply_overtakes_the_cancel), ALD_CASE(scenario, an_agent_that_cannot_stop_goes_on),
              ALD_CASE(scenario, an_agent_that_fails_its_health_checks_is_asked_to_leave),
              ALD_CASE(scenario, a_full_queue_refuses_at_once),
              ALD_CASE(scenario, what_was_not_written_moves_and_what_was_is_lost),
              ALD_CASE(scenario, an_idempotent_command_has_another_attempt))
