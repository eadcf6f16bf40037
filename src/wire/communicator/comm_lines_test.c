#include "wire/communicator/comm_lines.h"

#include "base/buf.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"

/* Everything the splitter says of `text` fed in chunks of `step` bytes, one line each; too long ones as `!`. */
static void split(struct ald_str text, size_t step, size_t max, struct ald_buf *out)
{
    struct ald_slice whole = ALD_SLICE_NONE, line = ALD_SLICE_NONE;
    struct ald_comm_lines lines;

    ald_buf_cut(out, 0);
    ald_comm_lines_init(&lines, max);
    ald_check_int(ald_slice_copy(text, &whole), 0);
    for (size_t at = 0; at < text.size; at += step) {
        struct ald_slice chunk = ald_slice_part(whole, at, ALD_MIN(step, text.size - at)), left = chunk;
        int r;

        while ((r = ald_comm_lines_next(&lines, &left, &line)) != ALD_COMM_LINES_HUNGRY) {
            ald_check(r == 0 || r == ALD_COMM_LINES_LONG);
            ald_check_int(ald_buf_push(out, r == 0 ? ald_slice_str(line) : ALD_STR("!")), 0);
            ald_check_int(ald_buf_push_byte(out, '|'), 0);
            ald_slice_clear(&line);
        }
        ald_check_int(left.size, 0);
        ald_slice_clear(&chunk);
    }
    ald_comm_lines_fini(&lines);
    ald_check(whole.block == NULL || whole.block->refs == 1);
    ald_slice_clear(&whole);
}

/* The same, whatever the chunks are. */
static void check_split(const char *text, size_t max, const char *expected)
{
    struct ald_buf out;

    ald_buf_init(&out, ALD_MIB);
    for (size_t step = 1; step <= strlen(text); step++) {
        split(ald_str(text), step, max, &out);
        ald_check_str(ald_buf_str(&out), expected);
    }
    ald_buf_fini(&out);
}

ALD_TEST(comm_lines, gives_each_line_however_the_bytes_come)
{
    check_split("REGISTER service=ps;version=1\na/DATA v=1\nSTOP\n", 100,
                "REGISTER service=ps;version=1|a/DATA v=1|STOP|");
}

ALD_TEST(comm_lines, skips_empty_lines_and_forgets_one_that_does_not_end)
{
    check_split("\n\r\nA\n\n\r\n\nB\r\nC", 100, "A|B\r|");
}

ALD_TEST(comm_lines, takes_blanks_and_two_crs_for_a_line)
{
    check_split(" \n\r\r\n", 100, " |\r\r|");
}

ALD_TEST(comm_lines, tells_once_of_a_line_that_is_too_long)
{
    check_split("1234\n12345\n1\n123456789\n12\n", 4, "1234|!|1|!|12|");
}

ALD_TEST(comm_lines, counts_the_cr_and_not_the_lf)
{
    check_split("123\r\n1234\r\n", 4, "123\r|!|");
}

ALD_TEST(comm_lines, tells_of_a_long_line_before_it_ends)
{
    check_split("12345", 4, "!|");
}

ALD_TEST(comm_lines, copies_nothing_of_a_line_that_lies_in_one_chunk)
{
    struct ald_slice whole = ALD_SLICE_NONE, chunk, line = ALD_SLICE_NONE;
    struct ald_comm_lines lines;
    uint64_t before;

    ald_comm_lines_init(&lines, 100);
    ald_check_int(ald_slice_copy(ALD_STR("one\ntwo\n"), &whole), 0);
    before = ald_alloc_count();
    chunk = whole;
    ald_check_int(ald_comm_lines_next(&lines, &chunk, &line), 0);
    ald_check(line.block == whole.block && line.data == whole.data);
    ald_slice_clear(&line);
    ald_check_int(ald_comm_lines_next(&lines, &chunk, &line), 0);
    ald_check(line.data == whole.data + 4);
    ald_slice_clear(&line);
    ald_check_int(ald_comm_lines_next(&lines, &chunk, &line), ALD_COMM_LINES_HUNGRY);
    ald_check_int(ald_alloc_count() - before, 0);
    ald_check_int(ald_comm_lines_held(&lines), 0);
    ald_slice_clear(&whole);
    ald_comm_lines_fini(&lines);
}

ALD_TEST(comm_lines, holds_no_more_than_it_may_of_a_line_without_end)
{
    struct ald_slice chunk = ALD_SLICE_NONE, line = ALD_SLICE_NONE;
    struct ald_comm_lines lines;
    char bytes[1000];
    size_t n_long = 0;

    memset(bytes, 'x', sizeof(bytes));
    ald_comm_lines_init(&lines, 5000);
    for (int i = 0; i < 100; i++) {
        chunk = ald_slice_static(ald_str_of(bytes, sizeof(bytes)));
        n_long += ald_comm_lines_next(&lines, &chunk, &line) == ALD_COMM_LINES_LONG ? 1 : 0;
        ald_check(ald_comm_lines_held(&lines) <= 5000);
    }
    ald_check_int(n_long, 1);
    ald_check_int(ald_comm_lines_held(&lines), 0);
    ald_comm_lines_fini(&lines);
}

/* Allocations, not time: a line that doubles its block is copied O(1) times. */
ALD_TEST(comm_lines, joins_16_mib_from_small_chunks_with_few_allocations)
{
    struct ald_slice chunk = ALD_SLICE_NONE, line = ALD_SLICE_NONE;
    struct ald_comm_lines lines;
    char bytes[4096];
    uint64_t before = ald_alloc_count();

    memset(bytes, 'x', sizeof(bytes));
    ald_comm_lines_init(&lines, ALD_COMM_LINE_MAX);
    for (size_t size = 0; size < ALD_COMM_LINE_MAX; size += sizeof(bytes)) {
        chunk = ald_slice_static(ald_str_of(bytes, sizeof(bytes)));
        ald_check_int(ald_comm_lines_next(&lines, &chunk, &line), ALD_COMM_LINES_HUNGRY);
        ald_check(ald_comm_lines_held(&lines) <= 2 * (size + sizeof(bytes)));
    }
    chunk = ald_slice_static(ALD_STR("\n"));
    ald_check_int(ald_comm_lines_next(&lines, &chunk, &line), 0);
    ald_check_int(line.size, ALD_COMM_LINE_MAX);
    ald_check(ald_alloc_count() - before <= 16);
    ald_slice_clear(&line);
    ald_comm_lines_fini(&lines);
}

ALD_TEST(comm_lines, loses_nothing_when_memory_is_short)
{
    for (uint64_t n = 1;; n++) {
        struct ald_slice first = ald_slice_static(ALD_STR("ab")), last = ald_slice_static(ALD_STR("c\nd\n"));
        struct ald_slice line = ALD_SLICE_NONE;
        struct ald_comm_lines lines;
        int r;

        ald_comm_lines_init(&lines, 100);
        ald_alloc_fail_at(n);
        do {
            r = ald_comm_lines_next(&lines, &first, &line);
        } while (r == ALDIS_E_NOMEM);
        ald_check_int(r, ALD_COMM_LINES_HUNGRY);
        do {
            r = ald_comm_lines_next(&lines, &last, &line);
        } while (r == ALDIS_E_NOMEM);
        ald_check_int(r, 0);
        ald_check_str(ald_slice_str(line), "abc");
        ald_slice_clear(&line);
        ald_comm_lines_fini(&lines);
        if (!ald_alloc_fail_off()) {
            break;
        }
    }
}

ALD_TEST_MAIN(comm_lines, ALD_CASE(comm_lines, gives_each_line_however_the_bytes_come),
              ALD_CASE(comm_lines, skips_empty_lines_and_forgets_one_that_does_not_end),
              ALD_CASE(comm_lines, takes_blanks_and_two_crs_for_a_line),
              ALD_CASE(comm_lines, tells_once_of_a_line_that_is_too_long),
              ALD_CASE(comm_lines, counts_the_cr_and_not_the_lf),
              ALD_CASE(comm_lines, tells_of_a_long_line_before_it_ends),
              ALD_CASE(comm_lines, copies_nothing_of_a_line_that_lies_in_one_chunk),
              ALD_CASE(comm_lines, holds_no_more_than_it_may_of_a_line_without_end),
              ALD_CASE(comm_lines, joins_16_mib_from_small_chunks_with_few_allocations),
              ALD_CASE(comm_lines, loses_nothing_when_memory_is_short))
