#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "graph/world.h"

/*
 * A run: the hubs link up and settle; then, several times, something goes wrong, messages are said at once and again when
 * two seconds have passed; in the end all is mended, and everybody must reach everybody.
 */

enum { RUN_ROUNDS_MIN = 3, RUN_ROUNDS_MORE = 4, RUN_WILD = 25, RUN_CALM = 40 };

enum shape { SHAPE_LINE, SHAPE_RING, SHAPE_STAR, SHAPE_MESH };
enum fault { FAULT_CUT, FAULT_CRASH, FAULT_PARTITION, FAULT_LEAVE };

uint64_t graph_below(struct graph_world *world, uint64_t bound)
{
    return ald_rng_below(&world->rng, bound);
}

void graph_tell(struct graph_world *world, const char *format, ...)
{
    va_list args;

    if (!world->told) {
        return;
    }
    va_start(args, format);
    printf("[%8.3f] ", (double)graph_now(world) / 1e6);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

void graph_break(struct graph_world *world, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (world->broken[0] == '\0') {
        vsnprintf(world->broken, sizeof(world->broken), format, args);
        graph_tell(world, "BROKEN: %s", world->broken);
    }
    va_end(args);
}

static void run_until(struct graph_world *world, ald_usec until)
{
    while (sim_clock_step(&world->clock, until)) {
    }
}

static void run_for(struct graph_world *world, ald_usec usec)
{
    run_until(world, graph_now(world) + usec);
}

/* --- what there is ---------------------------------------------------------------------------------------------- */

static void run_link(struct graph_world *world, uint32_t one, uint32_t two)
{
    struct graph_hub *from = &world->hubs[one], *to = &world->hubs[two];

    for (uint32_t i = 0; i < world->n_links; i++) {
        const struct graph_link *link = &world->links[i];

        if ((link->hubs[0] == from && link->hubs[1] == to) || (link->hubs[0] == to && link->hubs[1] == from)) {
            return;
        }
    }
    if (one != two && world->n_links < GRAPH_LINKS_MAX) {
        graph_link_init(&world->links[world->n_links++], world, from, to);
    }
}

static void run_shape(struct graph_world *world, enum shape shape)
{
    uint32_t n = world->n_hubs;

    world->cover->shapes[shape]++;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t other = shape == SHAPE_STAR ? 0 : shape == SHAPE_MESH ? (uint32_t)graph_below(world, i) : i - 1;
        bool turned = graph_below(world, 2) == 0; /* either may be the one that calls */

        run_link(world, turned ? i : other, turned ? other : i);
    }
    if (shape == SHAPE_RING) {
        run_link(world, n - 1, 0);
    }
    for (uint32_t i = 0; shape == SHAPE_MESH && i < n; i++) {
        run_link(world, (uint32_t)graph_below(world, n), (uint32_t)graph_below(world, n));
    }
}

static void run_services(struct graph_world *world)
{
    for (uint32_t i = 0; i < 3 * world->n_hubs; i++) {
        struct graph_service *service = &world->services[i];
        uint32_t at = i % world->n_hubs, turn = i / world->n_hubs;

        if (turn > 0 && graph_below(world, 2) == 0) {
            continue;
        }
        service = &world->services[world->n_services];
        *service = (struct graph_service){.world = world, .hub = &world->hubs[at], .index = world->n_services++};
        service->shared = turn == 2;
        service->end = (struct graph_end){.hub = service->hub, .service = service};
        if (service->shared) {
            snprintf(service->name, GRAPH_NAME, "crowd");
        } else {
            snprintf(service->name, GRAPH_NAME, "s%u", service->index);
        }
        graph_service_come(service);
    }
}

/* --- what is said ----------------------------------------------------------------------------------------------- */

static struct graph_service *run_service(struct graph_world *world)
{
    return &world->services[graph_below(world, world->n_services)];
}

static void run_say(struct graph_world *world)
{
    static const char *const names[] = {"DO", "DO", "DO", "FAIL", "SLOW", "MUTE"};
    struct graph_service *from = run_service(world);
    const struct graph_service *to = run_service(world);
    char address[2 * GRAPH_NAME];
    uint64_t draw = graph_below(world, 100);

    snprintf(address, sizeof(address), "%s", to->name);
    if (graph_below(world, 4) == 0) {
        snprintf(address, sizeof(address), "%.7s:%.7s", to->hub->id, to->name);
    } else if (graph_below(world, 25) == 0) {
        snprintf(address, sizeof(address), "nobody");
    }
    if (draw < 55) {
        graph_service_say(from, GRAPH_COMMAND, address, names[graph_below(world, ALD_COUNT(names))],
                          ALD_SEC + graph_below(world, 3000) * ALD_MSEC);
    } else if (draw < 85) {
        graph_service_say(from, GRAPH_EVENT, address, "DATA", ALD_SEC);
    } else if (draw < 95) {
        graph_service_say(from, GRAPH_BROADCAST, "*", "NOISE", ALD_SEC);
    } else {
        graph_service_say(from, GRAPH_EVERYONE, "crowd", "DATA", ALD_SEC);
    }
}

static void run_talk(struct graph_world *world, uint32_t n, ald_usec within)
{
    for (uint32_t i = 0; i < n; i++) {
        run_for(world, within / n);
        run_say(world);
    }
}

/* --- what goes wrong -------------------------------------------------------------------------------------------- */

static void run_partition(struct graph_world *world)
{
    uint32_t group = (uint32_t)ald_rng_next(&world->rng);

    for (uint32_t i = 0; i < world->n_links; i++) {
        struct graph_link *link = &world->links[i];

        if (((group >> link->hubs[0]->index ^ group >> link->hubs[1]->index) & 1) != 0) {
            link->wired = false;
            graph_link_cut(link);
        }
    }
}

static void run_fault(struct graph_world *world)
{
    struct graph_hub *hub = &world->hubs[graph_below(world, world->n_hubs)];
    struct graph_link *link = &world->links[graph_below(world, world->n_links)];
    enum fault fault = (enum fault)graph_below(world, 4);

    graph_fault(world);
    world->cover->faults[fault]++;
    switch (fault) {
    case FAULT_CUT:
        link->wired = graph_below(world, 2) == 0; /* for a moment, or until it is mended */
        graph_link_cut(link);
        break;
    case FAULT_CRASH:
        if (hub->hub != NULL) {
            graph_hub_crash(hub);
        }
        break;
    case FAULT_PARTITION:
        run_partition(world);
        break;
    case FAULT_LEAVE: {
        struct graph_service *service = run_service(world);

        if (service->there) {
            graph_tell(world, "%s leaves", service->name);
            graph_end_written(&service->end, service->heard);
            service->there = false;
            service->life++;
            graph_end_closed(&service->end);
        }
        break;
    }
    }
}

static void run_mend(struct graph_world *world)
{
    for (uint32_t i = 0; i < world->n_hubs; i++) {
        if (world->hubs[i].hub == NULL) {
            graph_hub_start(&world->hubs[i]);
        }
    }
    for (uint32_t i = 0; i < world->n_links; i++) {
        world->links[i].wired = true;
    }
    for (uint32_t i = 0; i < world->n_services; i++) {
        graph_service_come(&world->services[i]);
    }
}

/* By then whoever said an event that was lost with a hub has heard that nothing was heard of it: the hub looks at these when
 * it sweeps. */
#define RUN_DOUBT (90 * ALD_SEC)

static void run_probe(struct graph_world *world)
{
    for (uint32_t i = 0; i < world->n_services; i++) {
        for (uint32_t j = 0; j < world->n_services; j++) {
            if (!world->services[j].shared && graph_below(world, 3) == 0) {
                graph_service_say(&world->services[i], GRAPH_COMMAND, world->services[j].name, "DO", 2 * ALD_SEC);
            }
        }
        run_for(world, 5 * ALD_MSEC);
    }
    for (uint32_t i = 0; i < world->n_hubs; i++) {
        if (graph_reach(world, &world->hubs[i], NULL) != ((uint32_t)1 << world->n_hubs) - 1) {
            graph_break(world, "%s is not linked with all others, when everything was mended", world->hubs[i].id);
        }
    }
}

static void run_world(struct graph_world *world)
{
    uint32_t n_rounds = RUN_ROUNDS_MIN + (uint32_t)graph_below(world, RUN_ROUNDS_MORE);

    for (uint32_t i = 0; i < world->n_hubs; i++) {
        struct graph_hub *hub = &world->hubs[i];

        *hub = (struct graph_hub){.world = world, .index = i};
        snprintf(hub->id, GRAPH_NAME, "h%u", i);
        graph_hub_start(hub);
    }
    run_shape(world, (enum shape)graph_below(world, 4));
    for (uint32_t i = 0; i < world->n_links; i++) {
        graph_link_dial(&world->links[i]);
    }
    run_services(world);
    run_for(world, GRAPH_SETTLE + ALD_SEC);
    run_talk(world, RUN_CALM, ALD_SEC);
    for (uint32_t round = 0; round < n_rounds && world->broken[0] == '\0'; round++) {
        for (uint64_t n = 1 + graph_below(world, 3); n > 0; n--) {
            run_fault(world);
            run_talk(world, RUN_WILD / 3, 300 * ALD_MSEC);
        }
        run_for(world, GRAPH_SETTLE);
        run_talk(world, RUN_CALM, ALD_SEC);
        run_for(world, GRAPH_TRANSIT);
        if (graph_below(world, 2) == 0) {
            run_mend(world);
        }
    }
    run_mend(world);
    run_for(world, GRAPH_SETTLE + ALD_SEC);
    run_probe(world);
    run_for(world, RUN_DOUBT);
}

/* Everything is given back, and nothing of it was forgotten. */
static void run_end(struct graph_world *world)
{
    world->ending = true;
    for (uint32_t i = 0; i < world->n_links; i++) {
        graph_link_cut(&world->links[i]);
    }
    run_for(world, 2 * ALD_SEC);
    for (uint32_t i = 0; i < world->n_hubs; i++) {
        if (world->hubs[i].hub != NULL) {
            graph_hub_crash(&world->hubs[i]);
        }
    }
    run_for(world, 2 * ALD_SEC);
    if (ald_msg_pool_live(world->messages) != 0) {
        graph_break(world, "%zu messages are never given back", ald_msg_pool_live(world->messages));
    }
}

bool graph_run(struct graph_world *world, uint64_t seed, struct graph_cover *cover, bool told, uint8_t sabotage)
{
    int r;

    memset(world, 0, sizeof(*world));
    world->seed = seed;
    world->cover = cover;
    world->told = told;
    world->sabotage = sabotage;
    ald_rng_init(&world->rng, seed);
    sim_clock_init(&world->clock, 1000 * ALD_SEC);
    r = ald_msg_pool_new(1000, &world->messages);
    ald_assert(r == 0);
    world->n_hubs = 3 + (uint32_t)graph_below(world, GRAPH_HUBS_MAX - 2);
    cover->n_runs++;
    cover->n_hubs[world->n_hubs]++;
    run_world(world);
    graph_check(world);
    run_end(world);
    if (ald_msg_pool_live(world->messages) == 0) {
        world->messages = ald_msg_pool_free(world->messages);
    }
    sim_clock_fini(&world->clock);
    return world->broken[0] == '\0';
}
