#include "wire/http/http_url.h"

#include "lib/test.h"

static void check_decoded(const char *text, bool plus, struct ald_str expected)
{
    char room[64];
    struct ald_str decoded;

    ald_check_int(ald_http_decode(ald_str(text), plus, room, sizeof(room), &decoded), 0);
    ald_check(ald_str_equal(decoded, expected));
    ald_check(decoded.data == room);
}

ALD_TEST(http_url, decodes_percent_and_leaves_the_rest)
{
    check_decoded("", false, ALD_STR(""));
    check_decoded("plain", false, ALD_STR("plain"));
    check_decoded("a%20b%2Fc%2fd", false, ALD_STR("a b/c/d"));
    check_decoded("%C3%A9%00%ff", false, ALD_STR("\xc3\xa9\0\xff"));
    check_decoded("%2525", false, ALD_STR("%25"));
    check_decoded("a+b", false, ALD_STR("a+b"));
    check_decoded("a+b%2B", true, ALD_STR("a b+"));
}

ALD_TEST(http_url, refuses_a_percent_without_its_digits)
{
    static const char *const bad[] = {"%", "%2", "a%", "%g0", "%0g", "%%20", "%+1", "% 1"};
    struct ald_str decoded;
    char room[64];

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(ald_http_decode(ald_str(bad[i]), true, room, sizeof(room), &decoded), ALD_HTTP_DECODE_MALFORMED);
    }
    /* The digit behind the end is not part of the text. */
    ald_check_int(ald_http_decode(ald_str_of("%20", 2), true, room, sizeof(room), &decoded), ALD_HTTP_DECODE_MALFORMED);
    ald_check_int(ald_http_decode(ald_str_of("%20", 1), true, room, sizeof(room), &decoded), ALD_HTTP_DECODE_MALFORMED);
}

ALD_TEST(http_url, never_writes_past_the_room)
{
    struct ald_str text;
    char room[5] = "....";

    ald_check_int(ald_http_decode(ALD_STR("a%20bc"), false, room, 4, &text), 0);
    ald_check_int(ald_http_decode(ALD_STR("a%20bcd"), false, room, 4, &text), ALD_HTTP_DECODE_FULL);
    ald_check_int(ald_http_decode(ALD_STR("a"), false, NULL, 0, &text), ALD_HTTP_DECODE_FULL);
    ald_check_int(ald_http_encode(ALD_STR("a "), room, 4, &text), 0);
    ald_check_int(ald_http_encode(ALD_STR("  "), room, 4, &text), ALD_HTTP_DECODE_FULL);
    ald_check_int(ald_http_encode(ALD_STR("abcde"), room, 4, &text), ALD_HTTP_DECODE_FULL);
    ald_check_int(room[4], '\0');
}

ALD_TEST(http_url, decodes_in_place)
{
    char text[] = "a%20b%20c";
    struct ald_str decoded;

    ald_check_int(ald_http_decode(ald_str(text), false, text, sizeof(text), &decoded), 0);
    ald_check_str(decoded, "a b c");
}

ALD_TEST(http_url, encodes_what_it_decodes)
{
    char bytes[256], encoded[3 * 256], decoded[256];
    struct ald_str text, back;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)i;
    }
    ald_check_int(ald_http_encode(ald_str_of(bytes, sizeof(bytes)), encoded, sizeof(encoded), &text), 0);
    ald_check_int(text.size, 3 * 256 - 2 * (26 + 26 + 10 + 4));
    for (size_t i = 0; i < text.size; i++) {
        ald_check(text.data[i] > ' ' && text.data[i] < 0x7F && strchr("/?#&=+;", text.data[i]) == NULL);
    }
    ald_check_int(ald_http_decode(text, true, decoded, sizeof(decoded), &back), 0);
    ald_check(ald_str_equal(back, ald_str_of(bytes, sizeof(bytes))));
}

ALD_TEST(http_url, walks_the_segments_of_a_path)
{
    struct ald_str path = ALD_STR("/a//b%2Fc/"), segment;

    ald_check(ald_http_path_next(&path, &segment));
    ald_check_str(segment, "a");
    ald_check(ald_http_path_next(&path, &segment));
    ald_check_str(segment, "");
    ald_check(ald_http_path_next(&path, &segment));
    ald_check_str(segment, "b%2Fc");
    ald_check(ald_http_path_next(&path, &segment));
    ald_check_str(segment, "");
    ald_check(!ald_http_path_next(&path, &segment));

    path = ALD_STR("/");
    ald_check(ald_http_path_next(&path, &segment));
    ald_check_str(segment, "");
    ald_check(!ald_http_path_next(&path, &segment));

    path = ALD_STR("*");
    ald_check(!ald_http_path_next(&path, &segment));
    path = ALD_STR_NONE;
    ald_check(!ald_http_path_next(&path, &segment));
}

ALD_TEST(http_url, walks_the_parameters_of_a_query)
{
    struct ald_str query = ALD_STR("a=1&&b&=x&c=d=e&"), name, value;

    ald_check(ald_http_query_next(&query, &name, &value));
    ald_check_str(name, "a");
    ald_check_str(value, "1");
    ald_check(ald_http_query_next(&query, &name, &value));
    ald_check_str(name, "b");
    ald_check(!ald_str_present(value));
    ald_check(ald_http_query_next(&query, &name, &value));
    ald_check_str(name, "");
    ald_check_str(value, "x");
    ald_check(ald_http_query_next(&query, &name, &value));
    ald_check_str(name, "c");
    ald_check_str(value, "d=e");
    ald_check(!ald_http_query_next(&query, &name, &value));

    query = ALD_STR_NONE;
    ald_check(!ald_http_query_next(&query, &name, &value));
}

ALD_TEST(http_url, finds_a_parameter_by_its_decoded_name)
{
    struct ald_str query = ALD_STR("target=a%2Fb+c&act%69ve&bad=%&target=second&ac=1"), value;
    char room[16];

    ald_check_int(ald_http_query_find(query, ALD_STR("target"), room, sizeof(room), &value), 0);
    ald_check_str(value, "a/b c");
    ald_check_int(ald_http_query_find(query, ALD_STR("active"), room, sizeof(room), &value), 0);
    ald_check_str(value, "");
    ald_check_int(ald_http_query_find(query, ALD_STR("ac"), room, sizeof(room), &value), 0);
    ald_check_str(value, "1");
    ald_check_int(ald_http_query_find(query, ALD_STR("act"), room, sizeof(room), &value), ALD_HTTP_QUERY_ABSENT);
    ald_check_int(ald_http_query_find(query, ALD_STR("bad"), room, sizeof(room), &value), ALD_HTTP_DECODE_MALFORMED);
    ald_check_int(ald_http_query_find(query, ALD_STR("target"), room, 4, &value), ALD_HTTP_DECODE_FULL);
    ald_check_int(ald_http_query_find(ALD_STR_NONE, ALD_STR("a"), room, 4, &value), ALD_HTTP_QUERY_ABSENT);
}

ALD_TEST_MAIN(http_url, ALD_CASE(http_url, decodes_percent_and_leaves_the_rest),
              ALD_CASE(http_url, refuses_a_percent_without_its_digits), ALD_CASE(http_url, never_writes_past_the_room),
              ALD_CASE(http_url, decodes_in_place), ALD_CASE(http_url, encodes_what_it_decodes),
              ALD_CASE(http_url, walks_the_segments_of_a_path), ALD_CASE(http_url, walks_the_parameters_of_a_query),
              ALD_CASE(http_url, finds_a_parameter_by_its_decoded_name))
