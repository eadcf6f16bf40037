#include "lib/test.h"

#include "sim/scene.h"

/* The stories of single commands, told in full. Times are milliseconds since the hub started. */

ALD_TEST(command_story, a_command_goes_there_and_its_reply_comes_back)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");

    sim_scene_agent(world, "a", "lamp", SIM_TRAITS & ~(uint32_t)ALD_CAN_CONFIRM_PRIMARY);
    sim_scene_run(world, 10);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 100);
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   17] a replies succeeded to #1\n"
                      "[   18] #1 ends: succeeded\n"
                      "[   19] carol hears of #1: succeeded\n");
}

ALD_TEST(command_story, all_of_them_are_asked_and_one_fails)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[    2] b serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] b receives #1\n"
                      "[   12] a receives #1\n"
                      "[   17] a replies succeeded to #1\n"
                      "[   19] carol hears that #1 is running\n"
                      "[   22] c serves lamp\n"
                      "[   32] b replies failed to #1\n"
                      "[   33] #1 ends: failed\n"
                      "[   34] carol hears that #1 is running\n"
                      "[   34] carol hears of #1: failed\n");
}

ALD_TEST(command_story, what_waits_is_taken_back_at_once_and_what_was_sent_is_asked_for)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = NULL;
    struct ald_hub_config config;
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   10] carol asks lamp for #2\n"
                      "[   12] a receives #1\n"
                      "[   20] carol takes #2 back\n"
                      "[   21] #2 ends: cancelled\n"
                      "[   22] carol hears of #2: cancelled\n"
                      "[   30] carol takes #1 back\n"
                      "[   32] a is asked to stop #1\n"
                      "[   32] a replies cancelled to #1\n"
                      "[   33] #1 ends: cancelled\n"
                      "[   34] carol hears of #1: cancelled\n");
}

ALD_TEST(command_story, the_reply_overtakes_the_cancel)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   16] carol takes #1 back\n"
                      "[   17] a replies succeeded to #1\n"
                      "[   18] #1 ends: succeeded\n"
                      "[   18] a is asked to stop #1\n"
                      "[   19] carol hears of #1: succeeded\n");
}

ALD_TEST(command_story, an_agent_that_cannot_stop_goes_on)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] carol takes #1 back\n"
                      "[   22] carol hears that #1 is sent\n"
                      "[   62] a replies succeeded to #1\n"
                      "[   63] #1 ends: succeeded\n"
                      "[   64] carol hears of #1: succeeded\n");
}

ALD_TEST(command_story, a_full_queue_refuses_at_once)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = NULL;
    struct ald_hub_config config;
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   10] carol asks lamp for #2\n"
                      "[   10] carol asks lamp for #3\n"
                      "[   11] #3 ends: refused\n"
                      "[   12] a receives #1\n"
                      "[   12] carol hears of #3: refused\n"
                      "[   32] a replies succeeded to #1\n"
                      "[   33] #1 ends: succeeded\n"
                      "[   34] a receives #2\n"
                      "[   34] carol hears of #1: succeeded\n"
                      "[   54] a replies succeeded to #2\n"
                      "[   55] #2 ends: succeeded\n"
                      "[   56] carol hears of #2: succeeded\n");
}

ALD_TEST(command_story, what_was_not_written_moves_and_what_was_is_lost)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[    2] b serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] output to a stalls\n"
                      "[   20] output to b stalls\n"
                      "[   20] carol asks lamp for #2\n"
                      "[   20] carol asks lamp for #3\n"
                      "[   30] the link of a is cut\n"
                      "[   31] #1 ends: lost\n"
                      "[   32] carol hears of #1: lost\n"
                      "[  112] a replies succeeded to #1\n"
                      "[  521] the hub ends the link of b: slow\n"
                      "[  544] b serves lamp\n"
                      "[  544] b receives #2\n"
                      "[  544] b receives #3\n"
                      "[  644] b replies succeeded to #2\n"
                      "[  644] b replies succeeded to #3\n"
                      "[  645] #2 ends: succeeded\n"
                      "[  645] #3 ends: succeeded\n"
                      "[  646] carol hears of #2: succeeded\n"
                      "[  646] carol hears of #3: succeeded\n");
}

ALD_TEST(command_story, an_idempotent_command_has_another_attempt)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[    7] b serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] a crashes\n"
                      "[   20] the link of a is cut\n"
                      "[   22] b receives #1\n"
                      "[   27] b replies succeeded to #1\n"
                      "[   28] #1 ends: succeeded\n"
                      "[   29] carol hears of #1: succeeded\n"
                      "[   47] a serves lamp\n");
}

ALD_TEST_MAIN(command_story, ALD_CASE(command_story, a_command_goes_there_and_its_reply_comes_back),
              ALD_CASE(command_story, all_of_them_are_asked_and_one_fails),
              ALD_CASE(command_story, what_waits_is_taken_back_at_once_and_what_was_sent_is_asked_for),
              ALD_CASE(command_story, the_reply_overtakes_the_cancel),
              ALD_CASE(command_story, an_agent_that_cannot_stop_goes_on),
              ALD_CASE(command_story, a_full_queue_refuses_at_once),
              ALD_CASE(command_story, what_was_not_written_moves_and_what_was_is_lost),
              ALD_CASE(command_story, an_idempotent_command_has_another_attempt))
