/*
 * The verb targets: who can be commanded.
 */

#include "base/error.h"
#include "cli/grid.h"
#include "cli/read.h"
#include "cli/verbs.h"

static int targets_row(void *owner, const struct ald_json_node *target)
{
    static const char *const counts[] = {"channels", "live", "active", "queued"};
    struct ald_grid *grid = owner;
    struct ald_read_text room;
    int r;

    r = ald_grid_add(grid, ald_read_str(target, "name", &room));
    for (size_t i = 0; i < ALD_COUNT(counts) && r == 0; i++) {
        r = ald_grid_add_u64(grid, ald_read_u64(target, counts[i]));
    }
    if (r == 0) {
        r = ald_grid_add(grid, ald_read_str(target, "primary", &room));
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

static int targets_show(const struct ald_cli *cli)
{
    static const struct ald_grid_column columns[] = {{"TARGET", false}, {"CHANNELS", true}, {"LIVE", true},
                                                     {"ACTIVE", true},  {"QUEUED", true},   {"PRIMARY", false}};
    struct ald_grid grid;
    int r;

    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    r = ald_read_list(cli, "/api/v1/targets", "targets", targets_row, &grid);
    if (r == 0) {
        ald_grid_print(&grid, stdout);
        r = ald_cli_flush();
    }
    ald_grid_fini(&grid);
    return r;
}

static int targets_run(struct ald_cli *cli)
{
    struct ald_arg arg;
    int r = ald_cli_next(cli, &arg);

    if (r == 0) {
        return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    return cli->json ? ald_read_list_json(cli, "/api/v1/targets", "targets") : targets_show(cli);
}

static const char targets_examples[] = "  aldis targets\n"
                                       "  aldis targets --json | jq -r '.targets[].name'\n";

static const char targets_help[] =
    "CHANNELS are the connections that registered as the target, LIVE those whose link stands, ACTIVE those that "
    "commands "
    "are given to; QUEUED are commands that wait for any of them; PRIMARY is the channel elected, once it has "
    "confirmed.\n";

const struct ald_verb ald_verb_targets = {
    .name = "targets",
    .summary = "list who can be commanded",
    .synopsis = "",
    .examples = targets_examples,
    .help = targets_help,
    .run = targets_run,
};
