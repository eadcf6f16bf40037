/* Several hubs: messages over hops, and other ways when one breaks. */

#include "hub/graph_rig.h"

static struct graph graph;

ALD_TEST(graph, a_command_reaches_a_target_at_the_next_hub)
{
    graph_story_line(&graph, 2);
    graph_agent(&graph, "b", 1, "lamp");
    graph_register(&graph, "a", 1, "deck", ALD_CAN_STATUS | ALD_CAN_OUTCOME);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_reply(&graph, "b", 1, "c1", ALD_SUCCEEDED);
    graph_expect(&graph, "b1 command c1 from a:deck\n"
                         "a1 reply c1 succeeded\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_command_goes_over_three_hops_with_its_statuses)
{
    graph_story_line(&graph, 4);
    graph_agent(&graph, "d", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_status(&graph, "d", 1, "c1", ALD_PHASE_RUNNING);
    graph_reply(&graph, "d", 1, "c1", ALD_FAILED);
    graph_expect(&graph, "d1 command c1 from a:\n"
                         "a1 status c1 running\n"
                         "a1 reply c1 failed agent_failed\n");
    graph_fini(&graph);
}

ALD_TEST(graph, who_is_here_comes_before_who_is_elsewhere)
{
    graph_story_line(&graph, 2);
    graph_agent(&graph, "b", 1, "lamp");
    graph_agent(&graph, "a", 2, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_command_as(&graph, "a", 1, "c2", "lamp", (struct graph_options){.hub = "b"});
    graph_expect(&graph, "a2 command c1\n"
                         "b1 command c2 from a:\n");
    graph_leave(&graph, "a", 2);
    graph_command(&graph, "a", 1, "c3", "lamp");
    graph_expect(&graph, "a1 reply c1 lost link_ended\n"
                         "b1 command c3 from a:\n");
    graph_fini(&graph);
}

ALD_TEST(graph, the_nearest_hub_that_has_it_is_meant)
{
    graph_story_line(&graph, 4);
    graph_agent(&graph, "d", 1, "lamp");
    graph_agent(&graph, "b", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_expect(&graph, "b1 command c1 from a:\n");
    graph_leave(&graph, "b", 1);
    graph_expect(&graph, "a1 reply c1 lost link_ended\n");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_expect(&graph, "d1 command c2 from a:\n");
    graph_fini(&graph);
}

ALD_TEST(graph, what_cannot_go_is_told_by_the_hub_where_it_failed)
{
    graph_story_line(&graph, 3);
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_command_as(&graph, "a", 1, "c2", "lamp", (struct graph_options){.hub = "z"});
    graph_expect(&graph, "a1 reply c1 refused no_target\n"
                         "a1 reply c2 refused no_target\n");
    ald_check_str(ald_str(graph.last_text), "no such hub");
    graph_command_as(&graph, "a", 1, "c3", "lamp", (struct graph_options){.hub = "c"});
    graph_expect(&graph, "a1 reply c3 refused no_target\n");
    ald_check_str(ald_str(graph.last_text), "at hub c: no such target");
    graph_cut(&graph, "b", "c");
    graph_command_as(&graph, "a", 1, "c4", "lamp", (struct graph_options){.hub = "c"});
    graph_expect(&graph, "a1 reply c4 refused no_target\n");
    ald_check_str(ald_str(graph.last_text), "no way leads to that hub now");
    graph_fini(&graph);
}

ALD_TEST(graph, a_channel_and_a_primary_are_those_of_the_far_hub)
{
    static const char *const ids[] = {"x1", "x2", "x3"};
    struct ald_channel_view view;
    char channel[ALD_ID_TEXT + 1];
    uint64_t cursor = 0;

    graph_story_line(&graph, 3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_agent(&graph, "c", 2, "lamp");
    graph_caller(&graph, "a", 1);
    ald_check(ald_hub_next_channel(graph.hubs[2].hub, ALD_STR("lamp"), &cursor, &view));
    snprintf(channel, sizeof(channel), "%.*s", ALD_STR_ARG(view.id));
    for (int i = 0; i < 3; i++) {
        graph_command_as(&graph, "a", 1, ids[i], "lamp",
                         (struct graph_options){.hub = "c", .channel = channel, .mode = ALD_MODE_CHANNEL});
    }
    graph_command_as(&graph, "a", 1, "c1", "lamp",
                     (struct graph_options){.channel = channel, .mode = ALD_MODE_CHANNEL});
    graph_command_as(&graph, "a", 1, "c2", "lamp", (struct graph_options){.mode = ALD_MODE_PRIMARY});
    graph_expect(&graph, "c1 command x1 from a:\n"
                         "c1 command x2 from a:\n"
                         "c1 command x3 from a:\n"
                         "c1 command c1 from a:\n"
                         "a1 reply c2 refused no_primary\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_fan_out_is_made_where_the_target_is)
{
    graph_story_line(&graph, 3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_agent(&graph, "c", 2, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command_as(&graph, "a", 1, "c1", "lamp", (struct graph_options){.mode = ALD_MODE_ALL});
    graph_reply(&graph, "c", 1, "c1", ALD_SUCCEEDED);
    graph_reply(&graph, "c", 2, "c1", ALD_SUCCEEDED);
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "c2 command c1 from a:\n"
                         "a1 status c1 running\n"
                         "a1 status c1 running\n"
                         "a1 reply c1 succeeded\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_command_is_taken_back_over_hops)
{
    graph_story_line(&graph, 3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_cancel(&graph, "a", 1, "c1");
    graph_reply(&graph, "c", 1, "c1", ALD_CANCELLED);
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "c1 cancel c1\n"
                         "a1 reply c1 cancelled taken_back\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_deadline_ends_a_command_at_every_hub)
{
    graph_story_line(&graph, 3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command_as(&graph, "a", 1, "c1", "lamp", (struct graph_options){.ttl = 2 * ALD_SEC});
    graph_advance(&graph, 3 * ALD_SEC);
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "a1 reply c1 expired deadline\n"
                         "c1 cancel c1\n");
    for (int at = 0; at < 3; at++) {
        struct ald_hub_totals totals;

        ald_hub_totals(graph.hubs[at].hub, &totals);
        ald_check_int(totals.n_in_flight + totals.n_queued, 0);
    }
    graph_fini(&graph);
}

ALD_TEST(graph, a_ring_that_breaks_is_walked_the_other_way)
{
    graph_story_ring(&graph, 5);
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    ald_check_int(graph_count(&graph, "b", ALD_N_COMMANDS_ABROAD), 1);
    graph_cut(&graph, "b", "c");
    graph_command(&graph, "a", 1, "c2", "lamp");
    ald_check_int(graph_count(&graph, "e", ALD_N_COMMANDS_ABROAD), 1);
    graph_reply(&graph, "c", 1, "c2", ALD_SUCCEEDED);
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "a1 reply c1 lost hub_lost\n"
                         "c1 command c2 from a:\n"
                         "a1 reply c2 succeeded\n");
    graph_link(&graph, "b", "c");
    graph_command(&graph, "a", 1, "c3", "lamp");
    ald_check_int(graph_count(&graph, "b", ALD_N_COMMANDS_ABROAD), 2);
    graph_fini(&graph);
}

/* The text of a loss says which hub saw it, too. */
ALD_TEST(graph, a_hub_that_dies_is_gone_from_every_map_at_once)
{
    graph_story_line(&graph, 5);
    graph_agent(&graph, "e", 1, "lamp");
    graph_agent(&graph, "c", 1, "desk");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "desk");
    graph_kill(&graph, "c");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_command(&graph, "a", 1, "c3", "desk");
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "a1 reply c1 lost hub_lost\n"
                         "a1 reply c2 refused no_target\n"
                         "a1 reply c3 refused no_target\n");
    graph_link(&graph, "b", "d");
    graph_command(&graph, "a", 1, "c4", "lamp");
    graph_expect(&graph, "e1 command c4 from a:\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_loss_says_where_it_was_seen)
{
    graph_story_line(&graph, 3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_kill(&graph, "c");
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "a1 reply c1 lost hub_lost\n");
    ald_check_str(ald_str(graph.last_text), "at hub b: the hub that took the command vanished");
    graph_fini(&graph);
}

/* What stays on a link counts as unwritten, so nothing was sent. */
ALD_TEST(graph, what_was_not_sent_takes_another_way)
{
    graph_story_ring(&graph, 4);
    graph_agent(&graph, "b", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph.holds = true;
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph.by_hand = true;
    graph_cut(&graph, "a", "b");
    graph.by_hand = graph.holds = false;
    graph_settle(&graph);
    graph_reply(&graph, "b", 1, "c1", ALD_SUCCEEDED);
    graph_reply(&graph, "b", 1, "c2", ALD_SUCCEEDED);
    graph_expect(&graph, "b1 command c1 from a:\n"
                         "b1 command c2 from a:\n"
                         "a1 reply c1 succeeded\n"
                         "a1 reply c2 succeeded\n");
    ald_check_int(graph_count(&graph, "a", ALD_N_REROUTED), 2);
    graph_fini(&graph);
}

ALD_TEST(graph, what_was_not_sent_and_has_no_way_is_refused)
{
    graph_story_line(&graph, 2);
    graph_agent(&graph, "b", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph.holds = true;
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_cut(&graph, "a", "b");
    graph_expect(&graph, "a1 reply c1 refused no_target\n");
    graph_fini(&graph);
}

ALD_TEST(graph, an_idempotent_command_is_tried_again_the_other_way)
{
    graph_story_ring(&graph, 4);
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command_as(&graph, "a", 1, "c1", "lamp", (struct graph_options){.flags = ALD_MSG_IDEMPOTENT});
    graph_kill(&graph, "b");
    graph_reply(&graph, "c", 1, "c1", ALD_SUCCEEDED);
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "c1 command c1 from a:\n"
                         "a1 reply c1 succeeded\n");
    graph_fini(&graph);
}

ALD_TEST(graph, two_links_balance_and_stand_in_for_each_other)
{
    graph_story(&graph, 2);
    graph_link(&graph, "a", "b");
    graph_link(&graph, "b", "a");
    graph_agent(&graph, "b", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_expect(&graph, "b1 command c1 from a:\n"
                         "b1 command c2 from a:\n");
    ald_check(graph.hubs[0].conns[GRAPH_LOCAL + 1].open && graph.hubs[0].conns[GRAPH_LOCAL + 2].open);
    graph_cut_half(&graph, 0, GRAPH_LOCAL + 1);
    graph_cut_half(&graph, 1, GRAPH_LOCAL + 1);
    graph_settle(&graph);
    graph_expect(&graph, "a1 reply c1 lost hub_lost\n");
    graph_command(&graph, "a", 1, "c3", "lamp");
    graph_reply(&graph, "b", 1, "c3", ALD_SUCCEEDED);
    graph_expect(&graph, "b1 command c3 from a:\n"
                         "a1 reply c3 succeeded\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_hub_that_says_goodbye_gets_no_more)
{
    graph_story_ring(&graph, 4);
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_register(&graph, "a", 2, NULL, ALD_CAN_NEWS);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph.n_text = 0;
    graph_step(&graph, 1, (struct ald_event){.kind = ALD_EVENT_DRAIN, .leave_until = graph.now + 5 * ALD_SEC});
    graph_settle(&graph);
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_reply(&graph, "c", 1, "c1", ALD_SUCCEEDED);
    graph_reply(&graph, "c", 1, "c2", ALD_SUCCEEDED);
    graph_advance(&graph, ALD_SEC);
    ald_check_int(graph_count(&graph, "d", ALD_N_COMMANDS_ABROAD), 1);
    ald_check(strstr(graph.text, "a1 reply c1 succeeded\n") != NULL);
    ald_check(strstr(graph.text, "a1 reply c2 succeeded\n") != NULL);
    ald_check(strstr(graph.text, "a2 news hub b 1 of 0\n") != NULL);
    graph_fini(&graph);
}

/* Only a and c know of each other, and each believes that the other is nearer to what nobody has. */
ALD_TEST(graph, hops_end_what_goes_too_far)
{
    graph_init(&graph);
    graph.config.hops_max = 2;
    graph_begin(&graph, 4);
    graph_link(&graph, "a", "b");
    graph_link(&graph, "b", "c");
    graph_link(&graph, "c", "d");
    graph_agent(&graph, "d", 1, "lamp");
    graph_agent(&graph, "c", 1, "desk");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "desk");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_expect(&graph, "c1 command c1 from a:\n"
                         "a1 reply c2 refused no_target\n");
    ald_check_str(ald_str(graph.last_text), "at hub c: it has passed too many hubs");
    graph_fini(&graph);
}

ALD_TEST_MAIN(graph, ALD_CASE(graph, a_command_reaches_a_target_at_the_next_hub),
              ALD_CASE(graph, a_command_goes_over_three_hops_with_its_statuses),
              ALD_CASE(graph, who_is_here_comes_before_who_is_elsewhere),
              ALD_CASE(graph, the_nearest_hub_that_has_it_is_meant),
              ALD_CASE(graph, what_cannot_go_is_told_by_the_hub_where_it_failed),
              ALD_CASE(graph, a_channel_and_a_primary_are_those_of_the_far_hub),
              ALD_CASE(graph, a_fan_out_is_made_where_the_target_is),
              ALD_CASE(graph, a_command_is_taken_back_over_hops),
              ALD_CASE(graph, a_deadline_ends_a_command_at_every_hub),
              ALD_CASE(graph, a_ring_that_breaks_is_walked_the_other_way),
              ALD_CASE(graph, a_hub_that_dies_is_gone_from_every_map_at_once),
              ALD_CASE(graph, a_loss_says_where_it_was_seen), ALD_CASE(graph, what_was_not_sent_takes_another_way),
              ALD_CASE(graph, what_was_not_sent_and_has_no_way_is_refused),
              ALD_CASE(graph, an_idempotent_command_is_tried_again_the_other_way),
              ALD_CASE(graph, two_links_balance_and_stand_in_for_each_other),
              ALD_CASE(graph, a_hub_that_says_goodbye_gets_no_more), ALD_CASE(graph, hops_end_what_goes_too_far))
