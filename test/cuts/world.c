#include "cuts/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conn/door.h"
#include "cuts/json.h"
#include "cuts/loop.h"
#include "transport/net.h"

void cuts_complain(struct cuts_world *world, const char *what, long number)
{
    if (world->broken[0] == '\0') {
        (void)snprintf(world->broken, sizeof(world->broken), "%s (%ld)", what, number);
    }
}

void cuts_trace(const struct cuts_client *client, const char *what, struct ald_str text)
{
    if (client->world->trace) {
        printf("%9.3f client %u %s %.*s\n", (double)(ald_loop_now(client->world->loop) % (10000 * ALD_SEC)) / 1e6,
               client->number, what, ALD_STR_ARG(text));
    }
}

/* --- beginning -------------------------------------------------------------------------------------------------------- */

/* What the hub made of an event. */
static void world_noted(void *owner, const struct ald_note *note)
{
    struct cuts_world *world = owner;
    int64_t number = -1;

    if (note->msg == NULL || !ald_str_equal(note->name, ALD_STR("t:Do")) ||
        !cuts_json_int(cuts_json_member(ald_slice_str(note->msg->payload), "n"), &number) || number < 0 ||
        number >= world->n_items) {
        return;
    }
    /* One for the hub is for its subscribers, of which there may be none, and for its controller. */
    world->items[number].n_dropped += ald_str_equal(note->change, ALD_STR("dropped")) ? 1 : 0;
    world->items[number].dropped = world->items[number].n_dropped > (world->items[number].dst.type == CUTS_HUB ? 1 : 0);
}

static void hub_configure(struct cuts_world *world, struct ald_edge_spec *spec)
{
    ald_hub_config_init(&world->config);
    world->config.seed = world->seed;
    world->config.now = ald_loop_now(world->loop);
    world->config.wall = ald_loop_wall();
    world->config.controller = ALD_STR("1");
    world->config.deadline_max = CUTS_DEADLINE;
    world->config.replay_age = 500 * ALD_SEC; /* less than what is waited for in the end */
    world->config.step_work = (uint32_t)(1 + ald_rng_below(&world->rng, 40));
    if (world->small) {
        world->config.session_window_max = 4;
        world->config.channel_in_flight_max = 4;
    }
    *spec = (struct ald_edge_spec){
        .net = world->net,
        .hub = &world->config,
        .dialect = {.hello_timeout = 30 * ALD_SEC,
                    .reply_timeout = 60 * ALD_SEC,
                    .ping_interval = 5 * ALD_SEC,
                    .pong_timeout = 15 * ALD_SEC,
                    .message_max = 1024 * 1024,
                    .heartbeat_interval = 2 * ALD_SEC,
                    .session_timeout = 60 * ALD_SEC},
        .connections_max = 1000,
        .greeting_bytes = 64 * 1024,
        .reassembly_max = 16 * 1024 * 1024,
    };
}

static void world_open(struct cuts_world *world)
{
    const struct ald_door_spec door = {
        .name = "cuts",
        .listen = {.place = {ALD_BOTTOM_INPROC, "cuts", 0}},
        .limits = {.greeting_max = 1000,
                   .requests_max = 1000,
                   .body_max = 1000,
                   .request_timeout = 30 * ALD_SEC,
                   .idle_timeout = 30 * ALD_SEC},
    };
    struct ald_edge_spec spec;
    struct ald_why why = {""};
    int r;

    r = ald_loop_new(&world->loop);
    ald_assert(r == 0);
    r = ald_net_new(world->loop, &world->net);
    ald_assert(r == 0);
    hub_configure(world, &spec);
    r = ald_edge_new(&spec, &world->edge);
    ald_assert(r == 0);
    r = ald_edge_watch_hub(world->edge, ALD_NOTE_BIT(ALD_NOTE_EVENT), world_noted, world);
    ald_assert(r == 0);
    r = ald_door_open(world->edge, &door, &world->door, &why);
    ald_assert(r == 0);
}

void cuts_begin(struct cuts_world *world, uint64_t seed, uint8_t sabotage)
{
    bool trace = world->trace;

    memset(world, 0, sizeof(*world));
    ald_rng_init(&world->rng, seed);
    ald_node_init(&world->wires);
    world->seed = seed;
    world->trace = trace;
    world->sabotage = sabotage;
    world->small = ald_rng_below(&world->rng, 4) == 0;
    world->large = ald_rng_below(&world->rng, 8) == 0;
    world_open(world);
    for (uint8_t i = 0; i < CUTS_CLIENTS; i++) {
        cuts_client_init(world, i);
        world->clients[i].is_mute = ald_rng_below(&world->rng, 8) == 0;
        world->clients[i].keeps_serial = world->clients[i].is_old && ald_rng_below(&world->rng, 2) == 0;
    }
    for (uint8_t i = 0; i < CUTS_CLIENTS; i++) {
        cuts_dial(&world->clients[i]);
        cuts_settle(world);
    }
    world->trickle = ald_rng_below(&world->rng, 2) == 0;
}

/* --- going on --------------------------------------------------------------------------------------------------------- */

/* What both ends have let go of is gone; what arrives of a wire that its client has left, nobody hears. */
static bool wire_bury(struct cuts_wire *wire)
{
    if (wire->left && wire->pipe == NULL) {
        cuts_wire_free(wire);
        return true;
    }
    return false;
}

static bool world_carry(struct cuts_world *world)
{
    size_t n = 0;

    ald_list_each (node, &world->wires) {
        struct cuts_wire *wire = ald_list_entry(node, struct cuts_wire, node);

        if (wire->room != SIZE_MAX) {
            cuts_wire_allow(wire, SIZE_MAX);
            n++;
        }
        if (wire->left && ald_buf_size(&wire->up) == 0) {
            cuts_wire_break(wire);
        }
        n += cuts_wire_carry_up(wire, SIZE_MAX);
    }
    cuts_loop_settle(world->loop);
    ald_list_each (node, &world->wires) {
        struct cuts_wire *wire = ald_list_entry(node, struct cuts_wire, node);

        n += cuts_wire_carry_down(wire, SIZE_MAX);
        n += wire_bury(wire) ? 1 : 0;
    }
    cuts_loop_settle(world->loop);
    return n > 0;
}

void cuts_settle(struct cuts_world *world)
{
    cuts_loop_settle(world->loop);
    while (world->broken[0] == '\0' && world_carry(world)) {
    }
    cuts_check_windows(world);
}

static ald_usec world_deadline(const struct cuts_world *world)
{
    ald_usec due = cuts_loop_deadline(world->loop);

    for (size_t i = 0; i < CUTS_CLIENTS; i++) {
        const struct cuts_client *client = &world->clients[i];

        due = client->state >= CUTS_READY ? ALD_MIN(due, client->heartbeat_at) : due;
    }
    return due;
}

void cuts_pass(struct cuts_world *world, ald_usec duration)
{
    ald_usec until = ald_loop_now(world->loop) + duration;

    while (world->broken[0] == '\0' && ald_loop_now(world->loop) < until) {
        ald_usec now = ald_loop_now(world->loop);

        now = ALD_MIN(until, ALD_MAX(world_deadline(world), now + ALD_MSEC));
        cuts_loop_set(world->loop, now);
        for (size_t i = 0; i < CUTS_CLIENTS; i++) {
            cuts_client_tick(&world->clients[i], now);
        }
        cuts_settle(world);
    }
}

/* --- end -------------------------------------------------------------------------------------------------------------- */

static void world_return(struct cuts_world *world)
{
    for (int round = 0; round < 3; round++) {
        for (uint8_t i = 0; i < CUTS_CLIENTS && world->broken[0] == '\0'; i++) {
            struct cuts_client *client = &world->clients[i];

            if (client->wire == NULL) {
                cuts_dial(client);
            }
            cuts_settle(world);
        }
    }
}

static bool world_answers(struct cuts_world *world)
{
    bool any = false;

    for (uint8_t i = 0; i < CUTS_CLIENTS; i++) {
        while (world->clients[i].n_todo > 0) {
            cuts_answer(&world->clients[i]);
            any = true;
        }
    }
    return any;
}

/* Every answer may bring the next question. */
static void world_finish(struct cuts_world *world)
{
    do {
        cuts_pass(world, 5 * ALD_SEC);
    } while (world->broken[0] == '\0' && world_answers(world));
}

static bool world_is_open(const struct cuts_world *world)
{
    for (uint32_t n = 0; n < world->n_items; n++) {
        const struct cuts_item *item = &world->items[n];

        if ((item->kind == CUTS_REQUEST || item->kind == CUTS_PING) && !item->orphaned && item->n_told == 0) {
            return true;
        }
    }
    return false;
}

static void world_leave(struct cuts_world *world)
{
    for (uint8_t i = 0; i < CUTS_CLIENTS && world->broken[0] == '\0'; i++) {
        cuts_leave(&world->clients[i]);
        /* What it says it has heard and has not, it is given some seconds to answer. */
        for (int n = 0; n < 12 && world->broken[0] == '\0' && world->clients[i].state != CUTS_AWAY; n++) {
            cuts_pass(world, ALD_SEC);
        }
        if (world->broken[0] == '\0' && world->clients[i].state != CUTS_AWAY) {
            cuts_complain(world, "it cannot leave", i);
        }
    }
    cuts_pass(world, 1000 * ALD_SEC); /* longer than anything is remembered */
}

static void world_free(struct cuts_world *world)
{
    for (uint8_t i = 0; i < CUTS_CLIENTS; i++) {
        cuts_cut(&world->clients[i]);
    }
    ald_list_each (node, &world->wires) {
        cuts_wire_break(ald_list_entry(node, struct cuts_wire, node));
    }
    cuts_loop_settle(world->loop);
    ald_list_each (node, &world->wires) {
        cuts_wire_free(ald_list_entry(node, struct cuts_wire, node));
    }
    for (uint8_t i = 0; i < CUTS_CLIENTS; i++) {
        cuts_client_fini(&world->clients[i]);
    }
    world->door = ald_door_close(world->door);
    world->edge = ald_edge_free(world->edge);
    world->net = ald_net_free(world->net);
    world->loop = ald_loop_free(world->loop);
}

bool cuts_end(struct cuts_world *world)
{
    world->trickle = false;
    cuts_settle(world);
    world_return(world);
    world_finish(world);
    if (world_is_open(world)) {
        cuts_pass(world, CUTS_DEADLINE + 2 * ALD_SEC); /* "by its deadline plus one second" (DESIGN, the promise) */
        world_finish(world);
    }
    if (world->broken[0] == '\0') {
        cuts_account(world);
    }
    world_leave(world);
    if (world->broken[0] == '\0') {
        cuts_check_empty(world);
    }
    world_free(world);
    return world->broken[0] == '\0';
}
