#pragma once

/*
 * WebSocket frames as they leave: header bytes, masking, control frames, and how a message is split (RFC 6455 section 5).
 *
 * Pure: mask keys are drawn at the edge and handed in. A client masks every frame with a fresh key, a server none
 * (section 5.1); who passes a key here decides which of the two it is.
 */

#include "base/defs.h"
#include "base/str.h"

/* Which end we are. */
enum ald_ws_role { ALD_WS_SERVER, ALD_WS_CLIENT };

/* Opcodes, section 11.8. */
enum {
    ALD_WS_CONTINUATION = 0x0,
    ALD_WS_TEXT = 0x1,
    ALD_WS_BINARY = 0x2,
    ALD_WS_CLOSE = 0x8,
    ALD_WS_PING = 0x9,
    ALD_WS_PONG = 0xA,
};

/* Close codes, section 7.4.1 and its registry. */
enum {
    ALD_WS_CLOSE_NORMAL = 1000,
    ALD_WS_CLOSE_AWAY = 1001,
    ALD_WS_CLOSE_PROTOCOL = 1002,
    ALD_WS_CLOSE_UNSUPPORTED = 1003,
    ALD_WS_CLOSE_NONE = 1005,     /* never on the wire: the peer's close frame had no code */
    ALD_WS_CLOSE_ABNORMAL = 1006, /* never on the wire: there was no close frame */
    ALD_WS_CLOSE_DATA = 1007,
    ALD_WS_CLOSE_POLICY = 1008,
    ALD_WS_CLOSE_TOO_BIG = 1009,
    ALD_WS_CLOSE_INTERNAL = 1011,
    ALD_WS_CLOSE_RESTART = 1012,
    ALD_WS_CLOSE_LATER = 1013,
};

enum {
    ALD_WS_HEAD_MAX = 14,     /* two bytes, a 64-bit length, a mask key */
    ALD_WS_KEY_SIZE = 4,      /* a mask key */
    ALD_WS_CONTROL_MAX = 125, /* payload of a control frame, section 5.5 */
    ALD_WS_REASON_MAX = 123,  /* what the close code leaves of it */
    ALD_WS_CONTROL_FRAME_MAX = 2 + ALD_WS_KEY_SIZE + ALD_WS_CONTROL_MAX,
};

static inline bool ald_ws_opcode_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

/*
 * Write the header of a frame of `size` payload bytes; `key` (borrows ALD_WS_KEY_SIZE bytes) or NULL for an unmasked
 * one. Returns the bytes written.
 */
size_t ald_ws_head_write(uint8_t head[ALD_WS_HEAD_MAX], bool fin, uint8_t opcode, uint64_t size, const uint8_t *key);

/*
 * Mask or unmask (section 5.3: the same operation) `size` bytes that begin `offset` bytes into their frame's payload.
 * The copying form leaves its source alone, because a payload that is shared must not change; the two may be the same,
 * and may not otherwise overlap.
 */
void ald_ws_mask_copy(uint8_t *to, const uint8_t *from, size_t size, const uint8_t key[ALD_WS_KEY_SIZE],
                      uint64_t offset);
static inline void ald_ws_mask(uint8_t *data, size_t size, const uint8_t key[ALD_WS_KEY_SIZE], uint64_t offset)
{
    ald_ws_mask_copy(data, data, size, key, offset);
}

/* Write a whole ping, pong or close frame; `body` is at most ALD_WS_CONTROL_MAX bytes. Returns the bytes written. */
size_t ald_ws_control_write(uint8_t frame[ALD_WS_CONTROL_FRAME_MAX], uint8_t opcode, struct ald_str body,
                            const uint8_t *key);

/*
 * Write a whole close frame. `code` must be one that may travel (ald_ws_close_code_valid()), or ALD_WS_CLOSE_NONE for a
 * frame without code and reason, which is also how such a frame is echoed. A `reason` that is too long is cut between
 * characters; one that is not UTF-8 is left out. Returns the bytes written.
 */
size_t ald_ws_close_write(uint8_t frame[ALD_WS_CONTROL_FRAME_MAX], uint16_t code, struct ald_str reason,
                          const uint8_t *key);

/* May stand in a close frame: 1000-1003, 1007-1014, 3000-4999 (section 7.4 and the IANA registry). */
bool ald_ws_close_code_valid(uint32_t code);

/*
 * How a message of `left` bytes becomes frames: one, or (exchange.md section 2.5) a first frame with FIN=0 and
 * CONTINUATION frames of at most `frame_max` bytes each. An empty message is one empty frame.
 */
struct ald_ws_splitter {
    uint64_t left;
    uint64_t frame_max;
    uint8_t opcode; /* of the next frame */
    bool done;
};

/* What existing peers of `exchange` send and accept, exchange.md section 10.2. */
#define ALD_WS_FRAME_SIZE ((uint64_t)65536)

void ald_ws_splitter_init(struct ald_ws_splitter *splitter, uint8_t opcode, uint64_t size, uint64_t frame_max);

struct ald_ws_piece {
    uint64_t size;
    uint8_t opcode;
    bool fin;
};

/* The next frame to send; false when there is none left. */
bool ald_ws_splitter_next(struct ald_ws_splitter *splitter, struct ald_ws_piece *ret_piece);
