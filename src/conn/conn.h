#pragma once

/*
 * Conn: one connection that speaks a dialect: a stream, the dialect, and the hub's view of it.
 *
 * Chunks of the stream are fed to the dialect, its signals become events of the hub; the hub's effects are emitted by
 * the dialect, its frames pushed into the stream, whose progress goes back to the hub by ordinal.
 *
 * Lifetime:   ald_conn_open() until it ends by itself: the stream ended, the dialect or the hub closed it, or memory
 *             was short. The edge frees it after the hub heard of its end; nobody else holds one.
 * Threading:  the loop's thread only.
 * Invariants: the hub hears OPENED first and CLOSED last, each once. CLOSED waits until what was pushed has been
 *             given to the kernel, or can no longer be: the hub moves to another channel what was not begun, so
 *             nothing may be begun after it was told. An idle connection holds no buffer.
 * Limits:     greeting_bytes before the party is registered; then message_max, or line_max, and what the hub's accounts
 *             allow. A line whose end has not come counts towards the edge's reassembly budget.
 */

#include "conn/edge.h"
#include "transport/stream.h"

/* How a connection that we asked for ended. */
struct ald_conn_end {
    bool greeted;        /* it had worked: a party was registered */
    bool said_goodbye;   /* its peer leaves on purpose */
    uint16_t code;       /* with which its dialect closed it (its own codes), 0: it did not */
    int http_status;     /* what the upgrade was answered with, if that is why; else 0 */
    struct ald_str text; /* for people */
};

/* Who asked for a connection. */
struct ald_conn_caller {
    /* The stream is there: which variant did both ends agree on? False: none, and it is closed. */
    bool (*agreed)(void *owner, const struct ald_stream *stream, uint32_t *variant);
    /* The hub has let its party in. Inside a step of the hub. NULL: nobody cares. */
    void (*registered)(void *owner, struct ald_str target);
    /* It is gone. Never inside a call of the caller's, nor inside a step. */
    void (*ended)(void *owner, const struct ald_conn_end *end);
};

struct ald_conn_spec {
    const struct ald_dialect_type *dialect;
    size_t dialect_index;                 /* its place in ald_dialects */
    uint32_t variant;                     /* what accept() chose */
    struct ald_door *door;                /* it came in through; NULL: we called */
    struct ald_door_group *group;         /* that it belongs to from now on (counted already), or NULL */
    struct ald_pass *pass;                /* of the edge's guard, or NULL */
    const struct ald_conn_caller *caller; /* NULL unless we called; borrowed, with its owner, until `ended` */
    const char *name;                     /* for people, beside `caller`: what stands for a door's name; static */
    void *owner;
    const struct ald_identity *identity; /* what its dialect says of this hub; NULL: the edge's. Outlives it */
    bool bytes;                          /* the stream carries bytes, of which the dialect makes lines; else messages */
    bool credentials;                    /* it has to show a name and a password that the gate knows */
    bool wants_token;                    /* it has to show a signed token that the gate vouches for */
    ald_usec hello_timeout;              /* for its dialect; 0: the edge's */
};

/*
 * Make a connection of `stream` (takes), which has not said `opened` yet, for who has `spec->pass` (takes). A WebSocket takes
 * no messages larger than the greeting yet. Gives the connection to a caller, through `ret_conn` (NULL: not wanted), who may
 * use it until `ended`. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_conn_open(struct ald_edge *edge, const struct ald_conn_spec *spec, struct ald_stream *stream,
                                struct ald_conn **ret_conn);

/* Its caller needs it no more: it is closed, and nobody hears of its end. */
void ald_conn_hang_up(struct ald_conn *conn);

size_t ald_conn_size(void);
