#include "hub/route_feed.h"

static bool feed_is_open(const struct ald_route_map *map, unsigned slot)
{
    return (map->feeds >> slot & 1) != 0;
}

static const struct ald_route_fact *fact_at(const struct ald_node *node, const struct ald_route_hub *hub)
{
    return node != &hub->facts ? ald_list_entry(node, const struct ald_route_fact, of_hub) : NULL;
}

static void feed_begin(struct ald_route_hub *hub, unsigned slot)
{
    struct ald_node *node = ald_list_first(&hub->facts);

    hub->told[slot] = 0;
    hub->next[slot] = node != NULL ? ald_list_entry(node, struct ald_route_fact, of_hub) : NULL;
}

int ald_route_feed_open(struct ald_route_map *map, struct ald_route_hub *hub, unsigned *ret_slot)
{
    unsigned slot = 0;

    while (slot < ALD_ROUTE_FEEDS_MAX && feed_is_open(map, slot)) {
        slot++;
    }
    if (slot == ALD_ROUTE_FEEDS_MAX) {
        return ALD_ROUTE_FULL;
    }
    map->feeds |= UINT64_C(1) << slot;
    map->feed_hubs[slot] = hub;
    ald_list_each (it, &map->hubs) {
        feed_begin(ald_list_entry(it, struct ald_route_hub, node), slot);
    }
    *ret_slot = slot;
    return 0;
}

void ald_route_feed_close(struct ald_route_map *map, unsigned slot)
{
    ald_assert(feed_is_open(map, slot));
    map->feeds &= ~(UINT64_C(1) << slot);
    map->feed_hubs[slot] = NULL;
    ald_list_each (it, &map->hubs) {
        struct ald_route_hub *hub = ald_list_entry(it, struct ald_route_hub, node);

        hub->told[slot] = 0;
        hub->next[slot] = NULL;
        hub->unheard &= ~(UINT64_C(1) << slot);
        if (hub->base_slot == slot) {
            hub->base_slot = ALD_ROUTE_FEEDS_MAX; /* whoever begins again with all of it may complete it */
        }
    }
}

void ald_route_feed_restart(struct ald_route_map *map, unsigned slot, struct ald_str id)
{
    struct ald_route_hub *hub = ald_route_map_find(map, id);

    if (hub != NULL) {
        feed_begin(hub, slot);
    }
}

void ald_route_feed_restart_all(const struct ald_route_map *map, struct ald_route_hub *hub)
{
    for (uint64_t left = map->feeds; left != 0; left &= left - 1) {
        feed_begin(hub, (unsigned)__builtin_ctzll(left));
    }
}

struct ald_route_hub *ald_route_feed_next(const struct ald_route_map *map, unsigned slot)
{
    ald_list_each (it, &map->hubs) {
        struct ald_route_hub *hub = ald_list_entry(it, struct ald_route_hub, node);

        bool is_complete = !ald_route_hub_is_incomplete(hub); /* else two could wait for one another to complete it */

        if (is_complete && hub->told[slot] < hub->seq && hub != map->feed_hubs[slot]) {
            return hub;
        }
    }
    return NULL;
}

struct ald_route_page ald_route_feed_page(const struct ald_route_hub *hub, unsigned slot)
{
    return (struct ald_route_page){
        .hub = hub->id,
        .boot = hub->boot,
        .epoch = hub->epoch,
        .from = hub->told[slot],
        .to = hub->seq,
        .lost = hub->lost,
    };
}

const struct ald_route_fact *ald_route_feed_fact(const struct ald_route_hub *hub, unsigned slot)
{
    return hub->next[slot];
}

const struct ald_route_fact *ald_route_feed_after(const struct ald_route_fact *fact)
{
    return fact_at(fact->of_hub.next, fact->hub);
}

static struct ald_route_fact *fact_after(const struct ald_route_fact *fact)
{
    return (struct ald_route_fact *)ald_route_feed_after(fact);
}

void ald_route_feed_told(struct ald_route_map *map, struct ald_route_hub *hub, unsigned slot,
                         const struct ald_route_fact *last)
{
    const struct ald_route_fact *next = last != NULL ? ald_route_feed_after(last) : NULL;

    ald_assert(feed_is_open(map, slot));
    hub->next[slot] = (struct ald_route_fact *)next;
    hub->told[slot] = next != NULL ? last->stamp : hub->seq;
}

void ald_route_feed_pass(const struct ald_route_map *map, const struct ald_route_fact *fact)
{
    struct ald_route_hub *hub = fact->hub;

    for (uint64_t left = map->feeds; left != 0; left &= left - 1) {
        int slot = __builtin_ctzll(left);

        if (hub->next[slot] == fact) {
            hub->next[slot] = fact_after(fact);
        }
    }
}

void ald_route_feed_append(const struct ald_route_map *map, struct ald_route_fact *fact)
{
    struct ald_route_hub *hub = fact->hub;

    for (uint64_t left = map->feeds; left != 0; left &= left - 1) {
        int slot = __builtin_ctzll(left);

        if (hub->next[slot] == NULL) {
            hub->next[slot] = fact;
        }
    }
}

void ald_route_feed_skip(const struct ald_route_map *map, struct ald_route_hub *hub, unsigned slot, uint64_t seq)
{
    if (!feed_is_open(map, slot) || hub->told[slot] >= seq) {
        return;
    }
    if (seq < hub->lost) {
        return; /* it may believe what is forgotten here, and learns that only from the start of everything */
    }
    hub->told[slot] = seq;
    while (hub->next[slot] != NULL && hub->next[slot]->stamp <= seq) {
        hub->next[slot] = fact_after(hub->next[slot]);
    }
}

uint64_t ald_route_feed_least(const struct ald_route_map *map, const struct ald_route_hub *hub)
{
    uint64_t least = UINT64_MAX;

    for (uint64_t left = map->feeds; left != 0; left &= left - 1) {
        int slot = __builtin_ctzll(left);

        if (map->feed_hubs[slot] != hub) {
            least = ALD_MIN(least, hub->told[slot]);
        }
    }
    return least;
}
