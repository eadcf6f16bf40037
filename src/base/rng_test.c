#include "base/rng.h"

#include "lib/test.h"
#include "lib/panic.h"

ALD_TEST(rng, repeats_itself_from_the_same_seed)
{
    struct ald_rng one, same, other;
    int n_equal = 0;

    ald_rng_init(&one, 42);
    ald_rng_init(&same, 42);
    ald_rng_init(&other, 43);
    for (int i = 0; i < 1000; i++) {
        uint64_t draw = ald_rng_next(&one);

        ald_check(draw == ald_rng_next(&same));
        n_equal += draw == ald_rng_next(&other);
    }
    ald_check_int(n_equal, 0);
}

/* The first outputs from the state 1, 2, 3, 4, worked out by hand from the definition. */
ALD_TEST(rng, is_xoshiro256_starstar)
{
    static const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
    struct ald_rng rng = {{1, 2, 3, 4}};

    for (size_t i = 0; i < ALD_COUNT(expected); i++) {
        ald_check(ald_rng_next(&rng) == expected[i]);
    }
}

ALD_TEST(rng, is_alive_when_seeded_with_zero)
{
    struct ald_rng rng;

    ald_rng_init(&rng, 0);
    ald_check((rng.state[0] | rng.state[1] | rng.state[2] | rng.state[3]) != 0);
    ald_check(ald_rng_next(&rng) != ald_rng_next(&rng));
}

ALD_TEST(rng, spreads_evenly_below_its_bound)
{
    enum { BOUND = 7, DRAWS = 70000 };
    struct ald_rng rng;
    int counts[BOUND] = {0};

    ald_rng_init(&rng, 5);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t draw = ald_rng_below(&rng, BOUND);

        ald_check(draw < BOUND);
        counts[draw]++;
    }
    for (int i = 0; i < BOUND; i++) {
        ald_check(counts[i] > DRAWS / BOUND - 500 && counts[i] < DRAWS / BOUND + 500);
    }
}

/* A plain remainder would make the lowest third of this range as likely as the other two together. */
ALD_TEST(rng, does_not_prefer_small_results)
{
    struct ald_rng rng;
    int n_low = 0;

    ald_rng_init(&rng, 6);
    for (int i = 0; i < 30000; i++) {
        n_low += ald_rng_below(&rng, UINT64_C(3) << 62) < UINT64_C(1) << 62;
    }
    ald_check(n_low > 9500 && n_low < 10500);
}

ALD_TEST(rng, keeps_extreme_bounds)
{
    struct ald_rng rng;

    ald_rng_init(&rng, 5);
    for (int i = 0; i < 1000; i++) {
        ald_check(ald_rng_below(&rng, 1) == 0);
        ald_check(ald_rng_below(&rng, UINT64_MAX) < UINT64_MAX);
        ald_check(ald_rng_below(&rng, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
    ald_check_panics(ald_ignore(ald_rng_below(&rng, 0)));
}

ALD_TEST_MAIN(rng, ALD_CASE(rng, repeats_itself_from_the_same_seed), ALD_CASE(rng, is_xoshiro256_starstar),
              ALD_CASE(rng, is_alive_when_seeded_with_zero), ALD_CASE(rng, spreads_evenly_below_its_bound),
              ALD_CASE(rng, does_not_prefer_small_results), ALD_CASE(rng, keeps_extreme_bounds))
