#include "lib/test.h"

#include "cli/roster.h"

static const uint64_t seed[2] = {1, 2};

struct shown {
    struct ald_roster_print roster;
    FILE *out;
    char *text;
    size_t size;
};

static void shown_start(struct shown *shown)
{
    *shown = (struct shown){0};
    ald_roster_print_init(&shown->roster, seed);
    shown->out = open_memstream(&shown->text, &shown->size);
    ald_check(shown->out != NULL);
}

static void shown_member(struct shown *shown, const char *member)
{
    ald_check_int(ald_roster_print_member(&shown->roster, shown->out, ald_str(member)), 0);
}

static void shown_rest(struct shown *shown, const char *members)
{
    ald_check_int(ald_roster_print_rest(&shown->roster, shown->out, ald_str(members)), 0);
}

static void shown_end(struct shown *shown, const char *expected)
{
    fclose(shown->out);
    ald_check_str(ald_str_of(shown->text, shown->size), expected);
    free(shown->text);
    ald_roster_print_fini(&shown->roster);
}

ALD_TEST(roster, prints_each_member_once)
{
    struct shown shown;

    shown_start(&shown);
    shown_member(&shown, "{\"channel\":\"b\",\"outcome\":\"succeeded\",\"payload\":{\"x\":1}}");
    shown_rest(&shown, "[{\"channel\":\"a\",\"outcome\":\"succeeded\",\"payload\":[1,\n2]},"
                       "{\"channel\":\"b\",\"outcome\":\"succeeded\",\"payload\":{\"x\":1}}]");
    shown_end(&shown, "b succeeded {\"x\":1}\n"
                      "a succeeded [1, 2]\n");
}

ALD_TEST(roster, says_why_where_there_is_no_payload)
{
    struct shown shown;

    shown_start(&shown);
    shown_rest(&shown, "[{\"channel\":\"a\",\"outcome\":\"lost\",\"text\":\"the link ended\"},"
                       "{\"channel\":\"b\",\"outcome\":\"succeeded\"}]");
    shown_end(&shown, "a lost \"the link ended\"\n"
                      "b succeeded\n");
}

ALD_TEST(roster, waits_with_a_member_whose_payload_was_too_long_for_a_status)
{
    struct shown shown;

    shown_start(&shown);
    shown_member(&shown, "{\"channel\":\"a\",\"outcome\":\"succeeded\",\"truncated\":true}");
    shown_member(&shown, "{\"channel\":\"b\",\"outcome\":\"succeeded\",\"truncated\":true}");
    shown_rest(&shown, "[{\"channel\":\"a\",\"outcome\":\"succeeded\",\"payload\":1},"
                       "{\"channel\":\"b\",\"outcome\":\"succeeded\",\"truncated\":true}]");
    shown_end(&shown, "a succeeded 1\n"
                      "b succeeded\n");
}

ALD_TEST(roster, passes_over_what_is_no_member)
{
    struct shown shown;

    shown_start(&shown);
    shown_member(&shown, "5");
    shown_member(&shown, "{\"channel\":\"a\",\"outcome\":\"splendid\"}");
    shown_member(&shown, "{\"outcome\":\"lost\"}");
    shown_member(&shown, "{\"channel\":\"a\"");
    shown_rest(&shown, "{}");
    shown_rest(&shown, "nonsense");
    shown_end(&shown, "");
}

ALD_TEST_MAIN(roster, ALD_CASE(roster, prints_each_member_once), ALD_CASE(roster, says_why_where_there_is_no_payload),
              ALD_CASE(roster, waits_with_a_member_whose_payload_was_too_long_for_a_status),
              ALD_CASE(roster, passes_over_what_is_no_member))
