#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuts/run.h"

static const char *const sabotages[] = {
    [CUTS_NO_SABOTAGE] = "none", [CUTS_LOSES] = "loses", [CUTS_REPEATS] = "repeats",   [CUTS_SKIPS] = "skips",
    [CUTS_DOUBLES] = "doubles",  [CUTS_SWAPS] = "swaps", [CUTS_SWALLOWS] = "swallows",
};

struct main_options {
    uint64_t from, count, step;
    uint64_t trace;
    uint8_t sabotage;
};

static int main_usage(void)
{
    fprintf(stderr, "usage: cuts soak --from A --count N [--sabotage NAME] [--trace 1]\n"
                    "       cuts bytes [--from A] [--step N] [--trace 1]\n");
    return 2;
}

/* After each byte of what the client says, with all and with nothing of the other way, and the other way round. */
static int main_bytes_of(struct cuts_world *world, uint8_t client, const struct main_options *options, uint64_t *n_runs)
{
    struct cuts_at at = {.client = client, .up = SIZE_MAX, .down = SIZE_MAX};
    size_t all_up = 0, all_down = 0, up, down;

    if (!cuts_run_at(world, &at, &all_up, &all_down)) {
        printf("client %u without a cut: %s\n", client, world->broken);
        return 1;
    }
    for (size_t n = options->from; n <= ALD_MAX(all_up, all_down); n += options->step) {
        const struct cuts_at cuts[] = {
            {client, n, SIZE_MAX, false, true}, /* and the hub is told at once */
            {client, n, n, true, false},        /* and it is told by the next return */
            {client, SIZE_MAX, n, false, false},
            {client, SIZE_MAX, n, true, true},
        };

        for (size_t i = n <= all_up ? 0 : 2; i < (n <= all_down ? 4 : 2); i++) {
            (*n_runs)++;
            if (!cuts_run_at(world, &cuts[i], &up, &down)) {
                printf("client %u, cut %zu after byte %zu: %s\n", client, i, n, world->broken);
                return 1;
            }
        }
    }
    printf("client %u: %zu bytes up and %zu down\n", client, all_up, all_down);
    return all_up > 400 && all_down > 400 ? 0 : 1; /* so much there is to say */
}

static int main_bytes(struct cuts_world *world, const struct main_options *options)
{
    static const uint8_t clients[] = {CUTS_HOST_A, CUTS_CONTROL_A, CUTS_SLAVE, CUTS_OLD_CONTROL};
    uint64_t n_runs = 0;
    int r = 0;

    world->trace = options->trace != 0;
    for (size_t i = 0; i < ALD_COUNT(clients) && r == 0; i++) {
        r = main_bytes_of(world, clients[i], options, &n_runs);
    }
    printf("%" PRIu64 " runs\n", n_runs);
    return r;
}

static int main_soak(struct cuts_world *world, const struct main_options *options)
{
    uint64_t n_resumed = 0, n_again = 0, n_items = 0, n_invalidated = 0, n_repeated = 0, n_ended = 0, n_pings = 0;

    for (uint64_t seed = options->from; seed < options->from + options->count; seed++) {
        world->trace = options->trace != 0;
        if (!cuts_run(world, seed, options->sabotage)) {
            printf("seed %" PRIu64 " breaks: %s\n", seed, world->broken);
            return 1;
        }
        n_resumed += world->n_resumed;
        n_again += world->n_again;
        n_items += world->n_items;
        n_invalidated += world->n_invalidated;
        n_repeated += world->n_repeated;
        n_ended += world->n_ended;
        n_pings += world->n_pings;
    }
    printf("%" PRIu64 " runs, %" PRIu64 " messages, %" PRIu64 " returns, %" PRIu64 " said again, %" PRIu64
           " heard again, %" PRIu64 " sessions invalidated, %" PRIu64 " instances ended or begun, %" PRIu64 " pings\n",
           options->count, n_items, n_resumed, n_again, n_repeated, n_invalidated, n_ended, n_pings);
    /* A hundred runs have everything in them. */
    return options->count < 100 ||
                   (n_resumed > options->count && n_invalidated > 0 && n_repeated > 0 && n_ended > 0 && n_pings > 0)
               ? 0
               : 1;
}

static bool main_option(const char *name, const char *value, struct main_options *options)
{
    uint64_t *number = strcmp(name, "--from") == 0    ? &options->from
                       : strcmp(name, "--count") == 0 ? &options->count
                       : strcmp(name, "--step") == 0  ? &options->step
                       : strcmp(name, "--trace") == 0 ? &options->trace
                                                      : NULL;

    if (number != NULL) {
        *number = strtoull(value, NULL, 10);
        return true;
    }
    for (uint8_t i = 0; strcmp(name, "--sabotage") == 0 && i < ALD_COUNT(sabotages); i++) {
        if (strcmp(value, sabotages[i]) == 0) {
            options->sabotage = i;
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    struct main_options options = {.from = 0, .count = 1, .step = 1};
    struct cuts_world *world = malloc(sizeof(*world));
    int r = 2;

    if (world == NULL || argc < 2) {
        free(world);
        return main_usage();
    }
    for (int i = 2; i < argc; i += 2) {
        if (i + 1 == argc || !main_option(argv[i], argv[i + 1], &options) || options.step == 0) {
            free(world);
            return main_usage();
        }
    }
    if (strcmp(argv[1], "bytes") == 0) {
        r = main_bytes(world, &options);
    } else if (strcmp(argv[1], "soak") == 0) {
        r = main_soak(world, &options);
    }
    free(world);
    return r == 2 ? main_usage() : r;
}
