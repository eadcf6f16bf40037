/*
 * Why a wheel of our own on top of libuv's timers: theirs sit in a heap and need a closed callback before their memory
 * may go, and each connection has several that are moved at every message. So libuv sees one timer, set to the wheel's
 * next deadline whenever the loop is about to block.
 *
 * libuv's turn is: timers, idle, prepare, poll, check, closed callbacks, and with UV_RUN_ONCE timers again. Tasks run
 * in `check`, after all descriptors, and in `prepare`, for what timers, closed callbacks and the outside pushed, so
 * that nothing waits while the loop blocks.
 */

#include "loop/loop_impl.h"

#include <stdlib.h>
#include <time.h>

#include "base/error.h"

int ald_loop_error(int uv_error)
{
    switch (uv_error) {
    case UV_ENOMEM:
        return ALDIS_E_NOMEM;
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_EAGAIN:
        return ALDIS_E_LIMIT;
    case UV_EINVAL:
        return ALDIS_E_INVALID;
    default:
        return ALDIS_E_IO;
    }
}

static ald_usec clock_usec(clockid_t clock)
{
    struct timespec t;

    ald_assert(clock_gettime(clock, &t) == 0);
    return (ald_usec)t.tv_sec * ALD_SEC + (ald_usec)t.tv_nsec / 1000;
}

ald_usec ald_loop_fresh(void)
{
    return clock_usec(CLOCK_MONOTONIC);
}

ald_wall ald_loop_wall(void)
{
    return clock_usec(CLOCK_REALTIME);
}

/* Asked for lazily, because libuv has no hook between waking up and the first descriptor's callback. */
ald_usec ald_loop_now(struct ald_loop *loop)
{
    if (loop->now == 0) {
        loop->now = ald_loop_fresh();
    }
    return loop->now;
}

/* Tasks. */

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

static void round_run(struct ald_loop *loop)
{
    struct ald_node round;
    struct ald_node *node;

    /*
     * The round is cut off behind what waits now; a task that is cancelled or freed meanwhile unlinks itself from it.
     */
    ald_node_init(&round);
    ald_list_push_back(&loop->tasks, &round);
    while ((node = ald_list_first(&loop->tasks)) != &round) {
        struct ald_task *task = ald_list_entry(node, struct ald_task, node);

        ald_node_remove(node);
        task->fn(task->owner);
    }
    ald_node_remove(&round);
}

static void idle_noop(uv_idle_t *idle ALD_UNUSED)
{
}

/* libuv must not block, nor think that nothing is left, while tasks wait; nor block once it was told to stop. */
static void tasks_settle(struct ald_loop *loop)
{
    if (ald_list_empty(&loop->tasks) && !loop->stopping) {
        ald_ignore(uv_idle_stop(&loop->idle)); /* it has no way to fail */
    } else {
        ald_ignore(uv_idle_start(&loop->idle, idle_noop)); /* fails only without a callback */
    }
}

static void tasks_run(struct ald_loop *loop)
{
    for (int i = 0; i < ALD_LOOP_ROUNDS_MAX && !ald_list_empty(&loop->tasks); i++) {
        round_run(loop);
    }
    tasks_settle(loop);
}

/* Alarms. */

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

static void timer_fired(uv_timer_t *handle)
{
    struct ald_loop *loop = handle->data;
    struct ald_timer *timer;

    loop->armed = ALD_NEVER;
    loop->now = 0;
    while ((timer = ald_wheel_pop(&loop->wheel, ald_loop_now(loop))) != NULL) {
        struct ald_alarm *alarm = ald_container(timer, struct ald_alarm, timer);

        alarm->fn(alarm->owner);
    }
}

/*
 * Set libuv's timer to whatever comes first. It counts whole milliseconds, so up: an early timer would turn for
 * nothing.
 */
static void timer_arm(struct ald_loop *loop)
{
    ald_usec due = ALD_MIN(ald_wheel_deadline(&loop->wheel), loop->limit);
    ald_usec now;

    if (due == loop->armed) {
        return;
    }
    loop->armed = due;
    if (due == ALD_NEVER) {
        ald_ignore(uv_timer_stop(&loop->timer)); /* it has no way to fail */
        return;
    }
    uv_update_time(&loop->uv);
    now = ald_loop_fresh();
    ald_ignore(
        uv_timer_start(&loop->timer, timer_fired, due > now ? (due - now + 999) / ALD_MSEC : 0, 0)); /* as above */
}

/* The turn. */

static void before_poll(uv_prepare_t *handle)
{
    struct ald_loop *loop = handle->data;

    tasks_run(loop);
    timer_arm(loop);
    loop->now = 0;
    loop->changed = false;
}

static void after_poll(uv_check_t *handle)
{
    struct ald_loop *loop = handle->data;

    tasks_run(loop);
}

static bool loop_alive(struct ald_loop *loop)
{
    return uv_loop_alive(&loop->uv) != 0 || loop->wheel.n_timers > 0 || !ald_list_empty(&loop->tasks);
}

bool ald_loop_turn(struct ald_loop *loop, ald_usec wait)
{
    loop->now = 0;
    loop->limit = wait == ALD_NEVER || wait == 0 ? ALD_NEVER : ald_loop_now(loop) + wait;
    tasks_settle(loop);
    timer_arm(loop);
    ald_ignore(uv_run(&loop->uv, wait == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE)); /* what is left is asked for below */
    if (loop->limit != ALD_NEVER) {
        loop->limit = ALD_NEVER;
        timer_arm(loop); /* the limit is nothing that keeps a loop alive */
    }
    loop->now = 0;
    return loop_alive(loop);
}

void ald_loop_run(struct ald_loop *loop)
{
    while (!loop->stopping && ald_loop_turn(loop, ALD_NEVER)) {
    }
    loop->stopping = false;
    tasks_settle(loop);
}

/* Without uv_stop(), which would make a whole turn be left out when nothing runs. */
void ald_loop_stop(struct ald_loop *loop)
{
    loop->stopping = true;
    tasks_settle(loop);
}

int ald_loop_fd(const struct ald_loop *loop)
{
    return uv_backend_fd(&loop->uv);
}

ald_usec ald_loop_wait(struct ald_loop *loop)
{
    int msec;

    if (loop->changed || !ald_list_empty(&loop->tasks)) {
        return 0;
    }
    timer_arm(loop);
    msec = uv_backend_timeout(&loop->uv);
    return msec < 0 ? ALD_NEVER : (ald_usec)msec * ALD_MSEC;
}

/* Beginning and end. */

static void handles_init(struct ald_loop *loop)
{
    /* None of these can fail: they fill in a struct or link it into a list. */
    ald_ignore(uv_timer_init(&loop->uv, &loop->timer));
    ald_ignore(uv_prepare_init(&loop->uv, &loop->prepare));
    ald_ignore(uv_check_init(&loop->uv, &loop->check));
    ald_ignore(uv_idle_init(&loop->uv, &loop->idle));
    loop->timer.data = loop->prepare.data = loop->check.data = loop->idle.data = loop;
    ald_ignore(uv_prepare_start(&loop->prepare, before_poll));
    ald_ignore(uv_check_start(&loop->check, after_poll));
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->check);
}

int ald_loop_new(struct ald_loop **ret_loop)
{
    struct ald_loop *loop = calloc(1, sizeof(*loop));
    int r;

    if (loop == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = uv_loop_init(&loop->uv);
    if (r < 0) {
        free(loop);
        return ald_trace(ald_loop_error(r));
    }
    ald_node_init(&loop->tasks);
    ald_wheel_init(&loop->wheel, ald_loop_fresh());
    loop->limit = loop->armed = ALD_NEVER;
    handles_init(loop);
    *ret_loop = loop;
    return 0;
}

struct ald_loop *ald_loop_free(struct ald_loop *loop)
{
    if (loop == NULL) {
        return NULL;
    }
    ald_assert(loop->n_objects == 0);
    ald_assert(loop->wheel.n_timers == 0);
    ald_assert(ald_list_empty(&loop->tasks));

    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    /* Until the last closed callback, the last killed child and the last abandoned look-up. */
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0) {
    }
    ald_assert(uv_loop_close(&loop->uv) == 0);
    free(loop);
    return NULL;
}
