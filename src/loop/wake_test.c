#include "lib/test.h"

#include <pthread.h>

#include "loop/loop.h"

struct bell {
    struct ald_loop *loop;
    struct ald_wake *wake;
    int n_rings;
};

static void bell_rang(void *owner)
{
    struct bell *bell = owner;

    bell->n_rings++;
    bell->wake = ald_wake_close(bell->wake);
}

static void *bell_ring(void *wake)
{
    ald_wake_send(wake);
    return NULL;
}

ALD_TEST(wake, reaches_a_loop_from_another_thread)
{
    struct bell bell = {0};
    pthread_t thread;

    ald_check_int(ald_loop_new(&bell.loop), 0);
    ald_check_int(ald_wake_new(bell.loop, bell_rang, &bell, &bell.wake), 0);
    ald_check_int(pthread_create(&thread, NULL, bell_ring, bell.wake), 0);
    ald_loop_run(bell.loop);
    ald_check_int(pthread_join(thread, NULL), 0);
    ald_check_int(bell.n_rings, 1);
    ald_check(ald_loop_free(bell.loop) == NULL);
}

ALD_TEST(wake, says_nothing_after_its_close)
{
    struct bell bell = {0};

    ald_check_int(ald_loop_new(&bell.loop), 0);
    ald_check_int(ald_wake_new(bell.loop, bell_rang, &bell, &bell.wake), 0);
    ald_wake_send(bell.wake);
    bell.wake = ald_wake_close(bell.wake);
    ald_check(!ald_loop_turn(bell.loop, ALD_NEVER));
    ald_check_int(bell.n_rings, 0);
    ald_check(ald_loop_free(bell.loop) == NULL);
}

ALD_TEST_MAIN(wake, ALD_CASE(wake, reaches_a_loop_from_another_thread), ALD_CASE(wake, says_nothing_after_its_close))
