#pragma once

/*
 * Timers: a hierarchical wheel. Starting, stopping and expiring one timer are O(1); ten thousand waiting deadlines cost
 * nothing while none is due.
 *
 * The tick is 1.024 ms (a shift, not a division): a timer never fires before its time and at most one tick late once the
 * owner asks. The owner hands in the time; the wheel has no clock.
 */

#include "base/defs.h"
#include "base/list.h"

struct ald_timer {
    struct ald_node node;
    ald_usec due; /* ALD_NEVER when it is not running */
};

enum { ALD_WHEEL_BITS = 6, ALD_WHEEL_SLOTS = 1 << ALD_WHEEL_BITS, ALD_WHEEL_LEVELS = 7, ALD_WHEEL_TICK_BITS = 10 };

struct ald_wheel {
    uint64_t tick; /* everything before it has been handed out */
    uint64_t busy[ALD_WHEEL_LEVELS]; /* one bit per slot that may hold a timer */
    struct ald_node slots[ALD_WHEEL_LEVELS][ALD_WHEEL_SLOTS];
    struct ald_node expired; /* due and not yet popped, in the order they fell due */
    size_t n_timers;
};

void ald_wheel_init(struct ald_wheel *wheel, ald_usec now);

void ald_timer_init(struct ald_timer *timer);
bool ald_timer_running(const struct ald_timer *timer);
/* Start, or move, `timer` to `due`; one that is already due fires at the next advance. ALD_NEVER stops it. */
void ald_timer_start(struct ald_wheel *wheel, struct ald_timer *timer, ald_usec due);
void ald_timer_stop(struct ald_wheel *wheel, struct ald_timer *timer);

/* The earliest time at which ald_wheel_pop() may have something, never later than the truth; ALD_NEVER when idle. */
ald_usec ald_wheel_deadline(const struct ald_wheel *wheel);

/* Take out one timer that is due at `now`, stopped; NULL when there is none (left). Call it until it says NULL. */
struct ald_timer *ald_wheel_pop(struct ald_wheel *wheel, ald_usec now);
