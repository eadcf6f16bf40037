#include "base/ledger.h"

#include "lib/test.h"

static const uint64_t seed[2] = {1, 2};

enum { MANY = 10 * ALD_LEDGER_PAGE };

static int values[MANY];

ALD_TEST(ledger, finds_what_was_added_until_it_is_removed)
{
    struct ald_ledger ledger;

    ald_ledger_init(&ledger, seed);
    ald_check(ald_ledger_find(&ledger, 7) == NULL);
    ald_check_int(ald_ledger_add(&ledger, 7, &values[7]), 0);
    ald_check(ald_ledger_find(&ledger, 7) == &values[7]);
    ald_check(ald_ledger_find(&ledger, 7 + ALD_LEDGER_PAGE) == NULL);
    ald_ledger_remove(&ledger, 7);
    ald_check(ald_ledger_find(&ledger, 7) == NULL);
    ald_check_int(ledger.n_entries, 0);
    ald_ledger_fini(&ledger);
}

ALD_TEST(ledger, keeps_many_in_any_order_with_gaps)
{
    struct ald_ledger ledger;

    ald_ledger_init(&ledger, seed);
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t number = i * 7 % MANY; /* MANY and 7 have no common factor */

        if (number % 3 != 0) {
            ald_check_int(ald_ledger_add(&ledger, number, &values[number]), 0);
        }
    }
    for (uint64_t i = 0; i < MANY; i++) {
        ald_check(ald_ledger_find(&ledger, i) == (i % 3 != 0 ? &values[i] : NULL));
    }
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t number = i * 11 % MANY;

        if (number % 3 != 0) {
            ald_ledger_remove(&ledger, number);
            ald_check(ald_ledger_find(&ledger, number) == NULL);
        }
    }
    ald_check_int(ledger.pages.n_entries, 0);
    ald_ledger_fini(&ledger);
}

/* As a hub uses it: a thousand behind each other, for ever. */
ALD_TEST(ledger, gives_pages_back_when_the_last_entry_leaves)
{
    struct ald_ledger ledger;

    ald_ledger_init(&ledger, seed);
    for (uint64_t number = 1; number < 100000; number++) {
        ald_check_int(ald_ledger_add(&ledger, number, &values[number % MANY]), 0);
        if (number > MANY) {
            ald_ledger_remove(&ledger, number - MANY);
        }
        ald_check(ledger.pages.n_entries <= MANY / ALD_LEDGER_PAGE + 2);
    }
    for (uint64_t number = 100000 - MANY; number < 100000; number++) {
        ald_check(ald_ledger_find(&ledger, number) == &values[number % MANY]);
        ald_ledger_remove(&ledger, number);
    }
    ald_ledger_fini(&ledger);
}

ALD_TEST_MAIN(ledger, ALD_CASE(ledger, finds_what_was_added_until_it_is_removed),
              ALD_CASE(ledger, keeps_many_in_any_order_with_gaps),
              ALD_CASE(ledger, gives_pages_back_when_the_last_entry_leaves))
