#include "hub/view.h"

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/notes.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/primary.h"
#include "hub/record.h"
#include "hub/roster.h"
#include "hub/series.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/target.h"
#include "hub/who.h"

uint64_t ald_hub_boot(const struct ald_hub *hub)
{
    return hub->boot;
}

/* A channel or target that is only there to finish what it had is shown no more. */
static bool target_is_shown(const struct ald_target *target)
{
    return target->peer == NULL && (target->n_channels > 0 || target->any.n > 0 || target->primary.n > 0);
}

static void view_target(const struct ald_target *target, struct ald_target_view *view)
{
    const struct ald_channel *primary = ald_primary_find(target);

    *view = (struct ald_target_view){
        .name = target->name,
        .n_channels = target->n_channels,
        .n_live = target->n_live,
        .n_active = target->n_active,
        .queued = target->any.n + target->primary.n,
        .queued_bytes = target->any.bytes + target->primary.bytes,
        .term = target->election.term,
        .primary = primary != NULL ? ald_str_of(primary->id, ALD_ID_TEXT) : ALD_STR_NONE,
    };
}

static void view_channel(const struct ald_channel *channel, struct ald_channel_view *view)
{
    const struct ald_hub_conn *conn = channel->party->conn;
    const struct ald_session *session = channel->party->session;

    *view = (struct ald_channel_view){
        .id = ald_str_of(channel->id, ALD_ID_TEXT),
        .target = channel->target->name,
        .principal = channel->who->principal,
        .peer = conn != NULL ? conn->peer : channel->who->peer, /* who came back may have come from elsewhere */
        .dialect = channel->who->dialect,
        .conn = conn != NULL ? conn->number : 0,
        .session = session != NULL && !session->over ? session->number : 0,
        .party = channel->party->number,
        .party_kind = channel->party->kind,
        .state = channel->state,
        .active = channel->active,
        .primary = ald_primary_find(channel->target) == channel,
        .candidate = channel->is_candidate,
        .leaving = channel->leaving,
        .term = channel->term,
        .in_flight = channel->in_flight,
        .queued = channel->queue.n,
        .queued_bytes = channel->queue.bytes,
        .health_failures = channel->health_failures,
        .health_last = channel->health_last,
        .since = channel->since,
        .n_commands = channel->n_commands,
    };
}

static void view_story(const struct ald_hub *hub, const struct ald_command *command, struct ald_command_view *view)
{
    for (size_t i = 0; i < command->story.n; i++) {
        const struct ald_story_line *line = &command->story.lines[i];
        struct ald_story_view *shown = &view->story[i];

        *shown = (struct ald_story_view){
            .at = line->at,
            .phase = (uint8_t)line->phase,
            .attempt = (uint8_t)line->attempt,
            .text = ald_line_text((enum ald_line)line->what),
        };
        if (line->channel != 0) {
            ald_id_format(ald_hub_id(hub, line->channel), shown->channel_id);
            shown->channel = ald_str_of(shown->channel_id, ALD_ID_TEXT);
        }
    }
    view->n_story = command->story.n;
    view->n_story_dropped = command->story.n_dropped;
}

static struct ald_str view_text(const struct ald_command *command)
{
    if (command->outcome == ALD_OUTCOME_NONE || command->outcome == ALD_SUCCEEDED) {
        return ALD_STR_NONE;
    }
    if (command->reply != NULL && ald_str_present(command->reply->text)) {
        return command->reply->text;
    }
    return ald_str(command->text);
}

static void view_command(const struct ald_hub *hub, const struct ald_command *command, struct ald_command_view *view)
{
    const struct ald_who *from = command->from;

    *view = (struct ald_command_view){
        .id = command->id,
        .wire_id = command->msg->wire_id,
        .name = command->msg->name,
        .version = command->msg->version,
        .to = command->msg->to,
        .from = ald_str_present(from->target) ? from->target : from->peer,
        .hub = from->onward.hub,
        .principal = from->principal,
        .mode = command->mode,
        .phase = command->phase,
        .outcome = command->outcome,
        .cause = command->cause,
        .n_attempts = command->n_attempts,
        .idempotent = (command->msg->flags & ALD_MSG_IDEMPOTENT) != 0,
        .has_progress = command->has_progress,
        .total = command->total,
        .completed = command->completed,
        .submitted = command->submitted,
        .deadline = command->deadline,
        .ended = command->ended,
        .submitted_wall = command->submitted_wall,
        .reply = command->roster == NULL ? command->reply : NULL,
        .text = view_text(command),
        .n_members = command->roster != NULL ? ald_roster_size(command->roster) : 0,
    };
    if (command->has_channel_id && command->whole != NULL) {
        view->to.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
    }
    view_story(hub, command, view);
}

/* The reply of a packed record exists in the view only. */
static void view_found(const struct ald_hub *hub, const struct ald_found *found, struct ald_command_view *view)
{
    struct ald_record_room room;

    view_command(hub, ald_found_show(hub, found, &room), view);
    if (view->reply == &room.reply) {
        view->reply_room = room.reply;
        view->reply = &view->reply_room;
    }
}

static void view_record(const struct ald_hub *hub, const struct ald_node *order, struct ald_command_view *view)
{
    struct ald_record *record = ald_list_entry(order, struct ald_record, order);

    view_found(hub, &(struct ald_found){.command = record->command, .record = record}, view);
}

/*
 * Where a walk goes on: behind the thing whose number the cursor is. When that is gone, behind its place: numbers grow
 * along each of the three lists, so a walk from the front finds it.
 */
#define VIEW_NUMBER(node, type, member) (ald_list_entry(node, const struct type, member)->number)

bool ald_hub_next_target(const struct ald_hub *hub, uint64_t *cursor, struct ald_target_view *ret_view)
{
    const struct ald_target *at = *cursor != 0 ? ald_table_find_number(&hub->targets_by_number, *cursor) : NULL;
    const struct ald_node *node = at != NULL ? at->node.next : hub->targets.next;

    while (node != &hub->targets && (VIEW_NUMBER(node, ald_target, node) <= *cursor ||
                                     !target_is_shown(ald_list_entry(node, const struct ald_target, node)))) {
        node = node->next;
    }
    if (node == &hub->targets) {
        return false;
    }
    *cursor = VIEW_NUMBER(node, ald_target, node);
    view_target(ald_list_entry(node, const struct ald_target, node), ret_view);
    return true;
}

static bool next_channel_of(const struct ald_node *head, const struct ald_channel *at, uint64_t *cursor,
                            struct ald_channel_view *ret_view)
{
    const struct ald_node *node = at != NULL ? at->target_node.next : head->next;

    while (node != head && VIEW_NUMBER(node, ald_channel, target_node) <= *cursor) {
        node = node->next;
    }
    if (node == head) {
        return false;
    }
    *cursor = VIEW_NUMBER(node, ald_channel, target_node);
    view_channel(ald_list_entry(node, const struct ald_channel, target_node), ret_view);
    return true;
}

bool ald_hub_next_channel(const struct ald_hub *hub, struct ald_str target, uint64_t *cursor,
                          struct ald_channel_view *ret_view)
{
    const struct ald_channel *at = *cursor != 0 ? ald_table_find_number(&hub->channels_by_number, *cursor) : NULL;
    const struct ald_target *of = ald_str_present(target) ? ald_target_find(hub, target) : NULL;
    const struct ald_node *node = at != NULL ? at->node.next : hub->channels.next;

    if (ald_str_present(target)) {
        return of != NULL &&
               next_channel_of(&of->channels, at != NULL && at->target == of ? at : NULL, cursor, ret_view);
    }
    while (node != &hub->channels && (VIEW_NUMBER(node, ald_channel, node) <= *cursor ||
                                      ald_list_entry(node, const struct ald_channel, node)->target->peer != NULL)) {
        node = node->next;
    }
    if (node == &hub->channels) {
        return false;
    }
    *cursor = VIEW_NUMBER(node, ald_channel, node);
    view_channel(ald_list_entry(node, const struct ald_channel, node), ret_view);
    return true;
}

static void view_peer(const struct ald_peer *peer, struct ald_peer_view *view)
{
    *view = (struct ald_peer_view){
        .id = peer->id,
        .address = peer->address,
        .services = peer->services,
        .peering = peer->peering,
        .n_links = peer->n_links,
        .n_active = peer->target->n_active,
        .queued = peer->target->any.n,
        .since = peer->since,
    };
    ald_list_each (it, &peer->target->channels) {
        view->in_flight += ald_list_entry(it, const struct ald_channel, target_node)->in_flight;
    }
}

bool ald_hub_next_peer(const struct ald_hub *hub, uint64_t *cursor, struct ald_peer_view *ret_view)
{
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);

        if (peer->number > *cursor && peer->n_links > 0) {
            *cursor = peer->number;
            view_peer(peer, ret_view);
            return true;
        }
    }
    return false;
}

/* The map is measured in the step that changes it. */
static void view_route(const struct ald_hub *hub, const struct ald_route_hub *at, struct ald_route_view *view)
{
    bool is_self = at == hub->graph.map.self;

    *view = (struct ald_route_view){
        .id = at->id,
        .next = at->first != NULL ? at->first->id : ALD_STR_NONE,
        .is_self = is_self,
        .reached = is_self || at->hops != ALD_ROUTE_NOWHERE,
        .hops = at->hops != ALD_ROUTE_NOWHERE ? at->hops : 0,
        .n_targets = is_self ? hub->n_targets - hub->graph.n_peers : at->n_targets,
        .n_links = at->n_links,
    };
}

bool ald_hub_next_route(const struct ald_hub *hub, uint64_t *cursor, struct ald_route_view *ret_view)
{
    ald_list_each (it, &hub->graph.map.hubs) {
        const struct ald_route_hub *at = ald_list_entry(it, const struct ald_route_hub, node);

        if (at->number > *cursor) {
            *cursor = at->number;
            view_route(hub, at, ret_view);
            return true;
        }
    }
    return false;
}

/* The first fact that stands, from `node` on; then those that are being told anew. NULL: there is none. */
static const struct ald_route_fact *fact_standing(const struct ald_route_hub *at, const struct ald_node *node)
{
    for (;;) {
        if (node == &at->facts) {
            node = at->stale.next;
        }
        if (node == &at->stale) {
            return NULL;
        }
        if (!ald_list_entry(node, const struct ald_route_fact, of_hub)->removed) {
            return ald_list_entry(node, const struct ald_route_fact, of_hub);
        }
        node = node->next;
    }
}

bool ald_hub_next_fact(const struct ald_hub *hub, struct ald_str id, const void **walk, struct ald_fact_view *ret_view)
{
    static const uint8_t kinds[ALD_N_ROUTE_KINDS] = {
        [ALD_ROUTE_TARGET] = ALD_FACT_TARGET,
        [ALD_ROUTE_HUB] = ALD_FACT_HUB,
        [ALD_ROUTE_DAEMON] = ALD_FACT_DAEMON,
    };
    const struct ald_route_hub *at = ald_route_map_find(&hub->graph.map, id);
    const struct ald_route_fact *fact = *walk;

    if (at == NULL) {
        return false;
    }
    fact = fact_standing(at, fact != NULL ? fact->of_hub.next : at->facts.next);
    if (fact == NULL) {
        return false;
    }
    *walk = fact;
    *ret_view = (struct ald_fact_view){.kind = kinds[ald_route_kind_of(fact)], .name = ald_route_name_of(fact)};
    return true;
}

bool ald_hub_next_command(const struct ald_hub *hub, uint64_t *cursor, struct ald_command_view *ret_view)
{
    const struct ald_record *at = *cursor != 0 ? ald_ledger_find(&hub->commands_by_number, *cursor) : NULL;
    const struct ald_node *node = at != NULL ? at->order.next : hub->in_order.next;

    while (node != &hub->in_order && VIEW_NUMBER(node, ald_record, order) <= *cursor) {
        node = node->next;
    }
    if (node == &hub->in_order) {
        return false;
    }
    *cursor = VIEW_NUMBER(node, ald_record, order);
    view_record(hub, node, ret_view);
    return true;
}

bool ald_hub_previous_command(const struct ald_hub *hub, uint64_t *cursor, struct ald_command_view *ret_view)
{
    const struct ald_record *at = *cursor != 0 ? ald_ledger_find(&hub->commands_by_number, *cursor) : NULL;
    const struct ald_node *node = at != NULL ? at->order.prev : hub->in_order.prev;

    while (node != &hub->in_order && *cursor != 0 && VIEW_NUMBER(node, ald_record, order) >= *cursor) {
        node = node->prev;
    }
    if (node == &hub->in_order) {
        return false;
    }
    *cursor = VIEW_NUMBER(node, ald_record, order);
    view_record(hub, node, ret_view);
    return true;
}

bool ald_hub_next_member(const struct ald_hub *hub, struct ald_id id, uint64_t *cursor,
                         struct ald_command_view *ret_view)
{
    const struct ald_command *whole = ald_command_find(hub, id).command; /* with a roster it is never packed */
    const struct ald_command *member;

    if (whole == NULL || whole->roster == NULL || *cursor > UINT32_MAX) {
        return false;
    }
    member = ald_roster_member(whole->roster, (uint32_t)*cursor);
    if (member == NULL) {
        return false;
    }
    ++*cursor;
    view_command(hub, member, ret_view);
    return true;
}

int ald_hub_find_target(const struct ald_hub *hub, struct ald_str name, struct ald_target_view *ret_view)
{
    const struct ald_target *target = ald_target_find(hub, name);

    if (target == NULL || (!target_is_shown(target) && (target->peer == NULL || target->n_channels == 0))) {
        return ALD_VIEW_UNKNOWN;
    }
    view_target(target, ret_view);
    return 0;
}

int ald_hub_find_channel(const struct ald_hub *hub, struct ald_str id, struct ald_channel_view *ret_view)
{
    const struct ald_channel *channel = ald_channel_find(hub, id);

    if (channel == NULL) {
        return ALD_VIEW_UNKNOWN;
    }
    view_channel(channel, ret_view);
    return 0;
}

bool ald_hub_next_in_session(const struct ald_hub *hub, uint64_t session, const void **walk,
                             struct ald_channel_view *ret_view)
{
    const struct ald_session *found = ald_table_find_number(&hub->sessions, session);
    const struct ald_party *party = *walk;

    if (found == NULL) {
        return false;
    }
    for (const struct ald_node *node = party != NULL ? party->of_session.next : found->parties.next;
         node != &found->parties; node = node->next) {
        party = ald_container(node, const struct ald_party, of_session);
        if (party->channel != NULL) {
            *walk = party;
            view_channel(party->channel, ret_view);
            return true;
        }
    }
    return false;
}

int ald_hub_find_session(const struct ald_hub *hub, uint64_t session, struct ald_channel_view *ret_view)
{
    const struct ald_session *found = ald_table_find_number(&hub->sessions, session);

    if (found == NULL || found->first->channel == NULL) {
        return ALD_VIEW_UNKNOWN;
    }
    view_channel(found->first->channel, ret_view);
    return 0;
}

int ald_hub_find_command(const struct ald_hub *hub, struct ald_str id, struct ald_command_view *ret_view)
{
    struct ald_found found = ald_command_find_text(hub, id);

    if (found.command == NULL && found.record == NULL) {
        return ALD_VIEW_UNKNOWN;
    }
    view_found(hub, &found, ret_view);
    return 0;
}

static enum ald_party_kind party_kind(const struct ald_party *party)
{
    return party->channel != NULL ? (enum ald_party_kind)party->kind : ALD_PARTY_CONTROL;
}

bool ald_hub_find_party(const struct ald_hub *hub, uint64_t conn, uint32_t party, struct ald_party_view *ret_view)
{
    struct ald_hub_conn *found_conn = ald_hub_conn_find(hub, conn);
    const struct ald_party *found = found_conn != NULL ? ald_party_find(found_conn, party) : NULL;

    if (found == NULL) {
        return false;
    }
    *ret_view = (struct ald_party_view){
        .target = found->channel != NULL ? found->channel->target->name : ALD_STR_NONE,
        .kind = (uint8_t)party_kind(found),
        .peering = found->peering,
    };
    return true;
}

int ald_hub_target_kind(const struct ald_hub *hub, struct ald_str name)
{
    const struct ald_target *target = ald_target_find(hub, name);
    struct ald_node *first = target != NULL ? ald_list_first(&target->channels) : NULL;

    if (first == NULL || target->peer != NULL) {
        return -1;
    }
    return (int)party_kind(ald_list_entry(first, struct ald_channel, target_node)->party);
}

bool ald_hub_is_controller(const struct ald_hub *hub, struct ald_str target)
{
    return target.size == 0 ||
           (ald_str_present(hub->config.controller) && ald_str_equal(target, hub->config.controller));
}

bool ald_hub_asked(struct ald_hub *hub, uint64_t conn, const struct ald_signal *reply, struct ald_str *ret_name)
{
    struct ald_hub_conn *found = ald_hub_conn_find(hub, conn);
    const struct ald_command *command = found != NULL ? ald_delivery_find(hub, found, reply).command : NULL;

    if (command == NULL || command->outcome != ALD_OUTCOME_NONE) {
        return false;
    }
    *ret_name = command->msg->name;
    return true;
}

/* Who missed something missed the latest of it. */
static const struct ald_node *remembered_after(const struct ald_series *series, ald_wall after)
{
    const struct ald_node *node = &series->memory;

    while (node->prev != &series->memory &&
           ald_list_entry(node->prev, const struct ald_remembered, of_series)->at > after) {
        node = node->prev;
    }
    return node;
}

bool ald_hub_next_remembered(const struct ald_hub *hub, struct ald_str name, ald_wall after, const void **walk,
                             struct ald_note *ret_note)
{
    const struct ald_series *series = ald_series_find(hub, name);
    const struct ald_node *node;

    if (series == NULL) {
        return false;
    }
    node = *walk == NULL ? remembered_after(series, after) : ((const struct ald_node *)*walk)->next;
    if (node == &series->memory) {
        return false;
    }
    *walk = node;
    ald_notes_again(hub, ald_list_entry(node, const struct ald_remembered, of_series), ret_note);
    return true;
}

ald_wall ald_hub_remembers_since(const struct ald_hub *hub, struct ald_str name)
{
    const struct ald_series *series = ald_series_find(hub, name);

    return series != NULL ? series->since : UINT64_MAX;
}

ald_wall ald_hub_noted(const struct ald_hub *hub)
{
    return hub->stamp;
}

uint64_t ald_hub_counter(const struct ald_hub *hub, enum ald_counter counter)
{
    ald_assert((size_t)counter < ALD_N_COUNTERS);
    return hub->counters[counter];
}

void ald_hub_totals(const struct ald_hub *hub, struct ald_hub_totals *ret_totals)
{
    *ret_totals = (struct ald_hub_totals){
        .n_connections = hub->n_conns,
        .n_targets = hub->n_targets - hub->graph.n_peers,
        .n_channels = hub->n_channels - hub->graph.n_links,
        .n_in_flight = hub->n_open - hub->n_queued,
        .n_queued = hub->n_queued,
        .n_history = hub->n_history,
        .queued_bytes = hub->queued_bytes,
        .n_held = hub->n_held,
        .held_bytes = hub->held_bytes,
        .draining = hub->draining,
    };
}

void ald_hub_world(const struct ald_hub *hub, struct ald_world_view *ret_view)
{
    const struct ald_world *world = &hub->world;
    const struct ald_news *addresses = world->addresses;

    *ret_view = (struct ald_world_view){
        .clock = world->clock,
        .cluster = world->cluster,
        .cluster_total = world->cluster_total,
        .cluster_live = world->cluster_live,
        .address = addresses != NULL ? addresses->name : ALD_STR_NONE,
        .secure_address = addresses != NULL ? addresses->detail : ALD_STR_NONE,
        .load = world->load != NULL ? world->load->load : -1,
        .n_expected = (uint32_t)hub->expected_by_name.n_entries,
        .n_held = hub->n_held,
        .held_bytes = hub->held_bytes,
        .n_capabilities = (uint32_t)hub->capabilities.n_entries,
        .n_hearers = hub->bulletin.n_hearers,
    };
}

bool ald_hub_wants_load(const struct ald_hub *hub)
{
    return hub->world.n_wants_load > 0;
}

const struct ald_machine *ald_hub_machine(const struct ald_hub *hub, size_t i)
{
    return i < ALD_N_MACHINES ? &hub->machines[i] : NULL;
}
