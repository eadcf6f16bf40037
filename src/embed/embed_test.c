#include "embed/rig_test.h"

#include <sys/stat.h>
#include <unistd.h>

/* --- calls -------------------------------------------------------------------------------------------------------- */

ALD_TEST(embed, carries_a_command_and_its_reply)
{
    struct aldis_command command = rig_command("echo", "{\"letters\":\"SOS\"}");
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    ald_check_str(ald_str(rig.payload), "{\"letters\":\"SOS\"}");
    ald_check_str(ald_str(rig.cause), "");
    command.payload = NULL;
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    ald_check_str(ald_str(rig.payload), "");
    command.payload = "[1]trailing";
    command.payload_size = 3;
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    ald_check_str(ald_str(rig.payload), "[1]");
    rig_close(&rig);
}

ALD_TEST(embed, refuses_what_no_handler_takes)
{
    struct aldis_command command = rig_command("dance", NULL);
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_call(&rig, &command), ALDIS_REFUSED);
    ald_check_str(ald_str(rig.cause), "no_handler");
    rig_must(aldis_client_on_command(rig.agent, NULL, rig_echo, NULL));
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    rig_must(aldis_client_on_command(rig.agent, "echo", NULL, NULL)); /* falls to the one for the rest */
    command.name = "echo";
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    rig_must(aldis_client_on_command(rig.agent, NULL, NULL, NULL));
    ald_check_int(rig_call(&rig, &command), ALDIS_REFUSED);
    command.target = "nobody";
    ald_check_int(rig_call(&rig, &command), ALDIS_REFUSED);
    ald_check_str(ald_str(rig.cause), "no_target");
    rig_close(&rig);
}

/* Each way of answering, from another thread than the one that was asked. */
ALD_TEST(embed, hears_every_kind_of_answer)
{
    static const struct {
        enum aldis_answer_kind kind;
        enum aldis_outcome outcome;
        const char *cause;
    } rows[] = {
        {ALDIS_ANSWER_SUCCEEDED, ALDIS_SUCCEEDED, ""},
        {ALDIS_ANSWER_FAILED, ALDIS_FAILED, "agent_failed"},
        {ALDIS_ANSWER_REFUSED, ALDIS_REFUSED, "agent_refused"},
        {ALDIS_ANSWER_CANCELLED, ALDIS_CANCELLED, "taken_back"},
    };
    struct aldis_command command = rig_command("keep", NULL);
    struct rig rig;

    rig_open(&rig);
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        const struct aldis_answer answer = {ALDIS_ANSWER, .kind = rows[i].kind, .payload = "7", .text = "so it was",
                                            .details = "{\"i\":1}"};

        rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
        rig_until(&rig, n_jobs, (int)i + 1);
        rig_must(aldis_job_answer(rig.jobs[i], &answer));
        rig_until(&rig, n_outcomes, (int)i + 1);
        ald_check_int(rig.outcome, rows[i].outcome);
        ald_check_str(ald_str(rig.cause), rows[i].cause);
        ald_check_str(ald_str(rig.payload), "7");
    }
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    rig_until(&rig, n_jobs, 5);
    aldis_job_give_up(rig.jobs[4]);
    rig_until(&rig, n_outcomes, 5);
    ald_check_int(rig.outcome, ALDIS_FAILED);
    ald_check_str(ald_str(rig.cause), "agent_broke");
    rig_close(&rig);
}

ALD_TEST(embed, tells_a_job_what_it_is)
{
    struct aldis_command command = rig_command("keep", "null");
    struct aldis_job *job;
    struct aldis_call *call;
    struct rig rig;
    int data;

    rig_open(&rig);
    command.version = "2";
    command.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    command.id = "6F1D0E9C-8A52-4C1E-9D3B-0A7C2F4B1E10";
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, &call));
    ald_check_str(ald_str(aldis_call_id(call)), "6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10");
    rig_until(&rig, n_jobs, 1);
    job = rig.jobs[0];
    ald_check_str(ald_str(aldis_job_name(job)), "keep");
    ald_check_str(ald_str(aldis_job_version(job)), "2");
    ald_check_str(ald_str(aldis_job_traceparent(job)), command.traceparent);
    ald_check_str(ald_str(aldis_job_from(job)), "");
    ald_check_str(ald_str(aldis_job_payload(job, NULL)), "null");
    ald_check_int(strlen(aldis_job_id(job)), 36);
    ald_check(aldis_job_left_ms(job) > 1000 && aldis_job_left_ms(job) <= 20000);
    ald_check(!aldis_job_is_event(job) && !aldis_job_is_cancelled(job));
    ald_check(aldis_job_client(job) == rig.agent);
    ald_check(aldis_job_data(job) == NULL);
    aldis_job_set_data(job, &data);
    ald_check(aldis_job_data(job) == &data);
    ald_check_int(aldis_client_jobs(rig.agent), 1);
    rig_must(aldis_job_succeed(job, NULL));
    rig_until(&rig, n_outcomes, 1);
    ald_check_int(aldis_client_jobs(rig.agent), 0);
    aldis_call_free(call);
    rig_close(&rig);
}

ALD_TEST(embed, passes_on_statuses_and_progress)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    rig_until(&rig, n_jobs, 1);
    rig_must(aldis_job_accept(rig.jobs[0], "on it"));
    rig_must(aldis_job_progress(rig.jobs[0], 1, 2, NULL, "{\"half\":true}"));
    rig_until(&rig, n_progress, 1);
    ald_check_int(aldis_job_progress(rig.jobs[0], 3, 2, NULL, NULL), ALDIS_E_INVALID);
    ald_check_int(aldis_job_progress(rig.jobs[0], 0.0 / 0.0, 2, NULL, NULL), ALDIS_E_INVALID);
    ald_check_int(aldis_job_progress(rig.jobs[0], 1, 2, NULL, "{"), ALDIS_E_INVALID);
    ald_check_int(aldis_job_progress(rig.jobs[0], 1, 2, "\xff", NULL), ALDIS_E_INVALID);
    rig_must(aldis_job_succeed(rig.jobs[0], "1"));
    rig_until(&rig, n_outcomes, 1);
    ald_check(rig.n_statuses >= 2);
    rig_close(&rig);
}

ALD_TEST(embed, collects_the_members_of_mode_all)
{
    struct aldis_command command = rig_command("echo", "[\"\\u00e9\"]");
    struct aldis_client *second;
    struct aldis_client *third;
    struct aldis_report *report;
    struct rig rig;

    rig_open(&rig);
    second = rig_agent(&rig, "lamp");
    third = rig_agent(&rig, "lamp");
    rig_must(aldis_client_on_command(third, "echo", NULL, NULL));
    rig_must(aldis_client_wait(second, ALDIS_STATE_READY, 20000));
    rig_must(aldis_client_wait(third, ALDIS_STATE_READY, 20000));
    command.mode = ALDIS_MODE_ALL;
    rig_must(aldis_client_call(rig.caller, &command, &report));
    ald_check_int(report->outcome, ALDIS_FAILED);
    ald_check_str(ald_str(report->cause), "members");
    ald_check_int(report->n_members, 3);
    for (size_t i = 0, n_refused = 0; i < 3; i++) {
        const struct aldis_member *member = &report->members[i];

        ald_check_int(strlen(member->channel), 36);
        n_refused += member->outcome == ALDIS_REFUSED;
        if (member->outcome == ALDIS_SUCCEEDED) {
            ald_check_str(ald_str_of(member->payload, member->payload_size), command.payload);
            ald_check_str(ald_str(member->cause), "");
        } else {
            ald_check_str(ald_str(member->cause), "no_handler");
            ald_check(member->text != NULL && member->text[0] != '\0');
        }
        ald_check_int(n_refused <= 1, true);
    }
    aldis_report_free(report);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    rig_until(&rig, n_outcomes, 1);
    ald_check(rig.n_members == 3); /* one in a status each */
    aldis_client_free(second);
    aldis_client_free(third);
    rig_close(&rig);
}

ALD_TEST(embed, expires_and_tells_the_agent)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct rig rig;

    rig_open(&rig);
    command.deadline_ms = 50;
    ald_check_int(rig_call(&rig, &command), ALDIS_EXPIRED);
    rig_until(&rig, n_cancelled, 1);
    ald_check(aldis_job_is_cancelled(rig.jobs[0]));
    rig_must(aldis_job_succeed(rig.jobs[0], "\"late\""));
    rig_close(&rig);
}

ALD_TEST(embed, takes_a_command_back)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct aldis_call *call;
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, &call));
    rig_until(&rig, n_jobs, 1);
    rig_must(aldis_call_cancel(call));
    rig_must(aldis_call_cancel(call));
    rig_until(&rig, n_cancelled, 1);
    rig_must(aldis_job_confirm_cancel(rig.jobs[0]));
    rig_until(&rig, n_outcomes, 1);
    ald_check_int(rig.outcome, ALDIS_CANCELLED);
    rig_must(aldis_call_cancel(call)); /* nothing is left to be taken back */
    aldis_call_free(call);
    rig_close(&rig);
}

ALD_TEST(embed, sends_events)
{
    struct aldis_command event = rig_command("dawn", "{\"at\":6}");
    struct aldis_command echo = rig_command("echo", NULL);
    struct rig rig;

    rig_open(&rig);
    event.deadline_ms = 0;
    rig_must(aldis_client_send(rig.caller, &event));
    rig_until(&rig, n_events, 1);
    ald_check_str(ald_str(rig.payload), "{\"at\":6}");
    ald_check_int(rig_call(&rig, &echo), ALDIS_SUCCEEDED); /* the handler of the event has returned by then */
    ald_check_int(aldis_client_jobs(rig.agent), 0);
    event.mode = ALDIS_MODE_ALL;
    ald_check_int(aldis_client_send(rig.caller, &event), ALDIS_E_INVALID);
    event.mode = ALDIS_MODE_ANY;
    rig_must(aldis_client_close(rig.caller));
    rig_must(aldis_client_wait(rig.caller, ALDIS_STATE_CLOSED, 20000));
    ald_check_int(aldis_client_send(rig.caller, &event), ALDIS_E_CLOSED);
    rig_close(&rig);
}

/* --- roles -------------------------------------------------------------------------------------------------------- */

ALD_TEST(embed, elects_a_primary_and_tells_it)
{
    struct aldis_command command = rig_command("echo", "1");
    uint64_t term;
    struct rig rig;

    rig_open(&rig);
    rig_until(&rig, n_primary, 1);
    ald_check(rig.primary && rig.term > 0);
    term = rig.term;
    command.mode = ALDIS_MODE_PRIMARY;
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    rig.agent = aldis_client_free(rig.agent); /* its connection ends, and with it its office */
    ald_check_int(rig.n_primary, 2);
    ald_check(!rig.primary && rig.term == term);
    rig_close(&rig);
}

static void rig_health(struct aldis_client *client, void *data)
{
    struct rig *rig = data;

    rig_must(aldis_client_healthy(client, false, "a bulb broke"));
    rig_lock(rig);
    rig->n_health++;
    rig_unlock(rig);
}

ALD_TEST(embed, asks_an_agent_for_its_health_and_sends_it_away)
{
    static const char *const settings[] = {"exchange.healthcheck_interval=10ms", "exchange.healthcheck_failures=2",
                                           NULL};
    struct rig rig;

    rig_open_with(&rig, settings);
    rig_must(aldis_client_on_health(rig.agent, rig_health, &rig));
    rig_until(&rig, n_health, 2);
    rig_until(&rig, n_ready, 2); /* it was asked to leave, and came back */
    rig_close(&rig);
}

ALD_TEST(embed, hands_the_controller_what_is_for_nobody)
{
    static const char *const settings[] = {"hub.controller=boss", NULL};
    struct aldis_command command = rig_command("enlist", "\"deck\"");
    struct aldis_client *boss;
    struct rig rig;

    rig_open_with(&rig, settings);
    command.target = NULL;
    ald_check_int(rig_call(&rig, &command), ALDIS_REFUSED);
    boss = rig_agent(&rig, "boss");
    rig_must(aldis_client_on_command(boss, NULL, rig_echo, NULL));
    rig_must(aldis_client_wait(boss, ALDIS_STATE_READY, 20000));
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    ald_check_str(ald_str(rig.payload), "\"deck\"");
    aldis_client_free(boss);
    rig_close(&rig);
}

ALD_TEST(embed, knows_by_what_name_an_agent_goes)
{
    char name[300];
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_target(rig.agent, name, sizeof(name)));
    ald_check_str(ald_str(name), "lamp");
    rig_must(aldis_client_target(rig.agent, name, 3));
    ald_check_str(ald_str(name), "la");
    rig_must(aldis_client_target(rig.caller, name, sizeof(name)));
    ald_check_str(ald_str(name), "");
    rig_close(&rig);
}

/* --- ends --------------------------------------------------------------------------------------------------------- */

ALD_TEST(embed, lets_an_agent_finish_when_it_drains)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    rig_until(&rig, n_jobs, 1);
    rig_must(aldis_client_drain(rig.agent));
    ald_check_int(aldis_client_wait(rig.agent, ALDIS_STATE_CLOSED, 20), ALDIS_E_TIMEOUT);
    rig_must(aldis_job_succeed(rig.jobs[0], "\"done\""));
    rig_until(&rig, n_outcomes, 1);
    ald_check_int(rig.outcome, ALDIS_SUCCEEDED);
    rig_must(aldis_client_wait(rig.agent, ALDIS_STATE_CLOSED, 20000));
    ald_check_int(aldis_client_wait(rig.agent, ALDIS_STATE_READY, 20000), ALDIS_E_CLOSED);
    rig_close(&rig);
}

ALD_TEST(embed, keeps_jobs_and_calls_that_outlive_their_client)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct aldis_call *call;
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, &call));
    rig_until(&rig, n_jobs, 1);
    rig.agent = aldis_client_free(rig.agent);
    rig_until(&rig, n_outcomes, 1);
    ald_check_int(rig.outcome, ALDIS_LOST);
    ald_check(aldis_job_is_cancelled(rig.jobs[0]));
    ald_check_str(ald_str(aldis_job_name(rig.jobs[0])), "keep");
    rig_must(aldis_job_succeed(rig.jobs[0], "1")); /* nobody hears it */
    rig.caller = aldis_client_free(rig.caller);
    rig_must(aldis_call_cancel(call));
    ald_check_int(strlen(aldis_call_id(call)), 36);
    aldis_call_free(call);
    rig_close(&rig);
}

ALD_TEST(embed, tells_every_outcome_before_a_client_is_freed)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct rig rig;

    rig_open(&rig);
    for (int i = 0; i < 20; i++) {
        rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    }
    rig.caller = aldis_client_free(rig.caller);
    ald_check_int(rig.n_outcomes, 20);
    for (int i = 0; i < rig.n_jobs; i++) {
        aldis_job_give_up(rig.jobs[i]);
    }
    rig_close(&rig);
}

ALD_TEST(embed, closes_its_clients_when_it_is_freed_first)
{
    struct aldis_command command = rig_command("keep", NULL);
    struct aldis_report *report;
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    rig_until(&rig, n_jobs, 1);
    rig.hub = aldis_hub_free(rig.hub);
    ald_check_int(rig.n_outcomes, 1);
    ald_check_int(rig.n_closed, 1);
    ald_check_int(aldis_client_state(rig.caller), ALDIS_STATE_CLOSED);
    ald_check_int(aldis_client_call(rig.caller, &command, &report), ALDIS_E_CLOSED);
    ald_check_int(aldis_client_start(rig.caller), ALDIS_E_INVALID);
    aldis_job_give_up(rig.jobs[0]);
    rig_close(&rig);
}

static void free_in_report(struct aldis_call *call ALD_UNUSED, const struct aldis_report *report, void *data)
{
    struct rig *rig = data;

    if (report->outcome != ALDIS_PENDING) {
        rig->caller = aldis_client_free(rig->caller);
        rig_lock(rig);
        rig->n_outcomes++;
        rig_unlock(rig);
    }
}

ALD_TEST(embed, may_lose_its_client_inside_a_callback)
{
    struct aldis_command command = rig_command("echo", NULL);
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, free_in_report, &rig, NULL));
    rig_until(&rig, n_outcomes, 1);
    rig_close(&rig);
}

static void free_hub_in_report(struct aldis_call *call ALD_UNUSED, const struct aldis_report *report, void *data)
{
    struct rig *rig = data;

    if (report->outcome != ALDIS_PENDING) {
        rig->hub = aldis_hub_free(rig->hub);
        rig_lock(rig);
        rig->n_outcomes++;
        rig_unlock(rig);
    }
}

ALD_TEST(embed, may_be_freed_inside_a_callback)
{
    struct aldis_command command = rig_command("echo", NULL);
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_submit(rig.caller, &command, free_hub_in_report, &rig, NULL));
    rig_until(&rig, n_outcomes, 1);
    rig_until(&rig, n_closed, 1);
    rig_must(aldis_client_wait(rig.caller, ALDIS_STATE_CLOSED, 20000));
    rig_close(&rig);
}

static void call_in_handler(struct aldis_job *job, void *data)
{
    struct aldis_command command = rig_command("echo", NULL);
    struct rig *rig = data;
    struct aldis_report *report;

    ald_check_int(aldis_client_call(rig->caller, &command, &report), ALDIS_E_CALLBACK);
    ald_check_int(aldis_client_wait(rig->caller, ALDIS_STATE_READY, 1), ALDIS_E_CALLBACK);
    ald_check_int(aldis_hub_wait_drained(rig->hub, 1), ALDIS_E_CALLBACK);
    rig_must(aldis_client_submit(rig->caller, &command, rig_report, rig, NULL)); /* this may be done */
    rig_must(aldis_job_succeed(job, NULL));
}

ALD_TEST(embed, does_not_let_a_callback_wait_for_itself)
{
    struct aldis_command command = rig_command("nest", NULL);
    struct rig rig;

    rig_open(&rig);
    rig_must(aldis_client_on_command(rig.agent, "nest", call_in_handler, &rig));
    ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
    rig_until(&rig, n_outcomes, 2);
    rig_close(&rig);
}

ALD_TEST(embed, drains_and_says_so)
{
    struct rig rig;

    rig_open(&rig);
    ald_check_int(aldis_hub_wait_drained(rig.hub, 1), ALDIS_E_TIMEOUT);
    rig_must(aldis_hub_drain(rig.hub));
    rig_must(aldis_hub_drain(rig.hub));
    rig_must(aldis_hub_wait_drained(rig.hub, 20000));
    rig_close(&rig);
}

/* --- doors -------------------------------------------------------------------------------------------------------- */

ALD_TEST(embed, opens_doors_only_when_it_is_told)
{
    static const char *const settings[] = {"http.listen=127.0.0.1:0", NULL};
    const char *name = NULL;
    struct rig rig;

    rig_open(&rig);
    ald_check(aldis_hub_door(rig.hub, 0, NULL) == NULL);
    rig_close(&rig);
    rig_open_with(&rig, settings);
    ald_check(aldis_hub_door(rig.hub, 0, &name) != NULL);
    ald_check_str(ald_str(name), "http");
    ald_check(aldis_hub_door(rig.hub, 1, NULL) == NULL);
    rig_close(&rig);
}

ALD_TEST(embed, serves_clients_of_other_threads_through_its_doors)
{
    struct aldis_command command = rig_command("echo", "[1]");
    const char *settings[] = {NULL, NULL};
    const char *urls[] = {NULL, NULL};
    char folder[] = "/tmp/aldis-embed-XXXXXX";
    char setting[100];
    char url[100];
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .urls = urls};
    struct rig rig;

    ald_check(mkdtemp(folder) != NULL);
    snprintf(setting, sizeof(setting), "unix.path=%s/s", folder);
    snprintf(url, sizeof(url), "unix:%s/s", folder);
    settings[0] = setting;
    urls[0] = url;
    rig_open_with(&rig, settings);
    for (int driven = 0; driven < 2; driven++) {
        struct aldis_client *inside = rig.caller;

        options.driven = driven != 0;
        rig_must(aldis_client_new(&options, NULL, 0, &rig.caller));
        rig_must(aldis_client_start(rig.caller));
        ald_check_int(rig_call(&rig, &command), ALDIS_SUCCEEDED);
        ald_check_str(ald_str(rig.payload), "[1]");
        aldis_client_free(rig.caller);
        rig.caller = inside;
    }
    rig_close(&rig);
    rmdir(folder);
}

ALD_TEST(embed, says_what_is_wrong_with_its_settings)
{
    static const char *const bad[] = {"http.listne=1", NULL};
    struct aldis_hub_options options = {ALDIS_HUB_OPTIONS, .settings = bad};
    struct aldis_hub *hub = NULL;
    char why[300];

    ald_check_int(aldis_hub_new(&options, why, sizeof(why), &hub), ALDIS_E_CONFIG);
    ald_check(strstr(why, "listne") != NULL);
    options.settings = NULL;
    options.config = "[hub]\nid = 7\n";
    ald_check_int(aldis_hub_new(&options, why, sizeof(why), &hub), ALDIS_E_CONFIG);
    ald_check(strstr(why, "config:2") != NULL);
    options.config = NULL;
    options.config_file = "/nowhere/at/all.conf";
    ald_check_int(aldis_hub_new(&options, why, 5, &hub), ALDIS_E_CONFIG);
    ald_check_int(strlen(why), 4);
    ald_check(hub == NULL);
}

/* With rules, whoever comes in proves who he is, in this process too. */
ALD_TEST(embed, asks_its_own_clients_for_their_tokens)
{
    static const char rules[] = "[token deck]\n"
                                "hash = sha256:07eeb1507efba7f2fbf31a56db875111d190793cca593d554482ab1d249d909e\n"
                                "register = lamp\n";
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .target = "lamp"};
    char path[] = "/tmp/aldis-tokens-XXXXXX";
    char setting[100];
    const char *const settings[] = {setting, NULL};
    const struct aldis_hub_options hub_options = {ALDIS_HUB_OPTIONS, .settings = settings};
    struct aldis_client *stranger;
    struct aldis_client *deck;
    struct aldis_hub *hub;
    int fd = mkstemp(path);

    ald_check(fd >= 0 && write(fd, rules, strlen(rules)) == (ssize_t)strlen(rules));
    close(fd);
    snprintf(setting, sizeof(setting), "auth.tokens=%s", path);
    rig_must(aldis_hub_new(&hub_options, NULL, 0, &hub));
    rig_must(aldis_hub_start(hub));
    rig_must(aldis_hub_client_new(hub, &options, NULL, 0, &stranger));
    options.token = "the-secret-of-the-lamp";
    rig_must(aldis_hub_client_new(hub, &options, NULL, 0, &deck));
    rig_must(aldis_client_start(stranger));
    rig_must(aldis_client_start(deck));
    rig_must(aldis_client_wait(deck, ALDIS_STATE_READY, 20000));
    ald_check_int(aldis_client_wait(stranger, ALDIS_STATE_READY, 50), ALDIS_E_TIMEOUT);
    aldis_client_free(deck);
    aldis_client_free(stranger);
    aldis_hub_free(hub);
    unlink(path);
}

static int turn_until(struct aldis_hub *hub, const int *count, int n)
{
    for (int i = 0; i < 100000 && *count < n; i++) {
        int r = aldis_hub_turn(hub);

        if (r < 0) {
            return r;
        }
    }
    return *count >= n ? 0 : ALDIS_E_TIMEOUT;
}

ALD_TEST(embed, is_driven_with_everything_in_it)
{
    const struct aldis_hub_options options = {ALDIS_HUB_OPTIONS, .driven = true};
    struct aldis_command command = rig_command("echo", "[1]");
    struct aldis_report *report;
    struct rig rig = {.n_jobs = 0};

    pthread_mutex_init(&rig.mutex, NULL);
    pthread_cond_init(&rig.changed, NULL);
    rig_must(aldis_hub_new(&options, NULL, 0, &rig.hub));
    rig.agent = rig_agent(&rig, "lamp");
    rig.caller = rig_caller(&rig);
    ald_check_int(aldis_hub_turn(rig.hub), ALDIS_E_INVALID);
    rig_must(aldis_hub_start(rig.hub));
    ald_check(aldis_hub_fd(rig.hub) >= 0);
    rig_must(turn_until(rig.hub, &rig.n_ready, 1));
    ald_check(aldis_hub_timeout(rig.hub) >= -1);
    rig_must(aldis_client_submit(rig.caller, &command, rig_report, &rig, NULL));
    rig_must(turn_until(rig.hub, &rig.n_outcomes, 1));
    ald_check_int(rig.outcome, ALDIS_SUCCEEDED);
    rig_must(aldis_client_call(rig.caller, &command, &report)); /* turns it itself */
    ald_check_int(report->outcome, ALDIS_SUCCEEDED);
    aldis_report_free(report);
    rig_close(&rig);
}

ALD_TEST(embed, may_be_made_and_thrown_away_unstarted)
{
    struct aldis_client *client;
    struct aldis_hub *hub;

    rig_must(aldis_hub_new(NULL, NULL, 0, &hub));
    rig_must(aldis_hub_client_new(hub, NULL, NULL, 0, &client));
    aldis_hub_free(hub);
    aldis_client_free(client);
    rig_must(aldis_hub_new(NULL, NULL, 0, &hub));
    rig_must(aldis_hub_client_new(hub, NULL, NULL, 0, &client));
    rig_must(aldis_client_start(client));
    aldis_client_free(client);
    aldis_hub_free(hub);
}

/* --- many --------------------------------------------------------------------------------------------------------- */

enum { CROWD = 8, CROWD_CALLS = 100 };

static void *crowd_thread(void *owner)
{
    struct aldis_command command = rig_command("echo", "[1,2,3]");
    struct rig *rig = owner;

    for (int i = 0; i < CROWD_CALLS; i++) {
        struct aldis_report *report = NULL;

        if (aldis_client_call(rig->caller, &command, &report) == 0 && report->outcome == ALDIS_SUCCEEDED &&
            strcmp(report->payload, "[1,2,3]") == 0) {
            rig_lock(rig);
            rig->n_outcomes++;
            rig_unlock(rig);
        }
        aldis_report_free(report);
    }
    return NULL;
}

ALD_TEST(embed, serves_many_threads_over_one_client)
{
    pthread_t threads[CROWD];
    struct rig rig;

    rig_open(&rig);
    for (int i = 0; i < CROWD; i++) {
        ald_check_int(pthread_create(&threads[i], NULL, crowd_thread, &rig), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
    }
    ald_check_int(rig.n_outcomes, CROWD * CROWD_CALLS);
    rig_close(&rig);
}

ALD_TEST_MAIN(embed, ALD_CASE(embed, carries_a_command_and_its_reply), ALD_CASE(embed, refuses_what_no_handler_takes),
              ALD_CASE(embed, hears_every_kind_of_answer), ALD_CASE(embed, tells_a_job_what_it_is),
              ALD_CASE(embed, passes_on_statuses_and_progress), ALD_CASE(embed, collects_the_members_of_mode_all),
              ALD_CASE(embed, expires_and_tells_the_agent), ALD_CASE(embed, takes_a_command_back),
              ALD_CASE(embed, sends_events), ALD_CASE(embed, elects_a_primary_and_tells_it),
              ALD_CASE(embed, asks_an_agent_for_its_health_and_sends_it_away),
              ALD_CASE(embed, hands_the_controller_what_is_for_nobody),
              ALD_CASE(embed, knows_by_what_name_an_agent_goes), ALD_CASE(embed, lets_an_agent_finish_when_it_drains),
              ALD_CASE(embed, keeps_jobs_and_calls_that_outlive_their_client),
              ALD_CASE(embed, tells_every_outcome_before_a_client_is_freed),
              ALD_CASE(embed, closes_its_clients_when_it_is_freed_first),
              ALD_CASE(embed, may_lose_its_client_inside_a_callback), ALD_CASE(embed, may_be_freed_inside_a_callback),
              ALD_CASE(embed, does_not_let_a_callback_wait_for_itself), ALD_CASE(embed, drains_and_says_so),
              ALD_CASE(embed, opens_doors_only_when_it_is_told),
              ALD_CASE(embed, serves_clients_of_other_threads_through_its_doors),
              ALD_CASE(embed, says_what_is_wrong_with_its_settings), ALD_CASE(embed, is_driven_with_everything_in_it),
              ALD_CASE(embed, may_be_made_and_thrown_away_unstarted),
              ALD_CASE(embed, asks_its_own_clients_for_their_tokens),
              ALD_CASE(embed, serves_many_threads_over_one_client))
