/*
 * A pair of streams joined in memory, with the manners of a socket pair: what one end pushes waits in its queue, is
 * moved into the other's inbox as far as there is room (that is "given to the kernel" here), and is received from
 * there, a bounded amount a turn, unless the receiver has paused. So back-pressure, ordinals and closes work as they do
 * over a wire, and whoever embeds a hub tests what others run.
 *
 * Everything happens in two tasks an end: `send` moves queue to inbox, `receive` hands out the inbox. Slices cross by
 * reference; only what is exclusively the receiver's may be overwritten by it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "transport/bottom.h"
#include "transport/outq.h"
#include "wire/ws/ws_frame.h"

enum {
    INPROC_INBOX_MAX = 256 * 1024,  /* about a socket's buffer: less stalls bulk, more hides a stuck receiver */
    INPROC_RECEIVE_MAX = 64 * 1024, /* of one end in one round, as one read of a socket */
    INPROC_BACKLOG = 1024,
};

/* What the other end has said about itself, to be acted on when the inbox is empty. */
enum other_says { OTHER_LIVES, OTHER_FINISHED, OTHER_BROKE };

struct inproc {
    struct ald_stream stream;
    struct inproc *other;  /* NULL: not joined, or gone */
    struct ald_node queue; /* in the listener's, until it is admitted */
    struct ald_outq out;
    struct ald_ring inbox;
    struct ald_task send, receive;
    ald_usec close_timeout;
    uint8_t other_says; /* enum other_says */
    bool admitted;      /* it may open */
    bool refused;       /* a dial that found nobody */
    bool finished;      /* the other end knows that nothing follows */
    bool ended;         /* our owner knows that nothing follows */
    char name[64];      /* for people */
};

struct inproc_listener {
    struct ald_listener listener;
    struct ald_node node;  /* in net->inprocs */
    struct ald_node queue; /* accepting ends that are not admitted yet */
    size_t n_queue;
    struct ald_task accept;
    bool *gone; /* set when it is closed inside its own callback; NULL outside of it */
};

static struct inproc *inproc_of(struct ald_stream *stream)
{
    return ald_container(stream, struct inproc, stream);
}

/* Not for an end that its owner has freed in a callback. */
static void task_push(struct inproc *inproc, struct ald_task *task)
{
    if (!ald_stream_ended(&inproc->stream)) {
        ald_task_push(inproc->stream.net->loop, task);
    }
}

/* Sending. */

/* Move what there is room for. Returns how many bytes. */
static size_t inproc_move(struct inproc *inproc)
{
    struct ald_ring *inbox = &inproc->other->inbox;
    size_t moved = 0;

    for (size_t i = 0; i < inproc->out.ring.n_items && inbox->n_bytes < INPROC_INBOX_MAX; i++) {
        const struct ald_slice *slice = ald_ring_at(&inproc->out.ring, i);
        size_t size = ALD_MIN(slice->size, INPROC_INBOX_MAX - inbox->n_bytes);
        struct ald_slice part = ald_slice_part(*slice, 0, size);

        if (ald_ring_push(inbox, part) < 0) {
            ald_slice_clear(&part);
            ald_stream_fail(&inproc->stream, ALD_END_NOMEM, NULL);
            return 0;
        }
        moved += size;
    }
    return moved;
}

/* After a close: everything was sent. */
static void inproc_finish(struct inproc *inproc)
{
    if (inproc->stream.state != ALD_STREAM_CLOSING || inproc->finished || ald_outq_size(&inproc->out) > 0) {
        return;
    }
    inproc->finished = true;
    if (inproc->other != NULL) {
        inproc->other->other_says = OTHER_FINISHED;
        task_push(inproc->other, &inproc->other->receive);
    }
    task_push(inproc, &inproc->receive); /* the other end may have finished before */
}

static void inproc_send(void *owner)
{
    struct inproc *inproc = inproc_of(ald_stream_check(owner));
    size_t moved;

    if (inproc->stream.state == ALD_STREAM_OPENING) {
        return;
    }
    if (inproc->other == NULL) {
        ald_outq_drop(&inproc->out);
        inproc_finish(inproc);
        return;
    }
    moved = inproc_move(inproc);
    if (ald_stream_ended(&inproc->stream)) {
        return;
    }
    if (moved > 0) {
        task_push(inproc->other, &inproc->other->receive);
    }
    if (ald_outq_pop(&inproc->out, moved)) {
        ald_stream_tell_written(&inproc->stream, inproc->out.begun, inproc->out.done);
    }
    if (moved > 0 && ald_outq_size(&inproc->out) == 0) {
        ald_stream_tell_drained(&inproc->stream);
    }
    inproc_finish(inproc);
}

/* Receiving. */

static void inproc_deliver(struct inproc *inproc)
{
    size_t left = INPROC_RECEIVE_MAX;

    while (inproc->inbox.n_bytes > 0 && left > 0 && ald_stream_live(&inproc->stream) && !inproc->stream.paused) {
        const struct ald_slice *first = ald_ring_at(&inproc->inbox, 0);
        struct ald_slice bytes = ald_slice_part(*first, 0, ALD_MIN(first->size, left));

        left -= bytes.size;
        ald_ring_pop(&inproc->inbox, bytes.size);
        ald_stream_tell_received(&inproc->stream, ALD_CHUNK_BYTES, bytes,
                                 bytes.block != NULL && bytes.block->refs == 1);
        ald_slice_clear(&bytes);
    }
    if (inproc->stream.state == ALD_STREAM_CLOSING) {
        inproc->stream.net->counters.discarded_bytes += inproc->inbox.n_bytes;
        ald_ring_drop(&inproc->inbox);
    }
}

/*
 * The other end has finished. Tells whether our owner has something to say yet; that will be dropped, since an end that
 * closes hears nothing, but it is the owner's to find out over any transport alike.
 */
static bool inproc_listens(struct inproc *inproc)
{
    if (!inproc->ended) {
        inproc->ended = ald_stream_tell_ended(&inproc->stream);
    }
    return inproc->ended;
}

/* The inbox is empty, and the other end has said more than that it lives. */
static void inproc_hear(struct inproc *inproc)
{
    if (inproc->other_says == OTHER_BROKE) {
        ald_stream_fail(&inproc->stream, ALD_END_BROKEN, NULL);
    } else if (inproc->stream.state == ALD_STREAM_CLOSING ? inproc->finished : !inproc_listens(inproc)) {
        ald_stream_doom(&inproc->stream, ALD_END_PEER, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), NULL);
        ald_stream_end(&inproc->stream, false);
    }
}

static void inproc_receive(void *owner)
{
    struct inproc *inproc = inproc_of(ald_stream_check(owner));

    if (inproc->refused) {
        ald_stream_fail(&inproc->stream, ALD_END_REFUSED, "cannot connect to inproc:%s: nobody listens", inproc->name);
        return;
    }
    if (inproc->stream.state == ALD_STREAM_OPENING) {
        if (!inproc->admitted) {
            return;
        }
        ald_stream_tell_opened(&inproc->stream);
        task_push(inproc, &inproc->send);
    }
    inproc_deliver(inproc);
    if (ald_stream_ended(&inproc->stream)) {
        return;
    }
    if (inproc->other != NULL && inproc->inbox.n_bytes < INPROC_INBOX_MAX && ald_outq_size(&inproc->other->out) > 0) {
        task_push(inproc->other, &inproc->other->send);
    }
    if (inproc->inbox.n_bytes > 0 && !inproc->stream.paused) {
        task_push(inproc, &inproc->receive);
    } else if (inproc->inbox.n_bytes == 0 && inproc->other_says != OTHER_LIVES && !inproc->stream.paused) {
        inproc_hear(inproc);
    }
}

/* The vtable. */

static void inproc_push(struct ald_stream *stream, enum ald_chunk_kind kind ALD_UNUSED, struct ald_str head,
                        const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    struct inproc *inproc = inproc_of(stream);

    if (ald_outq_push(&inproc->out, head, slices, n_slices, ordinal) < 0) {
        ald_stream_fail(stream, ALD_END_NOMEM, NULL);
        return;
    }
    task_push(inproc, &inproc->send);
}

static size_t inproc_queued(const struct ald_stream *stream)
{
    return ald_outq_size(&ald_container(stream, const struct inproc, stream)->out);
}

static void inproc_pause(struct ald_stream *stream ALD_UNUSED)
{
}

static void inproc_resume(struct ald_stream *stream)
{
    task_push(inproc_of(stream), &inproc_of(stream)->receive);
}

static void inproc_close(struct ald_stream *stream, uint16_t code ALD_UNUSED, struct ald_str reason ALD_UNUSED)
{
    struct inproc *inproc = inproc_of(stream);

    stream->paused = false; /* whatever comes is dropped */
    ald_stream_deadline(stream, inproc->close_timeout);
    task_push(inproc, &inproc->send);
    task_push(inproc, &inproc->receive);
}

static void inproc_release(struct ald_stream *stream, bool broken)
{
    struct inproc *inproc = inproc_of(stream);

    if (inproc->other != NULL) {
        inproc->other->other_says = broken ? OTHER_BROKE : OTHER_FINISHED;
        inproc->other->other = NULL;
        task_push(inproc->other, &inproc->other->receive);
        inproc->other = NULL;
    }
    ald_task_cancel(&inproc->send);
    ald_task_cancel(&inproc->receive);
    ald_outq_drop(&inproc->out);
    ald_ring_drop(&inproc->inbox);
}

static void inproc_destroy(struct ald_stream *stream)
{
    struct inproc *inproc = inproc_of(stream);

    ald_assert(inproc->other == NULL && !ald_node_linked(&inproc->queue));
    ald_assert(!ald_task_waiting(&inproc->send) && !ald_task_waiting(&inproc->receive));
    ald_outq_fini(&inproc->out);
    ald_ring_fini(&inproc->inbox);
    ald_assert(stream->net->n_bottoms > 0);
    stream->net->n_bottoms--;
    ald_stream_fini(stream);
    free(inproc);
}

static void inproc_peer(const struct ald_stream *stream, struct ald_peer *peer)
{
    const struct inproc *inproc = ald_container(stream, const struct inproc, stream);

    snprintf(peer->address, sizeof(peer->address), "inproc:%s", inproc->name);
    peer->loopback = true;
    peer->has_ids = true;
    peer->pid = getpid();
    peer->uid = getuid();
    peer->gid = getgid();
}

static const struct ald_stream_ops inproc_ops = {
    .push = inproc_push,
    .queued = inproc_queued,
    .pause = inproc_pause,
    .resume = inproc_resume,
    .close = inproc_close,
    .release = inproc_release,
    .destroy = inproc_destroy,
    .peer = inproc_peer,
};

static void inproc_late(void *owner)
{
    ald_stream_fail_late(ald_stream_check(owner), "closed by us, but the peer did not end its side in time");
}

static int inproc_new(struct ald_net *net, const char *name, const struct ald_stream_options *options,
                      struct inproc **ret_inproc)
{
    struct inproc *inproc = calloc(1, sizeof(*inproc));

    if (inproc == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_stream_init(&inproc->stream, &inproc_ops, net, inproc_late);
    ald_outq_init(&inproc->out, net->tail_pool, net->tail_pool_more);
    ald_node_init(&inproc->queue);
    ald_task_init(&inproc->send, inproc_send, &inproc->stream);
    ald_task_init(&inproc->receive, inproc_receive, &inproc->stream);
    inproc->close_timeout = options->close_timeout;
    snprintf(inproc->name, sizeof(inproc->name), "%s", name);
    net->n_bottoms++;
    *ret_inproc = inproc;
    return 0;
}

/* Listening and dialing. */

static struct inproc_listener *listener_find(struct ald_net *net, const char *name)
{
    ald_list_each (node, &net->inprocs) {
        struct inproc_listener *listener = ald_list_entry(node, struct inproc_listener, node);

        if (strcmp(listener->listener.address, name) == 0) {
            return listener;
        }
    }
    return NULL;
}

static int inproc_dial(struct ald_net *net, const struct ald_place *place, const struct ald_stream_options *options,
                       struct ald_stream **ret_stream)
{
    struct inproc_listener *listener = listener_find(net, place->name);
    struct inproc *near = NULL, *far = NULL;
    int r;

    r = inproc_new(net, place->name, options, &near);
    if (r < 0) {
        return ald_trace(r);
    }
    if (listener == NULL || listener->n_queue == INPROC_BACKLOG) {
        near->refused = true;
    } else {
        r = inproc_new(net, place->name, &listener->listener.options, &far);
        if (r < 0) {
            ald_stream_free(&near->stream);
            return ald_trace(r);
        }
        near->other = far;
        far->other = near;
        near->admitted = true;
        ald_list_push_back(&listener->queue, &far->queue);
        listener->n_queue++;
        ald_task_push(net->loop, &listener->accept);
    }
    task_push(near, &near->receive);
    *ret_stream = &near->stream;
    return 0;
}

static void listener_accept(void *owner)
{
    struct inproc_listener *listener = owner;
    struct ald_node *node;
    bool gone = false;

    ald_assert(listener->gone == NULL);
    listener->gone = &gone;
    while ((node = ald_list_pop_front(&listener->queue)) != NULL) {
        struct inproc *inproc = ald_list_entry(node, struct inproc, queue);

        listener->n_queue--;
        inproc->admitted = true;
        task_push(inproc, &inproc->receive);
        ald_listener_admit(&listener->listener, &inproc->stream);
        if (gone) {
            return; /* its owner closed it in the callback */
        }
    }
    listener->gone = NULL;
}

static void listener_close(struct ald_listener *base)
{
    struct inproc_listener *listener = ald_container(base, struct inproc_listener, listener);
    struct ald_node *node;

    if (listener->gone != NULL) {
        *listener->gone = true;
    }
    while ((node = ald_list_pop_front(&listener->queue)) != NULL) {
        ald_stream_free(&ald_list_entry(node, struct inproc, queue)->stream);
    }
    ald_task_cancel(&listener->accept);
    ald_node_remove(&listener->node);
    free(listener);
}

static int inproc_listen(struct ald_net *net, const struct ald_listen_spec *spec, struct ald_listener **ret_listener,
                         struct ald_why *why)
{
    struct inproc_listener *listener;
    const char *name = spec->place.name;

    if (strlen(name) >= sizeof(listener->listener.address)) {
        ald_why_say(why, "cannot listen on inproc:%.50s: the name is too long", name);
        return ald_trace(ALDIS_E_BIND);
    }
    if (listener_find(net, name) != NULL) {
        ald_why_say(why, "cannot listen on inproc:%s: %s", name, strerror(EADDRINUSE));
        return ald_trace(ALDIS_E_BIND);
    }
    listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    listener->listener.net = net;
    listener->listener.close = listener_close;
    listener->listener.loopback = true;
    snprintf(listener->listener.address, sizeof(listener->listener.address), "%s", name);
    ald_node_init(&listener->queue);
    ald_task_init(&listener->accept, listener_accept, listener);
    ald_list_push_back(&net->inprocs, &listener->node);
    *ret_listener = &listener->listener;
    return 0;
}

const struct ald_bottom ald_bottom_inproc = {.name = "inproc", .dial = inproc_dial, .listen = inproc_listen};
