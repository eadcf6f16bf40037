#pragma once

/*
 * The inside of a loop, for the files of this folder: what poll, wake, signal, process and resolve put onto it.
 */

#include <uv.h>

#include "loop/loop.h"

struct ald_loop {
    uv_loop_t uv;
    uv_timer_t timer; /* the one libuv timer: the next alarm, or the end of a bounded turn */
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* runs while tasks wait: keeps libuv from blocking and from calling the loop dead */
    struct ald_wheel wheel;
    struct ald_node tasks;
    ald_usec now;     /* 0: not asked for since the loop woke up */
    ald_usec limit;   /* when a bounded turn must end */
    ald_usec armed;   /* what `timer` is set to, ALD_NEVER when it is stopped */
    size_t n_objects; /* polls, wakes, signals, processes and resolves that are not closed */
    bool stopping;
    bool changed; /* a watch was changed and libuv has not told the system yet, which it does when it polls */
};

/* The error for what libuv says about something that could not be made. */
int ald_loop_error(int uv_error);
