#pragma once

/*
 * Rng: xoshiro256**, for jitter, ids and elections. Never for secrets. The seed is handed in, so a run can be repeated.
 */

#include "base/defs.h"

struct ald_rng {
    uint64_t state[4];
};

void ald_rng_init(struct ald_rng *rng, uint64_t seed);
uint64_t ald_rng_next(struct ald_rng *rng);
/* Uniform in [0, bound); bound > 0. */
uint64_t ald_rng_below(struct ald_rng *rng, uint64_t bound);
