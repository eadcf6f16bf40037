#include "hub/route_fact.h"

#include <stdlib.h>

#include "base/error.h"
#include "hub/route_feed.h"

static const char kind_marks[ALD_N_ROUTE_KINDS] = {
    [ALD_ROUTE_TARGET] = 't',
    [ALD_ROUTE_HUB] = 'h',
    [ALD_ROUTE_DAEMON] = 'd',
};

struct route_key {
    size_t size;
    char text[1 + ALD_NAME_MAX];
};

static struct route_key key_of(enum ald_route_kind kind, struct ald_str name)
{
    struct route_key key = {.size = 1 + name.size};

    ald_assert(name.size <= ALD_NAME_MAX);
    key.text[0] = kind_marks[kind];
    if (name.size > 0) {
        memcpy(key.text + 1, name.data, name.size);
    }
    return key;
}

static struct ald_str key_str(const struct route_key *key)
{
    return ald_str_of(key->text, key->size);
}

enum ald_route_kind ald_route_kind_of(const struct ald_route_fact *fact)
{
    switch (fact->name->key.data[0]) {
    case 't':
        return ALD_ROUTE_TARGET;
    case 'h':
        return ALD_ROUTE_HUB;
    default:
        return ALD_ROUTE_DAEMON;
    }
}

struct ald_str ald_route_name_of(const struct ald_route_fact *fact)
{
    return ald_str_from(fact->name->key, 1);
}

/* --- names ------------------------------------------------------------------------------------------------------ */

static int name_get(struct ald_route_map *map, const struct route_key *key, struct ald_route_name **ret_name)
{
    struct ald_route_name *name = ald_table_find(&map->names, key_str(key));
    int r;

    if (name == NULL) {
        name = malloc(sizeof(*name) + key->size);
        if (name == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        *name = (struct ald_route_name){.nearest = NULL};
        memcpy(name->room, key->text, key->size);
        name->key = ald_str_of(name->room, key->size);
        ald_node_init(&name->facts);
        r = ald_table_add(&map->names, name->key, name);
        if (r < 0) {
            free(name);
            return ald_trace(r);
        }
    }
    *ret_name = name;
    return 0;
}

static void name_settle(struct ald_route_map *map, struct ald_route_name *name)
{
    if (ald_list_empty(&name->facts)) {
        ald_table_remove(&map->names, name->key);
        free(name);
    }
}

/* --- facts ------------------------------------------------------------------------------------------------------ */

bool ald_route_fact_is_link(const struct ald_route_fact *fact)
{
    return fact->name->key.data[0] != kind_marks[ALD_ROUTE_TARGET];
}

/* Ways may have changed: all of them with a link, those to one name with a target. */
static void fact_changed(struct ald_route_map *map, struct ald_route_fact *fact)
{
    fact->name->nearest_at = 0;
    if (ald_route_fact_is_link(fact)) {
        map->version++;
    }
}

/* It has the latest stamp of its hub. */
static void fact_stamp(const struct ald_route_map *map, struct ald_route_fact *fact, uint64_t stamp)
{
    if (ald_node_linked(&fact->of_hub)) {
        ald_route_feed_pass(map, fact);
        ald_node_remove(&fact->of_hub);
    }
    fact->stamp = stamp;
    ald_list_push_back(&fact->hub->facts, &fact->of_hub);
    ald_route_feed_append(map, fact);
}

static void fact_count(struct ald_route_fact *fact, bool stands)
{
    struct ald_route_hub *hub = fact->hub;
    uint32_t *n = ald_route_fact_is_link(fact) ? &hub->n_links : &hub->n_targets;

    *n += stands ? 1 : -1U;
    ald_node_remove(&fact->aside);
    if (stands && ald_route_fact_is_link(fact)) {
        ald_list_push_back(&hub->links, &fact->aside);
    }
}

static void fact_stand(struct ald_route_map *map, struct ald_route_fact *fact)
{
    if (fact->removed) {
        fact->hub->n_removed--;
        fact->removed = false;
        fact_count(fact, true);
        fact_changed(map, fact);
    }
}

static void fact_remove(struct ald_route_map *map, struct ald_route_fact *fact)
{
    if (!fact->removed) {
        fact->removed = true;
        fact_count(fact, false);
        fact->hub->n_removed++;
        fact_changed(map, fact);
    }
    ald_node_remove(&fact->aside);
    ald_list_push_back(&fact->hub->removed, &fact->aside); /* it has just been stamped */
}

static bool fact_has_room(const struct ald_route_map *map, const struct ald_route_hub *hub, enum ald_route_kind kind)
{
    bool is_self = hub == map->self;

    if (kind != ALD_ROUTE_TARGET && hub->n_links >= map->limits.links_max) {
        return false;
    }
    return hub->n_facts < map->limits.facts_max && (is_self || map->n_facts < map->limits.all_max);
}

/* A fact that stands, not stamped yet. Outcome: ALD_ROUTE_FULL. Errors: ALDIS_E_NOMEM. */
static int fact_new(struct ald_route_map *map, struct ald_route_hub *hub, enum ald_route_kind kind,
                    const struct route_key *key, struct ald_route_fact **ret_fact)
{
    struct ald_route_fact *fact;
    int r;

    if (!fact_has_room(map, hub, kind)) {
        map->n_refused++;
        return ALD_ROUTE_FULL;
    }
    fact = malloc(sizeof(*fact));
    if (fact == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *fact = (struct ald_route_fact){.hub = hub};
    r = name_get(map, key, &fact->name);
    if (r < 0) {
        free(fact);
        return ald_trace(r);
    }
    r = ald_table_add(&hub->by_key, fact->name->key, fact);
    if (r < 0) {
        name_settle(map, fact->name);
        free(fact);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_node_init(&fact->of_hub);
    ald_node_init(&fact->aside);
    ald_list_push_back(&fact->name->facts, &fact->of_name);
    hub->n_facts++;
    *(hub == map->self ? &map->n_own : &map->n_facts) += 1;
    fact_count(fact, true);
    fact_changed(map, fact);
    *ret_fact = fact;
    return 0;
}

void ald_route_fact_free(struct ald_route_map *map, struct ald_route_fact *fact)
{
    struct ald_route_hub *hub = fact->hub;

    if (fact->removed) {
        hub->n_removed--;
    } else {
        fact_count(fact, false);
        fact_changed(map, fact);
    }
    ald_route_feed_pass(map, fact);
    ald_table_remove(&hub->by_key, fact->name->key);
    ald_node_remove(&fact->of_hub);
    ald_node_remove(&fact->of_name);
    ald_node_remove(&fact->aside);
    hub->n_facts--;
    *(hub == map->self ? &map->n_own : &map->n_facts) -= 1;
    name_settle(map, fact->name);
    free(fact);
}

/* Forget removals that everybody was told of; returns how many. */
unsigned ald_route_hub_bury(struct ald_route_map *map, struct ald_route_hub *hub)
{
    uint64_t told = hub->n_removed > 0 ? ald_route_feed_least(map, hub) : 0;
    struct ald_node *node;
    unsigned n = 0;

    while (n < ALD_ROUTE_REAP_MAX && (node = ald_list_first(&hub->removed)) != NULL) {
        struct ald_route_fact *fact = ald_list_entry(node, struct ald_route_fact, aside);

        if (fact->stamp > told) {
            break;
        }
        hub->lost = ALD_MAX(hub->lost, fact->stamp);
        ald_route_fact_free(map, fact);
        n++;
    }
    return n;
}

/* Make what the hub says of `kind` and `name` true. Outcome: ALD_ROUTE_FULL. Errors: ALDIS_E_NOMEM. */
int ald_route_hub_set(struct ald_route_map *map, struct ald_route_hub *hub, uint64_t stamp, enum ald_route_kind kind,
                      struct ald_str name, bool present)
{
    const struct route_key key = key_of(kind, name);
    struct ald_route_fact *fact = ald_table_find(&hub->by_key, key_str(&key));
    int r;

    if (fact == NULL) { /* also to take it back: who is told by us may have heard of it from others */
        r = fact_new(map, hub, kind, &key, &fact);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
    }
    fact_stamp(map, fact, stamp);
    if (present) {
        fact_stand(map, fact);
    } else {
        fact_remove(map, fact);
    }
    return 0;
}

const struct ald_route_fact *ald_route_map_fact(const struct ald_route_hub *hub, enum ald_route_kind kind,
                                                struct ald_str name)
{
    const struct route_key key = key_of(kind, name);
    const struct ald_route_fact *fact = ald_table_find(&hub->by_key, key_str(&key));

    return fact != NULL && !fact->removed ? fact : NULL;
}

const struct ald_route_name *ald_route_map_name(const struct ald_route_map *map, enum ald_route_kind kind,
                                                struct ald_str name)
{
    const struct route_key key = key_of(kind, name);

    return ald_table_find(&map->names, key_str(&key));
}
