/*
 * The map against the truth: worlds of hubs that are linked at random, change at random and tell each other pages over
 * links that lag; and ways against a search that tries everything.
 */

#include "hub/route_map.h"

#include <stdio.h>

#include "base/rng.h"
#include "hub/route_feed.h"
#include "hub/route_way.h"
#include "lib/test.h"

static const struct ald_route_limits limits = {.hubs_max = 64, .links_max = 64, .facts_max = 1000, .all_max = 10000};
static const uint64_t seed[2] = {1, 2};

/* What one map is told of: `text` is "+target lamp", "-hub b", … */
static int tell(struct ald_route_map *map, const struct ald_route_page *page, unsigned slot, const char *const *changes)
{
    static const char *const kinds[] = {"target ", "hub ", "daemon "};
    struct ald_route_hub *hub;
    uint64_t stamp = page->from;
    int r = ald_route_page_open(map, page, slot, &hub);

    for (; r == 0 && *changes != NULL; changes++) {
        for (int kind = 0; kind < ALD_N_ROUTE_KINDS; kind++) {
            if (strncmp(*changes + 1, kinds[kind], strlen(kinds[kind])) == 0) {
                ald_check_int(ald_route_page_change(map, hub, page, ++stamp, (enum ald_route_kind)kind,
                                                    ald_str(*changes + 1 + strlen(kinds[kind])), **changes == '+'),
                              0);
            }
        }
    }
    if (r == 0) {
        ald_route_page_close(map, hub, page, slot);
    }
    ald_route_map_check(map);
    return r;
}

#define TELL(map, page, ...) tell(map, page, 0, (const char *const[]){__VA_ARGS__, NULL})

static void map_begin(struct ald_route_map *map)
{
    ald_check_int(ald_route_map_init(map, &limits, seed, ALD_STR("a"), 7, 100), 0);
}

static void link_own(struct ald_route_map *map, const char *id)
{
    struct ald_route_hub *hub;

    ald_check_int(ald_route_map_meet(map, ald_str(id), &hub), 0);
    ald_check_int(ald_route_map_own(map, ALD_ROUTE_HUB, ald_str(id), true), 0);
}

/* "next hub hops", or what there is instead. */
static const char *way_text(int r, const struct ald_route_way *way)
{
    static char text[80];

    if (r != 0) {
        return r == ALD_ROUTE_AWAY ? "away" : "unknown";
    }
    snprintf(text, sizeof(text), "%.*s %.*s %u", ALD_STR_ARG(way->next), ALD_STR_ARG(way->hub), way->hops);
    return text;
}

static const char *way_to(struct ald_route_map *map, const char *id)
{
    struct ald_route_way way;

    return way_text(ald_route_way_to(map, ald_str(id), &way), &way);
}

static const char *way_to_target(struct ald_route_map *map, const char *name)
{
    struct ald_route_way way;

    return way_text(ald_route_way_to_target(map, ald_str(name), ALD_STR_NONE, &way), &way);
}

ALD_TEST(route, a_neighbour_is_reached_before_it_says_anything)
{
    struct ald_route_map map;

    map_begin(&map);
    ald_check_str(ald_str(way_to(&map, "b")), "unknown");
    link_own(&map, "b");
    ald_check_str(ald_str(way_to(&map, "b")), "b b 1");
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_HUB, ALD_STR("b"), false), 0);
    ald_check_str(ald_str(way_to(&map, "b")), "away");
    ald_route_map_fini(&map);
}

ALD_TEST(route, a_target_behind_a_neighbour_is_found)
{
    struct ald_route_map map;

    map_begin(&map);
    link_own(&map, "b");
    ald_check_int(
        TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 0, 3, 0}), "+hub a", "+hub c", "+target x"), 0);
    ald_check_str(ald_str(way_to_target(&map, "x")), "b b 1");
    ald_check_str(ald_str(way_to_target(&map, "y")), "unknown");
    ald_check_str(ald_str(way_to(&map, "c")), "unknown");
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("c"), 9, 100, 0, 2, 0}), "+target y", "+target x"), 0);
    ald_check_str(ald_str(way_to_target(&map, "y")), "away"); /* it does not say itself that it is linked with b */
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("c"), 9, 100, 2, 3, 0}), "+hub b"), 0);
    ald_check_str(ald_str(way_to_target(&map, "y")), "b c 2");
    ald_check_str(ald_str(way_to_target(&map, "x")), "b b 1");
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 3, 4, 0}), "-target x"), 0);
    ald_check_str(ald_str(way_to_target(&map, "x")), "b c 2");
    ald_check_int(ald_route_way_count(&map), 3);
    ald_route_map_fini(&map);
}

ALD_TEST(route, of_equal_ways_the_first_name_wins)
{
    struct ald_route_map map;

    map_begin(&map);
    link_own(&map, "z");
    link_own(&map, "m");
    ald_check_int(
        TELL(&map, &((struct ald_route_page){ALD_STR("z"), 8, 100, 0, 3, 0}), "+hub a", "+hub c", "+target x"), 0);
    ald_check_int(
        TELL(&map, &((struct ald_route_page){ALD_STR("m"), 8, 100, 0, 3, 0}), "+hub a", "+hub c", "+target x"), 0);
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("c"), 8, 100, 0, 2, 0}), "+hub z", "+hub m"), 0);
    ald_check_str(ald_str(way_to(&map, "c")), "m c 2");
    ald_check_str(ald_str(way_to_target(&map, "x")), "m m 1");
    ald_route_map_fini(&map);
}

ALD_TEST(route, a_daemon_stands_behind_its_hub)
{
    struct ald_route_map map;
    struct ald_route_way way;

    map_begin(&map);
    link_own(&map, "b");
    ald_check_int(ald_route_way_to_daemons(&map, &way), ALD_ROUTE_UNKNOWN);
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 0, 2, 0}), "+hub a", "+daemon o"), 0);
    ald_check_str(ald_str(way_to(&map, "o")), "b o 2");
    ald_check_int(ald_route_way_to_daemons(&map, &way), 0);
    ald_check_str(way.hub, "b");
    ald_check_int(ald_route_way_count(&map), 3);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_DAEMON, ALD_STR("o"), true), 0);
    ald_check_str(ald_str(way_to(&map, "o")), "o o 1");
    ald_check_int(ald_route_way_count(&map), 3);
    ald_route_map_fini(&map);
}

ALD_TEST(route, pages_out_of_order_are_told_apart)
{
    struct ald_route_map map;
    const struct ald_route_page first = {ALD_STR("b"), 8, 100, 0, 2, 0}, third = {ALD_STR("b"), 8, 100, 4, 5, 0},
                                earlier = {ALD_STR("b"), 8, 99, 0, 9, 0}, own = {ALD_STR("a"), 8, 99, 0, 9, 0},
                                odd = {ALD_STR("b"), 8, 100, 3, 2, 0}, nameless = {ALD_STR(""), 8, 100, 0, 2, 0};
    struct ald_route_hub *hub;

    map_begin(&map);
    ald_check_int(TELL(&map, &first, "+target x", "+target y"), 0);
    ald_check_int(TELL(&map, &first, "+target x", "+target y"), ALD_ROUTE_OLD);
    ald_check_int(TELL(&map, &third, "+target z"), ALD_ROUTE_GAP);
    ald_check_int(TELL(&map, &earlier, "+target z"), ALD_ROUTE_OLD);
    ald_check_int(TELL(&map, &own, "+target z"), ALD_ROUTE_SELF);
    ald_check_int(TELL(&map, &odd, "+target z"), ALD_ROUTE_INVALID);
    ald_check_int(TELL(&map, &nameless, "+target z"), ALD_ROUTE_INVALID);
    hub = ald_route_map_find(&map, ALD_STR("b"));
    ald_check_int(hub->n_targets, 2);
    ald_check_int(ald_route_page_change(&map, hub, &first, 3, ALD_ROUTE_TARGET, ALD_STR("q"), true), ALD_ROUTE_INVALID);
    ald_check_int(ald_route_page_change(&map, hub, &third, 4, ALD_ROUTE_TARGET, ALD_STR("q"), true), ALD_ROUTE_INVALID);
    ald_route_map_fini(&map);
}

ALD_TEST(route, a_hub_that_starts_anew_begins_with_nothing)
{
    struct ald_route_map map;

    map_begin(&map);
    link_own(&map, "b");
    ald_check_int(
        TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 0, 3, 0}), "+hub a", "+target x", "+target y"), 0);
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 9, 101, 0, 1, 0}), "+target y"), 0);
    ald_check_str(ald_str(way_to_target(&map, "x")), "away");
    ald_check_str(ald_str(way_to_target(&map, "y")), "b b 1");
    while (ald_route_map_reap(&map)) {
    }
    ald_check_str(ald_str(way_to_target(&map, "x")), "unknown");
    ald_route_map_check(&map);
    ald_route_map_fini(&map);
}

ALD_TEST(route, what_was_taken_back_unheard_is_not_believed_for_ever)
{
    struct ald_route_map map;

    map_begin(&map);
    link_own(&map, "b");
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 0, 2, 0}), "+target x", "+target y"), 0);
    /* Meanwhile x was taken back with stamp 3, and nobody remembers it. */
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 3, 5, 3}), "+target z"), ALD_ROUTE_GAP);
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 0, 5, 3}), "+target y"), 0);
    ald_check_str(ald_str(way_to_target(&map, "x")), "b b 1"); /* it is believed until the rest is there */
    while (ald_route_map_reap(&map)) {
    }
    ald_check_str(ald_str(way_to_target(&map, "x")), "unknown");
    ald_check_str(ald_str(way_to_target(&map, "y")), "b b 1");
    ald_route_map_fini(&map);
}

ALD_TEST(route, limits_hold_and_are_counted)
{
    const struct ald_route_limits tight = {.hubs_max = 2, .links_max = 1, .facts_max = 3, .all_max = 4};
    struct ald_route_map map;
    struct ald_route_hub *hub;

    ald_check_int(ald_route_map_init(&map, &tight, seed, ALD_STR("a"), 7, 100), 0);
    link_own(&map, "b");
    ald_check_int(ald_route_map_meet(&map, ALD_STR("c"), &hub), ALD_ROUTE_FULL);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_HUB, ALD_STR("c"), true), ALD_ROUTE_FULL);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_TARGET, ALD_STR("x"), true), 0);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_TARGET, ALD_STR("y"), true), 0);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_TARGET, ALD_STR("z"), true), ALD_ROUTE_FULL);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_TARGET, ALD_STR("x"), false), 0);
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_TARGET, ALD_STR("z"), true), 0);
    ald_check(map.n_refused == 3);
    ald_route_map_check(&map);
    ald_route_map_fini(&map);
}

ALD_TEST(route, who_is_away_for_three_sweeps_is_forgotten)
{
    struct ald_route_map map;

    map_begin(&map);
    link_own(&map, "b");
    ald_check_int(TELL(&map, &((struct ald_route_page){ALD_STR("b"), 8, 100, 0, 1, 0}), "+target x"), 0);
    ald_check(!ald_route_map_sweep(&map));
    ald_check_int(ald_route_map_own(&map, ALD_ROUTE_HUB, ALD_STR("b"), false), 0);
    ald_check(ald_route_map_sweep(&map));
    ald_check(ald_route_map_sweep(&map));
    ald_check(ald_route_map_find(&map, ALD_STR("b")) != NULL);
    ald_check(ald_route_map_sweep(&map));
    ald_check(ald_route_map_find(&map, ALD_STR("b")) == NULL);
    ald_check(!ald_route_map_sweep(&map));
    ald_route_map_check(&map);
    while (ald_route_map_reap(&map)) {
    }
    ald_check_int(map.n_facts, 0);
    ald_route_map_fini(&map);
}

/* --- whole worlds ----------------------------------------------------------------------------------------------- */

enum { WORLD_HUBS = 10, WORLD_TARGETS = 12, WORLD_FLIGHT = 64 };

/* A page on its way: between the same two they arrive in order. */
struct flight {
    struct ald_route_page page;
    char hub[8];
    size_t n;
    struct {
        uint64_t stamp;
        enum ald_route_kind kind;
        bool present;
        char name[16];
    } changes[4];
};

struct world_link {
    bool up;
    unsigned slot; /* at `from`, the feed that tells `to` */
    size_t n;
    struct flight flight[WORLD_FLIGHT];
};

struct world {
    struct ald_rng rng;
    size_t n_hubs;
    struct ald_route_map maps[WORLD_HUBS];
    uint64_t epochs[WORLD_HUBS];
    bool targets[WORLD_HUBS][WORLD_TARGETS];
    struct world_link links[WORLD_HUBS][WORLD_HUBS];
};

static struct world world;

static struct ald_str name_of(const char *prefix, size_t i)
{
    static char texts[4][16];
    static int n;
    char *text = texts[n++ % 4];

    snprintf(text, 16, "%s%zu", prefix, i);
    return ald_str(text);
}

static size_t world_below(size_t n)
{
    return (size_t)ald_rng_below(&world.rng, n);
}

static void world_start(size_t i)
{
    const uint64_t own_seed[2] = {i, 9};

    ald_check_int(
        ald_route_map_init(&world.maps[i], &limits, own_seed, name_of("h", i), i + 1, ++world.epochs[i] * 10 + i), 0);
}

static void world_begin(uint64_t number, size_t n_hubs)
{
    memset(&world, 0, sizeof(world));
    ald_rng_init(&world.rng, number);
    world.n_hubs = n_hubs;
    for (size_t i = 0; i < n_hubs; i++) {
        world_start(i);
    }
}

static void world_link_half(size_t from, size_t to)
{
    struct world_link *link = &world.links[from][to];
    struct ald_route_hub *hub;

    link->up = true;
    link->n = 0;
    ald_check_int(ald_route_map_meet(&world.maps[from], name_of("h", to), &hub), 0);
    ald_check_int(ald_route_feed_open(&world.maps[from], hub, &link->slot), 0);
    ald_check_int(ald_route_map_own(&world.maps[from], ALD_ROUTE_HUB, name_of("h", to), true), 0);
}

static void world_ask(size_t from, size_t to, struct ald_str id)
{
    ald_route_feed_restart(&world.maps[to], world.links[to][from].slot, id);
}

static void world_ask_all(size_t from, struct ald_str id)
{
    for (size_t to = 0; to < world.n_hubs; to++) {
        if (world.links[from][to].up && world.links[to][from].up) {
            world_ask(from, to, id);
        }
    }
}

static void world_ask_unheard(size_t from, struct ald_route_hub *hub)
{
    uint64_t unheard = ald_route_map_take_unheard(hub);

    for (size_t to = 0; to < world.n_hubs; to++) {
        if (world.links[from][to].up && (unheard >> world.links[from][to].slot & 1) != 0) {
            world_ask(from, to, hub->id);
        }
    }
}

static void world_cut_half(size_t from, size_t to)
{
    struct world_link *link = &world.links[from][to];

    link->up = false;
    link->n = 0;
    ald_route_feed_close(&world.maps[from], link->slot);
    ald_list_each (it, &world.maps[from].hubs) {
        const struct ald_route_hub *hub = ald_list_entry(it, const struct ald_route_hub, node);

        if (ald_route_hub_is_orphan(hub)) {
            world_ask_all(from, hub->id);
        }
    }
    ald_check_int(ald_route_map_own(&world.maps[from], ALD_ROUTE_HUB, name_of("h", to), false), 0);
}

static void world_toggle(size_t a, size_t b)
{
    if (world.links[a][b].up) {
        world_cut_half(a, b);
        world_cut_half(b, a);
    } else {
        world_link_half(a, b);
        world_link_half(b, a);
    }
}

static void world_restart(size_t i)
{
    for (size_t j = 0; j < world.n_hubs; j++) {
        if (world.links[i][j].up) {
            world_cut_half(j, i);
            world.links[i][j].up = false;
        }
    }
    ald_route_map_fini(&world.maps[i]);
    memset(world.targets[i], 0, sizeof(world.targets[i]));
    world_start(i);
}

static bool world_send(size_t from, size_t to)
{
    struct world_link *link = &world.links[from][to];
    struct ald_route_map *map = &world.maps[from];
    struct ald_route_hub *hub = link->up && link->n < WORLD_FLIGHT ? ald_route_feed_next(map, link->slot) : NULL;
    struct flight *flight = &link->flight[link->n];
    const struct ald_route_fact *fact, *last = NULL;

    if (hub == NULL) {
        return false;
    }
    *flight = (struct flight){.page = ald_route_feed_page(hub, link->slot)};
    snprintf(flight->hub, sizeof(flight->hub), "%.*s", ALD_STR_ARG(hub->id));
    fact = ald_route_feed_fact(hub, link->slot);
    while (fact != NULL && flight->n < 1 + world_below(4)) {
        flight->changes[flight->n].stamp = fact->stamp;
        flight->changes[flight->n].kind = ald_route_kind_of(fact);
        flight->changes[flight->n].present = !fact->removed;
        snprintf(flight->changes[flight->n].name, 16, "%.*s", ALD_STR_ARG(ald_route_name_of(fact)));
        flight->n++;
        last = fact;
        fact = ald_route_feed_after(fact);
    }
    ald_route_feed_told(map, hub, link->slot, last);
    flight->page.to = hub->told[link->slot];
    link->n++;
    ald_route_map_check(map);
    return true;
}

static bool world_receive(size_t from, size_t to)
{
    struct world_link *link = &world.links[from][to], *back = &world.links[to][from];
    struct ald_route_map *map = &world.maps[to];
    struct flight flight = link->flight[0];
    struct ald_route_hub *hub;
    int r;

    if (!link->up || link->n == 0) {
        return false;
    }
    link->n--;
    memmove(link->flight, link->flight + 1, link->n * sizeof(flight));
    flight.page.hub = ald_str(flight.hub);
    r = ald_route_page_open(map, &flight.page, back->slot, &hub);
    ald_check(r == 0 || r == ALD_ROUTE_OLD || r == ALD_ROUTE_GAP || r == ALD_ROUTE_SELF);
    if (r == ALD_ROUTE_SELF && flight.page.epoch > map->self->epoch) {
        ald_route_map_renew(map, flight.page.epoch + 1);
    }
    if (r == ALD_ROUTE_GAP) { /* it asks, and is heard at once */
        ald_route_feed_restart(&world.maps[from], link->slot, ald_str(flight.hub));
    }
    for (size_t i = 0; r == 0 && i < flight.n; i++) {
        ald_check_int(ald_route_page_change(map, hub, &flight.page, flight.changes[i].stamp, flight.changes[i].kind,
                                            ald_str(flight.changes[i].name), flight.changes[i].present),
                      0);
    }
    if (r == 0) {
        ald_route_page_close(map, hub, &flight.page, back->slot);
        world_ask_unheard(to, hub);
    }
    ald_route_map_check(map);
    return true;
}

static void world_move(void)
{
    size_t a = world_below(world.n_hubs), b = world_below(world.n_hubs);

    if (a != b && !world_send(a, b)) {
        ald_ignore(world_receive(a, b));
    }
    ald_ignore(ald_route_map_reap(&world.maps[a]));
}

static void world_churn(void)
{
    size_t i = world_below(world.n_hubs), j = world_below(world.n_hubs), target = world_below(WORLD_TARGETS);

    switch (world_below(20)) {
    case 0:
        if (i != j) {
            world_toggle(i, j);
        }
        break;
    case 1:
        if (world_below(5) == 0) {
            world_restart(i);
        }
        break;
    default:
        world.targets[i][target] = !world.targets[i][target];
        ald_check_int(
            ald_route_map_own(&world.maps[i], ALD_ROUTE_TARGET, name_of("t", target), world.targets[i][target]), 0);
        break;
    }
}

static void world_settle(void)
{
    bool moved = true;

    for (int n = 0; moved; n++) {
        moved = false;
        ald_check(n < 10000);
        for (size_t a = 0; a < world.n_hubs; a++) {
            for (size_t b = 0; b < world.n_hubs; b++) {
                moved = (a != b && (world_receive(a, b) || world_send(a, b))) || moved;
            }
            while (ald_route_map_reap(&world.maps[a])) {
            }
        }
    }
}

/* Distances from `from`, by trying until nothing gets nearer. */
static void world_distances(size_t from, uint32_t distances[WORLD_HUBS])
{
    bool nearer = true;

    for (size_t i = 0; i < WORLD_HUBS; i++) {
        distances[i] = i == from ? 0 : ALD_ROUTE_NOWHERE;
    }
    while (nearer) {
        nearer = false;
        for (size_t a = 0; a < world.n_hubs; a++) {
            for (size_t b = 0; b < world.n_hubs; b++) {
                if (world.links[a][b].up && distances[a] != ALD_ROUTE_NOWHERE && distances[a] + 1 < distances[b]) {
                    distances[b] = distances[a] + 1;
                    nearer = true;
                }
            }
        }
    }
}

static void world_check_way(size_t from, size_t to, const uint32_t *distances)
{
    uint32_t beyond[WORLD_HUBS];
    struct ald_route_way way;
    int r = ald_route_way_to(&world.maps[from], name_of("h", to), &way);

    if (distances[to] == ALD_ROUTE_NOWHERE) {
        ald_check(r != 0);
        return;
    }
    ald_check_int(r, 0);
    ald_check_int(way.hops, distances[to]);
    for (size_t next = 0; next < world.n_hubs; next++) { /* the first neighbour that is one nearer */
        world_distances(next, beyond);
        if (world.links[from][next].up && beyond[to] == distances[to] - 1) {
            ald_check(ald_str_equal(way.next, name_of("h", next)));
            return;
        }
    }
    ald_check(false);
}

static void world_check_target(size_t from, size_t target, const uint32_t *distances)
{
    struct ald_route_way way;
    uint32_t least = ALD_ROUTE_NOWHERE;
    size_t nearest = 0;
    int r = ald_route_way_to_target(&world.maps[from], name_of("t", target), ALD_STR_NONE, &way);

    for (size_t i = 0; i < world.n_hubs; i++) {
        if (i != from && world.targets[i][target] && distances[i] < least) {
            least = distances[i];
            nearest = i;
        }
    }
    ald_check((r == 0) == (least != ALD_ROUTE_NOWHERE));
    if (r == 0) {
        ald_check_int(way.hops, least);
        ald_check(ald_str_equal(way.hub, name_of("h", nearest)));
    }
}

static void world_check(void)
{
    uint32_t distances[WORLD_HUBS], n;

    for (size_t from = 0; from < world.n_hubs; from++) {
        world_distances(from, distances);
        n = 0;
        for (size_t to = 0; to < world.n_hubs; to++) {
            n += distances[to] != ALD_ROUTE_NOWHERE ? 1 : 0;
            if (to != from) {
                world_check_way(from, to, distances);
            }
        }
        for (size_t target = 0; target < WORLD_TARGETS; target++) {
            world_check_target(from, target, distances);
        }
        ald_check_int(ald_route_way_count(&world.maps[from]), n);
    }
}

ALD_TEST(route, every_hub_of_a_world_finds_the_shortest_ways)
{
    for (uint64_t number = 1; number <= 60; number++) {
        world_begin(number, 2 + number % (WORLD_HUBS - 1));
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < 100; i++) {
                world_churn();
                for (int n = 0; n < 6; n++) {
                    world_move();
                }
            }
            world_settle();
            world_check();
            for (size_t j = 0; j < world.n_hubs; j++) {
                ald_ignore(ald_route_map_sweep(&world.maps[j])); /* who is forgotten may be missed now, and not later */
            }
        }
        for (size_t i = 0; i < world.n_hubs; i++) {
            ald_route_map_fini(&world.maps[i]);
        }
    }
}

ALD_TEST_MAIN(route, ALD_CASE(route, a_neighbour_is_reached_before_it_says_anything),
              ALD_CASE(route, a_target_behind_a_neighbour_is_found), ALD_CASE(route, of_equal_ways_the_first_name_wins),
              ALD_CASE(route, a_daemon_stands_behind_its_hub), ALD_CASE(route, pages_out_of_order_are_told_apart),
              ALD_CASE(route, a_hub_that_starts_anew_begins_with_nothing),
              ALD_CASE(route, what_was_taken_back_unheard_is_not_believed_for_ever),
              ALD_CASE(route, limits_hold_and_are_counted), ALD_CASE(route, who_is_away_for_three_sweeps_is_forgotten),
              ALD_CASE(route, every_hub_of_a_world_finds_the_shortest_ways))
