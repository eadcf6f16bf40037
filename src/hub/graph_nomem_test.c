/*
 * Three hubs in a row, told again and again, failing the first allocation inside any of them, then the second, and so on.
 * A link may be denied for it, or a message refused; nothing that was admitted is lost, and in the end all is as it would be.
 */

#include "hub/graph_rig.h"
#include "lib/alloc_fail.h"

static struct {
    uint64_t fail_at; /* counted in allocations inside steps; 0: none */
    uint64_t n_done;
    uint64_t before;
    bool failed;
} nomem;

static struct graph graph;

static void nomem_around(bool begins)
{
    if (begins) {
        nomem.before = ald_alloc_count();
        if (nomem.fail_at > nomem.n_done) {
            ald_alloc_fail_at(nomem.fail_at - nomem.n_done);
        }
    } else {
        nomem.failed = ald_alloc_fail_off() || nomem.failed;
        nomem.n_done += ald_alloc_count() - nomem.before;
    }
}

static size_t count_lines(const char *line)
{
    size_t n = 0;

    for (const char *at = strstr(graph.text, line); at != NULL; at = strstr(at + 1, line)) {
        n++;
    }
    return n;
}

static int count_all(enum ald_counter counter)
{
    int n = 0;

    for (int at = 0; at < graph.n_hubs; at++) {
        n += graph_count(&graph, graph.hubs[at].id, counter);
    }
    return n;
}

static bool is_linked(int at, int peer)
{
    for (uint64_t conn = 1; conn < GRAPH_CONNS; conn++) {
        if (graph.hubs[at].conns[conn].open && graph.hubs[at].conns[conn].peer == peer) {
            return true;
        }
    }
    return false;
}

/* Whoever was denied for lack of memory calls again. */
static void link_surely(const char *from, const char *to, bool is_daemon)
{
    for (int n = 0; n < 3 && !is_linked(graph_at(&graph, from), graph_at(&graph, to)); n++) {
        graph_link_as(&graph, from, to, is_daemon);
        graph_advance(&graph, ALD_MSEC);
    }
    ald_check(is_linked(graph_at(&graph, from), graph_at(&graph, to)));
}

static void party_surely(const char *id, uint64_t conn, const char *target)
{
    struct graph_conn *at = &graph.hubs[graph_at(&graph, id)].conns[conn];

    for (int n = 0; n < 3 && !at->open; n++) {
        graph_register(&graph, id, conn, target, ALD_CAN_STATUS | ALD_CAN_CANCEL | ALD_CAN_REPORT | ALD_CAN_OUTCOME);
    }
    ald_check(at->open);
}

/* What memory was too short for is tried again within seconds; then a command takes its way as ever. */
static void expect_recovery(void)
{
    graph.around = NULL;
    graph_advance(&graph, 200 * ALD_SEC);
    graph.n_text = 0;
    graph.text[0] = '\0';
    party_surely("a", 7, NULL);
    party_surely("c", 7, "fresh");
    graph_command(&graph, "a", 7, "f1", "fresh");
    graph_reply(&graph, "c", 7, "f1", ALD_SUCCEEDED);
    ald_check_int(count_lines("a7 reply f1 succeeded\n"), 1);
    graph_command_as(&graph, "a", 7, "f2", "lamp", (struct graph_options){.ttl = ALD_SEC});
    graph_advance(&graph, 2 * ALD_SEC);
    ald_check_int(count_lines("c2 command f2"), 1);
}

static void scenario(bool is_daemon)
{
    static const char *const wire_ids[] = {"c1", "c2", "c3", "c4"};
    const struct graph_options report = {.name = "DAWN", .flags = ALD_MSG_REPORT, .hub = "c"};
    const struct graph_options again = {.flags = ALD_MSG_IDEMPOTENT};

    party_surely("c", 2, "lamp");
    link_surely("a", "b", false);
    link_surely("b", "c", is_daemon);
    party_surely("a", 1, NULL);
    graph_command(&graph, "a", 1, "c1", "lamp");
    graph_reply(&graph, "c", 2, "c1", ALD_SUCCEEDED);
    graph_command(&graph, "a", 1, "c2", "nobody");
    graph_event_as(&graph, "a", 1, "nobody", report);
    graph_event_as(&graph, "a", 1, NULL,
                   (struct graph_options){.name = "DUSK", .scope = ALD_SCOPE_EVERYWHERE, .no_target = true});
    graph_command_as(&graph, "a", 1, "c3", "lamp", again);
    graph_cut(&graph, "b", "c");
    graph_command(&graph, "a", 1, "c4", "lamp");
    link_surely("b", "c", is_daemon);
    graph_advance(&graph, 100 * ALD_SEC);
    for (size_t i = 0; i < ALD_COUNT(wire_ids); i++) {
        char line[32];
        size_t n;

        snprintf(line, sizeof(line), "a1 reply %s ", wire_ids[i]);
        n = count_lines(line);
        ald_check(n == 1);
    }
}

static void each_in_turn(bool is_daemon)
{
    for (uint64_t n = 1;; n++) {
        memset(&nomem, 0, sizeof(nomem));
        nomem.fail_at = n;
        graph_init(&graph);
        graph_begin(&graph, 3);
        graph.around = nomem_around;
        scenario(is_daemon);
        ald_check_int(count_all(ALD_N_OUT_OF_MEMORY), nomem.failed ? 1 : 0);
        expect_recovery();
        graph_fini(&graph);
        if (!nomem.failed) {
            ald_check(n > 100); /* the scenario does allocate */
            return;
        }
    }
}

ALD_TEST(graph_nomem, hubs_find_each_other_and_answer_what_they_took)
{
    each_in_turn(false);
}

ALD_TEST(graph_nomem, daemons_are_asked_all_the_same)
{
    each_in_turn(true);
}

ALD_TEST_MAIN(graph_nomem, ALD_CASE(graph_nomem, hubs_find_each_other_and_answer_what_they_took),
              ALD_CASE(graph_nomem, daemons_are_asked_all_the_same))
