/*
 * Why stamps and not messages: fifty thousand targets may come and go while a link is slow or away. What is told is always
 * what is true now, in the order of its latest change, so that a neighbour's place in that order is all there is to
 * remember of it.
 *
 * The law on which everything stands: whoever has come to stamp s of a hub has every fact right whose latest change is not
 * above s. A page (a, b] lists what changed last between a and b; a fact that changed again since is not in it and comes
 * later. So pages may be repeated, may overlap and may come from different neighbours: what is not above `seq` is known.
 *
 * A removed fact must be told as long as somebody may still believe it. It is forgotten when every neighbour has been told,
 * and `lost` remembers how far. Whoever comes later and has not come that far is told everything anew, and what is not
 * mentioned then does not stand any more. Until that is complete nobody else is listened to, for they may lag behind what
 * is forgotten here; but what was known is believed meanwhile, so that no way is lost that stood all the time.
 */

#include "hub/route_map.h"

#include <stdlib.h>

#include "base/error.h"
#include "hub/route_fact.h"
#include "hub/route_feed.h"
#include "hub/route_way.h"

/* Sweeps at which a hub is missed, until it is forgotten. */
enum { MAP_MISSED_MAX = 3 };

/* --- hubs ------------------------------------------------------------------------------------------------------- */

static int hub_new(struct ald_route_map *map, struct ald_str id, struct ald_route_hub **ret_hub)
{
    struct ald_route_hub *hub = malloc(sizeof(*hub) + id.size);

    if (hub == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *hub = (struct ald_route_hub){.hops = ALD_ROUTE_NOWHERE};
    ald_node_init(&hub->node);
    ald_node_init(&hub->facts);
    ald_node_init(&hub->links);
    ald_node_init(&hub->removed);
    ald_node_init(&hub->stale);
    ald_node_init(&hub->stale_removed);
    ald_table_init(&hub->by_key, map->seed);
    memcpy(hub->room, id.data, id.size);
    hub->id = ald_str_of(hub->room, id.size);
    *ret_hub = hub;
    return 0;
}

static void hub_free(struct ald_route_hub *hub)
{
    ald_assert(hub->n_facts == 0);
    ald_table_fini(&hub->by_key);
    ald_node_remove(&hub->node);
    free(hub);
}

/* Room where all hubs are put by distance, so that measuring needs no memory. */
static int map_reserve_order(struct ald_route_map *map)
{
    size_t room = ALD_MAX(map->order_room, (size_t)8);
    struct ald_route_hub **order;

    if (map->n_hubs < map->order_room) {
        return 0;
    }
    while (room <= map->n_hubs) {
        room *= 2;
    }
    order = realloc(map->order, room * sizeof(order[0]));
    if (order == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    map->order = order;
    map->order_room = room;
    return 0;
}

static int map_add(struct ald_route_map *map, struct ald_str id, struct ald_route_hub **ret_hub)
{
    struct ald_route_hub *hub = NULL;
    int r;

    if (map->n_hubs >= map->limits.hubs_max) {
        map->n_refused++;
        return ALD_ROUTE_FULL;
    }
    r = map_reserve_order(map);
    if (r == 0) {
        r = hub_new(map, id, &hub);
    }
    if (r == 0) {
        r = ald_table_add(&map->hubs_by_id, hub->id, hub);
    }
    if (r < 0) {
        free(hub);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    hub->number = ++map->last_number;
    ald_list_push_back(&map->hubs, &hub->node);
    map->n_hubs++;
    map->version++;
    *ret_hub = hub;
    return 0;
}

/* Nothing of it counts any more; it is freed in slices. */
static void map_forget(struct ald_route_map *map, struct ald_route_hub *hub)
{
    ald_assert(hub != map->self);
    ald_table_remove(&map->hubs_by_id, hub->id);
    ald_node_remove(&hub->node);
    ald_list_push_back(&map->ghosts, &hub->node);
    hub->hops = ALD_ROUTE_NOWHERE;
    hub->first = NULL;
    map->n_hubs--;
    map->version++;
}

/* What it said is of no worth any more: it begins anew, with nothing. */
int ald_route_map_replace(struct ald_route_map *map, struct ald_route_hub **hub)
{
    struct ald_route_hub *old = *hub, *fresh = NULL;
    int r;

    if (old->n_facts == 0) {
        old->seq = old->lost = old->base = 0;
        memset(old->told, 0, sizeof(old->told));
        return 0;
    }
    r = hub_new(map, old->id, &fresh);
    if (r < 0) {
        return ald_trace(r);
    }
    map_forget(map, old);
    r = ald_table_add(&map->hubs_by_id, fresh->id, fresh);
    ald_assert(r == 0); /* an entry was just removed */
    fresh->number = ++map->last_number;
    fresh->boot = old->boot;
    fresh->epoch = old->epoch;
    ald_list_push_back(&map->hubs, &fresh->node);
    map->n_hubs++;
    for (unsigned slot = 0; slot < ALD_ROUTE_FEEDS_MAX; slot++) {
        if (map->feed_hubs[slot] == old) {
            map->feed_hubs[slot] = fresh;
        }
    }
    *hub = fresh;
    return 0;
}

/* --- the map ---------------------------------------------------------------------------------------------------- */

int ald_route_map_init(struct ald_route_map *map, const struct ald_route_limits *limits, const uint64_t seed[2],
                       struct ald_str id, uint64_t boot, uint64_t epoch)
{
    int r;

    *map = (struct ald_route_map){.limits = *limits, .seed = {seed[0], seed[1]}, .version = 1};
    map->limits.hubs_max = ALD_MAX(limits->hubs_max, 1U);
    ald_node_init(&map->hubs);
    ald_node_init(&map->ghosts);
    ald_table_init(&map->hubs_by_id, seed);
    ald_table_init(&map->names, seed);
    r = map_add(map, id, &map->self);
    if (r < 0) {
        ald_route_map_fini(map);
        return ald_trace(r);
    }
    map->self->boot = boot;
    map->self->epoch = ALD_MAX(epoch, 1U);
    return 0;
}

static void map_free_facts(struct ald_route_map *map, struct ald_node *facts)
{
    struct ald_node *node;

    while ((node = ald_list_first(facts)) != NULL) {
        ald_route_fact_free(map, ald_list_entry(node, struct ald_route_fact, of_hub));
    }
}

static void map_fini_hubs(struct ald_route_map *map, struct ald_node *hubs)
{
    struct ald_node *node;

    while ((node = ald_list_first(hubs)) != NULL) {
        struct ald_route_hub *hub = ald_list_entry(node, struct ald_route_hub, node);

        map_free_facts(map, &hub->stale);
        map_free_facts(map, &hub->facts);
        hub_free(hub);
    }
}

void ald_route_map_fini(struct ald_route_map *map)
{
    map->feeds = 0;
    map_fini_hubs(map, &map->hubs);
    map_fini_hubs(map, &map->ghosts);
    ald_table_fini(&map->hubs_by_id);
    ald_table_fini(&map->names);
    free(map->order);
    map->order = NULL;
}

struct ald_route_hub *ald_route_map_find(const struct ald_route_map *map, struct ald_str id)
{
    return ald_table_find(&map->hubs_by_id, id);
}

int ald_route_map_own(struct ald_route_map *map, enum ald_route_kind kind, struct ald_str name, bool present)
{
    struct ald_route_hub *self = map->self;
    int r;

    if (present == (ald_route_map_fact(self, kind, name) != NULL)) {
        return 0;
    }
    r = ald_route_hub_set(map, self, self->seq + 1, kind, name, present);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    self->seq++;
    ald_ignore(ald_route_hub_bury(map, self)); /* how many is of no interest */
    return 0;
}

int ald_route_map_meet(struct ald_route_map *map, struct ald_str id, struct ald_route_hub **ret_hub)
{
    struct ald_route_hub *hub = ald_route_map_find(map, id);
    int r;

    if (hub == NULL) {
        r = map_add(map, id, &hub);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
    }
    *ret_hub = hub;
    return 0;
}

void ald_route_map_renew(struct ald_route_map *map, uint64_t epoch)
{
    struct ald_route_hub *self = map->self;

    ald_assert(epoch > self->epoch);
    self->epoch = epoch;
    ald_route_feed_restart_all(map, self);
}

/* --- forgetting ------------------------------------------------------------------------------------------------- */

static bool hub_is_fed(const struct ald_route_map *map, const struct ald_route_hub *hub)
{
    for (unsigned slot = 0; slot < ALD_ROUTE_FEEDS_MAX; slot++) {
        if ((map->feeds >> slot & 1) != 0 && map->feed_hubs[slot] == hub) {
            return true;
        }
    }
    return false;
}

bool ald_route_map_sweep(struct ald_route_map *map)
{
    bool is_more = false;

    ald_route_way_measure(map);
    ald_list_each (it, &map->hubs) {
        struct ald_route_hub *hub = ald_list_entry(it, struct ald_route_hub, node);

        if (hub->hops != ALD_ROUTE_NOWHERE || hub == map->self || hub_is_fed(map, hub)) {
            continue;
        }
        is_more = true;
        if (++hub->n_missed == MAP_MISSED_MAX) {
            map_forget(map, hub);
        }
    }
    return is_more;
}

/* Free some; false when there are none. */
static bool reap_facts(struct ald_route_map *map, struct ald_node *facts)
{
    unsigned n = 0;

    while (n < ALD_ROUTE_REAP_MAX && !ald_list_empty(facts)) {
        ald_route_fact_free(map, ald_list_entry(facts->next, struct ald_route_fact, of_hub));
        n++;
    }
    return n > 0;
}

static bool reap_ghost(struct ald_route_map *map, struct ald_route_hub *ghost)
{
    if (!reap_facts(map, &ghost->stale) && !reap_facts(map, &ghost->facts)) {
        hub_free(ghost);
    }
    return true;
}

bool ald_route_map_reap(struct ald_route_map *map)
{
    struct ald_node *node = ald_list_first(&map->ghosts);

    if (node != NULL) {
        return reap_ghost(map, ald_list_entry(node, struct ald_route_hub, node));
    }
    ald_list_each (it, &map->hubs) {
        struct ald_route_hub *hub = ald_list_entry(it, struct ald_route_hub, node);

        if (ald_route_hub_bury(map, hub) > 0 || (!ald_route_hub_is_incomplete(hub) && reap_facts(map, &hub->stale))) {
            return true;
        }
    }
    return false;
}

/* --- invariants ------------------------------------------------------------------------------------------------- */

struct check_sums {
    uint32_t n, n_links, n_removed;
};

static void check_facts(const struct ald_route_hub *hub, const struct ald_node *facts, struct check_sums *sums)
{
    uint64_t stamp = 0;

    ald_list_each (it, facts) {
        const struct ald_route_fact *fact = ald_list_entry(it, const struct ald_route_fact, of_hub);

        ald_assert(fact->stamp > stamp || facts == &hub->stale);
        stamp = fact->stamp;
        ald_assert(stamp <= hub->seq || facts == &hub->stale);
        ald_assert(ald_table_find(&hub->by_key, fact->name->key) == fact);
        sums->n++;
        sums->n_removed += fact->removed ? 1 : 0;
        sums->n_links += !fact->removed && ald_route_fact_is_link(fact) ? 1 : 0;
    }
}

static void hub_check(const struct ald_route_map *map, const struct ald_route_hub *hub)
{
    struct check_sums sums = {0};

    check_facts(hub, &hub->facts, &sums);
    check_facts(hub, &hub->stale, &sums);
    ald_assert(hub->lost <= ALD_MAX(hub->seq, hub->base));
    ald_assert(sums.n == hub->n_facts);
    ald_assert(sums.n_removed == hub->n_removed);
    ald_assert(sums.n_links == hub->n_links);
    ald_assert(sums.n == sums.n_removed + sums.n_links + hub->n_targets);
    ald_assert(hub->by_key.n_entries == sums.n);
    for (unsigned slot = 0; slot < ALD_ROUTE_FEEDS_MAX; slot++) {
        if ((map->feeds >> slot & 1) != 0) {
            ald_assert(hub->told[slot] <= hub->seq);
            ald_assert(hub->next[slot] == NULL || hub->next[slot]->stamp > hub->told[slot]);
            ald_assert(hub->next[slot] == NULL || hub->next[slot]->hub == hub);
        }
    }
}

void ald_route_map_check(const struct ald_route_map *map)
{
    uint32_t n_hubs = 0, n_facts = 0;

    ald_list_each (it, &map->hubs) {
        const struct ald_route_hub *hub = ald_list_entry(it, const struct ald_route_hub, node);

        ald_assert(ald_route_map_find(map, hub->id) == hub);
        hub_check(map, hub);
        n_hubs++;
        n_facts += hub == map->self ? 0 : hub->n_facts;
    }
    ald_list_each (it, &map->ghosts) {
        n_facts += ald_list_entry(it, const struct ald_route_hub, node)->n_facts;
    }
    ald_assert(n_hubs == map->n_hubs);
    ald_assert(map->hubs_by_id.n_entries == n_hubs);
    ald_assert(n_facts == map->n_facts);
    ald_assert(map->n_own == map->self->n_facts);
}
