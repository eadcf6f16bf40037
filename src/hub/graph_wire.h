#pragma once

/*
 * What the graph rig (hub/graph_rig.h) consists of, what its links carry, and what is heard at their ends: each signal that a
 * hub says over a link is read at the other end as the dialect of hub links has it (hub/peer.h); all others are written down.
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
