/*
 * Events as jobs: what a handler keeps stays valid until it is answered, from whatever thread, before or after the end of
 * its client. Run with the sanitizer, this shows both what is touched too late and what is never let go of.
 */

#include "embed/rig_test.h"

#include <string.h>

/* An event that the agent's handler has kept, and returned from. */
static struct aldis_job *keep_one(struct rig *rig)
{
    const struct aldis_command event = rig_command("keep", "{\"at\":6}");
    const struct aldis_command echo = rig_command("echo", NULL);
    int n = rig->n_jobs;

    rig_must(aldis_client_send(rig->caller, &event));
    rig_until(rig, n_jobs, n + 1);
    ald_check_int(rig_call(rig, &echo), ALDIS_SUCCEEDED); /* the next one, so the handler of the event has returned */
    return rig->jobs[n];
}

static void check_stands(struct aldis_job *job)
{
    ald_check(aldis_job_is_event(job));
    ald_check_str(ald_str(aldis_job_name(job)), "keep");
    ald_check_str(ald_str(aldis_job_payload(job, NULL)), "{\"at\":6}");
}

static void *answer_elsewhere(void *job)
{
    check_stands(job);
    rig_must(aldis_job_accept(job, "soon"));
    rig_must(aldis_job_progress(job, 1, 2, "half", NULL));
    ald_check_int(aldis_job_succeed(job, "{"), ALDIS_E_INVALID); /* it stands */
    rig_must(aldis_job_fail(job, "E_BULB", "nobody hears it"));
    return NULL;
}

ALD_TEST(event, is_answered_later_from_another_thread)
{
    const struct aldis_command echo = rig_command("echo", NULL);
    struct aldis_job *job;
    struct rig rig;
    pthread_t thread;

    rig_open(&rig);
    job = keep_one(&rig);
    ald_check_int(aldis_client_jobs(rig.agent), 1);
    ald_check_int(pthread_create(&thread, NULL, answer_elsewhere, job), 0);
    ald_check_int(pthread_join(thread, NULL), 0);
    ald_check_int(rig_call(&rig, &echo), ALDIS_SUCCEEDED); /* behind the answer */
    ald_check_int(aldis_client_jobs(rig.agent), 0);
    aldis_job_give_up(keep_one(&rig));
    rig_close(&rig);
}

ALD_TEST(event, outlives_its_client)
{
    struct aldis_job *first, *second;
    struct rig rig;

    rig_open(&rig);
    first = keep_one(&rig);
    second = keep_one(&rig);
    rig.agent = aldis_client_free(rig.agent);
    check_stands(first);
    ald_check(aldis_job_is_cancelled(first));
    rig_must(aldis_job_succeed(first, NULL));
    rig_close(&rig);
    check_stands(second);
    aldis_job_give_up(second);
    memset(rig.jobs, 0, sizeof(rig.jobs)); /* so that nothing but a leak could keep them */
}

ALD_TEST(event, holds_up_no_drain)
{
    struct aldis_job *job;
    struct rig rig;

    rig_open(&rig);
    job = keep_one(&rig);
    rig_must(aldis_client_drain(rig.agent));
    rig_must(aldis_client_wait(rig.agent, ALDIS_STATE_CLOSED, 20000));
    check_stands(job);
    rig_must(aldis_job_confirm_cancel(job));
    rig_close(&rig);
}

static void rig_only_succeeded(struct aldis_call *call, const struct aldis_report *report, void *data)
{
    if (report->outcome != ALDIS_PENDING) {
        ald_check_int(report->outcome, ALDIS_SUCCEEDED);
        rig_report(call, report, data);
    }
}

static void announce(struct aldis_job *job, void *data ALD_UNUSED)
{
    const struct aldis_command dawn = {ALDIS_COMMAND, .target = "lamp", .name = "dawn", .payload = "1"};

    rig_must(aldis_client_send(aldis_job_client(job), &dawn));
    rig_must(aldis_job_succeed(job, NULL));
}

/* The whole burst may come in one turn; one job at a time is enough for it. */
ALD_TEST(event, and_command_that_is_answered_at_once_makes_room_at_once)
{
    enum { BURST = 300 };
    const struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .target = "one", .jobs_max = 1};
    const struct aldis_command echo = {ALDIS_COMMAND, .target = "one", .name = "echo", .payload = "1"};
    const struct aldis_command dawn = {ALDIS_COMMAND, .target = "one", .name = "dawn", .payload = "1"};
    const struct aldis_command tell = {ALDIS_COMMAND, .target = "one", .name = "announce"};
    struct aldis_client *agent = NULL;
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_hub_client_new(rig.hub, &options, NULL, 0, &agent));
    rig_must(aldis_client_on_command(agent, "echo", rig_echo, &rig));
    rig_must(aldis_client_on_command(agent, "dawn", rig_event, &rig));
    rig_must(aldis_client_on_command(agent, "announce", announce, &rig));
    rig_must(aldis_client_start(agent));
    rig_must(aldis_client_wait(agent, ALDIS_STATE_READY, 20000));
    for (int i = 0; i < BURST; i++) {
        rig_must(aldis_client_submit(rig.caller, &echo, rig_only_succeeded, &rig, NULL));
        rig_must(aldis_client_send(rig.caller, &dawn));
    }
    rig_until(&rig, n_outcomes, BURST);
    rig_until(&rig, n_events, BURST);
    ald_check_int(aldis_client_events_dropped(agent), 0);
    ald_check_int(rig_call(&rig, &tell), ALDIS_SUCCEEDED); /* what was said first, is heard first */
    rig_until(&rig, n_events, BURST + 1);
    aldis_client_free(agent);
    rig_close(&rig);
}

ALD_TEST_MAIN(event, ALD_CASE(event, is_answered_later_from_another_thread), ALD_CASE(event, outlives_its_client),
              ALD_CASE(event, holds_up_no_drain),
              ALD_CASE(event, and_command_that_is_answered_at_once_makes_room_at_once))
