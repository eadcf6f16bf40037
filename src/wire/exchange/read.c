/*
 * A message becomes a signal. The hub's promise begins here: a command that cannot be passed on is answered, never
 * dropped, because the original's habit of dropping malformed frames in silence costs its peers a minute each
 * (exchange.md 2.10). Only where no id can be found is there nobody to answer; then the connection is closed with a
 * reason.
 */

#include "wire/exchange/exchange_impl.h"

#include <stdio.h>

#include "base/error.h"

/* --- what all readers need -------------------------------------------------------------------------------------- */

static int fields_scan(struct ald_str json, struct ald_json_field *fields, size_t n_fields, const char **ret_fault,
                       struct ald_json_scan *ret_scan)
{
    /* exchange.md 2.5, 2.6: invalid UTF-8 is replaced, and what follows the first value is ignored. */
    switch (ald_json_scan(json, ALD_JSON_BROKEN_OK | ALD_JSON_TAIL_OK, fields, n_fields, ret_scan)) {
    case 0:
        return 0;
    case ALD_JSON_NOT_OBJECT:
        *ret_fault = "an object must stand here";
        return ALD_EXCHANGE_MALFORMED;
    default:
        *ret_fault = ald_json_reason_text(ret_scan->end.reason);
        return ALD_EXCHANGE_MALFORMED;
    }
}

int ald_exchange_scan(struct ald_str json, struct ald_json_field *fields, size_t n_fields, const char **ret_fault)
{
    struct ald_json_scan scan;

    return fields_scan(json, fields, n_fields, ret_fault, &scan);
}

int ald_exchange_scan_texts(struct ald_exchange *exchange, struct ald_str json, struct ald_json_field *fields,
                            size_t n_fields, const char **ret_fault)
{
    struct ald_json_scan scan;
    int r = fields_scan(json, fields, n_fields, ret_fault, &scan);

    if (r != 0 || scan.flags == 0) {
        return r; /* nothing to decode, nearly every time */
    }
    r = ald_exchange_reserve(exchange, fields, n_fields);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_exchange_reserve(struct ald_exchange *exchange, const struct ald_json_field *fields, size_t n_fields)
{
    size_t size = 0;
    uint8_t *room;
    int r;

    for (size_t i = 0; i < n_fields; i++) {
        const struct ald_json_value *value = &fields[i].value;

        if (value->type == ALD_JSON_STRING && !ald_json_is_plain(*value)) {
            size += (value->flags & ALD_JSON_BROKEN) != 0 ? 3 * value->raw.size : value->raw.size;
        }
    }
    if (size == 0) {
        return 0;
    }
    r = ald_buf_reserve(&exchange->work->text, size, &room);
    ald_assert(r <= 0); /* it may hold three times the largest message */
    return r < 0 ? ald_trace(r) : 0;
}

struct ald_str ald_exchange_text_decoded(struct ald_exchange *exchange, const struct ald_json_value *value)
{
    struct ald_str text = ALD_STR_NONE;
    int r = ald_json_text(*value, &exchange->work->text, &text);

    ald_assert(r == 0 || r == ALD_JSON_NOT_TEXT); /* the room was made */
    return text;
}

int ald_exchange_keep(struct ald_exchange *exchange, struct ald_str str, struct ald_str *ret_kept)
{
    struct ald_buf *text = &exchange->work->text;
    uintptr_t at = (uintptr_t)str.data, begin = (uintptr_t)text->data;
    uint8_t *room;
    int r;

    if (!ald_str_present(str) || (text->data != NULL && at >= begin && at < begin + text->room)) {
        *ret_kept = str;
        return 0;
    }
    r = ald_buf_reserve(text, str.size, &room);
    ald_assert(r <= 0); /* it may hold three times the largest message */
    if (r < 0) {
        return ald_trace(r);
    }
    if (str.size > 0) {
        memcpy(room, str.data, str.size);
        ald_buf_commit(text, str.size);
    }
    *ret_kept = str.size > 0 ? ald_str_of(room, str.size) : ALD_STR("");
    return 0;
}

int ald_exchange_share(struct ald_exchange *exchange, struct ald_slice bytes, struct ald_json_value value,
                       struct ald_slice *ret_slice)
{
    struct ald_buf *text = &exchange->work->text;
    size_t before = ald_buf_size(text);
    int r;

    if (value.type == ALD_JSON_NONE) {
        *ret_slice = ALD_SLICE_NONE;
        return 0;
    }
    if ((value.flags & ALD_JSON_BROKEN) == 0) {
        *ret_slice = ald_slice_part(bytes, (size_t)((const uint8_t *)value.raw.data - bytes.data), value.raw.size);
        return 0;
    }
    r = ald_json_repair(value.raw, text);
    ald_assert(r <= 0); /* it may hold three times the largest message */
    if (r == 0) {
        r = ald_slice_copy(ald_str_from(ald_buf_str(text), before), ret_slice);
        ald_buf_cut(text, before);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static struct ald_str blanks_skip(struct ald_str text)
{
    while (text.size > 0 && (uint8_t)text.data[0] <= ' ') {
        text = ald_str_from(text, 1);
    }
    return text;
}

/* Take `literal` and blanks around it off the front of `*text`. */
static bool literal_take(struct ald_str *text, struct ald_str literal)
{
    struct ald_str rest = blanks_skip(*text);

    if (!ald_str_starts(rest, literal)) {
        return false;
    }
    *text = blanks_skip(ald_str_from(rest, literal.size));
    return true;
}

struct ald_str ald_exchange_recover(struct ald_str json, struct ald_str name)
{
    size_t size = 0;

    /* Every writer we know puts the id first (exchange.md 2.6); an id that needs decoding is not worth guessing at. */
    if (!literal_take(&json, ALD_STR("{")) || !literal_take(&json, ALD_STR("\"")) || !literal_take(&json, name) ||
        !literal_take(&json, ALD_STR("\"")) || !literal_take(&json, ALD_STR(":")) ||
        !ald_str_starts(json, ALD_STR("\""))) {
        return ALD_STR_NONE;
    }
    json = ald_str_from(json, 1);
    while (size < json.size && json.data[size] != '"') {
        if (json.data[size] == '\\' || (uint8_t)json.data[size] < ' ' || size == ALD_NAME_MAX) {
            return ALD_STR_NONE;
        }
        size++;
    }
    json = size < json.size ? ald_str_of(json.data, size) : ALD_STR_NONE;
    return ald_utf8_valid(json) ? json : ALD_STR_NONE;
}

/* Longer than the longest reason (msg/json_text.h) with its prefix. */
enum { MALFORMED_TEXT = sizeof(((struct ald_exchange_work *)0)->close_text) };

static struct ald_str malformed_print(char text[MALFORMED_TEXT], const char *fault)
{
    (void)snprintf(text, MALFORMED_TEXT, "Malformed JSON: %s", fault);
    return ald_str(text);
}

void ald_exchange_malformed(struct ald_exchange *exchange, const char *fault)
{
    ald_exchange_close(exchange, 1007, malformed_print(exchange->work->close_text, fault).data);
}

/* --- commands --------------------------------------------------------------------------------------------------- */

/* The members of a command; those of the extension follow these three. */
enum { COMMAND_ID, COMMAND_TYPE, COMMAND_PAYLOAD, COMMAND_N_FIELDS };

struct command_reading {
    struct ald_json_field fields[COMMAND_N_FIELDS + ALD_EXCHANGE_N_LINK_FIELDS];
    size_t n_fields;
    struct ald_str id;   /* absent: the peer said null */
    struct ald_str type; /* absent: none, or nothing that could be one */
    char made_id[ALD_ID_TEXT];
};

static void command_fields(const struct ald_exchange *exchange, struct command_reading *reading)
{
    size_t n;

    reading->fields[COMMAND_ID] = (struct ald_json_field)ALD_JSON_FIELD("id");
    reading->fields[COMMAND_TYPE] = (struct ald_json_field)ALD_JSON_FIELD("type");
    reading->fields[COMMAND_PAYLOAD] = (struct ald_json_field)ALD_JSON_FIELD("payload");
    reading->n_fields = COMMAND_N_FIELDS;
    if (!ald_exchange_is_extended(exchange)) {
        return;
    }
    n = exchange->is_link ? ALD_EXCHANGE_N_LINK_FIELDS : ALD_EXCHANGE_N_COMMAND_FIELDS;
    for (size_t i = 0; i < n; i++) {
        reading->fields[reading->n_fields++] = (struct ald_json_field){.name = ald_exchange_command_names[i]};
    }
}

/* exchange.md 2.6: a missing id gets a fresh one, null stays null, and a number is as good as a string. */
static int command_id(struct ald_exchange *exchange, struct command_reading *reading)
{
    struct ald_json_value value = reading->fields[COMMAND_ID].value;

    reading->id = ald_exchange_text(exchange, value);
    if (value.type == ALD_JSON_NONE) {
        ald_id_format(ald_exchange_id(exchange), reading->made_id);
        reading->id = ald_str_of(reading->made_id, ALD_ID_TEXT);
    } else if (value.type == ALD_JSON_ARRAY || value.type == ALD_JSON_OBJECT) {
        return ALD_EXCHANGE_MALFORMED;
    }
    return 0;
}

/* A command that is no JSON: answered where it says who it was (exchange.md 13.1, 5). */
static int command_malformed(struct ald_exchange *exchange, struct ald_str json, const char *fault)
{
    struct ald_str id = ald_exchange_recover(json, ALD_STR("id"));
    struct ald_exchange_answer answer = {.id = id, .outcome = ALD_FAILED, .cause = ALD_CAUSE_AGENT_BROKE};
    char text[MALFORMED_TEXT];
    int r;

    ald_exchange_count(exchange, ALD_EXCHANGE_N_MALFORMED_JSON);
    if (!ald_str_present(id) || (ald_exchange_is_hub(exchange) && exchange->state != ALD_EXCHANGE_READY)) {
        ald_exchange_malformed(exchange, fault);
        return 0;
    }
    answer.text = malformed_print(text, fault);
    if (ald_exchange_is_extended(exchange)) {
        answer.outcome = ALD_REFUSED;
        answer.cause = ALD_CAUSE_INVALID;
    }
    r = ald_exchange_write_answer(exchange, &answer);
    return r < 0 ? ald_trace(r) : 0;
}

/* An application's command: everything the hub must know goes into a message, the payload as it is. */
static int command_build(struct ald_exchange *exchange, struct ald_slice bytes, struct command_reading *reading,
                         struct ald_msg *msg, struct ald_str *ret_field)
{
    const struct ald_json_field *options = reading->fields + COMMAND_N_FIELDS;
    int r;

    if (ald_exchange_is_hub(exchange)) {
        msg->ttl = exchange->options.reply_timeout; /* exchange.md 3.1: the deadline is never written */
    }
    r = ald_msg_set(msg, &msg->wire_id, reading->id);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_msg_set(msg, &msg->name, reading->type);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_exchange_is_extended(exchange) ? ald_exchange_read_options(exchange, options, msg, ret_field) : 0;
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    r = ald_exchange_share(exchange, bytes, reading->fields[COMMAND_PAYLOAD].value, &msg->payload);
    return r < 0 ? ald_trace(r) : 0;
}

/* A member whose value means nothing: what the sender wanted is unknown, so it must not run. */
static int command_invalid(struct ald_exchange *exchange, const struct command_reading *reading, struct ald_str field)
{
    char text[64];
    int size = snprintf(text, sizeof(text), "the member '%.*s' is not valid", ALD_STR_ARG(field));

    ald_exchange_count(exchange, ALD_EXCHANGE_N_INVALID_FIELD);
    return ald_exchange_refuse(exchange, reading->id, reading->type, ALD_CAUSE_INVALID, ald_str_of(text, (size_t)size));
}

static int command_pass(struct ald_exchange *exchange, struct ald_slice bytes, struct command_reading *reading)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    bool event = ald_exchange_is_extended(exchange) && ald_exchange_is_event(reading->fields + COMMAND_N_FIELDS);
    struct ald_signal signal = ald_signal_of(event ? ALD_SIGNAL_EVENT : ALD_SIGNAL_COMMAND);
    struct ald_str field = ALD_STR("type");
    int r;

    r = ald_msg_new(exchange->messages, event ? ALD_EVENT : ALD_COMMAND, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    r = reading->type.size > ALD_NAME_MAX ? ALD_EXCHANGE_MALFORMED
                                          : command_build(exchange, bytes, reading, msg, &field);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r == 0 && exchange->is_link) {
        r = ald_exchange_link_read(exchange, reading->fields + COMMAND_N_FIELDS, msg, &signal, &field);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    if (r == ALD_EXCHANGE_MALFORMED) {
        return command_invalid(exchange, reading, field);
    }
    ald_msg_seal(msg);
    signal.ttl = msg->ttl;
    if (!ald_exchange_is_hub(exchange)) {
        ald_ignore(
            ald_id_parse(reading->id, &signal.id)); /* not every hub's ids are UUIDs; the wire id tells them all */
    }
    signal.msg = ald_steal(&msg);
    ald_exchange_say(exchange, &signal);
    return 0;
}

/* The framework's own types, and what is nobody's (exchange.md 3.4). */
static int command_dispatch(struct ald_exchange *exchange, struct ald_slice bytes, struct command_reading *reading)
{
    enum ald_exchange_type type = ald_exchange_type_find(reading->type);
    struct ald_json_value payload = reading->fields[COMMAND_PAYLOAD].value;
    bool hub = ald_exchange_is_hub(exchange);
    bool legacy = !ald_exchange_is_v1(exchange);
    bool routed = ald_exchange_is_extended(exchange) &&
                  reading->fields[COMMAND_N_FIELDS + ALD_EXCHANGE_AT_TO].value.type == ALD_JSON_STRING;

    if (hub && (type == ALD_EXCHANGE_TYPE_HELLO || (legacy && type == ALD_EXCHANGE_TYPE_HELLO_COMMAND))) {
        return ald_exchange_read_hello(exchange, type, reading->id, payload);
    }
    if (hub && exchange->state != ALD_EXCHANGE_READY) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_EXPECTED);
        ald_exchange_close(exchange, 1002, "Hello Command is first expected to initialize the exchange channel");
        return 0;
    }
    if (type == ALD_EXCHANGE_TYPE_GOOD_BYE || (legacy && type == ALD_EXCHANGE_TYPE_GOODBYE_COMMAND)) {
        return ald_exchange_read_goodbye(exchange, reading->id, payload);
    }
    if (reading->type.size == 0 || type == ALD_EXCHANGE_TYPE_UNKNOWN) { /* absent, or empty: nobody registered that */
        return ald_exchange_refuse(exchange, reading->id, reading->type, ALD_CAUSE_UNKNOWN_COMMAND, ALD_STR_NONE);
    }
    if (type == ALD_EXCHANGE_TYPE_HEALTH_CHECK || type == ALD_EXCHANGE_TYPE_PRIMARY) {
        if (!hub) {
            return ald_exchange_read_question(exchange, type, reading->id, payload);
        }
        if (!routed) { /* a hub is not asked such things: registered types without a handler */
            return ald_exchange_refuse(exchange, reading->id, reading->type, ALD_CAUSE_NO_HANDLER, ALD_STR_NONE);
        }
    }
    if (!hub && (type == ALD_EXCHANGE_TYPE_HELLO || type == ALD_EXCHANGE_TYPE_HELLO_COMMAND)) {
        return ald_exchange_refuse(exchange, reading->id, reading->type, ALD_CAUSE_NO_HANDLER, ALD_STR_NONE);
    }
    if (hub &&
        ald_exchange_is_reserved(type)) { /* it would be refused when it is written: here its sender is told at once */
        ald_exchange_count(exchange, ALD_EXCHANGE_N_RESERVED_NAME);
        return ald_exchange_refuse(exchange, reading->id, reading->type, ALD_CAUSE_INVALID,
                                   ALD_STR("the name is the protocol's own"));
    }
    return command_pass(exchange, bytes, reading);
}

static int command_read(struct ald_exchange *exchange, struct ald_slice bytes, struct ald_str json)
{
    struct command_reading reading; /* of the fields only those there are: most frames have three of thirteen */
    const char *fault = "an id must be text";
    int r;

    if (!ald_str_present(json) || ald_str_starts(json, ALD_STR("null"))) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_NO_EXCHANGE);
        ald_exchange_close(exchange, 1002, "Unrecognized incoming exchange");
        return 0;
    }
    command_fields(exchange, &reading);
    r = ald_exchange_scan_texts(exchange, json, reading.fields, reading.n_fields, &fault);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r == 0) {
        r = command_id(exchange, &reading);
    }
    if (r == ALD_EXCHANGE_MALFORMED) {
        return command_malformed(exchange, json, fault);
    }
    reading.type = ald_exchange_text(exchange, reading.fields[COMMAND_TYPE].value);
    return command_dispatch(exchange, bytes, &reading);
}

/* --- frames ----------------------------------------------------------------------------------------------------- */

/* The two literals have no id and no answer (exchange.md 2.9). */
static int literal_read(struct ald_exchange *exchange, bool primary)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_PRIMARY);

    if (ald_exchange_is_hub(exchange)) {
        /* A party does not appoint a hub; the original's controller would have no handler and nothing to answer to. */
        ald_exchange_count(exchange, ALD_EXCHANGE_N_UNHANDLED);
        return 0;
    }
    signal.primary = primary;
    ald_exchange_say(exchange, &signal);
    return 0;
}

static void unknown_read(struct ald_exchange *exchange)
{
    ald_exchange_count(exchange, ALD_EXCHANGE_N_UNKNOWN_FRAME);
    ald_exchange_close(exchange, 1002, "Exchange message unknown");
}

/* Frames that make sense to whoever said hello only. */
static bool hello_is_due(struct ald_exchange *exchange)
{
    if (!ald_exchange_is_hub(exchange) || exchange->state == ALD_EXCHANGE_READY) {
        return false;
    }
    ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_EXPECTED);
    ald_exchange_close(exchange, 1002, "Hello Command is first expected to initialize the exchange channel");
    return true;
}

int ald_exchange_read(struct ald_exchange *exchange, ald_usec now, struct ald_slice bytes)
{
    struct ald_exchange_frame frame;

    ald_exchange_frame_read(exchange->variant, ald_slice_str(bytes), &frame);
    switch ((enum ald_exchange_kind)frame.kind) {
    case ALD_EXCHANGE_COMMAND:
        return command_read(exchange, bytes, frame.json);
    case ALD_EXCHANGE_REPLY:
        return ald_exchange_read_reply(exchange, now, bytes, frame.json);
    case ALD_EXCHANGE_STATUS:
        return hello_is_due(exchange) ? 0 : ald_exchange_read_status(exchange, bytes, frame.json);
    case ALD_EXCHANGE_CANCEL:
        return hello_is_due(exchange) ? 0 : ald_exchange_read_cancel(exchange, frame.json);
    case ALD_EXCHANGE_PRIMARY:
    case ALD_EXCHANGE_REPLICA:
        return hello_is_due(exchange) ? 0 : literal_read(exchange, frame.kind == ALD_EXCHANGE_PRIMARY);
    case ALD_EXCHANGE_UNKNOWN:
        break;
    }
    unknown_read(exchange);
    return 0;
}
