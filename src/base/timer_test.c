#include "base/timer.h"

#include "base/rng.h"
#include "lib/test.h"

#define TICK ((ald_usec)1 << ALD_WHEEL_TICK_BITS)

ALD_TEST(timer, fires_never_early_and_at_most_one_tick_late)
{
    static const ald_usec dues[] = {1,         TICK - 1,      TICK,    TICK + 1,      63 * TICK,
                                    64 * TICK, 64 * TICK + 1, ALD_SEC, 3600 * ALD_SEC};

    for (size_t i = 0; i < ALD_COUNT(dues); i++) {
        struct ald_wheel wheel;
        struct ald_timer timer;

        ald_wheel_init(&wheel, 0);
        ald_timer_init(&timer);
        ald_timer_start(&wheel, &timer, dues[i]);
        ald_check(ald_wheel_pop(&wheel, dues[i] - 1) == NULL);
        ald_check(ald_timer_running(&timer));
        ald_check(ald_wheel_pop(&wheel, dues[i] + TICK - 1) == &timer);
        ald_check(!ald_timer_running(&timer));
        ald_check(ald_wheel_pop(&wheel, ALD_NEVER) == NULL);
        ald_check_int(wheel.n_timers, 0);
    }
}

ALD_TEST(timer, stops_and_moves)
{
    struct ald_wheel wheel;
    struct ald_timer timer;

    ald_wheel_init(&wheel, 5 * ALD_SEC);
    ald_timer_init(&timer);
    ald_timer_stop(&wheel, &timer);
    ald_timer_start(&wheel, &timer, 6 * ALD_SEC);
    ald_timer_start(&wheel, &timer, 8 * ALD_SEC);
    ald_check_int(wheel.n_timers, 1);
    ald_check(ald_wheel_pop(&wheel, 7 * ALD_SEC) == NULL);
    ald_timer_stop(&wheel, &timer);
    ald_timer_stop(&wheel, &timer);
    ald_check_int(wheel.n_timers, 0);
    ald_check(ald_wheel_deadline(&wheel) == ALD_NEVER);
    ald_timer_start(&wheel, &timer, 9 * ALD_SEC);
    ald_timer_start(&wheel, &timer, ALD_NEVER);
    ald_check(!ald_timer_running(&timer));
    ald_check(ald_wheel_pop(&wheel, 10 * ALD_SEC) == NULL);
}

ALD_TEST(timer, can_be_stopped_between_falling_due_and_being_popped)
{
    struct ald_wheel wheel;
    struct ald_timer first, second;

    ald_wheel_init(&wheel, 0);
    ald_timer_init(&first);
    ald_timer_init(&second);
    ald_timer_start(&wheel, &first, TICK);
    ald_timer_start(&wheel, &second, 2 * TICK);
    ald_check(ald_wheel_pop(&wheel, ALD_SEC) == &first);
    ald_check(ald_wheel_deadline(&wheel) <= ALD_SEC);
    ald_timer_stop(&wheel, &second);
    ald_check(ald_wheel_pop(&wheel, ALD_SEC) == NULL);
    ald_check(ald_wheel_deadline(&wheel) == ALD_NEVER);
    ald_check_int(wheel.n_timers, 0);
}

/* Otherwise a handler that starts its timer in the past would keep the caller's loop going for ever. */
ALD_TEST(timer, started_in_the_past_waits_for_the_next_advance)
{
    struct ald_wheel wheel;
    struct ald_timer timer;
    ald_usec now = 100 * ALD_SEC;

    ald_wheel_init(&wheel, 0);
    ald_timer_init(&timer);
    ald_timer_start(&wheel, &timer, ALD_SEC);
    ald_check(ald_wheel_pop(&wheel, now) == &timer);
    ald_timer_start(&wheel, &timer, 0);
    ald_check(ald_timer_running(&timer));
    ald_check(ald_wheel_pop(&wheel, now) == NULL);
    ald_check(ald_wheel_deadline(&wheel) > now && ald_wheel_deadline(&wheel) <= now + TICK);
    ald_check(ald_wheel_pop(&wheel, now + TICK) == &timer);
}

ALD_TEST(timer, expires_in_the_order_of_ticks)
{
    enum { TIMERS = 200 };
    struct ald_wheel wheel;
    struct ald_timer timers[TIMERS];
    ald_usec before = 0;

    ald_wheel_init(&wheel, 0);
    for (int i = 0; i < TIMERS; i++) {
        ald_timer_init(&timers[i]);
        ald_timer_start(&wheel, &timers[i], (ald_usec)(i * 7919 % TIMERS) * 97 * TICK);
    }
    for (int i = 0; i < TIMERS; i++) {
        struct ald_timer *timer = ald_wheel_pop(&wheel, TIMERS * 97 * TICK);
        ald_usec due;

        ald_check(timer != NULL);
        due = (ald_usec)((timer - timers) * 7919 % TIMERS) * 97 * TICK;
        ald_check(due >= before);
        before = due;
    }
    ald_check(ald_wheel_pop(&wheel, TIMERS * 97 * TICK) == NULL);
}

ALD_TEST(timer, of_one_tick_expire_in_the_order_they_were_started)
{
    struct ald_wheel wheel;
    struct ald_timer timers[5];

    ald_wheel_init(&wheel, 0);
    for (int i = 0; i < 5; i++) {
        ald_timer_init(&timers[i]);
        ald_timer_start(&wheel, &timers[i], 5000 * TICK);
    }
    for (int i = 0; i < 5; i++) {
        ald_check(ald_wheel_pop(&wheel, 5000 * TICK) == &timers[i]);
    }
}

/* The corners of time itself: nothing wraps, nothing fires early, and the deadline is never in the past for ever. */
ALD_TEST(timer, survives_the_ends_of_time)
{
    struct ald_wheel wheel;
    struct ald_timer near_timer, far_timer, last_timer;
    ald_usec far = (ald_usec)3 << (ALD_WHEEL_TICK_BITS + ALD_WHEEL_BITS * ALD_WHEEL_LEVELS);

    ald_wheel_init(&wheel, 0);
    ald_timer_init(&near_timer);
    ald_timer_init(&far_timer);
    ald_timer_init(&last_timer);
    ald_timer_start(&wheel, &last_timer, ALD_NEVER - 1);
    ald_timer_start(&wheel, &far_timer, far);
    ald_timer_start(&wheel, &near_timer, ALD_SEC);
    ald_check(ald_wheel_pop(&wheel, ALD_SEC + TICK) == &near_timer);
    ald_check(ald_wheel_deadline(&wheel) <= far);
    ald_check(ald_wheel_pop(&wheel, far - 1) == NULL);
    ald_check(ald_wheel_deadline(&wheel) <= far);
    ald_check(ald_wheel_pop(&wheel, far) == &far_timer);
    ald_check(ald_wheel_pop(&wheel, ALD_NEVER - TICK) == NULL);
    ald_check(ald_wheel_pop(&wheel, ALD_NEVER) == NULL);
    ald_check(ald_wheel_deadline(&wheel) == ALD_NEVER);
    ald_timer_stop(&wheel, &last_timer);
    ald_check_int(wheel.n_timers, 0);
}

ALD_TEST(timer, ignores_time_that_goes_back)
{
    struct ald_wheel wheel;
    struct ald_timer timer;

    ald_wheel_init(&wheel, ALD_SEC);
    ald_timer_init(&timer);
    ald_timer_start(&wheel, &timer, 3 * ALD_SEC);
    ald_check(ald_wheel_pop(&wheel, 2 * ALD_SEC) == NULL);
    ald_check(ald_wheel_pop(&wheel, 0) == NULL);
    ald_check(ald_wheel_pop(&wheel, 3 * ALD_SEC + TICK) == &timer);
}

/* The model: every timer's time, and a walk over all of them. */
enum { MODEL_TIMERS = 64, MODEL_STEPS = 20000 };

struct model {
    struct ald_wheel wheel;
    struct ald_timer timers[MODEL_TIMERS];
    ald_usec dues[MODEL_TIMERS]; /* ALD_NEVER: not running */
    ald_usec now;
};

/* Spread over all levels: a random number of random bits. */
static ald_usec model_span(struct ald_rng *rng)
{
    return ald_rng_next(rng) >> (19 + ald_rng_below(rng, 45));
}

static ald_usec model_earliest(const struct model *model)
{
    ald_usec earliest = ALD_NEVER;

    for (int i = 0; i < MODEL_TIMERS; i++) {
        earliest = ALD_MIN(earliest, model->dues[i]);
    }
    return earliest;
}

static void model_advance(struct model *model, ald_usec now)
{
    struct ald_timer *timer;
    ald_usec before = 0;

    model->now = now;
    while ((timer = ald_wheel_pop(&model->wheel, now)) != NULL) {
        size_t which = (size_t)(timer - model->timers);

        ald_check(model->dues[which] <= now);
        ald_check(model->dues[which] / TICK + 1 >= before / TICK);
        before = model->dues[which];
        model->dues[which] = ALD_NEVER;
    }
    /* Whatever is still running was due less than a tick ago at most. */
    ald_check(model_earliest(model) > now - ALD_MIN(now, TICK));
}

static void model_step(struct model *model, struct ald_rng *rng)
{
    size_t which = (size_t)ald_rng_below(rng, MODEL_TIMERS);
    ald_usec deadline;

    switch (ald_rng_below(rng, 4)) {
    case 0:
    case 1:
        model->dues[which] = model->now + model_span(rng);
        ald_timer_start(&model->wheel, &model->timers[which], model->dues[which]);
        break;
    case 2:
        model->dues[which] = ALD_NEVER;
        ald_timer_stop(&model->wheel, &model->timers[which]);
        break;
    default:
        deadline = ald_wheel_deadline(&model->wheel);
        if (ald_rng_below(rng, 2) == 0) {
            model_advance(model, model->now + (model_span(rng) >> 8));
        } else if (deadline != ALD_NEVER) {
            model_advance(model, ALD_MAX(deadline, model->now));
        }
    }
}

static void model_compare(const struct model *model)
{
    size_t n_running = 0;
    ald_usec earliest = model_earliest(model);
    ald_usec deadline = ald_wheel_deadline(&model->wheel);

    for (int i = 0; i < MODEL_TIMERS; i++) {
        ald_check(ald_timer_running(&model->timers[i]) == (model->dues[i] != ALD_NEVER));
        n_running += model->dues[i] != ALD_NEVER;
    }
    ald_check_int(model->wheel.n_timers, n_running);
    ald_check((deadline == ALD_NEVER) == (n_running == 0));
    /* Never later than the truth, which is the tick the earliest timer is rounded up to, or the next one. */
    ald_check(n_running == 0 || deadline <= ALD_MAX(earliest, model->now) + TICK);
}

ALD_TEST(timer, agrees_with_a_list_over_random_operations)
{
    for (uint64_t run = 0; run < 4; run++) {
        struct ald_rng rng;
        struct model model = {.now = run * 12345678901};

        ald_rng_init(&rng, run);
        ald_wheel_init(&model.wheel, model.now);
        for (int i = 0; i < MODEL_TIMERS; i++) {
            ald_timer_init(&model.timers[i]);
            model.dues[i] = ALD_NEVER;
        }
        for (int i = 0; i < MODEL_STEPS; i++) {
            model_step(&model, &rng);
            model_compare(&model);
        }
    }
}

/* What a program does: sleep until the deadline, pop, and again. It must come to an end, and soon. */
ALD_TEST(timer, wakes_its_owner_at_most_once_a_level)
{
    struct ald_wheel wheel;
    struct ald_timer timer;
    ald_usec now = 7, due = 86400 * ALD_SEC + 12345;
    int n_wakes = 0;

    ald_wheel_init(&wheel, now);
    ald_timer_init(&timer);
    ald_timer_start(&wheel, &timer, due);
    do {
        now = ald_wheel_deadline(&wheel);
        n_wakes++;
    } while (ald_wheel_pop(&wheel, now) == NULL && n_wakes < 100);
    ald_check(n_wakes <= ALD_WHEEL_LEVELS);
    ald_check(now >= due && now < due + TICK);
}

ALD_TEST_MAIN(timer, ALD_CASE(timer, fires_never_early_and_at_most_one_tick_late), ALD_CASE(timer, stops_and_moves),
              ALD_CASE(timer, can_be_stopped_between_falling_due_and_being_popped),
              ALD_CASE(timer, started_in_the_past_waits_for_the_next_advance),
              ALD_CASE(timer, expires_in_the_order_of_ticks),
              ALD_CASE(timer, of_one_tick_expire_in_the_order_they_were_started),
              ALD_CASE(timer, survives_the_ends_of_time), ALD_CASE(timer, ignores_time_that_goes_back),
              ALD_CASE(timer, agrees_with_a_list_over_random_operations),
              ALD_CASE(timer, wakes_its_owner_at_most_once_a_level))
