#include "lib/test.h"

#include "base/prose.h"

static struct ald_buf folded;

static struct ald_str fold(const char *text, size_t indent, size_t at, size_t width)
{
    ald_buf_fini(&folded);
    ald_buf_init(&folded, 4096);
    ald_check_int(ald_prose_fold(&folded, ald_str(text), indent, at, width), 0);
    return ald_buf_str(&folded);
}

ALD_TEST(prose, joins_and_breaks_paragraphs_at_the_margin)
{
    ald_check_str(fold("one two\nthree four", 0, 0, 9), "one two\nthree\nfour\n");
    ald_check_str(fold("one two\nthree four", 2, 0, 80), "  one two three four\n");
    ald_check_str(fold("", 2, 0, 80), "");
}

ALD_TEST(prose, goes_on_where_something_stands_already)
{
    ald_check_str(fold("one two three", 10, 5, 17), "     one two\n          three\n");
    ald_check_str(fold("one two", 4, 10, 14), "one\n    two\n");
}

ALD_TEST(prose, never_breaks_a_word_or_a_literal_line)
{
    ald_check_str(fold("a endlessly b", 0, 0, 4), "a\nendlessly\nb\n");
    ald_check_str(fold("see:\n\n  aldis call   lamp\n  x\nand more", 0, 0, 9),
                  "see:\n\n  aldis call   lamp\n  x\nand more\n");
    ald_check_str(fold("  x", 1, 0, 9), "   x\n");
}

ALD_TEST(prose, counts_characters_and_not_bytes)
{
    ald_check_str(fold("äöü äöü", 0, 0, 7), "äöü äöü\n");
}

ALD_TEST(prose, tells_a_buf_that_is_full)
{
    struct ald_buf small;

    ald_buf_init(&small, 5);
    ald_check_int(ald_prose_fold(&small, ALD_STR("one two"), 0, 0, 80), ALD_BUF_FULL);
    ald_buf_fini(&small);
    ald_buf_fini(&folded);
}

ALD_TEST_MAIN(prose, ALD_CASE(prose, joins_and_breaks_paragraphs_at_the_margin),
              ALD_CASE(prose, goes_on_where_something_stands_already),
              ALD_CASE(prose, never_breaks_a_word_or_a_literal_line), ALD_CASE(prose, counts_characters_and_not_bytes),
              ALD_CASE(prose, tells_a_buf_that_is_full))
