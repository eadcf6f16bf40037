/*
 * Role party: a program of ours at a hub, possibly the original's controller (link.md 3.2).
 *
 * The session is the library's (client/session.c), as it is the hub's at the other end: what is told has its serial from there, and
 * the number of a request is that of the command's id, which the answer brings back. So nothing is remembered here that a
 * session on another connection would need. The wire id of a command that came is its sender's address, as at the hub. A target
 * that two integers cannot say is asked for by aldis:CallRequest, which only a hub of ours knows.
 */

#include <stdio.h>

#include "base/error.h"
#include "msg/json_number.h"
#include "msg/json_write.h"
#include "wire/link/link_impl.h"

/* In the number of a request: it is for each of a target's channels. Numbers are counted, and never come near. */
#define REQUEST_WHOLE (UINT64_C(1) << 52)

/* Later than any time that somebody can have meant, and far from what microseconds can count. */
#define GAP_MSEC_MAX (UINT64_C(1) << 50)

static const struct ald_link_address the_hub = {.type = ALD_LINK_CONTROLLER, .request = {NULL, 0}};

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

static int resume_write(struct ald_link *link)
{
    struct ald_json_writer json;

    ald_link_write_begin(link, ALD_LINK_TYPE_RESUME, &json);
    ald_json_write_member_str(&json, "sessionToken", ald_slice_str(link->want_token));
    if (link->last_in > 0) {
        ald_json_write_member_i64(&json, "lastSeq", link->last_in);
    }
    ald_link_move(link, ALD_LINK_ASKED);
    return ald_link_write_end(link, &json, 0);
}

static int wanted_write(struct ald_link *link)
{
    return link->is_resuming ? resume_write(link) : register_write(link);
}

/* What the hub must be told, once it has said hello. Absent parts stay so. Errors: ALDIS_E_NOMEM. */
static int want(struct ald_link *link, struct ald_str token, struct ald_str target)
{
    int r = 0;

    ald_slice_clear(&link->want_token);
    ald_slice_clear(&link->want_target);
    if (ald_str_present(token)) {
        r = ald_slice_copy(token, &link->want_token);
    }
    if (r == 0 && ald_str_present(target)) {
        r = ald_slice_copy(target, &link->want_target);
    }
    link->wants = r == 0;
    return r == 0 && link->greeted ? wanted_write(link) : r;
}

static void deny(struct ald_link *link, enum ald_cause cause, struct ald_str text)
{
    struct ald_signal denied = ald_signal_of(ALD_SIGNAL_DENIED);

    denied.cause = (uint8_t)cause;
    denied.text = text;
    ald_link_say(link, &denied);
}

/* A target that is no host's number cannot be had on this way. */
static int tell_register(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_address address;

    if (ald_str_present(signal->target) &&
        (!ald_link_target_read(ALD_STR_NONE, signal->target, &address) || address.type != ALD_LINK_HOST_KIND)) {
        deny(link, ALD_CAUSE_INVALID, ALD_STR("over this protocol a target is the number of a host"));
        return 0;
    }
    link->is_resuming = false;
    return want(link, signal->greeting != NULL ? signal->greeting->token : ALD_STR_NONE, signal->target);
}

/* `continue` does not say who we are (link.md 2.3), so whoever resumes does. */
static int tell_resume(struct ald_link *link, const struct ald_signal *signal)
{
    if (!ald_str_present(signal->text) || ald_link_wire_id_read(signal->channel, &link->self) != 0) {
        deny(link, ALD_CAUSE_INVALID, ALD_STR("that is no session"));
        return 0;
    }
    link->self.request = ALD_STR_NONE;
    link->last_in = link->told_in = (int64_t)signal->serial;
    link->is_resuming = true;
    return want(link, signal->text, signal->target);
}

static ald_usec seconds_read(struct ald_json_value value)
{
    double seconds = 0;

    if (ald_json_double(value, &seconds) != 0 || !(seconds > 0)) {
        return 0;
    }
    return seconds > 1e6 ? (ald_usec)1e6 * ALD_SEC : (ald_usec)(seconds * 1e6);
}

/* We are in, and may come back within the time that is said. A caller's own number is the hub's business. */
static void say_registered(struct ald_link *link, ald_usec now, struct ald_signal *signal, ald_usec timeout)
{
    char room[ALD_LINK_ADDRESS_MAX];

    ald_ignore(ald_link_keep(link, ald_str_of(room, ald_link_wire_id(&link->self, room)),
                             &signal->channel)); /* room is made */
    if (ald_str_present(ald_slice_str(link->want_target))) {
        ald_ignore(ald_link_keep(link, ald_link_target(ALD_STR_NONE, &link->self, room), &signal->target));
    }
    signal->ttl = timeout;
    signal->traits = ALD_CAN_RESUME;
    ald_link_ready(link, now);
    ald_link_say(link, signal);
}

static int hear_ready(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);
    int r;

    if (link->state != ALD_LINK_ASKED || link->is_resuming) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    if (ald_link_address_read(frame->members[ALD_LINK_READY_SRC].value, &link->self) != 0) {
        return 0; /* it was looked at */
    }
    link->self.request = ALD_STR_NONE;
    link->interval = seconds_read(frame->members[ALD_LINK_READY_INTERVAL].value);
    r = ald_link_text_keep(link, frame->members[ALD_LINK_READY_TOKEN].value, &signal.text);
    if (r < 0) {
        return ald_trace(r);
    }
    say_registered(link, now, &signal, seconds_read(frame->members[ALD_LINK_READY_TIMEOUT].value));
    return 0;
}

static int hear_continue(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_json_value last = frame->members[ALD_LINK_CONTINUE_SEQ].value;
    int64_t serial = 0;
    int r;

    if (link->state != ALD_LINK_ASKED || !link->is_resuming) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    if (last.type == ALD_JSON_NUMBER) {
        ald_ignore(ald_link_serial_read(last, &serial)); /* it was looked at */
    }
    r = ald_link_reserve(link, 2 * (size_t)ALD_LINK_ADDRESS_MAX);
    if (r < 0) {
        return ald_trace(r);
    }
    link->interval = seconds_read(frame->members[ALD_LINK_CONTINUE_INTERVAL].value);
    signal.serial = (uint64_t)serial;
    ald_link_count(link, ALD_LINK_N_RESUMED);
    say_registered(link, now, &signal, seconds_read(frame->members[ALD_LINK_CONTINUE_TIMEOUT].value));
    return 0;
}

/* The session is unknown there; whoever wanted it may register on this connection (link.md 2.3). */
static void hear_invalidate(struct ald_link *link)
{
    if (link->state != ALD_LINK_ASKED || !link->is_resuming) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return;
    }
    ald_link_count(link, ALD_LINK_N_INVALIDATED);
    ald_link_move(link, ALD_LINK_NEW);
    link->wants = link->is_resuming = false;
    link->last_in = link->told_in = 0;
    deny(link, ALD_CAUSE_NO_CHANNEL, ALD_STR("the session is unknown there"));
}

/* --- what comes ----------------------------------------------------------------------------------------------------- */

/* It is for somebody else, and we pass nothing on (link.md 4.7). */
static int hear_foreign(struct ald_link *link, const struct ald_link_asked *asked)
{
    char dst[ALD_LINK_ADDRESS_MAX], text[2 * ALD_LINK_ADDRESS_MAX];
    int size = (int)ald_link_address_describe(&asked->frame->dst, dst);

    if (asked->frame->type != ALD_LINK_TYPE_REQUEST) {
        ald_link_count(link, ALD_LINK_N_DROPPED_EVENT);
        ald_link_taken(link, asked->frame->seq);
        return 0;
    }
    size = snprintf(text, sizeof(text), "Received message addressed to %.*s but this link does not route messages",
                    size, dst);
    return ald_link_answer(link, asked, ALD_REFUSED, ALD_CAUSE_INVALID, ald_str_of(text, (size_t)size));
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

    r = ald_link_text(link, frame->name, &asked.name);
    if (r == 0 && !is_for_us(link, frame)) {
        return hear_foreign(link, &asked);
    }
    if (r == 0 && !is_event && ald_str_equal(asked.name, ALD_STR("PingRequest"))) {
        return ald_link_answer(link, &asked, ALD_SUCCEEDED, ALD_CAUSE_NONE, ALD_STR_NONE); /* link.md 4.2 */
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
    signal.serial = (uint64_t)frame->seq;
    signal.ttl = msg->ttl;
    signal.msg = ald_steal(&msg);
    ald_link_say(link, &signal);
    return 0;
}

/*
 * The number of the request that an answer is for; 0: none of ours. It says whether the answer is that of each of a target's channels
 * together, so that nothing of a request must be kept.
 */
static uint64_t request_number(const struct ald_link *link, const struct ald_link_address *dst)
{
    uint64_t number = 0;

    if (!ald_link_address_same(dst, &link->self) || !ald_str_present(dst->request) ||
        ald_str_u64(dst->request, &number) != 0) {
        return 0;
    }
    return number;
}

static int reply_build(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes, bool is_whole,
                       struct ald_msg *msg)
{
    struct ald_slice payload;
    struct ald_str text;
    int r = 0;

    msg->outcome = ALD_SUCCEEDED;
    msg->phase = ALD_PHASE_SENT;
    if (frame->type == ALD_LINK_TYPE_RESPONSE) {
        payload = ald_link_share(bytes, frame->data);
        ald_msg_set_slice(msg, is_whole ? &msg->roster : &msg->payload, payload);
        ald_slice_clear(&payload);
    } else {
        r = ald_link_text(link, frame->members[ALD_LINK_ERROR_MESSAGE].value, &text);
        r = r == 0 ? ald_msg_set(msg, &msg->text, text) : r;
        r = r == 0 ? ald_link_text(link, frame->members[ALD_LINK_ERROR_CODE].value, &text) : r;
        r = r == 0 ? ald_msg_set(msg, &msg->code, text) : r;
        ald_link_outcome_read(frame, frame->src.type == ALD_LINK_CONTROLLER, msg);
    }
    if (is_whole && frame->type == ALD_LINK_TYPE_RESPONSE_ERROR) {
        payload = ald_link_share(bytes, frame->members[ALD_LINK_ERROR_ROSTER].value);
        ald_msg_set_slice(msg, &msg->roster, payload);
        ald_slice_clear(&payload);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* Something is missing that was published before; 0: nothing is (docs/wire-link.md 5). */
static ald_wall gap_read(struct ald_json_value value)
{
    int64_t msec = 0;

    return value.type == ALD_JSON_NUMBER && ald_json_i64(value, &msec) == 0 && msec > 0 && (uint64_t)msec < GAP_MSEC_MAX
               ? (ald_wall)msec * ALD_MSEC
               : 0;
}

/*
 * Whom it comes from, for whoever knows who was asked: the original's controller sends answers on that nobody asked for (link.md 9,
 * 14). A host also answers for an instance of its own that does not run (7.1), so of errors that is not asked.
 */
static struct ald_str answerer(const struct ald_link_frame *frame, char room[ALD_LINK_ADDRESS_MAX])
{
    bool is_for_another = frame->type == ALD_LINK_TYPE_RESPONSE_ERROR && frame->src.type == ALD_LINK_HOST_KIND;

    return is_for_another ? ALD_STR_NONE : ald_link_target(ALD_STR_NONE, &frame->src, room);
}

static int hear_reply(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    char room[ALD_LINK_ADDRESS_MAX];
    uint64_t number;
    int r;

    number = request_number(link, &frame->dst);
    signal.id.low = number & ~REQUEST_WHOLE;
    if (signal.id.low == 0) {
        ald_link_count(link, ALD_LINK_N_STRAY_REPLY);
        ald_link_taken(link, frame->seq);
        return 0;
    }
    r = ald_msg_new(link->messages, ALD_REPLY, &msg);
    if (r == 0) {
        r = reply_build(link, frame, bytes, (number & REQUEST_WHOLE) != 0, msg);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.serial = (uint64_t)frame->seq;
    signal.target = answerer(frame, room);
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.phase = msg->phase;
    signal.text = msg->text;
    signal.gap = gap_read(frame->gap_until);
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
    return link->wants ? wanted_write(link) : 0;
}

static void hear_disconnect(struct ald_link *link, bool ready)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    link->they_leave = link->they_leave || !ready;
    signal.ok = ready;
    signal.reconnect = true; /* a controller that restarts looks like this (link.md 3.5) */
    ald_link_say(link, &signal);
}

static int hear_routable(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes)
{
    bool is_asked = frame->type == ALD_LINK_TYPE_REQUEST || frame->type == ALD_LINK_TYPE_EVENT;

    if (!ald_link_take_serial(link, frame->seq, bytes.size)) {
        return 0;
    }
    return is_asked ? hear_asked(link, frame, bytes) : hear_reply(link, frame, bytes);
}

/* link.md 2.8: what is none of the handshake is silently ignored before its end. */
static int hear_unready(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame)
{
    switch ((enum ald_link_type)frame->type) {
    case ALD_LINK_TYPE_HELLO:
        return hear_hello(link);
    case ALD_LINK_TYPE_READY:
        return hear_ready(link, now, frame);
    case ALD_LINK_TYPE_CONTINUE:
        return hear_continue(link, now, frame);
    case ALD_LINK_TYPE_INVALIDATE:
        hear_invalidate(link);
        return 0;
    default:
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
}

int ald_link_client_hear(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame,
                         struct ald_slice bytes)
{
    if (link->state != ALD_LINK_READY) {
        return hear_unready(link, now, frame);
    }
    switch ((enum ald_link_type)frame->type) {
    case ALD_LINK_TYPE_HEARTBEAT:
        ald_link_count(link, ALD_LINK_N_HEARTBEATS_IN);
        link->heard_at = now;
        ald_link_acked(link, frame->seq);
        return 0;
    case ALD_LINK_TYPE_DISCONNECT:
        hear_disconnect(link, ald_json_string_is(frame->data, ALD_STR("ready")));
        return 0;
    case ALD_LINK_TYPE_REQUEST:
    case ALD_LINK_TYPE_EVENT:
    case ALD_LINK_TYPE_RESPONSE:
    case ALD_LINK_TYPE_RESPONSE_ERROR:
        return hear_routable(link, frame, bytes);
    default:
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
}

/* --- what goes ------------------------------------------------------------------------------------------------------ */

static void name_write(struct ald_json_writer *json, const char *member, struct ald_str name)
{
    if (ald_str_present(name)) {
        ald_json_write_member_str(json, member, name);
    }
}

static void flag_write(struct ald_json_writer *json, const char *member, bool flag)
{
    if (flag) {
        ald_json_write_member_bool(json, member, flag);
    }
}

/* What no address can say (docs/wire-link.md). */
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
    name_write(&json, "hub", msg->to.hub);
    name_write(&json, "channel", msg->to.channel);
    flag_write(&json, "idempotent", (msg->flags & ALD_MSG_IDEMPOTENT) != 0);
    flag_write(&json, "durable", (msg->flags & ALD_MSG_DURABLE) != 0);
    name_write(&json, "collapse", msg->collapse);
    name_write(&json, "version", msg->version);
    ald_json_write_end(&json);
    if (ald_json_write_done(&json) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    return ald_slice_copy(ald_str_from(ald_buf_str(text), at), ret_data);
}

/* A request to an address says all of it. That it may be given to an agent twice may be forgotten: then it is not. */
static bool message_is_plain(const struct ald_msg *msg)
{
    return msg->mode == ALD_MODE_ANY && !ald_str_present(msg->to.hub) && !ald_str_present(msg->to.channel) &&
           (msg->flags & ALD_MSG_DURABLE) == 0 && !ald_str_present(msg->collapse) && !ald_str_present(msg->version);
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
        .serial = signal->serial,
        .ordinal = signal->ordinal,
    };
    struct ald_slice data = ald_slice_ref(msg->payload);
    uint64_t number = is_event ? 0 : ald_link_number(signal->id);
    int r = 0;

    if (msg->to.scope != ALD_SCOPE_ONE) {
        ald_slice_clear(&data);
        ald_link_drop(link); /* an address to all is to all of a kind, which is not known here */
        return 0;
    }
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
    if (r == 0) {
        number |= !is_event && msg->mode == ALD_MODE_ALL ? REQUEST_WHOLE : 0;
        frame.src = self_with(link, number, room);
        frame.data = data;
        r = ald_link_write_routable(link, &frame);
    }
    ald_slice_clear(&data);
    return r < 0 ? ald_trace(r) : 0;
}

static int tell_reply(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_error error = {.src = link->self, .serial = signal->serial, .ordinal = signal->ordinal};
    struct ald_signal said = *signal;
    char room[ALD_LINK_TEXT_ROOM];

    if (signal->request == NULL || ald_link_wire_id_read(signal->request->wire_id, &error.dst) != 0) {
        ald_link_drop(link);
        return 0;
    }
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
    if (link->state == ALD_LINK_NEW && signal->kind == ALD_SIGNAL_REGISTER) {
        return tell_register(link, signal);
    }
    if (link->state == ALD_LINK_NEW && signal->kind == ALD_SIGNAL_RESUME) {
        return tell_resume(link, signal);
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
    case ALD_SIGNAL_LOCAL:
        return tell_reply(link, signal);
    case ALD_SIGNAL_LEAVE:
        return tell_leave(link, signal);
    default:
        ald_link_drop(link);
        return 0;
    }
}

void ald_link_client_fini(struct ald_link *link)
{
    ald_slice_clear(&link->want_token);
    ald_slice_clear(&link->want_target);
}
