/*
 * The verb channels: over which connections targets are reached.
 */

#include <stdio.h>

#include "base/error.h"
#include "cli/channels_ask.h"
#include "cli/duration.h"
#include "cli/grid.h"
#include "cli/read.h"
#include "cli/verbs.h"
#include "wire/http/http_url.h"

enum { CHANNELS_TARGET = 1, CHANNELS_CLOSE, CHANNELS_AWAY, CHANNELS_PRIMARY };

static const struct ald_option channels_options[] = {
    {CHANNELS_TARGET, "target", "TARGET", 't', "only those of this target"},
    {CHANNELS_CLOSE, "close", "CHANNEL", 0, "say goodbye to this channel, and ask it to come back"},
    {CHANNELS_AWAY, "no-reconnect", NULL, 0, "with --close: tell it to stay away instead"},
    {CHANNELS_PRIMARY, "primary", "CHANNEL", 0,
     "make this channel the primary one of its target; the one that is steps down first"},
};

struct channels_given {
    const char *target, *close, *primary;
    bool away;
};

/* "live", and what else is worth a word. */
static const char *channels_state(const struct ald_json_node *channel, struct ald_read_text *room)
{
    struct ald_read_text state;

    ald_read_str(channel, "state", &state);
    snprintf(room->text, sizeof(room->text), "%.100s%s%s%s", state.text,
             ald_read_bool(channel, "active") ? "" : ",inactive", ald_read_bool(channel, "primary") ? ",primary" : "",
             ald_read_bool(channel, "leaving") ? ",leaving" : "");
    return room->text;
}

static int channels_row(void *owner, const struct ald_json_node *channel)
{
    struct ald_grid *grid = owner;
    struct ald_read_text room;
    char age[32];
    int r;

    r = ald_grid_add(grid, ald_read_str(channel, "id", &room));
    r = r == 0 ? ald_grid_add(grid, ald_read_str(channel, "target", &room)) : r;
    r = r == 0 ? ald_grid_add(grid, channels_state(channel, &room)) : r;
    r = r == 0 ? ald_grid_add_u64(grid, ald_read_u64(channel, "in_flight")) : r;
    r = r == 0 ? ald_grid_add_u64(grid, ald_read_u64(channel, "queued")) : r;
    r = r == 0 ? ald_grid_add_u64(grid, ald_read_u64(channel, "commands")) : r;
    r = r == 0 ? ald_grid_add(grid, ald_duration_format(ald_read_u64(channel, "age_ms") * ALD_MSEC, age)) : r;
    r = r == 0 ? ald_grid_add(grid, ald_read_str(channel, "peer", &room)) : r;
    return r < 0 ? ald_cli_broke(r) : 0;
}

static int channels_show(const struct ald_cli *cli, const char *path)
{
    static const struct ald_grid_column columns[] = {
        {"CHANNEL", false}, {"TARGET", false}, {"STATE", false}, {"IN FLIGHT", true},
        {"QUEUED", true},   {"SO FAR", true},  {"AGE", true},    {"PEER", false},
    };
    struct ald_grid grid;
    int r;

    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    r = ald_read_list(cli, path, "channels", channels_row, &grid);
    if (r == 0) {
        ald_grid_print(&grid, stdout);
        r = ald_cli_flush();
    }
    ald_grid_fini(&grid);
    return r;
}

static int channels_path(const struct ald_cli *cli, const char *target, char *path, size_t room)
{
    char name[3 * 256];
    struct ald_str encoded;

    if (target == NULL) {
        snprintf(path, room, "/api/v1/channels");
        return 0;
    }
    if (ald_http_encode(ald_str(target), name, sizeof(name), &encoded) != 0) {
        return ald_cli_usage(cli, "--target: the name is too long");
    }
    snprintf(path, room, "/api/v1/channels?target=%.*s", ALD_STR_ARG(encoded));
    return 0;
}

/* Returns 0, or the exit status. */
static int channels_take(const struct ald_cli *cli, const struct ald_arg *arg, struct channels_given *given)
{
    switch (arg->key) {
    case CHANNELS_TARGET:
        given->target = arg->value;
        return 0;
    case CHANNELS_CLOSE:
        given->close = arg->value;
        return 0;
    case CHANNELS_AWAY:
        given->away = true;
        return 0;
    case CHANNELS_PRIMARY:
        given->primary = arg->value;
        return 0;
    default:
        return ald_cli_usage(cli, "\"%s\" is one argument too many; one target's are shown with --target", arg->text);
    }
}

static int channels_list(const struct ald_cli *cli, const char *target)
{
    char path[1024];
    int r = channels_path(cli, target, path, sizeof(path));

    if (r != 0) {
        return r;
    }
    return cli->json ? ald_read_list_json(cli, path, "channels") : channels_show(cli, path);
}

static int channels_run(struct ald_cli *cli)
{
    struct channels_given given = {.away = false};
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        r = channels_take(cli, &arg, &given);
        if (r != 0) {
            return r;
        }
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    if ((given.close != NULL) + (given.primary != NULL) + (given.target != NULL) > 1) {
        return ald_cli_usage(cli, "one of --target, --close and --primary at a time");
    }
    if (given.away && given.close == NULL) {
        return ald_cli_usage(cli, "--no-reconnect: which channel? name it with --close");
    }
    if (given.close != NULL) {
        return ald_channels_close(cli, given.close, !given.away);
    }
    return given.primary != NULL ? ald_channels_primary(cli, given.primary) : channels_list(cli, given.target);
}

static const char channels_examples[] =
    "  aldis channels\n"
    "  aldis channels --target lamp\n"
    "  aldis call --channel ID lamp uptime     a command for one of them\n"
    "  aldis channels --close ID               send it away, to come back here or elsewhere\n"
    "  aldis channels --primary ID             make it the primary one of its target\n";

static const char channels_help[] = "STATE is live, away (its session may still come back) or gone; and inactive (no "
                                    "commands are given to it), primary, "
                                    "leaving (it said goodbye). SO FAR are the commands that were sent to it.\n"
                                    "\n"
                                    "Only who may manage the hub can close a channel or make it primary: whoever comes "
                                    "over its Unix socket, or with a token "
                                    "that may.\n";

const struct ald_verb ald_verb_channels = {
    .name = "channels",
    .summary = "list the connections of the targets",
    .synopsis = "[--target TARGET | --close CHANNEL | --primary CHANNEL]",
    .examples = channels_examples,
    .help = channels_help,
    .options = channels_options,
    .n_options = ALD_COUNT(channels_options),
    .run = channels_run,
};
