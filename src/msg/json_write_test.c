#include "msg/json_write.h"

#include "base/buf.h"
#include "lib/alloc_fail.h"
#include "lib/panic.h"
#include "lib/test.h"
#include "msg/json.h"

static struct ald_buf buf;
static struct ald_json_writer json;

static void begin(unsigned options)
{
    ald_buf_reset(&buf);
    ald_buf_init(&buf, 4096);
    ald_json_write_init(&json, &buf, options);
}

static void check_written(const char *expected)
{
    ald_check_int(ald_json_write_done(&json), 0);
    ald_check_str(ald_buf_str(&buf), expected);
    ald_check(ald_json_text_equal(ald_buf_str(&buf), ald_buf_str(&buf))); /* it is JSON */
    ald_buf_reset(&buf);
}

static void check_string(struct ald_str str, const char *expected)
{
    begin(ALD_JSON_COMPACT);
    ald_json_write_str(&json, str);
    check_written(expected);
}

ALD_TEST(json_write, writes_the_frames_of_the_reference)
{
    begin(ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "commandId", ALD_STR("c1"));
    ald_json_write_member_some(&json, "type", ALD_STR("HEALTH_CHECK"));
    ald_json_write_member_some(&json, "errorDetails", ALD_STR_NONE);
    ald_json_write_name(&json, ALD_STR("payload"));
    ald_json_write_object(&json);
    ald_json_write_member_bool(&json, "healthy", false);
    ald_json_write_member_str(&json, "detail", ALD_STR("db down"));
    ald_json_write_end(&json);
    ald_json_write_end(&json);
    check_written(
        "{\"commandId\":\"c1\",\"type\":\"HEALTH_CHECK\",\"payload\":{\"healthy\":false,\"detail\":\"db down\"}}");
}

ALD_TEST(json_write, puts_commas_where_they_belong)
{
    begin(ALD_JSON_COMPACT);
    ald_json_write_array(&json);
    ald_json_write_array(&json);
    ald_json_write_end(&json);
    ald_json_write_object(&json);
    ald_json_write_end(&json);
    ald_json_write_array(&json);
    ald_json_write_u64(&json, 1);
    ald_json_write_i64(&json, -2);
    ald_json_write_end(&json);
    ald_json_write_null(&json);
    ald_json_write_object(&json);
    ald_json_write_name(&json, ALD_STR("a"));
    ald_json_write_array(&json);
    ald_json_write_end(&json);
    ald_json_write_member_raw(&json, "b", ALD_STR("[1,{}]"));
    ald_json_write_end(&json);
    ald_json_write_bool(&json, true);
    ald_json_write_raw(&json, ALD_STR("{}"));
    ald_json_write_end(&json);
    check_written("[[],{},[1,-2],null,{\"a\":[],\"b\":[1,{}]},true,{}]");
}

ALD_TEST(json_write, writes_a_lone_value)
{
    begin(ALD_JSON_PRETTY);
    ald_json_write_null(&json);
    check_written("null");
    begin(ALD_JSON_COMPACT);
    ald_json_write_str(&json, ALD_STR_NONE);
    check_written("null");
}

ALD_TEST(json_write, writes_integers_to_their_ends)
{
    begin(ALD_JSON_COMPACT);
    ald_json_write_array(&json);
    ald_json_write_i64(&json, INT64_MIN);
    ald_json_write_i64(&json, INT64_MAX);
    ald_json_write_u64(&json, UINT64_MAX);
    ald_json_write_end(&json);
    check_written("[-9223372036854775808,9223372036854775807,18446744073709551615]");
}

ALD_TEST(json_write, escapes_only_what_must_be)
{
    check_string(ALD_STR(""), "\"\"");
    check_string(ALD_STR("plain /'\x7f"), "\"plain /'\x7f\"");
    check_string(ALD_STR("\"\\"), "\"\\\"\\\\\"");
    check_string(ALD_STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    check_string(ALD_STR("\0\x01\x0b\x1f"), "\"\\u0000\\u0001\\u000b\\u001f\"");
    check_string(ALD_STR("a\nb"), "\"a\\nb\"");
    check_string(ALD_STR("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

ALD_TEST(json_write, replaces_what_is_not_utf8)
{
    check_string(ALD_STR("\xff"), "\"\xef\xbf\xbd\"");
    check_string(ALD_STR("a\xe2\x82z\xc3"), "\"a\xef\xbf\xbdz\xef\xbf\xbd\"");
    check_string(ALD_STR("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

ALD_TEST(json_write, escapes_names_too)
{
    begin(ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_u64(&json, "a\"\n", 1);
    ald_json_write_member_i64(&json, "\xff", 2);
    ald_json_write_name(&json, ALD_STR_NONE);
    ald_json_write_null(&json);
    ald_json_write_end(&json);
    check_written("{\"a\\\"\\n\":1,\"\xef\xbf\xbd\":2,\"\":null}");
}

ALD_TEST(json_write, reads_back_any_bytes_as_they_were)
{
    char bytes[0x80];
    struct ald_json tape;
    struct ald_buf back;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)i;
    }
    begin(ALD_JSON_COMPACT);
    ald_json_write_str(&json, ald_str_of(bytes, sizeof(bytes)));
    ald_check_int(ald_json_write_done(&json), 0);
    ald_json_init(&tape, 1);
    ald_buf_init(&back, sizeof(bytes));
    ald_check_int(ald_json_parse(&tape, ald_buf_str(&buf), 0, NULL), 0);
    ald_check_int(ald_json_decode(ald_json_value(ald_json_root(&tape)), &back), 0);
    ald_check(ald_str_equal(ald_buf_str(&back), ald_str_of(bytes, sizeof(bytes))));
    ald_buf_fini(&back);
    ald_json_fini(&tape);
    ald_buf_reset(&buf);
}

ALD_TEST(json_write, is_pretty_as_the_management_api_is)
{
    begin(ALD_JSON_PRETTY);
    ald_json_write_array(&json);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "id", ALD_STR("my-target"));
    ald_json_write_name(&json, ALD_STR("channels"));
    ald_json_write_array(&json);
    ald_json_write_object(&json);
    ald_json_write_member_bool(&json, "active", true);
    ald_json_write_member_bool(&json, "primary", true);
    ald_json_write_end(&json);
    ald_json_write_end(&json);
    ald_json_write_name(&json, ALD_STR("batchs"));
    ald_json_write_array(&json);
    ald_json_write_end(&json);
    ald_json_write_name(&json, ALD_STR("nothing"));
    ald_json_write_object(&json);
    ald_json_write_end(&json);
    ald_json_write_end(&json);
    ald_json_write_u64(&json, 1);
    ald_json_write_end(&json);
    check_written("[ {\n"
                  "  \"id\" : \"my-target\",\n"
                  "  \"channels\" : [ {\n"
                  "    \"active\" : true,\n"
                  "    \"primary\" : true\n"
                  "  } ],\n"
                  "  \"batchs\" : [ ],\n"
                  "  \"nothing\" : { }\n"
                  "}, 1 ]");
}

ALD_TEST(json_write, indents_as_deep_as_it_nests)
{
    char line[64];

    begin(ALD_JSON_PRETTY);
    for (int i = 0; i < 12; i++) {
        ald_json_write_object(&json);
        ald_json_write_name(&json, ALD_STR("a"));
    }
    ald_json_write_null(&json);
    for (int i = 0; i < 12; i++) {
        ald_json_write_end(&json);
    }
    ald_check_int(ald_json_write_done(&json), 0);
    memset(line, ' ', 25);
    memcpy(line, "\n", 1);
    strcpy(line + 25, "\"a\" : null\n");
    ald_check(ald_str_find(ald_buf_str(&buf), ald_str(line)) < ald_buf_size(&buf));
    ald_check(ald_json_text_equal(ald_buf_str(&buf), ald_buf_str(&buf)));
    ald_buf_reset(&buf);
}

ALD_TEST(json_write, spares_old_readers_pairs_and_prefixes)
{
    begin(ALD_JSON_NO_PAIRS | ALD_JSON_NO_PREFIXES);
    ald_check_int(ald_buf_push(&buf, ALD_STR("t:COMMAND;;e:")), 0);
    ald_json_write_init(&json, &buf, ALD_JSON_NO_PAIRS | ALD_JSON_NO_PREFIXES);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "a;;b", ALD_STR("run command: ls;;"));
    ald_json_write_member_raw(&json, "payload", ALD_STR("[\";;reply: \"]"));
    ald_json_write_end(&json);
    ald_check_int(ald_json_write_done(&json), 0);
    ald_check_str(ald_buf_str(&buf),
                  "t:COMMAND;;e:{\"a;\\u003bb\":\"run command\\u003a ls;\\u003b\",\"payload\":[\";\\u003b"
                  "reply\\u003a \"]}");
    ald_buf_reset(&buf);
}

/* However little room there is, only the end tells, and nothing is written past the cap. */
ALD_TEST(json_write, keeps_a_failure_until_the_end)
{
    static const char whole[] = "{\"name\":\"a\\nb;\\u003b\",\"list\":[1,{}]}";

    for (size_t max = 0; max < sizeof(whole); max++) {
        ald_buf_reset(&buf);
        ald_buf_init(&buf, max);
        ald_json_write_init(&json, &buf, ALD_JSON_NO_PAIRS);
        ald_json_write_object(&json);
        ald_json_write_member_str(&json, "name", ALD_STR("a\nb;;"));
        ald_json_write_name(&json, ALD_STR("list"));
        ald_json_write_array(&json);
        ald_json_write_u64(&json, 1);
        ald_json_write_raw(&json, ALD_STR("{}"));
        ald_json_write_end(&json);
        ald_json_write_end(&json);
        ald_check_int(ald_json_write_done(&json), max < sizeof(whole) - 1 ? ALD_BUF_FULL : 0);
        ald_check(ald_buf_size(&buf) <= max);
    }
    ald_check_str(ald_buf_str(&buf), whole);
    ald_buf_reset(&buf);
}

ALD_TEST(json_write, tells_at_the_end_that_memory_was_short)
{
    static const char run[] = "0123456789012345678901234567890123456789;;0123456789012345678901234567890123456789";
    uint64_t n;
    int r;

    for (n = 1;; n++) {
        begin(ALD_JSON_NO_PAIRS);
        ald_alloc_fail_at(n);
        ald_json_write_array(&json);
        for (int i = 0; i < 10; i++) {
            ald_json_write_str(&json, ald_str(run));
        }
        ald_json_write_end(&json);
        r = ald_json_write_done(&json);
        if (!ald_alloc_fail_off()) {
            break;
        }
        ald_check_int(r, ALDIS_E_NOMEM);
    }
    ald_check_int(r, 0);
    ald_check(n > 2);
    ald_buf_reset(&buf);
}

static void misuse(int which)
{
    begin(ALD_JSON_COMPACT);
    switch (which) {
    case 0: /* a value without a name */
        ald_json_write_object(&json);
        ald_json_write_null(&json);
        break;
    case 1: /* a name without a value */
        ald_json_write_object(&json);
        ald_json_write_name(&json, ALD_STR("a"));
        ald_json_write_end(&json);
        break;
    case 2: /* two names */
        ald_json_write_object(&json);
        ald_json_write_name(&json, ALD_STR("a"));
        ald_json_write_name(&json, ALD_STR("b"));
        break;
    case 3: /* a name in an array */
        ald_json_write_array(&json);
        ald_json_write_name(&json, ALD_STR("a"));
        break;
    case 4: /* two values */
        ald_json_write_null(&json);
        ald_json_write_null(&json);
        break;
    case 5: /* not ended */
        ald_json_write_array(&json);
        ald_ignore(ald_json_write_done(&json)); /* never returns */
        break;
    case 6:                                     /* no value */
        ald_ignore(ald_json_write_done(&json)); /* never returns */
        break;
    case 7: /* ended once too often */
        ald_json_write_array(&json);
        ald_json_write_end(&json);
        ald_json_write_end(&json);
        break;
    default: /* nested too deep */
        for (int i = 0; i <= ALD_JSON_DEPTH_MAX; i++) {
            ald_json_write_array(&json);
        }
        break;
    }
}

ALD_TEST(json_write, asserts_its_shape)
{
    for (int which = 0; which <= 8; which++) {
        ald_check_panics(misuse(which));
    }
}

ALD_TEST_MAIN(json_write, ALD_CASE(json_write, writes_the_frames_of_the_reference),
              ALD_CASE(json_write, puts_commas_where_they_belong), ALD_CASE(json_write, writes_a_lone_value),
              ALD_CASE(json_write, writes_integers_to_their_ends), ALD_CASE(json_write, escapes_only_what_must_be),
              ALD_CASE(json_write, replaces_what_is_not_utf8), ALD_CASE(json_write, escapes_names_too),
              ALD_CASE(json_write, reads_back_any_bytes_as_they_were),
              ALD_CASE(json_write, is_pretty_as_the_management_api_is),
              ALD_CASE(json_write, indents_as_deep_as_it_nests),
              ALD_CASE(json_write, spares_old_readers_pairs_and_prefixes),
              ALD_CASE(json_write, keeps_a_failure_until_the_end),
              ALD_CASE(json_write, tells_at_the_end_that_memory_was_short), ALD_CASE(json_write, asserts_its_shape))
