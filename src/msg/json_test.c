#include "msg/json.h"

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "msg/json_cases.h"
#include "msg/json_scan.h"

static struct ald_json tape;

static const struct ald_json_node *parse(const char *text)
{
    ald_check_int(ald_json_parse(&tape, ald_str(text), ALD_JSON_STRICT, NULL), 0);
    return ald_json_root(&tape);
}

static void check_raw(const struct ald_json_node *node, const char *raw)
{
    ald_check(node != NULL);
    ald_check_str(ald_json_value(node).raw, raw);
}

ALD_TEST(json, accepts_all_that_is_json)
{
    struct ald_json_end end;

    for (size_t i = 0; i < ALD_COUNT(json_sound); i++) {
        char *exact = json_exact(json_sound[i]);

        ald_check_int(ald_json_parse(&tape, ald_str_of(exact, json_sound[i].size), ALD_JSON_STRICT, &end), 0);
        ald_check_int(end.offset, json_sound[i].size);
        ald_check_int(ald_json_root(&tape)->span, tape.n_nodes);
        free(exact);
    }
    for (size_t i = 0; i < ALD_COUNT(json_sound_numbers); i++) {
        ald_check_int(ald_json_parse(&tape, json_sound_numbers[i], ALD_JSON_STRICT, NULL), 0);
        ald_check_int(ald_json_root(&tape)->type, ALD_JSON_NUMBER);
        ald_check_int(tape.n_nodes, 1);
    }
}

ALD_TEST(json, judges_malformed_texts_as_the_scanner_does)
{
    struct ald_json_end end;

    for (size_t i = 0; i < ALD_COUNT(json_malformed); i++) {
        const struct json_malformed *it = &json_malformed[i];
        char *exact = json_exact(it->text);
        struct ald_str text = ald_str_of(exact, it->text.size);
        unsigned pardon = json_pardon(it->reason);

        ald_check_int(ald_json_parse(&tape, text, ALD_JSON_STRICT, &end), ALD_JSON_MALFORMED);
        ald_check_int(end.offset, it->offset);
        ald_check_int(end.reason, it->reason);
        ald_check_int(tape.n_nodes, 0);
        ald_check_int(ald_json_parse(&tape, text, pardon, &end), pardon != 0 ? 0 : ALD_JSON_MALFORMED);
        free(exact);
    }
}

ALD_TEST(json, judges_every_text_cut_short_as_the_scanner_does)
{
    for (size_t i = 0; i < ALD_COUNT(json_sound); i++) {
        for (size_t size = 0; size <= json_sound[i].size; size++) {
            struct ald_str text = {json_sound[i].data, size};
            struct ald_json_scan scan;
            struct ald_json_end end;

            ald_check_int(ald_json_parse(&tape, text, 0, &end), ald_json_check(text, 0, &scan));
            ald_check_int(end.offset, scan.end.offset);
            ald_check_int(end.reason, scan.end.reason);
        }
    }
}

ALD_TEST(json, follows_nesting_to_its_limit_and_no_deeper)
{
    char *sound = json_nested(ALD_JSON_DEPTH_MAX), *deep = json_nested(ALD_JSON_DEPTH_MAX + 1);
    struct ald_json_end end;

    ald_check_int(ald_json_parse(&tape, ald_str(sound), 0, NULL), 0);
    ald_check_int(ald_json_parse(&tape, ald_str(deep), 0, &end), ALD_JSON_MALFORMED);
    ald_check_int(end.reason, ALD_JSON_DEEP);
    free(sound);
    free(deep);
}

ALD_TEST(json, walks_arrays_in_order)
{
    static const char *const raws[] = {"1", "[2,[3]]", "\"4\"", "{\"5\":6}", "null"};
    const struct ald_json_node *root = parse("[1,[2,[3]],\"4\",{\"5\":6},null]");
    size_t n = 0;

    ald_check_int(root->n_inside, ALD_COUNT(raws));
    ald_json_each(it, root)
    {
        check_raw(it, raws[n++]);
    }
    ald_check_int(n, ALD_COUNT(raws));
}

ALD_TEST(json, walks_members_in_order_duplicates_too)
{
    static const char *const raws[] = {"\"a\"", "{\"x\":[]}", "\"b\"", "2", "\"a\"", "[3]"};
    const struct ald_json_node *root = parse(" {\"a\" : {\"x\":[]} , \"b\" : 2,\"a\":[3] } ");
    size_t n = 0;

    ald_check_int(root->n_inside, 3);
    ald_json_each_member(it, root)
    {
        check_raw(it, raws[n++]);
        check_raw(it + 1, raws[n++]);
    }
    ald_check_int(n, ALD_COUNT(raws));
    check_raw(root, "{\"a\" : {\"x\":[]} , \"b\" : 2,\"a\":[3] }");
}

ALD_TEST(json, walks_nothing_in_what_is_no_container)
{
    const struct ald_json_node *nodes[] = {NULL, parse("[{},1]"), parse("[{},1]") + 1, parse("[{},1]") + 2};

    for (size_t i = 0; i < ALD_COUNT(nodes); i++) {
        ald_json_each_member(it, nodes[i])
        {
            fail();
        }
        if (i != 1) {
            ald_json_each(it, nodes[i])
            {
                fail();
            }
        }
    }
}

ALD_TEST(json, finds_the_last_member_of_a_name)
{
    const struct ald_json_node *root = parse("{\"a\":1,\"b\":{\"a\":9},\"\\u0061\":2,\"c\":3}");

    check_raw(ald_json_find(root, ALD_STR("a")), "2");
    check_raw(ald_json_find(ald_json_find(root, ALD_STR("b")), ALD_STR("a")), "9");
    ald_check(ald_json_find(root, ALD_STR("d")) == NULL);
    ald_check(ald_json_find(ald_json_find(root, ALD_STR("c")), ALD_STR("a")) == NULL);
    ald_check(ald_json_find(NULL, ALD_STR("a")) == NULL);
    ald_check_int(ald_json_type(ald_json_find(root, ALD_STR("d"))), ALD_JSON_NONE);
    ald_check_int(ald_json_value(NULL).type, ALD_JSON_NONE);
}

ALD_TEST(json, finds_elements_by_index)
{
    const struct ald_json_node *root = parse("[[0,0],1,{\"x\":0},3]");

    check_raw(ald_json_at(root, 0), "[0,0]");
    check_raw(ald_json_at(root, 3), "3");
    ald_check(ald_json_at(root, 4) == NULL);
    ald_check(ald_json_at(ald_json_at(root, 2), 0) == NULL);
    ald_check(ald_json_at(NULL, 0) == NULL);
}

ALD_TEST(json, marks_everything_around_broken_utf8)
{
    static const unsigned broken[] = {ALD_JSON_BROKEN, 0, ALD_JSON_BROKEN, ALD_JSON_BROKEN, ALD_JSON_BROKEN, 0};

    ald_check_int(ald_json_parse(&tape, ALD_STR("[[1],[{\"\xff\":1}]]"), ALD_JSON_BROKEN_OK, NULL), 0);
    ald_check_int(tape.nodes[0].flags, ALD_JSON_BROKEN);
    ald_check_int(tape.nodes[1].flags, 0);
    for (size_t i = 1; i < ALD_COUNT(broken); i++) {
        ald_check_int(tape.nodes[i + 1].flags, broken[i]);
    }
}

ALD_TEST(json, keeps_flags_to_the_value_they_belong_to)
{
    const struct ald_json_node *root = parse("[\"\\n\",\"plain\",1.0,1,[\"\\t\",1e1],{\"\\r\":0}]");

    ald_check_int(root->flags, 0);
    ald_check_int(ald_json_at(root, 0)->flags, ALD_JSON_ESCAPED);
    ald_check_int(ald_json_at(root, 1)->flags, 0);
    ald_check_int(ald_json_at(root, 2)->flags, ALD_JSON_REAL);
    ald_check_int(ald_json_at(root, 3)->flags, 0);
    ald_check_int(ald_json_at(root, 4)->flags, 0);
    ald_check_int(ald_json_at(root, 5)->flags, 0);
    ald_check_int((ald_json_at(root, 5) + 2)->flags, 0);
}

ALD_TEST(json, takes_no_more_nodes_than_it_may)
{
    struct ald_json_node nodes[4];
    struct ald_json_end end;
    struct ald_json json;

    ald_json_init_lent(&json, nodes, ALD_COUNT(nodes));
    ald_check_int(ald_json_parse(&json, ALD_STR("[1,2,3]"), 0, NULL), 0);
    ald_check(ald_json_root(&json) == nodes);
    ald_check_int(ald_json_parse(&json, ALD_STR("[1,2,3,4]"), 0, &end), ALD_JSON_MALFORMED);
    ald_check_int(end.reason, ALD_JSON_HUGE);
    ald_check_int(end.offset, 7);
    ald_json_fini(&json);

    ald_json_init(&json, 100);
    for (int n = 99; n <= 100; n++) {
        char text[256], *at = stpcpy(text, "[0");

        for (int i = 1; i < n; i++) {
            at = stpcpy(at, ",0");
        }
        stpcpy(at, "]");
        ald_check_int(ald_json_parse(&json, ald_str(text), 0, &end), n == 99 ? 0 : ALD_JSON_MALFORMED);
        ald_check(json.room <= 100);
    }
    ald_check_int(end.reason, ALD_JSON_HUGE);
    ald_json_fini(&json);
}

ALD_TEST(json, grows_without_losing_what_it_read)
{
    enum { N = 5000 };
    char *text = malloc(N * 8), *at = text;
    struct ald_json json;
    int64_t sum = 0, n;

    ald_check(text != NULL);
    *at++ = '[';
    for (int i = 0; i < N; i++) {
        at += sprintf(at, "%s[%d]", i > 0 ? "," : "", i);
    }
    *at++ = ']';
    ald_json_init(&json, SIZE_MAX);
    ald_check_int(ald_json_parse(&json, ald_str_of(text, (size_t)(at - text)), 0, NULL), 0);
    ald_json_each(it, ald_json_root(&json))
    {
        ald_check_int(ald_json_i64(ald_json_value(ald_json_at(it, 0)), &n), 0);
        sum += n;
    }
    ald_check_int(sum, (int64_t)N * (N - 1) / 2);
    ald_json_fini(&json);
    free(text);
}

ALD_TEST(json, refuses_more_text_than_a_node_can_tell)
{
    struct ald_json_end end;

    ald_check_int(ald_json_parse(&tape, ald_str_of("[]", (size_t)UINT32_MAX + 1), 0, &end), ALD_JSON_MALFORMED);
    ald_check_int(end.reason, ALD_JSON_HUGE);
    ald_check_int(end.offset, 0);
}

ALD_TEST(json, tells_when_memory_is_short_and_reads_on_when_it_is_not)
{
    char text[1024], *at = stpcpy(text, "[0");
    struct ald_json json;
    uint64_t n;
    int r;

    for (int i = 0; i < 200; i++) {
        at = stpcpy(at, ",[]");
    }
    stpcpy(at, "]");
    for (n = 1;; n++) {
        ald_json_init(&json, 1000);
        ald_alloc_fail_at(n);
        r = ald_json_parse(&json, ald_str(text), 0, NULL);
        if (!ald_alloc_fail_off()) {
            break;
        }
        ald_check_int(r, ALDIS_E_NOMEM);
        ald_check_int(json.n_nodes, 0);
        ald_check_int(ald_json_parse(&json, ald_str(text), 0, NULL), 0);
        ald_check_int(json.n_nodes, 202);
        ald_json_fini(&json);
    }
    ald_check_int(r, 0);
    ald_check_int(n, 5); /* 32 nodes, 64, 128 and 256 */
    ald_json_fini(&json);
}

ALD_TEST(json, reads_one_text_after_the_other)
{
    check_raw(parse("[1,2]"), "[1,2]");
    check_raw(parse("3"), "3");
    ald_check_int(ald_json_parse(&tape, ALD_STR("[1,2"), 0, NULL), ALD_JSON_MALFORMED);
    check_raw(parse("{}"), "{}");
}

/* --- equality --- */

static bool same(const char *a, const char *b)
{
    bool forth = ald_json_text_equal(ald_str(a), ald_str(b)), back = ald_json_text_equal(ald_str(b), ald_str(a));

    ald_check(forth == back);
    return forth;
}

ALD_TEST(json, calls_texts_equal_that_mean_the_same)
{
    ald_check(same("{\"a\":1,\"b\":[true,null]}", " { \"b\" : [ true , null ] , \"a\" : 1 } "));
    ald_check(same("{\"a\":1,\"a\":2}", "{\"a\":2}"));
    ald_check(same("{\"a\":1,\"\\u0061\":2}", "{\"a\":2}"));
    ald_check(same("[1,100,0.5,-0]", "[1.0,1e2,5E-1,0.0]"));
    ald_check(same("123456789012345678901234567890", "1234567890123456789012345678.9e2"));
    ald_check(same("\"\\u00e9\\u003b\\/\"", "\"\xc3\xa9;/\""));
    ald_check(same("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""));
    ald_check(same("\"\\ud800\"", "\"\\udfff\"")); /* neither is a character */
}

ALD_TEST(json, calls_texts_different_that_mean_something_else)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "\"\"",
        "[]",
        "{}",
        "1",
        "-1",
        "10",
        "0.1",
        "\"1\"",
        "\"a\"",
        "\"\\u0000\"",
        "\"ab\"",
        "[1]",
        "[1,2]",
        "[2,1]",
        "[[]]",
        "{\"a\":1}",
        "{\"a\":2}",
        "{\"b\":1}",
        "{\"a\":1,\"b\":1}",
        "{\"a\":null}",
        "12345678901234567890123456789",
        "12345678901234567890123456788",
    };

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        for (size_t k = 0; k < ALD_COUNT(texts); k++) {
            ald_check_int(same(texts[i], texts[k]), i == k);
        }
    }
    ald_check(!same("[1", "[1"));
    ald_check(!ald_json_equal(parse("1"), NULL));
    ald_check(ald_json_equal(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALD_CASE(json, accepts_all_that_is_json),
        ALD_CASE(json, judges_malformed_texts_as_the_scanner_does),
        ALD_CASE(json, judges_every_text_cut_short_as_the_scanner_does),
        ALD_CASE(json, follows_nesting_to_its_limit_and_no_deeper),
        ALD_CASE(json, walks_arrays_in_order),
        ALD_CASE(json, walks_members_in_order_duplicates_too),
        ALD_CASE(json, walks_nothing_in_what_is_no_container),
        ALD_CASE(json, finds_the_last_member_of_a_name),
        ALD_CASE(json, finds_elements_by_index),
        ALD_CASE(json, marks_everything_around_broken_utf8),
        ALD_CASE(json, keeps_flags_to_the_value_they_belong_to),
        ALD_CASE(json, takes_no_more_nodes_than_it_may),
        ALD_CASE(json, grows_without_losing_what_it_read),
        ALD_CASE(json, refuses_more_text_than_a_node_can_tell),
        ALD_CASE(json, tells_when_memory_is_short_and_reads_on_when_it_is_not),
        ALD_CASE(json, reads_one_text_after_the_other),
        ALD_CASE(json, calls_texts_equal_that_mean_the_same),
        ALD_CASE(json, calls_texts_different_that_mean_something_else),
    };
    int failed;

    ald_json_init(&tape, 1 << 16);
    failed = cmocka_run_group_tests_name("json", tests, NULL, NULL);
    ald_json_fini(&tape);
    return failed;
}
