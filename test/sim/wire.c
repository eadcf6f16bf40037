#include "sim/wire.h"

#include <string.h>

#include "sim/world.h"
#include "wire/exchange/exchange.h"

/* One end of a link. */
struct wire_end {
    struct ald_dialect *dialect;
    ald_usec tick_at;
};

struct sim_wire {
    struct wire_end ends[SIM_N_DIRECTIONS]; /* by the direction in which it receives: SIM_UP is the hub's end */
    struct ald_dialect_options options;
    uint32_t variant;
};

/* The times of the dialect, short enough for a run to see them. The hub judges its own; these judge the link. */
static const struct ald_dialect_options wire_options = {
    .hello_timeout = 4 * ALD_SEC,
    .reply_timeout = 3 * ALD_SEC,
    .ping_interval = 2 * ALD_SEC,
    .pong_timeout = 3 * ALD_SEC,
    .message_max = 13107200,
};

static struct wire_end *wire_end(struct sim_link *link, enum sim_direction receives)
{
    struct sim_wire *wire = link->wire;

    return &wire->ends[receives];
}

static enum sim_direction wire_back(enum sim_direction way)
{
    return way == SIM_UP ? SIM_DOWN : SIM_UP;
}

uint32_t sim_wire_traits(uint32_t traits, bool serves)
{
    uint32_t v1 = ALD_CAN_PRIMARY | ALD_CAN_HEALTH | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_LEAVE;

    if (!serves || (traits & ALD_CAN_OUTCOME) != 0) {
        return v1 | ALD_CAN_CANCEL | ALD_CAN_STATUS | ALD_CAN_OUTCOME;
    }
    return (traits & ALD_CAN_CONFIRM_PRIMARY) != 0 ? v1 : ALD_CAN_PRIMARY;
}

bool sim_wire_extended(const struct sim_party *party)
{
    return (party->traits & ALD_CAN_OUTCOME) != 0;
}

static uint32_t wire_variant(const struct sim_party *party)
{
    if (sim_wire_extended(party)) {
        return ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED;
    }
    return (party->traits & ALD_CAN_CONFIRM_PRIMARY) != 0 ? ALD_EXCHANGE_V1 : 0;
}

void sim_wire_open(struct sim_link *link)
{
    struct sim_world *world = link->world;
    struct sim_wire *wire = sim_arena_get(&world->arena, sizeof(*wire));
    struct ald_dialect_facts facts = {.options = &wire->options, .messages = world->messages, .now = sim_now(world)};

    link->wire = wire;
    wire->options = wire_options;
    facts.variant = wire_variant(link->party);
    facts.counters = world->cover->dialect;
    for (int way = 0; way < SIM_N_DIRECTIONS; way++) {
        int r;

        facts.role = way == SIM_UP ? ALD_ROLE_HUB : ALD_ROLE_PARTY;
        facts.seed = ald_rng_next(&world->rng);
        r = ald_exchange.open(&facts, &wire->ends[way].dialect);
        ald_assert(r == 0);
        wire->ends[way].tick_at = ALD_NEVER;
    }
}

void sim_wire_close(struct sim_link *link)
{
    struct sim_wire *wire = link->wire;

    for (int way = 0; wire != NULL && way < SIM_N_DIRECTIONS; way++) {
        wire->ends[way].dialect = ald_dialect_free(wire->ends[way].dialect);
    }
    link->wire = NULL;
}

/* A dialect wants its connection to end. */
static void wire_end_link(struct sim_link *link, enum sim_direction receives)
{
    if (receives == SIM_UP) {
        sim_link_cut(link, 0, 1000);
        sim_edge_closed(link);
    } else if (link->party->link == link) {
        sim_party_hangs_up(link->party);
    }
}

/* Hand on what the end that receives `way` has understood. */
static void wire_hand_on(struct sim_link *link, enum sim_direction way)
{
    struct ald_signal signal;

    while (link->wire != NULL && ald_dialect_next(wire_end(link, way)->dialect, &signal) == 0) {
        if (signal.kind == ALD_SIGNAL_CLOSE) {
            ald_signal_clear(&signal);
            wire_end_link(link, way);
            return;
        }
        if (way == SIM_UP) {
            sim_edge_signal(link, &signal);
        } else {
            sim_party_signal(link, &signal);
        }
        ald_signal_clear(&signal);
    }
}

static struct ald_slice wire_join(const struct ald_frame *frame)
{
    struct ald_block *block = NULL;
    size_t size = 0;
    size_t used = 0;
    struct ald_slice bytes;
    int r;

    for (uint8_t n = 0; n < frame->n_parts; n++) {
        size += frame->parts[n].size;
    }
    if (size == 0) {
        return ALD_SLICE_NONE;
    }
    r = ald_block_new(size, &block);
    ald_assert(r == 0);
    for (uint8_t n = 0; n < frame->n_parts; n++) {
        if (frame->parts[n].size > 0) {
            memcpy(block->data + used, frame->parts[n].data, frame->parts[n].size);
        }
        used += frame->parts[n].size;
    }
    bytes = ald_slice_of(block, block->data, size);
    ald_block_unref(block);
    return bytes;
}

/* Send what the end that sends `way` has to write. Returns how many frames carried `ordinal`. */
static uint32_t wire_drain(struct sim_link *link, enum sim_direction way, uint64_t ordinal, struct sim_handing *handing)
{
    struct ald_dialect *dialect = wire_end(link, wire_back(way))->dialect;
    struct ald_frame frame;
    uint32_t n = 0;

    while (ald_dialect_drain(dialect, &frame) == 0) {
        bool own = ordinal != 0 && frame.ordinal == ordinal;
        struct ald_slice bytes = wire_join(&frame);

        sim_link_push_frame(link, way, frame.kind, bytes, frame.ordinal, own ? handing : NULL);
        n += own;
    }
    return n;
}

static void wire_tick(void *who, uint64_t what);

static void wire_schedule(struct sim_link *link, enum sim_direction receives)
{
    struct wire_end *end = wire_end(link, receives);
    ald_usec deadline = ald_dialect_deadline(end->dialect);

    if (deadline != ALD_NEVER && deadline < end->tick_at) {
        end->tick_at = ALD_MAX(deadline, sim_now(link->world));
        sim_clock_at(&link->world->clock, end->tick_at, wire_tick, link, receives);
    }
}

static void wire_tick(void *who, uint64_t what)
{
    struct sim_link *link = who;
    enum sim_direction receives = (enum sim_direction)what;
    struct wire_end *end;
    bool over = link->wire == NULL || link->cut || (receives == SIM_UP ? link->hub_end : link->party_end);
    int r;

    if (over) {
        return;
    }
    end = wire_end(link, receives);
    if (end->tick_at != sim_now(link->world)) {
        return;
    }
    end->tick_at = ALD_NEVER;
    r = ald_dialect_tick(end->dialect, sim_now(link->world));
    ald_assert(r == 0);
    wire_drain(link, wire_back(receives), 0, NULL);
    wire_hand_on(link, receives);
    if (link->wire != NULL) {
        wire_schedule(link, receives);
    }
}

static void wire_close_later(void *who, uint64_t what)
{
    struct sim_link *link = who;

    if (link->wire != NULL && !link->cut) {
        wire_end_link(link, (enum sim_direction)what);
    }
}

/* What an end says because of what it was to emit: that it wants to close. It is not acted upon in the midst of a step. */
static void wire_look(struct sim_link *link, enum sim_direction receives)
{
    struct ald_signal signal;

    while (ald_dialect_next(wire_end(link, receives)->dialect, &signal) == 0) {
        if (signal.kind == ALD_SIGNAL_CLOSE) {
            sim_clock_at(&link->world->clock, sim_now(link->world), wire_close_later, link, receives);
        } else {
            sim_complain(link->world, SIM_RULE_CONTRACT, NULL, "the dialect gives %s back to %s",
                         ald_signal_name((enum ald_signal_kind)signal.kind), link->party->name);
        }
        ald_signal_clear(&signal);
    }
}

void sim_wire_push(struct sim_link *link, enum sim_direction way, struct ald_signal *signal,
                   struct sim_handing *handing)
{
    enum sim_direction back = wire_back(way);
    uint64_t ordinal = way == SIM_DOWN ? signal->ordinal : 0;
    int r = ald_dialect_emit(wire_end(link, back)->dialect, sim_now(link->world), signal);

    ald_assert(r == 0);
    /* What the protocol has no form for is written as soon as it is said; the hub waits to hear that. */
    if (wire_drain(link, way, ordinal, handing) == 0 && ordinal != 0) {
        sim_link_push_frame(link, way, ALD_FRAME_BYTES, ALD_SLICE_NONE, ordinal, handing);
    }
    wire_look(link, back);
    wire_schedule(link, back);
    ald_signal_clear(signal);
}

static void wire_pong(struct sim_link *link, enum sim_direction way)
{
    sim_link_push_frame(link, wire_back(way), ALD_FRAME_PONG, ALD_SLICE_NONE, 0, NULL);
}

void sim_wire_arrived(struct sim_link *link, enum sim_direction way, const struct sim_packet *packet)
{
    struct ald_dialect *dialect = wire_end(link, way)->dialect;
    ald_usec now = sim_now(link->world);
    int r;

    if (way == SIM_UP ? link->hub_end || link->conn == 0 : link->party->link != link) {
        return;
    }
    ald_dialect_alive(dialect, now);
    if (packet->frame == ALD_FRAME_PING) {
        wire_pong(link, way);
        return;
    }
    if (packet->frame != ALD_FRAME_BINARY) {
        return;
    }
    r = ald_dialect_feed(dialect, now, ALD_FRAME_BINARY, packet->bytes);
    ald_assert(r == 0);
    wire_hand_on(link, way);
    if (link->wire != NULL) {
        wire_drain(link, wire_back(way), 0, NULL);
        wire_schedule(link, way);
    }
}
