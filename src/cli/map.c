/*
 * The verb map: hubs, how they are linked, and what they serve.
 */

#include "base/error.h"
#include "cli/map_view.h"
#include "cli/read.h"
#include "cli/verbs.h"

enum { MAP_DOT = 1 };

static const struct ald_option map_options[] = {
    {MAP_DOT, "dot", NULL, 0, "write a graph for graphviz instead of a tree"},
};

static int map_row(void *owner, const struct ald_json_node *hub)
{
    int r = ald_map_add(owner, hub);

    return r < 0 ? ald_cli_broke(r) : 0;
}

static int map_show(const struct ald_cli *cli, bool dot)
{
    struct ald_map map;
    int r;

    ald_map_init(&map);
    r = ald_read_list(cli, "/api/v1/hubs", "hubs", map_row, &map);
    if (r == 0) {
        if (dot) {
            ald_map_print_dot(&map, stdout);
        } else {
            ald_map_print(&map, stdout);
        }
        r = ald_cli_flush();
    }
    ald_map_fini(&map);
    return r;
}

static int map_run(struct ald_cli *cli)
{
    struct ald_arg arg;
    bool dot = false;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key != MAP_DOT) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        }
        dot = true;
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    return cli->json ? ald_read_list_json(cli, "/api/v1/hubs", "hubs") : map_show(cli, dot);
}

static const char map_examples[] = "  aldis map\n"
                                   "  aldis map --dot | dot -Tsvg > hubs.svg\n"
                                   "  aldis map --json | jq -r '.hubs[].id'\n";

static const char map_help[] =
    "A tree of the hubs that can be reached, from the one that is asked; each stands where the fewest links lead to "
    "it, with "
    "the targets it serves. Daemons that are no aldis hub are marked: they do not say what they serve.\n";

const struct ald_verb ald_verb_map = {
    .name = "map",
    .summary = "draw the hubs and what they serve",
    .synopsis = "[--dot]",
    .examples = map_examples,
    .help = map_help,
    .options = map_options,
    .n_options = ALD_COUNT(map_options),
    .run = map_run,
};
