#pragma once

/*
 * Round: what is told to many, one after the other: a broadcast; or many things to one: what was held
 * for a target that is there now.
 *
 * Rounds go in the order in which they were called, each to its end before the next one begins. So nobody hears two of
 * them in the wrong order, and only the first one needs a place in a list that others change meanwhile: the walk. Whoever
 * leaves such a list says so with ald_round_pass(), whoever frees its head with ald_round_forget().
 *
 * Who is told: those who were in the list when the round was called and still are. The lists grow at their end, by
 * numbers of the hub's own, so whoever came later has a larger number than the round.
 */

#include "base/list.h"

struct ald_hub;

enum ald_round_kind {
    ALD_ROUND_SPREAD, /* hub/spread.h */
    ALD_ROUND_HELD,   /* hub/hold.h */
    ALD_ROUND_REPLAY, /* hub/subscribe.h */
    ALD_ROUND_RELAY,  /* hub/relay.h */
    ALD_ROUND_COMMAND /* hub/relay.h */
};

struct ald_round {
    struct ald_node node; /* the hub's rounds */
    uint64_t number;      /* of the hub's own: when it was called */
    uint8_t kind;         /* enum ald_round_kind */
};

/* Where the first round stands. */
struct ald_round_walk {
    bool begun;
    struct ald_node *list; /* NULL: nobody is to be told (any more) */
    struct ald_node *at;   /* who is next, or the list itself */
};

void ald_round_init(struct ald_round *round, enum ald_round_kind kind);
/* It goes behind all that were called before; nothing when it is on its way. */
void ald_round_call(struct ald_hub *hub, struct ald_round *round);
/* A unit of the first round; there must be one. */
void ald_round_work(struct ald_hub *hub);

/* For the first round: walk through `list`, or through nothing when it is NULL. */
void ald_round_begin(struct ald_hub *hub, struct ald_node *list);
/* The next one to be told; NULL: that was all. */
struct ald_node *ald_round_next(struct ald_hub *hub);

/* `node` is about to leave its list. */
void ald_round_pass(struct ald_hub *hub, const struct ald_node *node);
/* `list` is empty, and is about to be freed. */
void ald_round_forget(struct ald_hub *hub, const struct ald_node *list);

/* The hub is freed. */
void ald_round_fini(struct ald_hub *hub);
void ald_round_check(const struct ald_hub *hub);
