/*
 * Most messages are one frame that came in whole, and are handed on where they lie. The others are copied together.
 * What a peer announces costs it nothing, so memory follows what has arrived: the block doubles, but is never larger than
 * the message can still become, and exactly as large as the message once its last frame has begun. Each byte is copied
 * O(1) times that way.
 */

#include "wire/ws/ws_reader.h"

#include "base/error.h"

/* The first block of a message that comes in parts: two in one page with the allocator's own bytes. */
enum { READER_ROOM_MIN = 2000 };

void ald_ws_reader_init(struct ald_ws_reader *reader, enum ald_ws_role role, uint64_t frame_max, uint64_t message_max)
{
    *reader = (struct ald_ws_reader){0};
    ald_ws_decoder_init(&reader->decoder, role, frame_max, message_max);
}

void ald_ws_reader_fini(struct ald_ws_reader *reader)
{
    reader->held = ald_block_unref(reader->held);
    reader->held_size = 0;
}

/* How large the block must be to take `wanted` bytes now and as few further steps as may be. */
static size_t reader_room(const struct ald_ws_reader *reader, const struct ald_ws_part *part, size_t wanted)
{
    size_t old = reader->held != NULL ? reader->held->size : 0;
    size_t doubled = old > SIZE_MAX / 2 ? SIZE_MAX : 2 * old;
    size_t room = ALD_MAX(ALD_MAX(wanted, doubled), (size_t)READER_ROOM_MIN);
    uint64_t rest = part->frame_fin ? part->frame_left : reader->decoder.message_max - wanted;

    return rest < room - wanted ? wanted + (size_t)rest : room;
}

static int reader_push(struct ald_ws_reader *reader, const struct ald_ws_part *part)
{
    ALD_AUTO(ald_block_unref) struct ald_block *block = NULL;
    size_t wanted = reader->held_size + part->payload.size;
    int r;

    ald_assert(wanted <= reader->decoder.message_max);

    if (reader->held == NULL || wanted > reader->held->size) {
        r = ald_block_new(reader_room(reader, part, wanted), &block);
        if (r < 0) {
            return ald_trace(r);
        }
        if (reader->held_size > 0) {
            memcpy(block->data, reader->held->data, reader->held_size);
        }
        (void)ald_block_unref(reader->held);
        reader->held = ald_steal(&block);
    }
    if (part->payload.size > 0) {
        memcpy(reader->held->data + reader->held_size, part->payload.data, part->payload.size);
    }
    reader->held_size = wanted;
    return 0;
}

/* Put a data part where it belongs; `*ret_whole` says whether the message is now whole, in `ret_message`. */
static int reader_take(struct ald_ws_reader *reader, struct ald_ws_part *part, struct ald_ws_message *ret_message,
                       bool *ret_whole)
{
    int r;

    *ret_whole = part->ends;
    if (part->begins && part->ends) {
        *ret_message = (struct ald_ws_message){.opcode = part->opcode, .payload = part->payload};
        return 0;
    }
    r = reader_push(reader, part);
    ald_slice_clear(&part->payload);
    if (r < 0) {
        return ald_trace(r);
    }
    if (part->ends) {
        *ret_message = (struct ald_ws_message){
            .opcode = part->opcode,
            .payload = {reader->held, reader->held->data, reader->held_size}, /* hands our reference over */
        };
        reader->held = NULL;
        reader->held_size = 0;
    }
    return 0;
}

int ald_ws_reader_next(struct ald_ws_reader *reader, struct ald_block *block, uint8_t *data, size_t size,
                       size_t *ret_used, struct ald_ws_message *ret_message)
{
    struct ald_ws_part part;
    size_t all_used = 0, used;
    bool whole = false;
    int r;

    while (!whole) {
        r = ald_ws_decoder_next(&reader->decoder, block, data + all_used, size - all_used, &used, &part);
        if (r == ALD_WS_DECODER_BROKEN) {
            return ALD_WS_READER_BROKEN;
        }
        all_used += used;
        if (r == ALD_WS_DECODER_HUNGRY) {
            *ret_used = all_used;
            return ALD_WS_READER_HUNGRY;
        }
        if (ald_ws_opcode_control(part.opcode)) {
            *ret_message =
                (struct ald_ws_message){.opcode = part.opcode, .close_code = part.close_code, .control = part.control};
            break;
        }
        r = reader_take(reader, &part, ret_message, &whole);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    *ret_used = all_used;
    return 0;
}

size_t ald_ws_reader_held(const struct ald_ws_reader *reader)
{
    return reader->held != NULL ? reader->held->size : 0;
}
