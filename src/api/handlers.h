#pragma once

/*
 * Handlers: which function of the program takes a command of which name.
 *
 * Threading: the owner's lock is held.
 */

#include "aldis/agent.h"
#include "base/buf.h"
#include "base/table.h"

struct ald_handler {
    aldis_job_fn *fn; /* NULL: nobody */
    void *data;
};

struct ald_handlers {
    struct ald_table table; /* by name */
    struct ald_handler rest;
};

void ald_handlers_init(struct ald_handlers *handlers);
void ald_handlers_fini(struct ald_handlers *handlers);
/* Have `handler` take `name` (borrows; NULL: the rest). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_handlers_set(struct ald_handlers *handlers, const char *name, struct ald_handler handler);
/* Append the names of all, comma separated, to `out`; one with a comma in it is left out. Outcomes and errors: the buffer's. */
ALD_NODISCARD int ald_handlers_names(const struct ald_handlers *handlers, struct ald_buf *out);
/* Who takes `name`; its `fn` is NULL when nobody does. */
struct ald_handler ald_handlers_find(const struct ald_handlers *handlers, struct ald_str name);
