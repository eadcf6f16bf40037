/* What goes on to other hubs, and what not: one hub and neighbours that the test plays itself. */

#include "hub/graph_rig.h"

static struct graph graph;

struct neighbour {
    const char *id, *address;
    bool is_daemon;
};

static void greet(uint64_t conn, struct neighbour neighbour)
{
    const struct ald_greeting greeting = {.peering = neighbour.is_daemon ? ALD_PEERING_FLOODS : ALD_PEERING_ROUTES,
                                          .hub = ald_str(neighbour.id),
                                          .address = ald_str(neighbour.address)};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    char target[64];

    snprintf(target, sizeof(target), "hub:%s", neighbour.id);
    signal.target = ald_str(target);
    signal.greeting = &greeting;
    graph_open(&graph, 0, conn, -1);
    graph.hubs[0].conns[conn].tells_way = neighbour.is_daemon;
    graph_step(&graph, 0, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = conn, .signal = &signal});
    graph_settle(&graph);
}

static void address_own(const char *address)
{
    struct ald_news said = {.topic = ALD_TOPIC_ADDRESSES, .name = ald_str(address)}, *news = NULL;

    ald_check_int(ald_news_new(&said, &news), 0);
    graph_step(&graph, 0, (struct ald_event){.kind = ALD_EVENT_NEWS, .news = news});
    ald_news_unref(news);
}

static void story_begin(void)
{
    graph_init(&graph);
    graph_begin(&graph, 1);
    address_own("10.0.0.1:4042");
    graph_caller(&graph, "a", 1);
}

/* Said by a neighbour, with the way that it came. */
static void say(uint64_t conn, const char *target, uint8_t scope, struct ald_travel travel)
{
    const struct graph_options options = {.name = "DAWN", .scope = scope, .no_target = target == NULL};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    signal.msg = graph_fill(&graph, 0, ALD_EVENT, NULL, target, &options);
    signal.travel = &travel;
    graph_step(&graph, 0, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = conn, .signal = &signal});
    ald_msg_unref(signal.msg);
    graph_settle(&graph);
}

static void broadcast(uint8_t scope)
{
    graph_event_as(&graph, "a", 1, NULL, (struct graph_options){.name = "DAWN", .scope = scope, .no_target = true});
}

ALD_TEST(relay, daemons_are_told_who_else_has_it)
{
    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "[fc00::2]:4042", true});
    broadcast(ALD_SCOPE_EVERYWHERE);
    graph_expect(&graph, "a2 event DAWN after 1 hops, known to 10.0.0.1,10.0.0.3,fc00::2\n"
                         "a3 event DAWN after 1 hops, known to 10.0.0.1,10.0.0.3,fc00::2\n");
    graph_fini(&graph);
}

ALD_TEST(relay, who_has_it_already_is_left_out)
{
    const struct ald_travel travel = {
        .hub = ALD_STR("x"), .id = ALD_STR("x-1"), .hops = 2, .informed = ALD_STR("10.0.0.9,10.0.0.3,10.0.0.3")};

    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "10.0.0.4:4042", true});
    greet(4, (struct neighbour){"m", "10.0.0.5:4042", true});
    say(4, NULL, ALD_SCOPE_EVERYWHERE, travel);
    graph_expect(&graph, "a3 event DAWN after 3 hops, known to 10.0.0.1,10.0.0.3,10.0.0.4,10.0.0.9 from x:\n");
    say(3, NULL, ALD_SCOPE_EVERYWHERE, travel); /* it comes back another way */
    graph_expect(&graph, "");
    ald_check_int(graph_count(&graph, "a", ALD_N_BROADCASTS_AGAIN), 1);
    graph_fini(&graph);
}

ALD_TEST(relay, what_is_for_the_private_network_stays_there)
{
    static const char *const addresses[] = {"8.8.8.8:4042",     "10.9.9.9:4042",  "172.31.0.1:4042", "172.32.0.1:4042",
                                            "192.168.0.7:4042", "100.64.0.1:1",   "127.0.0.1:4042",  "hub.example:4042",
                                            "[fc00::2]:4042",   "300.1.1.1:4042", "1.2.3:4042",      "1.2.3.4.5:1"};
    static const bool are_public[] = {true, false, false, true, false, false, false, false, false, false, false, false};

    for (size_t i = 0; i < ALD_COUNT(addresses); i++) {
        story_begin();
        greet(2, (struct neighbour){"o", addresses[i], true});
        broadcast(ALD_SCOPE_NETWORK);
        ald_check((graph.n_text == 0) == are_public[i]);
        broadcast(ALD_SCOPE_EVERYWHERE);
        ald_check(graph.n_text > 0);
        graph_fini(&graph);
    }
}

ALD_TEST(relay, a_daemon_is_five_hops_away_at_most_and_a_hub_sixteen)
{
    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "10.0.0.4:4042", true});
    greet(4, (struct neighbour){"b", NULL, false});
    graph.n_text = 0;
    say(2, NULL, ALD_SCOPE_EVERYWHERE, (struct ald_travel){.id = ALD_STR("x-1"), .hops = 4, .daemons = 4});
    say(2, NULL, ALD_SCOPE_EVERYWHERE, (struct ald_travel){.id = ALD_STR("x-2"), .hops = 5, .daemons = 5});
    say(2, NULL, ALD_SCOPE_EVERYWHERE, (struct ald_travel){.id = ALD_STR("x-3"), .hops = 16, .daemons = 5});
    graph_expect(&graph, "a3 event DAWN after 5 hops, known to 10.0.0.1,10.0.0.4 from o:\n"
                         "a4 event DAWN from o:\n"
                         "a4 event DAWN from o:\n");
    graph_fini(&graph);
}

/* Eight hubs in a row are one step for daemons: they count their own (communicator 5.3). */
ALD_TEST(relay, links_between_hubs_do_not_count_for_daemons)
{
    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(4, (struct neighbour){"b", NULL, false});
    say(4, NULL, ALD_SCOPE_EVERYWHERE, (struct ald_travel){.id = ALD_STR("x-1"), .hops = 9, .daemons = 1});
    graph_expect(&graph, "a4 event aldis:Route\n"
                         "a2 event DAWN after 10 hops, known to 10.0.0.1,10.0.0.3 from b:\n");
    graph_fini(&graph);
}

/* What a daemon was told by name has no id, so only its sender tells that it is ours. */
ALD_TEST(relay, what_a_neighbour_sends_back_is_not_heard_and_is_news)
{
    const struct ald_travel back = {.hub = ALD_STR("a")};
    const struct graph_options options = {.name = "DAWN", .hub = "o"};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    graph_register(&graph, "a", 3, NULL, ALD_CAN_NEWS);
    graph_event_as(&graph, "a", 1, "lamp", options);
    graph_expect(&graph, "a2 event DAWN after 1 hops, known to \n");
    for (int n = 1; n <= 3; n++) {
        signal.msg = graph_fill(&graph, 0, ALD_EVENT, NULL, "lamp", &options);
        signal.travel = &back;
        graph_step(&graph, 0, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = 2, .signal = &signal});
        ald_msg_unref(signal.msg);
        graph_settle(&graph);
        ald_check_int(graph_count(&graph, "a", ALD_N_LOOPED), n);
    }
    graph_expect(&graph, "a3 news hub o 3 of 0\n"); /* once: it goes on until somebody does something about it */
    graph_fini(&graph);
}

ALD_TEST(relay, a_neighbour_may_not_speak_for_who_is_here)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    const struct ald_travel claimed = {.hub = ALD_STR("a")};

    story_begin();
    graph_agent(&graph, "a", 4, "lamp");
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    signal.msg = graph_fill(&graph, 0, ALD_EVENT, NULL, "lamp", &(struct graph_options){.name = "DAWN"});
    signal.travel = &claimed;
    graph_step(&graph, 0, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = 2, .signal = &signal});
    ald_msg_unref(signal.msg);
    graph_settle(&graph);
    graph_expect(&graph, "");
    graph_fini(&graph);
}

/* communicator 5.4: the same wrapping for commands. A daemon that knows nobody gives it to those whom it knows. */
ALD_TEST(relay, a_command_for_all_daemons_says_who_has_it_and_is_known_again)
{
    const struct ald_travel back = {.hub = ALD_STR("a"),
                                    .id = ALD_STR("a-1700001000001"),
                                    .hops = 2,
                                    .daemons = 2,
                                    .informed = ALD_STR("10.0.0.1")};

    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "10.0.0.4:4042", true});
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_expect(&graph, "a2 command c1 after 1 hops, known to 10.0.0.1,10.0.0.3,10.0.0.4\n"
                         "a3 command c1 after 1 hops, known to 10.0.0.1,10.0.0.3,10.0.0.4\n");
    say(2, "lamp", ALD_SCOPE_ONE, back);
    graph_expect(&graph, "");
    ald_check_int(graph_count(&graph, "a", ALD_N_BROADCASTS_AGAIN), 1);
    graph_fini(&graph);
}

ALD_TEST(relay, what_is_too_late_goes_nowhere)
{
    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "10.0.0.4:4042", true});
    say(2, NULL, ALD_SCOPE_EVERYWHERE, (struct ald_travel){.id = ALD_STR("x-1"), .hops = 1, .until = 5});
    graph_expect(&graph, "");
    ald_check_int(graph_count(&graph, "a", ALD_N_BROADCASTS_LATE), 1);
    graph_fini(&graph);
}

ALD_TEST(relay, an_id_is_forgotten_after_a_while)
{
    const struct ald_travel travel = {.id = ALD_STR("x-1"), .hops = 1};

    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "10.0.0.4:4042", true});
    say(2, NULL, ALD_SCOPE_EVERYWHERE, travel);
    say(3, NULL, ALD_SCOPE_EVERYWHERE, travel);
    graph_advance(&graph, 19 * ALD_SEC);
    say(3, NULL, ALD_SCOPE_EVERYWHERE, travel);
    ald_check_int(graph_count(&graph, "a", ALD_N_BROADCASTS_AGAIN), 2);
    graph_advance(&graph, 2 * ALD_SEC);
    say(3, NULL, ALD_SCOPE_EVERYWHERE, travel);
    ald_check_int(graph_count(&graph, "a", ALD_N_BROADCASTS_AGAIN), 2);
    graph_fini(&graph);
}

/* What is for one target that nobody knows takes the same way, and not back. */
ALD_TEST(relay, an_unknown_target_is_asked_for_everywhere_but_where_it_came_from)
{
    story_begin();
    greet(2, (struct neighbour){"o", "10.0.0.3:4042", true});
    greet(3, (struct neighbour){"n", "10.0.0.4:4042", true});
    say(2, "lamp", ALD_SCOPE_ONE, (struct ald_travel){.id = ALD_STR("x-1"), .hops = 1});
    graph_expect(&graph, "a3 event DAWN after 2 hops, known to 10.0.0.1,10.0.0.4 from o:\n");
    graph_leave(&graph, "a", 3);
    say(2, "lamp", ALD_SCOPE_ONE, (struct ald_travel){.id = ALD_STR("x-2"), .hops = 1});
    graph_expect(&graph, "");
    ald_check_int(graph_count(&graph, "a", ALD_N_EVENTS_DROPPED), 1);
    graph_fini(&graph);
}

ALD_TEST(relay, so_many_are_on_their_way_at_once)
{
    graph_init(&graph);
    graph.config.broadcasts_max = 2;
    graph.config.step_work = 1;
    graph_begin(&graph, 1);
    graph_caller(&graph, "a", 1);
    for (uint64_t conn = 2; conn < 12; conn++) {
        char id[2] = {(char)('b' + conn), '\0'};

        greet(conn, (struct neighbour){id, NULL, true});
    }
    graph.by_hand = true;
    for (int i = 0; i < 3; i++) {
        broadcast(ALD_SCOPE_EVERYWHERE);
    }
    ald_check_int(graph_count(&graph, "a", ALD_N_BROADCASTS_DROPPED), 1);
    graph.by_hand = false;
    graph_settle(&graph);
    graph_fini(&graph);
}

ALD_TEST_MAIN(relay, ALD_CASE(relay, daemons_are_told_who_else_has_it), ALD_CASE(relay, who_has_it_already_is_left_out),
              ALD_CASE(relay, links_between_hubs_do_not_count_for_daemons),
              ALD_CASE(relay, what_a_neighbour_sends_back_is_not_heard_and_is_news),
              ALD_CASE(relay, a_neighbour_may_not_speak_for_who_is_here),
              ALD_CASE(relay, a_command_for_all_daemons_says_who_has_it_and_is_known_again),
              ALD_CASE(relay, what_is_for_the_private_network_stays_there),
              ALD_CASE(relay, a_daemon_is_five_hops_away_at_most_and_a_hub_sixteen),
              ALD_CASE(relay, what_is_too_late_goes_nowhere), ALD_CASE(relay, an_id_is_forgotten_after_a_while),
              ALD_CASE(relay, an_unknown_target_is_asked_for_everywhere_but_where_it_came_from),
              ALD_CASE(relay, so_many_are_on_their_way_at_once))
