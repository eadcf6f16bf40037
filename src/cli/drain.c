/*
 * The verb drain: let a hub finish what runs, and end.
 */

#include <stdio.h>

#include "cli/api.h"
#include "cli/verbs.h"

static int drain_ask(struct ald_api *api, struct ald_api_answer *answer)
{
    const struct ald_api_ask ask = {.method = "POST", .target = "/api/v1/hub/drain", .body = ALD_STR("")};
    int r = ald_api_ask(api, &ask, answer);

    if (r != 0) {
        return r;
    }
    if (answer->status != 202) {
        return ald_api_problem(answer);
    }
    if (api->cli->json) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&answer->body)));
    } else {
        printf("the hub at %s takes no new commands, finishes what runs, and ends\n", api->cli->urls[api->url_at]);
    }
    return ald_cli_flush();
}

static int drain_run(struct ald_cli *cli)
{
    struct ald_api_answer answer;
    struct ald_api api;
    struct ald_arg arg;
    int r = ald_cli_next(cli, &arg);

    if (r == 0) {
        return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    ald_api_answer_init(&answer);
    r = ald_api_open(&api, cli);
    if (r == 0) {
        r = drain_ask(&api, &answer);
    }
    ald_api_close(&api);
    ald_api_answer_fini(&answer);
    return r;
}

static const char drain_examples[] = "  aldis drain\n"
                                     "  aldis -H unix:/run/aldis/aldis.sock drain && aldis status -f\n";

static const char drain_help[] = "The same as SIGTERM to aldisd: it says goodbye to everybody, refuses new commands "
                                 "(draining), waits for those that run, "
                                 "for at most [hub] drain_timeout, and exits. Only who may manage the hub can ask for "
                                 "it: whoever comes over its Unix "
                                 "socket, or with a token that may.\n";

const struct ald_verb ald_verb_drain = {
    .name = "drain",
    .summary = "let the hub finish what runs, and end",
    .synopsis = "",
    .examples = drain_examples,
    .help = drain_help,
    .run = drain_run,
};
