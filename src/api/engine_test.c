#include "api/engine.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/test.h"

enum { POSTS_MAX = 200 };

struct row {
    struct ald_post post;
    struct ald_engine *engine;
    int at;
    int *n_run;
    int *n_ended;
    int wrong;
    struct row *then; /* posted by this one */
};

static void row_run(struct ald_post *post, bool ended)
{
    struct row *row = ald_container(post, struct row, post);

    ald_engine_lock(row->engine);
    row->wrong = *row->n_run != row->at;
    *row->n_run += 1;
    *row->n_ended += ended;
    ald_engine_unlock(row->engine);
    if (row->then != NULL) {
        ald_check_int(ald_engine_post(row->engine, &row->then->post), ended ? ALDIS_E_CLOSED : 0);
    }
}

struct count {
    const int *n;
    int wanted;
};

static bool count_reached(const void *owner)
{
    const struct count *count = owner;

    return *count->n >= count->wanted;
}

static bool never(const void *owner ALD_UNUSED)
{
    return false;
}

static void stop(void *owner)
{
    ald_engine_stop(owner);
}

/* Stop it from outside, and let go. */
static void finish(struct ald_engine *engine)
{
    ald_check_int(ald_engine_do(engine, stop, engine), 0);
    if (ald_engine_driven(engine)) {
        ald_check_int(ald_engine_wait(engine, never, NULL, ALD_NEVER), ALDIS_E_CLOSED);
    }
    ald_engine_join(engine);
    ald_engine_unref(engine);
}

static void posts_run_in_order(bool driven)
{
    static struct row rows[POSTS_MAX];
    int n_run = 0;
    int n_ended = 0;
    struct count all = {&n_run, POSTS_MAX};
    struct ald_engine *engine;

    ald_check_int(ald_engine_new(driven, &engine), 0);
    ald_check_int(ald_engine_start(engine), 0);
    for (int i = 0; i < POSTS_MAX; i++) {
        rows[i] =
            (struct row){.post = {.run = row_run}, .engine = engine, .at = i, .n_run = &n_run, .n_ended = &n_ended};
        ald_check_int(ald_engine_post(engine, &rows[i].post), 0);
    }
    ald_check_int(ald_engine_wait(engine, count_reached, &all, ald_loop_fresh() + 20 * ALD_SEC), 0);
    for (int i = 0; i < POSTS_MAX; i++) {
        ald_check_int(rows[i].wrong, 0);
    }
    ald_check_int(n_ended, 0);
    finish(engine);
}

ALD_TEST(engine, runs_posts_in_order_on_its_thread)
{
    posts_run_in_order(false);
}

ALD_TEST(engine, runs_posts_in_order_in_whoever_waits)
{
    posts_run_in_order(true);
}

ALD_TEST(engine, that_never_starts_runs_its_posts_at_its_end)
{
    int n_run = 0;
    int n_ended = 0;
    struct ald_engine *engine;
    struct row second = {.post = {.run = row_run}, .at = 1, .n_run = &n_run, .n_ended = &n_ended};
    struct row first = {.post = {.run = row_run}, .at = 0, .n_run = &n_run, .n_ended = &n_ended, .then = &second};

    ald_check_int(ald_engine_new(false, &engine), 0);
    first.engine = second.engine = engine;
    ald_check_int(ald_engine_post(engine, &first.post), 0);
    ald_engine_unref(engine);
    ald_check_int(n_run, 1); /* what it posted itself was not taken any more */
    ald_check_int(n_ended, 1);
}

struct inside {
    struct ald_engine *engine;
    pthread_t thread;
    int wait, turn;
    bool was;
};

static void look_around(void *owner)
{
    struct inside *inside = owner;

    inside->was = ald_engine_inside(inside->engine);
    inside->thread = pthread_self();
    inside->wait = ald_engine_wait(inside->engine, never, NULL, ALD_NEVER);
    inside->turn = ald_engine_turn(inside->engine);
    ald_check_int(ald_engine_timeout(inside->engine), 0);
}

ALD_TEST(engine, does_on_its_thread_what_is_asked_of_it)
{
    struct inside inside = {0};

    ald_check_int(ald_engine_new(false, &inside.engine), 0);
    ald_check_int(ald_engine_wait(inside.engine, never, NULL, ALD_NEVER), ALDIS_E_INVALID); /* nobody would end that */
    ald_check_int(ald_engine_do(inside.engine, look_around, &inside), 0);
    ald_check(pthread_equal(inside.thread, pthread_self()) != 0); /* there is no thread yet */
    ald_check_int(ald_engine_start(inside.engine), 0);
    ald_check_int(ald_engine_start(inside.engine), ALDIS_E_INVALID);
    ald_check_int(ald_engine_do(inside.engine, look_around, &inside), 0);
    ald_check(pthread_equal(inside.thread, pthread_self()) == 0);
    ald_check(inside.was && !ald_engine_inside(inside.engine));
    ald_check_int(inside.wait, ALDIS_E_CALLBACK); /* it would wait for itself */
    ald_check_int(inside.turn, ALDIS_E_INVALID);
    ald_check_int(ald_engine_turn(inside.engine), ALDIS_E_INVALID);
    ald_check_int(ald_engine_fd(inside.engine), ALDIS_E_INVALID);
    finish(inside.engine);
}

ALD_TEST(engine, that_is_driven_is_turned_by_one_at_a_time)
{
    struct inside inside = {0};

    ald_check_int(ald_engine_new(true, &inside.engine), 0);
    ald_check_int(ald_engine_turn(inside.engine), ALDIS_E_INVALID); /* not started */
    ald_check_int(ald_engine_start(inside.engine), 0);
    ald_check(ald_engine_fd(inside.engine) >= 0);
    ald_check_int(ald_engine_turn(inside.engine), 0);
    ald_check_int(ald_engine_do(inside.engine, look_around, &inside), 0);
    ald_check_int(inside.turn, ALDIS_E_CALLBACK);
    ald_check_int(inside.wait, ALDIS_E_CALLBACK);
    finish(inside.engine);
}

ALD_TEST(engine, stops_waiting_when_the_time_is_up)
{
    for (int driven = 0; driven < 2; driven++) {
        struct ald_engine *engine;

        ald_check_int(ald_engine_new(driven != 0, &engine), 0);
        ald_check_int(ald_engine_start(engine), 0);
        ald_check_int(ald_engine_wait(engine, never, NULL, ald_loop_fresh() + 5 * ALD_MSEC), ALDIS_E_TIMEOUT);
        finish(engine);
    }
}

ALD_TEST(engine, takes_nothing_after_its_end)
{
    struct ald_post post = {.run = NULL};
    struct ald_engine *engine;

    ald_check_int(ald_engine_new(false, &engine), 0);
    ald_check_int(ald_engine_start(engine), 0);
    ald_check_int(ald_engine_do(engine, stop, engine), 0);
    ald_engine_join(engine);
    ald_check_int(ald_engine_post(engine, &post), ALDIS_E_CLOSED);
    ald_check_int(ald_engine_do(engine, stop, engine), ALDIS_E_CLOSED);
    ald_check_int(ald_engine_start(engine), ALDIS_E_CLOSED);
    ald_check(!ald_engine_running(engine));
    ald_engine_unref(engine);
}

/* Many threads that post and wait, of which one leads at a time. */
enum { CROWD = 6, CROWD_POSTS = 300 };

struct crowd {
    struct ald_engine *engine;
    int n_run;
};

struct errand {
    struct ald_post post;
    struct crowd *crowd;
    int done;
};

static void errand_run(struct ald_post *post, bool ended ALD_UNUSED)
{
    struct errand *errand = ald_container(post, struct errand, post);

    ald_engine_lock(errand->crowd->engine);
    errand->crowd->n_run++;
    errand->done = 1;
    ald_engine_unlock(errand->crowd->engine);
}

static void *crowd_thread(void *owner)
{
    struct crowd *crowd = owner;

    for (int i = 0; i < CROWD_POSTS; i++) {
        struct errand errand = {.post = {.run = errand_run}, .crowd = crowd};
        struct count done = {&errand.done, 1};

        ald_check_int(ald_engine_post(crowd->engine, &errand.post), 0);
        ald_check_int(ald_engine_wait(crowd->engine, count_reached, &done, ALD_NEVER), 0);
    }
    return NULL;
}

ALD_TEST(engine, serves_a_crowd_of_threads)
{
    for (int driven = 0; driven < 2; driven++) {
        struct crowd crowd = {0};
        pthread_t threads[CROWD];

        ald_check_int(ald_engine_new(driven != 0, &crowd.engine), 0);
        ald_check_int(ald_engine_start(crowd.engine), 0);
        for (int i = 0; i < CROWD; i++) {
            ald_check_int(pthread_create(&threads[i], NULL, crowd_thread, &crowd), 0);
        }
        for (int i = 0; i < CROWD; i++) {
            ald_check_int(pthread_join(threads[i], NULL), 0);
        }
        ald_check_int(crowd.n_run, CROWD * CROWD_POSTS);
        finish(crowd.engine);
    }
}

ALD_TEST_MAIN(engine, ALD_CASE(engine, runs_posts_in_order_on_its_thread),
              ALD_CASE(engine, runs_posts_in_order_in_whoever_waits),
              ALD_CASE(engine, that_never_starts_runs_its_posts_at_its_end),
              ALD_CASE(engine, does_on_its_thread_what_is_asked_of_it),
              ALD_CASE(engine, that_is_driven_is_turned_by_one_at_a_time),
              ALD_CASE(engine, stops_waiting_when_the_time_is_up), ALD_CASE(engine, takes_nothing_after_its_end),
              ALD_CASE(engine, serves_a_crowd_of_threads))
