#include "lib/test.h"

#include <stdio.h>

#include "base/str.h"
#include "cli/args.h"

enum { WAIT = 1, LOUD, HUB };

static const struct ald_option verb_options[] = {{WAIT, "wait", "TIME", 'w', ""}, {LOUD, "loud", NULL, 'l', ""}};
static const struct ald_option all_options[] = {{HUB, "hub", "URL", 'H', ""}};
static const struct ald_option_table tables[] = {{verb_options, ALD_COUNT(verb_options)},
                                                 {all_options, ALD_COUNT(all_options)}};

/* Take all arguments and write down what they were: "1=5s 0=lamp"; ends with "!N" when something was wrong. */
static struct ald_str taken(char **argv)
{
    static char story[200];
    struct ald_args args = {.argv = argv};
    struct ald_arg arg;
    size_t at = 0;
    int r;

    story[0] = '\0';
    while ((r = ald_args_next(&args, tables, ALD_COUNT(tables), &arg)) == 0) {
        at += (size_t)snprintf(story + at, sizeof(story) - at, "%d=%s ", arg.key, arg.value != NULL ? arg.value : "");
    }
    if (r != ALD_ARGS_END) {
        snprintf(story + at, sizeof(story) - at, "!%d %s", r, arg.text);
    }
    return ald_str(story);
}

/* It only reads them. */
#define GIVEN(...) taken((char **)(const char *[]){__VA_ARGS__, NULL})

ALD_TEST(args, takes_every_way_to_give_a_value)
{
    ald_check_str(GIVEN("--wait", "5s", "--wait=5s", "-w", "5s", "-w5s", "--wait="), "1=5s 1=5s 1=5s 1=5s 1= ");
}

ALD_TEST(args, takes_options_anywhere_among_operands)
{
    ald_check_str(GIVEN("lamp", "--loud", "signal", "-H", "ws://h", "{}"), "0=lamp 2= 0=signal 3=ws://h 0={} ");
}

ALD_TEST(args, takes_operands_that_begin_with_a_dash)
{
    ald_check_str(GIVEN("-", "-5", "--", "--loud", "--", "-x"), "0=- 0=-5 0=--loud 0=-- 0=-x ");
}

ALD_TEST(args, says_which_argument_is_wrong)
{
    ald_check_str(GIVEN("--nonsense"), "!2 --nonsense");
    ald_check_str(GIVEN("-x"), "!2 -x");
    ald_check_str(GIVEN("--wai", "5s"), "!2 --wai");
    ald_check_str(GIVEN("a", "--wait"), "0=a !3 --wait");
    ald_check_str(GIVEN("--loud=yes"), "!4 --loud=yes");
}

ALD_TEST_MAIN(args, ALD_CASE(args, takes_every_way_to_give_a_value),
              ALD_CASE(args, takes_options_anywhere_among_operands),
              ALD_CASE(args, takes_operands_that_begin_with_a_dash), ALD_CASE(args, says_which_argument_is_wrong))
