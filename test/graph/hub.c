#include <stdio.h>

#include "base/error.h"
#include "graph/world.h"

static void hub_tick(void *who, uint64_t what);

/* When the hub wants to be stepped, if that is sooner than it already will be. */
static void hub_schedule(struct graph_hub *hub)
{
    ald_usec due = ald_hub_deadline(hub->hub);

    due = ALD_MAX(due, graph_now(hub->world));
    if (due != ALD_NEVER && due < hub->tick_at) {
        hub->tick_at = due;
        sim_clock_at(&hub->world->clock, due, hub_tick, hub, hub->n_boots);
    }
}

static void hub_tick(void *who, uint64_t what)
{
    struct graph_hub *hub = who;
    struct ald_event event = {.kind = ALD_EVENT_TICK};

    if (hub->hub != NULL && hub->n_boots == what && hub->tick_at == graph_now(hub->world)) {
        hub->tick_at = ALD_NEVER;
        graph_hub_step(hub, &event);
    }
}

static void hub_apply(struct graph_hub *hub)
{
    for (size_t i = 0; i < hub->effects.n; i++) {
        const struct ald_effect *effect = &hub->effects.ring[i];
        struct graph_end *end = effect->edge;

        if (end->conn != effect->conn) {
            continue; /* it has ended, and the hub will be told */
        }
        if (end->is_link) {
            graph_link_apply(end->link, end->side, effect);
        } else {
            graph_service_apply(end->service, effect);
        }
    }
    ald_effects_clear(&hub->effects);
}

void graph_hub_step(struct graph_hub *hub, struct ald_event *event)
{
    ald_assert(!hub->stepping);
    hub->stepping = true;
    event->now = graph_now(hub->world);
    event->wall = 1800000000 * ALD_SEC + event->now;
    ald_hub_step(hub->hub, event, &hub->effects);
    hub_apply(hub);
    hub->stepping = false;
    hub_schedule(hub);
}

void graph_hub_start(struct graph_hub *hub)
{
    struct graph_world *world = hub->world;
    struct ald_hub_config config;
    int r;

    ald_hub_config_init(&config);
    config.id = ald_str(hub->id);
    config.seed = ald_rng_next(&world->rng);
    config.now = graph_now(world);
    config.wall = 1800000000 * ALD_SEC + config.now;
    config.history_max = 1000;
    config.health_interval = 0;
    hub->n_boots++;
    hub->tick_at = ALD_NEVER;
    hub->last_conn = 0;
    r = ald_effects_init(&hub->effects, &config);
    ald_assert(r == 0);
    r = ald_hub_new(&config, world->messages, &hub->hub);
    ald_assert(r == 0);
    graph_tell(world, "%s starts", hub->id);
    hub_schedule(hub);
}

void graph_hub_crash(struct graph_hub *hub)
{
    struct graph_world *world = hub->world;

    graph_tell(world, "%s crashes", hub->id);
    hub->hub = ald_hub_free(hub->hub);
    ald_effects_fini(&hub->effects);
    for (uint32_t i = 0; i < world->n_services; i++) {
        if (world->services[i].hub == hub) {
            graph_service_gone(&world->services[i]);
        }
    }
    for (uint32_t i = 0; i < world->n_links; i++) {
        struct graph_link *link = &world->links[i];

        if (link->open && (link->hubs[0] == hub || link->hubs[1] == hub)) {
            graph_link_cut(link);
        }
    }
}

/* --- its connections -------------------------------------------------------------------------------------------- */

void graph_end_open(struct graph_end *end, const char *peer)
{
    struct ald_event event = {
        .kind = ALD_EVENT_OPENED, .edge = end, .peer = ald_str(peer), .dialect = ALD_STR("graph")};

    end->conn = ++end->hub->last_conn;
    event.conn = end->conn;
    graph_hub_step(end->hub, &event);
}

void graph_end_closed(struct graph_end *end)
{
    struct ald_event event = {.kind = ALD_EVENT_CLOSED, .conn = end->conn};

    if (end->conn != 0 && end->hub->hub != NULL) {
        end->conn = 0;
        graph_hub_step(end->hub, &event);
    }
    end->conn = 0;
}

void graph_end_signal(struct graph_end *end, struct ald_signal *signal)
{
    struct ald_event event = {.kind = ALD_EVENT_SIGNAL, .conn = end->conn, .signal = signal};

    if (end->conn != 0 && end->hub->hub != NULL) {
        graph_hub_step(end->hub, &event);
    }
    ald_signal_clear(signal);
}

void graph_end_written(struct graph_end *end, uint64_t ordinal)
{
    struct ald_event event = {.kind = ALD_EVENT_WRITTEN, .conn = end->conn, .begun = ordinal, .done = ordinal};

    if (end->conn != 0 && end->hub->hub != NULL) {
        graph_hub_step(end->hub, &event);
    }
}
