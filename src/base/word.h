#pragma once

/*
 * Eight bytes as one word, the first byte the lowest, whatever the order of the machine: for what looks at bytes eight at
 * a time. One load or store where the order is the machine's own, which compilers do not always make of eight shifts.
 */

#include <string.h>

#include "base/defs.h"

static inline uint64_t ald_word_turn(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return word;
#else
    return __builtin_bswap64(word);
#endif
}

static inline uint64_t ald_word_load(const void *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return ald_word_turn(word);
}

static inline void ald_word_store(void *bytes, uint64_t word)
{
    word = ald_word_turn(word);
    memcpy(bytes, &word, sizeof(word));
}
