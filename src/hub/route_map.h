#pragma once

/*
 * Route map: what a hub knows of the graph of hubs: of each one its links and its targets. From it follows where a message
 * for another hub, or for a target that is not here, goes next (hub/route_way.h), and what the neighbours are to be told
 * (hub/route_feed.h).
 *
 * Every hub says of itself, and of nobody else, a set of *facts*: I have this target, I am linked with that hub, with that
 * daemon. Each change of a fact gets the next number of its hub, its *stamp*, and a fact that goes stays for a while as a
 * removed one. So what is known of a hub is known up to a stamp, `seq`: every fact whose latest change is not above it is
 * right. What changed between two stamps is a *page*; pages are passed on from hub to hub over every link, so each arrives
 * over all ways, and whoever has it already can tell. There is no queue of adverts: a link that lags is told later what is
 * true then.
 *
 * A hub that starts anew begins again with a larger *epoch*. What it said before is of no worth then.
 *
 * Lifetime:   ald_route_map_init() to ald_route_map_fini(), in any state.
 * Threading:  one thread. No clock: who may forget is told by whoever has one.
 * Invariants: the facts of a hub are in order of their stamps, none above seq. Hash order decides nothing.
 * Limits:     hubs, facts of one hub, facts in all, from the configuration; what is over them is not taken, and counted.
 *             Nothing here takes longer than a page is long but measuring, which is linear in hubs and links.
 */

#include "base/list.h"
#include "base/table.h"
#include "msg/address.h"

/* What is said. */
enum ald_route_kind {
    ALD_ROUTE_TARGET, /* it has channels of that target */
    ALD_ROUTE_HUB,    /* it is linked with that hub, which says facts of its own */
    ALD_ROUTE_DAEMON, /* it is linked with that communicator daemon, which does not */
    ALD_N_ROUTE_KINDS
};

/* Neighbours that are told: one bit each. More links than that, to programs that are each a hub for many, no machine has. */
enum { ALD_ROUTE_FEEDS_MAX = 64 };

/* Hops of a hub that no way leads to. */
enum { ALD_ROUTE_NOWHERE = UINT32_MAX };

struct ald_route_limits {
    uint32_t hubs_max;  /* known */
    uint32_t links_max; /* of one hub, facts of the last two kinds */
    uint32_t facts_max; /* of one hub */
    uint32_t all_max;   /* facts of all others together, those that are removed included */
};

struct ald_route_hub;

/* A name that somebody said something about, one for each kind. */
struct ald_route_name {
    struct ald_node facts; /* of ald_route_fact.of_name */
    struct ald_route_hub *nearest;
    uint64_t nearest_at; /* map->version for which `nearest` is right; 0: none */
    uint64_t round;      /* see ald_route_way_count() */
    struct ald_str key;  /* the mark of the kind, then the name */
    char room[];
};

struct ald_route_fact {
    struct ald_node of_hub;  /* hub->facts */
    struct ald_node of_name; /* name->facts */
    struct ald_node aside;   /* hub->links, or hub->removed */
    struct ald_route_hub *hub;
    struct ald_route_name *name;
    uint64_t stamp;
    bool removed;
};

struct ald_route_hub {
    struct ald_node node; /* map->hubs, in order of appearance, or map->ghosts */
    uint64_t number;      /* grows along that order */
    struct ald_str id;
    uint64_t boot;  /* of the ids that it makes; 0: not known */
    uint64_t epoch; /* 0: it has said nothing yet */
    uint64_t seq;
    uint64_t lost;           /* the largest stamp of a removal that is remembered no more */
    uint8_t n_missed;        /* sweeps at which no way led to it */
    struct ald_node facts;   /* of ald_route_fact.of_hub, by stamp */
    struct ald_node links;   /* of ald_route_fact.aside: to hubs and daemons, by age */
    struct ald_node removed; /* of ald_route_fact.aside, by stamp */

    /* While all of it is told anew by one neighbour, since removals may have been missed: what was known before, and is
     * good until `seq` has come to `base`. */
    struct ald_node stale, stale_removed; /* as facts and removed, in no order */
    uint64_t base;
    unsigned base_slot; /* ALD_ROUTE_FEEDS_MAX: it is gone */
    uint64_t unheard;   /* bits of those who were not listened to meanwhile */

    struct ald_table by_key;
    uint32_t n_facts, n_links, n_targets, n_removed; /* n_facts with the removed ones, the others without */

    uint64_t told[ALD_ROUTE_FEEDS_MAX];               /* each neighbour was told everything up to there */
    struct ald_route_fact *next[ALD_ROUTE_FEEDS_MAX]; /* and this comes next; NULL: it is the end */

    uint32_t hops;               /* measured */
    struct ald_route_hub *first; /* the neighbour through which one gets there */
    char room[];
};

struct ald_route_map {
    struct ald_route_limits limits;
    uint64_t seed[2];
    struct ald_node hubs;   /* ourselves first */
    struct ald_node ghosts; /* forgotten, to be freed in slices; no way leads to one */
    struct ald_table hubs_by_id;
    struct ald_table names;
    struct ald_route_hub *self;
    uint64_t version;  /* of everything that ways depend on; from 1 */
    uint64_t measured; /* version that the hops are of */
    uint64_t round;
    uint64_t last_number;
    uint64_t feeds;                                       /* bits of those that are open */
    struct ald_route_hub *feed_hubs[ALD_ROUTE_FEEDS_MAX]; /* whom each tells: never of itself */
    struct ald_route_hub **order;                         /* room for all hubs, where they are put by distance */
    size_t order_room;
    uint32_t n_hubs, n_facts, n_own; /* n_facts: of others; n_own: ours */
    uint64_t n_refused;              /* hubs and facts that were over a limit */
};

/* A map with nobody in it but ourselves, `id` (copied). `epoch` is larger than before, as far as anybody knows; 0 is none.
 * Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_route_map_init(struct ald_route_map *map, const struct ald_route_limits *limits,
                                     const uint64_t seed[2], struct ald_str id, uint64_t boot, uint64_t epoch);
void ald_route_map_fini(struct ald_route_map *map);

struct ald_route_hub *ald_route_map_find(const struct ald_route_map *map, struct ald_str id); /* NULL: unknown */
/* NULL: nobody said anything about it. */
const struct ald_route_name *ald_route_map_name(const struct ald_route_map *map, enum ald_route_kind kind,
                                                struct ald_str name);
/* The fact of that hub, NULL when it does not stand. */
const struct ald_route_fact *ald_route_map_fact(const struct ald_route_hub *hub, enum ald_route_kind kind,
                                                struct ald_str name);

enum ald_route_kind ald_route_kind_of(const struct ald_route_fact *fact);
/* The name alone. */
struct ald_str ald_route_name_of(const struct ald_route_fact *fact);

/*
 * We have, or no longer have, what `kind` and `name` say. Saying it again changes nothing. Outcome: ALD_ROUTE_FULL (it
 * cannot be said; taking back always can). Errors: ALDIS_E_NOMEM.
 */
enum { ALD_ROUTE_FULL = 1, ALD_ROUTE_OLD, ALD_ROUTE_GAP, ALD_ROUTE_SELF, ALD_ROUTE_INVALID };
ALD_NODISCARD int ald_route_map_own(struct ald_route_map *map, enum ald_route_kind kind, struct ald_str name,
                                    bool present);
/* Somebody linked with us, of whom nothing may be known yet. Gives its hub. Outcome: ALD_ROUTE_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_route_map_meet(struct ald_route_map *map, struct ald_str id, struct ald_route_hub **ret_hub);
/* Everything of our own is said again, under this epoch: another hub, or we before a restart, said what we did not. */
void ald_route_map_renew(struct ald_route_map *map, uint64_t epoch);

/* The head of a page. */
struct ald_route_page {
    struct ald_str hub;
    uint64_t boot, epoch;
    uint64_t from, to; /* what changed after the one, up to the other */
    uint64_t lost;     /* whoever has not come as far as this may believe what was taken back long ago */
};

/*
 * A page has come over feed `slot`: gives its hub, to which its changes are to be made, in order. Outcomes: ALD_ROUTE_OLD
 * (nothing of it is new), ALD_ROUTE_GAP (what comes before it is missing: all of that hub must be asked for),
 * ALD_ROUTE_SELF (it is about ourselves), ALD_ROUTE_FULL (too many hubs), ALD_ROUTE_INVALID. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_route_page_open(struct ald_route_map *map, const struct ald_route_page *page, unsigned slot,
                                      struct ald_route_hub **ret_hub);
/* Outcomes: ALD_ROUTE_FULL (this one is not taken, and counted; go on), ALD_ROUTE_INVALID (the stamp is out of order: stop).
 * Errors: ALDIS_E_NOMEM: stop. */
ALD_NODISCARD int ald_route_page_change(struct ald_route_map *map, struct ald_route_hub *hub,
                                        const struct ald_route_page *page, uint64_t stamp, enum ald_route_kind kind,
                                        struct ald_str name, bool present);
/* All changes were made. Without it, what was made stays, and the page can come again. */
void ald_route_page_close(struct ald_route_map *map, struct ald_route_hub *hub, const struct ald_route_page *page,
                          unsigned slot);

/* Bits of the feeds whose neighbours must be asked for all of it once more, since they were not listened to when they told
 * it; taken out. */
uint64_t ald_route_map_take_unheard(struct ald_route_hub *hub);
/* All of it is being told anew. */
static inline bool ald_route_hub_is_incomplete(const struct ald_route_hub *hub)
{
    return hub->seq < hub->base;
}
/* Whoever told all of it anew went away in the midst: the other neighbours must be asked for it. */
static inline bool ald_route_hub_is_orphan(const struct ald_route_hub *hub)
{
    return ald_route_hub_is_incomplete(hub) && hub->base_slot == ALD_ROUTE_FEEDS_MAX;
}

/*
 * Forget whom no way led to at three sweeps in a row; true: there are some that may be forgotten. A hub that returns after
 * one sweep, a neighbour may have forgotten: everybody is told of it anew. So sweeps are far apart, measured by the time that
 * a page takes through the whole graph, and as far apart at every hub.
 */
bool ald_route_map_sweep(struct ald_route_map *map);
/* A unit of freeing what was forgotten; false when nothing is left. */
bool ald_route_map_reap(struct ald_route_map *map);

/* For pages. What it said is of no worth any more: it begins anew, with nothing. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_route_map_replace(struct ald_route_map *map, struct ald_route_hub **hub);

void ald_route_map_check(const struct ald_route_map *map);
