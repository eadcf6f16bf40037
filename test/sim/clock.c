#include "sim/clock.h"

#include <stdlib.h>

/* A binary heap by time, then by number. */

static bool task_before(const struct sim_task *a, const struct sim_task *b)
{
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void clock_rise(struct sim_clock *clock, size_t place)
{
    struct sim_task task = clock->heap[place];

    while (place > 0 && task_before(&task, &clock->heap[(place - 1) / 2])) {
        clock->heap[place] = clock->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    clock->heap[place] = task;
}

static void clock_sink(struct sim_clock *clock, size_t place)
{
    struct sim_task task = clock->heap[place];

    for (;;) {
        size_t child = 2 * place + 1;

        if (child >= clock->n_tasks) {
            break;
        }
        if (child + 1 < clock->n_tasks && task_before(&clock->heap[child + 1], &clock->heap[child])) {
            child++;
        }
        if (!task_before(&clock->heap[child], &task)) {
            break;
        }
        clock->heap[place] = clock->heap[child];
        place = child;
    }
    clock->heap[place] = task;
}

void sim_clock_init(struct sim_clock *clock, ald_usec now)
{
    struct sim_task *heap = clock->heap;
    size_t room = clock->room;

    *clock = (struct sim_clock){.now = now, .heap = heap, .room = room};
}

void sim_clock_fini(struct sim_clock *clock)
{
    free(clock->heap);
    *clock = (struct sim_clock){0};
}

void sim_clock_at(struct sim_clock *clock, ald_usec at, sim_task_fn run, void *who, uint64_t what)
{
    if (clock->n_tasks == clock->room) {
        clock->room = clock->room != 0 ? 2 * clock->room : 1024;
        clock->heap = realloc(clock->heap, clock->room * sizeof(*clock->heap));
        ald_assert(clock->heap != NULL);
    }
    clock->heap[clock->n_tasks] = (struct sim_task){
        .at = ALD_MAX(at, clock->now), .number = clock->n_made++, .run = run, .who = who, .what = what};
    clock_rise(clock, clock->n_tasks++);
}

bool sim_clock_step(struct sim_clock *clock, ald_usec until)
{
    struct sim_task task;

    if (clock->n_tasks == 0 || clock->heap[0].at > until) {
        clock->now = ALD_MAX(clock->now, until);
        return false;
    }
    task = clock->heap[0];
    clock->heap[0] = clock->heap[--clock->n_tasks];
    if (clock->n_tasks > 0) {
        clock_sink(clock, 0);
    }
    clock->now = task.at;
    task.run(task.who, task.what);
    return true;
}
