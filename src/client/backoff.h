#pragma once

/*
 * Back-off: how long to wait before the next attempt. Doubled at each failure up to a cap, and drawn from the upper half of
 * that, so that a thousand agents that lost one hub do not come back in the same millisecond.
 */

#include "base/defs.h"

struct ald_rng;

/* min(max, first * 2^(n_failures-1)), n_failures from 1; 0 is as 1. */
ald_usec ald_backoff_span(ald_usec first, ald_usec max, unsigned n_failures);
/* After `n_failures` in a row (from 1), in [span/2, span]. */
ald_usec ald_backoff(struct ald_rng *rng, ald_usec first, ald_usec max, unsigned n_failures);
