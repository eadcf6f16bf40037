#pragma once

/*
 * Spare: scratch that its users lend to each other. Of fifty thousand connections a handful is talking at any moment, so
 * what a connection needs only while it talks is kept for whoever talks next: memory is that of the handful, and it is
 * always the same memory, which the caches hold.
 *
 * Threading: one thread. At most ALD_SPARE_MAX objects are kept: as deep as one user's work leads to another's.
 */

#include "base/defs.h"

enum { ALD_SPARE_MAX = 4 };

struct ald_spare {
    void (*drop)(void *object); /* frees one; set by whoever gives the first */
    void *objects[ALD_SPARE_MAX];
    size_t n;
};

/* The object that was given last, or NULL. */
static inline void *ald_spare_take(struct ald_spare *spare)
{
    return spare->n > 0 ? spare->objects[--spare->n] : NULL;
}

/* Keep `object` (takes), or free it when there are enough. All objects of one spare are of one kind. */
static inline void ald_spare_give(struct ald_spare *spare, void *object, void (*drop)(void *object))
{
    ald_assert(spare->drop == NULL || spare->drop == drop);

    spare->drop = drop;
    if (spare->n < ALD_SPARE_MAX) {
        spare->objects[spare->n++] = object;
    } else {
        drop(object);
    }
}

static inline void ald_spare_fini(struct ald_spare *spare)
{
    while (spare->n > 0) {
        spare->drop(ald_spare_take(spare));
    }
}
