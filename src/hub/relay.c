#include "hub/relay.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/history.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/route_way.h"
#include "hub/router.h"
#include "hub/seen.h"
#include "hub/state.h"
#include "hub/target.h"
#include "hub/transit.h"

enum {
    RELAY_HOPS_MAX = 5,       /* "and only if incoming hops < 5" (communicator 5.3) */
    RELAY_INFORMED_MAX = 128, /* addresses in a list; those that are over hear it twice, and drop it */
};

/* "origin sets now + 10" (communicator 1.5). */
#define RELAY_AGE (10 * ALD_SEC)

/* A command on its way to all daemons. */
struct relay_command {
    struct ald_round round;
    struct ald_command *command;
    uint64_t first, came_from; /* numbers of the peers that have it already */
};

struct ald_str ald_relay_id(struct ald_hub *hub, char room[ALD_RELAY_ID_MAX])
{
    int size = snprintf(room, ALD_RELAY_ID_MAX, "%.*s-%llu", ALD_STR_ARG(hub->config.id),
                        (unsigned long long)++hub->graph.last_broadcast);

    if (ald_seen_take(hub, ald_str_of(room, (size_t)size)) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* should it come back, it is heard twice here */
    }
    return ald_str_of(room, (size_t)size);
}

bool ald_relay_take(struct ald_hub *hub, const struct ald_travel *travel)
{
    int r;

    if (travel == NULL || travel->id.size == 0) {
        return true;
    }
    if (travel->until != 0 && travel->until < hub->wall) {
        ald_hub_count(hub, ALD_N_BROADCASTS_LATE);
        return false;
    }
    if (travel->id.size > ALD_RELAY_ID_MAX) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return false;
    }
    r = ald_seen_take(hub, travel->id);
    if (r < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* what cannot be recognised would go in circles */
    } else if (r == ALD_SEEN_AGAIN) {
        ald_hub_count(hub, ALD_N_BROADCASTS_AGAIN);
    }
    return r == 0;
}

/* --- addresses -------------------------------------------------------------------------------------------------- */

/* Without its port, and without the brackets of IPv6. */
static struct ald_str address_host(struct ald_str address)
{
    struct ald_str host = address;
    size_t n_colons = 0, last = 0;

    for (size_t i = 0; i < address.size; i++) {
        if (address.data[i] == ':') {
            n_colons++;
            last = i;
        }
    }
    if (address.size > 0 && address.data[0] == '[') {
        size_t end = ald_str_find(address, ALD_STR("]"));

        return ald_str_of(address.data + 1, end > 0 ? end - 1 : 0);
    }
    if (n_colons == 1) {
        host.size = last;
    }
    return host;
}

struct hosts {
    size_t n;
    struct ald_str items[RELAY_INFORMED_MAX];
};

static void hosts_add(struct hosts *hosts, struct ald_str host)
{
    if (host.size > 0 && hosts->n < RELAY_INFORMED_MAX) {
        hosts->items[hosts->n++] = host;
    }
}

static bool hosts_have(const struct hosts *hosts, struct ald_str host)
{
    for (size_t i = 0; i < hosts->n; i++) {
        if (ald_str_equal(hosts->items[i], host)) {
            return true;
        }
    }
    return false;
}

static void hosts_read(struct hosts *hosts, struct ald_str list)
{
    while (list.size > 0) {
        hosts_add(hosts, ald_str_trim(ald_str_pop(&list)));
    }
}

static int host_compare(const void *a, const void *b)
{
    return ald_str_compare(*(const struct ald_str *)a, *(const struct ald_str *)b);
}

/* Sorted, each once, as many as fit. */
static struct ald_str hosts_write(struct hosts *hosts, char *room, size_t size)
{
    size_t at = 0;

    qsort(hosts->items, hosts->n, sizeof(hosts->items[0]), host_compare);
    for (size_t i = 0; i < hosts->n; i++) {
        struct ald_str host = hosts->items[i];

        if ((i > 0 && ald_str_equal(host, hosts->items[i - 1])) || at + host.size + 1 > size) {
            continue;
        }
        if (at > 0) {
            room[at++] = ',';
        }
        memcpy(room + at, host.data, host.size);
        at += host.size;
    }
    return ald_str_of(room, at);
}

/* --- who is told ------------------------------------------------------------------------------------------------ */

/* Is `peer` in the scope of what came from the peer of number `came_from`, and is for daemons alone? */
static bool relay_reaches(const struct ald_parcel *parcel, const struct ald_peer *peer, uint64_t came_from,
                          bool only_daemons)
{
    bool is_daemon = peer->peering == ALD_PEERING_FLOODS;

    if (peer->number == came_from || peer->target->n_channels == 0) {
        return false;
    }
    if (is_daemon ? parcel->travel->daemons >= RELAY_HOPS_MAX : only_daemons) {
        return false;
    }
    return parcel->msg->to.scope != ALD_SCOPE_NETWORK || !peer->is_public;
}

/* A daemon that is named there has it already. */
static bool peer_is_among(const struct ald_peer *peer, const struct hosts *hosts)
{
    return peer->peering == ALD_PEERING_FLOODS && hosts_have(hosts, address_host(peer->address));
}

static void hosts_add_ours(struct hosts *hosts, const struct ald_hub *hub)
{
    if (hub->world.addresses != NULL) {
        hosts_add(hosts, address_host(hub->world.addresses->name));
    }
}

/* All that have it now: those that had, ourselves, and the daemons that get it (communicator 5.3). */
static struct ald_str relay_informed(const struct ald_hub *hub, const struct ald_parcel *parcel, uint64_t came_from,
                                     const struct hosts *before, char *room, size_t size)
{
    struct hosts hosts = *before;

    hosts_add_ours(&hosts, hub);
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);

        if (peer->peering == ALD_PEERING_FLOODS && relay_reaches(parcel, peer, came_from, true)) {
            hosts_add(&hosts, address_host(peer->address));
        }
    }
    return hosts_write(&hosts, room, size);
}

/* The daemons that have it are remembered by their numbers; when memory is short they hear it twice, and drop it. */
static void relay_skip(struct ald_hub *hub, struct ald_parcel_stored *stored, const struct hosts *before)
{
    if (before->n == 0) {
        return;
    }
    stored->skipped = malloc(before->n * sizeof(stored->skipped[0]));
    if (stored->skipped == NULL) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        return;
    }
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);

        if (stored->n_skipped < before->n && peer_is_among(peer, before)) {
            stored->skipped[stored->n_skipped++] = peer->number;
        }
    }
}

static bool relay_skips(const struct ald_parcel_stored *stored, const struct ald_peer *peer)
{
    for (uint32_t i = 0; i < stored->n_skipped; i++) {
        if (stored->skipped[i] == peer->number) {
            return true;
        }
    }
    return false;
}

/* --- relays ----------------------------------------------------------------------------------------------------- */

static bool relay_has_room(const struct ald_hub *hub, size_t cost)
{
    return hub->graph.n_relays < hub->config.broadcasts_max &&
           hub->graph.relay_bytes + cost <= hub->config.broadcasts_bytes_max;
}

/* Number of the peer that said it; 0: it was submitted here. */
static uint64_t relay_came_from(const struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_hub_conn *conn = ald_hub_conn_find(hub, parcel->conn);
    const struct ald_party *party = conn != NULL ? ald_party_find(conn, parcel->party) : NULL;

    return party != NULL && party->link != NULL ? party->link->peer->number : 0;
}

/* False: there is no room, counted. */
static bool relay_start(struct ald_hub *hub, const struct ald_parcel *parcel, bool only_daemons)
{
    char id[ALD_RELAY_ID_MAX], informed[ALD_RELAY_INFORMED_MAX];
    struct ald_travel travel = parcel->travel != NULL ? *parcel->travel : (struct ald_travel){.hops = 0};
    uint64_t came_from = relay_came_from(hub, parcel);
    struct ald_parcel onward = *parcel;
    struct ald_parcel_stored *stored = NULL;
    struct hosts before = {.n = 0};

    hosts_read(&before, travel.informed);
    travel.hops++;
    if (travel.id.size == 0) {
        travel.id = ald_relay_id(hub, id);
    }
    travel.until = travel.until != 0 ? travel.until : hub->wall + RELAY_AGE;
    onward.travel = &travel;
    travel.informed = relay_informed(hub, &onward, came_from, &before, informed, sizeof(informed));
    if (relay_has_room(hub, ald_parcel_cost(&onward)) && ald_parcel_store(&onward, &stored) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    if (stored == NULL) {
        ald_hub_count(hub, ALD_N_BROADCASTS_DROPPED);
        return false;
    }
    stored->came_from = came_from;
    stored->only_daemons = only_daemons;
    relay_skip(hub, stored, &before);
    ald_round_init(&stored->round, ALD_ROUND_RELAY);
    hub->graph.n_relays++;
    hub->graph.relay_bytes += stored->cost;
    ald_round_call(hub, &stored->round);
    return true;
}

void ald_relay_spread(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    const struct ald_msg *msg = parcel->msg;
    bool is_wide = msg->to.scope == ALD_SCOPE_NETWORK || msg->to.scope == ALD_SCOPE_EVERYWHERE;
    bool is_over = parcel->travel != NULL && parcel->travel->hops >= hub->config.hops_max;

    if (hub->graph.n_links > 0 && is_wide && msg->to.hub.size == 0 && !is_over) {
        ald_ignore(relay_start(hub, parcel, false)); /* it was given to all who are here; what is missed is counted */
    }
}

bool ald_relay_flood(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    const struct ald_msg *msg = parcel->msg;
    bool is_over = parcel->travel != NULL && parcel->travel->hops >= hub->config.hops_max;
    struct ald_route_way way;

    if (hub->graph.n_links == 0 || is_over || msg->to.target.size == 0 || msg->to.scope == ALD_SCOPE_HERE ||
        ald_str_equal(msg->to.hub, hub->config.id)) {
        return false;
    }
    if (ald_route_way_to_daemons(&hub->graph.map, &way) == 0) {
        return relay_start(hub, parcel, false);
    }
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);
        bool is_daemon = peer->peering == ALD_PEERING_FLOODS && peer->target->n_channels > 0;

        if (is_daemon && peer->number != relay_came_from(hub, parcel)) {
            return relay_start(hub, parcel, true);
        }
    }
    return false;
}

static void relay_tell(struct ald_hub *hub, struct ald_peer *peer, struct ald_signal *signal)
{
    struct ald_channel *channel = ald_route_event_channel(peer->target);
    bool told = false;

    if (channel != NULL) {
        told = signal->kind == ALD_SIGNAL_EVENT ? ald_transit_offer(hub, channel->party, signal, NULL)
                                                : ald_party_offer(hub, channel->party, signal);
    } else {
        ald_signal_clear(signal);
    }
    ald_hub_count(hub, told ? ALD_N_RELAYED : ALD_N_RELAYS_MISSED);
}

bool ald_relay_work(struct ald_hub *hub, struct ald_round *round)
{
    const struct ald_parcel_stored *stored = ald_container(round, const struct ald_parcel_stored, round);
    struct ald_signal signal;
    struct ald_peer *peer;
    struct ald_node *node;

    if (!hub->walk.begun) {
        ald_round_begin(hub, &hub->graph.peers);
    }
    node = ald_round_next(hub);
    peer = node != NULL ? ald_list_entry(node, struct ald_peer, node) : NULL;
    if (peer == NULL || peer->number > round->number) {
        return false;
    }
    if (relay_reaches(&stored->parcel, peer, stored->came_from, stored->only_daemons) && !relay_skips(stored, peer)) {
        signal = ald_parcel_signal(&stored->parcel);
        relay_tell(hub, peer, &signal);
    }
    return true;
}

void ald_relay_ended(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_parcel_stored *stored = ald_container(round, struct ald_parcel_stored, round);

    hub->graph.n_relays--;
    hub->graph.relay_bytes -= stored->cost;
    free(ald_steal(&stored->skipped));
    stored->n_skipped = 0;
    ald_parcel_discard(hub, stored);
}

/* --- commands --------------------------------------------------------------------------------------------------- */

struct ald_str ald_relay_informed(const struct ald_hub *hub, struct ald_str before, char room[ALD_RELAY_INFORMED_MAX])
{
    struct hosts hosts = {.n = 0};

    hosts_read(&hosts, before);
    hosts_add_ours(&hosts, hub);
    ald_list_each (it, &hub->graph.peers) {
        const struct ald_peer *peer = ald_list_entry(it, const struct ald_peer, node);

        if (peer->peering == ALD_PEERING_FLOODS && peer->target->n_channels > 0) {
            hosts_add(&hosts, address_host(peer->address));
        }
    }
    return hosts_write(&hosts, room, ALD_RELAY_INFORMED_MAX);
}

void ald_relay_command(struct ald_hub *hub, struct ald_command *command)
{
    struct relay_command *relay = malloc(sizeof(*relay));

    if (relay == NULL) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* one of them has it */
        return;
    }
    *relay = (struct relay_command){
        .command = command, .first = command->target->peer->number, .came_from = hub->graph.came_from};
    ald_round_init(&relay->round, ALD_ROUND_COMMAND);
    ald_history_pin(hub, command);
    hub->graph.n_relays++;
    ald_round_call(hub, &relay->round);
}

bool ald_relay_work_command(struct ald_hub *hub, struct ald_round *round)
{
    struct relay_command *relay = ald_container(round, struct relay_command, round);
    struct ald_signal signal;
    struct ald_peer *peer;
    struct ald_node *node;

    if (!hub->walk.begun) {
        ald_round_begin(hub, &hub->graph.peers);
    }
    node = ald_round_next(hub);
    peer = node != NULL ? ald_list_entry(node, struct ald_peer, node) : NULL;
    if (peer == NULL || peer->number > round->number || relay->command->outcome != ALD_OUTCOME_NONE) {
        return false;
    }
    if (peer->peering == ALD_PEERING_FLOODS && peer->number != relay->first && peer->number != relay->came_from) {
        signal = ald_kept_signal_of(hub, &relay->command->kept_command);
        relay_tell(hub, peer, &signal);
    }
    return true;
}

void ald_relay_ended_command(struct ald_hub *hub, struct ald_round *round)
{
    struct relay_command *relay = ald_container(round, struct relay_command, round);
    struct ald_command *command = relay->command;

    hub->graph.n_relays--;
    free(relay);
    ald_history_unpin(hub, command);
}

void ald_relay_check(const struct ald_hub *hub)
{
    uint32_t n = 0;
    size_t bytes = 0;

    ald_list_each (it, &hub->work.rounds) {
        const struct ald_round *round = ald_list_entry(it, const struct ald_round, node);

        if (round->kind == ALD_ROUND_RELAY) {
            bytes += ald_container(round, const struct ald_parcel_stored, round)->cost;
        }
        n += round->kind == ALD_ROUND_RELAY || round->kind == ALD_ROUND_COMMAND ? 1 : 0;
    }
    ald_assert(n == hub->graph.n_relays);
    ald_assert(bytes == hub->graph.relay_bytes);
}
