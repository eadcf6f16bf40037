#include "wire/outbox.h"

void ald_outbox_push(struct ald_outbox *outbox, const struct ald_outbox_frame *frame)
{
    ald_assert(outbox->n < ALD_DIALECT_FRAMES); /* it is drained after every call */
    outbox->frames[outbox->n++] = *frame;
}

struct ald_outbox_frame *ald_outbox_last(struct ald_outbox *outbox)
{
    return ald_outbox_is_empty(outbox) ? NULL : &outbox->frames[outbox->n - 1];
}

static void frame_show(const struct ald_outbox_frame *frame, struct ald_str scratch, struct ald_frame *ret_frame)
{
    *ret_frame = (struct ald_frame){.kind = frame->kind, .ordinal = frame->ordinal};
    ret_frame->parts[ret_frame->n_parts++] =
        ald_slice_static(ald_str_of(scratch.data + frame->head_at, frame->head_size));
    if (frame->payload.size > 0) {
        ret_frame->parts[ret_frame->n_parts++] = frame->payload;
    }
    if (frame->tail_size > 0) {
        ret_frame->parts[ret_frame->n_parts++] =
            ald_slice_static(ald_str_of(scratch.data + frame->tail_at, frame->tail_size));
    }
}

int ald_outbox_take(struct ald_outbox *outbox, struct ald_buf *scratch, struct ald_frame *ret_frame)
{
    if (ald_outbox_is_empty(outbox)) {
        ald_outbox_forget(outbox, scratch);
        return ALD_DIALECT_EMPTY;
    }
    frame_show(&outbox->frames[outbox->next++], ald_buf_str(scratch), ret_frame);
    return 0;
}

void ald_outbox_forget(struct ald_outbox *outbox, struct ald_buf *scratch)
{
    if (outbox->next == 0) {
        return;
    }
    for (size_t i = 0; i < outbox->next; i++) {
        ald_slice_clear(&outbox->frames[i].payload);
    }
    outbox->n -= outbox->next;
    memmove(outbox->frames, outbox->frames + outbox->next, outbox->n * sizeof(outbox->frames[0]));
    outbox->next = 0;
    if (outbox->n > 0) {
        return;
    }
    if (scratch->room > ALD_SCRATCH_KEPT) {
        ald_buf_reset(scratch);
    } else {
        ald_buf_cut(scratch, 0);
    }
}

void ald_outbox_fini(struct ald_outbox *outbox)
{
    for (size_t i = 0; i < outbox->n; i++) {
        ald_slice_clear(&outbox->frames[i].payload);
    }
    outbox->n = outbox->next = 0;
}
