#include "base/block.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/poison.h"

struct ald_block_pool {
    size_t block_size;
    size_t kept_max;
    size_t n_kept;
    size_t n_live;
    struct ald_block *kept[]; /* a stack: the block returned last is the warmest in the cache */
};

int ald_block_pool_new(size_t block_size, size_t kept_max, struct ald_block_pool **ret_pool)
{
    struct ald_block_pool *pool;

    if (kept_max > (SIZE_MAX - sizeof(*pool)) / sizeof(pool->kept[0])) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    pool = calloc(1, sizeof(*pool) + kept_max * sizeof(pool->kept[0]));
    if (pool == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    pool->block_size = block_size;
    pool->kept_max = kept_max;
    *ret_pool = pool;
    return 0;
}

struct ald_block_pool *ald_block_pool_free(struct ald_block_pool *pool)
{
    if (pool == NULL) {
        return NULL;
    }
    ald_assert(pool->n_live == 0);

    while (pool->n_kept > 0) {
        free(pool->kept[--pool->n_kept]);
    }
    free(pool);
    return NULL;
}

size_t ald_block_pool_block_size(const struct ald_block_pool *pool)
{
    return pool->block_size;
}

size_t ald_block_pool_live(const struct ald_block_pool *pool)
{
    return pool->n_live;
}

int ald_block_new(size_t size, struct ald_block **ret_block)
{
    struct ald_block *block;

    if (size > SIZE_MAX - sizeof(*block)) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    block = malloc(sizeof(*block) + size);
    if (block == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *block = (struct ald_block){.refs = 1, .size = size};
    *ret_block = block;
    return 0;
}

int ald_block_pool_get(struct ald_block_pool *pool, struct ald_block **ret_block)
{
    struct ald_block *block = NULL;
    int r;

    if (pool->n_kept > 0) {
        block = pool->kept[--pool->n_kept];
        ald_unpoison(block, sizeof(*block) + pool->block_size);
        ald_assert(block->refs == 0);
        block->refs = 1;
    } else {
        r = ald_block_new(pool->block_size, &block);
        if (r < 0) {
            return ald_trace(r);
        }
        block->pool = pool;
    }
    pool->n_live++;
    *ret_block = block;
    return 0;
}

static void pool_put(struct ald_block_pool *pool, struct ald_block *block)
{
    ald_assert(pool->n_live > 0);
    pool->n_live--;

    if (pool->n_kept == pool->kept_max) {
        free(block);
        return;
    }
    pool->kept[pool->n_kept++] = block;
    ald_poison(block, sizeof(*block) + pool->block_size);
}

struct ald_block *ald_block_ref(struct ald_block *block)
{
    ald_assert(block->refs > 0 && block->refs < UINT32_MAX);
    block->refs++;
    return block;
}

struct ald_block *ald_block_unref(struct ald_block *block)
{
    if (block == NULL) {
        return NULL;
    }
    ald_assert(block->refs > 0);

    if (--block->refs > 0) {
        return NULL;
    }
    if (block->pool != NULL) {
        pool_put(block->pool, block);
    } else {
        free(block);
    }
    return NULL;
}

struct ald_slice ald_slice_of(struct ald_block *block, const uint8_t *data, size_t size)
{
    ald_assert(data >= block->data && (size_t)(data - block->data) <= block->size);
    ald_assert(size <= block->size - (size_t)(data - block->data));

    return (struct ald_slice){ald_block_ref(block), data, size};
}

struct ald_slice ald_slice_static(struct ald_str literal)
{
    return (struct ald_slice){NULL, (const uint8_t *)literal.data, literal.size};
}

struct ald_slice ald_slice_ref(struct ald_slice slice)
{
    if (slice.block != NULL) {
        (void)ald_block_ref(slice.block);
    }
    return slice;
}

struct ald_slice ald_slice_part(struct ald_slice slice, size_t from, size_t size)
{
    ald_assert(from <= slice.size && size <= slice.size - from);

    if (slice.data != NULL) {
        slice.data += from;
    }
    slice.size = size;
    return ald_slice_ref(slice);
}

int ald_slice_copy(struct ald_str bytes, struct ald_slice *ret_slice)
{
    struct ald_block *block = NULL;
    int r;

    /* Absent stays absent and empty stays empty; neither needs a block. */
    if (bytes.size == 0) {
        *ret_slice = bytes.data != NULL ? ald_slice_static(ALD_STR("")) : ALD_SLICE_NONE;
        return 0;
    }
    r = ald_block_new(bytes.size, &block);
    if (r < 0) {
        return ald_trace(r);
    }
    memcpy(block->data, bytes.data, bytes.size);
    *ret_slice = (struct ald_slice){block, block->data, bytes.size};
    return 0;
}
