#pragma once

/*
 * WebSocket reader: bytes from a peer become whole messages.
 *
 * It puts the parts that a decoder gives together. A message that arrives in one frame within one range is handed on as
 * a slice of that range's block; any other is copied, once, into a block of its own that grows with what has really
 * arrived (never with what a header promises) up to message_max. Control frames that come between the fragments of a
 * message are delivered at once.
 *
 * Lifetime:   ald_ws_reader_init() to ald_ws_reader_fini().
 * Threading:  one thread, that of the blocks.
 * Invariants: held <= message_max; no block is held between messages.
 */

#include "wire/ws/ws_decoder.h"

struct ald_ws_reader {
    struct ald_ws_decoder decoder;
    struct ald_block *held; /* the message so far, when it had to be copied */
    size_t held_size;
};

/*
 * `opcode` TEXT or BINARY: `payload` is the message, a reference that the caller owns.
 * PING, PONG, CLOSE: `control` and `close_code` as in struct ald_ws_part; `payload` is the empty slice.
 */
struct ald_ws_message {
    uint8_t opcode;
    uint16_t close_code;
    struct ald_slice payload;
    struct ald_str control;
};

void ald_ws_reader_init(struct ald_ws_reader *reader, enum ald_ws_role role, uint64_t frame_max, uint64_t message_max);
void ald_ws_reader_fini(struct ald_ws_reader *reader);

/* Outcomes of ald_ws_reader_next(), with the meaning they have for the decoder. */
enum { ALD_WS_READER_HUNGRY = 1, ALD_WS_READER_BROKEN };

/*
 * As ald_ws_decoder_next(), but gives a whole message. Errors: ALDIS_E_NOMEM, after which the reader is of no more use
 * and only ald_ws_reader_fini() may follow: bytes of the message are gone.
 */
ALD_NODISCARD int ald_ws_reader_next(struct ald_ws_reader *reader, struct ald_block *block, uint8_t *data, size_t size,
                                     size_t *ret_used, struct ald_ws_message *ret_message);

/* Memory held for an unfinished message, for its party's account and the budget of all. */
size_t ald_ws_reader_held(const struct ald_ws_reader *reader);

static inline const struct ald_ws_fault *ald_ws_reader_fault(const struct ald_ws_reader *reader)
{
    return ald_ws_decoder_fault(&reader->decoder);
}
static inline bool ald_ws_reader_closed(const struct ald_ws_reader *reader)
{
    return ald_ws_decoder_closed(&reader->decoder);
}
static inline bool ald_ws_reader_idle(const struct ald_ws_reader *reader)
{
    return ald_ws_decoder_idle(&reader->decoder);
}
