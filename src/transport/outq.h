#pragma once

/*
 * Outq: what a connection has yet to say, and which messages it is part of. Private to transport.
 *
 * Bytes of a message lie at [from, to) of everything ever pushed; so "the first byte of message n was given away" is a
 * comparison with how much was popped, whatever the kernel took at a time.
 *
 * Invariants: n_bytes pushed and not popped; begun >= done; both only grow.
 */

#include "transport/ring.h"
#include "transport/stream.h"
#include "transport/stream.h"

struct ald_block_pool;

/*
 * Slices of up to ALD_STREAM_COPY_MAX bytes are copied into a tail block, longer ones referenced. A reference costs a
 * place in the vector of the system call and pins its block until it is sent; a copy of this size costs about as much
 * as the former and frees a whole read block for a 100 byte message at once.
 */

struct ald_outq_mark {
    uint64_t ordinal;
    uint64_t from, to;
};

struct ald_outq {
    struct ald_block_pool *pool;      /* of tail blocks: the first one */
    struct ald_block_pool *pool_more; /* the others */
    struct ald_ring ring;
    struct ald_block *tail; /* where small pieces are copied to; only while there are bytes */
    size_t tail_used;
    struct ald_outq_mark *marks; /* messages not wholly popped; a circle like the ring's */
    size_t marks_room, marks_head, n_marks;
    size_t marks_peak;           /* most of them since all were popped */
    unsigned marks_calm;         /* flushes in a row that needed few */
    size_t n_begun;              /* of the marks, those whose first byte was popped */
    uint64_t n_pushed, n_popped; /* bytes ever */
    uint64_t begun, done;        /* ordinals, for `written` */
};

/* `pool` (borrows) gives the first block that small pieces are copied into, `pool_more` (borrows), whose blocks are larger, the
 * next ones: who says little shall not hold much, and who says much shall not hold many. */
void ald_outq_init(struct ald_outq *outq, struct ald_block_pool *pool, struct ald_block_pool *pool_more);
void ald_outq_fini(struct ald_outq *outq);

/*
 * Add `head` (copied) and then `slices` (shared or copied) to message `ordinal`; with the last ordinal again it grows
 * that message. Errors: ALDIS_E_NOMEM, after which part of the message may have been added and only dropping is of use.
 */
ALD_NODISCARD int ald_outq_push(struct ald_outq *outq, struct ald_str head, const struct ald_slice *slices,
                                size_t n_slices, uint64_t ordinal);
/* The first `size` bytes were given away. Tells whether `begun` or `done` changed. */
bool ald_outq_pop(struct ald_outq *outq, size_t size);
/* Nothing of what waits will be given away. */
void ald_outq_drop(struct ald_outq *outq);

static inline size_t ald_outq_size(const struct ald_outq *outq)
{
    return outq->ring.n_bytes;
}
