/*
 * The verb cluster: whether the hubs that should be there are.
 */

#include <inttypes.h>

#include "base/error.h"
#include "cli/read.h"
#include "cli/verbs.h"

static void cluster_print(const struct ald_json_node *cluster)
{
    struct ald_read_text hub, clock, address;
    bool up = ald_read_bool(cluster, "up"), complete = ald_read_bool(cluster, "complete");

    printf("hub       %s\n", ald_read_str(cluster, "hub", &hub));
    printf("cluster   %s, %s\n", up ? "up" : "down", complete ? "complete" : "incomplete");
    printf("hubs      %" PRIu64 " of %" PRIu64 ", quorum %" PRIu64 "\n", ald_read_u64(cluster, "hubs"),
           ald_read_u64(cluster, "expected"), ald_read_u64(cluster, "quorum"));
    printf("clock     %s\n", ald_read_str(cluster, "clock", &clock));
    if (ald_read_str(cluster, "address", &address)[0] != '\0') {
        printf("address   %s\n", address.text);
    }
}

/* Returns the exit status. */
static int cluster_judge(const struct ald_cli *cli, const struct ald_read *read)
{
    struct ald_json json;
    int r;

    ald_json_init(&json, ALD_READ_NODES_MAX);
    r = ald_json_parse(&json, ald_buf_str(&read->answer.body), ALD_JSON_BROKEN_OK, NULL);
    if (r != 0) {
        ald_json_fini(&json);
        return ald_cli_broke(ALDIS_E_NOMEM);
    }
    if (cli->json) {
        r = ald_read_print(read);
    } else {
        cluster_print(ald_json_root(&json));
        r = ald_cli_flush();
    }
    if (r == 0 && !ald_read_bool(ald_json_root(&json), "up")) {
        r = ALD_EXIT_TROUBLE;
    }
    ald_json_fini(&json);
    return r;
}

static int cluster_run(struct ald_cli *cli)
{
    struct ald_read read;
    struct ald_arg arg;
    int r = ald_cli_next(cli, &arg);

    if (r == 0) {
        return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    ald_read_init(&read);
    r = ald_read_get(&read, cli, "/api/v1/cluster");
    if (r == 0) {
        r = cluster_judge(cli, &read);
    }
    ald_read_fini(&read);
    return r;
}

static const char cluster_examples[] = "  aldis cluster\n"
                                       "  aldis cluster --json | jq .hubs\n"
                                       "  until aldis cluster >/dev/null; do sleep 1; done\n";

static const char cluster_help[] =
    "A cluster is `up` while more than half of the hubs that are known to belong to it can be reached, `complete` "
    "while all "
    "of them can. The exit status is 0 while it is up and 1 while it is down. The clock is that of the hub's machine: "
    "`verified` while the kernel says that something keeps it right.\n";

const struct ald_verb ald_verb_cluster = {
    .name = "cluster",
    .summary = "tell whether all hubs are there",
    .synopsis = "",
    .examples = cluster_examples,
    .help = cluster_help,
    .run = cluster_run,
};
