/*
 * The virtual connector (link.md 5): a program and the hub in it, joined without a socket, in each protocol. What the hub's end
 * does with a peer that says and reads what it wants is in conn/pair_test.c.
 */

#include <stdlib.h>
#include <string.h>

#include "rig_test.h"

enum { VIRTUAL_PAYLOAD = 20 * 1024 };

struct speech {
    const char *url;
    const char *target; /* that an agent of it can have */
};

static const struct speech speeches[] = {
    {"inproc:", "lamp"},
    {"link+inproc:", "7"},
    {"cd+inproc:", "bell"},
};

/* A hub with an agent that speaks the one, and a caller that speaks the other. */
static void begin(struct rig *rig, const struct speech *agent, const struct speech *caller)
{
    rig_open(rig);
    rig->agent = aldis_client_free(rig->agent);
    rig->caller = aldis_client_free(rig->caller);
    rig->n_ready = rig->n_closed = 0;
    rig->urls[0] = agent->url;
    rig->agent = rig_agent(rig, agent->target);
    rig->urls[0] = caller->url;
    rig->caller = rig_caller(rig);
    rig_must(aldis_client_wait(rig->agent, ALDIS_STATE_READY, 20000));
    rig_must(aldis_client_wait(rig->caller, ALDIS_STATE_READY, 20000));
}

static enum aldis_outcome call(struct rig *rig, const struct speech *agent, const char *name, const char *payload)
{
    struct aldis_command command = rig_command(name, payload);

    command.target = agent->target;
    return rig_call(rig, &command);
}

ALD_TEST(virtual, every_protocol_commands_every_other)
{
    for (size_t i = 0; i < ALD_COUNT(speeches) * ALD_COUNT(speeches); i++) {
        const struct speech *agent = &speeches[i / ALD_COUNT(speeches)], *caller = &speeches[i % ALD_COUNT(speeches)];
        struct rig rig;

        begin(&rig, agent, caller);
        ald_check_int(call(&rig, agent, "echo", "{\"says\":\"ahoy\"}"), ALDIS_SUCCEEDED);
        ald_check_str(ald_str(rig.payload), "{\"says\":\"ahoy\"}");
        ald_check_int(call(&rig, agent, "nonesuch", NULL), ALDIS_REFUSED);
        rig_close(&rig);
    }
}

ALD_TEST(virtual, who_says_goodbye_is_gone_in_order)
{
    for (size_t i = 0; i < ALD_COUNT(speeches); i++) {
        struct rig rig;

        begin(&rig, &speeches[i], &speeches[i]);
        rig_must(aldis_client_close(rig.agent));
        rig_must(aldis_client_wait(rig.agent, ALDIS_STATE_CLOSED, 20000));
        rig_until(&rig, n_closed, 1);
        ald_check_int(call(&rig, &speeches[i], "echo", NULL), ALDIS_REFUSED);
        ald_check_str(ald_str(rig.cause), "no_target");
        rig_close(&rig);
    }
}

/* Those who come again wait for a hub; the hub has none of them left. */
ALD_TEST(virtual, the_hub_may_say_it_too)
{
    for (size_t i = 0; i < ALD_COUNT(speeches); i++) {
        struct rig rig;

        begin(&rig, &speeches[i], &speeches[i]);
        rig_must(aldis_hub_drain(rig.hub));
        rig_must(aldis_hub_wait_drained(rig.hub, 20000));
        ald_check(aldis_client_state(rig.agent) != ALDIS_STATE_READY);
        rig_close(&rig);
    }
}

ALD_TEST(virtual, a_hub_that_is_gone_takes_what_runs_along)
{
    for (size_t i = 0; i < ALD_COUNT(speeches); i++) {
        struct aldis_command command = rig_command("keep", NULL);
        struct rig rig;

        begin(&rig, &speeches[i], &speeches[i]);
        command.target = speeches[i].target;
        rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
        rig_until(&rig, n_jobs, 1);
        rig.hub = aldis_hub_free(rig.hub);
        ald_check_int(rig.n_outcomes, 1);
        ald_check_int(rig.outcome, ALDIS_LOST);
        ald_check_int(aldis_client_state(rig.agent), ALDIS_STATE_CLOSED);
        aldis_job_give_up(rig.jobs[0]);
        rig_close(&rig);
    }
}

static void count_successes(struct aldis_call *call ALD_UNUSED, const struct aldis_report *report, void *data)
{
    struct rig *rig = data;

    rig_lock(rig);
    if (report->outcome != ALDIS_PENDING) {
        rig->n_outcomes++;
        rig->n_events += report->outcome == ALDIS_SUCCEEDED && report->payload_size > VIRTUAL_PAYLOAD;
        snprintf(rig->text, sizeof(rig->text), "%s %s", report->cause, report->text);
    }
    rig_unlock(rig);
}

/* Sixteen megabytes, through queues of a quarter of one. */
ALD_TEST(virtual, more_than_the_queues_hold_comes_through)
{
    enum { CALLS = 800 };
    char *payload = malloc(VIRTUAL_PAYLOAD + 16);

    ald_check(payload != NULL);
    memcpy(payload, "{\"x\":\"", 6);
    memset(payload + 6, 'x', VIRTUAL_PAYLOAD);
    memcpy(payload + 6 + VIRTUAL_PAYLOAD, "\"}", 3);
    for (size_t i = 0; i < ALD_COUNT(speeches); i++) {
        struct aldis_command command = rig_command("echo", payload);
        struct rig rig;

        begin(&rig, &speeches[i], &speeches[i]);
        command.target = speeches[i].target;
        for (int n = 0; n < CALLS; n++) {
            rig_must(aldis_client_submit(rig.caller, &command, count_successes, &rig, NULL));
        }
        rig_until(&rig, n_outcomes, CALLS);
        if (rig.n_events != CALLS) {
            fail_msg("%s: %d of %d: %s", speeches[i].url, rig.n_events, CALLS, rig.text);
        }
        rig_close(&rig);
    }
    free(payload);
}

ALD_TEST(virtual, other_urls_lead_nowhere)
{
    static const char *const wrong[][3] = {
        {"ws://localhost"}, {"inproc:hub"}, {""}, {"inproc:", "link+inproc:"}, {NULL},
    };
    struct rig rig;

    rig_open(&rig);
    for (size_t i = 0; i < ALD_COUNT(wrong); i++) {
        const struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .urls = wrong[i]};
        struct aldis_client *client = NULL;
        char why[200];

        ald_check_int(aldis_hub_client_new(rig.hub, &options, why, sizeof(why), &client), ALDIS_E_INVALID);
        ald_check(strstr(why, "link+inproc:") != NULL);
    }
    for (size_t i = 0; i < ALD_COUNT(speeches); i++) { /* nor do these where there is no hub in the program */
        const char *const urls[] = {speeches[i].url, NULL};
        const struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .urls = urls};
        struct aldis_client *client = NULL;

        ald_check_int(aldis_client_new(&options, NULL, 0, &client), ALDIS_E_INVALID);
    }
    rig_close(&rig);
}

ALD_TEST_MAIN(virtual, ALD_CASE(virtual, every_protocol_commands_every_other),
              ALD_CASE(virtual, who_says_goodbye_is_gone_in_order), ALD_CASE(virtual, the_hub_may_say_it_too),
              ALD_CASE(virtual, a_hub_that_is_gone_takes_what_runs_along),
              ALD_CASE(virtual, more_than_the_queues_hold_comes_through), ALD_CASE(virtual, other_urls_lead_nowhere))
