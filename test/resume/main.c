#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resume/world.h"

/* resume soak --from A --count N [--sabotage loses|repeats], and resume bytes */

static int main_usage(void)
{
    fprintf(stderr, "usage: resume soak --from A --count N [--sabotage loses|repeats]\n"
                    "       resume bytes\n");
    return 2;
}

/* The link is cut after each byte of what a resuming host hears, with all and with nothing of what it says, and the other way
 * round, and after as many of both. */
static int main_bytes(struct resume_world *world)
{
    size_t all_up = 0, all_down = 0, up = 0, down = 0, n_runs = 0;

    if (!resume_run_cut(world, SIZE_MAX, SIZE_MAX, &all_up, &all_down)) {
        printf("without a cut: %s\n", world->broken);
        return 1;
    }
    for (size_t n = 0; n <= ALD_MAX(all_up, all_down); n++) {
        const size_t cuts[][2] = {{n, SIZE_MAX}, {SIZE_MAX, n}, {n, n}, {n, n / 2}, {n / 2, n}};

        for (size_t i = 0; i < ALD_COUNT(cuts); i++) {
            n_runs++;
            if (!resume_run_cut(world, cuts[i][0], cuts[i][1], &up, &down)) {
                printf("cut after %zu bytes up and %zu down: %s\n", up, down, world->broken);
                return 1;
            }
        }
    }
    printf("%zu runs, of %zu bytes up and %zu down\n", n_runs, all_up, all_down);
    return n_runs > 500 ? 0 : 1; /* the exchange does have so many bytes */
}

static int main_soak(struct resume_world *world, uint64_t from, uint64_t count, uint8_t sabotage)
{
    uint64_t n_resumed = 0, n_again = 0, n_items = 0;

    for (uint64_t seed = from; seed < from + count; seed++) {
        if (!resume_run(world, seed, sabotage)) {
            printf("seed %" PRIu64 " breaks: %s\n", seed, world->broken);
            return 1;
        }
        n_resumed += world->n_resumed;
        n_again += world->n_again;
        n_items += world->n_items;
    }
    printf("%" PRIu64 " runs, %" PRIu64 " messages, %" PRIu64 " sessions resumed, %" PRIu64 " said again\n", count,
           n_items, n_resumed, n_again);
    return n_resumed > count ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct resume_world *world = malloc(sizeof(*world));
    uint64_t from = 1, count = 1;
    uint8_t sabotage = RESUME_HONEST;
    int r;

    if (world == NULL || argc < 2) {
        free(world);
        return main_usage();
    }
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--from") == 0) {
            from = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--count") == 0) {
            count = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--sabotage") == 0) {
            sabotage = strcmp(argv[i + 1], "loses") == 0 ? RESUME_LOSES : RESUME_REPEATS;
        }
    }
    if (strcmp(argv[1], "bytes") == 0) {
        r = main_bytes(world);
    } else {
        r = strcmp(argv[1], "soak") == 0 ? main_soak(world, from, count, sabotage) : main_usage();
    }
    free(world);
    return r;
}
