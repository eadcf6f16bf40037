#include "hub/command.h"

#include "hub/cancel.h"
#include "hub/channel.h"
#include "hub/delivery.h"
#include "hub/drain.h"
#include "hub/history.h"
#include "hub/notes.h"
#include "hub/party.h"
#include "hub/record.h"
#include "hub/roster.h"
#include "hub/self.h"
#include "hub/target.h"
#include "hub/who.h"

/* `storing` has its place between, and no arrow leads there until there is a store. */
const struct ald_state ald_command_states[] = {
    [ALD_PHASE_SUBMITTED] = {"submitted", ALD_STATE_INITIAL, ALD_TO(ALD_PHASE_QUEUED) | ALD_TO(ALD_PHASE_DONE)},
    [ALD_PHASE_STORING] = {"storing", 0, 0},
    [ALD_PHASE_QUEUED] = {"queued", 0, ALD_TO(ALD_PHASE_SENT) | ALD_TO(ALD_PHASE_DONE)},
    [ALD_PHASE_SENT] = {"sent", 0,
                        ALD_TO(ALD_PHASE_ACCEPTED) | ALD_TO(ALD_PHASE_RUNNING) | ALD_TO(ALD_PHASE_QUEUED) |
                            ALD_TO(ALD_PHASE_DONE)},
    [ALD_PHASE_ACCEPTED] = {"accepted", 0,
                            ALD_TO(ALD_PHASE_RUNNING) | ALD_TO(ALD_PHASE_QUEUED) | ALD_TO(ALD_PHASE_DONE)},
    [ALD_PHASE_RUNNING] = {"running", 0, ALD_TO(ALD_PHASE_QUEUED) | ALD_TO(ALD_PHASE_DONE)},
    [ALD_PHASE_DONE] = {"done", ALD_STATE_FINAL, 0},
};

const struct ald_state ald_place_states[] = {
    [ALD_PLACE_NOWHERE] = {"nowhere", ALD_STATE_INITIAL | ALD_STATE_FINAL,
                           ALD_TO(ALD_PLACE_WAITING) | ALD_TO(ALD_PLACE_HANDED)},
    [ALD_PLACE_WAITING] = {"waiting", 0, ALD_TO(ALD_PLACE_HANDED) | ALD_TO(ALD_PLACE_NOWHERE)},
    [ALD_PLACE_HANDED] = {"handed", 0, ALD_TO(ALD_PLACE_SENT) | ALD_TO(ALD_PLACE_WAITING) | ALD_TO(ALD_PLACE_NOWHERE)},
    [ALD_PLACE_SENT] = {"sent", 0, ALD_TO(ALD_PLACE_WAITING) | ALD_TO(ALD_PLACE_NOWHERE)},
};

static const char *const line_texts[ALD_N_LINES] = {
#define ALD_X(name, text) [ALD_LINE_##name] = text,
    ALD_LINES(ALD_X)
#undef ALD_X
};
_Static_assert(ALD_N_LINES <= 64, "what a line says has six bits in a story line");

const char *ald_line_text(enum ald_line what)
{
    ald_assert((size_t)what < ALD_N_LINES);
    return line_texts[what];
}

void ald_story_add(struct ald_story *story, struct ald_story_line line)
{
    if (story->n == ALD_STORY_MAX) {
        memmove(&story->lines[ALD_STORY_MAX / 2], &story->lines[ALD_STORY_MAX / 2 + 1],
                (ALD_STORY_MAX / 2 - 1) * sizeof(line));
        story->n--;
        story->n_dropped++;
    }
    story->lines[story->n++] = line;
}

void ald_command_write(struct ald_hub *hub, struct ald_command *command, enum ald_line what)
{
    const struct ald_channel *channel = command->channel;
    const struct ald_story_line line = {
        .at = hub->now,
        .channel = channel != NULL ? channel->number : 0,
        .what = what,
        .phase = command->phase,
        .attempt = ALD_MAX(command->n_attempts, 1),
    };

    ald_story_add(&command->story, line);
}

void ald_command_set_phase(struct ald_hub *hub, struct ald_command *command, enum ald_phase phase)
{
    if (command->phase != phase) {
        ald_sm_move(&hub->machines[ALD_MACHINE_COMMAND], &command->phase, (uint8_t)phase);
        if (phase != ALD_PHASE_DONE) {
            ald_notes_command(hub, command->whole != NULL ? ALD_NOTE_MEMBER : ALD_NOTE_PHASE, command, command->msg);
        }
    }
}

void ald_command_set_place(struct ald_hub *hub, struct ald_command *command, enum ald_place place)
{
    ald_sm_move(&hub->machines[ALD_MACHINE_PLACE], &command->place, (uint8_t)place);
}

size_t ald_command_cost(const struct ald_command *command)
{
    return sizeof(*command) + ald_msg_cost(command->msg);
}

static void command_init(struct ald_hub *hub, struct ald_command *command, struct ald_msg *msg)
{
    memset(command, 0, offsetof(struct ald_command, story.lines));
    ald_node_init(&command->open);
    ald_node_init(&command->place_node);
    ald_node_init(&command->while_served);
    ald_node_init(&command->caller_node);
    ald_node_init(&command->work);
    ald_node_init(&command->ripe);
    ald_node_init(&command->watchers);
    ald_node_init(&command->watch);
    ald_hub_alarm_init(&command->alarm, ALD_ALARM_COMMAND);
    ald_kept_init(&command->kept_command, ALD_KEPT_COMMAND);
    ald_kept_init(&command->kept_cancel, ALD_KEPT_CANCEL);
    ald_kept_init(&command->kept_reply, ALD_KEPT_REPLY);
    command->msg = ald_msg_ref(msg);
    command->mode = msg->mode;
    command->submitted = hub->now;
    command->submitted_wall = hub->wall;
    command->number = ald_hub_number(hub);
    command->id = ald_hub_id(hub, command->number);
}

/*
 * By wire id: the hub's table shows the newest command with it, the others hang on that one in a ring. Wire ids are
 * nearly always unique, so a command that is alone with its own is in this table only; as soon as there are two, those
 * without an outcome are in the tables of their callers as well, where a second one of the same caller is a duplicate.
 */
static bool record_is_alone(const struct ald_record *record)
{
    return !ald_node_linked(&record->same_wire);
}

/* Put it into its caller's table; false when that has an open command with the same wire id. Errors: ALDIS_E_NOMEM. */
static int command_index_at_caller(struct ald_command *command)
{
    int r;

    r = ald_table_add(&command->caller->wire_ids, command->msg->wire_id, command);
    if (r < 0) {
        return ald_trace(r);
    }
    command->in_wire_ids = r == 0;
    return 0;
}

/* Is one of those with the wire id of `newest` open? Of many that are remembered the latest few are looked at. */
enum { COMMAND_NAMESAKES = 8 };

static bool record_is_open(const struct ald_record *newest)
{
    const struct ald_record *record = newest;

    for (int n = 0; n < COMMAND_NAMESAKES; n++) {
        if (record->command != NULL && record->command->outcome == ALD_OUTCOME_NONE) {
            return true;
        }
        record = ald_list_entry(record->same_wire.next, const struct ald_record, same_wire);
        if (record == newest) {
            return false;
        }
    }
    return false;
}

/* It has the wire id of `newest`, and takes its place. */
static int command_index_with(struct ald_hub *hub, struct ald_command *command, struct ald_record *newest)
{
    struct ald_table *table = &hub->commands_by_wire_id;
    struct ald_record *record = command->record;
    struct ald_command *other = newest->command;
    int r;

    if (other != NULL && other->caller != NULL && !other->in_wire_ids && record_is_alone(newest)) {
        r = command_index_at_caller(other);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    r = command_index_at_caller(command);
    if (r < 0) {
        return ald_trace(r);
    }
    command->is_duplicate = !command->in_wire_ids;
    command->has_namesake = record_is_open(newest);
    ald_table_remove_hashed(table, newest->wire_hash, newest->wire_id);
    newest->is_newest = false;
    record->is_newest = true;
    ald_list_push_before(&newest->same_wire, &record->same_wire);
    r = ald_table_add_hashed(table, record->wire_hash, record->wire_id, record);
    ald_assert(r == 0); /* an entry was just removed */
    return 0;
}

static int command_index_wire_id(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_table *table = &hub->commands_by_wire_id;
    struct ald_record *record = command->record;
    int r;

    if (!ald_str_present(record->wire_id)) {
        return 0;
    }
    record->wire_hash = ald_table_hash(table, record->wire_id);
    r = ald_table_add_hashed(table, record->wire_hash, record->wire_id, record);
    if (r == ALD_TABLE_TAKEN) {
        return command_index_with(hub, command, ald_table_find(table, record->wire_id));
    }
    record->is_newest = r == 0;
    return r < 0 ? ald_trace(r) : 0;
}

static void record_unindex_wire_id(struct ald_hub *hub, struct ald_record *record)
{
    struct ald_table *table = &hub->commands_by_wire_id;
    struct ald_record *older;
    int r;

    if (record->is_newest) {
        ald_table_remove_hashed(table, record->wire_hash, record->wire_id);
    }
    if (record->is_newest && !record_is_alone(record)) {
        older = ald_list_entry(record->same_wire.next, struct ald_record, same_wire);
        older->is_newest = true;
        r = ald_table_add_hashed(table, older->wire_hash, older->wire_id, older);
        ald_assert(r == 0);
    }
    ald_node_remove(&record->same_wire);
}

struct ald_command *ald_command_find_mine(const struct ald_hub *hub, const struct ald_party *party,
                                          struct ald_str wire_id)
{
    const struct ald_record *record = ald_table_find(&hub->commands_by_wire_id, wire_id);
    struct ald_command *command = record != NULL ? record->command : NULL;

    if (record != NULL && !record_is_alone(record)) {
        return ald_table_find(&party->wire_ids, wire_id);
    }
    return command != NULL && command->caller == party ? command : NULL;
}

static int command_index(struct ald_hub *hub, struct ald_command *command)
{
    int r;

    r = ald_ledger_add(&hub->commands_by_number, command->number, command->record);
    if (r < 0) {
        return ald_trace(r);
    }
    r = command_index_wire_id(hub, command);
    if (r < 0) {
        ald_ledger_remove(&hub->commands_by_number, command->number);
        return ald_trace(r);
    }
    return 0;
}

static ald_usec command_ttl(const struct ald_hub *hub, const struct ald_msg *msg)
{
    ald_usec ttl = msg->ttl == ALD_NEVER ? hub->config.deadline_default : msg->ttl;

    return ALD_MIN(ttl, hub->config.deadline_max);
}

int ald_command_new(struct ald_hub *hub, struct ald_party *party, struct ald_who *from, struct ald_msg *msg,
                    struct ald_command **ret_command)
{
    struct ald_command *command = ald_pool_get(&hub->commands);
    int r;

    if (command == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    command_init(hub, command, msg);
    command->caller = party;
    r = ald_record_new(hub, command, &command->record);
    if (r == 0) {
        r = command_index(hub, command);
    }
    if (r < 0) {
        ald_record_free(hub, command->record);
        ald_msg_unref(command->msg);
        ald_pool_put(&hub->commands, command);
        return ald_trace(r);
    }
    command->from = ald_who_ref(from);
    ald_list_push_back(&party->submitted, &command->caller_node);
    party->n_submitted++;
    party->conn->n_submitted++;
    ald_list_push_back(&hub->in_order, &command->record->order);
    ald_list_push_back(&hub->open, &command->open);
    hub->n_open++;
    hub->open_bytes += ald_command_cost(command);
    command->deadline = hub->now + command_ttl(hub, msg);
    ald_hub_alarm_set(hub, &command->alarm, command->deadline);
    ald_command_write(hub, command, ALD_LINE_SUBMITTED);
    *ret_command = command;
    return 0;
}

void ald_command_init_member(struct ald_hub *hub, struct ald_command *whole, struct ald_target *target,
                             struct ald_command *member)
{
    int r;

    command_init(hub, member, whole->msg);
    member->mode = ALD_MODE_CHANNEL;
    member->whole = whole;
    member->whole_id = whole->id;
    member->from = ald_who_ref(whole->from);
    member->deadline = whole->deadline; /* the alarm of the whole is that of all */
    member->target = target;
    target->n_commands++;
    r = ald_table_add_number(&hub->members_by_number, member->number, member);
    ald_assert(r == 0); /* room for all members was promised with the roster */
    hub->n_promised--;
    ald_list_push_back(&hub->open, &member->open);
    hub->n_open++;
    ald_command_write(hub, member, ALD_LINE_SUBMITTED);
}

static struct ald_found found_record(struct ald_record *record)
{
    return (struct ald_found){.command = record != NULL ? record->command : NULL, .record = record};
}

static bool found_is_nothing(const struct ald_found *found)
{
    return found->command == NULL && found->record == NULL;
}

struct ald_found ald_command_find(const struct ald_hub *hub, struct ald_id id)
{
    uint64_t number = ald_hub_id_number(hub, id);
    struct ald_record *record = number != 0 ? ald_ledger_find(&hub->commands_by_number, number) : NULL;

    if (record == NULL && number != 0) {
        return (struct ald_found){.command = ald_table_find_number(&hub->members_by_number, number)};
    }
    return found_record(record);
}

struct ald_found ald_command_find_text(const struct ald_hub *hub, struct ald_str text)
{
    struct ald_found found = {NULL, NULL};
    struct ald_id id;

    if (ald_id_parse(text, &id) == 0) {
        found = ald_command_find(hub, id);
    }
    return found_is_nothing(&found) ? found_record(ald_table_find(&hub->commands_by_wire_id, text)) : found;
}

static bool found_is_of(const struct ald_found *found, struct ald_str principal)
{
    return ald_str_equal(found->command != NULL ? found->command->from->principal : ald_record_principal(found->record),
                         principal);
}

/* Of those under one wire id nobody needs to look at more than the latest ones: whoever uses an id so often means those. */
enum { COMMAND_SAME_WIRE_MAX = 32 };

struct ald_found ald_command_find_of(const struct ald_hub *hub, struct ald_str principal, struct ald_str text,
                                     bool *ret_known)
{
    const struct ald_found nothing = {NULL, NULL};
    struct ald_found found = ald_command_find_text(hub, text);
    const struct ald_record *newest = found.record;

    *ret_known = !found_is_nothing(&found);
    for (int n = 0; !found_is_nothing(&found) && !found_is_of(&found, principal); n++) {
        if (found.record == NULL || record_is_alone(found.record)) {
            return nothing;
        }
        found = found_record(ald_list_entry(found.record->same_wire.next, struct ald_record, same_wire));
        if (found.record == newest || n == COMMAND_SAME_WIRE_MAX) {
            return nothing;
        }
    }
    return found;
}

static const enum ald_counter outcome_counters[] = {
    [ALD_SUCCEEDED] = ALD_N_SUCCEEDED, [ALD_FAILED] = ALD_N_FAILED,   [ALD_REFUSED] = ALD_N_REFUSED,
    [ALD_CANCELLED] = ALD_N_CANCELLED, [ALD_EXPIRED] = ALD_N_EXPIRED, [ALD_LOST] = ALD_N_LOST,
};
static const enum ald_line outcome_lines[] = {
    [ALD_SUCCEEDED] = ALD_LINE_SUCCEEDED, [ALD_FAILED] = ALD_LINE_FAILED,   [ALD_REFUSED] = ALD_LINE_REFUSED,
    [ALD_CANCELLED] = ALD_LINE_CANCELLED, [ALD_EXPIRED] = ALD_LINE_EXPIRED, [ALD_LOST] = ALD_LINE_LOST,
};

static void command_count(struct ald_hub *hub, const struct ald_command *command)
{
    if (command->whole != NULL) {
        return; /* what people submitted is counted, not what we made of it */
    }
    ald_hub_count(hub, outcome_counters[command->outcome]);
    if (command->cause == ALD_CAUSE_BUSY) {
        ald_hub_count(hub, ALD_N_REFUSED_BUSY);
    }
}

/* Out of everything that only commands without an outcome are in. */
static void command_leave(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_target *target = ald_steal(&command->target);

    ald_drain_pass(hub, &command->open);
    ald_node_remove(&command->open);
    hub->n_open--;
    hub->open_bytes -= command->whole == NULL ? ald_command_cost(command) : 0; /* a member holds what its whole does */
    ald_hub_alarm_stop(hub, &command->alarm);
    ald_self_unwatch(hub, command);
    if (target != NULL) {
        target->n_commands--;
        ald_target_settle(hub, target);
    }
}

/*
 * `refused` means that it never ran, and so does `cancelled` of what is not sent. Neither may be said of a command that was
 * sent before and asked for again: the fate of that attempt is unknown, and the honest word for it is `lost`.
 */
static bool command_may_have_run(const struct ald_command *command, const struct ald_end *end)
{
    return command->in_doubt &&
           (end->outcome == ALD_REFUSED || (end->outcome == ALD_CANCELLED && command->place != ALD_PLACE_SENT));
}

void ald_command_end(struct ald_hub *hub, struct ald_command *command, const struct ald_end *end)
{
    const struct ald_end doubt = {.outcome = ALD_LOST, .cause = command->doubt_cause};

    ald_assert(command->outcome == ALD_OUTCOME_NONE);
    ald_assert(end->outcome != ALD_OUTCOME_NONE && end->outcome < ALD_COUNT(outcome_counters));
    ald_assert(end->cause < ALD_N_CAUSES);

    if (command_may_have_run(command, end)) {
        end = &doubt;
    }

    command->outcome = end->outcome;
    command->cause = end->cause;
    command->text = end->text != NULL ? end->text : ald_cause_text((enum ald_cause)end->cause);
    command->reply = end->reply != NULL ? ald_msg_ref(end->reply) : NULL;
    command->ended = hub->now;
    /* Callers are promised that up to `queued` no agent saw it (docs/wire-extension.md), and one did in an earlier attempt. */
    command->last_phase = ALD_MAX(command->phase, command->doubt_phase);
    ald_command_set_phase(hub, command, ALD_PHASE_DONE);
    ald_command_write(hub, command, outcome_lines[end->outcome]);
    command_count(hub, command);
    ald_delivery_drop(hub, command);
    command_leave(hub, command);
    if (command->whole != NULL) {
        ald_notes_command(hub, ALD_NOTE_MEMBER, command, command->reply);
        ald_roster_member_ended(hub, command);
        return;
    }
    ald_history_add(hub, command);
    if (command->roster != NULL) {
        ald_roster_ended(hub, command); /* it is told when its members have ended */
        return;
    }
    ald_self_ended(hub, command);
    ald_command_answer(hub, command);
}

void ald_command_refuse(struct ald_hub *hub, struct ald_command *command, enum ald_cause cause, const char *text)
{
    ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_REFUSED, .cause = (uint8_t)cause, .text = text});
}

/* "On expiry the hub sends a cancel where the dialect has one" (DESIGN section 1). */
void ald_command_expired(struct ald_hub *hub, struct ald_command *command)
{
    ald_cancel_tell(hub, command);
    ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_EXPIRED, .cause = ALD_CAUSE_DEADLINE});
}

/* Its caller has nothing more to do with it. */
static struct ald_party *command_release(struct ald_command *command)
{
    struct ald_party *party = ald_steal(&command->caller);

    if (party == NULL) {
        return NULL;
    }
    if (command->in_wire_ids) {
        ald_table_remove(&party->wire_ids, command->msg->wire_id);
        command->in_wire_ids = false;
    }
    ald_node_remove(&command->caller_node);
    party->n_submitted--;
    if (party->conn != NULL) {
        party->conn->n_submitted--;
    }
    return party;
}

void ald_command_orphan(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_party *party = command_release(command);

    if (command->outcome != ALD_OUTCOME_NONE) {
        ald_hub_count(hub, ALD_N_REPLIES_UNDELIVERED); /* of a roster: its reply was being put together */
        ald_command_write(hub, command, ALD_LINE_UNDELIVERED);
    }
    ald_party_settle(hub, party);
}

void ald_command_answer(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_party *party = command_release(command);

    ald_notes_command(hub, ALD_NOTE_ENDED, command, command->reply);
    if (party == NULL || !ald_party_hears(party)) {
        ald_hub_count(hub, ALD_N_REPLIES_UNDELIVERED);
        ald_command_write(hub, command, ALD_LINE_UNDELIVERED);
    } else {
        ald_party_tell(hub, party, &command->kept_reply);
        if (command->kept_reply.ordinal == UINT64_MAX && party->conn != NULL) {
            ald_hub_count(hub, ALD_N_REPLIES_UNDELIVERED);
        }
    }
    if (party != NULL) {
        if (party->conn != NULL) {
            ald_hub_conn_settle(hub, party->conn);
        }
        ald_party_settle(hub, party);
    }
    ald_history_settle(hub, command);
}

struct ald_signal ald_command_reply_signal(const struct ald_command *command)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.id = command->id;
    signal.msg = command->reply != NULL ? ald_msg_ref(command->reply) : NULL;
    signal.request = ald_msg_ref(command->msg);
    signal.outcome = command->outcome;
    signal.phase = command->last_phase;
    signal.cause = command->cause;
    signal.text = command->reply == NULL ? ald_str(command->text) : ALD_STR_NONE;
    if (command->has_channel_id) {
        signal.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
    }
    return signal;
}

void ald_command_tell_status(struct ald_hub *hub, struct ald_command *command, struct ald_str text,
                             struct ald_slice details)
{
    struct ald_command *asked = command->whole != NULL ? command->whole : command;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);
    bool told = false;

    if (asked->caller == NULL || (asked->caller->traits & ALD_CAN_STATUS) == 0) {
        ald_hub_count(hub, ALD_N_STATUSES_DROPPED);
        return;
    }
    if (ald_msg_new(hub->messages, ALD_STATUS, &signal.msg) == 0) {
        signal.msg->phase = command->phase == ALD_PHASE_DONE ? ALD_PHASE_RUNNING : command->phase;
        ald_ignore(ald_msg_set(signal.msg, &signal.msg->text, text)); /* our own short text fits inside the message */
        ald_msg_set_slice(signal.msg, &signal.msg->details, details);
        ald_msg_seal(signal.msg);
        signal.id = asked->id;
        signal.request = ald_msg_ref(asked->msg);
        signal.phase = signal.msg->phase;
        signal.text = signal.msg->text;
        if (command->has_channel_id) {
            signal.channel = ald_str_of(command->channel_id, ALD_ID_TEXT);
        }
        told = ald_party_offer(hub, asked->caller, &signal);
    } else {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    ald_hub_count(hub, told ? ALD_N_STATUSES : ALD_N_STATUSES_DROPPED);
}

/* What a command holds, member of a roster or not. */
static void command_fini(struct ald_hub *hub, struct ald_command *command)
{
    ald_node_remove(&command->open);
    ald_hub_alarm_stop(hub, &command->alarm);
    command->msg = ald_msg_unref(command->msg);
    command->reply = ald_msg_unref(command->reply);
    command->from = ald_who_unref(command->from);
}

void ald_command_fini_member(struct ald_hub *hub, struct ald_command *member)
{
    ald_table_remove_number(&hub->members_by_number, member->number);
    command_fini(hub, member);
}

static void command_free(struct ald_hub *hub, struct ald_command *command)
{
    ald_node_remove(&command->work);
    ald_node_remove(&command->ripe);
    if (command->roster != NULL) {
        ald_roster_forget(hub, ald_steal(&command->roster));
    }
    command_fini(hub, command);
    ald_pool_put(&hub->commands, command);
}

bool ald_command_is_ripe(const struct ald_command *command)
{
    return command->outcome != ALD_OUTCOME_NONE && command->caller == NULL && command->pins == 0 &&
           command->roster == NULL && command->whole == NULL && ald_node_linked(&command->record->history) &&
           !ald_self_is_question(command->msg);
}

void ald_command_pack(struct ald_hub *hub, struct ald_command *command)
{
    ald_node_remove(&command->ripe);
    if (ald_command_is_ripe(command)) {
        command->stays = !ald_record_pack(command->record);
        if (!command->stays) {
            command_free(hub, command);
        }
    }
}

void ald_command_forget(struct ald_hub *hub, struct ald_record *record)
{
    record_unindex_wire_id(hub, record);
    ald_ledger_remove(&hub->commands_by_number, record->number);
    ald_node_remove(&record->order);
    ald_node_remove(&record->history);
    if (record->command != NULL) {
        command_free(hub, record->command);
    }
    ald_record_free(hub, record);
}

void ald_command_check(const struct ald_hub *hub, const struct ald_command *command)
{
    bool is_open = command->outcome == ALD_OUTCOME_NONE;

    ald_assert(is_open == (command->phase != ALD_PHASE_DONE));
    ald_assert(is_open == ald_node_linked(&command->open));
    ald_assert(is_open || command->place == ALD_PLACE_NOWHERE);
    ald_assert(is_open || command->target == NULL);
    ald_assert(is_open || !ald_timer_running(&command->alarm.timer));
    ald_assert((command->place == ALD_PLACE_WAITING) == (command->queue != NULL));
    ald_assert(!is_open || command->whole != NULL || ald_timer_running(&command->alarm.timer));
    ald_assert(command->n_attempts <= hub->config.attempts_max);
    ald_assert((command->whole == NULL) == (command->record != NULL));
    ald_assert(command->whole == NULL || ald_table_find_number(&hub->members_by_number, command->number) == command);
    if (command->place == ALD_PLACE_HANDED || command->place == ALD_PLACE_SENT) {
        ald_assert(command->channel != NULL);
    }
}
