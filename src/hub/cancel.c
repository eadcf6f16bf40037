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
    ald_cancel(hub, command);
}

void ald_cancel_now(struct ald_hub *hub, struct ald_command *command)
{
    ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_CANCELLED, .cause = ALD_CAUSE_TAKEN_BACK});
}

void ald_cancel(struct ald_hub *hub, struct ald_command *command)
{
    if (command->roster != NULL) {
        ald_roster_cancel(hub, command);
        return;
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
        ald_cancel_ask(hub, command);
        break;
    default:
        ald_cancel_now(hub, command);
        break;
    }
}

static bool cancel_is_possible(const struct ald_command *command)
{
    return (command->channel->party->traits & ALD_CAN_CANCEL) != 0;
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

void ald_cancel_ask(struct ald_hub *hub, struct ald_command *command)
{
    if (cancel_is_possible(command)) {
        command->cancel_wanted = true;
        if (!command->cancel_asked) {
            ald_command_write(hub, command, ALD_LINE_CANCEL_ASKED);
        }
        ald_cancel_tell(hub, command);
        return;
    }
    /* "where the dialect cannot cancel, the cancel is refused and the command goes on" */
    command->cancel_wanted = false;
    ald_hub_count(hub, ALD_N_CANCELS_REFUSED);
    ald_command_write(hub, command, ALD_LINE_CANCEL_REFUSED);
    ald_command_tell_status(hub, command, ALD_STR("the agent's protocol cannot cancel; the command goes on"),
                            ALD_SLICE_NONE);
}
