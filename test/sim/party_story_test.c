#include "lib/test.h"

#include "sim/operator.h"
#include "sim/scene.h"

/* The stories of those who come, lead, leave, fall ill and return, told in full. Times are milliseconds since the hub started. */

ALD_TEST(party_story, the_next_leads_after_the_first_has_stepped_down)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS);

    sim_scene_run(world, 10);
    sim_scene_agent(world, "b", "lamp", SIM_TRAITS);
    sim_scene_run(world, 20);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_PRIMARY);
    sim_scene_run(world, 40);
    sim_link_cut(a->link, 1000, 1000);
    sim_scene_run(world, 42);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_PRIMARY);
    sim_scene_run(world, 100);
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[    2] a leads term 1700000001\n"
                      "[   12] b serves lamp\n"
                      "[   20] carol asks lamp for #1\n"
                      "[   22] a receives #1\n"
                      "[   27] a replies succeeded to #1\n"
                      "[   28] #1 ends: succeeded\n"
                      "[   29] carol hears of #1: succeeded\n"
                      "[   40] the link of a is cut\n"
                      "[   41] a steps down\n"
                      "[   42] b leads term 1700000002\n"
                      "[   42] carol asks lamp for #2\n"
                      "[   44] b receives #2\n"
                      "[   49] b replies succeeded to #2\n"
                      "[   50] #2 ends: succeeded\n"
                      "[   51] carol hears of #2: succeeded\n"
                      "[   63] a serves lamp\n");
}

ALD_TEST(party_story, an_ill_leader_steps_down_before_another_leads)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = NULL;
    struct ald_hub_config config;
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
    sim_expect(world, "[    2] a serves lamp\n"
                      "[    2] a leads term 1700000001\n"
                      "[   12] b serves lamp\n"
                      "[  158] a steps down\n"
                      "[  158] a is told to leave\n"
                      "[  160] b leads term 1700000002\n");
}

ALD_TEST(party_story, a_leader_that_does_not_step_down_is_cut_off_before_another_leads)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = NULL;
    struct ald_hub_config config;
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
    sim_expect(world, "[    2] a serves lamp\n"
                      "[    2] a leads term 1700000001\n"
                      "[   12] b serves lamp\n"
                      "[  158] a is told to leave\n"
                      "[  357] the hub ends the link of a: unhealthy\n"
                      "[  358] a steps down\n"
                      "[  358] b leads term 1700000002\n");
}

ALD_TEST(party_story, the_hub_crashes_and_the_caller_asks_what_became_of_its_command)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[    2] a leads term 1700000001\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] hub 1 crashes\n"
                      "[   20] the link of a is cut\n"
                      "[   20] the link of carol is cut\n"
                      "[   21] a steps down\n"
                      "[   30] hub 2 starts\n"
                      "[   43] a serves lamp\n"
                      "[   43] a leads term 1700000001\n"
                      "[   43] carol is here\n"
                      "[   43] carol asks what became of 1, as #2\n"
                      "[   44] #2 ends: refused\n"
                      "[   45] carol hears of #2: refused\n"
                      "[   62] a replies succeeded to #1\n");
}

ALD_TEST(party_story, a_caller_that_lost_the_hub_comes_back_and_is_told)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] the link of carol is cut\n"
                      "[   43] carol is here\n"
                      "[   43] carol asks what became of 1, as #2\n"
                      "[   62] a replies succeeded to #1\n"
                      "[   63] #2 ends: succeeded\n"
                      "[   64] carol hears of #2: succeeded\n"
                      "[   64] carol hears of #1: succeeded\n");
}

ALD_TEST(party_story, an_away_agent_comes_back_in_time_and_its_reply_counts)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] the link of a is cut\n"
                      "[   42] a replies succeeded to #1\n"
                      "[   43] a is back\n"
                      "[   44] #1 ends: succeeded\n"
                      "[   45] carol hears of #1: succeeded\n");
}

ALD_TEST(party_story, an_away_agent_that_stays_away_loses_what_it_had)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] the link of a is cut\n"
                      "[   25] carol asks lamp for #2\n"
                      "[   42] a replies succeeded to #1\n"
                      "[  221] #1 ends: lost\n"
                      "[  222] carol hears of #1: lost\n");
}

ALD_TEST(party_story, a_drain_lets_those_at_work_finish)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] hub 1 drains\n"
                      "[   25] carol asks lamp for #2\n"
                      "[   26] #2 ends: refused\n"
                      "[   27] carol hears of #2: refused\n"
                      "[   62] a replies succeeded to #1\n"
                      "[   63] #1 ends: succeeded\n"
                      "[   64] a is told to leave\n"
                      "[   64] carol hears of #1: succeeded\n"
                      "[   64] carol is told to leave\n"
                      "[   65] hub 1 has drained\n"
                      "[   75] hub 2 starts\n"
                      "[   91] a serves lamp\n"
                      "[   91] carol is here\n");
}

ALD_TEST(party_story, a_drain_ends_when_its_time_is_over)
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
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   20] hub 1 drains\n"
                      "[  120] #1 ends: lost\n"
                      "[  120] the hub ends the link of a: stopping\n"
                      "[  121] carol hears of #1: lost\n"
                      "[  121] carol is told to leave\n"
                      "[  121] the hub ends the link of carol: stopping\n"
                      "[  121] hub 1 has drained\n"
                      "[  131] hub 2 starts\n"
                      "[  143] a serves lamp\n"
                      "[  148] carol is here\n");
}

ALD_TEST(party_story, a_caller_that_does_not_read_is_cut_and_its_outcome_kept)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");

    sim_scene_agent(world, "a", "lamp", 0);
    carol->asks_after = true;
    sim_scene_run(world, 10);
    sim_link_stall(carol->link, SIM_DOWN, 5 * ALD_SEC);
    sim_scene_ask(world, carol, "lamp", ALD_MODE_ANY);
    sim_scene_run(world, 700);
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[   10] output to carol stalls\n"
                      "[   10] carol asks lamp for #1\n"
                      "[   12] a receives #1\n"
                      "[   17] a replies succeeded to #1\n"
                      "[   18] #1 ends: succeeded\n"
                      "[  518] the hub ends the link of carol: slow\n"
                      "[  541] carol is here\n"
                      "[  541] carol asks what became of 1, as #2\n"
                      "[  542] #2 ends: succeeded\n"
                      "[  543] carol hears of #2: succeeded\n"
                      "[  543] carol hears of #1: succeeded\n");
}

ALD_TEST(party_story, an_agent_that_fails_its_health_checks_is_asked_to_leave)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = NULL;
    struct ald_hub_config config;
    struct sim_party *a;

    sim_scene_config(&config);
    config.health_interval = 200 * ALD_MSEC;
    world = sim_scene_begin(&config);
    a = sim_scene_agent(world, "a", "lamp", ALD_CAN_HEALTH | ALD_CAN_LEAVE);
    a->healthy = false;
    sim_scene_run(world, 650);
    a->healthy = true;
    sim_scene_run(world, 1000);
    sim_expect(world, "[    2] a serves lamp\n"
                      "[  369] a is told to leave\n"
                      "[  396] a serves lamp\n");
}

ALD_TEST(party_story, an_operator_makes_another_lead_and_sends_the_former_leader_away)
{
    ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
    struct sim_party *carol = sim_scene_caller(world, "carol");
    struct sim_party *a = sim_scene_agent(world, "a", "lamp", SIM_TRAITS);
    struct sim_party *b;

    sim_scene_run(world, 10);
    b = sim_scene_agent(world, "b", "lamp", SIM_TRAITS);
    sim_scene_run(world, 20);
    sim_operator_primary(b->link);
    sim_scene_run(world, 40);
    a->think_min = 20 * ALD_MSEC;
    a->stays = true; /* until it has done what it has */
    a->stays_away = true;
    sim_scene_order(world, carol,
                    &(struct sim_order){.target = "lamp", .mode = ALD_MODE_CHANNEL, .channel = a, .ttl = ALD_SEC});
    sim_scene_run(world, 45);
    sim_operator_leave(a->link, false);
    sim_operator_leave(a->link, false);
    sim_scene_run(world, 100);
    sim_expect(world, "[    2] carol is here\n"
                      "[    2] a serves lamp\n"
                      "[    2] a leads term 1700000001\n"
                      "[   12] b serves lamp\n"
                      "[   20] an operator wants b to lead: yes\n"
                      "[   21] a steps down\n"
                      "[   23] b leads term 1700000002\n"
                      "[   40] carol asks lamp for #1\n"
                      "[   42] a receives #1\n"
                      "[   45] an operator sends a away: yes\n"
                      "[   45] an operator sends a away: conflict\n"
                      "[   46] a is told to leave\n"
                      "[   62] a replies succeeded to #1\n"
                      "[   63] the hub ends the link of a: left\n"
                      "[   63] #1 ends: succeeded\n"
                      "[   64] carol hears of #1: succeeded\n");
}

ALD_TEST_MAIN(party_story, ALD_CASE(party_story, the_next_leads_after_the_first_has_stepped_down),
              ALD_CASE(party_story, an_ill_leader_steps_down_before_another_leads),
              ALD_CASE(party_story, a_leader_that_does_not_step_down_is_cut_off_before_another_leads),
              ALD_CASE(party_story, the_hub_crashes_and_the_caller_asks_what_became_of_its_command),
              ALD_CASE(party_story, a_caller_that_lost_the_hub_comes_back_and_is_told),
              ALD_CASE(party_story, an_away_agent_comes_back_in_time_and_its_reply_counts),
              ALD_CASE(party_story, an_away_agent_that_stays_away_loses_what_it_had),
              ALD_CASE(party_story, a_drain_lets_those_at_work_finish),
              ALD_CASE(party_story, a_drain_ends_when_its_time_is_over),
              ALD_CASE(party_story, a_caller_that_does_not_read_is_cut_and_its_outcome_kept),
              ALD_CASE(party_story, an_agent_that_fails_its_health_checks_is_asked_to_leave),
              ALD_CASE(party_story, an_operator_makes_another_lead_and_sends_the_former_leader_away))
