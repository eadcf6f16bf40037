#include "load/histogram.h"

#include "lib/test.h"

static struct ald_histogram *fresh(void)
{
    struct ald_histogram *histogram = calloc(1, sizeof(*histogram));

    assert_non_null(histogram);
    return histogram;
}

ALD_TEST(histogram, is_empty_at_first)
{
    struct ald_histogram *histogram = fresh();

    ald_check_int(ald_histogram_at(histogram, 5000), 0);
    ald_check_int(ald_histogram_mean(histogram), 0);
    free(histogram);
}

ALD_TEST(histogram, knows_small_values_exactly)
{
    struct ald_histogram *histogram = fresh();

    for (uint64_t value = 1; value <= 100; value++) {
        ald_histogram_add(histogram, value);
    }
    ald_check_int(ald_histogram_at(histogram, 5000), 50);
    ald_check_int(ald_histogram_at(histogram, 9900), 99);
    ald_check_int(ald_histogram_at(histogram, 9990), 100);
    ald_check_int(ald_histogram_at(histogram, 10000), 100);
    ald_check_int(ald_histogram_at(histogram, 0), 1);
    ald_check_int(ald_histogram_mean(histogram), 50);
    free(histogram);
}

/* Every value alone in a histogram with a huge one behind it, so that the bucket's own end is told. */
ALD_TEST(histogram, errs_upwards_and_by_no_more_than_a_64th)
{
    struct ald_histogram *histogram = fresh();

    for (uint64_t value = 1; value < (uint64_t)1 << (ALD_HISTOGRAM_BITS - 1); value += 1 + value / 97) {
        uint64_t told;

        memset(histogram, 0, sizeof(*histogram));
        ald_histogram_add(histogram, value);
        ald_histogram_add(histogram, UINT32_MAX * (uint64_t)4096);
        told = ald_histogram_at(histogram, 5000);
        ald_check(told >= value);
        ald_check(told - value <= value / 64);
    }
    free(histogram);
}

ALD_TEST(histogram, keeps_the_largest_whatever_it_is)
{
    struct ald_histogram *histogram = fresh();

    ald_histogram_add(histogram, 5);
    ald_histogram_add(histogram, UINT64_MAX - 5);
    ald_check_int(histogram->max, UINT64_MAX - 5);
    ald_check_int(ald_histogram_at(histogram, 5000), 5);
    free(histogram);
}

ALD_TEST(histogram, adds_up_as_if_all_had_come_to_one)
{
    struct ald_histogram *one = fresh(), *other = fresh(), *both = fresh();

    for (uint64_t i = 0; i < 1000; i++) {
        ald_histogram_add(i % 3 == 0 ? one : other, i * i);
        ald_histogram_add(both, i * i);
    }
    ald_histogram_merge(one, other);
    assert_memory_equal(one, both, sizeof(*one));
    free(one);
    free(other);
    free(both);
}

ALD_TEST_MAIN(histogram, ALD_CASE(histogram, is_empty_at_first), ALD_CASE(histogram, knows_small_values_exactly),
              ALD_CASE(histogram, errs_upwards_and_by_no_more_than_a_64th),
              ALD_CASE(histogram, keeps_the_largest_whatever_it_is),
              ALD_CASE(histogram, adds_up_as_if_all_had_come_to_one))
