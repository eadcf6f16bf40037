#include "hub/channel.h"

#include <stdlib.h>

#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/health.h"
#include "hub/hold.h"
#include "hub/kind.h"
#include "hub/notes.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/primary.h"
#include "hub/roster.h"
#include "hub/session.h"
#include "hub/target.h"
#include "hub/who.h"
#include "hub/world.h"

const struct ald_state ald_channel_states[] = {
    [ALD_CHANNEL_LIVE] = {"live", ALD_STATE_INITIAL, ALD_TO(ALD_CHANNEL_AWAY) | ALD_TO(ALD_CHANNEL_GONE)},
    [ALD_CHANNEL_AWAY] = {"away", 0, ALD_TO(ALD_CHANNEL_LIVE) | ALD_TO(ALD_CHANNEL_GONE)},
    [ALD_CHANNEL_GONE] = {"gone", ALD_STATE_FINAL, 0},
};

static void channel_init(struct ald_hub *hub, struct ald_channel *channel)
{
    *channel = (struct ald_channel){.heap_at = ALD_HEAP_NOWHERE, .since = hub->now, .since_wall = hub->wall};
    ald_node_init(&channel->node);
    ald_node_init(&channel->target_node);
    ald_node_init(&channel->work);
    ald_node_init(&channel->bench);
    ald_node_init(&channel->party_node);
    ald_node_init(&channel->candidate);
    ald_node_init(&channel->sent);
    ald_queue_init(&channel->queue);
    ald_hub_alarm_init(&channel->health, ALD_ALARM_HEALTH);
    channel->number = ald_hub_number(hub);
    ald_id_format(ald_hub_id(hub, channel->number), channel->id);
}

int ald_channel_new(struct ald_hub *hub, struct ald_party *party, struct ald_target *target,
                    struct ald_channel **ret_channel)
{
    struct ald_channel *channel;
    int r;

    r = ald_heap_reserve(&target->heap, target->n_channels + 1);
    if (r < 0) {
        return ald_trace(r);
    }
    channel = malloc(sizeof(*channel));
    if (channel == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    channel_init(hub, channel);
    r = ald_table_add_number(&hub->channels_by_number, channel->number, channel);
    if (r < 0) {
        free(channel);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    channel->target = target;
    channel->party = party;
    *ret_channel = channel;
    return 0;
}

struct ald_channel *ald_channel_find(const struct ald_hub *hub, struct ald_str id)
{
    struct ald_id parsed;

    if (ald_id_parse(id, &parsed) != 0) {
        return NULL;
    }
    return ald_table_find_number(&hub->channels_by_number, ald_hub_id_number(hub, parsed));
}

static void channel_set_state(struct ald_hub *hub, struct ald_channel *channel, enum ald_channel_state state)
{
    ald_sm_move(&hub->machines[ALD_MACHINE_CHANNEL], &channel->state, (uint8_t)state);
}

/* Everything that decides whether a channel can be chosen changes here, so that counts, rosters and elections agree. */
static void channel_usable_changes(struct ald_hub *hub, struct ald_channel *channel, bool was_usable)
{
    bool is_usable = ald_channel_is_usable(channel);

    if (was_usable && !is_usable) {
        channel->target->n_active--;
    } else if (!was_usable && is_usable) {
        channel->target->n_active++;
        channel->active_since = ++hub->last_use;
    }
    if (!is_usable || channel->state != ALD_CHANNEL_LIVE) {
        ald_heap_remove(&channel->target->heap, channel);
    }
    ald_primary_update(hub, channel);
    if (channel->target->peer != NULL) {
        ald_peer_usable(hub, channel->target);
    }
}

void ald_channel_join(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_target *target = channel->target;

    ald_list_push_back(&hub->channels, &channel->node);
    ald_list_push_back(&target->channels, &channel->target_node);
    hub->n_channels++;
    target->n_channels++;
    target->n_live++;
    channel->party->n_channels++;
    channel->party->channel = channel;
    channel->active = true;
    ald_notes_channel(hub, channel, "joined");
    ald_world_came(hub, channel);
    channel_usable_changes(hub, channel, false);
    ald_primary_welcome(hub, channel);
    ald_channel_ready(hub, channel);
    ald_health_start(hub, channel);
    if (channel->party->link != NULL) {
        ald_peer_joined(hub, channel);
    } else if (target->n_channels == 1) {
        ald_peer_target_comes(hub, target);
    }
}

void ald_channel_ready(struct ald_hub *hub, struct ald_channel *channel)
{
    if (channel->state != ALD_CHANNEL_LIVE) {
        return;
    }
    if (ald_channel_is_usable(channel) && channel->heap_at == ALD_HEAP_NOWHERE) {
        ald_heap_add(&channel->target->heap, channel);
        ald_target_wake(hub, channel->target);
    }
    if (hub->n_held > 0) {
        ald_hold_wake(hub, channel->target);
    }
    ald_work_add(hub, &hub->work.channels, &channel->work);
}

void ald_channel_part(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_target *target = channel->target;
    bool was_usable = ald_channel_is_usable(channel);

    if (was_usable) {
        ald_roster_channel_leaves(hub, channel);
    }
    if (channel->state == ALD_CHANNEL_LIVE) {
        target->n_live--;
    }
    channel_set_state(hub, channel, ALD_CHANNEL_GONE);
    channel_usable_changes(hub, channel, was_usable);
    ald_roster_channel_gone(channel);
    ald_health_stop(hub, channel);
    ald_table_remove_number(&hub->channels_by_number, channel->number);
    ald_node_remove(&channel->node);
    ald_round_pass(hub, &channel->target_node);
    ald_node_remove(&channel->target_node);
    ald_node_remove(&channel->bench);
    ald_node_remove(&channel->work);
    ald_list_push_back(&hub->channels_gone, &channel->node);
    ald_work_add(hub, &hub->work.gone, &channel->work);
    ald_list_push_back(&channel->party->finishing, &channel->party_node);
    hub->n_channels--;
    target->n_channels--;
    target->n_gone++;
    if (channel->party->link != NULL) {
        ald_peer_parted(hub, channel);
    } else if (target->n_channels == 0) {
        ald_peer_target_goes(hub, target);
        ald_target_wake(hub, target);
    }
    if (channel->party->channel == channel) {
        channel->party->channel = NULL;
        ald_kind_part(hub, channel->party);
    }
    ald_notes_channel(hub, channel, "gone");
    ald_world_went(hub, channel);
    ald_hub_count(hub, ALD_N_CHANNELS_GONE);
}

void ald_channel_away(struct ald_hub *hub, struct ald_channel *channel)
{
    bool was_usable = ald_channel_is_usable(channel);

    channel->target->n_live--;
    channel_set_state(hub, channel, ALD_CHANNEL_AWAY);
    ald_notes_channel(hub, channel, "away");
    channel_usable_changes(hub, channel, was_usable);
    ald_node_remove(&channel->bench);
    ald_health_stop(hub, channel);
}

/* A goodbye was said about the former connection; on the new one the party starts afresh. */
void ald_channel_back(struct ald_hub *hub, struct ald_channel *channel)
{
    bool was_usable = ald_channel_is_usable(channel);

    channel->leaving = false;
    channel->active = true;
    channel->health_failures = 0;
    channel->target->n_live++;
    channel_set_state(hub, channel, ALD_CHANNEL_LIVE);
    ald_notes_channel(hub, channel, "live");
    channel_usable_changes(hub, channel, was_usable);
    ald_primary_welcome(hub, channel);
    ald_channel_ready(hub, channel);
    ald_health_start(hub, channel);
}

void ald_channel_set_active(struct ald_hub *hub, struct ald_channel *channel, bool active)
{
    bool was_usable = ald_channel_is_usable(channel);

    if (channel->active == active) {
        return;
    }
    if (was_usable) {
        ald_roster_channel_leaves(hub, channel);
    }
    channel->active = active;
    ald_notes_channel(hub, channel, active ? "active" : "inactive");
    channel_usable_changes(hub, channel, was_usable);
    ald_channel_ready(hub, channel);
}

void ald_channel_set_leaving(struct ald_hub *hub, struct ald_channel *channel)
{
    bool was_usable = ald_channel_is_usable(channel);

    if (channel->leaving) {
        return;
    }
    if (was_usable) {
        ald_roster_channel_leaves(hub, channel);
    }
    channel->leaving = true;
    ald_notes_channel(hub, channel, "leaving");
    channel_usable_changes(hub, channel, was_usable);
    ald_health_stop(hub, channel);
    if (channel->queue.n > 0 && channel->state != ALD_CHANNEL_GONE) {
        ald_work_add(hub, &hub->work.channels, &channel->work);
    }
}

bool ald_channel_has_room(struct ald_hub *hub, struct ald_channel *channel)
{
    uint32_t max = channel->target->peer != NULL ? hub->config.peer_in_flight_max : hub->config.channel_in_flight_max;

    if (channel->state != ALD_CHANNEL_LIVE || channel->in_flight >= max) {
        return false;
    }
    if (ald_party_is_choked(channel->party)) {
        ald_channel_bench(channel);
        return false;
    }
    return true;
}

void ald_channel_bench(struct ald_channel *channel)
{
    struct ald_session *session = channel->party->session;

    ald_heap_remove(&channel->target->heap, channel);
    if (!ald_node_linked(&channel->bench)) {
        ald_list_push_back(session != NULL && ald_session_is_choked(session) ? &session->benched
                                                                             : &channel->party->conn->benched,
                           &channel->bench);
    }
}

void ald_channel_taken(struct ald_hub *hub, struct ald_channel *channel)
{
    channel->in_flight++;
    channel->n_commands++;
    channel->last_used = ++hub->last_use;
    ald_heap_update(&channel->target->heap, channel);
}

/* A slot pulls what waits: for this channel, for the primary one if it is that, for any of the target. */
void ald_channel_freed(struct ald_hub *hub, struct ald_channel *channel)
{
    ald_assert(channel->in_flight > 0);
    channel->in_flight--;
    ald_heap_update(&channel->target->heap, channel);
    if (channel->state == ALD_CHANNEL_GONE) {
        ald_work_add(hub, &hub->work.gone, &channel->work);
        return;
    }
    if (channel->queue.n > 0 || ald_primary_waits_for(channel)) {
        ald_work_add(hub, &hub->work.channels, &channel->work);
    }
    ald_target_wake(hub, channel->target);
}

bool ald_channel_work_hungry(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_command *command = ald_queue_first(&channel->queue);

    if (command != NULL && channel->leaving && channel->state == ALD_CHANNEL_LIVE) { /* one that is away may be back */
        ald_command_refuse(hub, command, ALD_CAUSE_NO_CHANNEL, NULL);
        return channel->queue.n > 0;
    }
    if (command == NULL && ald_primary_waits_for(channel)) {
        command = ald_queue_first(&channel->target->primary);
    }
    if (command == NULL || !ald_channel_has_room(hub, channel)) {
        return false;
    }
    ald_delivery_hand(hub, command, channel);
    return channel->queue.n > 0 || ald_primary_waits_for(channel);
}

/* What waited for it never ran; what was sent to it goes on as long as somebody may still answer. */
bool ald_channel_work_gone(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_command *waiting = ald_queue_first(&channel->queue);
    bool is_lost = channel->party->state == ALD_PARTY_GONE;

    if (waiting != NULL) {
        ald_command_refuse(hub, waiting, ALD_CAUSE_NO_CHANNEL, NULL);
        return true;
    }
    if (is_lost && !ald_list_empty(&channel->sent)) {
        ald_delivery_lost(hub, ald_list_entry(channel->sent.next, struct ald_command, place_node),
                          channel->party->lost_cause);
        return true;
    }
    if (channel->in_flight == 0) {
        ald_channel_free(hub, channel);
    }
    return false;
}

void ald_channel_free(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_target *target = channel->target;
    struct ald_party *party = channel->party;

    ald_assert(channel->state == ALD_CHANNEL_GONE);
    ald_assert(channel->in_flight == 0);
    ald_assert(channel->queue.n == 0);
    ald_node_remove(&channel->node);
    ald_node_remove(&channel->work);
    ald_node_remove(&channel->party_node);
    ald_who_unref(channel->who);
    free(channel);
    party->n_channels--;
    target->n_gone--;
    ald_party_settle(hub, party);
    ald_target_settle(hub, target);
}

static void channel_check_sent(const struct ald_channel *channel)
{
    uint32_t n = 0;

    ald_list_each (it, &channel->sent) {
        const struct ald_command *command = ald_list_entry(it, const struct ald_command, place_node);

        ald_assert(command->place == ALD_PLACE_SENT);
        ald_assert(command->channel == channel);
        n++;
    }
    ald_assert(n <= channel->in_flight);
}

void ald_channel_check(const struct ald_hub *hub, const struct ald_channel *channel)
{
    bool is_in_heap = channel->heap_at != ALD_HEAP_NOWHERE;
    const struct ald_hub_conn *conn = channel->party->conn;

    ald_assert(channel->in_flight <= hub->config.channel_in_flight_max || channel->target->peer != NULL);
    channel_check_sent(channel);
    if (is_in_heap) {
        ald_assert(channel->state == ALD_CHANNEL_LIVE);
        ald_assert(ald_channel_is_usable(channel));
    }
    if (channel->state == ALD_CHANNEL_LIVE && ald_channel_is_usable(channel) && ald_hub_conn_hears(conn)) {
        ald_assert(is_in_heap || ald_node_linked(&channel->bench));
    }
    if (channel->state == ALD_CHANNEL_LIVE) {
        ald_assert(conn != NULL);
        ald_assert(channel->party->channel == channel);
    }
}
