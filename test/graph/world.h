#pragma once

/*
 * A graph of hubs on a virtual clock: three to twelve of them, linked as a line, a ring, a star or a mesh, with services
 * that send each other commands, events and broadcasts while links break, hubs crash and come back, and the network falls
 * apart and together again. Everything is drawn from a seed, so a run is repeated from it.
 *
 *     run.c      what happens in a run
 *     hub.c      one hub: its steps and effects
 *     link.c     a link of two hubs: real bytes of dialect exchange, late, lost or cut
 *     service.c  parties of a hub
 *     history.c  what was said and heard, and whether that may be
 *
 * Threading: one thread.
 */

#include "base/list.h"
#include "base/rng.h"
#include "hub/hub.h"
#include "sim/clock.h"
#include "wire/dialect.h"

enum { GRAPH_HUBS_MAX = 12, GRAPH_LINKS_MAX = 40, GRAPH_SERVICES_MAX = 40, GRAPH_SAID_MAX = 1500, GRAPH_NAME = 16 };

struct graph_hub;
struct graph_link;
struct graph_service;
struct graph_world;

/* What a hub knows as a connection: an end of a link, or a service. */
struct graph_end {
    struct graph_hub *hub;
    uint64_t conn; /* 0: not open */
    bool is_link;
    uint8_t side; /* of the link */
    struct graph_link *link;
    struct graph_service *service;
};

struct graph_hub {
    struct graph_world *world;
    char id[GRAPH_NAME];
    uint32_t index;
    struct ald_hub *hub; /* NULL: crashed */
    struct ald_effects effects;
    uint64_t last_conn;
    uint32_t n_boots;
    ald_usec tick_at;
    bool stepping;
};

/* Bytes on their way. */
struct graph_packet {
    struct ald_node node;
    struct ald_slice bytes;
    uint8_t kind; /* enum ald_frame_kind */
    uint64_t ordinal;
    uint32_t life; /* of the link when it was made */
    bool arrived;
};

struct graph_link {
    struct graph_world *world;
    struct graph_hub *hubs[2]; /* the first one calls */
    struct graph_end ends[2];
    struct ald_dialect *dialects[2];
    ald_usec tick_at[2];
    struct ald_node packets[2];              /* sent by that side */
    bool paused[2];                          /* that side does not read */
    ald_usec last_begun[2], last_arrival[2]; /* nothing overtakes */
    uint32_t life;                           /* counts connections */
    bool wired;                              /* the network between the two hubs is whole */
    bool open;
    ald_usec latency;
};

struct graph_service {
    struct graph_world *world;
    struct graph_hub *hub;
    struct graph_end end;
    uint32_t index;
    char name[GRAPH_NAME];
    bool shared;    /* others have the same name */
    bool there;     /* registered */
    ald_usec since; /* when it came */
    uint32_t life;
    uint64_t heard; /* ordinal of the latest thing said to it in this life, which is written by then */
};

enum graph_kind { GRAPH_COMMAND, GRAPH_EVENT, GRAPH_BROADCAST, GRAPH_EVERYONE };

/* Something that was said. */
struct graph_said {
    uint8_t kind;
    struct graph_service *from;
    uint32_t from_life;
    char to[GRAPH_NAME];
    const char *name;
    ald_usec at, deadline;
    bool calm;      /* nothing had happened for a while; cleared when something does too soon after */
    uint32_t reach; /* hubs that could be reached then, a bit each */
    uint8_t hops;   /* to the nearest one that has the target; 255: none */
    uint8_t heard[GRAPH_SERVICES_MAX];
    uint32_t n_heard;
    uint32_t n_outcomes;
    uint8_t outcome, cause;
    ald_usec ended;
    uint32_t n_reports;
    bool doubted; /* the report said only that nothing was heard of it */
};

/* What runs have shown, for a suite that wants to say that everything was. */
struct graph_cover {
    uint64_t n_runs, n_said, n_hubs[GRAPH_HUBS_MAX + 1], shapes[4], faults[4], kinds[4], outcomes[8],
        hops[GRAPH_HUBS_MAX + 1];
    uint64_t n_calm, n_reported, n_rerouted;
};

enum graph_sabotage { GRAPH_NO_SABOTAGE, GRAPH_DROPS, GRAPH_REPEATS, GRAPH_N_SABOTAGES };

struct graph_world {
    struct sim_clock clock;
    struct ald_rng rng;
    uint64_t seed;
    bool told; /* print what happens */
    uint8_t sabotage;
    struct ald_msg_pool *messages;
    struct graph_hub hubs[GRAPH_HUBS_MAX];
    uint32_t n_hubs;
    struct graph_link links[GRAPH_LINKS_MAX];
    uint32_t n_links;
    struct graph_service services[GRAPH_SERVICES_MAX];
    uint32_t n_services;
    struct graph_said said[GRAPH_SAID_MAX];
    uint32_t n_said;
    ald_usec last_fault;
    struct graph_cover *cover;
    char broken[512]; /* the first rule that was broken; "" */
    bool ending;
};

/* The wait after a fault within which everything has to be as it should be again (issue: rerouted within 2 s), and the time
 * that a message may take through twelve hubs. */
#define GRAPH_SETTLE (2 * ALD_SEC)
#define GRAPH_TRANSIT (1 * ALD_SEC)

static inline ald_usec graph_now(const struct graph_world *world)
{
    return world->clock.now;
}
uint64_t graph_below(struct graph_world *world, uint64_t bound);
void graph_tell(struct graph_world *world, const char *format, ...) ALD_PRINTF(2, 3);
/* A rule is broken. */
void graph_break(struct graph_world *world, const char *format, ...) ALD_PRINTF(2, 3);
/* Something went wrong in the network: what is under way now is not calm any more. */
void graph_fault(struct graph_world *world);

/* hub.c */
void graph_hub_start(struct graph_hub *hub);
void graph_hub_crash(struct graph_hub *hub);
void graph_hub_step(struct graph_hub *hub, struct ald_event *event);
/* Give the end a connection. */
void graph_end_open(struct graph_end *end, const char *peer);
void graph_end_closed(struct graph_end *end);
void graph_end_signal(struct graph_end *end, struct ald_signal *signal);
void graph_end_written(struct graph_end *end, uint64_t ordinal);

/* link.c */
void graph_link_init(struct graph_link *link, struct graph_world *world, struct graph_hub *from, struct graph_hub *to);
/* Connect it when both hubs are up and the network is whole; else try again later. */
void graph_link_dial(struct graph_link *link);
/* It breaks: both ends hear of it a moment later. */
void graph_link_cut(struct graph_link *link);
void graph_link_apply(struct graph_link *link, uint8_t side, const struct ald_effect *effect);

/* service.c */
void graph_service_come(struct graph_service *service);
void graph_service_gone(struct graph_service *service); /* with its hub */
void graph_service_apply(struct graph_service *service, const struct ald_effect *effect);
/* Say something; returns false when it cannot. */
bool graph_service_say(struct graph_service *service, enum graph_kind kind, const char *to, const char *name,
                       ald_usec ttl);

/* history.c */
void graph_heard(struct graph_world *world, struct graph_service *service, uint32_t number);
void graph_ended(struct graph_world *world, uint32_t number, const struct ald_signal *reply);
void graph_reported(struct graph_world *world, uint32_t number, uint8_t cause);
/* Hubs that can be reached from `from` now, a bit each; `ret_hops` (may be NULL) to each of them. */
uint32_t graph_reach(const struct graph_world *world, const struct graph_hub *from, uint8_t *ret_hops);
void graph_check(struct graph_world *world);

/* run.c. False: a rule was broken, and `world->broken` says which. */
bool graph_run(struct graph_world *world, uint64_t seed, struct graph_cover *cover, bool told, uint8_t sabotage);
