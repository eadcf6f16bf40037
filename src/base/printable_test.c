#include "base/printable.h"
#include "lib/test.h"

static void shows(struct ald_str text, size_t room, const char *expected)
{
    char to[64];
    size_t size;

    ald_check(room <= sizeof(to));
    memset(to, '#', sizeof(to));
    size = ald_printable(text, to, room);
    ald_check_int(size, strlen(to));
    ald_check(size < room);
    ald_check_str(ald_str(to), expected);
}

ALD_TEST(printable, leaves_plain_text_alone)
{
    shows(ALD_STR("a \"b\" \\ \xC3\xA9 \xF0\x9F\x92\xA1"), 64, "a \"b\" \\ \xC3\xA9 \xF0\x9F\x92\xA1");
    shows(ALD_STR(""), 8, "");
}

ALD_TEST(printable, escapes_what_could_move_the_cursor_or_end_the_line)
{
    shows(ALD_STR("a\nb\x1B[2J\x7F\0"), 64, "a\\x0Ab\\x1B[2J\\x7F\\x00");
    shows(ALD_STR("\xC2\x9B"), 64, "\\xC2\\x9B");
}

ALD_TEST(printable, escapes_bytes_that_are_no_utf8)
{
    shows(ALD_STR("\xFFx\xC3"), 64, "\\xFFx\\xC3");
}

ALD_TEST(printable, cuts_what_does_not_fit_and_says_so)
{
    shows(ALD_STR("abcdefg"), 8, "abcdefg");
    shows(ALD_STR("abcdefgh"), 8, "abcd...");
    shows(ALD_STR("abc\xC3\xA9zzzzz"), 8, "abc...");
    shows(ALD_STR("\n\n\n\n"), 8, "\\x0A...");
}

ALD_TEST_MAIN(printable, ALD_CASE(printable, leaves_plain_text_alone),
              ALD_CASE(printable, escapes_what_could_move_the_cursor_or_end_the_line),
              ALD_CASE(printable, escapes_bytes_that_are_no_utf8),
              ALD_CASE(printable, cuts_what_does_not_fit_and_says_so))
