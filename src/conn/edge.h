#pragma once

/*
 * Edge: what stands around one hub: it steps it, gives it the time, and carries its effects to the connections.
 *
 *     a stream speaks -> conn -> dialect -> signal -> ald_edge_step() -> effects -> conn -> dialect -> stream
 *
 * Lifetime:   ald_edge_new() to ald_edge_free(), which comes after its doors were closed and ends what connections
 *             are left without another word to the hub.
 * Threading:  the loop's thread only.
 * Invariants: the hub is never stepped inside a step: whatever an effect brings about that the hub must hear (a
 *             connection that ends at once) waits for the end of the turn. Every connection that the hub was told of
 *             is reported closed exactly once.
 */

#include "base/list.h"
#include "hub/note.h"
#include "hub/view.h"
#include "transport/net.h"
#include "wire/dialect.h"

struct ald_catalog;
struct ald_conn;
struct ald_door;
struct ald_edge;
struct ald_gate;
struct ald_guard;

/* What a program may want to log. X(NAME, "name") */
#define ALD_NOTICES(X)                                                                                                 \
    X(OPENED, "opened")         /* a party is connected */                                                             \
    X(REGISTERED, "registered") /* and has its target, `target` (absent: a caller only) */                             \
    X(CLOSED, "closed")         /* it is gone; `text` says why */                                                      \
    X(REFUSED, "refused")       /* a door turned somebody away; `text` says why */                                     \
    X(FAILED, "failed")         /* we are out of something; `text` says what for */

enum ald_notice_kind {
#define ALD_X(name, text) ALD_NOTICE_##name,
    ALD_NOTICES(ALD_X)
#undef ALD_X
        ALD_N_NOTICES
};

struct ald_notice {
    enum ald_notice_kind kind;
    uint64_t conn;         /* number of the connection, 0 before there is one */
    const char *door;      /* its name */
    struct ald_str peer;   /* address, absent when not known (any more) */
    struct ald_str target; /* bytes of the peer's: escape them */
    struct ald_str text;   /* may hold bytes of the peer's: escape them */
};

const char *ald_notice_name(enum ald_notice_kind kind);

struct ald_edge_watch {
    /* Borrows `notice`; may not call back into the edge. NULL: nobody listens. */
    void (*noticed)(void *owner, const struct ald_notice *notice);
    /* After ald_edge_drain(): the hub has nothing left to wait for. Once, at the end of a turn. NULL: nobody cares. */
    void (*drained)(void *owner);
};

/* What the edge counts beside the hub, since the start. X(name, meaning) */
#define ALD_EDGE_COUNTERS(X)                                                                                           \
    X(steps, "steps of the hub")                                                                                       \
    X(effects, "effects that these gave")                                                                              \
    X(effects_late, "effects for connections that were ending already")                                                \
    X(greeting_oversize, "connections cut because they sent too much before their hello")                              \
    X(closed_by_dialect, "connections closed for what the peer said or failed to say")                                 \
    X(closed_by_hub, "connections that the hub had closed")                                                            \
    X(strangers_denied, "what was said on connections that have not shown who they are")                               \
    X(operations_denied, "orders to stop or to change the hub from who may not give them")                             \
    X(pages_refused, "connections for lines closed because a browser, or another client of HTTP, has made them")       \
    X(answers_unread, "connections cut because they ask, and do not read what they are answered")                      \
    X(lines_full, "connections closed because too much of lines without an end is coming in")                          \
    X(schema_commands_refused, "commands refused because of their schema, or by [link] strict")                        \
    X(schema_replies_failed, "replies that broke their schema, told to callers as failures")                           \
    X(schema_events_dropped, "events dropped because of their schema, or by [link] strict")                            \
    X(schema_unrecognized, "of these, those of link parties whose name has no schema")                                 \
    X(schema_too_much, "checks that were given up because they took too much work; what was checked counts as broken") \
    X(schema_rests,                                                                                                    \
      "times a connection was not heard, or a datagram not taken, because checking them took too much work")           \
    X(expelled, "connections closed because their credential, or its right, was taken away")                           \
    X(no_memory, "connections closed, or not taken, and datagrams dropped, because memory was short")

struct ald_edge_counters {
#define ALD_X(name, meaning) uint64_t name;
    ALD_EDGE_COUNTERS(ALD_X)
#undef ALD_X
};

struct ald_edge_spec {
    struct ald_net *net;                /* borrowed, outlives the edge */
    const struct ald_hub_config *hub;   /* borrowed for the call */
    struct ald_dialect_options dialect; /* of every connection */
    uint32_t connections_max;           /* streams on all doors at once, those that end included */
    size_t greeting_bytes;              /* taken from a connection before it is registered */
    size_t reassembly_max; /* of messages and large bodies that are coming in, all connections together; and as much of
                              answers over HTTP that wait to be read */
    const struct ald_guard *guard;       /* NULL: everybody comes in; borrowed, outlives the edge */
    const struct ald_gate *gate;         /* NULL: nobody may stop it; borrowed, outlives the edge */
    const struct ald_identity *identity; /* what dialects say of this hub; NULL: nothing; borrowed, outlives the edge */
    struct ald_edge_watch watch;
    void *owner; /* of the watch */
};

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_edge_new(const struct ald_edge_spec *spec, struct ald_edge **ret_edge);
/* NULL is fine; returns NULL. */
struct ald_edge *ald_edge_free(struct ald_edge *edge);
ALD_DEFINE_CLEANUP(struct ald_edge *, ald_edge_free);

/* Take no new work; by `leave_until` everybody is cut. Then `drained` comes. Repeating it changes nothing. */
void ald_edge_drain(struct ald_edge *edge, ald_usec leave_until);
bool ald_edge_draining(const struct ald_edge *edge);

/*
 * What an operator asks of the hub, which is stepped: not to be called inside a step. Whether he may is decided before.
 * Outcomes: ALD_ASK_UNKNOWN, ALD_ASK_CONFLICT (hub.h).
 */
ALD_NODISCARD int ald_edge_cancel(struct ald_edge *edge, struct ald_str id);
ALD_NODISCARD int ald_edge_channel_leave(struct ald_edge *edge, struct ald_str channel, bool reconnect);
/* Somebody reads the events of `name`. Outcome: ALD_ASK_CONFLICT. */
ALD_NODISCARD int ald_edge_remember(struct ald_edge *edge, struct ald_str name);
/* Who has that channel hears the events of `name` no more. Outcome: ALD_ASK_UNKNOWN. */
ALD_NODISCARD int ald_edge_unsubscribe(struct ald_edge *edge, struct ald_str channel, struct ald_str name);
ALD_NODISCARD int ald_edge_channel_primary(struct ald_edge *edge, struct ald_str channel);

/*
 * What the edge found out: the hub is stepped, so not inside a step. `news` is borrowed, with its texts. Errors:
 * ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_edge_news(struct ald_edge *edge, const struct ald_news *news);
/* Targets that come and go, comma separated: see ALD_EVENT_EXPECT. */
void ald_edge_expect(struct ald_edge *edge, struct ald_str targets);

/*
 * Tell `fn` what happens in the hub (hub/note.h), of the kinds in `mask`, from now on; the same `fn` and `owner` again
 * change the mask, and 0 ends it. Not to be called inside a step. Errors: ALDIS_E_NOMEM, not for a mask of 0.
 */
ALD_NODISCARD int ald_edge_watch_hub(struct ald_edge *edge, uint32_t mask, ald_note_fn fn, void *owner);

/*
 * From now on messages are held against `catalog` (shares; NULL: against nothing). `strict`: what a party of the dialect link
 * says under a name that is not in it is refused. Not to be called inside a step. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_edge_set_catalog(struct ald_edge *edge, struct ald_catalog *catalog, bool strict);
/* NULL when there is none. */
struct ald_catalog *ald_edge_catalog(const struct ald_edge *edge);

const struct ald_hub *ald_edge_hub(const struct ald_edge *edge);
struct ald_net *ald_edge_net(const struct ald_edge *edge);
/* Where the messages of local parties (local.h) come from; they live no longer than the edge. */
struct ald_msg_pool *ald_edge_messages(const struct ald_edge *edge);
const struct ald_edge_counters *ald_edge_counters(const struct ald_edge *edge);
/* The counters of the dialect ald_dialects[index], named by its counter_names. */
const uint64_t *ald_edge_dialect_counters(const struct ald_edge *edge, size_t index);
/* The place of a dialect in ald_dialects, which it must have. */
size_t ald_edge_dialect_index(const struct ald_dialect_type *dialect);
/* Connections that speak a dialect, registered or not. */
size_t ald_edge_conns(const struct ald_edge *edge);
/* The door that was opened after `door` (NULL: the first one); NULL when there is none. */
const struct ald_door *ald_edge_next_door(const struct ald_edge *edge, const struct ald_door *door);
