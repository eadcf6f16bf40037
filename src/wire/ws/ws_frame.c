#include "wire/ws/ws_frame.h"

enum {
    HEAD_FIN = 0x80,
    HEAD_MASK = 0x80,
    HEAD_LENGTH_16 = 126,
    HEAD_LENGTH_64 = 127,
    CLOSE_CODE_SIZE = 2,
};

_Static_assert(ALD_WS_REASON_MAX == ALD_WS_CONTROL_MAX - CLOSE_CODE_SIZE, "a reason is what the code leaves");

static size_t number_write(uint8_t *to, uint64_t number, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        to[i] = (uint8_t)(number >> (8 * (n_bytes - 1 - i)));
    }
    return n_bytes;
}

size_t ald_ws_head_write(uint8_t head[ALD_WS_HEAD_MAX], bool fin, uint8_t opcode, uint64_t size, const uint8_t *key)
{
    uint8_t mask = key != NULL ? HEAD_MASK : 0;
    size_t n = 2;

    ald_assert(opcode <= 0xF);
    ald_assert(size <= INT64_MAX);
    ald_assert(!ald_ws_opcode_control(opcode) || (fin && size <= ALD_WS_CONTROL_MAX));

    head[0] = (uint8_t)((fin ? HEAD_FIN : 0) | opcode);
    /* RFC 6455 section 5.2: the length takes the fewest bytes that hold it. */
    if (size < HEAD_LENGTH_16) {
        head[1] = (uint8_t)(mask | size);
    } else if (size <= UINT16_MAX) {
        head[1] = mask | HEAD_LENGTH_16;
        n += number_write(head + n, size, 2);
    } else {
        head[1] = mask | HEAD_LENGTH_64;
        n += number_write(head + n, size, 8);
    }
    if (key != NULL) {
        memcpy(head + n, key, ALD_WS_KEY_SIZE);
        n += ALD_WS_KEY_SIZE;
    }
    return n;
}

/* How much is masked at a time: two vectors, which the compiler makes of these words where it has them. */
enum { MASK_STRIDE = 32 };

/* One stride. All of it is read before any of it is written, since it may be masked where it lies. */
static inline void mask_stride(uint8_t *to, const uint8_t *from, uint64_t mask)
{
    uint64_t a, b, c, d;

    memcpy(&a, from, 8);
    memcpy(&b, from + 8, 8);
    memcpy(&c, from + 16, 8);
    memcpy(&d, from + 24, 8);
    a ^= mask;
    b ^= mask;
    c ^= mask;
    d ^= mask;
    memcpy(to, &a, 8);
    memcpy(to + 8, &b, 8);
    memcpy(to + 16, &c, 8);
    memcpy(to + 24, &d, 8);
}

/*
 * The key is turned so that it begins where this piece does, and laid out twice in a word. The words go through memcpy,
 * which the compiler makes plain loads and stores; that way neither alignment nor byte order matters. What does not fill
 * a word at the end is masked as the end of the last whole word there, read before that was written where both are one.
 */
void ald_ws_mask_copy(uint8_t *to, const uint8_t *from, size_t size, const uint8_t key[ALD_WS_KEY_SIZE],
                      uint64_t offset)
{
    uint8_t turned[16];
    uint64_t mask, mask_end, word, end = 0;
    size_t i = 0;

    for (size_t k = 0; k < sizeof(turned); k += ALD_WS_KEY_SIZE) {
        memcpy(turned + k, key, ALD_WS_KEY_SIZE);
    }
    memcpy(&mask, turned + offset % ALD_WS_KEY_SIZE, sizeof(mask));
    memcpy(&mask_end, turned + (offset + size) % ALD_WS_KEY_SIZE, sizeof(mask_end));

    if (size < sizeof(word)) {
        for (; i < size; i++) {
            to[i] = from[i] ^ turned[(offset + i) % ALD_WS_KEY_SIZE];
        }
        return;
    }
    memcpy(&end, from + size - sizeof(end), sizeof(end));
    for (; size - i >= MASK_STRIDE; i += MASK_STRIDE) {
        mask_stride(to + i, from + i, mask);
    }
    for (; size - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, from + i, sizeof(word));
        word ^= mask;
        memcpy(to + i, &word, sizeof(word));
    }
    end ^= mask_end;
    memcpy(to + size - sizeof(end), &end, sizeof(end));
}

size_t ald_ws_control_write(uint8_t frame[ALD_WS_CONTROL_FRAME_MAX], uint8_t opcode, struct ald_str body,
                            const uint8_t *key)
{
    uint8_t head[ALD_WS_HEAD_MAX];
    size_t n;

    ald_assert(ald_ws_opcode_control(opcode));
    ald_assert(body.size <= ALD_WS_CONTROL_MAX);

    n = ald_ws_head_write(head, true, opcode, body.size, key);
    memcpy(frame, head, n);
    if (body.size > 0 && key != NULL) {
        ald_ws_mask_copy(frame + n, (const uint8_t *)body.data, body.size, key, 0);
    } else if (body.size > 0) {
        memcpy(frame + n, body.data, body.size);
    }
    return n + body.size;
}

/* As much of `reason` as fits, without cutting a character: back over continuation bytes to where one begins. */
static struct ald_str reason_fit(struct ald_str reason)
{
    if (!ald_utf8_valid(reason)) {
        return ALD_STR("");
    }
    if (reason.size > ALD_WS_REASON_MAX) {
        reason.size = ALD_WS_REASON_MAX;
        while (reason.size > 0 && ((uint8_t)reason.data[reason.size] & 0xC0) == 0x80) {
            reason.size--;
        }
    }
    return reason;
}

size_t ald_ws_close_write(uint8_t frame[ALD_WS_CONTROL_FRAME_MAX], uint16_t code, struct ald_str reason,
                          const uint8_t *key)
{
    uint8_t body[ALD_WS_CONTROL_MAX];
    struct ald_str fit = reason_fit(reason);

    if (code == ALD_WS_CLOSE_NONE) {
        return ald_ws_control_write(frame, ALD_WS_CLOSE, ALD_STR(""), key);
    }
    ald_assert(ald_ws_close_code_valid(code));

    (void)number_write(body, code, CLOSE_CODE_SIZE);
    if (fit.size > 0) {
        memcpy(body + CLOSE_CODE_SIZE, fit.data, fit.size);
    }
    return ald_ws_control_write(frame, ALD_WS_CLOSE, ald_str_of(body, CLOSE_CODE_SIZE + fit.size), key);
}

bool ald_ws_close_code_valid(uint32_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

void ald_ws_splitter_init(struct ald_ws_splitter *splitter, uint8_t opcode, uint64_t size, uint64_t frame_max)
{
    ald_assert(opcode == ALD_WS_TEXT || opcode == ALD_WS_BINARY);
    ald_assert(frame_max > 0);

    *splitter = (struct ald_ws_splitter){.left = size, .frame_max = frame_max, .opcode = opcode};
}

bool ald_ws_splitter_next(struct ald_ws_splitter *splitter, struct ald_ws_piece *ret_piece)
{
    uint64_t size = ALD_MIN(splitter->left, splitter->frame_max);

    if (splitter->done) {
        return false;
    }
    splitter->left -= size;
    splitter->done = splitter->left == 0;
    *ret_piece = (struct ald_ws_piece){.size = size, .opcode = splitter->opcode, .fin = splitter->done};
    splitter->opcode = ALD_WS_CONTINUATION;
    return true;
}
