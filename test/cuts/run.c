#include "cuts/run.h"

#include <stdio.h>

#include "base/error.h"
#include "conn/door_impl.h"
#include "cuts/json.h"
#include "cuts/loop.h"

/* --- who has no session, and says it has ------------------------------------------------------------------------------ */

static void stranger_heard(void *owner, struct cuts_wire *wire, struct ald_str text)
{
    struct cuts_world *world = owner;

    if (cuts_json_is(cuts_json_member(text, "type"), "hello")) {
        cuts_wire_say(
            wire, ALD_STR("{\"type\":\"resume\",\"data\":{\"sessionToken\":\"0123456789abcdef\",\"lastSeq\":3}}"), 0);
    } else if (cuts_json_is(cuts_json_member(text, "type"), "invalidate")) {
        cuts_wire_close(wire, 1000);
    } else {
        cuts_complain(world, "a stranger is told something", (long)text.size);
    }
}

static void stranger_ended(void *owner ALD_UNUSED, struct cuts_wire *wire, uint16_t code ALD_UNUSED)
{
    wire->left = true;
}

static void stranger_broken(void *owner, const char *what, long number)
{
    cuts_complain(owner, what, number);
}

static const struct cuts_wire_ops stranger_ops = {
    .heard = stranger_heard, .ended = stranger_ended, .broken = stranger_broken};

static void stranger_come(struct cuts_world *world)
{
    struct cuts_wire *wire = cuts_wire_new(world->net, world->door->listener, &stranger_ops, world);

    world->n_strangers++;
    ald_list_push_back(&world->wires, &wire->node);
}

/* --- what chance does ------------------------------------------------------------------------------------------------- */

enum { RUN_CARRY_MAX = 700, RUN_SLEEPS_MAX = 2 };

static struct cuts_wire *wire_any(struct cuts_world *world)
{
    uint64_t n = 0, chosen;

    ald_list_each (node, &world->wires) {
        n++;
        ald_ignore(node);
    }
    if (n == 0) {
        return NULL;
    }
    chosen = ald_rng_below(&world->rng, n);
    ald_list_each (node, &world->wires) {
        if (chosen-- == 0) {
            return ald_list_entry(node, struct cuts_wire, node);
        }
    }
    return NULL;
}

static void act_carry(struct cuts_world *world, bool up)
{
    struct cuts_wire *wire = wire_any(world);
    size_t size = 1 + ald_rng_below(&world->rng, world->large ? 200 * RUN_CARRY_MAX : RUN_CARRY_MAX);

    if (wire == NULL) {
        return;
    }
    if (up) {
        cuts_wire_carry_up(wire, size);
    } else {
        if (wire->room != SIZE_MAX) {
            cuts_wire_allow(wire, size);
            cuts_loop_settle(world->loop);
        }
        cuts_wire_carry_down(wire, size);
    }
    cuts_loop_settle(world->loop);
    if (wire->left && (wire->pipe == NULL || ald_rng_below(&world->rng, 8) == 0)) {
        cuts_wire_break(wire);
        cuts_loop_settle(world->loop);
    }
    if (wire->left && wire->pipe == NULL) {
        cuts_wire_free(wire);
    }
}

/* Its wire carries everything, until it is that far. */
static void carry_until(struct cuts_client *client, enum cuts_state state)
{
    for (int n = 0; n < 8 && client->wire != NULL && client->state < state; n++) {
        cuts_wire_allow(client->wire, SIZE_MAX);
        cuts_loop_settle(client->world->loop);
        cuts_wire_carry_up(client->wire, SIZE_MAX);
        cuts_loop_settle(client->world->loop);
        cuts_wire_carry_down(client->wire, SIZE_MAX);
    }
}

/* It says that it is back, gives that connection up, and is back over another one; then what it said over the first arrives. */
static void come_twice(struct cuts_world *world, struct cuts_client *client)
{
    struct cuts_wire *former;

    cuts_cut(client);
    cuts_dial(client);
    carry_until(client, CUTS_ASKED);
    former = client->wire;
    cuts_cut(client);
    cuts_dial(client);
    /* Before it is back, or when it is, and the hub knows what it has heard. */
    carry_until(client, ald_rng_below(&world->rng, 2) == 0 ? CUTS_ASKED : CUTS_READY);
    cuts_heartbeat(client);
    if (client->wire != NULL) {
        cuts_wire_carry_up(client->wire, SIZE_MAX);
        cuts_loop_settle(world->loop);
    }
    if (former != NULL) {
        cuts_wire_carry_up(former, SIZE_MAX);
        cuts_loop_settle(world->loop);
    }
}

/* What no honest client does, or only seldom. */
static void act_strangely(struct cuts_world *world, struct cuts_client *client)
{
    switch (ald_rng_below(&world->rng, 12)) {
    case 0:
        stranger_come(world);
        break;
    case 1: /* longer than its session lasts; but requests have an end, too */
        if (world->n_sleeps < RUN_SLEEPS_MAX) {
            world->n_sleeps++;
            cuts_cut(client);
            client->sleeps_until = ald_loop_now(world->loop) + 70 * ALD_SEC;
            cuts_pass(world, 71 * ALD_SEC);
        }
        break;
    case 2:
        client->claim = CUTS_SILENT;
        cuts_cut(client);
        break;
    case 3:
        client->claim = CUTS_LESS;
        cuts_cut(client);
        break;
    case 4: /* it comes again and again, and its former connections are still there */
        for (uint64_t n = ald_rng_below(&world->rng, 3); n > 0; n--) {
            cuts_cut(client);
            cuts_dial(client);
            cuts_wire_carry_up(client->wire, SIZE_MAX);
            cuts_loop_settle(world->loop);
        }
        break;
    case 5:
        cuts_leave(client);
        break;
    case 6: /* it leaves, and calls again before it is let go */
        cuts_leave(client);
        if (client->wire != NULL) {
            cuts_wire_carry_up(client->wire, SIZE_MAX);
            cuts_cut(client);
        }
        break;
    case 7:
        client->claim = CUTS_MORE;
        cuts_cut(client);
        break;
    case 8: /* it says nothing of itself for longer than a dead one is waited for */
        client->silent_until = ald_loop_now(world->loop) + 7 * ALD_SEC;
        cuts_pass(world, 7 * ALD_SEC);
        break;
    case 9:
        cuts_say_nonsense(client);
        break;
    case 10:
        come_twice(world, client);
        break;
    default:
        cuts_pass(world, ald_rng_below(&world->rng, 5 * ALD_SEC));
        break;
    }
}

static void act(struct cuts_world *world)
{
    struct cuts_client *client = &world->clients[ald_rng_below(&world->rng, CUTS_CLIENTS)];
    uint64_t what = ald_rng_below(&world->rng, 100);

    if (what < 25) {
        cuts_say_something(client);
    } else if (what < 45) {
        act_carry(world, true);
    } else if (what < 65) {
        act_carry(world, false);
    } else if (what < 75) {
        cuts_answer(client);
    } else if (what < 80) {
        cuts_cut(client);
    } else if (what < 90) {
        if (client->wire == NULL && client->sleeps_until <= ald_loop_now(world->loop)) {
            cuts_dial(client);
        }
    } else if (what < 94) {
        cuts_heartbeat(client);
    } else if (what < 98) {
        cuts_loop_set(world->loop, ald_loop_now(world->loop) + ald_rng_below(&world->rng, 100 * ALD_MSEC));
        cuts_loop_settle(world->loop);
    } else if (what < 99 || ald_rng_below(&world->rng, 2) == 0) {
        if (client->n_instances > 0 && ald_rng_below(&world->rng, 4) == 0) {
            cuts_end_instance(client, (uint8_t)ald_rng_below(&world->rng, client->n_instances));
        }
    } else {
        act_strangely(world, client);
    }
}

bool cuts_run(struct cuts_world *world, uint64_t seed, uint8_t sabotage)
{
    uint64_t n_acts;

    cuts_begin(world, seed, sabotage);
    n_acts = 100 + ald_rng_below(&world->rng, 1000);
    for (uint64_t n = 0; n < n_acts && world->broken[0] == '\0'; n++) {
        act(world);
        if (n % 64 == 0) {
            cuts_check_windows(world);
        }
    }
    return cuts_end(world);
}

/* --- cuts at every byte ----------------------------------------------------------------------------------------------- */

/* One of whose windows are not small. */
enum { RUN_BYTES_SEED = 2 };

static void say_to(struct cuts_client *client, const struct cuts_client *other)
{
    const struct cuts_party src = {client->is_host ? CUTS_HOST : CUTS_CONTROL, client->id};
    struct cuts_party dst = {other->is_host ? CUTS_HOST : CUTS_CONTROL, other->id};
    enum cuts_kind kind = CUTS_REQUEST;

    if (client->is_old || (other->is_old && !other->is_host)) { /* of which there are no addresses */
        dst = (struct cuts_party){CUTS_HUB, 0};
        kind = client->number == CUTS_HOST_A ? CUTS_PING : CUTS_REQUEST;
    }
    cuts_say_item(client, src, dst, kind);
    cuts_say_item(client, src, dst, kind == CUTS_PING ? CUTS_PING : CUTS_EVENT);
}

/* It says something to one of each sort, and each says something to it. */
static void say_round(struct cuts_world *world, struct cuts_client *client)
{
    static const uint8_t others[] = {CUTS_HOST_A, CUTS_CONTROL_B, CUTS_SLAVE};

    for (size_t i = 0; i < ALD_COUNT(others); i++) {
        struct cuts_client *other = &world->clients[others[i]];

        if (other != client) {
            say_to(client, other);
            say_to(other, client);
        }
    }
    if (!client->is_host) {
        cuts_say_item(&world->clients[CUTS_HOST_B], (struct cuts_party){CUTS_HOST, 2},
                      (struct cuts_party){CUTS_ALL, CUTS_CONTROL}, CUTS_BROADCAST);
    }
}

static void answer_all(struct cuts_world *world)
{
    for (size_t i = 0; i < CUTS_CLIENTS; i++) {
        while (world->clients[i].n_todo > 0) {
            cuts_answer(&world->clients[i]);
        }
    }
}

/* Turn about, as much as there is, until each way has carried all that it may. */
static void carry_up_to(struct cuts_world *world, struct cuts_client *client, const struct cuts_at *at)
{
    struct cuts_wire *wire = client->wire;
    bool moved = true;

    wire->room = at->kernel ? at->down : SIZE_MAX;
    cuts_loop_settle(world->loop);
    while (moved && world->broken[0] == '\0' && client->wire == wire) {
        moved = cuts_wire_carry_up(wire, at->up - ALD_MIN(at->up, wire->n_given)) > 0;
        cuts_loop_settle(world->loop);
        moved = cuts_wire_carry_down(wire, at->down - ALD_MIN(at->down, wire->n_read)) > 0 || moved;
        cuts_loop_settle(world->loop);
    }
}

bool cuts_run_at(struct cuts_world *world, const struct cuts_at *at, size_t *ret_up, size_t *ret_down)
{
    struct cuts_client *client = &world->clients[at->client];

    cuts_begin(world, RUN_BYTES_SEED, CUTS_NO_SABOTAGE);
    world->trickle = false;
    say_round(world, client);
    cuts_settle(world);
    answer_all(world);
    cuts_heartbeat(client);
    cuts_settle(world);
    /* Here it hears something, and the hub does not hear that it did, nor what it says. */
    say_round(world, client);
    cuts_wire_carry_up(client->wire, 100);
    cuts_loop_settle(world->loop);
    cuts_cut(client);
    cuts_settle(world);
    say_round(world, client);
    answer_all(world);
    cuts_settle(world);
    cuts_dial(client);
    carry_up_to(world, client, at);
    *ret_up = client->wire != NULL ? client->wire->n_given : 0;
    *ret_down = client->wire != NULL ? client->wire->n_read : 0;
    cuts_cut(client);
    if (at->told) {
        ald_list_each (node, &world->wires) {
            struct cuts_wire *wire = ald_list_entry(node, struct cuts_wire, node);

            if (wire->left) {
                cuts_wire_break(wire);
            }
        }
        cuts_loop_settle(world->loop);
    }
    cuts_dial(client);
    return cuts_end(world);
}
