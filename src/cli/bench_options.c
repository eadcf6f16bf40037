#include "cli/bench_options.h"

#include <inttypes.h>
#include <string.h>

#include "cli/duration.h"
#include "loop/random.h"
#include "msg/address.h"
#include "msg/msg.h"

enum {
    BENCH_CALLERS = 1,
    BENCH_IN_FLIGHT,
    BENCH_RATE,
    BENCH_SIZE,
    BENCH_DURATION,
    BENCH_WARM_UP,
    BENCH_COUNT,
    BENCH_MODE,
    BENCH_TARGET,
    BENCH_AGENTS
};

/* Each caller and agent is a connection, and most systems give a program about a thousand descriptors. */
enum { BENCH_PEERS_MAX = 100000 };
/* More than any hub answers; against one digit too many. */
enum { BENCH_RATE_MAX = 10000000 };

const struct ald_option ald_bench_option_table[ALD_BENCH_N_OPTIONS] = {
    {BENCH_CALLERS, "callers", "COUNT", 'c', "connections that send commands (1)"},
    {BENCH_IN_FLIGHT, "in-flight", "COUNT", 'i', "commands that each caller has open at once (1)"},
    {BENCH_RATE, "rate", "COUNT", 'r',
     "send so many a second, all callers together, whether they are answered or not; latencies then count from when a "
     "command was to be sent"},
    {BENCH_SIZE, "size", "BYTES", 's', "size of the payload, a JSON string (16; at most 60000)"},
    {BENCH_DURATION, "duration", "TIME", 'd', "measure for so long (5s)"},
    {BENCH_WARM_UP, "warm-up", "TIME", 'w', "after so long (1s)"},
    {BENCH_COUNT, "count", "COUNT", 'n', "end after so many commands, and measure from the first"},
    {BENCH_MODE, "mode", "any|primary|all", 'm', "which channels of the target (any)"},
    {BENCH_TARGET, "target", "TARGET", 't',
     "send to this target, which is served already; else to agents of our own, which answer with what they got"},
    {BENCH_AGENTS, "agents", "COUNT", 'a', "so many agents of our own (1)"},
};

/* Returns 0 or the exit status. */
static int bench_number(struct ald_cli *cli, const struct ald_arg *arg, uint64_t from, uint64_t to,
                        uint64_t *ret_number)
{
    if (ald_str_u64(ald_str(arg->value), ret_number) != 0 || *ret_number < from || *ret_number > to) {
        return ald_cli_usage(cli, "%s %s: it is a number from %" PRIu64 " to %" PRIu64, arg->text, arg->value, from,
                             to);
    }
    return 0;
}

static int bench_size(struct ald_cli *cli, const struct ald_arg *arg, uint64_t from, uint64_t to, size_t *ret_size)
{
    uint64_t number;
    int status = bench_number(cli, arg, from, to, &number);

    if (status == 0) {
        *ret_size = (size_t)number;
    }
    return status;
}

static int bench_time(struct ald_cli *cli, const struct ald_arg *arg, ald_usec *ret_time)
{
    if (ald_duration_parse(arg->value, ret_time) != 0) {
        return ald_cli_usage(cli, "%s %s is no time; write for example 500ms, 5s or 2m", arg->text, arg->value);
    }
    return 0;
}

static int bench_mode(struct ald_cli *cli, const struct ald_arg *arg, struct ald_load_spec *spec)
{
    int mode = ald_mode_find(ald_str(arg->value));

    if (mode < 0 || mode == ALD_MODE_CHANNEL) {
        return ald_cli_usage(cli, "%s %s: it is any, primary or all", arg->text, arg->value);
    }
    spec->mode = arg->value;
    return 0;
}

static int bench_target(struct ald_cli *cli, const struct ald_arg *arg, struct ald_load_spec *spec)
{
    char scratch[4 * (ALD_NAME_MAX + 1)];
    struct ald_str text = ald_str(arg->value);
    struct ald_address address;

    if (text.size > sizeof(scratch) || ald_address_parse(text, scratch, &address) != 0 ||
        address.scope != ALD_SCOPE_ONE || !ald_str_present(address.target) || address.target.size == 0) {
        return ald_cli_usage(cli, "%s \"%s\" is no target; write [HUB:]TARGET[#CHANNEL]", arg->text, arg->value);
    }
    spec->target = arg->value;
    return 0;
}

static int bench_take(struct ald_cli *cli, const struct ald_arg *arg, struct ald_load_spec *spec)
{
    switch (arg->key) {
    case BENCH_CALLERS:
        return bench_size(cli, arg, 1, BENCH_PEERS_MAX, &spec->n_callers);
    case BENCH_IN_FLIGHT:
        return bench_size(cli, arg, 1, ALD_LOAD_OPEN_MAX, &spec->in_flight);
    case BENCH_RATE:
        return bench_number(cli, arg, 1, BENCH_RATE_MAX, &spec->rate);
    case BENCH_SIZE:
        return bench_size(cli, arg, ALD_LOAD_SIZE_MIN, ALD_LOAD_SIZE_MAX, &spec->size);
    case BENCH_DURATION:
        return bench_time(cli, arg, &spec->duration);
    case BENCH_WARM_UP:
        return bench_time(cli, arg, &spec->warm_up);
    case BENCH_COUNT:
        return bench_number(cli, arg, 1, UINT64_MAX, &spec->count);
    case BENCH_MODE:
        return bench_mode(cli, arg, spec);
    case BENCH_TARGET:
        return bench_target(cli, arg, spec);
    case BENCH_AGENTS:
        return bench_size(cli, arg, 1, BENCH_PEERS_MAX, &spec->n_agents);
    default:
        return ald_cli_usage(cli, "\"%s\" is one argument too many", arg->text);
    }
}

/* Returns ALD_BENCH_OPTIONS_READ or the exit status. */
static int bench_fit(struct ald_cli *cli, struct ald_load_spec *spec, bool agents_given, char target[32])
{
    if (spec->rate == 0 && spec->n_callers > ALD_LOAD_OPEN_MAX / spec->in_flight) {
        return ald_cli_usage(cli, "%zu callers with %zu in flight each are more than %d commands at once",
                             spec->n_callers, spec->in_flight, ALD_LOAD_OPEN_MAX);
    }
    if (spec->target == NULL) {
        snprintf(target, 32, "bench-%08" PRIx32, (uint32_t)ald_random_seed());
        spec->target = target;
    } else if (agents_given) {
        return ald_cli_usage(cli, "--agents are our own, and --target says that the target has some");
    } else {
        spec->n_agents = 0;
    }
    return ALD_BENCH_OPTIONS_READ;
}

int ald_bench_options_read(struct ald_cli *cli, struct ald_load_spec *spec, char target[32])
{
    bool agents_given = false;
    struct ald_arg arg;
    int r;

    ald_load_spec_init(spec);
    spec->target = NULL;
    while ((r = ald_cli_next(cli, &arg)) == 0) {
        int status = bench_take(cli, &arg, spec);

        if (status != 0) {
            return status;
        }
        agents_given = agents_given || arg.key == BENCH_AGENTS;
    }
    return r == ALD_CLI_STOP ? cli->status : bench_fit(cli, spec, agents_given, target);
}
