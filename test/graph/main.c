#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "graph/world.h"

/* graph run --seed N [--story], and graph soak --from A --count N [--jobs J] */

static int main_usage(void)
{
    fprintf(stderr, "usage: graph run --seed N [--story] [--sabotage drops|repeats]\n"
                    "       graph soak --from A --count N [--jobs J]\n");
    return 2;
}

static void main_panic(enum ald_sink_kind kind, const char *what, const char *file, int line)
{
    if (kind == ALD_SINK_PANIC) {
        fprintf(stderr, "%s:%d: %s\n", file, line, what);
    }
}

static void cover_print(const struct graph_cover *cover)
{
    static const char *const shapes[] = {"line", "ring", "star", "mesh"};
    static const char *const faults[] = {"cut", "crash", "partition", "leave"};
    static const char *const kinds[] = {"commands", "events", "broadcasts", "to everyone"};

    printf("%" PRIu64 " runs, %" PRIu64 " messages, %" PRIu64 " of them when nothing was wrong, %" PRIu64 " reports\n",
           cover->n_runs, cover->n_said, cover->n_calm, cover->n_reported);
    for (int i = 0; i < 4; i++) {
        printf("  %-12s %-8" PRIu64 " %-12s %-8" PRIu64 " %-12s %" PRIu64 "\n", shapes[i], cover->shapes[i], faults[i],
               cover->faults[i], kinds[i], cover->kinds[i]);
    }
    printf("  outcomes:");
    for (int i = ALD_SUCCEEDED; i <= ALD_LOST; i++) {
        printf(" %s %" PRIu64, ald_outcome_name((enum ald_outcome)i), cover->outcomes[i]);
    }
    printf("\n  hops:");
    for (int i = 0; i < GRAPH_HUBS_MAX; i++) {
        printf(" %" PRIu64, cover->hops[i]);
    }
    printf(", nowhere %" PRIu64 "\n", cover->hops[GRAPH_HUBS_MAX]);
}

static int main_one(struct graph_world *world, struct graph_cover *cover, uint64_t seed, bool told, uint8_t sabotage)
{
    if (graph_run(world, seed, cover, told, sabotage)) {
        return 0;
    }
    printf("seed %" PRIu64 " breaks: %s\nreplay: graph run --seed %" PRIu64 " --story\n", seed, world->broken, seed);
    fflush(stdout);
    return 1;
}

/* The seeds from..from+count, every n-th of them; 0 when none broke. */
static int main_soak(struct graph_world *world, uint64_t from, uint64_t count, uint64_t jobs)
{
    struct graph_cover cover = {0};
    int result = 0;
    uint64_t job = 0;

    for (job = 1; job < jobs; job++) {
        pid_t pid = fork();

        if (pid == 0) {
            break;
        }
    }
    job = job == jobs ? 0 : job;
    for (uint64_t n = job; n < count && result == 0; n += jobs) {
        result = main_one(world, &cover, from + n, false, GRAPH_NO_SABOTAGE);
    }
    cover_print(&cover);
    fflush(stdout);
    if (job > 0) {
        _exit(result);
    }
    for (uint64_t n = 1; n < jobs; n++) {
        int status = 0;

        if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            result = 1;
        }
    }
    return result;
}

int main(int argc, char **argv)
{
    struct graph_world *world = malloc(sizeof(*world));
    struct graph_cover cover = {0};
    uint64_t from = 1, count = 1, jobs = 1;
    uint8_t sabotage = GRAPH_NO_SABOTAGE;
    bool told = false;
    int result;

    ald_sink_set(main_panic);
    for (int n = 2; n < argc; n++) {
        const char *value = n + 1 < argc ? argv[n + 1] : "";

        if (strcmp(argv[n], "--story") == 0) {
            told = true;
        } else if (strcmp(argv[n], "--seed") == 0 || strcmp(argv[n], "--from") == 0) {
            from = strtoull(value, NULL, 10);
            n++;
        } else if (strcmp(argv[n], "--count") == 0) {
            count = strtoull(value, NULL, 10);
            n++;
        } else if (strcmp(argv[n], "--jobs") == 0) {
            jobs = ALD_MAX(strtoull(value, NULL, 10), UINT64_C(1));
            n++;
        } else if (strcmp(argv[n], "--sabotage") == 0) {
            sabotage = strcmp(value, "drops") == 0 ? GRAPH_DROPS : GRAPH_REPEATS;
            n++;
        } else {
            return main_usage();
        }
    }
    if (world == NULL || argc < 2 || (strcmp(argv[1], "run") != 0 && strcmp(argv[1], "soak") != 0)) {
        free(world);
        return main_usage();
    }
    if (strcmp(argv[1], "soak") == 0) {
        result = main_soak(world, from, count, jobs);
    } else {
        result = main_one(world, &cover, from, told, sabotage);
        cover_print(&cover);
    }
    free(world);
    return result;
}
