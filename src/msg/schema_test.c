#include "msg/schema.h"

#include <stdio.h>

#include "base/buf.h"
#include "lib/alloc_fail.h"
#include "lib/panic.h"
#include "lib/test.h"
#include "msg/schema_doc.h"
#include "msg/schema_uri.h"

static char said[ALD_SCHEMA_TEXT_MAX];

/* What becomes of `json`; `said` then holds what the fault says. */
static int check(const char *text, struct ald_str json)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *checker = NULL;
    struct ald_schema_fault fault;
    int r = ald_schema_new(ald_str(text), &schema, &fault);

    if (r == 0) {
        ald_check_int(ald_schema_checker_new(&checker), 0);
        r = ald_schema_check(schema, checker, json, &fault);
    } else {
        r = -r; /* no schema: told apart from a text that breaks one */
    }
    (void)ald_schema_fault_text(&fault, said);
    return r;
}

static void passes(const char *schema, const char *json)
{
    if (check(schema, ald_str(json)) != 0) {
        fail_msg("%s does not keep to %s: %s", json, schema, said);
    }
}

static void breaks(const char *schema, const char *json, const char *text)
{
    ald_check_int(check(schema, ald_str(json)), ALD_SCHEMA_BROKEN);
    ald_check_str(ald_str(said), text);
}

static void wrong(const char *schema, const char *text)
{
    ald_check_int(check(schema, ALD_STR("1")), -ALD_SCHEMA_WRONG);
    ald_check_str(ald_str(said), text);
}

ALD_TEST(schema, names_the_path_and_the_rule)
{
    breaks("{\"type\":\"object\"}", "[]", "must be of type object (rule #/type)");
    breaks("{\"properties\":{\"a/b\":{\"items\":{\"minimum\":3}}}}", "{\"a/b\":[4,2]}",
           "must be at least 3 at /a~1b/1 (rule #/properties/a~1b/items/minimum)");
    breaks("{\"required\":[\"name\"]}", "{}", "must have the member name (rule #/required)");
}

ALD_TEST(schema, says_what_each_keyword_wants)
{
    breaks("{\"additionalProperties\":false}", "{\"b\":1}", "must not be there at /b (rule #/additionalProperties)");
    breaks("{\"enum\":[1,\"a\"]}", "2", "must be one of [1,\"a\"] (rule #/enum)");
    breaks("{\"const\":\"x\"}", "2", "must be x (rule #/const)");
    breaks("{\"multipleOf\":2}", "3", "must be a multiple of 2 (rule #/multipleOf)");
    breaks("{\"maxLength\":1}", "\"ab\"", "must not have more characters than 1 (rule #/maxLength)");
    breaks("{\"pattern\":\"^a\"}", "\"b\"", "must match ^a (rule #/pattern)");
    breaks("{\"uniqueItems\":true}", "[1,2,1.0]", "must not be there twice at /2 (rule #/uniqueItems)");
    breaks("{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}",
           "must not have a member of the name ab (rule #/propertyNames)");
    breaks("{\"dependencies\":{\"a\":[\"b\"]}}", "{\"a\":1}",
           "must, for what else it has, have the member b (rule #/dependencies)");
    breaks("{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3}]}", "2",
           "must fit one of several forms, and fits none (rule #/anyOf)");
    breaks("{\"oneOf\":[true,true]}", "2", "must fit only one of several forms, and fits two (rule #/oneOf)");
    breaks("{\"not\":{}}", "2", "must not be of a form that it has (rule #/not)");
    breaks("{\"contains\":{\"type\":\"null\"}}", "[]", "must contain an item of a certain form (rule #/contains)");
    breaks("{\"if\":true,\"then\":{\"minimum\":3}}", "2", "must be at least 3 (rule #/then/minimum)");
    breaks("{\"items\":[true],\"additionalItems\":false}", "[1,2]", "must not be there at /1 (rule #/additionalItems)");
}

ALD_TEST(schema, compares_numbers_by_their_worth)
{
    passes("{\"type\":\"integer\"}", "1e300");
    passes("{\"type\":\"integer\"}", "123456789012345678901234567890.0");
    passes("{\"const\":100000000000000000000000000000001}", "100000000000000000000000000000001.0");
    breaks("{\"const\":100000000000000000000000000000001}", "100000000000000000000000000000002",
           "must be 100000000000000000000000000000001 (rule #/const)");
    passes("{\"maximum\":18446744073709551616}", "18446744073709551615.9");
    passes("{\"exclusiveMinimum\":-1e400}", "-9e399");
    passes("{\"minimum\":-0.0}", "0");
    passes("{\"multipleOf\":0.01}", "4.02");
    passes("{\"multipleOf\":1e-8}", "12391239123");
    passes("{\"multipleOf\":9999999999999999999e-4}", "9999999999999999999e300");
    breaks("{\"multipleOf\":0.123456789}", "1e308", "must be a multiple of 0.123456789 (rule #/multipleOf)");
    breaks("{\"multipleOf\":10}", "5", "must be a multiple of 10 (rule #/multipleOf)");
    passes("{\"multipleOf\":7}", "0");
}

ALD_TEST(schema, counts_characters_and_decodes_names)
{
    passes("{\"minLength\":2,\"maxLength\":2}", "\"\\ud83d\\ude00\\u00e9\"");
    passes("{\"required\":[\"\\u0061\"]}", "{\"a\":1}");
    passes("{\"required\":[\"a\"]}", "{\"\\u0061\":1}");
    passes("{\"const\":{\"\\u0000\":\"\\n\"}}", "{\"\\u0000\":\"\\u000a\"}");
    breaks("{\"maxLength\":1}", "\"\xff\xff\"", "must not have more characters than 1 (rule #/maxLength)");
}

ALD_TEST(schema, lets_the_last_of_a_name_count)
{
    passes("{\"properties\":{\"a\":{\"type\":\"integer\"}},\"maxProperties\":1}", "{\"a\":\"x\",\"a\":1}");
    breaks("{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1,\"a\":\"x\"}",
           "must be of type integer at /a (rule #/properties/a/type)");
    passes("{\"uniqueItems\":true}", "[{\"a\":1,\"a\":2},{\"a\":1}]");
}

ALD_TEST(schema, finds_twins_among_many)
{
    char text[4096] = "[", *at = text + 1;

    for (int i = 0; i < 200; i++) {
        at += sprintf(at, "%s{\"n\":%d,\"m\":[%d]}", i > 0 ? "," : "", (i * 37) % 200, i % 3);
    }
    strcpy(at, "]");
    passes("{\"uniqueItems\":true}", text);
    strcpy(at, ",{\"m\":[1.0],\"n\":3.7e1}]");
    ald_check_int(check("{\"uniqueItems\":true}", ald_str(text)), ALD_SCHEMA_BROKEN);
    ald_check_str(ald_str(said), "must not be there twice at /200 (rule #/uniqueItems)");
}

ALD_TEST(schema, follows_addresses_within_the_document)
{
    passes("{\"$id\":\"http://h/a/root\",\"properties\":{\"x\":{\"$ref\":\"../b/t#n\"}},"
           "\"definitions\":{\"t\":{\"$id\":\"/b/t\",\"definitions\":{\"n\":{\"$id\":\"#n\",\"type\":\"null\"}}}}}",
           "{\"x\":null}");
    breaks("{\"$id\":\"urn:uuid:1\",\"items\":{\"$ref\":\"urn:uuid:1#/definitions/%61\"},"
           "\"definitions\":{\"a\":{\"type\":\"null\"}}}",
           "[1]", "must be of type null at /0 (rule #/definitions/a/type)");
    passes("{\"enum\":[{\"$id\":\"#n\",\"type\":\"null\"}]}", "{\"$id\":\"#n\",\"type\":\"null\"}");
    breaks("{\"properties\":{\"s\":{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}}}",
           "{\"s\":{\"minLength\":-1}}",
           "must be at least 0 at /s/minLength "
           "(rule http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger/minimum)");
}

ALD_TEST(schema, refuses_what_is_no_schema)
{
    wrong("", "not JSON: the text ends too early (at byte 0)");
    wrong("1", "must be a schema: an object, true or false");
    wrong("{\"type\":\"strnig\"}", "must name a type, or several in an array at /type");
    wrong("{\"type\":[]}", "must name a type, or several in an array at /type");
    wrong("{\"minLength\":-1}", "must be an integer that is not negative at /minLength");
    wrong("{\"multipleOf\":0}", "must be a number above 0 of at most 19 digits at /multipleOf");
    wrong("{\"properties\":{\"a\":1}}", "must be a schema: an object, true or false at /properties/a");
    wrong("{\"allOf\":[]}", "must be an array of at least one schema at /allOf");
    wrong("{\"required\":[1]}", "must be a string at /required/0");
    wrong("{\"uniqueItems\":1}", "must be true or false at /uniqueItems");
    wrong("{\"enum\":1}", "must be an array at /enum");
    wrong("{\"dependencies\":{\"a\":[1]}}", "must be a string at /dependencies/a/0");
    wrong("{\"$ref\":1}", "must be a string at /$ref");
    wrong("{\"$id\":1}", "must be a string at /$id");
    wrong("{\"$ref\":\"#/nowhere\"}", "refers to nothing at /$ref");
    wrong("{\"$ref\":\"#nobody\"}", "refers to nothing at /$ref");
    wrong("{\"$ref\":\"#/a\",\"a\":1}", "must be a schema: an object, true or false at /a");
    wrong("{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}", "only draft-07 is known here at /$schema");
    wrong("{\"$ref\":\"http://elsewhere/x.json\"}",
          "refers to another document, which is not fetched; a schema can only refer to what it holds itself at /$ref");
    wrong("{\"$ref\":\"#\"}", "leads to nothing but references, or to itself at /$ref");
    ald_check_int(check("{\"patternProperties\":{\"(\":true}}", ALD_STR("1")), -ALD_SCHEMA_WRONG);
    ald_check(strncmp(said, "not a pattern: ", 15) == 0);
}

ALD_TEST(schema, bounds_a_schema)
{
    static char text[ALD_SCHEMA_BYTES_MAX + 16];
    size_t at;

    memset(text, ' ', sizeof(text) - 1);
    text[0] = '1';
    wrong(text, "a schema has at most 262144 bytes");

    at = (size_t)sprintf(text, "{\"enum\":[1");
    for (int i = 0; i < ALD_SCHEMA_NODES_MAX; i++) {
        at += (size_t)sprintf(text + at, ",1");
    }
    strcpy(text + at, "]}");
    ald_check_int(check(text, ALD_STR("1")), -ALD_SCHEMA_WRONG);

    at = (size_t)sprintf(text, "{\"allOf\":[true");
    for (int i = 0; i < ALD_SCHEMA_IDS_MAX; i++) {
        at += (size_t)sprintf(text + at, ",{\"$id\":\"i%d\"}", i);
    }
    strcpy(text + at, "]}");
    wrong(text, "at most 256 schemas may have an $id at /allOf/256");

    at = (size_t)sprintf(text, "{\"pattern\":\"");
    memset(text + at, 'a', ALD_SCHEMA_PATTERN_MAX + 1);
    strcpy(text + at + ALD_SCHEMA_PATTERN_MAX + 1, "\"}");
    wrong(text, "a pattern has at most 4096 bytes at /pattern");

    at = (size_t)sprintf(text, "{\"$ref\":\"#/definitions/0\",\"definitions\":{");
    for (int i = 0; i < 100; i++) {
        at += (size_t)sprintf(text + at, "\"%d\":{\"$ref\":\"#/definitions/%d\"},", i, i + 1);
    }
    strcpy(text + at, "\"100\":true}}");
    wrong(text, "leads to nothing but references, or to itself at /$ref");
}

/* What would take long to compile is refused before it has. */
ALD_TEST(schema, bounds_what_a_schema_costs)
{
    static char text[ALD_SCHEMA_BYTES_MAX + 16];
    size_t at = (size_t)sprintf(text, "{\"allOf\":[true");

    for (int i = 1; i <= ALD_SCHEMA_PATTERNS_MAX + 1; i++) {
        at += (size_t)sprintf(text + at, ",{\"pattern\":\"a\"}");
    }
    strcpy(text + at, "]}");
    wrong(text, "one pattern too many: at most 1024, of 4194304 bytes compiled at /allOf/1025/pattern");

    at = (size_t)sprintf(text, "{\"allOf\":[true");
    for (int i = 0; i < 800; i++) {
        at += (size_t)sprintf(text + at, ",{\"pattern\":\"((a{1,50}){1,50}b){1,9}\"}");
    }
    strcpy(text + at, "]}");
    ald_check_int(check(text, ALD_STR("1")), -ALD_SCHEMA_WRONG);
    ald_check(strncmp(said, "one pattern too many: ", 22) == 0);

    at = (size_t)sprintf(text, "{\"allOf\":[true");
    for (int i = 0; i < 5000; i++) {
        at += (size_t)sprintf(text + at, ",{\"$ref\":\"#/allOf/%d\"}", 5000 - i);
    }
    strcpy(text + at, "]}");
    ald_check_int(check(text, ALD_STR("1")), -ALD_SCHEMA_WRONG);
    ald_check(strncmp(said, "finding what it refers to takes too much work at /allOf/", 56) == 0);
}

/* A text that is `piece` `n` times, between quotes. */
static struct ald_str repeated(const char *piece, size_t n)
{
    static char text[1 << 20];
    size_t size = strlen(piece), at = 1;

    ald_check(n * size + 2 < sizeof(text));
    text[0] = '"';
    for (size_t i = 0; i < n; i++, at += size) {
        memcpy(text + at, piece, size);
    }
    text[at++] = '"';
    return ald_str_of(text, at);
}

ALD_TEST(schema, ends_patterns_that_explode)
{
    /* Exponential, quadratic without backtracking, and by back references. */
    ald_check_int(
        check("{\"pattern\":\"^(a+)+$\"}", ald_str("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"")),
        ALD_SCHEMA_TOO_MUCH);
    ald_check_str(ald_str(said), "a pattern takes too much work or memory (rule #/pattern)");
    ald_check_int(check("{\"pattern\":\"a*[bc]\"}", repeated("a", 1000000)), ALD_SCHEMA_TOO_MUCH);
    ald_check_int(check("{\"pattern\":\"^(.*)\\\\1\\\\1$\"}", repeated("ab", 500000)), ALD_SCHEMA_TOO_MUCH);
    ald_check_int(check("{\"items\":{\"patternProperties\":{\"(x+x+)+[yz]\":false}}}",
                        ald_str("[{\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":1}]")),
                  ALD_SCHEMA_TOO_MUCH);
    ald_check_str(ald_str(said), "a pattern takes too much work or memory at /0 (rule #/items/patternProperties)");
}

ALD_TEST(schema, lets_honest_patterns_look_at_long_texts)
{
    ald_check_int(check("{\"pattern\":\"^[a-z]+$\"}", repeated("a", 1000000)), 0);
    ald_check_int(check("{\"pattern\":\"^([a-z]+-)*[a-z]+$\"}", repeated("word-word", 2000)), 0);
    ald_check_int(check("{\"pattern\":\"^\\\\u00e9\\\\d{2}[^]$\"}", ALD_STR("\"\\u00e912\\n\"")), 0);
}

ALD_TEST(schema, ends_combinations_that_explode)
{
    char text[4096];
    size_t at = (size_t)sprintf(text, "{\"definitions\":{\"0\":{\"type\":\"null\"}");

    for (int i = 1; i < 40; i++) {
        at += (size_t)sprintf(text + at,
                              ",\"%d\":{\"anyOf\":[{\"$ref\":\"#/definitions/%d\"},{\"$ref\":\"#/definitions/%d\"}]}",
                              i, i - 1, i - 1);
    }
    strcpy(text + at, "},\"allOf\":[{\"$ref\":\"#/definitions/39\"}]}");
    ald_check_int(check(text, ALD_STR("1")), ALD_SCHEMA_TOO_MUCH);
    ald_check(strncmp(said, "checking it takes too much work (rule #/definitions/", 52) == 0);
}

/* An object with `n` members whose names begin with `common` bytes that are the same; static. */
static struct ald_str wide(uint32_t n, int common)
{
    static char text[16 << 20];
    size_t at = 0;

    for (uint32_t i = 0; i < n; i++) {
        at += (size_t)sprintf(text + at, "%c\"%0*x\":0", i == 0 ? '{' : ',', common + 8, i * UINT32_C(2654435761));
    }
    text[at++] = '}';
    ald_check(at < sizeof(text));
    return ald_str_of(text, at);
}

/* What it costs to read, too, is bounded: by the names and how they are ordered, by digits, by escapes. */
ALD_TEST(schema, gives_up_what_takes_long_to_read)
{
    ald_check_int(check("{}", wide(20000, 0)), 0);
    ald_check_int(check("{}", wide(2000, 200)), 0);
    ald_check_int(check("{}", wide(60000, 200)), ALD_SCHEMA_TOO_MUCH);
    ald_check_str(ald_str(said), "checking it takes too much work");
    ald_check_int(check("{\"maximum\":1}", ald_str_of(repeated("1", 1000000).data + 1, 1000000)), ALD_SCHEMA_BROKEN);
    ald_check_int(check("{\"allOf\":[{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},"
                        "{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},"
                        "{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},"
                        "{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1},{\"minimum\":1}]}",
                        ald_str_of(repeated("1", 1000000).data + 1, 1000000)),
                  ALD_SCHEMA_TOO_MUCH);
    ald_check_int(check("{\"maxLength\":1000}", repeated("\\n", 500000)), ALD_SCHEMA_BROKEN);
}

/* To look for a long name costs what it is long, however often. */
ALD_TEST(schema, pays_for_long_names)
{
    static char text[ALD_SCHEMA_BYTES_MAX];
    size_t at = (size_t)sprintf(text, "{\"definitions\":{\"n\":{\"required\":[\"%0*d\"]}},\"anyOf\":[false", 100000, 0);

    for (int i = 0; i < 1000; i++) {
        at += (size_t)sprintf(text + at, ",{\"$ref\":\"#/definitions/n\"}");
    }
    strcpy(text + at, "]}");
    ald_check_int(check(text, ALD_STR("{\"a\":1}")), ALD_SCHEMA_TOO_MUCH);
    ald_check(strncmp(said, "checking it takes too much work (rule #/definitions/n/required", 61) == 0);
}

ALD_TEST(schema, counts_characters_of_every_length)
{
    char text[128], schema[64];

    for (int n = 0; n < 40; n++) {
        size_t at = (size_t)sprintf(text, "\"%.*s", n % 9, "abcdefgh");

        for (int i = n % 9; i < n; i++) {
            at += (size_t)sprintf(text + at, "%s", i % 3 == 0 ? "\xc3\xa9" : i % 3 == 1 ? "\xe2\x82\xac" : "a");
        }
        (void)sprintf(text + at, "\"");
        (void)sprintf(schema, "{\"minLength\":%d,\"maxLength\":%d}", n, n);
        passes(schema, text);
    }
}

ALD_TEST(schema, ends_schemas_that_go_round)
{
    ald_check_int(check("{\"allOf\":[{\"$ref\":\"#\"}]}", ALD_STR("1")), ALD_SCHEMA_TOO_MUCH);
    ald_check_str(ald_str(said), "too many schemas within schemas (rule #/allOf/0/$ref)");
    ald_check_int(check("{\"not\":{\"allOf\":[{\"$ref\":\"#\"}]}}", ALD_STR("1")), ALD_SCHEMA_TOO_MUCH);
}

ALD_TEST(schema, goes_as_deep_as_json_does)
{
    char text[2 * ALD_JSON_DEPTH_MAX + 3];

    memset(text, '[', ALD_JSON_DEPTH_MAX);
    memset(text + ALD_JSON_DEPTH_MAX, ']', ALD_JSON_DEPTH_MAX);
    text[sizeof(text) - 3] = '\0';
    passes("{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}", text);
    ald_check_int(check("true", ALD_STR("[[1,]]")), ALD_SCHEMA_MALFORMED);
    ald_check_str(ald_str(said), "is not JSON that can be checked: a value must begin here (at byte 4)");
}

ALD_TEST(schema, bounds_what_is_checked)
{
    static char text[2 * ALD_SCHEMA_VALUES_MAX + 1];

    /* The array and so many numbers that together they are one too many; then one less. */
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i == 0 ? '[' : i == sizeof(text) - 1 ? ']' : i % 2 == 1 ? '1' : ',';
    }
    ald_check_int(check("{}", ald_str_of(text, sizeof(text))), ALD_SCHEMA_MALFORMED);
    text[sizeof(text) - 3] = ']';
    ald_check_int(check("{}", ald_str_of(text, sizeof(text) - 2)), 0);
}

ALD_TEST(schema, allocates_nothing_once_it_is_warm)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *checker = NULL;
    struct ald_schema_fault fault;
    struct ald_str json = ALD_STR("{\"name\":\"caf\\u00e9\",\"list\":[1,2,3,4,5,6,7,8,9,10]}");
    uint64_t before;

    ald_check_int(ald_schema_new(
                      ALD_STR("{\"properties\":{\"name\":{\"pattern\":\"^c(a|b)*\"},\"list\":{\"uniqueItems\":true}}}"),
                      &schema, &fault),
                  0);
    ald_check_int(ald_schema_checker_new(&checker), 0);
    ald_check_int(ald_schema_check(schema, checker, json, &fault), 0);
    before = ald_alloc_count();
    for (int i = 0; i < 100; i++) {
        ald_check_int(ald_schema_check(schema, checker, json, &fault), 0);
    }
    ald_check_int(ald_alloc_count(), before);
}

/* Returns the first error, or the verdict. */
static int whole_life(void)
{
    static const char text[] =
        "{\"$id\":\"http://h/x\",\"definitions\":{\"s\":{\"$id\":\"#s\",\"pattern\":\"^(a|b)+$\"}},"
        "\"properties\":{\"list\":{\"uniqueItems\":true,\"items\":{\"$ref\":\"#s\"}},"
        "\"schema\":{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}}}";
    static const char json[] =
        "{\"list\":[\"a\",\"b\",\"aa\",\"ab\",\"ba\",\"bb\",\"aaa\",\"aab\",\"aba\",\"\\u0061\"],\"schema\":{}}";
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *checker = NULL;
    struct ald_schema_fault fault;
    int r;

    r = ald_schema_new(ald_str(text), &schema, &fault);
    if (r == 0) {
        r = ald_schema_checker_new(&checker);
    }
    return r == 0 ? ald_schema_check(schema, checker, ald_str(json), &fault) : r;
}

ALD_TEST(schema, survives_short_memory_anywhere)
{
    uint64_t n = 1;

    for (;; n++) {
        int r;

        ald_alloc_fail_at(n);
        r = whole_life();
        if (!ald_alloc_fail_off()) {
            ald_check_int(r, ALD_SCHEMA_BROKEN);
            break;
        }
        /* The pointer of a fault is left out when there is no memory for it. */
        ald_check(r == ALDIS_E_NOMEM || r == ALD_SCHEMA_BROKEN);
    }
    ald_check(n > 40);
}

static void resolves(const char *base, const char *reference, const char *expected)
{
    struct ald_buf out;

    ald_buf_init(&out, 256);
    ald_check_int(uri_resolve(ald_str(base), ald_str(reference), &out), 0);
    ald_check_str(ald_buf_str(&out), expected);
    ald_buf_fini(&out);
}

/* RFC 3986 section 5.4, without what has a fragment. */
ALD_TEST(schema, resolves_addresses_as_the_rfc_shows)
{
    static const char *const examples[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
    };

    for (size_t i = 0; i < ALD_COUNT(examples); i++) {
        resolves("http://a/b/c/d;p?q", examples[i][0], examples[i][1]);
    }
    resolves("http://a", "g", "http://a/g");
    resolves("", "node", "node");
    resolves("urn:uuid:1", "", "urn:uuid:1");
}

ALD_TEST_MAIN(schema, ALD_CASE(schema, names_the_path_and_the_rule), ALD_CASE(schema, says_what_each_keyword_wants),
              ALD_CASE(schema, compares_numbers_by_their_worth), ALD_CASE(schema, counts_characters_and_decodes_names),
              ALD_CASE(schema, lets_the_last_of_a_name_count), ALD_CASE(schema, finds_twins_among_many),
              ALD_CASE(schema, follows_addresses_within_the_document), ALD_CASE(schema, refuses_what_is_no_schema),
              ALD_CASE(schema, bounds_a_schema), ALD_CASE(schema, bounds_what_a_schema_costs),
              ALD_CASE(schema, gives_up_what_takes_long_to_read), ALD_CASE(schema, pays_for_long_names),
              ALD_CASE(schema, counts_characters_of_every_length), ALD_CASE(schema, ends_patterns_that_explode),
              ALD_CASE(schema, lets_honest_patterns_look_at_long_texts),
              ALD_CASE(schema, ends_combinations_that_explode), ALD_CASE(schema, ends_schemas_that_go_round),
              ALD_CASE(schema, goes_as_deep_as_json_does), ALD_CASE(schema, bounds_what_is_checked),
              ALD_CASE(schema, allocates_nothing_once_it_is_warm), ALD_CASE(schema, survives_short_memory_anywhere),
              ALD_CASE(schema, resolves_addresses_as_the_rfc_shows))
