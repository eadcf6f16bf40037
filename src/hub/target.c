#include "hub/target.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/hop.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/primary.h"
#include "hub/round.h"
#include "hub/state.h"

struct ald_target *ald_target_find(const struct ald_hub *hub, struct ald_str name)
{
    return ald_table_find(&hub->targets_by_name, name);
}

struct ald_target *ald_target_find_next(struct ald_hub *hub, struct ald_str name)
{
    if (hub->target_latest == NULL || !ald_str_equal(hub->target_latest->name, name)) {
        hub->target_latest = ald_target_find(hub, name);
    }
    return hub->target_latest;
}

static void target_init(struct ald_hub *hub, struct ald_target *target, struct ald_str name)
{
    *target = (struct ald_target){.number = ald_hub_number(hub)};
    memcpy(target->text, name.data, name.size);
    target->name = ald_str_of(target->text, name.size);
    ald_node_init(&target->node);
    ald_node_init(&target->work);
    ald_node_init(&target->channels);
    ald_node_init(&target->rosters);
    ald_queue_init(&target->any);
    ald_queue_init(&target->primary);
    ald_primary_init(&target->election);
}

static int target_new(struct ald_hub *hub, struct ald_str name, struct ald_target **ret_target)
{
    struct ald_target *target = malloc(sizeof(*target) + name.size);
    int r;

    if (target == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    target_init(hub, target, name);
    r = ald_table_add(&hub->targets_by_name, target->name, target);
    if (r == 0) {
        r = ald_table_add_number(&hub->targets_by_number, target->number, target);
        if (r < 0) {
            ald_table_remove(&hub->targets_by_name, target->name);
        }
    }
    if (r < 0) {
        free(target);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_list_push_back(&hub->targets, &target->node);
    hub->n_targets++;
    *ret_target = target;
    return 0;
}

int ald_target_get(struct ald_hub *hub, struct ald_str name, struct ald_target **ret_target)
{
    struct ald_target *target = ald_target_find(hub, name);
    int r;

    if (target == NULL) {
        r = target_new(hub, name, &target);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    *ret_target = target;
    return 0;
}

void ald_target_settle(struct ald_hub *hub, struct ald_target *target)
{
    if (target->n_channels == 0 && target->n_gone == 0 && target->n_commands == 0) {
        ald_target_free(hub, target);
    }
}

void ald_target_free(struct ald_hub *hub, struct ald_target *target)
{
    ald_assert(ald_list_empty(&target->channels));
    ald_assert(ald_list_empty(&target->rosters));
    ald_assert(target->any.n == 0);
    ald_assert(target->primary.n == 0);
    ald_assert(target->election.holder == NULL);

    ald_hub_alarm_stop(hub, &target->election.alarm);
    ald_round_forget(hub, &target->channels);
    if (target->peer != NULL) {
        ald_peer_free(hub, target->peer);
    }
    if (hub->target_latest == target) {
        hub->target_latest = NULL;
    }
    ald_table_remove(&hub->targets_by_name, target->name);
    ald_table_remove_number(&hub->targets_by_number, target->number);
    ald_node_remove(&target->node);
    ald_node_remove(&target->work);
    ald_heap_fini(&target->heap);
    hub->n_targets--;
    free(target);
}

/* A channel whose connection takes no more leaves the heap, and is put back by the connection; so each is passed once. */
struct ald_channel *ald_target_choose(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_channel *channel;

    while ((channel = ald_heap_top(&target->heap)) != NULL) {
        if (ald_channel_has_room(hub, channel)) {
            return channel;
        }
        if (channel->heap_at != ALD_HEAP_NOWHERE) {
            return NULL; /* it is full, and so are all that stand behind it */
        }
    }
    return NULL;
}

/* What waits, and shall not wait where nobody serves the target; NULL: nothing. */
static struct ald_command *target_unserved(const struct ald_target *target)
{
    struct ald_command *command = NULL;

    if (target->n_channels == 0 && target->peer == NULL) {
        command = ald_queue_first_while_served(&target->any);
        command = command != NULL ? command : ald_queue_first_while_served(&target->primary);
    }
    return command;
}

void ald_target_wake(struct ald_hub *hub, struct ald_target *target)
{
    if (target->any.n > 0 || target_unserved(target) != NULL) {
        ald_work_add(hub, &hub->work.targets, &target->work);
    }
}

bool ald_target_work_hungry(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_command *command = target_unserved(target);
    struct ald_channel *channel;

    if (command != NULL) {
        bool is_more = target->any.n + target->primary.n > 1; /* else it is gone with this one */

        ald_command_refuse(hub, command, ALD_CAUSE_NO_TARGET, NULL);
        return is_more;
    }
    command = ald_queue_first(&target->any);
    if (target->peer != NULL && target->n_active == 0) {
        return ald_hop_again(hub, target);
    }
    channel = command != NULL ? ald_target_choose(hub, target) : NULL;

    if (channel == NULL) {
        return false;
    }
    ald_delivery_hand(hub, command, channel);
    return target->any.n > 0;
}

static void target_check_queue(const struct ald_queue *queue, const struct ald_target *target)
{
    uint32_t n = 0;
    size_t bytes = 0;

    ald_list_each (it, &queue->list) {
        const struct ald_command *command = ald_list_entry(it, const struct ald_command, place_node);

        ald_assert(command->place == ALD_PLACE_WAITING);
        ald_assert(command->queue == queue);
        ald_assert(command->target == target);
        n++;
        bytes += ald_command_cost(command);
    }
    ald_assert(n == queue->n);
    ald_assert(bytes == queue->bytes);
}

void ald_target_check(const struct ald_hub *hub, const struct ald_target *target)
{
    uint32_t n = 0, n_live = 0, n_active = 0;

    ald_assert(target->n_channels > 0 || target->n_gone > 0 || target->n_commands > 0);
    ald_list_each (it, &target->channels) {
        const struct ald_channel *channel = ald_list_entry(it, const struct ald_channel, target_node);

        ald_assert(channel->target == target);
        target_check_queue(&channel->queue, target);
        n++;
        n_live += channel->state == ALD_CHANNEL_LIVE ? 1 : 0;
        n_active += ald_channel_is_usable(channel) ? 1 : 0;
    }
    ald_assert(n == target->n_channels);
    ald_assert(n_live == target->n_live);
    ald_assert(n_active == target->n_active);
    target_check_queue(&target->any, target);
    target_check_queue(&target->primary, target);
    ald_heap_check(&target->heap);
    ald_primary_check(hub, target);
}
