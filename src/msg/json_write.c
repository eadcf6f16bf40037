#include "msg/json_write.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/digits.h"
#include "base/error.h"
#include "msg/json_bytes.h"

enum { PARTS_MAX = 4 };

/* Parts that belong together cost one reservation. */
static void write_parts(struct ald_json_writer *json, const struct ald_str parts[static PARTS_MAX])
{
    size_t size = parts[0].size + parts[1].size + parts[2].size + parts[3].size;
    uint8_t *room = NULL;

    if (json->status != 0 || size == 0) {
        return;
    }
    json->status = ald_buf_reserve(json->out, size, &room);
    if (json->status != 0) {
        return;
    }
    for (size_t i = 0; i < PARTS_MAX; i++) {
        if (parts[i].size > 0) {
            memcpy(room, parts[i].data, parts[i].size);
            room += parts[i].size;
        }
    }
    ald_buf_commit(json->out, size);
}

static void write_bytes(struct ald_json_writer *json, struct ald_str bytes)
{
    write_parts(json, (struct ald_str[PARTS_MAX]){bytes});
}

static bool is_pretty(const struct ald_json_writer *json)
{
    return (json->options & ALD_JSON_PRETTY) != 0;
}

/* Is the innermost container an object? */
static bool in_object(const struct ald_json_writer *json)
{
    unsigned level = json->depth - 1U;

    return json->depth > 0 && (json->objects[level / 64] >> level % 64 & 1) != 0;
}

static void set_object(struct ald_json_writer *json, bool object)
{
    unsigned level = json->depth - 1U;

    json->objects[level / 64] &= ~(UINT64_C(1) << level % 64);
    json->objects[level / 64] |= (uint64_t)object << level % 64;
}

/* Only objects break lines; a level of arrays moves nothing to the right. */
static void write_line(struct ald_json_writer *json)
{
    struct ald_str blanks = ALD_STR("                ");
    size_t left = 2 * (size_t)json->n_objects;

    write_bytes(json, ALD_STR("\n"));
    while (left > 0) {
        blanks.size = ALD_MIN(left, (size_t)16);
        write_bytes(json, blanks);
        left -= blanks.size;
    }
}

/*
 * What must stand before the next thing in a container: the comma is returned, to be written with it; blanks and lines
 * for people are written here.
 */
static struct ald_str write_between(struct ald_json_writer *json)
{
    struct ald_str comma = json->depth > 0 && json->full ? ALD_STR(",") : ALD_STR("");

    json->full = true;
    if (!is_pretty(json) || json->depth == 0) {
        return comma;
    }
    write_bytes(json, comma);
    if (in_object(json)) {
        write_line(json);
        return ALD_STR("");
    }
    return ALD_STR(" ");
}

/* A value may stand here; returns what must stand before it. */
static struct ald_str write_begin(struct ald_json_writer *json)
{
    if (in_object(json)) {
        ald_assert(json->named);
        json->named = false;
        return ALD_STR("");
    }
    ald_assert(json->depth > 0 || !json->full); /* one outermost value */
    return write_between(json);
}

static void write_token(struct ald_json_writer *json, struct ald_str token)
{
    struct ald_str before = write_begin(json);

    write_parts(json, (struct ald_str[PARTS_MAX]){before, token});
}

static void write_open(struct ald_json_writer *json, bool object)
{
    ald_assert(json->depth < ALD_JSON_DEPTH_MAX);
    write_token(json, object ? ALD_STR("{") : ALD_STR("["));
    json->depth++;
    json->n_objects = (uint8_t)(json->n_objects + object);
    set_object(json, object);
    json->full = false;
}

void ald_json_write_init(struct ald_json_writer *json, struct ald_buf *out, unsigned options)
{
    ald_assert(json != NULL && out != NULL);
    *json = (struct ald_json_writer){.out = out, .options = options, .start = ald_buf_size(out)};
}

int ald_json_write_done(struct ald_json_writer *json)
{
    unsigned escapes = json->options & (ALD_JSON_NO_PAIRS | ALD_JSON_NO_PREFIXES);

    ald_assert(json->depth == 0 && json->full);

    if (json->status == 0 && escapes != 0) {
        json->status = ald_json_escape_rest(json->out, json->start, escapes);
    }
    return json->status < 0 ? ald_trace(json->status) : json->status;
}

void ald_json_write_object(struct ald_json_writer *json)
{
    write_open(json, true);
}

void ald_json_write_array(struct ald_json_writer *json)
{
    write_open(json, false);
}

void ald_json_write_end(struct ald_json_writer *json)
{
    bool object = in_object(json);

    ald_assert(json->depth > 0 && !json->named);

    json->n_objects = (uint8_t)(json->n_objects - object);
    if (is_pretty(json) && object && json->full) {
        write_line(json);
    } else if (is_pretty(json)) {
        write_bytes(json, ALD_STR(" "));
    }
    write_bytes(json, object ? ALD_STR("}") : ALD_STR("]"));
    json->depth--;
    json->full = true; /* the container around it has this one in it */
}

/* A control character or what is not UTF-8, from `at` on; returns what follows it. */
static const uint8_t *write_special(struct ald_json_writer *json, const uint8_t *at, const uint8_t *end)
{
    static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char text[sizeof("\\u0000")];
    size_t size;

    if (*at >= 0x80) {
        bool sound = bytes_utf8(at, end, &size);

        write_bytes(json, sound ? ald_str_of(at, size) : ALD_STR("\xef\xbf\xbd"));
        return at + size;
    }
    text[0] = '\\';
    if (*at >= 0x20 || letters[*at] != '\0') {
        text[1] = *at >= 0x20 ? (char)*at : letters[*at];
        write_bytes(json, ald_str_of(text, 2));
    } else {
        (void)snprintf(text, sizeof(text), "\\u%04x", *at);
        write_bytes(json, ald_str_of(text, sizeof(text) - 1));
    }
    return at + 1;
}

/* `before` and the string in quotes and `after`. */
static void write_quoted(struct ald_json_writer *json, struct ald_str before, struct ald_str str, struct ald_str after)
{
    const uint8_t *at = (const uint8_t *)(str.data != NULL ? str.data : ""), *end = at + str.size;
    const uint8_t *run = at;

    at = bytes_plain(run, end);
    if (at == end) {
        write_parts(json, (struct ald_str[PARTS_MAX]){before, ALD_STR("\""), str, after});
        return;
    }
    write_parts(json, (struct ald_str[PARTS_MAX]){before, ALD_STR("\"")});
    while (json->status == 0) {
        write_bytes(json, ald_str_of(run, (size_t)(at - run)));
        if (at == end) {
            break;
        }
        run = write_special(json, at, end);
        at = bytes_plain(run, end);
    }
    write_bytes(json, after);
}

void ald_json_write_name(struct ald_json_writer *json, struct ald_str name)
{
    ald_assert(in_object(json) && !json->named);
    write_quoted(json, write_between(json), name, is_pretty(json) ? ALD_STR("\" : ") : ALD_STR("\":"));
    json->named = true;
}

void ald_json_write_str(struct ald_json_writer *json, struct ald_str str)
{
    if (!ald_str_present(str)) {
        ald_json_write_null(json);
        return;
    }
    write_quoted(json, write_begin(json), str, ALD_STR("\""));
}

void ald_json_write_raw(struct ald_json_writer *json, struct ald_str raw)
{
    ald_assert(raw.size > 0);
    write_token(json, raw);
}

void ald_json_write_i64(struct ald_json_writer *json, int64_t integer)
{
    char text[1 + ALD_DIGITS_MAX];
    const char *end = ald_digits_put_signed(text, integer);

    write_token(json, ald_str_of(text, (size_t)(end - text)));
}

void ald_json_write_u64(struct ald_json_writer *json, uint64_t integer)
{
    char text[ALD_DIGITS_MAX];
    const char *end = ald_digits_put(text, integer);

    write_token(json, ald_str_of(text, (size_t)(end - text)));
}

void ald_json_write_bool(struct ald_json_writer *json, bool truth)
{
    write_token(json, truth ? ALD_STR("true") : ALD_STR("false"));
}

void ald_json_write_null(struct ald_json_writer *json)
{
    write_token(json, ALD_STR("null"));
}
