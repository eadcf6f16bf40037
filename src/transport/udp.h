#pragma once

/*
 * Udp: datagrams, received and sent. A datagram is bytes: what they mean is for others to read.
 *
 * A receiver listens on an address, or for what is broadcast on one interface. A sender sends to one address, or to
 * everybody on one interface. A post is a sender for one datagram. None of them has a queue: what the system has no
 * room for is gone, and counted (net.h).
 *
 * Lifetime:   from the call that gave it to its close, which may come in its own callback.
 * Threading:  the loop's thread only.
 * Invariants: no callback runs inside the call that caused it; after the close none comes.
 */

#include "base/str.h"
#include "transport/net.h"

/* The most that fits in a datagram over IPv4: 65,535 bytes without its headers (RFC 791 3.1, RFC 768). */
enum { ALD_UDP_SIZE_MAX = 65507 };

struct ald_datagram {
    struct ald_str bytes; /* borrowed for the call, like all of it; may be none */
    const char *from;     /* "127.0.0.1:4711", "[::1]:4711" */
    bool loopback;        /* the sender's address is a loopback one, which the network cannot forge */
};

struct ald_udp;

struct ald_udp_callbacks {
    void (*received)(void *owner, struct ald_udp *udp, const struct ald_datagram *datagram);
};

/* Everything is borrowed for the call. */
struct ald_udp_spec {
    const char *host;      /* name or address to listen on; "" or "*": all of them */
    const char *interface; /* instead of a host: "eth0"; what is broadcast there is received, and nothing else */
    uint16_t port;         /* 0: the system chooses */
    bool local_only;       /* drop what does not come from a loopback address */
    size_t size_max;       /* drop what is longer; 0: ALD_UDP_SIZE_MAX */
};

/*
 * Gives a receiver. Datagrams are received whole or not at all, from the next turn on, a bounded number a turn.
 *
 * A broadcast is received by a socket that is bound to the broadcast address of the interface, which needs no
 * privileges and keeps out what is sent to this machine alone; several programs may listen for the same one. It is
 * IPv4, since IPv6 has no broadcasts. When the interface gets another address, the receiver has to be opened again.
 *
 * `ret_why` (may be NULL) is told in words what went wrong. Errors: ALDIS_E_NOMEM, ALDIS_E_BIND (in use, no such
 * address, no such interface, it is down, it has no broadcast address), ALDIS_E_ACCESS, ALDIS_E_LIMIT.
 */
ALD_NODISCARD int ald_udp_listen(struct ald_net *net, const struct ald_udp_spec *spec,
                                 const struct ald_udp_callbacks *callbacks, void *owner, struct ald_udp **ret_udp,
                                 struct ald_why *ret_why);
/* "127.0.0.1:4041" with the port the system chose; for broadcasts "192.0.2.255:4041". Lives as long as the receiver. */
const char *ald_udp_address(const struct ald_udp *udp);
uint16_t ald_udp_port(const struct ald_udp *udp);
/* Tell whether it takes datagrams from this machine only: by its address, or because it was told to. */
bool ald_udp_local(const struct ald_udp *udp);
/* NULL is fine; returns NULL. */
struct ald_udp *ald_udp_close(struct ald_udp *udp);
ALD_DEFINE_CLEANUP(struct ald_udp *, ald_udp_close);

struct ald_udp_sender;

struct ald_udp_sender_callbacks {
    /* Its address is known: it can send. */
    void (*ready)(void *owner, struct ald_udp_sender *sender);
    /* It never will; `text` (borrowed) says why, with the name of the host or the interface. */
    void (*failed)(void *owner, struct ald_udp_sender *sender, const char *text);
};

/* Everything is borrowed for the call. */
struct ald_udp_sender_spec {
    const char *host; /* name or address, "[::1]" too; a name must have exactly one address (communicator.md 2.1) */
    const char *interface; /* instead of a host: send to everybody there */
    uint16_t port;
    bool lan_only;   /* only to this machine or a private network (communicator.md 2.1): datagrams are not secret */
    size_t size_max; /* of a datagram; 0: ALD_UDP_SIZE_MAX */
};

/* Gives a sender, of which `ready` or `failed` comes, once. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_udp_sender_new(struct ald_net *net, const struct ald_udp_sender_spec *spec,
                                     const struct ald_udp_sender_callbacks *callbacks, void *owner,
                                     struct ald_udp_sender **ret_sender);

/* Outcomes of ald_udp_send(): the datagram is gone. */
enum {
    ALD_UDP_EARLY = 1, /* the sender is not ready, or has failed */
    ALD_UDP_TOO_LARGE, /* over the sender's limit, or the network's */
    ALD_UDP_FULL,      /* the system has no room now */
    ALD_UDP_UNHEARD,   /* the network refused it, or somebody there said at once that nobody listens */
};

/*
 * Send `bytes` (borrows). That it was sent does not mean that anybody received it. `ret_why` (may be NULL) is told in
 * words what went wrong.
 */
ALD_NODISCARD int ald_udp_send(struct ald_udp_sender *sender, struct ald_str bytes, struct ald_why *ret_why);
/* Where it sends, for people: "192.0.2.7:4041"; what it was told, as long as it is not ready. */
const char *ald_udp_sender_address(const struct ald_udp_sender *sender);
/* NULL is fine; returns NULL. */
struct ald_udp_sender *ald_udp_sender_close(struct ald_udp_sender *sender);
ALD_DEFINE_CLEANUP(struct ald_udp_sender *, ald_udp_sender_close);

/* How a post went: `outcome` is 0 or one of ald_udp_send(); `text` (borrowed) says in words what went wrong, else NULL. */
typedef void (*ald_udp_posted_fn)(void *owner, int outcome, const char *text);

struct ald_udp_post;

/*
 * Send one datagram (borrows `bytes`). Gives the post, which ends itself with its one callback. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_udp_post_new(struct ald_net *net, const struct ald_udp_sender_spec *spec, struct ald_str bytes,
                                   ald_udp_posted_fn fn, void *owner, struct ald_udp_post **ret_post);
/* The callback will not come, and the datagram is not sent. NULL is fine; returns NULL. */
struct ald_udp_post *ald_udp_post_cancel(struct ald_udp_post *post);
