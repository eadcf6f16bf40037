#include "resume/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define RESUME_DEADLINE (3600 * ALD_SEC)

/* One with three hosts, of which the first has three parties. */
enum { RESUME_BYTES_SEED = 4 };

static void world_target(char *room, size_t size, uint8_t host, uint8_t party)
{
    snprintf(room, size, "h%up%u", host, party);
}

static uint32_t item_number(const struct ald_msg *msg)
{
    return (uint32_t)strtoul(msg->name.data + 1, NULL, 10); /* names lie one behind the other and end with a letter */
}

/* What the hub made of an event. */
static void world_noted(void *owner, const struct ald_note *note)
{
    struct resume_world *world = owner;
    struct resume_item *item = &world->items[item_number(note->msg)];

    if (++item->n_taken > 1) {
        resume_complain(world, "an event is taken twice", item_number(note->msg));
    }
    item->delivered = ald_str_equal(note->change, ALD_STR("delivered"));
    item->dropped = !item->delivered;
}

/* --- what hosts say ------------------------------------------------------------------------------------------------- */

static void host_say(struct resume_world *world, uint8_t number, struct ald_signal signal)
{
    struct resume_host *host = &world->hosts[number];
    struct ald_signal copy;

    signal.serial = ++host->said;
    ald_assert(host->said < RESUME_FRAMES);
    host->log[host->said] = signal;
    if (host->ready) {
        copy = signal;
        copy.msg = copy.msg != NULL ? ald_msg_ref(copy.msg) : NULL;
        resume_push(world, &host->link->up, copy, 0);
    }
}

static void host_forget(struct resume_host *host, uint64_t serial)
{
    while (host->forgotten < ALD_MIN(serial, host->said)) {
        ald_signal_clear(&host->log[++host->forgotten]);
    }
}

static void host_say_again(struct resume_world *world, struct resume_host *host)
{
    for (uint64_t serial = host->forgotten + 1; serial <= host->said; serial++) {
        struct ald_signal copy = host->log[serial];

        copy.msg = copy.msg != NULL ? ald_msg_ref(copy.msg) : NULL;
        resume_push(world, &host->link->up, copy, 0);
        world->n_again++;
    }
}

static struct ald_signal host_register(uint8_t host, uint8_t party)
{
    static char names[RESUME_HOSTS][RESUME_PARTIES][8];
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    world_target(names[host][party], sizeof(names[host][party]), host, party);
    signal.target = ald_str(names[host][party]);
    signal.party = party;
    signal.party_kind = party > 0 ? ALD_PARTY_INSTANCE : ALD_PARTY_HOST;
    signal.traits = ALD_CAN_RESUME | ALD_CAN_OUTCOME;
    return signal;
}

static void host_dial(struct resume_world *world, uint8_t number)
{
    struct resume_host *host = &world->hosts[number];
    struct ald_signal signal = host_register(number, 0);

    host->link = resume_dial(world, number);
    if (host->session != 0) {
        signal = ald_signal_of(ALD_SIGNAL_RESUME);
        signal.session = host->session;
        signal.serial = host->heard;
    }
    resume_push(world, &host->link->up, signal, 0);
}

static void host_ask(struct resume_world *world, uint8_t from, uint8_t party, bool is_command)
{
    struct ald_signal signal = ald_signal_of(is_command ? ALD_SIGNAL_COMMAND : ALD_SIGNAL_EVENT);
    uint32_t number = world->n_items;
    struct resume_item *item = &world->items[number];
    struct ald_address to = ALD_ADDRESS_NONE;
    char name[24], target[8];
    int r;

    if (number == RESUME_ITEMS || !world->hosts[from].alive[party]) {
        return;
    }
    world->n_items++;
    item->is_command = is_command;
    item->from_host = from;
    item->from_party = party;
    item->to_host = (uint8_t)ald_rng_below(&world->rng, world->n_hosts);
    item->to_party = (uint8_t)ald_rng_below(&world->rng, world->hosts[item->to_host].n_parties);
    item->excused = world->hosts[item->to_host].ended[item->to_party];
    world_target(target, sizeof(target), item->to_host, item->to_party);
    to.target = ald_str(target);
    snprintf(name, sizeof(name), "n%uz", number);
    r = ald_msg_new(world->messages, is_command ? ALD_COMMAND : ALD_EVENT, &signal.msg);
    ald_assert(r == 0);
    r = ald_msg_set(signal.msg, &signal.msg->name, ald_str(name));
    ald_assert(r == 0);
    r = ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(name));
    ald_assert(r == 0);
    r = ald_msg_set_address(signal.msg, &signal.msg->to, &to);
    ald_assert(r == 0);
    signal.msg->ttl = RESUME_DEADLINE;
    ald_msg_seal(signal.msg);
    signal.party = party;
    host_say(world, from, signal);
}

/* --- what hosts hear ------------------------------------------------------------------------------------------------ */

static void host_registered(struct resume_world *world, struct resume_host *host, const struct ald_signal *signal)
{
    if (signal->party != 0) {
        return;
    }
    host->ready = true;
    if (host->session == 0) {
        host->session = signal->session;
        for (uint8_t party = 0; party < host->n_parties; party++) {
            host->alive[party] = true;
            if (party > 0) {
                host_say(world, (uint8_t)(host - world->hosts), host_register((uint8_t)(host - world->hosts), party));
            }
        }
        return;
    }
    world->n_resumed++;
    host_forget(host, signal->serial);
    host_say_again(world, host);
}

static void host_does(struct resume_world *world, uint8_t host, const struct ald_signal *signal)
{
    struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);
    int r = ald_msg_new(world->messages, ALD_REPLY, &reply.msg);

    ald_assert(r == 0);
    reply.msg->outcome = ALD_SUCCEEDED;
    ald_msg_seal(reply.msg);
    reply.id = signal->id;
    reply.party = signal->party;
    host_say(world, host, reply);
}

static void host_hears_item(struct resume_world *world, uint8_t host, const struct ald_signal *signal)
{
    uint32_t number = item_number(signal->msg);
    struct resume_item *item = &world->items[number];

    if (item->to_host != host || item->to_party != signal->party) {
        resume_complain(world, "it is heard by somebody else", number);
    }
    if (++item->n_heard > 1) {
        resume_complain(world, "it is heard twice", number);
    }
    if (item->is_command) {
        host_does(world, host, signal);
    }
}

static void host_told(struct resume_world *world, const struct ald_signal *signal)
{
    struct resume_item *item = &world->items[item_number(signal->request)];

    if (++item->n_told > 1) {
        resume_complain(world, "its outcome is told twice", item_number(signal->request));
    }
    item->outcome = signal->outcome;
}

void resume_hear(struct resume_world *world, struct resume_link *link, struct ald_signal *signal)
{
    struct resume_host *host = &world->hosts[link->host];

    if (host->link != link) {
        return; /* it has given that link up */
    }
    if (signal->serial != 0 && signal->kind != ALD_SIGNAL_REGISTERED) {
        if (signal->serial <= host->heard) {
            return; /* it has that */
        }
        host->heard = signal->serial;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        host_registered(world, host, signal);
        break;
    case ALD_SIGNAL_EVENT:
    case ALD_SIGNAL_COMMAND:
        host_hears_item(world, link->host, signal);
        break;
    case ALD_SIGNAL_REPLY:
        host_told(world, signal);
        break;
    default:
        resume_complain(world, ald_signal_name((enum ald_signal_kind)signal->kind), link->host);
        break;
    }
}

static void host_acks(struct resume_world *world, struct resume_host *host)
{
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    if (host->ready) {
        acked.serial = host->heard;
        resume_push(world, &host->link->up, acked, 0);
    }
}

/* What is for a party that ends may be lost with it. */
static void host_ends_party(struct resume_world *world, uint8_t number, uint8_t party)
{
    struct resume_host *host = &world->hosts[number];
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_UNREGISTER);

    for (uint32_t n = 0; n < RESUME_ITEMS; n++) {
        struct resume_item *item = &world->items[n];

        if (n < world->n_items) {
            item->excused = item->excused || (item->to_host == number && item->to_party == party);
            item->orphaned = item->orphaned || (item->from_host == number && item->from_party == party);
        }
    }
    signal.party = party;
    host->alive[party] = false;
    host->ended[party] = true;
    host_say(world, number, signal);
}

/* --- a run ---------------------------------------------------------------------------------------------------------- */

/* Everything that can be carried on what is not cut. */
static bool world_carry(struct resume_world *world)
{
    bool moved = false;

    for (uint32_t n = 0; n < world->n_links && world->broken[0] == '\0'; n++) {
        struct resume_link *link = &world->links[n];

        if (link->cut && !link->told) {
            resume_tell_closed(world, link);
            moved = true;
        } else if (!link->told && (resume_waiting(&link->up) > 0 || resume_waiting(&link->down) > 0)) {
            resume_carry_up(world, link, SIZE_MAX);
            resume_carry_down(world, link, SIZE_MAX);
            moved = true;
        }
    }
    while (ald_hub_deadline(world->hub) <= world->now) {
        resume_step(world, (struct ald_event){.kind = ALD_EVENT_TICK});
        moved = true;
    }
    return moved;
}

static void world_settle(struct resume_world *world)
{
    while (world->broken[0] == '\0' && world_carry(world)) {
    }
}

void resume_begin(struct resume_world *world, uint64_t seed, uint8_t sabotage)
{
    int r;

    memset(world, 0, sizeof(*world));
    ald_rng_init(&world->rng, seed);
    world->sabotage = sabotage;
    world->now = 1000 * ALD_SEC;
    ald_hub_config_init(&world->config);
    world->config.seed = seed;
    world->config.now = world->now;
    world->config.health_interval = 0;
    world->config.step_work = (uint32_t)(1 + ald_rng_below(&world->rng, 20));
    r = ald_msg_pool_new(64, &world->messages);
    ald_assert(r == 0);
    r = ald_hub_new(&world->config, world->messages, &world->hub);
    ald_assert(r == 0);
    r = ald_effects_init(&world->effects, &world->config);
    ald_assert(r == 0);
    ald_hub_watch(world->hub, ALD_NOTE_BIT(ALD_NOTE_EVENT), world_noted, world);
    world->n_hosts = (uint8_t)(2 + ald_rng_below(&world->rng, RESUME_HOSTS - 1));
    for (uint8_t host = 0; host < world->n_hosts; host++) {
        world->hosts[host].n_parties = (uint8_t)(1 + ald_rng_below(&world->rng, RESUME_PARTIES));
        host_dial(world, host);
        world_settle(world);
    }
}

static void item_account(struct resume_world *world, uint32_t number)
{
    const struct resume_item *item = &world->items[number];

    if (item->is_command) {
        if (item->orphaned && item->n_told == 0) {
            return;
        }
        if (item->n_told != 1) {
            resume_complain(world, "a command has no outcome", number);
        } else if (item->outcome != ALD_LOST && (item->outcome == ALD_SUCCEEDED) != (item->n_heard > 0)) {
            resume_complain(world, "its outcome is not what happened", number);
        } else if (item->outcome != ALD_SUCCEEDED && !item->excused) {
            resume_complain(world, "a command did not succeed", number);
        }
    } else if (item->n_taken != 1) {
        resume_complain(world, "an event never came to the hub", number);
    } else if (!item->excused && (item->dropped || item->n_heard != 1)) {
        resume_complain(world, "an event is lost", number);
    }
}

static void world_free(struct resume_world *world)
{
    for (uint32_t n = 0; n < world->n_links; n++) {
        resume_free_link(&world->links[n]);
    }
    for (uint8_t host = 0; host < world->n_hosts; host++) {
        host_forget(&world->hosts[host], UINT64_MAX);
    }
    ald_effects_fini(&world->effects);
    ald_hub_free(world->hub);
    ald_assert(ald_msg_pool_live(world->messages) == 0);
    ald_msg_pool_free(world->messages);
}

bool resume_end(struct resume_world *world)
{
    world_settle(world);
    for (uint8_t host = 0; host < world->n_hosts && world->broken[0] == '\0'; host++) {
        if (world->hosts[host].link == NULL) {
            host_dial(world, host);
        }
        world_settle(world);
    }
    /* What was handed to a party that ended and not written waits for another one of that name, until its deadline. */
    world->now += RESUME_DEADLINE + ALD_SEC; /* "by its deadline plus one second" (DESIGN, the promise) */
    world_settle(world);
    for (uint32_t n = 0; n < world->n_items && world->broken[0] == '\0'; n++) {
        item_account(world, n);
    }
    world_free(world);
    return world->broken[0] == '\0';
}

static void run_act(struct resume_world *world)
{
    uint8_t number = (uint8_t)ald_rng_below(&world->rng, world->n_hosts);
    struct resume_host *host = &world->hosts[number];
    uint8_t party = (uint8_t)ald_rng_below(&world->rng, host->n_parties);

    switch (ald_rng_below(&world->rng, 16)) {
    case 0:
    case 1:
    case 2:
        host_ask(world, number, party, false);
        break;
    case 3:
    case 4:
        host_ask(world, number, party, true);
        break;
    case 5:
    case 6:
    case 7:
        if (host->link != NULL) {
            resume_carry_up(world, host->link, 1 + ald_rng_below(&world->rng, 8 * RESUME_FRAME));
        }
        break;
    case 8:
    case 9:
    case 10:
        if (host->link != NULL) {
            resume_carry_down(world, host->link, 1 + ald_rng_below(&world->rng, 8 * RESUME_FRAME));
        }
        break;
    case 11:
        if (host->link != NULL && ald_rng_below(&world->rng, 2) == 0) {
            resume_cut(world, host->link);
        }
        break;
    case 12:
        if (host->link == NULL && world->n_links < RESUME_LINKS - RESUME_HOSTS) {
            host_dial(world, number);
        }
        break;
    case 13:
        host_acks(world, host);
        break;
    case 14:
        if (ald_rng_below(&world->rng, 8) == 0 && party > 0 && host->session != 0) {
            if (host->alive[party]) {
                host_ends_party(world, number, party);
            } else {
                host->alive[party] = true;
                host_say(world, number, host_register(number, party));
            }
        }
        break;
    default:
        world->now += ald_rng_below(&world->rng, 10 * ALD_MSEC);
        resume_step(world, (struct ald_event){.kind = ALD_EVENT_TICK});
        break;
    }
}

/* The hub hears late of links that are gone, or at once of those that it ended itself. */
static void run_close(struct resume_world *world)
{
    for (uint32_t n = 0; n < world->n_links; n++) {
        if (world->links[n].cut && !world->links[n].told && ald_rng_below(&world->rng, 8) == 0) {
            resume_tell_closed(world, &world->links[n]);
        }
    }
}

bool resume_run(struct resume_world *world, uint64_t seed, uint8_t sabotage)
{
    uint64_t n_acts;

    resume_begin(world, seed, sabotage);
    n_acts = 100 + ald_rng_below(&world->rng, 900);
    for (uint64_t n = 0; n < n_acts && world->broken[0] == '\0'; n++) {
        run_act(world);
        run_close(world);
    }
    return resume_end(world);
}

bool resume_run_cut(struct resume_world *world, size_t up, size_t down, size_t *ret_up, size_t *ret_down)
{
    struct resume_host *host;

    resume_begin(world, RESUME_BYTES_SEED, RESUME_HONEST);
    host = &world->hosts[0];
    for (int n = 0; n < 90; n++) {
        host_ask(world, (uint8_t)(n % world->n_hosts), (uint8_t)(n % RESUME_PARTIES), n % 4 == 0);
        if (n == 45) {
            world_settle(world);
            resume_cut(world, host->link);
            world_settle(world);
        }
    }
    world_settle(world);
    host_dial(world, 0);
    /* Turn about, a byte each, until one way has carried all that it may. */
    *ret_up = *ret_down = 0;
    while ((resume_waiting(&host->link->up) > 0 && *ret_up < up) ||
           (resume_waiting(&host->link->down) > 0 && *ret_down < down)) {
        if (*ret_up < up && resume_waiting(&host->link->up) > 0) {
            resume_carry_up(world, host->link, 1);
            (*ret_up)++;
        }
        if (*ret_down < down && resume_waiting(&host->link->down) > 0) {
            resume_carry_down(world, host->link, 1);
            (*ret_down)++;
        }
        while (ald_hub_deadline(world->hub) <= world->now) {
            resume_step(world, (struct ald_event){.kind = ALD_EVENT_TICK});
        }
    }
    resume_cut(world, host->link);
    return resume_end(world);
}
