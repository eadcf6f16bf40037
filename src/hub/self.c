#include "hub/self.h"

#include "hub/alive.h"
#include "hub/cancel.h"
#include "hub/command.h"
#include "hub/history.h"
#include "hub/record.h"
#include "hub/roster.h"
#include "hub/state.h"
#include "hub/who.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

/* Beyond this an answer leaves payload and details out, and says so; the roster of 50,000 members has no place here. */
enum { SELF_ANSWER_MAX = 1024 * 1024 };

bool ald_self_is_meant(const struct ald_msg *msg)
{
    return ald_str_present(msg->to.target) && msg->to.target.size == 0 && msg->to.channel.size == 0;
}

static bool self_asks_outcome(const struct ald_msg *msg)
{
    return ald_str_equal(msg->name, ALD_STR("aldis:Outcome"));
}

static bool self_asks_cancel(const struct ald_msg *msg)
{
    return ald_str_equal(msg->name, ALD_STR("aldis:Cancel"));
}

bool ald_self_is_question(const struct ald_msg *msg)
{
    return ald_self_is_meant(msg) && (self_asks_outcome(msg) || self_asks_cancel(msg));
}

/* The id in `{"id":"…"}`; absent when there is none. Ids are short, so it is decoded into `room`. */
static struct ald_str self_wanted_id(const struct ald_msg *msg, struct ald_buf *room)
{
    struct ald_json_field field = ALD_JSON_FIELD("id");
    struct ald_json_scan scan;
    struct ald_str id;

    if (ald_json_scan(ald_slice_str(msg->payload), ALD_JSON_BROKEN_OK, &field, 1, &scan) != 0 ||
        ald_json_text(field.value, room, &id) != 0) {
        return ALD_STR_NONE;
    }
    return id;
}

static void self_write_raw(struct ald_json_writer *json, const char *name, struct ald_slice raw)
{
    if (raw.data != NULL) {
        ald_json_write_member_raw(json, name, ald_slice_str(raw));
    }
}

static void self_write_reply(struct ald_json_writer *json, const struct ald_msg *reply)
{
    size_t size = reply->payload.size + reply->details.size + reply->roster.size;

    ald_json_write_member_some(json, "code", reply->code);
    ald_json_write_member_some(json, "text", reply->text);
    if (size > SELF_ANSWER_MAX) {
        ald_json_write_member_bool(json, "truncated", true);
        return;
    }
    self_write_raw(json, "payload", reply->payload);
    self_write_raw(json, "details", reply->details);
    self_write_raw(json, "roster", reply->roster);
}

/* It has its outcome, and its reply is complete. */
static bool self_is_settled(const struct ald_command *command)
{
    return command->outcome != ALD_OUTCOME_NONE && (command->roster == NULL || ald_roster_is_told(command->roster));
}

static void self_write(struct ald_json_writer *json, const struct ald_command *command)
{
    char id[ALD_ID_TEXT];

    ald_id_format(command->id, id);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "id", ald_str_of(id, sizeof(id)));
    if (!self_is_settled(command)) {
        ald_json_write_member_str(json, "state", ald_str(ald_phase_name((enum ald_phase)command->phase)));
        ald_json_write_end(json);
        return;
    }
    ald_json_write_member_str(json, "outcome", ald_str(ald_outcome_name((enum ald_outcome)command->outcome)));
    ald_json_write_member_str(json, "cause", ald_str(ald_cause_word((enum ald_cause)command->cause)));
    ald_json_write_member_str(json, "state", ald_str(ald_phase_name((enum ald_phase)command->last_phase)));
    if (command->reply != NULL) {
        self_write_reply(json, command->reply);
    } else {
        ald_json_write_member_str(json, "text", ald_str(command->text));
    }
    ald_json_write_end(json);
}

int ald_self_message(struct ald_hub *hub, enum ald_kind kind, struct ald_str name, struct ald_json_writer *json,
                     const struct ald_buf *buf, struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    int r = ald_json_write_done(json);

    r = r == 0 ? ald_slice_copy(ald_buf_str(buf), &payload) : r;
    r = r == 0 ? ald_msg_new(hub->messages, kind, &msg) : r;
    if (r == 0) {
        ald_msg_set_slice(msg, &msg->payload, payload);
        r = ald_str_present(name) ? ald_msg_set(msg, &msg->name, name) : 0;
    }
    ald_slice_clear(&payload);
    if (r != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_msg = ald_steal(&msg);
    return 0;
}

/* The answer to one who asked; an outcome without a body, if memory is short. */
static struct ald_msg *self_reply(struct ald_hub *hub, const struct ald_command *command)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_json_writer json;
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, (size_t)8 * SELF_ANSWER_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    self_write(&json, command);
    r = ald_self_message(hub, ALD_REPLY, ALD_STR_NONE, &json, &buf, &reply);
    ald_buf_fini(&buf);
    if (r == 0) {
        reply->outcome = ALD_SUCCEEDED;
        ald_msg_seal(reply);
    } else {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    return ald_steal(&reply);
}

static void self_tell(struct ald_hub *hub, struct ald_command *asking, const struct ald_command *command)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = self_reply(hub, command);

    if (reply == NULL) {
        ald_command_refuse(hub, asking, ALD_CAUSE_BUSY, "memory is short");
        return;
    }
    ald_command_end(hub, asking, &(struct ald_end){.outcome = ALD_SUCCEEDED, .reply = reply});
}

static void self_watch(struct ald_hub *hub, struct ald_command *asking, struct ald_command *command)
{
    asking->watched = command;
    ald_history_pin(hub, command);
    ald_list_push_back(&command->watchers, &asking->watch);
}

/* What is meant; nothing: `asking` was refused. */
static struct ald_found self_find(struct ald_hub *hub, struct ald_command *asking)
{
    struct ald_found found = {NULL, NULL};
    struct ald_str id;
    struct ald_buf room;
    bool is_known = false;

    ald_buf_init(&room, (size_t)4 * ALD_NAME_MAX);
    id = self_wanted_id(asking->msg, &room);
    if (ald_str_present(id)) {
        found = ald_command_find_of(hub, asking->from->principal, id, &is_known);
    }
    ald_buf_fini(&room);
    if ((found.command != NULL || found.record != NULL) && found.command != asking) {
        return found;
    }
    if (is_known && found.command != asking) {
        ald_command_refuse(hub, asking, ALD_CAUSE_NOT_ALLOWED, "the command is somebody else's");
    } else {
        ald_command_refuse(hub, asking, ALD_CAUSE_INVALID, "no such command is known");
    }
    return (struct ald_found){NULL, NULL};
}

static void self_answer_outcome(struct ald_hub *hub, struct ald_command *asking)
{
    struct ald_found found = self_find(hub, asking);
    struct ald_record_room room;
    const struct ald_command *shown = ald_found_show(hub, &found, &room);

    if (shown == NULL) {
        return;
    }
    if (self_is_settled(shown)) {
        self_tell(hub, asking, shown);
    } else {
        self_watch(hub, asking, found.command);
    }
}

static void self_answer_cancel(struct ald_hub *hub, struct ald_command *asking)
{
    struct ald_found found = self_find(hub, asking);
    struct ald_record_room room;
    const struct ald_command *shown = ald_found_show(hub, &found, &room);

    if (shown == NULL) {
        return;
    }
    if (shown->outcome == ALD_OUTCOME_NONE) {
        ald_command_write(hub, found.command, ALD_LINE_BY_ID);
        if (!ald_cancel(hub, found.command)) {
            ald_command_refuse(hub, asking, ALD_CAUSE_UNSUPPORTED, ald_cancel_refused_text);
            return;
        }
    }
    self_tell(hub, asking, shown);
}

void ald_self_answer(struct ald_hub *hub, struct ald_command *command)
{
    if (self_asks_outcome(command->msg)) {
        self_answer_outcome(hub, command);
    } else if (self_asks_cancel(command->msg)) {
        self_answer_cancel(hub, command);
    } else if (!ald_alive_answer(hub, command)) {
        ald_command_refuse(hub, command, ALD_CAUSE_UNKNOWN_COMMAND, NULL);
    }
}

void ald_self_ended(struct ald_hub *hub, struct ald_command *command)
{
    if (!ald_list_empty(&command->watchers)) {
        ald_work_add(hub, &hub->work.answers, &command->work);
    }
}

void ald_self_unwatch(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_command *watched = ald_steal(&command->watched);

    if (watched != NULL) {
        ald_node_remove(&command->watch);
        ald_history_unpin(hub, watched);
    }
}

bool ald_self_work(struct ald_hub *hub, struct ald_command *command)
{
    struct ald_node *node = ald_list_first(&command->watchers);
    bool is_last;

    if (node == NULL) {
        return false;
    }
    is_last = node->next == &command->watchers;
    self_tell(hub, ald_list_entry(node, struct ald_command, watch), command);
    return !is_last; /* with the last watcher the record itself may have gone */
}
