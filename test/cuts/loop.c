/*
 * A loop without a system: src/loop/loop.h on a clock that only the test moves, so that all that stands on it, down to the
 * sockets, runs as it does in the daemon, and a run is the same whenever it is repeated. It has no descriptors.
 */

#include "loop/loop.h"

#include <stdlib.h>

#include "base/error.h"
#include "cuts/loop.h"

/* A clock that begins at 0 would hide what forgets to be told the time. */
#define LOOP_BEGIN (1000 * ALD_SEC)
#define LOOP_WALL (UINT64_C(1700000000) * ALD_SEC)

struct ald_loop {
    struct ald_wheel wheel;
    struct ald_node tasks;
    ald_usec now;
};

/* Of the only loop there is; ald_loop_fresh() asks nobody for one. */
static ald_usec the_time = LOOP_BEGIN;

int ald_loop_new(struct ald_loop **ret_loop)
{
    struct ald_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    loop->now = the_time = LOOP_BEGIN;
    ald_wheel_init(&loop->wheel, loop->now);
    ald_node_init(&loop->tasks);
    *ret_loop = loop;
    return 0;
}

struct ald_loop *ald_loop_free(struct ald_loop *loop)
{
    if (loop != NULL) {
        ald_assert(loop->wheel.n_timers == 0);
        ald_assert(ald_list_empty(&loop->tasks));
        free(loop);
    }
    return NULL;
}

ald_usec ald_loop_now(struct ald_loop *loop)
{
    return loop->now;
}

ald_usec ald_loop_fresh(void)
{
    return the_time;
}

ald_wall ald_loop_wall(void)
{
    return LOOP_WALL + the_time;
}

/* --- tasks and alarms ------------------------------------------------------------------------------------------------ */

void ald_task_init(struct ald_task *task, void (*fn)(void *owner), void *owner)
{
    ald_node_init(&task->node);
    task->fn = fn;
    task->owner = owner;
}

void ald_task_push(struct ald_loop *loop, struct ald_task *task)
{
    if (!ald_node_linked(&task->node)) {
        ald_list_push_back(&loop->tasks, &task->node);
    }
}

void ald_task_cancel(struct ald_task *task)
{
    ald_node_remove(&task->node);
}

bool ald_task_waiting(const struct ald_task *task)
{
    return ald_node_linked(&task->node);
}

void ald_alarm_init(struct ald_alarm *alarm, void (*fn)(void *owner), void *owner)
{
    ald_timer_init(&alarm->timer);
    alarm->fn = fn;
    alarm->owner = owner;
}

void ald_alarm_start(struct ald_loop *loop, struct ald_alarm *alarm, ald_usec due)
{
    ald_timer_start(&loop->wheel, &alarm->timer, due);
}

void ald_alarm_stop(struct ald_loop *loop, struct ald_alarm *alarm)
{
    ald_timer_stop(&loop->wheel, &alarm->timer);
}

bool ald_alarm_running(const struct ald_alarm *alarm)
{
    return ald_timer_running(&alarm->timer);
}

/* --- the clock ------------------------------------------------------------------------------------------------------- */

/* One task at a time: a round of the true loop is cut off where it is, and nothing here may depend on where. */
void cuts_loop_settle(struct ald_loop *loop)
{
    struct ald_timer *timer;
    struct ald_node *node;

    while ((timer = ald_wheel_pop(&loop->wheel, loop->now)) != NULL) {
        struct ald_alarm *alarm = ald_container(timer, struct ald_alarm, timer);

        alarm->fn(alarm->owner);
    }
    while ((node = ald_list_pop_front(&loop->tasks)) != NULL) {
        struct ald_task *task = ald_list_entry(node, struct ald_task, node);

        task->fn(task->owner);
    }
}

ald_usec cuts_loop_deadline(const struct ald_loop *loop)
{
    return ald_wheel_deadline(&loop->wheel);
}

void cuts_loop_set(struct ald_loop *loop, ald_usec now)
{
    ald_assert(now >= loop->now);
    loop->now = the_time = now;
}

/* --- what only descriptors need -------------------------------------------------------------------------------------- */

int ald_loop_error(int uv_error);

int ald_loop_error(int uv_error ALD_UNUSED)
{
    return ALDIS_E_IO;
}
