#include "hub/hub.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/hold.h"
#include "hub/kept.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/record.h"
#include "hub/roster.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/series.h"
#include "hub/target.h"
#include "hub/transit.h"
#include "hub/who.h"

/* Free objects kept for the next time: the steady state of a busy hub, some 5 MiB. */
enum { HUB_COMMANDS_KEPT = 4096, HUB_RECORDS_KEPT = 1024, HUB_SIGNALS_KEPT = 4096, HUB_TRANSITS_KEPT = 1024 };

/* An attempt has six bits in a line of a story. */
enum { HUB_ATTEMPTS_MAX = 60 };

static int hub_copy_names(struct ald_hub *hub, const struct ald_hub_config *config)
{
    char *room = malloc(config->id.size + config->controller.size + config->primary_only.size + 1);

    if (room == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    hub->names = room;
    hub->config.id = ald_str_keep(config->id, &room);
    hub->config.controller = ald_str_keep(config->controller, &room);
    hub->config.primary_only = ald_str_keep(config->primary_only, &room);
    return 0;
}

static void hub_init_config(struct ald_hub *hub, const struct ald_hub_config *config)
{
    hub->config = *config;
    hub->config.attempts_max = ALD_MIN(ALD_MAX(config->attempts_max, 1U), (uint32_t)HUB_ATTEMPTS_MAX);
    hub->config.channel_in_flight_max = ALD_MAX(config->channel_in_flight_max, 1U);
    hub->config.health_failures = ALD_MAX(config->health_failures, 1U);
    hub->config.step_work = ALD_MAX(config->step_work, 1U);
    ald_rng_init(&hub->rng, config->seed);
    hub->boot = ald_rng_next(&hub->rng);
    hub->now = config->now;
    hub->wall = config->wall;
    /* Terms go on growing over a restart, so that an agent which remembers one is not told of a smaller one. They need no
     * store for it: fewer elections than seconds pass in the life of a hub. */
    hub->last_term = config->wall / ALD_SEC;
}

static void hub_init_lists(struct ald_hub *hub)
{
    struct ald_node *heads[] = {
        &hub->conns,          &hub->parties,      &hub->targets,      &hub->channels,     &hub->channels_gone,
        &hub->in_order,       &hub->open,         &hub->history,      &hub->asides,       &hub->work.begun,
        &hub->work.ended,     &hub->work.bench,   &hub->work.leaving, &hub->work.gone,    &hub->work.channels,
        &hub->work.targets,   &hub->work.rosters, &hub->work.reaped,  &hub->work.answers, &hub->work.sessions,
        &hub->ripe,           &hub->work.rounds,  &hub->expected,     &hub->discarded,    &hub->work.links,
        &hub->transits_spent, &hub->kept_spent,   &hub->work.graph,   &hub->work.parting, &hub->all_sessions,
        &hub->kinds[0],       &hub->kinds[1],     &hub->kinds[2],     &hub->series,       &hub->series_idle,
        &hub->remembered,     &hub->forgotten,
    };

    _Static_assert(ALD_COUNT(hub->kinds) == 3, "each of them is in the list");

    for (size_t i = 0; i < ALD_COUNT(heads); i++) {
        ald_node_init(heads[i]);
    }
}

static void hub_init_tables(struct ald_hub *hub)
{
    struct ald_table *tables[] = {
        &hub->conns_by_number,    &hub->sessions,          &hub->targets_by_name,     &hub->targets_by_number,
        &hub->channels_by_number, &hub->members_by_number, &hub->commands_by_wire_id,
    };

    for (size_t i = 0; i < ALD_COUNT(tables); i++) {
        const uint64_t seed[2] = {ald_rng_next(&hub->rng), ald_rng_next(&hub->rng)};

        ald_table_init(tables[i], seed);
    }
    ald_ledger_init(&hub->commands_by_number, hub->members_by_number.seed); /* numbers of the same row */
    ald_table_init(&hub->capabilities, hub->targets_by_name.seed);          /* and names, as secret as those */
    ald_table_init(&hub->expected_by_name, hub->targets_by_name.seed);
    ald_table_init(&hub->series_by_name, hub->targets_by_name.seed);
}

static void hub_init_machines(struct ald_hub *hub)
{
    const struct ald_machine machines[ALD_N_MACHINES] = {
        [ALD_MACHINE_COMMAND] = {"command", ald_command_states, ALD_PHASE_DONE + 1, NULL},
        [ALD_MACHINE_PLACE] = {"place", ald_place_states, ALD_N_PLACES, NULL},
        [ALD_MACHINE_CONN] = {"connection", ald_conn_states, ALD_CONN_ENDED + 1, NULL},
        [ALD_MACHINE_PARTY] = {"party", ald_party_states, ALD_PARTY_GONE + 1, NULL},
        [ALD_MACHINE_CHANNEL] = {"channel", ald_channel_states, ALD_CHANNEL_GONE + 1, NULL},
        [ALD_MACHINE_ELECTION] = {"election", ald_election_states, ALD_ELECTION_RESTING + 1, NULL},
    };

    for (size_t i = 0; i < ALD_N_MACHINES; i++) {
        ald_assert(machines[i].n_states <= ALD_HUB_STATES_MAX);
        hub->machines[i] = machines[i];
        hub->machines[i].taken = hub->arrows[i];
    }
}

int ald_hub_new(const struct ald_hub_config *config, struct ald_msg_pool *messages, struct ald_hub **ret_hub)
{
    struct ald_hub *hub = calloc(1, sizeof(*hub));
    int r;

    if (hub == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    hub_init_config(hub, config);
    r = hub_copy_names(hub, config);
    if (r < 0) {
        free(hub);
        return ald_trace(r);
    }
    hub->messages = messages;
    hub_init_lists(hub);
    hub_init_tables(hub);
    hub_init_machines(hub);
    ald_world_init(&hub->world);
    ald_bulletin_init(&hub->bulletin, hub->targets_by_name.seed); /* names, as secret as those */
    ald_wheel_init(&hub->wheel, hub->now);
    ald_hub_alarm_init(&hub->history_alarm, ALD_ALARM_HISTORY);
    ald_hub_alarm_init(&hub->drain_alarm, ALD_ALARM_DRAIN);
    ald_hub_alarm_init(&hub->series_alarm, ALD_ALARM_SERIES);
    ald_pool_init(&hub->commands, sizeof(struct ald_command), HUB_COMMANDS_KEPT);
    ald_pool_init(&hub->records, sizeof(struct ald_record), HUB_RECORDS_KEPT);
    ald_pool_init(&hub->kept, sizeof(struct ald_kept_signal), HUB_SIGNALS_KEPT);
    ald_pool_init(&hub->transits, sizeof(struct ald_transit), HUB_TRANSITS_KEPT);
    r = ald_graph_init(hub);
    if (r < 0) {
        free(hub->names);
        free(hub);
        return ald_trace(r);
    }
    *ret_hub = hub;
    return 0;
}

/* Freed in any state, so nothing is told or settled on the way: each list is emptied of what it owns. */
static void hub_free_commands(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&hub->in_order)) != NULL) {
        ald_command_forget(hub, ald_list_entry(node, struct ald_record, order));
    }
    while ((node = ald_list_first(&hub->work.reaped)) != NULL) {
        struct ald_roster *roster = ald_roster_of_work(node);

        ald_node_remove(node);
        while (ald_roster_reap(hub, roster)) {
        }
    }
}

static void hub_free_sessions(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_first(&hub->all_sessions)) != NULL) {
        ald_session_free(hub, ald_list_entry(node, struct ald_session, node));
    }
}

static void hub_free_channels_of(struct ald_hub *hub, struct ald_node *channels)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(channels)) != NULL) {
        struct ald_channel *channel = ald_list_entry(node, struct ald_channel, node);

        ald_hub_alarm_stop(hub, &channel->health);
        ald_node_remove(&channel->bench);
        ald_heap_remove(&channel->target->heap, channel);
        ald_node_remove(&channel->target_node);
        ald_node_remove(&channel->party_node);
        ald_who_unref(channel->who);
        free(channel);
    }
}

static void hub_free_targets(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_first(&hub->targets)) != NULL) {
        struct ald_target *target = ald_list_entry(node, struct ald_target, node);

        ald_node_remove(&target->rosters);
        target->any.n = 0;
        target->primary.n = 0;
        target->election.holder = NULL;
        ald_target_free(hub, target);
    }
}

static void hub_free_links(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&hub->graph.links)) != NULL) {
        struct ald_peer_link *link = ald_list_entry(node, struct ald_peer_link, node);

        link->party->link = NULL;
        link->peer->n_links = 0;
        ald_peer_link_discard(hub, link);
    }
}

static void hub_free_parties_of(struct ald_hub *hub, struct ald_node *parties)
{
    struct ald_node *node;

    while ((node = ald_list_first(parties)) != NULL) {
        struct ald_party *party = ald_list_entry(node, struct ald_party, node);

        party->n_channels = 0;
        party->n_submitted = 0;
        party->n_in_flight = 0;
        ald_party_free(hub, party);
    }
}

static void hub_free_conns_of(struct ald_hub *hub, struct ald_node *conns)
{
    struct ald_node *node;

    while ((node = ald_list_first(conns)) != NULL) {
        struct ald_hub_conn *conn = ald_list_entry(node, struct ald_hub_conn, node);

        ald_node_init(&conn->handed);
        hub_free_parties_of(hub, &conn->parties);
        ald_hub_conn_free(hub, conn);
    }
}

struct ald_hub *ald_hub_free(struct ald_hub *hub)
{
    if (hub == NULL) {
        return NULL;
    }

    struct ald_table *tables[] = {
        &hub->conns_by_number,    &hub->sessions,          &hub->targets_by_name,     &hub->targets_by_number,
        &hub->channels_by_number, &hub->members_by_number, &hub->commands_by_wire_id, &hub->capabilities,
        &hub->expected_by_name,   &hub->series_by_name,
    };

    ald_round_fini(hub);
    ald_hold_fini(hub);
    ald_parcel_reap(hub);
    ald_transit_reap(hub);
    hub_free_sessions(hub);
    hub_free_commands(hub);
    hub_free_channels_of(hub, &hub->channels);
    hub_free_channels_of(hub, &hub->channels_gone);
    hub_free_links(hub);
    hub_free_targets(hub);
    hub_free_conns_of(hub, &hub->conns);
    hub_free_conns_of(hub, &hub->work.ended);
    hub_free_parties_of(hub, &hub->parties);
    ald_bulletin_fini(&hub->bulletin);
    ald_series_fini(hub);
    ald_world_fini(hub);
    ald_graph_fini(hub);
    ald_kept_reap(hub);
    ald_pool_fini(&hub->commands);
    ald_pool_fini(&hub->records);
    ald_pool_fini(&hub->kept);
    ald_pool_fini(&hub->transits);
    for (size_t i = 0; i < ALD_COUNT(tables); i++) {
        ald_table_fini(tables[i]);
    }
    ald_ledger_fini(&hub->commands_by_number);
    free(hub->names);
    free(hub);
    return NULL;
}

uint64_t ald_hub_id_number(const struct ald_hub *hub, struct ald_id id)
{
    uint64_t number = id.low & (UINT64_MAX >> 2); /* below the bits of the variant */

    /* Where an id has no room for the high half, only the number comes back (link.md 1.3). */
    return (id.high == 0 && id.low == number) || ald_id_equal(ald_hub_id(hub, number), id) ? number : 0;
}

void ald_hub_alarm_set(struct ald_hub *hub, struct ald_hub_alarm *alarm, ald_usec due)
{
    ald_timer_start(&hub->wheel, &alarm->timer, due);
}

void ald_hub_alarm_stop(struct ald_hub *hub, struct ald_hub_alarm *alarm)
{
    ald_timer_stop(&hub->wheel, &alarm->timer);
}

bool ald_hub_drained(const struct ald_hub *hub)
{
    return hub->draining && hub->n_open == 0 && hub->n_conns == 0 && hub->n_held == 0 &&
           (hub->n_owed == 0 || hub->cutting);
}
