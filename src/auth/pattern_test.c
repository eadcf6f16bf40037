#include "auth/pattern.h"

#include "lib/test.h"

static bool fits(const char *pattern_text, const char *name)
{
    char scratch[64];
    struct ald_pattern pattern;

    ald_check(ald_pattern_parse(ald_str(pattern_text), scratch, &pattern) == NULL);
    return ald_pattern_fits(&pattern, ald_str(name));
}

static bool fits_command(const char *pattern_text, const char *target, const char *name)
{
    char scratch[64];
    struct ald_command_pattern pattern;

    ald_check(ald_command_pattern_parse(ald_str(pattern_text), scratch, &pattern) == NULL);
    return ald_pattern_fits(&pattern.target, ald_str(target)) && ald_pattern_fits(&pattern.name, ald_str(name));
}

static void refuses(const char *text)
{
    char scratch[400];
    struct ald_pattern pattern;

    ald_check(ald_pattern_parse(ald_str(text), scratch, &pattern) != NULL);
}

static void refuses_command(const char *text)
{
    char scratch[64];
    struct ald_command_pattern pattern;

    ald_check(ald_command_pattern_parse(ald_str(text), scratch, &pattern) != NULL);
}

ALD_TEST(pattern, means_one_name_without_a_star)
{
    ald_check(fits("lamp", "lamp"));
    ald_check(!fits("lamp", "lamp2"));
    ald_check(!fits("lamp", "lam"));
    ald_check(!fits("lamp", "Lamp"));
    ald_check(!fits("lamp", ""));
    ald_check(fits("", ""));
    ald_check(!fits("", "lamp"));
}

ALD_TEST(pattern, means_any_rest_with_a_star_at_its_end)
{
    ald_check(fits("press-*", "press-1"));
    ald_check(fits("press-*", "press-"));
    ald_check(!fits("press-*", "press"));
    ald_check(fits("*", "anything"));
    ald_check(fits("*", ""));
}

ALD_TEST(pattern, reads_names_as_addresses_do)
{
    ald_check(fits("a%3Ab", "a:b"));
    ald_check(fits("50%25*", "50% off"));
    ald_check(fits("star%2a", "star*"));
    ald_check(!fits("star%2a", "star-lamp"));
    ald_check(fits("com.example.Agent", "com.example.Agent"));
    ald_check(fits("l\xC3\xA4mp", "l\xC3\xA4mp"));
}

ALD_TEST(pattern, refuses_what_could_be_misread)
{
    char longest[3 * 256 + 1] = "";

    refuses("press*x");
    refuses("**");
    refuses("two words");
    refuses("50%");
    refuses("%4");
    refuses("%zz");
    refuses("%FF");
    memset(longest, 'a', 256);
    longest[256] = '\0';
    refuses(longest);
}

ALD_TEST(command_pattern, parts_target_and_name)
{
    ald_check(fits_command("lamp:signal", "lamp", "signal"));
    ald_check(!fits_command("lamp:signal", "lamp", "reset"));
    ald_check(!fits_command("lamp:signal", "press", "signal"));
    ald_check(fits_command("*:ping", "press", "ping"));
    ald_check(fits_command("press-*:job.*", "press-1", "job.start"));
    ald_check(fits_command(":Status", "", "Status"));
    ald_check(!fits_command(":Status", "lamp", "Status"));
    ald_check(fits_command("lamp:ns:signal", "lamp", "ns:signal"));
    refuses_command("lamp");
    refuses_command("*");
    refuses_command("lamp:");
    refuses_command("la*mp:x");
    refuses_command("");
}

ALD_TEST(pattern_word, comes_one_by_one_from_a_list)
{
    struct ald_str list = ALD_STR("a, b ,c");
    struct ald_str word;

    ald_check(ald_pattern_word_next(&list, &word));
    ald_check_str(word, "a");
    ald_check(ald_pattern_word_next(&list, &word));
    ald_check_str(word, "b");
    ald_check(ald_pattern_word_next(&list, &word));
    ald_check_str(word, "c");
    ald_check(!ald_pattern_word_next(&list, &word));

    list = ALD_STR("a,");
    ald_check(ald_pattern_word_next(&list, &word));
    ald_check(ald_pattern_word_next(&list, &word));
    ald_check_str(word, "");
    ald_check(!ald_pattern_word_next(&list, &word));
}

ALD_TEST_MAIN(pattern, ALD_CASE(pattern, means_one_name_without_a_star),
              ALD_CASE(pattern, means_any_rest_with_a_star_at_its_end), ALD_CASE(pattern, reads_names_as_addresses_do),
              ALD_CASE(pattern, refuses_what_could_be_misread), ALD_CASE(command_pattern, parts_target_and_name),
              ALD_CASE(pattern_word, comes_one_by_one_from_a_list))
