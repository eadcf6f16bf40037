#pragma once

/*
 * Backlog: what was pushed into a filter whose handshake is not done, kept as it was pushed. Private to transport.
 *
 * Lifetime:   zeroed memory is an empty backlog; ald_backlog_drop() ends it.
 */

#include "transport/stream.h"

struct ald_backlog_item;

struct ald_backlog {
    struct ald_backlog_item *first, **last; /* `last` is meaningful while there is a first */
    size_t n_bytes;
};

/* Keep one push: copies `head` and small slices, shares large ones. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_backlog_push(struct ald_backlog *backlog, enum ald_chunk_kind kind, struct ald_str head,
                                   const struct ald_slice *slices, size_t n_slices, uint64_t ordinal);
/* Push everything into `stream`, in order. */
void ald_backlog_play(struct ald_backlog *backlog, struct ald_stream *stream);
void ald_backlog_drop(struct ald_backlog *backlog);
