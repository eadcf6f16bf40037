#include "hub/route_map.h"

#include "base/error.h"
#include "hub/route_fact.h"
#include "hub/route_feed.h"

static void list_splice(struct ald_node *to, struct ald_node *from)
{
    struct ald_node *first = from->next, *last = from->prev;

    if (ald_list_empty(from)) {
        return;
    }
    ald_node_init(from);
    first->prev = to->prev;
    to->prev->next = first;
    last->next = to;
    to->prev = last;
}

/* All of it comes anew over `slot`, and is complete at stamp `base`. */
static void hub_restart(struct ald_route_hub *hub, uint64_t base, unsigned slot)
{
    list_splice(&hub->stale, &hub->facts);
    list_splice(&hub->stale_removed, &hub->removed);
    memset(hub->told, 0, sizeof(hub->told));
    memset(hub->next, 0, sizeof(hub->next));
    hub->seq = 0;
    hub->lost = hub->base = base;
    hub->base_slot = slot;
    hub->unheard &= ~(UINT64_C(1) << slot);
}

/* How the page meets what we have. Errors: ALDIS_E_NOMEM. */
static int page_meet(struct ald_route_map *map, const struct ald_route_page *page, unsigned slot,
                     struct ald_route_hub **hub)
{
    bool is_busy;
    int r = 0;

    if (page->epoch < (*hub)->epoch) {
        return ALD_ROUTE_OLD;
    }
    if (page->epoch > (*hub)->epoch) {
        r = ald_route_map_replace(map, hub);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    (*hub)->epoch = page->epoch;
    (*hub)->boot = page->boot;
    is_busy = ald_route_hub_is_incomplete(*hub) && (*hub)->base_slot != slot;
    if (is_busy && (*hub)->base_slot < ALD_ROUTE_FEEDS_MAX && !(page->from == 0 && map->feed_hubs[slot] == *hub)) {
        (*hub)->unheard |= UINT64_C(1) << slot;
        return ALD_ROUTE_OLD; /* unless it is that hub itself, who knows best */
    }
    if (page->from == 0 && ((*hub)->seq < page->lost || is_busy)) {
        hub_restart(*hub, page->lost, slot);
    } else if (is_busy) {
        return ALD_ROUTE_GAP;
    }
    if (page->to <= (*hub)->seq) {
        ald_route_feed_skip(map, *hub, slot, page->to);
        return ALD_ROUTE_OLD;
    }
    /* Over a way that began well, what is forgotten was told before. */
    is_busy = ald_route_hub_is_incomplete(*hub);
    return page->from > (*hub)->seq || (page->lost > (*hub)->seq && !is_busy) ? ALD_ROUTE_GAP : 0;
}

int ald_route_page_open(struct ald_route_map *map, const struct ald_route_page *page, unsigned slot,
                        struct ald_route_hub **ret_hub)
{
    struct ald_route_hub *hub;
    int r;

    if (page->hub.size == 0 || page->hub.size > ALD_NAME_MAX || page->epoch == 0 || page->from > page->to) {
        return ALD_ROUTE_INVALID;
    }
    if (ald_str_equal(page->hub, map->self->id)) {
        return ALD_ROUTE_SELF;
    }
    r = ald_route_map_meet(map, page->hub, &hub);
    if (r == 0) {
        r = page_meet(map, page, slot, &hub);
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_hub = hub;
    return 0;
}

/* A removal is not remembered although not everybody was told: they are told everything anew. */
static void hub_lose(struct ald_route_map *map, struct ald_route_hub *hub, uint64_t stamp)
{
    hub->lost = ALD_MAX(hub->lost, stamp);
    ald_route_feed_restart_all(map, hub);
}

int ald_route_page_change(struct ald_route_map *map, struct ald_route_hub *hub, const struct ald_route_page *page,
                          uint64_t stamp, enum ald_route_kind kind, struct ald_str name, bool present)
{
    int r;

    if (stamp <= page->from || stamp > page->to || name.size > ALD_NAME_MAX) {
        return ALD_ROUTE_INVALID;
    }
    if (stamp <= hub->seq) {
        return 0; /* known: see the law above */
    }
    r = ald_route_hub_set(map, hub, stamp, kind, name, present);
    if (r < 0) {
        return ald_trace(r);
    }
    hub->seq = stamp; /* so whatever stops the page, what was made of it is sound */
    if (r == ALD_ROUTE_FULL && !present) {
        hub_lose(map, hub, stamp);
    }
    return r;
}

void ald_route_page_close(struct ald_route_map *map, struct ald_route_hub *hub, const struct ald_route_page *page,
                          unsigned slot)
{
    hub->seq = ALD_MAX(hub->seq, page->to);
    ald_route_feed_skip(map, hub, slot, page->to);
    ald_ignore(ald_route_hub_bury(map, hub)); /* how many is of no interest */
}

uint64_t ald_route_map_take_unheard(struct ald_route_hub *hub)
{
    uint64_t unheard = ald_route_hub_is_incomplete(hub) ? 0 : hub->unheard;

    hub->unheard &= ~unheard;
    return unheard;
}
