/*
 * Requests and events that are addressed to the hub itself, [0,0] (link.md 1.3). What every link answers (a ping), what tells
 * of instances, and what is ours is read here; everything else goes to whoever the hub's controller is (DESIGN section 1).
 */

#include <stdio.h>

#include "base/error.h"
#include "msg/json.h"
#include "msg/json_number.h"
#include "wire/link/link_impl.h"

/* --- aldis:CallRequest --------------------------------------------------------------------------------------------- */

enum {
    CALL_TARGET,
    CALL_NAME,
    CALL_PAYLOAD,
    CALL_DEADLINE,
    CALL_MODE,
    CALL_HUB,
    CALL_CHANNEL,
    CALL_IDEMPOTENT,
    CALL_DURABLE,
    CALL_COLLAPSE,
    CALL_VERSION,
    CALL_N_FIELDS
};

/* What is wrong with a request, as a schema would have it. */
static const char *const call_faults[CALL_N_FIELDS] = {
    [CALL_TARGET] = "must be a string of at most 255 bytes at /target",
    [CALL_NAME] = "must be a string of at most 255 bytes at /name",
    [CALL_DEADLINE] = "must be a whole number of milliseconds at /deadline_ms",
    [CALL_MODE] = "must be \"any\", \"primary\", \"channel\" or \"all\" at /mode",
    [CALL_HUB] = "must be a string of at most 255 bytes at /hub",
    [CALL_CHANNEL] = "must be a string of at most 255 bytes at /channel",
    [CALL_IDEMPOTENT] = "must be true or false at /idempotent",
    [CALL_DURABLE] = "must be true or false at /durable",
    [CALL_COLLAPSE] = "must be a string of at most 255 bytes at /collapse",
    [CALL_VERSION] = "must be a string of at most 255 bytes at /version",
};
_Static_assert(ALD_NAME_MAX == 255, "as the texts say");

/* A name that another dialect's message is to have. Outcome: ALD_LINK_BAD_FRAME. Errors: ALDIS_E_NOMEM. */
static int call_name(struct ald_link *link, struct ald_json_value value, struct ald_msg *msg, struct ald_str *field)
{
    struct ald_str text;
    int r;

    if (value.type != ALD_JSON_STRING) {
        return ALD_LINK_BAD_FRAME;
    }
    r = ald_link_text(link, value, &text);
    if (r == 0) {
        r = text.size <= ALD_NAME_MAX ? ald_msg_set(msg, field, text) : ALD_LINK_BAD_FRAME;
    }
    return r < 0 ? ald_trace(r) : r;
}

static int call_deadline(struct ald_json_value value, struct ald_msg *msg)
{
    uint64_t msec;

    if (ald_json_u64(value, &msec) != 0) {
        return ALD_LINK_BAD_FRAME;
    }
    msg->ttl = msec < msg->ttl / ALD_MSEC ? msec * ALD_MSEC : msg->ttl;
    msg->flags &= ~(uint32_t)ALD_MSG_WHILE_SERVED;
    return 0;
}

static int call_mode(struct ald_link *link, struct ald_json_value value, struct ald_msg *msg)
{
    struct ald_str word;
    int mode, r;

    r = ald_link_text(link, value, &word);
    if (r < 0) {
        return ald_trace(r);
    }
    mode = ald_mode_find(word);
    if (!ald_str_present(word) || mode < 0) {
        return ALD_LINK_BAD_FRAME;
    }
    msg->mode = (uint8_t)mode;
    return 0;
}

static int call_flag(struct ald_json_value value, struct ald_msg *msg, uint32_t flag)
{
    if (value.type != ALD_JSON_TRUE && value.type != ALD_JSON_FALSE) {
        return ALD_LINK_BAD_FRAME;
    }
    msg->flags |= ald_json_is_true(value) ? flag : 0;
    return 0;
}

static int call_member(struct ald_link *link, int member, struct ald_json_value value, struct ald_msg *msg)
{
    bool is_there = value.type != ALD_JSON_NONE && value.type != ALD_JSON_NULL;

    if (!is_there && member != CALL_TARGET && member != CALL_NAME) {
        return 0;
    }
    switch (member) {
    case CALL_TARGET:
        return call_name(link, value, msg, &msg->to.target);
    case CALL_NAME:
        return call_name(link, value, msg, &msg->name);
    case CALL_DEADLINE:
        return call_deadline(value, msg);
    case CALL_MODE:
        return call_mode(link, value, msg);
    case CALL_HUB:
        return call_name(link, value, msg, &msg->to.hub);
    case CALL_CHANNEL:
        return call_name(link, value, msg, &msg->to.channel);
    case CALL_IDEMPOTENT:
        return call_flag(value, msg, ALD_MSG_IDEMPOTENT);
    case CALL_DURABLE:
        return call_flag(value, msg, ALD_MSG_DURABLE);
    case CALL_COLLAPSE:
        return call_name(link, value, msg, &msg->collapse);
    case CALL_VERSION:
        return call_name(link, value, msg, &msg->version);
    default:
        return 0; /* a payload may be anything */
    }
}

/* Outcome: ALD_LINK_BAD_FRAME, because of `ret_fault`. Errors: ALDIS_E_NOMEM. */
static int call_build(struct ald_link *link, const struct ald_link_asked *asked, const struct ald_json_field *fields,
                      struct ald_msg *msg, const char **ret_fault)
{
    struct ald_slice payload;

    msg->native = ald_slice_static(ALD_STR("0,0")); /* where its answer comes from */
    for (int i = 0; i < CALL_N_FIELDS; i++) {
        int r = call_member(link, i, fields[i].value, msg);

        if (r != 0) {
            *ret_fault = call_faults[i];
            return r < 0 ? ald_trace(r) : r;
        }
    }
    if (ald_str_present(msg->to.channel) && msg->mode == ALD_MODE_ANY) {
        msg->mode = ALD_MODE_CHANNEL;
    }
    payload = ald_link_share(asked->bytes, fields[CALL_PAYLOAD].value);
    ald_msg_set_slice(msg, &msg->payload, payload);
    ald_slice_clear(&payload);
    return 0;
}

static int serve_call(struct ald_link *link, const struct ald_link_asked *asked)
{
    struct ald_json_field fields[] = {
        ALD_JSON_FIELD("target"),  ALD_JSON_FIELD("name"),     ALD_JSON_FIELD("payload"), ALD_JSON_FIELD("deadline_ms"),
        ALD_JSON_FIELD("mode"),    ALD_JSON_FIELD("hub"),      ALD_JSON_FIELD("channel"), ALD_JSON_FIELD("idempotent"),
        ALD_JSON_FIELD("durable"), ALD_JSON_FIELD("collapse"), ALD_JSON_FIELD("version")};
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    const char *fault = "must be an object";
    char text[128];
    struct ald_json_scan scan;
    int r;

    _Static_assert(ALD_COUNT(fields) == CALL_N_FIELDS, "every field has its place");
    r = ald_link_message(link, asked, ALD_COMMAND, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    r = asked->frame->data.type == ALD_JSON_OBJECT &&
                ald_json_scan(asked->frame->data.raw, ALD_JSON_STRICT, fields, CALL_N_FIELDS, &scan) == 0
            ? call_build(link, asked, fields, msg, &fault)
            : ALD_LINK_BAD_FRAME;
    if (r < 0) {
        return ald_trace(r);
    }
    if (r > 0) {
        r = snprintf(text, sizeof(text), "Request aldis:CallRequest failed validation: %s", fault);
        return ald_link_answer(link, asked, ALD_REFUSED, ALD_CAUSE_INVALID, ald_str_of(text, (size_t)r));
    }
    ald_link_pass(link, asked, ald_steal(&msg));
    return 0;
}

/* --- SubscriptionRequest ------------------------------------------------------------------------------------------- */

/* link.md 4.10, 9.22: the words of today, and the truth values of before alpha.26. */
static int action_read(const struct ald_json_node *node)
{
    static const struct ald_str words[] = {
        [ALD_SUBSCRIBE_ADD] = {"subscribe", 9},
        [ALD_SUBSCRIBE_REMOVE] = {"unsubscribe", 11},
        [ALD_SUBSCRIBE_REPLACE] = {"replace", 7},
    };

    if (ald_json_type(node) == ALD_JSON_TRUE || ald_json_type(node) == ALD_JSON_FALSE) {
        return ald_json_type(node) == ALD_JSON_TRUE ? ALD_SUBSCRIBE_ADD : ALD_SUBSCRIBE_REMOVE;
    }
    for (int i = 0; ald_json_type(node) == ALD_JSON_STRING && i < (int)ALD_COUNT(words); i++) {
        if (ald_json_string_is(ald_json_value(node), words[i])) {
            return i;
        }
    }
    return -1;
}

enum { FILTER_HAS_COMMA = ALD_LINK_BAD_FRAME + 1 };

/* One filter behind the others, a comma between. A filter with a comma in it would be two. Outcomes: ALD_LINK_BAD_FRAME,
 * FILTER_HAS_COMMA. */
static int filter_push(struct ald_buf *text, const struct ald_json_node *node, bool is_first)
{
    size_t at;

    if (ald_json_type(node) != ALD_JSON_STRING) {
        return ALD_LINK_BAD_FRAME;
    }
    if (!is_first && ald_buf_push_byte(text, ',') != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    at = ald_buf_size(text);
    if (ald_json_decode(ald_json_value(node), text) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    return memchr(ald_buf_str(text).data + at, ',', ald_buf_size(text) - at) == NULL ? 0 : FILTER_HAS_COMMA;
}

/* Absent: all; empty: none. */
static int filters_read(struct ald_link *link, const struct ald_json_node *node, struct ald_str *ret_filters)
{
    struct ald_buf *text = &link->work->text;
    size_t at = ald_buf_size(text);
    bool is_first = true;
    int r = 0;

    *ret_filters = ALD_STR_NONE;
    if (node == NULL) {
        return 0;
    }
    if (ald_json_type(node) == ALD_JSON_STRING) {
        r = filter_push(text, node, true);
    } else if (ald_json_type(node) != ALD_JSON_ARRAY) {
        return ALD_LINK_BAD_FRAME;
    }
    ald_json_each(it, node)
    {
        r = r == 0 ? filter_push(text, it, is_first) : r;
        is_first = false;
    }
    *ret_filters = ald_buf_size(text) > at ? ald_str_from(ald_buf_str(text), at) : ALD_STR("");
    return r < 0 ? ald_trace(r) : r;
}

/* Time is milliseconds; before 0 is everything (link.md 4.10: a subscriber that has nothing says -1). */
static bool since_read(const struct ald_json_node *node, ald_wall *ret_since)
{
    double msec;

    if (ald_json_double(ald_json_value(node), &msec) != 0) {
        return false;
    }
    *ret_since = msec <= 0 ? 0 : msec >= 9e12 ? UINT64_MAX : (ald_wall)(msec * 1000);
    return true;
}

/* Read the tuple. Outcomes: ALD_LINK_BAD_FRAME, FILTER_HAS_COMMA. Errors: ALDIS_E_NOMEM. */
static int subscription_read(struct ald_link *link, const struct ald_json_node *tuple,
                             struct ald_subscription *subscription)
{
    const struct ald_json_node *name = ald_json_at(tuple, 0);
    int action = action_read(ald_json_at(tuple, 1));
    struct ald_str text;
    int r;

    if (ald_json_type(tuple) != ALD_JSON_ARRAY || tuple->n_inside < 3 || tuple->n_inside > 4 ||
        ald_json_type(name) != ALD_JSON_STRING || action < 0 ||
        !since_read(ald_json_at(tuple, 2), &subscription->since)) {
        return ALD_LINK_BAD_FRAME;
    }
    subscription->action = (uint8_t)action;
    r = ald_link_reserve(link, 2 * (size_t)tuple->size + 16);
    if (r == 0) {
        r = ald_link_text(link, ald_json_value(name), &text);
    }
    if (r == 0) {
        r = ald_link_keep(link, text, &subscription->name);
    }
    if (r == 0) {
        r = filters_read(link, ald_json_at(tuple, 3), &subscription->filters);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* A tuple of names: more than this many filters are nobody's. */
enum { SUBSCRIPTION_NODES_MAX = 4096 };

static int serve_subscription(struct ald_link *link, const struct ald_link_asked *asked)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);
    struct ald_subscription *subscription = &link->work->subscription;
    struct ald_json json;
    int r;

    ald_json_init(&json, SUBSCRIPTION_NODES_MAX);
    *subscription = (struct ald_subscription){.name = ALD_STR_NONE};
    r = asked->frame->data.type == ALD_JSON_ARRAY ? ald_json_parse(&json, asked->frame->data.raw, ALD_JSON_STRICT, NULL)
                                                  : ALD_LINK_BAD_FRAME;
    r = r > 0 ? ALD_LINK_BAD_FRAME : r;
    if (r == 0) {
        r = subscription_read(link, ald_json_root(&json), subscription);
    }
    ald_json_fini(&json);
    if (r == 0) {
        r = ald_link_message(link, asked, ALD_COMMAND, &signal.request);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    if (r > 0) {
        return ald_link_answer(link, asked, ALD_REFUSED, ALD_CAUSE_INVALID,
                               r == FILTER_HAS_COMMA
                                   ? ALD_STR("Request SubscriptionRequest failed validation: a filter has no comma")
                                   : ALD_STR("Request SubscriptionRequest failed validation"));
    }
    ald_msg_seal(signal.request);
    signal.party = asked->party;
    signal.serial = (uint64_t)asked->frame->seq;
    signal.subscription = subscription;
    ald_link_say(link, &signal);
    return 0;
}

/* --- the others ---------------------------------------------------------------------------------------------------- */

static int serve_ping(struct ald_link *link, const struct ald_link_asked *asked)
{
    return ald_link_answer(link, asked, ALD_SUCCEEDED, ALD_CAUSE_NONE, ALD_STR_NONE);
}

/* link.md 7.3: the controller adopts those that it does not know. */
static int serve_instances(struct ald_link *link, const struct ald_link_asked *asked)
{
    int r = link->self.type == ALD_LINK_HOST_KIND ? ald_link_instances_update(link, asked->frame->data)
                                                  : ALD_LINK_BAD_FRAME;

    if (r < 0) {
        return ald_trace(r);
    }
    if (r > 0) {
        return ald_link_answer(link, asked, ALD_REFUSED, ALD_CAUSE_INVALID,
                               ALD_STR("Request InstancesUpdateRequest failed validation"));
    }
    return serve_ping(link, asked);
}

static const struct {
    struct ald_str name;
    int (*serve)(struct ald_link *link, const struct ald_link_asked *asked);
} services[] = {
    {{"PingRequest", 11}, serve_ping},
    {{"aldis:CallRequest", 17}, serve_call},
    {{"SubscriptionRequest", 19}, serve_subscription},
    {{"InstancesUpdateRequest", 22}, serve_instances},
};

/* Ours by name: the hub answers it itself, or refuses it as unknown. */
static bool name_is_ours(struct ald_str name)
{
    return ald_str_starts(name, ALD_STR("aldis:"));
}

int ald_link_serve(struct ald_link *link, const struct ald_link_asked *asked)
{
    struct ald_msg *msg;
    int r;

    for (size_t i = 0; i < ALD_COUNT(services); i++) {
        if (ald_str_equal(services[i].name, asked->name)) {
            return services[i].serve(link, asked);
        }
    }
    r = ald_link_message(link, asked, ALD_COMMAND, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    msg->native = ald_slice_static(ALD_STR("0,0"));
    r = name_is_ours(asked->name) ? ald_msg_set(msg, &msg->to.target, ALD_STR("")) : 0;
    if (r < 0) {
        ald_msg_unref(msg);
        return ald_trace(r);
    }
    ald_link_pass(link, asked, msg);
    return 0;
}

/* Which of its subscribers an event is for: the original asks its own class of the event (link.md 4.10), here it is a member that
 * other peers pass over (2.2). Outcome: ALD_LINK_BAD_FRAME. Errors: ALDIS_E_NOMEM. */
static int event_filters(struct ald_link *link, const struct ald_link_frame *frame, struct ald_msg *msg)
{
    struct ald_str filters = ALD_STR_NONE;
    struct ald_json json;
    int r;

    if (frame->filters.type == ALD_JSON_NONE) {
        return 0;
    }
    ald_json_init(&json, SUBSCRIPTION_NODES_MAX);
    r = ald_json_parse(&json, frame->filters.raw, ALD_JSON_STRICT, NULL);
    if (r == 0) {
        r = ald_link_reserve(link, 2 * frame->filters.raw.size + 16);
    }
    if (r == 0) {
        r = filters_read(link, ald_json_root(&json), &filters);
    }
    ald_json_fini(&json);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->filters, filters);
    }
    return r < 0 ? ald_trace(r) : r > 0 ? ALD_LINK_BAD_FRAME : 0;
}

/* To whoever subscribed to it. Outcome: ALD_LINK_BAD_FRAME. */
static int event_publish(struct ald_link *link, const struct ald_link_asked *asked)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    int r = ald_link_message(link, asked, ALD_EVENT, &msg);

    if (r == 0) {
        r = ald_msg_set(msg, &msg->to.target, ALD_STR(""));
    }
    if (r == 0) {
        r = event_filters(link, asked->frame, msg);
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    ald_link_pass(link, asked, ald_steal(&msg));
    return 0;
}

/* And to the controller. */
static int event_pass(struct ald_link *link, const struct ald_link_asked *asked)
{
    struct ald_msg *msg;
    int r = ald_link_message(link, asked, ALD_EVENT, &msg);

    if (r < 0) {
        return ald_trace(r);
    }
    msg->flags |= ALD_MSG_COPY;
    ald_link_pass(link, asked, msg);
    return 0;
}

int ald_link_serve_event(struct ald_link *link, const struct ald_link_asked *asked)
{
    struct ald_link_frame again = *asked->frame;
    struct ald_link_asked rest = *asked;
    int r = 0;

    if (ald_str_equal(asked->name, ALD_STR("InstanceStatusChangedEvent"))) {
        r = ald_link_instance_changed(link, asked->frame->data);
    }
    if (r == 0) {
        r = event_publish(link, asked);
    }
    if (r == ALD_LINK_BAD_FRAME) {
        ald_link_count(link, ALD_LINK_N_DROPPED_EVENT);
        ald_link_taken(link, asked->frame->seq);
        return 0;
    }
    if (r == 0) {
        again.seq = 0; /* the serial is given with the first */
        rest.frame = &again;
        r = event_pass(link, &rest);
    }
    return r < 0 ? ald_trace(r) : 0;
}
