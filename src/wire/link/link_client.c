/*
 * Role party: a program of ours at a hub, possibly the original's controller (link.md 3.2). It registers anew on every
 * connection: what a session would bring back, the library asks for, or does itself (client/call.c).
 *
 * Requests are numbered by us and known by that number when they are answered; the wire id of a command that came is its
 * sender's address, as at the hub. A target that two integers cannot say is asked for by aldis:CallRequest, which only a hub
 * of ours knows.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "msg/json_number.h"
#include "msg/json_write.h"
#include "wire/link/link_impl.h"

static const struct ald_link_address the_hub = {.type = ALD_LINK_CONTROLLER, .request = {NULL, 0}};

/* A request of ours without an answer. */
struct ald_link_pending {
    struct ald_node node; /* link->pending_list */
    size_t size;
    char wire_id[]; /* of the command */
};

static struct ald_link_address self_with(const struct ald_link *link, uint64_t number, char room[24])
{
    struct ald_link_address address = link->self;

    if (number != 0) {
        address.request = ald_str_of(room, (size_t)snprintf(room, 24, "%llu", (unsigned long long)number));
    }
    return address;
}

/* --- handshake ---------------------------------------------------------------------------------------------------- */

static int register_write(struct ald_link *link)
{
    int64_t id = 0;
    struct ald_link_address address;
    struct ald_json_writer json;
    bool is_host = ald_str_present(ald_slice_str(link->want_target)) &&
                   ald_link_target_read(ALD_STR_NONE, ald_slice_str(link->want_target), &address) &&
                   address.type == ALD_LINK_HOST_KIND;

    id = is_host ? address.id : 0;
    ald_link_write_begin(link, is_host ? ALD_LINK_TYPE_REGISTER_HOST : ALD_LINK_TYPE_REGISTER_CONTROL, &json);
    ald_json_write_member_str(&json, "token",
                              link->want_token.data != NULL ? ald_slice_str(link->want_token) : ALD_STR(""));
    ald_json_write_member_str(&json, "version", ALD_STR(ALDIS_VERSION));
    if (is_host) {
        ald_json_write_member_i64(&json, "id", id);
        ald_json_write_name(&json, ALD_STR("plugins"));
        ald_json_write_object(&json);
        ald_json_write_end(&json);
    }
    ald_link_move(link, ALD_LINK_ASKED);
    return ald_link_write_end(link, &json, 0);
}

/* What the hub must be told, once it has said hello. A target that is no host's number cannot be had on this way. */
static int want(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_str token = signal->greeting != NULL ? signal->greeting->token : ALD_STR_NONE;
    struct ald_link_address address;
    struct ald_signal denied = ald_signal_of(ALD_SIGNAL_DENIED);
    int r = 0;

    if (ald_str_present(signal->target) &&
        (!ald_link_target_read(ALD_STR_NONE, signal->target, &address) || address.type != ALD_LINK_HOST_KIND)) {
        denied.cause = ALD_CAUSE_INVALID;
        denied.text = ALD_STR("over this protocol a target is the number of a host");
        ald_link_say(link, &denied);
        return 0;
    }
    ald_slice_clear(&link->want_token);
    ald_slice_clear(&link->want_target);
    if (ald_str_present(token)) {
        r = ald_slice_copy(token, &link->want_token);
    }
    if (r == 0 && ald_str_present(signal->target)) {
        r = ald_slice_copy(signal->target, &link->want_target);
    }
    link->wants = r == 0;
    return r == 0 && link->greeted && link->state == ALD_LINK_NEW ? register_write(link) : r;
}

static ald_usec seconds_read(struct ald_json_value value)
{
    double seconds = 0;

    if (ald_json_double(value, &seconds) != 0 || !(seconds > 0)) {
        return 0;
    }
    return seconds > 1e6 ? (ald_usec)1e6 * ALD_SEC : (ald_usec)(seconds * 1e6);
}

static int hear_ready(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);
    char room[ALD_LINK_ADDRESS_MAX];
    int r;

    if (link->state != ALD_LINK_ASKED) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    if (ald_link_address_read(frame->members[ALD_LINK_READY_SRC].value, &link->self) != 0) {
        return 0; /* it was looked at */
    }
    link->self.request = ALD_STR_NONE;
    link->interval = seconds_read(frame->members[ALD_LINK_READY_INTERVAL].value);
    r = ald_link_keep(link, ald_link_target(ALD_STR_NONE, &link->self, room), &signal.target);
    if (r < 0) {
        return ald_trace(r);
    }
    if (!ald_str_present(ald_slice_str(link->want_target))) {
        signal.target = ALD_STR_NONE; /* a caller only: its number is the hub's business */
    }
    ald_link_ready(link, now);
    ald_link_say(link, &signal);
    return 0;
}

/* --- what comes ----------------------------------------------------------------------------------------------------- */

static int answer_error(struct ald_link *link, const struct ald_link_frame *frame, struct ald_str message)
{
    const struct ald_link_error error = {
        .serial = ++link->last_out,
        .src = link->self,
        .dst = frame->src,
        .message = message,
        .code = ALD_STR("InvalidMessage"),
    };

    ald_link_count(link, ALD_LINK_N_REFUSED);
    return ald_link_write_error(link, &error);
}

/* It is for somebody else, and we pass nothing on (link.md 4.7). */
static int hear_foreign(struct ald_link *link, const struct ald_link_frame *frame)
{
    char dst[ALD_LINK_ADDRESS_MAX], text[2 * ALD_LINK_ADDRESS_MAX];
    int size = (int)ald_link_address_describe(&frame->dst, dst);

    if (frame->type != ALD_LINK_TYPE_REQUEST) {
        ald_link_count(link, ALD_LINK_N_DROPPED_EVENT);
        return 0;
    }
    size = snprintf(text, sizeof(text), "Received message addressed to %.*s but this link does not route messages",
                    size, dst);
    return answer_error(link, frame, ald_str_of(text, (size_t)size));
}

static bool is_for_us(const struct ald_link *link, const struct ald_link_frame *frame)
{
    const struct ald_link_address *dst = &frame->dst;

    return ald_link_address_same(dst, &link->self) ||
           (dst->type == ALD_LINK_BROADCAST && frame->type == ALD_LINK_TYPE_EVENT && dst->id == link->self.type);
}

static int hear_asked(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes)
{
    struct ald_link_asked asked = {.frame = frame, .bytes = bytes};
    bool is_event = frame->type == ALD_LINK_TYPE_EVENT;
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(is_event ? ALD_SIGNAL_EVENT : ALD_SIGNAL_COMMAND);
    char room[ALD_LINK_ADDRESS_MAX];
    int r;

    if (!is_for_us(link, frame)) {
        return hear_foreign(link, frame);
    }
    r = ald_link_text(link, frame->name, &asked.name);
    if (r == 0 && !is_event && ald_str_equal(asked.name, ALD_STR("PingRequest"))) {
        return ald_link_write_routable(link, &(struct ald_link_routable){.type = ALD_LINK_TYPE_RESPONSE,
                                                                         .serial = ++link->last_out,
                                                                         .src = link->self,
                                                                         .dst = frame->src});
    }
    if (r == 0) {
        r = ald_link_message(link, &asked, is_event ? ALD_EVENT : ALD_COMMAND, &msg);
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->from.target, ald_link_target(ALD_STR_NONE, &frame->src, room));
    }
    if (r < 0) {
        return ald_trace(r);
    }
    msg->ttl = ALD_NEVER;
    ald_msg_seal(msg);
    signal.ttl = msg->ttl;
    signal.msg = ald_steal(&msg);
    ald_link_say(link, &signal);
    return 0;
}

/* The request that an answer is for, taken out of the table; NULL: none of ours. */
static struct ald_link_pending *pending_take(struct ald_link *link, const struct ald_link_address *dst)
{
    struct ald_link_pending *pending;
    uint64_t number;

    if (!ald_link_address_same(dst, &link->self) || !ald_str_present(dst->request) ||
        ald_str_u64(dst->request, &number) != 0) {
        return NULL;
    }
    pending = ald_table_remove_number(&link->pending, number);
    if (pending != NULL) {
        ald_node_remove(&pending->node);
    }
    return pending;
}

static int reply_build(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes,
                       struct ald_str wire_id, struct ald_msg *msg)
{
    enum ald_outcome outcome = ALD_SUCCEEDED;
    enum ald_cause cause = ALD_CAUSE_NONE;
    struct ald_slice payload;
    struct ald_str text;
    int r;

    r = ald_msg_set(msg, &msg->wire_id, wire_id);
    if (r == 0 && frame->type == ALD_LINK_TYPE_RESPONSE) {
        payload = ald_link_share(bytes, frame->data);
        ald_msg_set_slice(msg, &msg->payload, payload);
        ald_slice_clear(&payload);
    } else if (r == 0) {
        r = ald_link_text(link, frame->members[ALD_LINK_ERROR_MESSAGE].value, &text);
        r = r == 0 ? ald_msg_set(msg, &msg->text, text) : r;
        r = r == 0 ? ald_link_text(link, frame->members[ALD_LINK_ERROR_CODE].value, &text) : r;
        r = r == 0 ? ald_msg_set(msg, &msg->code, text) : r;
        ald_link_outcome_read_of_hub(msg->text, msg->code, &outcome, &cause);
    }
    msg->outcome = (uint8_t)outcome;
    msg->cause = (uint8_t)cause;
    msg->phase = ALD_PHASE_SENT;
    return r < 0 ? ald_trace(r) : 0;
}

static int hear_reply(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes)
{
    struct ald_link_pending *pending = pending_take(link, &frame->dst);
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    int r;

    if (pending == NULL) {
        ald_link_count(link, ALD_LINK_N_STRAY_REPLY);
        return 0;
    }
    r = ald_msg_new(link->messages, ALD_REPLY, &msg);
    if (r == 0) {
        r = reply_build(link, frame, bytes, ald_str_of(pending->wire_id, pending->size), msg);
    }
    free(pending);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.phase = msg->phase;
    signal.text = msg->text;
    signal.msg = ald_steal(&msg);
    ald_link_say(link, &signal);
    return 0;
}

static int hear_hello(struct ald_link *link)
{
    if (link->greeted || link->state != ALD_LINK_NEW) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    link->greeted = true;
    return link->wants ? register_write(link) : 0;
}

static void hear_disconnect(struct ald_link *link, bool ready)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    link->they_leave = link->they_leave || !ready;
    signal.ok = ready;
    signal.reconnect = true; /* a controller that restarts looks like this (link.md 3.5) */
    ald_link_say(link, &signal);
}

int ald_link_client_hear(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame,
                         struct ald_slice bytes)
{
    bool ready = link->state == ALD_LINK_READY;

    if (frame->type == ALD_LINK_TYPE_HELLO) {
        return hear_hello(link);
    }
    if (frame->type == ALD_LINK_TYPE_READY) {
        return hear_ready(link, now, frame);
    }
    if (!ready) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED); /* link.md 2.8: silently ignored */
        return 0;
    }
    switch ((enum ald_link_type)frame->type) {
    case ALD_LINK_TYPE_HEARTBEAT:
        ald_link_count(link, ALD_LINK_N_HEARTBEATS_IN);
        link->heard_at = now;
        return 0;
    case ALD_LINK_TYPE_DISCONNECT:
        hear_disconnect(link, ald_json_string_is(frame->data, ALD_STR("ready")));
        return 0;
    case ALD_LINK_TYPE_REQUEST:
    case ALD_LINK_TYPE_EVENT:
        return ald_link_take_serial(link, frame->seq, bytes.size) ? hear_asked(link, frame, bytes) : 0;
    case ALD_LINK_TYPE_RESPONSE:
    case ALD_LINK_TYPE_RESPONSE_ERROR:
        return ald_link_take_serial(link, frame->seq, bytes.size) ? hear_reply(link, frame, bytes) : 0;
    default:
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
}

/* --- what goes ------------------------------------------------------------------------------------------------------ */

/* Remember that request `number` is the command `wire_id`. Errors: ALDIS_E_NOMEM. */
static int pending_add(struct ald_link *link, uint64_t number, struct ald_str wire_id)
{
    struct ald_link_pending *pending = malloc(sizeof(*pending) + wire_id.size);
    int r;

    if (pending == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_node_init(&pending->node);
    pending->size = wire_id.size;
    if (wire_id.size > 0) {
        memcpy(pending->wire_id, wire_id.data, wire_id.size);
    }
    r = ald_table_add_number(&link->pending, number, pending);
    if (r != 0) {
        free(pending);
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_list_push_back(&link->pending_list, &pending->node);
    return 0;
}

/* Any name and any mode, which no address can say (docs/wire-link.md). */
static int call_make(struct ald_link *link, const struct ald_msg *msg, ald_usec ttl, struct ald_slice *ret_data)
{
    struct ald_buf *text = &link->work->text;
    size_t at = ald_buf_size(text);
    struct ald_json_writer json;

    ald_json_write_init(&json, text, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "target", msg->to.target);
    ald_json_write_member_str(&json, "name", msg->name);
    if (msg->payload.data != NULL) {
        ald_json_write_member_raw(&json, "payload", ald_slice_str(msg->payload));
    }
    if (ttl != ALD_NEVER) {
        ald_json_write_member_u64(&json, "deadline_ms", ttl / ALD_MSEC);
    }
    if (msg->mode != ALD_MODE_ANY) {
        ald_json_write_member_str(&json, "mode", ald_str(ald_mode_name((enum ald_mode)msg->mode)));
    }
    ald_json_write_end(&json);
    if (ald_json_write_done(&json) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    return ald_slice_copy(ald_str_from(ald_buf_str(text), at), ret_data);
}

static bool message_is_plain(const struct ald_msg *msg)
{
    return msg->mode == ALD_MODE_ANY && !ald_str_present(msg->to.hub) && !ald_str_present(msg->to.channel);
}

static int tell_asked(struct ald_link *link, const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    bool is_event = signal->kind == ALD_SIGNAL_EVENT;
    bool for_hub = !ald_str_present(msg->to.target) || msg->to.target.size == 0;
    char room[24];
    struct ald_link_routable frame = {
        .type = is_event ? ALD_LINK_TYPE_EVENT : ALD_LINK_TYPE_REQUEST,
        .dst = the_hub,
        .name = msg->name,
        .filters = for_hub ? msg->filters : ALD_STR_NONE,
        .ordinal = signal->ordinal,
    };
    struct ald_slice data = ald_slice_ref(msg->payload);
    int r = 0;

    if (!for_hub && (!ald_link_target_read(ALD_STR_NONE, msg->to.target, &frame.dst) || !message_is_plain(msg))) {
        if (is_event) {
            ald_slice_clear(&data);
            ald_link_drop(link); /* there is no request to tell events by */
            return 0;
        }
        ald_slice_clear(&data);
        frame.dst = the_hub;
        frame.name = ALD_STR("aldis:CallRequest");
        r = call_make(link, msg, signal->ttl != 0 ? signal->ttl : msg->ttl, &data);
    }
    if (r == 0 && !is_event) {
        r = pending_add(link, ++link->n_ids, msg->wire_id);
    }
    if (r == 0) {
        frame.serial = ++link->last_out;
        frame.src = self_with(link, is_event ? 0 : link->n_ids, room);
        frame.data = data;
        r = ald_link_write_routable(link, &frame);
    }
    ald_slice_clear(&data);
    return r < 0 ? ald_trace(r) : 0;
}

static int tell_reply(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_error error = {.src = link->self, .ordinal = signal->ordinal};
    struct ald_signal said = *signal;
    char room[ALD_LINK_TEXT_ROOM];

    if (signal->request == NULL || ald_link_wire_id_read(signal->request->wire_id, &error.dst) != 0) {
        ald_link_drop(link);
        return 0;
    }
    error.serial = ++link->last_out;
    if (said.outcome == ALD_OUTCOME_NONE && said.msg != NULL) {
        said.outcome = said.msg->outcome;
        said.cause = said.msg->cause;
    }
    if (said.outcome == ALD_SUCCEEDED) {
        return ald_link_write_routable(
            link, &(struct ald_link_routable){.type = ALD_LINK_TYPE_RESPONSE,
                                              .serial = error.serial,
                                              .src = error.src,
                                              .dst = error.dst,
                                              .data = said.msg != NULL ? said.msg->payload : ALD_SLICE_NONE,
                                              .ordinal = signal->ordinal});
    }
    ald_link_outcome_write(link, &said, room, &error);
    return ald_link_write_error(link, &error);
}

static int tell_leave(struct ald_link *link, const struct ald_signal *signal)
{
    link->we_leave = link->we_leave || !signal->ok;
    return ald_link_write_disconnect(link, signal->ok, signal->ordinal);
}

int ald_link_client_tell(struct ald_link *link, ald_usec now, const struct ald_signal *signal)
{
    (void)now;
    if (signal->kind == ALD_SIGNAL_REGISTER && link->state == ALD_LINK_NEW) {
        return want(link, signal);
    }
    if (link->state != ALD_LINK_READY) {
        ald_link_drop(link);
        return 0;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        return tell_asked(link, signal);
    case ALD_SIGNAL_REPLY:
        return tell_reply(link, signal);
    case ALD_SIGNAL_LEAVE:
        return tell_leave(link, signal);
    default:
        ald_link_drop(link);
        return 0;
    }
}

void ald_link_client_init(struct ald_link *link)
{
    const uint64_t seed[2] = {link->seed, ~link->seed};

    ald_table_init(&link->pending, seed);
    ald_node_init(&link->pending_list);
}

void ald_link_client_fini(struct ald_link *link)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&link->pending_list)) != NULL) {
        free(ald_list_entry(node, struct ald_link_pending, node));
    }
    ald_table_fini(&link->pending);
    ald_slice_clear(&link->want_token);
    ald_slice_clear(&link->want_target);
}
