/*
 * The verb cancel: take a command back that somebody else submitted, or that one left behind.
 *
 * What is queued is cancelled at once. What was sent can only be asked for: the first of reply, confirmation and deadline
 * decides (DESIGN section 1), and --wait waits for that.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/outcome.h"
#include "cli/read.h"
#include "cli/verbs.h"
#include "msg/msg.h"
#include "wire/http/http_url.h"

/* Between two looks at what became of it: soon at first, since most end at once. */
#define CANCEL_LOOK_FIRST (20 * ALD_MSEC)
#define CANCEL_LOOK_MAX (500 * ALD_MSEC)

enum { CANCEL_WAIT = 1 };

static const struct ald_option cancel_options[] = {
    {CANCEL_WAIT, "wait", NULL, 'w', "wait for its outcome, which is then the exit status, as of `aldis call`"},
};

struct cancelling {
    struct ald_api api;
    struct ald_api_answer answer;
    const struct ald_cli *cli;
    const char *id;
    char path[900]; /* of the command */
    bool wait;
};

/* What the hub says of the command. */
struct cancel_view {
    struct ald_read_text phase, outcome, cause, text;
    bool refused; /* the cancel: the agent's protocol has none */
};

static int cancel_look(const struct cancelling *cancelling, struct cancel_view *view)
{
    const struct ald_json_node *command;
    struct ald_read_text line;
    struct ald_json json;
    int r;

    *view = (struct cancel_view){.refused = false};
    ald_json_init(&json, ALD_READ_NODES_MAX);
    r = ald_json_parse(&json, ald_buf_str(&cancelling->answer.body), ALD_JSON_BROKEN_OK, NULL);
    if (r == 0) {
        command = ald_json_root(&json);
        ald_read_str(command, "phase", &view->phase);
        ald_read_str(command, "outcome", &view->outcome);
        ald_read_str(command, "cause", &view->cause);
        ald_read_str(command, "text", &view->text);
        ald_json_each(element, ald_json_find(command, ALD_STR("story")))
        {
            view->refused |= strcmp(ald_read_str(element, "text", &line), "cancel refused") == 0;
        }
    }
    ald_json_fini(&json);
    return r < 0 ? ald_cli_broke(r) : 0;
}

/* In one line, what is known now. */
static void cancel_tell(const struct cancelling *cancelling, const struct cancel_view *view)
{
    if (view->outcome.text[0] != '\0') {
        printf("%s", view->outcome.text);
        if (view->cause.text[0] != '\0') {
            printf(" (%s)", view->cause.text);
        }
        printf("%s%s\n", view->text.text[0] != '\0' ? ": " : "", view->text.text);
    } else if (view->refused) {
        printf("it goes on: the protocol of its agent cannot cancel; it is %s\n", view->phase.text);
    } else {
        printf("asked for: it is %s, and its agent decides; see  aldis explain %s\n", view->phase.text, cancelling->id);
    }
}

static int cancel_print(const struct cancelling *cancelling, const struct cancel_view *view)
{
    struct ald_str body = ald_buf_str(&cancelling->answer.body);

    if (cancelling->cli->json) {
        ald_outcome_put_line(stdout, body);
        putchar('\n');
    } else {
        cancel_tell(cancelling, view);
    }
    return ald_cli_flush();
}

/* What the exit status says: without --wait whether it was taken back or asked for, else the outcome. */
static int cancel_end(const struct cancelling *cancelling, const struct cancel_view *view, bool late)
{
    int outcome = ald_outcome_find(ald_str(view->outcome.text));
    int status = cancel_print(cancelling, view);

    if (status != ALD_EXIT_OK) {
        return status;
    }
    if (cancelling->wait && outcome > ALD_OUTCOME_NONE) {
        return ald_outcome_exit((enum ald_outcome)outcome);
    }
    if (late) {
        ald_cli_say("it has its outcome already, and keeps it");
    }
    return late || view->refused ? ALD_EXIT_TROUBLE : ALD_EXIT_OK;
}

static int cancel_unknown(const struct cancelling *cancelling)
{
    ald_cli_say("the hub knows no command %s: it never came here, or is forgotten, or the hub was started since",
                cancelling->id);
    return ALD_EXIT_TROUBLE;
}

/* Returns 0 when the command was read, or the exit status. */
static int cancel_get(struct cancelling *cancelling, struct cancel_view *view)
{
    const struct ald_api_ask ask = {.target = cancelling->path};
    int r = ald_api_ask(&cancelling->api, &ask, &cancelling->answer);

    if (r != 0) {
        return r;
    }
    if (cancelling->answer.status == 404) {
        return cancel_unknown(cancelling);
    }
    return cancelling->answer.status == 200 ? cancel_look(cancelling, view) : ald_api_problem(&cancelling->answer);
}

/* Until it has its outcome: its own deadline bounds that. */
static int cancel_await(struct cancelling *cancelling, struct cancel_view *view)
{
    ald_usec pause = CANCEL_LOOK_FIRST;
    int r = 0;

    while (r == 0 && view->outcome.text[0] == '\0') {
        ald_api_rest(&cancelling->api, pause);
        pause = ALD_MIN(2 * pause, CANCEL_LOOK_MAX);
        r = cancel_get(cancelling, view);
    }
    return r;
}

static int cancel_ask(struct cancelling *cancelling)
{
    char path[sizeof(cancelling->path) + 8];
    const struct ald_api_ask ask = {.method = "POST", .target = path, .body = ALD_STR("")};
    struct cancel_view view;
    bool late;
    int r;

    snprintf(path, sizeof(path), "%s/cancel", cancelling->path);
    r = ald_api_ask(&cancelling->api, &ask, &cancelling->answer);
    if (r != 0) {
        return r;
    }
    late = cancelling->answer.status == 409;
    if (cancelling->answer.status == 404) {
        return cancel_unknown(cancelling);
    }
    if (!late && cancelling->answer.status != 202) {
        return ald_api_problem(&cancelling->answer);
    }
    r = late ? cancel_get(cancelling, &view) : cancel_look(cancelling, &view);
    if (r == 0 && cancelling->wait) {
        r = cancel_await(cancelling, &view);
    }
    return r == 0 ? cancel_end(cancelling, &view, late) : r;
}

static int cancel_do(const struct ald_cli *cli, const char *id, bool wait)
{
    struct cancelling cancelling = {.cli = cli, .id = id, .wait = wait};
    char name[3 * 256];
    struct ald_str encoded;
    int r;

    if (ald_http_encode(ald_str(id), name, sizeof(name), &encoded) != 0 || encoded.size == 0) {
        return ald_cli_usage(cli, "\"%.40s\" is no id of a command", id);
    }
    snprintf(cancelling.path, sizeof(cancelling.path), "/api/v1/commands/%.*s", ALD_STR_ARG(encoded));
    ald_api_answer_init(&cancelling.answer);
    r = ald_api_open(&cancelling.api, cli);
    if (r == 0) {
        r = cancel_ask(&cancelling);
    }
    ald_api_close(&cancelling.api);
    ald_api_answer_fini(&cancelling.answer);
    return r;
}

static int cancel_run(struct ald_cli *cli)
{
    const char *id = NULL;
    bool wait = false;
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key == CANCEL_WAIT) {
            wait = true;
        } else if (id != NULL) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        } else {
            id = arg.value;
        }
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    return id != NULL ? cancel_do(cli, id, wait) : ald_cli_usage(cli, "which command? give its id");
}

static const char cancel_examples[] =
    "  aldis cancel 6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10\n"
    "  aldis cancel --wait ID; echo $?        12: it is cancelled; 0: it had succeeded before\n"
    "  aldis watch --kind command             where ids can be seen\n";

static const char cancel_help[] = "ID is the hub's, or the one its sender gave it. A command that waits in a queue is "
                                  "cancelled at once. One that was sent "
                                  "is asked for: its agent stops it, or answers first, or the deadline comes first.\n";

static const char cancel_notes[] =
    "Exit status: 0 it is cancelled, or was asked for; 1 it is not known, has another outcome already, or its agent's "
    "protocol cannot cancel. With --wait the outcome: 12 cancelled, 0 succeeded, 10 failed, 11 refused, 13 expired, 14 "
    "lost.\n";

const struct ald_verb ald_verb_cancel = {
    .name = "cancel",
    .summary = "take a command back",
    .synopsis = "[--wait] ID",
    .examples = cancel_examples,
    .help = cancel_help,
    .notes = cancel_notes,
    .options = cancel_options,
    .n_options = ALD_COUNT(cancel_options),
    .run = cancel_run,
};
