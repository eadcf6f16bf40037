/*
 * What a connection needs while it talks: scratch, the signals that wait for next(), and the frames that wait for drain().
 *
 * Lines that follow one another become one frame: on a stream of bytes nobody sees the difference, and a chunk with a
 * thousand questions is answered with one write.
 */

#include <stdlib.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

void ald_comm_give(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct ald_comm_work *work = comm->work;
    struct ald_signal dropped = *signal;

    if (work->next_said == work->n_said) {
        work->next_said = work->n_said = 0;
    }
    if (work->n_said == ALD_COMM_SAID_MAX) {
        ald_comm_drop(comm);
        ald_signal_clear(&dropped);
        return;
    }
    work->said[work->n_said++] = *signal;
}

/* The frame that bytes from `from` on continue, or NULL. */
static struct ald_outbox_frame *frame_before(struct ald_comm_work *work, size_t from, uint64_t ordinal)
{
    struct ald_outbox_frame *last = ald_outbox_last(&work->outbox);
    bool continues =
        last != NULL && last->payload.size == 0 && last->ordinal == ordinal && last->head_at + last->head_size == from;

    return continues ? last : NULL;
}

void ald_comm_push(struct ald_comm *comm, size_t from, struct ald_slice shared, size_t tail, uint64_t ordinal)
{
    struct ald_comm_work *work = comm->work;
    bool joins = comm->variant != ALD_COMMUNICATOR_DATAGRAM;
    struct ald_outbox_frame *frame = joins ? frame_before(work, from, ordinal) : NULL;
    size_t end = ald_buf_size(&work->out);

    ald_assert(end >= from + tail);
    if (frame == NULL) {
        ald_outbox_push(&work->outbox,
                        &(struct ald_outbox_frame){.kind = ALD_FRAME_BYTES, .ordinal = ordinal, .head_at = from});
        frame = ald_outbox_last(&work->outbox);
    }
    frame->head_size = end - tail - frame->head_at;
    frame->tail_at = end - tail;
    frame->tail_size = tail;
    frame->payload = ald_slice_ref(shared);
    ald_comm_count(comm, ALD_COMMUNICATOR_N_LINES_OUT);
}

/* The caps are what one line can become: decoded at most itself, as JSON six bytes for each of its own. */
static void work_init(struct ald_comm_work *work, size_t line_max)
{
    ald_comm_reader_init(&work->in);
    ald_comm_reader_init(&work->back);
    ald_buf_init(&work->text, 4 * line_max + 64 * ALD_KIB);
    ald_buf_init(&work->made, 8 * line_max + 64 * ALD_KIB);
    ald_buf_init(&work->scratch, 2 * line_max + 64 * ALD_KIB);
    ald_buf_init(&work->out, 4 * line_max + (size_t)2 * ALD_COMMUNICATOR_ANSWERS_MAX);
}

struct ald_comm_work *ald_comm_work_free(struct ald_comm_work *work)
{
    if (work == NULL) {
        return NULL;
    }
    ald_outbox_fini(&work->outbox);
    for (size_t i = work->next_said; i < work->n_said; i++) {
        ald_signal_clear(&work->said[i]);
    }
    ald_slice_clear(&work->line);
    ald_comm_reader_fini(&work->in);
    ald_comm_reader_fini(&work->back);
    ald_buf_fini(&work->text);
    ald_buf_fini(&work->made);
    ald_buf_fini(&work->scratch);
    ald_buf_fini(&work->out);
    free(work);
    return NULL;
}

static void work_drop(void *object)
{
    (void)ald_comm_work_free(object);
}

int ald_comm_work_begin(struct ald_comm *comm)
{
    struct ald_comm_work *work = comm->work;

    if (work == NULL && comm->spare != NULL) {
        work = comm->work = ald_spare_take(comm->spare);
    }
    if (work == NULL) {
        work = calloc(1, sizeof(*work));
        if (work == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        work_init(work, comm->line_max + ALD_COMMUNICATOR_HUB_ROOM);
        comm->work = work;
    }
    ald_outbox_forget(&work->outbox, &work->out);
    return 0;
}

static void buf_settle(struct ald_buf *buf)
{
    if (buf->room > ALD_SCRATCH_KEPT) {
        ald_buf_reset(buf);
    }
}

/* The line has nothing more to say; what it showed was good until this call. */
void ald_comm_work_forget_line(struct ald_comm_work *work)
{
    ald_slice_clear(&work->line);
    work->asked = ALD_STR_NONE;
    buf_settle(&work->text);
    buf_settle(&work->made);
    buf_settle(&work->scratch);
}

/* Everything was said and written: the next one who talks may have it. */
void ald_comm_work_rest(struct ald_comm *comm)
{
    struct ald_comm_work *work = comm->work;

    if (work == NULL || !ald_outbox_is_empty(&work->outbox) || work->next_said < work->n_said || comm->chunk.size > 0) {
        return;
    }
    work->next_said = work->n_said = 0;
    ald_comm_work_forget_line(work);
    if (comm->spare != NULL) {
        ald_spare_give(comm->spare, work, work_drop);
        comm->work = NULL;
    }
}
