/*
 * A message is one push into the stream below for each of its frames, all with the message's ordinal, so that nothing
 * comes between them and the ordinal means the whole. A server's frames refer to the payload where it lies; a client's
 * are masked (RFC 6455 5.3), which takes a copy, because others may hold the same bytes.
 */

#include <string.h>

#include "base/error.h"
#include "transport/outq.h"
#include "transport/ws_stream.h"

enum { SEND_SLICES = 16 }; /* of one push; more make more pushes */

/* Walks the bytes of a message. */
struct cursor {
    const struct ald_slice *slices;
    size_t n_slices, i;
    size_t offset; /* into slice `i` */
};

/* The next run of at most `max` bytes, borrowed. */
static struct ald_slice cursor_next(struct cursor *cursor, size_t max)
{
    struct ald_slice run;

    while (cursor->offset == cursor->slices[cursor->i].size) {
        cursor->i++;
        cursor->offset = 0;
        ald_assert(cursor->i < cursor->n_slices);
    }
    run = cursor->slices[cursor->i];
    run.data += cursor->offset;
    run.size = ALD_MIN(run.size - cursor->offset, max);
    cursor->offset += run.size;
    return run;
}

static void cursor_copy(struct cursor *cursor, uint8_t *to, size_t size, const uint8_t *key)
{
    size_t done = 0;

    while (done < size) {
        struct ald_slice run = cursor_next(cursor, size - done);

        if (key != NULL) {
            ald_ws_mask_copy(to + done, run.data, run.size, key, done);
        } else {
            memcpy(to + done, run.data, run.size);
        }
        done += run.size;
    }
}

static const uint8_t *key_draw(const struct ald_ws *ws, uint8_t key[ALD_WS_KEY_SIZE])
{
    if (ws->role == ALD_WS_SERVER) {
        return NULL;
    }
    ald_net_random(ws->stream.net, key, ALD_WS_KEY_SIZE); /* RFC 6455 10.3: not to be foreseen */
    return key;
}

/* A frame whose payload is copied into it anyway: small, or to be masked. */
static void send_copied(struct ald_ws *ws, const struct ald_ws_piece *piece, struct cursor *cursor, uint64_t ordinal)
{
    uint8_t small[ALD_WS_HEAD_MAX + ALD_STREAM_COPY_MAX];
    uint8_t key_bytes[ALD_WS_KEY_SIZE];
    const uint8_t *key = key_draw(ws, key_bytes);
    struct ald_slice slice = ALD_SLICE_NONE;
    struct ald_block *block = NULL;
    uint8_t *frame = small;
    size_t size = (size_t)piece->size, head_size;

    if (size > ALD_STREAM_COPY_MAX) {
        if (ald_block_new(ALD_WS_HEAD_MAX + size, &block) < 0) {
            ald_stream_fail(&ws->stream, ALD_END_NOMEM, NULL);
            return;
        }
        frame = block->data;
    }
    head_size = ald_ws_head_write(frame, piece->fin, piece->opcode, piece->size, key);
    cursor_copy(cursor, frame + head_size, size, key);
    if (block == NULL) {
        ald_stream_push_parts(ws->lower, ALD_CHUNK_BYTES, ald_str_of(frame, head_size + size), NULL, 0, ordinal);
        return;
    }
    slice = (struct ald_slice){block, block->data, head_size + size};
    ald_stream_push_parts(ws->lower, ALD_CHUNK_BYTES, ALD_STR(""), &slice, 1, ordinal);
    ald_slice_clear(&slice);
}

/* A server's frame, whose payload stays where it is. */
static void send_referenced(struct ald_ws *ws, const struct ald_ws_piece *piece, struct cursor *cursor,
                            uint64_t ordinal)
{
    uint8_t head_bytes[ALD_WS_HEAD_MAX];
    struct ald_slice slices[SEND_SLICES];
    struct ald_str head =
        ald_str_of(head_bytes, ald_ws_head_write(head_bytes, piece->fin, piece->opcode, piece->size, NULL));
    size_t left = (size_t)piece->size;

    while (left > 0) {
        size_t n = 0;

        for (; n < SEND_SLICES && left > 0; n++) {
            slices[n] = cursor_next(cursor, left);
            left -= slices[n].size;
        }
        ald_stream_push_parts(ws->lower, ALD_CHUNK_BYTES, head, slices, n, ordinal);
        head = ALD_STR("");
    }
}

static void send_slices(struct ald_ws *ws, uint8_t opcode, const struct ald_slice *slices, size_t n_slices, size_t size,
                        uint64_t ordinal)
{
    struct cursor cursor = {.slices = slices, .n_slices = n_slices};
    struct ald_ws_splitter splitter;
    struct ald_ws_piece piece;

    ald_ws_splitter_init(&splitter, opcode, size, ws->fragment_size);
    while (!ald_stream_ended(&ws->stream) && ald_ws_splitter_next(&splitter, &piece)) {
        if (ws->role == ALD_WS_CLIENT || piece.size <= ALD_STREAM_COPY_MAX) {
            send_copied(ws, &piece, &cursor, ordinal);
        } else {
            send_referenced(ws, &piece, &cursor, ordinal);
        }
    }
}

/* What nearly every message is: one frame of a server. Its parts are not touched before they wait for the kernel. */
static bool message_is_whole(const struct ald_ws *ws, size_t size)
{
    return ws->role == ALD_WS_SERVER && size <= ws->fragment_size;
}

static void send_whole(struct ald_ws *ws, uint8_t opcode, const struct ald_slice *slices, size_t n_slices, size_t size,
                       uint64_t ordinal)
{
    uint8_t head[ALD_WS_HEAD_MAX];
    size_t head_size = ald_ws_head_write(head, true, opcode, size, NULL);

    ald_stream_push_parts(ws->lower, ALD_CHUNK_BYTES, ald_str_of(head, head_size), slices, n_slices, ordinal);
}

void ald_ws_send(struct ald_ws *ws, uint8_t opcode, struct ald_str head, const struct ald_slice *slices,
                 size_t n_slices, uint64_t ordinal)
{
    struct ald_slice copy = ald_slice_static(head);
    size_t size = head.size;

    for (size_t i = 0; i < n_slices; i++) {
        size += slices[i].size;
    }
    if (head.size == 0 && message_is_whole(ws, size)) {
        send_whole(ws, opcode, slices, n_slices, size, ordinal);
        return;
    }
    if (head.size == 0) {
        send_slices(ws, opcode, slices, n_slices, size, ordinal);
        return;
    }
    ald_assert(n_slices == 0);
    /* Small, it is copied into its frame at once; else it needs a place to be referred to. */
    if (head.size > ALD_STREAM_COPY_MAX && ald_slice_copy(head, &copy) < 0) {
        ald_stream_fail(&ws->stream, ALD_END_NOMEM, NULL);
        return;
    }
    send_slices(ws, opcode, &copy, 1, size, ordinal);
    ald_slice_clear(&copy);
}

void ald_ws_send_control(struct ald_ws *ws, uint8_t opcode, struct ald_str body, uint64_t ordinal)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];
    uint8_t key[ALD_WS_KEY_SIZE];
    size_t size = ald_ws_control_write(frame, opcode, body, key_draw(ws, key));

    ald_stream_push_copy(ws->lower, ALD_CHUNK_BYTES, ald_str_of(frame, size), ordinal);
}

void ald_ws_send_close(struct ald_ws *ws, uint16_t code, struct ald_str reason)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];
    uint8_t key[ALD_WS_KEY_SIZE];
    size_t size;

    /* What may not travel, such as 1006, becomes a close without a code. */
    code = ald_ws_close_code_valid(code) ? code : ALD_WS_CLOSE_NONE;
    size = ald_ws_close_write(frame, code, reason, key_draw(ws, key));
    ws->close_sent = true;
    ald_stream_push_copy(ws->lower, ALD_CHUNK_BYTES, ald_str_of(frame, size), 0);
}
