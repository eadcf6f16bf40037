#include "lib/test.h"

#include "base/rng.h"
#include "client/ask.h"

struct answer {
    struct ald_msg_pool *messages;
    struct ald_msg *answer, *reply;
    struct ald_call_report report;
};

static void answer_open(struct answer *answer, const char *payload)
{
    struct ald_slice slice;

    *answer = (struct answer){0};
    ald_check_int(ald_msg_pool_new(4, &answer->messages), 0);
    ald_check_int(ald_msg_new(answer->messages, ALD_REPLY, &answer->answer), 0);
    ald_check_int(ald_slice_copy(ald_str(payload), &slice), 0);
    ald_msg_set_slice(answer->answer, &answer->answer->payload, slice);
    ald_slice_clear(&slice);
    ald_msg_seal(answer->answer);
}

static int answer_unpack(struct answer *answer, enum ald_phase phase)
{
    return ald_ask_unpack(answer->messages, answer->answer, phase, &answer->reply, &answer->report);
}

static void answer_close(struct answer *answer)
{
    ald_msg_unref(answer->reply);
    ald_msg_unref(answer->answer);
    ald_msg_pool_free(answer->messages);
}

ALD_TEST(ask, is_a_command_to_the_hub_itself_with_an_id_of_its_own)
{
    struct ald_msg_pool *messages = NULL;
    struct ald_msg *first = NULL, *second = NULL;
    struct ald_rng rng;

    ald_rng_init(&rng, 1);
    ald_check_int(ald_msg_pool_new(4, &messages), 0);
    ald_check_int(ald_ask_new(messages, &rng, ALD_STR("say \"id\""), 5 * ALD_SEC, &first), 0);
    ald_check_int(ald_ask_new(messages, &rng, ALD_STR("x"), 5 * ALD_SEC, &second), 0);
    ald_check(first->sealed && first->kind == ALD_COMMAND);
    ald_check_str(first->name, "aldis:Outcome");
    ald_check(ald_str_present(first->to.target) && first->to.target.size == 0);
    ald_check_str(ald_slice_str(first->payload), "{\"id\":\"say \\\"id\\\"\"}");
    ald_check(first->ttl == 5 * ALD_SEC);
    ald_check(first->wire_id.size == ALD_ID_TEXT && !ald_str_equal(first->wire_id, second->wire_id));
    ald_msg_unref(first);
    ald_msg_unref(second);
    ald_msg_pool_free(messages);
}

ALD_TEST(ask, is_answered_with_all_that_a_reply_has)
{
    struct answer answer;

    answer_open(&answer,
                "{\"id\":\"h\",\"outcome\":\"failed\",\"cause\":\"agent_failed\",\"state\":\"running\","
                "\"code\":\"E\\u0037\",\"text\":\"no \\\"oil\\\"\",\"payload\":[1, 2],\"details\":{\"a\":null},"
                "\"roster\":[]}");
    ald_check_int(answer_unpack(&answer, ALD_PHASE_SENT), 0);
    ald_check_int(answer.report.outcome, ALD_FAILED);
    ald_check_int(answer.report.cause, ALD_CAUSE_AGENT_FAILED);
    ald_check_int(answer.report.phase, ALD_PHASE_RUNNING);
    ald_check_str(answer.report.text, "no \"oil\"");
    ald_check_str(answer.reply->code, "E7");
    ald_check_str(ald_slice_str(answer.reply->payload), "[1, 2]");
    ald_check_str(ald_slice_str(answer.reply->details), "{\"a\":null}");
    ald_check_str(ald_slice_str(answer.reply->roster), "[]");
    answer_close(&answer);
}

ALD_TEST(ask, keeps_what_was_known_before_when_the_answer_says_less)
{
    struct answer answer;

    answer_open(&answer, "{\"outcome\":\"succeeded\",\"cause\":\"\",\"state\":\"sent\"}");
    ald_check_int(answer_unpack(&answer, ALD_PHASE_RUNNING), 0);
    ald_check_int(answer.report.outcome, ALD_SUCCEEDED);
    ald_check_int(answer.report.cause, ALD_CAUSE_NONE);
    ald_check_int(answer.report.phase, ALD_PHASE_RUNNING);
    ald_check(answer.reply->payload.data == NULL);
    answer_close(&answer);
}

ALD_TEST(ask, says_that_a_reply_was_too_large_to_be_told_again)
{
    struct answer answer;

    answer_open(&answer, "{\"outcome\":\"succeeded\",\"truncated\":true}");
    ald_check_int(answer_unpack(&answer, ALD_PHASE_SENT), 0);
    ald_check_str(answer.report.text, "the reply is too large to be told again");
    answer_close(&answer);
}

ALD_TEST(ask, takes_no_answer_that_names_no_outcome)
{
    static const char *const bad[] = {
        "", "{", "[]", "{}", "{\"outcome\":5}", "{\"outcome\":\"\"}", "{\"outcome\":\"splendid\"}"};

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        struct answer answer;

        answer_open(&answer, bad[i]);
        ald_check_int(answer_unpack(&answer, ALD_PHASE_SENT), ALD_ASK_MALFORMED);
        ald_check(answer.reply == NULL);
        answer_close(&answer);
    }
}

ALD_TEST_MAIN(ask, ALD_CASE(ask, is_a_command_to_the_hub_itself_with_an_id_of_its_own),
              ALD_CASE(ask, is_answered_with_all_that_a_reply_has),
              ALD_CASE(ask, keeps_what_was_known_before_when_the_answer_says_less),
              ALD_CASE(ask, says_that_a_reply_was_too_large_to_be_told_again),
              ALD_CASE(ask, takes_no_answer_that_names_no_outcome))
