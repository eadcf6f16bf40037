#include "hub/alive.h"

#include <stdio.h>

#include "base/error.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/hop.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/router.h"
#include "hub/self.h"
#include "hub/state.h"
#include "hub/target.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

static const struct ald_str alive_hub = {"communicatord", 13};
static const struct ald_str alive_question = {"ALIVE", 5};
static const struct ald_str alive_answer = {"ABSOLUTELY", 10};

/* What is echoed of a question is as long as a name at most. */
enum { ALIVE_BYTES_MAX = 4096 };

bool ald_alive_is_meant(const struct ald_hub *hub, const struct ald_msg *msg)
{
    const struct ald_target *target;

    if (!ald_str_equal(msg->to.target, alive_hub) || !ald_str_equal(msg->to.hub, hub->config.id) ||
        msg->to.channel.size > 0) {
        return false;
    }
    target = ald_target_find(hub, alive_hub);
    return target == NULL || target->n_channels == 0;
}

static void alive_echo(struct ald_json_writer *json, const char *name, struct ald_json_value value)
{
    if (value.type == ALD_JSON_STRING && value.raw.size <= ALD_NAME_MAX) {
        ald_json_write_member_raw(json, name, value.raw);
    }
}

/* "serial?, timestamp?, reply_timestamp (9 decimals)" (communicator 4: ABSOLUTELY). */
static void alive_write(const struct ald_hub *hub, const struct ald_msg *question, struct ald_json_writer *json)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("serial"), ALD_JSON_FIELD("timestamp")};
    struct ald_json_scan scan;
    bool has_fields = question->payload.size > 0 && ald_json_scan(ald_slice_str(question->payload), ALD_JSON_BROKEN_OK,
                                                                  fields, ALD_COUNT(fields), &scan) == 0;
    char now[48];
    int size = snprintf(now, sizeof(now), "%llu.%06u000", (unsigned long long)(hub->wall / ALD_SEC),
                        (unsigned)(hub->wall % ALD_SEC));

    ald_json_write_object(json);
    ald_json_write_member_str(json, "reply_timestamp", ald_str_of(now, (size_t)size));
    if (has_fields) {
        alive_echo(json, "serial", fields[0].value);
        alive_echo(json, "timestamp", fields[1].value);
    }
    ald_json_write_end(json);
}

/* Gives the answer, still open. Errors: ALDIS_E_NOMEM. */
static int alive_make(struct ald_hub *hub, enum ald_kind kind, const struct ald_msg *question, struct ald_msg **ret_msg)
{
    struct ald_json_writer json;
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, ALIVE_BYTES_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    alive_write(hub, question, &json);
    r = ald_self_message(hub, kind, alive_answer, &json, &buf, ret_msg);
    ald_buf_fini(&buf);
    return r < 0 ? ald_trace(r) : 0;
}

static bool event_is_answerable(const struct ald_hub *hub, const struct ald_parcel *parcel)
{
    return ald_str_equal(parcel->msg->name, alive_question) && ald_alive_is_meant(hub, parcel->msg) &&
           parcel->travel != NULL && parcel->travel->hub.size > 0 && parcel->from.size > 0;
}

/* Back to the hub that it came from, for whoever said it. */
static bool event_send_back(struct ald_hub *hub, struct ald_msg *msg)
{
    struct ald_parcel answer = {.id = ald_hub_id(hub, ald_hub_number(hub)), .msg = msg, .from = alive_hub};
    struct ald_route route = ald_hop_event(hub, &answer);
    struct ald_signal signal;

    if (route.cause != ALD_CAUSE_NONE || route.channel == NULL) {
        return false;
    }
    answer = ald_hop_onward(hub, &answer);
    signal = ald_parcel_signal(&answer);
    return ald_party_offer(hub, route.channel->party, &signal);
}

bool ald_alive_answer_event(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_address to;

    if (!event_is_answerable(hub, parcel)) {
        return false;
    }
    to = (struct ald_address){.hub = parcel->travel->hub, .target = parcel->from};
    if (alive_make(hub, ALD_EVENT, parcel->msg, &msg) < 0 || ald_msg_set_address(msg, &msg->to, &to) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        return false;
    }
    ald_msg_seal(msg);
    ald_parcel_delivered(hub, parcel, NULL);
    ald_hub_count(hub, event_send_back(hub, msg) ? ALD_N_EVENTS_ABROAD : ALD_N_EVENTS_DROPPED);
    return true;
}

bool ald_alive_answer(struct ald_hub *hub, struct ald_command *command)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;

    if (!ald_str_equal(command->msg->name, alive_question)) {
        return false;
    }
    if (alive_make(hub, ALD_REPLY, command->msg, &msg) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_command_refuse(hub, command, ALD_CAUSE_BUSY, "memory is short");
        return true;
    }
    msg->outcome = ALD_SUCCEEDED;
    ald_msg_seal(msg);
    ald_command_end(hub, command, &(struct ald_end){.outcome = ALD_SUCCEEDED, .reply = msg});
    return true;
}
