/*
 * When descriptors run out, a listening socket stays readable: a loop that just fails to accept spins, and callers wait
 * for nothing. So the net keeps one descriptor in reserve: it is given up, the caller taken and turned away, and the
 * reserve taken again. Where even that fails, the listener rests for a moment.
 */

#include "transport/sock_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "transport/sock.h"

enum { LISTEN_BACKLOG = 1024, ACCEPT_TURN_MAX = 64 };
#define LISTEN_REST (100 * ALD_MSEC)

static struct ald_sock_listener *listener_of(struct ald_listener *base)
{
    return ald_container(base, struct ald_sock_listener, listener);
}

/* Returns a descriptor, or a negative errno. */
static int accept_one(struct ald_sock_listener *listener, struct sockaddr_storage *ret_peer)
{
    socklen_t size = sizeof(*ret_peer);
    int fd;

    memset(ret_peer, 0, sizeof(*ret_peer));
    fd = accept4(ald_poll_fd(listener->poll), (struct sockaddr *)ret_peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Turn one caller away with the reserve. Tells whether that could be done. */
static bool accept_shed(struct ald_sock_listener *listener)
{
    struct ald_net *net = listener->listener.net;
    struct sockaddr_storage peer;
    int fd;

    if (net->reserve_fd < 0) {
        return false;
    }
    close(net->reserve_fd);
    fd = accept_one(listener, &peer);
    if (fd >= 0) {
        close(fd);
        net->counters.accept_shed++;
    }
    net->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

static void listener_rest(struct ald_sock_listener *listener)
{
    struct ald_loop *loop = listener->listener.net->loop;

    ald_poll_set(listener->poll, 0);
    ald_alarm_start(loop, &listener->rest, ald_loop_now(loop) + LISTEN_REST);
}

static void listener_rested(void *owner)
{
    struct ald_sock_listener *listener = owner;

    ald_poll_set(listener->poll, ALD_POLL_READ);
}

/* A connection that cannot be given a stream is closed; its peer sees that, and a counter ours. */
static void listener_take(struct ald_sock_listener *listener, int fd, const struct sockaddr_storage *peer)
{
    struct ald_net *net = listener->listener.net;
    struct ald_poll *poll = NULL;
    struct ald_sock *sock = NULL;

    if (ald_poll_new(net->loop, fd, NULL, NULL, &poll) < 0) {
        net->counters.no_memory++;
        close(fd);
        return;
    }
    if (ald_sock_new(net, &listener->listener.options, &sock) < 0) {
        net->counters.no_memory++;
        ald_poll_close(poll);
        return;
    }
    if (peer->ss_family == AF_INET || peer->ss_family == AF_INET6) {
        ald_sock_tune(fd, listener->listener.options.keepalive);
    }
    ald_sock_connected(sock, poll, peer);
    ald_listener_admit(&listener->listener, &sock->stream);
}

/* What accept() says. Tells whether to go on. */
static bool listener_failed(struct ald_sock_listener *listener, int error)
{
    switch (error) {
    case EAGAIN:
        return false;
    case EINTR:
    case ECONNABORTED:
        return true; /* that caller is gone already */
    case EMFILE:
    case ENFILE:
        listener->listener.net->counters.accept_failures++;
        if (accept_shed(listener)) {
            return true;
        }
        break;
    default:
        listener->listener.net->counters.accept_failures++;
        break;
    }
    listener_rest(listener);
    return false;
}

static void listener_ready(void *owner, int ready ALD_UNUSED)
{
    struct ald_sock_listener *listener = owner;
    struct sockaddr_storage peer;
    bool gone = false;

    ald_assert(listener->gone == NULL);
    listener->gone = &gone;
    for (int i = 0; i < ACCEPT_TURN_MAX; i++) {
        int fd = accept_one(listener, &peer);

        if (fd >= 0) {
            listener_take(listener, fd, &peer);
        } else if (!listener_failed(listener, -fd)) {
            break;
        }
        if (gone) {
            return; /* its owner closed it in the callback */
        }
    }
    listener->gone = NULL;
}

/* Only our own file: another daemon may have put its socket there since. */
static void file_remove(const struct ald_sock_listener *listener)
{
    struct stat file;

    if (lstat(listener->path, &file) == 0 && (uint64_t)file.st_dev == listener->device &&
        (uint64_t)file.st_ino == listener->inode) {
        ald_ignore(unlink(listener->path)); /* what is left is found stale by the next one */
    }
}

static void listener_close(struct ald_listener *base)
{
    struct ald_sock_listener *listener = listener_of(base);

    if (listener->gone != NULL) {
        *listener->gone = true;
    }
    ald_alarm_stop(base->net->loop, &listener->rest);
    if (listener->path != NULL) {
        file_remove(listener);
        free(listener->path);
    }
    ald_poll_close(listener->poll);
    free(listener);
}

int ald_sock_listener_new(struct ald_net *net, int fd, int backlog, struct ald_sock_listener **ret_listener,
                          struct ald_why *why)
{
    struct ald_sock_listener *listener = NULL;
    int r;

    if (listen(fd, backlog > 0 ? backlog : LISTEN_BACKLOG) < 0) {
        ald_why_say(why, "%s", strerror(errno));
        close(fd);
        return ald_trace(ALDIS_E_BIND);
    }
    listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        close(fd);
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_poll_new(net->loop, fd, listener_ready, listener, &listener->poll);
    if (r < 0) {
        close(fd);
        free(listener);
        return ald_trace(r);
    }
    ald_poll_set(listener->poll, ALD_POLL_READ);
    ald_alarm_init(&listener->rest, listener_rested, listener);
    listener->listener.net = net;
    listener->listener.close = listener_close;
    *ret_listener = listener;
    return 0;
}
