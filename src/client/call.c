/*
 * Calls: the caller's side of the promise.
 *
 *     WAITING -> HANDED -> SENT -> (DONE)        while the connection stands
 *     HANDED -> WAITING                           it ended before the first byte left: submit again, nobody saw it
 *     SENT -> ADRIFT -> ASKED -> (DONE)           it ended afterwards: ask the next hub what became of it
 *
 * "A caller that loses the hub reconnects and asks by id until the deadline before it may say lost" (DESIGN section 1). It
 * asks with the command `aldis:Outcome` to the hub itself, which answers when that command has its outcome. The hub that took
 * it and does not know the id has lost it (it was restarted); so has one that does not speak the extension, or
 * is a genuine communicatord. Where another hub of the list does not know it, nothing is lost yet.
 *
 * The hub keeps the deadlines; ours is there for when no hub answers, and for protocols that cannot say them.
 */

#include "client/client_inside.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "client/ask.h"

enum call_state { CALL_WAITING, CALL_HANDED, CALL_SENT, CALL_ADRIFT, CALL_ASKED, CALL_DONE };

static const struct ald_state call_states[] = {
    [CALL_WAITING] = {"waiting", ALD_STATE_INITIAL, ALD_TO(CALL_HANDED) | ALD_TO(CALL_DONE)},
    [CALL_HANDED] = {"handed", 0, ALD_TO(CALL_WAITING) | ALD_TO(CALL_SENT) | ALD_TO(CALL_DONE)},
    [CALL_SENT] = {"sent", 0, ALD_TO(CALL_ADRIFT) | ALD_TO(CALL_DONE)},
    [CALL_ADRIFT] = {"adrift", 0, ALD_TO(CALL_ASKED) | ALD_TO(CALL_DONE)},
    [CALL_ASKED] = {"asked", 0, ALD_TO(CALL_ADRIFT) | ALD_TO(CALL_DONE)},
    [CALL_DONE] = {"done", ALD_STATE_FINAL, 0},
};
static struct ald_machine call_machine = ALD_MACHINE("call", call_states);

/* What the hub gets beyond the deadline to tell us that it has passed; the promise allows a second. */
#define CALL_GRACE (700 * ALD_MSEC)
/* Between two questions when the hub was too busy for the first. */
#define CALL_ASK_AGAIN (250 * ALD_MSEC)

struct ald_call {
    struct ald_client *client;
    struct ald_node node;
    struct ald_node handed; /* HANDED: in client->handed, in the order in which they were said */
    struct ald_msg *command;
    struct ald_msg *ask; /* the latest question about it, or NULL */
    ald_call_fn fn;
    void *owner;
    uint8_t state;              /* enum call_state */
    uint8_t phase;              /* enum ald_phase: the last one that was reported */
    bool cancelled;             /* the program wants it back */
    bool unseen;                /* it was sent where nobody tells how far it is (ALD_WAY_STATUSES) */
    struct ald_client_tie said; /* the signal that carries it; HANDED: its ordinal */
    uint64_t number;            /* see ald_client.calls_by_number */
    size_t sent_at;             /* from SENT on: which of the client's URLs took it */
    ald_usec deadline;
    struct ald_alarm alarm;
    struct ald_alarm ask_alarm;
    struct ald_call_report ended; /* when the outcome was decided inside a call of the program: reported by the task */
};

static void call_settle_task(void *owner);

void ald_calls_init(struct ald_client *client)
{
    const uint64_t seed[2] = {ald_rng_next(&client->rng), ald_rng_next(&client->rng)};

    ald_table_init(&client->calls_by_id, seed);
    ald_table_init(&client->calls_by_number, seed);
    ald_node_init(&client->calls);
    ald_node_init(&client->handed);
    ald_task_init(&client->settle_task, call_settle_task, client);
}

static void call_forget_ask(struct ald_call *call)
{
    if (call->ask != NULL) {
        ald_table_remove(&call->client->calls_by_id, call->ask->wire_id);
        call->ask = ald_msg_unref(call->ask);
    }
}

/* Nobody finds it any more. */
static void call_unlink(struct ald_call *call)
{
    struct ald_client *client = call->client;

    call_forget_ask(call);
    ald_alarm_stop(client->loop, &call->alarm);
    ald_alarm_stop(client->loop, &call->ask_alarm);
    ald_client_session_untie(client, &call->said);
    ald_table_remove_number(&client->calls_by_number, call->number);
    ald_table_remove(&client->calls_by_id, call->command->wire_id);
    ald_node_remove(&call->node);
    ald_node_remove(&call->handed);
}

static void call_free(struct ald_call *call)
{
    call_unlink(call);
    ald_msg_unref(call->command);
    free(call);
}

static void call_report(struct ald_call *call, const struct ald_call_report *report)
{
    call->phase = (uint8_t)report->phase;
    call->fn(call->owner, call, report);
}

/* The one place where a call ends. The program may close the client when it hears of it, so it is out of the way first. */
static void call_end(struct ald_call *call, const struct ald_call_report *report)
{
    struct ald_client *client = call->client;

    ald_sm_move(&call_machine, &call->state, CALL_DONE);
    call_unlink(call);
    call_report(call, report);
    ald_msg_unref(call->command);
    free(call);
    ald_client_drained(client);
}

/* How far it came, as far as we know. What was sent and is not heard of any more may have been seen. */
static enum ald_phase call_phase(const struct ald_call *call)
{
    return call->unseen ? ALD_MAX((enum ald_phase)call->phase, ALD_PHASE_SENT) : (enum ald_phase)call->phase;
}

static void call_end_as(struct ald_call *call, enum ald_outcome outcome, enum ald_cause cause)
{
    const struct ald_call_report report = {
        .outcome = outcome,
        .phase = call_phase(call),
        .cause = cause,
        .text = ald_str(ald_cause_text(cause)),
    };

    call_end(call, &report);
}

/* End it soon: the program is in the middle of a call of its own. */
static void call_end_later(struct ald_call *call, enum ald_outcome outcome, enum ald_cause cause)
{
    call->ended = (struct ald_call_report){
        .outcome = outcome,
        .phase = call_phase(call),
        .cause = cause,
        .text = ald_str(ald_cause_text(cause)),
    };
    ald_task_push(call->client->loop, &call->client->settle_task);
}

static void call_settle_task(void *owner)
{
    struct ald_client *client = owner;
    bool found;

    /* From the start after each, because a report may do anything to the list. */
    do {
        found = false;
        ald_list_each (node, &client->calls) {
            struct ald_call *call = ald_list_entry(node, struct ald_call, node);

            if (call->ended.outcome != ALD_OUTCOME_NONE) {
                const struct ald_call_report report = call->ended;

                call_end(call, &report);
                found = true;
                break;
            }
        }
    } while (found);
}

/* --- saying it -------------------------------------------------------------------------------------------------- */

static ald_usec call_left(const struct ald_call *call)
{
    ald_usec now = ald_loop_now(call->client->loop);

    return call->deadline > now ? call->deadline - now : 0;
}

/* A hub without the extension would take a command for somebody else as one for itself, and forget a durable one; of what a store is
 * for a daemon of the communicator family knows nothing. */
static bool call_can_be_said(const struct ald_call *call)
{
    const struct ald_msg *command = call->command;
    bool is_for_hub = !ald_str_present(command->to.target) && !ald_str_present(command->to.hub);
    bool is_plain = is_for_hub && command->mode == ALD_MODE_ANY;
    bool needs_store = (command->flags & ALD_MSG_DURABLE) != 0 || ald_str_present(command->collapse);

    return (is_plain || ald_client_can(call->client, ALD_WAY_ADDRESSES)) &&
           (!needs_store || ald_client_can(call->client, ALD_WAY_ADDRESSES | ALD_WAY_STORES));
}

static int call_say(struct ald_call *call, struct ald_signal *signal)
{
    struct ald_client *client = call->client;
    int r;

    if (ald_client_session_takes(client, ALD_SIGNAL_COMMAND)) {
        return ald_client_session_say(client, signal, &call->said);
    }
    r = ald_client_emit(client, signal);
    call->said.ordinal = signal->ordinal;
    return r;
}

static void call_submit(struct ald_call *call)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    if (call->ended.outcome != ALD_OUTCOME_NONE || call->client->session.full) {
        return;
    }
    if (!call_can_be_said(call)) {
        call_end_later(call, ALD_REFUSED, ALD_CAUSE_UNSUPPORTED);
        return;
    }
    signal.id.low = call->number;
    signal.msg = call->command;
    signal.ttl = call_left(call);
    if (call_say(call, &signal) < 0) {
        call_end_later(call, ALD_REFUSED, ALD_CAUSE_BUSY); /* memory is short, and nobody saw it */
        return;
    }
    ald_list_push_back(&call->client->handed, &call->handed);
    ald_sm_move(&call_machine, &call->state, CALL_HANDED);
}

/* Outcomes are for the caller of this to find in the call's state; memory that is short is tried again. */
static void call_ask(struct ald_call *call)
{
    struct ald_client *client = call->client;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    call_forget_ask(call);
    if (ald_ask_new(client->messages, &client->rng, call->command->wire_id, call_left(call) + CALL_GRACE, &call->ask) <
        0) {
        ald_alarm_start(client->loop, &call->ask_alarm, ald_loop_now(client->loop) + CALL_ASK_AGAIN);
        return;
    }
    signal.msg = call->ask;
    signal.ttl = call->ask->ttl;
    if (ald_table_add(&client->calls_by_id, call->ask->wire_id, call) != 0) {
        call->ask = ald_msg_unref(call->ask);
    } else if (ald_client_say(client, &signal) == 0) {
        ald_sm_move(&call_machine, &call->state, CALL_ASKED);
        return;
    }
    ald_alarm_start(client->loop, &call->ask_alarm, ald_loop_now(client->loop) + CALL_ASK_AGAIN);
}

static void call_ask_alarm(void *owner)
{
    struct ald_call *call = owner;

    if (ald_client_ready(call->client) && call->state == CALL_ADRIFT) {
        call_ask(call);
    }
}

/* When memory is short a cancel is not said; the deadline still holds. */
static void call_say_cancel(struct ald_call *call)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);

    signal.request = call->command;
    ald_ignore(ald_client_say(call->client, &signal));
}

/* The connection it was sent over is gone, and a cancel means what was sent over its own: so the hub is asked by id. What it
 * says to that is of no use: the outcome, for which it is asked as well, says it all. */
static void call_ask_cancel(struct ald_call *call)
{
    struct ald_client *client = call->client;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    ALD_AUTO(ald_msg_unref) struct ald_msg *ask = NULL;

    if (ald_ask_cancel_new(client->messages, &client->rng, call->command->wire_id, call_left(call) + CALL_GRACE, &ask) <
        0) {
        return;
    }
    signal.msg = ask;
    signal.ttl = ask->ttl;
    ald_ignore(ald_client_say(client, &signal));
}

/* --- the connection ---------------------------------------------------------------------------------------------- */

void ald_calls_ready(struct ald_client *client)
{
    ald_list_each (node, &client->calls) {
        struct ald_call *call = ald_list_entry(node, struct ald_call, node);

        if (call->state == CALL_WAITING) {
            call_submit(call);
        } else if (call->state == CALL_ADRIFT && !ald_client_can(client, ALD_WAY_ASKS)) {
            if (call->sent_at == client->url_at) {
                call_end_later(call, ALD_LOST, ALD_CAUSE_HUB_LOST); /* nobody to ask */
            }
        } else if (call->state == CALL_ADRIFT) {
            call_ask(call);
            if (call->cancelled) {
                call_ask_cancel(call);
            }
        }
    }
}

void ald_calls_away(struct ald_client *client)
{
    ald_list_each (node, &client->calls) {
        struct ald_call *call = ald_list_entry(node, struct ald_call, node);

        switch (call->state) {
        case CALL_HANDED:
            ald_node_remove(&call->handed);
            ald_sm_move(&call_machine, &call->state, CALL_WAITING);
            if (call->cancelled) {
                call_end_later(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK); /* nobody saw it, and nobody shall */
            }
            break;
        case CALL_SENT:
        case CALL_ASKED:
            ald_sm_move(&call_machine, &call->state, CALL_ADRIFT);
            break;
        default:
            break;
        }
    }
}

bool ald_calls_are_here(const struct ald_client *client)
{
    ald_list_each (node, &client->calls) {
        const struct ald_call *call = ald_list_entry(node, const struct ald_call, node);
        bool is_sent = call->state == CALL_SENT || call->state == CALL_ASKED || call->state == CALL_ADRIFT;

        if (is_sent && call->sent_at == client->url_at) {
            return true;
        }
    }
    return false;
}

void ald_calls_begun(struct ald_client *client)
{
    struct ald_node *node;

    while ((node = ald_list_first(&client->handed)) != NULL) {
        struct ald_call *call = ald_list_entry(node, struct ald_call, handed);

        if (call->said.ordinal > client->begun) {
            return;
        }
        ald_node_remove(&call->handed);
        ald_sm_move(&call_machine, &call->state, CALL_SENT);
        call->sent_at = client->url_at;
        call->unseen = !ald_client_can(client, ALD_WAY_STATUSES);
    }
}

void ald_calls_end(struct ald_client *client)
{
    struct ald_node *node;

    while ((node = ald_list_first(&client->calls)) != NULL) {
        struct ald_call *call = ald_list_entry(node, struct ald_call, node);

        if (call->ended.outcome != ALD_OUTCOME_NONE) {
            const struct ald_call_report report = call->ended;

            call_end(call, &report);
        } else if (call->state == CALL_WAITING || call->state == CALL_HANDED) {
            call_end_as(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
        } else {
            call_end_as(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
        }
    }
}

void ald_calls_fini(struct ald_client *client)
{
    struct ald_node *node;

    while ((node = ald_list_first(&client->calls)) != NULL) {
        call_free(ald_list_entry(node, struct ald_call, node));
    }
    ald_task_cancel(&client->settle_task);
    ald_table_fini(&client->calls_by_id);
    ald_table_fini(&client->calls_by_number);
}

/* --- what the hub says ------------------------------------------------------------------------------------------- */

/* The answer to our question. Whatever it says, the question itself is over. */
static void call_answered(struct ald_call *call, const struct ald_signal *signal)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_client *client = call->client;
    struct ald_call_report report;
    bool again;
    int r;

    if (call->state != CALL_ASKED) {
        return;
    }
    call_forget_ask(call);
    if (signal->outcome == ALD_SUCCEEDED && signal->msg != NULL) {
        r = ald_ask_unpack(client->messages, signal->msg, call_phase(call), &reply, &report);
        if (r == 0) {
            call_end(call, &report);
            return;
        }
        again = r < 0;
    } else if (signal->outcome == ALD_EXPIRED) {
        /* It knows the command and could not tell an outcome in time. */
        call_end_as(call, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
        return;
    } else {
        again = signal->cause == ALD_CAUSE_BUSY || signal->cause == ALD_CAUSE_DRAINING;
    }
    if (again) {
        ald_sm_move(&call_machine, &call->state, CALL_ADRIFT);
        ald_alarm_start(client->loop, &call->ask_alarm, ald_loop_now(client->loop) + CALL_ASK_AGAIN);
    } else if (call->sent_at != client->url_at) {
        ald_sm_move(&call_machine, &call->state, CALL_ADRIFT); /* until we are back there, or its deadline */
    } else {
        call_end_as(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
    }
}

/* Whom it is about: the answers of a protocol bring back the id, or the number. */
static struct ald_call *call_meant(const struct ald_client *client, const struct ald_signal *signal)
{
    if (signal->msg == NULL) {
        return NULL;
    }
    return ald_str_present(signal->msg->wire_id) ? ald_table_find(&client->calls_by_id, signal->msg->wire_id)
                                                 : ald_table_find_number(&client->calls_by_number, signal->id.low);
}

/* Whoever was asked, or a hub. */
static bool call_is_answered_by(const struct ald_call *call, const struct ald_signal *signal)
{
    struct ald_str asked = call->command->to.target;

    return signal->kind != ALD_SIGNAL_REPLY || !ald_str_present(signal->target) || signal->target.size == 0 ||
           !ald_str_present(asked) || ald_str_equal(signal->target, asked);
}

void ald_calls_heard(struct ald_client *client, const struct ald_signal *signal)
{
    struct ald_call *call = call_meant(client, signal);
    struct ald_call_report report = {
        .outcome = (enum ald_outcome)signal->outcome,
        .phase = (enum ald_phase)signal->phase,
        .cause = (enum ald_cause)signal->cause,
        .msg = signal->msg,
        .channel = signal->channel,
        .gap = signal->kind == ALD_SIGNAL_REPLY ? signal->gap : 0,
    };

    if (call == NULL || call->ended.outcome != ALD_OUTCOME_NONE || !call_is_answered_by(call, signal)) {
        return; /* late or stray: exchange.md 2.10, link.md 4.5 */
    }
    if (call->ask != NULL && ald_str_equal(call->ask->wire_id, signal->msg->wire_id)) {
        if (signal->kind == ALD_SIGNAL_REPLY) {
            call_answered(call, signal);
        }
        return;
    }
    report.text = ald_str_present(signal->text) ? signal->text : signal->msg->text;
    if (report.outcome >= ALD_CANCELLED) {
        report.phase = ALD_MAX(report.phase, call_phase(call)); /* a protocol that tells no phase tells the first one */
    }
    if (signal->kind == ALD_SIGNAL_REPLY && report.outcome != ALD_OUTCOME_NONE) {
        call_end(call, &report);
    } else if (report.phase >= call->phase && report.phase < ALD_PHASE_DONE) {
        report.outcome = ALD_OUTCOME_NONE;
        call_report(call, &report);
    }
}

/* A genuine communicatord says so of our questions, and knows nothing of any command (communicator.md 4). */
void ald_calls_unknown(struct ald_client *client, struct ald_str command)
{
    if (!ald_str_equal(command, ALD_STR("ALDIS_OUTCOME"))) {
        return;
    }
    client->can &= ~(unsigned)ALD_WAY_ASKS;
    ald_list_each (node, &client->calls) {
        struct ald_call *call = ald_list_entry(node, struct ald_call, node);

        if (call->state == CALL_ASKED) {
            ald_sm_move(&call_machine, &call->state, CALL_ADRIFT);
            call_forget_ask(call);
        }
    }
    ald_calls_ready(client);
}

const struct ald_msg *ald_call_command(const struct ald_call *call)
{
    return call->command;
}

bool ald_calls_none(const struct ald_client *client)
{
    return ald_list_empty(&client->calls);
}

/* --- the program ------------------------------------------------------------------------------------------------- */

/* The hub that it was sent to is there, over the connection or in the session in which that was. */
static bool call_hub_is_there(const struct ald_call *call)
{
    return call->state == CALL_SENT && ald_client_ready(call->client);
}

/*
 * The deadline, and then the end of our patience. Before it was sent nobody but us can tell that it expired; afterwards the
 * hub does, and only if it stays silent we must. Where it is gone, and may only come back, it is lost.
 */
static void call_alarm(void *owner)
{
    struct ald_call *call = owner;
    ald_usec now = ald_loop_now(call->client->loop);

    if (call->ended.outcome != ALD_OUTCOME_NONE) {
        return;
    }
    if (call->state == CALL_WAITING || call->state == CALL_HANDED) {
        call_end_as(call, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    } else if (now < call->deadline + CALL_GRACE) {
        ald_alarm_start(call->client->loop, &call->alarm, call->deadline + CALL_GRACE);
    } else if (call_hub_is_there(call)) {
        call_end_as(call, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    } else {
        call_end_as(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
    }
}

int ald_client_call(struct ald_client *client, struct ald_msg *command, ald_call_fn fn, void *owner,
                    struct ald_call **ret_call)
{
    struct ald_call *call;
    int r;

    ald_assert(command->sealed && command->kind == ALD_COMMAND && command->ttl != ALD_NEVER);
    if (client->ending || client->draining || client->state == ALD_CLIENT_CLOSED) {
        return ald_trace(ALDIS_E_CLOSED);
    }
    call = calloc(1, sizeof(*call));
    if (call == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    call->client = client;
    call->command = ald_msg_ref(command);
    call->fn = fn;
    call->owner = owner;
    call->deadline = ald_loop_now(client->loop) + command->ttl;
    call->number = ++client->n_calls;
    ald_node_init(&call->node);
    ald_node_init(&call->handed);
    ald_alarm_init(&call->alarm, call_alarm, call);
    ald_alarm_init(&call->ask_alarm, call_ask_alarm, call);
    r = ald_table_add(&client->calls_by_id, command->wire_id, call);
    if (r == 0 && (r = ald_table_add_number(&client->calls_by_number, call->number, call)) < 0) {
        ald_table_remove(&client->calls_by_id, command->wire_id);
    }
    if (r != 0) {
        ald_msg_unref(call->command);
        free(call);
        return ald_trace(r < 0 ? r : ALDIS_E_INVALID); /* an id is given once */
    }
    ald_list_push_back(&client->calls, &call->node);
    ald_alarm_start(client->loop, &call->alarm, call->deadline);
    if (ald_client_ready(client)) {
        call_submit(call);
    }
    *ret_call = call;
    return 0;
}

/* Its session is away. What never left is nobody's yet; of the rest protocols with sessions cannot take anything back. */
static void call_cancel_away(struct ald_call *call)
{
    if (call->state == CALL_HANDED) {
        ald_client_session_untie(call->client, &call->said);
        call_end_later(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    }
}

void ald_call_cancel(struct ald_call *call)
{
    if (call->ended.outcome != ALD_OUTCOME_NONE || call->cancelled) {
        return;
    }
    call->cancelled = true;
    switch (call->state) {
    case CALL_WAITING:
        call_end_later(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
        break;
    case CALL_HANDED:
    case CALL_SENT:
        if (!ald_client_ready(call->client)) {
            call_cancel_away(call);
        } else {
            call_say_cancel(call);
        }
        break;
    case CALL_ASKED:
        call_ask_cancel(call);
        break;
    default:
        break; /* adrift: the next hub that answers is asked */
    }
}
