/* Several hubs: events, what everybody hears, and daemons, which know no way. */

#include "hub/graph_rig.h"

static struct graph graph;

ALD_TEST(graph_event, an_event_goes_over_hops)
{
    graph_story_line(&graph, 4);
    graph_agent(&graph, "d", 1, "lamp");
    graph_register(&graph, "a", 1, "deck", ALD_CAN_REPORT);
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "DAWN"});
    graph_event_as(&graph, "a", 1, "lamp", (struct graph_options){.name = "NOON", .hub = "d"});
    graph_expect(&graph, "d1 event DAWN from a:deck\n"
                         "d1 event NOON from a:deck\n");
    graph_fini(&graph);
}

ALD_TEST(graph_event, a_target_elsewhere_is_never_one_here)
{
    graph_story_line(&graph, 2);
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
ALD_TEST(graph_event, a_target_elsewhere_is_not_looked_for_where_it_came_from)
{
    const struct graph_options elsewhere = {.scope = ALD_SCOPE_NETWORK};

    graph_story_line(&graph, 4);
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
ALD_TEST(graph_event, who_is_behind_a_daemon_hears_from_the_hub_where_its_event_failed)
{
    const struct graph_options options = {.name = "DAWN", .flags = ALD_MSG_REPORT, .hub = "a"};
    const struct ald_travel travel = {.hub = ALD_STR("n")};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    graph_story_line(&graph, 4);
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

ALD_TEST(graph_event, whoever_asked_hears_from_the_hub_where_its_event_failed)
{
    const struct graph_options options = {.name = "DAWN", .flags = ALD_MSG_REPORT, .hub = "c"};

    graph_story_line(&graph, 3);
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
ALD_TEST(graph_event, an_event_that_was_not_written_takes_another_way)
{
    const struct graph_options options = {.name = "DAWN", .flags = ALD_MSG_REPORT};

    graph_story_ring(&graph, 4);
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

ALD_TEST(graph_event, an_event_that_was_not_written_and_has_no_way_is_told)
{
    graph_story_line(&graph, 3);
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

ALD_TEST(graph_event, an_event_waits_at_the_hub_that_expects_its_target)
{
    const struct graph_options options = {
        .name = "DAWN", .flags = ALD_MSG_REPORT | ALD_MSG_HOLD, .hub = "c", .ttl = 60 * ALD_SEC};

    graph_story_line(&graph, 3);
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

ALD_TEST(graph_event, a_broadcast_is_heard_once_by_every_hub_of_a_ring)
{
    graph_story_ring(&graph, 5);
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

ALD_TEST(graph_event, every_channel_of_a_target_may_be_meant)
{
    const struct graph_options everyone = {.name = "DAWN", .flags = ALD_MSG_EVERYONE, .scope = ALD_SCOPE_EVERYWHERE};

    graph_story_line(&graph, 3);
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
    graph_story(&graph, 5);
    graph_link_as(&graph, "a", "b", true);
    graph_link_as(&graph, "a", "c", true);
    graph_link_as(&graph, "b", "c", true);
    graph_link_as(&graph, "c", "d", true);
    graph_link(&graph, "a", "e");
}

ALD_TEST(graph_event, what_nobody_knows_goes_to_all_daemons_and_arrives_once)
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

ALD_TEST(graph_event, a_broadcast_passes_daemons_and_hubs_once_each)
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

ALD_TEST(graph_event, a_broadcast_passes_five_daemons)
{
    graph_story(&graph, 8);
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
ALD_TEST(graph_event, a_command_that_nobody_knows_is_asked_of_all_daemons)
{
    graph_story(&graph, 4);
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
ALD_TEST(graph_event, a_command_that_was_asked_of_all_daemons_is_lost_with_the_last_one)
{
    graph_story(&graph, 3);
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

ALD_TEST_MAIN(graph_event, ALD_CASE(graph_event, an_event_goes_over_hops),
              ALD_CASE(graph_event, a_target_elsewhere_is_never_one_here),
              ALD_CASE(graph_event, a_target_elsewhere_is_not_looked_for_where_it_came_from),
              ALD_CASE(graph_event, who_is_behind_a_daemon_hears_from_the_hub_where_its_event_failed),
              ALD_CASE(graph_event, whoever_asked_hears_from_the_hub_where_its_event_failed),
              ALD_CASE(graph_event, an_event_that_was_not_written_takes_another_way),
              ALD_CASE(graph_event, an_event_that_was_not_written_and_has_no_way_is_told),
              ALD_CASE(graph_event, an_event_waits_at_the_hub_that_expects_its_target),
              ALD_CASE(graph_event, a_broadcast_is_heard_once_by_every_hub_of_a_ring),
              ALD_CASE(graph_event, every_channel_of_a_target_may_be_meant),
              ALD_CASE(graph_event, what_nobody_knows_goes_to_all_daemons_and_arrives_once),
              ALD_CASE(graph_event, a_broadcast_passes_daemons_and_hubs_once_each),
              ALD_CASE(graph_event, a_broadcast_passes_five_daemons),
              ALD_CASE(graph_event, a_command_that_nobody_knows_is_asked_of_all_daemons),
              ALD_CASE(graph_event, a_command_that_was_asked_of_all_daemons_is_lost_with_the_last_one))
