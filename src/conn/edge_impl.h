#pragma once

/* The inside of the edge, for the files of this folder only. */

#include "base/pool.h"
#include "base/rng.h"
#include "conn/edge.h"
#include "loop/loop.h"
#include "transport/stream.h"

/* Who wants to know what happens in the hub. */
struct ald_edge_watcher {
    struct ald_node node;
    uint32_t mask;
    ald_note_fn fn;
    void *owner;
};

struct ald_edge {
    struct ald_net *net;
    struct ald_loop *loop;
    struct ald_hub *hub;
    struct ald_effects effects;
    struct ald_msg_pool *messages;
    struct ald_dialect_options dialect_options;
    struct ald_stream_options stream_options; /* of a connection; points at the budget below */
    struct ald_budget reassembly;             /* of what comes in: messages, and large bodies of requests */
    struct ald_budget answers;                /* of what goes out over HTTP and waits to be read */
    const struct ald_guard *guard;            /* may be NULL */
    const struct ald_gate *gate;              /* may be NULL */
    const struct ald_identity *identity;      /* may be NULL */
    struct ald_catalog *catalog;              /* what messages must look like; may be NULL */
    struct ald_schema_checker *checker;       /* once there was a catalog */
    ald_usec judging;                         /* the time that it has taken so far */
    struct ald_lexicon lexicon;               /* the same, as dialects see it */
    bool strict;
    struct ald_edge_watch watch;
    void *owner;
    struct ald_edge_counters counters;
    uint64_t **dialect_counters;      /* one array a row of ald_dialects */
    struct ald_spare *dialect_spares; /* one a row */
    size_t n_dialects;
    size_t greeting_bytes;
    uint32_t connections_max;
    uint64_t last_number;    /* of a connection */
    struct ald_rng rng;      /* seeds of dialects */
    struct ald_pool conns;   /* memory of connections */
    struct ald_node all;     /* every speaker (speaker.h) */
    struct ald_node talking; /* those with something to say because of what they were told */
    struct ald_node ending;  /* those whose end the hub must be told */
    struct ald_node watchers;
    struct ald_node doors; /* in the order they were opened */
    struct ald_alarm due;  /* when the hub wants to be stepped */
    ald_usec wall_read;    /* when `wall` was asked for */
    ald_wall wall;
    struct ald_task settle; /* what a turn leaves to be done at its end */
    bool stepping;
    bool draining;
    bool drained; /* and the watch was told */
    ald_usec leave_until; /* while it drains: nobody stays longer */
};

/* Step the hub with an event of `kind` about the connection `number` (0: none). Fills in the time. */
void ald_edge_step(struct ald_edge *edge, struct ald_event *event);
/* A signal is about to be told to the hub: hold it against the catalog, which is there. */
void ald_edge_judge(struct ald_edge *edge, struct ald_event *event);
/* See struct ald_lexicon. */
unsigned ald_edge_places(const struct ald_lexicon *lexicon, struct ald_str name, bool is_event);
/* Something waits for the end of the turn. */
void ald_edge_settle_later(struct ald_edge *edge);
/* What the calendar says, refreshed each turn in which the hub is stepped, and by this call. */
const ald_wall *ald_edge_wall(struct ald_edge *edge);
void ald_edge_notice(struct ald_edge *edge, const struct ald_notice *notice);
