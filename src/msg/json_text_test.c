#include "msg/json_text.h"

#include "base/buf.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "msg/json_scan.h"

static struct ald_json_value value(const char *text)
{
    struct ald_json_scan scan;

    ald_check_int(ald_json_check(ald_str(text), ALD_JSON_BROKEN_OK, &scan), 0);
    return scan.value;
}

static const struct {
    const char *text;
    struct ald_str meaning;
} strings[] = {
    {"\"\"", ALD_STR("")},
    {"\"plain\"", ALD_STR("plain")},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", ALD_STR("\"\\/\b\f\n\r\t")},
    {"\"a\\u0041z\"", ALD_STR("aAz")},
    {"\"\\u0000\"", ALD_STR("\0")},
    {"\"\\u007f\\u0080\\u07FF\\u0800\\uffff\"", ALD_STR("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
    {"\"\\ud800\\udc00\\uDBFF\\uDFFF\"", ALD_STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
    {"\"\xf0\x9f\x98\x80\\ud83d\\ude00\"", ALD_STR("\xf0\x9f\x98\x80\xf0\x9f\x98\x80")},
    /* lone surrogates */
    {"\"\\ud800\"", ALD_STR("\xef\xbf\xbd")},
    {"\"\\udc00x\"", ALD_STR("\xef\xbf\xbdx")},
    {"\"\\ud800x\"", ALD_STR("\xef\xbf\xbdx")},
    {"\"\\ud800\\n\"", ALD_STR("\xef\xbf\xbd\n")},
    {"\"\\ud800\\u0041\"", ALD_STR("\xef\xbf\xbd"
                                   "A")},
    {"\"\\ud800\\ud83d\\ude00\"", ALD_STR("\xef\xbf\xbd\xf0\x9f\x98\x80")},
    {"\"\\udc00\\ud800\"", ALD_STR("\xef\xbf\xbd\xef\xbf\xbd")},
    {"\"\\udc00\\udc00\"", ALD_STR("\xef\xbf\xbd\xef\xbf\xbd")},
    {"\"\\ud83d\\\\ude00\"", ALD_STR("\xef\xbf\xbd\\ude00")},
    /* broken UTF-8 */
    {"\"\xff\"", ALD_STR("\xef\xbf\xbd")},
    {"\"a\xe2\x82z\"", ALD_STR("a\xef\xbf\xbdz")},
    {"\"\xc3\\n\"", ALD_STR("\xef\xbf\xbd\n")},
    {"\"\xed\xa0\x80\"", ALD_STR("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")},
    {"\"a run of more than sixteen bytes, then \\u00e9 and as much again, then \xff\"",
     ALD_STR("a run of more than sixteen bytes, then \xc3\xa9 and as much again, then \xef\xbf\xbd")},
};

ALD_TEST(json_text, decodes_strings)
{
    for (size_t i = 0; i < ALD_COUNT(strings); i++) {
        struct ald_buf buf;

        ald_buf_init(&buf, 1000);
        ald_check_int(ald_json_decode(value(strings[i].text), &buf), 0);
        ald_check(ald_str_equal(ald_buf_str(&buf), strings[i].meaning));
        ald_check(ald_utf8_valid(ald_buf_str(&buf)));
        ald_buf_fini(&buf);
    }
}

/* Escapes and characters of several bytes in rows of every length around that in which they are gathered. */
ALD_TEST(json_text, decodes_long_rows_of_escapes)
{
    static const char *const pieces[][2] = {{"\\n", "\n"}, {"\\u20ac", "\xe2\x82\xac"}, {"\xc3\xa9", "\xc3\xa9"}};

    for (size_t n = 60; n < 280; n++) {
        char text[2048] = "\"x", expected[2048] = "x";
        struct ald_buf buf;

        for (size_t i = 0; i < n; i++) {
            strcat(text, pieces[(i * i) % 3][0]);
            strcat(expected, pieces[(i * i) % 3][1]);
        }
        strcat(text, "y\"");
        strcat(expected, "y");
        ald_buf_init(&buf, sizeof(text));
        ald_check_int(ald_json_decode(value(text), &buf), 0);
        ald_check_str(ald_buf_str(&buf), expected);
        ald_buf_fini(&buf);
    }
}

ALD_TEST(json_text, compares_strings_without_decoding_them)
{
    for (size_t i = 0; i < ALD_COUNT(strings); i++) {
        struct ald_str meaning = strings[i].meaning;

        ald_check(ald_json_string_is(value(strings[i].text), meaning));
        ald_check(!ald_json_string_is(value(strings[i].text), ALD_STR("something else")));
        if (meaning.size > 0) {
            ald_check(!ald_json_string_is(value(strings[i].text), ald_str_of(meaning.data, meaning.size - 1)));
        }
        for (size_t k = 0; k < ALD_COUNT(strings); k++) {
            ald_check_int(ald_json_string_same(value(strings[i].text), value(strings[k].text)),
                          ald_str_equal(meaning, strings[k].meaning));
        }
    }
    ald_check(!ald_json_string_is(value("\"\\u0041\""), ALD_STR("AB")));
    ald_check(!ald_json_string_is(value("\"\\u0041\""), ALD_STR_NONE));
}

ALD_TEST(json_text, tells_when_a_decoded_string_does_not_fit)
{
    struct ald_buf buf;

    for (size_t max = 0; max <= 5; max++) {
        ald_buf_init(&buf, max);
        ald_check_int(ald_json_decode(value("\"ab\\u00e9c\""), &buf), max < 5 ? ALD_BUF_FULL : 0);
        ald_buf_fini(&buf);
    }
}

ALD_TEST(json_text, takes_numbers_and_booleans_for_text)
{
    static const struct {
        const char *json, *text;
    } cases[] = {{"5", "5"}, {"-1.5e3", "-1.5e3"}, {"true", "true"}, {"false", "false"}, {"\"x\"", "x"}, {"\"\"", ""}};
    struct ald_buf scratch;
    struct ald_str text;

    ald_buf_init(&scratch, 0);
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ald_check_int(ald_json_text(value(cases[i].json), &scratch, &text), 0);
        ald_check_str(text, cases[i].text);
    }
    text = ALD_STR("untouched");
    ald_check_int(ald_json_text(value("null"), &scratch, &text), ALD_JSON_NOT_TEXT);
    ald_check_int(ald_json_text(value("[]"), &scratch, &text), ALD_JSON_NOT_TEXT);
    ald_check_int(ald_json_text(value("{}"), &scratch, &text), ALD_JSON_NOT_TEXT);
    ald_check_int(ald_json_text((struct ald_json_value){.type = ALD_JSON_NONE}, &scratch, &text), ALD_JSON_NOT_TEXT);
    ald_check_int(ald_json_text(value("\"\\n\""), &scratch, &text), ALD_BUF_FULL);
    ald_check_str(text, "untouched");
    ald_buf_fini(&scratch);
}

ALD_TEST(json_text, gives_escaped_text_decoded_in_the_scratch)
{
    struct ald_buf scratch;
    struct ald_str first, second;

    ald_buf_init(&scratch, 100);
    ald_check_int(ald_json_text(value("\"a\\tb\""), &scratch, &first), 0);
    ald_check_str(first, "a\tb");
    ald_check_int(ald_json_text(value("\"\\u00e9\""), &scratch, &second), 0);
    ald_check_str(second, "\xc3\xa9");
    ald_check_str(ald_buf_str(&scratch), "a\tb\xc3\xa9");
    ald_buf_fini(&scratch);
}

ALD_TEST(json_text, tells_when_memory_for_decoding_is_short)
{
    struct ald_str text = ALD_STR("untouched");
    struct ald_buf scratch;

    ald_buf_init(&scratch, 100);
    ald_alloc_fail_at(1);
    ald_check_int(ald_json_text(value("\"a\\tb\""), &scratch, &text), ALDIS_E_NOMEM);
    ald_check(ald_alloc_fail_off());
    ald_check_str(text, "untouched");
    ald_check_int(ald_json_text(value("\"a\\tb\""), &scratch, &text), 0);
    ald_check_str(text, "a\tb");
    ald_buf_fini(&scratch);
}

ALD_TEST(json_text, has_a_text_for_each_reason_and_type)
{
    for (int i = 0; i < ALD_JSON_N_REASONS; i++) {
        ald_check(strlen(ald_json_reason_text((enum ald_json_reason)i)) > 0);
    }
    for (int i = 0; i <= ALD_JSON_OBJECT; i++) {
        ald_check(strlen(ald_json_type_text((enum ald_json_type)i)) > 0);
    }
}

ALD_TEST_MAIN(json_text, ALD_CASE(json_text, decodes_strings), ALD_CASE(json_text, decodes_long_rows_of_escapes),
              ALD_CASE(json_text, compares_strings_without_decoding_them),
              ALD_CASE(json_text, tells_when_a_decoded_string_does_not_fit),
              ALD_CASE(json_text, takes_numbers_and_booleans_for_text),
              ALD_CASE(json_text, gives_escaped_text_decoded_in_the_scratch),
              ALD_CASE(json_text, tells_when_memory_for_decoding_is_short),
              ALD_CASE(json_text, has_a_text_for_each_reason_and_type))
