#include "sim/faults.h"

#include <string.h>

#include "sim/operator.h"
#include "sim/world.h"

struct fault_row {
    const char *word;
    uint32_t chance;
};

static const struct fault_row fault_rows[SIM_N_FAULTS] = {
#define SIM_X(name, word, chance, text) [SIM_FAULT_##name] = {word, chance},
    SIM_FAULTS(SIM_X)
#undef SIM_X
};

_Static_assert(SIM_N_FAULTS < 64, "one bit each, and one value that means none of them");

const char *sim_fault_word(enum sim_fault fault)
{
    ald_assert(fault < SIM_N_FAULTS);
    return fault_rows[fault].word;
}

bool sim_fault_may(const struct sim_world *world, enum sim_fault fault)
{
    return (world->faults & SIM_FAULT_BIT(fault)) != 0;
}

bool sim_fault_take(struct sim_world *world, enum sim_fault fault)
{
    if (!sim_fault_may(world, fault) || !sim_chance(world, fault_rows[fault].chance)) {
        return false;
    }
    world->cover->faults[fault]++;
    return true;
}

/*
 * A run with every fault at once never gets far enough for the rare ones to matter, and one with a single fault never sees
 * two of them meet. So most runs draw about half of them, some few, some all, and some none: those must succeed altogether.
 */
uint64_t sim_faults_draw(struct sim_world *world)
{
    uint64_t kind = sim_below(world, 16);
    uint64_t faults = sim_below(world, SIM_FAULTS_ALL + 1);

    if (kind == 0) {
        return SIM_FAULTS_NONE;
    }
    if (kind == 1) {
        return SIM_FAULTS_ALL;
    }
    if (kind < 6) {
        faults &= sim_below(world, SIM_FAULTS_ALL + 1);
    }
    return kind < 9 ? faults & sim_below(world, SIM_FAULTS_ALL + 1) : faults;
}

static int fault_find(struct ald_str word)
{
    for (int fault = 0; fault < SIM_N_FAULTS; fault++) {
        if (ald_str_equal(word, ald_str(fault_rows[fault].word))) {
            return fault;
        }
    }
    return -1;
}

int sim_faults_parse(const char *text, uint64_t *ret_faults)
{
    uint64_t faults = 0;

    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        struct ald_str word = ald_str_of(text, size);
        int fault = fault_find(word);

        if (ald_str_equal(word, ALD_STR("all"))) {
            faults = SIM_FAULTS_ALL;
        } else if (ald_str_equal(word, ALD_STR("none"))) {
            faults = SIM_FAULTS_NONE;
        } else if (ald_str_equal(word, ALD_STR("drawn"))) {
            faults = SIM_FAULTS_DRAWN;
        } else if (fault < 0) {
            return SIM_FAULTS_MALFORMED;
        } else {
            faults |= SIM_FAULT_BIT(fault);
        }
        text += size + (text[size] == ',' ? 1 : 0);
    }
    *ret_faults = faults;
    return 0;
}

static struct sim_party *fault_victim(struct sim_world *world, bool agent)
{
    for (uint32_t n = 0; n < 8 && world->n_parties > 0; n++) {
        struct sim_party *party = world->parties[sim_below(world, world->n_parties)];

        if (party->link != NULL && (!agent || party->target[0] != '\0')) {
            return party;
        }
    }
    return NULL;
}

static void fault_strike_link(struct sim_world *world, enum sim_fault fault)
{
    struct sim_party *party = fault_victim(world, false);

    if (party == NULL) {
        return;
    }
    sim_note(world, SIM_FACT_FAULT, 0, party, 0, sim_fault_word(fault));
    if (fault == SIM_FAULT_CUT_IDLE) {
        sim_link_cut(party->link, (uint32_t)sim_below(world, 1001), (uint32_t)sim_below(world, 1001));
    } else {
        sim_link_silence(party->link, fault == SIM_FAULT_SILENT_UP ? SIM_UP : SIM_DOWN);
    }
}

static void fault_strike_party(struct sim_world *world, enum sim_fault fault)
{
    struct sim_party *party = fault_victim(world, fault != SIM_FAULT_LEAVES);

    if (party == NULL) {
        return;
    }
    if (fault == SIM_FAULT_CRASH_IDLE) {
        sim_party_crash(party);
    } else if (fault == SIM_FAULT_LEAVES) {
        sim_party_leave(party, true);
    } else if (fault == SIM_FAULT_OPERATOR_LEAVE) {
        sim_operator_leave(party->link, sim_chance(world, 500));
    } else if (fault == SIM_FAULT_OPERATOR_PRIMARY) {
        sim_operator_primary(party->link);
    } else {
        sim_party_unregister(party);
    }
}

static void fault_hang_up(void *who, uint64_t what)
{
    sim_link_cut(who, (uint32_t)what, (uint32_t)what);
}

/* Connections that never say hello: each costs the hub no more than itself. */
static void fault_flood(struct sim_world *world)
{
    struct sim_hub *hub = &world->hubs[0];
    uint64_t n = hub->hub != NULL ? sim_between(world, 5, 40) : 0;

    for (; n > 0; n--) {
        struct sim_link *link = sim_link_open(world->stranger, hub);

        sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 100 * ALD_MSEC, 3 * ALD_SEC), fault_hang_up,
                     link, 0);
    }
}

static void fault_strike(void *who, uint64_t what)
{
    struct sim_world *world = who;
    enum sim_fault fault = (enum sim_fault)what;

    if (!sim_fault_may(world, fault)) {
        return;
    }
    world->cover->faults[fault]++;
    switch (fault) {
    case SIM_FAULT_CUT_IDLE:
    case SIM_FAULT_SILENT_UP:
    case SIM_FAULT_SILENT_DOWN:
        fault_strike_link(world, fault);
        break;
    case SIM_FAULT_HUB_CRASH:
        sim_hub_crash(&world->hubs[0]);
        break;
    case SIM_FAULT_FLOOD:
        fault_flood(world);
        break;
    case SIM_FAULT_HUB_DRAIN:
        sim_hub_drain(&world->hubs[0], sim_between(world, 500 * ALD_MSEC, 4 * ALD_SEC));
        break;
    default:
        fault_strike_party(world, fault);
        break;
    }
}

void sim_faults_plan(struct sim_world *world, ald_usec until)
{
    static const enum sim_fault anytime[] = {
        SIM_FAULT_CUT_IDLE, SIM_FAULT_SILENT_UP,      SIM_FAULT_SILENT_DOWN,      SIM_FAULT_CRASH_IDLE,
        SIM_FAULT_LEAVES,   SIM_FAULT_UNREGISTER,     SIM_FAULT_HUB_CRASH,        SIM_FAULT_HUB_DRAIN,
        SIM_FAULT_FLOOD,    SIM_FAULT_OPERATOR_LEAVE, SIM_FAULT_OPERATOR_PRIMARY,
    };

    for (size_t n = 0; n < ALD_COUNT(anytime); n++) {
        /* A hub that dies all the time would leave nothing to look at: once or twice is enough. */
        uint32_t rounds =
            anytime[n] == SIM_FAULT_HUB_CRASH || anytime[n] == SIM_FAULT_HUB_DRAIN ? 2 : 2 + world->n_parties / 4;

        for (uint32_t round = 0; round < rounds && sim_fault_may(world, anytime[n]); round++) {
            if (sim_chance(world, fault_rows[anytime[n]].chance)) {
                sim_clock_at(&world->clock, sim_between(world, sim_now(world), until), fault_strike, world, anytime[n]);
            }
        }
    }
}
