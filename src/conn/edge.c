/*
 * A step is taken when something happened; what the hub leaves for later (a slice of a large fan-out, a deadline) and
 * what an effect brought about (a connection that ends) is settled at the end of the turn, round by round, until
 * nothing is due or the loop says that the descriptors must be looked at again. So a step never begins inside another
 * one, and one alarm is moved at most once a turn, however many steps there were.
 */

#include "conn/edge_impl.h"

#include <stdlib.h>

#include "base/error.h"
#include "conn/conn.h"
#include "conn/speaker.h"
#include "msg/catalog.h"

enum {
    /* Messages and connections kept for the next time: what a busy second uses, a few megabytes at most. */
    EDGE_MESSAGES_KEPT = 4096,
    EDGE_CONNS_KEPT = 256,
    /* Answers over HTTP that wait to be read may hold as much as messages that are coming in, and not less than this,
     * or a hub that takes only small messages could not show a long list. */
    EDGE_ANSWERS_MIN = 64 * 1024 * 1024
};

const char *ald_notice_name(enum ald_notice_kind kind)
{
    static const char *const names[ALD_N_NOTICES] = {
#define ALD_X(name, text) [ALD_NOTICE_##name] = (text),
        ALD_NOTICES(ALD_X)
#undef ALD_X
    };

    return names[kind];
}

static void edge_apply(struct ald_edge *edge)
{
    edge->counters.effects += edge->effects.n;
    for (size_t i = 0; i < edge->effects.n; i++) {
        struct ald_speaker *speaker = edge->effects.ring[i].edge;

        speaker->ops->apply(speaker, &edge->effects.ring[i]);
    }
    ald_effects_clear(&edge->effects);
}

const ald_wall *ald_edge_wall(struct ald_edge *edge)
{
    ald_usec now = ald_loop_now(edge->loop);

    if (edge->wall_read != now) { /* once a turn, as the loop's own time */
        edge->wall_read = now;
        edge->wall = ald_loop_wall();
    }
    return &edge->wall;
}

void ald_edge_step(struct ald_edge *edge, struct ald_event *event)
{
    ald_assert(!edge->stepping);

    if (edge->catalog != NULL && event->kind == ALD_EVENT_SIGNAL) {
        ald_edge_judge(edge, event);
    }
    edge->stepping = true;
    edge->counters.steps++;
    event->now = ald_loop_now(edge->loop);
    event->wall = *ald_edge_wall(edge);
    ald_hub_step(edge->hub, event, &edge->effects);
    edge_apply(edge);
    edge->stepping = false;
    ald_edge_settle_later(edge);
}

void ald_edge_settle_later(struct ald_edge *edge)
{
    ald_task_push(edge->loop, &edge->settle);
}

void ald_edge_notice(struct ald_edge *edge, const struct ald_notice *notice)
{
    if (edge->watch.noticed != NULL) {
        edge->watch.noticed(edge->owner, notice);
    }
}

/* Those who wait for a moment now; who asks for one while they have theirs comes in the next round. */
static void edge_let_talk(struct ald_edge *edge)
{
    struct ald_node last, *node;

    ald_list_push_back(&edge->talking, &last);
    while ((node = ald_list_pop_front(&edge->talking)) != &last) {
        struct ald_speaker *speaker = ald_list_entry(node, struct ald_speaker, talk);

        speaker->ops->talk(speaker);
    }
}

/* The end of a turn. */
static void edge_settle(void *owner)
{
    struct ald_edge *edge = owner;
    struct ald_node *node;
    ald_usec due;

    edge_let_talk(edge);
    while ((node = ald_list_pop_front(&edge->ending)) != NULL) {
        struct ald_speaker *speaker = ald_list_entry(node, struct ald_speaker, end);

        speaker->ops->bury(speaker);
    }

    due = ald_hub_deadline(edge->hub);
    if (due <= ald_loop_now(edge->loop)) {
        /* One slice a round; stepping asks for the next round by itself. */
        ald_edge_step(edge, &(struct ald_event){.kind = ALD_EVENT_TICK});
    } else {
        ald_alarm_start(edge->loop, &edge->due, due);
    }

    if (edge->draining && !edge->drained && ald_hub_drained(edge->hub)) {
        edge->drained = true;
        if (edge->watch.drained != NULL) {
            edge->watch.drained(edge->owner);
        }
    }
}

static void edge_due(void *owner)
{
    struct ald_edge *edge = owner;

    ald_edge_step(edge, &(struct ald_event){.kind = ALD_EVENT_TICK});
}

static int edge_count_dialects(struct ald_edge *edge)
{
    while (ald_dialects[edge->n_dialects] != NULL) {
        edge->n_dialects++;
    }
    edge->dialect_counters = calloc(edge->n_dialects, sizeof(*edge->dialect_counters));
    edge->dialect_spares = calloc(edge->n_dialects, sizeof(*edge->dialect_spares));
    if (edge->dialect_counters == NULL || edge->dialect_spares == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < edge->n_dialects; i++) {
        edge->dialect_counters[i] = calloc(ald_dialects[i]->n_counters, sizeof(uint64_t));
        if (edge->dialect_counters[i] == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    return 0;
}

static void edge_init(struct ald_edge *edge, const struct ald_edge_spec *spec)
{
    edge->net = spec->net;
    edge->loop = ald_net_loop(spec->net);
    edge->dialect_options = spec->dialect;
    edge->guard = spec->guard;
    edge->gate = spec->gate;
    edge->identity = spec->identity;
    edge->lexicon.places = ald_edge_places;
    edge->watch = spec->watch;
    edge->owner = spec->owner;
    edge->greeting_bytes = spec->greeting_bytes;
    edge->connections_max = spec->connections_max;
    edge->reassembly = (struct ald_budget){.max = spec->reassembly_max};
    edge->answers = (struct ald_budget){.max = ALD_MAX(spec->reassembly_max, (size_t)EDGE_ANSWERS_MIN)};
    ald_stream_options_init(&edge->stream_options);
    /* Until it is registered; see conn_registered() in conn.c. */
    edge->stream_options.message_max = spec->greeting_bytes;
    edge->stream_options.frame_max = spec->greeting_bytes;
    edge->stream_options.budget = &edge->reassembly;
    ald_rng_init(&edge->rng, spec->hub->seed);
    ald_pool_init(&edge->conns, ald_conn_size(), EDGE_CONNS_KEPT);
    ald_node_init(&edge->all);
    ald_node_init(&edge->talking);
    ald_node_init(&edge->ending);
    ald_node_init(&edge->watchers);
    ald_node_init(&edge->doors);
    ald_alarm_init(&edge->due, edge_due, edge);
    ald_task_init(&edge->settle, edge_settle, edge);
}

int ald_edge_new(const struct ald_edge_spec *spec, struct ald_edge **ret_edge)
{
    ALD_AUTO(ald_edge_free) struct ald_edge *edge = calloc(1, sizeof(*edge));
    int r;

    if (edge == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    edge_init(edge, spec);

    r = edge_count_dialects(edge);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_msg_pool_new(EDGE_MESSAGES_KEPT, &edge->messages);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_effects_init(&edge->effects, spec->hub);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_hub_new(spec->hub, edge->messages, &edge->hub);
    if (r < 0) {
        return ald_trace(r);
    }

    ald_edge_settle_later(edge); /* the hub may have a first deadline */
    *ret_edge = ald_steal(&edge);
    return 0;
}

struct ald_edge *ald_edge_free(struct ald_edge *edge)
{
    struct ald_node *node;

    if (edge == NULL) {
        return NULL;
    }
    ald_assert(ald_list_empty(&edge->doors));

    while ((node = ald_list_first(&edge->all)) != NULL) {
        struct ald_speaker *speaker = ald_list_entry(node, struct ald_speaker, node);

        speaker->ops->drop(speaker);
    }
    while ((node = ald_list_pop_front(&edge->watchers)) != NULL) {
        free(ald_list_entry(node, struct ald_edge_watcher, node));
    }
    ald_alarm_stop(edge->loop, &edge->due);
    ald_task_cancel(&edge->settle);
    ald_hub_free(edge->hub);
    ald_effects_fini(&edge->effects);
    ald_msg_pool_free(edge->messages);
    ald_pool_fini(&edge->conns);
    for (size_t i = 0; edge->dialect_counters != NULL && i < edge->n_dialects; i++) {
        free(edge->dialect_counters[i]);
    }
    free(edge->dialect_counters);
    for (size_t i = 0; edge->dialect_spares != NULL && i < edge->n_dialects; i++) {
        ald_spare_fini(&edge->dialect_spares[i]);
    }
    free(edge->dialect_spares);
    (void)ald_catalog_unref(edge->catalog);
    (void)ald_schema_checker_free(edge->checker);
    free(edge);
    return NULL;
}

void ald_edge_drain(struct ald_edge *edge, ald_usec leave_until)
{
    if (edge->draining) {
        return;
    }
    edge->draining = true;
    edge->leave_until = leave_until;
    ald_edge_step(edge, &(struct ald_event){.kind = ALD_EVENT_DRAIN, .leave_until = leave_until});
}

/* An event about what `text` names; gives what became of it. */
static int edge_ask(struct ald_edge *edge, struct ald_event *event)
{
    ald_edge_step(edge, event);
    return event->result;
}

int ald_edge_cancel(struct ald_edge *edge, struct ald_str id)
{
    return edge_ask(edge, &(struct ald_event){.kind = ALD_EVENT_CANCEL, .text = id});
}

int ald_edge_channel_leave(struct ald_edge *edge, struct ald_str channel, bool reconnect)
{
    return edge_ask(edge,
                    &(struct ald_event){.kind = ALD_EVENT_CHANNEL_LEAVE, .text = channel, .reconnect = reconnect});
}

int ald_edge_remember(struct ald_edge *edge, struct ald_str name)
{
    return edge_ask(edge, &(struct ald_event){.kind = ALD_EVENT_REMEMBER, .text = name});
}

int ald_edge_unsubscribe(struct ald_edge *edge, struct ald_str channel, struct ald_str name)
{
    return edge_ask(edge, &(struct ald_event){.kind = ALD_EVENT_UNSUBSCRIBE, .text = channel, .name = name});
}

int ald_edge_channel_primary(struct ald_edge *edge, struct ald_str channel)
{
    return edge_ask(edge, &(struct ald_event){.kind = ALD_EVENT_CHANNEL_PRIMARY, .text = channel});
}

int ald_edge_news(struct ald_edge *edge, const struct ald_news *news)
{
    ALD_AUTO(ald_news_unref) struct ald_news *copy = NULL;
    int r = ald_news_new(news, &copy);

    if (r < 0) {
        return ald_trace(r);
    }
    ald_edge_step(edge, &(struct ald_event){.kind = ALD_EVENT_NEWS, .news = copy});
    return 0;
}

void ald_edge_expect(struct ald_edge *edge, struct ald_str targets)
{
    ald_edge_step(edge, &(struct ald_event){.kind = ALD_EVENT_EXPECT, .text = targets});
}

bool ald_edge_draining(const struct ald_edge *edge)
{
    return edge->draining;
}

const struct ald_hub *ald_edge_hub(const struct ald_edge *edge)
{
    return edge->hub;
}

struct ald_net *ald_edge_net(const struct ald_edge *edge)
{
    return edge->net;
}

struct ald_msg_pool *ald_edge_messages(const struct ald_edge *edge)
{
    return edge->messages;
}

const struct ald_edge_counters *ald_edge_counters(const struct ald_edge *edge)
{
    return &edge->counters;
}

const uint64_t *ald_edge_dialect_counters(const struct ald_edge *edge, size_t index)
{
    ald_assert(index < edge->n_dialects);
    return edge->dialect_counters[index];
}

size_t ald_edge_dialect_index(const struct ald_dialect_type *dialect)
{
    size_t i = 0;

    while (ald_dialects[i] != dialect) {
        ald_assert(ald_dialects[i] != NULL);
        i++;
    }
    return i;
}

size_t ald_edge_conns(const struct ald_edge *edge)
{
    return edge->conns.n_live;
}
