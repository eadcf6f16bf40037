#pragma once

/*
 * Bytes of a communicator line: what each may be part of, and how far a run of ordinary ones goes.
 *
 * A line of 200 bytes has ten places that mean something; finding them decides the speed of a relay. So 16 bytes are
 * asked at once with SSE2, and one by one elsewhere; both are built on every machine that can, so that the tests hold
 * them against each other. Nothing is read outside [begin, end), the memory around the run that is known to be ours.
 */

#include <string.h>

#include "base/defs.h"
#include "base/str.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* `name` of communicator.md 1.1, its first byte and the others. */
static inline bool comm_is_name_first(uint8_t byte)
{
    uint8_t lower = byte | 0x20;

    return (lower >= 'a' && lower <= 'z') || byte == '_';
}

static inline bool comm_is_name(uint8_t byte)
{
    return comm_is_name_first(byte) || (byte >= '0' && byte <= '9');
}

/* What is trimmed from both ends of a line (1.1 step 1): TAB LF VT FF CR SPACE. */
static inline bool comm_is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The first byte in [at, end) that is one of four, or `end`. */
static inline const uint8_t *comm_until_portable(const uint8_t *at, const uint8_t *end, const uint8_t stops[4])
{
    while (at != end && *at != stops[0] && *at != stops[1] && *at != stops[2] && *at != stops[3]) {
        at++;
    }
    return at;
}

/* The first byte in [at, end) that cannot stand in a name, or `end`. */
static inline const uint8_t *comm_name_end_portable(const uint8_t *at, const uint8_t *end)
{
    while (at != end && comm_is_name(*at)) {
        at++;
    }
    return at;
}

#if defined(__SSE2__)
#define COMM_INLINE static inline __attribute__((always_inline))

COMM_INLINE __m128i comm_load16(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Bit n is set when byte n of the 16 at `at` is one of four. */
COMM_INLINE unsigned comm_stops16(const uint8_t *at, const uint8_t stops[4])
{
    __m128i bytes = comm_load16(at), found = _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)stops[0]));

    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)stops[1])));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)stops[2])));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)stops[3])));
    return (unsigned)_mm_movemask_epi8(found);
}

/* Which of 16 bytes lie in [low, low + span]. */
COMM_INLINE __m128i comm_within16(__m128i bytes, char low, char span)
{
    __m128i from = _mm_sub_epi8(bytes, _mm_set1_epi8(low));

    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(span)), from);
}

/* Bit n is set when byte n of the 16 at `at` cannot stand in a name. */
COMM_INLINE unsigned comm_odd16(const uint8_t *at)
{
    __m128i bytes = comm_load16(at);
    __m128i letters = comm_within16(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z' - 'a');
    __m128i digits = comm_within16(bytes, '0', '9' - '0');
    __m128i lines = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letters, digits), lines)) ^ 0xffffU;
}

COMM_INLINE const uint8_t *comm_until(const uint8_t *begin, const uint8_t *at, const uint8_t *end,
                                      const uint8_t stops[4])
{
    unsigned found;

    for (; end - at >= 16; at += 16) {
        found = comm_stops16(at, stops);
        if (found != 0) {
            return at + __builtin_ctz(found);
        }
    }
    if (at != end && end - begin >= 16) {
        /* The rest together with what stands before it, whose bits are shifted out. */
        found = comm_stops16(end - 16, stops) >> (16 - (end - at));
        return found != 0 ? at + __builtin_ctz(found) : end;
    }
    return comm_until_portable(at, end, stops);
}

COMM_INLINE const uint8_t *comm_name_end(const uint8_t *begin, const uint8_t *at, const uint8_t *end)
{
    unsigned found;

    for (; end - at >= 16; at += 16) {
        found = comm_odd16(at);
        if (found != 0) {
            return at + __builtin_ctz(found);
        }
    }
    if (at != end && end - begin >= 16) {
        found = comm_odd16(end - 16) >> (16 - (end - at));
        return found != 0 ? at + __builtin_ctz(found) : end;
    }
    return comm_name_end_portable(at, end);
}
#else
static inline const uint8_t *comm_until(const uint8_t *begin, const uint8_t *at, const uint8_t *end,
                                        const uint8_t stops[4])
{
    (void)begin;
    return comm_until_portable(at, end, stops);
}

static inline const uint8_t *comm_name_end(const uint8_t *begin, const uint8_t *at, const uint8_t *end)
{
    (void)begin;
    return comm_name_end_portable(at, end);
}
#endif

/* Is there a byte of this value? Short values are the rule, and memchr() may not be given NULL. */
static inline bool comm_has(struct ald_str str, char byte)
{
    return str.size > 0 && memchr(str.data, byte, str.size) != NULL;
}
