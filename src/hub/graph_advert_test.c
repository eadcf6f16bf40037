/* Several hubs: what they tell each other of the graph. */

#include "hub/graph_rig.h"

static struct graph graph;

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

ALD_TEST(graph_advert, thousands_of_targets_are_told_in_pages)
{
    graph_story(&graph, 3);
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

ALD_TEST(graph_advert, a_hub_that_returns_says_what_is_true_now)
{
    graph_story_line(&graph, 3);
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

ALD_TEST(graph_advert, only_another_hub_may_tell_of_the_graph)
{
    graph_story_line(&graph, 2);
    graph_caller(&graph, "a", 1);
    advert("a", 1, PAGE("z", "[1,\"+target\",\"lamp\"]"));
    ald_check_int(graph_count(&graph, "a", ALD_N_ADVERTS_DENIED), 1);
    ald_check_int(n_targets_of("a", "z"), 0);
    graph_fini(&graph);
}

ALD_TEST(graph_advert, what_an_advert_says_wrongly_is_counted)
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

    graph_story(&graph, 1);
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
ALD_TEST(graph_advert, what_others_say_of_us_is_outbid_in_time)
{
    graph_story(&graph, 1);
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
ALD_TEST(graph_advert, a_hub_whose_clock_went_back_is_believed_all_the_same)
{
    graph_story_line(&graph, 3);
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

ALD_TEST_MAIN(graph_advert, ALD_CASE(graph_advert, thousands_of_targets_are_told_in_pages),
              ALD_CASE(graph_advert, a_hub_that_returns_says_what_is_true_now),
              ALD_CASE(graph_advert, only_another_hub_may_tell_of_the_graph),
              ALD_CASE(graph_advert, what_an_advert_says_wrongly_is_counted),
              ALD_CASE(graph_advert, what_others_say_of_us_is_outbid_in_time),
              ALD_CASE(graph_advert, a_hub_whose_clock_went_back_is_believed_all_the_same))
