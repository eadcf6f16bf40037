#pragma once

/*
 * WebSocket decoder: bytes from a peer become parts of frames (RFC 6455 section 5), unmasked where they lie.
 *
 * Feed it ranges of a block as they come from the socket. Each call takes some bytes of the range and gives at most one
 * part: for a data frame whatever of its payload lies in the range, as a slice of that very block, so that a frame that
 * came in whole is never copied; a control frame is given whole, however it was split. State survives any split.
 *
 *     while ((r = ald_ws_decoder_next(decoder, block, data, size, &used, &part)) == 0) {
 *         data += used, size -= used; ... part ...
 *     }
 *
 * Lifetime:   ald_ws_decoder_init(); owns no memory.
 * Threading:  one thread.
 * Limits:     frame_max and message_max payload bytes, checked when the header of a frame is complete, before a byte of
 *             its payload is taken. 125 bytes of a control frame are the only payload it ever holds.
 * Faults:     the first violation decides; then every call says so again. After a close frame all bytes are taken and
 *             dropped (section 5.5.1: nothing follows one).
 */

#include "base/block.h"
#include "base/defs.h"
#include "wire/ws/ws_frame.h"
#include "wire/ws/ws_utf8.h"

/* What was wrong and how to close: `reason` goes into our close frame. */
struct ald_ws_fault {
    uint16_t code;
    const char *reason;
};

/*
 * Every way a peer can break the protocol. X(name, close code, reason). Sections are those of RFC 6455.
 *
 * RSV 5.2; OPCODE 5.2; UNMASKED, MASKED 5.1; CONTROL_LONG, CONTROL_SPLIT 5.5; LENGTH_WIDE, LENGTH_SIGN 5.2;
 * NO_MESSAGE, IN_MESSAGE 5.4; FRAME_BIG, MESSAGE_BIG 10.4; CLOSE_SHORT 5.5.1; CLOSE_CODE 7.4; CLOSE_TEXT 5.5.1; TEXT 8.1.
 */
#define ALD_WS_FAULTS(X)                                                                                               \
    X(RSV, ALD_WS_CLOSE_PROTOCOL, "Reserved bits are set")                                                             \
    X(OPCODE, ALD_WS_CLOSE_PROTOCOL, "Unknown opcode")                                                                 \
    X(UNMASKED, ALD_WS_CLOSE_PROTOCOL, "Frame of a client is not masked")                                              \
    X(MASKED, ALD_WS_CLOSE_PROTOCOL, "Frame of a server is masked")                                                    \
    X(CONTROL_LONG, ALD_WS_CLOSE_PROTOCOL, "Control frame is too long")                                                \
    X(CONTROL_SPLIT, ALD_WS_CLOSE_PROTOCOL, "Control frame is fragmented")                                             \
    X(LENGTH_WIDE, ALD_WS_CLOSE_PROTOCOL, "Length is not in its shortest form")                                        \
    X(LENGTH_SIGN, ALD_WS_CLOSE_PROTOCOL, "Length has its top bit set")                                                \
    X(NO_MESSAGE, ALD_WS_CLOSE_PROTOCOL, "Continuation of no message")                                                 \
    X(IN_MESSAGE, ALD_WS_CLOSE_PROTOCOL, "New message inside a fragmented one")                                        \
    X(FRAME_BIG, ALD_WS_CLOSE_TOO_BIG, "Frame is too big")                                                             \
    X(MESSAGE_BIG, ALD_WS_CLOSE_TOO_BIG, "Message is too big")                                                         \
    X(CLOSE_SHORT, ALD_WS_CLOSE_PROTOCOL, "Close frame has half a code")                                               \
    X(CLOSE_CODE, ALD_WS_CLOSE_PROTOCOL, "Close code may not be sent")                                                 \
    X(CLOSE_TEXT, ALD_WS_CLOSE_DATA, "Close reason is not UTF-8")                                                      \
    X(TEXT, ALD_WS_CLOSE_DATA, "Text message is not UTF-8")

enum ald_ws_fault_kind {
    ALD_WS_FAULT_NONE,
#define ALD_WS_X(name, code, reason) ALD_WS_FAULT_##name,
    ALD_WS_FAULTS(ALD_WS_X)
#undef ALD_WS_X
        ALD_WS_FAULT_KINDS
};

/* 13,107,200 bytes: the largest message of existing peers, exchange.md section 2.5. */
#define ALD_WS_MESSAGE_MAX ((uint64_t)200 * 65536)

struct ald_ws_decoder {
    uint64_t frame_max;
    uint64_t message_max;
    uint64_t message_size; /* announced so far of the current data message, over its frames */
    uint64_t frame_size;   /* payload of the current frame */
    uint64_t frame_taken;  /* of which so many bytes were seen */
    uint8_t role;
    uint8_t state;
    uint8_t fault; /* enum ald_ws_fault_kind */
    uint8_t frame_opcode;
    uint8_t message_opcode; /* TEXT or BINARY while a message is open, else 0 */
    bool frame_fin;
    uint8_t n_head;
    uint8_t head[ALD_WS_HEAD_MAX];
    uint8_t key[ALD_WS_KEY_SIZE];
    struct ald_ws_utf8 utf8;
    uint8_t control[ALD_WS_CONTROL_MAX];
};

/*
 * A part of a data message, or a whole control frame.
 *
 * Data: `opcode` is that of the message (never CONTINUATION). `payload` is a reference the caller owns, and may be empty.
 * `begins` and `ends` say where in its message the part lies, `frame_left` how much of its frame is still to come, and
 * `frame_fin` whether that frame is the message's last, so that then the message's size is known.
 *
 * Control: `control` is its payload, valid until the next call. For a close frame `control` is the reason alone and
 * `close_code` its code, ALD_WS_CLOSE_NONE when it had none.
 */
struct ald_ws_part {
    uint8_t opcode;
    bool begins;
    bool ends;
    bool frame_fin;
    uint16_t close_code;
    uint64_t frame_left;
    struct ald_slice payload;
    struct ald_str control;
};

/* `role` is ours: a server refuses unmasked frames, a client masked ones. The caps are in bytes of payload. */
void ald_ws_decoder_init(struct ald_ws_decoder *decoder, enum ald_ws_role role, uint64_t frame_max,
                         uint64_t message_max);

/*
 * Outcomes of ald_ws_decoder_next(). HUNGRY: the range is used up, without a part. BROKEN: see
 * ald_ws_decoder_fault(); nothing more will come, `ret_used` and `ret_part` are not written.
 */
enum { ALD_WS_DECODER_HUNGRY = 1, ALD_WS_DECODER_BROKEN };

/*
 * Take bytes of the range [data, data + size), which lies in `block` (shares, with each part that has payload) and is
 * overwritten as it is unmasked. On 0 and HUNGRY `ret_used` is how many were taken; `ret_part` is written on 0 only.
 */
ALD_NODISCARD int ald_ws_decoder_next(struct ald_ws_decoder *decoder, struct ald_block *block, uint8_t *data,
                                      size_t size, size_t *ret_used, struct ald_ws_part *ret_part);

/* What the peer did wrong, or NULL. Lives for ever. */
const struct ald_ws_fault *ald_ws_decoder_fault(const struct ald_ws_decoder *decoder);
/* A close frame came. */
bool ald_ws_decoder_closed(const struct ald_ws_decoder *decoder);
/* The stream may end here without cutting a frame or a message. */
bool ald_ws_decoder_idle(const struct ald_ws_decoder *decoder);
