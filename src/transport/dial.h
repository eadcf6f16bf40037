#pragma once

/*
 * Dial and listen: how streams come to be.
 *
 * A place is where: a bottom (a row of the table in bottom.c) and what that bottom needs. A stack is what stands on it:
 * tls, then ws. A new bottom joins with its vtable and one row.
 */

#include "transport/net.h"
#include "transport/stream.h"
#include "wire/http/http_fields.h"

struct ald_tls;

enum ald_bottom_id { ALD_BOTTOM_TCP, ALD_BOTTOM_UNIX, ALD_BOTTOM_INPROC, ALD_BOTTOM_COUNT };

struct ald_place {
    enum ald_bottom_id bottom;
    const char *name; /* tcp: host name or address ("" or "*" to listen: all addresses), unix: path, inproc: any name */
    uint16_t port;    /* tcp: 0 lets the system choose when listening */
};

/* What the dialing side of a WebSocket says in its upgrade. */
struct ald_ws_hello {
    const char *target;            /* "/exchange/controller"; with the query, if any; encoded */
    const char *host;              /* the Host header; NULL: made from the place ("localhost" for unix and inproc) */
    struct ald_http_fields fields; /* further headers; may be none */
};

/* Everything is borrowed for the call, except `tls`, which is shared. */
struct ald_dial_spec {
    struct ald_place place;
    struct ald_tls *tls;  /* NULL: none; of ald_tls_client_new() */
    const char *tls_name; /* name to check and to send as SNI; NULL: the place's name ("localhost" unless tcp) */
    const struct ald_ws_hello *ws;            /* NULL: none */
    const struct ald_stream_options *options; /* NULL: the defaults */
};

/*
 * Give a stream that is on its way. Whatever goes wrong from here on comes as `closed`. Errors: ALDIS_E_NOMEM,
 * ALDIS_E_INVALID (a path too long for the system, a header that may not be sent).
 */
ALD_NODISCARD int ald_dial(struct ald_net *net, const struct ald_dial_spec *spec,
                           const struct ald_stream_callbacks *callbacks, void *owner, struct ald_stream **ret_stream);

/*
 * Tell whether `host`, as it is written, is an address beyond this machine and private networks (communicator.md 2.1). Of a
 * name only a dial can tell (`lan_only` of the stream's options).
 */
bool ald_dial_is_far(const char *host);

struct ald_listener;

struct ald_listener_callbacks {
    /*
     * Takes the stream: sets its owner with ald_stream_own(), or frees it. It is not open yet: `opened` follows, after
     * the TLS handshake if there is one.
     */
    void (*accepted)(void *owner, struct ald_listener *listener, struct ald_stream *stream);
};

struct ald_listen_spec {
    struct ald_place place;
    struct ald_tls *tls;                      /* NULL: none; of ald_tls_server_new(); shared */
    const struct ald_stream_options *options; /* NULL: the defaults; for each stream accepted */
    int backlog;                              /* 0: 1024 */
    unsigned unix_mode;                       /* of the socket's file; 0: 0600, with a group 0660 */
    const char *unix_group;                   /* who owns the file beside us, by name or number; NULL: our own group */
    bool unix_make_dir;                       /* make the missing parent folder, with mode 0700; 0750 with a group */
};

/*
 * Gives a listener that accepts from the next turn on, a bounded number a turn. A socket's file that nobody answers at
 * is replaced; it is removed when the listener closes. The file is made with mode 0600, then given its group, then its
 * mode, all before anyone can connect (communicator.md 2.2); finding the group may block as long as the system looks for
 * it. `ret_why` (may be NULL) is told in words what went wrong. Errors: ALDIS_E_NOMEM, ALDIS_E_BIND (in use, not ours to
 * bind, no such address, not a socket, path too long, no such group), ALDIS_E_ACCESS (also: it may not be given to that
 * group), ALDIS_E_LIMIT.
 */
ALD_NODISCARD int ald_listen(struct ald_net *net, const struct ald_listen_spec *spec,
                             const struct ald_listener_callbacks *callbacks, void *owner,
                             struct ald_listener **ret_listener, struct ald_why *ret_why);
/* "127.0.0.1:8062" with the port the system chose, "[::1]:8062", the path, the name. Lives as long as the listener. */
const char *ald_listener_address(const struct ald_listener *listener);
/* The port (tcp), else 0. */
uint16_t ald_listener_port(const struct ald_listener *listener);
/* Tell whether only this machine can reach it (a loopback address, unix, inproc). */
bool ald_listener_loopback(const struct ald_listener *listener);
/* Tell whether its address is this machine's or a private network's (communicator.md 2.2); "all addresses" is neither. */
bool ald_listener_lan(const struct ald_listener *listener);
/* Stop accepting; streams it accepted live on. NULL is fine; returns NULL. */
struct ald_listener *ald_listener_close(struct ald_listener *listener);
ALD_DEFINE_CLEANUP(struct ald_listener *, ald_listener_close);
