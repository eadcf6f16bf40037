#include "hub/hop.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/roster.h"
#include "hub/route_way.h"
#include "hub/self.h"
#include "hub/state.h"
#include "hub/target.h"
#include "hub/transit.h"
#include "hub/who.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

/* "and only if incoming hops < 5" (communicator 5.3). */
enum { HOP_DAEMON_MAX = 5 };

/* What a report is called, and the target that it is for at the hub where the event was said. */
static const struct ald_str report_name = {"aldis:Report", 12};
static const struct ald_str report_target = {"aldis", 5};
enum { REPORT_BYTES_MAX = 4096 };

const struct ald_travel *ald_hop_travel(struct ald_hub *hub, const struct ald_party *party,
                                        const struct ald_signal *signal)
{
    struct ald_travel *came = &hub->graph.came;

    hub->graph.came_from = party->link != NULL ? party->link->peer->number : 0;
    if (party->peering == ALD_PEERING_NONE) {
        return NULL;
    }
    *came = signal->travel != NULL ? *signal->travel : (struct ald_travel){.hops = 1};
    if (came->hub.size == 0) {
        came->hub = ald_str_from(party->who->target, ald_str_find(party->who->target, ALD_STR(":")) + 1);
    }
    return came;
}

bool ald_hop_is_loop(const struct ald_hub *hub, const struct ald_party *party, const struct ald_travel *travel)
{
    return travel != NULL && ald_str_equal(travel->hub, hub->config.id) &&
           (party->peering == ALD_PEERING_FLOODS || travel->hops < 2);
}

bool ald_hop_is_elsewhere(const struct ald_msg *msg)
{
    return msg->to.scope == ALD_SCOPE_NETWORK && ald_str_present(msg->to.target);
}

bool ald_hop_skips_us(const struct ald_hub *hub, const struct ald_msg *msg, const struct ald_travel *travel)
{
    return ald_hop_is_elsewhere(msg) && (travel == NULL || ald_str_equal(travel->hub, hub->config.id));
}

bool ald_hop_is_abroad(const struct ald_hub *hub, const struct ald_msg *msg)
{
    return msg->to.hub.size > 0 && !ald_str_equal(msg->to.hub, hub->config.id);
}

static struct ald_route hop_refuse(const char *text)
{
    return (struct ald_route){.cause = ALD_CAUSE_NO_TARGET, .text = text};
}

/* --- where to --------------------------------------------------------------------------------------------------- */

/* Outcome: nobody who is known; `ret_text` says why, NULL where the cause says it. */
enum { HOP_NONE = 1, HOP_AWAY };

static int way_find(struct ald_hub *hub, const struct ald_msg *msg, const struct ald_travel *travel,
                    struct ald_route_way *ret_way, const char **ret_text)
{
    /* Every hub leaves out the same one, so all choose alike, and nothing goes back there. */
    struct ald_str except = travel != NULL && ald_hop_is_elsewhere(msg) ? travel->hub : ALD_STR_NONE;
    struct ald_route_map *map = &hub->graph.map;
    int r;

    *ret_text = NULL;
    if (ald_hop_is_abroad(hub, msg)) {
        r = ald_route_way_to(map, msg->to.hub, ret_way);
        *ret_text = r == ALD_ROUTE_AWAY ? "no way leads to that hub now" : "no such hub";
    } else if (msg->to.hub.size > 0 || msg->to.target.size == 0 || msg->to.scope == ALD_SCOPE_HERE) {
        return HOP_AWAY; /* for this hub alone */
    } else {
        r = ald_route_way_to_target(map, msg->to.target, except, ret_way);
    }
    return r == 0 ? 0 : ald_hop_is_abroad(hub, msg) && r == ALD_ROUTE_AWAY ? HOP_AWAY : HOP_NONE;
}

static bool hops_are_over(const struct ald_hub *hub, const struct ald_travel *travel)
{
    return travel != NULL && travel->hops >= hub->config.hops_max;
}

/* A daemon that can be given something, and did not say it; NULL: there is none. */
static struct ald_target *daemon_first(const struct ald_hub *hub)
{
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);

        if (peer->peering == ALD_PEERING_FLOODS && peer->target->n_active > 0 && peer->number != hub->graph.came_from) {
            return peer->target;
        }
    }
    return NULL;
}

/* The peer that a way begins with. It is linked, or the way would not be there. */
static struct ald_target *way_target(const struct ald_hub *hub, const struct ald_route_way *way)
{
    const struct ald_peer *peer = ald_peer_find(hub, way->next);

    return peer != NULL && peer->target->n_active > 0 ? peer->target : NULL;
}

static struct ald_route command_through(struct ald_hub *hub, struct ald_target *target, size_t cost, bool flooded)
{
    struct ald_route route = ald_route_any(hub, target, cost);

    route.abroad = true;
    route.flooded = flooded;
    return route;
}

/* Nobody known has it: who may know more than we do? */
static struct ald_route command_flood(struct ald_hub *hub, const struct ald_travel *travel, size_t cost,
                                      const char *text)
{
    struct ald_target *target = daemon_first(hub);
    struct ald_route_way way;

    if (target != NULL && (travel == NULL || travel->daemons < HOP_DAEMON_MAX)) {
        return command_through(hub, target, cost, true);
    }
    if (target == NULL && ald_route_way_to_daemons(&hub->graph.map, &way) == 0) {
        target = way_target(hub, &way);
    }
    return target != NULL ? command_through(hub, target, cost, false) : hop_refuse(text);
}

struct ald_route ald_hop_command(struct ald_hub *hub, const struct ald_msg *msg, const struct ald_travel *travel,
                                 size_t cost)
{
    struct ald_route_way way;
    struct ald_target *target;
    const char *text;
    int r;

    if (hub->graph.n_links == 0) {
        return hop_refuse(ald_hop_is_abroad(hub, msg) ? "no such hub" : NULL);
    }
    r = way_find(hub, msg, travel, &way, &text);
    if (r != HOP_AWAY && hops_are_over(hub, travel)) {
        return hop_refuse("it has passed too many hubs");
    }
    target = r == 0 ? way_target(hub, &way) : NULL;
    if (target != NULL) {
        return command_through(hub, target, cost, false);
    }
    return r == HOP_NONE ? command_flood(hub, travel, cost, text) : hop_refuse(text);
}

struct ald_route ald_hop_event(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_route route = {.abroad = true};
    struct ald_route_way way;
    const char *text;

    if (hub->graph.n_links == 0 || hops_are_over(hub, parcel->travel) ||
        way_find(hub, parcel->msg, parcel->travel, &way, &text) != 0) {
        return hop_refuse(NULL);
    }
    route.target = way_target(hub, &way);
    if (route.target == NULL) {
        return hop_refuse(NULL);
    }
    route.channel = ald_route_event_channel(route.target);
    return route;
}

struct ald_parcel ald_hop_onward(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_travel *travel = parcel->onward != NULL ? parcel->onward : &hub->graph.travel;
    struct ald_parcel onward = *parcel;

    *travel = parcel->travel != NULL ? *parcel->travel : (struct ald_travel){.hops = 0};
    travel->hops++;
    onward.travel = travel;
    return onward;
}

/* --- another way ------------------------------------------------------------------------------------------------ */

/* The message may be for somebody who is here by now. */
static struct ald_route again_route(struct ald_hub *hub, const struct ald_command *command)
{
    const struct ald_travel *onward = &command->from->onward;
    const struct ald_travel came = {.hub = onward->hub, .hops = onward->hops - 1, .daemons = onward->daemons};
    size_t cost = ald_command_cost(command);
    struct ald_route route;

    hub->graph.came_from = 0;
    if (ald_hop_is_abroad(hub, command->msg) ||
        ald_hop_skips_us(hub, command->msg, ald_str_present(came.hub) ? &came : NULL)) {
        return ald_hop_command(hub, command->msg, &came, cost);
    }
    route = command->msg->mode == ALD_MODE_ALL ? ald_route_target(hub, command->msg)
                                               : ald_route_command(hub, command->msg, cost);
    return route.cause == ALD_CAUSE_NO_TARGET ? ald_hop_command(hub, command->msg, &came, cost) : route;
}

static void again_place(struct ald_hub *hub, struct ald_command *command, const struct ald_route *route)
{
    command->target = route->target;
    command->target->n_commands++;
    command->is_abroad = route->abroad;
    if (command->mode == ALD_MODE_ALL && !route->abroad) {
        ald_roster_start(hub, command);
    } else if (route->queue != NULL) {
        ald_delivery_queue(hub, command, route->queue, route->channel);
    } else {
        ald_delivery_hand(hub, command, route->channel);
    }
}

bool ald_hop_again(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_command *command = ald_queue_first(&target->any);
    struct ald_route route;
    bool is_more;

    if (command == NULL) {
        return false;
    }
    route = again_route(hub, command);
    if (route.cause == ALD_CAUSE_NONE && route.target == target) {
        return false; /* it can be chosen again */
    }
    is_more = target->any.n > 1; /* what is left of it stays, or else the target may be gone with this one */
    if (route.cause != ALD_CAUSE_NONE) {
        ald_command_refuse(hub, command, (enum ald_cause)route.cause, route.text);
        return is_more;
    }
    ald_queue_remove(hub, command);
    ald_command_set_place(hub, command, ALD_PLACE_NOWHERE);
    ald_command_write(hub, command, ALD_LINE_REROUTED);
    ald_hub_count(hub, ALD_N_REROUTED);
    target->n_commands--;
    again_place(hub, command, &route);
    if (!is_more) {
        ald_target_settle(hub, target);
    }
    return is_more;
}

void ald_hop_place(struct ald_hub *hub, const struct ald_command *command, struct ald_signal *reply)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    char text[640];
    int size;

    if (reply->msg != NULL || reply->outcome == ALD_SUCCEEDED || !ald_str_present(command->from->onward.hub)) {
        return;
    }
    size = snprintf(text, sizeof(text), "at hub %.*s: %.*s", ALD_STR_ARG(hub->config.id), ALD_STR_ARG(reply->text));
    if (ald_msg_new(hub->messages, ALD_REPLY, &msg) < 0 ||
        ald_msg_set(msg, &msg->text, ald_str_of(text, (size_t)ALD_MIN(size, (int)sizeof(text) - 1))) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* the outcome itself is told all the same */
        return;
    }
    msg->outcome = reply->outcome;
    msg->cause = reply->cause;
    msg->phase = reply->phase;
    ald_msg_seal(msg);
    reply->msg = ald_steal(&msg);
}

/* --- reports ---------------------------------------------------------------------------------------------------- */

static struct ald_peer_event *event_slot(struct ald_hub *hub, uint64_t number)
{
    return &hub->graph.events[number % ALD_PEER_EVENTS_MAX];
}

/* NULL: it never left, or is forgotten. */
static struct ald_peer_event *event_find(struct ald_hub *hub, uint64_t number)
{
    struct ald_peer_event *slot = number != 0 && hub->graph.events != NULL ? event_slot(hub, number) : NULL;

    return slot != NULL && slot->number == number ? slot : NULL;
}

static void event_forget(struct ald_hub *hub, struct ald_peer_event *slot)
{
    if (slot->msg != NULL) {
        slot->msg = ald_msg_unref(slot->msg);
        slot->number = 0;
        hub->graph.n_events--;
    }
}

/* Its sender waits to hear if it fails, and nothing was heard of it. */
static bool event_is_open(const struct ald_peer_event *slot)
{
    return slot->msg != NULL && !slot->is_told && (slot->msg->flags & ALD_MSG_REPORT) != 0;
}

/* Enough of the event to tell its sender which it was. Errors: ALDIS_E_NOMEM. */
static int event_stub(struct ald_hub *hub, const struct ald_msg *msg, struct ald_msg **ret_stub)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *stub = NULL;
    int r;

    r = ald_msg_new(hub->messages, ALD_EVENT, &stub);
    if (r == 0) {
        stub->flags = msg->flags;
        r = ald_msg_set(stub, &stub->name, msg->name);
    }
    if (r == 0) {
        r = ald_msg_set(stub, &stub->wire_id, msg->wire_id);
    }
    if (r == 0) {
        r = ald_msg_set_address(stub, &stub->to, &msg->to);
    }
    if (r == 0) {
        r = ald_msg_set_address(stub, &stub->from, &msg->from); /* somebody behind a daemon is told by that */
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(stub);
    *ret_stub = ald_steal(&stub);
    return 0;
}

void ald_hop_remember(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    uint64_t number = ald_hub_id_number(hub, parcel->id);
    struct ald_msg *stub = NULL;
    struct ald_peer_event *slot;

    if (number == 0 || (parcel->msg->flags & (ALD_MSG_REPORT | ALD_MSG_TELL_AWAY)) == 0) {
        return;
    }
    if (event_find(hub, number) != NULL) {
        return; /* it was sent back to us, and goes another way: its sender is still who it was */
    }
    if (hub->graph.events == NULL) {
        hub->graph.events = calloc(ALD_PEER_EVENTS_MAX, sizeof(hub->graph.events[0]));
    }
    if (hub->graph.events == NULL || event_stub(hub, parcel->msg, &stub) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* it goes all the same; nobody is told if it fails */
        return;
    }
    slot = event_slot(hub, number);
    if (event_is_open(slot)) {
        ald_hub_count(hub, ALD_N_REPORTS_UNDELIVERED); /* more are under way than there are places */
    }
    event_forget(hub, slot);
    *slot = (struct ald_peer_event){
        .number = number, .msg = stub, .conn = parcel->conn, .party = parcel->party, .at = hub->now};
    hub->graph.n_events++;
    ald_graph_sweep_later(hub);
}

static void report_write(struct ald_hub *hub, struct ald_json_writer *json, const struct ald_parcel *parcel,
                         uint8_t phase, uint8_t cause)
{
    char id[ALD_ID_TEXT];

    ald_id_format(parcel->id, id);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "event", ald_str_of(id, sizeof(id)));
    ald_json_write_member_str(json, "hub", hub->config.id);
    ald_json_write_member_str(json, "state", ald_str(ald_phase_name((enum ald_phase)phase)));
    ald_json_write_member_str(json, "cause", ald_str(ald_cause_word((enum ald_cause)cause)));
    ald_json_write_end(json);
}

/*
 * Who remembers the event: the hub that gave it its id, which its start stands in. Of an event that a daemon brought this
 * is not the one where it was submitted.
 */
static struct ald_str report_hub(const struct ald_hub *hub, const struct ald_parcel *parcel)
{
    ald_list_each (it, &hub->graph.map.hubs) {
        const struct ald_route_hub *at = ald_list_entry(it, const struct ald_route_hub, node);

        if (ald_id_make(at->boot, 1).high == parcel->id.high && at->hops != ALD_ROUTE_NOWHERE) {
            return at->id;
        }
    }
    return parcel->travel->hub;
}

/* Errors: ALDIS_E_NOMEM. */
static int report_make(struct ald_hub *hub, const struct ald_parcel *parcel, uint8_t phase, uint8_t cause,
                       struct ald_msg **ret_msg)
{
    const struct ald_address to = {.hub = report_hub(hub, parcel), .target = report_target};
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_json_writer json;
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, REPORT_BYTES_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    report_write(hub, &json, parcel, phase, cause);
    r = ald_self_message(hub, ALD_EVENT, report_name, &json, &buf, &msg);
    r = r == 0 ? ald_msg_set_address(msg, &msg->to, &to) : r;
    ald_buf_fini(&buf);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    *ret_msg = ald_steal(&msg);
    return 0;
}

/* What a report says, each text in `room`. */
struct report {
    struct ald_str event, hub, state, cause;
};

static bool report_read(const struct ald_msg *msg, struct ald_buf *room, struct report *report)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("event"), ALD_JSON_FIELD("hub"), ALD_JSON_FIELD("state"),
                                      ALD_JSON_FIELD("cause")};
    struct ald_str *const places[] = {&report->event, &report->hub, &report->state, &report->cause};
    struct ald_json_scan scan;

    if (msg->payload.size > REPORT_BYTES_MAX ||
        ald_json_scan(ald_slice_str(msg->payload), ALD_JSON_BROKEN_OK, fields, ALD_COUNT(fields), &scan) != 0) {
        return false;
    }
    for (size_t i = 0; i < ALD_COUNT(fields); i++) {
        if (ald_json_text(fields[i].value, room, places[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Tell whoever said it, if it is still there. */
static void report_tell(struct ald_hub *hub, struct ald_peer_event *slot, const struct report *report)
{
    struct ald_hub_conn *conn = ald_hub_conn_find(hub, slot->conn);
    struct ald_party *party = conn != NULL ? ald_party_find(conn, slot->party) : NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPORT);
    int cause = ald_cause_find(report->cause);
    int size;

    if (party == NULL || (party->traits & ALD_CAN_REPORT) == 0) {
        ald_hub_count(hub, ALD_N_REPORTS_UNDELIVERED);
        return;
    }
    signal.cause = cause > 0 ? (uint8_t)cause : (uint8_t)ALD_CAUSE_NO_TARGET;
    signal.phase = ALD_PHASE_DONE;
    if (ald_str_equal(report->state, ald_str(ald_phase_name(ALD_PHASE_QUEUED)))) {
        signal.cause = ALD_CAUSE_NONE;
        signal.phase = ALD_PHASE_QUEUED;
    }
    signal.target = ald_str_of(hub->graph.place, ALD_MIN(report->hub.size, sizeof(hub->graph.place)));
    memcpy(hub->graph.place, report->hub.data, signal.target.size);
    size = snprintf(hub->graph.text, sizeof(hub->graph.text), "at hub %.*s: %s", ALD_STR_ARG(signal.target),
                    ald_cause_text((enum ald_cause)signal.cause));
    signal.text = ald_str_of(hub->graph.text, (size_t)size);
    signal.from = ald_str_of(hub->graph.text + strlen("at hub "), ALD_MIN(report->hub.size, 255U));
    signal.id = ald_hub_id(hub, slot->number);
    signal.request = ald_msg_ref(slot->msg);
    ald_hub_count(hub, ALD_N_REPORTS);
    ald_party_say(hub, party, &signal);
}

/* Of our event `number` something was heard. */
static void report_hear(struct ald_hub *hub, uint64_t number, const struct report *report)
{
    struct ald_peer_event *slot = event_find(hub, number);

    if (slot == NULL) {
        ald_hub_count(hub, ALD_N_REPORTS_STRAY);
        return;
    }
    slot->is_told = true;
    if (!ald_str_equal(report->state, ald_str(ald_phase_name(ALD_PHASE_SENT)))) {
        report_tell(hub, slot, report);
    }
}

void ald_hop_report(struct ald_hub *hub, const struct ald_parcel *parcel, uint8_t phase, uint8_t cause)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    static const struct ald_travel here = {.hops = 1};
    struct ald_parcel report = {.id = ald_hub_id(hub, ald_hub_number(hub))};
    struct ald_route route;
    struct ald_signal signal;

    if (parcel->travel == NULL || parcel->travel->hub.size == 0) {
        return;
    }
    if (ald_str_equal(parcel->travel->hub, hub->config.id)) { /* another hub has sent it back to us */
        report_hear(hub, ald_hub_id_number(hub, parcel->id),
                    &(struct report){.hub = hub->config.id,
                                     .state = ald_str(ald_phase_name((enum ald_phase)phase)),
                                     .cause = ald_str(ald_cause_word((enum ald_cause)cause))});
        return;
    }
    if (report_make(hub, parcel, phase, cause, &msg) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        return;
    }
    report.msg = msg;
    route = ald_hop_event(hub, &report);
    if (route.cause != ALD_CAUSE_NONE || route.channel == NULL || route.channel->party->peering != ALD_PEERING_ROUTES) {
        ald_hub_count(hub, ALD_N_REPORTS_UNDELIVERED);
        return;
    }
    report.travel = &here;
    signal = ald_parcel_signal(&report);
    ald_hub_count(hub, ald_transit_offer(hub, route.channel->party, &signal, NULL) ? ALD_N_REPORTS
                                                                                   : ALD_N_REPORTS_UNDELIVERED);
}

bool ald_hop_take_report(struct ald_hub *hub, const struct ald_msg *msg)
{
    uint8_t bytes[REPORT_BYTES_MAX];
    struct ald_buf room = {.data = bytes, .room = sizeof(bytes), .max = sizeof(bytes)}; /* full before it would grow */
    struct report report;
    struct ald_id id;
    uint64_t number = 0;

    if (!ald_str_equal(msg->name, report_name) || !ald_str_equal(msg->to.hub, hub->config.id)) {
        return false;
    }
    if (report_read(msg, &room, &report) && ald_id_parse(report.event, &id) == 0) {
        number = ald_hub_id_number(hub, id);
    }
    report_hear(hub, number, &report);
    return true;
}

void ald_hop_settled(struct ald_hub *hub, struct ald_id id)
{
    struct ald_peer_event *slot = hub->graph.n_events > 0 ? event_find(hub, ald_hub_id_number(hub, id)) : NULL;

    if (slot != NULL) {
        slot->is_told = true;
    }
}

void ald_hop_forget(struct ald_hub *hub, ald_usec until)
{
    const struct report lost = {.hub = hub->config.id, .cause = ald_str(ald_cause_word(ALD_CAUSE_HUB_LOST))};

    for (size_t i = 0; hub->graph.n_events > 0 && i < ALD_PEER_EVENTS_MAX; i++) {
        struct ald_peer_event *slot = &hub->graph.events[i];

        if (event_is_open(slot) && hub->now - slot->at >= ALD_PEER_EVENT_DOUBT) {
            slot->is_told = true;
            report_tell(hub, slot, &lost);
        }
        if (slot->at <= until) {
            event_forget(hub, slot);
        }
    }
}
