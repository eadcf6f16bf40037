#include "msg/json_bytes.h"

#if defined(__SSE2__)
/* Is each of the 64 bytes at `at` plain? One question and one answer for all of them. */
static bool bytes_plain64(const uint8_t *at)
{
    __m128i odd = _mm_setzero_si128();

    for (int i = 0; i < 4; i++) {
        odd = _mm_or_si128(odd, bytes_odd_in(_mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i))));
    }
    return _mm_movemask_epi8(odd) == 0;
}

/* Sixteen at a time: the first that is not plain, or where less than sixteen are left before `end`. */
static inline const uint8_t *bytes_plain16(const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 16; at += 16) {
        unsigned found = bytes_odd16(at);

        if (found != 0) {
            return at + __builtin_ctz(found);
        }
    }
    return at;
}

/* Ids and names end soon, and only what does not is worth the longer stride. */
enum { NEAR = 48 };

const uint8_t *ald_json_bytes_plain_on(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *near = end - at > NEAR ? at + NEAR : end;
    unsigned found;

    at = bytes_plain16(at, near);
    if (at == near) {
        while (end - at >= 64 && bytes_plain64(at)) {
            at += 64;
        }
        at = bytes_plain16(at, end);
    }
    if (end - at >= 16 || at == end) {
        return at;
    }
    /* The rest once more with what stands before it, which is known to be plain. */
    found = bytes_odd16(end - 16);
    return found != 0 ? end - 16 + __builtin_ctz(found) : end;
}
#else
const uint8_t *ald_json_bytes_plain_on(const uint8_t *at, const uint8_t *end)
{
    return bytes_plain_portable(at, end);
}
#endif
