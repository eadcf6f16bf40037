#pragma once

/*
 * Clock: virtual time and what is to happen in it. A task runs at its time, tasks of one instant in the order they were
 * made, so a world is repeated exactly from its seed.
 *
 * Threading: one thread. Tasks cannot be taken back: whoever runs asks whether it still matters.
 */

#include "base/defs.h"

typedef void (*sim_task_fn)(void *who, uint64_t what);

struct sim_task {
    ald_usec at;
    uint64_t number;
    sim_task_fn run;
    void *who;
    uint64_t what;
};

struct sim_clock {
    ald_usec now;
    uint64_t n_made;
    struct sim_task *heap;
    size_t n_tasks, room;
};

void sim_clock_init(struct sim_clock *clock, ald_usec now);
void sim_clock_fini(struct sim_clock *clock);

/* Run `run(who, what)` at `at`, or at once (after what is due now) when that has passed. */
void sim_clock_at(struct sim_clock *clock, ald_usec at, sim_task_fn run, void *who, uint64_t what);

/* Run the next task that is due up to `until`; false when there is none, and the time is then `until`. */
bool sim_clock_step(struct sim_clock *clock, ald_usec until);
