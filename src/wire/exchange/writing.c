/*
 * One frame, while it is written. What stands around the payload goes into one buffer, the payload itself is passed on
 * by reference: a message of 13 MB crosses the hub without one of its bytes being moved.
 *
 * The one exception are old peers: v1 readers before 2.0.2 cut the JSON at the first `;;`, legacy readers delete their
 * own prefixes wherever they stand (exchange.md 2.7, 2.9). A frame for a plain peer that has such a thing in it is put
 * together in the buffer and rewritten there; all others are only looked through.
 *
 * The envelope has a fixed shape and nearly always plain strings in it, so it is put straight into room that is
 * reserved for the whole of it; the general writer, which costs three times as much, gets the strings that need
 * escaping.
 */

#include "wire/exchange/exchange_impl.h"

#include <stdio.h>

#include "base/digits.h"
#include "base/error.h"
#include "msg/json_bytes.h"

/* Room taken at a time: an ordinary envelope, extension included. */
enum { WRITING_ROOM = 512 };

/* How many bytes bytes_plain() looks at at once, where it can. */
enum { WRITING_VECTOR = 16 };

static unsigned escapes_of(const struct ald_exchange *exchange)
{
    if (ald_exchange_is_extended(exchange)) {
        return 0;
    }
    return ald_exchange_is_v1(exchange) ? ALD_JSON_NO_PAIRS : ALD_JSON_NO_PREFIXES;
}

static struct ald_buf *writing_out(const struct ald_exchange_writing *writing)
{
    return &writing->exchange->work->out;
}

/* What was put into the room belongs to the buffer, which may then be used by others. */
static void writing_flush(struct ald_exchange_writing *writing)
{
    if (writing->room != NULL) {
        ald_buf_commit(writing_out(writing), (size_t)(writing->at - writing->room));
    }
    writing->room = writing->at = writing->end = NULL;
}

/* Make room for `size` bytes. False: the writing has failed. */
static bool writing_reserve(struct ald_exchange_writing *writing, size_t size)
{
    if ((size_t)(writing->end - writing->at) >= size) {
        return true;
    }
    if (writing->status != 0) {
        return false;
    }
    writing_flush(writing);
    size = ALD_MAX(size, (size_t)WRITING_ROOM);
    writing->status = ald_buf_reserve(writing_out(writing), size, &writing->room);
    if (writing->status != 0) {
        writing->room = NULL;
        return false;
    }
    writing->at = writing->room;
    writing->end = writing->room + size;
    return true;
}

/* There must be room. */
static void writing_copy(struct ald_exchange_writing *writing, struct ald_str bytes)
{
    if (bytes.size > 0) {
        memcpy(writing->at, bytes.data, bytes.size);
        writing->at += bytes.size;
    }
}

/* The comma if there must be one, the name, the colon; then there is room for `value_size` bytes and one more. */
static bool writing_name(struct ald_exchange_writing *writing, struct ald_exchange_name name, size_t value_size)
{
    size_t comma = writing->full ? 0 : 1; /* how much of the name is passed over */

    ald_assert(name.size < ALD_EXCHANGE_NAME_ROOM);
    if (!writing_reserve(writing, ALD_EXCHANGE_NAME_ROOM + value_size + 1)) {
        return false;
    }
    memcpy(writing->at, name.text + comma, ALD_EXCHANGE_NAME_ROOM - 1);
    writing->at += name.size - comma;
    writing->full = true;
    return true;
}

/* A string with something to escape, by the general writer. */
static void writing_escape(struct ald_exchange_writing *writing, struct ald_str value)
{
    struct ald_json_writer json;

    writing_flush(writing);
    ald_json_write_init(&json, writing_out(writing), ALD_JSON_COMPACT);
    ald_json_write_str(&json, value);
    writing->status = ald_json_write_done(&json);
}

void ald_exchange_put_quoted(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_str word)
{
    if (writing_name(writing, name, word.size + 2)) {
        *writing->at++ = '"';
        writing_copy(writing, word);
        *writing->at++ = '"';
    }
}

/*
 * It is copied first and looked at where it lies then, with blanks behind it, because what ends in a whole vector is
 * looked through faster than the short strings that nearly all of these are.
 */
void ald_exchange_put_member(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_str value)
{
    size_t whole = (value.size + WRITING_VECTOR - 1) / WRITING_VECTOR * WRITING_VECTOR;
    uint8_t *copy;

    if (!ald_str_present(value) || !writing_name(writing, name, whole + WRITING_VECTOR)) {
        return;
    }
    copy = writing->at + 1;
    if (value.size > 0) {
        memcpy(copy, value.data, value.size);
    }
    memset(copy + value.size, ' ', WRITING_VECTOR);
    if (bytes_plain(copy, copy + whole) == copy + whole) {
        writing->at[0] = copy[value.size] = '"';
        writing->at += value.size + 2;
    } else {
        writing_escape(writing, value);
    }
}

void ald_exchange_put_literal(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_str json)
{
    if (writing_name(writing, name, json.size)) {
        writing_copy(writing, json);
    }
}

void ald_exchange_put_number(struct ald_exchange_writing *writing, struct ald_exchange_name name, uint64_t number)
{
    char text[ALD_DIGITS_MAX];
    const char *end = ald_digits_put(text, number);

    ald_exchange_put_literal(writing, name, ald_str_of(text, (size_t)(end - text)));
}

void ald_exchange_put_opened(struct ald_exchange_writing *writing, struct ald_exchange_name name)
{
    if (writing_name(writing, name, 1)) {
        *writing->at++ = '{';
        writing->full = false;
    }
}

void ald_exchange_put_object_end(struct ald_exchange_writing *writing)
{
    if (writing_reserve(writing, 1)) {
        *writing->at++ = '}';
        writing->full = true;
    }
}

void ald_exchange_write_begin(struct ald_exchange *exchange, enum ald_exchange_kind kind, struct ald_str type,
                              uint64_t ordinal, struct ald_exchange_writing *ret_writing)
{
    struct ald_str parts[ALD_EXCHANGE_FRAME_PARTS];
    size_t n_parts = ald_exchange_frame_parts(exchange->variant, kind, type, parts);
    size_t size = 0;

    *ret_writing = (struct ald_exchange_writing){.exchange = exchange, .ordinal = ordinal};
    ret_writing->frame_at = ald_buf_size(&exchange->work->out);
    for (size_t i = 0; i < n_parts; i++) {
        size += parts[i].size;
    }
    ret_writing->json_at = ret_writing->frame_at + size;
    if (writing_reserve(ret_writing, size + 1)) {
        for (size_t i = 0; i < n_parts; i++) {
            writing_copy(ret_writing, parts[i]);
        }
        *ret_writing->at++ = '{';
    }
}

bool ald_exchange_leaves_out(const struct ald_exchange *exchange, struct ald_slice payload)
{
    /* exchange.md 2.6: the original leaves nulls out. */
    return payload.data == NULL ||
           (!ald_exchange_is_extended(exchange) && ald_str_equal(ald_slice_str(payload), ALD_STR("null")));
}

void ald_exchange_write_payload(struct ald_exchange_writing *writing, struct ald_slice payload)
{
    if (ald_exchange_leaves_out(writing->exchange, payload)) {
        return;
    }
    ald_assert(payload.size > 0);
    if (writing_name(writing, ALD_EXCHANGE_NAME("payload"), 0)) {
        writing->split_at = ald_buf_size(writing_out(writing)) + (size_t)(writing->at - writing->room);
        writing->payload = payload;
    }
}

static bool writing_is_harmless(const struct ald_exchange_writing *writing, unsigned escapes)
{
    struct ald_str json = ald_str_from(ald_buf_str(writing_out(writing)), writing->json_at);

    return escapes == 0 || (ald_json_escape_needless(json, escapes) &&
                            ald_json_escape_needless(ald_slice_str(writing->payload), escapes));
}

/* Put the payload where it belongs and rewrite the JSON. Outcome: ALD_BUF_FULL. */
static int writing_flatten(struct ald_exchange_writing *writing, unsigned escapes)
{
    struct ald_buf *out = writing_out(writing);
    size_t tail = ald_buf_size(out) - writing->split_at;
    uint8_t *room;
    int r;

    if (writing->payload.size > 0) {
        r = ald_buf_reserve(out, writing->payload.size, &room);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
        room -= tail;
        memmove(room + writing->payload.size, room, tail);
        memcpy(room, writing->payload.data, writing->payload.size);
        ald_buf_commit(out, writing->payload.size);
        writing->payload = ALD_SLICE_NONE;
    }
    r = ald_json_escape_rest(out, writing->json_at, escapes);
    return r < 0 ? ald_trace(r) : r;
}

static void writing_push(struct ald_exchange_writing *writing)
{
    size_t end = ald_buf_size(writing_out(writing));
    struct ald_outbox_frame frame = {.kind = ALD_FRAME_BINARY, .ordinal = writing->ordinal};

    frame.head_at = writing->frame_at;
    frame.head_size = end - writing->frame_at;
    if (writing->payload.size > 0) {
        frame.head_size = writing->split_at - writing->frame_at;
        frame.tail_at = writing->split_at;
        frame.tail_size = end - frame.tail_at;
        frame.payload = ald_slice_ref(writing->payload);
    }
    ald_exchange_push(writing->exchange, &frame);
}

static size_t writing_size(const struct ald_exchange_writing *writing)
{
    return ald_buf_size(writing_out(writing)) - writing->frame_at + writing->payload.size;
}

int ald_exchange_write_end(struct ald_exchange_writing *writing)
{
    struct ald_exchange *exchange = writing->exchange;
    unsigned escapes = escapes_of(exchange);
    int r;

    ald_exchange_put_object_end(writing);
    writing_flush(writing);
    r = writing->status;
    if (r == 0 && !writing_is_harmless(writing, escapes)) {
        r = writing_flatten(writing, escapes);
    }
    /* What the peer would drop in silence is not sent (exchange.md 2.5). */
    if (r == 0 && writing_size(writing) <= ald_exchange_message_max(exchange, ald_exchange_is_hub(exchange))) {
        writing_push(writing);
        return 0;
    }
    ald_buf_cut(&exchange->work->out, writing->frame_at);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_count(exchange, ALD_EXCHANGE_N_TOO_LARGE);
    return ALD_EXCHANGE_TOO_LARGE;
}

int ald_exchange_write_bare(struct ald_exchange *exchange, struct ald_str text, uint64_t ordinal)
{
    struct ald_exchange_writing writing = {.exchange = exchange, .ordinal = ordinal};
    int r;

    writing.frame_at = ald_buf_size(&exchange->work->out);
    r = ald_buf_push(&exchange->work->out, text);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0);
    writing_push(&writing);
    return 0;
}
