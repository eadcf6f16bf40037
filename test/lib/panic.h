#pragma once

/*
 * ald_check_panics(statement): the statement trips an ald_assert(). It runs in a child process, so whatever it leaves
 * half done is gone with it.
 */

#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

enum { PANIC_SEEN = 33, PANIC_NONE = 34 };

static inline void panic_sink(enum ald_sink_kind kind, const char *what ALD_UNUSED, const char *file ALD_UNUSED,
                              int line ALD_UNUSED)
{
    if (kind == ALD_SINK_PANIC) {
        _exit(PANIC_SEEN);
    }
}

/* How the child ended, as its exit status. */
static inline int panic_wait(pid_t child)
{
    int status = 0;

    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define ald_check_panics(statement)                                                                                    \
    do {                                                                                                               \
        pid_t panic_child = fork();                                                                                    \
        if (panic_child == 0) {                                                                                        \
            ald_sink_set(panic_sink);                                                                                  \
            statement;                                                                                                 \
            _exit(PANIC_NONE);                                                                                         \
        }                                                                                                              \
        if (panic_wait(panic_child) != PANIC_SEEN) {                                                                   \
            fail_msg("%s does not trip an assert", #statement);                                                        \
        }                                                                                                              \
    } while (0)
