/*
 * What comes in is held against the catalog before the hub hears of it, whatever it came in by: a connection of any dialect, a
 * datagram, or a page of the API. The hub is told a verdict and decides nothing about payloads; a reply that breaks its schema
 * reaches it as a failure.
 *
 * Where it comes from and goes to counts as well (link.md 4.4): what a party is was said when it registered. What nobody here
 * knows, a target of another hub for instance, is not judged; it will be there.
 */

#include <stdio.h>

#include "base/error.h"
#include "base/printable.h"
#include "conn/edge_impl.h"

#include "msg/blueprint_check.h"
#include "msg/catalog.h"
#include "wire/dialect.h"

enum { NAME_SHOWN_MAX = 128 };

/* The code of the original for all of these (link.md 4.4). */
static const struct ald_str invalid_code = {"InvalidMessage", 14};

int ald_edge_set_catalog(struct ald_edge *edge, struct ald_catalog *catalog, bool strict)
{
    if (catalog != NULL && edge->checker == NULL) {
        int r = ald_schema_checker_new(&edge->checker);

        if (r < 0) {
            return ald_trace(r);
        }
    }
    (void)ald_catalog_unref(edge->catalog);
    edge->catalog = catalog != NULL ? ald_catalog_ref(catalog) : NULL;
    edge->strict = strict;
    return 0;
}

struct ald_catalog *ald_edge_catalog(const struct ald_edge *edge)
{
    return edge->catalog;
}

unsigned ald_edge_places(const struct ald_lexicon *lexicon, struct ald_str name, bool is_event)
{
    const struct ald_edge *edge = ald_container(lexicon, const struct ald_edge, lexicon);
    const struct ald_blueprint *blueprint = edge->catalog != NULL ? ald_catalog_find(edge->catalog, name) : NULL;

    return blueprint != NULL && blueprint->is_event == is_event ? blueprint->dst : 0;
}

/* --- places --- */

/* What a target is; 0: nobody here knows. */
static unsigned target_place(const struct ald_edge *edge, struct ald_str target)
{
    int kind = ald_hub_target_kind(edge->hub, target);

    if (ald_hub_is_controller(edge->hub, target)) {
        return ALD_PLACE_CONTROLLER;
    }
    return kind < 0 ? 0 : 1U << kind;
}

static unsigned source_place(const struct ald_edge *edge, const struct ald_event *event)
{
    struct ald_party_view party;

    if (!ald_hub_find_party(edge->hub, event->conn, event->signal->party, &party) ||
        party.peering != ALD_PEERING_NONE) {
        return 0; /* it comes from another hub, which judges its own */
    }
    if (ald_str_present(party.target) && ald_hub_is_controller(edge->hub, party.target)) {
        return ALD_PLACE_CONTROLLER;
    }
    return 1U << party.kind;
}

static unsigned destination_place(const struct ald_edge *edge, const struct ald_msg *msg)
{
    if (ald_str_present(msg->to.hub) || ald_str_present(msg->to.channel)) {
        return 0;
    }
    if (ald_str_present(msg->to.target)) {
        return target_place(edge, msg->to.target);
    }
    if (msg->to.scope == ALD_SCOPE_ONE) {
        return ALD_PLACE_CONTROLLER;
    }
    switch (msg->to_kind) {
    case ALD_TO_HOSTS:
        return ALD_PLACE_HOST;
    case ALD_TO_INSTANCES:
        return ALD_PLACE_INSTANCE;
    case ALD_TO_CONTROLS:
        return ALD_PLACE_CONTROL;
    default:
        return 0;
    }
}

/* As its protocol calls it, where that has words of its own. */
static struct ald_str place_name(const struct ald_event *event, bool source, unsigned place,
                                 char room[ALD_DIALECT_PLACE_MAX])
{
    const struct ald_dialect_type *dialect = ald_dialect_find(event->dialect);
    struct ald_str name =
        dialect != NULL && dialect->place != NULL ? dialect->place(event->signal->msg, source, room) : ALD_STR_NONE;

    return name.size > 0 ? name : ald_str(ald_place_name(place));
}

/* --- verdicts --- */

/* What is wrong with a message. */
enum verdict { SOUND, BROKEN, UNDECIDED /* memory is short */ };

/* BROKEN: `text` says how. */
static enum verdict schema_judge(struct ald_edge *edge, const struct ald_blueprint *blueprint, bool is_response,
                                 struct ald_slice payload, char text[ALD_BLUEPRINT_TEXT_MAX])
{
    ald_usec begun;
    int r;

    if ((is_response ? blueprint->response : blueprint->schema) == NULL) {
        return SOUND;
    }
    begun = ald_loop_fresh();
    r = ald_blueprint_check(blueprint, is_response, edge->checker, ald_slice_str(payload), text);
    edge->judging += ald_loop_fresh() - begun; /* who said it answers for it: conn_rest.c */
    if (r < 0) {
        edge->counters.no_memory++;
        return UNDECIDED;
    }
    edge->counters.schema_too_much += r == ALD_BLUEPRINT_TOO_MUCH ? 1 : 0;
    return r == 0 ? SOUND : BROKEN;
}

/* Is the message wrong in itself, or between these two? BROKEN: `text` says how, to a link as link.md 4.4 does. */
static enum verdict message_judge(struct ald_edge *edge, const struct ald_event *event,
                                  const struct ald_blueprint *blueprint, char text[ALD_BLUEPRINT_TEXT_MAX])
{
    const struct ald_msg *msg = event->signal->msg;
    unsigned src = source_place(edge, event), dst = destination_place(edge, msg);
    char name[NAME_SHOWN_MAX], room[ALD_DIALECT_PLACE_MAX];

    (void)ald_printable(msg->name, name, sizeof(name));
    if (src != 0 && (blueprint->src & src) == 0) {
        (void)snprintf(text, ALD_BLUEPRINT_TEXT_MAX, "Source %.*s is not allowed for %s",
                       ALD_STR_ARG(place_name(event, true, src, room)), name);
        return BROKEN;
    }
    if (dst != 0 && (blueprint->dst & dst) == 0) {
        (void)snprintf(text, ALD_BLUEPRINT_TEXT_MAX, "Destination %.*s is not allowed for %s",
                       ALD_STR_ARG(place_name(event, false, dst, room)), name);
        return BROKEN;
    }
    return schema_judge(edge, blueprint, false, msg->payload, text);
}

/* Held to the registry are those only whose protocol has one. What begins like this is the hub's own. */
static bool is_unrecognized(const struct ald_edge *edge, const struct ald_event *event)
{
    const struct ald_msg *msg = event->signal->msg;
    const struct ald_dialect_type *dialect = edge->strict ? ald_dialect_find(event->dialect) : NULL;

    return dialect != NULL && dialect->knows != NULL && !ald_str_starts(msg->name, ALD_STR("aldis:")) &&
           !dialect->knows(msg);
}

/* A reply of ours with `text`, to what its agent calls `wire_id`; NULL: memory is short, and it goes without. */
static struct ald_msg *reply_make(struct ald_edge *edge, struct ald_str wire_id, enum ald_outcome outcome,
                                  enum ald_cause cause, const char *text)
{
    struct ald_msg *reply = NULL;

    if (ald_msg_new(edge->messages, ALD_REPLY, &reply) < 0) {
        edge->counters.no_memory++;
        return NULL;
    }
    reply->outcome = (uint8_t)outcome;
    reply->cause = (uint8_t)cause;
    if (ald_msg_set(reply, &reply->code, invalid_code) < 0 || ald_msg_set(reply, &reply->text, ald_str(text)) < 0 ||
        ald_msg_set(reply, &reply->wire_id, wire_id) < 0) {
        edge->counters.no_memory++;
        return ald_msg_unref(reply);
    }
    ald_msg_seal(reply);
    return reply;
}

/* A copy goes the way of what it is a copy of, which is what counts. */
static void count_refused(struct ald_edge *edge, const struct ald_msg *msg, enum ald_cause cause)
{
    if ((msg->flags & ALD_MSG_COPY) != 0) {
        return;
    }
    edge->counters.schema_unrecognized += cause == ALD_CAUSE_UNKNOWN_COMMAND ? 1 : 0;
    if (msg->kind == ALD_EVENT) {
        edge->counters.schema_events_dropped++;
    } else {
        edge->counters.schema_commands_refused++;
    }
}

/* A command or an event. The hub refuses what has a cause, with the words of `request` if there are any. */
static void judge_message(struct ald_edge *edge, struct ald_event *event)
{
    struct ald_signal *signal = event->signal;
    bool is_event = signal->kind == ALD_SIGNAL_EVENT;
    const struct ald_blueprint *blueprint = ald_catalog_find(edge->catalog, signal->msg->name);
    enum ald_cause cause = ALD_CAUSE_INVALID;
    enum verdict verdict;
    char text[ALD_BLUEPRINT_TEXT_MAX], name[NAME_SHOWN_MAX];

    if (blueprint != NULL && blueprint->is_event == is_event) {
        verdict = message_judge(edge, event, blueprint, text);
        if (verdict == SOUND) {
            return;
        }
        cause = verdict == UNDECIDED ? ALD_CAUSE_BUSY : cause;
    } else if (is_unrecognized(edge, event)) {
        (void)ald_printable(signal->msg->name, name, sizeof(name));
        (void)snprintf(text, sizeof(text), "Unrecognized %s %s", is_event ? "event" : "request", name);
        cause = ALD_CAUSE_UNKNOWN_COMMAND;
    } else {
        return;
    }
    signal->cause = (uint8_t)cause;
    count_refused(edge, signal->msg, cause);
    if (!is_event && cause != ALD_CAUSE_BUSY) {
        signal->request = reply_make(edge, ALD_STR_NONE, ALD_REFUSED, cause, text);
    }
}

/* What an agent answers: the caller relies on its form, so what has another one is a failure of the agent. It was done, so it
 * is not held back because memory is short. */
static void judge_reply(struct ald_edge *edge, const struct ald_event *event)
{
    struct ald_signal *signal = event->signal;
    const struct ald_blueprint *blueprint;
    struct ald_msg *failed;
    struct ald_str name;
    char text[ALD_BLUEPRINT_TEXT_MAX];

    if (signal->msg->outcome != ALD_SUCCEEDED || signal->msg->roster.size > 0 ||
        !ald_hub_asked(edge->hub, event->conn, signal, &name)) {
        return;
    }
    blueprint = ald_catalog_find(edge->catalog, name);
    if (blueprint == NULL || schema_judge(edge, blueprint, true, signal->msg->payload, text) != BROKEN) {
        return;
    }
    edge->counters.schema_replies_failed++;
    failed = reply_make(edge, signal->msg->wire_id, ALD_FAILED, ALD_CAUSE_AGENT_BROKE, text);
    (void)ald_msg_unref(signal->msg);
    signal->msg = failed;
    signal->outcome = ALD_FAILED;
    signal->cause = ALD_CAUSE_AGENT_BROKE;
}

void ald_edge_judge(struct ald_edge *edge, struct ald_event *event)
{
    struct ald_signal *signal = event->signal;

    if (signal->msg == NULL || signal->denied) {
        return;
    }
    switch (signal->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        judge_message(edge, event);
        break;
    case ALD_SIGNAL_REPLY:
        judge_reply(edge, event);
        break;
    default:
        break;
    }
}
