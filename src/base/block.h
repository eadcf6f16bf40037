#pragma once

/*
 * Block: reference-counted memory that many may read; slice: a part of one, with a reference.
 *
 * Bytes come in from a socket into a block, and whatever is found in them (a payload) is a slice of it, so a message
 * crosses the hub without its bytes being copied. Small things that must wait are copied out instead, because a slice
 * keeps its whole block alive: see ald_slice_copy().
 *
 * Threading: a block and all its slices belong to one thread.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_block_pool;

struct ald_block {
    uint32_t refs;
    uint32_t unused;
    size_t size;                 /* bytes in data[] */
    struct ald_block_pool *pool; /* where it goes back to, or NULL: to free() */
    uint8_t data[];
};

/*
 * A pool keeps up to `kept_max` free blocks of exactly `block_size` data bytes, so that the steady state allocates
 * nothing. It must outlive its blocks. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_block_pool_new(size_t block_size, size_t kept_max, struct ald_block_pool **ret_pool);
struct ald_block_pool *ald_block_pool_free(struct ald_block_pool *pool);
ALD_DEFINE_CLEANUP(struct ald_block_pool *, ald_block_pool_free);
size_t ald_block_pool_block_size(const struct ald_block_pool *pool);
/* Blocks handed out and not yet returned. */
size_t ald_block_pool_live(const struct ald_block_pool *pool);

/* Gives a block of `size` bytes, uninitialised. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_block_new(size_t size, struct ald_block **ret_block);
/* Gives a block of the pool's size. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_block_pool_get(struct ald_block_pool *pool, struct ald_block **ret_block);
struct ald_block *ald_block_ref(struct ald_block *block);
struct ald_block *ald_block_unref(struct ald_block *block); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_block *, ald_block_unref);

/* `block` may be NULL for bytes that live for ever (literals) and for the empty slice. */
struct ald_slice {
    struct ald_block *block;
    const uint8_t *data;
    size_t size;
};

#define ALD_SLICE_NONE ((struct ald_slice){NULL, NULL, 0})

/* Shares: the slice adds its own reference to `block`. */
struct ald_slice ald_slice_of(struct ald_block *block, const uint8_t *data, size_t size);
/* A slice over bytes that outlive everything. */
struct ald_slice ald_slice_static(struct ald_str literal);
struct ald_slice ald_slice_ref(struct ald_slice slice);
/* A further reference to bytes [from, from+size) of `slice`. */
struct ald_slice ald_slice_part(struct ald_slice slice, size_t from, size_t size);
/* Drops the reference and leaves the empty slice. */
static inline void ald_slice_clear(struct ald_slice *slice)
{
    if (slice->block != NULL) {
        (void)ald_block_unref(slice->block);
    }
    *slice = ALD_SLICE_NONE;
}

/* Gives a slice of a fresh block that holds a copy of `bytes`. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_slice_copy(struct ald_str bytes, struct ald_slice *ret_slice);

static inline struct ald_str ald_slice_str(struct ald_slice slice)
{
    return (struct ald_str){(const char *)slice.data, slice.size};
}
