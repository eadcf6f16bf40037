#include "sim/party.h"

#include <string.h>

#include "sim/subscriber.h"
#include "sim/world.h"

/* The pauses of a party that comes back: growing, and jittered so that a crowd does not come at once. */
enum { PARTY_PAUSE = 20000, PARTY_DOUBLINGS = 6 };

static void party_dial_later(struct sim_party *party, ald_usec pause);

struct sim_party *sim_party_stranger(struct sim_world *world)
{
    struct sim_party *party = sim_arena_get(&world->arena, sizeof(*party));

    party->world = world;
    memcpy(party->name, "stranger", sizeof("stranger"));
    party->state = SIM_PARTY_GONE;
    party->traits = ALD_CAN_OUTCOME;
    return party;
}

struct sim_party *sim_party_new(struct sim_world *world, const char *name, const char *target, uint32_t traits)
{
    struct sim_party *party = sim_arena_get(&world->arena, sizeof(*party));

    ald_assert(world->n_parties < SIM_PARTIES_MAX);
    ald_assert(strlen(name) < sizeof(party->name) && strlen(target) < sizeof(party->target));
    party->world = world;
    party->hub = &world->hubs[0];
    memcpy(party->name, name, strlen(name) + 1);
    memcpy(party->target, target, strlen(target) + 1);
    party->traits = traits;
    party->think_min = 1 * ALD_MSEC;
    party->think_max = 5 * ALD_MSEC;
    party->healthy = true;
    party->confirms = true;
    party->stops = true;
    world->parties[world->n_parties++] = party;
    party->number = world->n_parties;
    return party;
}

bool sim_party_ready(const struct sim_party *party)
{
    return party->state == SIM_PARTY_READY && party->link != NULL;
}

bool sim_party_is_same(const struct sim_party *party, const struct sim_party *other)
{
    return ald_str_equal(ald_str(party->principal), ald_str(other->principal));
}

bool sim_party_may_lead(const struct sim_party *party)
{
    uint32_t needed = ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY;

    return party->target[0] != '\0' && (party->traits & needed) == needed;
}

static void party_forget_said(struct sim_party *party, uint64_t serial)
{
    while (party->said_first != NULL && party->said_first->signal.serial <= serial) {
        struct sim_said *said = party->said_first;

        party->said_first = said->next;
        ald_signal_clear(&said->signal);
        party->n_unacked--;
    }
    if (party->said_first == NULL) {
        party->said_last = NULL;
    }
}

void sim_party_fini(struct sim_party *party)
{
    party_forget_said(party, UINT64_MAX);
}

/* A session's messages are kept until the hub has them. */
static void party_keep(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_said *said = sim_arena_get(&party->world->arena, sizeof(*said));

    said->signal = *signal;
    if (signal->msg != NULL) {
        ald_msg_ref(signal->msg);
    }
    if (party->said_last != NULL) {
        party->said_last->next = said;
    } else {
        party->said_first = said;
    }
    party->said_last = said;
    party->n_unacked++;
}

static bool signal_is_message(const struct ald_signal *signal)
{
    return signal->kind == ALD_SIGNAL_COMMAND || signal->kind == ALD_SIGNAL_STATUS ||
           signal->kind == ALD_SIGNAL_REPLY || signal->kind == ALD_SIGNAL_EVENT || signal->kind == ALD_SIGNAL_CANCEL ||
           signal->kind == ALD_SIGNAL_SUBSCRIBE || signal->kind == ALD_SIGNAL_SUBSCRIBED;
}

void sim_party_say(struct sim_party *party, struct ald_signal *signal)
{
    if (party->session != 0 && signal_is_message(signal)) {
        signal->serial = ++party->said_serial;
        party_keep(party, signal);
    }
    if (party->link == NULL || party->state == SIM_PARTY_GREETING) {
        ald_signal_clear(signal);
        return;
    }
    sim_link_push(party->link, SIM_UP, signal, NULL);
}

static void party_greet(struct sim_party *party)
{
    struct ald_signal signal = ald_signal_of(party->session != 0 ? ALD_SIGNAL_RESUME : ALD_SIGNAL_REGISTER);

    if (party->session != 0) {
        signal.session = party->session;
        signal.serial = party->heard_serial;
    } else {
        party->lineage++;
        party->heard_serial = 0;
        party->acked_serial = 0;
        party->said_serial = 0;
        party_forget_said(party, UINT64_MAX);
    }
    party->link->lineage = party->lineage;
    signal.traits = party->traits;
    signal.taken = party->taken;
    signal.ttl = (party->traits & ALD_CAN_RESUME) != 0 ? party->session_ttl : ALD_NEVER;
    signal.target = party->target[0] != '\0' ? ald_str(party->target) : ALD_STR_NONE;
    sim_link_push(party->link, SIM_UP, &signal, NULL);
}

void sim_party_dial(struct sim_party *party)
{
    struct sim_world *world = party->world;

    if (party->state == SIM_PARTY_GONE || party->link != NULL) {
        return;
    }
    if (party->hub->hub == NULL || party->hub->leave_until != 0) {
        sim_note(world, SIM_FACT_NO_HUB, 0, party, 0, NULL);
        party_dial_later(party, 0);
        return;
    }
    sim_note(world, SIM_FACT_DIALS, 0, party, 0, NULL);
    party->state = SIM_PARTY_GREETING;
    party->link = sim_link_open(party, party->hub);
    party_greet(party);
}

static void party_dial_now(void *who, uint64_t what)
{
    struct sim_party *party = who;

    if (party->dial == what) {
        sim_party_dial(party);
    }
}

static void party_dial_later(struct sim_party *party, ald_usec pause)
{
    struct sim_world *world = party->world;

    if (world->over || party->stays_away) {
        party->state = SIM_PARTY_GONE;
        return;
    }
    if (pause == 0) {
        pause = (ald_usec)PARTY_PAUSE << ALD_MIN(party->attempts++, (uint32_t)PARTY_DOUBLINGS);
    }
    party->state = SIM_PARTY_AWAY;
    sim_clock_at(&world->clock, sim_now(world) + pause / 2 + sim_below(world, pause), party_dial_now, party,
                 ++party->dial);
}

/* The link is not its own any more, whatever still arrives on it. */
static void party_let_go(struct sim_party *party)
{
    if (party->gave_up) {
        party->gave_up = false;
        party->session = 0;
    }
    party->link = NULL;
    party->lost_at = sim_now(party->world);
    sim_agent_step_down(party);
}

/* How long to stay away: a session that is to end must be outlived. */
static ald_usec party_absence(struct sim_party *party)
{
    if (party->session != 0 && sim_fault_take(party->world, SIM_FAULT_SESSION_LATE)) {
        return 3 * party->session_ttl;
    }
    return 0;
}

void sim_party_lost(struct sim_link *link)
{
    struct sim_party *party = link->party;

    if (party->link != link) {
        return;
    }
    sim_note(link->world, SIM_FACT_LOSES_HUB, 0, party, 0, NULL);
    party_let_go(party);
    /* Two that replace each other would do so for ever, if one of them did not give in. */
    if (link->hub_closing && (link->close_cause == ALD_CLOSE_REPLACED || link->close_cause == ALD_CLOSE_TAKEN)) {
        party->stays_away = party->world->faults == SIM_FAULTS_NONE;
        party_dial_later(party, sim_between(party->world, 2 * ALD_SEC, 6 * ALD_SEC));
        return;
    }
    party_dial_later(party, party_absence(party));
}

void sim_party_crash(struct sim_party *party)
{
    struct sim_world *world = party->world;
    struct sim_link *link = party->link;

    sim_note(world, SIM_FACT_CRASHES, 0, party, 0, NULL);
    party->epoch++;
    party->session = 0;
    party->n_jobs = 0;
    party_forget_said(party, UINT64_MAX);
    if (link != NULL) {
        party_let_go(party);
        sim_link_cut(link, (uint32_t)sim_below(world, 1001), 0);
    }
    party_dial_later(party, sim_between(world, 50 * ALD_MSEC, 2 * ALD_SEC));
}

static void party_finish(void *who, uint64_t what)
{
    struct sim_party *party = who;
    struct sim_link *link = party->link;

    if (link == NULL || party->state != SIM_PARTY_LEAVING || link->conn != what) {
        return;
    }
    party->session = 0;
    party_let_go(party);
    sim_link_finish(link);
    party_dial_later(party, sim_between(party->world, 50 * ALD_MSEC, ALD_SEC));
}

void sim_party_leave(struct sim_party *party, bool comes_back)
{
    struct sim_world *world = party->world;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    party->stays_away = !comes_back;
    if (!sim_party_ready(party)) {
        if (!comes_back && party->link == NULL) {
            party->state = SIM_PARTY_GONE;
        }
        return;
    }
    sim_note(world, SIM_FACT_GOODBYE, 0, party, 0, NULL);
    signal.reconnect = comes_back;
    sim_agent_step_down(party);
    sim_party_say(party, &signal);
    party->state = SIM_PARTY_LEAVING;
    sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 0, 300 * ALD_MSEC), party_finish, party,
                 party->link->conn);
}

void sim_party_unregister(struct sim_party *party)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_UNREGISTER);

    if (!sim_party_ready(party) || party->target[0] == '\0') {
        return;
    }
    sim_note(party->world, SIM_FACT_UNREGISTERS, 0, party, 0, NULL);
    sim_agent_step_down(party);
    sim_party_say(party, &signal);
    /* It serves again after its next greeting, which is a fresh one. */
    party->gave_up = true;
    party->state = SIM_PARTY_LEAVING;
    sim_clock_at(&party->world->clock, sim_now(party->world) + sim_between(party->world, 100 * ALD_MSEC, 3 * ALD_SEC),
                 party_finish, party, party->link->conn);
}

static void party_say_again(struct sim_party *party)
{
    for (struct sim_said *said = party->said_first; said != NULL; said = said->next) {
        struct ald_signal signal = said->signal;

        if (signal.msg != NULL) {
            ald_msg_ref(signal.msg);
        }
        sim_link_push(party->link, SIM_UP, &signal, NULL);
    }
}

static void party_registered(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    bool resumed = party->session != 0;

    party->state = SIM_PARTY_READY;
    party->attempts = 0;
    if ((party->traits & ALD_CAN_RESUME) != 0 && signal->session != 0) {
        party->session = signal->session;
    }
    if (resumed) {
        sim_note(world, SIM_FACT_RESUMED, 0, party, 0, NULL);
        party_forget_said(party, signal->serial);
        party_say_again(party);
    } else {
        sim_note(world, party->target[0] != '\0' ? SIM_FACT_REGISTERED : SIM_FACT_JOINED, 0, party, 0, party->target);
    }
    sim_caller_ready(party);
}

static void party_denied(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_link *link = party->link;
    char text[64];
    size_t size = ALD_MIN(signal->text.size, sizeof(text) - 1);

    memcpy(text, signal->text.data != NULL ? signal->text.data : "", size);
    text[size] = '\0';
    sim_note(party->world, SIM_FACT_DENIED, 0, party, 0, text);
    party->session = 0;
    party_let_go(party);
    sim_link_finish(link);
    party_dial_later(party, 0);
}

void sim_party_hangs_up(struct sim_party *party)
{
    struct sim_link *link = party->link;

    party_let_go(party);
    sim_link_finish(link);
    party_dial_later(party, 0);
}

static void party_told_to_leave(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;

    sim_note(world, SIM_FACT_TOLD_TO_LEAVE, 0, party, 0, NULL);
    /* When everything has healed everybody comes back, so that there is somebody to ask. */
    party->stays_away = party->stays_away || (!signal->reconnect && world->faults != SIM_FAULTS_NONE);
    if (party->state == SIM_PARTY_LEAVING || party->stays || sim_fault_take(world, SIM_FAULT_STAYS)) {
        return;
    }
    party->state = SIM_PARTY_LEAVING;
    sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 0, 100 * ALD_MSEC), party_finish, party,
                 party->link->conn);
}

/* Whoever acknowledges nothing is cut, as if it did not read: so it does now and then, and after a while at the latest. */
static void party_acknowledge(void *who, uint64_t what)
{
    struct sim_party *party = who;
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    if (party->lineage == what && party->session != 0 && party->acked_serial < party->heard_serial &&
        sim_party_ready(party)) {
        party->acked_serial = party->heard_serial;
        acked.serial = party->heard_serial;
        sim_party_say(party, &acked);
    }
}

/* What a session's party has received before does not count again. */
static bool party_heard_before(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;

    if (signal->serial == 0 || !signal_is_message(signal) || party->session == 0) {
        return false;
    }
    if (signal->serial <= party->heard_serial) {
        return true;
    }
    if (signal->serial != party->heard_serial + 1) {
        sim_complain(world, SIM_RULE_CONTRACT, NULL, "%s misses a message of its session", party->name);
    }
    party->heard_serial = signal->serial;
    if (party->heard_serial >= party->acked_serial + 4 || sim_chance(world, 300)) {
        party_acknowledge(party, party->lineage);
    } else {
        sim_clock_at(&world->clock, sim_now(world) + 100 * ALD_MSEC, party_acknowledge, party, party->lineage);
    }
    return false;
}

void sim_party_signal(struct sim_link *link, struct ald_signal *signal)
{
    struct sim_party *party = link->party;

    if (party->link != link || party_heard_before(party, signal)) {
        return;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        party_registered(party, signal);
        break;
    case ALD_SIGNAL_DENIED:
        party_denied(party, signal);
        break;
    case ALD_SIGNAL_HEALTH:
        sim_agent_health(party, signal);
        break;
    case ALD_SIGNAL_PRIMARY:
        sim_agent_primary(party, signal);
        break;
    case ALD_SIGNAL_COMMAND:
        sim_agent_command(party, signal);
        break;
    case ALD_SIGNAL_EVENT:
        if (!sim_subscriber_event(party, signal)) {
            sim_agent_event(party, signal);
        }
        break;
    case ALD_SIGNAL_SUBSCRIBED:
        sim_subscriber_answer(party, signal);
        break;
    case ALD_SIGNAL_CANCEL:
        sim_agent_cancel(party, signal);
        break;
    case ALD_SIGNAL_REPLY:
        sim_caller_reply(party, signal);
        break;
    case ALD_SIGNAL_STATUS:
        sim_caller_status(party, signal);
        break;
    case ALD_SIGNAL_LEAVE:
        party_told_to_leave(party, signal);
        break;
    case ALD_SIGNAL_ACKED:
        party_forget_said(party, signal->serial);
        break;
    default:
        sim_complain(party->world, SIM_RULE_CONTRACT, NULL, "%s hears %s, which is not for a party", party->name,
                     ald_signal_name(signal->kind));
        break;
    }
}

static void party_listen(void *who, uint64_t what)
{
    struct sim_link *link = who;

    ald_ignore(what); /* it stopped once and reads on */
    sim_note(link->world, SIM_FACT_LISTENS, 0, link->party, 0, NULL);
    sim_link_deaf(link, SIM_DOWN, false);
}

void sim_party_heard(struct sim_link *link)
{
    struct sim_world *world = link->world;

    if (!link->pipes[SIM_DOWN].deaf && sim_fault_take(world, SIM_FAULT_DEAF)) {
        sim_note(world, SIM_FACT_DEAF, 0, link->party, 0, NULL);
        sim_link_deaf(link, SIM_DOWN, true);
        sim_clock_at(&world->clock, sim_now(world) + sim_between(world, 50 * ALD_MSEC, 6 * ALD_SEC), party_listen, link,
                     0);
    }
}
