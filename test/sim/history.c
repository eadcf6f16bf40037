#include "sim/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/election.h"
#include "sim/world.h"

/* A payload says which command it belongs to, whoever carries it: {"n":17,"pad":"..."}. */
#define HISTORY_PAYLOAD "{\"n\":"

struct sim_command *sim_history_get(struct sim_world *world, uint32_t number)
{
    return number >= 1 && number <= world->n_commands ? world->commands[number - 1] : NULL;
}

const char *sim_history_target(const struct sim_hub *hub, const struct sim_command *command)
{
    return command->order.target != NULL ? command->order.target : hub->config.controller.data;
}

static uint32_t history_number(struct ald_str text)
{
    uint32_t number = 0;

    for (size_t n = 0; n < text.size && text.data[n] >= '0' && text.data[n] <= '9'; n++) {
        number = 10 * number + (uint32_t)(text.data[n] - '0');
    }
    return number;
}

struct sim_command *sim_history_find(struct sim_world *world, const struct ald_msg *msg)
{
    struct ald_str payload;

    if (msg == NULL) {
        return NULL;
    }
    payload = ald_slice_str(msg->payload);
    if (ald_str_starts(payload, ALD_STR(HISTORY_PAYLOAD))) {
        return sim_history_get(world, history_number(ald_str_from(payload, sizeof(HISTORY_PAYLOAD) - 1)));
    }
    if (msg->wire_id.size > 1 && msg->wire_id.data[0] == 'w') {
        return sim_history_get(world, history_number(ald_str_from(msg->wire_id, 1)));
    }
    return NULL;
}

struct sim_command *sim_history_named(struct sim_world *world, struct ald_str name)
{
    return ald_str_starts(name, ALD_STR("do:")) ? sim_history_get(world, history_number(ald_str_from(name, 3))) : NULL;
}

static void history_write_payload(struct sim_world *world, struct sim_command *command)
{
    size_t size = ALD_MAX(command->order.payload_size, (size_t)32);
    char *text = sim_arena_get(&world->arena, size + 32);
    int used;

    if (command->order.about != 0) {
        const struct sim_command *about = sim_history_get(world, command->order.about);

        used = snprintf(text, size + 32, HISTORY_PAYLOAD "%" PRIu32 ",\"id\":\"%s\"}", command->number, about->wire_id);
    } else {
        used = snprintf(text, size + 32, HISTORY_PAYLOAD "%" PRIu32 ",\"pad\":\"", command->number);
        while ((size_t)used + 2 < size) {
            text[used++] = 'x';
        }
        text[used++] = '"';
        text[used++] = '}';
    }
    command->payload = ald_slice_static((struct ald_str){text, (size_t)used});
}

struct sim_command *sim_history_order(struct sim_world *world, struct sim_party *caller, const struct sim_order *order)
{
    struct sim_command *command = sim_arena_get(&world->arena, sizeof(*command));

    if (world->n_commands == world->commands_room) {
        uint32_t room = ALD_MAX(2 * world->commands_room, 1024U);
        struct sim_command **commands = sim_arena_get(&world->arena, room * sizeof(struct sim_command *));

        if (world->n_commands > 0) {
            memcpy(commands, world->commands, world->n_commands * sizeof(struct sim_command *));
        }
        world->commands = commands;
        world->commands_room = room;
    }
    command->number = ++world->n_commands;
    world->commands[command->number - 1] = command;
    command->order = *order;
    command->caller = caller;
    if (order->again != 0) {
        struct sim_command *other = sim_history_get(world, order->again);

        command->shares_id = true;
        other->shares_id = true;
        memcpy(command->wire_id, other->wire_id, sizeof(command->wire_id));
    } else {
        snprintf(command->wire_id, sizeof(command->wire_id), "w%" PRIu32, command->number);
    }
    history_write_payload(world, command);
    return command;
}

struct sim_handing *sim_history_handing(struct sim_party *party, struct ald_id id)
{
    struct sim_handing *handing = party->handings;

    while (handing != NULL && !ald_id_equal(handing->id, id)) {
        handing = handing->party_next;
    }
    return handing;
}

void sim_history_submitted(struct sim_world *world, struct sim_command *command, struct sim_link *link)
{
    command->link = link;
    command->submitted = sim_now(world);
    if (command->order.about != 0) {
        sim_note(world, SIM_FACT_QUESTIONS, command->number, command->caller, command->order.about, NULL);
    } else {
        sim_note(world, SIM_FACT_ASKS, command->number, command->caller, 0,
                 command->order.target != NULL ? command->order.target : "whoever");
    }
}

static void history_open(struct sim_hub *hub, struct sim_command *command)
{
    command->open = true;
    command->open_next = hub->open;
    command->open_prev = &hub->open;
    if (hub->open != NULL) {
        hub->open->open_prev = &command->open_next;
    }
    hub->open = command;
    hub->n_open++;
}

/* It has an outcome, or the hub that would have told it is gone. */
static void history_shut(struct sim_hub *hub, struct sim_command *command)
{
    if (!command->open) {
        return;
    }
    command->open = false;
    *command->open_prev = command->open_next;
    if (command->open_next != NULL) {
        command->open_next->open_prev = command->open_prev;
    }
    hub->n_open--;
}

/* The place in its channel is free again. */
static void handing_shut(struct sim_world *world, struct sim_handing *handing)
{
    if (!handing->shut) {
        handing->shut = true;
        handing->link->in_flight--;
        handing->link->idle_since = sim_now(world);
    }
}

/* The session of its party goes on over another link, and its command with it. */
static void handing_move(struct sim_world *world, struct sim_handing *handing, struct sim_link *link)
{
    bool busy = handing->answered == 0 && handing->command->told_at == 0;

    handing_shut(world, handing);
    handing->link = link;
    handing->ended = 0;
    if (busy) {
        handing->shut = false;
        link->in_flight++;
    }
}

static void history_overdue(void *who, uint64_t what)
{
    struct sim_world *world = who;
    struct sim_command *command = sim_history_get(world, (uint32_t)what);

    if (command->open) {
        sim_check_overdue(world, command);
        for (struct sim_handing *it = command->handings; it != NULL; it = it->next) {
            handing_shut(world, it);
        }
        history_shut(command->link->hub, command);
    }
}

/* A question that takes back what it is about, and may. */
static void history_take_back_by_id(struct sim_world *world, const struct sim_command *question, struct sim_hub *hub)
{
    struct sim_command *about = sim_history_get(world, question->order.about);

    if (question->order.takes_back && !question->order.denied && sim_party_is_same(question->caller, about->caller)) {
        sim_history_taken_back(world, about, hub, question->caller);
    }
}

void sim_history_admitted(struct sim_world *world, struct sim_command *command, struct sim_link *link)
{
    struct sim_hub *hub = link->hub;
    ald_usec ttl;

    /* What comes again in the window of a session came once before. */
    if (command == NULL || command->admitted != 0) {
        return;
    }
    ttl = command->order.ttl == ALD_NEVER ? hub->config.deadline_default : command->order.ttl;
    command->admitted = sim_now(world);
    command->deadline = command->admitted + ALD_MIN(ttl, hub->config.deadline_max);
    command->life = hub->life;
    command->duplicate = sim_check_duplicate(hub, command);
    command->n_roster =
        command->order.mode == ALD_MODE_ALL ? sim_check_count_channels(hub, sim_history_target(hub, command)) : 0;
    sim_note(world, SIM_FACT_ADMITTED, command->number, link->party, 0, NULL);
    hub->n_admitted++;
    if (command->order.about != 0) {
        history_take_back_by_id(world, command, hub);
    }
    history_open(hub, command);
    sim_clock_at(&world->clock, command->deadline + ALD_SEC + 1, history_overdue, world, command->number);
}

void sim_history_ignored(struct sim_hub *hub, struct sim_command *command)
{
    history_shut(hub, command);
    command->admitted = 0;
    hub->n_admitted--;
}

struct sim_handing *sim_history_handed(struct sim_world *world, struct sim_command *command, struct sim_link *link,
                                       const struct ald_signal *signal)
{
    struct sim_party *party = link->party;
    struct sim_handing *handing = sim_history_handing(party, signal->id);

    sim_note(world, SIM_FACT_HANDED, command->number, party, signal->serial, NULL);
    /* A session's party is told again, on its new link, what the old one may have lost: that is the same handing. */
    if (handing != NULL && handing->serial != 0 && handing->serial == signal->serial &&
        handing->lineage == link->lineage && handing->link != link) {
        handing_move(world, handing, link);
        return handing;
    }
    handing = sim_arena_get(&world->arena, sizeof(*handing));
    handing->command = command;
    handing->party = party;
    handing->link = link;
    handing->lineage = link->lineage;
    handing->serial = signal->serial;
    handing->id = signal->id;
    handing->handed = sim_now(world);
    handing->next = command->handings;
    command->handings = handing;
    handing->party_next = party->handings;
    party->handings = handing;
    command->n_handings++;
    link->in_flight++;
    sim_check_handed(world, handing);
    return handing;
}

void sim_history_begun(struct sim_world *world, struct sim_handing *handing)
{
    sim_note(world, SIM_FACT_BEGUN, handing->command->number, handing->party, 0, NULL);
    if (handing->begun == 0) {
        handing->begun = sim_now(world);
    }
}

void sim_history_done(struct sim_world *world, struct sim_handing *handing)
{
    sim_note(world, SIM_FACT_DONE, handing->command->number, handing->party, 0, NULL);
    handing->done = sim_now(world);
}

void sim_history_received(struct sim_world *world, struct sim_handing *handing)
{
    sim_note(world, SIM_FACT_RECEIVED, handing->command->number, handing->party, 0, NULL);
    handing->received = sim_now(world);
    handing->n_received++;
    handing->command->n_received++;
    sim_check_received(world, handing);
}

void sim_history_executed(struct sim_world *world, struct sim_handing *handing)
{
    handing->executed = sim_now(world);
}

void sim_history_replied(struct sim_world *world, struct sim_handing *handing, uint8_t outcome)
{
    sim_note(world, SIM_FACT_REPLIES, handing->command->number, handing->party, 0, ald_outcome_name(outcome));
    if (handing->replied == 0) {
        handing->replied = sim_now(world);
    }
}

void sim_history_answered(struct sim_world *world, struct sim_handing *handing, struct sim_link *link, uint8_t outcome)
{
    sim_note(world, SIM_FACT_REPLIED, handing->command->number, handing->party, 0, ald_outcome_name(outcome));
    if (handing->answered != 0 || link->lineage != handing->lineage) {
        return;
    }
    handing->answered = sim_now(world);
    handing->reply = outcome;
    handing->answered_late = link->hub_closing;
    handing_shut(world, handing);
}

/* Of two commands under one id the hub chooses which is meant. */
static void history_take_back_others(struct sim_hub *hub, const struct sim_command *command)
{
    for (struct sim_command *it = hub->open; it != NULL; it = it->open_next) {
        if (it->caller == command->caller && it->taken_back == 0 && strcmp(it->wire_id, command->wire_id) == 0) {
            it->taken_back = sim_now(hub->world);
        }
    }
}

void sim_history_taken_back(struct sim_world *world, struct sim_command *command, struct sim_hub *hub,
                            const struct sim_party *party)
{
    if (party != NULL) {
        sim_note(world, SIM_FACT_BACK, command->number, party, 0, NULL);
    }
    if (command->taken_back == 0 && command->life == hub->life && command->admitted != 0) {
        command->taken_back = sim_now(world);
    }
    if (command->shares_id) {
        history_take_back_others(hub, command);
    }
}

void sim_history_told(struct sim_world *world, struct sim_command *command, struct sim_link *link,
                      const struct ald_signal *signal)
{
    struct sim_hub *hub = link->hub;

    /* A session's caller is told again, on its new link, what the old one may have lost. That it hears it once is seen to
     * where it hears. */
    if (command->n_told > 0 && signal->serial != 0 && link != command->told_link &&
        link->lineage == command->told_link->lineage && signal->outcome == command->outcome) {
        sim_note(world, SIM_FACT_TOLD_AGAIN, command->number, NULL, signal->cause, ald_outcome_name(signal->outcome));
        command->told_link = link;
        return;
    }
    sim_note(world, SIM_FACT_TOLD, command->number, NULL, signal->cause, ald_outcome_name(signal->outcome));
    sim_check_told(world, command, link, signal);
    sim_notes_told(world, command, signal->outcome);
    if (command->told_at == 0) {
        command->told_at = sim_now(world);
        command->outcome = signal->outcome;
        command->cause = signal->cause;
        command->told_link = link;
    }
    command->n_told++;
    hub->n_told++;
    hub->n_outcomes[signal->outcome]++;
    world->cover->outcomes[signal->outcome]++;
    world->cover->causes[signal->cause]++;
    for (struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        handing_shut(world, it);
    }
    history_shut(hub, command);
}

void sim_history_heard(struct sim_world *world, struct sim_command *command, uint8_t outcome, bool whole)
{
    sim_note(world, SIM_FACT_HEARS, command->number, command->caller, 0, ald_outcome_name(outcome));
    if (command->shares_id) {
        return; /* which of the two is meant is known only to who asked twice under one name */
    }
    if (command->heard != ALD_OUTCOME_NONE && command->heard != outcome) {
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "its caller heard %s first and %s now",
                     ald_outcome_name(command->heard), ald_outcome_name(outcome));
    }
    if (whole && command->told_at != 0 && command->outcome != outcome) {
        sim_complain(world, SIM_RULE_AS_SAID, command, "the hub told %s and its caller heard %s",
                     ald_outcome_name(command->outcome), ald_outcome_name(outcome));
    }
    command->heard = outcome;
}

void sim_history_link_ended(struct sim_world *world, struct sim_link *link)
{
    for (struct sim_handing *it = link->party->handings; it != NULL; it = it->party_next) {
        if (it->link == link && it->ended == 0) {
            it->ended = sim_now(world);
            handing_shut(world, it);
        }
    }
    sim_election_gone(link);
}

void sim_history_hub_lost(struct sim_world *world, struct sim_hub *hub)
{
    ald_ignore(world); /* what vanished is told by the crash itself */
    while (hub->open != NULL) {
        hub->open->vanished = true;
        history_shut(hub, hub->open);
    }
}
