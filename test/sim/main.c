#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sim/run.h"

/* The simulator's command line. */

static int main_usage(void)
{
    fprintf(
        stderr,
        "usage: sim run --seed N [--commands 200] [--faults all|none|drawn|WORD,...] [--sabotage WORD] [--bytes] "
        "[--story]\n"
        "       sim soak --from A --count N [--jobs J] [--commands 200] [--faults ...] [--bytes] [--quiet] [--all]\n"
        "       sim words\n");
    return 2;
}

static int main_words(void)
{
    printf("faults:\n");
#define SIM_X(name, word, chance, text) printf("  %-16s %s\n", word, text);
    SIM_FAULTS(SIM_X)
#undef SIM_X
    printf("sabotage:\n");
#define SIM_X(name, word, rule, text) printf("  %-16s %s\n", word, text);
    SIM_SABOTAGES(SIM_X)
#undef SIM_X
    printf("rules:\n");
#define SIM_X(name, word, text) printf("  %-16s %s\n", word, text);
    SIM_RULES(SIM_X)
#undef SIM_X
    return 0;
}

static void main_panic(enum ald_sink_kind kind, const char *what, const char *file, int line)
{
    if (kind == ALD_SINK_PANIC) {
        fprintf(stderr, "%s:%d: %s\n", file, line, what);
    }
}

struct arguments {
    struct sim_soak soak;
    bool story;
};

/* An option with a value; false: it is none of ours, or the value is wrong. */
static bool argument_take(struct arguments *arguments, const char *name, const char *value)
{
    struct sim_soak *soak = &arguments->soak;
    uint64_t number = strtoull(value, NULL, 10);
    int sabotage;

    if (strcmp(name, "--seed") == 0 || strcmp(name, "--from") == 0) {
        soak->from = number;
    } else if (strcmp(name, "--count") == 0) {
        soak->count = number;
    } else if (strcmp(name, "--jobs") == 0) {
        soak->n_jobs = (uint32_t)ALD_MAX(number, (uint64_t)1);
    } else if (strcmp(name, "--commands") == 0) {
        soak->options.n_commands = (uint32_t)number;
    } else if (strcmp(name, "--faults") == 0) {
        return sim_faults_parse(value, &soak->options.faults) == 0;
    } else if (strcmp(name, "--sabotage") == 0) {
        sabotage = sim_sabotage_find(value);
        soak->options.sabotage = (uint8_t)ALD_MAX(sabotage, 0);
        return sabotage >= 0;
    } else {
        return false;
    }
    return true;
}

static bool arguments_parse(struct arguments *arguments, int argc, char **argv)
{
    for (int n = 2; n < argc; n++) {
        if (strcmp(argv[n], "--bytes") == 0) {
            arguments->soak.options.bytes = true;
        } else if (strcmp(argv[n], "--story") == 0) {
            arguments->story = true;
        } else if (strcmp(argv[n], "--all") == 0) {
            arguments->soak.all = true;
        } else if (strcmp(argv[n], "--quiet") == 0) {
            arguments->soak.quiet = true;
        } else if (n + 1 >= argc || !argument_take(arguments, argv[n], argv[n + 1])) {
            return false;
        } else {
            n++;
        }
    }
    return true;
}

static int main_run(const struct arguments *arguments)
{
    struct sim_cover cover = {0};
    ALD_AUTO(sim_world_free) struct sim_world *world = sim_world_new(&cover);
    struct sim_options options = arguments->soak.options;

    options.seed = arguments->soak.from;
    options.told = arguments->story ? SIM_TOLD_ALL : SIM_TOLD_NOTHING;
    if (!sim_run(world, &options)) {
        sim_run_explain(world, &options);
        return 1;
    }
    if (arguments->story) {
        sim_story_print(world, 0);
    }
    printf("seed %" PRIu64 ": %" PRIu32 " commands, nothing broke, hash %016" PRIx64 "\n", options.seed,
           world->n_commands, world->story.hash);
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .soak = {.options = {.n_commands = 200, .faults = SIM_FAULTS_DRAWN}, .from = 1, .count = 1, .n_jobs = 1},
    };

    ald_sink_set(main_panic);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || !arguments_parse(&arguments, argc, argv)) {
        return main_usage();
    }
    if (strcmp(argv[1], "words") == 0) {
        return main_words();
    }
    if (strcmp(argv[1], "soak") == 0) {
        return sim_soak(&arguments.soak);
    }
    return strcmp(argv[1], "run") == 0 ? main_run(&arguments) : main_usage();
}
