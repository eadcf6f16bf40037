#pragma once

/*
 * Engine: a loop that many threads may use: what turns it, how they reach it, and how one waits for it.
 *
 * Either a thread of its own turns it, or whoever calls ald_engine_turn() or ald_engine_wait(). Whoever turns it is
 * *inside* while it does; all of the loop's callbacks run inside. Other threads hand in *posts*, which run inside, in
 * order.
 *
 * Lifetime:   counted references; the loop and the net end when the engine does, the rest with the last reference. Its
 *             end comes after ald_engine_stop(), when the present turn is over.
 * Threading:  any thread, but where it says "inside".
 * Invariants: at most one thread is inside. A post that was taken runs exactly once, at the latest when the engine
 * ends, and is
 *             then told so.
 */

#include "base/list.h"
#include "loop/loop.h"
#include "transport/net.h"

struct ald_engine;

/* Something to be done inside. Lives in its owner, which waits for `run` before it is freed. */
struct ald_post {
    struct ald_node node;
    /* `ended`: the engine ends, and everything on it but the loop is gone. May free its owner. */
    void (*run)(struct ald_post *post, bool ended);
    /* It only says something to a hub, which a callback may do as well: see ald_engine_settle(). */
    bool says;
};

/* Gives an engine that stands still, with one reference. `driven`: it gets no thread. Errors: ALDIS_E_NOMEM,
 * ALDIS_E_LIMIT. */
ALD_NODISCARD int ald_engine_new(bool driven, struct ald_engine **ret_engine);
struct ald_engine *ald_engine_ref(struct ald_engine *engine);
struct ald_engine *
ald_engine_unref(struct ald_engine *engine); /* NULL is fine; returns NULL. Ends it if it never started */
ALD_DEFINE_CLEANUP(struct ald_engine *, ald_engine_unref);

/* Errors: ALDIS_E_INVALID (started before), ALDIS_E_LIMIT, ALDIS_E_CLOSED. */
ALD_NODISCARD int ald_engine_start(struct ald_engine *engine);
/* End after this turn. Inside, or before the start; what stands on the loop is gone by the end of the turn. */
void ald_engine_stop(struct ald_engine *engine);
/* Wait until its thread has ended; inside it is let go of instead. Once, by who started and stopped it. */
void ald_engine_join(struct ald_engine *engine);

/* They do not change. For use inside, or before the start. */
struct ald_loop *ald_engine_loop(const struct ald_engine *engine);
struct ald_net *ald_engine_net(const struct ald_engine *engine);
bool ald_engine_driven(const struct ald_engine *engine);
/* The calling thread is inside. */
bool ald_engine_inside(struct ald_engine *engine);
/* It was started and has not ended. */
bool ald_engine_running(struct ald_engine *engine);

/* What the lock guards is said where it stands; it is never held while something is called back. */
void ald_engine_lock(struct ald_engine *engine);
/* Unlocking wakes everybody who waits: what they wait for may have come true. */
void ald_engine_unlock(struct ald_engine *engine);

/* Have `post` run inside; never in this call. Borrows it until it has run. Errors: ALDIS_E_CLOSED (it ends; `run` will
 * not come). */
ALD_NODISCARD int ald_engine_post(struct ald_engine *engine, struct ald_post *post);
/*
 * Inside, where a callback of the program has just returned: run the posts that wait now, up to the first that does more than
 * say something. So what a program answers in its handlers is said before the next thing is heard, in the order in which it was
 * said, and not only when the whole of a burst was.
 */
void ald_engine_settle(struct ald_engine *engine);

/*
 * Run `fn` inside and wait for it: in this call, if that is possible without another thread. Errors: ALDIS_E_CLOSED (it
 * was not run).
 */
ALD_NODISCARD int ald_engine_do(struct ald_engine *engine, void (*fn)(void *owner), void *owner);

/*
 * Wait until `fact` (called with the lock held) is true, at most until `until`; turns the engine where nobody else
 * does. Errors: ALDIS_E_TIMEOUT, ALDIS_E_CLOSED (it has ended, and the fact is false), ALDIS_E_CALLBACK (called
 * inside), ALDIS_E_INVALID (not started).
 */
ALD_NODISCARD int ald_engine_wait(struct ald_engine *engine, bool (*fact)(const void *owner), const void *owner,
                                  ald_usec until);

/* Driven by a program. Errors: ALDIS_E_INVALID (it has a thread, or is not started), ALDIS_E_CLOSED,
 * ALDIS_E_CALLBACK. */
ALD_NODISCARD int ald_engine_turn(struct ald_engine *engine);
/* The descriptor; errors as above, but for CALLBACK and that it need not be started. */
ALD_NODISCARD int ald_engine_fd(struct ald_engine *engine);
/* Milliseconds, -1: never; 0 when something is wrong, which the turn tells. */
int ald_engine_timeout(struct ald_engine *engine);
