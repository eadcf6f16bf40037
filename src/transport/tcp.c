#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "transport/sock.h"
#include "transport/sock_listen.h"

enum { TCP_NAME_MAX = 256 };

/* "[::1]" is how an IPv6 address stands in a URL. A name that does not fit is left as it is, to be refused later. */
static const char *name_bare(const char *name, char bare[TCP_NAME_MAX])
{
    size_t size = strlen(name);

    if (size < 2 || size > TCP_NAME_MAX || name[0] != '[' || name[size - 1] != ']') {
        return name;
    }
    memcpy(bare, name + 1, size - 2);
    bare[size - 2] = '\0';
    return bare;
}

static int tcp_dial(struct ald_net *net, const struct ald_place *place, const struct ald_stream_options *options,
                    struct ald_stream **ret_stream)
{
    char bare[TCP_NAME_MAX];
    struct ald_sock *sock = NULL;
    int r;

    r = ald_sock_new(net, options, &sock);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_sock_dial_tcp(sock, name_bare(place->name, bare), place->port, options);
    if (r < 0) {
        ald_stream_free(&sock->stream);
        return ald_trace(r);
    }
    *ret_stream = &sock->stream;
    return 0;
}

/* Gives a socket bound to an address of a list; on failure the error and the errno of the last one tried. */
static int bind_address(const struct addrinfo *it, int *ret_fd)
{
    const int on = 1, off = 0;
    int fd = socket(it->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    if (fd < 0) {
        return errno;
    }
    /* A daemon that is started again must not wait for the connections of the last one to be forgotten. */
    ald_ignore(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))); /* binding tells */
    if (it->ai_family == AF_INET6) {
        ald_ignore(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))); /* "all" means IPv4 as well */
    }
    if (bind(fd, it->ai_addr, it->ai_addrlen) < 0) {
        error = errno;
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

static int bind_error(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return ALDIS_E_ACCESS;
    case EMFILE:
    case ENFILE:
        return ALDIS_E_LIMIT;
    case ENOMEM:
    case ENOBUFS:
        return ALDIS_E_NOMEM;
    default:
        return ALDIS_E_BIND;
    }
}

/* The first address of the name that can be bound; for "all addresses" IPv6 with IPv4 in it, else IPv4 alone. */
static int bind_name(const char *name, uint16_t port, int *ret_fd, struct ald_why *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    static const int families[] = {AF_INET6, AF_INET};
    bool all = name[0] == '\0' || strcmp(name, "*") == 0;
    char service[6];
    int error = EADDRNOTAVAIL, r = 0;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    for (size_t i = 0; i < ALD_COUNT(families) && error != 0; i++) {
        struct addrinfo *list = NULL;

        hints.ai_family = all ? families[i] : AF_UNSPEC;
        r = getaddrinfo(all ? NULL : name, service, &hints, &list);
        for (struct addrinfo *it = list; r == 0 && it != NULL && error != 0; it = it->ai_next) {
            error = bind_address(it, ret_fd);
        }
        if (r == 0) {
            freeaddrinfo(list);
        }
        if (!all || error == EADDRINUSE || error == EACCES) {
            break; /* IPv4 alone is for machines without IPv6 */
        }
    }
    if (error == 0) {
        return 0;
    }
    ald_why_say(why, "cannot listen on %s port %u: %s", all ? "all addresses" : name, (unsigned)port,
                r != 0 ? gai_strerror(r) : strerror(error));
    return ald_trace(bind_error(error));
}

static int tcp_listen(struct ald_net *net, const struct ald_listen_spec *spec, struct ald_listener **ret_listener,
                      struct ald_why *why)
{
    struct ald_sock_listener *listener = NULL;
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    union ald_sockaddr address;
    char bare[TCP_NAME_MAX];
    int fd = -1, r;

    r = bind_name(name_bare(spec->place.name, bare), spec->place.port, &fd, why);
    if (r < 0) {
        return r;
    }
    r = ald_sock_listener_new(net, fd, spec->backlog, &listener, why);
    if (r < 0) {
        return r;
    }
    ald_assert(getsockname(fd, (struct sockaddr *)&bound, &size) == 0);
    address = ald_sockaddr_of(&bound);
    ald_sockaddr_format(&address, listener->listener.address);
    listener->listener.port = ald_sockaddr_port(&address);
    listener->listener.loopback = ald_sockaddr_loopback(&address);
    *ret_listener = &listener->listener;
    return 0;
}

const struct ald_bottom ald_bottom_tcp = {.name = "tcp", .dial = tcp_dial, .listen = tcp_listen};
