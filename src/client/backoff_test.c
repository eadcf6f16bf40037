#include "lib/test.h"

#include "base/rng.h"
#include "client/backoff.h"

ALD_TEST(backoff, doubles_up_to_its_cap)
{
    struct ald_rng rng;

    ald_rng_init(&rng, 1);
    for (unsigned n = 1; n < 200; n++) {
        ald_usec span = n < 8 ? (250 * ALD_MSEC) << (n - 1) : 30 * ALD_SEC;
        ald_usec wait = ald_backoff(&rng, 250 * ALD_MSEC, 30 * ALD_SEC, n);

        span = ALD_MIN(span, 30 * ALD_SEC);
        ald_check(wait >= span / 2 && wait <= span);
    }
}

ALD_TEST(backoff, spreads_a_crowd)
{
    ald_usec low = ALD_NEVER;
    ald_usec high = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct ald_rng rng;
        ald_usec wait;

        ald_rng_init(&rng, seed);
        wait = ald_backoff(&rng, ALD_SEC, ALD_SEC, 1);
        low = ALD_MIN(low, wait);
        high = ALD_MAX(high, wait);
    }
    ald_check(high - low > 300 * ALD_MSEC);
}

ALD_TEST_MAIN(backoff, ALD_CASE(backoff, doubles_up_to_its_cap), ALD_CASE(backoff, spreads_a_crowd))
