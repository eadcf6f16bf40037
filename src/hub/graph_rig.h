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

#include "hub/graph_wire.h"

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

/* As many hubs as are wanted, named from a on, without links. */
static ALD_UNUSED void graph_story(struct graph *graph, int n_hubs)
{
    graph_init(graph);
    graph_begin(graph, n_hubs);
}

/* Each linked with the next. */
static ALD_UNUSED void graph_story_line(struct graph *graph, int n_hubs)
{
    graph_story(graph, n_hubs);
    for (int at = 0; at + 1 < n_hubs; at++) {
        graph_link(graph, graph->hubs[at].id, graph->hubs[at + 1].id);
    }
}

/* And the last with the first. */
static ALD_UNUSED void graph_story_ring(struct graph *graph, int n_hubs)
{
    graph_story_line(graph, n_hubs);
    graph_link(graph, graph->hubs[n_hubs - 1].id, graph->hubs[0].id);
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
