/* Several hubs: who may be whose neighbour, and how many there are. */

#include "hub/graph_rig.h"

static struct graph graph;

ALD_TEST(graph_link, nobody_else_may_take_the_name_of_a_hub)
{
    graph_story_line(&graph, 2);
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

ALD_TEST(graph_link, who_may_not_be_a_neighbour_is_told_why)
{
    graph_story_line(&graph, 2);
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
ALD_TEST(graph_link, two_daemons_that_dial_each_other_keep_one_link)
{
    uint64_t a1, a2, b1, b2;

    graph_story(&graph, 2);
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

ALD_TEST(graph_link, another_hub_of_a_name_that_is_taken_is_cut)
{
    graph_story(&graph, 3);
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
ALD_TEST(graph_link, another_hub_of_a_name_that_is_taken_is_denied_when_it_greets)
{
    graph_story(&graph, 1);
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
ALD_TEST(graph_link, another_hub_of_a_name_somewhere_else_is_news)
{
    graph_story(&graph, 4);
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

ALD_TEST(graph_link, the_cluster_is_counted_at_both_ends_at_once)
{
    struct ald_news total = {.topic = ALD_TOPIC_CLUSTER, .number = 3}, *news = NULL;

    graph_story(&graph, 3);
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

ALD_TEST_MAIN(graph_link, ALD_CASE(graph_link, nobody_else_may_take_the_name_of_a_hub),
              ALD_CASE(graph_link, who_may_not_be_a_neighbour_is_told_why),
              ALD_CASE(graph_link, two_daemons_that_dial_each_other_keep_one_link),
              ALD_CASE(graph_link, another_hub_of_a_name_that_is_taken_is_cut),
              ALD_CASE(graph_link, another_hub_of_a_name_that_is_taken_is_denied_when_it_greets),
              ALD_CASE(graph_link, another_hub_of_a_name_somewhere_else_is_news),
              ALD_CASE(graph_link, the_cluster_is_counted_at_both_ends_at_once))
