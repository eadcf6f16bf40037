#pragma once

/*
 * What the tests of the framing share: bytes written in hexadecimal, and the story that a stream of them tells.
 *
 * A story is text: `T(...)` and `B(...)` are messages, `I[...]` a ping, `O[...]` a pong, `C1000[...]` a close frame, and
 * `!1002 reason` a fault. It is the same however the bytes were split.
 */

#include <stdio.h>

#include "base/buf.h"
#include "lib/test.h"
#include "wire/ws/ws_reader.h"

enum { WS_STORY_MAX = 4096, WS_BYTES_MAX = 4096 };

struct ws_bytes {
    uint8_t data[WS_BYTES_MAX];
    size_t size;
};

static inline struct ws_bytes ws_hex(const char *hex)
{
    struct ws_bytes bytes = {.size = 0};
    unsigned value;

    for (; *hex != '\0'; hex++) {
        if (*hex == ' ') {
            continue;
        }
        ald_check(sscanf(hex, "%2x", &value) == 1);
        ald_check(bytes.size < sizeof(bytes.data));
        bytes.data[bytes.size++] = (uint8_t)value;
        hex++;
    }
    return bytes;
}

static inline void ws_story_fault(struct ald_buf *story, const struct ald_ws_fault *fault)
{
    ald_check(fault != NULL);
    ald_check_int(ald_buf_pushf(story, "!%u %s", (unsigned)fault->code, fault->reason), 0);
}

static inline void ws_story_control(struct ald_buf *story, uint8_t opcode, uint16_t code, struct ald_str control)
{
    if (opcode == ALD_WS_CLOSE) {
        ald_check_int(ald_buf_pushf(story, "C%u[", (unsigned)code), 0);
    } else {
        ald_check_int(ald_buf_pushf(story, "%c[", opcode == ALD_WS_PING ? 'I' : 'O'), 0);
    }
    ald_check_int(ald_buf_push(story, control), 0);
    ald_check_int(ald_buf_push(story, ALD_STR("]")), 0);
}

static inline void ws_story_message(struct ald_buf *story, struct ald_ws_message *message)
{
    if (ald_ws_opcode_control(message->opcode)) {
        ws_story_control(story, message->opcode, message->close_code, message->control);
        return;
    }
    ald_check_int(ald_buf_pushf(story, "%c(", message->opcode == ALD_WS_TEXT ? 'T' : 'B'), 0);
    ald_check_int(ald_buf_push(story, ald_slice_str(message->payload)), 0);
    ald_check_int(ald_buf_push(story, ALD_STR(")")), 0);
    ald_slice_clear(&message->payload);
}

/* A block of its own for each piece, exactly as large, so that a byte read past it is seen. */
static inline struct ald_block *ws_block(const uint8_t *data, size_t size)
{
    struct ald_block *block = NULL;

    ald_check_int(ald_block_new(size, &block), 0);
    memcpy(block->data, data, size);
    return block;
}

/* Feed a piece and tell what it says; false when the reader broke. */
static inline bool ws_tell_messages(struct ald_ws_reader *reader, const uint8_t *data, size_t size,
                                    struct ald_buf *story)
{
    ALD_AUTO(ald_block_unref) struct ald_block *block = ws_block(data, size);
    struct ald_ws_message message;
    size_t at = 0, used;
    int r;

    while ((r = ald_ws_reader_next(reader, block, block->data + at, size - at, &used, &message)) == 0) {
        at += used;
        ws_story_message(story, &message);
    }
    if (r == ALD_WS_READER_BROKEN) {
        ws_story_fault(story, ald_ws_reader_fault(reader));
        return false;
    }
    ald_check_int(r, ALD_WS_READER_HUNGRY);
    ald_check_int(at + used, size);
    return true;
}
