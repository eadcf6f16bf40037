#include "daemon/clock.h"

#include <sys/timex.h>

#include "lib/test.h"
#include "loop/loop.h"

static enum ald_clock_state judged(bool synchronised, bool ever, ald_usec lost_for)
{
    const struct ald_clock_seen seen = {.synchronised = synchronised, .ever = ever, .lost_for = lost_for};

    return ald_clock_judge(&seen);
}

ALD_TEST(clock, is_verified_when_the_kernel_says_so)
{
    ald_check(ald_clock_synchronised(TIME_OK, STA_PLL));
    ald_check(ald_clock_synchronised(TIME_INS, 0)); /* a leap second is no mistake */
    ald_check(!ald_clock_synchronised(TIME_ERROR, 0));
    ald_check(!ald_clock_synchronised(TIME_OK, STA_UNSYNC));
    ald_check(!ald_clock_synchronised(-1, 0));
    ald_check_int(judged(true, true, 0), ALD_CLOCK_VERIFIED);
}

ALD_TEST(clock, is_given_time_and_then_taken_as_it_is)
{
    ald_check_int(judged(false, false, 0), ALD_CLOCK_CHECKING);
    ald_check_int(judged(false, true, ALD_CLOCK_GRACE - 1), ALD_CLOCK_CHECKING);
    ald_check_int(judged(false, false, ALD_CLOCK_GRACE), ALD_CLOCK_NO_NTP);
    ald_check_int(judged(false, true, ALD_CLOCK_GRACE), ALD_CLOCK_INVALID);
}

static void count(void *owner, enum ald_clock_state state)
{
    int *n = owner;

    ald_check(state == ALD_CLOCK_VERIFIED || state == ALD_CLOCK_CHECKING);
    (*n)++;
}

ALD_TEST(clock, tells_its_first_state_at_once)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    struct ald_clock *clock = NULL;
    int n = 0;

    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_clock_new(loop, count, &n, &clock), 0);
    while (n == 0) {
        (void)ald_loop_turn(loop, ALD_NEVER);
    }
    (void)ald_loop_turn(loop, 0);
    ald_check_int(n, 1);
    ald_check(ald_clock_free(clock) == NULL);
}

ALD_TEST_MAIN(clock, ALD_CASE(clock, is_verified_when_the_kernel_says_so),
              ALD_CASE(clock, is_given_time_and_then_taken_as_it_is), ALD_CASE(clock, tells_its_first_state_at_once))
