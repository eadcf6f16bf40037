#include "base/str.h"

#include <stdio.h>

#include "lib/test.h"
#include "lib/panic.h"

ALD_TEST(str, tells_absent_from_empty)
{
    ald_check(!ald_str_present(ALD_STR_NONE));
    ald_check(ald_str_present(ALD_STR("")));
    ald_check(!ald_str_present(ald_str(NULL)));
    ald_check(ald_str_equal(ALD_STR_NONE, ALD_STR("")));
    ald_check(!ald_str_present(ald_str_trim(ALD_STR_NONE)));
    ald_check(!ald_str_present(ald_str_from(ALD_STR_NONE, 0)));
}

ALD_TEST(str, compares_by_bytes)
{
    ald_check(ald_str_compare(ALD_STR("a"), ALD_STR("b")) < 0);
    ald_check(ald_str_compare(ALD_STR("b"), ALD_STR("a")) > 0);
    ald_check(ald_str_compare(ALD_STR("a"), ALD_STR("ab")) < 0);
    ald_check(ald_str_compare(ALD_STR("ab"), ALD_STR("a")) > 0);
    ald_check(ald_str_compare(ALD_STR("\xff"), ALD_STR("a")) > 0);
    ald_check(ald_str_compare(ALD_STR("a\0b"), ALD_STR("a\0c")) < 0);
    ald_check_int(ald_str_compare(ALD_STR("same"), ALD_STR("same")), 0);
    ald_check_int(ald_str_compare(ALD_STR_NONE, ALD_STR("")), 0);
}

ALD_TEST(str, ignores_the_case_of_ascii_letters_only)
{
    ald_check(ald_str_equal_nocase(ALD_STR("Sec-WebSocket-Key"), ALD_STR("sEC-wEBSOCKET-kEY")));
    ald_check(!ald_str_equal_nocase(ALD_STR("abc"), ALD_STR("abcd")));
    ald_check(!ald_str_equal_nocase(ALD_STR("["), ALD_STR("{")));
    ald_check(!ald_str_equal_nocase(ALD_STR("@"), ALD_STR("`")));
    ald_check(!ald_str_equal_nocase(ALD_STR("\xc3\x84"), ALD_STR("\xc3\xa4")));
    ald_check(ald_str_equal_nocase(ALD_STR_NONE, ALD_STR("")));
}

ALD_TEST(str, begins_with_its_prefixes)
{
    ald_check(ald_str_starts(ALD_STR("aldis"), ALD_STR("")));
    ald_check(ald_str_starts(ALD_STR("aldis"), ALD_STR_NONE));
    ald_check(ald_str_starts(ALD_STR("aldis"), ALD_STR("ald")));
    ald_check(!ald_str_starts(ALD_STR("aldis"), ALD_STR("aldisd")));
    ald_check(!ald_str_starts(ALD_STR("aldis"), ALD_STR("dis")));
    ald_check_str(ald_str_from(ALD_STR("aldis"), 5), "");
    ald_check_panics(ald_ignore(ald_str_from(ALD_STR("aldis"), 6)));
}

ALD_TEST(str, keeps_copies_one_behind_the_other)
{
    char memory[8] = "........", *room = memory, text[] = "deck";
    struct ald_str first = ald_str_keep(ald_str(text), &room), second = ald_str_keep(ALD_STR("mast"), &room);

    text[0] = 'x';
    ald_check_str(first, "deck");
    ald_check_str(second, "mast");
    ald_check(room == memory + sizeof(memory));
    ald_check(ald_str_present(ald_str_keep(ALD_STR(""), &room)));
    ald_check(!ald_str_present(ald_str_keep(ALD_STR_NONE, &room)));
    ald_check(room == memory + sizeof(memory)); /* they need no room */
}

ALD_TEST(str, finds_the_first_occurrence)
{
    ald_check_int(ald_str_find(ALD_STR("one;;two;;three"), ALD_STR(";;")), 3);
    ald_check_int(ald_str_find(ALD_STR("aaab"), ALD_STR("aab")), 1);
    ald_check_int(ald_str_find(ALD_STR("abc"), ALD_STR("c")), 2);
    ald_check_int(ald_str_find(ALD_STR("abc"), ALD_STR("abc")), 0);
    ald_check_int(ald_str_find(ALD_STR("abc"), ALD_STR("")), 0);
    ald_check_int(ald_str_find(ALD_STR("abc"), ALD_STR("d")), 3);
    ald_check_int(ald_str_find(ALD_STR("ab"), ALD_STR("abc")), 2);
    ald_check_int(ald_str_find(ALD_STR("abcab"), ALD_STR("abd")), 5);
    ald_check_int(ald_str_find(ALD_STR_NONE, ALD_STR("a")), 0);
    ald_check_int(ald_str_find(ALD_STR("a\0b"), ALD_STR("\0b")), 1);
}

ALD_TEST(str, pops_the_words_of_a_list)
{
    struct ald_str list = ALD_STR("a, b,,c,"), absent = ALD_STR_NONE;

    ald_check_str(ald_str_pop(&list), "a");
    ald_check_str(ald_str_pop(&list), " b");
    ald_check_str(ald_str_pop(&list), "");
    ald_check_str(ald_str_pop(&list), "c");
    ald_check_int(list.size, 0); /* a comma at the end promises no word */
    ald_check_int(ald_str_pop(&list).size, 0);
    ald_check_int(ald_str_pop(&absent).size, 0);
    ald_check(!ald_str_present(absent));
}

ALD_TEST(str, trims_blanks_and_tabs_only)
{
    ald_check_str(ald_str_trim(ALD_STR(" \t a b\t ")), "a b");
    ald_check_str(ald_str_trim(ALD_STR(" \t ")), "");
    ald_check_str(ald_str_trim(ALD_STR("\r\n")), "\r\n");
}

ALD_TEST(str, reads_whole_decimal_numbers)
{
    uint64_t number = 7;

    ald_check_int(ald_str_u64(ALD_STR("0"), &number), 0);
    ald_check(number == 0);
    ald_check_int(ald_str_u64(ALD_STR("007"), &number), 0);
    ald_check(number == 7);
    ald_check_int(ald_str_u64(ALD_STR("18446744073709551615"), &number), 0);
    ald_check(number == UINT64_MAX);
}

ALD_TEST(str, refuses_what_is_no_number)
{
    static const char *const wrong[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "18446744073709551616", "99999999999999999999", "\xd9\xa1",
    };
    uint64_t number = 7;

    for (size_t i = 0; i < ALD_COUNT(wrong); i++) {
        ald_check_int(ald_str_u64(ald_str(wrong[i]), &number), ALD_STR_MALFORMED);
    }
    ald_check_int(ald_str_u64(ALD_STR_NONE, &number), ALD_STR_MALFORMED);
    ald_check_int(ald_str_u64(ALD_STR("1\0"), &number), ALD_STR_MALFORMED);
    ald_check(number == 7);
}

/* Writes `point` as its shortest form of `size` bytes would look, whether or not that is allowed. */
static struct ald_str utf8_write(uint32_t point, size_t size, char *room)
{
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};

    if (size == 1) {
        room[0] = (char)point;
        return ald_str_of(room, 1);
    }
    for (size_t i = size - 1; i > 0; i--) {
        room[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    room[0] = (char)(leads[size] | point);
    return ald_str_of(room, size);
}

ALD_TEST(str, accepts_each_code_point_in_its_shortest_form_only)
{
    char room[4];

    for (uint32_t point = 0; point <= 0x1FFFFF; point++) {
        size_t shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        bool valid = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);

        ald_check(ald_utf8_valid(utf8_write(point, shortest, room)) == valid);
        for (size_t size = shortest + 1; size <= 4; size++) {
            ald_check(!ald_utf8_valid(utf8_write(point, size, room)));
        }
    }
}

ALD_TEST(str, accepts_two_byte_sequences_as_rfc_3629_lists_them)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char pair[] = {(char)first, (char)second};
            bool ascii = first < 0x80 && second < 0x80;
            bool sequence = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;

            ald_check(ald_utf8_valid(ald_str_of(pair, 2)) == (ascii || sequence));
        }
    }
}

ALD_TEST(str, refuses_truncated_and_broken_sequences_at_every_place)
{
    static const char *const wrong[] = {"\x80",
                                        "\xc3",
                                        "\xe2\x82",
                                        "\xf0\x9f\x98",
                                        "\xe2\x28\xa1",
                                        "\xe2\x82\x28",
                                        "\xf8\x88\x80\x80\x80",
                                        "\xff",
                                        "\xf0\x9f\x98\x28"};
    char room[40];

    ald_check(ald_utf8_valid(ALD_STR_NONE));
    ald_check(ald_utf8_valid(ALD_STR("twenty ASCII bytes!!")));
    ald_check(ald_utf8_valid(ALD_STR("a\0b\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 and on it goes")));
    for (size_t i = 0; i < ALD_COUNT(wrong); i++) {
        for (int before = 0; before < 18; before++) {
            int size = snprintf(room, sizeof(room), "%.*s%s", before, "................................", wrong[i]);

            ald_check(!ald_utf8_valid(ald_str_of(room, (size_t)size)));
            size = snprintf(room, sizeof(room), "%.*s%s.........", before, "................", wrong[i]);
            ald_check(!ald_utf8_valid(ald_str_of(room, (size_t)size)));
        }
    }
}

ALD_TEST_MAIN(str, ALD_CASE(str, tells_absent_from_empty), ALD_CASE(str, compares_by_bytes),
              ALD_CASE(str, ignores_the_case_of_ascii_letters_only), ALD_CASE(str, begins_with_its_prefixes),
              ALD_CASE(str, keeps_copies_one_behind_the_other), ALD_CASE(str, finds_the_first_occurrence),
              ALD_CASE(str, pops_the_words_of_a_list), ALD_CASE(str, trims_blanks_and_tabs_only),
              ALD_CASE(str, reads_whole_decimal_numbers), ALD_CASE(str, refuses_what_is_no_number),
              ALD_CASE(str, accepts_each_code_point_in_its_shortest_form_only),
              ALD_CASE(str, accepts_two_byte_sequences_as_rfc_3629_lists_them),
              ALD_CASE(str, refuses_truncated_and_broken_sequences_at_every_place))
