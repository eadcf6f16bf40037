#include "daemon/lookout.h"

#include <stdio.h>
#include <unistd.h>

#include "loop/file.h"
#include "lib/test.h"
#include "loop/loop.h"

ALD_TEST(lookout, says_both_halves_of_the_state)
{
    ald_check_str(ald_str(ald_lookout_text(ALD_CLUSTER_UP | ALD_CLUSTER_COMPLETE)), "CLUSTER_UP\nCLUSTER_COMPLETE\n");
    ald_check_str(ald_str(ald_lookout_text(ALD_CLUSTER_UP)), "CLUSTER_UP\nCLUSTER_INCOMPLETE\n");
    ald_check_str(ald_str(ald_lookout_text(0)), "CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n");
}

static bool holds(const char *path, const char *expected)
{
    struct ald_buf text;
    bool same;

    ald_buf_init(&text, 8192);
    same = ald_file_read(path, &text) == 0 && ald_str_equal(ald_buf_str(&text), ald_str(expected));
    ald_buf_fini(&text);
    return same;
}

static int n_troubles;

static void troubled(void *owner ALD_UNUSED, const struct ald_news *news)
{
    ald_check_str(news->hub, "n2");
    n_troubles++;
}

ALD_TEST(lookout, writes_what_the_hub_tells)
{
    struct ald_hub_config hub;
    struct ald_edge_spec spec = {.hub = &hub, .connections_max = 10, .greeting_bytes = 1000, .reassembly_max = 1000};
    struct ald_loop *loop = NULL;
    struct ald_edge *edge = NULL;
    struct ald_lookout *lookout = NULL;
    char path[] = "/tmp/aldis-lookout-XXXXXX";

    ald_check_int(close(mkstemp(path)), 0);
    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_net_new(loop, &spec.net), 0);
    ald_hub_config_init(&hub);
    hub.id = ALD_STR("here");
    ald_check_int(ald_edge_new(&spec, &edge), 0);
    ald_check_int(ald_lookout_new(edge, path, troubled, NULL, &lookout), 0);
    while (!holds(path, "CLUSTER_UP\nCLUSTER_COMPLETE\n")) {
        (void)ald_loop_turn(loop, ALD_SEC);
    }
    ald_check_int(ald_edge_news(edge, &(struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 3}), 0);
    while (!holds(path, "CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n")) {
        (void)ald_loop_turn(loop, ALD_SEC);
    }
    for (uint8_t state = ALD_HUB_LINKED; state <= ALD_HUB_TWIN; state++) {
        const struct ald_news news = {.topic = ALD_TOPIC_HUB, .hub = ALD_STR("n2"), .state = state};

        ald_check_int(ald_edge_news(edge, &news), 0);
    }
    while (n_troubles < 2) {
        (void)ald_loop_turn(loop, ALD_SEC);
    }
    ald_lookout_free(lookout);
    ald_edge_free(edge);
    ald_net_free(spec.net);
    ald_loop_free(loop);
    ald_check_int(unlink(path), 0);
}

ALD_TEST_MAIN(lookout, ALD_CASE(lookout, says_both_halves_of_the_state), ALD_CASE(lookout, writes_what_the_hub_tells))
