#include "cuts/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cuts/pipe.h"

enum { WIRE_MAX = 64 * 1024 * 1024, WIRE_TEXT = 1, WIRE_CLOSE = 8, WIRE_PING = 9, WIRE_PONG = 10, WIRE_GONE = 1006 };

static void wire_push(struct ald_buf *buf, const void *bytes, size_t size)
{
    int r = ald_buf_push(buf, ald_str_of(bytes, size));

    ald_assert(r == 0);
}

/* --- what the client sends ------------------------------------------------------------------------------------------- */

static void wire_send(struct cuts_wire *wire, const void *bytes, size_t size)
{
    if (!wire->left) {
        wire_push(&wire->up, bytes, size);
        wire->n_said += size;
    }
}

/* RFC 6455 5.2: one frame, masked. */
static void wire_frame(struct cuts_wire *wire, uint8_t opcode, struct ald_str text)
{
    uint8_t head[14] = {(uint8_t)(0x80 | opcode), 0x80};
    size_t n = 2;
    uint8_t mask[4];

    if (text.size < 126) {
        head[1] |= (uint8_t)text.size;
    } else if (text.size < 65536) {
        head[1] |= 126;
        head[n++] = (uint8_t)(text.size >> 8);
        head[n++] = (uint8_t)text.size;
    } else {
        head[1] |= 127;
        for (int shift = 56; shift >= 0; shift -= 8) {
            head[n++] = (uint8_t)((uint64_t)text.size >> shift);
        }
    }
    wire->mask = wire->mask * 1664525 + 1013904223;
    memcpy(mask, &wire->mask, 4);
    memcpy(head + n, mask, 4);
    wire_send(wire, head, n + 4);
    for (size_t i = 0; i < text.size; i += n) {
        uint8_t bytes[256];

        for (n = 0; n < sizeof(bytes) && i + n < text.size; n++) {
            bytes[n] = (uint8_t)text.data[i + n] ^ mask[(i + n) % 4];
        }
        wire_send(wire, bytes, n);
    }
}

void cuts_wire_say(struct cuts_wire *wire, struct ald_str text, int64_t serial)
{
    if (wire->left || wire->closing) {
        return;
    }
    wire_frame(wire, WIRE_TEXT, text);
    ald_assert(wire->n_marks < ALD_COUNT(wire->marks));
    wire->marks[wire->n_marks++] = (struct cuts_mark){wire->n_said, serial};
}

void cuts_wire_close(struct cuts_wire *wire, uint16_t code)
{
    const char bytes[2] = {(char)(code >> 8), (char)(code & 0xff)};

    if (!wire->closing) {
        wire_frame(wire, WIRE_CLOSE, ald_str_of(bytes, code == WIRE_GONE ? 0 : 2));
        wire->closing = true;
    }
}

/* --- what the client reads ------------------------------------------------------------------------------------------- */

/* The answer to the key of the upgrade, which RFC 6455 1.3 has as its example. */
#define WIRE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
static const char wire_upgrade[] =
    "GET /api/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

static bool wire_take_upgrade(struct cuts_wire *wire)
{
    struct ald_str in = ald_buf_str(&wire->in);
    const char *end = memmem(in.data, in.size, "\r\n\r\n", 4);

    if (end == NULL) {
        return false;
    }
    in.size = (size_t)(end - in.data) + 4;
    if (!ald_str_starts(in, ALD_STR("HTTP/1.1 101 ")) ||
        memmem(in.data, in.size, WIRE_ACCEPT, strlen(WIRE_ACCEPT)) == NULL) {
        wire->ops->broken(wire->owner, "the upgrade is answered with something else", (long)in.size);
    }
    ald_buf_pop(&wire->in, in.size);
    wire->upgraded = true;
    return true;
}

static void wire_control(struct cuts_wire *wire, uint8_t opcode, struct ald_str body)
{
    if (opcode == WIRE_PING) {
        if (!wire->mute && !wire->closing) {
            wire_frame(wire, WIRE_PONG, body);
        }
        if (wire->ops->pinged != NULL) {
            wire->ops->pinged(wire->owner);
        }
    } else if (opcode == WIRE_CLOSE) {
        wire->code = body.size >= 2 ? (uint16_t)((uint8_t)body.data[0] << 8 | (uint8_t)body.data[1]) : 1005;
        cuts_wire_close(wire, wire->code);
    } else {
        wire->ops->broken(wire->owner, "a control frame that nobody asked for", opcode);
    }
}

/* Where the payload begins, and how long it is; 0: the head is not here. */
static size_t head_read(struct ald_str in, uint64_t *ret_size)
{
    const uint8_t *at = (const uint8_t *)in.data;
    size_t n = in.size < 2 ? 0 : at[1] == 126 ? 4 : at[1] == 127 ? 10 : 2;

    if (n == 0 || in.size < n) {
        return 0;
    }
    *ret_size = n == 2 ? at[1] : 0;
    for (size_t i = 2; i < n; i++) {
        *ret_size = *ret_size << 8 | at[i];
    }
    return n;
}

/* One frame; false: it is not whole. */
static bool wire_take_frame(struct cuts_wire *wire)
{
    struct ald_str in = ald_buf_str(&wire->in);
    uint64_t size = 0;
    size_t head = head_read(in, &size);
    uint8_t opcode, fin;
    struct ald_str body;

    if (head == 0 || in.size - head < size) {
        return false;
    }
    opcode = (uint8_t)in.data[0] & 0x0f;
    fin = (uint8_t)in.data[0] & 0x80;
    body = ald_str_of(in.data + head, size);
    if (((uint8_t)in.data[0] & 0x70) != 0 || ((uint8_t)in.data[1] & 0x80) != 0) {
        wire->ops->broken(wire->owner, "a frame of the hub is odd", in.data[0]);
    }
    if (opcode >= WIRE_CLOSE) {
        wire_control(wire, opcode, body);
        ald_buf_pop(&wire->in, head + size);
        return true;
    }
    wire_push(&wire->message, body.data, body.size);
    ald_buf_pop(&wire->in, head + size);
    if (fin != 0) {
        struct ald_buf message = wire->message;

        ald_buf_init(&wire->message, WIRE_MAX);
        if (wire->code == WIRE_GONE) {
            wire->ops->heard(wire->owner, wire, ald_buf_str(&message));
        }
        ald_buf_fini(&message);
    }
    return true;
}

static void wire_end(struct cuts_wire *wire)
{
    if (wire->pipe == NULL || cuts_pipe_finished(wire->pipe)) {
        if (!wire->told_ended && ald_buf_size(&wire->down) == 0) {
            wire->told_ended = true;
            if (wire->pipe != NULL) {
                cuts_pipe_end(wire->pipe);
            }
            wire->ops->ended(wire->owner, wire, wire->code);
        }
    }
}

size_t cuts_wire_carry_down(struct cuts_wire *wire, size_t size)
{
    size = wire->left ? 0 : ALD_MIN(size, ald_buf_size(&wire->down));
    if (size > 0) {
        wire_push(&wire->in, ald_buf_str(&wire->down).data, size);
        ald_buf_pop(&wire->down, size);
        wire->n_read += size;
    }
    while (!wire->left && (wire->upgraded ? wire_take_frame(wire) : wire_take_upgrade(wire))) {
    }
    if (!wire->left) {
        wire_end(wire);
    }
    return size;
}

/* --- what the hub is given ------------------------------------------------------------------------------------------- */

size_t cuts_wire_carry_up(struct cuts_wire *wire, size_t size)
{
    struct ald_str bytes = ald_buf_str(&wire->up);

    bytes.size = ALD_MIN(size, bytes.size);
    if (bytes.size == 0 || wire->pipe == NULL || !cuts_pipe_give(wire->pipe, bytes)) {
        return 0;
    }
    wire->n_given += bytes.size;
    ald_buf_pop(&wire->up, bytes.size);
    while (wire->n_delivered < wire->n_marks && wire->marks[wire->n_delivered].end <= wire->n_given) {
        wire->delivered = ALD_MAX(wire->delivered, wire->marks[wire->n_delivered].serial);
        wire->n_delivered++;
    }
    return bytes.size;
}

void cuts_wire_allow(struct cuts_wire *wire, size_t size)
{
    wire->room = SIZE_MAX - wire->room < size ? SIZE_MAX : wire->room + size;
    if (wire->pipe != NULL) {
        cuts_pipe_allow(wire->pipe);
    }
}

void cuts_wire_break(struct cuts_wire *wire)
{
    if (wire->pipe != NULL) {
        cuts_pipe_break(wire->pipe);
    }
}

struct cuts_wire *cuts_wire_new(struct ald_net *net, struct ald_listener *listener, const struct cuts_wire_ops *ops,
                                void *owner)
{
    struct cuts_wire *wire = calloc(1, sizeof(*wire));

    ald_assert(wire != NULL);
    wire->ops = ops;
    wire->owner = owner;
    wire->code = WIRE_GONE;
    wire->room = SIZE_MAX;
    ald_node_init(&wire->node);
    ald_buf_init(&wire->up, WIRE_MAX);
    ald_buf_init(&wire->down, WIRE_MAX);
    ald_buf_init(&wire->in, WIRE_MAX);
    ald_buf_init(&wire->message, WIRE_MAX);
    wire_send(wire, wire_upgrade, strlen(wire_upgrade));
    wire->pipe = cuts_pipe_new(net, listener, wire);
    return wire;
}

void cuts_wire_free(struct cuts_wire *wire)
{
    ald_assert(wire->pipe == NULL);
    ald_buf_fini(&wire->up);
    ald_buf_fini(&wire->down);
    ald_buf_fini(&wire->in);
    ald_buf_fini(&wire->message);
    ald_node_remove(&wire->node);
    free(wire);
}
