#pragma once

/*
 * View: what may be read of a hub between two steps: for the management API, metrics and tests. Everything is borrowed and
 * true until the next step. Order is that of registration (targets, channels) and of submission (commands).
 */

#include "hub/hub.h"

/* What it drew at its start: its ids, its adverts and its greetings show it. */
uint64_t ald_hub_boot(const struct ald_hub *hub);

enum ald_channel_state { ALD_CHANNEL_LIVE, ALD_CHANNEL_AWAY, ALD_CHANNEL_GONE };

struct ald_channel_view {
    struct ald_str id; /* UUID text */
    struct ald_str target;
    struct ald_str principal;
    struct ald_str peer;
    struct ald_str dialect;
    uint64_t conn;
    uint64_t session; /* of its party; 0: it ends with its connection */
    uint32_t party;   /* within its connection, or session */
    uint8_t party_kind; /* enum ald_party_kind */
    uint8_t state; /* enum ald_channel_state */
    bool active;
    bool primary;      /* confirmed */
    bool candidate;
    bool leaving;
    uint64_t term;     /* of its latest promotion, 0: never */
    uint32_t in_flight, queued;
    size_t queued_bytes;
    uint32_t health_failures; /* in a row */
    ald_usec health_last;     /* when it last answered well, 0: never */
    ald_usec since;
    uint64_t n_commands; /* sent to it so far */
};

struct ald_target_view {
    struct ald_str name;
    uint32_t n_channels, n_live, n_active;
    uint32_t queued; /* waiting for any of its channels */
    size_t queued_bytes;
    uint64_t term;
    struct ald_str primary; /* channel id, absent when none is confirmed */
};

/* One line of a command's story. */
struct ald_story_view {
    ald_usec at;
    uint8_t phase;   /* enum ald_phase */
    uint8_t attempt; /* from 1 */
    struct ald_str channel; /* absent where none is concerned; it shows the next member, so do not copy the view */
    char channel_id[ALD_ID_TEXT];
    const char *text;       /* static: "queued", "sent", "late reply", ... */
};

enum { ALD_STORY_MAX = 16 }; /* lines kept a command; the first ones and the last ones win, the rest is counted */

struct ald_command_view {
    struct ald_id id;
    struct ald_str wire_id;
    struct ald_str name;
    struct ald_str version;
    struct ald_address to;
    struct ald_str from;      /* target or peer of who submitted */
    struct ald_str hub;       /* where that was; absent: here */
    struct ald_str principal;
    uint8_t mode, phase, outcome, cause;
    uint8_t n_attempts;
    bool idempotent;
    bool has_progress;       /* the agent said how far it is: */
    double total, completed; /* the latest it said, in units of its own */
    ald_usec submitted, deadline, ended; /* monotonic; ended 0: not yet */
    ald_wall submitted_wall;
    const struct ald_msg *reply; /* the agent's own, NULL when the hub itself decided */
    struct ald_msg reply_room;   /* where it may lie, so do not copy the view */
    struct ald_str text;         /* why, for people; absent when succeeded */
    struct ald_story_view story[ALD_STORY_MAX];
    size_t n_story;
    uint32_t n_story_dropped;
    uint32_t n_members; /* of a roster */
};

/* Another hub that this one is linked with. Its links are the channels of the target `hub:` and its id, which no walk of all
 * targets or channels shows. */
struct ald_peer_view {
    struct ald_str id;
    struct ald_str address;  /* where others call it; absent: nowhere, or not said */
    struct ald_str services; /* that it says it is known to serve, comma separated; communicator daemons */
    uint8_t peering;         /* enum ald_peering */
    uint32_t n_links, n_active; /* of them, those that may be given something */
    uint32_t in_flight, queued;
    ald_wall since;
};

/* A hub of the graph, as far as this one knows. */
struct ald_route_view {
    struct ald_str id;
    struct ald_str next; /* the neighbour that the way there begins with; absent: it is this hub, or no way leads there */
    bool is_self;
    bool reached;        /* a way leads there */
    uint32_t hops;       /* links of that way */
    uint32_t n_targets, n_links;
};

/* What a hub of the graph says of itself. */
enum ald_fact_kind { ALD_FACT_TARGET, ALD_FACT_HUB, ALD_FACT_DAEMON };
struct ald_fact_view {
    uint8_t kind; /* enum ald_fact_kind: it has that target, or is linked with that hub, or with that communicator daemon */
    struct ald_str name;
};

/* Walk: start with *cursor = 0, until it returns false. The cursor is an opaque number that may be shown to a client as a
 * page mark: after further steps it goes on behind the same place, even when that one is gone. */
bool ald_hub_next_target(const struct ald_hub *hub, uint64_t *cursor, struct ald_target_view *ret_view);
/* Of one target, or of all when `target` is absent. */
bool ald_hub_next_channel(const struct ald_hub *hub, struct ald_str target, uint64_t *cursor, struct ald_channel_view *ret_view);
/* Remembered outcomes and commands in flight, oldest first. */
bool ald_hub_next_command(const struct ald_hub *hub, uint64_t *cursor, struct ald_command_view *ret_view);
/* The same, newest first. */
bool ald_hub_previous_command(const struct ald_hub *hub, uint64_t *cursor, struct ald_command_view *ret_view);
/* The roster members of a command in mode `all`. */
bool ald_hub_next_member(const struct ald_hub *hub, struct ald_id id, uint64_t *cursor, struct ald_command_view *ret_view);

/* Neighbours, as they were linked. */
bool ald_hub_next_peer(const struct ald_hub *hub, uint64_t *cursor, struct ald_peer_view *ret_view);
/* All hubs that are known, this one first. Daemons that say nothing of themselves are facts of others only. */
bool ald_hub_next_route(const struct ald_hub *hub, uint64_t *cursor, struct ald_route_view *ret_view);
/* What the hub of that id says of itself: start with *walk = NULL, until it returns false; it is good between two steps only.
 * Our own targets are there once this hub was linked with another one. */
bool ald_hub_next_fact(const struct ald_hub *hub, struct ald_str id, const void **walk, struct ald_fact_view *ret_view);

enum { ALD_VIEW_UNKNOWN = 1 };
ALD_NODISCARD int ald_hub_find_target(const struct ald_hub *hub, struct ald_str name, struct ald_target_view *ret_view);
ALD_NODISCARD int ald_hub_find_channel(const struct ald_hub *hub, struct ald_str id, struct ald_channel_view *ret_view);
/* Of those that a session speaks for, the next after *walk, which is NULL at first, and good between two steps only. */
bool ald_hub_next_in_session(const struct ald_hub *hub, uint64_t session, const void **walk,
                             struct ald_channel_view *ret_view);
/* One that the session speaks for. */
ALD_NODISCARD int ald_hub_find_session(const struct ald_hub *hub, uint64_t session, struct ald_channel_view *ret_view);
/* Names of events that the party of that channel subscribed to (hub/subscribe.h): the same. */
bool ald_hub_next_subscription(const struct ald_hub *hub, struct ald_str channel, const void **walk,
                               struct ald_str *ret_name);
/* By the hub's id, or by the id its sender gave it (the newest of several). */
ALD_NODISCARD int ald_hub_find_command(const struct ald_hub *hub, struct ald_str id, struct ald_command_view *ret_view);

/*
 * Events of a name that are remembered (hub/series.h), later than `after`, as they were noted when they came (hub/note.h): start with
 * *walk = NULL, until it returns false; it is good between two steps only.
 */
struct ald_note;
bool ald_hub_next_remembered(const struct ald_hub *hub, struct ald_str name, ald_wall after, const void **walk,
                             struct ald_note *ret_note);
/* What came later than this is remembered, all of it; UINT64_MAX: nobody asked for that name. */
ald_wall ald_hub_remembers_since(const struct ald_hub *hub, struct ald_str name);
/* The latest time that an event or a note was given: all that come are later. */
ald_wall ald_hub_noted(const struct ald_hub *hub);

/* A party, as far as it matters to what it says. */
struct ald_party_view {
    struct ald_str target; /* absent: it is a caller only */
    uint8_t kind;          /* enum ald_party_kind */
    uint8_t peering;       /* enum ald_peering */
};

/* False: there is none. */
bool ald_hub_find_party(const struct ald_hub *hub, uint64_t conn, uint32_t party, struct ald_party_view *ret_view);
/* What serves a target (enum ald_party_kind), or -1: nobody here does. */
int ald_hub_target_kind(const struct ald_hub *hub, struct ald_str target);
/* The hub itself is meant, or who answers for it. */
bool ald_hub_is_controller(const struct ald_hub *hub, struct ald_str target);
/* The name of the command that `reply`, which an agent is about to say on a connection, would end. False: it ends none. */
bool ald_hub_asked(struct ald_hub *hub, uint64_t conn, const struct ald_signal *reply, struct ald_str *ret_name);

uint64_t ald_hub_counter(const struct ald_hub *hub, enum ald_counter counter);

struct ald_hub_totals {
    uint32_t n_connections, n_targets, n_channels;
    uint32_t n_in_flight, n_queued, n_history;
    size_t queued_bytes;
    uint32_t n_held; /* events, for targets that are expected */
    size_t held_bytes;
    bool draining;
};
void ald_hub_totals(const struct ald_hub *hub, struct ald_hub_totals *ret_totals);

/* What this hub knows of the world around it. */
struct ald_world_view {
    uint8_t clock;          /* enum ald_clock_state */
    uint8_t cluster;        /* bits of enum ald_cluster_state */
    uint32_t cluster_total; /* hubs that there should be, and that there are, with this one */
    uint32_t cluster_live;
    struct ald_str address, secure_address; /* where other hubs find this one; absent: nobody has said */
    double load;                            /* of this machine; negative: nobody has said */
    uint32_t n_expected;                    /* targets that are known to come and go */
    uint32_t n_held;                        /* events held for them */
    size_t held_bytes;
    uint32_t n_capabilities; /* names of messages that somebody understands */
    uint32_t n_hearers;      /* parties that hear of the world */
};
void ald_hub_world(const struct ald_hub *hub, struct ald_world_view *ret_view);

/* Somebody asked for the load of machines: whoever measures it may stop when not. */
bool ald_hub_wants_load(const struct ald_hub *hub);

/*
 * The state machines of the hub with the count of every arrow taken so far, for a suite that wants to say that each was:
 * `i` from 0, until NULL. `taken` has n_states * n_states counts.
 */
struct ald_machine;
const struct ald_machine *ald_hub_machine(const struct ald_hub *hub, size_t i);
