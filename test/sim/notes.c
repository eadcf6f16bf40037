#include "sim/notes.h"

#include <inttypes.h>

#include "hub/note.h"
#include "hub/view.h"
#include "sim/election.h"
#include "sim/subscriber.h"
#include "sim/world.h"

static void note_submitted(struct sim_hub *hub, struct sim_command *command)
{
    if (command->life != hub->life || command->admitted == 0) {
        sim_complain(hub->world, SIM_RULE_NOTES, command, "it is noted as submitted, and the hub never took it");
    } else if (command->noted != SIM_NOTED_NOT) {
        sim_complain(hub->world, SIM_RULE_NOTES, command, "it is noted as submitted twice");
    }
    command->noted = SIM_NOTED_OPEN;
}

/* What was denied a record has an end only. */
static void note_ended(struct sim_hub *hub, struct sim_command *command, const struct ald_note *note)
{
    if (command->noted == SIM_NOTED_ENDED) {
        sim_complain(hub->world, SIM_RULE_NOTES, command, "its outcome is noted twice");
    }
    if (note->outcome == ALD_OUTCOME_NONE || note->phase != ALD_PHASE_DONE) {
        sim_complain(hub->world, SIM_RULE_NOTES, command, "its end is noted without an outcome");
    }
    command->noted = SIM_NOTED_ENDED;
    command->noted_outcome = note->outcome;
}

static void note_of_command(struct sim_hub *hub, const struct ald_note *note)
{
    struct sim_command *command = sim_history_named(hub->world, note->name);

    hub->notes.n_submitted += note->kind == ALD_NOTE_SUBMITTED;
    hub->notes.n_ended += note->kind == ALD_NOTE_ENDED;
    if (command == NULL || command->shares_id) {
        return;
    }
    switch ((enum ald_note_kind)note->kind) {
    case ALD_NOTE_SUBMITTED:
        note_submitted(hub, command);
        break;
    case ALD_NOTE_ENDED:
        note_ended(hub, command, note);
        break;
    case ALD_NOTE_LATE:
        hub->notes.n_late++;
        if (note->outcome == ALD_OUTCOME_NONE && ald_id_equal(note->whole, (struct ald_id){0, 0})) {
            sim_complain(hub->world, SIM_RULE_NOTES, command, "a late reply is noted before its outcome");
        }
        break;
    default:
        if (command->noted != SIM_NOTED_OPEN && note->kind == ALD_NOTE_PHASE) {
            sim_complain(hub->world, SIM_RULE_NOTES, command, "it is noted as %s while it is not open",
                         ald_phase_name((enum ald_phase)note->phase));
        }
        break;
    }
}

static void note_of_channel(struct sim_hub *hub, const struct ald_note *note)
{
    const struct sim_election *election = hub->elections;

    hub->notes.n_joined += ald_str_equal(note->change, ALD_STR("joined"));
    hub->notes.n_gone += ald_str_equal(note->change, ALD_STR("gone"));
    if (!ald_str_equal(note->change, ALD_STR("primary"))) {
        return;
    }
    while (election != NULL && !ald_str_equal(note->target, ald_str(election->target))) {
        election = election->next;
    }
    if (election == NULL || election->confirmed == NULL || election->term != note->term ||
        !ald_str_equal(note->channel, ald_str(election->confirmed->channel))) {
        sim_complain(hub->world, SIM_RULE_NOTES, NULL, "a primary of %.*s is noted that has not confirmed it",
                     ALD_STR_ARG(note->target));
    }
}

static void notes_hear(void *owner, const struct ald_note *note)
{
    struct sim_hub *hub = owner;

    if (note->kind == ALD_NOTE_ENDED && sim_saboteur_note(hub)) {
        return;
    }
    switch ((enum ald_note_kind)note->kind) {
    case ALD_NOTE_EVENT:
        sim_subscriber_note(hub, note);
        hub->notes.n_events += ald_str_equal(note->change, ALD_STR("delivered"));
        hub->notes.n_events_dropped += ald_str_equal(note->change, ALD_STR("dropped"));
        break;
    case ALD_NOTE_CHANNEL:
        note_of_channel(hub, note);
        break;
    case ALD_NOTE_ELECTION:
        break;
    default:
        note_of_command(hub, note);
        break;
    }
}

void sim_notes_watch(struct sim_hub *hub)
{
    hub->notes = (struct sim_notes){0};
    ald_hub_watch(hub->hub, ALD_NOTE_EVERYTHING, notes_hear, hub);
}

void sim_notes_told(struct sim_world *world, const struct sim_command *command, uint8_t outcome)
{
    if (command->noted == SIM_NOTED_ENDED && command->noted_outcome != outcome && !command->shares_id) {
        sim_complain(world, SIM_RULE_NOTES, command, "it is noted as %s and told as %s",
                     ald_outcome_name((enum ald_outcome)command->noted_outcome),
                     ald_outcome_name((enum ald_outcome)outcome));
    }
}

static void check_count(struct sim_world *world, const char *what, uint64_t n_noted, uint64_t n)
{
    if (n_noted != n) {
        sim_complain(world, SIM_RULE_NOTES, NULL, "%" PRIu64 " %s are noted, and the hub counts %" PRIu64, n_noted,
                     what, n);
    }
}

void sim_notes_check(struct sim_world *world, const struct sim_hub *hub)
{
    const struct sim_notes *notes = &hub->notes;
    struct ald_hub_totals totals;

    ald_hub_totals(hub->hub, &totals);
    check_count(world, "channels", notes->n_joined - notes->n_gone, totals.n_channels);
    check_count(world, "events delivered", notes->n_events, ald_hub_counter(hub->hub, ALD_N_EVENTS));
    check_count(world, "events dropped", notes->n_events_dropped, ald_hub_counter(hub->hub, ALD_N_EVENTS_DROPPED));
    if (notes->n_ended < hub->n_told) {
        sim_complain(world, SIM_RULE_NOTES, NULL, "%" PRIu64 " outcomes are noted, and %" PRIu64 " were told",
                     notes->n_ended, hub->n_told);
    }
}
