#include "lib/test.h"

#include <stdio.h>

#include "cli/agent_reply.h"

struct said {
    struct ald_msg_pool *pool;
    struct ald_msg *reply;
};

static void said_start(struct said *said, const struct ald_process_end *end, const char *stopped)
{
    ald_check_int(ald_msg_pool_new(4, &said->pool), 0);
    ald_check_int(ald_agent_reply_of(said->pool, end, stopped, &said->reply), 0);
}

static void said_end(struct said *said)
{
    ald_msg_unref(said->reply);
    ald_msg_pool_free(said->pool);
}

/* The payload that `output` becomes; absent is written "(none)". */
static void check_payload(struct ald_str output, const char *payload)
{
    const struct ald_process_end end = {.output = output, .error = ALD_STR("")};
    struct said said;

    said_start(&said, &end, NULL);
    ald_check_int(said.reply->outcome, ALD_SUCCEEDED);
    ald_check_str(said.reply->payload.size > 0 ? ald_slice_str(said.reply->payload) : ALD_STR("(none)"), payload);
    said_end(&said);
}

ALD_TEST(agent_reply, carries_json_as_it_stands_and_text_as_a_string)
{
    check_payload(ALD_STR("{\"a\": 1}\n"), "{\"a\": 1}");
    check_payload(ALD_STR("42\n"), "42");
    check_payload(ALD_STR("null"), "null");
    check_payload(ALD_STR("up 3 days\n\n"), "\"up 3 days\"");
    check_payload(ALD_STR("two\nlines\n"), "\"two\\nlines\"");
    check_payload(ALD_STR("\xff\n"), "\"\xef\xbf\xbd\"");
    check_payload(ALD_STR("{} {}"), "\"{} {}\"");
    check_payload(ALD_STR(""), "(none)");
    check_payload(ALD_STR("\n"), "(none)");
}

ALD_TEST(agent_reply, says_how_a_program_failed)
{
    const struct ald_process_end end = {.status = 7, .output = ALD_STR("half"), .error = ALD_STR("no lamp\n")};
    struct said said;

    said_start(&said, &end, NULL);
    ald_check_int(said.reply->outcome, ALD_FAILED);
    ald_check_int(said.reply->cause, ALD_CAUSE_AGENT_FAILED);
    ald_check_str(said.reply->text, "no lamp");
    ald_check_str(ald_slice_str(said.reply->details), "{\"status\":7}");
    ald_check_str(ald_slice_str(said.reply->payload), "\"half\"");
    said_end(&said);
}

ALD_TEST(agent_reply, finds_words_for_a_program_that_says_none)
{
    const struct ald_process_end end = {.status = 1, .output = ALD_STR(""), .error = ALD_STR("")};
    struct said said;

    said_start(&said, &end, NULL);
    ald_check_str(said.reply->text, "the program ended with status 1");
    ald_check(said.reply->payload.size == 0);
    said_end(&said);
}

ALD_TEST(agent_reply, tells_a_program_that_broke_from_one_that_failed)
{
    const struct ald_process_end end = {.status = -1, .signal = 11, .output = ALD_STR(""), .error = ALD_STR("")};
    struct said said;

    said_start(&said, &end, NULL);
    ald_check_int(said.reply->outcome, ALD_FAILED);
    ald_check_int(said.reply->cause, ALD_CAUSE_AGENT_BROKE);
    ald_check_str(ald_slice_str(said.reply->details), "{\"signal\":11}");
    said_end(&said);
}

ALD_TEST(agent_reply, keeps_the_end_of_a_long_error_output)
{
    static char error[10000];
    const struct ald_process_end end = {.status = 1, .output = ALD_STR(""), .error = {error, sizeof(error)}};
    struct said said;

    memset(error, 'x', sizeof(error));
    memcpy(error + sizeof(error) - 6, "at last" + 1, 6);
    said_start(&said, &end, NULL);
    ald_check(said.reply->text.size < 5000);
    ald_check_str(ald_str_from(said.reply->text, said.reply->text.size - 5), " last");
    said_end(&said);
}

ALD_TEST(agent_reply, fails_when_the_output_was_cut)
{
    const struct ald_process_end end = {.output = ALD_STR("\"part"), .error = ALD_STR(""), .output_cut = true};
    struct said said;

    said_start(&said, &end, NULL);
    ald_check_int(said.reply->outcome, ALD_FAILED);
    ald_check_int(said.reply->cause, ALD_CAUSE_TOO_LARGE);
    ald_check(said.reply->payload.size == 0);
    said_end(&said);
}

ALD_TEST(agent_reply, is_cancelled_when_the_program_was_stopped)
{
    const struct ald_process_end end = {.status = -1, .signal = 15, .output = ALD_STR("x"), .error = ALD_STR("")};
    struct said said;

    said_start(&said, &end, "stopped");
    ald_check_int(said.reply->outcome, ALD_CANCELLED);
    ald_check_str(said.reply->text, "stopped");
    said_end(&said);
}

ALD_TEST_MAIN(agent_reply, ALD_CASE(agent_reply, carries_json_as_it_stands_and_text_as_a_string),
              ALD_CASE(agent_reply, says_how_a_program_failed),
              ALD_CASE(agent_reply, finds_words_for_a_program_that_says_none),
              ALD_CASE(agent_reply, tells_a_program_that_broke_from_one_that_failed),
              ALD_CASE(agent_reply, keeps_the_end_of_a_long_error_output),
              ALD_CASE(agent_reply, fails_when_the_output_was_cut),
              ALD_CASE(agent_reply, is_cancelled_when_the_program_was_stopped))
