/*
 * Bad arguments: every public function with NULL, and with what makes no sense. Nothing crashes, nothing is done, and
 * each says ALDIS_E_INVALID or, where it cannot say anything, gives the empty answer that its header promises.
 */

#include "aldis/agent.h"
#include "aldis/caller.h"
#include "aldis/flag.h"
#include "aldis/service.h"
#include "aldis/version.h"
#include "aldis/schemas.h"
#include <stdio.h>

#include "lib/test.h"

#include "base/defs.h"
#include "base/str.h"

enum { UNIX_PATH_MAX = 107 }; /* Linux: sun_path without its terminator */

static const char *const nowhere[] = {"unix:/nowhere/at/all", NULL};

static struct aldis_client *client_of(const struct aldis_client_options *given)
{
    struct aldis_client_options options = *given;
    struct aldis_client *client = NULL;

    options.urls = nowhere;
    ald_check_int(aldis_client_new(&options, NULL, 0, &client), 0);
    return client;
}

static struct aldis_client *client_make(void)
{
    return client_of(&(struct aldis_client_options){ALDIS_CLIENT_OPTIONS});
}

#define check_invalid(expression) ald_check_int((expression), ALDIS_E_INVALID)

ALD_TEST(arguments, null_is_no_client)
{
    const struct aldis_command command = {ALDIS_COMMAND, .name = "x"};
    struct aldis_report *report = NULL;
    struct aldis_call *call = NULL;
    char name[10] = "kept";

    check_invalid(aldis_client_new(NULL, NULL, 0, NULL));
    check_invalid(aldis_client_start(NULL));
    check_invalid(aldis_client_on_state(NULL, NULL, NULL));
    check_invalid(aldis_client_use_schemas(NULL, NULL));
    check_invalid(aldis_schemas_new(NULL));
    check_invalid(aldis_schemas_add(NULL, "{}", 0, NULL, 0));
    check_invalid(aldis_schemas_add_folder(NULL, ".", NULL, 0));
    ald_check(aldis_schemas_free(NULL) == NULL);
    ald_check_str(ald_str(aldis_schemas_fault()), "");
    check_invalid(aldis_client_on_command(NULL, "x", NULL, NULL));
    check_invalid(aldis_client_on_cancelled(NULL, NULL, NULL));
    check_invalid(aldis_client_on_primary(NULL, NULL, NULL));
    check_invalid(aldis_client_on_health(NULL, NULL, NULL));
    check_invalid(aldis_client_wait(NULL, ALDIS_STATE_READY, 0));
    check_invalid(aldis_client_target(NULL, name, sizeof(name)));
    check_invalid(aldis_client_drain(NULL));
    check_invalid(aldis_client_close(NULL));
    check_invalid(aldis_client_fd(NULL));
    check_invalid(aldis_client_turn(NULL));
    check_invalid(aldis_client_call(NULL, &command, &report));
    check_invalid(aldis_client_submit(NULL, &command, NULL, NULL, &call));
    check_invalid(aldis_client_send(NULL, &command));
    check_invalid(aldis_client_healthy(NULL, true, NULL));
    check_invalid(aldis_client_on_report(NULL, NULL, NULL));
    check_invalid(aldis_client_on_news(NULL, NULL, NULL));
    check_invalid(aldis_client_ask(NULL, ALDIS_TOPIC_CLOCK, NULL, true));
    ald_check_int(aldis_client_timeout(NULL), 0);
    ald_check_int(aldis_client_state(NULL), ALDIS_STATE_CLOSED);
    ald_check_int(aldis_client_events_dropped(NULL), 0);
    ald_check_int(aldis_client_jobs(NULL), 0);
    ald_check(aldis_client_free(NULL) == NULL);
    ald_check(report == NULL && call == NULL);
    ald_check_str(ald_str(name), "kept");
}

ALD_TEST(arguments, null_is_no_call_report_or_job)
{
    const struct aldis_answer answer = {ALDIS_ANSWER};
    size_t size = 7;

    check_invalid(aldis_call_cancel(NULL));
    ald_check(aldis_call_id(NULL) == NULL);
    ald_check(aldis_call_free(NULL) == NULL);
    ald_check(aldis_report_free(NULL) == NULL);
    ald_check_str(ald_str(aldis_job_name(NULL)), "");
    ald_check_str(ald_str(aldis_job_id(NULL)), "");
    ald_check_str(ald_str(aldis_job_from(NULL)), "");
    ald_check_str(ald_str(aldis_job_sender(NULL)), "");
    ald_check_str(ald_str(aldis_job_version(NULL)), "");
    ald_check_str(ald_str(aldis_job_traceparent(NULL)), "");
    ald_check(aldis_job_payload(NULL, &size) == NULL && size == 0);
    ald_check(aldis_job_payload(NULL, NULL) == NULL);
    ald_check(aldis_job_left_ms(NULL) == UINT64_MAX);
    ald_check(!aldis_job_is_event(NULL) && aldis_job_is_cancelled(NULL));
    ald_check(aldis_job_client(NULL) == NULL && aldis_job_data(NULL) == NULL);
    aldis_job_set_data(NULL, &size);
    aldis_job_give_up(NULL);
    check_invalid(aldis_job_accept(NULL, NULL));
    check_invalid(aldis_job_progress(NULL, 0, 0, NULL, NULL));
    check_invalid(aldis_job_answer(NULL, &answer));
    check_invalid(aldis_job_succeed(NULL, NULL));
    check_invalid(aldis_job_fail(NULL, NULL, NULL));
    check_invalid(aldis_job_refuse(NULL, NULL));
    check_invalid(aldis_job_confirm_cancel(NULL));
}

ALD_TEST(arguments, options_that_make_no_sense_are_named)
{
    static const char *const bad_url[] = {"gopher://x", NULL};
    static const char *const none[] = {NULL};
    static const char *const no_text[] = {"unix:/nowhere", "ws://x/\xff", NULL};
    static const char *const no_path[] = {"unix:/\xc3(", NULL};
    static const char *many[66];
    static char long_path[200];
    static const char *const too_long[] = {long_path, NULL};
    static char long_name[300];
    struct aldis_client *client = NULL;
    char why[100];

    memset(long_name, 'a', sizeof(long_name) - 1);
    memset(long_path, 'a', strlen("unix:") + UNIX_PATH_MAX + 1);
    memcpy(long_path, "unix:/", strlen("unix:/"));
    for (size_t i = 0; i < 65; i++) {
        many[i] = "unix:/nowhere";
    }
    const struct {
        struct aldis_client_options options;
        int error;
        const char *why;
    } rows[] = {
        {{.size = 0, .urls = nowhere}, ALDIS_E_INVALID, "ALDIS_CLIENT_OPTIONS"},
        {{ALDIS_CLIENT_OPTIONS, .urls = bad_url}, ALDIS_E_INVALID, "gopher"},
        {{ALDIS_CLIENT_OPTIONS, .urls = none}, ALDIS_E_INVALID, ""},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .target = ""}, ALDIS_E_INVALID, "target"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .target = "\xff"}, ALDIS_E_INVALID, "target"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .target = long_name}, ALDIS_E_INVALID, "target"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .token = "a b"}, ALDIS_E_INVALID, "token"},
        {{ALDIS_CLIENT_OPTIONS, .urls = (const char *const[]){"wss://x", NULL}, .ca_file = "/nowhere"},
         ALDIS_E_TLS,
         "/nowhere"},
        {{ALDIS_CLIENT_OPTIONS, .urls = many}, ALDIS_E_INVALID, "64"},
        {{ALDIS_CLIENT_OPTIONS, .urls = no_text}, ALDIS_E_INVALID, "UTF-8"},
        {{ALDIS_CLIENT_OPTIONS, .urls = no_path}, ALDIS_E_INVALID, "UTF-8"},
        {{ALDIS_CLIENT_OPTIONS, .urls = too_long}, ALDIS_E_INVALID, "107"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .ca_file = "\xff"}, ALDIS_E_INVALID, "UTF-8"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .cert_file = "\xff"}, ALDIS_E_INVALID, "UTF-8"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .cert_file = "a", .key_file = "\xff"}, ALDIS_E_INVALID, "UTF-8"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .key_file = "/nowhere"}, ALDIS_E_INVALID, "cert_file"},
        {{ALDIS_CLIENT_OPTIONS, .urls = nowhere, .retry_min_ms = 9, .retry_max_ms = 8}, ALDIS_E_INVALID, "retry_m"},
    };

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        snprintf(why, sizeof(why), "nothing");
        ald_check_int(aldis_client_new(&rows[i].options, why, sizeof(why), &client), rows[i].error);
        ald_check(strstr(why, rows[i].why) != NULL);
        ald_check_int(aldis_client_new(&rows[i].options, why, 1, &client), rows[i].error);
        ald_check_str(ald_str(why), "");
        ald_check_int(aldis_client_new(&rows[i].options, NULL, 9, &client), rows[i].error);
    }
    ald_check(client == NULL);
}

static void check_taken(struct aldis_client_options options, const char *const *urls)
{
    struct aldis_client *client = NULL;

    options.urls = urls;
    ald_check_int(aldis_client_new(&options, NULL, 0, &client), 0);
    aldis_client_free(client);
}

ALD_TEST(arguments, options_at_their_limits_are_taken)
{
    static const char *many[65];
    static char path[200];
    const char *const longest[] = {path, NULL};
    const struct aldis_client_options plain = {ALDIS_CLIENT_OPTIONS};

    for (size_t i = 0; i < 64; i++) {
        many[i] = "http://x";
    }
    memset(path, 'a', strlen("unix:") + UNIX_PATH_MAX);
    memcpy(path, "unix:/", strlen("unix:/"));
    check_taken(plain, many);
    check_taken(plain, longest);
    check_taken((struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .insecure = true},
                (const char *const[]){"https://x", NULL});
    check_taken((struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .retry_min_ms = 9, .retry_max_ms = 9}, nowhere);
    check_taken((struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .retry_min_ms = 40000}, nowhere);
    check_taken((struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .retry_max_ms = 20}, nowhere);
}

ALD_TEST(arguments, without_urls_the_environment_says_where_to_go)
{
    static char many[65 * 8 + 1];
    struct aldis_client *client = NULL;
    char why[100];

    setenv("ALDIS_URL", "unix:/nowhere,ws://localhost:1", 1);
    ald_check_int(aldis_client_new(NULL, why, sizeof(why), &client), 0);
    aldis_client_free(client);
    setenv("ALDIS_URL", "unix:/nowhere,gopher://x", 1);
    check_invalid(aldis_client_new(NULL, why, sizeof(why), &client));
    ald_check(strstr(why, "gopher") != NULL);
    for (size_t i = 0; i < 65; i++) {
        memcpy(many + 8 * i, "unix:/a,", 9);
    }
    setenv("ALDIS_URL", many, 1);
    check_invalid(aldis_client_new(NULL, why, sizeof(why), &client));
    ald_check(strstr(why, "64") != NULL);
    unsetenv("ALDIS_URL");
}

ALD_TEST(arguments, commands_that_make_no_sense_are_not_sent)
{
    static char long_name[300];
    struct aldis_client *client = client_make();
    struct aldis_report *report = NULL;

    memset(long_name, 'a', sizeof(long_name) - 1);
    const struct aldis_command bad[] = {
        {.size = 3, .name = "x"},
        {ALDIS_COMMAND},
        {ALDIS_COMMAND, .name = ""},
        {ALDIS_COMMAND, .name = long_name},
        {ALDIS_COMMAND, .name = "\xc3("},
        {ALDIS_COMMAND, .name = "x", .target = "a:b:c"},
        {ALDIS_COMMAND, .name = "x", .target = "a%2"},
        {ALDIS_COMMAND, .name = "x", .target = long_name},
        {ALDIS_COMMAND, .name = "x", .target = "\xff"},
        {ALDIS_COMMAND, .name = "x", .payload = ""},
        {ALDIS_COMMAND, .name = "x", .payload = "{"},
        {ALDIS_COMMAND, .name = "x", .payload = "1 2"},
        {ALDIS_COMMAND, .name = "x", .payload = "\"\xff\""},
        {ALDIS_COMMAND, .name = "x", .payload = NULL, .payload_size = 4},
        {ALDIS_COMMAND, .name = "x", .payload = "12", .payload_size = 3}, /* a NUL is no JSON */
        {ALDIS_COMMAND, .name = "x", .mode = (enum aldis_mode)4},
        {ALDIS_COMMAND, .name = "x", .mode = (enum aldis_mode) - 1},
        {ALDIS_COMMAND, .name = "x", .target = "lamp", .mode = ALDIS_MODE_CHANNEL},
        {ALDIS_COMMAND, .name = "x", .target = "lamp#1", .mode = ALDIS_MODE_ALL},
        {ALDIS_COMMAND, .name = "x", .collapse = ""},
        {ALDIS_COMMAND, .name = "x", .version = long_name},
        {ALDIS_COMMAND, .name = "x", .traceparent = "\xff"},
        {ALDIS_COMMAND, .name = "x", .id = "not a uuid"},
        {ALDIS_COMMAND, .name = "x", .id = ""},
    };

    const struct aldis_command events[] = {
        {ALDIS_COMMAND, .name = "x", .hold = true},
        {ALDIS_COMMAND, .name = "x", .tell_away = true},
        {ALDIS_COMMAND, .name = "x", .report = true},
        {ALDIS_COMMAND, .name = "x", .everyone = true},
    };

    for (size_t i = 0; i < ALD_COUNT(events); i++) { /* no command has these options */
        check_invalid(aldis_client_submit(client, &events[i], NULL, NULL, NULL));
        check_invalid(aldis_client_call(client, &events[i], &report));
    }
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        check_invalid(aldis_client_submit(client, &bad[i], NULL, NULL, NULL));
        check_invalid(aldis_client_call(client, &bad[i], &report));
        check_invalid(aldis_client_send(client, &bad[i]));
    }
    check_invalid(aldis_client_submit(client, NULL, NULL, NULL, NULL));
    check_invalid(aldis_client_call(client, NULL, &report));
    check_invalid(aldis_client_call(client, &(struct aldis_command){ALDIS_COMMAND, .name = "x"}, NULL));
    check_invalid(aldis_client_send(client, NULL));
    ald_check(report == NULL);
    aldis_client_free(client);
}

ALD_TEST(arguments, events_are_kept_where_that_was_asked_for)
{
    const struct aldis_command event = {ALDIS_COMMAND, .name = "x", .target = "lamp"};
    struct aldis_client *client = client_of(&(struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .events_kept = 2});

    ald_check_int(aldis_client_send(client, &event), 0);
    ald_check_int(aldis_client_start(client), 0);
    for (int i = 0; i < 3; i++) {
        ald_check_int(aldis_client_send(client, &event), 0);
    }
    aldis_client_free(client); /* two are dropped as too many, and two with the client: valgrind and ASAN see no leak */
}

ALD_TEST(arguments, questions_that_make_no_sense_are_not_asked)
{
    struct aldis_client *client = client_make();

    check_invalid(aldis_client_ask(client, (enum aldis_topic)9, NULL, true));
    check_invalid(aldis_client_ask(client, (enum aldis_topic) - 1, NULL, true));
    check_invalid(aldis_client_ask(client, ALDIS_TOPIC_PRESENCE, NULL, true));
    check_invalid(aldis_client_ask(client, ALDIS_TOPIC_PRESENCE, "", true));
    check_invalid(aldis_client_ask(client, ALDIS_TOPIC_CLOCK, "lamp", true));
    ald_check_int(aldis_client_ask(client, ALDIS_TOPIC_PRESENCE, "lamp", true), ALDIS_SEND_AWAY);
    aldis_client_free(client);
}

ALD_TEST(arguments, a_client_that_was_not_started_waits_for_nothing)
{
    const struct aldis_command command = {ALDIS_COMMAND, .name = "x", .target = "lamp"};
    struct aldis_client *client = client_make();
    struct aldis_report *report;

    check_invalid(aldis_client_call(client, &command, &report));
    check_invalid(aldis_client_wait(client, ALDIS_STATE_READY, UINT64_MAX));
    check_invalid(aldis_client_wait(client, (enum aldis_state)9, 0));
    check_invalid(aldis_client_fd(client));
    check_invalid(aldis_client_turn(client));
    check_invalid(aldis_client_target(client, NULL, 4));
    check_invalid(aldis_client_on_command(client, "", NULL, NULL));
    check_invalid(aldis_client_healthy(client, true, "\xff"));
    ald_check_int(aldis_client_send(client, &command), ALDIS_SEND_AWAY);
    ald_check_int(aldis_client_state(client), ALDIS_STATE_WAITING);
    aldis_client_free(client);
}

static void note_outcome(struct aldis_call *call, const struct aldis_report *report, void *data)
{
    enum aldis_outcome *outcome = data;

    ald_check(aldis_call_id(call) != NULL);
    *outcome = report->outcome;
}

ALD_TEST(arguments, what_was_submitted_before_the_start_is_cancelled_by_the_end)
{
    const struct aldis_command command = {ALDIS_COMMAND, .name = "x", .target = "lamp"};
    enum aldis_outcome outcome = ALDIS_PENDING;
    struct aldis_client *client = client_make();
    struct aldis_call *call = NULL;

    ald_check_int(aldis_client_submit(client, &command, note_outcome, &outcome, &call), 0);
    ald_check_int(aldis_call_cancel(call), 0);
    aldis_client_free(client);
    ald_check_int(outcome, ALDIS_CANCELLED);
    aldis_call_free(call);
}

ALD_TEST(arguments, a_driven_client_ends_without_a_turn)
{
    const struct aldis_command command = {ALDIS_COMMAND, .name = "x", .target = "lamp", .deadline_ms = 30};
    struct aldis_client *client = client_of(&(struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .driven = true});
    struct aldis_report *report;

    ald_check_int(aldis_client_start(client), 0);
    check_invalid(aldis_client_start(client));
    ald_check(aldis_client_fd(client) >= 0);
    ald_check_int(aldis_client_timeout(client), 0); /* it wants to dial */
    ald_check_int(aldis_client_turn(client), 0);
    ald_check_int(aldis_client_wait(client, ALDIS_STATE_READY, 5), ALDIS_E_TIMEOUT);
    ald_check_int(aldis_client_call(client, &command, &report), 0);
    ald_check_int(report->outcome, ALDIS_EXPIRED); /* nobody is there, and it says so in time */
    ald_check_str(ald_str(report->cause), "deadline");
    aldis_report_free(report);
    aldis_client_free(client);
}

ALD_TEST(arguments, a_client_that_tries_once_closes_at_the_first_failure)
{
    const struct aldis_command command = {ALDIS_COMMAND, .name = "x", .target = "lamp"};
    struct aldis_client *client = client_of(&(struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .once = true});
    struct aldis_report *report;

    ald_check_int(aldis_client_start(client), 0);
    ald_check_int(aldis_client_wait(client, ALDIS_STATE_CLOSED, 20000), 0);
    ald_check_int(aldis_client_wait(client, ALDIS_STATE_READY, UINT64_MAX), ALDIS_E_CLOSED);
    ald_check_int(aldis_client_call(client, &command, &report), ALDIS_E_CLOSED);
    ald_check_int(aldis_client_submit(client, &command, NULL, NULL, NULL), ALDIS_E_CLOSED);
    ald_check_int(aldis_client_send(client, &command), ALDIS_E_CLOSED);
    aldis_client_free(client);
}

ALD_TEST(arguments, a_client_that_is_closed_may_be_closed_drained_and_turned)
{
    struct aldis_client *client =
        client_of(&(struct aldis_client_options){ALDIS_CLIENT_OPTIONS, .once = true, .driven = true});

    ald_check_int(aldis_client_start(client), 0);
    ald_check_int(aldis_client_wait(client, ALDIS_STATE_CLOSED, 20000), 0);
    ald_check_int(aldis_client_close(client), 0);
    ald_check_int(aldis_client_drain(client), 0);
    ald_check_int(aldis_client_turn(client), 0);
    ald_check(aldis_client_fd(client) >= 0);
    ald_check_int(aldis_client_state(client), ALDIS_STATE_CLOSED);
    aldis_client_free(client);
}

ALD_TEST(arguments, every_number_has_a_name)
{
    ald_check_str(ald_str(aldis_outcome_name(ALDIS_PENDING)), "pending");
    ald_check_str(ald_str(aldis_outcome_name(ALDIS_LOST)), "lost");
    ald_check_str(ald_str(aldis_outcome_name((enum aldis_outcome)7)), "unknown");
    ald_check_str(ald_str(aldis_outcome_name((enum aldis_outcome) - 1)), "unknown");
    ald_check_str(ald_str(aldis_phase_name(ALDIS_PHASE_RUNNING)), "running");
    ald_check_str(ald_str(aldis_phase_name((enum aldis_phase)99)), "unknown");
    ald_check_str(ald_str(aldis_mode_name(ALDIS_MODE_PRIMARY)), "primary");
    ald_check_str(ald_str(aldis_mode_name((enum aldis_mode) - 9)), "unknown");
    ald_check_str(ald_str(aldis_state_name(ALDIS_STATE_CLOSED)), "closed");
    ald_check_str(ald_str(aldis_state_name((enum aldis_state)44)), "unknown");
    ald_check_str(ald_str(aldis_error_text(ALDIS_E_CALLBACK)), "not possible inside a callback");
    ald_check_str(ald_str(aldis_error_text(-99)), "unknown error");
    ald_check_str(ald_str(aldis_error_text(0)), "success");
}

static void no_flag(const struct aldis_flag_report *report, void *data)
{
    fail_msg("%s is told, with %p", report->file, data);
}

ALD_TEST(arguments, flags_that_make_no_sense_are_not_raised)
{
    static char large[8193 + 1], path[5000];
    const char *const bad_tags[] = {"good", "7bad", NULL}, *const empty_tag[] = {"", NULL};
    const char *const comma_tag[] = {"a,b", NULL}, *const large_tag[] = {"a", large, NULL};
    char why[200];

    memset(large, 'a', sizeof(large) - 1);
    memset(path, 'a', sizeof(path) - 1);
#define BAD_FLAG ALDIS_FLAG, .folder = "/nowhere/at/all"
    const struct {
        struct aldis_flag flag;
        const char *why;
    } rows[] = {
        {{.size = 1}, "ALDIS_FLAG"},
        {{BAD_FLAG}, "unit"},
        {{BAD_FLAG, .unit = "a", .section = "b", .message = "m"}, "name"},
        {{BAD_FLAG, .unit = "a", .section = "b_c", .name = "c", .message = "m"}, "section"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c"}, "message"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = ""}, "message"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "\xff"}, "UTF-8"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = large}, "too long"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m", .tags = bad_tags}, "7bad"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m", .tags = empty_tag}, "empty"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m", .tags = comma_tag}, "comma"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m", .tags = large_tag}, "1024"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m", .function = "\xff"}, "function"},
        {{BAD_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m", .source_file = large}, "source"},
        {{ALDIS_FLAG, .folder = "\xff", .unit = "a", .section = "b", .name = "c", .message = "m"}, "UTF-8"},
        {{ALDIS_FLAG, .folder = path, .unit = "a", .section = "b", .name = "c", .message = "m"}, "too long"},
    };

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        snprintf(why, sizeof(why), "nothing");
        check_invalid(aldis_flag_raise(&rows[i].flag, why, sizeof(why)));
        ald_check(strstr(why, rows[i].why) != NULL);
        check_invalid(aldis_flag_raise(&rows[i].flag, why, 1));
        ald_check_str(ald_str(why), "");
        check_invalid(aldis_flag_raise(&rows[i].flag, NULL, 9));
    }
    check_invalid(aldis_flag_raise(NULL, why, sizeof(why)));
    check_invalid(aldis_flag_lower("/nowhere/at/all", NULL, NULL, NULL, why, sizeof(why)));
    check_invalid(aldis_flag_lower("/nowhere/at/all", "a", "b", "c d", NULL, 0));
    check_invalid(aldis_flag_lower(path, "a", "b", "c", NULL, 0));
    ald_check_int(aldis_flag_lower("/nowhere/at/all", "a", "b", "c", why, sizeof(why)), ALDIS_FLAG_DOWN);
    check_invalid(aldis_flag_list("/nowhere/at/all", NULL, NULL, why, sizeof(why)));
    check_invalid(aldis_flag_list("\xff", no_flag, NULL, NULL, 0));
    ald_check_int(aldis_flag_list("/nowhere/at/all", no_flag, NULL, why, sizeof(why)), 0);
}

ALD_TEST(arguments, the_header_and_the_library_are_of_one_version)
{
    char version[40];

    snprintf(version, sizeof(version), "%d.%d.%d", ALDIS_VERSION_MAJOR, ALDIS_VERSION_MINOR, ALDIS_VERSION_PATCH);
    ald_check_str(ald_str(aldis_version()), version);
}

ALD_TEST_MAIN(arguments, ALD_CASE(arguments, null_is_no_client), ALD_CASE(arguments, null_is_no_call_report_or_job),
              ALD_CASE(arguments, options_that_make_no_sense_are_named),
              ALD_CASE(arguments, options_at_their_limits_are_taken),
              ALD_CASE(arguments, without_urls_the_environment_says_where_to_go),
              ALD_CASE(arguments, commands_that_make_no_sense_are_not_sent),
              ALD_CASE(arguments, events_are_kept_where_that_was_asked_for),
              ALD_CASE(arguments, questions_that_make_no_sense_are_not_asked),
              ALD_CASE(arguments, a_client_that_was_not_started_waits_for_nothing),
              ALD_CASE(arguments, what_was_submitted_before_the_start_is_cancelled_by_the_end),
              ALD_CASE(arguments, a_driven_client_ends_without_a_turn),
              ALD_CASE(arguments, a_client_that_tries_once_closes_at_the_first_failure),
              ALD_CASE(arguments, a_client_that_is_closed_may_be_closed_drained_and_turned),
              ALD_CASE(arguments, every_number_has_a_name),
              ALD_CASE(arguments, flags_that_make_no_sense_are_not_raised),
              ALD_CASE(arguments, the_header_and_the_library_are_of_one_version))
