#include "lib/test.h"

#include <poll.h>
#include <unistd.h>

#include "base/str.h"
#include "loop/loop.h"

/* A log of what ran, one letter each. */
struct story {
    struct ald_loop *loop;
    char text[64];
    size_t size;
};

struct actor {
    struct story *story;
    char letter;
    struct ald_task task;
    struct ald_alarm alarm;
    struct actor *pushes; /* whose task it pushes when it runs */
    int times;            /* how often it pushes itself again */
};

static void actor_say(struct actor *actor)
{
    ald_assert(actor->story->size < sizeof(actor->story->text) - 1);
    actor->story->text[actor->story->size++] = actor->letter;
}

static void actor_run(void *owner)
{
    struct actor *actor = owner;

    actor_say(actor);
    if (actor->pushes != NULL) {
        ald_task_push(actor->story->loop, &actor->pushes->task);
    }
    if (actor->times > 0) {
        actor->times--;
        ald_task_push(actor->story->loop, &actor->task);
    }
}

static void actor_init(struct actor *actor, struct story *story, char letter)
{
    *actor = (struct actor){.story = story, .letter = letter};
    ald_task_init(&actor->task, actor_run, actor);
    ald_alarm_init(&actor->alarm, actor_run, actor);
}

static void story_open(struct story *story)
{
    *story = (struct story){0};
    ald_check_int(ald_loop_new(&story->loop), 0);
}

static void story_close(struct story *story)
{
    ald_check(ald_loop_free(story->loop) == NULL);
}

ALD_TEST(loop, with_nothing_to_do_returns_at_once)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;

    ald_check_int(ald_loop_new(&loop), 0);
    ald_check(!ald_loop_turn(loop, ALD_NEVER));
    ald_loop_run(loop);
}

ALD_TEST(loop, runs_a_task_once_however_often_it_was_pushed)
{
    struct story story;
    struct actor a, b;

    story_open(&story);
    actor_init(&a, &story, 'a');
    actor_init(&b, &story, 'b');
    ald_task_push(story.loop, &a.task);
    ald_task_push(story.loop, &b.task);
    ald_task_push(story.loop, &a.task);
    ald_check(ald_task_waiting(&a.task));
    ald_check(!ald_loop_turn(story.loop, ALD_NEVER));
    ald_check_str(ald_str(story.text), "ab");
    ald_check(!ald_task_waiting(&a.task));
    story_close(&story);
}

ALD_TEST(loop, runs_a_task_pushed_by_a_task_in_the_same_turn)
{
    struct story story;
    struct actor a, b;

    story_open(&story);
    actor_init(&a, &story, 'a');
    actor_init(&b, &story, 'b');
    a.pushes = &b;
    ald_task_push(story.loop, &a.task);
    ald_check(!ald_loop_turn(story.loop, 0));
    ald_check_str(ald_str(story.text), "ab");
    story_close(&story);
}

ALD_TEST(loop, leaves_tasks_that_feed_themselves_for_the_next_turn)
{
    struct story story;
    struct actor a;

    story_open(&story);
    actor_init(&a, &story, 'a');
    a.times = 3 * ALD_LOOP_ROUNDS_MAX;
    ald_task_push(story.loop, &a.task);
    ald_check(ald_loop_turn(story.loop, ALD_NEVER)); /* does not block although it is told it may */
    ald_check(story.size >= ALD_LOOP_ROUNDS_MAX && story.size <= 2 * ALD_LOOP_ROUNDS_MAX);
    ald_check_int(ald_loop_wait(story.loop), 0);
    ald_loop_run(story.loop);
    ald_check_int(story.size, 3 * ALD_LOOP_ROUNDS_MAX + 1);
    story_close(&story);
}

ALD_TEST(loop, forgets_a_task_that_was_cancelled)
{
    struct story story;
    struct actor a;

    story_open(&story);
    actor_init(&a, &story, 'a');
    ald_task_push(story.loop, &a.task);
    ald_task_cancel(&a.task);
    ald_task_cancel(&a.task);
    ald_check(!ald_loop_turn(story.loop, 0));
    ald_check_int(story.size, 0);
    story_close(&story);
}

ALD_TEST(loop, fires_alarms_in_their_order_and_not_before_their_time)
{
    struct story story;
    struct actor a, b, c;
    ald_usec start;

    story_open(&story);
    actor_init(&a, &story, 'a');
    actor_init(&b, &story, 'b');
    actor_init(&c, &story, 'c');
    start = ald_loop_now(story.loop);
    ald_alarm_start(story.loop, &a.alarm, start + 20 * ALD_MSEC);
    ald_alarm_start(story.loop, &b.alarm, start + 5 * ALD_MSEC);
    ald_alarm_start(story.loop, &c.alarm, start + 10 * ALD_MSEC);
    ald_alarm_stop(story.loop, &c.alarm);
    ald_check(ald_alarm_running(&a.alarm) && !ald_alarm_running(&c.alarm));
    ald_loop_run(story.loop);
    ald_check_str(ald_str(story.text), "ba");
    ald_check(ald_loop_fresh() >= start + 20 * ALD_MSEC);
    story_close(&story);
}

ALD_TEST(loop, runs_what_an_alarm_pushed_before_it_blocks_again)
{
    struct story story;
    struct actor a, b, late;

    story_open(&story);
    actor_init(&a, &story, 'a');
    actor_init(&b, &story, 'b');
    actor_init(&late, &story, 'c');
    a.pushes = &b;
    ald_alarm_start(story.loop, &a.alarm, ald_loop_now(story.loop) + 2 * ALD_MSEC);
    ald_alarm_start(story.loop, &late.alarm, ald_loop_now(story.loop) + 30 * ALD_SEC);
    while (story.size < 2) {
        ald_check(ald_loop_turn(story.loop, 10 * ALD_SEC));
    }
    ald_check_str(ald_str(story.text), "ab");
    ald_alarm_stop(story.loop, &late.alarm);
    story_close(&story);
}

ALD_TEST(loop, ends_a_bounded_turn_at_its_limit)
{
    struct story story;
    struct actor a;
    ald_usec start = ald_loop_fresh();

    story_open(&story);
    actor_init(&a, &story, 'a');
    ald_alarm_start(story.loop, &a.alarm, start + 60 * ALD_SEC);
    ald_check(ald_loop_turn(story.loop, 3 * ALD_MSEC));
    ald_check(ald_loop_fresh() >= start + 3 * ALD_MSEC);
    ald_check(ald_loop_fresh() < start + 30 * ALD_SEC);
    ald_alarm_stop(story.loop, &a.alarm);
    ald_check(!ald_loop_turn(story.loop, 0));
    story_close(&story);
}

static void loop_stopper(void *owner)
{
    struct actor *actor = owner;

    ald_loop_stop(actor->story->loop);
}

ALD_TEST(loop, stops_from_a_task_without_blocking)
{
    struct story story;
    struct actor a, late;

    story_open(&story);
    actor_init(&a, &story, 'a');
    actor_init(&late, &story, 'b');
    a.task.fn = loop_stopper;
    ald_alarm_start(story.loop, &late.alarm, ald_loop_now(story.loop) + 60 * ALD_SEC);
    ald_task_push(story.loop, &a.task);
    ald_loop_run(story.loop);
    ald_loop_stop(story.loop);
    ald_loop_run(story.loop);
    ald_check_int(story.size, 0);
    ald_alarm_stop(story.loop, &late.alarm);
    story_close(&story);
}

static void loop_reader(void *owner, int ready)
{
    struct actor *actor = owner;

    ald_check_int(ready, ALD_POLL_READ);
    actor_run(actor);
    ald_loop_stop(actor->story->loop);
}

ALD_TEST(loop, can_be_driven_by_another_loop)
{
    struct story story;
    struct actor a;
    struct ald_poll *poll_object = NULL;
    struct pollfd outer;
    int ends[2];

    story_open(&story);
    actor_init(&a, &story, 'a');
    ald_check_int(pipe(ends), 0);
    ald_check_int(ald_poll_new(story.loop, ends[0], loop_reader, &a, &poll_object), 0);
    ald_poll_set(poll_object, ALD_POLL_READ);
    /* The watch is not with the system yet, so the loop asks for a turn at once. */
    ald_check_int(ald_loop_wait(story.loop), 0);
    ald_check(ald_loop_turn(story.loop, 0));
    ald_check(ald_loop_wait(story.loop) == ALD_NEVER);
    ald_check_int(write(ends[1], "x", 1), 1);
    outer = (struct pollfd){.fd = ald_loop_fd(story.loop), .events = POLLIN};
    ald_check_int(poll(&outer, 1, 10000), 1);
    ald_check(ald_loop_turn(story.loop, 0));
    ald_check_str(ald_str(story.text), "a");
    ald_poll_close(poll_object);
    close(ends[1]);
    story_close(&story);
}

ALD_TEST(loop, caches_its_time_for_a_turn)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ald_usec now;

    ald_check_int(ald_loop_new(&loop), 0);
    now = ald_loop_now(loop);
    while (ald_loop_fresh() < now + 2 * ALD_MSEC) {
    }
    ald_check_int(ald_loop_now(loop), now);
    ald_check(!ald_loop_turn(loop, 0));
    ald_check(ald_loop_now(loop) > now);
    ald_check(ald_loop_wall() > UINT64_C(1600000000) * ALD_SEC);
}

ALD_TEST_MAIN(loop, ALD_CASE(loop, with_nothing_to_do_returns_at_once),
              ALD_CASE(loop, runs_a_task_once_however_often_it_was_pushed),
              ALD_CASE(loop, runs_a_task_pushed_by_a_task_in_the_same_turn),
              ALD_CASE(loop, leaves_tasks_that_feed_themselves_for_the_next_turn),
              ALD_CASE(loop, forgets_a_task_that_was_cancelled),
              ALD_CASE(loop, fires_alarms_in_their_order_and_not_before_their_time),
              ALD_CASE(loop, runs_what_an_alarm_pushed_before_it_blocks_again),
              ALD_CASE(loop, ends_a_bounded_turn_at_its_limit), ALD_CASE(loop, stops_from_a_task_without_blocking),
              ALD_CASE(loop, can_be_driven_by_another_loop), ALD_CASE(loop, caches_its_time_for_a_turn))
