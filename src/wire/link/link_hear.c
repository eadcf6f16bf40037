/*
 * What a registered party says, role hub. The order of checks is the original's (link.md 4.4): who may speak for this source,
 * where it is to go, and then what it is. What a message says is checked elsewhere, and its rights are (4.6).
 *
 * Nothing is remembered of a request that is passed on: its sender stands in its wire id, which the other end's dialect
 * makes the source of its own frame, and which the answer brings back in its destination. So a session that resumes on
 * another connection finds its answers.
 */

#include <stdio.h>

#include "base/error.h"
#include "wire/link/link_impl.h"

/* As long as its session (DESIGN section 1); the hub has a limit of its own. */
#define HEAR_TTL (UINT64_C(365) * 24 * 3600 * ALD_SEC)

/* --- messages ---------------------------------------------------------------------------------------------------- */

static int payload_set(struct ald_msg *msg, const struct ald_link_asked *asked)
{
    struct ald_slice payload = ald_link_share(asked->bytes, asked->frame->data);

    ald_msg_set_slice(msg, &msg->payload, payload);
    ald_slice_clear(&payload);
    return 0;
}

int ald_link_message(struct ald_link *link, const struct ald_link_asked *asked, enum ald_kind kind,
                     struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    char wire_id[ALD_LINK_ADDRESS_MAX];
    int r;

    r = ald_msg_new(link->messages, kind, &msg);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->wire_id, ald_str_of(wire_id, ald_link_wire_id(&asked->frame->src, wire_id)));
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->name, asked->name);
    }
    if (r == 0) {
        r = payload_set(msg, asked);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    msg->ttl = kind == ALD_COMMAND ? HEAR_TTL : ALD_NEVER;
    msg->flags |=
        kind == ALD_COMMAND ? ALD_MSG_WHILE_SERVED : 0; /* link.md 3.4: it ends with the session of its receiver */
    msg->native_of = &ald_link;
    if (kind == ALD_EVENT && link->self.type == ALD_LINK_CONTROL_KIND) {
        msg->flags |= ALD_MSG_REPORT; /* whether it may: nobody else is asked for rights (link.md 4.6) */
    }
    *ret_msg = ald_steal(&msg);
    return 0;
}

void ald_link_pass(struct ald_link *link, const struct ald_link_asked *asked, struct ald_msg *msg)
{
    struct ald_signal signal = ald_signal_of(msg->kind == ALD_EVENT ? ALD_SIGNAL_EVENT : ALD_SIGNAL_COMMAND);

    ald_msg_seal(msg);
    signal.party = asked->party;
    signal.serial = (uint64_t)asked->frame->seq;
    signal.ttl = msg->ttl;
    signal.msg = msg;
    ald_link_say(link, &signal);
}

/* The address that it was sent to, where that is not what the hub's target says. */
static int native_set(struct ald_msg *msg, const struct ald_link_address *dst)
{
    char text[ALD_LINK_ADDRESS_MAX];

    if (dst->type == ALD_LINK_CONTROLLER && dst->id == 0) {
        msg->native = ald_slice_static(ALD_STR("0,0"));
        return 0;
    }
    return ald_slice_copy(ald_str_of(text, ald_link_wire_id(dst, text)), &msg->native);
}

int ald_link_answer(struct ald_link *link, const struct ald_link_asked *asked, enum ald_outcome outcome,
                    enum ald_cause cause, struct ald_str text)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *request = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LOCAL);
    int r;

    r = ald_link_message(link, asked, ALD_COMMAND, &request);
    if (r == 0) {
        r = ald_msg_set(request, &request->text, text);
    }
    if (r == 0) {
        r = native_set(request, &(struct ald_link_address){.type = ALD_LINK_CONTROLLER});
    }
    if (r < 0) {
        return ald_trace(r);
    }
    if (outcome != ALD_SUCCEEDED) {
        ald_link_count(link, ALD_LINK_N_REFUSED);
    }
    ald_msg_seal(request);
    signal.serial = (uint64_t)asked->frame->seq;
    signal.outcome = (uint8_t)outcome;
    signal.cause = (uint8_t)cause;
    signal.request = ald_steal(&request);
    ald_link_say(link, &signal);
    return 0;
}

void ald_link_taken(struct ald_link *link, int64_t seq)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_TAKEN);

    if (seq != 0) {
        signal.serial = (uint64_t)seq;
        ald_link_say(link, &signal);
    }
}

/* Refuse a request; an event is only dropped (link.md 4.4, 8). */
static int hear_refuse(struct ald_link *link, const struct ald_link_asked *asked, enum ald_cause cause,
                       struct ald_str text)
{
    if (asked->frame->type == ALD_LINK_TYPE_EVENT) {
        ald_link_count(link, ALD_LINK_N_DROPPED_EVENT);
        ald_link_taken(link, asked->frame->seq);
        return 0;
    }
    return ald_link_answer(link, asked, ALD_REFUSED, cause, text);
}

/* --- who says it ------------------------------------------------------------------------------------------------- */

/* link.md 7.1: a host may speak for itself and its instances, a control for itself. */
static bool source_is_fit(const struct ald_link *link, const struct ald_link_address *src)
{
    return ald_link_address_same(src, &link->self) ||
           (src->type == ALD_LINK_INSTANCE && !src->is_odd && ald_link_has_instance(link, src->id));
}

static uint32_t source_party(const struct ald_link *link, const struct ald_link_address *src)
{
    return src->type == ALD_LINK_INSTANCE ? ald_link_instance_party(link, src->id) : 0;
}

enum { TEXT_MAX = 3 * ALD_LINK_ADDRESS_MAX + 400 };

/* What is wrong with where it comes from; absent: nothing is. */
static struct ald_str source_judge(const struct ald_link *link, const struct ald_link_frame *frame, char text[TEXT_MAX])
{
    char src[ALD_LINK_ADDRESS_MAX], from[ALD_LINK_ADDRESS_MAX];

    if (frame->src.type == ALD_LINK_BROADCAST) {
        return ALD_STR("Message src may not be broadcast");
    }
    if (source_is_fit(link, &frame->src)) {
        return ALD_STR_NONE;
    }
    return ald_str_of(text, (size_t)snprintf(text, TEXT_MAX, "Received message with invalid src %.*s from %.*s",
                                             (int)ald_link_address_describe(&frame->src, src), src,
                                             (int)ald_link_address_describe(&link->self, from), from));
}

/* --- requests and events ------------------------------------------------------------------------------------------- */

/* A name in an error text is not longer than this. */
enum { NAME_TEXT_MAX = 255 };

static bool broadcast_is_fit(const struct ald_link_asked *asked)
{
    const struct ald_link_address *dst = &asked->frame->dst;

    return asked->frame->type == ALD_LINK_TYPE_EVENT && dst->id >= 0 && dst->id < ALD_LINK_BROADCAST && !dst->is_odd;
}

/* What is wrong with where it is to go (link.md 4.4, 7.1); absent: nothing is. */
static struct ald_str destination_judge(const struct ald_link *link, const struct ald_link_asked *asked,
                                        char text[TEXT_MAX])
{
    const struct ald_link_address *dst = &asked->frame->dst;
    char room[ALD_LINK_ADDRESS_MAX];
    int size;

    if (dst->type == ALD_LINK_BROADCAST && !broadcast_is_fit(asked)) {
        size = snprintf(text, TEXT_MAX, "Destination %.*s is not allowed for %.*s",
                        (int)ald_link_address_describe(dst, room), room,
                        (int)ALD_MIN(asked->name.size, (size_t)NAME_TEXT_MAX), asked->name.data);
    } else if (dst->type == ALD_LINK_CONTROLLER && dst->id != 0) {
        size = snprintf(text, TEXT_MAX, "Unexpected message forwarded to %.*s",
                        (int)ald_link_address_describe(dst, room), room);
    } else if (source_is_fit(link, dst)) {
        size = snprintf(text, TEXT_MAX, "Message would return back to sender %.*s.",
                        (int)ald_link_address_describe(&link->self, room), room);
    } else {
        return ALD_STR_NONE;
    }
    return ald_str_of(text, (size_t)size);
}

/* An event to all of a kind, except who says it (link.md 4.8). */
static int event_broadcast(struct ald_link *link, const struct ald_link_asked *asked)
{
    static const uint8_t kinds[] = {
        [ALD_LINK_HOST_KIND] = ALD_TO_HOSTS,
        [ALD_LINK_INSTANCE] = ALD_TO_INSTANCES,
        [ALD_LINK_CONTROL_KIND] = ALD_TO_CONTROLS,
    };
    struct ald_msg *msg;
    int r;

    if (asked->frame->dst.id == ALD_LINK_CONTROLLER) {
        return ald_link_serve_event(link, asked);
    }
    r = ald_link_message(link, asked, ALD_EVENT, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    msg->to.scope = ALD_SCOPE_HERE;
    msg->to_kind = kinds[asked->frame->dst.id];
    ald_link_pass(link, asked, msg);
    return 0;
}

static int forward(struct ald_link *link, const struct ald_link_asked *asked)
{
    enum ald_kind kind = asked->frame->type == ALD_LINK_TYPE_EVENT ? ALD_EVENT : ALD_COMMAND;
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    char room[ALD_LINK_ADDRESS_MAX];
    struct ald_str target = ald_link_target(ald_link_aliases(link), &asked->frame->dst, room);
    int r;

    r = ald_link_message(link, asked, kind, &msg);
    if (r == 0) {
        /* An id that is nobody's: the name that no target can have. */
        r = ald_msg_set(msg, &msg->to.target, ald_str_present(target) ? target : ALD_STR("-"));
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_link_pass(link, asked, ald_steal(&msg));
    return 0;
}

int ald_link_dispatch(struct ald_link *link, const struct ald_link_asked *asked)
{
    char text[TEXT_MAX];
    struct ald_str fault = destination_judge(link, asked, text);
    bool is_broadcast = asked->frame->dst.type == ALD_LINK_BROADCAST;

    if (ald_str_present(fault)) {
        return hear_refuse(link, asked, is_broadcast ? ALD_CAUSE_INVALID : ALD_CAUSE_NO_TARGET, fault);
    }
    if (is_broadcast) {
        return event_broadcast(link, asked);
    }
    if (asked->frame->dst.type == ALD_LINK_CONTROLLER) {
        return asked->frame->type == ALD_LINK_TYPE_EVENT ? ald_link_serve_event(link, asked)
                                                         : ald_link_serve(link, asked);
    }
    return forward(link, asked);
}

static int hear_asked(struct ald_link *link, struct ald_link_asked *asked)
{
    char text[TEXT_MAX];
    struct ald_str fault = source_judge(link, asked->frame, text);
    int r;

    if (ald_str_present(fault)) {
        ald_link_count(link, ALD_LINK_N_BAD_SOURCE);
        return hear_refuse(link, asked, ALD_CAUSE_INVALID, fault);
    }
    asked->party = source_party(link, &asked->frame->src);
    r = ald_link_text(link, asked->frame->name, &asked->name);
    if (r < 0) {
        return ald_trace(r);
    }
    return ald_link_dispatch(link, asked);
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

static int error_set(struct ald_link *link, const struct ald_link_asked *asked, struct ald_msg *msg)
{
    const struct ald_json_field *members = asked->frame->members;
    struct ald_slice raw = ald_link_share(asked->bytes, asked->frame->data);
    struct ald_str text;
    int r;

    ald_msg_set_slice(msg, &msg->native, raw); /* between two links all of it goes on, the stack too */
    ald_slice_clear(&raw);
    msg->native_of = &ald_link;
    r = ald_link_text(link, members[ALD_LINK_ERROR_MESSAGE].value, &text);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->text, text);
    }
    if (r == 0) {
        r = ald_link_text(link, members[ALD_LINK_ERROR_CODE].value, &text);
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->code, text);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_link_outcome_read(asked->frame, false, msg);
    return 0;
}

static int reply_build(struct ald_link *link, const struct ald_link_asked *asked, struct ald_msg *msg)
{
    char wire_id[ALD_LINK_ADDRESS_MAX];
    int r;

    msg->outcome = ALD_SUCCEEDED;
    msg->phase = ALD_PHASE_DONE;
    r = ald_msg_set(msg, &msg->wire_id, ald_str_of(wire_id, ald_link_wire_id(&asked->frame->dst, wire_id)));
    if (r == 0) {
        r = asked->frame->type == ALD_LINK_TYPE_RESPONSE ? payload_set(msg, asked) : error_set(link, asked, msg);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* The low half of the hub's id of the command (docs/wire-link.md); all zero: another party's. */
static struct ald_id reply_id(const struct ald_link_address *dst)
{
    struct ald_json_value digits = {.raw = dst->request, .type = ALD_JSON_NUMBER};
    int64_t number = 0;

    if (dst->type != ALD_LINK_CONTROLLER || !ald_str_present(dst->request) || !ald_link_serial_read(digits, &number)) {
        return (struct ald_id){0};
    }
    return (struct ald_id){.low = (uint64_t)number};
}

/* An answer to whoever asked, which the hub knows (link.md 9, 14: the original forwards what nobody asked for). */
static int hear_reply(struct ald_link *link, struct ald_link_asked *asked)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    char text[TEXT_MAX];
    int r;

    if (ald_str_present(source_judge(link, asked->frame, text)) || asked->frame->dst.type == ALD_LINK_BROADCAST) {
        ald_link_count(link, ALD_LINK_N_BAD_SOURCE);
        ald_link_taken(link, asked->frame->seq);
        return 0;
    }
    r = ald_msg_new(link->messages, ALD_REPLY, &msg);
    if (r == 0) {
        r = reply_build(link, asked, msg);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.party = source_party(link, &asked->frame->src);
    signal.serial = (uint64_t)asked->frame->seq;
    signal.id = reply_id(&asked->frame->dst);
    if (!ald_str_present(asked->frame->dst.request)) {
        ald_link_count(link, ALD_LINK_N_STRAY_REPLY); /* the hub counts it, as all that nobody waits for */
    }
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.msg = ald_steal(&msg);
    ald_link_say(link, &signal);
    return 0;
}

/* --- frames ------------------------------------------------------------------------------------------------------ */

int ald_link_hear(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes)
{
    struct ald_link_asked asked = {.frame = frame, .bytes = bytes, .name = ALD_STR("")};

    switch ((enum ald_link_type)frame->type) {
    case ALD_LINK_TYPE_REQUEST:
    case ALD_LINK_TYPE_EVENT:
        return ald_link_take_serial(link, frame->seq, bytes.size) ? hear_asked(link, &asked) : 0;
    case ALD_LINK_TYPE_RESPONSE:
    case ALD_LINK_TYPE_RESPONSE_ERROR:
        return ald_link_take_serial(link, frame->seq, bytes.size) ? hear_reply(link, &asked) : 0;
    case ALD_LINK_TYPE_DISCONNECT:
        ald_link_hear_disconnect(link, ald_json_string_is(frame->data, ALD_STR("ready")));
        return 0;
    default:
        ald_link_count(link, ALD_LINK_N_UNEXPECTED); /* link.md 2.8: only logged */
        return 0;
    }
}
