#include "mgmt/tally.h"

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "lib/test.h"

static const uint64_t seed[2] = {1, 2};

static const struct ald_tally_row *row_at(const struct ald_tally *tally, size_t i)
{
    ald_list_each (node, &tally->rows) {
        if (i-- == 0) {
            return ald_list_entry(node, const struct ald_tally_row, node);
        }
    }
    return NULL;
}

ALD_TEST(tally, counts_by_name_and_outcome)
{
    struct ald_tally tally;

    ald_tally_init(&tally, seed);
    ald_tally_ended(&tally, ALD_STR("b"), ALD_SUCCEEDED, 1);
    ald_tally_ended(&tally, ALD_STR("a"), ALD_LOST, 1);
    ald_tally_ended(&tally, ALD_STR("b"), ALD_SUCCEEDED, 1);
    ald_check_int(tally.n_rows, 2);
    ald_check_str(row_at(&tally, 0)->name, "b");
    ald_check_int(row_at(&tally, 0)->ended[ALD_SUCCEEDED], 2);
    ald_check_int(row_at(&tally, 1)->ended[ALD_LOST], 1);
    ald_check_int(tally.other.ended[ALD_SUCCEEDED], 0);
    ald_tally_fini(&tally);
}

ALD_TEST(tally, gives_no_row_to_a_name_that_never_ran)
{
    struct ald_tally tally;

    ald_tally_init(&tally, seed);
    ald_tally_ended(&tally, ALD_STR("a"), ALD_REFUSED, 0);
    ald_check_int(tally.n_rows, 0);
    ald_check_int(tally.other.ended[ALD_REFUSED], 1);
    ald_tally_ended(&tally, ALD_STR("a"), ALD_EXPIRED, 0);
    ald_tally_ended(&tally, ALD_STR("a"), ALD_REFUSED, 0);
    ald_check_int(tally.n_rows, 1);
    ald_check_int(row_at(&tally, 0)->ended[ALD_REFUSED], 1);
    ald_tally_fini(&tally);
}

ALD_TEST(tally, sums_up_what_is_over_its_bound_or_no_name)
{
    struct ald_tally tally;
    char name[ALD_NAME_MAX + 2];

    ald_tally_init(&tally, seed);
    ald_tally_ended(&tally, ALD_STR("other"), ALD_FAILED, 0);
    ald_tally_ended(&tally, ALD_STR("\xff"), ALD_FAILED, 0);
    memset(name, 'x', sizeof(name));
    ald_tally_ended(&tally, ald_str_of(name, ALD_NAME_MAX + 1), ALD_FAILED, 0);
    ald_check_int(tally.n_rows, 0);
    ald_check_int(tally.other.ended[ALD_FAILED], 3);
    for (int i = 0; i < TALLY_NAMES_MAX + 10; i++) {
        snprintf(name, sizeof(name), "name%d", i);
        ald_tally_ended(&tally, ald_str(name), ALD_SUCCEEDED, 0);
    }
    ald_check_int(tally.n_rows, TALLY_NAMES_MAX);
    ald_check_int(tally.other.ended[ALD_SUCCEEDED], 10);
    ald_tally_fini(&tally);
}

ALD_TEST(tally, sorts_times_into_buckets)
{
    static const ald_usec times[] = {0, 100, 101, 200, 60 * ALD_SEC, 60 * ALD_SEC + 1, 24 * 3600 * ALD_SEC};
    struct ald_tally tally;
    const struct ald_tally_times *kept;

    ald_tally_init(&tally, seed);
    for (size_t i = 0; i < ALD_COUNT(times); i++) {
        ald_tally_ended(&tally, ALD_STR("a"), ALD_SUCCEEDED, times[i]);
    }
    kept = &tally.times[ALD_SUCCEEDED];
    ald_check_int(kept->counts[0], 2);
    ald_check_int(kept->counts[1], 2);
    ald_check_int(kept->counts[TALLY_BUCKETS - 1], 1);
    ald_check_int(kept->counts[TALLY_BUCKETS], 2);
    ald_check_int(kept->n, 7);
    ald_tally_fini(&tally);
}

ALD_TEST(tally, has_bounds_that_grow)
{
    for (size_t i = 1; i < TALLY_BUCKETS; i++) {
        ald_check(ald_tally_bounds[i] > ald_tally_bounds[i - 1]);
    }
}

ALD_TEST(tally, counts_under_other_when_memory_is_short)
{
    struct ald_tally tally;

    for (uint64_t n = 1; n < 3; n++) {
        ald_tally_init(&tally, seed);
        ald_alloc_fail_at(n);
        ald_tally_ended(&tally, ALD_STR("a"), ALD_SUCCEEDED, 0);
        ald_check(ald_alloc_fail_off());
        ald_check_int(tally.other.ended[ALD_SUCCEEDED], 1);
        ald_check_int(tally.n_rows, 0);
        ald_tally_fini(&tally);
    }
}

ALD_TEST_MAIN(tally, ALD_CASE(tally, counts_by_name_and_outcome),
              ALD_CASE(tally, gives_no_row_to_a_name_that_never_ran),
              ALD_CASE(tally, sums_up_what_is_over_its_bound_or_no_name), ALD_CASE(tally, sorts_times_into_buckets),
              ALD_CASE(tally, has_bounds_that_grow), ALD_CASE(tally, counts_under_other_when_memory_is_short))
