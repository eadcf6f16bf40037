#include <stdlib.h>
#include <string.h>

#include "graph/world.h"
#include "wire/exchange/exchange.h"

/*
 * What one side pushes waits for the kernel for a moment, is then begun, and arrives after the link's latency, unless the
 * link was cut before. So a cut finds messages in all three states.
 */

enum { LINK_KERNEL = 200 /* microseconds at most */, LINK_BACKOFF = 400 /* milliseconds at most */ };

static const struct ald_dialect_options link_options = {
    .hello_timeout = 10 * ALD_SEC,
    .reply_timeout = 60 * ALD_SEC,
    .ping_interval = 5 * ALD_SEC,
    .pong_timeout = 15 * ALD_SEC,
    .message_max = 13107200,
};

static uint64_t link_counters[2][256];
static struct ald_identity link_identities[GRAPH_HUBS_MAX];

static void link_pump(struct graph_link *link, uint8_t side);
static void link_schedule(struct graph_link *link, uint8_t side);

static uint8_t other(uint8_t side)
{
    return (uint8_t)(1 - side);
}

void graph_link_init(struct graph_link *link, struct graph_world *world, struct graph_hub *from, struct graph_hub *to)
{
    *link = (struct graph_link){.world = world, .hubs = {from, to}, .wired = true};
    link->latency = 200 + graph_below(world, 20000);
    for (uint8_t side = 0; side < 2; side++) {
        ald_node_init(&link->packets[side]);
        link->ends[side] = (struct graph_end){.hub = link->hubs[side], .is_link = true, .side = side, .link = link};
    }
}

static void link_dial_task(void *who, uint64_t what ALD_UNUSED)
{
    graph_link_dial(who);
}

static void link_retry(struct graph_link *link)
{
    struct graph_world *world = link->world;

    sim_clock_at(&world->clock, graph_now(world) + (50 + graph_below(world, LINK_BACKOFF)) * ALD_MSEC, link_dial_task,
                 link, 0);
}

static void link_open_side(struct graph_link *link, uint8_t side)
{
    struct graph_world *world = link->world;
    struct ald_identity *identity = &link_identities[link->hubs[side]->index];
    struct ald_dialect_facts facts = {
        .role = ALD_ROLE_HUB,
        .options = &link_options,
        .messages = world->messages,
        .counters = link_counters[side],
        .identity = identity,
        .seed = ald_rng_next(&world->rng),
        .now = graph_now(world),
        .variant = ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED | (side == 0 ? ALD_EXCHANGE_HUB : 0),
    };
    int r;

    identity->hub = ald_str(link->hubs[side]->id);
    r = ald_exchange.open(&facts, &link->dialects[side]);
    ald_assert(r == 0);
    link->tick_at[side] = ALD_NEVER;
    link->last_arrival[side] = link->last_begun[side] = 0;
    link->paused[side] = false;
}

void graph_link_dial(struct graph_link *link)
{
    uint32_t life;

    if (link->open || link->world->ending) {
        return;
    }
    if (!link->wired || link->hubs[0]->hub == NULL || link->hubs[1]->hub == NULL) {
        link_retry(link);
        return;
    }
    graph_fault(link->world); /* what is under way may take either way now */
    link->open = true;
    life = ++link->life;
    for (uint8_t side = 0; side < 2; side++) {
        link_open_side(link, side);
    }
    graph_tell(link->world, "%s and %s connect", link->hubs[0]->id, link->hubs[1]->id);
    for (uint8_t side = 0; side < 2 && link->open && link->life == life; side++) {
        graph_end_open(&link->ends[side], link->hubs[other(side)]->id);
    }
    for (uint8_t side = 0; side < 2 && link->open && link->life == life; side++) {
        link_pump(link, side);
    }
}

static void link_closed_task(void *who, uint64_t what)
{
    struct graph_end *end = who;

    if (end->conn == what) {
        graph_end_closed(end);
    }
}

static void packet_free(struct graph_packet *packet)
{
    ald_node_remove(&packet->node);
    ald_slice_clear(&packet->bytes);
    free(packet);
}

void graph_link_cut(struct graph_link *link)
{
    struct graph_world *world = link->world;

    if (!link->open) {
        return;
    }
    graph_tell(world, "%s and %s are cut", link->hubs[0]->id, link->hubs[1]->id);
    graph_fault(world);
    link->open = false;
    link->life++;
    for (uint8_t side = 0; side < 2; side++) {
        link->dialects[side] = ald_dialect_free(link->dialects[side]);
        sim_clock_at(&world->clock, graph_now(world) + graph_below(world, 20) * ALD_MSEC, link_closed_task,
                     &link->ends[side], link->ends[side].conn);
    }
    link_retry(link);
}

/* --- bytes ------------------------------------------------------------------------------------------------------ */

/* How often a message arrives: once, unless a test wants to see that the history notices. */
static uint32_t link_times(struct graph_world *world)
{
    if (world->sabotage == GRAPH_DROPS && graph_below(world, 50) == 0) {
        return 0;
    }
    return world->sabotage == GRAPH_REPEATS && graph_below(world, 20) == 0 ? 2 : 1;
}

static void link_feed(struct graph_link *link, uint8_t side, struct graph_packet *packet)
{
    struct graph_world *world = link->world;
    struct ald_slice bytes = ald_slice_ref(packet->bytes);
    uint8_t kind = packet->kind;
    uint32_t life = link->life;
    int r;

    packet_free(packet);
    ald_dialect_alive(link->dialects[side], graph_now(world));
    for (uint32_t n = link_times(world); n > 0 && kind == ALD_FRAME_BINARY && link->open && link->life == life; n--) {
        r = ald_dialect_feed(link->dialects[side], graph_now(world), ALD_FRAME_BINARY, bytes);
        ald_assert(r == 0);
        if (link->open && link->life == life) {
            link_pump(link, side);
        }
    }
    ald_slice_clear(&bytes);
}

/* What arrived for that side and waits, because it was not read. */
static void link_read(struct graph_link *link, uint8_t side)
{
    struct ald_node *node;
    uint32_t life = link->life;

    while (link->open && link->life == life && !link->paused[side] &&
           (node = ald_list_first(&link->packets[other(side)])) != NULL) {
        struct graph_packet *packet = ald_list_entry(node, struct graph_packet, node);

        if (!packet->arrived) {
            return;
        }
        link_feed(link, side, packet);
    }
}

static void link_arrived(void *who, uint64_t what)
{
    struct graph_packet *packet = who;
    struct graph_link *link = (struct graph_link *)(uintptr_t)what;
    uint8_t side;

    if (packet->life != link->life) {
        packet_free(packet); /* lost with the connection */
        return;
    }
    packet->arrived = true;
    for (side = 0; side < 2; side++) {
        link_read(link, side);
    }
}

static void link_begun(void *who, uint64_t what)
{
    struct graph_packet *packet = who;
    struct graph_link *link = (struct graph_link *)(uintptr_t)(what & ~(uint64_t)1);
    uint8_t side = (uint8_t)(what & 1);
    struct graph_world *world = link->world;
    uint64_t ordinal = packet->ordinal;
    ald_usec at;

    if (packet->life != link->life) {
        packet_free(packet);
        return;
    }
    at = ALD_MAX(link->last_arrival[side], graph_now(world) + link->latency + graph_below(world, 1000));
    link->last_arrival[side] = at;
    sim_clock_at(&world->clock, at, link_arrived, packet, (uint64_t)(uintptr_t)link);
    if (ordinal != 0) {
        graph_end_written(&link->ends[side], ordinal);
    }
}

static void link_push(struct graph_link *link, uint8_t side, const struct ald_frame *frame)
{
    struct graph_world *world = link->world;
    struct graph_packet *packet = calloc(1, sizeof(*packet));
    struct ald_block *block = NULL;
    size_t size = 0, used = 0;
    int r;

    ald_assert(packet != NULL);
    for (uint8_t n = 0; n < frame->n_parts; n++) {
        size += frame->parts[n].size;
    }
    r = ald_block_new(ALD_MAX(size, (size_t)1), &block);
    ald_assert(r == 0);
    for (uint8_t n = 0; n < frame->n_parts; n++) {
        if (frame->parts[n].size > 0) {
            memcpy(block->data + used, frame->parts[n].data, frame->parts[n].size);
            used += frame->parts[n].size;
        }
    }
    packet->bytes = ald_slice_of(block, block->data, size);
    ald_block_unref(block);
    packet->kind = frame->kind;
    packet->ordinal = frame->ordinal;
    packet->life = link->life;
    ald_list_push_back(&link->packets[side], &packet->node);
    link->last_begun[side] = ALD_MAX(link->last_begun[side], graph_now(world) + graph_below(world, LINK_KERNEL));
    sim_clock_at(&world->clock, link->last_begun[side], link_begun, packet, (uint64_t)(uintptr_t)link | side);
}

static uint32_t link_drain(struct graph_link *link, uint8_t side, uint64_t ordinal)
{
    struct ald_frame frame;
    uint32_t n = 0;

    while (ald_dialect_drain(link->dialects[side], &frame) == 0) {
        n += ordinal != 0 && frame.ordinal == ordinal;
        link_push(link, side, &frame);
    }
    return n;
}

static void link_cut_task(void *who, uint64_t what)
{
    struct graph_link *link = who;

    if (link->life == what) {
        graph_link_cut(link);
    }
}

/* What the dialect of that side has to write and to tell. */
static void link_pump(struct graph_link *link, uint8_t side)
{
    struct ald_signal signal;
    uint32_t life = link->life;

    link_drain(link, side, 0);
    while (link->open && link->life == life && ald_dialect_next(link->dialects[side], &signal) == 0) {
        if (signal.kind == ALD_SIGNAL_CLOSE) {
            graph_tell(link->world, "%s closes its link with %s: %.*s", link->hubs[side]->id,
                       link->hubs[other(side)]->id, ALD_STR_ARG(signal.text));
            sim_clock_at(&link->world->clock, graph_now(link->world), link_cut_task, link, link->life);
            ald_signal_clear(&signal);
            break;
        }
        graph_end_signal(&link->ends[side], &signal);
    }
    if (link->open && link->life == life) {
        link_drain(link, side, 0);
        link_schedule(link, side);
    }
}

static void link_pump_task(void *who, uint64_t what)
{
    struct graph_end *end = who;

    if (end->link->open && end->link->life == what) {
        link_pump(end->link, end->side);
        link_read(end->link, end->side);
    }
}

static void link_tick(void *who, uint64_t what)
{
    struct graph_end *end = who;
    struct graph_link *link = end->link;
    uint8_t side = end->side;
    ald_usec now = graph_now(link->world);
    int r;

    if (!link->open || link->life != what || link->tick_at[side] != now) {
        return;
    }
    link->tick_at[side] = ALD_NEVER;
    r = ald_dialect_tick(link->dialects[side], now);
    ald_assert(r == 0);
    link_pump(link, side);
}

static void link_schedule(struct graph_link *link, uint8_t side)
{
    ald_usec due = ald_dialect_deadline(link->dialects[side]);

    if (due != ALD_NEVER && due < link->tick_at[side]) {
        link->tick_at[side] = ALD_MAX(due, graph_now(link->world));
        sim_clock_at(&link->world->clock, link->tick_at[side], link_tick, &link->ends[side], link->life);
    }
}

void graph_link_apply(struct graph_link *link, uint8_t side, const struct ald_effect *effect)
{
    int r;

    if (!link->open) {
        return;
    }
    switch ((enum ald_effect_kind)effect->kind) {
    case ALD_EFFECT_SIGNAL:
        r = ald_dialect_emit(link->dialects[side], graph_now(link->world), &effect->signal);
        ald_assert(r == 0);
        if (link_drain(link, side, effect->signal.ordinal) == 0) {
            /* What the protocol has no form for is written as soon as it is said. */
            struct ald_frame nothing = {.kind = ALD_FRAME_PONG, .ordinal = effect->signal.ordinal};

            link_push(link, side, &nothing);
        }
        sim_clock_at(&link->world->clock, graph_now(link->world), link_pump_task, &link->ends[side], link->life);
        break;
    case ALD_EFFECT_PAUSE:
        link->paused[side] = true;
        break;
    case ALD_EFFECT_RESUME:
        link->paused[side] = false;
        sim_clock_at(&link->world->clock, graph_now(link->world), link_pump_task, &link->ends[side], link->life);
        break;
    case ALD_EFFECT_CLOSE:
        graph_tell(link->world, "%s wants its link with %s closed: %s", link->hubs[side]->id,
                   link->hubs[other(side)]->id, effect->text);
        sim_clock_at(&link->world->clock, graph_now(link->world) + link->latency + ALD_MSEC, link_cut_task, link,
                     link->life);
        break;
    }
}
