#include "msg/json_scan.h"

#include "msg/json_cases.h"

static int check(struct ald_str text, unsigned options, struct ald_json_scan *ret_scan)
{
    char *exact = json_exact(text);
    int r = ald_json_check(ald_str_of(exact, text.size), options, ret_scan);

    free(exact);
    return r;
}

/* The text behind `n` blanks, so that its strings begin everywhere in the steps of 16 bytes. */
static struct ald_str shifted(struct ald_str text, size_t n, char *room)
{
    memset(room, ' ', n);
    memcpy(room + n, text.data, text.size);
    return ald_str_of(room, n + text.size);
}

static void check_malformed(struct ald_str text, unsigned options, size_t offset, enum ald_json_reason reason)
{
    struct ald_json_scan scan;

    ald_check_int(check(text, options, &scan), ALD_JSON_MALFORMED);
    if (scan.end.offset != offset || scan.end.reason != reason) {
        fail_msg("%.*s: at %zu \"%s\", not at %zu \"%s\"", ALD_STR_ARG(text), scan.end.offset,
                 ald_json_reason_text(scan.end.reason), offset, ald_json_reason_text(reason));
    }
    ald_check_int(scan.value.type, ALD_JSON_NONE);
}

static void check_sound(struct ald_str text, unsigned options)
{
    struct ald_json_scan scan;

    if (check(text, options, &scan) != 0) {
        fail_msg("%.*s: at %zu %s", ALD_STR_ARG(text), scan.end.offset, ald_json_reason_text(scan.end.reason));
    }
    ald_check_int(scan.end.reason, ALD_JSON_SOUND);
    ald_check(scan.end.offset <= text.size);
}

ALD_TEST(json_scan, accepts_all_that_is_json)
{
    char room[256];

    for (size_t shift = 0; shift < 18; shift++) {
        for (size_t i = 0; i < ALD_COUNT(json_sound); i++) {
            check_sound(shifted(json_sound[i], shift, room), ALD_JSON_STRICT);
        }
        for (size_t i = 0; i < ALD_COUNT(json_sound_numbers); i++) {
            check_sound(shifted(json_sound_numbers[i], shift, room), ALD_JSON_STRICT);
        }
    }
}

ALD_TEST(json_scan, tells_where_and_why_a_text_is_malformed)
{
    char room[256];

    for (size_t i = 0; i < ALD_COUNT(json_malformed); i++) {
        const struct json_malformed *it = &json_malformed[i];

        for (size_t shift = 0; shift < 18; shift++) {
            check_malformed(shifted(it->text, shift, room), ALD_JSON_STRICT, it->offset + shift, it->reason);
        }
    }
}

ALD_TEST(json_scan, finds_every_text_cut_short_malformed)
{
    struct ald_json_scan scan;

    for (size_t i = 0; i < ALD_COUNT(json_sound); i++) {
        struct ald_str text = json_sound[i];

        ald_check_int(ald_json_check(text, ALD_JSON_STRICT, &scan), 0);
        for (size_t size = 0; size < (size_t)(scan.value.raw.data + scan.value.raw.size - text.data); size++) {
            struct ald_json_scan cut;

            if (check(ald_str_of(text.data, size), ALD_JSON_STRICT, &cut) != ALD_JSON_MALFORMED) {
                fail_msg("%.*s cut to %zu bytes is accepted", ALD_STR_ARG(text), size);
            }
            ald_check(cut.end.reason == ALD_JSON_ENDS || cut.end.reason == ALD_JSON_UTF8);
        }
    }
}

ALD_TEST(json_scan, survives_every_malformed_text_cut_short)
{
    for (size_t i = 0; i < ALD_COUNT(json_malformed); i++) {
        for (size_t size = 0; size <= json_malformed[i].text.size; size++) {
            struct ald_json_scan scan;

            ald_ignore(
                check(ald_str_of(json_malformed[i].text.data, size), ALD_JSON_STRICT, &scan)); /* only survives */
            ald_check(scan.end.offset <= size);
        }
    }
}

ALD_TEST(json_scan, accepts_broken_utf8_or_a_tail_only_when_told)
{
    for (size_t i = 0; i < ALD_COUNT(json_malformed); i++) {
        const struct json_malformed *it = &json_malformed[i];
        unsigned pardon = json_pardon(it->reason);

        if (pardon != 0) {
            check_sound(it->text, pardon);
            check_sound(it->text, ALD_JSON_BROKEN_OK | ALD_JSON_TAIL_OK);
            check_malformed(it->text, pardon ^ (ALD_JSON_BROKEN_OK | ALD_JSON_TAIL_OK), it->offset, it->reason);
        } else {
            check_malformed(it->text, ALD_JSON_BROKEN_OK | ALD_JSON_TAIL_OK, it->offset, it->reason);
        }
    }
}

ALD_TEST(json_scan, follows_nesting_to_its_limit_and_no_deeper)
{
    struct ald_json_scan scan;

    for (size_t depth = ALD_JSON_DEPTH_MAX - 1; depth <= ALD_JSON_DEPTH_MAX; depth++) {
        char *text = json_nested(depth);

        check_sound(ald_str(text), ALD_JSON_STRICT);
        free(text);
    }
    char *deep = json_nested(ALD_JSON_DEPTH_MAX + 1);
    ald_check_int(check(ald_str(deep), ALD_JSON_STRICT, &scan), ALD_JSON_MALFORMED);
    ald_check_int(scan.end.reason, ALD_JSON_DEEP);
    free(deep);
}

ALD_TEST(json_scan, counts_the_object_it_scans_as_a_level)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("a")};
    char text[2 * (ALD_JSON_DEPTH_MAX + 1) + sizeof("{\"a\":}")], *at;
    struct ald_json_scan scan;

    for (int extra = 0; extra < 2; extra++) {
        at = stpcpy(text, "{\"a\":");
        for (int i = 0; i < ALD_JSON_DEPTH_MAX - 1 + extra; i++) {
            at = stpcpy(at, "[");
        }
        for (int i = 0; i < ALD_JSON_DEPTH_MAX - 1 + extra; i++) {
            at = stpcpy(at, "]");
        }
        stpcpy(at, "}");
        ald_check_int(ald_json_scan(ald_str(text), 0, fields, 1, &scan), extra == 0 ? 0 : ALD_JSON_MALFORMED);
    }
    ald_check_int(scan.end.reason, ALD_JSON_DEEP);
    ald_check_int(scan.end.offset, 5 + ALD_JSON_DEPTH_MAX - 1);
}

ALD_TEST(json_scan, gives_up_on_a_million_brackets_at_once)
{
    size_t size = 1000000;
    char *text = malloc(size);
    struct ald_json_scan scan;

    ald_check(text != NULL);
    memset(text, '[', size);
    ald_check_int(ald_json_check(ald_str_of(text, size), 0, &scan), ALD_JSON_MALFORMED);
    ald_check_int(scan.end.offset, ALD_JSON_DEPTH_MAX);
    free(text);
}

/* --- fields --- */

static struct ald_json_field envelope[] = {ALD_JSON_FIELD("id"), ALD_JSON_FIELD("type"), ALD_JSON_FIELD("payload")};
enum { ID, TYPE, PAYLOAD };

static int scan_envelope(const char *text, unsigned options)
{
    struct ald_json_scan scan;

    return ald_json_scan(ald_str(text), options, envelope, ALD_COUNT(envelope), &scan);
}

ALD_TEST(json_scan, gives_type_and_raw_view_of_each_field)
{
    ald_check_int(scan_envelope("{\"id\":\"c1\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"t\"}}", 0), 0);
    ald_check_int(envelope[ID].value.type, ALD_JSON_STRING);
    ald_check_str(envelope[ID].value.raw, "\"c1\"");
    ald_check_str(ald_json_inner(envelope[TYPE].value), "HELLO");
    ald_check_int(envelope[PAYLOAD].value.type, ALD_JSON_OBJECT);
    ald_check_str(envelope[PAYLOAD].value.raw, "{\"targetId\":\"t\"}");
}

ALD_TEST(json_scan, tells_every_type_apart)
{
    static const struct {
        const char *text;
        enum ald_json_type type;
        unsigned flags;
    } cases[] = {
        {"null", ALD_JSON_NULL, 0},
        {"true", ALD_JSON_TRUE, 0},
        {"false", ALD_JSON_FALSE, 0},
        {"12", ALD_JSON_NUMBER, 0},
        {"-1", ALD_JSON_NUMBER, 0},
        {"1.0", ALD_JSON_NUMBER, ALD_JSON_REAL},
        {"1e3", ALD_JSON_NUMBER, ALD_JSON_REAL},
        {"\"a\"", ALD_JSON_STRING, 0},
        {"\"\\n\"", ALD_JSON_STRING, ALD_JSON_ESCAPED},
        {"[1.0,\"\\n\"]", ALD_JSON_ARRAY, 0},
        {"{\"\\n\":1e1}", ALD_JSON_OBJECT, 0},
        {"\"\xff\"", ALD_JSON_STRING, ALD_JSON_BROKEN},
        {"\"\xff\\n\"", ALD_JSON_STRING, ALD_JSON_BROKEN | ALD_JSON_ESCAPED},
        {"[[\"\xff\",1.0],\"ok\"]", ALD_JSON_ARRAY, ALD_JSON_BROKEN},
        {"{\"\xff\":1}", ALD_JSON_OBJECT, ALD_JSON_BROKEN},
    };
    char text[64];

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        stpcpy(stpcpy(stpcpy(text, "{ \"id\" : "), cases[i].text), " }");
        ald_check_int(scan_envelope(text, ALD_JSON_BROKEN_OK), 0);
        ald_check_int(envelope[ID].value.type, cases[i].type);
        ald_check_int(envelope[ID].value.flags, cases[i].flags);
        ald_check_str(envelope[ID].value.raw, cases[i].text);
    }
}

ALD_TEST(json_scan, finds_fields_in_any_order)
{
    ald_check_int(scan_envelope("{\"payload\":1,\"x\":0,\"type\":2,\"id\":3,\"y\":[]}", 0), 0);
    ald_check_str(envelope[PAYLOAD].value.raw, "1");
    ald_check_str(envelope[TYPE].value.raw, "2");
    ald_check_str(envelope[ID].value.raw, "3");
}

ALD_TEST(json_scan, leaves_missing_fields_without_a_value)
{
    envelope[ID].value.type = ALD_JSON_TRUE;
    ald_check_int(scan_envelope("{}", 0), 0);
    ald_check_int(envelope[ID].value.type, ALD_JSON_NONE);
    ald_check_int(scan_envelope("{\"i\":1,\"idd\":2,\"ID\":3,\"\":4,\"payload\":{\"id\":5}}", 0), 0);
    ald_check_int(envelope[ID].value.type, ALD_JSON_NONE);
    ald_check_int(envelope[PAYLOAD].value.type, ALD_JSON_OBJECT);
}

ALD_TEST(json_scan, lets_the_last_of_a_name_win)
{
    ald_check_int(scan_envelope("{\"id\":1,\"type\":2,\"id\":{},\"i\\u0064\":\"last\",\"type\":null}", 0), 0);
    ald_check_str(ald_json_inner(envelope[ID].value), "last");
    ald_check_int(envelope[TYPE].value.type, ALD_JSON_NULL);
}

ALD_TEST(json_scan, compares_names_decoded)
{
    struct ald_json_field fields[] = {
        ALD_JSON_FIELD("a\"b"), ALD_JSON_FIELD("\xc3\xa9"), ALD_JSON_FIELD("\xef\xbf\xbd"), {.name = {"\0", 1}}};
    struct ald_str text =
        ALD_STR("{\"\\u0061\\\"b\":1,\"\\u00E9\":2,\"\\ud800\":3,\"\\u0000\":4,\"a\\\\\\\"b\":5,\"\\u00e9x\":6}");
    struct ald_json_scan scan;

    ald_check_int(ald_json_scan(text, 0, fields, ALD_COUNT(fields), &scan), 0);
    for (size_t i = 0; i < ALD_COUNT(fields); i++) {
        ald_check_int(fields[i].value.raw.data[0], '1' + (int)i);
    }
}

ALD_TEST(json_scan, reads_broken_names_as_replacement_characters)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("\xef\xbf\xbd")};
    struct ald_json_scan scan;

    ald_check_int(ald_json_scan(ALD_STR("{\"\xff\":1}"), ALD_JSON_BROKEN_OK, fields, 1, &scan), 0);
    ald_check_str(fields[0].value.raw, "1");
    ald_check_int(scan.value.flags, ALD_JSON_BROKEN);
}

ALD_TEST(json_scan, marks_the_object_when_any_member_is_broken)
{
    struct ald_json_scan scan;

    ald_check_int(ald_json_scan(ALD_STR("{\"id\":\"\xff\",\"x\":1}"), ALD_JSON_BROKEN_OK, envelope, 3, &scan), 0);
    ald_check_int(scan.value.flags, ALD_JSON_BROKEN);
    ald_check_int(ald_json_scan(ALD_STR("{\"x\":[\"\xff\"],\"id\":\"\\n\"}"), ALD_JSON_BROKEN_OK, envelope, 3, &scan),
                  0);
    ald_check_int(scan.value.flags, ALD_JSON_BROKEN);
    ald_check_int(envelope[ID].value.flags, ALD_JSON_ESCAPED);
    ald_check_int(ald_json_scan(ALD_STR("{\"x\":[1.5],\"id\":\"\\n\"}"), ALD_JSON_BROKEN_OK, envelope, 3, &scan), 0);
    ald_check_int(scan.value.flags, 0);
}

ALD_TEST(json_scan, tells_the_type_of_what_is_no_object)
{
    struct ald_json_scan scan;

    ald_check_int(ald_json_scan(ALD_STR(" null "), 0, envelope, 3, &scan), ALD_JSON_NOT_OBJECT);
    ald_check_int(scan.value.type, ALD_JSON_NULL);
    ald_check_int(ald_json_scan(ALD_STR("[{\"id\":1}]"), 0, envelope, 3, &scan), ALD_JSON_NOT_OBJECT);
    ald_check_int(scan.value.type, ALD_JSON_ARRAY);
    ald_check_int(envelope[ID].value.type, ALD_JSON_NONE);
    ald_check_int(ald_json_scan(ALD_STR("[1}"), 0, envelope, 3, &scan), ALD_JSON_MALFORMED);
    ald_check_int(ald_json_scan(ALD_STR_NONE, 0, envelope, 3, &scan), ALD_JSON_MALFORMED);
    ald_check_int(scan.end.reason, ALD_JSON_ENDS);
}

ALD_TEST(json_scan, leaves_the_tail_out_of_the_value)
{
    struct ald_json_scan scan;

    ald_check_int(ald_json_scan(ALD_STR(" {\"id\":1} ;;x"), ALD_JSON_TAIL_OK, envelope, 3, &scan), 0);
    ald_check_str(scan.value.raw, "{\"id\":1}");
    ald_check_int(scan.end.offset, 9);
    ald_check_int(ald_json_scan(ALD_STR(" {\"id\":1}  "), 0, envelope, 3, &scan), 0);
    ald_check_str(scan.value.raw, "{\"id\":1}");
    ald_check_int(scan.end.offset, 11);
}

/* An envelope is malformed wherever a malformed text stands in it, whether the member is wanted or not. */
ALD_TEST(json_scan, checks_what_it_skips_as_strictly)
{
    char text[256];

    for (size_t i = 0; i < ALD_COUNT(json_malformed); i++) {
        struct ald_str bad = json_malformed[i].text;
        struct ald_json_scan scan;
        char *at;

        /* A tail can be the rest of a sound object here. */
        if (json_malformed[i].reason == ALD_JSON_TAIL || json_malformed[i].reason == ALD_JSON_ENDS) {
            continue;
        }
        for (int wanted = 0; wanted < 2; wanted++) {
            at = stpcpy(text, wanted != 0 ? "{\"payload\":" : "{\"skipped\":");
            memcpy(at, bad.data, bad.size);
            at[bad.size] = '}';
            ald_check_int(ald_json_scan(ald_str_of(text, (size_t)(at - text) + bad.size + 1), 0, envelope, 3, &scan),
                          ALD_JSON_MALFORMED);
            ald_check_int(scan.end.offset, json_malformed[i].offset + 11);
            ald_check_int(scan.end.reason, json_malformed[i].reason);
        }
    }
}

ALD_TEST(json_scan, finds_every_envelope_cut_short_malformed)
{
    static const char *const texts[] = {
        "{\"id\":\"c\\u00e9\",\"type\":null,\"payload\":{\"a\":[1.5e3,true]},\"x\":\"\"}",
        "{ \"x\" : [ ] , \"id\" : { } , \"caf\xc3\xa9\" : -0.1 }",
    };

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(scan_envelope(texts[i], 0), 0);
        for (size_t size = 0; size < strlen(texts[i]); size++) {
            char *exact = json_exact(ald_str_of(texts[i], size));
            struct ald_json_scan scan;

            ald_check_int(ald_json_scan(ald_str_of(exact, size), 0, envelope, 3, &scan), ALD_JSON_MALFORMED);
            ald_check(scan.end.reason == ALD_JSON_ENDS || scan.end.reason == ALD_JSON_UTF8);
            free(exact);
        }
    }
}

ALD_TEST(json_scan, tells_where_a_member_is_malformed)
{
    for (size_t i = 0; i < ALD_COUNT(json_malformed); i++) {
        struct ald_json_scan scan;

        ald_check_int(ald_json_scan(json_malformed[i].text, 0, envelope, 3, &scan), ALD_JSON_MALFORMED);
        ald_check_int(scan.end.offset, json_malformed[i].offset);
        ald_check_int(scan.end.reason, json_malformed[i].reason);
    }
}

ALD_TEST(json_scan, finds_sound_texts_in_any_member)
{
    char text[256];

    for (size_t i = 0; i < ALD_COUNT(json_sound); i++) {
        struct ald_json_scan whole, scan;
        char *at = stpcpy(text, "{\"x\":");

        ald_check_int(ald_json_check(json_sound[i], 0, &whole), 0);
        memcpy(at, json_sound[i].data, json_sound[i].size);
        at = stpcpy(at + json_sound[i].size, ",\"payload\":");
        memcpy(at, json_sound[i].data, json_sound[i].size);
        at[json_sound[i].size] = '}';
        ald_check_int(
            ald_json_scan(ald_str_of(text, (size_t)(at - text) + json_sound[i].size + 1), 0, envelope, 3, &scan), 0);
        ald_check(ald_str_equal(envelope[PAYLOAD].value.raw, whole.value.raw));
        ald_check_int(envelope[PAYLOAD].value.type, whole.value.type);
        ald_check_int(envelope[PAYLOAD].value.flags, whole.value.flags);
    }
}

ALD_TEST_MAIN(json_scan, ALD_CASE(json_scan, accepts_all_that_is_json),
              ALD_CASE(json_scan, tells_where_and_why_a_text_is_malformed),
              ALD_CASE(json_scan, finds_every_text_cut_short_malformed),
              ALD_CASE(json_scan, survives_every_malformed_text_cut_short),
              ALD_CASE(json_scan, accepts_broken_utf8_or_a_tail_only_when_told),
              ALD_CASE(json_scan, follows_nesting_to_its_limit_and_no_deeper),
              ALD_CASE(json_scan, counts_the_object_it_scans_as_a_level),
              ALD_CASE(json_scan, gives_up_on_a_million_brackets_at_once),
              ALD_CASE(json_scan, gives_type_and_raw_view_of_each_field), ALD_CASE(json_scan, tells_every_type_apart),
              ALD_CASE(json_scan, finds_fields_in_any_order),
              ALD_CASE(json_scan, leaves_missing_fields_without_a_value),
              ALD_CASE(json_scan, lets_the_last_of_a_name_win), ALD_CASE(json_scan, compares_names_decoded),
              ALD_CASE(json_scan, reads_broken_names_as_replacement_characters),
              ALD_CASE(json_scan, marks_the_object_when_any_member_is_broken),
              ALD_CASE(json_scan, tells_the_type_of_what_is_no_object),
              ALD_CASE(json_scan, leaves_the_tail_out_of_the_value),
              ALD_CASE(json_scan, checks_what_it_skips_as_strictly),
              ALD_CASE(json_scan, finds_every_envelope_cut_short_malformed),
              ALD_CASE(json_scan, tells_where_a_member_is_malformed),
              ALD_CASE(json_scan, finds_sound_texts_in_any_member))
