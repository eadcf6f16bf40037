/*
 * A breadth-first walk from ourselves. Our neighbours come first, by their ids; whoever is reached through one keeps it as
 * its `first`. Since a walk reaches each hub from the earliest of those that are one hop nearer, and these stand in the
 * order of their firsts, every hub gets the least first of all its shortest ways.
 */

#include "hub/route_way.h"

#include <stdlib.h>

#include "hub/route_feed.h"

/* Does `hub` say that it is linked with the one whose key is `back`? */
static bool way_is_mutual(const struct ald_route_hub *hub, struct ald_str back)
{
    const struct ald_route_fact *fact = ald_table_find(&hub->by_key, back);

    return fact != NULL && !fact->removed;
}

static void way_reach(struct ald_route_map *map, struct ald_route_hub *hub, struct ald_route_hub *through, size_t *n)
{
    hub->hops = through->hops + 1;
    hub->first = through->first != NULL ? through->first : hub;
    map->order[(*n)++] = hub;
}

/* Whoever can be reached from `at`, and was not yet. */
static void way_walk_from(struct ald_route_map *map, struct ald_route_hub *at, size_t *n)
{
    const struct ald_route_name *back = ald_route_map_name(map, ALD_ROUTE_HUB, at->id);

    ald_list_each (it, &at->links) {
        const struct ald_route_fact *fact = ald_list_entry(it, const struct ald_route_fact, aside);
        struct ald_route_hub *hub = ald_route_map_find(map, ald_route_name_of(fact));

        if (ald_route_kind_of(fact) != ALD_ROUTE_HUB || hub == NULL || hub->hops != ALD_ROUTE_NOWHERE) {
            continue;
        }
        /* Of our own links we know. */
        if (at == map->self || (back != NULL && way_is_mutual(hub, back->key))) {
            way_reach(map, hub, at, n);
        }
    }
}

static int hub_compare(const void *a, const void *b)
{
    const struct ald_route_hub *const *first = a, *const *second = b;

    return ald_str_compare((*first)->id, (*second)->id);
}

/* Somebody was away for so long that a neighbour may have forgotten what it was told of it. */
static void way_welcome(struct ald_route_map *map, struct ald_route_hub *hub)
{
    if (hub->n_missed > 0) {
        hub->n_missed = 0;
        ald_route_feed_restart_all(map, hub);
    }
}

void ald_route_way_measure(struct ald_route_map *map)
{
    size_t n = 1;

    if (map->measured == map->version) {
        return;
    }
    map->measured = map->version;
    ald_list_each (it, &map->hubs) {
        struct ald_route_hub *hub = ald_list_entry(it, struct ald_route_hub, node);

        hub->hops = ALD_ROUTE_NOWHERE;
        hub->first = NULL;
    }
    map->self->hops = 0;
    map->order[0] = map->self;
    way_walk_from(map, map->self, &n);
    qsort(map->order + 1, n - 1, sizeof(map->order[0]), hub_compare);
    for (size_t i = 1; i < n; i++) {
        way_welcome(map, map->order[i]);
        way_walk_from(map, map->order[i], &n);
    }
}

static struct ald_route_way way_through(const struct ald_route_hub *hub)
{
    return (struct ald_route_way){.next = hub->first->id, .hub = hub->id, .hops = hub->hops};
}

/* Nearer, or as near and first by its id. */
static bool hub_is_nearer(const struct ald_route_hub *hub, const struct ald_route_hub *than)
{
    if (than == NULL || hub->hops != than->hops) {
        return than == NULL || hub->hops < than->hops;
    }
    return ald_str_compare(hub->id, than->id) < 0;
}

/* Of those that have the name, `except` none (NULL: nobody); ourselves do not count, unless `with_self`. */
static struct ald_route_hub *name_measure(struct ald_route_map *map, const struct ald_route_name *name, bool with_self,
                                          const struct ald_route_hub *except)
{
    struct ald_route_hub *nearest = NULL;

    ald_route_way_measure(map);
    ald_list_each (it, &name->facts) {
        const struct ald_route_fact *fact = ald_list_entry(it, const struct ald_route_fact, of_name);
        bool counts = !fact->removed && fact->hub->hops != ALD_ROUTE_NOWHERE && (with_self || fact->hub != map->self);

        if (counts && fact->hub != except && hub_is_nearer(fact->hub, nearest)) {
            nearest = fact->hub;
        }
    }
    return nearest;
}

/* The same with no exception, which is remembered while nothing changes. */
static struct ald_route_hub *name_nearest(struct ald_route_map *map, struct ald_route_name *name, bool with_self)
{
    if (name->nearest_at != map->version) {
        name->nearest = name_measure(map, name, with_self, NULL);
        name->nearest_at = map->version;
    }
    return name->nearest;
}

/* A daemon says nothing of itself: it stands behind the nearest hub that is linked with it. */
static int way_to_daemon(struct ald_route_map *map, struct ald_str id, bool is_known, struct ald_route_way *ret_way)
{
    struct ald_route_name *name = (struct ald_route_name *)ald_route_map_name(map, ALD_ROUTE_DAEMON, id);
    const struct ald_route_hub *hub = name != NULL ? name_nearest(map, name, true) : NULL;

    if (hub == NULL) {
        return is_known || name != NULL ? ALD_ROUTE_AWAY : ALD_ROUTE_UNKNOWN;
    }
    *ret_way = (struct ald_route_way){
        .next = hub->first != NULL ? hub->first->id : ald_str_from(name->key, 1),
        .hub = ald_str_from(name->key, 1),
        .hops = hub->hops + 1,
    };
    return 0;
}

int ald_route_way_to(struct ald_route_map *map, struct ald_str id, struct ald_route_way *ret_way)
{
    const struct ald_route_hub *hub = ald_route_map_find(map, id);

    if (id.size > ALD_NAME_MAX) {
        return ALD_ROUTE_UNKNOWN;
    }
    ald_route_way_measure(map);
    if (hub == NULL || hub->hops == ALD_ROUTE_NOWHERE || hub == map->self) {
        return way_to_daemon(map, id, hub != NULL, ret_way);
    }
    *ret_way = way_through(hub);
    return 0;
}

int ald_route_way_to_target(struct ald_route_map *map, struct ald_str target, struct ald_str except,
                            struct ald_route_way *ret_way)
{
    const struct ald_route_hub *left_out = except.size > 0 ? ald_route_map_find(map, except) : NULL;
    struct ald_route_name *name = NULL;
    const struct ald_route_hub *hub;

    if (target.size <= ALD_NAME_MAX) {
        name = (struct ald_route_name *)ald_route_map_name(map, ALD_ROUTE_TARGET, target);
    }
    hub = name == NULL       ? NULL
          : left_out != NULL ? name_measure(map, name, false, left_out)
                             : name_nearest(map, name, false);
    if (hub == NULL) {
        return name != NULL ? ALD_ROUTE_AWAY : ALD_ROUTE_UNKNOWN;
    }
    *ret_way = way_through(hub);
    return 0;
}

static bool hub_has_daemon(const struct ald_route_hub *hub)
{
    ald_list_each (it, &hub->links) {
        if (ald_route_kind_of(ald_list_entry(it, const struct ald_route_fact, aside)) == ALD_ROUTE_DAEMON) {
            return true;
        }
    }
    return false;
}

int ald_route_way_to_daemons(struct ald_route_map *map, struct ald_route_way *ret_way)
{
    const struct ald_route_hub *nearest = NULL;

    ald_route_way_measure(map);
    ald_list_each (it, &map->hubs) {
        const struct ald_route_hub *hub = ald_list_entry(it, const struct ald_route_hub, node);
        bool counts = hub != map->self && hub->hops != ALD_ROUTE_NOWHERE;

        if (counts && hub_is_nearer(hub, nearest) && hub_has_daemon(hub)) {
            nearest = hub;
        }
    }
    if (nearest == NULL) {
        return ALD_ROUTE_UNKNOWN;
    }
    *ret_way = way_through(nearest);
    return 0;
}

/* A daemon that several hubs are linked with counts once; so does a hub that is linked as both kinds. */
static uint32_t hub_count_daemons(struct ald_route_map *map, const struct ald_route_hub *at)
{
    uint32_t n = 0;

    ald_list_each (it, &at->links) {
        const struct ald_route_fact *fact = ald_list_entry(it, const struct ald_route_fact, aside);
        const struct ald_route_hub *hub = ald_route_map_find(map, ald_route_name_of(fact));
        bool is_hub = hub != NULL && hub->hops != ALD_ROUTE_NOWHERE;

        if (ald_route_kind_of(fact) == ALD_ROUTE_DAEMON && !is_hub && fact->name->round != map->round) {
            fact->name->round = map->round;
            n++;
        }
    }
    return n;
}

uint32_t ald_route_way_count(struct ald_route_map *map)
{
    uint32_t n = 0;

    ald_route_way_measure(map);
    map->round++;
    ald_list_each (it, &map->hubs) {
        const struct ald_route_hub *hub = ald_list_entry(it, const struct ald_route_hub, node);

        if (hub->hops != ALD_ROUTE_NOWHERE) {
            n += 1 + hub_count_daemons(map, hub);
        }
    }
    return n;
}
