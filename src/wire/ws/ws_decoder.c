/*
 * A frame is a header of 2 to 14 bytes and a payload. The header is gathered into `head`, because it may come in any
 * number of pieces and is too short for that to cost. It is judged in two steps, the first two bytes and the length,
 * each as soon as it is there, so that nonsense is refused without waiting for more of it. The payload is never
 * gathered: it is unmasked where it lies and handed on as it comes. Only control frames are copied, into the decoder,
 * since they must be whole and are short.
 *
 * The order of the checks is fixed and depends on the bytes alone, never on how they were split.
 */

#include "wire/ws/ws_decoder.h"

enum {
    FIN_BIT = 0x80,
    RSV_BITS = 0x70,
    OPCODE_BITS = 0x0F,
    MASK_BIT = 0x80,
    LENGTH_BITS = 0x7F,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
};

enum decoder_state {
    DECODER_HEAD,    /* gathering a header */
    DECODER_PAYLOAD, /* inside the payload of a frame */
    DECODER_CLOSED,  /* a close frame came; the rest is dropped */
    DECODER_BROKEN,
};

static const struct ald_ws_fault decoder_faults[] = {
#define ALD_WS_X(name, code, reason) [ALD_WS_FAULT_##name] = {(code), (reason)},
    ALD_WS_FAULTS(ALD_WS_X)
#undef ALD_WS_X
};

_Static_assert(ALD_COUNT(decoder_faults) == ALD_WS_FAULT_KINDS, "every fault has its code and reason");

void ald_ws_decoder_init(struct ald_ws_decoder *decoder, enum ald_ws_role role, uint64_t frame_max,
                         uint64_t message_max)
{
    ald_assert(role == ALD_WS_SERVER || role == ALD_WS_CLIENT);

    *decoder = (struct ald_ws_decoder){.frame_max = frame_max, .message_max = message_max, .role = (uint8_t)role};
    ald_ws_utf8_init(&decoder->utf8);
}

static bool head_masked(const struct ald_ws_decoder *decoder)
{
    return (decoder->head[1] & MASK_BIT) != 0;
}

/* Where the length ends, and the mask key begins if there is one; once the first two bytes are there. */
static uint8_t head_length_end(const struct ald_ws_decoder *decoder)
{
    switch (decoder->head[1] & LENGTH_BITS) {
    case LENGTH_16:
        return 2 + 2;
    case LENGTH_64:
        return 2 + 8;
    default:
        return 2;
    }
}

static enum ald_ws_fault_kind head_check_opcode(const struct ald_ws_decoder *decoder)
{
    uint8_t opcode = decoder->head[0] & OPCODE_BITS;

    switch (opcode) {
    case ALD_WS_CONTINUATION:
        return decoder->message_opcode == 0 ? ALD_WS_FAULT_NO_MESSAGE : ALD_WS_FAULT_NONE;
    case ALD_WS_TEXT:
    case ALD_WS_BINARY:
        /* RFC 6455 section 5.4: the fragments of one message are not interleaved with those of another. */
        return decoder->message_opcode != 0 ? ALD_WS_FAULT_IN_MESSAGE : ALD_WS_FAULT_NONE;
    case ALD_WS_CLOSE:
    case ALD_WS_PING:
    case ALD_WS_PONG:
        if ((decoder->head[0] & FIN_BIT) == 0) {
            return ALD_WS_FAULT_CONTROL_SPLIT;
        }
        return (decoder->head[1] & LENGTH_BITS) > ALD_WS_CONTROL_MAX ? ALD_WS_FAULT_CONTROL_LONG : ALD_WS_FAULT_NONE;
    default:
        return ALD_WS_FAULT_OPCODE;
    }
}

/* What the first two bytes tell. */
static enum ald_ws_fault_kind head_check(const struct ald_ws_decoder *decoder)
{
    bool masked = head_masked(decoder);

    /* Section 5.2: no extension was negotiated that could give them a meaning. */
    if ((decoder->head[0] & RSV_BITS) != 0) {
        return ALD_WS_FAULT_RSV;
    }
    if (decoder->role == ALD_WS_SERVER && !masked) {
        return ALD_WS_FAULT_UNMASKED;
    }
    if (decoder->role == ALD_WS_CLIENT && masked) {
        return ALD_WS_FAULT_MASKED;
    }
    return head_check_opcode(decoder);
}

/* Read the length; its shortest form is the only one (section 5.2). */
static enum ald_ws_fault_kind head_length(const struct ald_ws_decoder *decoder, uint64_t *ret_length)
{
    uint8_t form = decoder->head[1] & LENGTH_BITS;
    uint8_t n_bytes = form == LENGTH_16 ? 2 : 8;
    uint64_t length = 0;

    if (form < LENGTH_16) {
        *ret_length = form;
        return ALD_WS_FAULT_NONE;
    }
    for (uint8_t i = 0; i < n_bytes; i++) {
        length = length << 8 | decoder->head[2 + i];
    }
    if (length > INT64_MAX) {
        return ALD_WS_FAULT_LENGTH_SIGN;
    }
    if (length <= (form == LENGTH_16 ? ALD_WS_CONTROL_MAX : (uint64_t)UINT16_MAX)) {
        return ALD_WS_FAULT_LENGTH_WIDE;
    }
    *ret_length = length;
    return ALD_WS_FAULT_NONE;
}

/* The length is whole. */
static enum ald_ws_fault_kind head_check_length(struct ald_ws_decoder *decoder)
{
    uint64_t length = 0;
    enum ald_ws_fault_kind fault = head_length(decoder, &length);

    if (fault != ALD_WS_FAULT_NONE) {
        return fault;
    }
    decoder->frame_size = length;
    decoder->frame_taken = 0;
    if (ald_ws_opcode_control(decoder->head[0] & OPCODE_BITS)) {
        return ALD_WS_FAULT_NONE;
    }
    /* Section 10.4: limits of ours on frames and on messages, refused before a byte of them is taken. */
    if (length > decoder->frame_max) {
        return ALD_WS_FAULT_FRAME_BIG;
    }
    if (length > decoder->message_max - decoder->message_size) {
        return ALD_WS_FAULT_MESSAGE_BIG;
    }
    decoder->message_size += length;
    return ALD_WS_FAULT_NONE;
}

/* The header is whole, and good: enter its frame. */
static void head_finish(struct ald_ws_decoder *decoder)
{
    if (head_masked(decoder)) {
        memcpy(decoder->key, decoder->head + decoder->n_head - ALD_WS_KEY_SIZE, ALD_WS_KEY_SIZE);
    }
    decoder->frame_opcode = decoder->head[0] & OPCODE_BITS;
    decoder->frame_fin = (decoder->head[0] & FIN_BIT) != 0;
    decoder->n_head = 0;
    decoder->state = DECODER_PAYLOAD;
}

/* Where the stretch of the header ends that is judged next: the first two bytes, the length, the mask key. */
static uint8_t head_stretch_end(const struct ald_ws_decoder *decoder)
{
    uint8_t length_end;

    if (decoder->n_head < 2) {
        return 2;
    }
    length_end = head_length_end(decoder);
    return decoder->n_head < length_end ? length_end : length_end + (head_masked(decoder) ? ALD_WS_KEY_SIZE : 0);
}

/* A stretch has ended at `n_head`; one that is empty (no longer length, no key) ends with the one before it. */
static enum ald_ws_fault_kind head_judge(struct ald_ws_decoder *decoder)
{
    enum ald_ws_fault_kind fault = decoder->n_head == 2 ? head_check(decoder) : ALD_WS_FAULT_NONE;
    uint8_t length_end = head_length_end(decoder);

    if (fault == ALD_WS_FAULT_NONE && decoder->n_head == length_end) {
        fault = head_check_length(decoder);
    }
    if (fault == ALD_WS_FAULT_NONE && decoder->n_head == length_end + (head_masked(decoder) ? ALD_WS_KEY_SIZE : 0)) {
        head_finish(decoder);
    }
    return fault;
}

/* The same judgement when the longest header there is lies at `data`, as before every message of some length. */
static enum ald_ws_fault_kind head_take_whole(struct ald_ws_decoder *decoder, const uint8_t *data, size_t *used)
{
    enum ald_ws_fault_kind fault;

    memcpy(decoder->head, data, sizeof(decoder->head));
    fault = head_check(decoder);
    if (fault == ALD_WS_FAULT_NONE) {
        fault = head_check_length(decoder);
    }
    decoder->n_head = head_length_end(decoder) + (head_masked(decoder) ? ALD_WS_KEY_SIZE : 0);
    *used += decoder->n_head;
    if (fault == ALD_WS_FAULT_NONE) {
        head_finish(decoder);
    }
    return fault;
}

/* Take header bytes from `data`; leaves DECODER_HEAD when the header is whole. */
static enum ald_ws_fault_kind decoder_take_head(struct ald_ws_decoder *decoder, const uint8_t *data, size_t size,
                                                size_t *used)
{
    if (decoder->n_head == 0 && size - *used >= sizeof(decoder->head)) {
        return head_take_whole(decoder, data + *used, used);
    }
    while (*used < size && decoder->state == DECODER_HEAD) {
        uint8_t end = head_stretch_end(decoder);
        enum ald_ws_fault_kind fault;

        while (*used < size && decoder->n_head < end) {
            decoder->head[decoder->n_head++] = data[(*used)++];
        }
        if (decoder->n_head < end) {
            break;
        }
        fault = head_judge(decoder);
        if (fault != ALD_WS_FAULT_NONE) {
            return fault;
        }
    }
    return ALD_WS_FAULT_NONE;
}

static void frame_unmask(const struct ald_ws_decoder *decoder, uint8_t *data, size_t size)
{
    if (decoder->role == ALD_WS_SERVER && size > 0) {
        ald_ws_mask(data, size, decoder->key, decoder->frame_taken);
    }
}

/* Gather a control frame; false while bytes of it are missing. */
static bool decoder_take_control(struct ald_ws_decoder *decoder, uint8_t *data, size_t size, size_t *used)
{
    size_t n = (size_t)ALD_MIN(decoder->frame_size - decoder->frame_taken, size - *used);

    if (n > 0) {
        frame_unmask(decoder, data + *used, n);
        memcpy(decoder->control + decoder->frame_taken, data + *used, n);
        decoder->frame_taken += n;
        *used += n;
    }
    return decoder->frame_taken == decoder->frame_size;
}

/* Section 5.5.1: nothing, or a code and a reason in UTF-8. */
static enum ald_ws_fault_kind close_parse(const struct ald_ws_decoder *decoder, struct ald_ws_part *part)
{
    struct ald_str reason;
    uint16_t code;

    part->close_code = ALD_WS_CLOSE_NONE;
    if (decoder->frame_size == 0) {
        return ALD_WS_FAULT_NONE;
    }
    if (decoder->frame_size == 1) {
        return ALD_WS_FAULT_CLOSE_SHORT;
    }
    code = (uint16_t)(decoder->control[0] << 8 | decoder->control[1]);
    if (!ald_ws_close_code_valid(code)) {
        return ALD_WS_FAULT_CLOSE_CODE;
    }
    reason = ald_str_from(part->control, 2);
    if (!ald_utf8_valid(reason)) {
        return ALD_WS_FAULT_CLOSE_TEXT;
    }
    part->close_code = code;
    part->control = reason;
    return ALD_WS_FAULT_NONE;
}

/* A control frame is whole. */
static enum ald_ws_fault_kind decoder_give_control(struct ald_ws_decoder *decoder, struct ald_ws_part *part)
{
    *part = (struct ald_ws_part){
        .opcode = decoder->frame_opcode,
        .begins = true,
        .ends = true,
        .frame_fin = true,
        .control = ald_str_of(decoder->control, (size_t)decoder->frame_size),
    };
    decoder->state = DECODER_HEAD;
    if (decoder->frame_opcode != ALD_WS_CLOSE) {
        return ALD_WS_FAULT_NONE;
    }
    decoder->state = DECODER_CLOSED;
    return close_parse(decoder, part);
}

/* Take what the range holds of a data frame's payload, which may be nothing for an empty frame. */
static enum ald_ws_fault_kind decoder_give_data(struct ald_ws_decoder *decoder, struct ald_block *block, uint8_t *data,
                                                size_t size, size_t *used, struct ald_ws_part *part)
{
    size_t n = (size_t)ALD_MIN(decoder->frame_size - decoder->frame_taken, size - *used);
    uint8_t *payload = data + *used;

    *part = (struct ald_ws_part){
        .begins = decoder->frame_opcode != ALD_WS_CONTINUATION && decoder->frame_taken == 0,
        .frame_fin = decoder->frame_fin,
        .frame_left = decoder->frame_size - decoder->frame_taken - n,
    };
    part->ends = part->frame_fin && part->frame_left == 0;
    if (part->begins) {
        decoder->message_opcode = decoder->frame_opcode;
    }
    part->opcode = decoder->message_opcode;
    frame_unmask(decoder, payload, n);
    *used += n;
    decoder->frame_taken += n;

    /* Section 8.1. Checked as it comes, so that a long message is refused at its first bad byte. */
    if (part->opcode == ALD_WS_TEXT && (!ald_ws_utf8_feed(&decoder->utf8, ald_str_of(payload, n)) ||
                                        (part->ends && !ald_ws_utf8_whole(&decoder->utf8)))) {
        return ALD_WS_FAULT_TEXT;
    }
    if (part->frame_left == 0) {
        decoder->state = DECODER_HEAD;
    }
    if (part->ends) {
        decoder->message_opcode = 0;
        decoder->message_size = 0;
    }
    if (n > 0) {
        part->payload = ald_slice_of(block, payload, n);
    }
    return ALD_WS_FAULT_NONE;
}

static int decoder_break(struct ald_ws_decoder *decoder, enum ald_ws_fault_kind fault)
{
    decoder->state = DECODER_BROKEN;
    decoder->fault = (uint8_t)fault;
    return ALD_WS_DECODER_BROKEN;
}

int ald_ws_decoder_next(struct ald_ws_decoder *decoder, struct ald_block *block, uint8_t *data, size_t size,
                        size_t *ret_used, struct ald_ws_part *ret_part)
{
    enum ald_ws_fault_kind fault;
    struct ald_ws_part part;
    size_t used = 0;

    ald_assert(block != NULL);

    if (decoder->state == DECODER_BROKEN) {
        return ALD_WS_DECODER_BROKEN;
    }
    if (decoder->state == DECODER_HEAD) {
        fault = decoder_take_head(decoder, data, size, &used);
        if (fault != ALD_WS_FAULT_NONE) {
            return decoder_break(decoder, fault);
        }
    }
    if (decoder->state != DECODER_PAYLOAD) {
        *ret_used = size;
        return ALD_WS_DECODER_HUNGRY;
    }

    if (ald_ws_opcode_control(decoder->frame_opcode)) {
        if (!decoder_take_control(decoder, data, size, &used)) {
            *ret_used = used;
            return ALD_WS_DECODER_HUNGRY;
        }
        fault = decoder_give_control(decoder, &part);
    } else {
        if (used == size && decoder->frame_taken < decoder->frame_size) {
            *ret_used = used;
            return ALD_WS_DECODER_HUNGRY;
        }
        fault = decoder_give_data(decoder, block, data, size, &used, &part);
    }
    if (fault != ALD_WS_FAULT_NONE) {
        return decoder_break(decoder, fault);
    }
    ald_assert(used <= size);
    *ret_used = used;
    *ret_part = part;
    return 0;
}

const struct ald_ws_fault *ald_ws_decoder_fault(const struct ald_ws_decoder *decoder)
{
    return decoder->fault != ALD_WS_FAULT_NONE ? &decoder_faults[decoder->fault] : NULL;
}

bool ald_ws_decoder_closed(const struct ald_ws_decoder *decoder)
{
    return decoder->state == DECODER_CLOSED;
}

bool ald_ws_decoder_idle(const struct ald_ws_decoder *decoder)
{
    if (decoder->state == DECODER_CLOSED) {
        return true;
    }
    return decoder->state == DECODER_HEAD && decoder->n_head == 0 && decoder->message_opcode == 0;
}
