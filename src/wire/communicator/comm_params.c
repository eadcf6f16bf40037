/*
 * One walk over the text finds names and values and judges at each byte whether a sender would have written it so. What
 * stands between two places that mean something is passed over 16 bytes at a time (comm_bytes.h).
 *
 * Un-escaping is two passes on the page: quotes first (`\"`), then every value (`\\`, `\n`, `\r`). With `\\` understood
 * first in both, they are one: no byte that the first pass leaves can begin an escape together with what it removed.
 */

#include "wire/communicator/comm_params.h"

#include <stdlib.h>

#include "base/error.h"
#include "wire/communicator/comm_impl.h"
#include "wire/communicator/comm_lines.h"

/* The index begins with room for what services send, and keeps what it grew to: at most 48 KiB. */
enum { PARAMS_ROOM_MIN = 32 };
/* Decoded text over this is given back when the next line is read. */
enum { READER_TEXT_KEPT = 64 * 1024 };

const char ald_comm_too_many[] = "more than 1024 parameters";
_Static_assert(ALD_COMM_PARAMS_MAX == 1024, "as the text says");

/* --- the reader's scratch --------------------------------------------------------------------------------------- */

void ald_comm_reader_init(struct ald_comm_reader *reader)
{
    *reader = (struct ald_comm_reader){0};
    /* Decoded JSON is at most three times its text (json_text.h), and reals have some hundred digits. */
    ald_buf_init(&reader->text, (size_t)4 * ALD_COMM_LINE_MAX);
}

void ald_comm_reader_fini(struct ald_comm_reader *reader)
{
    free(reader->items);
    reader->items = NULL;
    reader->n = reader->room = 0;
    ald_buf_fini(&reader->text);
}

void ald_comm_reader_clear(struct ald_comm_reader *reader)
{
    reader->n = 0;
    if (reader->text.room > READER_TEXT_KEPT) {
        ald_buf_reset(&reader->text);
    } else {
        ald_buf_cut(&reader->text, 0);
    }
}

static int reader_grow(struct ald_comm_reader *reader)
{
    size_t room = reader->room > 0 ? 2 * reader->room : PARAMS_ROOM_MIN;
    struct ald_comm_param *items = realloc(reader->items, room * sizeof(*items));

    if (items == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    reader->items = items;
    reader->room = room;
    return 0;
}

int ald_comm_reader_push(struct ald_comm_reader *reader, struct ald_comm_param **ret_item)
{
    int r;

    if (reader->n == ALD_COMM_PARAMS_MAX) {
        return ALD_COMM_FULL;
    }
    if (reader->n == reader->room) {
        r = reader_grow(reader);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    *ret_item = &reader->items[reader->n];
    (*ret_item)->order = (uint32_t)reader->n++;
    (*ret_item)->flags = 0;
    return 0;
}

static int item_compare(const void *left, const void *right)
{
    const struct ald_comm_param *a = left, *b = right;
    int order = ald_str_compare(a->name, b->name);

    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

void ald_comm_reader_sort(struct ald_comm_reader *reader)
{
    struct ald_comm_param *items = reader->items;
    size_t n = 0;

    if (reader->n < 2) {
        return;
    }
    qsort(items, reader->n, sizeof(*items), item_compare);
    for (size_t i = 0; i < reader->n; i++) {
        if (i + 1 == reader->n || !ald_str_equal(items[i].name, items[i + 1].name)) {
            items[n++] = items[i];
        }
    }
    reader->n = n;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct scan {
    const uint8_t *begin, *at, *end;
    const char *what;  /* the fault */
    bool canonical;    /* so far */
    bool blank_quoted; /* the last value has quotes that only the last one of a line may have */
    bool blank_ended;  /* the last value has no quotes and ends with a blank */
};

static bool scan_fail(struct scan *scan, const uint8_t *at, const char *what)
{
    scan->at = at;
    scan->what = what;
    return false;
}

static bool scan_name(struct scan *scan, struct ald_comm_param *param)
{
    const uint8_t *name = scan->at, *at;

    if (!comm_is_name_first(*name)) {
        return scan_fail(scan, name, "the name of a parameter must begin here, with a letter or _");
    }
    at = comm_name_end(scan->begin, name, scan->end);
    if (at == scan->end) {
        return scan_fail(scan, at, "a parameter without = and a value");
    }
    if (*at != '=') {
        return scan_fail(scan, at, "names of parameters have letters, digits and _, and then =");
    }
    param->name = ald_str_of(name, (size_t)(at - name));
    scan->at = at + 1;
    return true;
}

/* A stop that is no end of the value: a backslash, or a byte that a sender would have escaped. */
static void scan_special(struct scan *scan, struct ald_comm_param *param, bool quoted)
{
    uint8_t next = scan->end - scan->at >= 2 ? scan->at[1] : 0;

    if (*scan->at != '\\') {
        scan->canonical = false;
        scan->at++;
        return;
    }
    param->flags |= ALD_COMM_ESCAPED;
    if (next == '\\' || next == 'n' || next == 'r' || (quoted && next == '"')) {
        scan->at += 2;
        return;
    }
    scan->canonical = false;
    scan->at++;
}

/* `raw` of 1.1: everything up to a semicolon or the end. */
static void scan_raw(struct scan *scan, struct ald_comm_param *param)
{
    const uint8_t *value = scan->at;

    for (;;) {
        scan->at = comm_until(scan->begin, scan->at, scan->end, (const uint8_t *)";\\\r\n");
        if (scan->at == scan->end || *scan->at == ';') {
            break;
        }
        scan_special(scan, param, false);
    }
    param->raw = ald_str_of(value, (size_t)(scan->at - value));
    scan->blank_quoted = false;
    scan->blank_ended = scan->at != value && comm_is_blank(scan->at[-1]);
}

/* Would a sender have quoted it? Every byte that matters is in `raw` as it is in the value, but a quote that begins it. */
static bool value_needs_quotes(const struct ald_comm_param *param)
{
    struct ald_str raw = param->raw;
    bool escaped_quote = (param->flags & ALD_COMM_QUOTED) != 0 && (param->flags & ALD_COMM_ESCAPED) != 0 &&
                         ald_str_starts(raw, ALD_STR("\\\""));

    return comm_has(raw, ';') || escaped_quote || (raw.size > 0 && raw.data[0] == '"');
}

/* Does a line that ends with this value, unquoted, lose its end to the reader's trimming? */
static bool value_ends_blank(const struct ald_comm_param *param)
{
    char last = param->raw.size > 0 ? param->raw.data[param->raw.size - 1] : 0;

    return comm_is_blank((uint8_t)last) && last != '\r' && last != '\n'; /* those are escaped */
}

/* `quoted` of 1.1, from behind the opening quote. */
static bool scan_quoted(struct scan *scan, struct ald_comm_param *param)
{
    const uint8_t *value = scan->at;

    param->flags |= ALD_COMM_QUOTED;
    for (;;) {
        scan->at = comm_until(scan->begin, scan->at, scan->end, (const uint8_t *)"\"\\\r\n");
        if (scan->at == scan->end) {
            return scan_fail(scan, scan->end, "a value in quotes does not end");
        }
        if (*scan->at == '"') {
            break;
        }
        scan_special(scan, param, true);
    }
    param->raw = ald_str_of(value, (size_t)(scan->at - value));
    scan->at++;
    scan->blank_ended = false;
    scan->blank_quoted = !value_needs_quotes(param);
    scan->canonical = scan->canonical && (!scan->blank_quoted || value_ends_blank(param));
    return scan->at == scan->end || *scan->at == ';' ||
           scan_fail(scan, scan->at, "behind a value in quotes there can only be a semicolon");
}

/* One parameter, and the semicolon behind it. */
static bool scan_param(struct scan *scan, struct ald_comm_param *param)
{
    scan->canonical = scan->canonical && !scan->blank_quoted;
    if (!scan_name(scan, param)) {
        return false;
    }
    if (scan->at != scan->end && *scan->at == '"') {
        scan->at++;
        if (!scan_quoted(scan, param)) {
            return false;
        }
    } else {
        scan_raw(scan, param);
    }
    if (scan->at != scan->end) {
        scan->at++;
        scan->canonical = scan->canonical && scan->at != scan->end; /* no trailing semicolon */
    }
    return true;
}

int ald_comm_params_scan(struct ald_comm_reader *reader, const uint8_t *begin, const uint8_t *at, const uint8_t *end,
                         struct ald_comm_params *ret_params, struct ald_comm_fault *ret_fault)
{
    struct scan scan = {.begin = begin, .at = at, .end = end, .canonical = true};
    struct ald_comm_param *param;
    bool sorted = true;
    int r;

    while (scan.at != end) {
        r = ald_comm_reader_push(reader, &param);
        if (r < 0) {
            return ald_trace(r);
        }
        if (r > 0) {
            return comm_fault(ret_fault, ald_comm_too_many, (size_t)(scan.at - begin));
        }
        if (!scan_param(&scan, param)) {
            return comm_fault(ret_fault, scan.what, (size_t)(scan.at - begin));
        }
        sorted = sorted && (param == reader->items || ald_str_compare(param[-1].name, param->name) < 0);
    }
    if (!sorted) {
        ald_comm_reader_sort(reader);
    }
    *ret_params = (struct ald_comm_params){.text = ald_str_of(at, (size_t)(end - at)),
                                           .items = reader->items,
                                           .n = reader->n,
                                           .canonical = sorted && scan.canonical && !scan.blank_ended};
    return 0;
}

int ald_comm_params_read(struct ald_comm_reader *reader, struct ald_str text, struct ald_comm_params *ret_params,
                         struct ald_comm_fault *ret_fault)
{
    const uint8_t *begin = (const uint8_t *)(text.data != NULL ? text.data : "");

    ald_assert(reader != NULL && ret_params != NULL && ret_fault != NULL);

    ald_comm_reader_clear(reader);
    if (comm_has(text, '\0')) {
        return comm_fault(ret_fault, "a NUL", (size_t)((const uint8_t *)memchr(begin, 0, text.size) - begin));
    }
    return ald_comm_params_scan(reader, begin, begin, begin + text.size, ret_params, ret_fault);
}

const struct ald_comm_param *ald_comm_find(const struct ald_comm_params *params, struct ald_str name)
{
    /* A handful, whose sizes tell most of them apart: faster than halving. */
    for (size_t i = 0; i < params->n; i++) {
        if (ald_str_equal(params->items[i].name, name)) {
            return &params->items[i];
        }
    }
    return NULL;
}

/* --- values ----------------------------------------------------------------------------------------------------- */

/* What a value says, in pieces that need no decoding. */
struct pieces {
    const char *at, *end;
    bool quoted, escaped;
};

static struct pieces pieces_of(const struct ald_comm_param *param)
{
    return (struct pieces){.at = param->raw.data,
                           .end = param->raw.data + param->raw.size,
                           .quoted = (param->flags & ALD_COMM_QUOTED) != 0,
                           .escaped = (param->flags & ALD_COMM_ESCAPED) != 0};
}

/* What an escape stands for, or NULL: its backslash is one. */
static const char *escape_find(char letter, bool quoted)
{
    switch (letter) {
    case '\\':
        return "\\";
    case 'n':
        return "\n";
    case 'r':
        return "\r";
    case '"':
        return quoted ? "\"" : NULL;
    default:
        return NULL;
    }
}

static bool pieces_next(struct pieces *pieces, struct ald_str *ret_piece)
{
    const char *at = pieces->at, *backslash, *meant;

    if (at == pieces->end) {
        return false;
    }
    if (pieces->escaped && *at == '\\') {
        meant = pieces->end - at >= 2 ? escape_find(at[1], pieces->quoted) : NULL;
        *ret_piece = ald_str_of(meant != NULL ? meant : at, 1);
        pieces->at += meant != NULL ? 2 : 1;
        return true;
    }
    backslash = pieces->escaped ? memchr(at, '\\', (size_t)(pieces->end - at)) : NULL;
    pieces->at = backslash != NULL ? backslash : pieces->end;
    *ret_piece = ald_str_of(at, (size_t)(pieces->at - at));
    return true;
}

int ald_comm_value(const struct ald_comm_param *param, struct ald_buf *scratch, struct ald_str *ret_value)
{
    struct pieces pieces;
    struct ald_str piece;
    size_t before;
    int r;

    ald_assert(scratch != NULL && ret_value != NULL);

    if (param == NULL) {
        return ALD_COMM_ABSENT;
    }
    if ((param->flags & ALD_COMM_ESCAPED) == 0) {
        *ret_value = param->raw;
        return 0;
    }
    before = ald_buf_size(scratch);
    pieces = pieces_of(param);
    while (pieces_next(&pieces, &piece)) {
        r = ald_buf_push(scratch, piece);
        if (r != 0) {
            ald_buf_cut(scratch, before);
            return r < 0 ? ald_trace(r) : ALD_COMM_FULL;
        }
    }
    *ret_value = ald_str_from(ald_buf_str(scratch), before);
    return 0;
}

bool ald_comm_value_is(const struct ald_comm_param *param, struct ald_str value)
{
    struct pieces pieces;
    struct ald_str piece;

    if (param == NULL) {
        return false;
    }
    pieces = pieces_of(param);
    while (pieces_next(&pieces, &piece)) {
        if (!ald_str_starts(value, piece)) {
            return false;
        }
        value = ald_str_from(value, piece.size);
    }
    return value.size == 0;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

/* A piece of a value, escaped as the sender algorithm has it. */
static int piece_write(struct ald_buf *out, struct ald_str piece, bool quoting)
{
    const uint8_t *at = (const uint8_t *)piece.data, *end = at + piece.size, *run = at;
    const uint8_t *stops = (const uint8_t *)(quoting ? "\\\n\r\"" : "\\\n\r\\");
    char escape[2] = {'\\', 0};
    int r = 0;

    for (; r == 0; run = ++at) {
        at = comm_until(run, run, end, stops);
        r = ald_buf_push(out, ald_str_of(run, (size_t)(at - run)));
        if (at == end) {
            break;
        }
        escape[1] = *at == '\n' ? 'n' : *at == '\r' ? 'r' : (char)*at;
        r = r == 0 ? ald_buf_push(out, ald_str_of(escape, 2)) : r;
    }
    return r < 0 ? ald_trace(r) : r;
}

/* Is the value written as it stands in `raw`? Nearly all are. */
static bool value_is_plain(const struct ald_comm_param *item)
{
    const uint8_t *at = (const uint8_t *)item->raw.data, *end = at + item->raw.size;

    return item->raw.size == 0 ||
           ((item->flags & ALD_COMM_ESCAPED) == 0 && comm_until(at, at, end, (const uint8_t *)"\\\n\r\\") == end);
}

/* `name=raw`, and `;` in front of it unless it `is_first`: one reservation. */
static int item_write_plain(struct ald_buf *out, const struct ald_comm_param *item, bool is_first)
{
    size_t size = (is_first ? 0 : 1) + item->name.size + 1 + item->raw.size;
    uint8_t *room = NULL;
    int r = ald_buf_reserve(out, size, &room);

    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (!is_first) {
        *room++ = ';';
    }
    memcpy(room, item->name.data, item->name.size);
    room += item->name.size;
    *room++ = '=';
    if (item->raw.size > 0) {
        memcpy(room, item->raw.data, item->raw.size);
    }
    ald_buf_commit(out, size);
    return 0;
}

int ald_comm_item_write(struct ald_buf *out, const struct ald_comm_param *item, bool is_first, bool is_last)
{
    bool quoting = value_needs_quotes(item) || (is_last && value_ends_blank(item));
    struct ald_comm_param name = {.name = item->name};
    struct pieces pieces = pieces_of(item);
    struct ald_str piece;
    int r;

    if (!quoting && value_is_plain(item)) {
        return item_write_plain(out, item, is_first);
    }
    name.raw = quoting ? ALD_STR("\"") : ALD_STR("");
    r = item_write_plain(out, &name, is_first);
    while (r == 0 && pieces_next(&pieces, &piece)) {
        r = piece_write(out, piece, quoting);
    }
    if (r == 0 && quoting) {
        r = ald_buf_push(out, ALD_STR("\""));
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_comm_params_write(const struct ald_comm_params *params, struct ald_buf *out)
{
    size_t before = ald_buf_size(out);
    int r = params->canonical ? ald_buf_push(out, params->text) : 0;

    for (size_t i = 0; r == 0 && !params->canonical && i < params->n; i++) {
        r = ald_comm_item_write(out, &params->items[i], i == 0, i + 1 == params->n);
    }
    if (r != 0) {
        ald_buf_cut(out, before);
    }
    return r < 0 ? ald_trace(r) : r;
}
