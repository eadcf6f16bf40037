#include "hub/notes.h"

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/party.h"
#include "hub/series.h"
#include "hub/target.h"
#include "hub/who.h"

static const char *const note_names[ALD_N_NOTES] = {
    [ALD_NOTE_SUBMITTED] = "submitted", [ALD_NOTE_PHASE] = "phase",       [ALD_NOTE_ENDED] = "ended",
    [ALD_NOTE_LATE] = "late",           [ALD_NOTE_MEMBER] = "member",     [ALD_NOTE_EVENT] = "event",
    [ALD_NOTE_CHANNEL] = "channel",     [ALD_NOTE_ELECTION] = "election",
};

const char *ald_note_name(enum ald_note_kind kind)
{
    ald_assert((size_t)kind < ALD_N_NOTES);
    return note_names[kind];
}

void ald_hub_watch(struct ald_hub *hub, uint32_t mask, ald_note_fn fn, void *owner)
{
    ald_assert(hub->effects == NULL); /* not within a step */
    hub->note_mask = fn != NULL ? mask : 0;
    hub->note = fn;
    hub->note_owner = owner;
}

static struct ald_note note_of(struct ald_hub *hub, enum ald_note_kind kind, ald_wall at)
{
    return (struct ald_note){
        .kind = (uint8_t)kind, .now = hub->now, .wall = hub->wall, .at = at != 0 ? at : ald_hub_stamp(hub)};
}

static void note_tell(struct ald_hub *hub, const struct ald_note *note)
{
    hub->note(hub->note_owner, note);
}

static void note_set_who(struct ald_note *note, const struct ald_who *who)
{
    note->from = ald_str_present(who->target) ? who->target : who->peer;
    note->principal = who->principal;
}

/* What a sender leaves open is for the controller (DESIGN section 1), unless it named a channel. */
static struct ald_str note_target(const struct ald_hub *hub, const struct ald_address *to)
{
    return ald_str_present(to->target) || ald_str_present(to->channel) ? to->target : hub->config.controller;
}

static void note_set_msg(const struct ald_hub *hub, struct ald_note *note, const struct ald_msg *msg)
{
    note->wire_id = msg->wire_id;
    note->name = msg->name;
    note->to = msg->to;
    note->target = note_target(hub, &msg->to);
}

static void note_set_outcome(struct ald_note *note, const struct ald_command *command)
{
    const struct ald_msg *reply = command->reply;

    note->outcome = command->outcome;
    note->cause = command->cause;
    note->last_phase = command->last_phase;
    if (command->outcome != ALD_SUCCEEDED) {
        note->text = reply != NULL && ald_str_present(reply->text) ? reply->text : ald_str(command->text);
    }
}

void ald_notes_of_command(struct ald_hub *hub, enum ald_note_kind kind, const struct ald_command *command,
                          const struct ald_msg *msg)
{
    struct ald_note note = note_of(hub, kind, 0);

    note_set_msg(hub, &note, command->msg);
    note_set_who(&note, command->from);
    note.id = command->id;
    note.phase = command->phase;
    note.n_attempts = command->n_attempts;
    note.submitted = command->submitted;
    note.msg = msg;
    if (command->whole != NULL) {
        note.whole = command->whole_id;
    }
    if (command->has_channel_id) {
        note.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
    }
    if (command->outcome != ALD_OUTCOME_NONE) {
        note_set_outcome(&note, command);
    }
    note_tell(hub, &note);
}

void ald_notes_of_bare(struct ald_hub *hub, enum ald_note_kind kind, const struct ald_notes_bare *bare)
{
    struct ald_note note = note_of(hub, kind, bare->at);

    note_set_msg(hub, &note, bare->msg);
    note.id = bare->id;
    note.submitted = hub->now;
    note.cause = bare->cause;
    if (bare->who != NULL) {
        note_set_who(&note, bare->who);
    } else if (bare->party != NULL) {
        note_set_who(&note, bare->party->who);
    } else {
        note.from = bare->conn->peer;
    }
    if (bare->channel != NULL) {
        note.channel = ald_str_of(bare->channel->id, ALD_ID_TEXT);
    }
    if (kind == ALD_NOTE_EVENT) {
        note.change = ald_str(bare->fate);
        note.msg = bare->msg;
    } else {
        note.phase = ALD_PHASE_DONE;
        note.outcome = ALD_REFUSED;
        note.text = ald_str(ald_cause_text((enum ald_cause)bare->cause));
    }
    note_tell(hub, &note);
}

void ald_notes_again(const struct ald_hub *hub, const struct ald_remembered *remembered, struct ald_note *ret_note)
{
    struct ald_note note = {
        .kind = ALD_NOTE_EVENT,
        .now = hub->now,
        .wall = remembered->at,
        .at = remembered->at,
        .id = remembered->id,
        .submitted = remembered->came,
        .cause = remembered->cause,
        .change = ald_str(remembered->fate),
        .msg = remembered->msg,
    };

    note_set_msg(hub, &note, remembered->msg);
    note_set_who(&note, remembered->who);
    if (remembered->has_channel) {
        note.channel = ald_str_of(remembered->channel, ALD_ID_TEXT);
    }
    *ret_note = note;
}

void ald_notes_of_channel(struct ald_hub *hub, const struct ald_channel *channel, const char *change)
{
    struct ald_note note = note_of(hub, ALD_NOTE_CHANNEL, 0);

    note_set_who(&note, channel->who);
    note.channel = ald_str_of(channel->id, ALD_ID_TEXT);
    note.target = channel->target->name;
    note.term = channel->term;
    note.change = ald_str(change);
    note_tell(hub, &note);
}

void ald_notes_of_election(struct ald_hub *hub, const struct ald_target *target, const char *state)
{
    struct ald_note note = note_of(hub, ALD_NOTE_ELECTION, 0);

    note.target = target->name;
    note.term = target->election.term;
    note.change = ald_str(state);
    note_tell(hub, &note);
}
