#include "base/error.h"
#include "transport/sock.h"
#include "transport/sock_bind.h"
#include "transport/sock_listen.h"

static int tcp_dial(struct ald_net *net, const struct ald_place *place, const struct ald_stream_options *options,
                    struct ald_stream **ret_stream)
{
    char bare[ALD_SOCK_NAME_MAX];
    struct ald_sock *sock = NULL;
    int r;

    r = ald_sock_new(net, options, &sock);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_sock_dial_tcp(sock, ald_sock_name_bare(place->name, bare), place->port, options);
    if (r < 0) {
        ald_stream_free(&sock->stream);
        return ald_trace(r);
    }
    *ret_stream = &sock->stream;
    return 0;
}

static int tcp_listen(struct ald_net *net, const struct ald_listen_spec *spec, struct ald_listener **ret_listener,
                      struct ald_why *why)
{
    struct ald_sock_listener *listener = NULL;
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    union ald_sockaddr address;
    char bare[ALD_SOCK_NAME_MAX];
    int fd = -1, r;

    r = ald_sock_bind(SOCK_STREAM, ald_sock_name_bare(spec->place.name, bare), spec->place.port, &fd, why);
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
    listener->listener.lan = ald_sockaddr_lan(&address);
    *ret_listener = &listener->listener;
    return 0;
}

const struct ald_bottom ald_bottom_tcp = {.name = "tcp", .dial = tcp_dial, .listen = tcp_listen};
