#include "hub/spread.h"

#include "hub/capable.h"
#include "hub/channel.h"
#include "hub/kind.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/self.h"
#include "hub/state.h"
#include "hub/subscribe.h"
#include "hub/target.h"
#include "hub/transit.h"

/* Who is meant: subscribers, the channels of a target, all of a kind, or the holders of a name. NULL: nobody. */
static struct ald_node *spread_list(struct ald_hub *hub, const struct ald_msg *msg)
{
    struct ald_capability *capability;
    struct ald_target *target;

    if (ald_self_is_meant(msg)) {
        return ald_subscribe_list(hub, msg->name);
    }
    if (ald_str_present(msg->to.target)) {
        target = ald_target_find(hub, msg->to.target);
        return target != NULL ? &target->channels : NULL;
    }
    if (msg->to_kind != ALD_TO_CAPABLE) {
        return ald_kind_list(hub, msg->to_kind);
    }
    capability = ald_capable_find(hub, msg->name);
    return capability != NULL ? &capability->holders : NULL;
}

static bool spread_has_room(const struct ald_hub *hub, size_t cost)
{
    return hub->n_spreads < hub->config.broadcasts_max && hub->spread_bytes + cost <= hub->config.broadcasts_bytes_max;
}

void ald_spread_start(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_parcel_stored *stored;

    if (spread_list(hub, parcel->msg) == NULL) {
        ald_parcel_spread(hub, parcel); /* nobody listens */
        return;
    }
    if (!spread_has_room(hub, ald_parcel_cost(parcel))) {
        ald_hub_count(hub, ALD_N_BROADCASTS_DROPPED);
        ald_parcel_dropped(hub, parcel, ALD_CAUSE_BUSY);
        return;
    }
    if (ald_parcel_store(parcel, &stored) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_BROADCASTS_DROPPED);
        ald_parcel_dropped(hub, parcel, ALD_CAUSE_BUSY);
        return;
    }
    hub->n_spreads++;
    hub->spread_bytes += stored->cost;
    ald_round_call(hub, &stored->round);
    ald_parcel_spread(hub, parcel);
}

static void spread_tell(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_party *party)
{
    struct ald_signal signal = ald_parcel_signal(parcel);

    ald_hub_count(hub, ald_transit_offer(hub, party, &signal, NULL) ? ALD_N_BROADCASTS_TOLD : ALD_N_BROADCASTS_MISSED);
}

/* Other hubs have a way of their own to it. */
static void spread_to_holder(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_party *party)
{
    if (party->peering == ALD_PEERING_NONE && party->state != ALD_PARTY_GONE) {
        spread_tell(hub, parcel, party);
    }
}

/* False: it came later than what is spread, and so did all that follow. */
static bool spread_to_kind(struct ald_hub *hub, const struct ald_parcel_stored *stored, struct ald_node *node)
{
    struct ald_party *party = ald_list_entry(node, struct ald_party, of_kind);

    if (party->of_kind_since >= stored->round.number) {
        return false;
    }
    party = ald_kind_addressee(&stored->parcel, &stored->round, party);
    if (party != NULL) {
        spread_tell(hub, &stored->parcel, party);
    }
    return true;
}

/* The same. */
static bool spread_to_subscriber(struct ald_hub *hub, const struct ald_parcel_stored *stored, struct ald_node *node)
{
    bool later = false;
    struct ald_party *party = ald_subscribe_addressee(stored, node, &later);

    if (party != NULL) {
        spread_tell(hub, &stored->parcel, party);
    }
    return !later;
}

/* The same. */
static bool spread_to(struct ald_hub *hub, const struct ald_parcel_stored *stored, struct ald_node *node)
{
    struct ald_capability_holder *holder;
    struct ald_channel *channel;

    if (ald_self_is_meant(stored->parcel.msg)) {
        return spread_to_subscriber(hub, stored, node);
    }
    if (!ald_str_present(stored->parcel.msg->to.target) && stored->parcel.msg->to_kind != ALD_TO_CAPABLE) {
        return spread_to_kind(hub, stored, node);
    }
    if (!ald_str_present(stored->parcel.msg->to.target)) {
        holder = ald_list_entry(node, struct ald_capability_holder, of_name);
        if (holder->number < stored->round.number) {
            spread_to_holder(hub, &stored->parcel, holder->party);
        }
        return holder->number < stored->round.number;
    }
    channel = ald_list_entry(node, struct ald_channel, target_node);
    if (channel->number < stored->round.number && channel->state != ALD_CHANNEL_GONE) {
        spread_tell(hub, &stored->parcel, channel->party);
    }
    return channel->number < stored->round.number;
}

bool ald_spread_work(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_parcel_stored *stored = ald_container(round, struct ald_parcel_stored, round);
    struct ald_node *node;

    if (!hub->walk.begun) {
        ald_round_begin(hub, spread_list(hub, stored->parcel.msg));
    }
    node = ald_round_next(hub);
    return node != NULL && spread_to(hub, stored, node);
}

void ald_spread_ended(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_parcel_stored *stored = ald_container(round, struct ald_parcel_stored, round);

    hub->n_spreads--;
    hub->spread_bytes -= stored->cost;
    ald_parcel_discard(hub, stored);
}

void ald_spread_check(const struct ald_hub *hub)
{
    uint32_t n = 0;
    size_t bytes = 0;

    ald_list_each (it, &hub->work.rounds) {
        const struct ald_round *round = ald_list_entry(it, const struct ald_round, node);

        if (round->kind == ALD_ROUND_SPREAD) {
            n++;
            bytes += ald_container(round, const struct ald_parcel_stored, round)->cost;
        }
    }
    ald_assert(n == hub->n_spreads);
    ald_assert(bytes == hub->spread_bytes);
}
