#pragma once

/*
 * Dialect: a translator between the bytes of one protocol and signals (msg/signal.h). It owns its grammar, its handshake
 * and its quirks, and nothing else: who is registered, what a deadline is, who is healthy stands in the hub, once for all
 * dialects. A dialect never sees a socket, a clock or another dialect.
 *
 * How a connection drives it:
 *
 *     open(facts)                       once, when the connection is up
 *     feed(now, chunk)                  for every WebSocket message and pong, or every piece of bytes
 *       next(signal)*                     until it says ALD_DIALECT_EMPTY
 *     emit(now, signal)                 for every signal that the hub (or the client) gives
 *     tick(now)                         when deadline() has come
 *       drain(frame)*                     after every feed, emit and tick, until it says ALD_DIALECT_EMPTY; a dialect
 *                                         that sets `dry` is not asked
 *     free()                            when the connection is gone
 *
 * Threading:  one thread, never re-entered.
 * Limits:     a dialect holds at most ALD_DIALECT_FRAMES frames and a bounded number of signals; it is drained before it
 *             is fed again.
 * Adding one: a folder beside wire/exchange, and its row in wire/dialects.c.
 */

#include "base/block.h"
#include "base/spare.h"
#include "msg/signal.h"

struct ald_http_request; /* wire/http/http_head.h */

/* Which end we are. */
enum ald_role {
    ALD_ROLE_HUB,  /* the peer is a party of ours */
    ALD_ROLE_PARTY /* the peer is the hub */
};

enum { ALD_DIALECT_EMPTY = 1 }; /* outcome of next() and drain(): nothing more now */

/* What a chunk or a frame is. A ping is only written, of at most one part with 125 bytes (RFC 6455 5.5), and a pong only comes, with
 * what the peer says in it: the transport answers a peer's pings. */
enum ald_frame_kind { ALD_FRAME_BYTES, ALD_FRAME_TEXT, ALD_FRAME_BINARY, ALD_FRAME_PING, ALD_FRAME_PONG };

enum { ALD_DIALECT_FRAMES = 8, ALD_FRAME_PARTS = 3 };

/*
 * One message for the transport. The parts are borrowed until the next call into the dialect; `shared` ones may be kept by
 * reference, the others (small, the dialect's own scratch) must be copied.
 */
struct ald_frame {
    uint8_t kind;     /* enum ald_frame_kind */
    uint8_t n_parts;
    uint64_t ordinal; /* that of the signal it came from; 0 for the dialect's own frames (pings, refusals) */
    struct ald_slice parts[ALD_FRAME_PARTS]; /* block NULL: scratch, copy it; else share it */
};

/* Time limits of a connection, in the words of the configuration. One struct for all dialects; each uses what it knows. */
struct ald_dialect_options {
    ald_usec hello_timeout;  /* from open to a registered party (ours; the original has none: exchange 4.2) */
    ald_usec reply_timeout;  /* deadline of a command whose sender says none (exchange 3.5: 60 s) */
    ald_usec ping_interval;  /* exchange 2.11: 5 s */
    ald_usec pong_timeout;   /* without any byte from the peer for so long after a ping, the link is dead */
    size_t message_max;      /* exchange 2.5: 13,107,200 bytes */
    ald_usec alive_interval; /* a link that nothing came over for so long is asked for a sign of life; 0: never */
    uint32_t alive_failures; /* so many intervals, and it is dead (communicator 4: ALIVE) */
    ald_usec hold_ttl;       /* how long an event waits for its target that does not say (communicator 5.5: 60 s); 0: so long */
    size_t line_max;         /* of dialects that speak in lines: the longest one taken; 0: 16 MiB (communicator 1.4) */
    ald_usec heartbeat_interval; /* link 2.10: 15 s */
    ald_usec session_timeout;    /* link 2.10: 60 s: how long the session of a link may be without a connection */
    size_t link_message_max;     /* link 2.10: 100 MiB */
};

/* What a dialect says of the hub it stands in, where its peers want to know. Lives as long as the dialects. */
struct ald_identity {
    struct ald_str hub;       /* its id */
    uint64_t boot;            /* what it drew at its start; 0: it does not say */
    struct ald_str address;   /* where other hubs call it, host:port; absent: nowhere */
    struct ald_str services;  /* targets that it expects, comma separated */
    struct ald_str neighbors; /* the configured ones, comma separated */
    struct ald_str username, password; /* what it shows to a hub that it calls */
    struct ald_str secret;    /* what datagrams must show, or show (communicator 2.3); absent or empty: nothing */
    struct ald_str link_alias;   /* integers for names, NAME=host 100, OTHER=instance 7 (wire/link/link_address.h) */
    struct ald_str link_plugins; /* of hello: a JSON object, name and version; absent: {} */
};

/* What a hub knows of messages by their names, as of now: for protocols whose messages do not say where they go (link 4.11). */
struct ald_lexicon {
    /* Kinds of party (ALD_PLACE_*, msg/catalog.h) that events, or else commands, of this name are for; 0: it knows none such. */
    unsigned (*places)(const struct ald_lexicon *lexicon, struct ald_str name, bool is_event);
};

/* What the connection knows when the dialect is opened. Borrowed for the call. */
struct ald_dialect_facts {
    enum ald_role role;
    const struct ald_dialect_options *options;
    struct ald_msg_pool *messages; /* where messages come from; outlives the dialect */
    uint64_t *counters;            /* one per enum of the dialect's counter table, shared by its connections */
    struct ald_spare *spare;       /* scratch for connections of this dialect; outlives it. NULL: it keeps its own */
    uint64_t seed;                 /* for ids and jitter of its own */
    ald_usec now;
    const ald_wall *wall;               /* what the calendar says, as of this turn; NULL: nobody knows. Outlives the dialect */
    const struct ald_identity *identity; /* of the hub; NULL: a client, or a hub that does not say. Outlives the dialect */
    const struct ald_lexicon *lexicon;   /* what the hub knows of names; NULL: nothing. Outlives the dialect */
    size_t greeting_max; /* bytes that are taken of a peer of a hub until its party is registered; 0: nobody counts them */
    bool admits;         /* of a hub: a peer may stay without showing who it is */
    uint32_t variant;              /* the dialect's own: what accept() chose, or what the dialler asked for and got */
};

/* Why a hub ends a connection, as far as protocols tell that apart. */
enum ald_parting {
    ALD_PARTING_LEFT,      /* one of both said goodbye */
    ALD_PARTING_UNHEALTHY, /* it does not do what it should */
    ALD_PARTING_REPLACED,  /* another connection has its name */
    ALD_PARTING_DENIED,    /* what it asked for was denied; its dialect heard so */
    ALD_PARTING_FULL,      /* there are too many */
    ALD_PARTING_STOPPING,  /* the hub stops */
    ALD_PARTING_TAKEN      /* another connection has its session */
};

struct ald_dialect;

struct ald_dialect_ops {
    const char *name;

    /* Feed one chunk. `bytes` is borrowed and its block may be shared. What the peer did wrong is a CLOSE signal from
     * next(), never an error. Errors: ALDIS_E_NOMEM. */
    int (*feed)(struct ald_dialect *dialect, ald_usec now, enum ald_frame_kind kind, struct ald_slice bytes);
    /* Gives the next signal. Outcome: ALD_DIALECT_EMPTY. Errors: ALDIS_E_NOMEM: what was said is lost, and who said it is to
     * be cut. */
    int (*next)(struct ald_dialect *dialect, struct ald_signal *ret_signal);
    /* Turn a signal (borrows) into frames. One that this protocol has no form for is dropped, counted. Errors: ALDIS_E_NOMEM. */
    int (*emit)(struct ald_dialect *dialect, ald_usec now, const struct ald_signal *signal);
    /* Gives the next frame. Outcome: ALD_DIALECT_EMPTY. */
    int (*drain)(struct ald_dialect *dialect, struct ald_frame *ret_frame);
    /* When tick() wants to be called; ALD_NEVER: never. */
    ald_usec (*deadline)(const struct ald_dialect *dialect);
    int (*tick)(struct ald_dialect *dialect, ald_usec now);
    /* The peer is about to be closed because it said too much, `max` bytes, before its party was registered: tell it so. NULL:
     * this protocol has no word for that but the close itself. Errors: ALDIS_E_NOMEM. */
    int (*refuse)(struct ald_dialect *dialect, ald_usec now, size_t max);
    /* Anything came from the peer (a pong, half a message): it is alive. */
    void (*alive)(struct ald_dialect *dialect, ald_usec now);
    /* The hub ends the connection: with which code and reason (static, or the dialect's until it is freed) does this protocol
     * say so? What is to be written before is left for drain(). False: it has no words of its own. NULL: it never has. */
    bool (*part)(struct ald_dialect *dialect, enum ald_parting why, uint16_t *ret_code, const char **ret_reason);
    void (*free)(struct ald_dialect *dialect);
};

/* Every dialect's struct begins with this. */
struct ald_dialect {
    const struct ald_dialect_ops *ops;
    bool dry; /* set by a dialect that knows it: drain() has nothing to give; false: ask */
};

static inline ALD_NODISCARD int ald_dialect_feed(struct ald_dialect *d, ald_usec now, enum ald_frame_kind kind, struct ald_slice bytes)
{
    return d->ops->feed(d, now, kind, bytes);
}
static inline ALD_NODISCARD int ald_dialect_next(struct ald_dialect *d, struct ald_signal *ret_signal)
{
    return d->ops->next(d, ret_signal);
}
static inline ALD_NODISCARD int ald_dialect_emit(struct ald_dialect *d, ald_usec now, const struct ald_signal *signal)
{
    return d->ops->emit(d, now, signal);
}
static inline ALD_NODISCARD int ald_dialect_drain(struct ald_dialect *d, struct ald_frame *ret_frame)
{
    return d->dry ? ALD_DIALECT_EMPTY : d->ops->drain(d, ret_frame);
}
static inline ald_usec ald_dialect_deadline(const struct ald_dialect *d)
{
    return d->ops->deadline(d);
}
static inline ALD_NODISCARD int ald_dialect_tick(struct ald_dialect *d, ald_usec now)
{
    return d->ops->tick(d, now);
}
static inline ALD_NODISCARD int ald_dialect_refuse(struct ald_dialect *d, ald_usec now, size_t max)
{
    return d->ops->refuse != NULL ? d->ops->refuse(d, now, max) : 0;
}
static inline void ald_dialect_alive(struct ald_dialect *d, ald_usec now)
{
    d->ops->alive(d, now);
}
static inline struct ald_dialect *ald_dialect_free(struct ald_dialect *d)
{
    if (d != NULL) {
        d->ops->free(d);
    }
    return NULL;
}
ALD_DEFINE_CLEANUP(struct ald_dialect *, ald_dialect_free);

/*
 * What a dialect says to an upgrade request on the HTTP door.
 * Outcomes of accept(): ALD_ACCEPT_NOT_MINE: another path; ALD_ACCEPT_REFUSED: answer with `status` and `body`.
 */
enum { ALD_ACCEPT_NOT_MINE = 1, ALD_ACCEPT_REFUSED };

struct ald_accept {
    uint32_t variant;          /* for ald_dialect_facts */
    int status;                /* of a refusal */
    const char *body;          /* of a refusal; static */
    const char *header_name;   /* one extra header of the 101, or NULL; static */
    const char *header_value;
    bool first_protocol;       /* the first subprotocol that is offered is taken, whatever it is (link.md 2.1) */
    bool old_version;          /* version 8 of WebSocket is spoken too (link.md 2.1) */
    bool wants_token;          /* who comes says who he is in his first frame, with ald_greeting.token or a RESUME: he needs no
                                  credential before, and until then nothing that he says takes effect */
};

enum { ALD_DIALECT_PLACE_MAX = 96 };

/* A row of the table of dialects. */
struct ald_dialect_type {
    const char *name;
    const char *const *counter_names; /* n_counters of them: what facts.counters counts */
    const char *const *counter_meanings; /* the same for people; NULL: the names say it */
    size_t n_counters;
    bool resumes_late; /* its sessions are resumed while the hub stops as well (link 2.3) */
    /* For protocols that live on the HTTP door; NULL for the others. */
    int (*accept)(const struct ald_http_request *request, struct ald_accept *ret_accept);
    /* The largest message that it takes with these options, where that is not their message_max; NULL: it is. */
    size_t (*message_max)(const struct ald_dialect_options *options);
    /* Its protocol has a registry of all messages, so that an edge may refuse what its own does not know ([link] strict); is this one
     * known to everybody all the same? NULL: any message may have any name. */
    bool (*knows)(const struct ald_msg *msg);
    /* How its people call where a message of one of its parties comes from (`source`), or goes to; of size 0: by the kind of party, as
     * all do. `room` may hold it. NULL: as all do. */
    struct ald_str (*place)(const struct ald_msg *msg, bool source, char room[ALD_DIALECT_PLACE_MAX]);
    /* Gives a dialect. Errors: ALDIS_E_NOMEM. */
    int (*open)(const struct ald_dialect_facts *facts, struct ald_dialect **ret_dialect);
};

static inline size_t ald_dialect_message_max(const struct ald_dialect_type *type, const struct ald_dialect_options *options)
{
    return type->message_max != NULL ? type->message_max(options) : options->message_max;
}

/* All of them, in wire/dialects.c; ends with NULL. */
extern const struct ald_dialect_type *const ald_dialects[];
/* The one of that name; NULL: there is none. */
const struct ald_dialect_type *ald_dialect_find(struct ald_str name);
