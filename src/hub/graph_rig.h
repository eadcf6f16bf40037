#pragma once

/*
 * Graph rig: several hubs in one test, linked with each other. What one says over a link becomes what the other hears there,
 * as the dialect of hub links has it (hub/peer.h), in order, when the rig is settled. What is said to everybody else is
 * written down, a line a signal, so that a test can compare a story:
 *
 *     graph_begin(&graph, 3);                        hubs a, b, c
 *     graph_link(&graph, "a", "b");
 *     graph_link(&graph, "b", "c");
 *     graph_agent(&graph, "c", 1, "lamp");
 *     graph_caller(&graph, "a", 1);
 *     graph_command(&graph, "a", 1, "c1", "lamp");
 *     graph_reply(&graph, "c", 1, "c1", ALD_SUCCEEDED);
 *     graph_expect(&graph, "c1 command c1 from a\n"
 *                          "a1 reply c1 succeeded\n");
 *
 * A connection is named by its hub and its number there; up to GRAPH_LOCAL they are those of a test, links have larger ones.
 */

#include <stdio.h>

#include "hub/hub.h"
#include "hub/view.h"
#include "lib/test.h"

enum { GRAPH_HUBS = 12, GRAPH_LOCAL = 8, GRAPH_CONNS = 64, GRAPH_FLIGHT = 4096, GRAPH_TEXT = 65536, GRAPH_IDS = 256 };

/* A signal on its way, with copies of what it shows. */
struct graph_flight {
    struct ald_signal signal;
    struct ald_travel travel;
    char hub[300], id[300], informed[2048];
};

struct graph_conn {
    bool open, closing;
    uint64_t said, begun;
    int peer; /* hub at the other end, -1: nobody */
    uint64_t peer_conn;
    bool is_daemon;              /* the link is one of daemons, and counts those */
    bool tells_way;              /* the way of what is said there is written down, too */
    struct graph_flight *flight; /* on the way to the other end, a ring */
    size_t first, n;
};

struct graph_hub {
    struct ald_hub *hub;
    struct ald_effects effects;
    struct ald_msg_pool *messages;
    char id[16];
    uint64_t last_conn;
    struct graph_conn conns[GRAPH_CONNS];
};

struct graph_id {
    char wire_id[64];
    int hub;
    uint64_t conn;
    struct ald_id id;
    char original[64];
};

struct graph {
    struct ald_hub_config config;
    ald_usec now;
    int n_hubs;
    bool quiet;   /* nothing is written down */
    bool holds;   /* what is said over links stays on its way, and counts as unwritten */
    bool by_hand; /* nothing is settled by itself */
    void (*around)(bool begins);
    struct graph_hub hubs[GRAPH_HUBS];
    struct graph_id ids[GRAPH_IDS];
    size_t n_ids;
    uint64_t n_starts;
    uint64_t n_lost; /* signals that were on a link when it was cut */
    char last_text[512];
    size_t n_text;
    char text[GRAPH_TEXT];
};

static ALD_UNUSED void graph_line(struct graph *graph, const char *format, ...)
{
    va_list args;

    if (graph->quiet) {
        return;
    }
    va_start(args, format);
    graph->n_text += (size_t)vsnprintf(graph->text + graph->n_text, GRAPH_TEXT - graph->n_text, format, args);
    va_end(args);
    ald_check(graph->n_text < GRAPH_TEXT);
}

static ALD_UNUSED int graph_at(const struct graph *graph, const char *id)
{
    for (int i = 0; i < graph->n_hubs; i++) {
        if (strcmp(graph->hubs[i].id, id) == 0) {
            return i;
        }
    }
    fail_msg("no hub %s", id);
    return -1;
}

/* --- links ------------------------------------------------------------------------------------------------------ */

static ALD_UNUSED struct ald_str graph_copy(char *room, size_t size, struct ald_str text)
{
    ald_check(text.size < size);
    if (!ald_str_present(text)) {
        return ALD_STR_NONE;
    }
    memcpy(room, text.data, text.size);
    return ald_str_of(room, text.size);
}

static ALD_UNUSED void graph_travel(struct graph_flight *flight, struct ald_str own, const struct ald_travel *travel)
{
    flight->travel = travel != NULL ? *travel : (struct ald_travel){.hops = 1};
    flight->travel.hub =
        graph_copy(flight->hub, sizeof(flight->hub), travel != NULL && travel->hub.size > 0 ? travel->hub : own);
    flight->travel.id = graph_copy(flight->id, sizeof(flight->id), flight->travel.id);
    flight->travel.informed = graph_copy(flight->informed, sizeof(flight->informed), flight->travel.informed);
    flight->signal.travel = &flight->travel;
}

/* The message as the other end reads it: under our id, from whoever we say. */
static ALD_UNUSED struct ald_msg *graph_msg(struct graph_hub *to, const struct ald_signal *said)
{
    const struct ald_msg *msg = said->msg;
    const struct ald_address from = {.target = said->from};
    struct ald_msg *copy = NULL;
    char id[ALD_ID_TEXT];

    ald_id_format(said->id, id);
    ald_check_int(ald_msg_new(to->messages, (enum ald_kind)msg->kind, &copy), 0);
    ald_check_int(ald_msg_set(copy, &copy->wire_id, ald_str_of(id, sizeof(id))), 0);
    ald_check_int(ald_msg_set(copy, &copy->name, msg->name), 0);
    ald_check_int(ald_msg_set_address(copy, &copy->to, &msg->to), 0);
    ald_check_int(ald_msg_set_address(copy, &copy->from, &from), 0);
    ald_msg_set_slice(copy, &copy->payload, msg->payload);
    copy->mode = msg->mode;
    copy->flags = msg->flags;
    copy->ttl = said->kind == ALD_SIGNAL_COMMAND ? said->ttl : msg->ttl;
    ald_msg_seal(copy);
    return copy;
}

/* A reply or a status, as the hub reads it that the command came from. */
static ALD_UNUSED struct ald_msg *graph_answer(struct graph_hub *to, const struct ald_signal *said)
{
    bool is_reply = said->kind == ALD_SIGNAL_REPLY;
    struct ald_msg *copy = NULL;

    ald_check_int(ald_msg_new(to->messages, is_reply ? ALD_REPLY : ALD_STATUS, &copy), 0);
    copy->outcome = said->outcome;
    copy->cause = said->cause;
    copy->phase = said->phase;
    if (said->msg != NULL) {
        copy->flags = said->msg->flags;
        copy->total = said->msg->total;
        copy->completed = said->msg->completed;
        ald_msg_set_slice(copy, &copy->payload, said->msg->payload);
        ald_msg_set_slice(copy, &copy->details, said->msg->details);
        ald_msg_set_slice(copy, &copy->roster, said->msg->roster);
        ald_check_int(ald_msg_set(copy, &copy->code, said->msg->code), 0);
    }
    ald_check_int(ald_msg_set(copy, &copy->text,
                              said->msg != NULL && ald_str_present(said->msg->text) ? said->msg->text : said->text),
                  0);
    ald_msg_seal(copy);
    return copy;
}

/* False: the other end hears nothing of that. */
static ALD_UNUSED bool graph_translate(struct graph_hub *from, struct graph_hub *to, const struct ald_signal *said,
                                       struct graph_flight *flight)
{
    struct ald_msg *msg = NULL;
    char id[ALD_ID_TEXT];

    flight->signal = ald_signal_of((enum ald_signal_kind)said->kind);
    switch ((enum ald_signal_kind)said->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        flight->signal.msg = graph_msg(to, said);
        graph_travel(flight, ald_str(from->id), said->travel);
        return true;
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_STATUS:
        if (ald_id_parse(said->request->wire_id, &flight->signal.id) != 0) {
            return false;
        }
        flight->signal.outcome = said->outcome;
        flight->signal.cause = said->cause;
        flight->signal.phase = said->phase;
        flight->signal.msg = graph_answer(to, said);
        return said->kind == ALD_SIGNAL_REPLY || said->phase >= ALD_PHASE_ACCEPTED;
    case ALD_SIGNAL_CANCEL:
        ald_id_format(said->id, id);
        ald_check_int(ald_msg_new(to->messages, ALD_CANCEL, &msg), 0);
        ald_check_int(ald_msg_set(msg, &msg->wire_id, ald_str_of(id, sizeof(id))), 0);
        ald_msg_seal(msg);
        flight->signal.msg = msg;
        return true;
    case ALD_SIGNAL_LEAVE:
        flight->signal.reconnect = said->reconnect;
        return true;
    default:
        return false;
    }
}

static ALD_UNUSED void graph_carry(struct graph *graph, struct graph_hub *from, struct graph_conn *conn,
                                   const struct ald_signal *said)
{
    struct graph_flight *flight;

    if (conn->flight == NULL) {
        conn->flight = calloc(GRAPH_FLIGHT, sizeof(conn->flight[0]));
    }
    ald_check(conn->n < GRAPH_FLIGHT);
    flight = &conn->flight[(conn->first + conn->n) % GRAPH_FLIGHT];
    memset(flight, 0, offsetof(struct graph_flight, hub));
    if (graph_translate(from, &graph->hubs[conn->peer], said, flight)) {
        flight->travel.daemons += conn->is_daemon ? 1 : 0;
        conn->n++;
    } else {
        ald_signal_clear(&flight->signal);
    }
}

/* --- what is heard ---------------------------------------------------------------------------------------------- */

/* A command's id at the hub where it was submitted: callers write it into the payload. */
static ALD_UNUSED const char *graph_name_of(const struct ald_msg *msg)
{
    static char text[64];
    struct ald_str name = msg->payload.size > 2 && msg->payload.data[0] == '"'
                              ? ald_str_of(msg->payload.data + 1, msg->payload.size - 2)
                              : msg->wire_id;

    snprintf(text, sizeof(text), "%.*s", ALD_STR_ARG(name));
    return text;
}

static ALD_UNUSED void graph_hear_from(struct graph *graph, const struct ald_signal *signal)
{
    if (signal->travel != NULL && signal->travel->hub.size > 0) {
        graph_line(graph, " from %.*s:%.*s", ALD_STR_ARG(signal->travel->hub), ALD_STR_ARG(signal->from));
    } else if (ald_str_present(signal->from)) {
        graph_line(graph, " from %.*s", ALD_STR_ARG(signal->from));
    }
    graph_line(graph, "\n");
}

static ALD_UNUSED void graph_hear_way(struct graph *graph, int at, uint64_t conn, const struct ald_signal *signal)
{
    if (graph->hubs[at].conns[conn].tells_way && signal->travel != NULL) {
        graph_line(graph, " after %u hops, known to %.*s", (unsigned)signal->travel->hops,
                   ALD_STR_ARG(signal->travel->informed));
    }
}

static ALD_UNUSED void graph_hear(struct graph *graph, int at, uint64_t conn, const struct ald_signal *signal)
{
    struct graph_id *id;
    const char *hub = graph->hubs[at].id;

    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        return;
    case ALD_SIGNAL_COMMAND:
        id = &graph->ids[graph->n_ids++ % GRAPH_IDS];
        *id = (struct graph_id){.hub = at, .conn = conn, .id = signal->id};
        snprintf(id->wire_id, sizeof(id->wire_id), "%s", graph_name_of(signal->msg));
        graph_line(graph, "%s%d command %s", hub, (int)conn, id->wire_id);
        graph_hear_way(graph, at, conn, signal);
        graph_hear_from(graph, signal);
        return;
    case ALD_SIGNAL_EVENT:
        graph_line(graph, "%s%d event %.*s", hub, (int)conn, ALD_STR_ARG(signal->msg->name));
        graph_hear_way(graph, at, conn, signal);
        graph_hear_from(graph, signal);
        return;
    case ALD_SIGNAL_REPLY:
        graph_line(graph, "%s%d reply %.*s %s", hub, (int)conn, ALD_STR_ARG(signal->request->wire_id),
                   ald_outcome_name((enum ald_outcome)signal->outcome));
        if (signal->cause != ALD_CAUSE_NONE) {
            graph_line(graph, " %s", ald_cause_word((enum ald_cause)signal->cause));
        }
        graph_line(graph, "\n");
        snprintf(graph->last_text, sizeof(graph->last_text), "%.*s",
                 ALD_STR_ARG(signal->msg != NULL ? signal->msg->text : signal->text));
        return;
    case ALD_SIGNAL_STATUS:
        graph_line(graph, "%s%d status %.*s %s\n", hub, (int)conn, ALD_STR_ARG(signal->request->wire_id),
                   ald_phase_name((enum ald_phase)signal->phase));
        return;
    case ALD_SIGNAL_CANCEL:
        graph_line(graph, "%s%d cancel %s\n", hub, (int)conn, graph_name_of(signal->request));
        return;
    case ALD_SIGNAL_NEWS:
        graph_line(graph, "%s%d news %s %.*s %d of %d\n", hub, (int)conn,
                   ald_topic_name((enum ald_topic)signal->news->topic), ALD_STR_ARG(signal->news->hub),
                   signal->news->state, (int)signal->news->number);
        return;
    case ALD_SIGNAL_REPORT:
        graph_line(graph, "%s%d report %.*s %s: %.*s\n", hub, (int)conn, ALD_STR_ARG(signal->request->name),
                   signal->phase == ALD_PHASE_QUEUED ? "queued" : ald_cause_word((enum ald_cause)signal->cause),
                   ALD_STR_ARG(signal->text));
        return;
    case ALD_SIGNAL_DENIED:
        graph_line(graph, "%s%d denied %s: %.*s\n", hub, (int)conn, ald_cause_word((enum ald_cause)signal->cause),
                   ALD_STR_ARG(signal->text));
        return;
    default:
        graph_line(graph, "%s%d %s\n", hub, (int)conn, ald_signal_name((enum ald_signal_kind)signal->kind));
        return;
    }
}

static ALD_UNUSED void graph_take(struct graph *graph, int at)
{
    struct graph_hub *hub = &graph->hubs[at];

    ald_check(hub->effects.n <= graph->config.step_work + ALD_EFFECTS_SLACK);
    for (size_t i = 0; i < hub->effects.n; i++) {
        const struct ald_effect *effect = &hub->effects.ring[i];
        struct graph_conn *conn = &hub->conns[effect->conn % GRAPH_CONNS];

        if (effect->kind == ALD_EFFECT_CLOSE) {
            conn->closing = true;
            if (conn->peer < 0) {
                graph_line(graph, "%s%d close\n", hub->id, (int)effect->conn);
            }
        }
        if (effect->kind != ALD_EFFECT_SIGNAL) {
            continue;
        }
        conn->said++;
        ald_check(effect->signal.ordinal == conn->said);
        if (conn->peer >= 0) {
            graph_carry(graph, hub, conn, &effect->signal);
        } else {
            graph_hear(graph, at, effect->conn, &effect->signal);
        }
    }
    ald_effects_clear(&hub->effects);
}

static ALD_UNUSED void graph_step(struct graph *graph, int at, struct ald_event event)
{
    struct graph_hub *hub = &graph->hubs[at];

    event.now = graph->now;
    event.wall = 1700000000 * ALD_SEC + graph->now;
    if (graph->around != NULL) {
        graph->around(true);
    }
    ald_hub_step(hub->hub, &event, &hub->effects);
    if (graph->around != NULL) {
        graph->around(false);
    }
    ald_hub_check(hub->hub);
    graph_take(graph, at);
}

/* --- time ------------------------------------------------------------------------------------------------------- */

static ALD_UNUSED void graph_written(struct graph *graph, int at, uint64_t number)
{
    struct graph_conn *conn = &graph->hubs[at].conns[number];

    conn->begun = conn->said;
    graph_step(graph, at,
               (struct ald_event){.kind = ALD_EVENT_WRITTEN, .conn = number, .begun = conn->said, .done = conn->said});
}

/* Let the next signal arrive at the other end; false: there is none. */
static ALD_UNUSED bool graph_arrive(struct graph *graph, int at, uint64_t number)
{
    struct graph_conn *conn = &graph->hubs[at].conns[number];
    struct graph_flight *flight = conn->n > 0 ? &conn->flight[conn->first] : NULL;
    struct ald_signal signal;

    if (flight == NULL) {
        return false;
    }
    signal = flight->signal;
    conn->first = (conn->first + 1) % GRAPH_FLIGHT;
    conn->n--;
    graph_step(graph, conn->peer,
               (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = conn->peer_conn, .signal = &signal});
    ald_signal_clear(&signal);
    return true;
}

static ALD_UNUSED void graph_cut_half(struct graph *graph, int at, uint64_t number)
{
    struct graph_conn *conn = &graph->hubs[at].conns[number];

    if (!conn->open) {
        return;
    }
    conn->open = false;
    while (conn->n > 0) {
        ald_signal_clear(&conn->flight[conn->first].signal);
        conn->first = (conn->first + 1) % GRAPH_FLIGHT;
        conn->n--;
        graph->n_lost++;
    }
    free(conn->flight);
    conn->flight = NULL;
    if (graph->hubs[at].hub != NULL) {
        graph_step(graph, at, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = number});
    }
}

static ALD_UNUSED bool graph_move(struct graph *graph, int at, uint64_t number)
{
    struct graph_conn *conn = &graph->hubs[at].conns[number];
    int peer = conn->peer;

    if (!conn->open) {
        return false;
    }
    if (conn->begun < conn->said && !(graph->holds && conn->peer >= 0)) {
        graph_written(graph, at, number);
        return true;
    }
    if (!graph->holds && graph_arrive(graph, at, number)) {
        return true;
    }
    if (conn->closing) {
        graph_cut_half(graph, at, number);
        if (peer >= 0) {
            graph_cut_half(graph, peer, conn->peer_conn);
        }
        return true;
    }
    return false;
}

/* Do all work that is due now, and let everything arrive. */
static ALD_UNUSED void graph_settle(struct graph *graph)
{
    bool moved = !graph->by_hand;

    for (int n = 0; moved; n++) {
        moved = false;
        ald_check(n < 100000);
        for (int at = 0; at < graph->n_hubs; at++) {
            if (graph->hubs[at].hub == NULL) {
                continue;
            }
            while (ald_hub_deadline(graph->hubs[at].hub) <= graph->now) {
                graph_step(graph, at, (struct ald_event){.kind = ALD_EVENT_TICK});
                moved = true;
            }
            for (uint64_t conn = 1; conn < GRAPH_CONNS; conn++) {
                while (graph->hubs[at].hub != NULL && graph_move(graph, at, conn)) {
                    moved = true;
                }
            }
        }
    }
}

static ALD_UNUSED void graph_advance(struct graph *graph, ald_usec usec)
{
    ald_usec until = graph->now + usec, next = 0;

    while (next != ALD_NEVER) {
        next = ALD_NEVER;
        for (int at = 0; at < graph->n_hubs; at++) {
            if (graph->hubs[at].hub != NULL) {
                next = ALD_MIN(next, ald_hub_deadline(graph->hubs[at].hub));
            }
        }
        if (next > until) {
            next = ALD_NEVER;
        } else {
            graph->now = ALD_MAX(graph->now, next);
            graph_settle(graph);
        }
    }
    graph->now = until;
    graph_settle(graph);
}

/* --- hubs and links --------------------------------------------------------------------------------------------- */

static ALD_UNUSED void graph_start(struct graph *graph, int at)
{
    struct graph_hub *hub = &graph->hubs[at];
    struct ald_hub_config config = graph->config;

    memset(hub->conns, 0, sizeof(hub->conns));
    ald_msg_pool_free(hub->messages); /* of the one before */
    hub->last_conn = GRAPH_LOCAL;
    config.id = ald_str(hub->id);
    config.seed = ++graph->n_starts;
    config.now = graph->now;
    config.wall = 1700000000 * ALD_SEC + graph->now;
    ald_check_int(ald_msg_pool_new(64, &hub->messages), 0);
    ald_check_int(ald_hub_new(&config, hub->messages, &hub->hub), 0);
    ald_check_int(ald_effects_init(&hub->effects, &config), 0);
}

/* A test may change graph->config between the two. */
static ALD_UNUSED void graph_init(struct graph *graph)
{
    memset(graph, 0, sizeof(*graph));
    graph->now = 1000 * ALD_SEC;
    ald_hub_config_init(&graph->config);
    graph->config.health_interval = 0;
}

static ALD_UNUSED void graph_begin(struct graph *graph, int n_hubs)
{
    ald_check(n_hubs <= GRAPH_HUBS);
    graph->n_hubs = n_hubs;
    for (int at = 0; at < n_hubs; at++) {
        snprintf(graph->hubs[at].id, sizeof(graph->hubs[at].id), "%c", 'a' + at);
        graph_start(graph, at);
    }
}

static ALD_UNUSED void graph_stop(struct graph *graph, int at)
{
    struct graph_hub *hub = &graph->hubs[at];

    ald_effects_fini(&hub->effects);
    hub->hub = ald_hub_free(hub->hub);
}

static ALD_UNUSED void graph_fini(struct graph *graph)
{
    for (int at = 0; at < graph->n_hubs; at++) {
        if (graph->hubs[at].hub != NULL) {
            graph_stop(graph, at);
        }
        for (size_t i = 0; i < GRAPH_CONNS; i++) {
            struct graph_conn *conn = &graph->hubs[at].conns[i];

            while (conn->n > 0) {
                ald_signal_clear(&conn->flight[conn->first].signal);
                conn->first = (conn->first + 1) % GRAPH_FLIGHT;
                conn->n--;
            }
            free(conn->flight);
        }
    }
    for (int at = 0; at < graph->n_hubs; at++) {
        ald_check_int(ald_msg_pool_live(graph->hubs[at].messages), 0);
        ald_msg_pool_free(graph->hubs[at].messages);
    }
}

static ALD_UNUSED uint64_t graph_open(struct graph *graph, int at, uint64_t number, int peer)
{
    struct graph_hub *hub = &graph->hubs[at];

    ald_check(number < GRAPH_CONNS);
    ald_check(!hub->conns[number].open);
    hub->conns[number] = (struct graph_conn){.open = true, .peer = peer};
    graph_step(graph, at,
               (struct ald_event){.kind = ALD_EVENT_OPENED,
                                  .conn = number,
                                  .edge = hub,
                                  .peer = ALD_STR("peer"),
                                  .dialect = ALD_STR("test")});
    return number;
}

/* Numbers of connections are never used again at one hub, but the rig has room for so many. */
static ALD_UNUSED uint64_t graph_next_conn(struct graph *graph, int at)
{
    return ++graph->hubs[at].last_conn;
}

static ALD_UNUSED void graph_greet(struct graph *graph, int at, uint64_t number, const char *id, bool dialled,
                                   bool is_daemon)
{
    const struct ald_greeting greeting = {
        .peering = is_daemon ? ALD_PEERING_FLOODS : ALD_PEERING_ROUTES, .dialled = dialled, .hub = ald_str(id)};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    char target[64];

    snprintf(target, sizeof(target), "hub:%s", id);
    signal.target = ald_str(target);
    signal.greeting = &greeting;
    signal.traits =
        is_daemon ? ALD_CAN_LEAVE | ALD_CAN_REPORT : ALD_CAN_CANCEL | ALD_CAN_STATUS | ALD_CAN_OUTCOME | ALD_CAN_LEAVE;
    graph_step(graph, at, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = number, .signal = &signal});
}

static ALD_UNUSED void graph_link_as(struct graph *graph, const char *from, const char *to, bool is_daemon)
{
    int a = graph_at(graph, from), b = graph_at(graph, to);
    uint64_t at_a = graph_next_conn(graph, a), at_b = graph_next_conn(graph, b);

    graph_open(graph, a, at_a, b);
    graph_open(graph, b, at_b, a);
    graph->hubs[a].conns[at_a].peer_conn = at_b;
    graph->hubs[b].conns[at_b].peer_conn = at_a;
    graph->hubs[a].conns[at_a].is_daemon = graph->hubs[b].conns[at_b].is_daemon = is_daemon;
    graph_greet(graph, b, at_b, from, false, is_daemon);
    graph_greet(graph, a, at_a, to, true, is_daemon);
    graph_settle(graph);
}

static ALD_UNUSED void graph_link(struct graph *graph, const char *from, const char *to)
{
    graph_link_as(graph, from, to, false);
}

/* Cut all links between the two, at once. */
static ALD_UNUSED void graph_cut(struct graph *graph, const char *from, const char *to)
{
    int a = graph_at(graph, from), b = graph_at(graph, to);

    for (uint64_t number = 1; number < GRAPH_CONNS; number++) {
        struct graph_conn *conn = &graph->hubs[a].conns[number];

        if (conn->open && conn->peer == b) {
            uint64_t other = conn->peer_conn;

            graph_cut_half(graph, a, number);
            graph_cut_half(graph, b, other);
        }
    }
    graph_settle(graph);
}

/* The hub is gone from one moment to the next. */
static ALD_UNUSED void graph_kill(struct graph *graph, const char *id)
{
    int at = graph_at(graph, id);

    graph_stop(graph, at);
    for (uint64_t number = 1; number < GRAPH_CONNS; number++) {
        struct graph_conn *conn = &graph->hubs[at].conns[number];

        if (conn->open) {
            graph_cut_half(graph, at, number);
            if (conn->peer >= 0) {
                graph_cut_half(graph, conn->peer, conn->peer_conn);
            }
        }
    }
    graph_settle(graph);
}

/* --- parties ---------------------------------------------------------------------------------------------------- */

static ALD_UNUSED void graph_register(struct graph *graph, const char *id, uint64_t number, const char *target,
                                      uint32_t traits)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.target = ald_str(target);
    signal.traits = traits;
    graph_open(graph, graph_at(graph, id), number, -1);
    graph_step(graph, graph_at(graph, id),
               (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = number, .signal = &signal});
    graph_settle(graph);
}

static ALD_UNUSED void graph_agent(struct graph *graph, const char *id, uint64_t number, const char *target)
{
    graph_register(graph, id, number, target, ALD_CAN_CANCEL | ALD_CAN_STATUS);
}

static ALD_UNUSED void graph_caller(struct graph *graph, const char *id, uint64_t number)
{
    graph_register(graph, id, number, NULL, ALD_CAN_STATUS | ALD_CAN_OUTCOME | ALD_CAN_REPORT);
}

static ALD_UNUSED void graph_leave(struct graph *graph, const char *id, uint64_t number)
{
    graph_cut_half(graph, graph_at(graph, id), number);
    graph_settle(graph);
}

static ALD_UNUSED void graph_say(struct graph *graph, const char *id, uint64_t number, struct ald_signal *signal)
{
    graph_step(graph, graph_at(graph, id),
               (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = number, .signal = signal});
    ald_signal_clear(signal);
    graph_settle(graph);
}

/* What may be said of a message beyond its target. */
struct graph_options {
    const char *hub, *channel, *name;
    uint8_t mode, scope;
    uint32_t flags;
    ald_usec ttl;
    bool no_target;
};

static ALD_UNUSED struct ald_msg *graph_fill(struct graph *graph, int at, enum ald_kind kind, const char *wire_id,
                                             const char *target, const struct graph_options *options)
{
    const struct ald_address to = {.hub = ald_str(options->hub),
                                   .target = options->no_target ? ALD_STR_NONE : ald_str(target),
                                   .channel = ald_str(options->channel),
                                   .scope = (enum ald_scope)options->scope};
    struct ald_slice payload = ALD_SLICE_NONE;
    struct ald_msg *msg = NULL;
    char text[80];

    snprintf(text, sizeof(text), "\"%s\"", wire_id != NULL ? wire_id : "");
    ald_check_int(ald_slice_copy(ald_str(text), &payload), 0);
    ald_check_int(ald_msg_new(graph->hubs[at].messages, kind, &msg), 0);
    ald_check_int(ald_msg_set(msg, &msg->wire_id, ald_str(wire_id)), 0);
    ald_check_int(ald_msg_set(msg, &msg->name, ald_str(options->name != NULL ? options->name : "DO")), 0);
    ald_check_int(ald_msg_set_address(msg, &msg->to, &to), 0);
    ald_msg_set_slice(msg, &msg->payload, payload);
    ald_slice_clear(&payload);
    msg->mode = options->mode;
    msg->flags = options->flags;
    msg->ttl = options->ttl != 0 ? options->ttl : ALD_NEVER;
    ald_msg_seal(msg);
    return msg;
}

static ALD_UNUSED void graph_command_as(struct graph *graph, const char *id, uint64_t number, const char *wire_id,
                                        const char *target, struct graph_options options)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    signal.msg = graph_fill(graph, graph_at(graph, id), ALD_COMMAND, wire_id, target, &options);
    graph_say(graph, id, number, &signal);
}

static ALD_UNUSED void graph_command(struct graph *graph, const char *id, uint64_t number, const char *wire_id,
                                     const char *target)
{
    graph_command_as(graph, id, number, wire_id, target, (struct graph_options){0});
}

static ALD_UNUSED void graph_event_as(struct graph *graph, const char *id, uint64_t number, const char *target,
                                      struct graph_options options)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    signal.msg = graph_fill(graph, graph_at(graph, id), ALD_EVENT, NULL, target, &options);
    graph_say(graph, id, number, &signal);
}

/* The latest command of that name that the party was given. */
static ALD_UNUSED struct ald_id graph_id_of(const struct graph *graph, int at, uint64_t number, const char *wire_id)
{
    for (size_t i = graph->n_ids; i > 0 && i + GRAPH_IDS > graph->n_ids; i--) {
        const struct graph_id *id = &graph->ids[(i - 1) % GRAPH_IDS];

        if (id->hub == at && id->conn == number && strcmp(id->wire_id, wire_id) == 0) {
            return id->id;
        }
    }
    return (struct ald_id){1, 1};
}

static ALD_UNUSED void graph_reply(struct graph *graph, const char *id, uint64_t number, const char *wire_id,
                                   uint8_t outcome)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    int at = graph_at(graph, id);

    signal.id = graph_id_of(graph, at, number, wire_id);
    ald_check_int(ald_msg_new(graph->hubs[at].messages, ALD_REPLY, &signal.msg), 0);
    signal.msg->outcome = outcome;
    signal.msg->payload = ald_slice_static(ALD_STR("{}"));
    ald_msg_seal(signal.msg);
    graph_say(graph, id, number, &signal);
}

static ALD_UNUSED void graph_status(struct graph *graph, const char *id, uint64_t number, const char *wire_id,
                                    uint8_t phase)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);
    int at = graph_at(graph, id);

    signal.id = graph_id_of(graph, at, number, wire_id);
    ald_check_int(ald_msg_new(graph->hubs[at].messages, ALD_STATUS, &signal.msg), 0);
    signal.msg->phase = phase;
    ald_msg_seal(signal.msg);
    graph_say(graph, id, number, &signal);
}

static ALD_UNUSED void graph_cancel(struct graph *graph, const char *id, uint64_t number, const char *wire_id)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);

    ald_check_int(ald_msg_new(graph->hubs[graph_at(graph, id)].messages, ALD_CANCEL, &signal.msg), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(wire_id)), 0);
    ald_msg_seal(signal.msg);
    graph_say(graph, id, number, &signal);
}

static ALD_UNUSED void graph_capable(struct graph *graph, const char *id, uint64_t number, const char *names)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CAPABLE);

    signal.text = ald_str(names);
    graph_say(graph, id, number, &signal);
}

static ALD_UNUSED void graph_expect(struct graph *graph, const char *story)
{
    if (strcmp(graph->text, story) != 0) {
        fail_msg("the story is\n%snot\n%s", graph->text, story);
    }
    graph->n_text = 0;
    graph->text[0] = '\0';
}

static ALD_UNUSED int graph_count(const struct graph *graph, const char *id, enum ald_counter counter)
{
    return (int)ald_hub_counter(graph->hubs[graph_at(graph, id)].hub, counter);
}
