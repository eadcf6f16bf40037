#pragma once

/*
 * Ring: slices in a row, pushed at the end and consumed as bytes at the front. Private to transport.
 *
 * Invariants: every slice in it has bytes; n_bytes is their sum. A small table is kept while it is empty, so that a
 * connection that says one thing at a time allocates nothing; a large one is given back.
 */

#include "base/block.h"
#include "base/defs.h"

struct iovec;

struct ald_ring {
    struct ald_slice *items;
    size_t room; /* a power of two, or 0 */
    size_t head, n_items;
    size_t n_bytes;
};

void ald_ring_fini(struct ald_ring *ring);
/* Takes the reference of `slice`, which has bytes. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_ring_push(struct ald_ring *ring, struct ald_slice slice);
/* The `i`-th slice. */
struct ald_slice *ald_ring_at(const struct ald_ring *ring, size_t i);
/* The last slice, or NULL. */
struct ald_slice *ald_ring_last(const struct ald_ring *ring);
/* Lay the first slices into up to `n_iov` places; returns how many, and their bytes through `ret_bytes`. */
size_t ald_ring_iov(const struct ald_ring *ring, struct iovec *iov, size_t n_iov, size_t *ret_bytes);
/* Forget the first `size` bytes. */
void ald_ring_pop(struct ald_ring *ring, size_t size);
/* Forget everything and give the memory back. */
void ald_ring_drop(struct ald_ring *ring);
