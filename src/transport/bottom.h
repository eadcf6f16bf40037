#pragma once

/*
 * Bottom: a kind of transport that byte streams can stand on; and what all listeners share. Private to transport.
 *
 * A new bottom brings dial() and listen() and a row of the table in bottom.c; tls and ws stand on it unchanged.
 */

#include "transport/dial.h"
#include "transport/stream_impl.h"

struct ald_bottom {
    const char *name;
    /* Gives a byte stream on its way to `place`. Errors as ald_dial(). */
    int (*dial)(struct ald_net *net, const struct ald_place *place, const struct ald_stream_options *options,
                struct ald_stream **ret_stream);
    /* Gives a listener with its own part filled in. Errors as ald_listen(). */
    int (*listen)(struct ald_net *net, const struct ald_listen_spec *spec, struct ald_listener **ret_listener,
                  struct ald_why *ret_why);
};

const struct ald_bottom *ald_bottom_get(enum ald_bottom_id id);

extern const struct ald_bottom ald_bottom_tcp;
extern const struct ald_bottom ald_bottom_unix;
extern const struct ald_bottom ald_bottom_inproc;

struct ald_listener {
    struct ald_net *net;
    void (*close)(struct ald_listener *listener); /* lets go of the bottom's own part, and frees */
    const struct ald_listener_callbacks *callbacks;
    void *owner;
    struct ald_tls *tls; /* a reference, or NULL */
    struct ald_stream_options options;
    char address[136]; /* a socket's path, at most 108, or an internet address with its port */
    uint16_t port;
    bool loopback;
    bool lan;
};

/* A connection came in: `stream` (takes) is stacked upon and handed to the listener's owner. */
void ald_listener_admit(struct ald_listener *listener, struct ald_stream *stream);

/* Say why, when somebody wants to know. `why` may be NULL. */
void ald_why_say(struct ald_why *why, const char *format, ...) ALD_PRINTF(2, 3);
