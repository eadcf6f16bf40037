/*
 * The verb bench: how fast a running hub is, as its users would see it.
 *
 * What makes the load is src/load, which `./dev bench` uses as well, so figures of both may be compared.
 */

#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/bench_options.h"
#include "cli/bench_view.h"
#include "cli/term.h"
#include "cli/verbs.h"
#include "client/url.h"
#include "load/speeches.h"
#include "loop/loop.h"
#include "transport/net.h"
#include "transport/tls.h"

#define BENCH_PROGRESS (200 * ALD_MSEC)

struct benching {
    const struct ald_cli *cli;
    struct ald_load_spec spec;
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_load *load;
    struct ald_tls *tls;
    struct ald_url url;
    struct ald_alarm alarm;
    struct ald_sigwatch *interrupts[2];
    enum ald_load_phase phase;
    unsigned n_interrupts;
    char target[32];
    char host[300];
};

/* The first time what was measured is shown once the open commands are answered, the second time at once. */
static void benching_interrupt(void *owner, int number ALD_UNUSED)
{
    struct benching *benching = owner;

    if (benching->n_interrupts++ == 0) {
        ald_load_stop(benching->load);
    } else {
        ald_loop_stop(benching->loop);
    }
}

static void benching_alarm(void *owner)
{
    struct benching *benching = owner;
    struct ald_load_result result;

    ald_load_result(benching->load, &result);
    ald_bench_view_progress(stderr, benching->phase, ald_load_ready(benching->load),
                            benching->spec.n_agents + benching->spec.n_callers, result.n_in_time, result.elapsed);
    ald_alarm_start(benching->loop, &benching->alarm, ald_loop_now(benching->loop) + BENCH_PROGRESS);
}

static void benching_phase(void *owner, struct ald_load *load ALD_UNUSED, enum ald_load_phase phase)
{
    struct benching *benching = owner;

    benching->phase = phase;
    if (phase == ALD_LOAD_DONE) {
        ald_loop_stop(benching->loop);
    }
}

/* Where, and as whom. Returns 0 or the exit status. */
static int benching_reach(struct benching *benching)
{
    const struct ald_cli *cli = benching->cli;
    const struct ald_tls_client_spec tls = {cli->ca_file, cli->cert_file, cli->key_file, cli->insecure};
    const char *what = NULL;
    struct ald_why why = {""};

    if (ald_url_parse_api(cli->urls[0], &benching->url, &what) != 0) {
        return ald_cli_usage(cli, "%s: %s", cli->urls[0], what);
    }
    if (benching->url.tls && ald_tls_client_new(&tls, &benching->tls, &why) < 0) {
        return ald_cli_usage(cli, "%s", why.text);
    }
    if (benching->url.unix_socket) {
        snprintf(benching->host, sizeof(benching->host), "localhost");
    } else {
        bool numeric = ald_str_find(ald_str(benching->url.name), ALD_STR(":")) < ald_str(benching->url.name).size;

        snprintf(benching->host, sizeof(benching->host), numeric ? "[%s]:%u" : "%s:%u", benching->url.name,
                 benching->url.port);
    }
    benching->spec.speech = &ald_load_exchange;
    benching->spec.caller_place = benching->spec.agent_place = ald_url_place(&benching->url);
    benching->spec.tls = benching->tls;
    benching->spec.prefix = benching->url.prefix;
    benching->spec.host = benching->host;
    benching->spec.token = cli->token[0] != '\0' ? cli->token : NULL;
    return 0;
}

static int benching_set_up(struct benching *benching)
{
    int r = ald_loop_new(&benching->loop);

    if (r == 0) {
        r = ald_net_new(benching->loop, &benching->net);
    }
    if (r == 0) {
        r = ald_load_new(benching->net, &benching->spec, benching_phase, benching, &benching->load);
    }
    if (r == 0) {
        r = ald_sigwatch_new(benching->loop, SIGINT, benching_interrupt, benching, &benching->interrupts[0]);
    }
    if (r == 0) {
        r = ald_sigwatch_new(benching->loop, SIGTERM, benching_interrupt, benching, &benching->interrupts[1]);
    }
    return r;
}

/* What a hub said, or the system. */
static void benching_say(const char *what, const char *said)
{
    char text[512];
    struct ald_str shown = ald_cli_printable(ald_str(said), text, sizeof(text));

    ald_cli_say("%s: %.*s", what, ALD_STR_ARG(shown));
}

/* Returns the exit status. */
static int benching_report(struct benching *benching)
{
    struct ald_load_result result;
    int r;

    ald_load_result(benching->load, &result);
    if (result.elapsed == 0) {
        benching_say("no measurement", result.failure[0] != '\0' ? result.failure : "it was ended before it began");
        return result.failure[0] != '\0' && ald_load_ready(benching->load) == 0 ? ALD_EXIT_NO_HUB : ALD_EXIT_TROUBLE;
    }
    r = benching->cli->json ? ald_bench_view_json(stdout, &benching->spec, &result)
                            : ald_bench_view_table(stdout, &benching->spec, &result);
    if (r < 0) {
        return ald_cli_broke(r);
    }
    if (result.failure[0] != '\0') {
        benching_say("it ended early", result.failure);
    }
    if (result.refusal[0] != '\0') {
        benching_say("the first command that did not succeed was told", result.refusal);
    }
    r = ald_cli_flush();
    return r != ALD_EXIT_OK || (result.failure[0] == '\0' && result.refusal[0] == '\0') ? r : ALD_EXIT_TROUBLE;
}

static int benching_run(struct benching *benching)
{
    bool live = ald_term_live(stderr);
    int r = benching_set_up(benching);

    if (r < 0) {
        return ald_cli_broke(r);
    }
    if (live) {
        benching_alarm(benching);
    }
    ald_loop_run(benching->loop);
    ald_alarm_stop(benching->loop, &benching->alarm);
    if (live) {
        ald_bench_view_clear(stderr);
    }
    return benching_report(benching);
}

static int bench_run(struct ald_cli *cli)
{
    struct benching benching = {.cli = cli};
    int status = ald_bench_options_read(cli, &benching.spec, benching.target);

    if (status != ALD_BENCH_OPTIONS_READ) {
        return status;
    }
    status = benching_reach(&benching);
    ald_alarm_init(&benching.alarm, benching_alarm, &benching);
    if (status == 0) {
        status = benching_run(&benching);
    }
    ald_sigwatch_close(benching.interrupts[0]);
    ald_sigwatch_close(benching.interrupts[1]);
    ald_load_free(benching.load);
    ald_net_free(benching.net);
    ald_loop_free(benching.loop);
    ald_tls_unref(benching.tls);
    return status;
}

static const char bench_examples[] =
    "  aldis bench                                   one caller, one command after the other\n"
    "  aldis bench -c 50                             fifty of them\n"
    "  aldis bench -c 4 -i 250 -s 1024               as much as goes through, with payloads of 1 KiB\n"
    "  aldis bench -c 10 --rate 5000 -d 30s          what a steady load feels like\n"
    "  aldis bench --target lamp --count 100         an agent that is there already\n"
    "  aldis bench --agents 1000 --mode all -n 10    one command to a thousand agents, ten times\n";

static const char bench_help[] =
    "It opens connections of its own to the first hub that is named: callers, and, unless --target says that somebody "
    "serves, "
    "agents that answer each command with its payload. Then it warms up, measures, and waits for what is still open.\n"
    "\n"
    "Without --rate each caller sends its next command when one was answered, so a hub that pauses is asked less "
    "meanwhile, and "
    "the pause counts once. With --rate the instants are fixed before the first command is sent, and a latency counts "
    "from "
    "its instant: what a pause costs everybody is seen.\n"
    "\n"
    "The command's name is bench and its payload a JSON string.\n";

static const char bench_notes[] = "Latencies are those of the commands that succeeded, to within 1.6 %. Ctrl-C ends it "
                                  "and shows what was measured until then. "
                                  "With --json it is one object, with times in microseconds.\n"
                                  "\n"
                                  "Exit status: 0 all commands succeeded; 1 not all did, or it ended early; 2 wrong "
                                  "usage, 3 the hub cannot be reached.\n";

const struct ald_verb ald_verb_bench = {
    .name = "bench",
    .summary = "measure how fast the hub is",
    .synopsis = "[OPTION...]",
    .examples = bench_examples,
    .help = bench_help,
    .notes = bench_notes,
    .options = ald_bench_option_table,
    .n_options = ALD_BENCH_N_OPTIONS,
    .run = bench_run,
};
