#pragma once

/*
 * Target: a name that commands are sent to, with the channels that answer to it and what waits for any of them.
 *
 * Lifetime:   the first registration under its name, until it has neither channels nor commands without an outcome.
 * Invariants: n_channels counts the channels that are not gone, n_live the live ones, n_active the usable ones.
 */

#include "hub/alarm.h"
#include "hub/heap.h"
#include "hub/queue.h"
#include "hub/hub.h"

struct ald_channel;
struct ald_peer;

/* The election of the primary channel: hub/primary.c. */
enum ald_election_state {
    ALD_ELECTION_NONE,      /* nobody to elect */
    ALD_ELECTION_PROMOTING, /* the holder was told and has not confirmed */
    ALD_ELECTION_CONFIRMED,
    ALD_ELECTION_DEMOTING, /* the holder was told to step down and has not confirmed */
    ALD_ELECTION_ENDING,   /* the holder did not, and its connection is being ended */
    ALD_ELECTION_RESTING   /* everybody was tried in vain */
};

struct ald_election {
    uint8_t state; /* enum ald_election_state */
    struct ald_channel *holder;
    uint64_t term;
    struct ald_hub_alarm alarm;
    struct ald_node candidates; /* of ald_channel.candidate, the oldest first, without the holder */
    struct ald_node passed;     /* those passed over until all others were tried */
};

struct ald_target {
    struct ald_node node; /* the hub's targets */
    struct ald_node work; /* hungry: see state.h */
    uint64_t number;
    struct ald_node channels; /* in order of registration; those that are gone are not here */
    uint32_t n_channels, n_live, n_active;
    uint32_t n_gone;     /* channels that are gone and not freed */
    uint32_t n_commands; /* without an outcome that name it */
    struct ald_heap heap;
    struct ald_queue any;     /* waiting for any of its channels */
    struct ald_queue primary; /* waiting for the primary one */
    struct ald_node rosters;  /* of ald_roster.target_node: fan-outs that are not complete */
    struct ald_election election;
    struct ald_peer *peer; /* another hub, whose links these channels are; NULL: an ordinary target */
    struct ald_str name;
    char text[];
};

/* NULL when unknown. */
struct ald_target *ald_target_find(const struct ald_hub *hub, struct ald_str name);
/* The same for the next command, whose target is likely that of the one before. */
struct ald_target *ald_target_find_next(struct ald_hub *hub, struct ald_str name);
/* Gives the target of that name, a new one if need be. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_target_get(struct ald_hub *hub, struct ald_str name, struct ald_target **ret_target);
/* Forget it if nothing needs it any more. */
void ald_target_settle(struct ald_hub *hub, struct ald_target *target);

/* The channel that `any` means now, with room for a command; NULL when all are full, choked or away. */
struct ald_channel *ald_target_choose(struct ald_hub *hub, struct ald_target *target);
/* Something waits, or room has come: look at it in this step. */
void ald_target_wake(struct ald_hub *hub, struct ald_target *target);
/* A unit of work: hand one waiting command over; false when there is nothing (left) to do. */
bool ald_target_work_hungry(struct ald_hub *hub, struct ald_target *target);

void ald_target_free(struct ald_hub *hub, struct ald_target *target);
void ald_target_check(const struct ald_hub *hub, const struct ald_target *target);
