#pragma once

/*
 * Channel: one registration, a party under the name of a target.
 *
 * Lifetime:   REGISTER until it is gone, and then, out of every view and choice, until its last command has ended.
 * Invariants: in_flight is the number of commands handed or sent to it. It is in its target's heap only while it is
 *             live, active, not leaving and not benched.
 */

#include "hub/alarm.h"
#include "hub/heap.h"
#include "hub/queue.h"
#include "hub/view.h"

struct ald_party;
struct ald_target;
struct ald_who;

struct ald_channel {
    struct ald_node node;        /* the hub's channels, or those that are gone */
    struct ald_node target_node; /* its target's */
    struct ald_node work;        /* hungry, or to be worked off: see state.h */
    struct ald_node bench;       /* its connection's */
    struct ald_node party_node;  /* gone: its party's that still finish something */
    struct ald_node candidate;   /* its target's candidates, or those passed over */
    uint64_t number;
    char id[ALD_ID_TEXT];
    struct ald_target *target;
    struct ald_party *party;
    struct ald_who *who;

    uint8_t state; /* enum ald_channel_state */
    bool active;
    bool leaving;
    bool is_candidate;
    size_t heap_at;
    uint64_t last_used;    /* hub->last_use when it was last given a command */
    uint64_t active_since; /* a number of the hub's own, for rosters: see roster.h */
    uint32_t in_flight;
    struct ald_node sent;   /* of ald_command.place */
    struct ald_queue queue; /* for this channel only */
    uint64_t n_commands;
    ald_usec since;
    ald_wall since_wall;

    struct ald_hub_alarm health;
    uint64_t health_asked; /* number of the latest question, 0: none yet */
    bool health_pending;   /* and it is not answered */
    uint32_t health_failures;
    ald_usec health_last;

    uint64_t primary_asked; /* number of the latest thing it was told about being primary */
    uint64_t term;
};

/* Gives a channel of `party` at `target`, joined to nothing yet. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_channel_new(struct ald_hub *hub, struct ald_party *party, struct ald_target *target,
                                  struct ald_channel **ret_channel);
/* By the text of its id; NULL when there is none, or it is gone. */
struct ald_channel *ald_channel_find(const struct ald_hub *hub, struct ald_str id);

void ald_channel_join(struct ald_hub *hub, struct ald_channel *channel);
/* It leaves the registry for good; what it has in flight goes on while its connection lasts. */
void ald_channel_part(struct ald_hub *hub, struct ald_channel *channel);
/* Its session may resume. */
void ald_channel_away(struct ald_hub *hub, struct ald_channel *channel);
void ald_channel_back(struct ald_hub *hub, struct ald_channel *channel);
void ald_channel_set_active(struct ald_hub *hub, struct ald_channel *channel, bool active);
void ald_channel_set_leaving(struct ald_hub *hub, struct ald_channel *channel);

/* Could it be chosen, now or when it has room? Counted in target->n_active. */
static inline bool ald_channel_is_usable(const struct ald_channel *channel)
{
    return channel->state != ALD_CHANNEL_GONE && channel->active && !channel->leaving;
}

/* May one more command be handed to it now? When it may not because its connection is choked, it is benched, so that
 * it is looked at again. */
bool ald_channel_has_room(struct ald_hub *hub, struct ald_channel *channel);
/* Its connection is choked: it is chosen no more until that has changed, and is then looked at again. */
void ald_channel_bench(struct ald_channel *channel);
/* It was given a command, or one of its commands ended. */
void ald_channel_taken(struct ald_hub *hub, struct ald_channel *channel);
void ald_channel_freed(struct ald_hub *hub, struct ald_channel *channel);
/* Back among those that can be chosen, when it qualifies; and what waits for it is looked at. */
void ald_channel_ready(struct ald_hub *hub, struct ald_channel *channel);

/* Units of work; false when there is nothing (left) to do for it now. */
bool ald_channel_work_hungry(struct ald_hub *hub, struct ald_channel *channel);
bool ald_channel_work_gone(struct ald_hub *hub, struct ald_channel *channel);

void ald_channel_free(struct ald_hub *hub, struct ald_channel *channel);
void ald_channel_check(const struct ald_hub *hub, const struct ald_channel *channel);
