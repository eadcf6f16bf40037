/*
 * One mutex guards the inbox, the state and who is inside; one condition is told of every change of anything that
 * somebody may wait for. There are few waiters, so that it wakes all of them costs little.
 *
 * Without a thread of its own the engine works by leader and followers: of the threads that wait, one turns the loop
 * until what it waits for has come true, and the others wait for the condition. When the leader leaves, the next one
 * leads.
 */

#include "api/engine.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/sm.h"

enum engine_state { ENGINE_NEW, ENGINE_RUNNING, ENGINE_STOPPING, ENGINE_ENDED };

static const struct ald_state engine_states[] = {
    [ENGINE_NEW] = {"new", ALD_STATE_INITIAL, ALD_TO(ENGINE_RUNNING) | ALD_TO(ENGINE_STOPPING)},
    [ENGINE_RUNNING] = {"running", 0, ALD_TO(ENGINE_STOPPING)},
    [ENGINE_STOPPING] = {"stopping", 0, ALD_TO(ENGINE_ENDED)},
    [ENGINE_ENDED] = {"ended", ALD_STATE_FINAL, 0},
};
static struct ald_machine engine_machine = ALD_MACHINE("engine", engine_states);

struct ald_engine {
    atomic_uint refs;
    bool driven;
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_wake *wake;
    pthread_t thread;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Guarded by the mutex. */
    uint8_t state; /* enum engine_state */
    bool turning;  /* `turner` is inside */
    pthread_t turner;
    struct ald_node inbox;
};

/* A panic says its words even where the program knows nothing of our sinks. */
static void engine_sink(enum ald_sink_kind kind, const char *what, const char *file, int line)
{
    if (kind == ALD_SINK_PANIC) {
        fprintf(stderr, "libaldis: %s:%d: failed: %s\n", file, line, what);
    }
}

static pthread_once_t engine_sink_once = PTHREAD_ONCE_INIT;

static void engine_sink_install(void)
{
    ald_sink_set(engine_sink);
}

void ald_engine_lock(struct ald_engine *engine)
{
    ald_assert(pthread_mutex_lock(&engine->mutex) == 0);
}

void ald_engine_unlock(struct ald_engine *engine)
{
    ald_assert(pthread_cond_broadcast(&engine->changed) == 0);
    ald_assert(pthread_mutex_unlock(&engine->mutex) == 0);
}

static bool engine_inside(const struct ald_engine *engine)
{
    return engine->turning && pthread_equal(engine->turner, pthread_self()) != 0;
}

/* --- posts -------------------------------------------------------------------------------------------------------- */

static void engine_run_posts(struct ald_engine *engine, bool ended)
{
    for (;;) {
        struct ald_node *node;
        struct ald_post *post;

        ald_engine_lock(engine);
        node = ald_list_pop_front(&engine->inbox);
        ald_engine_unlock(engine);
        if (node == NULL) {
            return;
        }
        post = ald_list_entry(node, struct ald_post, node);
        post->run(post, ended);
    }
}

/* What is posted meanwhile has to wait for the next turn, or a busy thread would keep us here. */
void ald_engine_settle(struct ald_engine *engine)
{
    const struct ald_node *last;
    struct ald_node *node;

    ald_engine_lock(engine);
    last = ald_list_empty(&engine->inbox) ? NULL : engine->inbox.prev;
    ald_engine_unlock(engine);
    while (last != NULL) {
        struct ald_post *post = NULL;

        ald_engine_lock(engine);
        node = ald_list_first(&engine->inbox);
        if (node != NULL && ald_list_entry(node, struct ald_post, node)->says) {
            post = ald_list_entry(ald_list_pop_front(&engine->inbox), struct ald_post, node);
        }
        ald_engine_unlock(engine);
        last = node == last || post == NULL ? NULL : last;
        if (post != NULL) {
            post->run(post, false);
        }
    }
}

static void engine_woken(void *owner)
{
    engine_run_posts(owner, false);
}

int ald_engine_post(struct ald_engine *engine, struct ald_post *post)
{
    bool taken;

    ald_engine_lock(engine);
    taken = engine->state == ENGINE_NEW || engine->state == ENGINE_RUNNING;
    if (taken) {
        ald_list_push_back(&engine->inbox, &post->node);
        ald_wake_send(engine->wake); /* under the lock: the wake is closed after it says "ended" */
    }
    ald_engine_unlock(engine);
    return taken ? 0 : ALDIS_E_CLOSED;
}

/* --- beginning and end -------------------------------------------------------------------------------------------- */

/* Nothing is inside, and nobody can come in any more. */
static void engine_end(struct ald_engine *engine)
{
    engine_run_posts(engine, true);
    if (engine->wake != NULL) {                     /* else it was never whole */
        ald_ignore(ald_loop_turn(engine->loop, 0)); /* tasks that wait, and what was said last */
    }
    ald_wake_close(engine->wake);
    ald_net_free(engine->net);
    ald_loop_free(engine->loop);
    ald_engine_lock(engine);
    engine->wake = NULL;
    engine->net = NULL;
    engine->loop = NULL;
    engine->turning = false;
    ald_sm_move(&engine_machine, &engine->state, ENGINE_ENDED);
    ald_engine_unlock(engine);
}

/* One turn, with the lock held, by a thread that may. */
static void engine_turn_locked(struct ald_engine *engine, ald_usec wait)
{
    bool stopping;

    engine->turning = true;
    engine->turner = pthread_self();
    ald_engine_unlock(engine);
    ald_ignore(ald_loop_turn(engine->loop, wait)); /* the wake is always left */
    ald_engine_lock(engine);
    stopping = engine->state == ENGINE_STOPPING;
    if (stopping) {
        ald_engine_unlock(engine); /* still inside: nobody else turns it */
        engine_end(engine);
        ald_engine_lock(engine);
    }
    engine->turning = false;
}

static void *engine_thread(void *owner)
{
    struct ald_engine *engine = owner;

    ald_engine_lock(engine);
    while (engine->state != ENGINE_ENDED) {
        engine_turn_locked(engine, ALD_NEVER);
    }
    ald_engine_unlock(engine);
    ald_engine_unref(engine);
    return NULL;
}

/* The program's handlers of signals must not run on a thread that it does not know. */
static int engine_spawn(struct ald_engine *engine)
{
    sigset_t all, before;
    int r;

    sigfillset(&all);
    ald_assert(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    r = pthread_create(&engine->thread, NULL, engine_thread, ald_engine_ref(engine));
    ald_assert(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (r != 0) {
        ald_engine_unref(engine);
        return ald_trace(ALDIS_E_LIMIT);
    }
    return 0;
}

int ald_engine_start(struct ald_engine *engine)
{
    int r = 0;

    ald_engine_lock(engine);
    if (engine->state == ENGINE_NEW) {
        r = engine->driven ? 0 : engine_spawn(engine);
        if (r == 0) {
            ald_sm_move(&engine_machine, &engine->state, ENGINE_RUNNING);
        }
    } else {
        r = engine->state == ENGINE_RUNNING ? ALDIS_E_INVALID : ALDIS_E_CLOSED;
    }
    ald_engine_unlock(engine);
    return r < 0 ? ald_trace(r) : 0;
}

void ald_engine_stop(struct ald_engine *engine)
{
    bool still;

    ald_engine_lock(engine);
    still = engine->state == ENGINE_NEW;
    if (engine->state < ENGINE_STOPPING) {
        ald_sm_move(&engine_machine, &engine->state, ENGINE_STOPPING);
    }
    still = still && !engine->turning;
    ald_engine_unlock(engine);
    if (still) {
        engine_end(engine); /* there is no turn at whose end it could happen */
    }
}

void ald_engine_join(struct ald_engine *engine)
{
    if (engine->driven) {
        return;
    }
    if (ald_engine_inside(engine)) {
        ald_assert(pthread_detach(engine->thread) == 0);
    } else {
        ald_assert(pthread_join(engine->thread, NULL) == 0);
    }
}

static int engine_init_lock(struct ald_engine *engine)
{
    pthread_condattr_t monotonic;

    /* On Linux none of these can fail but for memory, which they do not need. */
    ald_assert(pthread_condattr_init(&monotonic) == 0);
    ald_assert(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    ald_assert(pthread_cond_init(&engine->changed, &monotonic) == 0);
    ald_assert(pthread_condattr_destroy(&monotonic) == 0);
    ald_assert(pthread_mutex_init(&engine->mutex, NULL) == 0);
    return 0;
}

int ald_engine_new(bool driven, struct ald_engine **ret_engine)
{
    ALD_AUTO(ald_engine_unref) struct ald_engine *engine = calloc(1, sizeof(*engine));
    int r;

    ald_assert(pthread_once(&engine_sink_once, engine_sink_install) == 0);
    if (engine == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    atomic_init(&engine->refs, 1);
    engine->driven = driven;
    ald_node_init(&engine->inbox);
    r = engine_init_lock(engine);
    if (r == 0) {
        r = ald_loop_new(&engine->loop);
    }
    if (r == 0) {
        r = ald_net_new(engine->loop, &engine->net);
    }
    if (r == 0) {
        r = ald_wake_new(engine->loop, engine_woken, engine, &engine->wake);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_engine = ald_steal(&engine);
    return 0;
}

struct ald_engine *ald_engine_ref(struct ald_engine *engine)
{
    atomic_fetch_add_explicit(&engine->refs, 1, memory_order_relaxed);
    return engine;
}

struct ald_engine *ald_engine_unref(struct ald_engine *engine)
{
    if (engine == NULL || atomic_fetch_sub_explicit(&engine->refs, 1, memory_order_acq_rel) > 1) {
        return NULL;
    }
    ald_engine_stop(engine); /* one that never started ends here; any other has ended */
    ald_assert(engine->state == ENGINE_ENDED);
    pthread_cond_destroy(&engine->changed);
    pthread_mutex_destroy(&engine->mutex);
    free(engine);
    return NULL;
}

struct ald_loop *ald_engine_loop(const struct ald_engine *engine)
{
    return engine->loop;
}

struct ald_net *ald_engine_net(const struct ald_engine *engine)
{
    return engine->net;
}

bool ald_engine_driven(const struct ald_engine *engine)
{
    return engine->driven;
}

bool ald_engine_inside(struct ald_engine *engine)
{
    bool inside;

    ald_engine_lock(engine);
    inside = engine_inside(engine);
    ald_engine_unlock(engine);
    return inside;
}

bool ald_engine_running(struct ald_engine *engine)
{
    bool running;

    ald_engine_lock(engine);
    running = engine->state == ENGINE_RUNNING || engine->state == ENGINE_STOPPING;
    ald_engine_unlock(engine);
    return running;
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

static void engine_sleep(struct ald_engine *engine, ald_usec until)
{
    struct timespec at = {.tv_sec = (time_t)(until / ALD_SEC), .tv_nsec = (long)(until % ALD_SEC * 1000)};

    if (until == ALD_NEVER) {
        ald_ignore(pthread_cond_wait(&engine->changed, &engine->mutex));
    } else {
        ald_ignore(pthread_cond_timedwait(&engine->changed, &engine->mutex, &at)); /* the clock is asked again */
    }
}

/* Nobody else turns it, nor ever will by itself. */
static bool engine_may_lead(const struct ald_engine *engine)
{
    return engine->driven && !engine->turning && engine->state != ENGINE_ENDED;
}

int ald_engine_wait(struct ald_engine *engine, bool (*fact)(const void *owner), const void *owner, ald_usec until)
{
    int r = 0;

    ald_engine_lock(engine);
    while (r == 0 && !fact(owner)) {
        ald_usec now = ald_loop_fresh();

        if (engine_inside(engine)) {
            r = ALDIS_E_CALLBACK;
        } else if (engine->state == ENGINE_NEW) {
            r = ALDIS_E_INVALID;
        } else if (engine->state == ENGINE_ENDED) {
            r = ALDIS_E_CLOSED;
        } else if (now >= until) {
            r = ALDIS_E_TIMEOUT;
        } else if (engine_may_lead(engine)) {
            engine_turn_locked(engine, until == ALD_NEVER ? ALD_NEVER : until - now);
        } else {
            engine_sleep(engine, until);
        }
    }
    ald_engine_unlock(engine);
    return r; /* an answer more than a failure, so it is not traced */
}

/* --- doing -------------------------------------------------------------------------------------------------------- */

struct engine_errand {
    struct ald_post post;
    struct ald_engine *engine;
    void (*fn)(void *owner);
    void *owner;
    bool done, left_out; /* guarded by the engine's mutex */
};

static void errand_run(struct ald_post *post, bool ended)
{
    struct engine_errand *errand = ald_container(post, struct engine_errand, post);
    struct ald_engine *engine = errand->engine;

    if (!ended) {
        errand->fn(errand->owner);
    }
    ald_engine_lock(engine);
    errand->left_out = ended;
    errand->done = true;
    ald_engine_unlock(engine); /* from here on it may be gone */
}

static bool errand_done(const void *owner)
{
    const struct engine_errand *errand = owner;

    return errand->done;
}

/* Nothing turns it, so whoever comes is inside for as long as it takes. */
static int engine_do_here(struct ald_engine *engine, void (*fn)(void *owner), void *owner)
{
    engine->turning = true;
    engine->turner = pthread_self();
    ald_engine_unlock(engine);
    fn(owner);
    ald_engine_lock(engine);
    if (engine->state == ENGINE_STOPPING) {
        ald_engine_unlock(engine);
        engine_end(engine);
        ald_engine_lock(engine);
    }
    engine->turning = false;
    ald_engine_unlock(engine);
    return 0;
}

int ald_engine_do(struct ald_engine *engine, void (*fn)(void *owner), void *owner)
{
    struct engine_errand errand = {.post = {.run = errand_run}, .engine = engine, .fn = fn, .owner = owner};
    int r;

    ald_engine_lock(engine);
    if (engine_inside(engine)) {
        ald_engine_unlock(engine);
        fn(owner);
        return 0;
    }
    while (engine->turning && engine->state == ENGINE_NEW) {
        engine_sleep(engine, ALD_NEVER); /* another one is being done */
    }
    if (engine->state == ENGINE_NEW) {
        return engine_do_here(engine, fn, owner);
    }
    ald_engine_unlock(engine);
    r = ald_engine_post(engine, &errand.post);
    if (r < 0) {
        return r;
    }
    ald_ignore(ald_engine_wait(engine, errand_done, &errand, ALD_NEVER)); /* it is done, or left out at the end */
    return errand.left_out ? ALDIS_E_CLOSED : 0;
}

/* --- driven ------------------------------------------------------------------------------------------------------- */

static int engine_driven_fault(const struct ald_engine *engine)
{
    if (!engine->driven) {
        return ALDIS_E_INVALID;
    }
    return engine->state == ENGINE_ENDED ? ALDIS_E_CLOSED : 0;
}

int ald_engine_turn(struct ald_engine *engine)
{
    int r;

    ald_engine_lock(engine);
    r = engine_driven_fault(engine);
    if (r == 0 && engine_inside(engine)) {
        r = ALDIS_E_CALLBACK;
    }
    if (r == 0 && engine->state == ENGINE_NEW) {
        r = ALDIS_E_INVALID;
    }
    while (r == 0 && engine->turning) {
        engine_sleep(engine, ALD_NEVER);
        r = engine_driven_fault(engine);
    }
    if (r == 0) {
        engine_turn_locked(engine, 0);
        r = engine_driven_fault(engine);
    }
    ald_engine_unlock(engine);
    return r;
}

int ald_engine_fd(struct ald_engine *engine)
{
    int r;

    ald_engine_lock(engine);
    r = engine_driven_fault(engine);
    if (r == 0) {
        r = ald_loop_fd(engine->loop);
    }
    ald_engine_unlock(engine);
    return r;
}

/* While another thread turns it there is nothing to be done here until the descriptor says so. */
int ald_engine_timeout(struct ald_engine *engine)
{
    ald_usec wait = 0;

    ald_engine_lock(engine);
    if (engine_driven_fault(engine) == 0 && engine->state != ENGINE_NEW && !engine_inside(engine)) {
        wait = engine->turning ? ALD_MSEC : ald_loop_wait(engine->loop);
    }
    ald_engine_unlock(engine);
    return wait == ALD_NEVER ? -1 : (int)ALD_MIN((wait + 999) / ALD_MSEC, (ald_usec)INT32_MAX);
}
