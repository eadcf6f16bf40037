#include <stdio.h>
#include <string.h>

#include "sim/subscriber.h"
#include "sim/wire.h"
#include "sim/world.h"

/*
 * Storm: one random run. People arrive; for a while everything that may go wrong does, while commands come; then everything
 * heals, and after a time for timeouts to pass every target must take commands again; at last everybody leaves.
 */

#define STORM_WARM (3 * ALD_SEC)
#define STORM_CALM (22 * ALD_SEC)

enum { STORM_TARGETS = 5, STORM_PARTIES = 24, STORM_CROWD = 180 };

static const uint32_t storm_full = ALD_CAN_HEALTH | ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_CANCEL |
                                   ALD_CAN_STATUS | ALD_CAN_OUTCOME | ALD_CAN_LEAVE;

static uint32_t storm_traits(struct sim_world *world)
{
    switch (sim_below(world, 6)) {
    case 0:
        return 0; /* the legacy exchange, and whoever knows nothing but commands */
    case 1:
        return ALD_CAN_HEALTH | ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_LEAVE;
    case 2:
        /* A session notices what the saboteur does to its serials before any rule can. */
        return world->options.sabotage == SIM_SABOTAGE_NONE ? storm_full | ALD_CAN_RESUME : storm_full;
    case 3:
        return (uint32_t)sim_below(world, 2 * ALD_CAN_RESUME) & ~(uint32_t)ALD_CAN_RESUME;
    default:
        return storm_full;
    }
}

static void storm_arrive(void *who, uint64_t what)
{
    ald_ignore(what); /* everybody arrives once */
    sim_party_dial(who);
}

static const char *const storm_names[] = {"anna", "bert", NULL};

static struct sim_party *storm_party(struct sim_world *world, const char *kind, const char *target)
{
    char name[16];
    struct sim_party *party;

    snprintf(name, sizeof(name), "%s%u", kind, world->n_parties + 1);
    party = sim_party_new(world, name, target, storm_traits(world));
    if (world->options.bytes) {
        party->traits = sim_wire_traits(party->traits, target[0] != '\0');
    }
    party->think_max = sim_between(world, 1, 40) * ALD_MSEC;
    party->session_ttl = sim_between(world, 500, 3000) * ALD_MSEC;
    party->asks_after = sim_chance(world, 700);
    party->principal = world->knows_names ? storm_names[sim_below(world, ALD_COUNT(storm_names))] : NULL;
    sim_clock_at(&world->clock, sim_now(world) + sim_below(world, ALD_SEC), storm_arrive, party, 0);
    return party;
}

static void storm_people(struct sim_world *world)
{
    uint32_t n_targets = (uint32_t)sim_between(world, 1, STORM_TARGETS);
    uint32_t n_parties = (uint32_t)sim_between(world, 3, sim_chance(world, 30) ? STORM_CROWD : STORM_PARTIES);
    uint8_t taken[STORM_TARGETS] = {ALD_TAKEN_SHARE};

    world->knows_names = sim_fault_may(world, SIM_FAULT_SPY) && sim_chance(world, 500);
    for (uint32_t target = 0; target < n_targets; target++) {
        taken[target] =
            sim_fault_take(world, SIM_FAULT_NAME_TAKEN) ? (uint8_t)sim_between(world, 1, 2) : ALD_TAKEN_SHARE;
    }
    for (uint32_t n = 0; n < n_parties; n++) {
        uint32_t target = n < n_targets ? n : (uint32_t)sim_below(world, n_targets);
        char name[16];

        snprintf(name, sizeof(name), "t%u", target + 1);
        if (n < n_targets || sim_chance(world, 700)) {
            storm_party(world, "agent", name)->taken = taken[target];
        } else {
            storm_party(world, "caller", "");
        }
    }
    storm_party(world, "caller", "");
}

static struct sim_party *storm_agent(struct sim_world *world, const char *target)
{
    struct sim_party *found = NULL;
    uint32_t n_found = 0;

    for (uint32_t n = 0; n < world->n_parties; n++) {
        if (strcmp(world->parties[n]->target, target) == 0 && sim_below(world, ++n_found) == 0) {
            found = world->parties[n];
        }
    }
    return found;
}

static uint8_t storm_mode(struct sim_world *world, const char *target)
{
    uint64_t kind = sim_below(world, 100);

    if (kind < 12 && world->faults_used == 0) {
        for (uint32_t n = 0; n < world->n_parties; n++) {
            if (strcmp(world->parties[n]->target, target) == 0 && sim_party_may_lead(world->parties[n])) {
                return ALD_MODE_PRIMARY;
            }
        }
        return ALD_MODE_ANY;
    }
    return kind < 12 ? ALD_MODE_PRIMARY : kind < 25 ? ALD_MODE_CHANNEL : kind < 40 ? ALD_MODE_ALL : ALD_MODE_ANY;
}

static const char *storm_target(struct sim_world *world)
{
    const struct sim_party *party;

    do {
        party = world->parties[sim_below(world, world->n_parties)];
    } while (party->target[0] == '\0');
    return party->target;
}

static struct sim_order storm_order(struct sim_world *world, const struct sim_party *caller)
{
    struct sim_order order = {.target = storm_target(world), .ttl = sim_between(world, 1000, 9000) * ALD_MSEC};

    order.mode = storm_mode(world, order.target);
    order.channel = order.mode == ALD_MODE_CHANNEL ? storm_agent(world, order.target) : NULL;
    order.flags = sim_chance(world, 350) ? ALD_MSG_IDEMPOTENT : 0;
    order.must_succeed = world->faults_used == 0;
    if (sim_chance(world, 50)) {
        order.ttl = ALD_NEVER;
    }
    if (sim_fault_take(world, SIM_FAULT_SHORT)) {
        order.ttl = sim_between(world, 0, 60) * ALD_MSEC;
    }
    if (sim_fault_take(world, SIM_FAULT_BIG)) {
        order.payload_size = sim_between(world, 2, 40) * ALD_KIB;
    }
    if (sim_fault_take(world, SIM_FAULT_NOWHERE)) {
        order.target = sim_chance(world, 500) ? "nowhere" : order.target;
        order.channel = NULL;
        order.mode = sim_chance(world, 300) ? ALD_MODE_CHANNEL : order.mode;
    }
    order.denied = sim_fault_take(world, SIM_FAULT_DENIED);
    if (sim_fault_take(world, SIM_FAULT_UNABLE)) {
        order.flags |= ALD_MSG_DURABLE;
    }
    if (sim_chance(world, 40)) {
        order.target = NULL; /* the controller's */
        order.mode = ALD_MODE_ANY;
    }
    if (world->options.bytes && !sim_wire_extended(caller)) {
        order = (struct sim_order){.ttl = ALD_NEVER, .must_succeed = order.must_succeed, .denied = order.denied};
    }
    if (world->n_commands > 0 && world->commands[world->n_commands - 1]->caller == caller &&
        sim_fault_take(world, SIM_FAULT_AGAIN)) {
        order.again = world->n_commands;
    }
    return order;
}

static struct sim_party *storm_caller(struct sim_world *world)
{
    /* Every party may ask; those that only ask do so more often. */
    struct sim_party *party = world->parties[sim_below(world, world->n_parties)];

    return party->target[0] == '\0' || sim_chance(world, 400) ? party : world->parties[world->n_parties - 1];
}

/* Somebody wants to know what became of any command, or have it back. */
static void storm_spy(struct sim_world *world, struct sim_party *spy)
{
    const struct sim_command *about = world->commands[sim_below(world, world->n_commands)];
    struct sim_order order = {.target = "", .ttl = 2 * ALD_SEC, .about = about->number};

    order.takes_back = sim_chance(world, 500);
    if (about->order.about == 0 && !about->shares_id && (!world->options.bytes || sim_wire_extended(spy))) {
        sim_caller_submit(spy, sim_history_order(world, spy, &order));
    }
}

static void storm_ask(void *who, uint64_t what)
{
    struct sim_world *world = who;
    struct sim_party *caller = storm_caller(world);
    struct sim_order order = storm_order(world, caller);
    uint32_t n = what != 0 && sim_fault_take(world, SIM_FAULT_BURST) ? (uint32_t)sim_between(world, 10, 40) : 1;

    for (; n > 0; n--) {
        sim_caller_submit(caller, sim_history_order(world, caller, &order));
        order.again = 0;
    }
    if (sim_chance(world, 40) && (!world->options.bytes || sim_wire_extended(caller))) {
        sim_caller_event(caller, storm_target(world));
    }
    if (sim_chance(world, 250) && !world->options.bytes) {
        sim_subscriber_act(caller);
    }
    if (sim_fault_take(world, SIM_FAULT_STRANGE)) {
        sim_strange_say(caller);
    }
    if (sim_fault_take(world, SIM_FAULT_SPY)) {
        storm_spy(world, caller);
    }
}

static void storm_look(void *who, uint64_t what)
{
    struct sim_world *world = who;

    ald_ignore(what); /* a look is a look */
    if (world->hubs[0].hub != NULL) {
        sim_check_hub(world, &world->hubs[0]);
    }
}

static void storm_heal(struct sim_world *world)
{
    sim_note(world, SIM_FACT_HEALED, 0, NULL, 0, NULL);
    world->faults = 0;
    for (struct sim_link *link = world->hubs[0].links; link != NULL; link = link->next) {
        link->delay = ALD_MIN(link->delay, 2 * ALD_MSEC); /* else a health check may take too long for ever */
        link->jitter = 100;
        if (link->pipes[SIM_UP].silent || link->pipes[SIM_DOWN].silent) {
            sim_link_unsilence(link);
        }
    }
    for (uint32_t n = 0; n < world->n_parties; n++) {
        struct sim_party *party = world->parties[n];

        party->stays_away = false;
        if (party->state == SIM_PARTY_GONE) {
            party->state = SIM_PARTY_AWAY;
            sim_party_dial(party);
        }
    }
}

static void storm_plan(struct sim_world *world, ald_usec until)
{
    for (uint32_t n = 0; n < world->options.n_commands; n++) {
        sim_clock_at(&world->clock, sim_between(world, world->start + STORM_WARM, world->start + until), storm_ask,
                     world, 1);
    }
    for (uint32_t n = 0; n < 4; n++) {
        sim_clock_at(&world->clock, sim_between(world, world->start, world->start + until + STORM_CALM), storm_look,
                     world, 0);
    }
    sim_faults_plan(world, world->start + until);
}

void sim_storm(struct sim_world *world, const struct sim_options *options)
{
    struct ald_hub_config config;
    ald_usec until;

    sim_world_begin(world, options, NULL);
    storm_people(world);
    sim_limits_draw(world, &config);
    sim_world_start(world, &config);
    until = STORM_WARM + sim_between(world, 4, 30) * ALD_SEC;
    storm_plan(world, until);
    sim_world_run(world, until);
    storm_heal(world);
    sim_world_run(world, until + STORM_CALM);
    sim_subscriber_check(world);
    sim_probe(world);
    storm_look(world, 0);
    sim_world_end(world);
}
