/*
 * The chain of kept objects runs through a word behind each object, not through the object: so a kept object is poisoned
 * whole, a live one has a poisoned word behind it that catches an overrun, and the leak checker can follow the chain.
 * glibc's chunks end eight bytes off a multiple of sixteen, so the word is usually free.
 */

#include "base/pool.h"

#include <stdlib.h>

#include "base/poison.h"

static size_t pool_link_offset(const struct ald_pool *pool)
{
    return (pool->object_size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

static void **pool_link(const struct ald_pool *pool, void *object)
{
    return (void **)(void *)((char *)object + pool_link_offset(pool));
}

void ald_pool_init(struct ald_pool *pool, size_t object_size, size_t kept_max)
{
    ald_assert(object_size > 0 && object_size < SIZE_MAX / 2);
    *pool = (struct ald_pool){.object_size = object_size, .kept_max = kept_max};
}

/*
 * Ask for the memory that the next one will get: of a pool from which hundreds are out, what is given back is in no near
 * cache any more when it is its turn. Only time is saved by this.
 */
enum { POOL_LINE = 64 };

static void pool_fetch_next(const struct ald_pool *pool)
{
    const char *object = pool->kept;

    for (size_t at = 0; object != NULL && at <= pool->object_size; at += POOL_LINE) {
        __builtin_prefetch(object + at, 1);
    }
}

/* Take the first of the chain, which must not be empty. */
static void *pool_unlink(struct ald_pool *pool)
{
    void *object = pool->kept;
    void **link = pool_link(pool, object);

    pool->kept = *link;
    pool->n_kept--;
    ald_unpoison(object, pool->object_size);
    ald_poison(link, sizeof(*link));
    return object;
}

void ald_pool_fini(struct ald_pool *pool)
{
    ald_assert(pool->n_live == 0);

    while (pool->n_kept > 0) {
        free(pool_unlink(pool));
    }
    ald_assert(pool->kept == NULL);
}

void *ald_pool_get(struct ald_pool *pool)
{
    void *object;

    if (pool->n_kept > 0) {
        object = pool_unlink(pool);
        pool_fetch_next(pool);
    } else {
        object = malloc(pool_link_offset(pool) + sizeof(void *));
        if (object == NULL) {
            return NULL;
        }
        ald_poison(pool_link(pool, object), sizeof(void *));
    }
    pool->n_live++;
    return object;
}

void ald_pool_put(struct ald_pool *pool, void *object)
{
    void **link;

    if (object == NULL) {
        return;
    }
    ald_assert(pool->n_live > 0);
    ald_assert(!ald_poisoned(object)); /* put back twice */
    pool->n_live--;

    if (pool->n_kept == pool->kept_max) {
        free(object);
        return;
    }
    link = pool_link(pool, object);
    ald_unpoison(link, sizeof(*link));
    *link = pool->kept;
    pool->kept = object;
    pool->n_kept++;
    ald_poison(object, pool->object_size);
}
