#pragma once

/*
 * Sock: a byte stream over a connected socket, the bottom that tcp and unix share. Private to transport.
 *
 * Own recv() and sendmsg() over a watched descriptor: one read and one write a turn, no matter how much was pushed.
 */

#include "transport/outq.h"
#include "transport/sockaddr.h"
#include "transport/stream_impl.h"

struct ald_sock;
struct ald_sock_dial;

struct ald_sock {
    struct ald_stream stream;
    struct ald_outq out;
    struct ald_task flush;
    struct ald_poll *poll;      /* NULL: not connected yet, or ended */
    struct ald_sock_dial *dial; /* while it is not connected */
    ald_usec close_timeout;
    size_t n_discarded;
    union ald_sockaddr peer;
    bool blocked;    /* the kernel took less than was offered; it says when it can take more */
    bool finished;   /* our end of the stream was sent */
    bool peer_ended; /* the peer's end of the stream was read */
    bool leaving;    /* it is why this end closes */
    int error;       /* why the stream is mute */
};

/* Gives a stream that is not connected. `options` are borrowed for the call. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_sock_new(struct ald_net *net, const struct ald_stream_options *options,
                               struct ald_sock **ret_sock);
/*
 * The stream speaks over `poll` (takes), connected to `peer`. It opens at the end of the turn; until then it can be
 * owned.
 */
void ald_sock_connected(struct ald_sock *sock, struct ald_poll *poll, const struct sockaddr_storage *peer);

/* Set what every TCP connection gets: no delay, and keep-alive after `keepalive` seconds of silence (0: none). */
void ald_sock_tune(int fd, unsigned keepalive);

/*
 * Connect `sock` to `host` and `port`, trying all addresses in turn, or to a socket's file. What goes wrong later ends
 * the stream. Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID (the path does not fit).
 */
ALD_NODISCARD int ald_sock_dial_tcp(struct ald_sock *sock, const char *host, uint16_t port,
                                    const struct ald_stream_options *options);
ALD_NODISCARD int ald_sock_dial_unix(struct ald_sock *sock, const char *path, const struct ald_stream_options *options);
/* NULL is fine; returns NULL. */
struct ald_sock_dial *ald_sock_dial_cancel(struct ald_sock_dial *dial);
