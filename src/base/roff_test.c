#include "lib/test.h"

#include <stdio.h>

#include "base/roff.h"

static struct ald_buf page;
static struct ald_roff roff;

static void begin(void)
{
    ald_buf_fini(&page);
    ald_buf_init(&page, 4096);
    ald_roff_init(&roff, &page, "x.conf", 5, "what x does");
}

/* What was written since the heading. */
static struct ald_str written(size_t head)
{
    ald_check_int(ald_roff_done(&roff), 0);
    return ald_str_from(ald_buf_str(&page), head);
}

ALD_TEST(roff, begins_with_title_and_name)
{
    begin();
    ald_check(ald_str_starts(written(0), ALD_STR(".TH \"X.CONF\" \"5\" \"\" \"aldis ")));
    ald_check(ald_str_find(written(0), ALD_STR(".SH \"NAME\"\nx.conf \\- what x does\n")) < written(0).size);
}

ALD_TEST(roff, writes_paragraphs_and_literal_lines)
{
    size_t head;

    begin();
    head = ald_buf_size(&page);
    ald_roff_prose(&roff, "one\ntwo\n\n  three  four\n  five\nsix\n\nseven");
    ald_check_str(written(head), "one two\n.PP\n.nf\n  three  four\n  five\n.fi\nsix\n.PP\nseven\n");
}

ALD_TEST(roff, lets_no_text_command_the_formatter)
{
    size_t head;

    begin();
    head = ald_buf_size(&page);
    ald_roff_prose(&roff, ".so /etc/passwd\n\n'x\n\na \\fB `b` -c");
    ald_check_str(written(head), "\\&.so /etc/passwd\n.PP\n\\&\\(aqx\n.PP\na \\efB \\(gab\\(ga \\-c\n");
    head = ald_buf_size(&page);
    ald_roff_section(&roff, "a \"b\" c");
    ald_check_str(written(head), ".SH \"a \\(dqb\\(dq c\"\n");
    head = ald_buf_size(&page);
    ald_roff_item(&roff, "--deadline", "TIME");
    ald_check_str(written(head), ".TP\n\\fB\\-\\-deadline\\fR \\fITIME\\fR\n");
}

ALD_TEST(roff, breaks_its_source_but_not_its_words)
{
    char text[200], word[81];
    size_t head;

    begin();
    head = ald_buf_size(&page);
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    snprintf(text, sizeof(text), "a %s .b 'c", word);
    ald_roff_prose(&roff, text);
    snprintf(text, sizeof(text), "a\n%s\n\\&.b \\(aqc\n", word);
    ald_check_str(written(head), text);
}

ALD_TEST(roff, parts_only_what_is_text)
{
    size_t head;

    begin();
    head = ald_buf_size(&page);
    ald_roff_paragraph(&roff);
    ald_roff_item(&roff, "x", NULL);
    ald_roff_prose(&roff, "a");
    ald_roff_paragraph(&roff);
    ald_roff_prose(&roff, "b");
    ald_roff_paragraph(&roff);
    ald_roff_section(&roff, "C");
    ald_check_str(written(head), ".TP\n\\fBx\\fR\na\n.PP\nb\n.SH \"C\"\n");
}

ALD_TEST(roff, keeps_its_first_failure)
{
    struct ald_buf small;

    ald_buf_init(&small, 20);
    ald_roff_init(&roff, &small, "x", 1, "what x does");
    ald_roff_prose(&roff, "a");
    ald_check_int(ald_roff_done(&roff), ALD_BUF_FULL);
    ald_buf_fini(&small);
    ald_buf_fini(&page);
}

ALD_TEST_MAIN(roff, ALD_CASE(roff, begins_with_title_and_name), ALD_CASE(roff, writes_paragraphs_and_literal_lines),
              ALD_CASE(roff, lets_no_text_command_the_formatter), ALD_CASE(roff, breaks_its_source_but_not_its_words),
              ALD_CASE(roff, parts_only_what_is_text), ALD_CASE(roff, keeps_its_first_failure))
