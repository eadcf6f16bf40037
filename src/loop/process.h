#pragma once

/*
 * Process: a child program that is given its input and whose output is collected.
 *
 * Lifetime:   ald_process_new() to ald_process_close(). The exit callback comes once: when the child has ended and
 *             both its outputs are at their end, or, when a grandchild keeps them open, ALD_PROCESS_LINGER later.
 * Limits:     what passes `output_max` of either output is read and dropped, so that the child does not hang, and told.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_loop;
struct ald_process;

#define ALD_PROCESS_LINGER (200 * ALD_MSEC)

struct ald_process_spec {
    const char *const *argv; /* argv[0] is looked up in PATH; ends with NULL */
    const char *const *env;  /* "NAME=value", ends with NULL; NULL: what we have ourselves */
    struct ald_str input;    /* copied; its end is the end of the child's standard input */
    size_t output_max;       /* of each output */
    bool group;              /* it leads a session of its own: a signal reaches what it started too, and the terminal's
                                do not reach it */
};

struct ald_process_end {
    int status;                   /* exit status, or -1 when a signal ended it */
    int signal;                   /* the signal that ended it, or 0 */
    struct ald_str output, error; /* what it wrote; valid until ald_process_close() */
    bool output_cut, error_cut;   /* there was more than output_max */
};

typedef void (*ald_process_fn)(void *owner, const struct ald_process_end *end);

/*
 * Start the child. Borrows `spec`. Errors: ALDIS_E_NOMEM, ALDIS_E_IO (no such program, and all else the system says to
 * it), ALDIS_E_LIMIT (descriptors or processes).
 */
ALD_NODISCARD int ald_process_new(struct ald_loop *loop, const struct ald_process_spec *spec, ald_process_fn fn,
                                  void *owner, struct ald_process **ret_process);
/* Send it a signal; harmless when it has ended. */
void ald_process_kill(struct ald_process *process, int number);
/* A child that still runs is killed, and reaped in silence. NULL is fine; returns NULL. */
struct ald_process *ald_process_close(struct ald_process *process);
