#include "sim/edge.h"

#include <inttypes.h>
#include <string.h>

#include "hub/view.h"
#include "sim/election.h"
#include "sim/world.h"

/*
 * The hub is stepped from one place, edge_step(), and never from within itself: what an effect causes is put on links, and
 * links only deliver from the clock. What was written because of a step is told in the next one, in the same instant.
 */

/* More ticks than this in one instant are not slices of work any more. */
enum { EDGE_TICKS_MAX = 20000 };

static void edge_carry_out(struct sim_hub *hub, struct ald_effect *effect);

static void edge_step(struct sim_hub *hub, struct ald_event *event)
{
    struct sim_world *world = hub->world;

    ald_assert(!hub->stepping);
    event->now = sim_now(world);
    event->wall = hub->config.wall + (sim_now(world) - world->start);
    if (hub->step_at != event->now) {
        hub->step_at = event->now;
        hub->n_steps_now = 0;
    }
    hub->n_steps++;
    hub->stepping = true;
    ald_hub_step(hub->hub, event, &hub->effects);
    hub->stepping = false;
    for (size_t n = 0; n < hub->effects.n; n++) {
        edge_carry_out(hub, &hub->effects.ring[n]);
    }
    ald_effects_clear(&hub->effects);
    sim_check_refusals(world, hub);
}

static void edge_tick(void *who, uint64_t what);

static void edge_schedule(struct sim_hub *hub)
{
    struct sim_world *world = hub->world;
    ald_usec deadline = ald_hub_deadline(hub->hub);

    if (deadline == ALD_NEVER) {
        return;
    }
    deadline = ALD_MAX(ALD_MAX(deadline, sim_now(world)), hub->late_until);
    if (deadline < hub->tick_at) {
        hub->tick_at = deadline;
        sim_clock_at(&world->clock, deadline, edge_tick, hub, deadline);
    }
}

static void edge_give(struct sim_hub *hub, struct ald_event *event)
{
    if (hub->hub == NULL) {
        return;
    }
    hub->busy = true;
    edge_step(hub, event);
    hub->busy = false;
    sim_edge_flush(hub);
}

static void edge_tick(void *who, uint64_t what)
{
    struct sim_hub *hub = who;
    struct ald_event event = {.kind = ALD_EVENT_TICK};

    if (hub->hub == NULL || hub->tick_at != what) {
        return;
    }
    hub->tick_at = ALD_NEVER;
    /* One late moment a second at most: the work of one moment takes many steps, and all of it must fit the second. */
    if (hub->late_until + ALD_SEC < sim_now(hub->world) && sim_fault_take(hub->world, SIM_FAULT_LATE_TICK)) {
        hub->late_until = sim_now(hub->world) + sim_between(hub->world, 1, 400 * ALD_MSEC);
        edge_schedule(hub);
        return;
    }
    if (hub->n_steps_now++ > EDGE_TICKS_MAX) {
        sim_complain(hub->world, SIM_RULE_CONTRACT, NULL, "the hub wants to be stepped for ever at one instant");
        return;
    }
    edge_give(hub, &event);
}

void sim_edge_touch(struct sim_link *link)
{
    if (!link->dirty) {
        link->dirty = true;
        link->dirty_next = link->hub->dirty;
        link->hub->dirty = link;
    }
}

static void edge_written(struct sim_hub *hub, struct sim_link *link)
{
    struct ald_event event = {.kind = ALD_EVENT_WRITTEN, .conn = link->conn, .begun = link->begun, .done = link->done};

    if (link->hub_end || link->conn == 0 || (link->begun == link->begun_said && link->done == link->done_said)) {
        return;
    }
    link->begun_said = link->begun;
    link->done_said = link->done;
    edge_step(hub, &event);
}

void sim_edge_flush(struct sim_hub *hub)
{
    struct sim_link *link;

    if (hub->hub == NULL || hub->busy) {
        return;
    }
    hub->busy = true;
    while ((link = hub->dirty) != NULL && !sim_broken(hub->world)) {
        hub->dirty = link->dirty_next;
        link->dirty = false;
        sim_link_pump(link, SIM_DOWN);
        if (link->life == hub->life) {
            edge_written(hub, link);
        }
    }
    hub->busy = false;
    edge_schedule(hub);
    sim_hub_progress(hub);
}

void sim_edge_drain(struct sim_hub *hub)
{
    struct ald_event event = {.kind = ALD_EVENT_DRAIN, .leave_until = hub->leave_until};

    edge_give(hub, &event);
}

void sim_edge_ask(struct sim_hub *hub, struct ald_event *event)
{
    edge_give(hub, event);
}

void sim_edge_opened(struct sim_link *link)
{
    struct sim_hub *hub = link->hub;
    struct ald_event event = {.kind = ALD_EVENT_OPENED, .edge = link, .dialect = ALD_STR("sim")};

    if (hub->hub == NULL || link->life != hub->life) {
        sim_link_cut(link, 0, 0);
        return;
    }
    link->conn = ++hub->n_conns;
    event.conn = link->conn;
    event.peer = ald_str(link->party->name);
    sim_note(link->world, SIM_FACT_OPENED, 0, link->party, link->conn, NULL);
    edge_give(hub, &event);
}

/* The edge may be a step behind: it speaks of a connection that has ended, which the hub must ignore. */
static void edge_stale(void *who, uint64_t what)
{
    struct sim_link *link = who;
    struct ald_event event = {.conn = link->conn, .begun = link->begun, .done = link->done};

    event.kind = what == 0 ? ALD_EVENT_CLOSED : ALD_EVENT_WRITTEN;
    if (link->hub->hub != NULL && link->life == link->hub->life) {
        edge_give(link->hub, &event);
    }
}

void sim_edge_closed(struct sim_link *link)
{
    struct sim_hub *hub = link->hub;
    struct sim_world *world = link->world;
    struct ald_event event = {
        .kind = ALD_EVENT_CLOSED, .conn = link->conn, .text = ALD_STR("the simulated link ended")};
    bool told = link->conn != 0 && !link->hub_end && hub->hub != NULL && link->life == hub->life;

    link->cut = true;
    if (link->party_end) {
        sim_link_drop(link);
    }
    if (told) {
        sim_note(world, SIM_FACT_CLOSED, 0, link->party, link->conn, NULL);
        sim_history_link_ended(world, link);
        link->hub_end = true;
        link->ended_at = sim_now(world);
        hub->closed_now = link;
        edge_give(hub, &event);
        hub->closed_now = NULL;
        if (sim_fault_take(world, SIM_FAULT_STALE)) {
            sim_clock_at(&world->clock, sim_now(world) + sim_below(world, 50 * ALD_MSEC), edge_stale, link,
                         sim_below(world, 2));
        }
    }
    link->hub_end = true;
}

static void edge_closed_later(void *who, uint64_t what)
{
    ald_ignore(what); /* CLOSED happens once */
    sim_edge_closed(who);
}

/* What the history must know of a signal before the hub hears it. */
static void edge_note_heard(struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_world *world = link->world;
    struct sim_handing *handing;
    struct sim_command *command;

    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
        command = sim_history_find(world, signal->msg);
        link->hub->n_strange += command == NULL;
        sim_history_admitted(world, command, link);
        break;
    case ALD_SIGNAL_REPLY:
        handing = sim_history_handing(link->party, signal->id);
        if (handing != NULL) {
            sim_history_answered(world, handing, link, signal->msg->outcome);
        }
        break;
    case ALD_SIGNAL_CANCEL:
        command = sim_history_find(world, signal->msg);
        if (command != NULL) {
            sim_history_taken_back(world, command, link->hub, link->party);
        }
        break;
    case ALD_SIGNAL_UNREGISTER:
        link->registered = false;
        sim_election_gone(link);
        break;
    case ALD_SIGNAL_LEAVE:
        link->leaving = true;
        link->goodbye = true;
        sim_election_gone(link);
        break;
    case ALD_SIGNAL_HEALTH:
        if (ald_id_equal(link->checked, signal->id)) {
            link->unhealthy = !(signal->ok && signal->healthy);
            sim_note(world, SIM_FACT_HEALTH, 0, link->party, 0, link->unhealthy ? "heard ill" : "heard well");
        }
        break;
    case ALD_SIGNAL_PRIMARY:
        sim_election_confirmed(link, signal);
        break;
    default:
        break;
    }
}

/* What the edge knows of a signal and its dialect does not: who it is from, and whether he may. */
static void edge_judge(struct sim_link *link, struct ald_signal *signal)
{
    struct sim_world *world = link->world;
    const struct sim_command *command;

    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTER:
    case ALD_SIGNAL_RESUME:
        signal->principal = ald_str(link->party->principal);
        signal->denied = sim_fault_take(world, SIM_FAULT_DENIED_TARGET);
        link->denied = link->denied || signal->denied;
        break;
    case ALD_SIGNAL_COMMAND:
        command = sim_history_find(world, signal->msg);
        signal->denied = command != NULL && command->order.denied;
        break;
    case ALD_SIGNAL_EVENT:
        signal->denied = ald_str_equal(signal->msg->name, ALD_STR(SIM_EVENT_DENIED));
        break;
    default:
        break;
    }
    if (signal->denied) {
        sim_note(world, SIM_FACT_DENIES, 0, link->party, 0, NULL);
    }
}

/* A step looks at the time first: the link may have had its last moment before the command was looked at. */
static void edge_ignored(struct sim_link *link, struct sim_command *command)
{
    if (link->hub_closing) {
        sim_history_ignored(link->hub, command);
    } else {
        sim_complain(link->world, SIM_RULE_COUNTERS, command, "the hub heard it and does not count it");
    }
}

void sim_edge_signal(struct sim_link *link, struct ald_signal *signal)
{
    struct sim_hub *hub = link->hub;
    struct ald_event event = {.kind = ALD_EVENT_SIGNAL, .conn = link->conn, .signal = signal};
    uint64_t n_admitted = hub->n_admitted;
    uint64_t n_counted;

    if (hub->hub == NULL || link->life != hub->life || link->conn == 0 || link->hub_end) {
        return;
    }
    /* After the hub ended it the edge stops reading; it may have read something before. */
    if (link->hub_closing && !sim_fault_take(link->world, SIM_FAULT_STALE)) {
        return;
    }
    if (!link->hub_closing || signal->kind == ALD_SIGNAL_REPLY) {
        edge_note_heard(link, signal); /* of what else comes after its end the hub takes no notice */
    }
    edge_judge(link, signal);
    if (sim_saboteur_hear(link->world, link, signal)) {
        return;
    }
    n_counted = ald_hub_counter(hub->hub, ALD_N_SUBMITTED);
    edge_give(hub, &event);
    if (hub->hub != NULL && hub->n_admitted > n_admitted && ald_hub_counter(hub->hub, ALD_N_SUBMITTED) == n_counted) {
        edge_ignored(link, sim_history_find(link->world, signal->msg));
    }
}

static void edge_note_registered(struct sim_link *link, const struct ald_signal *signal)
{
    size_t size = ALD_MIN(signal->channel.size, sizeof(link->channel) - 1);

    if (link->denied) {
        sim_complain(link->world, SIM_RULE_DENIED, NULL, "the edge denied %s, and the hub registers it",
                     link->party->name);
    }
    link->registered = signal->target.size > 0;
    link->idle_since = sim_now(link->world);
    if (size > 0) {
        memcpy(link->channel, signal->channel.data, size);
    }
    link->channel[size] = '\0';
}

static struct sim_handing *edge_note_command(struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_command *command = sim_history_find(link->world, signal->msg);

    if (command == NULL) {
        sim_complain(link->world, SIM_RULE_ADDRESSEE, NULL, "%s is handed a command that nobody submitted",
                     link->party->name);
        return NULL;
    }
    return sim_history_handed(link->world, command, link, signal);
}

static void edge_note_told(struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_command *command = sim_history_find(link->world, signal->request);

    if (command == NULL && sim_strange_is(signal->request)) {
        return;
    }
    if (command == NULL) {
        sim_complain(link->world, SIM_RULE_ADDRESSEE, NULL, "%s is told the outcome of a command that nobody submitted",
                     link->party->name);
        return;
    }
    sim_history_told(link->world, command, link, signal);
}

/* What the hub says, as the history sees it. Gives the handing when it is a command. */
static struct sim_handing *edge_note_said(struct sim_link *link, const struct ald_signal *signal)
{
    struct sim_world *world = link->world;
    struct sim_handing *handing = NULL;

    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
        return edge_note_command(link, signal);
    case ALD_SIGNAL_REPLY:
        edge_note_told(link, signal);
        break;
    case ALD_SIGNAL_REGISTERED:
        edge_note_registered(link, signal);
        break;
    case ALD_SIGNAL_LEAVE:
        link->leaving = true;
        sim_election_ended(link);
        break;
    case ALD_SIGNAL_HEALTH:
        link->unhealthy = true; /* until it is answered */
        link->checked = signal->id;
        sim_note(world, SIM_FACT_CHECKED, 0, link->party, 0, NULL);
        break;
    case ALD_SIGNAL_PRIMARY:
        sim_election_told(link, signal);
        break;
    case ALD_SIGNAL_CANCEL:
        handing = sim_history_handing(link->party, signal->id);
        if (handing != NULL) {
            handing->stop_asked = sim_now(world);
        }
        break;
    default:
        break;
    }
    return NULL;
}

void sim_edge_say(struct sim_link *link, struct ald_signal *signal)
{
    struct sim_handing *handing = edge_note_said(link, signal);

    sim_link_push(link, SIM_DOWN, signal, handing);
}

static const char *edge_cause(uint8_t cause)
{
    static const char *const causes[] = {
        [ALD_CLOSE_LEFT] = "left", [ALD_CLOSE_UNHEALTHY] = "unhealthy", [ALD_CLOSE_SLOW] = "slow",
        [ALD_CLOSE_MUTE] = "mute", [ALD_CLOSE_REPLACED] = "replaced",   [ALD_CLOSE_DENIED] = "denied",
        [ALD_CLOSE_FULL] = "full", [ALD_CLOSE_STOPPING] = "stopping",   [ALD_CLOSE_TAKEN] = "taken",
    };

    return cause < ALD_COUNT(causes) ? causes[cause] : "?";
}

static void edge_end(struct sim_link *link, const struct ald_effect *effect)
{
    struct sim_world *world = link->world;

    if (link->hub_closing) {
        return;
    }
    sim_note(world, SIM_FACT_CLOSE, 0, link->party, 0, edge_cause(effect->cause));
    sim_history_link_ended(world, link);
    sim_link_pump(link, SIM_DOWN);
    link->hub_closing = true;
    link->close_cause = effect->cause;
    sim_link_cut(link, 1000, 1000);
    sim_clock_at(&world->clock, sim_now(world) + sim_below(world, 20 * ALD_MSEC), edge_closed_later, link, 0);
}

static const char *edge_effect_name(enum ald_effect_kind kind)
{
    return kind == ALD_EFFECT_CLOSE ? "close" : kind == ALD_EFFECT_PAUSE ? "pause" : "resume";
}

static void edge_carry_out(struct sim_hub *hub, struct ald_effect *effect)
{
    struct sim_world *world = hub->world;
    struct sim_link *link = effect->edge;

    /* A step looks at the time first, so it may still want something of the link whose end it is about to be told. */
    if (link != NULL && link == hub->closed_now) {
        return;
    }
    if (link == NULL || link->conn != effect->conn || link->life != hub->life || link->hub_end) {
        sim_complain(world, SIM_RULE_CONTRACT, NULL,
                     "the hub has an effect (%s) for connection %" PRIu64 ", which is gone",
                     effect->kind == ALD_EFFECT_SIGNAL ? ald_signal_name((enum ald_signal_kind)effect->signal.kind)
                                                       : edge_effect_name((enum ald_effect_kind)effect->kind),
                     effect->conn);
        return;
    }
    switch ((enum ald_effect_kind)effect->kind) {
    case ALD_EFFECT_SIGNAL:
        if (link->hub_closing || effect->signal.ordinal != ++link->pushed) {
            sim_complain(world, SIM_RULE_CONTRACT, NULL, "the hub says %s with ordinal %" PRIu64 " on %s where %s",
                         ald_signal_name(effect->signal.kind), effect->signal.ordinal, link->party->name,
                         link->hub_closing ? "it ended the link" : "another is next");
            return;
        }
        if (!sim_saboteur_say(world, link, &effect->signal)) {
            sim_edge_say(link, &effect->signal);
        }
        break;
    case ALD_EFFECT_PAUSE:
    case ALD_EFFECT_RESUME:
        link->paused = effect->kind == ALD_EFFECT_PAUSE;
        sim_note(world, link->paused ? SIM_FACT_PAUSED : SIM_FACT_UNPAUSED, 0, link->party, 0, NULL);
        sim_link_deaf(link, SIM_UP, link->paused);
        break;
    case ALD_EFFECT_CLOSE:
        edge_end(link, effect);
        break;
    }
}
