#include "lib/test.h"

#include "loop/random.h"

ALD_TEST(random, fills_every_byte)
{
    /* A buffer longer than one answer of the system; each byte differs from its mark in some of ten fillings. */
    uint8_t bytes[4096];
    bool touched[sizeof(bytes)] = {false};

    for (int i = 0; i < 10; i++) {
        memset(bytes, 0xAA, sizeof(bytes));
        ald_random_fill(bytes, sizeof(bytes));
        for (size_t j = 0; j < sizeof(bytes); j++) {
            touched[j] = touched[j] || bytes[j] != 0xAA;
        }
    }
    for (size_t j = 0; j < sizeof(bytes); j++) {
        ald_check(touched[j]);
    }
    ald_random_fill(bytes, 0);
}

ALD_TEST(random, gives_another_seed_each_time)
{
    ald_check(ald_random_seed() != ald_random_seed());
}

ALD_TEST_MAIN(random, ALD_CASE(random, fills_every_byte), ALD_CASE(random, gives_another_seed_each_time))
