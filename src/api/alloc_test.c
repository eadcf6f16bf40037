/*
 * A program whose memory is short: one allocation fails, then the next one, through a whole life of a client: options,
 * start, calls of both kinds, an event, commands served at once and later, the end. Whatever failed, nothing leaks,
 * every call that was taken has exactly one outcome, and nobody waits for ever.
 *
 * The client is driven, so that its allocations come in the same order each time.
 */

#include "client/elsewhere_test.h"

#include "aldis/agent.h"
#include "aldis/caller.h"
#include "lib/alloc_fail.h"

struct life {
    struct aldis_client *client;
    struct aldis_job *later;
    int n_outcomes;
    int n_jobs;
    int n_ready;
    bool submitted;
    uint64_t n; /* the allocation that fails */
};

static void life_report(struct aldis_call *call ALD_UNUSED, const struct aldis_report *report, void *data)
{
    struct life *life = data;

    life->n_outcomes += report->outcome != ALDIS_PENDING;
    ald_check(report->text != NULL && report->cause != NULL);
}

static void life_work(struct aldis_job *job, void *data)
{
    struct life *life = data;

    life->n_jobs++;
    ald_ignore(aldis_job_progress(job, 1, 2, "half", "{}")); /* statuses may be dropped */
    if (life->later == NULL) {
        life->later = job;
    } else if (aldis_job_succeed(job, "{\"well\":\"done\"}") < 0) {
        aldis_job_give_up(job);
    }
}

static void life_state(struct aldis_client *client ALD_UNUSED, enum aldis_state state, const char *text ALD_UNUSED,
                       uint64_t retry_in_ms ALD_UNUSED, void *data)
{
    struct life *life = data;

    life->n_ready += state == ALDIS_STATE_READY;
}

static int life_begin(struct life *life, const char *url)
{
    const char *const urls[] = {url, NULL};
    const struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .urls = urls,      .target = "lamp",
                                                 .driven = true,       .retry_min_ms = 1, .retry_max_ms = 5};
    int r;

    r = aldis_client_new(&options, NULL, 0, &life->client);
    if (r < 0) {
        return r;
    }
    ald_check_int(aldis_client_on_state(life->client, life_state, life), 0);
    r = aldis_client_on_command(life->client, "WORK", life_work, life);
    return r == 0 ? aldis_client_start(life->client) : r;
}

static void life_turn(struct life *life, const int *count, const char *what)
{
    ald_usec end = ald_loop_fresh() + 20 * ALD_SEC;

    while (*count == 0) {
        ald_check_int(aldis_client_turn(life->client), 0);
        if (ald_loop_fresh() > end) {
            fail_msg("%s, after allocation %d failed", what, (int)life->n);
        }
    }
}

static void life_run(struct life *life, const char *url)
{
    struct aldis_command command = {ALDIS_COMMAND, .target = "lamp", .name = "SIGNAL", .payload = "[1]",
                                    .version = "2"};
    struct aldis_report *report = NULL;

    if (life_begin(life, url) < 0) {
        return;
    }
    life->submitted = aldis_client_submit(life->client, &command, life_report, life, NULL) == 0;
    life_turn(life, &life->n_ready, "the client is not ready");
    if (life->submitted) {
        life_turn(life, &life->n_outcomes, "the call has no outcome");
    }
    life_turn(life, &life->n_jobs, "no command came");
    if (aldis_client_call(life->client, &command, &report) == 0) {
        ald_check(report->outcome != ALDIS_PENDING);
    }
    aldis_report_free(report);
    ald_ignore(aldis_client_send(life->client, &command)); /* an event may be dropped */
    if (life->later != NULL && aldis_job_fail(life->later, "E_BULB", "it broke") < 0) {
        aldis_job_give_up(life->later);
    }
}

ALD_TEST(alloc, may_fail_anywhere_and_every_call_ends)
{
    struct elsewhere elsewhere;
    uint64_t n = 0;
    bool failed;

    elsewhere_start(&elsewhere, FAKE_EXTENDED);
    do {
        struct life life = {.n = ++n};

        ald_alloc_fail_at(n);
        life_run(&life, elsewhere.url);
        aldis_client_free(life.client);
        failed = ald_alloc_fail_off();
        ald_check_int(life.n_outcomes, life.submitted ? 1 : 0);
    } while (failed);
    elsewhere_stop(&elsewhere);
    ald_check(n > 40); /* it came as far as allocating */
}

ALD_TEST_MAIN(alloc, ALD_CASE(alloc, may_fail_anywhere_and_every_call_ends))
