#include "msg/json_escape.h"

#include "base/buf.h"
#include "lib/test.h"
#include "msg/json.h"

enum { BOTH = ALD_JSON_NO_PAIRS | ALD_JSON_NO_PREFIXES };

/* The texts of exchange.md 12, and worse. */
static const struct {
    const char *in;
    unsigned options;
    const char *out;
} cases[] = {
    {"\"a;;b\"", BOTH, "\"a;\\u003bb\""},
    {"\"a;;b;;c\"", BOTH, "\"a;\\u003bb;\\u003bc\""},
    {"\"a;;;;b\"", BOTH, "\"a;\\u003b;\\u003bb\""},
    {"\";;;\"", BOTH, "\";\\u003b;\""},
    {"\";;a\"", BOTH, "\";\\u003ba\""},
    {"\"a;;\"", BOTH, "\"a;\\u003b\""},
    {"\";a;\"", BOTH, "\";a;\""},
    {"[\";\",\";\"]", BOTH, "[\";\",\";\"]"},
    {"\"a;;e:b;;t:c\"", BOTH, "\"a;\\u003be:b;\\u003bt:c\""},
    {"\"case x) y;; esac\"", BOTH, "\"case x) y;\\u003b esac\""},
    {"{\";;\":\"\\\\;;\"}", BOTH, "{\";\\u003b\":\"\\\\;\\u003b\"}"},
    {"\"run command: ls\"", BOTH, "\"run command\\u003a ls\""},
    {"\"reply: \"", BOTH, "\"reply\\u003a \""},
    {"\"command: reply: command: \"", BOTH, "\"command\\u003a reply\\u003a command\\u003a \""},
    {"\"ccommand: rreply: \"", BOTH, "\"ccommand\\u003a rreply\\u003a \""},
    {"\"comman: eply: Command: : \"", BOTH, "\"comman: eply: Command: : \""},
    {"{\"command\":\"reply\"}", BOTH, "{\"command\":\"reply\"}"},
    {"\"\\reply: \\u000command: \"", BOTH, "\"\\reply\\u003a \\u000command\\u003a \""}, /* CR and FF before them */
    {"\"r;;eply: comman;;d:\"", BOTH, "\"r;\\u003beply: comman;\\u003bd:\""},
    {"\"command:;;reply:\"", BOTH, "\"command\\u003a;\\u003breply\\u003a\""},
    {"\";;command: ;;\"", ALD_JSON_NO_PAIRS, "\";\\u003bcommand: ;\\u003b\""},
    {"\";;command: ;;\"", ALD_JSON_NO_PREFIXES, "\";;command\\u003a ;;\""},
    {"\";;command: ;;\"", 0, "\";;command: ;;\""},
    {"{}", BOTH, "{}"},
};

/* Feeds `text` cut at `first` and `second`. */
static void check_cut(size_t i, size_t first, size_t second)
{
    struct ald_str text = ald_str(cases[i].in);
    struct ald_json_escape escape;
    struct ald_buf out;

    ald_buf_init(&out, 1000);
    ald_json_escape_init(&escape, cases[i].options);
    ald_check_int(ald_json_escape_feed(&escape, ald_str_of(text.data, first), &out), 0);
    ald_check_int(ald_json_escape_feed(&escape, ald_str_of(text.data + first, second - first), &out), 0);
    ald_check_int(ald_json_escape_feed(&escape, ald_str_from(text, second), &out), 0);
    ald_check_str(ald_buf_str(&out), cases[i].out);
    ald_buf_fini(&out);
}

ALD_TEST(json_escape, rewrites_however_the_text_is_cut)
{
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        size_t size = strlen(cases[i].in);

        for (size_t first = 0; first <= size; first++) {
            for (size_t second = first; second <= size; second++) {
                check_cut(i, first, second);
            }
        }
    }
}

ALD_TEST(json_escape, rewrites_byte_by_byte)
{
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        struct ald_json_escape escape;
        struct ald_buf out;

        ald_buf_init(&out, 1000);
        ald_json_escape_init(&escape, cases[i].options);
        for (const char *at = cases[i].in; *at != '\0'; at++) {
            ald_check_int(ald_json_escape_feed(&escape, ald_str_of(at, 1), &out), 0);
            ald_check_int(ald_json_escape_feed(&escape, ALD_STR_NONE, &out), 0);
        }
        ald_check_str(ald_buf_str(&out), cases[i].out);
        ald_buf_fini(&out);
    }
}

ALD_TEST(json_escape, rewrites_in_place_what_stands_behind_something_else)
{
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        struct ald_str expected = ald_str(cases[i].out);
        struct ald_buf buf;

        ald_buf_init(&buf, 1000);
        ald_check_int(ald_buf_push(&buf, ALD_STR("gone;;command: ")), 0);
        ald_buf_pop(&buf, 4);
        ald_check_int(ald_buf_push(&buf, ald_str(cases[i].in)), 0);
        ald_check_int(ald_json_escape_rest(&buf, 11, cases[i].options), 0);
        ald_check(ald_str_starts(ald_buf_str(&buf), ALD_STR(";;command: ")));
        ald_check(ald_str_equal(ald_str_from(ald_buf_str(&buf), 11), expected));
        ald_buf_fini(&buf);
    }
}

ALD_TEST(json_escape, keeps_the_meaning)
{
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ald_check(ald_json_text_equal(ald_str(cases[i].in), ald_str(cases[i].out)));
    }
}

ALD_TEST(json_escape, knows_when_it_is_needless)
{
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ald_check_int(ald_json_escape_needless(ald_str(cases[i].in), cases[i].options),
                      strcmp(cases[i].in, cases[i].out) == 0);
        ald_check(ald_json_escape_needless(ald_str(cases[i].out), cases[i].options));
    }
    ald_check(ald_json_escape_needless(ALD_STR_NONE, BOTH));
}

ALD_TEST(json_escape, leaves_the_buf_alone_when_it_would_not_fit)
{
    struct ald_buf buf;

    ald_buf_init(&buf, 15);
    ald_check_int(ald_buf_push(&buf, ALD_STR("\";;;;\"")), 0);
    ald_check_int(ald_json_escape_rest(&buf, 0, BOTH), ALD_BUF_FULL);
    ald_check_str(ald_buf_str(&buf), "\";;;;\"");
    ald_buf_fini(&buf);

    ald_buf_init(&buf, 16);
    ald_check_int(ald_buf_push(&buf, ALD_STR("\";;;;\"")), 0);
    ald_check_int(ald_json_escape_rest(&buf, 0, BOTH), 0);
    ald_check_int(ald_buf_size(&buf), 16);
    ald_buf_fini(&buf);
}

ALD_TEST(json_escape, tells_when_the_stream_does_not_fit)
{
    for (size_t max = 0; max <= 11; max++) {
        struct ald_json_escape escape;
        struct ald_buf out;

        ald_buf_init(&out, max);
        ald_json_escape_init(&escape, BOTH);
        ald_check_int(ald_json_escape_feed(&escape, ALD_STR("\"a;;b\""), &out), max < 11 ? ALD_BUF_FULL : 0);
        ald_buf_fini(&out);
    }
}

ALD_TEST(json_escape, repairs_broken_utf8)
{
    static const char *const repairs[][2] = {
        {"\"ok \xc3\xa9\"", "\"ok \xc3\xa9\""},
        {"\"\xff\"", "\"\xef\xbf\xbd\""},
        {"[\"\xe2\x82\",\"\xc3\"]", "[\"\xef\xbf\xbd\",\"\xef\xbf\xbd\"]"},
        {"\"a\xffz\xf0\x9f\x98\x80\x80\"", "\"a\xef\xbf\xbdz\xf0\x9f\x98\x80\xef\xbf\xbd\""},
        {"", ""},
    };

    for (size_t i = 0; i < ALD_COUNT(repairs); i++) {
        struct ald_buf out;

        ald_buf_init(&out, 100);
        ald_check_int(ald_json_repair(ald_str(repairs[i][0]), &out), 0);
        ald_check_str(ald_buf_str(&out), repairs[i][1]);
        ald_buf_fini(&out);

        ald_buf_init(&out, strlen(repairs[i][1]) - (i < 4 ? 1 : 0));
        ald_check_int(ald_json_repair(ald_str(repairs[i][0]), &out), i < 4 ? ALD_BUF_FULL : 0);
        ald_buf_fini(&out);
    }
}

ALD_TEST_MAIN(json_escape, ALD_CASE(json_escape, rewrites_however_the_text_is_cut),
              ALD_CASE(json_escape, rewrites_byte_by_byte),
              ALD_CASE(json_escape, rewrites_in_place_what_stands_behind_something_else),
              ALD_CASE(json_escape, keeps_the_meaning), ALD_CASE(json_escape, knows_when_it_is_needless),
              ALD_CASE(json_escape, leaves_the_buf_alone_when_it_would_not_fit),
              ALD_CASE(json_escape, tells_when_the_stream_does_not_fit), ALD_CASE(json_escape, repairs_broken_utf8))
