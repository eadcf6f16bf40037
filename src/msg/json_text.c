#include "msg/json_text.h"

#include "base/buf.h"
#include "base/error.h"
#include "msg/json_bytes.h"

static const char *const reason_texts[] = {
    [ALD_JSON_SOUND] = "sound",
    [ALD_JSON_ENDS] = "the text ends too early",
    [ALD_JSON_VALUE] = "a value must begin here",
    [ALD_JSON_LITERAL] = "neither true nor false nor null",
    [ALD_JSON_DIGITS] = "a digit must stand here",
    [ALD_JSON_CONTROL] = "a control character in a string",
    [ALD_JSON_ESCAPE] = "no such escape",
    [ALD_JSON_UTF8] = "not UTF-8",
    [ALD_JSON_NAME] = "a member name must stand here",
    [ALD_JSON_COLON] = "a colon must stand here",
    [ALD_JSON_COMMA] = "a comma or the end must stand here",
    [ALD_JSON_DEEP] = "nested too deep",
    [ALD_JSON_TAIL] = "something follows the value",
    [ALD_JSON_HUGE] = "too large",
};
_Static_assert(ALD_COUNT(reason_texts) == ALD_JSON_N_REASONS, "each reason has a text");

const char *ald_json_reason_text(enum ald_json_reason reason)
{
    ald_assert(reason < ALD_JSON_N_REASONS);
    return reason_texts[reason];
}

const char *ald_json_type_text(enum ald_json_type type)
{
    static const char *const texts[] = {
        [ALD_JSON_NONE] = "nothing", [ALD_JSON_NULL] = "null",     [ALD_JSON_FALSE] = "boolean",
        [ALD_JSON_TRUE] = "boolean", [ALD_JSON_NUMBER] = "number", [ALD_JSON_STRING] = "string",
        [ALD_JSON_ARRAY] = "array",  [ALD_JSON_OBJECT] = "object",
    };

    ald_assert(type < ALD_COUNT(texts));
    return texts[type];
}

/* U+FFFD, which stands for what is no character. */
#define REPLACEMENT UINT32_C(0xfffd)

/* The characters of a string, one after the other, each as 1 to 4 bytes of UTF-8. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    uint8_t bytes[4];
};

static struct reader reader_make(struct ald_json_value string)
{
    struct ald_str inner = ald_json_inner(string);

    return (struct reader){.at = (const uint8_t *)inner.data, .end = (const uint8_t *)inner.data + inner.size};
}

static size_t reader_put(struct reader *reader, uint32_t code)
{
    uint8_t *bytes = reader->bytes;

    if (code < 0x80) {
        bytes[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        bytes[0] = (uint8_t)(0xc0 | code >> 6);
        bytes[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        bytes[0] = (uint8_t)(0xe0 | code >> 12);
        bytes[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    bytes[0] = (uint8_t)(0xf0 | code >> 18);
    bytes[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    bytes[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    bytes[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

/* The number behind `\u` at `at`; the text was checked, so four digits are there. */
static uint32_t unit_at(const uint8_t *at)
{
    uint32_t unit = 0;

    for (size_t i = 2; i < 6; i++) {
        unit = unit << 4 | (uint32_t)bytes_hex(at[i]);
    }
    return unit;
}

/* The character of an escape `\u`, which is two of them for one over U+FFFF (RFC 8259 section 7). */
static uint32_t reader_unit(struct reader *reader)
{
    uint32_t first = unit_at(reader->at), second;

    reader->at += 6;
    if (first < 0xd800 || first > 0xdfff) {
        return first;
    }
    if (first > 0xdbff || reader->end - reader->at < 6 || reader->at[0] != '\\' || reader->at[1] != 'u') {
        return REPLACEMENT;
    }
    second = unit_at(reader->at);
    if (second < 0xdc00 || second > 0xdfff) {
        return REPLACEMENT; /* the second escape is a character of its own, read next */
    }
    reader->at += 6;
    return 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
}

static uint32_t reader_escape(struct reader *reader)
{
    uint8_t letter = reader->at[1];

    if (letter == 'u') {
        return reader_unit(reader);
    }
    reader->at += 2;
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

/* Puts the next character in `bytes` and tells its size; 0 at the end. */
static size_t reader_next(struct reader *reader)
{
    size_t size;

    if (reader->at == reader->end) {
        return 0;
    }
    if (*reader->at == '\\') {
        return reader_put(reader, reader_escape(reader));
    }
    if (*reader->at < 0x80) {
        reader->bytes[0] = *reader->at++;
        return 1;
    }
    if (!bytes_utf8(reader->at, reader->end, &size)) {
        reader->at += size;
        return reader_put(reader, REPLACEMENT);
    }
    memcpy(reader->bytes, reader->at, size);
    reader->at += size;
    return size;
}

enum { CHUNK_BYTES = 256 }; /* gathered before they are pushed: one escape after the other is as quick as the rest */

/* The next characters that are not plain, up to CHUNK_BYTES. Returns how many bytes. */
static size_t reader_gather(struct reader *reader, uint8_t chunk[CHUNK_BYTES])
{
    size_t n = 0, size;

    while (n <= CHUNK_BYTES - sizeof(reader->bytes) && reader->at < reader->end &&
           (*reader->at == '\\' || *reader->at >= 0x80)) {
        size = reader_next(reader);
        memcpy(chunk + n, reader->bytes, sizeof(reader->bytes));
        n += size;
    }
    return n;
}

int ald_json_decode(struct ald_json_value string, struct ald_buf *buf)
{
    struct reader reader = reader_make(string);
    uint8_t chunk[CHUNK_BYTES];
    int r = 0;

    ald_assert(buf != NULL);

    while (r == 0 && reader.at < reader.end) {
        const uint8_t *run = reader.at;

        reader.at = bytes_plain(run, reader.end);
        r = ald_buf_push(buf, ald_str_of(run, (size_t)(reader.at - run)));
        if (r == 0 && reader.at < reader.end) {
            r = ald_buf_push(buf, ald_str_of(chunk, reader_gather(&reader, chunk)));
        }
    }
    return r < 0 ? ald_trace(r) : r;
}

bool ald_json_string_is(struct ald_json_value string, struct ald_str str)
{
    struct reader reader;
    size_t at = 0, size;

    if (ald_json_is_plain(string)) {
        return ald_str_equal(ald_json_inner(string), str);
    }
    reader = reader_make(string);
    while ((size = reader_next(&reader)) > 0) {
        if (str.size - at < size || memcmp(str.data + at, reader.bytes, size) != 0) {
            return false;
        }
        at += size;
    }
    return at == str.size;
}

bool ald_json_string_same(struct ald_json_value a, struct ald_json_value b)
{
    struct reader reader_a, reader_b;
    size_t size;

    if (ald_json_is_plain(a) && ald_json_is_plain(b)) {
        return ald_str_equal(ald_json_inner(a), ald_json_inner(b));
    }
    reader_a = reader_make(a);
    reader_b = reader_make(b);
    do {
        size = reader_next(&reader_a);
        if (reader_next(&reader_b) != size || memcmp(reader_a.bytes, reader_b.bytes, size) != 0) {
            return false;
        }
    } while (size > 0);
    return true;
}

int ald_json_text(struct ald_json_value value, struct ald_buf *scratch, struct ald_str *ret_text)
{
    size_t before;
    int r;

    ald_assert(ret_text != NULL);

    switch ((enum ald_json_type)value.type) {
    case ALD_JSON_NUMBER:
    case ALD_JSON_TRUE:
    case ALD_JSON_FALSE:
        *ret_text = value.raw;
        return 0;
    case ALD_JSON_STRING:
        break;
    default:
        return ALD_JSON_NOT_TEXT;
    }
    if (ald_json_is_plain(value)) {
        *ret_text = ald_json_inner(value);
        return 0;
    }
    before = ald_buf_size(scratch);
    r = ald_json_decode(value, scratch);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r > 0) {
        return ALD_BUF_FULL;
    }
    *ret_text = ald_str_from(ald_buf_str(scratch), before);
    return 0;
}
