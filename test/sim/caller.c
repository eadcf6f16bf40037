#include "sim/party.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/operator.h"
#include "sim/subscriber.h"
#include "sim/wire.h"
#include "sim/world.h"

/* A channel that no hub ever gave out. */
#define CALLER_NO_CHANNEL "00000000-0000-4000-8000-000000000000"

static struct ald_msg *caller_message(struct sim_world *world, enum ald_kind kind, const struct sim_command *command)
{
    struct ald_msg *msg = NULL;
    int r = ald_msg_new(world->messages, kind, &msg);

    ald_assert(r == 0);
    r = ald_msg_set(msg, &msg->wire_id, ald_str(command->wire_id));
    ald_assert(r == 0);
    return msg;
}

static void caller_address(struct sim_command *command, struct ald_msg *msg)
{
    const struct sim_order *order = &command->order;
    struct ald_address to = ALD_ADDRESS_NONE;
    int r;

    to.target = ald_str(order->target);
    if (order->mode == ALD_MODE_CHANNEL) {
        const struct sim_link *link = order->channel != NULL ? order->channel->link : NULL;

        snprintf(command->channel, sizeof(command->channel), "%s",
                 link != NULL && link->channel[0] != '\0' ? link->channel : CALLER_NO_CHANNEL);
        to.channel = ald_str(command->channel);
    }
    r = ald_msg_set_address(msg, &msg->to, &to);
    ald_assert(r == 0);
}

static struct ald_msg *caller_command(struct sim_world *world, struct sim_command *command)
{
    struct ald_msg *msg = caller_message(world, ALD_COMMAND, command);
    char name[24];
    int size = snprintf(name, sizeof(name), "do:%" PRIu32, command->number);
    int r;

    r = ald_msg_set(msg, &msg->name,
                    command->order.about == 0   ? ald_str_of(name, (size_t)size)
                    : command->order.takes_back ? ALD_STR("aldis:Cancel")
                                                : ALD_STR("aldis:Outcome"));
    ald_assert(r == 0);
    caller_address(command, msg);
    msg->mode = command->order.mode;
    msg->flags = command->order.flags;
    msg->ttl = command->order.ttl;
    ald_msg_set_slice(msg, &msg->payload, command->payload);
    ald_msg_seal(msg);
    command->cost = ald_msg_cost(msg);
    return msg;
}

void sim_caller_event(struct sim_party *party, const char *target)
{
    struct sim_world *world = party->world;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    struct ald_address to = ALD_ADDRESS_NONE;
    int r;

    if (!sim_party_ready(party)) {
        return;
    }
    to.target = ald_str(target);
    r = ald_msg_new(world->messages, ALD_EVENT, &signal.msg);
    ald_assert(r == 0);
    /* Its name tells whom it is for, so that whoever hears it can say whether it was. */
    r = ald_msg_set(signal.msg, &signal.msg->name,
                    sim_fault_take(world, SIM_FAULT_DENIED) ? ALD_STR(SIM_EVENT_DENIED) : ald_str(target));
    ald_assert(r == 0);
    r = ald_msg_set_address(signal.msg, &signal.msg->to, &to);
    ald_assert(r == 0);
    ald_msg_seal(signal.msg);
    sim_note(world, SIM_FACT_SAYS_EVENT, 0, party, 0, target);
    sim_party_say(party, &signal);
}

static void caller_take_back_later(void *who, uint64_t what)
{
    struct sim_party *party = who;

    sim_caller_take_back(party, sim_history_get(party->world, (uint32_t)what));
}

static void caller_operator_later(void *who, uint64_t what)
{
    struct sim_world *world = who;

    sim_operator_cancel(world, sim_history_get(world, (uint32_t)what));
}

/* Somebody wants it back: soon, so that it may still be queued, or later. */
static ald_usec caller_pause(struct sim_world *world, const struct sim_command *command)
{
    ald_usec pause = ALD_MIN(command->order.ttl, 2 * ALD_SEC);

    return sim_now(world) + sim_below(world, sim_chance(world, 500) ? 20 * ALD_MSEC : pause);
}

static void caller_submit_now(struct sim_party *party, struct sim_command *command)
{
    struct sim_world *world = party->world;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    signal.msg = caller_command(world, command);
    sim_history_submitted(world, command, party->link);
    if (command->order.about == 0 && sim_fault_take(world, SIM_FAULT_CANCEL)) {
        sim_clock_at(&world->clock, caller_pause(world, command), caller_take_back_later, party, command->number);
    }
    if (command->order.about == 0 && sim_fault_take(world, SIM_FAULT_OPERATOR_CANCEL)) {
        sim_clock_at(&world->clock, caller_pause(world, command), caller_operator_later, world, command->number);
    }
    sim_party_say(party, &signal);
}

void sim_caller_submit(struct sim_party *party, struct sim_command *command)
{
    struct sim_world *world = party->world;

    if (sim_party_ready(party)) {
        caller_submit_now(party, command);
        return;
    }
    if (party->n_pending == party->pending_room) {
        uint32_t room = ALD_MAX(2 * party->pending_room, 32U);
        struct sim_command **pending = sim_arena_get(&world->arena, room * sizeof(struct sim_command *));

        if (party->n_pending > 0) {
            memcpy(pending, party->pending, party->n_pending * sizeof(struct sim_command *));
        }
        party->pending = pending;
        party->pending_room = room;
    }
    party->pending[party->n_pending++] = command;
}

void sim_caller_take_back(struct sim_party *party, struct sim_command *command)
{
    struct sim_world *world = party->world;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);

    if (!sim_party_ready(party) || command->submitted == 0 || command->heard != ALD_OUTCOME_NONE) {
        return;
    }
    sim_note(world, SIM_FACT_TAKES_BACK, command->number, party, 0, NULL);
    signal.msg = caller_message(world, ALD_CANCEL, command);
    ald_msg_set_slice(signal.msg, &signal.msg->payload, command->payload);
    ald_msg_seal(signal.msg);
    sim_party_say(party, &signal);
}

/* "A caller that loses the hub reconnects and asks by id until the deadline before it may say lost" (DESIGN section 1). */
static void caller_ask_after(struct sim_party *party)
{
    struct sim_world *world = party->world;
    uint32_t n_commands = world->n_commands;

    for (uint32_t number = 1; number <= n_commands; number++) {
        struct sim_command *command = world->commands[number - 1];
        struct sim_order order = {.target = "", .ttl = 2 * ALD_SEC, .about = number};

        if (command->caller == party && command->link != NULL && command->link != party->link &&
            command->order.about == 0 && command->heard == ALD_OUTCOME_NONE && !command->asked_after &&
            !command->shares_id) {
            command->asked_after = true;
            caller_submit_now(party, sim_history_order(world, party, &order));
            if (sim_fault_take(world, SIM_FAULT_CANCEL_LATER)) {
                order.takes_back = true;
                caller_submit_now(party, sim_history_order(world, party, &order));
            }
        }
    }
}

void sim_caller_ready(struct sim_party *party)
{
    uint32_t n_pending = party->n_pending;

    if (!party->world->options.bytes) {
        sim_subscriber_ready(party);
    }
    party->n_pending = 0;
    for (uint32_t n = 0; n < n_pending; n++) {
        caller_submit_now(party, party->pending[n]);
    }
    if (party->asks_after && party->session == 0 && (!party->world->options.bytes || sim_wire_extended(party))) {
        caller_ask_after(party);
    }
}

void sim_caller_reply(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    struct sim_command *command = sim_history_find(world, signal->request != NULL ? signal->request : signal->msg);

    if (command == NULL && sim_strange_is(signal->request != NULL ? signal->request : signal->msg)) {
        return;
    }
    if (command == NULL || command->caller != party) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command, "%s hears its outcome, who did not ask", party->name);
        return;
    }
    if (command->n_heard++ > 0 && !command->shares_id) {
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "%s hears its outcome twice", party->name);
    }
    sim_history_heard(world, command, signal->outcome, !world->options.bytes || sim_wire_extended(party));
    /* Under an id that is used twice the reply may be that to the other one. */
    if (command->order.about != 0 && !command->shares_id) {
        sim_check_answer(world, command, signal);
    }
}

void sim_caller_status(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    struct sim_command *command = sim_history_find(world, signal->request != NULL ? signal->request : signal->msg);

    if (command == NULL || command->caller != party) {
        sim_complain(world, SIM_RULE_ADDRESSEE, command, "%s hears its status, who did not ask", party->name);
        return;
    }
    sim_note(world, SIM_FACT_HEARS_STATUS, command->number, party, 0, ald_phase_name(signal->phase));
    if (command->n_heard > 0 && !command->shares_id) { /* the answer to a question may overtake it */
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "its status is told after its outcome");
    }
}
