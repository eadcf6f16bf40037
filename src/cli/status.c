/*
 * The verb status: the hub at a glance, once or again every second.
 */

#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/api.h"
#include "cli/outcome.h"
#include "cli/read.h"
#include "cli/status_view.h"
#include "cli/term.h"

#define STATUS_EVERY ALD_SEC

/* The alternate screen, empty and without a cursor; and back (xterm and all that followed it). */
#define SCREEN_OPEN "\033[?1049h\033[?25l\033[H\033[J"
#define SCREEN_CLOSE "\033[?25h\033[?1049l"

enum { STATUS_FOLLOW = 1 };

static const struct ald_option status_options[] = {
    {STATUS_FOLLOW, "follow", NULL, 'f', "look again every second, until Ctrl-C; also while the hub is away"},
};

struct status {
    struct ald_api api;
    struct ald_api_answer answer;
    const struct ald_cli *cli;
    bool follow;
    bool live;   /* standard output is a screen that is painted over, */
    bool opened; /* one of its own, so that what was there before comes back */
    struct ald_status_rates rates;
};

/* Move to the corner; what was there is painted over, line by line, so that nothing flickers. */
static void status_home(struct status *status)
{
    if (status->live) {
        fputs(status->opened ? "\033[H" : SCREEN_OPEN, stdout);
        status->opened = true;
    }
}

/* What is said from here on shall stay to be read. */
static void status_leave(struct status *status)
{
    if (status->opened) {
        fputs(SCREEN_CLOSE, stdout);
        fflush(stdout);
        status->opened = false;
    }
}

/* Nothing below is left of what was there. */
static void status_bottom(const struct status *status)
{
    if (status->live) {
        fputs("\033[J", stdout);
    } else if (status->follow && !status->cli->json) {
        putchar('\n');
    }
}

static int status_show(struct status *status)
{
    const struct ald_status_view view = {
        .url = status->cli->urls[status->api.url_at],
        .erase = status->live ? "\033[K" : "",
        .rows = status->live ? ald_term_height(stdout, 0) : 0,
        .colour = ald_term_coloured(stdout),
        .rates = status->follow ? &status->rates : NULL,
    };
    struct ald_json json;
    int r;

    if (status->answer.status != 200) {
        status_leave(status);
        return ald_api_problem(&status->answer);
    }
    if (status->cli->json) {
        ald_outcome_put_line(stdout, ald_buf_str(&status->answer.body));
        putchar('\n');
        return ald_cli_flush();
    }
    ald_json_init(&json, ALD_READ_NODES_MAX);
    r = ald_json_parse(&json, ald_buf_str(&status->answer.body), ALD_JSON_BROKEN_OK, NULL);
    if (r == 0) {
        status_home(status);
        ald_status_print(stdout, &view, ald_json_root(&json));
        status_bottom(status);
    }
    ald_json_fini(&json);
    return r != 0 ? ald_cli_broke(ALDIS_E_NOMEM) : ald_cli_flush();
}

static void status_away(struct status *status)
{
    if (status->live) {
        status_home(status);
        printf("no hub at %s; looking again every second\033[K\n", status->cli->urls[0]);
        status_bottom(status);
        fflush(stdout);
    } else {
        ald_cli_say("no hub at %s; looking again every second", status->cli->urls[0]);
    }
}

/* Once. The first look decides whether there is a hub at all; a later one may find it away. */
static int status_look(struct status *status, bool first)
{
    const struct ald_api_ask ask = {.target = "/api/v1/hub"};
    int r = first ? ald_api_ask(&status->api, &ask, &status->answer) : ald_api_try(&status->api, &ask, &status->answer);

    if (status->api.interrupted) {
        return 0;
    }
    if (r == ALD_API_AWAY) {
        status->rates = (struct ald_status_rates){.n = 0};
        status_away(status);
        return 0;
    }
    return r == 0 ? status_show(status) : r;
}

static int status_follow(struct status *status)
{
    int r = ald_api_hear_interrupts(&status->api);
    bool first = true;

    while (r == 0 && !status->api.interrupted) {
        r = status_look(status, first);
        if (r == 0) {
            ald_api_rest(&status->api, STATUS_EVERY);
        }
        first = false;
    }
    status_leave(status);
    return r;
}

static int status_do(const struct ald_cli *cli, bool follow)
{
    struct status status = {.cli = cli, .follow = follow};
    int r;

    status.live = follow && !cli->json && ald_term_live(stdout);
    ald_api_answer_init(&status.answer);
    r = ald_api_open(&status.api, cli);
    if (r == 0) {
        r = follow ? status_follow(&status) : status_look(&status, true);
    }
    ald_api_close(&status.api);
    ald_api_answer_fini(&status.answer);
    return r;
}

static int status_run(struct ald_cli *cli)
{
    bool follow = false;
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key != STATUS_FOLLOW) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        }
        follow = true;
    }
    return r == ALD_CLI_STOP ? cli->status : status_do(cli, follow);
}

static const char status_examples[] = "  aldis status\n"
                                      "  aldis status -f                            a live view\n"
                                      "  aldis status --json | jq .totals           everything that is counted\n"
                                      "  aldis status -f --json >>status.jsonl      one object a second\n";

static const char status_help[] = "Who the hub is and for how long, where it listens, who is connected, what is under "
                                  "way, what became of the commands so "
                                  "far, and everything that was refused, dropped or cut, where that is not nothing.\n";

const struct ald_verb ald_verb_status = {
    .name = "status",
    .summary = "show the hub at a glance",
    .synopsis = "[--follow]",
    .examples = status_examples,
    .help = status_help,
    .options = status_options,
    .n_options = ALD_COUNT(status_options),
    .run = status_run,
};
