/*
 * Generation A, once its handshake is done (link.md 2B): a slave or a control of before 2024. Every frame is
 * `{"seq","type","data"}`, the type a name and `_request`, `_response` or `_event`, and the answer names the `seq` of its
 * request. So a request of theirs is a command whose wire id ends with its number; a command to them is remembered under its
 * own, of which a session that resumes on another connection brings those with it that are said again.
 *
 * There are no addresses: what they ask is for the hub, and what the hub is asked to tell them is for all of them.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "msg/json_number.h"
#include "msg/json_write.h"
#include "wire/link/link_impl.h"

static const struct ald_str suffix_request = {"_request", 8}, suffix_response = {"_response", 9},
                            suffix_event = {"_event", 6};

static bool ends_with(struct ald_str str, struct ald_str suffix)
{
    return str.size > suffix.size && ald_str_equal(ald_str_from(str, str.size - suffix.size), suffix);
}

/* --- what we have asked --------------------------------------------------------------------------------------------- */

/* Commands without an answer that are remembered; of more the oldest is forgotten, and its answer is stray. */
enum { OLD_CALLS_MAX = 1024 };

static int calls_add(struct ald_link *link, uint64_t serial, struct ald_id id)
{
    struct ald_link_call *calls = realloc(link->calls, (link->n_calls + 1) * sizeof(*calls));

    if (calls == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    link->calls = calls;
    if (link->n_calls == OLD_CALLS_MAX) {
        memmove(calls, calls + 1, --link->n_calls * sizeof(*calls));
    }
    calls[link->n_calls++] = (struct ald_link_call){serial, id};
    return 0;
}

/* All zero: it is none of ours. */
static struct ald_id calls_take(struct ald_link *link, uint64_t serial)
{
    for (size_t i = 0; i < link->n_calls; i++) {
        if (link->calls[i].serial == serial) {
            struct ald_id id = link->calls[i].id;

            link->n_calls--;
            memmove(&link->calls[i], &link->calls[i + 1], (link->n_calls - i) * sizeof(link->calls[0]));
            return id;
        }
    }
    return (struct ald_id){0};
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

struct old_frame {
    struct ald_json_value seq_raw, data;
    int64_t seq;
    struct ald_str type;
};

/* As the files of generation B have it: a source whose request id is the frame's number. */
static struct ald_link_frame frame_as_new(const struct ald_link *link, const struct old_frame *old)
{
    struct ald_link_frame frame = {.seq = old->seq, .src = link->self, .data = old->data};

    frame.type = ends_with(old->type, suffix_event) ? ALD_LINK_TYPE_EVENT : ALD_LINK_TYPE_REQUEST;
    frame.src.request = frame.type == ALD_LINK_TYPE_REQUEST ? old->seq_raw.raw : ALD_STR_NONE;
    frame.dst = (struct ald_link_address){.type = ALD_LINK_CONTROLLER, .request = ALD_STR_NONE};
    return frame;
}

static int hear_asked(struct ald_link *link, const struct old_frame *old, struct ald_slice bytes)
{
    struct ald_link_frame frame = frame_as_new(link, old);
    struct ald_link_asked asked = {.frame = &frame, .bytes = bytes};

    if (frame.type == ALD_LINK_TYPE_EVENT) {
        asked.name = ald_str_of(old->type.data, old->type.size - suffix_event.size);
        return ald_link_serve_event(link, &asked);
    }
    asked.name = ald_str_of(old->type.data, old->type.size - suffix_request.size);
    if (ald_str_equal(asked.name, ALD_STR("prepare_disconnect"))) {
        link->leave_seq = old->seq;
        ald_link_hear_disconnect(link, false);
        return 0;
    }
    if (ald_str_equal(asked.name, ALD_STR("ping"))) {
        return ald_link_answer(link, &asked, ALD_SUCCEEDED, ALD_CAUSE_NONE, ALD_STR_NONE);
    }
    return ald_link_serve(link, &asked);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The member of `object` whose value is `seq`, with one comma beside it; absent: its name is written strangely. */
static struct ald_str member_of(struct ald_str object, struct ald_str seq)
{
    const struct ald_str name = ALD_STR("\"seq\"");
    const char *begin = seq.data, *end = seq.data + seq.size;

    do { /* back over the colon; the object's brace and a name stand before */
        begin--;
    } while (is_blank(*begin) || *begin == ':');
    begin -= name.size - 1;
    if (begin <= object.data || !ald_str_equal(ald_str_of(begin, name.size), name)) {
        return ALD_STR_NONE;
    }
    while (is_blank(*end)) {
        end++;
    }
    while (is_blank(begin[-1])) {
        begin--;
    }
    if (begin[-1] == ',') {
        begin--;
    } else if (*end == ',') {
        end++;
    }
    return ald_str_of(begin, (size_t)(end - begin));
}

/* The answer without the number of its question, which is the protocol's and not the application's. */
static int payload_set(struct ald_link *link, const struct old_frame *old, struct ald_json_value seq,
                       struct ald_slice bytes, struct ald_msg *msg)
{
    struct ald_str object = old->data.raw;
    struct ald_str member = seq.type == ALD_JSON_NUMBER ? member_of(object, seq.raw) : ALD_STR_NONE;
    struct ald_buf *text = &link->work->text;
    size_t at = ald_buf_size(text);
    struct ald_slice payload;
    size_t before;

    if (!ald_str_present(member)) {
        payload = ald_link_share(bytes, old->data);
        ald_msg_set_slice(msg, &msg->payload, payload);
        ald_slice_clear(&payload);
        return 0;
    }
    before = (size_t)(member.data - object.data);
    if (ald_buf_push(text, ald_str_of(object.data, before)) != 0 ||
        ald_buf_push(text, ald_str_from(object, before + member.size)) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    return ald_slice_copy(ald_str_from(ald_buf_str(text), at), &msg->payload);
}

/* Its `data` is the answer, with the number of the question in it (link.md 2.15). */
static int reply_build(struct ald_link *link, const struct old_frame *old, const struct ald_json_field *fields,
                       struct ald_slice bytes, struct ald_msg *msg)
{
    const struct ald_json_value error = fields[1].value;
    struct ald_str text;
    int r;

    msg->phase = ALD_PHASE_DONE;
    msg->outcome = error.type == ALD_JSON_STRING ? ALD_FAILED : ALD_SUCCEEDED;
    if (msg->outcome == ALD_SUCCEEDED) {
        return payload_set(link, old, fields[0].value, bytes, msg);
    }
    msg->cause = ALD_CAUSE_AGENT_FAILED;
    r = ald_link_text(link, error, &text);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->text, text);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int hear_reply(struct ald_link *link, const struct old_frame *old, struct ald_slice bytes)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("seq"), ALD_JSON_FIELD("error")};
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    struct ald_json_scan scan;
    int64_t seq = 0;
    int r;

    if (ald_json_scan(old->data.raw, ALD_JSON_STRICT, fields, ALD_COUNT(fields), &scan) != 0 ||
        !ald_link_serial_read(fields[0].value, &seq)) {
        seq = 0;
    }
    if (seq > 0 && link->we_leave && (uint64_t)seq == link->told_leave) {
        ald_link_hear_disconnect(link, true);
        return 0;
    }
    signal.id = calls_take(link, (uint64_t)seq);
    if (signal.id.low == 0) {
        ald_link_count(link, ALD_LINK_N_STRAY_REPLY);
    }
    r = ald_msg_new(link->messages, ALD_REPLY, &msg);
    if (r == 0) {
        r = reply_build(link, old, fields, bytes, msg);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.serial = (uint64_t)old->seq;
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.msg = ald_steal(&msg);
    ald_link_say(link, &signal);
    return 0;
}

static void hear_heartbeat(struct ald_link *link, ald_usec now, struct ald_json_value data)
{
    struct ald_json_field field = ALD_JSON_FIELD("seq");
    struct ald_json_scan scan;
    int64_t seq;

    ald_link_count(link, ALD_LINK_N_HEARTBEATS_IN);
    link->heard_at = now;
    if (ald_json_scan(data.raw, ALD_JSON_STRICT, &field, 1, &scan) == 0 && ald_link_serial_read(field.value, &seq)) {
        ald_link_acked(link, seq);
    }
}

int ald_link_old_hear(struct ald_link *link, ald_usec now, struct ald_slice bytes)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("seq"), ALD_JSON_FIELD("type"), ALD_JSON_FIELD("data")};
    struct old_frame old = {.seq = 0};
    struct ald_json_scan scan;
    int r = ald_json_scan(ald_slice_str(bytes), ALD_JSON_STRICT, fields, ALD_COUNT(fields), &scan);

    if (r == ALD_JSON_MALFORMED) { /* link.md 2.16 */
        ald_link_count(link, ALD_LINK_N_MALFORMED_JSON);
        ald_link_end_for_good(link, ALD_LINK_CLOSE_PROTOCOL, "Invalid JSON");
        return 0;
    }
    old.seq_raw = fields[0].value;
    old.data = fields[2].value;
    if (r != 0 || fields[1].value.type != ALD_JSON_STRING || old.data.type != ALD_JSON_OBJECT) {
        ald_link_count(link, ALD_LINK_N_MALFORMED); /* there is nobody to answer; the link stays up */
        return 0;
    }
    r = ald_link_text(link, fields[1].value, &old.type);
    if (r < 0) {
        return ald_trace(r);
    }
    if (ald_str_equal(old.type, ALD_STR("heartbeat"))) {
        hear_heartbeat(link, now, old.data);
        return 0;
    }
    if (!ald_link_serial_read(old.seq_raw, &old.seq)) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    if (!ald_link_take_serial(link, old.seq, bytes.size)) {
        return 0;
    }
    if (ends_with(old.type, suffix_response)) {
        return hear_reply(link, &old, bytes);
    }
    if (!ends_with(old.type, suffix_request) && !ends_with(old.type, suffix_event)) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    return hear_asked(link, &old, bytes);
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

static bool object_is_empty(struct ald_slice payload)
{
    struct ald_str inside = ald_str_of((const char *)payload.data + 1, payload.size - 2);

    while (inside.size > 0 && strchr(" \t\r\n", inside.data[0]) != NULL) {
        inside = ald_str_from(inside, 1);
    }
    return inside.size == 0;
}

/*
 * One frame: `data` is the payload's members, after `number` (absent: none). A payload that is no object is its one member.
 * Errors: ALDIS_E_NOMEM.
 */
static int old_write(struct ald_link *link, const struct ald_signal *signal, struct ald_str name, struct ald_str suffix,
                     struct ald_str number, struct ald_slice payload)
{
    struct ald_buf *out = &link->work->out;
    struct ald_link_out frame = {.ordinal = signal->ordinal, .head_at = ald_buf_size(out)};
    bool is_object = payload.data != NULL && payload.size > 0 && payload.data[0] == '{';
    bool is_empty = payload.data == NULL || (is_object && object_is_empty(payload));
    struct ald_json_writer json;
    struct ald_slice rest;
    int r;

    r = ald_buf_pushf(out, "{\"seq\":%llu,\"type\":", (unsigned long long)signal->serial);
    if (r == 0) {
        struct ald_buf *type = &link->work->text;
        size_t at = ald_buf_size(type);

        ald_json_write_init(&json, out, ALD_JSON_COMPACT);
        r = ald_buf_push(type, name);
        r = r == 0 ? ald_buf_push(type, suffix) : r;
        ald_json_write_str(&json, ald_str_from(ald_buf_str(type), at));
        r = r == 0 ? ald_json_write_done(&json) : r;
    }
    if (r == 0) {
        r = ald_buf_pushf(out, ",\"data\":{%s%.*s%s%s", ald_str_present(number) ? "\"seq\":" : "", ALD_STR_ARG(number),
                          ald_str_present(number) && !is_empty ? "," : "", is_empty || is_object ? "" : "\"payload\":");
    }
    frame.head_size = ald_buf_size(out) - frame.head_at;
    frame.tail_at = frame.head_at + frame.head_size;
    if (r == 0) {
        r = ald_buf_push(out, is_object && !is_empty ? ALD_STR("}") : ALD_STR("}}"));
    }
    if (r != 0) {
        ald_buf_cut(out, frame.head_at);
        return ald_trace(ALDIS_E_NOMEM);
    }
    frame.tail_size = ald_buf_size(out) - frame.tail_at;
    rest = is_empty    ? ALD_SLICE_NONE
           : is_object ? ald_slice_part(payload, 1, payload.size - 1)
                       : ald_slice_ref(payload);
    frame.payload = rest;
    ald_link_push_parts(link, &frame);
    return 0;
}

static int tell_command(struct ald_link *link, const struct ald_signal *signal)
{
    int r = calls_add(link, signal->serial, signal->id);

    if (r < 0) {
        return ald_trace(r);
    }
    return old_write(link, signal, signal->msg->name, suffix_request, ALD_STR_NONE, signal->msg->payload);
}

/* link.md 2.15: no codes, only the text. */
static int tell_error(struct ald_link *link, const struct ald_signal *signal, struct ald_str number)
{
    struct ald_link_error error = {.serial = signal->serial};
    struct ald_slice payload = ALD_SLICE_NONE;
    struct ald_buf *text = &link->work->text;
    size_t at = ald_buf_size(text);
    char room[ALD_LINK_TEXT_ROOM];
    struct ald_json_writer json;
    int r;

    ald_link_outcome_write(link, signal, room, &error);
    if (signal->outcome == ALD_REFUSED && signal->cause == ALD_CAUSE_UNKNOWN_COMMAND) { /* link.md 4.11 */
        struct ald_str name = signal->request->name;

        name.size = ALD_MIN(name.size, (size_t)ALD_NAME_MAX);
        error.message = ald_str_of(
            room, (size_t)snprintf(room, sizeof(room), "No validator for %.*s_request on master-%s", ALD_STR_ARG(name),
                                   link->self.type == ALD_LINK_CONTROL_KIND ? "control" : "slave"));
    }
    ald_json_write_init(&json, text, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "error", error.message);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json) == 0 ? ald_slice_copy(ald_str_from(ald_buf_str(text), at), &payload)
                                        : ald_trace(ALDIS_E_NOMEM);
    if (r == 0) {
        r = old_write(link, signal, signal->request->name, suffix_response, number, payload);
    }
    ald_slice_clear(&payload);
    return r < 0 ? ald_trace(r) : 0;
}

static int tell_reply(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_address asker;

    if (signal->request == NULL || ald_link_wire_id_read(signal->request->wire_id, &asker) != 0 ||
        !ald_str_present(asker.request)) {
        ald_link_drop(link);
        return 0;
    }
    if (signal->outcome != ALD_SUCCEEDED) {
        return tell_error(link, signal, asker.request);
    }
    return old_write(link, signal, signal->request->name, suffix_response, asker.request,
                     signal->msg != NULL ? signal->msg->payload : ALD_SLICE_NONE);
}

int ald_link_old_tell(struct ald_link *link, const struct ald_signal *signal)
{
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
        return tell_command(link, signal);
    case ALD_SIGNAL_EVENT:
        return old_write(link, signal, signal->msg->name, suffix_event, ALD_STR_NONE, signal->msg->payload);
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_LOCAL:
        return tell_reply(link, signal);
    default:
        ald_link_drop(link);
        return 0;
    }
}

int ald_link_old_heartbeat(struct ald_link *link)
{
    struct ald_buf *out = &link->work->out;
    size_t at = ald_buf_size(out);
    int r;

    if (link->last_in > 0) {
        r = ald_buf_pushf(out, "{\"seq\":null,\"type\":\"heartbeat\",\"data\":{\"seq\":%lld}}",
                          (long long)link->last_in);
    } else {
        r = ald_buf_push(out, ALD_STR("{\"seq\":null,\"type\":\"heartbeat\",\"data\":{\"seq\":null}}"));
    }
    if (r != 0) {
        ald_buf_cut(out, at);
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_link_count(link, ALD_LINK_N_HEARTBEATS_OUT);
    ald_link_push_text(link, at, 0);
    return 0;
}

/* A request like others, and the last that is numbered here: nothing follows it (link.md 3B). */
int ald_link_old_disconnect(struct ald_link *link, bool ready, const struct ald_signal *signal)
{
    struct ald_signal numbered = ald_signal_of(ALD_SIGNAL_LEAVE);
    char number[24];
    struct ald_str seq = ALD_STR_NONE;

    numbered.serial = ++link->last_out;
    numbered.ordinal = signal != NULL ? signal->ordinal : 0;
    if (!ready) {
        link->told_leave = numbered.serial;
    } else {
        seq = ald_str_of(number, (size_t)snprintf(number, sizeof(number), "%lld", (long long)link->leave_seq));
    }
    return old_write(link, &numbered, ALD_STR("prepare_disconnect"), ready ? suffix_response : suffix_request, seq,
                     ALD_SLICE_NONE);
}
