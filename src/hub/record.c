#include "hub/record.h"

#include "hub/state.h"
#include "hub/who.h"

enum { RECORD_ABSENT = UINT16_MAX };

_Static_assert((size_t)ALD_RECORD_ROOM < (size_t)RECORD_ABSENT, "a size has sixteen bits");
_Static_assert(ALD_RECORD_WIRE_MAX < ALD_RECORD_ROOM, "the wire id comes first");

int ald_record_new(struct ald_hub *hub, struct ald_command *command, struct ald_record **ret_record)
{
    struct ald_record *record = ald_pool_get(&hub->records);
    struct ald_str wire_id = command->msg->wire_id;

    if (record == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memset(record, 0, offsetof(struct ald_record, last_phase));
    ald_node_init(&record->order);
    ald_node_init(&record->history);
    ald_node_init(&record->same_wire);
    record->number = command->number;
    record->command = command;
    record->wire_id = wire_id;
    if (ald_str_present(wire_id) && wire_id.size <= ALD_RECORD_WIRE_MAX) {
        memcpy(record->room, wire_id.data, wire_id.size);
        record->wire_id = ald_str_of(record->room, wire_id.size);
    }
    *ret_record = record;
    return 0;
}

void ald_record_free(struct ald_hub *hub, struct ald_record *record)
{
    if (record == NULL) {
        return;
    }
    if (record->command == NULL) {
        ald_who_unref(record->from);
        if (record->has_slices) {
            ald_slice_clear(&record->payload);
            ald_slice_clear(&record->details);
        }
    }
    ald_pool_put(&hub->records, record);
}

/* What goes into the room, in the order of enum ald_record_string. */
static void record_list(const struct ald_command *command, struct ald_str list[ALD_N_RECORD_STRINGS])
{
    const struct ald_msg *msg = command->msg, *reply = command->reply;

    list[ALD_RECORD_WIRE_ID] = msg->wire_id;
    list[ALD_RECORD_NAME] = msg->name;
    list[ALD_RECORD_VERSION] = msg->version;
    list[ALD_RECORD_TO_HUB] = msg->to.hub;
    list[ALD_RECORD_TO_TARGET] = msg->to.target;
    list[ALD_RECORD_TO_CHANNEL] = msg->to.channel;
    list[ALD_RECORD_CODE] = reply != NULL ? reply->code : ALD_STR_NONE;
    list[ALD_RECORD_TEXT] = reply != NULL ? reply->text : ALD_STR_NONE;
    list[ALD_RECORD_PAYLOAD] = reply != NULL ? ald_slice_str(reply->payload) : ALD_STR_NONE;
    list[ALD_RECORD_DETAILS] = reply != NULL ? ald_slice_str(reply->details) : ALD_STR_NONE;
}

/* Do the first `n` of them fit? */
static bool record_fits(const struct ald_str *list, size_t n)
{
    size_t room = ALD_RECORD_ROOM;

    for (size_t i = 0; i < n; i++) {
        if (ald_str_present(list[i])) {
            if (list[i].size > room) {
                return false;
            }
            room -= list[i].size;
        }
    }
    return true;
}

static void record_fill(struct ald_record *record, const struct ald_str list[ALD_N_RECORD_STRINGS])
{
    char *place = record->room;

    for (size_t i = 0; i < ALD_N_RECORD_STRINGS; i++) {
        record->sizes[i] = RECORD_ABSENT;
        if (ald_str_present(list[i])) {
            record->sizes[i] = (uint16_t)list[i].size;
            if (i != ALD_RECORD_WIRE_ID) { /* it is there */
                memcpy(place, list[i].data, list[i].size);
            }
            place += list[i].size;
        }
    }
}

static void record_take(struct ald_record *record, struct ald_command *command)
{
    record->last_phase = command->last_phase;
    record->outcome = command->outcome;
    record->cause = command->cause;
    record->mode = command->mode;
    record->n_attempts = command->n_attempts;
    record->has_channel_id = command->has_channel_id;
    record->has_progress = command->has_progress;
    record->has_reply = command->reply != NULL;
    record->scope = (uint8_t)command->msg->to.scope;
    record->flags = command->msg->flags;
    record->agent_party = command->agent_party;
    record->agent_conn = command->agent_conn;
    record->from = ald_steal(&command->from);
    record->text = command->text;
    record->submitted = command->submitted;
    record->deadline = command->deadline;
    record->submitted_wall = command->submitted_wall;
    memcpy(record->channel_id, command->channel_id, ALD_ID_TEXT);
    memcpy(&record->story, &command->story, ald_story_size(&command->story));
    if (record->has_progress) {
        record->total = command->total;
        record->completed = command->completed;
    }
    record->command = NULL;
}

bool ald_record_pack(struct ald_record *record)
{
    struct ald_command *command = record->command;
    const struct ald_msg *reply = command->reply;
    struct ald_str list[ALD_N_RECORD_STRINGS];

    record_list(command, list);
    if ((ald_str_present(record->wire_id) && record->wire_id.data != record->room) ||
        (reply != NULL && reply->roster.data != NULL) || !record_fits(list, ALD_RECORD_PAYLOAD)) {
        return false;
    }
    record->has_slices = !record_fits(list, ALD_N_RECORD_STRINGS);
    if (record->has_slices) {
        record->payload = ald_slice_ref(reply->payload);
        record->details = ald_slice_ref(reply->details);
        list[ALD_RECORD_PAYLOAD] = ALD_STR_NONE;
        list[ALD_RECORD_DETAILS] = ALD_STR_NONE;
    }
    record_fill(record, list);
    record_take(record, command);
    return true;
}

/* The messages of a packed record as they were, but for what nobody asks of them any more. */
static void record_show_messages(const struct ald_record *record, struct ald_msg *msg, struct ald_msg *reply)
{
    struct ald_str list[ALD_N_RECORD_STRINGS];
    const char *place = record->room;

    for (size_t i = 0; i < ALD_N_RECORD_STRINGS; i++) {
        list[i] = ALD_STR_NONE;
        if (record->sizes[i] != RECORD_ABSENT) {
            list[i] = ald_str_of(place, record->sizes[i]);
            place += record->sizes[i];
        }
    }
    *msg = (struct ald_msg){
        .refs = 1,
        .sealed = true,
        .kind = ALD_COMMAND,
        .mode = record->mode,
        .flags = record->flags,
        .wire_id = list[ALD_RECORD_WIRE_ID],
        .name = list[ALD_RECORD_NAME],
        .version = list[ALD_RECORD_VERSION],
        .to = {.scope = record->scope,
               .hub = list[ALD_RECORD_TO_HUB],
               .target = list[ALD_RECORD_TO_TARGET],
               .channel = list[ALD_RECORD_TO_CHANNEL]},
    };
    *reply = (struct ald_msg){
        .refs = 1,
        .sealed = true,
        .kind = ALD_REPLY,
        .outcome = record->outcome,
        .cause = record->cause,
        .code = list[ALD_RECORD_CODE],
        .text = list[ALD_RECORD_TEXT],
        .payload = {NULL, (const uint8_t *)list[ALD_RECORD_PAYLOAD].data, list[ALD_RECORD_PAYLOAD].size},
        .details = {NULL, (const uint8_t *)list[ALD_RECORD_DETAILS].data, list[ALD_RECORD_DETAILS].size},
    };
    if (record->has_slices) {
        reply->payload = record->payload;
        reply->details = record->details;
    }
}

const struct ald_command *ald_record_show(const struct ald_hub *hub, const struct ald_record *record,
                                          struct ald_record_room *room)
{
    ald_assert(record->command == NULL);
    record_show_messages(record, &room->msg, &room->reply);
    room->command = (struct ald_command){
        .number = record->number,
        .id = ald_hub_id(hub, record->number),
        .msg = &room->msg,
        .reply = record->has_reply ? &room->reply : NULL,
        .from = record->from,
        .phase = ALD_PHASE_DONE,
        .last_phase = record->last_phase,
        .outcome = record->outcome,
        .cause = record->cause,
        .mode = record->mode,
        .n_attempts = record->n_attempts,
        .has_progress = record->has_progress,
        .total = record->has_progress ? record->total : 0,
        .completed = record->has_progress ? record->completed : 0,
        .text = record->text,
        .has_channel_id = record->has_channel_id,
        .submitted = record->submitted,
        .deadline = record->deadline,
        .ended = record->ended,
        .submitted_wall = record->submitted_wall,
    };
    memcpy(room->command.channel_id, record->channel_id, ALD_ID_TEXT);
    memcpy(&room->command.story, &record->story, ald_story_size(&record->story));
    return &room->command;
}

const struct ald_command *ald_found_show(const struct ald_hub *hub, const struct ald_found *found,
                                         struct ald_record_room *room)
{
    if (found->command != NULL || found->record == NULL) {
        return found->command;
    }
    return ald_record_show(hub, found->record, room);
}

void ald_record_write(struct ald_hub *hub, struct ald_record *record, enum ald_line what)
{
    ald_assert(record->command == NULL);
    ald_story_add(&record->story, (struct ald_story_line){.at = hub->now,
                                                          .what = what,
                                                          .phase = ALD_PHASE_DONE,
                                                          .attempt = ALD_MAX(record->n_attempts, 1)});
}

struct ald_str ald_record_principal(const struct ald_record *record)
{
    return record->command != NULL ? record->command->from->principal : record->from->principal;
}

void ald_record_check(const struct ald_hub *hub, const struct ald_record *record)
{
    const struct ald_command *command = record->command;

    ald_assert(ald_ledger_find(&hub->commands_by_number, record->number) == record);
    if (ald_str_present(record->wire_id)) {
        ald_assert((ald_table_find(&hub->commands_by_wire_id, record->wire_id) == record) == record->is_newest);
    }
    if (command == NULL) {
        ald_assert(record->outcome != ALD_OUTCOME_NONE);
        ald_assert(ald_node_linked(&record->history)); /* what is forgotten is freed, unless it is pinned */
        ald_assert(record->weight == 1);
        return;
    }
    ald_assert(command->record == record);
    ald_assert(command->whole == NULL);
    ald_assert(command->outcome != ALD_OUTCOME_NONE || !ald_node_linked(&record->history));
    ald_assert(command->stays || ald_node_linked(&command->ripe) || !ald_command_is_ripe(command));
}
