/*
 * Generation A, once its handshake is done (link.md 2B): a slave or a control of before 2024. Every frame is
 * `{"seq","type","data"}`, the type a name and `_request`, `_response` or `_event`, and the answer names the `seq` of its
 * request. So a request of theirs is a command whose wire id ends with its number; a command to them is remembered under its
 * own, and those of an earlier connection of the session the hub finds by it.
 *
 * There are no addresses: where a message of theirs is to go follows from its name and its payload (link_old_place.c), and an
 * instance that is told something is named in the payload.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "msg/json_number.h"
#include "msg/json_write.h"
#include "wire/link/link_account.h"
#include "wire/link/link_impl.h"

static const struct ald_str suffix_request = {"_request", 8}, suffix_response = {"_response", 9},
                            suffix_event = {"_event", 6};

static bool ends_with(struct ald_str str, struct ald_str suffix)
{
    return str.size > suffix.size && ald_str_equal(ald_str_from(str, str.size - suffix.size), suffix);
}

/* --- what we have asked --------------------------------------------------------------------------------------------- */

/* Commands without an answer that are remembered; of more the oldest is forgotten, and the hub looks for it. */
enum { OLD_CALLS_MAX = 1024 };

static int calls_add(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_call *calls = realloc(link->calls, (link->n_calls + 1) * sizeof(*calls));

    if (calls == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    link->calls = calls;
    if (link->n_calls == OLD_CALLS_MAX) {
        memmove(calls, calls + 1, --link->n_calls * sizeof(*calls));
    }
    calls[link->n_calls++] = (struct ald_link_call){signal->serial, signal->id, signal->party};
    return 0;
}

/* All zero: it was not asked on this connection. */
static struct ald_link_call calls_take(struct ald_link *link, uint64_t serial)
{
    for (size_t i = 0; i < link->n_calls; i++) {
        if (link->calls[i].serial == serial) {
            struct ald_link_call call = link->calls[i];

            link->n_calls--;
            memmove(&link->calls[i], &link->calls[i + 1], (link->n_calls - i) * sizeof(link->calls[0]));
            return call;
        }
    }
    return (struct ald_link_call){.party = 0};
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

/* Of what a slave tells when it has connected (link.md Appendix B). Until alpha.8 it is an event, then a request. Outcome:
 * ALD_LINK_BAD_FRAME. */
static int instances_update(struct ald_link *link, struct ald_json_value data)
{
    struct ald_json_field field = ALD_JSON_FIELD("instances");
    struct ald_json_scan scan;

    return ald_json_scan(data.raw, ALD_JSON_STRICT, &field, 1, &scan) == 0
               ? ald_link_instances_update(link, field.value)
               : ALD_LINK_BAD_FRAME;
}

/* A request that we answer ourselves: done, or it breaks its schema, in the words of then (link.md 4.11). */
static int hear_done(struct ald_link *link, const struct ald_link_asked *asked, bool is_valid, struct ald_str fault)
{
    return is_valid ? ald_link_answer(link, asked, ALD_SUCCEEDED, ALD_CAUSE_NONE, ALD_STR_NONE)
                    : ald_link_answer(link, asked, ALD_REFUSED, ALD_CAUSE_INVALID, fault);
}

static int hear_instances(struct ald_link *link, const struct ald_link_asked *asked)
{
    int r = instances_update(link, asked->frame->data);

    if (r < 0) {
        return ald_trace(r);
    }
    return hear_done(link, asked, r == 0, ALD_STR("Validation failed for update_instances_request"));
}

/* What a request without a payload has. */
static bool is_empty_object(struct ald_json_value data)
{
    struct ald_json_scan scan;

    return ald_json_scan(data.raw, ALD_JSON_STRICT, NULL, 0, &scan) == 0 && scan.n_unknown == 0;
}

static int hear_goodbye(struct ald_link *link, const struct ald_link_asked *asked)
{
    if (!is_empty_object(asked->frame->data)) {
        return hear_done(link, asked, false, ALD_STR("Validation failed for prepare_disconnect_request"));
    }
    link->leave_seq = asked->frame->seq;
    ald_link_hear_disconnect(link, false);
    return 0;
}

static int hear_event(struct ald_link *link, struct ald_link_frame *frame, const struct ald_link_asked *asked)
{
    int r = 0;

    if (link->self.type == ALD_LINK_HOST_KIND && ald_str_equal(asked->name, ALD_STR("update_instances"))) {
        r = instances_update(link, frame->data);
    } else if (ald_str_equal(asked->name, ALD_STR("instance_status_changed"))) {
        r = ald_link_instance_changed(link, frame->data);
    } else {
        frame->dst = ald_link_old_place(link, asked);
    }
    if (r > 0) { /* it names nobody, and is passed on */
        ald_link_count(link, ALD_LINK_N_UNKNOWN_INSTANCE);
    }
    return r < 0 ? ald_trace(r) : ald_link_dispatch(link, asked);
}

static int hear_asked(struct ald_link *link, const struct old_frame *old, struct ald_slice bytes)
{
    struct ald_link_frame frame = frame_as_new(link, old);
    struct ald_link_asked asked = {.frame = &frame, .bytes = bytes};

    if (frame.type == ALD_LINK_TYPE_EVENT) {
        asked.name = ald_str_of(old->type.data, old->type.size - suffix_event.size);
        return hear_event(link, &frame, &asked);
    }
    asked.name = ald_str_of(old->type.data, old->type.size - suffix_request.size);
    if (ald_str_equal(asked.name, ALD_STR("prepare_disconnect"))) {
        return hear_goodbye(link, &asked);
    }
    if (ald_str_equal(asked.name, ALD_STR("ping"))) {
        return hear_done(link, &asked, is_empty_object(old->data), ALD_STR("Validation failed for ping_request"));
    }
    if (ald_str_equal(asked.name, ALD_STR("update_instances")) && link->self.type == ALD_LINK_HOST_KIND) {
        return hear_instances(link, &asked);
    }
    frame.dst = ald_link_old_place(link, &asked);
    return ald_link_dispatch(link, &asked);
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
    struct ald_link_call call;
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
    if (seq == 0) {
        ald_link_count(link, ALD_LINK_N_STRAY_REPLY);
    }
    call = calls_take(link, (uint64_t)seq);
    signal.id = call.id;
    signal.party = call.party;
    signal.answers = call.serial == 0 ? (uint64_t)seq : 0;
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

/* link.md 2.15: these three and nothing else. */
enum { OLD_SEQ, OLD_TYPE, OLD_DATA, OLD_N_FIELDS };

static bool envelope_fits(const struct ald_json_field *fields, const struct ald_json_scan *scan)
{
    const struct ald_json_value seq = fields[OLD_SEQ].value;
    int64_t number;

    return scan->n_unknown == 0 && (seq.type == ALD_JSON_NULL || ald_link_serial_read(seq, &number)) &&
           fields[OLD_TYPE].value.type == ALD_JSON_STRING && fields[OLD_DATA].value.type == ALD_JSON_OBJECT;
}

static void hear_heartbeat(struct ald_link *link, ald_usec now, const struct old_frame *old, bool is_fit)
{
    struct ald_json_field field = ALD_JSON_FIELD("seq");
    struct ald_json_scan scan;
    int64_t seq = 0;

    is_fit = is_fit && old->seq_raw.type == ALD_JSON_NULL &&
             ald_json_scan(old->data.raw, ALD_JSON_STRICT, &field, 1, &scan) == 0 && scan.n_unknown == 0 &&
             (field.value.type == ALD_JSON_NULL || ald_link_serial_read(field.value, &seq));
    if (!is_fit) { /* link.md 2.16 */
        ald_link_count(link, ALD_LINK_N_MALFORMED);
        ald_link_end_for_good(link, ALD_LINK_CLOSE_PROTOCOL, "Invalid heartbeat");
        return;
    }
    ald_link_count(link, ALD_LINK_N_HEARTBEATS_IN);
    link->heard_at = now;
    ald_link_acked(link, seq);
}

/* It breaks the base format: who asks something is told so, and the link stays up (link.md 2.16, 4.11). */
static int hear_malformed(struct ald_link *link, struct old_frame *old, struct ald_slice bytes)
{
    struct ald_link_frame frame;
    struct ald_link_asked asked = {.frame = &frame, .bytes = bytes};

    ald_link_count(link, ALD_LINK_N_MALFORMED);
    if (!ald_link_serial_read(old->seq_raw, &old->seq) || !ald_link_take_serial(link, old->seq, bytes.size)) {
        return 0;
    }
    if (!ends_with(old->type, suffix_request)) {
        ald_link_taken(link, old->seq);
        return 0;
    }
    frame = frame_as_new(link, old);
    asked.name = ald_str_of(old->type.data, old->type.size - suffix_request.size);
    return ald_link_answer(link, &asked, ALD_REFUSED, ALD_CAUSE_INVALID, ALD_STR("Malformed"));
}

static int hear_numbered(struct ald_link *link, struct old_frame *old, struct ald_slice bytes)
{
    if (!ald_link_serial_read(old->seq_raw, &old->seq)) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return 0;
    }
    if (!ald_link_take_serial(link, old->seq, bytes.size)) {
        return 0;
    }
    if (ends_with(old->type, suffix_response)) {
        return hear_reply(link, old, bytes);
    }
    if (!ends_with(old->type, suffix_request) && !ends_with(old->type, suffix_event)) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        ald_link_taken(link, old->seq);
        return 0;
    }
    return hear_asked(link, old, bytes);
}

int ald_link_old_hear(struct ald_link *link, ald_usec now, struct ald_slice bytes)
{
    struct ald_json_field fields[OLD_N_FIELDS] = {ALD_JSON_FIELD("seq"), ALD_JSON_FIELD("type"),
                                                  ALD_JSON_FIELD("data")};
    struct old_frame old = {.seq = 0};
    struct ald_json_scan scan;
    bool is_fit;
    int r = ald_json_scan(ald_slice_str(bytes), ALD_JSON_STRICT, fields, OLD_N_FIELDS, &scan);

    if (r == ALD_JSON_MALFORMED) { /* link.md 2.16 */
        ald_link_count(link, ALD_LINK_N_MALFORMED_JSON);
        ald_link_end_for_good(link, ALD_LINK_CLOSE_PROTOCOL, "Invalid JSON");
        return 0;
    }
    old.seq_raw = fields[OLD_SEQ].value;
    old.data = fields[OLD_DATA].value;
    r = ald_link_text(link, fields[OLD_TYPE].value, &old.type);
    if (r < 0) {
        return ald_trace(r);
    }
    is_fit = envelope_fits(fields, &scan);
    if (ald_str_equal(old.type, ALD_STR("heartbeat"))) {
        hear_heartbeat(link, now, &old, is_fit);
        return 0;
    }
    return is_fit ? hear_numbered(link, &old, bytes) : hear_malformed(link, &old, bytes);
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

/* What stands between the braces of an object, without the blanks at its end. */
static struct ald_slice object_inside(struct ald_slice payload)
{
    size_t size = payload.size;

    while (is_blank((char)payload.data[size - 1])) {
        size--;
    }
    size -= 2;
    while (size > 0 && is_blank((char)payload.data[size])) {
        size--;
    }
    return ald_slice_part(payload, 1, size);
}

/* What a frame says: `name` and `suffix` are its type; `data` is the payload's members, after `number` (absent: none), and then
 * the `instance` that it is for (0: it is not said). A payload that is no object is its one member. */
struct old_words {
    const struct ald_signal *signal;
    struct ald_str name, suffix, number;
    struct ald_slice payload;
    int64_t instance;
};

/* `{"seq":1,"type":"…"` */
static int old_write_type(struct ald_link *link, const struct old_words *words)
{
    struct ald_buf *out = &link->work->out, *type = &link->work->text;
    size_t at = ald_buf_size(type);
    struct ald_json_writer json;
    int r;

    r = ald_buf_pushf(out, "{\"seq\":%llu,\"type\":", (unsigned long long)words->signal->serial);
    r = r == 0 ? ald_buf_push(type, words->name) : r;
    r = r == 0 ? ald_buf_push(type, words->suffix) : r;
    if (r == 0) {
        ald_json_write_init(&json, out, ALD_JSON_COMPACT);
        ald_json_write_str(&json, ald_str_from(ald_buf_str(type), at));
        r = ald_json_write_done(&json);
    }
    return r;
}

/* Of a member that is there twice the last one counts, so what a sender says of the instance in its payload leads nowhere else than
 * its command. */
static int old_write_tail(struct ald_link *link, const struct old_words *words, bool is_first)
{
    struct ald_buf *out = &link->work->out;

    if (words->instance == 0) {
        return ald_buf_push(out, ALD_STR("}}"));
    }
    return ald_buf_pushf(out, "%s\"instance_id\":%lld}}", is_first ? "" : ",", (long long)words->instance);
}

/* One frame. Errors: ALDIS_E_NOMEM. */
static int old_write(struct ald_link *link, const struct old_words *words)
{
    const struct ald_slice payload = words->payload;
    struct ald_buf *out = &link->work->out;
    struct ald_outbox_frame frame = {
        .kind = ALD_FRAME_TEXT, .ordinal = words->signal->ordinal, .head_at = ald_buf_size(out)};
    bool is_object = payload.data != NULL && payload.size > 0 && payload.data[0] == '{';
    struct ald_slice inside = is_object ? object_inside(payload) : ald_slice_ref(payload);
    bool is_empty = inside.size == 0;
    bool has_number = ald_str_present(words->number);
    int r;

    r = old_write_type(link, words);
    if (r == 0) {
        r = ald_buf_pushf(out, ",\"data\":{%s%.*s%s%s", has_number ? "\"seq\":" : "", ALD_STR_ARG(words->number),
                          has_number && !is_empty ? "," : "", is_empty || is_object ? "" : "\"payload\":");
    }
    frame.head_size = ald_buf_size(out) - frame.head_at;
    frame.tail_at = frame.head_at + frame.head_size;
    r = r == 0 ? old_write_tail(link, words, is_empty && !has_number) : r;
    if (r != 0) {
        ald_buf_cut(out, frame.head_at);
        ald_slice_clear(&inside);
        return ald_trace(ALDIS_E_NOMEM);
    }
    frame.tail_size = ald_buf_size(out) - frame.tail_at;
    frame.payload = inside;
    ald_link_push_parts(link, &frame);
    return 0;
}

/* The instance whose number its slave must find in the payload; 0: it is for the slave, or stands there. */
static int64_t instance_to_say(const struct ald_signal *signal)
{
    bool is_for_all = signal->kind == ALD_SIGNAL_EVENT && signal->msg->to.scope != ALD_SCOPE_ONE;

    if (signal->party == 0 || is_for_all ||
        ald_link_old_instance(ald_slice_str(signal->msg->payload)) == (int64_t)signal->party) {
        return 0;
    }
    return (int64_t)signal->party;
}

static int tell_message(struct ald_link *link, const struct ald_signal *signal)
{
    const struct old_words words = {
        .signal = signal,
        .name = signal->msg->name,
        .suffix = signal->kind == ALD_SIGNAL_EVENT ? suffix_event : suffix_request,
        .number = ALD_STR_NONE,
        .payload = signal->msg->payload,
        .instance = instance_to_say(signal),
    };
    int r = signal->kind == ALD_SIGNAL_COMMAND ? calls_add(link, signal) : 0;

    if (signal->kind == ALD_SIGNAL_EVENT && ald_str_equal(signal->msg->name, ALD_LINK_ACCOUNT_EVENT)) {
        return 0; /* nothing that a control of generation A would know */
    }
    return r < 0 ? ald_trace(r) : old_write(link, &words);
}

/* The errors of a hop in the words of then (link.md 4.11); absent: as today. */
static struct ald_str error_of_hop(const struct ald_link *link, const struct ald_signal *signal,
                                   char room[ALD_LINK_TEXT_ROOM])
{
    struct ald_link_address place;
    struct ald_str name = signal->request->name;

    name.size = ALD_MIN(name.size, (size_t)ALD_NAME_MAX);
    if (signal->outcome == ALD_REFUSED && signal->cause == ALD_CAUSE_UNKNOWN_COMMAND) {
        return ald_str_of(room, (size_t)snprintf(room, ALD_LINK_TEXT_ROOM, "No validator for %.*s_request on master-%s",
                                                 ALD_STR_ARG(name),
                                                 link->self.type == ALD_LINK_CONTROL_KIND ? "control" : "slave"));
    }
    place = ald_link_asked_for(link, signal->request);
    if (signal->outcome == ALD_REFUSED && signal->cause == ALD_CAUSE_NO_TARGET && place.type == ALD_LINK_INSTANCE) {
        return ald_str_of(room, (size_t)snprintf(room, ALD_LINK_TEXT_ROOM, "Instance with ID %lld does not exist",
                                                 (long long)place.id));
    }
    return ALD_STR_NONE;
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

    error.message = error_of_hop(link, signal, room);
    if (!ald_str_present(error.message)) {
        ald_link_outcome_write(link, signal, room, &error);
    }
    ald_json_write_init(&json, text, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "error", error.message);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json) == 0 ? ald_slice_copy(ald_str_from(ald_buf_str(text), at), &payload)
                                        : ald_trace(ALDIS_E_NOMEM);
    if (r == 0) {
        r = old_write(link, &(struct old_words){.signal = signal,
                                                .name = signal->request->name,
                                                .suffix = suffix_response,
                                                .number = number,
                                                .payload = payload});
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
    return old_write(link, &(struct old_words){.signal = signal,
                                               .name = signal->request->name,
                                               .suffix = suffix_response,
                                               .number = asker.request,
                                               .payload = signal->msg != NULL ? signal->msg->payload : ALD_SLICE_NONE});
}

int ald_link_old_tell(struct ald_link *link, const struct ald_signal *signal)
{
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        return tell_message(link, signal);
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
    return old_write(link, &(struct old_words){.signal = &numbered,
                                               .name = ALD_STR("prepare_disconnect"),
                                               .suffix = ready ? suffix_response : suffix_request,
                                               .number = seq});
}
