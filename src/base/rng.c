#include "base/rng.h"

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

/* splitmix64: spreads one word over the state, which must not be all zero. */
static uint64_t seed_next(uint64_t *seed)
{
    uint64_t word;

    *seed += UINT64_C(0x9e3779b97f4a7c15);
    word = *seed;
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

void ald_rng_init(struct ald_rng *rng, uint64_t seed)
{
    for (size_t i = 0; i < ALD_COUNT(rng->state); i++) {
        rng->state[i] = seed_next(&seed);
    }
}

/* xoshiro256** 1.0 of Blackman and Vigna. */
uint64_t ald_rng_next(struct ald_rng *rng)
{
    uint64_t *state = rng->state;
    uint64_t result = rotate(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

/* The lowest 2^64 mod `bound` draws are thrown away, or small results would be a little more likely. */
uint64_t ald_rng_below(struct ald_rng *rng, uint64_t bound)
{
    uint64_t uneven, draw;

    ald_assert(bound > 0);

    uneven = (UINT64_MAX - bound + 1) % bound;
    do {
        draw = ald_rng_next(rng);
    } while (draw < uneven);
    return draw % bound;
}
