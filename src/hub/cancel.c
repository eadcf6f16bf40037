#include "hub/cancel.h"

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/party.h"
#include "hub/roster.h"
#include "hub/state.h"

/* A caller names a command by its own id, which the dialect hands over in a message; else by the hub's. */
static struct ald_command *cancel_find(const struct ald_hub *hub, const struct ald_party *party,
                                       const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg != NULL ? signal->msg : signal->request;
    struct ald_command *command;

    if (msg != NULL && ald_str_present(msg->wire_id)) {
        return ald_command_find_mine(hub, party, msg->wire_id);
    }
    command = ald_command_find(hub, signal->id).command; /* a packed one was answered */
    return command != NULL && command->caller == party ? command : NULL;
}

void ald_cancel_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_command *command = party != NULL ? cancel_find(hub, party, signal) : NULL;

    if (command == NULL || command->outcome != ALD_OUTCOME_NONE) {
        ald_hub_count(hub, ALD_N_CANCELS_STRAY);
        return;
    }
    ald_ignore(ald_cancel(hub, command)); /* its caller is told */
}

void ald_cancel_now(struct ald_hub *hub, struct ald_command *command)
{
    ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_CANCELLED, .cause = ALD_CAUSE_TAKEN_BACK});
}

bool ald_cancel(struct ald_hub *hub, struct ald_command *command)
{
    if (command->roster != NULL) {
        ald_roster_cancel(hub, command);
        return true;
    }
    switch ((enum ald_place)command->place) {
    case ALD_PLACE_HANDED:
        /* Its first byte may be written by now: what the edge reports next decides. */
        if (!command->cancel_wanted) {
            command->cancel_wanted = true;
            ald_command_write(hub, command, ALD_LINE_CANCEL_WANTED);
        }
        break;
    case ALD_PLACE_SENT:
        return ald_cancel_ask(hub, command);
    default:
        ald_cancel_now(hub, command);
        break;
    }
    return true;
}

static bool cancel_is_possible(const struct ald_command *command)
{
    return (command->channel->party->traits & ALD_CAN_CANCEL) != 0;
}

const char *const ald_cancel_refused_text = "the agent's protocol cannot cancel; the command goes on";

/* "The cancel is refused": in a status, or in what the family's services know for it. */
static void cancel_tell_refused(struct ald_hub *hub, struct ald_command *command)
{
    const struct ald_command *asked = command->whole != NULL ? command->whole : command;
    struct ald_party *caller = asked->caller;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);

    if (caller == NULL || (caller->traits & (ALD_CAN_REPORT | ALD_CAN_STATUS)) != ALD_CAN_REPORT) {
        ald_command_tell_status(hub, command, ald_str(ald_cancel_refused_text), ALD_SLICE_NONE);
        return;
    }
    signal.id = asked->id;
    signal.request = ald_msg_ref(asked->msg);
    signal.denied = true;
    signal.text = ald_str(ald_cancel_refused_text);
    ald_party_say(hub, caller, &signal);
}

void ald_cancel_tell(struct ald_hub *hub, struct ald_command *command)
{
    bool is_there = command->place == ALD_PLACE_HANDED || command->place == ALD_PLACE_SENT;

    if (is_there && !command->cancel_asked && cancel_is_possible(command)) {
        command->cancel_asked = true;
        ald_hub_count(hub, ALD_N_CANCELS_ASKED);
        ald_party_tell(hub, command->channel->party, &command->kept_cancel);
    }
}

bool ald_cancel_ask(struct ald_hub *hub, struct ald_command *command)
{
    if (cancel_is_possible(command)) {
        command->cancel_wanted = true;
        if (!command->cancel_asked) {
            ald_command_write(hub, command, ALD_LINE_CANCEL_ASKED);
        }
        ald_cancel_tell(hub, command);
        return true;
    }
    /* "where the dialect cannot cancel, the cancel is refused and the command goes on" */
    command->cancel_wanted = false;
    ald_hub_count(hub, ALD_N_CANCELS_REFUSED);
    ald_command_write(hub, command, ALD_LINE_CANCEL_REFUSED);
    cancel_tell_refused(hub, command);
    return false;
}
