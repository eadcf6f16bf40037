#pragma once

/*
 * Loop: the one thread's heart: time, timers, descriptors, wake-ups, and work for the end of the turn.
 *
 * A turn is: due alarms run, descriptors that are ready are reported, then everything pushed as a task runs. So a
 * connection that was given ten messages in one turn pushes itself as a task once and writes once.
 *
 * Lifetime:   ald_loop_new() to ald_loop_free(). What stands on a loop is closed before the loop is freed.
 * Threading:  one thread runs a loop and calls everything here; only ald_wake_send() may be called from others.
 * Invariants: no callback runs inside the call that caused it: tasks run at the end of the turn, alarms and descriptors
 *             at their place in it. After x_close() no further callback of x comes.
 *
 * An object that the system must let go of first (a descriptor's watch, a wake-up) ends in three steps: close, wait for
 * the closed callback, free. The close functions here do the last two by themselves; ald_loop_free() waits for them.
 */

#include "base/defs.h"
#include "base/list.h"
#include "base/timer.h"

struct ald_loop;

/* Gives a loop that stands still. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT (descriptors). */
ALD_NODISCARD int ald_loop_new(struct ald_loop **ret_loop);
/* Waits for what was closed, then frees; asserts that nothing is left open. NULL is fine; returns NULL. */
struct ald_loop *ald_loop_free(struct ald_loop *loop);
ALD_DEFINE_CLEANUP(struct ald_loop *, ald_loop_free);

/* Turn until ald_loop_stop() is called, or nothing is left that could ever call back. */
void ald_loop_run(struct ald_loop *loop);
/* Leave ald_loop_run() after this turn. A stop while nothing runs makes the next run return at once. */
void ald_loop_stop(struct ald_loop *loop);

/*
 * One turn that blocks for at most `wait` microseconds (0: not at all, ALD_NEVER: until something happens; rounded up
 * to milliseconds). Tells whether anything is left that could ever call back.
 */
bool ald_loop_turn(struct ald_loop *loop, ald_usec wait);

/*
 * For a program with a loop of its own: wait until ald_loop_fd() is readable or ald_loop_wait() has passed, then call
 * ald_loop_turn(loop, 0).
 */
int ald_loop_fd(const struct ald_loop *loop);
/* Microseconds until a turn is needed: 0 at once, ALD_NEVER only for the descriptor. */
ald_usec ald_loop_wait(struct ald_loop *loop);

/* Monotonic time when this turn woke up: one system call a turn, however many deadlines are computed from it. */
ald_usec ald_loop_now(struct ald_loop *loop);
/* Monotonic time now: where the length of a turn itself matters. */
ald_usec ald_loop_fresh(void);
/* Calendar time now. */
ald_wall ald_loop_wall(void);

/*
 * Alarm: a one-shot timer inside its owner. Starting and stopping are O(1) and allocate nothing (base/timer.h), so
 * an owner may be freed as soon as its alarms are stopped. A fired alarm is stopped before its callback runs.
 */
struct ald_alarm {
    struct ald_timer timer;
    void (*fn)(void *owner);
    void *owner;
};

void ald_alarm_init(struct ald_alarm *alarm, void (*fn)(void *owner), void *owner);
/* Start, or move, `alarm` to monotonic time `due`; ALD_NEVER stops it. */
void ald_alarm_start(struct ald_loop *loop, struct ald_alarm *alarm, ald_usec due);
void ald_alarm_stop(struct ald_loop *loop, struct ald_alarm *alarm);
bool ald_alarm_running(const struct ald_alarm *alarm);

/*
 * Task: work for the end of this turn, inside its owner. Pushing one that waits already changes nothing, which is
 * what makes it a dirty list. A task that is pushed while tasks run (also by itself) runs in the next round of the same
 * turn; after ALD_LOOP_ROUNDS_MAX rounds the rest waits for the next turn, which then does not block, so that tasks
 * that feed each other cannot starve the descriptors.
 */
struct ald_task {
    struct ald_node node;
    void (*fn)(void *owner);
    void *owner;
};

enum { ALD_LOOP_ROUNDS_MAX = 8 };

void ald_task_init(struct ald_task *task, void (*fn)(void *owner), void *owner);
void ald_task_push(struct ald_loop *loop, struct ald_task *task);
/* Take it back; harmless when it does not wait. An owner does this before it is freed. */
void ald_task_cancel(struct ald_task *task);
bool ald_task_waiting(const struct ald_task *task);

/*
 * Poll: a descriptor that is watched. It is level-triggered: what is ready and not dealt with is reported again.
 */
struct ald_poll;

enum { ALD_POLL_READ = 1, ALD_POLL_WRITE = 2 };

/*
 * `ready` is a set of ALD_POLL_*; an error on the descriptor is reported as both, for the next read or write to find.
 */
typedef void (*ald_poll_fn)(void *owner, int ready);

/*
 * Gives a watch over `fd` (takes: ald_poll_close() closes it) that reports nothing yet.
 * Errors: ALDIS_E_NOMEM, ALDIS_E_IO when the descriptor cannot be watched; it is then still the caller's.
 */
ALD_NODISCARD int ald_poll_new(struct ald_loop *loop, int fd, ald_poll_fn fn, void *owner, struct ald_poll **ret_poll);
/* Report `events` (a set of ALD_POLL_*, 0: nothing) from now on. Cheap when nothing changes. */
void ald_poll_set(struct ald_poll *poll, int events);
/* Report to somebody else from now on: a descriptor passes from who connected it to who speaks over it. */
void ald_poll_own(struct ald_poll *poll, ald_poll_fn fn, void *owner);
int ald_poll_fd(const struct ald_poll *poll);
/* Stop watching and close the descriptor. NULL is fine; returns NULL. */
struct ald_poll *ald_poll_close(struct ald_poll *poll);

/*
 * Wake: how another thread reaches the loop. Several sends before the loop turns may be reported as one. While one is
 * open the loop keeps running.
 */
struct ald_wake;

/* Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. */
ALD_NODISCARD int ald_wake_new(struct ald_loop *loop, void (*fn)(void *owner), void *owner, struct ald_wake **ret_wake);
/* From any thread, also from a signal handler; not after ald_wake_close(). */
void ald_wake_send(struct ald_wake *wake);
/* NULL is fine; returns NULL. */
struct ald_wake *ald_wake_close(struct ald_wake *wake);

/*
 * Sigwatch: the system's signal `number` is reported to the loop instead of to a handler. (A "signal" is something else
 * here, see msg/signal.h.) It does not keep the loop running.
 */
struct ald_sigwatch;

/* Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID when the system lets nobody catch it. */
ALD_NODISCARD int ald_sigwatch_new(struct ald_loop *loop, int number, void (*fn)(void *owner, int number), void *owner,
                                   struct ald_sigwatch **ret_sigwatch);
/* NULL is fine; returns NULL. */
struct ald_sigwatch *ald_sigwatch_close(struct ald_sigwatch *sigwatch);
