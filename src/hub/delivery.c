#include "hub/delivery.h"

#include "hub/cancel.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/notes.h"
#include "hub/hop.h"
#include "hub/party.h"
#include "hub/record.h"
#include "hub/roster.h"
#include "hub/session.h"
#include "hub/target.h"
#include "hub/who.h"

void ald_delivery_queue(struct ald_hub *hub, struct ald_command *command, struct ald_queue *queue,
                        struct ald_channel *channel)
{
    ald_command_set_place(hub, command, ALD_PLACE_WAITING);
    command->channel = channel;
    ald_queue_push_back(hub, queue, command);
    ald_command_set_phase(hub, command, ALD_PHASE_QUEUED);
    ald_command_write(hub, command, ALD_LINE_QUEUED);
}

static struct ald_hub_conn *delivery_conn(const struct ald_command *command)
{
    return command->channel->party->conn;
}

/* Of `list`, what the party has, and calls as its sender does; NULL: nothing. */
static struct ald_command *delivery_named_in(const struct ald_node *list, const struct ald_party *party,
                                             struct ald_str wire_id)
{
    ald_list_each (it, list) {
        struct ald_command *command = ald_list_entry(it, struct ald_command, place_node);

        if (command->channel->party == party && !command->is_renamed && ald_str_equal(command->msg->wire_id, wire_id)) {
            return command;
        }
    }
    return NULL;
}

static struct ald_command *delivery_find_named_so(const struct ald_party *party, struct ald_str wire_id)
{
    struct ald_command *command = NULL;

    if (party->channel != NULL) {
        command = delivery_named_in(&party->channel->sent, party, wire_id);
    }
    if (command == NULL && party->conn != NULL) {
        command = delivery_named_in(&party->conn->handed, party, wire_id);
    }
    return command;
}

void ald_delivery_hand(struct ald_hub *hub, struct ald_command *command, struct ald_channel *channel)
{
    struct ald_hub_conn *conn = channel->party->conn;

    ald_assert(channel->state == ALD_CHANNEL_LIVE);
    if (command->place == ALD_PLACE_WAITING) {
        ald_queue_remove(hub, command);
    }
    ald_command_set_place(hub, command, ALD_PLACE_HANDED);
    ald_command_set_phase(hub, command, ALD_PHASE_QUEUED);
    command->channel = channel;
    command->agent_conn = conn->number;
    command->agent_party = channel->party->number;
    memcpy(command->channel_id, channel->id, ALD_ID_TEXT);
    command->has_channel_id = true;
    command->told_serial = 0;
    command->is_renamed =
        command->has_namesake && delivery_find_named_so(channel->party, command->msg->wire_id) != NULL;
    command->cancel_asked = false;
    ald_list_push_back(&conn->handed, &command->place_node);
    conn->n_in_flight++;
    channel->party->n_in_flight++;
    ald_channel_taken(hub, channel);
    ald_party_tell(hub, channel->party, &command->kept_command);
}

void ald_delivery_begun(struct ald_hub *hub, struct ald_command *command)
{
    ald_command_set_place(hub, command, ALD_PLACE_SENT);
    ald_node_remove(&command->place_node);
    ald_list_push_back(&command->channel->sent, &command->place_node);
    command->n_attempts++;
    ald_hub_count(hub, ALD_N_ATTEMPTS);
    ald_command_set_phase(hub, command, ALD_PHASE_SENT);
    ald_command_write(hub, command, ALD_LINE_SENT);
    if (command->whole != NULL) {
        ald_roster_member_sent(hub, command);
    }
    if (command->channel->party->state == ALD_PARTY_GONE) {
        ald_work_add(hub, &hub->work.gone, &command->channel->work); /* it ended before its connection, and is lost */
    }
    if (command->cancel_wanted) {
        ald_ignore(ald_cancel_ask(hub, command)); /* its caller is told */
    }
}

/* Out of the hands of its channel, which gets its slot back. */
static void delivery_release(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_hub_conn *conn = delivery_conn(command);

    ald_node_remove(&command->place_node);
    command->channel->party->n_in_flight--;
    ald_channel_freed(hub, command->channel);
    if (conn != NULL) {
        ald_assert(conn->n_in_flight > 0);
        conn->n_in_flight--;
        ald_hub_conn_settle(hub, conn);
    }
}

void ald_delivery_drop(struct ald_hub *hub, struct ald_command *command)
{
    if (command->place == ALD_PLACE_NOWHERE) {
        return;
    }
    if (command->place == ALD_PLACE_WAITING) {
        ald_queue_remove(hub, command);
    } else {
        delivery_release(hub, command);
    }
    ald_command_set_place(hub, command, ALD_PLACE_NOWHERE);
    command->channel = NULL;
}

/* Where a command goes that may be handed over once more; NULL: nowhere, its channel is gone. */
static struct ald_queue *delivery_home(struct ald_command *command)
{
    struct ald_channel *channel = command->channel;

    if (command->is_abroad) {
        return &command->target->any; /* from where it may take another way */
    }
    switch (command->mode) {
    case ALD_MODE_CHANNEL:
        return channel->state != ALD_CHANNEL_GONE && channel->party->state != ALD_PARTY_GONE ? &channel->queue : NULL;
    case ALD_MODE_PRIMARY:
        return &command->target->primary;
    default:
        return &command->target->any;
    }
}

static void delivery_requeue(struct ald_hub *hub, struct ald_command *command, struct ald_queue *queue, bool front)
{
    delivery_release(hub, command);
    ald_command_set_place(hub, command, ALD_PLACE_WAITING);
    if (command->mode != ALD_MODE_CHANNEL || command->is_abroad) {
        command->channel = NULL;
    }
    if (front) {
        ald_queue_push_front(hub, queue, command);
    } else {
        ald_queue_push_back(hub, queue, command);
    }
    ald_hub_count(hub, ALD_N_REQUEUED);
    ald_target_wake(hub, command->target);
}

/* It never ran, so whatever ends it now ends it as if it had still been queued. */
void ald_delivery_return(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_queue *home = delivery_home(command);

    ald_party_untell(hub, &command->kept_command);
    if (command->cancel_wanted) {
        ald_cancel_now(hub, command);
    } else if (hub->draining) {
        ald_command_refuse(hub, command, ALD_CAUSE_DRAINING, NULL);
    } else if (home == NULL) {
        ald_command_refuse(hub, command, ALD_CAUSE_NO_CHANNEL, NULL);
    } else {
        delivery_requeue(hub, command, home, true);
        ald_command_write(hub, command, ALD_LINE_MOVED);
    }
}

/* Another of the daemons that it was given to as well, which may answer still; NULL: none is left. */
static struct ald_channel *delivery_other_daemon(const struct ald_hub *hub, const struct ald_command *command)
{
    ald_list_each (it, &hub->graph.links) {
        const struct ald_peer_link *link = ald_list_entry(it, const struct ald_peer_link, node);
        struct ald_channel *channel = link->party->channel;

        if (link->peer->peering == ALD_PEERING_FLOODS && channel != NULL && channel != command->channel &&
            channel->state == ALD_CHANNEL_LIVE && channel->number < command->flooded_at) {
            return channel;
        }
    }
    return NULL;
}

/* It has been sent there: that one is the agent now. */
static void delivery_adopt(struct ald_hub *hub, struct ald_command *command, struct ald_channel *channel)
{
    struct ald_target *before = command->target;

    delivery_release(hub, command);
    before->n_commands--;
    command->target = channel->target;
    command->target->n_commands++;
    command->channel = channel;
    command->agent_conn = channel->party->conn->number;
    command->agent_party = channel->party->number;
    memcpy(command->channel_id, channel->id, ALD_ID_TEXT);
    ald_list_push_back(&channel->sent, &command->place_node);
    channel->party->conn->n_in_flight++;
    channel->party->n_in_flight++;
    ald_channel_taken(hub, channel);
    ald_command_write(hub, command, ALD_LINE_MOVED);
}

/* "it is lost unless marked idempotent, which allows another attempt" (DESIGN section 1). Of several that were given it, the
 * last one takes it along. */
void ald_delivery_lost(struct ald_hub *hub, struct ald_command *command, uint8_t cause)
{
    struct ald_channel *other = command->is_flooded ? delivery_other_daemon(hub, command) : NULL;
    struct ald_queue *home = delivery_home(command);
    bool may_again = (command->msg->flags & ALD_MSG_IDEMPOTENT) != 0 && !command->cancel_wanted && !hub->draining &&
                     command->n_attempts < hub->config.attempts_max;

    if (other != NULL) {
        delivery_adopt(hub, command, other);
        return;
    }
    if (!may_again || home == NULL) {
        ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_LOST, .cause = cause});
        return;
    }
    command->in_doubt = true;
    command->doubt_cause = cause;
    command->doubt_phase = ALD_MAX(command->doubt_phase, command->phase);
    ald_command_set_phase(hub, command, ALD_PHASE_QUEUED);
    delivery_requeue(hub, command, home, false);
    ald_command_write(hub, command, ALD_LINE_AGAIN);
}

/* A party that resumed on another connection has it still; of what has ended only the connection is remembered. */
static bool delivery_is_from(const struct ald_command *command, struct ald_hub_conn *conn, uint32_t party)
{
    const struct ald_party *from;

    if (command->is_flooded) { /* any of those that were asked may answer */
        from = ald_party_find(conn, party);
        return from != NULL && from->peering == ALD_PEERING_FLOODS;
    }
    if (command->channel != NULL) {
        return command->channel->party == ald_party_find(conn, party);
    }
    return command->agent_conn == conn->number && command->agent_party == party;
}

/*
 * A busy agent got the command hundreds of commands ago, and the cache has forgotten it; each of its lines would be waited
 * for in turn. So they are all asked for at once. Only time is saved by this.
 */
enum { DELIVERY_LINE = 64 };

static void delivery_fetch(const struct ald_command *command)
{
    for (size_t at = 0; command != NULL && at < sizeof(*command); at += DELIVERY_LINE) {
        __builtin_prefetch((const char *)command + at, 1);
    }
}

/*
 * A reply that brings no id of ours back names its command as the caller does (link.md 1.3: an answer is addressed to whoever
 * asked). Wire ids are not unique, so when the newest with it is not this party's, what that has is looked through.
 */
static struct ald_found delivery_find_named(struct ald_hub *hub, struct ald_hub_conn *conn,
                                            const struct ald_signal *signal)
{
    struct ald_found found = ald_command_find_text(hub, signal->msg->wire_id);
    const struct ald_party *party;
    struct ald_command *sent;

    if (found.command != NULL && !found.command->is_renamed && delivery_is_from(found.command, conn, signal->party)) {
        return found;
    }
    party = ald_party_find(conn, signal->party);
    sent = party != NULL ? delivery_find_named_so(party, signal->msg->wire_id) : NULL;
    if (sent != NULL) {
        return (struct ald_found){.command = sent, .record = sent->record};
    }
    return found.command != NULL && found.command->is_renamed ? (struct ald_found){NULL, NULL} : found;
}

/* Of the commands in `list` that a party of the session has, the one that was told under `serial`; NULL: none. */
static struct ald_command *delivery_told_in(const struct ald_node *list, const struct ald_session *session,
                                            uint64_t serial)
{
    ald_list_each (it, list) {
        struct ald_command *command = ald_list_entry(it, struct ald_command, place_node);

        if (command->told_serial == serial && command->channel->party->session == session) {
            return command;
        }
    }
    return NULL;
}

/*
 * A reply that names the frame of its command is one of its session, whichever of its parties was asked: the frame does not say
 * (link.md 2.15). What is looked through is what they have in flight.
 */
static struct ald_found delivery_find_told(struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    const struct ald_party *party = ald_party_find(conn, signal->party);
    const struct ald_session *session = party != NULL ? party->session : NULL;
    struct ald_command *command = NULL;

    if (session == NULL) {
        return (struct ald_found){NULL, NULL};
    }
    ald_list_each (it, &session->parties) {
        const struct ald_channel *channel = ald_list_entry(it, const struct ald_party, of_session)->channel;

        if (channel != NULL && command == NULL) {
            command = delivery_told_in(&channel->sent, session, signal->answers);
        }
    }
    if (command == NULL) {
        command = delivery_told_in(&conn->handed, session, signal->answers);
    }
    return (struct ald_found){.command = command, .record = command != NULL ? command->record : NULL};
}

static bool id_is_absent(struct ald_id id)
{
    return id.high == 0 && id.low == 0;
}

/* Does the command exist, and did this party have it? */
struct ald_found ald_delivery_find(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    bool is_named = id_is_absent(signal->id) && signal->msg != NULL && signal->msg->wire_id.size > 0;
    struct ald_found found = is_named ? delivery_find_named(hub, conn, signal) : ald_command_find(hub, signal->id);
    bool is_from;

    if (id_is_absent(signal->id) && signal->kind == ALD_SIGNAL_REPLY && signal->answers != 0) {
        return delivery_find_told(conn, signal);
    }
    delivery_fetch(found.command);
    is_from = found.command != NULL ? delivery_is_from(found.command, conn, signal->party)
                                    : found.record != NULL && found.record->agent_conn == conn->number &&
                                          found.record->agent_party == signal->party;

    return is_from ? found : (struct ald_found){NULL, NULL};
}

/* An answer proves that it was sent, even when the edge has not said so yet. */
static void delivery_prove(struct ald_hub *hub, struct ald_command *command)
{
    if (command->place == ALD_PLACE_HANDED) {
        ald_delivery_begun(hub, command);
    }
}

/* The hub that was to pass it on stops, and says that it did not: as if it had not been sent, it takes another way. */
static bool delivery_reroutes(const struct ald_hub *hub, const struct ald_command *command,
                              const struct ald_signal *signal)
{
    return command->is_abroad && !command->is_flooded && !hub->draining && !command->cancel_wanted &&
           command->target->n_active == 0 && signal->msg != NULL && signal->msg->outcome == ALD_REFUSED &&
           signal->msg->cause == ALD_CAUSE_DRAINING;
}

static void delivery_reroute(struct ald_hub *hub, struct ald_command *command)
{
    command->n_attempts--;
    ald_command_set_phase(hub, command, ALD_PHASE_QUEUED);
    delivery_requeue(hub, command, &command->target->any, false);
}

/* What an agent may say of a command; whatever else it says, something in it is broken. One that passes commands on, as a host
 * does to its instances, may lose whom it passed one on to (link 4.7). */
static struct ald_end delivery_end(struct ald_hub *hub, const struct ald_command *command,
                                   const struct ald_signal *signal)
{
    static const uint8_t causes[] = {
        [ALD_SUCCEEDED] = ALD_CAUSE_NONE,        [ALD_FAILED] = ALD_CAUSE_AGENT_FAILED,
        [ALD_REFUSED] = ALD_CAUSE_AGENT_REFUSED, [ALD_CANCELLED] = ALD_CAUSE_TAKEN_BACK,
        [ALD_EXPIRED] = ALD_CAUSE_DEADLINE, /* this one is for hubs to say */
        [ALD_LOST] = ALD_CAUSE_HUB_LOST,
    };
    uint8_t outcome = signal->msg != NULL ? signal->msg->outcome : signal->outcome;
    uint8_t cause = signal->msg != NULL ? signal->msg->cause : signal->cause;
    bool is_sayable = outcome <= ALD_CANCELLED || (outcome == ALD_EXPIRED && command->is_abroad) ||
                      (outcome == ALD_LOST && (command->is_abroad || cause == ALD_CAUSE_SESSION_ENDED));

    if (outcome == ALD_OUTCOME_NONE || !is_sayable || cause >= ALD_N_CAUSES) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return (struct ald_end){.outcome = ALD_FAILED, .cause = ALD_CAUSE_AGENT_BROKE, .reply = signal->msg};
    }
    if (outcome == ALD_SUCCEEDED || cause == ALD_CAUSE_NONE) {
        cause = causes[outcome];
    }
    return (struct ald_end){.outcome = outcome, .cause = cause, .reply = signal->msg};
}

/*
 * Can its caller be told so? That it succeeded without its result would be a lie, and that it failed, where the hub says that it
 * succeeded, would be a second outcome. What its protocol adds is not known here: within those few bytes it has the last word.
 */
static bool delivery_is_sayable(const struct ald_command *command, const struct ald_msg *reply)
{
    const struct ald_party *caller = command->caller;

    if (caller == NULL || caller->conn == NULL || caller->conn->message_max == 0 ||
        caller->peering != ALD_PEERING_NONE) {
        return true; /* a hub has room for what hubs add */
    }
    return reply->payload.size + reply->details.size <= caller->conn->message_max;
}

/* "A reply after the outcome goes into the story and a counter, never to the caller" (DESIGN section 1). */
static void delivery_late(struct ald_hub *hub, struct ald_command *command, const struct ald_msg *reply)
{
    ald_hub_count(hub, ALD_N_REPLIES_LATE);
    ald_notes_command(hub, ALD_NOTE_LATE, command, reply);
    ald_command_write(hub, command, ALD_LINE_LATE_REPLY);
}

static void delivery_late_packed(struct ald_hub *hub, struct ald_record *record, const struct ald_msg *reply)
{
    struct ald_record_room room;

    ald_hub_count(hub, ALD_N_REPLIES_LATE);
    ald_notes_command(hub, ALD_NOTE_LATE, ald_record_show(hub, record, &room), reply);
    ald_record_write(hub, record, ALD_LINE_LATE_REPLY);
}

/* Its alarm is due as well, and has not been looked at yet. A member of a roster expires with the whole. */
static void delivery_expire(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_command *whole = command->whole != NULL ? command->whole : command;

    if (whole->outcome == ALD_OUTCOME_NONE) {
        ald_command_expired(hub, whole);
    }
}

void ald_delivery_reply(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_found found = ald_delivery_find(hub, conn, signal);
    struct ald_command *command = found.command;
    struct ald_end end;

    if (command == NULL && found.record != NULL) {
        delivery_late_packed(hub, found.record, signal->msg);
        return;
    }
    if (command == NULL) {
        ald_hub_count(hub, ALD_N_REPLIES_STRAY);
        return;
    }
    if (command->outcome == ALD_OUTCOME_NONE && hub->now >= command->deadline) {
        delivery_expire(hub, command);
        delivery_late(hub, command, signal->msg);
        return;
    }
    if (command->outcome != ALD_OUTCOME_NONE) {
        delivery_late(hub, command, signal->msg);
        return;
    }
    if (command->place != ALD_PLACE_HANDED && command->place != ALD_PLACE_SENT) {
        ald_hub_count(hub, ALD_N_REPLIES_STRAY); /* from an attempt that was given up */
        return;
    }
    delivery_prove(hub, command);
    if (delivery_reroutes(hub, command, signal)) {
        delivery_reroute(hub, command);
        return;
    }
    if (command->is_abroad && signal->msg != NULL && signal->msg->phase < ALD_PHASE_DONE) {
        command->doubt_phase = ALD_MAX(command->doubt_phase, signal->msg->phase); /* how far it had come there */
    }
    end = delivery_end(hub, command, signal);
    if (end.outcome == ALD_SUCCEEDED && end.reply != NULL && !delivery_is_sayable(command, end.reply)) {
        end = (struct ald_end){.outcome = ALD_FAILED, .cause = ALD_CAUSE_TOO_LARGE};
    }
    ald_command_end(hub, command, &end);
}

/* "within one, states may be skipped but never go back" (DESIGN section 1). */
static bool delivery_advance(struct ald_hub *hub, struct ald_command *command, uint8_t phase)
{
    if (phase != ALD_PHASE_ACCEPTED && phase != ALD_PHASE_RUNNING) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return false;
    }
    if (phase < command->phase) {
        return false;
    }
    if (phase > command->phase) {
        ald_command_set_phase(hub, command, (enum ald_phase)phase);
        ald_command_write(hub, command, phase == ALD_PHASE_ACCEPTED ? ALD_LINE_ACCEPTED : ALD_LINE_RUNNING);
    }
    return true;
}

static bool delivery_forward(struct ald_hub *hub, struct ald_command *command, struct ald_msg *msg)
{
    const struct ald_command *asked = command->whole != NULL ? command->whole : command;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);

    if (asked->caller == NULL || (asked->caller->traits & ALD_CAN_STATUS) == 0) {
        return false;
    }
    signal.id = asked->id;
    signal.msg = msg != NULL ? ald_msg_ref(msg) : NULL;
    signal.request = ald_msg_ref(asked->msg);
    signal.phase = command->phase;
    signal.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
    return ald_party_offer(hub, asked->caller, &signal);
}

static void delivery_set_progress(struct ald_command *command, const struct ald_msg *status)
{
    if (status != NULL && (status->flags & ALD_MSG_PROGRESS) != 0) {
        command->has_progress = true;
        command->total = status->total;
        command->completed = status->completed;
    }
}

void ald_delivery_status(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_command *command = ald_delivery_find(hub, conn, signal).command;
    uint8_t phase = signal->msg != NULL ? signal->msg->phase : signal->phase;
    bool told = false;

    if (command != NULL && (command->place == ALD_PLACE_HANDED || command->place == ALD_PLACE_SENT)) {
        delivery_prove(hub, command);
        delivery_set_progress(command, signal->msg);
        told = delivery_advance(hub, command, phase) && delivery_forward(hub, command, signal->msg);
    }
    ald_hub_count(hub, told ? ALD_N_STATUSES : ALD_N_STATUSES_DROPPED);
}
