#pragma once

/*
 * Pool: objects of one size, kept for the next time. The steady state of the hub allocates nothing because every
 * message, command and queue entry comes from one of these.
 *
 * Threading: one thread. Returned memory is not zeroed. At most `kept_max` free objects are kept.
 */

#include "base/defs.h"

struct ald_pool {
    size_t object_size;
    size_t kept_max;
    size_t n_kept;
    size_t n_live; /* handed out and not yet put back */
    void *kept;    /* chain of free objects */
};

void ald_pool_init(struct ald_pool *pool, size_t object_size, size_t kept_max);
/* Asserts that nothing is live. */
void ald_pool_fini(struct ald_pool *pool);
/* NULL when memory is short. */
void *ald_pool_get(struct ald_pool *pool);
/* NULL is fine. */
void ald_pool_put(struct ald_pool *pool, void *object);
