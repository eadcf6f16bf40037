#include "transport/outq.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Marks that even an idle connection has room for; and after how many flushes in a row that need less than a quarter
 * of it a busy one gives back what it took beyond that. Its pings flush, too. */
enum { MARKS_ROOM_KEPT = 8, MARKS_CALM_MAX = 4 };

void ald_outq_init(struct ald_outq *outq, struct ald_block_pool *pool, struct ald_block_pool *pool_more)
{
    *outq = (struct ald_outq){.pool = pool, .pool_more = pool_more};
}

void ald_outq_drop(struct ald_outq *outq)
{
    ald_ring_drop(&outq->ring);
    outq->tail = ald_block_unref(outq->tail);
    free(outq->marks);
    outq->marks = NULL;
    outq->marks_room = outq->marks_head = outq->n_marks = outq->n_begun = outq->marks_peak = 0;
}

void ald_outq_fini(struct ald_outq *outq)
{
    ald_outq_drop(outq);
}

static struct ald_outq_mark *mark_at(const struct ald_outq *outq, size_t i)
{
    ald_assert(i < outq->n_marks);
    return &outq->marks[(outq->marks_head + i) & (outq->marks_room - 1)];
}

static int marks_grow(struct ald_outq *outq)
{
    size_t room = outq->marks_room == 0 ? MARKS_ROOM_KEPT : 2 * outq->marks_room;
    struct ald_outq_mark *marks = room <= SIZE_MAX / sizeof(*marks) ? malloc(room * sizeof(*marks)) : NULL;

    if (marks == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < outq->n_marks; i++) {
        marks[i] = *mark_at(outq, i);
    }
    free(outq->marks);
    outq->marks = marks;
    outq->marks_room = room;
    outq->marks_head = 0;
    return 0;
}

/* Message `ordinal` begins, or goes on, at the end of what was pushed. */
static int mark_open(struct ald_outq *outq, uint64_t ordinal)
{
    struct ald_outq_mark *last = outq->n_marks > 0 ? mark_at(outq, outq->n_marks - 1) : NULL;
    int r;

    if (last != NULL && last->ordinal == ordinal) {
        return 0;
    }
    ald_assert(last == NULL || last->ordinal < ordinal);
    if (outq->n_marks == outq->marks_room) {
        r = marks_grow(outq);
        if (r < 0) {
            return r;
        }
    }
    outq->n_marks++;
    outq->marks_peak = ALD_MAX(outq->marks_peak, outq->n_marks);
    *mark_at(outq, outq->n_marks - 1) = (struct ald_outq_mark){ordinal, outq->n_pushed, outq->n_pushed};
    return 0;
}

/* `size` bytes were written at the end of the tail block: they lengthen the last slice where it lies right before. */
static int tail_commit(struct ald_outq *outq, size_t size)
{
    uint8_t *at = outq->tail->data + outq->tail_used;
    struct ald_slice *last = ald_ring_last(&outq->ring);
    int r;

    if (last != NULL && last->data + last->size == at && last->block == outq->tail) {
        last->size += size;
        outq->ring.n_bytes += size;
    } else {
        struct ald_slice slice = ald_slice_of(outq->tail, at, size);

        r = ald_ring_push(&outq->ring, slice);
        if (r < 0) {
            ald_slice_clear(&slice);
            return r;
        }
    }
    outq->tail_used += size;
    outq->n_pushed += size;
    return 0;
}

/* What is left of the tail block; a new one when nothing is. Errors: ALDIS_E_NOMEM. */
static int tail_room(struct ald_outq *outq, size_t *ret_size)
{
    int r;

    if (outq->tail == NULL || outq->tail_used == outq->tail->size) {
        bool is_first = outq->tail == NULL;

        outq->tail = ald_block_unref(outq->tail);
        r = ald_block_pool_get(is_first ? outq->pool : outq->pool_more, &outq->tail);
        if (r < 0) {
            return ald_trace(r);
        }
        outq->tail_used = 0;
    }
    *ret_size = outq->tail->size - outq->tail_used;
    return 0;
}

static int push_copy(struct ald_outq *outq, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t part;
        int r = tail_room(outq, &part);

        if (r < 0) {
            return r;
        }
        part = ALD_MIN(size, part);
        memcpy(outq->tail->data + outq->tail_used, data, part);
        r = tail_commit(outq, part);
        if (r < 0) {
            return r;
        }
        data += part;
        size -= part;
    }
    return 0;
}

static int push_slice(struct ald_outq *outq, struct ald_slice slice)
{
    struct ald_slice shared;
    int r;

    if (slice.size <= ALD_STREAM_COPY_MAX) {
        return push_copy(outq, slice.data, slice.size);
    }
    shared = ald_slice_ref(slice);
    r = ald_ring_push(&outq->ring, shared);
    if (r < 0) {
        ald_slice_clear(&shared);
        return r;
    }
    outq->n_pushed += slice.size;
    return 0;
}

/* The size of a message of which everything is copied; 0: something is referenced. */
static size_t parts_size(struct ald_str head, const struct ald_slice *slices, size_t n_slices)
{
    size_t size = head.size;

    for (size_t i = 0; i < n_slices; i++) {
        if (slices[i].size > ALD_STREAM_COPY_MAX) {
            return 0;
        }
        size += slices[i].size;
    }
    return size;
}

static uint8_t *bytes_put(uint8_t *to, const void *data, size_t size)
{
    if (size > 0) {
        memcpy(to, data, size);
    }
    return to + size;
}

/* Nearly every message is small, and fits: its parts are copied behind each other, and counted once. */
static int push_small(struct ald_outq *outq, struct ald_str head, const struct ald_slice *slices, size_t n_slices,
                      size_t size)
{
    uint8_t *to = outq->tail->data + outq->tail_used;

    to = bytes_put(to, head.data, head.size);
    for (size_t i = 0; i < n_slices; i++) {
        to = bytes_put(to, slices[i].data, slices[i].size);
    }
    return tail_commit(outq, size);
}

static int push_parts(struct ald_outq *outq, struct ald_str head, const struct ald_slice *slices, size_t n_slices)
{
    int r = push_copy(outq, (const uint8_t *)head.data, head.size);

    for (size_t i = 0; r == 0 && i < n_slices; i++) {
        r = push_slice(outq, slices[i]);
    }
    return r;
}

int ald_outq_push(struct ald_outq *outq, struct ald_str head, const struct ald_slice *slices, size_t n_slices,
                  uint64_t ordinal)
{
    size_t size = parts_size(head, slices, n_slices);
    int r = ordinal != 0 ? mark_open(outq, ordinal) : 0;

    if (r < 0) {
        return r;
    }
    if (size > 0 && outq->tail != NULL && size <= outq->tail->size - outq->tail_used) {
        r = push_small(outq, head, slices, n_slices, size);
    } else {
        r = push_parts(outq, head, slices, n_slices);
    }
    if (r == 0 && ordinal != 0) {
        mark_at(outq, outq->n_marks - 1)->to = outq->n_pushed;
    }
    return r;
}

/* Everything was given away. */
static void marks_shrink(struct ald_outq *outq)
{
    outq->marks_calm = outq->marks_peak < outq->marks_room / 4 ? outq->marks_calm + 1 : 0;
    outq->marks_peak = 0;
    if (outq->marks_room > MARKS_ROOM_KEPT && outq->marks_calm >= MARKS_CALM_MAX) {
        free(outq->marks);
        outq->marks = NULL;
        outq->marks_room = outq->marks_head = 0;
    }
}

bool ald_outq_pop(struct ald_outq *outq, size_t size)
{
    uint64_t begun = outq->begun, done = outq->done;

    ald_ring_pop(&outq->ring, size);
    outq->n_popped += size;
    if (outq->ring.n_bytes == 0) {
        outq->tail = ald_block_unref(outq->tail);
    }

    while (outq->n_begun < outq->n_marks && mark_at(outq, outq->n_begun)->from < outq->n_popped) {
        outq->begun = mark_at(outq, outq->n_begun)->ordinal;
        outq->n_begun++;
    }
    while (outq->n_marks > 0 && mark_at(outq, 0)->to <= outq->n_popped) {
        outq->done = mark_at(outq, 0)->ordinal;
        outq->marks_head = (outq->marks_head + 1) & (outq->marks_room - 1);
        outq->n_marks--;
        outq->n_begun -= outq->n_begun > 0 ? 1 : 0;
    }
    /* An empty message is done without ever having had a first byte. */
    outq->begun = ALD_MAX(outq->begun, outq->done);

    if (size > 0 && outq->n_marks == 0) {
        marks_shrink(outq);
    }
    return outq->begun != begun || outq->done != done;
}
