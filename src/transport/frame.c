#include "transport/frame.h"

#include "base/error.h"

static const uint8_t frame_chunks[] = {
    [ALD_FRAME_BYTES] = ALD_CHUNK_BYTES, [ALD_FRAME_TEXT] = ALD_CHUNK_TEXT, [ALD_FRAME_BINARY] = ALD_CHUNK_BINARY,
    [ALD_FRAME_PING] = ALD_CHUNK_PING,   [ALD_FRAME_PONG] = ALD_CHUNK_PONG,
};

static const uint8_t chunk_frames[] = {
    [ALD_CHUNK_BYTES] = ALD_FRAME_BYTES, [ALD_CHUNK_TEXT] = ALD_FRAME_TEXT, [ALD_CHUNK_BINARY] = ALD_FRAME_BINARY,
    [ALD_CHUNK_PING] = ALD_FRAME_PING,   [ALD_CHUNK_PONG] = ALD_FRAME_PONG,
};

enum ald_frame_kind ald_frame_kind_of(enum ald_chunk_kind kind)
{
    ald_assert((size_t)kind < ALD_COUNT(chunk_frames));
    return (enum ald_frame_kind)chunk_frames[kind];
}

/* The stream copies small parts by itself; only scratch that is larger needs a block of its own. */
static bool part_is_scratch(struct ald_slice part)
{
    return part.block == NULL && part.size > ALD_STREAM_COPY_MAX;
}

int ald_frame_push(struct ald_stream *stream, const struct ald_frame *frame)
{
    struct ald_slice parts[ALD_FRAME_PARTS];
    struct ald_slice copies[ALD_FRAME_PARTS] = {ALD_SLICE_NONE, ALD_SLICE_NONE, ALD_SLICE_NONE};
    int r = 0;

    ald_assert(frame->n_parts <= ALD_FRAME_PARTS && frame->kind < ALD_COUNT(frame_chunks));
    for (size_t i = 0; r == 0 && i < frame->n_parts; i++) {
        parts[i] = frame->parts[i];
        if (part_is_scratch(parts[i])) {
            r = ald_slice_copy(ald_slice_str(parts[i]), &copies[i]);
            parts[i] = copies[i];
        }
    }
    if (r == 0) {
        ald_stream_push(stream, (enum ald_chunk_kind)frame_chunks[frame->kind], parts, frame->n_parts, frame->ordinal);
    }
    for (size_t i = 0; i < ALD_FRAME_PARTS; i++) {
        ald_slice_clear(&copies[i]);
    }
    return r < 0 ? ald_trace(r) : 0;
}
