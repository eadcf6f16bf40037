#pragma once

/*
 * Cpu: the processor time a process has used, and its memory, as /proc tells them.
 */

#include <sys/types.h>

#include "base/defs.h"

struct bench_cpu {
    ald_usec user, system; /* in ticks of the kernel, mostly 10 ms */
    ald_usec both;         /* to the nanosecond, of all threads; 0 where the kernel does not tell */
};

/* All zero when there is no such process. */
struct bench_cpu bench_cpu_read(pid_t pid);
