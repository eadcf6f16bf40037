/* Several hubs: messages over hops, other ways when one breaks, what everybody hears. */

#include "hub/graph_rig.h"

static struct graph graph;

static void story_begin(int n_hubs)
{
    graph_init(&graph);
    graph_begin(&graph, n_hubs);
}

static void story_line(int n_hubs)
{
    story_begin(n_hubs);
    for (int at = 0; at + 1 < n_hubs; at++) {
        graph_link(&graph, graph.hubs[at].id, graph.hubs[at + 1].id);
    }
}

static void story_ring(int n_hubs)
{
    story_line(n_hubs);
    graph_link(&graph, graph.hubs[n_hubs - 1].id, graph.hubs[0].id);
}

ALD_TEST(graph, a_command_reaches_a_target_at_the_next_hub)
{
    story_line(2);
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
    story_line(4);
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
    story_line(2);
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
    story_line(4);
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
    story_line(3);
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

    story_line(3);
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
    story_line(3);
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
    story_line(3);
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
    story_line(3);
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
    story_ring(5);
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
    story_line(5);
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
    story_line(3);
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
    story_ring(4);
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
    story_line(2);
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
    story_ring(4);
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
    story_begin(2);
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
    story_ring(4);
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

ALD_TEST(graph, nobody_else_may_take_the_name_of_a_hub)
{
    story_line(2);
    graph_register(&graph, "a", 1, "hub:c", 0);
    graph_expect(&graph, "a1 denied invalid: a name that begins with hub: is that of a hub\n"
                         "a1 close\n");
    graph_caller(&graph, "a", 2);
    graph_command(&graph, "a", 2, "c1", "hub:b");
    graph_expect(&graph, "a2 reply c1 refused no_target\n");
    graph_fini(&graph);
}

static void greet_badly(uint64_t conn, const char *id, bool is_daemon)
{
    graph_open(&graph, 0, conn, -1);
    graph_greet(&graph, 0, conn, id, false, is_daemon);
    graph_settle(&graph);
}

ALD_TEST(graph, who_may_not_be_a_neighbour_is_told_why)
{
    story_line(2);
    greet_badly(1, "a", false);
    greet_badly(2, "b", true);
    greet_badly(3, "n", true);
    greet_badly(4, "n", true);
    greet_badly(5, "n", false);
    graph_expect(&graph, "a1 denied duplicate: that is the name of this hub\n"
                         "a1 close\n"
                         "a2 denied duplicate: a hub of that name is linked in another way\n"
                         "a2 close\n"
                         "a4 denied duplicate: a hub of that name is linked already\n"
                         "a4 close\n"
                         "a5 denied duplicate: a hub of that name is linked in another way\n"
                         "a5 close\n");
    graph_fini(&graph);
}

/* Both daemons dial: each end keeps the link that the smaller id dialled. */
ALD_TEST(graph, two_daemons_that_dial_each_other_keep_one_link)
{
    uint64_t a1, a2, b1, b2;

    story_begin(2);
    a1 = graph_open(&graph, 0, graph_next_conn(&graph, 0), 1);
    b1 = graph_open(&graph, 1, graph_next_conn(&graph, 1), 0);
    a2 = graph_open(&graph, 0, graph_next_conn(&graph, 0), 1);
    b2 = graph_open(&graph, 1, graph_next_conn(&graph, 1), 0);
    graph.hubs[0].conns[a1].peer_conn = b1;
    graph.hubs[1].conns[b1].peer_conn = a1;
    graph.hubs[0].conns[a2].peer_conn = b2;
    graph.hubs[1].conns[b2].peer_conn = a2;
    graph_greet(&graph, 1, b1, "a", false, true); /* a dialled this one */
    graph_greet(&graph, 0, a2, "b", false, true); /* and b that one */
    graph_greet(&graph, 0, a1, "b", true, true);
    graph_greet(&graph, 1, b2, "a", true, true);
    graph_settle(&graph);
    ald_check(graph.hubs[0].conns[a1].open && graph.hubs[1].conns[b1].open);
    ald_check(!graph.hubs[0].conns[a2].open && !graph.hubs[1].conns[b2].open);
    graph_fini(&graph);
}

ALD_TEST(graph, another_hub_of_a_name_that_is_taken_is_cut)
{
    story_begin(3);
    graph_link(&graph, "a", "b");
    snprintf(graph.hubs[2].id, sizeof(graph.hubs[2].id), "b"); /* the third takes the name of the second */
    ald_check_int(graph_count(&graph, "a", ALD_N_HUB_CONFLICTS), 0);
    graph_stop(&graph, 2);
    graph_start(&graph, 2);
    graph_open(&graph, 0, 20, 2);
    graph_open(&graph, 2, 20, 0);
    graph.hubs[0].conns[20].peer_conn = graph.hubs[2].conns[20].peer_conn = 20;
    graph_greet(&graph, 2, 20, "a", true, false);
    graph_greet(&graph, 0, 20, "b", false, false);
    graph_settle(&graph);
    ald_check_int(graph_count(&graph, "a", ALD_N_HUB_CONFLICTS), 1);
    ald_check(!graph.hubs[0].conns[20].open);
    ald_check(graph.hubs[0].conns[GRAPH_LOCAL + 1].open);
    graph_fini(&graph);
}

static void greet_as(int at, uint64_t conn, const char *id, uint64_t boot)
{
    const struct ald_greeting greeting = {.peering = ALD_PEERING_ROUTES, .hub = ald_str(id), .boot = boot};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    char target[64];

    snprintf(target, sizeof(target), "hub:%s", id);
    signal.target = ald_str(target);
    signal.greeting = &greeting;
    graph_open(&graph, at, conn, -1);
    graph_step(&graph, at, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = conn, .signal = &signal});
    graph_settle(&graph);
}

/* Nobody hears of it: it was never linked. */
ALD_TEST(graph, another_hub_of_a_name_that_is_taken_is_denied_when_it_greets)
{
    story_begin(1);
    graph_register(&graph, "a", 1, NULL, ALD_CAN_NEWS);
    greet_as(0, 2, "z", 7);
    greet_as(0, 3, "z", 7); /* a second link of the same one */
    graph.n_text = 0;
    greet_as(0, 4, "z", 8);
    graph_expect(&graph, "a4 denied duplicate: a hub of that name is linked already\n"
                         "a4 close\n");
    graph_leave(&graph, "a", 2);
    graph_leave(&graph, "a", 3);
    graph.n_text = 0;
    greet_as(0, 4 + 1, "z", 8); /* it was started anew */
    graph_expect(&graph, "a5 event aldis:Route\n"
                         "a1 news hub z 0 of 0\n"
                         "a1 news cluster  3 of 2\n");
    graph_fini(&graph);
}

/* a - b - c - and another a: b hears of it from c. */
ALD_TEST(graph, another_hub_of_a_name_somewhere_else_is_news)
{
    story_begin(4);
    graph_register(&graph, "b", 1, NULL, ALD_CAN_NEWS);
    graph_link(&graph, "a", "b");
    graph_link(&graph, "b", "c");
    graph.n_text = 0;
    graph_stop(&graph, 3);
    graph.now += ALD_SEC;
    graph_start(&graph, 3);
    snprintf(graph.hubs[3].id, sizeof(graph.hubs[3].id), "a");
    graph_stop(&graph, 3);
    graph_start(&graph, 3);
    graph_open(&graph, 2, 20, 3);
    graph_open(&graph, 3, 20, 2);
    graph.hubs[2].conns[20].peer_conn = graph.hubs[3].conns[20].peer_conn = 20;
    graph_greet(&graph, 3, 20, "c", true, false);
    graph_greet(&graph, 2, 20, "a", false, false);
    graph_settle(&graph);
    ald_check(strstr(graph.text, "b1 news hub a 4 of 0\n") != NULL);
    ald_check(graph_count(&graph, "b", ALD_N_HUB_CONFLICTS) > 0);
    graph_fini(&graph);
}

ALD_TEST(graph, the_cluster_is_counted_at_both_ends_at_once)
{
    struct ald_news total = {.topic = ALD_TOPIC_CLUSTER, .number = 3}, *news = NULL;

    story_begin(3);
    ald_check_int(ald_news_new(&total, &news), 0);
    for (int at = 0; at < 3; at++) {
        graph_register(&graph, graph.hubs[at].id, 1, NULL, ALD_CAN_NEWS);
        graph_step(&graph, at, (struct ald_event){.kind = ALD_EVENT_NEWS, .news = news});
    }
    graph_settle(&graph);
    graph_expect(&graph, "a1 news cluster  0 of 3\n"
                         "b1 news cluster  0 of 3\n"
                         "c1 news cluster  0 of 3\n");
    graph_link(&graph, "a", "b");
    graph_expect(&graph, "b1 news hub a 0 of 0\n"
                         "b1 news cluster  1 of 3\n"
                         "a1 news hub b 0 of 0\n"
                         "a1 news cluster  1 of 3\n");
    graph_link(&graph, "b", "c");
    graph_expect(&graph, "c1 news hub b 0 of 0\n"
                         "c1 news cluster  1 of 3\n"
                         "b1 news hub c 0 of 0\n"
                         "b1 news cluster  3 of 3\n"
                         "c1 news cluster  3 of 3\n"
                         "a1 news cluster  3 of 3\n");
    graph_kill(&graph, "c");
    graph_expect(&graph, "b1 news hub c 2 of 0\n"
                         "b1 news cluster  1 of 3\n"
                         "a1 news cluster  1 of 3\n");
    ald_news_unref(news);
    graph_fini(&graph);
}

/* --- events ----------------------------------------------------------------------------------------------------- */

ALD_TEST(graph, an_event_goes_over_hops)
{
    story_line(4);
    graph_agent(&graph, "d", 1, "lamp");
    graph_register(&graph, "a", 1, "deck", ALD_CAN_REPORT);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "DAWN"});
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "NOON", .hub = "d"});
    graph_expect(&graph, "d1 event DAWN from a:deck\n"
                         "d1 event NOON from a:deck\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_target_elsewhere_is_never_one_here)
{
    story_line(2);
    graph_agent(&graph, "a", 2, "lamp");
    graph_caller(&graph, "a", 1);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.scope = ALD_SCOPE_NETWORK});
    graph_expect(&graph, "");
    graph_agent(&graph, "b", 1, "lamp");
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.scope = ALD_SCOPE_NETWORK});
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.scope = ALD_SCOPE_HERE});
    graph_leave(&graph, "a", 2);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.scope = ALD_SCOPE_HERE});
    graph_expect(&graph, "b1 event DO from a:\n"
                         "a2 event DO\n");
    graph_fini(&graph);
}

/* communicator 5.1: `?`. The nearest one, seen from the hub between, is where it came from. */
ALD_TEST(graph, a_target_elsewhere_is_not_looked_for_where_it_came_from)
{
    const struct graph_options elsewhere = {.scope = ALD_SCOPE_NETWORK};

    story_line(4);
    graph_agent(&graph, "a", 2, "lamp");
    graph_agent(&graph, "d", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_event_as(&graph, "a", 1, "lamp", elsewhere);
    graph_command_as(&graph, "a", 1, "c1", "lamp", elsewhere);
    graph_reply(&graph, "d", 1, "c1", ALD_SUCCEEDED);
    graph_expect(&graph, "d1 event DO from a:\n"
                         "d1 command c1 from a:\n"
                         "a1 reply c1 succeeded\n");
    graph_leave(&graph, "d", 1);
    graph_command_as(&graph, "a", 1, "c2", "lamp", elsewhere);
    graph_expect(&graph, "a1 reply c2 refused no_target\n");
    graph_fini(&graph);
}

/* Whose name it has is not the hub that knows its id. */
ALD_TEST(graph, who_is_behind_a_daemon_hears_from_the_hub_where_its_event_failed)
{
    const struct graph_options options = {.name = "DAWN", .flags = ALD_MSG_REPORT, .hub = "a"};
    const struct ald_travel travel = {.hub = ALD_STR("n")};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    story_line(4);
    graph_open(&graph, 3, 1, -1);
    graph_greet(&graph, 3, 1, "n", false, true);
    graph_open(&graph, 2, 1, -1); /* the daemon is linked with another hub as well, a nearer one */
    graph_greet(&graph, 2, 1, "n", false, true);
    graph_settle(&graph);
    signal.msg = graph_fill(&graph, 3, ALD_EVENT, NULL, "lamp", &options);
    signal.travel = &travel;
    graph_say(&graph, "d", 1, &signal);
    graph_expect(&graph, "d1 report DAWN no_target: at hub a: no such target\n");
    graph_fini(&graph);
}

ALD_TEST(graph, whoever_asked_hears_from_the_hub_where_its_event_failed)
{
    const struct graph_options options = {.name = "DAWN", .flags = ALD_MSG_REPORT, .hub = "c"};

    story_line(3);
    graph_caller(&graph, "a", 1);
    graph_event_as(&graph, "a", 1, "lamp", options);
    graph_expect(&graph, "a1 report DAWN no_target: at hub c: no such target\n");
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "DUSK", .flags = ALD_MSG_REPORT});
    graph_expect(&graph, "a1 report DUSK no_target: no such target\n");
    graph_agent(&graph, "c", 1, "lamp");
    graph_event_as(&graph, "a", 1, "lamp", options);
    graph_expect(&graph, "c1 event DAWN from a:\n");
    graph_fini(&graph);
}

/* As commands: what stays on a link was not written. */
ALD_TEST(graph, an_event_that_was_not_written_takes_another_way)
{
    const struct graph_options options = {.name = "DAWN", .flags = ALD_MSG_REPORT};

    story_ring(4);
    graph_agent(&graph, "b", 1, "lamp");
    graph_register(&graph, "a", 1, "deck", ALD_CAN_REPORT);
    graph.holds = true;
    graph_event_as(&graph, "a", 1, "lamp", options);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "NOON"});
    graph.by_hand = true;
    graph_cut(&graph, "a", "b");
    graph.by_hand = graph.holds = false;
    graph_settle(&graph);
    graph_expect(&graph, "b1 event DAWN from a:deck\n"); /* nobody wanted to hear of the other one */
    ald_check_int(graph_count(&graph, "a", ALD_N_EVENTS_UNTAKEN), 2);
    graph_fini(&graph);
}

ALD_TEST(graph, an_event_that_was_not_written_and_has_no_way_is_told)
{
    story_line(3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_register(&graph, "a", 1, "deck", ALD_CAN_REPORT);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "DAWN", .flags = ALD_MSG_REPORT});
    graph_expect(&graph, "c1 event DAWN from a:deck\n");
    graph.holds = true;
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "NOON", .flags = ALD_MSG_REPORT});
    graph.by_hand = true;
    graph_cut(&graph, "a", "b");
    graph.by_hand = graph.holds = false;
    graph_settle(&graph);
    graph_expect(&graph, "a1 report NOON no_target: no such target\n");
    graph_fini(&graph);
}

ALD_TEST(graph, an_event_waits_at_the_hub_that_expects_its_target)
{
    const struct graph_options options = {
        .name = "DAWN", .flags = ALD_MSG_REPORT | ALD_MSG_HOLD, .hub = "c", .ttl = 60 * ALD_SEC};

    story_line(3);
    graph_step(&graph, 2, (struct ald_event){.kind = ALD_EVENT_EXPECT, .text = ALD_STR("lamp")});
    graph_register(&graph, "a", 1, "deck", ALD_CAN_REPORT);
    graph_event_as(&graph, "a", 1, "lamp", options);
    graph_agent(&graph, "c", 1, "lamp");
    graph_expect(&graph, "a1 report DAWN queued: at hub c: \n"
                         "c1 event DAWN from a:deck\n");
    graph_fini(&graph);
}

static void story_listeners(void)
{
    for (int at = 0; at < graph.n_hubs; at++) {
        graph_register(&graph, graph.hubs[at].id, 1, NULL, 0);
        graph_capable(&graph, graph.hubs[at].id, 1, "DAWN");
    }
}

static void broadcast(const char *id, uint8_t scope)
{
    graph_event_as(&graph, id, 1, NULL, (struct graph_options){.name = "DAWN", .scope = scope, .no_target = true});
}

ALD_TEST(graph, a_broadcast_is_heard_once_by_every_hub_of_a_ring)
{
    story_ring(5);
    graph_link(&graph, "a", "c");
    story_listeners();
    broadcast("b", ALD_SCOPE_EVERYWHERE);
    graph_expect(&graph, "b1 event DAWN\n"
                         "a1 event DAWN from b:\n"
                         "c1 event DAWN from b:\n"
                         "d1 event DAWN from b:\n"
                         "e1 event DAWN from b:\n");
    broadcast("b", ALD_SCOPE_HERE);
    graph_expect(&graph, "b1 event DAWN\n");
    graph_fini(&graph);
}

ALD_TEST(graph, every_channel_of_a_target_may_be_meant)
{
    const struct graph_options everyone = {.name = "DAWN", .flags = ALD_MSG_EVERYONE, .scope = ALD_SCOPE_EVERYWHERE};

    story_line(3);
    graph_agent(&graph, "a", 1, "lamp");
    graph_agent(&graph, "b", 1, "lamp");
    graph_agent(&graph, "b", 2, "lamp");
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 2);
    graph_event_as(&graph, "a", 2, "lamp", everyone);
    graph_expect(&graph, "a1 event DAWN\n"
                         "b1 event DAWN from a:\n"
                         "b2 event DAWN from a:\n"
                         "c1 event DAWN from a:\n");
    graph_event_as(&graph, "a", 2, "lamp",
                   (struct graph_options){.name = "NOON", .flags = ALD_MSG_EVERYONE, .hub = "b"});
    graph_expect(&graph, "b1 event NOON from a:\n"
                         "b2 event NOON from a:\n");
    graph_fini(&graph);
}

/* --- daemons ---------------------------------------------------------------------------------------------------- */

/* Daemons in a triangle, an aldis hub at two of them, another one behind that: a - (b, c, d all linked as daemons) - e. */
static void story_mixed(void)
{
    story_begin(5);
    graph_link_as(&graph, "a", "b", true);
    graph_link_as(&graph, "a", "c", true);
    graph_link_as(&graph, "b", "c", true);
    graph_link_as(&graph, "c", "d", true);
    graph_link(&graph, "a", "e");
}

ALD_TEST(graph, what_nobody_knows_goes_to_all_daemons_and_arrives_once)
{
    story_mixed();
    graph_agent(&graph, "d", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_caller(&graph, "e", 1);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "DAWN"});
    graph_expect(&graph, "d1 event DAWN from a:\n");
    graph_event_as(&graph, "e", 1, "lamp", (struct graph_options){.name = "NOON"});
    graph_expect(&graph, "d1 event NOON from e:\n");
    ald_check_int(graph_count(&graph, "a", ALD_N_EVENTS_FLOODED), 2);
    graph_fini(&graph);
}

ALD_TEST(graph, a_broadcast_passes_daemons_and_hubs_once_each)
{
    story_mixed();
    story_listeners();
    broadcast("d", ALD_SCOPE_EVERYWHERE);
    graph_expect(&graph, "d1 event DAWN\n"
                         "c1 event DAWN from d:\n"
                         "a1 event DAWN from d:\n"
                         "b1 event DAWN from d:\n"
                         "e1 event DAWN from d:\n");
    graph_fini(&graph);
}

ALD_TEST(graph, a_broadcast_passes_five_daemons)
{
    story_begin(8);
    for (int at = 0; at + 1 < 8; at++) {
        graph_link_as(&graph, graph.hubs[at].id, graph.hubs[at + 1].id, true);
    }
    story_listeners();
    broadcast("a", ALD_SCOPE_NETWORK);
    graph_expect(&graph, "a1 event DAWN\n"
                         "b1 event DAWN from a:\n"
                         "c1 event DAWN from a:\n"
                         "d1 event DAWN from a:\n"
                         "e1 event DAWN from a:\n"
                         "f1 event DAWN from a:\n");
    graph_fini(&graph);
}

/* Any daemon may be the one that has it; whichever answers is believed, and the others are late. */
ALD_TEST(graph, a_command_that_nobody_knows_is_asked_of_all_daemons)
{
    story_begin(4);
    graph_link_as(&graph, "a", "b", true);
    graph_link_as(&graph, "a", "c", true);
    graph_link(&graph, "d", "a");
    graph_agent(&graph, "c", 1, "lamp");
    graph_agent(&graph, "b", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_caller(&graph, "d", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_reply(&graph, "c", 1, "c1", ALD_SUCCEEDED);
    graph_reply(&graph, "b", 1, "c1", ALD_FAILED);
    graph_expect(&graph, "b1 command c1 from a:\n"
                         "c1 command c1 from a:\n"
                         "a1 reply c1 succeeded\n");
    graph_command(&graph, "d", 1, "c2", "lamp");
    graph_reply(&graph, "c", 1, "c2", ALD_SUCCEEDED);
    graph_expect(&graph, "b1 command c2 from d:\n"
                         "c1 command c2 from d:\n"
                         "d1 reply c2 succeeded\n");
    ald_check_int(graph_count(&graph, "a", ALD_N_COMMANDS_FLOODED), 2);
    graph_fini(&graph);
}

/* Who is gone answers no more; as long as one of them is there, it may. */
ALD_TEST(graph, a_command_that_was_asked_of_all_daemons_is_lost_with_the_last_one)
{
    story_begin(3);
    graph_link_as(&graph, "a", "b", true);
    graph_link_as(&graph, "a", "c", true);
    graph_agent(&graph, "b", 1, "lamp");
    graph_agent(&graph, "c", 1, "lamp");
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_expect(&graph, "b1 command c1 from a:\n"
                         "c1 command c1 from a:\n"
                         "b1 command c2 from a:\n"
                         "c1 command c2 from a:\n");
    graph_cut(&graph, "a", "b");
    graph_reply(&graph, "c", 1, "c1", ALD_SUCCEEDED);
    graph_expect(&graph, "a1 reply c1 succeeded\n");
    graph_link_as(&graph, "a", "b", true); /* it was asked over a link that is no more */
    graph_cut(&graph, "a", "c");
    graph_expect(&graph, "a1 reply c2 lost hub_lost\n");
    graph_fini(&graph);
}

/* --- adverts ---------------------------------------------------------------------------------------------------- */

static uint32_t n_targets_of(const char *at, const char *of)
{
    struct ald_route_view view;
    uint64_t cursor = 0;

    while (ald_hub_next_route(graph.hubs[graph_at(&graph, at)].hub, &cursor, &view)) {
        if (ald_str_equal(view.id, ald_str(of))) {
            return view.n_targets;
        }
    }
    return 0;
}

/* Parties of one connection, each with a target of its own. */
static void register_many(const char *id, uint64_t conn, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
        char name[32];

        snprintf(name, sizeof(name), "agent %u", (unsigned)i);
        signal.party = i;
        signal.target = ald_str(name);
        graph_step(&graph, graph_at(&graph, id),
                   (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = conn, .signal = &signal});
    }
}

ALD_TEST(graph, thousands_of_targets_are_told_in_pages)
{
    story_begin(3);
    graph.quiet = true;
    graph_open(&graph, 0, 1, -1);
    register_many("a", 1, 0, 1000);
    graph_settle(&graph);
    graph_link(&graph, "a", "b");
    graph_link(&graph, "b", "c");
    ald_check_int(n_targets_of("c", "a"), 1000);
    ald_check(graph_count(&graph, "a", ALD_N_ADVERTS_TOLD) >= 8);
    ald_check(graph_count(&graph, "a", ALD_N_ADVERTS_TOLD) <= 16);
    graph_leave(&graph, "a", 1);
    ald_check_int(n_targets_of("c", "a"), 0);
    graph_fini(&graph);
}

ALD_TEST(graph, a_hub_that_returns_says_what_is_true_now)
{
    story_line(3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_agent(&graph, "c", 2, "desk");
    graph_cut(&graph, "b", "c");
    graph_leave(&graph, "c", 1);
    graph_agent(&graph, "c", 3, "fire");
    graph_link(&graph, "b", "c");
    ald_check_int(n_targets_of("a", "c"), 2);
    graph_kill(&graph, "c");
    graph_start(&graph, 2);
    graph_agent(&graph, "c", 4, "lamp");
    graph.hubs[2].last_conn = 40;
    graph_link(&graph, "b", "c");
    graph_advance(&graph, 10 * ALD_MSEC); /* it started in the same instant as the one before, and says so again */
    ald_check_int(n_targets_of("a", "c"), 1);
    graph_fini(&graph);
}

static void advert(const char *id, uint64_t conn, const char *payload)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    int at = graph_at(&graph, id);

    ald_check_int(ald_msg_new(graph.hubs[at].messages, ALD_EVENT, &signal.msg), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->name, ALD_STR("aldis:Route")), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->to.target, ALD_STR("")), 0);
    signal.msg->payload = ald_slice_static(ald_str(payload));
    ald_msg_seal(signal.msg);
    graph_say(&graph, id, conn, &signal);
}

#define PAGE(hub, changes)                                                                                             \
    "{\"hub\":\"" hub "\",\"boot\":\"0123456789abcdef\",\"epoch\":5,\"from\":0,\"lost\":0,\"changes\":[" changes       \
    "],\"to\":9}"

ALD_TEST(graph, only_another_hub_may_tell_of_the_graph)
{
    story_line(2);
    graph_caller(&graph, "a", 1);
    advert("a", 1, PAGE("z", "[1,\"+target\",\"lamp\"]"));
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_DENIED), 1);
    ald_check_int(n_targets_of("a", "z"), 0);
    graph_fini(&graph);
}

ALD_TEST(graph, what_an_advert_says_wrongly_is_counted)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "null",
        "{\"ask\":7}",
        "{\"ask\":\"b\"",
        "{\"hub\":\"z\",\"boot\":\"x\",\"epoch\":5,\"from\":0,\"lost\":0,\"to\":9}",
        "{\"hub\":\"z\",\"boot\":\"0123456789abcdef\",\"epoch\":-5,\"from\":0,\"lost\":0,\"to\":9}",
        "{\"hub\":\"z\",\"boot\":\"0123456789abcdef\",\"epoch\":0,\"from\":0,\"lost\":0,\"to\":9}",
        "{\"hub\":\"\",\"boot\":\"0123456789abcdef\",\"epoch\":1,\"from\":0,\"lost\":0,\"to\":9}",
        PAGE("z", "[10,\"+target\",\"lamp\"]"),
        PAGE("z", "[2,\"+target\",\"lamp\"],[3,\"target\",\"desk\"]"),
        PAGE("z", "[1,\"+target\"]"),
        PAGE("z", "[1,\"+planet\",\"lamp\"]"),
        PAGE("z", "[1.5,\"+target\",\"lamp\"]"),
        PAGE("z", "{}"),
    };

    story_begin(1);
    graph_open(&graph, 0, 1, -1);
    graph_greet(&graph, 0, 1, "z", false, false);
    graph_settle(&graph);
    for (size_t i = 0; i < ALD_COUNT(wrong); i++) {
        advert("a", 1, wrong[i]);
        ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_INVALID), i + 1);
    }
    advert("a", 1, PAGE("z", "[9,\"+target\",\"lamp\"]"));
    advert("a", 1, "{\"ask\":\"a\"}");
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_INVALID), ALD_COUNT(wrong));
    graph_fini(&graph);
}

static void advert_of_us(int epoch)
{
    char text[200];

    snprintf(text, sizeof(text),
             "{\"hub\":\"a\",\"boot\":\"0123456789abcdef\",\"epoch\":%d000000000000000,\"from\":0,\"lost\":0,"
             "\"changes\":[],\"to\":9}",
             epoch);
    advert("a", 1, text);
    graph_advance(&graph, 10 * ALD_MSEC);
}

/* Somebody says of us what we did not say; our answer outbids it, and the next one takes longer. */
ALD_TEST(graph, what_others_say_of_us_is_outbid_in_time)
{
    story_begin(1);
    graph_open(&graph, 0, 1, -1);
    graph_greet(&graph, 0, 1, "z", false, false);
    graph_settle(&graph);
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_TOLD), 1);
    advert_of_us(3);
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_TOLD), 2);
    advert_of_us(3);
    ald_check_int(graph_count(&graph, "a", ALD_N_HUB_CONFLICTS), 1); /* that one is outbid */
    advert_of_us(4);
    advert_of_us(5);
    ald_check_int(graph_count(&graph, "a", ALD_N_HUB_CONFLICTS), 3);
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_TOLD), 2);
    graph_advance(&graph, 2 * ALD_SEC);
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_TOLD), 3);
    graph_fini(&graph);
}

/* The calendar went back over a restart: what is remembered of the hub seems newer than what it says. */
ALD_TEST(graph, a_hub_whose_clock_went_back_is_believed_all_the_same)
{
    story_line(3);
    graph_agent(&graph, "c", 1, "lamp");
    graph_kill(&graph, "c");
    graph.config.id = ALD_STR("c");
    graph.now -= 100 * ALD_SEC;
    graph_start(&graph, 2);
    graph.now += 100 * ALD_SEC;
    graph.hubs[2].last_conn = 40;
    graph_agent(&graph, "c", 2, "desk");
    graph_link(&graph, "b", "c");
    graph_advance(&graph, ALD_SEC);
    ald_check_int(n_targets_of("a", "c"), 1);
    graph_caller(&graph, "a", 1);
    graph_command(&graph, "a", 1, "c1", "desk");
    graph_command(&graph, "a", 1, "c2", "lamp");
    graph_expect(&graph, "c2 command c1 from a:\n"
                         "a1 reply c2 refused no_target\n");
    graph_fini(&graph);
}

ALD_TEST_MAIN(
    graph, ALD_CASE(graph, a_command_reaches_a_target_at_the_next_hub),
    ALD_CASE(graph, a_command_goes_over_three_hops_with_its_statuses),
    ALD_CASE(graph, who_is_here_comes_before_who_is_elsewhere), ALD_CASE(graph, the_nearest_hub_that_has_it_is_meant),
    ALD_CASE(graph, what_cannot_go_is_told_by_the_hub_where_it_failed),
    ALD_CASE(graph, a_channel_and_a_primary_are_those_of_the_far_hub),
    ALD_CASE(graph, a_fan_out_is_made_where_the_target_is), ALD_CASE(graph, a_command_is_taken_back_over_hops),
    ALD_CASE(graph, a_deadline_ends_a_command_at_every_hub),
    ALD_CASE(graph, a_ring_that_breaks_is_walked_the_other_way),
    ALD_CASE(graph, a_hub_that_dies_is_gone_from_every_map_at_once), ALD_CASE(graph, a_loss_says_where_it_was_seen),
    ALD_CASE(graph, what_was_not_sent_takes_another_way), ALD_CASE(graph, what_was_not_sent_and_has_no_way_is_refused),
    ALD_CASE(graph, an_idempotent_command_is_tried_again_the_other_way),
    ALD_CASE(graph, two_links_balance_and_stand_in_for_each_other),
    ALD_CASE(graph, a_hub_that_says_goodbye_gets_no_more), ALD_CASE(graph, hops_end_what_goes_too_far),
    ALD_CASE(graph, nobody_else_may_take_the_name_of_a_hub), ALD_CASE(graph, who_may_not_be_a_neighbour_is_told_why),
    ALD_CASE(graph, two_daemons_that_dial_each_other_keep_one_link),
    ALD_CASE(graph, another_hub_of_a_name_that_is_taken_is_cut),
    ALD_CASE(graph, another_hub_of_a_name_that_is_taken_is_denied_when_it_greets),
    ALD_CASE(graph, another_hub_of_a_name_somewhere_else_is_news),
    ALD_CASE(graph, the_cluster_is_counted_at_both_ends_at_once), ALD_CASE(graph, an_event_goes_over_hops),
    ALD_CASE(graph, a_target_elsewhere_is_never_one_here),
    ALD_CASE(graph, a_target_elsewhere_is_not_looked_for_where_it_came_from),
    ALD_CASE(graph, who_is_behind_a_daemon_hears_from_the_hub_where_its_event_failed),
    ALD_CASE(graph, whoever_asked_hears_from_the_hub_where_its_event_failed),
    ALD_CASE(graph, an_event_that_was_not_written_takes_another_way),
    ALD_CASE(graph, an_event_that_was_not_written_and_has_no_way_is_told),
    ALD_CASE(graph, an_event_waits_at_the_hub_that_expects_its_target),
    ALD_CASE(graph, a_broadcast_is_heard_once_by_every_hub_of_a_ring),
    ALD_CASE(graph, every_channel_of_a_target_may_be_meant),
    ALD_CASE(graph, what_nobody_knows_goes_to_all_daemons_and_arrives_once),
    ALD_CASE(graph, a_broadcast_passes_daemons_and_hubs_once_each), ALD_CASE(graph, a_broadcast_passes_five_daemons),
    ALD_CASE(graph, a_command_that_nobody_knows_is_asked_of_all_daemons),
    ALD_CASE(graph, a_command_that_was_asked_of_all_daemons_is_lost_with_the_last_one),
    ALD_CASE(graph, thousands_of_targets_are_told_in_pages), ALD_CASE(graph, a_hub_that_returns_says_what_is_true_now),
    ALD_CASE(graph, only_another_hub_may_tell_of_the_graph), ALD_CASE(graph, what_an_advert_says_wrongly_is_counted),
    ALD_CASE(graph, what_others_say_of_us_is_outbid_in_time),
    ALD_CASE(graph, a_hub_whose_clock_went_back_is_believed_all_the_same))
