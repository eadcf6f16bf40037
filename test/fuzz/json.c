/*
 * Any bytes, read as JSON by everything that reads it, and by jansson as a judge from outside.
 *
 * Laws:
 * - Scanner and tape say the same of every text under every option: outcome, place, reason, and each member's value.
 * - jansson accepts what we accept and refuses what we refuse, but for what is lawful either way: it has no numbers too
 *   large for its types, no lone surrogate and no NUL in a name, nests deeper than we do, and misses some NUL bytes.
 * - Where both accept, every value is the same, reals to the bit.
 * - What the writer writes of a text reads back to the same meaning, and old readers find no `;;` and no prefix in it.
 * - The streams give the same wherever their input is cut.
 */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "msg/json.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES_MAX = 1 << 16, BUF_MAX = 1 << 24 };

/* A broken law stops the fuzzer, in every build. */
#define law(fact) ((fact) ? (void)0 : law_broken(#fact, __LINE__))

static _Noreturn void law_broken(const char *fact, int line)
{
    fprintf(stderr, "json.c:%d: law broken: %s\n", line, fact);
    abort();
}

static struct ald_str decoded(const struct ald_json_node *string, struct ald_buf *buf)
{
    ald_buf_reset(buf);
    law(ald_json_decode(ald_json_value(string), buf) == 0);
    law(ald_utf8_valid(ald_buf_str(buf)));
    law(ald_json_string_is(ald_json_value(string), ald_buf_str(buf)));
    law(ald_buf_size(buf) <= (size_t)string->size * ((string->flags & ALD_JSON_BROKEN) != 0 ? 3 : 1));
    return ald_buf_str(buf);
}

/* --- scanner and tape --- */

static struct ald_json_field fields[] = {ALD_JSON_FIELD("id"), ALD_JSON_FIELD("type"), ALD_JSON_FIELD("payload"),
                                         ALD_JSON_FIELD("a"),  ALD_JSON_FIELD(""),     ALD_JSON_FIELD("\xef\xbf\xbd")};

static void check_field(const struct ald_json_field *field, const struct ald_json_node *root)
{
    struct ald_json_value found = ald_json_value(ald_json_find(root, field->name));

    law(field->value.type == found.type);
    law(field->value.flags == found.flags);
    law(field->value.raw.data == found.raw.data && field->value.raw.size == found.raw.size);
}

static void check_readers_agree(struct ald_str text, unsigned options, struct ald_json *tape, int parsed,
                                struct ald_json_end end)
{
    struct ald_json_scan scan;
    int r = ald_json_check(text, options, &scan);

    law(r == parsed);
    law(scan.end.offset == end.offset && scan.end.reason == end.reason);
    r = ald_json_scan(text, options, fields, ALD_COUNT(fields), &scan);
    law(scan.end.offset == end.offset && scan.end.reason == end.reason);
    law(r == (parsed != 0 || ald_json_root(tape)->type == ALD_JSON_OBJECT ? parsed : ALD_JSON_NOT_OBJECT));
    if (parsed != 0) {
        law(scan.value.type == ALD_JSON_NONE);
        return;
    }
    law(scan.value.type == ald_json_root(tape)->type && scan.value.flags == ald_json_root(tape)->flags);
    law(ald_str_equal(scan.value.raw, ald_json_value(ald_json_root(tape)).raw));
    for (size_t i = 0; r == 0 && i < ALD_COUNT(fields); i++) {
        check_field(&fields[i], ald_json_root(tape));
    }
}

/* The nodes are as json.h has them, and a raw value is JSON of its own. */
static void check_node(const struct ald_json_node *node, unsigned options)
{
    struct ald_json_scan scan;
    uint32_t n = 0;

    law(ald_json_check(ald_json_value(node).raw, options, &scan) == 0);
    law(scan.value.type == node->type && scan.value.raw.size == node->size);
    if (node->type == ALD_JSON_ARRAY) {
        ald_json_each(it, node)
        {
            n++;
        }
    } else if (node->type == ALD_JSON_OBJECT) {
        ald_json_each_member(it, node)
        {
            law(it->type == ALD_JSON_STRING);
            n++;
        }
    } else {
        law(node->span == 1);
    }
    law(n == node->n_inside);
}

/* --- numbers against the C library --- */

static void check_number(const struct ald_json_node *node)
{
    struct ald_json_value value = ald_json_value(node);
    char text[256];
    double real = 0, expected;
    int64_t integer = 0;
    long long expected_integer;
    int r;

    if (value.raw.size >= sizeof(text)) {
        return;
    }
    memcpy(text, value.raw.data, value.raw.size);
    text[value.raw.size] = '\0';
    r = ald_json_double(value, &real);
    expected = strtod(text, NULL);
    if (expected - expected != 0) {
        law(r == ALD_JSON_OUT_OF_RANGE);
    } else {
        law(r == 0 && memcmp(&real, &expected, sizeof(real)) == 0);
    }
    r = ald_json_i64(value, &integer);
    if ((value.flags & ALD_JSON_REAL) == 0) {
        errno = 0;
        expected_integer = strtoll(text, NULL, 10);
        law(errno == ERANGE ? r == ALD_JSON_OUT_OF_RANGE : r == 0 && integer == expected_integer);
    } else if (r == 0) {
        law((double)integer == real);
    }
    law(ald_json_number_same(value, value));
}

/* --- jansson --- */

/* `\ud800` without its partner, somewhere in a sound text. */
static bool has_lone_surrogate(struct ald_str text)
{
    bool awaits = false; /* the escape just read was the first of two */

    for (size_t at = 0; at < text.size;) {
        unsigned unit = 0;

        if (text.data[at] == '\\' && text.data[at + 1] == 'u') {
            law(sscanf((char[]){text.data[at + 2], text.data[at + 3], text.data[at + 4], text.data[at + 5], '\0'},
                       "%4x", &unit) == 1);
            at += 6;
        } else {
            at += text.data[at] == '\\' ? 2 : 1;
        }
        if (awaits != (unit >= 0xdc00 && unit <= 0xdfff)) {
            return true;
        }
        awaits = unit >= 0xd800 && unit <= 0xdbff;
    }
    return awaits;
}

static void compare_scalar(const struct ald_json_node *node, const json_t *other, struct ald_buf *buf)
{
    double real = 0;
    int64_t integer = 0;

    switch (ald_json_type(node)) {
    case ALD_JSON_STRING:
        law(json_is_string(other));
        law(ald_str_equal(decoded(node, buf), ald_str_of(json_string_value(other), json_string_length(other))));
        break;
    case ALD_JSON_NUMBER:
        if (json_is_integer(other)) {
            law((node->flags & ALD_JSON_REAL) == 0 && ald_json_i64(ald_json_value(node), &integer) == 0);
            law(integer == json_integer_value(other));
        } else {
            law(json_is_real(other) && ald_json_double(ald_json_value(node), &real) == 0);
            law(real == json_real_value(other));
        }
        break;
    case ALD_JSON_NULL:
        law(json_is_null(other));
        break;
    default:
        law(json_is_boolean(other) && json_is_true(other) == (node->type == ALD_JSON_TRUE));
        break;
    }
}

/* Recurses as deep as we nest. */
static void compare(const struct ald_json_node *node, json_t *other, struct ald_buf *buf)
{
    const char *name;
    json_t *value;
    size_t i = 0;

    if (node->type == ALD_JSON_ARRAY) {
        law(json_is_array(other) && json_array_size(other) == node->n_inside);
        ald_json_each(it, node)
        {
            compare(it, json_array_get(other, i++), buf);
        }
        return;
    }
    if (node->type != ALD_JSON_OBJECT) {
        compare_scalar(node, other, buf);
        return;
    }
    law(json_is_object(other));
    ald_json_each_member(it, node)
    {
        struct ald_str key = decoded(it, buf);

        law(json_object_getn(other, key.data, key.size) != NULL);
    }
    json_object_foreach(other, name, value)
    {
        const struct ald_json_node *member = ald_json_find(node, ald_str(name));

        law(member != NULL);
        compare(member, value, buf);
    }
}

static void check_jansson(struct ald_str text, const struct ald_json *tape, int parsed, struct ald_json_end end,
                          struct ald_buf *buf)
{
    json_error_t error;
    json_t *other = json_loadb(text.data, text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

    if (parsed == 0 && other == NULL) {
        switch (json_error_code(&error)) {
        case json_error_numeric_overflow:
        case json_error_null_byte_in_key:
            break;
        default:
            law(has_lone_surrogate(text));
            break;
        }
    } else if (parsed != 0 && other != NULL) {
        /* It passes over a NUL byte behind a number. */
        law(end.reason == ALD_JSON_DEEP || (end.offset < text.size && text.data[end.offset] == '\0'));
    } else if (parsed == 0) {
        compare(ald_json_root(tape), other, buf);
    }
    json_decref(other);
}

/* --- writer --- */

static void write_node(struct ald_json_writer *writer, const struct ald_json_node *node, struct ald_buf *buf)
{
    switch (ald_json_type(node)) {
    case ALD_JSON_ARRAY:
        ald_json_write_array(writer);
        ald_json_each(it, node)
        {
            write_node(writer, it, buf);
        }
        ald_json_write_end(writer);
        break;
    case ALD_JSON_OBJECT:
        ald_json_write_object(writer);
        ald_json_each_member(it, node)
        {
            ald_json_write_name(writer, decoded(it, buf));
            write_node(writer, it + 1, buf);
        }
        ald_json_write_end(writer);
        break;
    case ALD_JSON_STRING:
        ald_json_write_str(writer, decoded(node, buf));
        break;
    default:
        ald_json_write_raw(writer, ald_json_value(node).raw);
        break;
    }
}

static bool contains(struct ald_str text, struct ald_str needle)
{
    return ald_str_find(text, needle) < text.size;
}

static void check_writer(const struct ald_json *tape, unsigned options, struct ald_buf *buf)
{
    struct ald_json_writer writer;
    struct ald_json back;
    struct ald_buf out;

    ald_buf_init(&out, BUF_MAX);
    ald_json_init(&back, NODES_MAX);
    ald_json_write_init(&writer, &out, options);
    write_node(&writer, ald_json_root(tape), buf);
    law(ald_json_write_done(&writer) == 0);
    law(ald_json_parse(&back, ald_buf_str(&out), ALD_JSON_STRICT, NULL) == 0);
    law(back.n_nodes == tape->n_nodes);
    for (uint32_t i = 0; i < back.n_nodes; i++) {
        law(back.nodes[i].type == tape->nodes[i].type && back.nodes[i].span == tape->nodes[i].span);
    }
    law(ald_json_equal(ald_json_root(&back), ald_json_root(tape)));
    if ((options & ALD_JSON_NO_PAIRS) != 0) {
        law(!contains(ald_buf_str(&out), ALD_STR(";;")));
    }
    if ((options & ALD_JSON_NO_PREFIXES) != 0) {
        law(!contains(ald_buf_str(&out), ALD_STR("command: ")) && !contains(ald_buf_str(&out), ALD_STR("reply: ")));
    }
    ald_json_fini(&back);
    ald_buf_fini(&out);
}

/* --- streams --- */

static void check_escapes(struct ald_str text, unsigned options, size_t cut)
{
    struct ald_json_escape escape;
    struct ald_buf pieces, whole;

    ald_buf_init(&pieces, BUF_MAX);
    ald_buf_init(&whole, BUF_MAX);
    ald_json_escape_init(&escape, options);
    for (size_t at = 0; at < text.size;) {
        size_t n = ALD_MIN(cut, text.size - at);

        law(ald_json_escape_feed(&escape, ald_str_of(text.data + at, n), &pieces) == 0);
        at += n;
    }
    law(ald_buf_push(&whole, text) == 0);
    law(ald_json_escape_rest(&whole, 0, options) == 0);
    law(ald_str_equal(ald_buf_str(&pieces), ald_buf_str(&whole)));
    law(ald_json_escape_needless(text, options) == ald_str_equal(ald_buf_str(&whole), text));
    law(ald_json_text_equal(ald_buf_str(&whole), text));
    if ((options & ALD_JSON_NO_PAIRS) != 0) {
        law(!contains(ald_buf_str(&whole), ALD_STR(";;")));
    }
    ald_buf_fini(&pieces);
    ald_buf_fini(&whole);
}

static void check_repair(struct ald_str raw, const struct ald_json *tape)
{
    struct ald_json fixed;
    struct ald_buf out;

    ald_buf_init(&out, BUF_MAX);
    ald_json_init(&fixed, NODES_MAX);
    law(ald_json_repair(raw, &out) == 0);
    law(ald_json_parse(&fixed, ald_buf_str(&out), ALD_JSON_STRICT, NULL) == 0);
    law(ald_json_equal(ald_json_root(&fixed), ald_json_root(tape)));
    ald_json_fini(&fixed);
    ald_buf_fini(&out);
}

static void check_sound(struct ald_str raw, const struct ald_json *tape, unsigned options, struct ald_buf *buf)
{
    for (uint32_t i = 0; i < tape->n_nodes && i < 64; i++) {
        check_node(&tape->nodes[i], options);
        if (tape->nodes[i].type == ALD_JSON_NUMBER) {
            check_number(&tape->nodes[i]);
        }
    }
    law(ald_json_equal(ald_json_root(tape), ald_json_root(tape)));
    check_repair(raw, tape);
    if ((options & ALD_JSON_BROKEN_OK) == 0) {
        check_writer(tape, ALD_JSON_COMPACT, buf);
        check_writer(tape, ALD_JSON_PRETTY, buf);
        check_escapes(raw, ALD_JSON_NO_PAIRS, 1);
        check_escapes(raw, ALD_JSON_NO_PREFIXES, 2 + raw.size % 7);
    }
    check_writer(tape, ALD_JSON_NO_PAIRS | ALD_JSON_NO_PREFIXES, buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ald_str text = ald_str_of(data != NULL ? (const char *)data : "", size);
    struct ald_json tape;
    struct ald_buf buf;

    ald_buf_init(&buf, BUF_MAX);
    ald_json_init(&tape, NODES_MAX);
    for (unsigned options = 0; options <= (ALD_JSON_BROKEN_OK | ALD_JSON_TAIL_OK); options++) {
        struct ald_json_end end;
        int r = ald_json_parse(&tape, text, options, &end);

        law(r >= 0);
        law((r == 0) == (end.reason == ALD_JSON_SOUND) && end.offset <= size);
        if (end.reason == ALD_JSON_HUGE) {
            break;
        }
        check_readers_agree(text, options, &tape, r, end);
        if (options == ALD_JSON_STRICT) {
            check_jansson(text, &tape, r, end, &buf);
        }
        if (r == 0) {
            check_sound(ald_json_value(ald_json_root(&tape)).raw, &tape, options, &buf);
        }
    }
    ald_json_fini(&tape);
    ald_buf_fini(&buf);
    return 0;
}
