#include "lib/test.h"

#include <stdio.h>

#include "cli/completion_script.h"

static const struct ald_option options[] = {
    {1, "target", "TARGET", 't', "whom"},
    {2, "wait", NULL, 'w', "wait"},
};

/* The operands of a verb of that synopsis: "A B". */
static struct ald_str operands(const char *synopsis)
{
    static char story[200];
    const struct ald_verb verb = {.synopsis = synopsis, .options = options, .n_options = ALD_COUNT(options)};
    struct ald_str rest = ald_str(synopsis);
    struct ald_str operand;
    size_t at = 0;

    story[0] = '\0';
    while (ald_completion_operand(&verb, &rest, &operand)) {
        at += (size_t)snprintf(story + at, sizeof(story) - at, "%s%.*s", at > 0 ? " " : "", ALD_STR_ARG(operand));
    }
    return ald_str(story);
}

ALD_TEST(completion_script, finds_the_operands_of_a_synopsis)
{
    ald_check_str(operands("[OPTION...] TARGET NAME [PAYLOAD]"), "TARGET NAME PAYLOAD");
    ald_check_str(operands("bash|zsh [VERB]"), "bash|zsh VERB");
    ald_check_str(operands(""), "");
}

ALD_TEST(completion_script, passes_over_options_and_what_follows_them)
{
    ald_check_str(operands("--target TARGET [OPTION...]"), "");
    ald_check_str(operands("[--wait] ID"), "ID");
    ald_check_str(operands("[--target TARGET | --wait] FILE"), "FILE");
    ald_check_str(operands("--target"), "");
}

ALD_TEST(completion_script, knows_what_can_be_completed)
{
    ald_check_int(ald_completion_kind(ALD_STR("FILE")), ALD_COMPLETION_FILE);
    ald_check_int(ald_completion_kind(ALD_STR("TARGET")), ALD_COMPLETION_TARGET);
    ald_check_int(ald_completion_kind(ALD_STR("CHANNEL")), ALD_COMPLETION_CHANNEL);
    ald_check_int(ald_completion_kind(ALD_STR("VERB")), ALD_COMPLETION_VERB);
    ald_check_int(ald_completion_kind(ALD_STR("any|all")), ALD_COMPLETION_WORDS);
    ald_check_int(ald_completion_kind(ALD_STR("TIME")), ALD_COMPLETION_NONE);
}

ALD_TEST(completion_script, tells_a_buf_that_is_full)
{
    struct ald_buf small;

    ald_buf_init(&small, 300);
    ald_check_int(ald_completion_bash(&small), ALD_BUF_FULL);
    ald_buf_reset(&small);
    ald_check_int(ald_completion_zsh(&small), ALD_BUF_FULL);
    ald_buf_fini(&small);
}

ALD_TEST_MAIN(completion_script, ALD_CASE(completion_script, finds_the_operands_of_a_synopsis),
              ALD_CASE(completion_script, passes_over_options_and_what_follows_them),
              ALD_CASE(completion_script, knows_what_can_be_completed),
              ALD_CASE(completion_script, tells_a_buf_that_is_full))
