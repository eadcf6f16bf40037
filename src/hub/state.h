#pragma once

/*
 * The hub's own state: what its parts share. Only the files of this folder include it.
 *
 * Work that one event causes and that has no fixed size (the end of a connection with ten thousand commands, a fan-out,
 * a queue that may move again) is never done on the spot. The object is linked into one of the lists of `work`, and
 * ald_hub_step() takes units from these lists while its budget lasts; see step.c for the order.
 */

#include "base/ledger.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/sm.h"
#include "base/table.h"
#include "hub/alarm.h"
#include "hub/bulletin.h"
#include "hub/conn.h"
#include "hub/note.h"
#include "hub/peer.h"
#include "hub/round.h"
#include "hub/view.h"
#include "hub/world.h"

enum ald_hub_machine {
    ALD_MACHINE_COMMAND,
    ALD_MACHINE_PLACE,
    ALD_MACHINE_CONN,
    ALD_MACHINE_PARTY,
    ALD_MACHINE_CHANNEL,
    ALD_MACHINE_ELECTION,
    ALD_N_MACHINES
};

/* A power of two; most hubs have fewer connections that are busy at once. */
enum { ALD_HUB_CONNS_RECENT = 64 };

/* The largest of the tables. */
enum { ALD_HUB_STATES_MAX = 8 };

struct ald_hub_work {
    bool pending;             /* false: none of these has anything, and nobody drains */
    struct ald_node begun;    /* ald_hub_conn.work_begun: commands whose first byte was written */
    struct ald_node ended;    /* ald_hub_conn.node: connections that are gone */
    struct ald_node bench;    /* ald_hub_conn.work_bench: choked no more */
    struct ald_node leaving;  /* ald_hub_conn.work_leave: parties to be told goodbye */
    struct ald_node links;    /* ald_peer_link.work: other hubs that may have to be told of the graph */
    struct ald_node graph;    /* ald_graph.work */
    struct ald_node gone;     /* ald_channel.work: channels that are gone */
    struct ald_node parting;  /* ald_party.work: parties that ended before their connections */
    struct ald_node channels; /* ald_channel.work: hungry ones */
    struct ald_node targets;  /* ald_target.work: hungry ones */
    struct ald_node rosters;  /* ald_roster.work: to be made, ended or told */
    struct ald_node reaped;   /* ald_roster.work: forgotten, to be freed */
    struct ald_node rounds;   /* ald_round.node: what is told to many, the first one under way */
    struct ald_node answers;  /* ald_command.work: watched commands that ended */
    struct ald_node sessions; /* ald_session.work: to be said again, or at their end */
};

struct ald_hub {
    struct ald_hub_config config;
    char *names; /* what the config's views show */
    struct ald_msg_pool *messages;
    struct ald_rng rng;
    uint64_t boot;        /* of ids */
    uint64_t last_number; /* of everything that has an id */
    uint64_t last_use;    /* counts what is given to channels, and their comings and goings */
    uint64_t last_term;   /* over all targets: a name that vanishes and returns still gets a larger one; see hub.c */
    ald_usec now;
    ald_wall wall;
    ald_wall stamp; /* the latest that was given; see ald_hub_stamp() */
    struct ald_effects *effects; /* of the step under way, or NULL */
    uint64_t counters[ALD_N_COUNTERS];

    uint32_t note_mask; /* kinds that somebody watches for */
    ald_note_fn note;
    void *note_owner;

    struct ald_machine machines[ALD_N_MACHINES];
    uint64_t arrows[ALD_N_MACHINES][ALD_HUB_STATES_MAX * ALD_HUB_STATES_MAX];

    struct ald_wheel wheel;
    struct ald_hub_alarm history_alarm;
    struct ald_hub_alarm drain_alarm;
    struct ald_hub_alarm series_alarm; /* the oldest event that is remembered is too old */

    struct ald_node conns;
    struct ald_table conns_by_number;
    struct ald_hub_conn *conns_recent[ALD_HUB_CONNS_RECENT]; /* by number, to spare a hash each event */
    uint32_t n_conns;                                        /* with those that ended and are not worked off */

    struct ald_node parties; /* those without a connection */
    struct ald_table sessions; /* by number: those that may be resumed */
    struct ald_node all_sessions;
    size_t window_bytes; /* of all of them */
    size_t n_owed;       /* the same: see ald_session.n_owed */

    struct ald_node targets;
    struct ald_table targets_by_name;
    struct ald_table targets_by_number;
    struct ald_target *target_latest; /* that was commanded, to spare a hash each command; NULL: none */
    uint32_t n_targets;

    struct ald_node channels;
    struct ald_node channels_gone;
    struct ald_table channels_by_number;
    uint32_t n_channels; /* without those that are gone */

    struct ald_pool commands;
    struct ald_pool records;
    struct ald_node in_order; /* of struct ald_record */
    struct ald_node open;
    struct ald_ledger commands_by_number; /* of struct ald_record, as the next one */
    struct ald_table commands_by_wire_id;
    struct ald_table members_by_number; /* of rosters: of struct ald_command */
    uint32_t n_open;                    /* commands without an outcome, with the members of rosters */
    size_t open_bytes;                  /* held by them */
    uint32_t n_queued;                  /* of these, those that wait */
    uint32_t n_promised;                /* members of rosters that are not made yet */
    size_t queued_bytes;

    struct ald_node history;
    struct ald_node asides; /* of ald_record.history: ended, and forgotten with the next step */
    struct ald_node ripe;   /* of ald_command.ripe: packed with the next step */
    uint32_t n_history;     /* records, with the members of rosters */
    size_t history_bytes;

    struct ald_pool kept; /* of struct ald_kept_signal */
    struct ald_node kept_spent; /* of ald_kept.node: freed with the next step */
    struct ald_pool transits;
    struct ald_node transits_spent; /* of ald_transit.node: freed with the next step */

    struct ald_node kinds[ALD_N_PARTY_KINDS]; /* of ald_party.of_kind */
    struct ald_table capabilities;            /* by name */
    uint32_t n_capable;            /* names that parties hold, each as often as it is held */
    struct ald_round_walk walk;    /* of the first round */
    uint32_t n_spreads;
    size_t spread_bytes;
    struct ald_node series, series_idle; /* see hub/series.h */
    struct ald_table series_by_name;
    uint32_t n_series, n_subscriptions;
    struct ald_node remembered, forgotten; /* of ald_remembered.of_all; see hub/series.h */
    size_t remembered_bytes;
    struct ald_node expected; /* of ald_expected.node */
    struct ald_table expected_by_name;
    uint32_t n_held;
    size_t held_bytes;
    struct ald_node discarded; /* of ald_parcel_stored.node: freed with the next step */
    struct ald_world world;
    struct ald_bulletin bulletin;
    struct ald_graph graph;

    struct ald_hub_work work;

    char denial[256]; /* what the edge said of what it denied in this step */

    bool draining;
    bool cutting; /* and the time of those at work is over */
    ald_usec leave_until;
    struct ald_node *drain_at; /* the next of `open`, or of `conns`, to be looked at; NULL: not under way */
    uint8_t drain_stage;
};

extern const struct ald_state ald_command_states[], ald_place_states[], ald_conn_states[], ald_party_states[],
    ald_channel_states[], ald_election_states[];

static inline void ald_hub_count(struct ald_hub *hub, enum ald_counter counter)
{
    hub->counters[counter]++;
}

/* Commands without an outcome, with the members of rosters that are still to be made. */
static inline uint32_t ald_hub_n_admitted(const struct ald_hub *hub)
{
    return hub->n_open + hub->n_promised;
}

/* The next number; no two things of one hub have the same. */
static inline uint64_t ald_hub_number(struct ald_hub *hub)
{
    return ++hub->last_number;
}

/* The present time, as nothing else has it: strictly increasing (link 4.10: "max(now, last+1)"). */
static inline ald_wall ald_hub_stamp(struct ald_hub *hub)
{
    hub->stamp = ALD_MAX(hub->wall, hub->stamp + 1);
    return hub->stamp;
}

static inline struct ald_id ald_hub_id(const struct ald_hub *hub, uint64_t number)
{
    return ald_id_make(hub->boot, number);
}

/* The number in an id of this hub, or 0. */
uint64_t ald_hub_id_number(const struct ald_hub *hub, struct ald_id id);

void ald_hub_alarm_set(struct ald_hub *hub, struct ald_hub_alarm *alarm, ald_usec due);
void ald_hub_alarm_stop(struct ald_hub *hub, struct ald_hub_alarm *alarm);

/* Link `node` into a work list, unless it is in one. */
static inline void ald_work_add(struct ald_hub *hub, struct ald_node *list, struct ald_node *node)
{
    if (!ald_node_linked(node)) {
        ald_list_push_back(list, node);
        hub->work.pending = true;
    }
}
/* The same as `pending` says, by looking everywhere. */
bool ald_work_is_there(const struct ald_hub *hub);

/* Adds an effect of `kind` for a connection, to be filled in. */
struct ald_effect *ald_hub_effect(struct ald_hub *hub, uint64_t conn, void *edge, enum ald_effect_kind kind);
