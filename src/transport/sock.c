/*
 * Reading stops at one recv() a turn, so a peer that sends without end cannot keep the others waiting. Writing goes on
 * while the kernel takes everything, up to WRITE_TURN_MAX.
 *
 * When the peer has ended its side it may have gone, or only have nothing more to ask: TCP tells the two apart when
 * something is sent, a unix socket at once. So the owner is asked whether it has something to say yet, and without an
 * answer what is queued goes out and the connection is closed.
 *
 * When sending fails there may still be something to read, often the very reason; so it is read up to its end. An owner
 * that has paused may be waiting for room in a queue that will never move again: it is told that the queue is empty, and
 * waited for a moment.
 */

#include "transport/sock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/ws/ws_frame.h"

enum {
    WRITE_SLICES = 64,              /* of one system call */
    WRITE_TURN_MAX = 1024 * 1024,   /* of one connection in one turn */
    DISCARD_MAX = 16 * 1024 * 1024, /* after a close: a whole message the peer was in the middle of, and then some */
};

static struct ald_sock *sock_of(struct ald_stream *stream)
{
    return ald_container(stream, struct ald_sock, stream);
}

static bool sock_reads(const struct ald_sock *sock)
{
    return !sock->peer_ended && (!sock->stream.paused || sock->stream.state == ALD_STREAM_CLOSING);
}

static void sock_watch(struct ald_sock *sock)
{
    bool read = sock_reads(sock);

    if (sock->poll != NULL) {
        ald_poll_set(sock->poll, (read ? ALD_POLL_READ : 0) | (sock->blocked ? ALD_POLL_WRITE : 0));
    }
}

/* The kernel has something that was not read. */
static bool sock_unread(const struct ald_sock *sock)
{
    int size = 0;

    return ioctl(ald_poll_fd(sock->poll), FIONREAD, &size) == 0 && size > 0;
}

/* The connection is closed in both directions: nobody will read what we say. */
static bool sock_deserted(const struct ald_sock *sock)
{
    struct pollfd state = {.fd = ald_poll_fd(sock->poll)};

    return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

/* Sending failed with `error`. */
static void sock_write_broken(struct ald_sock *sock, int error)
{
    sock->stream.mute = true;
    sock->error = error;
    sock->blocked = false;
    ald_outq_drop(&sock->out);
    if (sock->peer_ended) {
        ald_stream_fail(&sock->stream, ALD_END_BROKEN, "the peer stopped receiving: %s", strerror(error));
        return;
    }
    if (sock->stream.paused && sock->stream.state != ALD_STREAM_CLOSING) {
        if (!sock_unread(sock)) {
            ald_stream_fail(&sock->stream, ALD_END_BROKEN, "sending failed: %s", strerror(error));
            return;
        }
        ald_stream_deadline(&sock->stream, ALD_STREAM_PATIENCE);
    }
    sock_watch(sock);
}

static void sock_close(struct ald_stream *stream, uint16_t code ALD_UNUSED, struct ald_str reason ALD_UNUSED)
{
    struct ald_sock *sock = sock_of(stream);

    ald_stream_deadline(stream, sock->close_timeout);
    sock_watch(sock);
    if (!sock->blocked) {
        ald_task_push(stream->net->loop, &sock->flush);
    }
}

/* Offer the kernel what there is, once. Tells whether it took all that was offered. */
static bool sock_write_once(struct ald_sock *sock, bool *changed, size_t *written)
{
    struct iovec iov[WRITE_SLICES];
    struct msghdr message = {.msg_iov = iov};
    size_t offered;
    ssize_t n;

    message.msg_iovlen = ald_ring_iov(&sock->out.ring, iov, WRITE_SLICES, &offered);
    do {
        n = sendmsg(ald_poll_fd(sock->poll), &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    sock->stream.net->counters.writes++;

    if (n < 0) {
        if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
            sock->blocked = true;
        } else {
            sock_write_broken(sock, errno);
        }
        return false;
    }
    sock->stream.net->counters.written_bytes += (uint64_t)n;
    *written += (size_t)n;
    *changed = ald_outq_pop(&sock->out, (size_t)n) || *changed;
    sock->blocked = (size_t)n < offered;
    return !sock->blocked;
}

/* After a close: everything was sent, so our end of the stream is. */
static void sock_finish(struct ald_sock *sock)
{
    if (sock->stream.state != ALD_STREAM_CLOSING || sock->finished) {
        return;
    }
    sock->finished = true;
    if (sock->peer_ended) {
        ald_stream_doom(&sock->stream, ALD_END_PEER, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), NULL); /* unless it was ours */
        ald_stream_end(&sock->stream, false);
    } else {
        ald_ignore(
            shutdown(ald_poll_fd(sock->poll), SHUT_WR)); /* it fails when the peer is gone, which reading tells */
    }
}

static void sock_write(struct ald_sock *sock)
{
    bool changed = false;
    size_t written = 0;

    while (ald_outq_size(&sock->out) > 0 && sock_write_once(sock, &changed, &written)) {
        if (written >= WRITE_TURN_MAX) {
            sock->blocked = ald_outq_size(&sock->out) > 0; /* go on when the others had their turn */
            break;
        }
    }
    /* A message of no bytes needs no write. */
    if (!sock->stream.mute && ald_outq_size(&sock->out) == 0) {
        changed = ald_outq_pop(&sock->out, 0) || changed;
    }
    sock_watch(sock);
    if (changed) {
        ald_stream_tell_written(&sock->stream, sock->out.begun, sock->out.done);
    }
    if (ald_outq_size(&sock->out) > 0) {
        return;
    }
    if (sock->stream.mute) {
        if (sock->stream.state == ALD_STREAM_OPEN) {
            ald_stream_tell_drained(&sock->stream); /* dropped; whoever waits for room waits in vain */
        }
        return;
    }
    if (written > 0 || changed) {
        ald_stream_tell_drained(&sock->stream);
    }
    if (ald_outq_size(&sock->out) == 0) {
        sock_finish(sock);
    }
}

static void sock_flush(void *owner)
{
    struct ald_sock *sock = sock_of(ald_stream_check(owner));

    if (sock->poll == NULL || sock->stream.mute) {
        return;
    }
    if (sock->stream.state == ALD_STREAM_OPENING) {
        ald_stream_tell_opened(&sock->stream); /* what the owner pushes now goes out in the next round */
    }
    if (!sock->blocked && !ald_stream_ended(&sock->stream)) {
        sock_write(sock);
    }
}

/* The peer is gone, or does not take the rest. */
static void sock_part(struct ald_sock *sock)
{
    if (sock->stream.mute || ald_outq_size(&sock->out) > 0) {
        ald_stream_fail(&sock->stream, ALD_END_BROKEN, "the peer stopped receiving");
        return;
    }
    ald_stream_doom(&sock->stream, ALD_END_PEER, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), NULL);
    ald_stream_end(&sock->stream, false);
}

/* The peer ended its side. It has said all it will, but may still want to hear us out. */
static void sock_read_end(struct ald_sock *sock)
{
    sock->peer_ended = true;
    if (sock->stream.mute || sock_deserted(sock)) {
        sock_part(sock);
    } else if (sock->stream.state == ALD_STREAM_CLOSING) {
        if (ald_outq_size(&sock->out) == 0) {
            sock_part(sock);
        }
    } else if (!ald_stream_tell_ended(&sock->stream)) {
        sock->leaving = true;
        sock->stream.state = ALD_STREAM_CLOSING;
        sock_close(&sock->stream, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""));
    }
    sock_watch(sock);
}

static void sock_discard(struct ald_sock *sock, size_t size)
{
    sock->stream.net->counters.discarded_bytes += size;
    sock->n_discarded += size;
    if (sock->n_discarded > DISCARD_MAX) {
        ald_stream_end(&sock->stream, true); /* doomed by its close */
    }
}

static void sock_read(struct ald_sock *sock)
{
    struct ald_net *net = sock->stream.net;
    struct ald_slice bytes;
    uint8_t *room;
    size_t size;
    ssize_t n;

    if (ald_net_room(net, true, &room, &size) < 0) {
        ald_stream_fail(&sock->stream, ALD_END_NOMEM, NULL);
        return;
    }
    n = recv(ald_poll_fd(sock->poll), room, size, 0);
    net->counters.reads++;
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            ald_stream_fail(&sock->stream, ALD_END_BROKEN, "receiving failed: %s", strerror(errno));
        }
        return;
    }
    if (n == 0) {
        sock_read_end(sock);
        return;
    }
    net->counters.read_bytes += (uint64_t)n;
    if (sock->stream.state == ALD_STREAM_CLOSING) {
        sock_discard(sock, (size_t)n);
        return;
    }
    bytes = ald_net_filled(net, (size_t)n);
    ald_stream_tell_received(&sock->stream, ALD_CHUNK_BYTES, bytes, true);
    ald_slice_clear(&bytes);
}

static void sock_ready(void *owner, int ready)
{
    struct ald_sock *sock = sock_of(ald_stream_check(owner));

    if (sock->stream.state == ALD_STREAM_OPENING) {
        return; /* the task that opens it was put off to this turn's end; it is reported again */
    }
    if ((ready & ALD_POLL_WRITE) != 0 && sock->blocked) {
        sock->blocked = false;
        sock_write(sock);
    }
    if ((ready & ALD_POLL_READ) != 0 && !ald_stream_ended(&sock->stream) && sock_reads(sock)) {
        sock_read(sock);
    }
}

/* The vtable. */

static void sock_push(struct ald_stream *stream, enum ald_chunk_kind kind ALD_UNUSED, struct ald_str head,
                      const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    struct ald_sock *sock = sock_of(stream);

    if (sock->stream.mute) {
        return;
    }
    if (ald_outq_push(&sock->out, head, slices, n_slices, ordinal) < 0) {
        ald_stream_fail(stream, ALD_END_NOMEM, NULL);
        return;
    }
    if (sock->poll != NULL && !sock->blocked) {
        ald_task_push(stream->net->loop, &sock->flush);
    }
}

static size_t sock_queued(const struct ald_stream *stream)
{
    return ald_outq_size(&ald_container(stream, const struct ald_sock, stream)->out);
}

static size_t sock_undelivered(const struct ald_stream *stream)
{
    const struct ald_sock *sock = ald_container(stream, const struct ald_sock, stream);
    int size = 0;

    if (sock->poll == NULL || ioctl(ald_poll_fd(sock->poll), SIOCOUTQ, &size) < 0 || size < 0) {
        return 0;
    }
    return (size_t)size;
}

static void sock_pause(struct ald_stream *stream)
{
    struct ald_sock *sock = sock_of(stream);

    if (sock->stream.mute && stream->state == ALD_STREAM_OPEN) {
        ald_stream_deadline(stream, stream->paused ? ALD_STREAM_PATIENCE : 0);
    }
    sock_watch(sock);
}

static void sock_release(struct ald_stream *stream, bool broken)
{
    struct ald_sock *sock = sock_of(stream);
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (broken && sock->poll != NULL && sock->peer.family != 0) {
        /* Makes the close a reset. A unix socket knows none: its peer sees the end. */
        ald_ignore(
            setsockopt(ald_poll_fd(sock->poll), SOL_SOCKET, SO_LINGER, &now, sizeof(now))); /* then it is a FIN */
    }
    sock->dial = ald_sock_dial_cancel(sock->dial);
    sock->poll = ald_poll_close(sock->poll);
    ald_task_cancel(&sock->flush);
    ald_outq_drop(&sock->out);
}

static void sock_destroy(struct ald_stream *stream)
{
    struct ald_sock *sock = sock_of(stream);

    ald_assert(!ald_task_waiting(&sock->flush));
    ald_outq_fini(&sock->out);
    ald_assert(stream->net->n_bottoms > 0);
    stream->net->n_bottoms--;
    ald_stream_fini(stream);
    free(sock);
}

static void sock_peer(const struct ald_stream *stream, struct ald_peer *peer)
{
    const struct ald_sock *sock = ald_container(stream, const struct ald_sock, stream);
    struct ucred ids;
    socklen_t size = sizeof(ids);

    ald_sockaddr_format(&sock->peer, peer->address);
    peer->loopback = ald_sockaddr_loopback(&sock->peer);
    if (sock->peer.family == 0 && sock->poll != NULL &&
        getsockopt(ald_poll_fd(sock->poll), SOL_SOCKET, SO_PEERCRED, &ids, &size) == 0) {
        peer->has_ids = true;
        peer->pid = ids.pid;
        peer->uid = ids.uid;
        peer->gid = ids.gid;
    }
}

static const struct ald_stream_ops sock_ops = {
    .push = sock_push,
    .queued = sock_queued,
    .undelivered = sock_undelivered,
    .pause = sock_pause,
    .resume = sock_pause,
    .close = sock_close,
    .release = sock_release,
    .destroy = sock_destroy,
    .peer = sock_peer,
};

static void sock_late(void *owner)
{
    struct ald_stream *stream = ald_stream_check(owner);
    const struct ald_sock *sock = sock_of(stream);

    if (stream->state == ALD_STREAM_OPENING) {
        ald_stream_fail_late(stream, "nobody answered in time");
    } else if (stream->state == ALD_STREAM_OPEN) {
        ald_stream_fail(stream, ALD_END_BROKEN, "sending failed: %s", strerror(sock->error)); /* it stayed paused */
    } else if (sock->leaving) {
        ald_stream_fail(stream, ALD_END_BROKEN, "the peer ended its side, but did not take the rest in time");
    } else {
        ald_stream_fail_late(stream, "closed by us, but the peer did not end its side in time");
    }
}

int ald_sock_new(struct ald_net *net, const struct ald_stream_options *options, struct ald_sock **ret_sock)
{
    struct ald_sock *sock = calloc(1, sizeof(*sock));

    if (sock == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_stream_init(&sock->stream, &sock_ops, net, sock_late);
    ald_outq_init(&sock->out, net->tail_pool, net->tail_pool_more);
    ald_task_init(&sock->flush, sock_flush, &sock->stream);
    sock->close_timeout = options->close_timeout;
    net->n_bottoms++;
    *ret_sock = sock;
    return 0;
}

void ald_sock_connected(struct ald_sock *sock, struct ald_poll *poll, const struct sockaddr_storage *peer)
{
    sock->poll = poll;
    ald_poll_own(poll, sock_ready, &sock->stream);
    sock->peer = ald_sockaddr_of(peer);
    ald_stream_deadline(&sock->stream, 0);
    sock_watch(sock);
    ald_task_push(sock->stream.net->loop, &sock->flush);
}

void ald_sock_tune(int fd, unsigned keepalive)
{
    const int on = 1, interval = 10, probes = 6;
    const int idle = (int)ALD_MIN(keepalive, 32767U);

    /* A connection without one of these is worse, not broken. */
    ald_ignore(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
    if (idle > 0) {
        ald_ignore(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
        ald_ignore(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)));
        ald_ignore(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval)));
        ald_ignore(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes)));
    }
}
