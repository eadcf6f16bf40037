#pragma once

/*
 * Errors on their way out: their texts, and the trace of where each passed.
 *
 * The pure layers never log. They return an error through ald_trace(), which hands it to a sink; a program installs one
 * before it starts anything, and without one nothing is written.
 */

#include "base/defs.h"

enum ald_sink_kind { ALD_SINK_TRACE, ALD_SINK_PANIC };

/* `what` is the text of the error or the failed fact; `file` and `line` tell where. Borrows everything. */
typedef void (*ald_sink_fn)(enum ald_sink_kind kind, const char *what, const char *file, int line);

/* Install `sink` (NULL: none). Once, before any thread starts. */
void ald_sink_set(ald_sink_fn sink);

/* The text of an error of <aldis/errors.h>, never NULL. */
const char *ald_error_text(int error);

#define ald_trace(error) ald_trace_at((error), __FILE__, __LINE__)
/* Returns `error`, which must be negative. */
int ald_trace_at(int error, const char *file, int line);
