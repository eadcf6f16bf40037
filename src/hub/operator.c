#include "hub/operator.h"

#include "hub/cancel.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/primary.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/subscribe.h"

/* A refused cancel is no conflict: whether the agent's protocol can cancel shows only once the command is sent. */
static int operator_cancel(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_found found = ald_command_find_text(hub, event->text);
    struct ald_command *command = found.command;

    if (command == NULL && found.record == NULL) {
        return ALD_ASK_UNKNOWN;
    }
    if (command == NULL || command->outcome != ALD_OUTCOME_NONE) {
        return ALD_ASK_CONFLICT;
    }
    ald_command_write(hub, command, ALD_LINE_BY_OPERATOR);
    ald_ignore(ald_cancel(hub, command)); /* it stands in the story, where whoever operates reads on */
    return 0;
}

/*
 * As if the party had said goodbye itself: its session is over, one of several parties loses its name only, the last one
 * takes the connection with it, and so does one whose session others joined; one that joined ends alone. What it has in flight
 * it may finish. One that is away has nobody to be told.
 */
static int operator_leave(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_channel *channel = ald_channel_find(hub, event->text);
    struct ald_party *party;

    if (channel == NULL) {
        return ALD_ASK_UNKNOWN;
    }
    party = channel->party;
    if (channel->state == ALD_CHANNEL_LIVE && (channel->leaving || party->conn->state != ALD_CONN_OPEN)) {
        return ALD_ASK_CONFLICT;
    }
    if (ald_party_is_joined(party)) {
        ald_party_say_goodbye(hub, party, event->reconnect);
        ald_party_end(hub, party, ALD_CAUSE_SESSION_ENDED);
        return 0;
    }
    if (party->session != NULL) {
        ald_session_over(hub, party->session);
    }
    if (party->conn == NULL) {
        return 0;
    }
    if (!ald_party_is_whole(party)) {
        ald_party_say_goodbye(hub, party, event->reconnect);
        ald_channel_part(hub, channel);
        return 0;
    }
    ald_channel_set_leaving(hub, channel);
    ald_hub_conn_send_away(hub, party->conn, event->reconnect);
    return 0;
}

static int operator_primary(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_channel *channel = ald_channel_find(hub, event->text);

    if (channel == NULL) {
        return ALD_ASK_UNKNOWN;
    }
    return ald_primary_choose(hub, channel) ? 0 : ALD_ASK_CONFLICT;
}

static int operator_unsubscribe(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_channel *channel = ald_channel_find(hub, event->text);

    return channel != NULL && ald_subscribe_end(hub, channel->party, event->name) ? 0 : ALD_ASK_UNKNOWN;
}

void ald_operator_event(struct ald_hub *hub, struct ald_event *event)
{
    switch ((enum ald_event_kind)event->kind) {
    case ALD_EVENT_CANCEL:
        event->result = operator_cancel(hub, event);
        break;
    case ALD_EVENT_CHANNEL_LEAVE:
        event->result = operator_leave(hub, event);
        break;
    case ALD_EVENT_CHANNEL_PRIMARY:
        event->result = operator_primary(hub, event);
        break;
    case ALD_EVENT_UNSUBSCRIBE:
        event->result = operator_unsubscribe(hub, event);
        break;
    default:
        break;
    }
}

/*
 * "FORGET ... broadcasts to the directly connected peers (not relayed further)", and SHUTDOWN stops the whole cluster
 * (communicator 6.4, 4). Who asked is not told, and hubs that route have no such word.
 */
static void operator_pass_on(struct ald_hub *hub, const struct ald_party *from, const struct ald_signal *signal)
{
    struct ald_str text = ald_str_of(hub->graph.text, ALD_MIN(signal->text.size, sizeof(hub->graph.text)));

    if (text.size > 0) {
        memcpy(hub->graph.text, signal->text.data, text.size);
    }
    ald_list_each (it, &hub->graph.links) {
        struct ald_peer_link *link = ald_list_entry(it, struct ald_peer_link, node);
        struct ald_signal onward = ald_signal_of(ALD_SIGNAL_OPERATE);

        if (link->peer->peering == ALD_PEERING_FLOODS && link->party != from && link->party->conn != NULL) {
            onward.operation = signal->operation;
            onward.text = text;
            ald_party_say(hub, link->party, &onward);
        }
    }
}

static void operator_allowed(struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal)
{
    bool is_forget = signal->operation == ALD_OPERATE_FORGET;
    bool is_told = is_forget && signal->ok; /* by whoever began it */

    if ((is_forget || signal->operation == ALD_OPERATE_SHUTDOWN) && !is_told) {
        operator_pass_on(hub, party, signal);
    }
    if (is_forget) {
        ald_world_forget(hub); /* whom, the edge knows */
    }
}

void ald_operator_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_OPERATE);

    if (party == NULL || signal->operation >= ALD_N_OPERATIONS) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    if (signal->denied) {
        answer.operation = signal->operation;
        answer.denied = true;
        ald_hub_count(hub, ALD_N_OPERATIONS_DENIED);
        ald_party_say(hub, party, &answer);
    } else {
        operator_allowed(hub, party, signal);
    }
}
