#pragma once

/*
 * Frame grammar: what stands around the JSON of a message (exchange.md 2.7, 2.9; docs/wire-extension.md).
 *
 * Threading: no state. Views borrow the message.
 */

#include "base/str.h"

enum ald_exchange_kind {
    ALD_EXCHANGE_UNKNOWN, /* nothing the variant knows */
    ALD_EXCHANGE_COMMAND,
    ALD_EXCHANGE_REPLY,
    ALD_EXCHANGE_STATUS,  /* extension */
    ALD_EXCHANGE_CANCEL,  /* extension */
    ALD_EXCHANGE_PRIMARY, /* legacy: "primary: true" */
    ALD_EXCHANGE_REPLICA  /* legacy: "replica: true" */
};

struct ald_exchange_frame {
    uint8_t kind;        /* enum ald_exchange_kind */
    struct ald_str json; /* absent: the frame has none */
};

void ald_exchange_frame_read(uint32_t variant, struct ald_str message, struct ald_exchange_frame *ret_frame);

enum { ALD_EXCHANGE_FRAME_PARTS = 3 };

/*
 * Everything that stands before the JSON of a frame of `kind`, in parts; returns how many. `type` (may be absent; the
 * parts borrow it) goes into the `et` field of v1, which no reader depends on.
 */
size_t ald_exchange_frame_parts(uint32_t variant, enum ald_exchange_kind kind, struct ald_str type,
                                struct ald_str parts[ALD_EXCHANGE_FRAME_PARTS]);
