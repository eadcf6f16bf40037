#pragma once

/*
 * Bytes of JSON strings: how far a run of ordinary characters goes, and what a byte that is not ASCII begins.
 *
 * Nearly all bytes of a text stand in strings and mean nothing to a reader, so passing over them decides its speed. A
 * byte is plain unless it is a quote, a backslash, a control character or not ASCII; four questions that are asked of 16
 * bytes at once with SSE2, of 8 with arithmetic in a word elsewhere. Both are built on every machine that can, so that
 * the tests hold them against each other. Nothing is read outside [at, end).
 */

#include <string.h>

#include "base/defs.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline bool bytes_is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The first byte in [at, end) that is not plain, or `end`. */
static inline const uint8_t *bytes_plain_portable(const uint8_t *at, const uint8_t *end)
{
    const uint64_t ones = UINT64_MAX / 0xff, tops = ones << 7;
    uint64_t word, quote, backslash;

    /* The top bit of some byte of (x - ones) & ~x is set exactly when a byte of x is zero; with 0x20 in the place of one,
     * when a byte is below a blank. Which byte it was is asked one by one, so the order of bytes does not matter. */
    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, sizeof(word));
        quote = word ^ (ones * '"');
        backslash = word ^ (ones * '\\');
        if (((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word) | word) &
             tops) != 0) {
            break;
        }
    }
    while (at != end && bytes_is_plain(*at)) {
        at++;
    }
    return at;
}

/* The same for a run that is known to be long: 16 bytes before `at` are plain, and may be read. */
const uint8_t *ald_json_bytes_plain_on(const uint8_t *at, const uint8_t *end);

#if defined(__SSE2__)
/* Nothing but ones in each byte that is not plain. */
static inline __attribute__((always_inline)) __m128i bytes_odd_in(__m128i bytes)
{
    /* Compared with signs, a byte that is not ASCII is below a blank as well. */
    __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

    return _mm_or_si128(_mm_or_si128(quote, backslash), low);
}

/* Bit n is set when byte n of the 16 at `at` is not plain. */
static inline __attribute__((always_inline)) unsigned bytes_odd16(const uint8_t *at)
{
    return (unsigned)_mm_movemask_epi8(bytes_odd_in(_mm_loadu_si128((const __m128i *)(const void *)at)));
}

/* The first byte in [at, end) that is not plain, or `end`; [begin, at) may be read too, so that short rests need no loop. */
static inline __attribute__((always_inline)) const uint8_t *bytes_plain_in(const uint8_t *begin, const uint8_t *at,
                                                                           const uint8_t *end)
{
    size_t left = (size_t)(end - at);
    unsigned found;

    if (left >= 16) {
        found = bytes_odd16(at);
        return found != 0 ? at + __builtin_ctz(found) : ald_json_bytes_plain_on(at + 16, end);
    }
    if (end - begin >= 16) {
        found = bytes_odd16(end - 16) >> (16 - left);
        return found != 0 ? at + __builtin_ctz(found) : end;
    }
    return bytes_plain_portable(at, end);
}
#else
static inline const uint8_t *bytes_plain_in(const uint8_t *begin, const uint8_t *at, const uint8_t *end)
{
    (void)begin;
    return bytes_plain_portable(at, end);
}
#endif

static inline __attribute__((always_inline)) const uint8_t *bytes_plain(const uint8_t *at, const uint8_t *end)
{
    return bytes_plain_in(at, at, end);
}

/*
 * The character that begins at `at` (before `end`) with a byte that is not ASCII: true when it is UTF-8 as RFC 3629 has
 * it. `*ret_size` is its bytes, or else those that U+FFFD takes the place of: the longest part that could have begun a
 * character, at least one (Unicode 3.9, table 3-7).
 */
static inline bool bytes_utf8(const uint8_t *at, const uint8_t *end, size_t *ret_size)
{
    uint8_t low = 0x80, high = 0xbf; /* what the second byte may be */
    size_t size = *at < 0xc2 || *at > 0xf4 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;

    *ret_size = 1;
    if (size == 1) {
        return false;
    }
    switch (*at) {
    case 0xe0:
        low = 0xa0; /* below would fit in two bytes */
        break;
    case 0xed:
        high = 0x9f; /* above are surrogates */
        break;
    case 0xf0:
        low = 0x90; /* below would fit in three bytes */
        break;
    case 0xf4:
        high = 0x8f; /* above is over U+10FFFF */
        break;
    default:
        break;
    }
    for (; *ret_size < size; (*ret_size)++) {
        if (at + *ret_size == end || at[*ret_size] < low || at[*ret_size] > high) {
            return false;
        }
        low = 0x80;
        high = 0xbf;
    }
    return true;
}

/* The value of a hexadecimal digit, or -1. */
static inline int bytes_hex(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}
