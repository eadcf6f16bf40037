#include "transport/ring.h"

#include <stdlib.h>
#include <sys/uio.h>

#include "base/error.h"

/* 192 bytes: what an idle connection keeps. */
enum { RING_ROOM_KEPT = 8 };

void ald_ring_drop(struct ald_ring *ring)
{
    ald_ring_pop(ring, ring->n_bytes);
    free(ring->items);
    *ring = (struct ald_ring){0};
}

void ald_ring_fini(struct ald_ring *ring)
{
    ald_ring_drop(ring);
}

struct ald_slice *ald_ring_at(const struct ald_ring *ring, size_t i)
{
    ald_assert(i < ring->n_items);
    return &ring->items[(ring->head + i) & (ring->room - 1)];
}

struct ald_slice *ald_ring_last(const struct ald_ring *ring)
{
    return ring->n_items > 0 ? ald_ring_at(ring, ring->n_items - 1) : NULL;
}

static int ring_grow(struct ald_ring *ring)
{
    size_t room = ring->room == 0 ? RING_ROOM_KEPT : 2 * ring->room;
    struct ald_slice *items = room <= SIZE_MAX / sizeof(*items) ? malloc(room * sizeof(*items)) : NULL;

    if (items == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < ring->n_items; i++) {
        items[i] = *ald_ring_at(ring, i);
    }
    free(ring->items);
    ring->items = items;
    ring->room = room;
    ring->head = 0;
    return 0;
}

int ald_ring_push(struct ald_ring *ring, struct ald_slice slice)
{
    int r;

    ald_assert(slice.size > 0);
    if (ring->n_items == ring->room) {
        r = ring_grow(ring);
        if (r < 0) {
            return r;
        }
    }
    ring->n_items++;
    ring->n_bytes += slice.size;
    *ald_ring_last(ring) = slice;
    return 0;
}

size_t ald_ring_iov(const struct ald_ring *ring, struct iovec *iov, size_t n_iov, size_t *ret_bytes)
{
    size_t n = ALD_MIN(n_iov, ring->n_items), bytes = 0;

    for (size_t i = 0; i < n; i++) {
        const struct ald_slice *slice = ald_ring_at(ring, i);

        iov[i] = (struct iovec){.iov_base = (void *)slice->data, .iov_len = slice->size}; /* sending only reads it */
        bytes += slice->size;
    }
    *ret_bytes = bytes;
    return n;
}

void ald_ring_pop(struct ald_ring *ring, size_t size)
{
    ald_assert(size <= ring->n_bytes);
    ring->n_bytes -= size;
    while (size > 0) {
        struct ald_slice *first = ald_ring_at(ring, 0);

        if (size < first->size) {
            first->data += size;
            first->size -= size;
            break;
        }
        size -= first->size;
        ald_slice_clear(first);
        ring->head = (ring->head + 1) & (ring->room - 1);
        ring->n_items--;
    }
    if (ring->n_items == 0 && ring->room > RING_ROOM_KEPT) {
        free(ring->items);
        *ring = (struct ald_ring){0};
    }
}
