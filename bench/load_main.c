/*
 * bench_load: one run of a load against any of the servers, for run.py. What people use is `aldis bench`.
 */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "communicator_speech.h"
#include "cpu.h"
#include "load/speeches.h"
#include "loop/loop.h"
#include "nats_speech.h"
#include "report.h"
#include "transport/net.h"
#include "transport/tls.h"

struct bench {
    struct ald_load_spec spec;
    struct ald_loop *loop;
    pid_t server;
    bool tls, announce;
    struct bench_cpu before, after;
};

enum {
    OPT_SPEECH = 1,
    OPT_CALLERS_AT,
    OPT_AGENTS_AT,
    OPT_CALLERS,
    OPT_AGENTS,
    OPT_IN_FLIGHT,
    OPT_RATE,
    OPT_COUNT,
    OPT_SIZE,
    OPT_WARM_MS,
    OPT_MS,
    OPT_MODE,
    OPT_SERVER,
    OPT_TLS,
    OPT_ANNOUNCE,
    OPT_TARGET,
    OPT_TOKEN,
    OPT_AGENT_TOKEN,
};

static const struct option options[] = {
    {"speech", required_argument, NULL, OPT_SPEECH},
    {"callers-at", required_argument, NULL, OPT_CALLERS_AT},
    {"agents-at", required_argument, NULL, OPT_AGENTS_AT},
    {"callers", required_argument, NULL, OPT_CALLERS},
    {"agents", required_argument, NULL, OPT_AGENTS},
    {"in-flight", required_argument, NULL, OPT_IN_FLIGHT},
    {"rate", required_argument, NULL, OPT_RATE},
    {"count", required_argument, NULL, OPT_COUNT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"warm-ms", required_argument, NULL, OPT_WARM_MS},
    {"ms", required_argument, NULL, OPT_MS},
    {"mode", required_argument, NULL, OPT_MODE},
    {"server", required_argument, NULL, OPT_SERVER},
    {"tls", no_argument, NULL, OPT_TLS},
    {"announce", no_argument, NULL, OPT_ANNOUNCE},
    {"target", required_argument, NULL, OPT_TARGET},
    {"token", required_argument, NULL, OPT_TOKEN},
    {"agent-token", required_argument, NULL, OPT_AGENT_TOKEN},
    {NULL, 0, NULL, 0},
};

static const struct ald_load_speech *speech_find(const char *name)
{
    const struct ald_load_speech *const speeches[] = {&ald_load_exchange,
                                                      &ald_load_bare,
                                                      &ald_load_link,
                                                      &ald_load_link_events,
                                                      &bench_nats_speech,
                                                      &bench_communicator_speech,
                                                      &bench_communicator_bare_speech};

    for (size_t i = 0; i < ALD_COUNT(speeches); i++) {
        if (strcmp(speeches[i]->name, name) == 0) {
            return speeches[i];
        }
    }
    return NULL;
}

/* A path, or a port on 127.0.0.1. */
static struct ald_place place_read(const char *text)
{
    if (text[0] == '/') {
        return (struct ald_place){.bottom = ALD_BOTTOM_UNIX, .name = text};
    }
    return (struct ald_place){.bottom = ALD_BOTTOM_TCP, .name = "127.0.0.1", .port = (uint16_t)strtoul(text, NULL, 10)};
}

static bool bench_option(struct bench *bench, int option, const char *value)
{
    uint64_t number = value != NULL ? strtoull(value, NULL, 10) : 0;

    switch (option) {
    case OPT_SPEECH:
        bench->spec.speech = speech_find(value);
        return bench->spec.speech != NULL;
    case OPT_CALLERS_AT:
        bench->spec.caller_place = place_read(value);
        return true;
    case OPT_AGENTS_AT:
        bench->spec.agent_place = place_read(value);
        return true;
    case OPT_CALLERS:
        bench->spec.n_callers = number;
        return true;
    case OPT_AGENTS:
        bench->spec.n_agents = number;
        return true;
    case OPT_IN_FLIGHT:
        bench->spec.in_flight = number;
        return true;
    case OPT_RATE:
        bench->spec.rate = number;
        return true;
    case OPT_COUNT:
        bench->spec.count = number;
        return true;
    case OPT_SIZE:
        bench->spec.size = number;
        return true;
    case OPT_WARM_MS:
        bench->spec.warm_up = number * ALD_MSEC;
        return true;
    case OPT_MS:
        bench->spec.duration = number * ALD_MSEC;
        return true;
    case OPT_MODE:
        bench->spec.mode = value;
        return true;
    case OPT_SERVER:
        bench->server = (pid_t)number;
        return true;
    case OPT_TLS:
        bench->tls = true;
        return true;
    case OPT_ANNOUNCE:
        bench->announce = true;
        return true;
    case OPT_TARGET:
        bench->spec.target = value;
        return true;
    case OPT_TOKEN:
        bench->spec.token = value;
        return true;
    case OPT_AGENT_TOKEN:
        bench->spec.agent_token = value;
        return true;
    default:
        return false;
    }
}

static void bench_phase(void *owner, struct ald_load *load ALD_UNUSED, enum ald_load_phase phase)
{
    struct bench *bench = owner;

    if (phase == ALD_LOAD_MEASURING) {
        bench->before = bench_cpu_read(bench->server);
        if (bench->announce) {
            printf("measuring\n");
            fflush(stdout);
        }
    } else if (phase == ALD_LOAD_DRAINING) {
        bench->after = bench_cpu_read(bench->server);
    } else if (phase == ALD_LOAD_DONE) {
        ald_loop_stop(bench->loop);
    }
}

static int bench_run(struct bench *bench, struct ald_net *net)
{
    ALD_AUTO(ald_load_free) struct ald_load *load = NULL;
    struct ald_load_result result;
    int r = ald_load_new(net, &bench->spec, bench_phase, bench, &load);

    if (r < 0) {
        fprintf(stderr, "bench_load: %s\n", ald_error_text(r));
        return 1;
    }
    ald_loop_run(bench->loop);
    ald_load_result(load, &result);
    bench_report(&result, &bench->before, &bench->after);
    return result.failure[0] == '\0' ? 0 : 1;
}

static int bench_do(struct bench *bench)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ALD_AUTO(ald_net_free) struct ald_net *net = NULL;
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    const struct ald_tls_client_spec any = {.insecure = true};
    int r = ald_loop_new(&loop);

    if (r == 0) {
        r = ald_net_new(loop, &net);
    }
    if (r == 0 && bench->tls) {
        r = ald_tls_client_new(&any, &tls, NULL);
    }
    if (r < 0) {
        fprintf(stderr, "bench_load: %s\n", ald_error_text(r));
        return 1;
    }
    bench->loop = loop;
    bench->spec.tls = tls;
    return bench_run(bench, net);
}

int main(int argc, char **argv)
{
    struct bench bench = {.server = 0};
    int option;

    signal(SIGPIPE, SIG_IGN);
    ald_load_spec_init(&bench.spec);
    bench.spec.speech = &ald_load_exchange;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!bench_option(&bench, option, optarg)) {
            return 2;
        }
    }
    if (bench.spec.caller_place.name == NULL || bench.spec.agent_place.name == NULL) {
        fprintf(stderr, "bench_load: --callers-at and --agents-at say where the server listens: a port, or a path\n");
        return 2;
    }
    return bench_do(&bench);
}
