/*
 * What came too late to be refused is dropped and counted, wherever that happens: too long for the buffer (the kernel
 * says so with the datagram), from somewhere else than allowed, or more than the kernel keeps for us (it counts, and
 * tells with the next datagram that fits).
 *
 * One recvmsg() a datagram: recvmmsg() would save a third of their time, and cost 64 KiB for each datagram of a call,
 * since every one may be that long.
 */

#include "transport/udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/loop.h"
#include "transport/bottom.h"
#include "transport/interface.h"
#include "transport/sock_bind.h"

enum {
    UDP_TURN_MAX = 64, /* datagrams of one receiver in one turn; as many as callers are accepted */
    /*
     * Asked of the kernel for what waits to be read; it may give less. A small datagram takes about 800 bytes there, so
     * this is a thousand of them at once, or sixteen large ones.
     */
    UDP_BUFFER = 1024 * 1024,
};

struct ald_udp {
    struct ald_net *net;
    struct ald_poll *poll;
    const struct ald_udp_callbacks *callbacks;
    void *owner;
    uint8_t *room; /* of `size_max` bytes */
    size_t size_max;
    uint32_t n_dropped; /* by the kernel, as it last said */
    bool local_only;
    union ald_sockaddr at;
    char address[ALD_SOCKADDR_TEXT];
    bool *gone; /* set when it is closed inside its own callback; NULL outside of it */
};

/* Receiving. */

/* The kernel tells how many it has dropped since the socket was made. */
static void udp_count_dropped(struct ald_udp *udp, struct msghdr *message)
{
    for (struct cmsghdr *it = CMSG_FIRSTHDR(message); it != NULL; it = CMSG_NXTHDR(message, it)) {
        uint32_t n_dropped;

        if (it->cmsg_level == SOL_SOCKET && it->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&n_dropped, CMSG_DATA(it), sizeof(n_dropped));
            udp->net->counters.udp_overflow += (uint32_t)(n_dropped - udp->n_dropped); /* it may have wrapped */
            udp->n_dropped = n_dropped;
        }
    }
}

static void udp_take(struct ald_udp *udp, const struct msghdr *message, size_t size)
{
    struct ald_net_counters *counters = &udp->net->counters;
    union ald_sockaddr from = ald_sockaddr_of(message->msg_name);
    char text[ALD_SOCKADDR_TEXT];
    struct ald_datagram datagram = {
        .bytes = ald_str_of(udp->room, size),
        .from = text,
        .loopback = ald_sockaddr_loopback(&from),
    };

    counters->read_bytes += size;
    if ((message->msg_flags & MSG_TRUNC) != 0) {
        counters->udp_oversize++; /* half a datagram is none (communicator.md 1.4 parses it) */
        return;
    }
    if (udp->local_only && !datagram.loopback) {
        counters->udp_foreign++;
        return;
    }
    counters->udp_received++;
    ald_sockaddr_format(&from, text);
    udp->callbacks->received(udp->owner, udp, &datagram);
}

/* Tells whether there may be another one. */
static bool udp_receive(struct ald_udp *udp)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint32_t))];
    struct sockaddr_storage from = {0};
    struct iovec room = {.iov_base = udp->room, .iov_len = udp->size_max};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof(from),
        .msg_iov = &room,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n = recvmsg(ald_poll_fd(udp->poll), &message, 0);

    udp->net->counters.reads++;
    if (n >= 0) {
        udp_count_dropped(udp, &message);
        udp_take(udp, &message, (size_t)n);
        return true;
    }
    if (errno != EAGAIN && errno != EINTR) {
        udp->net->counters.udp_failures++; /* the kernel forgets an error that it has told */
    }
    return false;
}

static void udp_ready(void *owner, int ready ALD_UNUSED)
{
    struct ald_udp *udp = owner;
    bool gone = false;

    ald_assert(udp->gone == NULL);
    udp->gone = &gone;
    for (int i = 0; i < UDP_TURN_MAX; i++) {
        bool more = udp_receive(udp);

        if (gone) {
            return; /* its owner closed it in the callback */
        }
        if (!more) {
            break;
        }
    }
    udp->gone = NULL;
}

/* Opening. */

/* Gives a socket that hears what is broadcast on an interface. */
static int broadcast_bind(const char *interface, uint16_t port, int *ret_fd, struct ald_why *why)
{
    struct sockaddr_in address;
    const int on = 1;
    int error = 0, fd, r;

    r = ald_interface_broadcast(interface, port, &address, why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : ald_trace(ALDIS_E_BIND);
    }
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        error = errno;
    } else {
        /* Everybody hears a broadcast, several programs of this machine included. */
        ald_ignore(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))); /* binding tells */
        ald_interface_bind(fd, interface);
        error = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
    }
    if (error != 0) {
        ald_why_say(why, "cannot listen for broadcasts on %s port %u: %s", interface, (unsigned)port, strerror(error));
        if (fd >= 0) {
            close(fd);
        }
        return ald_trace(ald_sock_bind_error(error));
    }
    *ret_fd = fd;
    return 0;
}

static int udp_bind(const struct ald_udp_spec *spec, int *ret_fd, struct ald_why *why)
{
    char bare[ALD_SOCK_NAME_MAX];

    if (spec->interface != NULL) {
        return broadcast_bind(spec->interface, spec->port, ret_fd, why);
    }
    return ald_sock_bind(SOCK_DGRAM, ald_sock_name_bare(spec->host, bare), spec->port, ret_fd, why);
}

static void udp_tune(int fd)
{
    const int on = 1, size = UDP_BUFFER;

    /* Without the first one less is kept, without the second fewer losses are known. */
    ald_ignore(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
    ald_ignore(setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)));
}

static void udp_note_address(struct ald_udp *udp, int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);

    ald_assert(getsockname(fd, (struct sockaddr *)&bound, &size) == 0);
    udp->at = ald_sockaddr_of(&bound);
    ald_sockaddr_format(&udp->at, udp->address);
}

/* Gives a receiver without a socket. */
static int udp_new(const struct ald_udp_spec *spec, struct ald_udp **ret_udp)
{
    struct ald_udp *udp = calloc(1, sizeof(*udp));

    if (udp == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    udp->size_max = spec->size_max != 0 ? spec->size_max : (size_t)ALD_UDP_SIZE_MAX;
    udp->room = malloc(udp->size_max);
    if (udp->room == NULL) {
        free(udp);
        return ald_trace(ALDIS_E_NOMEM);
    }
    udp->local_only = spec->local_only;
    *ret_udp = udp;
    return 0;
}

static void udp_free(struct ald_udp *udp)
{
    ald_poll_close(udp->poll);
    free(udp->room);
    free(udp);
}

int ald_udp_listen(struct ald_net *net, const struct ald_udp_spec *spec, const struct ald_udp_callbacks *callbacks,
                   void *owner, struct ald_udp **ret_udp, struct ald_why *ret_why)
{
    struct ald_udp *udp = NULL;
    int fd = -1, r;

    ald_assert(callbacks->received != NULL && (spec->host != NULL) != (spec->interface != NULL));
    ald_why_say(ret_why, "out of memory");
    r = udp_new(spec, &udp);
    if (r < 0) {
        return r;
    }
    r = udp_bind(spec, &fd, ret_why);
    if (r < 0) {
        udp_free(udp);
        return r;
    }
    r = ald_poll_new(net->loop, fd, udp_ready, udp, &udp->poll);
    if (r < 0) {
        close(fd);
        udp_free(udp);
        return ald_trace(r);
    }
    udp_tune(fd);
    udp_note_address(udp, fd);
    ald_poll_set(udp->poll, ALD_POLL_READ);
    udp->net = net;
    udp->callbacks = callbacks;
    udp->owner = owner;
    net->n_udps++;
    *ret_udp = udp;
    return 0;
}

const char *ald_udp_address(const struct ald_udp *udp)
{
    return udp->address;
}

uint16_t ald_udp_port(const struct ald_udp *udp)
{
    return ald_sockaddr_port(&udp->at);
}

bool ald_udp_local(const struct ald_udp *udp)
{
    return udp->local_only || ald_sockaddr_loopback(&udp->at);
}

struct ald_udp *ald_udp_close(struct ald_udp *udp)
{
    if (udp == NULL) {
        return NULL;
    }
    if (udp->gone != NULL) {
        *udp->gone = true;
    }
    ald_assert(udp->net->n_udps > 0);
    udp->net->n_udps--;
    udp_free(udp);
    return NULL;
}
