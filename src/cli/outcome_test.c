#include "lib/test.h"

#include "cli/cli.h"
#include "cli/outcome.h"

static struct ald_msg *reply_of(struct ald_msg_pool *pool, const char *payload, const char *code)
{
    struct ald_msg *reply = NULL;

    ald_check_int(ald_msg_new(pool, ALD_REPLY, &reply), 0);
    ald_check_int(ald_msg_set(reply, &reply->code, ald_str(code)), 0);
    if (payload != NULL) {
        ald_msg_set_slice(reply, &reply->payload, ald_slice_static(ald_str(payload)));
    }
    ald_msg_seal(reply);
    return reply;
}

static char text[2000];

static struct ald_str text_end(FILE *out)
{
    size_t size = (size_t)ftell(out);

    fclose(out);
    return ald_str_of(text, size);
}

ALD_TEST(outcome, is_the_exit_status)
{
    ald_check_int(ald_outcome_exit(ALD_SUCCEEDED), 0);
    ald_check_int(ald_outcome_exit(ALD_FAILED), 10);
    ald_check_int(ald_outcome_exit(ALD_REFUSED), 11);
    ald_check_int(ald_outcome_exit(ALD_CANCELLED), 12);
    ald_check_int(ald_outcome_exit(ALD_EXPIRED), 13);
    ald_check_int(ald_outcome_exit(ALD_LOST), 14);
}

ALD_TEST(outcome, is_one_line_of_json_without_what_is_absent)
{
    struct ald_msg_pool *pool = NULL;
    struct ald_msg *reply;
    struct ald_call_report report = {.outcome = ALD_SUCCEEDED, .phase = ALD_PHASE_RUNNING, .channel = ALD_STR("ch")};
    FILE *out = fmemopen(text, sizeof(text), "w");

    ald_check_int(ald_msg_pool_new(2, &pool), 0);
    reply = reply_of(pool, "{\"a\":\n1}", NULL);
    report.msg = reply;
    ald_check_int(ald_outcome_print_json(out, ALD_STR("id1"), &report), 0);
    ald_check_str(text_end(out), "{\"id\":\"id1\",\"outcome\":\"succeeded\",\"state\":\"running\",\"channel\":\"ch\","
                                 "\"payload\":{\"a\": 1}}\n");
    ald_msg_unref(reply);

    out = fmemopen(text, sizeof(text), "w");
    report = (struct ald_call_report){
        .outcome = ALD_LOST, .phase = ALD_PHASE_SENT, .cause = ALD_CAUSE_HUB_LOST, .text = ALD_STR("gone")};
    ald_check_int(ald_outcome_print_json(out, ALD_STR("id1"), &report), 0);
    ald_check_str(text_end(out), "{\"id\":\"id1\",\"outcome\":\"lost\",\"cause\":\"hub_lost\",\"state\":\"sent\","
                                 "\"text\":\"gone\"}\n");
    ald_msg_pool_free(pool);
}

ALD_TEST(outcome, tells_a_person_who_what_and_why)
{
    struct ald_msg_pool *pool = NULL;
    struct ald_msg *reply;
    struct ald_call_report report = {.outcome = ALD_FAILED,
                                     .phase = ALD_PHASE_RUNNING,
                                     .cause = ALD_CAUSE_AGENT_FAILED,
                                     .text = ALD_STR("no \x1b[31mlamp")};
    FILE *out = fmemopen(text, sizeof(text), "w");

    ald_check_int(ald_msg_pool_new(2, &pool), 0);
    reply = reply_of(pool, NULL, "E7");
    report.msg = reply;
    ald_outcome_explain(out, &report);
    ald_check_str(text_end(out), "aldis: failed (agent_failed): no ?[31mlamp\n  code E7\n");
    ald_msg_unref(reply);
    ald_msg_pool_free(pool);
}

ALD_TEST(outcome, tells_how_far_it_was_when_nobody_knows_more)
{
    const struct ald_call_report report = {
        .outcome = ALD_LOST, .phase = ALD_PHASE_RUNNING, .cause = ALD_CAUSE_LINK_ENDED};
    FILE *out = fmemopen(text, sizeof(text), "w");

    ald_outcome_explain(out, &report);
    ald_check_str(text_end(out), "aldis: lost (link_ended): the link to the agent ended after the command was sent\n"
                                 "  it was running\n");
}

ALD_TEST(outcome, keeps_a_terminal_from_obeying)
{
    char room[40];

    ald_check_str(ald_cli_printable(ALD_STR("a\x1b]b\x07\n\x7f"), room, sizeof(room)), "a?]b? ?");
    ald_check_str(ald_cli_printable(ALD_STR("\xc2\x9b"
                                            "31m \xc3\xa4"),
                                    room, sizeof(room)),
                  "??31m \xc3\xa4");
    ald_check_str(ald_cli_printable(ALD_STR("abcdef"), room, 3), "abc");
}

ALD_TEST_MAIN(outcome, ALD_CASE(outcome, is_the_exit_status),
              ALD_CASE(outcome, is_one_line_of_json_without_what_is_absent),
              ALD_CASE(outcome, tells_a_person_who_what_and_why),
              ALD_CASE(outcome, tells_how_far_it_was_when_nobody_knows_more),
              ALD_CASE(outcome, keeps_a_terminal_from_obeying))
