/*
 * A sender's socket is connected to where it sends: so the kernel tells when somebody there answered that nobody
 * listens. It tells with a later call, and on one machine that answer is there when send() returns; so it is asked for
 * at once, and what an earlier datagram caused does not cost this one.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/loop.h"
#include "loop/resolve.h"
#include "transport/bottom.h"
#include "transport/interface.h"
#include "transport/sock_bind.h"
#include "transport/udp.h"

enum { SENDER_TEXT_MAX = 300 };

struct ald_udp_sender {
    struct ald_net *net;
    const struct ald_udp_sender_callbacks *callbacks;
    void *owner;
    struct ald_resolve *resolve; /* while the name is looked for */
    struct ald_task start;       /* tells of what was known in the call that made it */
    struct sockaddr_in broadcast;
    char interface[ALD_SOCK_NAME_MAX]; /* "": it sends to one address */
    size_t size_max;
    int fd; /* -1: not ready, or failed */
    bool lan_only;
    char address[SENDER_TEXT_MAX];
    struct ald_why why; /* why it failed, or "" */
};

static void sender_start(void *owner)
{
    struct ald_udp_sender *sender = owner;

    if (sender->fd < 0) {
        sender->callbacks->failed(sender->owner, sender, sender->why.text);
    } else {
        sender->callbacks->ready(sender->owner, sender);
    }
}

/* Gives a socket that is connected to `to`, or returns the errno. */
static int sender_connect(const struct ald_udp_sender *sender, const struct sockaddr *to, int *ret_fd)
{
    const int on = 1;
    int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    if (fd < 0) {
        return errno;
    }
    if (sender->interface[0] != '\0') {
        ald_ignore(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on))); /* connecting tells */
        ald_interface_bind(fd, sender->interface);
    }
    if (connect(fd, to, ald_sockaddr_size(to->sa_family)) < 0) {
        error = errno;
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

/* `to` is where it sends. */
static void sender_open(struct ald_udp_sender *sender, const struct sockaddr_storage *to)
{
    union ald_sockaddr address = ald_sockaddr_of(to);
    char text[ALD_SOCKADDR_TEXT];
    int error;

    ald_sockaddr_format(&address, text);
    if (sender->lan_only && !ald_sockaddr_lan(&address)) {
        ald_why_say(&sender->why, "cannot send datagrams to %s: %s is neither this machine's nor a private network's",
                    sender->address, text);
        return;
    }
    error = sender_connect(sender, (const struct sockaddr *)to, &sender->fd);
    if (error != 0) {
        ald_why_say(&sender->why, "cannot send datagrams to %s: %s", sender->address, strerror(error));
        return;
    }
    snprintf(sender->address, sizeof(sender->address), "%s", text);
}

static void sender_resolved(void *owner, const struct ald_resolved *resolved)
{
    struct ald_udp_sender *sender = owner;

    sender->resolve = NULL;
    if (resolved->n_addresses == 0) {
        ald_why_say(&sender->why, "cannot find %s: %s", sender->address, resolved->text);
    } else if (resolved->n_addresses > 1) {
        /* 2.1: nobody answers a datagram, so there is no telling which of them is the right one. */
        ald_why_say(&sender->why, "cannot send datagrams to %s: the name has %zu addresses, and only one can be meant",
                    sender->address, resolved->n_addresses);
    } else {
        sender_open(sender, &resolved->addresses[0]);
    }
    sender_start(sender);
}

/* Look for the host. Errors: ALDIS_E_NOMEM. */
static int sender_look(struct ald_udp_sender *sender, const struct ald_udp_sender_spec *spec)
{
    char bare[ALD_SOCK_NAME_MAX];
    const char *host = ald_sock_name_bare(spec->host, bare);
    int r;

    snprintf(sender->address, sizeof(sender->address), strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host,
             (unsigned)spec->port);
    r = ald_resolve_new(sender->net->loop, host, spec->port, sender_resolved, sender, &sender->resolve);
    if (r == ALDIS_E_RESOLVE) {
        ald_why_say(&sender->why, "cannot find %s: not a host name", sender->address);
        ald_task_push(sender->net->loop, &sender->start);
        return 0;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* Find the interface. Errors: ALDIS_E_NOMEM. */
static int sender_aim(struct ald_udp_sender *sender, const struct ald_udp_sender_spec *spec)
{
    struct sockaddr_storage to = {0};
    int r;

    snprintf(sender->address, sizeof(sender->address), "%s:%u", spec->interface, (unsigned)spec->port);
    snprintf(sender->interface, sizeof(sender->interface), "%s", spec->interface);
    r = ald_interface_broadcast(sender->interface, spec->port, &sender->broadcast, &sender->why);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r == 0) {
        memcpy(&to, &sender->broadcast, sizeof(sender->broadcast));
        sender_open(sender, &to);
    }
    ald_task_push(sender->net->loop, &sender->start);
    return 0;
}

int ald_udp_sender_new(struct ald_net *net, const struct ald_udp_sender_spec *spec,
                       const struct ald_udp_sender_callbacks *callbacks, void *owner,
                       struct ald_udp_sender **ret_sender)
{
    struct ald_udp_sender *sender = calloc(1, sizeof(*sender));
    int r;

    ald_assert(callbacks->ready != NULL && callbacks->failed != NULL);
    ald_assert((spec->host != NULL) != (spec->interface != NULL));
    if (sender == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    sender->net = net;
    sender->callbacks = callbacks;
    sender->owner = owner;
    sender->lan_only = spec->lan_only;
    sender->size_max = spec->size_max != 0 ? spec->size_max : (size_t)ALD_UDP_SIZE_MAX;
    sender->fd = -1;
    ald_task_init(&sender->start, sender_start, sender);
    r = spec->interface != NULL ? sender_aim(sender, spec) : sender_look(sender, spec);
    if (r < 0) {
        free(sender);
        return r;
    }
    net->n_udps++;
    *ret_sender = sender;
    return 0;
}

/* Sending. */

/* Returns 0 or an errno. */
static int sender_write(struct ald_udp_sender *sender, struct ald_str bytes)
{
    ssize_t n;
    int error = 0;

    /* ECONNREFUSED is news of an earlier datagram, told once; this one was not sent yet. */
    for (int i = 0; i < 2; i++) {
        do {
            n = send(sender->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        } while (n < 0 && errno == EINTR);
        sender->net->counters.writes++;
        error = n < 0 ? errno : 0;
        if (error != ECONNREFUSED) {
            break;
        }
    }
    return error;
}

/* An answer that came as fast as that nobody listens. Returns 0 or an errno. */
static int sender_answer(const struct ald_udp_sender *sender)
{
    int error = 0;
    socklen_t size = sizeof(error);

    return getsockopt(sender->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : 0;
}

static int sender_failed(struct ald_udp_sender *sender, int error, struct ald_why *why)
{
    struct ald_net_counters *counters = &sender->net->counters;

    ald_why_say(why, "cannot send a datagram to %s: %s", sender->address,
                error == ECONNREFUSED ? "nobody listens there" : strerror(error));
    switch (error) {
    case EMSGSIZE:
        counters->udp_send_oversize++;
        return ALD_UDP_TOO_LARGE;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
        counters->udp_send_full++;
        return ALD_UDP_FULL;
    default:
        counters->udp_unheard++;
        return ALD_UDP_UNHEARD;
    }
}

int ald_udp_send(struct ald_udp_sender *sender, struct ald_str bytes, struct ald_why *ret_why)
{
    struct ald_net_counters *counters = &sender->net->counters;
    int error;

    if (sender->fd < 0) {
        ald_why_say(ret_why, "%s", sender->why.text[0] != '\0' ? sender->why.text : "the address is not known yet");
        return ALD_UDP_EARLY;
    }
    if (bytes.size > sender->size_max) {
        counters->udp_send_oversize++;
        ald_why_say(ret_why, "cannot send a datagram of %zu bytes to %s: %zu are the most", bytes.size, sender->address,
                    sender->size_max);
        return ALD_UDP_TOO_LARGE;
    }
    error = sender_write(sender, bytes);
    if (error == 0) {
        counters->udp_sent++;
        counters->written_bytes += bytes.size;
        error = sender_answer(sender);
    }
    return error == 0 ? 0 : sender_failed(sender, error, ret_why);
}

const char *ald_udp_sender_address(const struct ald_udp_sender *sender)
{
    return sender->address;
}

struct ald_udp_sender *ald_udp_sender_close(struct ald_udp_sender *sender)
{
    if (sender == NULL) {
        return NULL;
    }
    sender->resolve = ald_resolve_cancel(sender->resolve);
    ald_task_cancel(&sender->start);
    if (sender->fd >= 0) {
        close(sender->fd);
    }
    ald_assert(sender->net->n_udps > 0);
    sender->net->n_udps--;
    free(sender);
    return NULL;
}
