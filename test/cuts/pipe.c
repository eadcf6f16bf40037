#include "cuts/pipe.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "transport/bottom.h"
#include "transport/outq.h"
#include "wire/ws/ws_frame.h"

struct cuts_pipe {
    struct ald_stream stream;
    struct cuts_wire *wire; /* NULL: it has ended */
    struct ald_outq out;
    struct ald_task work;
    bool finished, peer_ended;
};

static struct cuts_pipe *pipe_of(struct ald_stream *stream)
{
    return ald_container(stream, struct cuts_pipe, stream);
}

static void pipe_work_later(struct cuts_pipe *pipe)
{
    if (!ald_stream_ended(&pipe->stream)) {
        ald_task_push(pipe->stream.net->loop, &pipe->work);
    }
}

/* What the kernel takes at once. */
static size_t pipe_write(struct cuts_pipe *pipe)
{
    size_t written = 0;

    for (size_t i = 0; i < pipe->out.ring.n_items && pipe->wire->room > 0; i++) {
        const struct ald_slice *slice = ald_ring_at(&pipe->out.ring, i);
        size_t size = ALD_MIN(slice->size, pipe->wire->room);
        int r = ald_buf_push(&pipe->wire->down, ald_str_of(slice->data, size));

        ald_assert(r == 0);
        pipe->wire->room -= pipe->wire->room == SIZE_MAX ? 0 : size;
        written += size;
    }
    pipe->wire->n_taken += written;
    return written;
}

static void pipe_hear_end(struct cuts_pipe *pipe)
{
    bool is_over = pipe->stream.state == ALD_STREAM_CLOSING ? pipe->finished : !ald_stream_tell_ended(&pipe->stream);

    if (is_over) {
        ald_stream_doom(&pipe->stream, ALD_END_PEER, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), NULL);
        ald_stream_end(&pipe->stream, false);
    }
}

static void pipe_work(void *owner)
{
    struct cuts_pipe *pipe = pipe_of(ald_stream_check(owner));
    size_t written;

    if (pipe->stream.state == ALD_STREAM_OPENING) {
        ald_stream_tell_opened(&pipe->stream);
    }
    if (ald_stream_ended(&pipe->stream)) {
        return;
    }
    written = pipe_write(pipe);
    if (ald_outq_pop(&pipe->out, written)) {
        ald_stream_tell_written(&pipe->stream, pipe->out.begun, pipe->out.done);
    }
    if (written > 0 && ald_outq_size(&pipe->out) == 0) {
        ald_stream_tell_drained(&pipe->stream);
    }
    if (pipe->stream.state == ALD_STREAM_CLOSING && ald_outq_size(&pipe->out) == 0) {
        pipe->finished = true;
    }
    if (!ald_stream_ended(&pipe->stream) && pipe->peer_ended && !pipe->stream.paused) {
        pipe_hear_end(pipe);
    }
}

/* --- the vtable ------------------------------------------------------------------------------------------------------ */

static void pipe_push(struct ald_stream *stream, enum ald_chunk_kind kind ALD_UNUSED, struct ald_str head,
                      const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    struct cuts_pipe *pipe = pipe_of(stream);
    int r = ald_outq_push(&pipe->out, head, slices, n_slices, ordinal);

    ald_assert(r == 0);
    pipe_work_later(pipe);
}

static size_t pipe_queued(const struct ald_stream *stream)
{
    return ald_outq_size(&ald_container(stream, const struct cuts_pipe, stream)->out);
}

static void pipe_pause(struct ald_stream *stream ALD_UNUSED)
{
}

static void pipe_resume(struct ald_stream *stream)
{
    pipe_work_later(pipe_of(stream));
}

static void pipe_close(struct ald_stream *stream, uint16_t code ALD_UNUSED, struct ald_str reason ALD_UNUSED)
{
    stream->paused = false;
    ald_stream_deadline(stream, 10 * ALD_SEC);
    pipe_work_later(pipe_of(stream));
}

static void pipe_release(struct ald_stream *stream, bool broken ALD_UNUSED)
{
    struct cuts_pipe *pipe = pipe_of(stream);

    ald_task_cancel(&pipe->work);
    ald_outq_drop(&pipe->out);
    pipe->wire->pipe = NULL;
    pipe->wire = NULL;
}

static void pipe_destroy(struct ald_stream *stream)
{
    struct cuts_pipe *pipe = pipe_of(stream);

    ald_assert(pipe->wire == NULL && !ald_task_waiting(&pipe->work));
    ald_outq_fini(&pipe->out);
    stream->net->n_bottoms--;
    ald_stream_fini(stream);
    free(pipe);
}

static void pipe_peer(const struct ald_stream *stream ALD_UNUSED, struct ald_peer *peer)
{
    (void)snprintf(peer->address, sizeof(peer->address), "inproc:cuts");
    peer->loopback = true;
}

static const struct ald_stream_ops pipe_ops = {
    .push = pipe_push,
    .queued = pipe_queued,
    .pause = pipe_pause,
    .resume = pipe_resume,
    .close = pipe_close,
    .release = pipe_release,
    .destroy = pipe_destroy,
    .peer = pipe_peer,
};

static void pipe_late(void *owner)
{
    ald_stream_fail_late(ald_stream_check(owner), "closed by us, but the peer did not end its side in time");
}

struct cuts_pipe *cuts_pipe_new(struct ald_net *net, struct ald_listener *listener, struct cuts_wire *wire)
{
    struct cuts_pipe *pipe = calloc(1, sizeof(*pipe));

    ald_assert(pipe != NULL);
    ald_stream_init(&pipe->stream, &pipe_ops, net, pipe_late);
    ald_outq_init(&pipe->out, net->tail_pool, net->tail_pool_more);
    ald_task_init(&pipe->work, pipe_work, &pipe->stream);
    pipe->wire = wire;
    net->n_bottoms++;
    wire->pipe = pipe; /* it may end at once */
    pipe_work_later(pipe);
    ald_listener_admit(listener, &pipe->stream);
    return wire->pipe;
}

/* --- the client's doing ---------------------------------------------------------------------------------------------- */

bool cuts_pipe_give(struct cuts_pipe *pipe, struct ald_str bytes)
{
    struct ald_slice slice;
    int r;

    if (pipe->stream.state == ALD_STREAM_CLOSING) {
        return true; /* what comes now is dropped */
    }
    if (pipe->stream.state != ALD_STREAM_OPEN || pipe->stream.paused) {
        return false;
    }
    r = ald_slice_copy(bytes, &slice);
    ald_assert(r == 0);
    ald_stream_tell_received(&pipe->stream, ALD_CHUNK_BYTES, slice, true);
    ald_slice_clear(&slice);
    return true;
}

void cuts_pipe_allow(struct cuts_pipe *pipe)
{
    pipe_work_later(pipe);
}

bool cuts_pipe_finished(const struct cuts_pipe *pipe)
{
    return pipe->finished;
}

void cuts_pipe_end(struct cuts_pipe *pipe)
{
    pipe->peer_ended = true;
    pipe_work_later(pipe);
}

void cuts_pipe_break(struct cuts_pipe *pipe)
{
    ald_stream_fail(&pipe->stream, ALD_END_BROKEN, NULL);
}
