#include "api/report.h"

#include "lib/test.h"

#define ID "6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10"

struct told {
    struct ald_msg_pool *messages;
    struct ald_msg *msg;
    struct ald_call_report from;
    struct aldis_report *report;
};

static void told_open(struct told *told, enum ald_outcome outcome)
{
    *told = (struct told){.from = {.outcome = outcome, .phase = ALD_PHASE_RUNNING}};
    ald_check_int(ald_msg_pool_new(4, &told->messages), 0);
    ald_check_int(ald_msg_new(told->messages, ALD_REPLY, &told->msg), 0);
    told->from.msg = told->msg;
}

static void told_set(struct told *told, struct ald_slice *field, const char *json)
{
    ald_msg_set_slice(told->msg, field, ald_slice_static(ald_str(json)));
}

static void told_make(struct told *told, bool whole)
{
    ald_msg_seal(told->msg);
    ald_check_int(ald_report_new(&told->from, ID, whole, &told->report), 0);
}

static void told_close(struct told *told)
{
    aldis_report_free(told->report);
    ald_msg_unref(told->msg);
    ald_msg_pool_free(told->messages);
}

/* How many members are seen in a roster. */
static size_t members_of(const char *roster)
{
    struct told told;
    size_t n;

    told_open(&told, ALD_FAILED);
    told_set(&told, &told.msg->roster, roster);
    told_make(&told, true);
    n = told.report->n_members;
    ald_check((n > 0) == (told.report->members != NULL));
    told_close(&told);
    return n;
}

ALD_TEST(report, outlives_what_it_was_made_of)
{
    struct told told;

    told_open(&told, ALD_FAILED);
    told.from.cause = ALD_CAUSE_AGENT_FAILED;
    told.from.text = ALD_STR("the bulb broke");
    told.from.channel = ALD_STR("c1");
    ald_check_int(ald_msg_set(told.msg, &told.msg->code, ALD_STR("E_BULB")), 0);
    told_set(&told, &told.msg->payload, "{\"blinked\":1}");
    told_set(&told, &told.msg->details, "{\"watt\":40}");
    told_make(&told, true);
    ald_msg_unref(told.msg);
    told.msg = NULL;
    ald_check_int(told.report->outcome, ALDIS_FAILED);
    ald_check_int(told.report->phase, ALDIS_PHASE_RUNNING);
    ald_check_str(ald_str(told.report->id), ID);
    ald_check_str(ald_str(told.report->cause), "agent_failed");
    ald_check_str(ald_str(told.report->text), "the bulb broke");
    ald_check_str(ald_str(told.report->code), "E_BULB");
    ald_check_str(ald_str(told.report->channel), "c1");
    ald_check_str(ald_str_of(told.report->payload, told.report->payload_size), "{\"blinked\":1}");
    ald_check_str(ald_str(told.report->payload), "{\"blinked\":1}"); /* ends with a NUL */
    ald_check_str(ald_str_of(told.report->details, told.report->details_size), "{\"watt\":40}");
    ald_check(!told.report->incomplete && !told.report->has_progress);
    told_close(&told);
}

ALD_TEST(report, keeps_absent_null_and_empty_apart)
{
    static const char *const payloads[] = {NULL, "null", "{}", "\"\""};

    for (size_t i = 0; i < ALD_COUNT(payloads); i++) {
        struct told told;

        told_open(&told, ALD_SUCCEEDED);
        if (payloads[i] != NULL) {
            told_set(&told, &told.msg->payload, payloads[i]);
        }
        told_make(&told, true);
        ald_check_str(ald_str(told.report->payload), payloads[i]);
        ald_check((told.report->payload == NULL) == (payloads[i] == NULL));
        ald_check_str(ald_str(told.report->text), "");
        told_close(&told);
    }
}

ALD_TEST(report, reads_the_members_of_a_roster)
{
    struct told told;

    told_open(&told, ALD_FAILED);
    told_set(&told, &told.msg->roster,
             " [ {\"channel\":\"a\\u00e9\",\"outcome\":\"succeeded\",\"payload\":[1, 2]} ,\n"
             "{\"outcome\":\"expired\",\"x\":{\"y\":[{}]},\"channel\":\"b\",\"cause\":\"deadline\",\"text\":\"too "
             "late\"},{\"channel\":\"c\",\"outcome\":\"vanished\",\"code\":7,\"details\":{}}]");
    told_make(&told, true);
    ald_check_int(told.report->n_members, 0); /* a blank before the bracket is nothing that a hub of ours writes */
    told_close(&told);

    told_open(&told, ALD_FAILED);
    told_set(&told, &told.msg->roster,
             "[ {\"channel\":\"a\\u00e9\",\"outcome\":\"succeeded\",\"payload\":[1, 2]} ,\n"
             "{\"outcome\":\"expired\",\"x\":{\"y\":[{}]},\"channel\":\"b\",\"cause\":\"deadline\",\"text\":\"too "
             "late\"},{\"channel\":\"c\",\"outcome\":\"vanished\",\"code\":7,\"details\":{}}]");
    told_make(&told, true);
    ald_check_int(told.report->n_members, 3);
    ald_check_str(ald_str(told.report->members[0].channel), "a\xc3\xa9");
    ald_check_int(told.report->members[0].outcome, ALDIS_SUCCEEDED);
    ald_check_str(ald_str(told.report->members[0].payload), "[1, 2]");
    ald_check_str(ald_str(told.report->members[0].cause), "");
    ald_check_int(told.report->members[1].outcome, ALDIS_EXPIRED);
    ald_check_str(ald_str(told.report->members[1].cause), "deadline");
    ald_check_str(ald_str(told.report->members[1].text), "too late");
    ald_check(told.report->members[1].payload == NULL && told.report->members[1].code == NULL);
    ald_check_int(told.report->members[2].outcome, ALDIS_FAILED); /* a word of a later version is no success */
    ald_check_str(ald_str(told.report->members[2].code), "7");
    ald_check_str(ald_str(told.report->members[2].details), "{}");
    told_close(&told);
}

ALD_TEST(report, sees_as_much_of_a_broken_roster_as_can_be_read)
{
    ald_check_int(members_of("[]"), 0);
    ald_check_int(members_of("null"), 0);
    ald_check_int(members_of("7"), 0);
    ald_check_int(members_of("["), 0);
    ald_check_int(members_of("[{"), 0);
    ald_check_int(members_of("[{\"channel\":\"a\",\"outcome\":\"lost\"}"), 1);
    ald_check_int(members_of("[{\"channel\":\"a\",\"outcome\":\"lost\"},{\"channel\""), 1);
    ald_check_int(members_of("[{\"channel\":\"a\",\"outcome\":\"lost\"},{\"channel\":7,\"outcome\":\"lost\"}]"), 1);
    ald_check_int(members_of("[{\"channel\":\"a\",\"outcome\":null}]"), 0);
    ald_check_int(members_of("[{\"channel\":\"\\ud800\",\"outcome\":\"\\u006cost\",\"text\":\"\\u0000\"}]"), 1);
    ald_check_int(members_of("[[[[[[[["), 0);
}

ALD_TEST(report, sees_a_member_in_a_status_that_is_about_one)
{
    static const struct {
        const char *details;
        size_t n;
    } rows[] = {
        {"{\"channel\":\"a\",\"outcome\":\"succeeded\",\"payload\":{}}", 1},
        {"{\"watt\":40}", 0},
        {"[1,2]", 0},
        {"\"outcome\"", 0},
    };

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct told told;

        told_open(&told, ALD_OUTCOME_NONE);
        told_set(&told, &told.msg->details, rows[i].details);
        told.msg->flags = ALD_MSG_PROGRESS;
        told.msg->completed = 1;
        told.msg->total = 2;
        told_make(&told, false);
        ald_check_int(told.report->outcome, ALDIS_PENDING);
        ald_check_int(told.report->n_members, rows[i].n);
        ald_check_str(ald_str(told.report->details), rows[i].details);
        ald_check(told.report->has_progress && told.report->completed == 1 && told.report->total == 2);
        told_close(&told);
    }
}

ALD_TEST(report, says_what_it_can_without_memory)
{
    const struct ald_call_report from = {.outcome = ALD_LOST, .phase = ALD_PHASE_SENT, .cause = ALD_CAUSE_HUB_LOST};
    struct aldis_report brief = ald_report_brief(&from, ID);

    ald_check_int(brief.outcome, ALDIS_LOST);
    ald_check_int(brief.phase, ALDIS_PHASE_SENT);
    ald_check_str(ald_str(brief.cause), "hub_lost");
    ald_check_str(ald_str(brief.id), ID);
    ald_check(brief.incomplete && brief.payload == NULL && brief.text[0] != '\0');
}

ALD_TEST_MAIN(report, ALD_CASE(report, outlives_what_it_was_made_of),
              ALD_CASE(report, keeps_absent_null_and_empty_apart), ALD_CASE(report, reads_the_members_of_a_roster),
              ALD_CASE(report, sees_as_much_of_a_broken_roster_as_can_be_read),
              ALD_CASE(report, sees_a_member_in_a_status_that_is_about_one),
              ALD_CASE(report, says_what_it_can_without_memory))
