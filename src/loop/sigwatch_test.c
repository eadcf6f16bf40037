#include "lib/test.h"

#include <signal.h>

#include "loop/loop.h"

static void sigwatch_noted(void *owner, int number)
{
    *(int *)owner = number;
}

static void sigwatch_late(void *owner ALD_UNUSED)
{
    fail_msg("no signal came");
}

ALD_TEST(sigwatch, is_reported_to_the_loop)
{
    struct ald_loop *loop = NULL;
    struct ald_sigwatch *sigwatch = NULL;
    struct ald_alarm deadline;
    int number = 0;

    ald_alarm_init(&deadline, sigwatch_late, NULL);
    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_sigwatch_new(loop, SIGUSR1, sigwatch_noted, &number, &sigwatch), 0);
    ald_check(!ald_loop_turn(loop, ALD_NEVER)); /* it keeps no loop running */
    ald_alarm_start(loop, &deadline, ald_loop_now(loop) + 30 * ALD_SEC);
    ald_check_int(raise(SIGUSR1), 0);
    while (number == 0) {
        ald_check(ald_loop_turn(loop, ALD_NEVER));
    }
    ald_alarm_stop(loop, &deadline);
    ald_check_int(number, SIGUSR1);
    ald_check(ald_sigwatch_close(sigwatch) == NULL);
    ald_check_int(ald_sigwatch_new(loop, SIGKILL, sigwatch_noted, &number, &sigwatch), ALDIS_E_INVALID);
    ald_check(ald_loop_free(loop) == NULL);
}

ALD_TEST_MAIN(sigwatch, ALD_CASE(sigwatch, is_reported_to_the_loop))
