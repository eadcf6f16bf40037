#pragma once

/*
 * Party: one remote program: an agent that serves a target, a caller, or both. It dials, registers, keeps its session where it
 * has one, comes back after a loss with growing, jittered pauses, and says goodbye. What it does with commands stands in agent.c,
 * what it asks for in caller.c.
 */

#include "sim/history.h"
#include "sim/link.h"

enum sim_party_state {
    SIM_PARTY_AWAY,     /* no link; comes back */
    SIM_PARTY_GREETING, /* dialled, not yet registered */
    SIM_PARTY_READY,
    SIM_PARTY_LEAVING, /* said goodbye, or was told to */
    SIM_PARTY_GONE     /* never comes back */
};

/* How an agent behaves, beyond the faults of the world: for scenarios. */
enum sim_manner { SIM_MANNER_GOOD, SIM_MANNER_FAIL, SIM_MANNER_REFUSE, SIM_MANNER_NEVER, SIM_MANNER_N };

/* What a session party has said and not been told that it arrived. */
struct sim_said {
    struct sim_said *next;
    struct ald_signal signal;
};

struct sim_subscription;

struct sim_party {
    struct sim_world *world;
    uint32_t number; /* from 1 */
    char name[16];
    char target[16]; /* empty: a caller only */
    const char *principal; /* whom its credential proves; NULL: nobody asked */
    uint32_t traits;
    uint8_t taken; /* enum ald_taken */
    uint8_t state; /* enum sim_party_state */
    struct sim_hub *hub;
    struct sim_link *link; /* while it regards it as its own */
    uint32_t attempts;     /* to come back, in a row */
    uint64_t dial;         /* number of the latest plan to dial: earlier ones are off */
    bool gave_up;          /* its target: its session ends with its link */
    bool stays_away;       /* does not come back by itself */
    uint64_t epoch;        /* grows with each crash: what it was doing is forgotten */

    /* A session, where it has one. */
    uint64_t session, lineage;
    uint64_t heard_serial, acked_serial, said_serial;
    ald_usec session_ttl, lost_at;
    struct sim_said *said_first, *said_last;
    uint32_t n_unacked;

    /* Agent. */
    uint8_t manner; /* enum sim_manner */
    ald_usec think_min, think_max;
    bool stays;                   /* when it is told to leave */
    bool healthy, confirms, mute; /* mute: answers neither health checks nor promotions */
    bool stops;                   /* confirms cancels */
    bool leads;
    uint64_t term;
    struct sim_handing *handings;
    uint32_t n_jobs;

    /* Caller. */
    struct sim_command **pending; /* ordered and not yet submitted */
    uint32_t n_pending, pending_room;
    struct sim_subscription *subscription; /* NULL: it never asked for one, or wants none any more */
    bool asks_after; /* asks what became of its commands when it comes back */
};

struct sim_party *sim_party_new(struct sim_world *world, const char *name, const char *target, uint32_t traits);
/* Whoever connects and says nothing; its links are nobody's. */
struct sim_party *sim_party_stranger(struct sim_world *world);
void sim_party_dial(struct sim_party *party);
/* Say `signal` to the hub (takes its references); dropped when there is no link. */
void sim_party_say(struct sim_party *party, struct ald_signal *signal);
/* What arrived on `link` for its party (borrows). */
void sim_party_signal(struct sim_link *link, struct ald_signal *signal);
/* Something was read, and the party may be slow to read on. */
void sim_party_heard(struct sim_link *link);
/* Its end of the link gives up: it dials again. */
void sim_party_hangs_up(struct sim_party *party);
/* The link has ended, as the party notices. */
void sim_party_lost(struct sim_link *link);
/* Its process ends and starts again: link, session and work are forgotten. */
void sim_party_crash(struct sim_party *party);
/* Say goodbye; `comes_back`: it dials again after a pause. */
void sim_party_leave(struct sim_party *party, bool comes_back);
void sim_party_unregister(struct sim_party *party);
bool sim_party_ready(const struct sim_party *party);
/* The hub cannot tell the two apart: their credentials prove the same, or nothing. */
bool sim_party_is_same(const struct sim_party *party, const struct sim_party *other);
/* It is one that can be elected. */
bool sim_party_may_lead(const struct sim_party *party);
/* Drop what it keeps by reference. */
void sim_party_fini(struct sim_party *party);

/* agent.c: what an agent hears. The signal is borrowed. */
void sim_agent_command(struct sim_party *party, const struct ald_signal *signal);
void sim_agent_event(struct sim_party *party, const struct ald_signal *signal);
void sim_agent_cancel(struct sim_party *party, const struct ald_signal *signal);
void sim_agent_health(struct sim_party *party, const struct ald_signal *signal);
void sim_agent_primary(struct sim_party *party, const struct ald_signal *signal);
/* It no longer believes that it leads. */
void sim_agent_step_down(struct sim_party *party);

/* caller.c: what a caller does and hears. */
/* Submit `command` now, or once the party is ready. */
void sim_caller_submit(struct sim_party *party, struct sim_command *command);
/* Say something to `target` that nobody answers. */
/* The name of an event that the edge denies. */
#define SIM_EVENT_DENIED "denied"
void sim_caller_event(struct sim_party *party, const char *target);
void sim_caller_take_back(struct sim_party *party, struct sim_command *command);
void sim_caller_ready(struct sim_party *party);
void sim_caller_reply(struct sim_party *party, const struct ald_signal *signal);
/* Say something that makes no sense (strange.c). */
void sim_strange_say(struct sim_party *party);
/* A message of its. */
bool sim_strange_is(const struct ald_msg *msg);
void sim_caller_status(struct sim_party *party, const struct ald_signal *signal);
