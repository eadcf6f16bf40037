#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/run.h"

/*
 * Soak: the seeds are dealt out to processes, not threads, since a run that hits an assert takes its process down; what each
 * process has seen, and where it is, lies in memory that it shares with the one that waits.
 */

enum { SOAK_JOBS_MAX = 64, SOAK_BROKEN = 3 };

struct soak_job {
    struct sim_cover cover;
    uint64_t seed; /* at work on, or broken */
    uint64_t n_done;
    bool broken; /* and stopped there */
    uint64_t n_broken;
    pid_t pid;
};

/* One line, whole, although several processes write to the same place. */
static void soak_tell(const struct sim_world *world, const struct sim_options *options)
{
    printf("seed %" PRIu64 " breaks %s: #%" PRIu32 " %s\n", options->seed, sim_rule_word(world->verdict.rule),
           world->verdict.command, world->verdict.text);
    fflush(stdout);
}

static void soak_work(const struct sim_soak *soak, struct soak_job *jobs, uint32_t number)
{
    struct soak_job *job = &jobs[number];
    ALD_AUTO(sim_world_free) struct sim_world *world = sim_world_new(&job->cover);

    for (uint64_t n = number; n < soak->count; n += soak->n_jobs) {
        struct sim_options options = soak->options;

        options.seed = soak->from + n;
        job->seed = options.seed;
        if (!sim_run(world, &options)) {
            soak_tell(world, &options);
            job->n_broken++;
            job->broken = !soak->all;
        }
        if (job->broken) {
            return;
        }
        job->n_done++;
    }
}

static double soak_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void soak_progress(const struct sim_soak *soak, const struct soak_job *jobs, double since)
{
    uint64_t n_done = 0;
    uint64_t n_commands = 0;
    double seconds = soak_seconds() - since;

    for (uint32_t n = 0; n < soak->n_jobs; n++) {
        n_done += jobs[n].n_done;
        n_commands += jobs[n].cover.n_commands;
    }
    fprintf(stderr, "%s%" PRIu64 " of %" PRIu64 " runs, %" PRIu64 " commands, %.0f s, %.0f runs/s%s",
            isatty(2) ? "\r" : "", n_done, soak->count, n_commands, seconds,
            seconds > 0 ? (double)n_done / seconds : 0.0, isatty(2) ? "   " : "\n");
}

/* A process has ended: what it left, if that was not everything it had to do. */
static int soak_reap(const struct sim_soak *soak, const struct soak_job *job, int status)
{
    struct sim_options options = soak->options;

    options.seed = job->seed;
    if (job->broken) {
        struct sim_cover cover = {0};
        ALD_AUTO(sim_world_free) struct sim_world *world = sim_world_new(&cover);

        sim_run_explain(world, &options);
        return 1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("seed %" PRIu64 " ended the process (%s %d)\nreplay: ", options.seed,
               WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        sim_run_replay(&options, stdout);
        return 1;
    }
    return 0;
}

static int soak_wait(const struct sim_soak *soak, struct soak_job *jobs, double since)
{
    struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    uint32_t n_left = soak->n_jobs;
    uint32_t n_pauses = 0;
    int result = 0;

    while (n_left > 0) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);

        for (uint32_t n = 0; pid > 0 && n < soak->n_jobs; n++) {
            if (jobs[n].pid == pid) {
                n_left--;
                result |= soak_reap(soak, &jobs[n], status);
            }
        }
        if (pid < 0) {
            return 1; /* somebody else has waited for them */
        }
        if (pid == 0) {
            nanosleep(&pause, NULL);
            if (!soak->quiet && n_pauses++ % (isatty(2) ? 5 : 100) == 0) {
                soak_progress(soak, jobs, since);
            }
        }
    }
    return result;
}

static int soak_report(const struct sim_soak *soak, const struct soak_job *jobs, double since, int result)
{
    struct sim_cover cover = {0};
    uint64_t n_broken = 0;
    uint32_t n_missing;

    for (uint32_t n = 0; n < soak->n_jobs; n++) {
        sim_cover_add(&cover, &jobs[n].cover);
        n_broken += jobs[n].n_broken;
    }
    if (!soak->quiet) {
        soak_progress(soak, jobs, since);
        fprintf(stderr, "\n");
    }
    n_missing = sim_cover_print(&cover, stdout);
    printf("%.1f s, %.0f commands a second\n", soak_seconds() - since,
           (double)cover.n_commands / (soak_seconds() - since));
    /* A dialect without sessions cannot show what belongs to them. */
    if (n_missing > 0 && soak->count >= SIM_SOAK_COVERED && !soak->options.bytes) {
        printf("%" PRIu32 " things were never seen\n", n_missing);
        return 1;
    }
    if (n_broken > 0) {
        printf("%" PRIu64 " runs broke\n", n_broken);
    }
    return n_broken > 0 ? 1 : result;
}

int sim_soak(const struct sim_soak *soak)
{
    size_t size = soak->n_jobs * sizeof(struct soak_job);
    struct soak_job *jobs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double since = soak_seconds();
    int result;

    if (jobs == MAP_FAILED || soak->n_jobs > SOAK_JOBS_MAX) {
        fprintf(stderr, "sim: no memory to share: %s\n", strerror(errno));
        return 1;
    }
    fflush(stdout);
    for (uint32_t n = 0; n < soak->n_jobs; n++) {
        pid_t pid = fork();

        if (pid == 0) {
            soak_work(soak, jobs, n);
            fflush(stdout);
            _exit(0);
        }
        jobs[n].pid = pid; /* the memory is shared, so the child must not write this */
    }
    result = soak_wait(soak, jobs, since);
    result = soak_report(soak, jobs, since, result);
    munmap(jobs, size);
    return result;
}
