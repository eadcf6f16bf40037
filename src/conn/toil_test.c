#include "conn/toil.h"

#include "lib/test.h"

ALD_TEST(toil, lets_a_burst_pass)
{
    struct ald_toil toil = {0};

    ald_check_int(ald_toil_add(&toil, 5, ALD_TOIL_BURST / 2), 0);
    ald_check_int(ald_toil_add(&toil, 5, ALD_TOIL_BURST / 2), 0);
    ald_check_int(ald_toil_add(&toil, 5, 40), 5 + 100 + 1);
}

ALD_TEST(toil, gives_back_with_the_time)
{
    struct ald_toil toil = {0};
    ald_usec now = ALD_SEC, until = ald_toil_add(&toil, now, ALD_TOIL_BURST + 40 * ALD_MSEC);

    ald_check_int(until, now + 100 * ALD_MSEC + 1);
    ald_check_int(ald_toil_add(&toil, until, 0), 0);
    ald_check(ald_toil_add(&toil, until, ALD_MSEC) > until);
    ald_check_int(ald_toil_add(&toil, until + ALD_SEC, ALD_TOIL_BURST), 0);
}

/* Whatever was done, and whenever: no sum overflows, and nobody rests longer than his work is worth. */
ALD_TEST(toil, bears_large_numbers)
{
    struct ald_toil toil = {0};
    ald_usec now = UINT64_MAX / 4;

    ald_check_int(ald_toil_add(&toil, now, ALD_TOIL_BURST), 0);
    ald_check_int(ald_toil_add(&toil, now, 100 * ALD_MSEC), now + 250 * ALD_MSEC + 1);
}

ALD_TEST_MAIN(toil, ALD_CASE(toil, lets_a_burst_pass), ALD_CASE(toil, gives_back_with_the_time),
              ALD_CASE(toil, bears_large_numbers))
