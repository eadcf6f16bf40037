#include "sim/link.h"

#include <string.h>

#include "sim/wire.h"
#include "sim/world.h"

/* What a signal without a message weighs on its way. */
enum { LINK_SIGNAL_COST = 64 };

static struct sim_pipe *link_pipe(struct sim_link *link, enum sim_direction way)
{
    return &link->pipes[way];
}

static void link_free(struct sim_link *link, struct sim_packet *packet)
{
    ald_signal_clear(&packet->signal);
    ald_slice_clear(&packet->bytes);
    ald_pool_put(&link->world->packets, packet);
}

static void link_drop_list(struct sim_link *link, struct ald_node *list, size_t *bytes)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(list)) != NULL) {
        struct sim_packet *packet = ald_list_entry(node, struct sim_packet, node);

        *bytes -= packet->cost;
        link_free(link, packet);
    }
}

void sim_link_drop(struct sim_link *link)
{
    for (int way = 0; way < SIM_N_DIRECTIONS; way++) {
        struct sim_pipe *pipe = &link->pipes[way];

        link_drop_list(link, &pipe->waiting, &pipe->waiting_bytes);
        link_drop_list(link, &pipe->flying, &pipe->flying_bytes);
    }
}

bool sim_link_sound(const struct sim_link *link)
{
    return !link->cut && !link->party_end && !link->hub_closing && !link->hub_end && !link->pipes[SIM_UP].silent &&
           !link->pipes[SIM_DOWN].silent;
}

static void link_opened(void *who, uint64_t what)
{
    struct sim_link *link = who;

    ald_ignore(what); /* a task says how often it was asked for; an opening happens once */
    sim_edge_opened(link);
}

struct sim_link *sim_link_open(struct sim_party *party, struct sim_hub *hub)
{
    struct sim_world *world = party->world;
    struct sim_link *link = sim_arena_get(&world->arena, sizeof(*link));
    bool slow = sim_fault_take(world, SIM_FAULT_DELAY);

    link->world = world;
    link->party = party;
    link->hub = hub;
    link->life = hub->life;
    link->next = hub->links;
    hub->links = link;
    link->world_next = world->links;
    world->links = link;
    link->delay = slow ? sim_between(world, 20 * ALD_MSEC, 300 * ALD_MSEC)
                       : sim_between(world, world->options.plain ? ALD_MSEC : 100, 2 * ALD_MSEC);
    link->jitter = slow ? link->delay / 2 : 100; /* of which a plain world draws nothing */
    link->window = sim_between(world, 8, 64) * ALD_KIB;
    for (int way = 0; way < SIM_N_DIRECTIONS; way++) {
        ald_node_init(&link->pipes[way].waiting);
        ald_node_init(&link->pipes[way].flying);
    }
    link->pipes[SIM_UP].due = sim_now(world) + link->delay;
    sim_clock_at(&world->clock, link->pipes[SIM_UP].due, link_opened, link, 0);
    if (world->options.bytes) {
        sim_wire_open(link);
    }
    return link;
}

static struct sim_packet *link_take(struct sim_link *link, enum sim_direction way)
{
    struct sim_pipe *pipe = link_pipe(link, way);
    struct ald_node *node = ald_list_first(&pipe->flying);
    struct sim_packet *packet = node != NULL ? ald_list_entry(node, struct sim_packet, node) : NULL;

    if (packet == NULL || packet->due > sim_now(link->world)) {
        return NULL;
    }
    if (pipe->deaf && !(link->cut && packet->end)) {
        return NULL;
    }
    ald_node_remove(node);
    pipe->flying_bytes -= packet->cost;
    return packet;
}

/* A link that was cut ends for a reader who does not read, too: the operating system says so beside the unread bytes. */
static void link_skip_unread(struct sim_link *link, struct sim_pipe *pipe)
{
    while (link->cut && pipe->deaf && !ald_list_empty(&pipe->flying)) {
        struct sim_packet *packet = ald_list_entry(ald_list_first(&pipe->flying), struct sim_packet, node);

        if (packet->end) {
            break;
        }
        ald_node_remove(&packet->node);
        pipe->flying_bytes -= packet->cost;
        link_free(link, packet);
    }
}

/* More may be sent: of the hub's output the edge must know, since the hub is told what was written. */
static void link_kick(struct sim_link *link, enum sim_direction way)
{
    if (way == SIM_DOWN) {
        sim_edge_touch(link);
        sim_edge_flush(link->hub);
    } else {
        sim_link_pump(link, way);
    }
}

static void link_hand_over(struct sim_link *link, enum sim_direction way, struct sim_packet *packet)
{
    if (packet->end && way == SIM_UP) {
        sim_edge_closed(link);
    } else if (packet->end) {
        sim_party_lost(link);
    } else if (packet->framed) {
        sim_wire_arrived(link, way, packet);
    } else if (way == SIM_UP) {
        sim_edge_signal(link, &packet->signal);
    } else {
        sim_party_signal(link, &packet->signal);
    }
    if (way == SIM_DOWN && !packet->end) {
        sim_party_heard(link);
    }
}

static void link_deliver(void *who, uint64_t what)
{
    struct sim_link *link = who;
    enum sim_direction way = (enum sim_direction)what;
    struct sim_pipe *pipe = link_pipe(link, way);
    struct sim_packet *packet;

    link_skip_unread(link, pipe);
    while (!pipe->silent && (packet = link_take(link, way)) != NULL) {
        link_hand_over(link, way, packet);
        link_free(link, packet);
        link_kick(link, way);
        link_skip_unread(link, pipe); /* its reader may have stopped over it */
    }
}

static void link_fly(struct sim_link *link, enum sim_direction way, struct sim_packet *packet)
{
    struct sim_pipe *pipe = link_pipe(link, way);
    struct sim_world *world = link->world;

    packet->due = ALD_MAX(pipe->due, sim_now(world) + link->delay + sim_below(world, link->jitter));
    pipe->due = packet->due;
    pipe->flying_bytes += packet->cost;
    ald_list_push_back(&pipe->flying, &packet->node);
    sim_clock_at(&world->clock, packet->due, link_deliver, link, way);
}

static void link_flow(void *who, uint64_t what)
{
    struct sim_link *link = who;
    struct sim_pipe *pipe = link_pipe(link, (enum sim_direction)what);

    if (!pipe->stalled || pipe->stalled_until > sim_now(link->world)) {
        return;
    }
    pipe->stalled = false;
    if (!link->cut) {
        sim_note(link->world, SIM_FACT_FLOWS, 0, link->party, 0, NULL);
        link_kick(link, (enum sim_direction)what);
    }
}

void sim_link_stall(struct sim_link *link, enum sim_direction way, ald_usec time)
{
    struct sim_pipe *pipe = link_pipe(link, way);

    if (!pipe->stalled) {
        sim_note(link->world, SIM_FACT_STALLS, 0, link->party, 0, NULL);
    }
    pipe->stalled = true;
    pipe->stalled_until = ALD_MAX(pipe->stalled_until, sim_now(link->world) + time);
    sim_clock_at(&link->world->clock, pipe->stalled_until, link_flow, link, way);
}

void sim_link_deaf(struct sim_link *link, enum sim_direction way, bool deaf)
{
    link_pipe(link, way)->deaf = deaf;
    if (!deaf) {
        sim_clock_at(&link->world->clock, sim_now(link->world), link_deliver, link, way);
    }
}

void sim_link_unsilence(struct sim_link *link)
{
    for (int way = 0; way < SIM_N_DIRECTIONS; way++) {
        if (link->pipes[way].silent) {
            link->pipes[way].silent = false;
            sim_clock_at(&link->world->clock, sim_now(link->world), link_deliver, link, (uint64_t)way);
        }
    }
    sim_link_cut(link, 0, 0);
}

static void link_dead(void *who, uint64_t what)
{
    ald_ignore(what); /* both directions end together */
    sim_link_unsilence(who);
}

void sim_link_silence(struct sim_link *link, enum sim_direction way)
{
    struct sim_world *world = link->world;

    link_pipe(link, way)->silent = true;
    /* Keepalives at one end or the other notice in the end; until then the hub has only its own means. */
    sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 3 * ALD_SEC, 12 * ALD_SEC), link_dead, link, 0);
}

/* One stroke of bad luck for each thing that can happen to output; true: stop writing for now. */
static bool link_trouble(struct sim_link *link, struct sim_packet *packet)
{
    struct sim_world *world = link->world;

    if (packet->end) {
        return false;
    }
    if (!packet->begun && sim_fault_take(world, SIM_FAULT_STALL)) {
        sim_link_stall(link, SIM_DOWN,
                       sim_between(world, ALD_MSEC, sim_chance(world, 200) ? 4 * ALD_SEC : 200 * ALD_MSEC));
        return true;
    }
    return false;
}

/* The first byte of `packet` is in the kernel; true: and more is not, for now. */
static bool link_begin(struct sim_link *link, struct sim_packet *packet)
{
    struct sim_world *world = link->world;

    packet->begun = true;
    link->begun = ALD_MAX(link->begun, packet->ordinal);
    if (packet->handing != NULL) {
        sim_history_begun(world, packet->handing);
        if (sim_fault_take(world, SIM_FAULT_CUT_BEGUN)) {
            sim_link_cut(link, 1000, 1000);
            return true;
        }
    }
    if (sim_fault_take(world, SIM_FAULT_STALL_HALF)) {
        sim_link_stall(link, SIM_DOWN,
                       sim_between(world, ALD_MSEC, sim_chance(world, 200) ? 4 * ALD_SEC : 300 * ALD_MSEC));
        return true;
    }
    return false;
}

/* The last byte of `packet`, which flies now, is in the kernel. */
static void link_written(struct sim_link *link, struct sim_packet *packet)
{
    struct sim_world *world = link->world;

    link->done = packet->last ? ALD_MAX(link->done, packet->ordinal) : link->done;
    if (packet->handing != NULL && packet->last) {
        sim_history_done(world, packet->handing);
        if (sim_fault_take(world, SIM_FAULT_CUT_DONE)) {
            sim_link_cut(link, 1000, 0);
        }
    } else if (packet->reply && sim_fault_take(world, SIM_FAULT_CUT_TOLD)) {
        sim_link_cut(link, 1000, 0);
    }
}

void sim_link_pump(struct sim_link *link, enum sim_direction way)
{
    struct sim_pipe *pipe = link_pipe(link, way);
    struct ald_node *node;

    while (!pipe->stalled && (node = ald_list_first(&pipe->waiting)) != NULL) {
        struct sim_packet *packet = ald_list_entry(node, struct sim_packet, node);

        if (pipe->flying_bytes != 0 && pipe->flying_bytes + packet->cost > link->window) {
            break;
        }
        if (way == SIM_DOWN && (link_trouble(link, packet) || (!packet->begun && link_begin(link, packet)))) {
            break;
        }
        ald_node_remove(node);
        pipe->waiting_bytes -= packet->cost;
        link_fly(link, way, packet);
        if (way == SIM_DOWN) {
            link_written(link, packet);
        }
    }
}

static struct sim_packet *link_packet(struct sim_link *link)
{
    struct sim_packet *packet = ald_pool_get(&link->world->packets);

    ald_assert(packet != NULL);
    memset(packet, 0, offsetof(struct sim_packet, strings));
    packet->last = true;
    return packet;
}

/* Let `*view` show a copy of itself in the packet. */
static void packet_keep(struct sim_packet *packet, struct ald_str *view, size_t *used)
{
    if (!ald_str_present(*view)) {
        return;
    }
    ald_assert(*used + view->size <= SIM_PACKET_STRINGS);
    if (view->size > 0) {
        memcpy(packet->strings + *used, view->data, view->size);
    }
    view->data = packet->strings + *used;
    *used += view->size;
}

static void link_cut_later(void *who, uint64_t what)
{
    sim_link_cut(who, (uint32_t)what, (uint32_t)what);
}

static void link_append(struct sim_link *link, enum sim_direction way, struct sim_packet *packet)
{
    struct sim_world *world = link->world;

    link_pipe(link, way)->waiting_bytes += packet->cost;
    ald_list_push_back(&link_pipe(link, way)->waiting, &packet->node);
    if (packet->handing != NULL && sim_fault_take(world, SIM_FAULT_CUT_UNBEGUN)) {
        sim_link_stall(link, way, ALD_SEC);
        sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 0, 900 * ALD_MSEC), link_cut_later, link, 1000);
    }
    link_kick(link, way);
}

void sim_link_push(struct sim_link *link, enum sim_direction way, struct ald_signal *signal,
                   struct sim_handing *handing)
{
    struct sim_packet *packet;
    size_t used = 0;

    if (link->cut || (way == SIM_UP && link->party_end)) {
        ald_signal_clear(signal);
        return;
    }
    if (link->wire != NULL) {
        sim_wire_push(link, way, signal, handing);
        return;
    }
    packet = link_packet(link);
    packet->signal = *signal;
    packet->ordinal = way == SIM_DOWN ? signal->ordinal : 0;
    packet->handing = handing;
    packet->reply = signal->kind == ALD_SIGNAL_REPLY;
    packet->cost = LINK_SIGNAL_COST + (signal->msg != NULL ? ald_msg_cost(signal->msg) : 0);
    packet_keep(packet, &packet->signal.target, &used);
    packet_keep(packet, &packet->signal.channel, &used);
    packet_keep(packet, &packet->signal.principal, &used);
    packet_keep(packet, &packet->signal.text, &used);
    *signal = ald_signal_of(signal->kind);
    link_append(link, way, packet);
}

void sim_link_push_frame(struct sim_link *link, enum sim_direction way, uint8_t kind, struct ald_slice bytes,
                         uint64_t ordinal, struct sim_handing *handing)
{
    struct sim_packet *packet;

    if (link->cut || (way == SIM_UP && link->party_end)) {
        ald_slice_clear(&bytes);
        return;
    }
    packet = link_packet(link);
    packet->framed = true;
    packet->frame = kind;
    packet->bytes = bytes;
    packet->ordinal = ordinal;
    packet->handing = handing;
    packet->reply = ald_str_starts(ald_slice_str(bytes), ALD_STR("t:REPLY"));
    packet->cost = bytes.size;
    link_append(link, way, packet);
}

/* Of what flies, drop all but the first `kept` in 1000: what was behind them never arrives. */
static void link_lose(struct sim_link *link, struct sim_pipe *pipe, uint32_t kept)
{
    size_t n = 0;

    ald_list_each (node, &pipe->flying) {
        n++;
    }
    n = n * kept / 1000;
    ald_list_each (node, &pipe->flying) {
        struct sim_packet *packet = ald_list_entry(node, struct sim_packet, node);

        if (n > 0) {
            n--;
            continue;
        }
        ald_node_remove(node);
        pipe->flying_bytes -= packet->cost;
        link_free(link, packet);
    }
}

void sim_link_cut(struct sim_link *link, uint32_t kept_up, uint32_t kept_down)
{
    if (link->cut) {
        return;
    }
    link->cut = true;
    if (!link->hub_closing && !link->party_end) {
        sim_note(link->world, SIM_FACT_CUT, 0, link->party, 0, NULL);
    }
    for (int way = 0; way < SIM_N_DIRECTIONS; way++) {
        struct sim_pipe *pipe = &link->pipes[way];
        struct sim_packet *end = link_packet(link);

        link_drop_list(link, &pipe->waiting, &pipe->waiting_bytes);
        link_lose(link, pipe, way == SIM_UP ? kept_up : kept_down);
        end->end = true;
        link_fly(link, (enum sim_direction)way, end);
    }
}

void sim_link_finish(struct sim_link *link)
{
    struct sim_packet *end;

    if (link->cut || link->party_end) {
        return;
    }
    link->party_end = true;
    end = link_packet(link);
    end->end = true;
    ald_list_push_back(&link->pipes[SIM_UP].waiting, &end->node);
    sim_link_pump(link, SIM_UP);
}
