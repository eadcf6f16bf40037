#pragma once

/*
 * Outbox: the frames of a dialect that wait for drain(). What stands around a payload lies in the dialect's scratch, one frame
 * behind the other, the payload is passed on by reference. What was taken stays readable until the dialect is called again.
 *
 * Lifetime:   part of what a dialect has while it talks; {0} is an empty one.
 * Limits:     ALD_DIALECT_FRAMES, since a dialect is drained after every call.
 */

#include "base/buf.h"
#include "wire/dialect.h"

/* Scratch larger than this is freed as soon as it is empty; smaller one is kept, so that nothing is allocated for an
 * ordinary message. */
enum { ALD_SCRATCH_KEPT = 64 * 1024 };

/* Head and tail are places in the scratch; the payload, if there is one, stands between them. */
struct ald_outbox_frame {
    uint8_t kind; /* enum ald_frame_kind */
    uint64_t ordinal;
    size_t head_at, head_size;
    size_t tail_at, tail_size;
    struct ald_slice payload; /* our own reference */
};

struct ald_outbox {
    struct ald_outbox_frame frames[ALD_DIALECT_FRAMES];
    size_t n, next;
};

static inline bool ald_outbox_is_empty(const struct ald_outbox *outbox)
{
    return outbox->next == outbox->n;
}

/* Takes the payload. */
void ald_outbox_push(struct ald_outbox *outbox, const struct ald_outbox_frame *frame);
/* The one pushed last that was not taken yet, or NULL. */
struct ald_outbox_frame *ald_outbox_last(struct ald_outbox *outbox);
/* As drain() gives it. Outcome: ALD_DIALECT_EMPTY; what was taken is let go of, and `scratch` emptied. */
ALD_NODISCARD int ald_outbox_take(struct ald_outbox *outbox, struct ald_buf *scratch, struct ald_frame *ret_frame);
/* The dialect is called again: let go of what was taken, and if that was all, empty `scratch`. */
void ald_outbox_forget(struct ald_outbox *outbox, struct ald_buf *scratch);
void ald_outbox_fini(struct ald_outbox *outbox);
