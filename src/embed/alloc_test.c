/*
 * A program with a hub in it whose memory is short: one allocation fails, then the next one, from the settings through
 * a command that is carried from its caller to its agent and back, to the end. Whatever failed, nothing leaks, nothing
 * crashes, and a call that was taken has one outcome.
 */

#include "aldis/agent.h"
#include "aldis/caller.h"
#include "aldis/hub.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"

#include "base/defs.h"
#include "loop/loop.h"

struct life {
    struct aldis_hub *hub;
    struct aldis_client *agent, *caller;
    int n_settled;
    int n_outcomes;
    enum aldis_outcome outcome;
    bool submitted;
    uint64_t n; /* the allocation that fails */
};

static void life_state(struct aldis_client *client ALD_UNUSED, enum aldis_state state, const char *text ALD_UNUSED,
                       uint64_t retry_in_ms ALD_UNUSED, void *data)
{
    struct life *life = data;

    /* A hub that has no memory for a name denies it, and who is denied stays away. */
    life->n_settled += state == ALDIS_STATE_READY || state == ALDIS_STATE_CLOSED;
}

static void life_echo(struct aldis_job *job, void *data ALD_UNUSED)
{
    if (aldis_job_succeed(job, aldis_job_payload(job, NULL)) < 0) {
        aldis_job_give_up(job);
    }
}

static void life_report(struct aldis_call *call ALD_UNUSED, const struct aldis_report *report, void *data)
{
    struct life *life = data;

    if (report->outcome != ALDIS_PENDING) {
        life->n_outcomes++;
        life->outcome = report->outcome;
    }
}

static int life_begin(struct life *life)
{
    static const char *const settings[] = {"hub.controller=lamp", "limits.history_max=5", NULL};
    const struct aldis_hub_options hub = {ALDIS_HUB_OPTIONS, .settings = settings, .driven = true};
    const struct aldis_client_options agent = {ALDIS_CLIENT_OPTIONS, .target = "lamp", .retry_min_ms = 1,
                                               .retry_max_ms = 3};
    const struct aldis_client_options caller = {ALDIS_CLIENT_OPTIONS, .retry_min_ms = 1, .retry_max_ms = 3};
    int r;

    r = aldis_hub_new(&hub, NULL, 0, &life->hub);
    r = r < 0 ? r : aldis_hub_client_new(life->hub, &agent, NULL, 0, &life->agent);
    r = r < 0 ? r : aldis_hub_client_new(life->hub, &caller, NULL, 0, &life->caller);
    r = r < 0 ? r : aldis_client_on_state(life->agent, life_state, life);
    r = r < 0 ? r : aldis_client_on_command(life->agent, NULL, life_echo, NULL);
    r = r < 0 ? r : aldis_hub_start(life->hub);
    r = r < 0 ? r : aldis_client_start(life->agent);
    return r < 0 ? r : aldis_client_start(life->caller);
}

static void life_turn(struct life *life, const int *count, const char *what)
{
    ald_usec end = ald_loop_fresh() + 20 * ALD_SEC;

    while (*count == 0) {
        ald_check_int(aldis_hub_turn(life->hub), 0);
        if (ald_loop_fresh() > end) {
            fail_msg("%s, after allocation %d failed", what, (int)life->n);
        }
    }
}

static void life_run(struct life *life)
{
    const struct aldis_command command = {ALDIS_COMMAND, .target = "lamp", .name = "echo", .payload = "[1]",
                                          .deadline_ms = 500};

    if (life_begin(life) < 0) {
        return;
    }
    life_turn(life, &life->n_settled, "the agent is neither welcome nor denied");
    life->submitted = aldis_client_submit(life->caller, &command, life_report, life, NULL) == 0;
    if (life->submitted) {
        life_turn(life, &life->n_outcomes, "the call has no outcome");
    }
}

ALD_TEST(alloc, may_fail_anywhere_in_a_hub_and_its_clients)
{
    int n_succeeded = 0;
    uint64_t n = 0;
    bool failed;

    do {
        struct life life = {.n = ++n};

        ald_alloc_fail_at(n);
        life_run(&life);
        aldis_client_free(life.caller);
        aldis_hub_free(life.hub);
        aldis_client_free(life.agent);
        failed = ald_alloc_fail_off();
        ald_check_int(life.n_outcomes, life.submitted ? 1 : 0);
        n_succeeded += life.outcome == ALDIS_SUCCEEDED;
    } while (failed);
    ald_check(n > 100); /* it came as far as allocating */
    ald_check(n_succeeded > 20);
}

ALD_TEST_MAIN(alloc, ALD_CASE(alloc, may_fail_anywhere_in_a_hub_and_its_clients))
