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

static ALD_UNUSED void story_ring(int n_hubs)
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

ALD_TEST_MAIN(graph, ALD_CASE(graph, a_command_reaches_a_target_at_the_next_hub),
              ALD_CASE(graph, a_command_goes_over_three_hops_with_its_statuses))
