#pragma once

/*
 * Frame: how what a dialect drains goes into a stream: the one place where their two words for the same kinds meet.
 */

#include "transport/stream.h"
#include "wire/dialect.h"

/*
 * Push `frame` (borrows). A part without a block is scratch of the dialect's and is copied; the others are shared.
 * Errors: ALDIS_E_NOMEM, and nothing was pushed.
 */
ALD_NODISCARD int ald_frame_push(struct ald_stream *stream, const struct ald_frame *frame);

/* What a received chunk is to a dialect. */
enum ald_frame_kind ald_frame_kind_of(enum ald_chunk_kind kind);
