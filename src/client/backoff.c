#include "client/backoff.h"

#include "base/rng.h"

ald_usec ald_backoff_span(ald_usec first, ald_usec max, unsigned n_failures)
{
    ald_usec span = ALD_MIN(first, max);

    for (unsigned i = 1; i < n_failures && span < max; i++) {
        span = span > max / 2 ? max : span * 2;
    }
    return span;
}

ald_usec ald_backoff(struct ald_rng *rng, ald_usec first, ald_usec max, unsigned n_failures)
{
    ald_usec span = ald_backoff_span(first, max, n_failures);

    return span - ald_rng_below(rng, span / 2 + 1);
}
