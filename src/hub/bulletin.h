#pragma once

/*
 * Bulletin: the news of the world on their way to all who hear of them, each hearer at its own pace, in the order in which
 * they happened.
 *
 * When thousands register at once, everybody is news for everybody: the square of them. So news wait here once, not once for
 * each hearer, and:
 *   - One piece stands for the one before it of the same target, of the clock, of the cluster: who has not heard of the
 *     first hears only the second, which says how things are. What comes and goes faster than it can be told costs nothing.
 *   - A hearer is told several in a row, which then leave in one write, before the next one has its turn.
 *   - An event is followed by a few pieces only, and by none while others wait; the rest is told with ticks (hub/step.c),
 *     between which the edge takes input, so that nobody's command waits for a storm to be over.
 *
 * Who is over its account is passed over until it has been read, and goes on where it stood.
 *
 * Limits: ALD_BULLETIN_MAX pieces wait. Beyond that the oldest is dropped, and who had not heard it has missed it, counted.
 */

#include "base/list.h"
#include "base/table.h"
#include "msg/news.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_party;

enum {
    /* A power of two. Against more targets coming at once than a hub has connections for, at some 300 bytes each; for who
     * does not read: the last states of as many targets. */
    ALD_BULLETIN_MAX = 16384,
    /* In a row: some 6 KB of lines, a good write; and a quarter of a step. */
    ALD_BULLETIN_RUN_MAX = 64,
    /* After an event: what a quiet hub has to tell is told at once. */
    ALD_BULLETIN_EVENT_MAX = 16
};

struct ald_bulletin_item; /* a piece */

struct ald_bulletin {
    struct ald_bulletin_item **ring; /* by number; NULL in it: a later one stands for it. NULL: none came yet */
    uint64_t room;                   /* a power of two */
    uint64_t first, end;             /* numbers of those that wait: from `first` to before `end` */
    uint64_t settled;                /* those before are known to everybody */
    struct ald_table presences;      /* the latest of each target, by its name */
    struct ald_bulletin_item *latest[ALD_N_TOPICS];
    struct ald_node told;   /* of ald_party.hearing: who has heard everything */
    struct ald_node untold; /* and who has not, the next one first */
    uint32_t n_hearers;     /* with those that are passed over: ald_hub_conn.unheard */
    uint32_t n_passed;      /* these */
    uint32_t run;           /* pieces that the first of `untold` was told in a row */
};

void ald_bulletin_init(struct ald_bulletin *bulletin, const uint64_t seed[2]);
/* All who hear are gone. */
void ald_bulletin_fini(struct ald_bulletin *bulletin);

/* It hears what comes from now on; or nothing any more. Both may be said again. */
void ald_bulletin_join(struct ald_hub *hub, struct ald_party *party);
void ald_bulletin_part(struct ald_hub *hub, struct ald_party *party);
/* It may be told more again, or its connection is about to be another one. */
void ald_bulletin_wake(struct ald_hub *hub, struct ald_party *party);

/* Tell everybody (takes `news`). When memory is short it is dropped, counted. */
void ald_bulletin_push(struct ald_hub *hub, struct ald_news *news);

static inline bool ald_bulletin_is_behind(const struct ald_bulletin *bulletin)
{
    return !ald_list_empty(&bulletin->untold) || bulletin->first < bulletin->settled;
}
/* A unit, of one that is behind. */
void ald_bulletin_work(struct ald_hub *hub);

void ald_bulletin_check(const struct ald_hub *hub);
