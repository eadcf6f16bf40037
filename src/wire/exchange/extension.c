/*
 * The members and frames that exist only where both ends announced the extension: docs/wire-extension.md.
 *
 * What a command says there changes what becomes of it, so a member that cannot be understood refuses the command; what
 * a status says is news, and news that cannot be understood is counted and forgotten.
 */

#include "wire/exchange/exchange_impl.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"

/* Longest text form of an address: three names with every byte encoded, and two marks. */
enum { ADDRESS_TEXT_MAX = 3 * 3 * ALD_NAME_MAX + 2 };

/* Longest time left that is believed, in milliseconds: a century, so that no sum with it overflows. */
#define TTL_MSEC_MAX (UINT64_C(100) * 366 * 24 * 3600 * 1000)

const struct ald_str ald_exchange_command_names[ALD_EXCHANGE_N_LINK_FIELDS] = {
    [ALD_EXCHANGE_AT_TO] = {"to", 2},
    [ALD_EXCHANGE_AT_FROM] = {"from", 4},
    [ALD_EXCHANGE_AT_TTL] = {"ttl_ms", 6},
    [ALD_EXCHANGE_AT_MODE] = {"mode", 4},
    [ALD_EXCHANGE_AT_IDEMPOTENT] = {"idempotent", 10},
    [ALD_EXCHANGE_AT_DURABLE] = {"durable", 7},
    [ALD_EXCHANGE_AT_COLLAPSE] = {"collapse", 8},
    [ALD_EXCHANGE_AT_VERSION] = {"version", 7},
    [ALD_EXCHANGE_AT_EVENT] = {"event", 5},
    [ALD_EXCHANGE_AT_TRACE] = {"traceparent", 11},
    [ALD_EXCHANGE_AT_FILTERS] = {"filters", 7},
    [ALD_EXCHANGE_AT_HOLD] = {"hold", 4},
    [ALD_EXCHANGE_AT_REPORT] = {"report", 6},
    [ALD_EXCHANGE_AT_TELL_AWAY] = {"tell_away", 9},
    [ALD_EXCHANGE_AT_EVERYONE] = {"everyone", 8},
    [ALD_EXCHANGE_AT_WHILE_SERVED] = {"while_served", 12},
    [ALD_EXCHANGE_AT_SCOPE] = {"scope", 5},
    [ALD_EXCHANGE_AT_ORIGIN] = {"origin", 6},
    [ALD_EXCHANGE_AT_HOPS] = {"hops", 4},
    [ALD_EXCHANGE_AT_DAEMONS] = {"daemons", 7},
    [ALD_EXCHANGE_AT_BROADCAST] = {"broadcast", 9},
    [ALD_EXCHANGE_AT_INFORMED] = {"informed", 8},
    [ALD_EXCHANGE_AT_UNTIL] = {"until", 5},
};

/* --- members of a command --------------------------------------------------------------------------------------- */

static bool value_is_there(struct ald_json_value value)
{
    return value.type != ALD_JSON_NONE && value.type != ALD_JSON_NULL;
}

static int address_read(struct ald_msg *msg, struct ald_address *field, struct ald_str text)
{
    char scratch[ADDRESS_TEXT_MAX];
    struct ald_address address;

    if (text.size > sizeof(scratch) || ald_address_parse(text, scratch, &address) != 0) {
        return ALD_EXCHANGE_MALFORMED;
    }
    return ald_msg_set_address(msg, field, &address);
}

static int ttl_read(struct ald_msg *msg, struct ald_json_value value)
{
    uint64_t msec;

    if (ald_json_u64(value, &msec) != 0) {
        return ALD_EXCHANGE_MALFORMED;
    }
    msg->ttl = ALD_MIN(msec, TTL_MSEC_MAX) * ALD_MSEC;
    return 0;
}

static int flag_read(struct ald_msg *msg, uint32_t flag, struct ald_json_value value)
{
    if (value.type != ALD_JSON_TRUE && value.type != ALD_JSON_FALSE) {
        return ALD_EXCHANGE_MALFORMED;
    }
    msg->flags |= ald_json_is_true(value) ? flag : 0;
    return 0;
}

static int mode_read(struct ald_msg *msg, struct ald_str text)
{
    int mode = ald_mode_find(text);

    if (mode < 0) {
        return ALD_EXCHANGE_MALFORMED;
    }
    msg->mode = (uint8_t)mode;
    return 0;
}

static int name_read(struct ald_msg *msg, struct ald_str *field, struct ald_json_value value, struct ald_str text)
{
    if (value.type != ALD_JSON_STRING || text.size > ALD_NAME_MAX) {
        return ALD_EXCHANGE_MALFORMED;
    }
    return ald_msg_set(msg, field, text);
}

static int option_read(struct ald_exchange *exchange, int at, struct ald_json_value value, struct ald_msg *msg)
{
    struct ald_str text = value.type == ALD_JSON_STRING ? ald_exchange_text(exchange, value) : ALD_STR("?");

    switch (at) {
    case ALD_EXCHANGE_AT_TO:
        return value.type == ALD_JSON_STRING ? address_read(msg, &msg->to, text) : ALD_EXCHANGE_MALFORMED;
    case ALD_EXCHANGE_AT_FROM:
        return value.type == ALD_JSON_STRING ? address_read(msg, &msg->from, text) : ALD_EXCHANGE_MALFORMED;
    case ALD_EXCHANGE_AT_TTL:
        return ttl_read(msg, value);
    case ALD_EXCHANGE_AT_MODE:
        return mode_read(msg, text);
    case ALD_EXCHANGE_AT_IDEMPOTENT:
        return flag_read(msg, ALD_MSG_IDEMPOTENT, value);
    case ALD_EXCHANGE_AT_DURABLE:
        return flag_read(msg, ALD_MSG_DURABLE, value);
    case ALD_EXCHANGE_AT_COLLAPSE:
        return name_read(msg, &msg->collapse, value, text);
    case ALD_EXCHANGE_AT_VERSION:
        return name_read(msg, &msg->version, value, text);
    case ALD_EXCHANGE_AT_EVENT:
        return flag_read(msg, 0, value);
    case ALD_EXCHANGE_AT_FILTERS:
        return value.type == ALD_JSON_STRING ? ald_msg_set(msg, &msg->filters, text) : ALD_EXCHANGE_MALFORMED;
    default:
        return name_read(msg, &msg->trace, value, text);
    }
}

int ald_exchange_read_options(struct ald_exchange *exchange, const struct ald_json_field *fields, struct ald_msg *msg,
                              struct ald_str *ret_field)
{
    for (int at = 0; at < ALD_EXCHANGE_N_COMMAND_FIELDS; at++) {
        int r = value_is_there(fields[at].value) ? option_read(exchange, at, fields[at].value, msg) : 0;

        if (r != 0) {
            *ret_field = ald_exchange_command_names[at];
            return r < 0 ? ald_trace(r) : r;
        }
    }
    /* Whoever names a channel means that one. */
    if (!value_is_there(fields[ALD_EXCHANGE_AT_MODE].value) && ald_str_present(msg->to.channel)) {
        msg->mode = ALD_MODE_CHANNEL;
    }
    return 0;
}

bool ald_exchange_is_event(const struct ald_json_field *fields)
{
    return ald_json_is_true(fields[ALD_EXCHANGE_AT_EVENT].value);
}

/* The text form goes through memory of our own, since JSON may have to escape it once more. */
static void address_write(struct ald_exchange_writing *writing, struct ald_exchange_name name,
                          const struct ald_address *address)
{
    uint8_t room[ADDRESS_TEXT_MAX];
    struct ald_buf lent = {.data = room, .room = sizeof(room), .max = sizeof(room)}; /* full before it would grow */

    if (!ald_str_present(address->hub) && !ald_str_present(address->target) && !ald_str_present(address->channel) &&
        address->scope == ALD_SCOPE_ONE) {
        return;
    }
    if (ald_address_is_plain(address)) {
        ald_exchange_put_member(writing, name, address->target);
    } else if (ald_address_format(address, &lent) == 0) {
        ald_exchange_put_member(writing, name, ald_buf_str(&lent));
    }
}

static void flag_write(struct ald_exchange_writing *writing, struct ald_exchange_name name, bool truth)
{
    if (truth) {
        ald_exchange_put_literal(writing, name, ALD_STR("true"));
    }
}

void ald_exchange_write_options(struct ald_exchange_writing *writing, const struct ald_msg *msg,
                                const struct ald_address *from, ald_usec ttl)
{
    struct ald_address to = msg->to;

    if (ald_str_present(to.target)) {
        to.scope = ALD_SCOPE_ONE; /* the text form says one or the other; between hubs it has a member of its own */
    }
    address_write(writing, ALD_EXCHANGE_NAME("to"), &to);
    address_write(writing, ALD_EXCHANGE_NAME("from"), from);
    if (ttl != ALD_NEVER) {
        /* Rounded up: what has some time left is not said to have none. */
        ald_exchange_put_u64(writing, "ttl_ms", ttl / ALD_MSEC + (ttl % ALD_MSEC != 0));
    }
    if (msg->mode != ALD_MODE_ANY) {
        ald_exchange_put_word(writing, "mode", ald_str(ald_mode_name((enum ald_mode)msg->mode)));
    }
    flag_write(writing, ALD_EXCHANGE_NAME("idempotent"), (msg->flags & ALD_MSG_IDEMPOTENT) != 0);
    flag_write(writing, ALD_EXCHANGE_NAME("durable"), (msg->flags & ALD_MSG_DURABLE) != 0);
    ald_exchange_put_str(writing, "collapse", msg->collapse);
    ald_exchange_put_str(writing, "version", msg->version);
    flag_write(writing, ALD_EXCHANGE_NAME("event"), msg->kind == ALD_EVENT);
    ald_exchange_put_str(writing, "traceparent", msg->trace);
    ald_exchange_put_str(writing, "filters", msg->filters);
}

static void raw_write(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_slice raw)
{
    if (raw.size > 0) {
        ald_exchange_put_literal(writing, name, ald_slice_str(raw));
    }
}

void ald_exchange_write_outcome(struct ald_exchange_writing *writing, const struct ald_exchange_answer *answer)
{
    ald_exchange_put_word(writing, "outcome", ald_str(ald_outcome_name((enum ald_outcome)answer->outcome)));
    if (answer->cause != ALD_CAUSE_NONE) {
        ald_exchange_put_word(writing, "cause", ald_str(ald_cause_word((enum ald_cause)answer->cause)));
    }
    ald_exchange_put_word(writing, "state", ald_str(ald_phase_name((enum ald_phase)answer->phase)));
    ald_exchange_put_str(writing, "code", answer->code);
    ald_exchange_put_str(writing, "channel", answer->channel);
    raw_write(writing, ALD_EXCHANGE_NAME("details"), answer->details);
    raw_write(writing, ALD_EXCHANGE_NAME("roster"), answer->roster);
    flag_write(writing, ALD_EXCHANGE_NAME("truncated"), answer->truncated);
}

/* --- t:STATUS --------------------------------------------------------------------------------------------------- */

enum { STATUS_ID, STATUS_STATE, STATUS_TOTAL, STATUS_COMPLETED, STATUS_CHANNEL, STATUS_TEXT, STATUS_DETAILS };

/* How far it is: both numbers or neither; anything else is not worth an error. */
static void progress_read(const struct ald_json_field *fields, struct ald_msg *msg)
{
    if (ald_json_double(fields[STATUS_TOTAL].value, &msg->total) == 0 &&
        ald_json_double(fields[STATUS_COMPLETED].value, &msg->completed) == 0) {
        msg->flags |= ALD_MSG_PROGRESS;
    } else {
        msg->total = msg->completed = 0;
    }
}

static int status_build(struct ald_exchange *exchange, struct ald_slice bytes, const struct ald_json_field *fields,
                        struct ald_msg *msg)
{
    int r;

    progress_read(fields, msg);
    r = ald_msg_set(msg, &msg->wire_id, ald_exchange_text(exchange, fields[STATUS_ID].value));
    if (r == 0) {
        r = ald_msg_set(msg, &msg->from.channel, ald_exchange_text(exchange, fields[STATUS_CHANNEL].value));
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->text, ald_exchange_text(exchange, fields[STATUS_TEXT].value));
    }
    if (r == 0) {
        r = ald_exchange_share(exchange, bytes, fields[STATUS_DETAILS].value, &msg->details);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* An agent can be at work or have accepted it; what lies before is the hub's to tell. */
static int status_phase(struct ald_exchange *exchange, struct ald_json_value value)
{
    int phase = ald_phase_find(ald_exchange_text(exchange, value));

    if (ald_exchange_is_hub(exchange) && phase != ALD_PHASE_ACCEPTED && phase != ALD_PHASE_RUNNING) {
        return -1;
    }
    return phase == ALD_PHASE_DONE ? -1 : phase;
}

static int status_pass(struct ald_exchange *exchange, struct ald_slice bytes, const struct ald_json_field *fields,
                       enum ald_phase phase)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);
    int r;

    r = ald_msg_new(exchange->messages, ALD_STATUS, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    r = status_build(exchange, bytes, fields, msg);
    if (r < 0) {
        return ald_trace(r);
    }
    msg->phase = signal.phase = (uint8_t)phase;
    ald_msg_seal(msg);
    if (ald_id_parse(msg->wire_id, &signal.id) != 0 && ald_exchange_is_hub(exchange)) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_STRAY_REPLY);
    }
    signal.channel = msg->from.channel;
    signal.text = msg->text;
    signal.msg = ald_steal(&msg);
    ald_exchange_say(exchange, &signal);
    return 0;
}

/* Reads `fields` of a frame that nobody waits for an answer to. Outcome: ALD_EXCHANGE_MALFORMED; the connection is
 * closed. */
static int news_scan(struct ald_exchange *exchange, struct ald_str json, struct ald_json_field *fields, size_t n_fields)
{
    const char *fault = "nothing stands here";
    int r;

    r = ald_str_present(json) ? ald_exchange_scan_texts(exchange, json, fields, n_fields, &fault)
                              : ALD_EXCHANGE_MALFORMED;
    if (r == ALD_EXCHANGE_MALFORMED) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_MALFORMED_JSON);
        ald_exchange_malformed(exchange, fault);
        return r;
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_exchange_read_status(struct ald_exchange *exchange, struct ald_slice bytes, struct ald_str json)
{
    struct ald_json_field fields[] = {
        [STATUS_ID] = ALD_JSON_FIELD("commandId"),    [STATUS_STATE] = ALD_JSON_FIELD("state"),
        [STATUS_TOTAL] = ALD_JSON_FIELD("total"),     [STATUS_COMPLETED] = ALD_JSON_FIELD("completed"),
        [STATUS_CHANNEL] = ALD_JSON_FIELD("channel"), [STATUS_TEXT] = ALD_JSON_FIELD("text"),
        [STATUS_DETAILS] = ALD_JSON_FIELD("details"),
    };
    int phase;
    int r;

    r = news_scan(exchange, json, fields, ALD_COUNT(fields));
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    phase = status_phase(exchange, fields[STATUS_STATE].value);
    if (phase < 0 && exchange->is_link) {
        return 0; /* how far it has come at that hub, before it is anybody's: news for its own people */
    }
    if (phase < 0 || !value_is_there(fields[STATUS_ID].value)) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_INVALID_FIELD);
        return 0;
    }
    return status_pass(exchange, bytes, fields, (enum ald_phase)phase);
}

/* The shortest of two forms that reads back as the same number, whatever the locale's decimal point is. */
static void real_write(struct ald_exchange_writing *writing, struct ald_exchange_name name, double real)
{
    char text[40];
    double again = 0;
    struct ald_json_value value = {.type = ALD_JSON_NUMBER};

    for (int digits = 15; digits <= 17; digits += 2) {
        int size = snprintf(text, sizeof(text), "%.*g", digits, isfinite(real) ? real : 0.0);

        for (char *point = text; *point != '\0'; point++) {
            *point = memchr("+-0123456789e", *point, 13) != NULL ? *point : '.';
        }
        value.raw = ald_str_of(text, (size_t)size);
        if (ald_json_double(value, &again) == 0 && again == real) {
            break;
        }
    }
    ald_exchange_put_literal(writing, name, value.raw);
}

int ald_exchange_write_status(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    uint8_t phase = signal->phase == ALD_PHASE_SUBMITTED && msg != NULL ? msg->phase : signal->phase;
    struct ald_exchange_writing writing;
    int r;

    if (signal->request == NULL) {
        ald_exchange_drop(exchange);
        return 0;
    }
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_STATUS, ALD_STR_NONE, signal->ordinal, &writing);
    ald_exchange_put_str(&writing, "commandId", signal->request->wire_id);
    ald_exchange_put_word(&writing, "state", ald_str(ald_phase_name((enum ald_phase)phase)));
    if (msg != NULL && (msg->flags & ALD_MSG_PROGRESS) != 0) {
        real_write(&writing, ALD_EXCHANGE_NAME("total"), msg->total);
        real_write(&writing, ALD_EXCHANGE_NAME("completed"), msg->completed);
    }
    ald_exchange_put_str(&writing, "channel", signal->channel);
    ald_exchange_put_str(&writing, "text", msg != NULL && ald_str_present(msg->text) ? msg->text : signal->text);
    if (msg != NULL) {
        raw_write(&writing, ALD_EXCHANGE_NAME("details"), msg->details);
    }
    r = ald_exchange_write_end(&writing);
    if (r == ALD_EXCHANGE_TOO_LARGE) {
        ald_exchange_drop(exchange);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- t:CANCEL --------------------------------------------------------------------------------------------------- */

int ald_exchange_read_cancel(struct ald_exchange *exchange, struct ald_str json)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_json_field fields[] = {ALD_JSON_FIELD("commandId")};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);
    struct ald_str id;
    int r;

    r = news_scan(exchange, json, fields, ALD_COUNT(fields));
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    id = ald_exchange_text(exchange, fields[0].value);
    if (!ald_str_present(id)) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_INVALID_FIELD);
        return 0;
    }
    r = ald_msg_new(exchange->messages, ALD_CANCEL, &msg);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->wire_id, id);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    if (!ald_exchange_is_hub(exchange)) {
        ald_ignore(ald_id_parse(id, &signal.id)); /* the wire id tells it as well */
    }
    signal.msg = ald_steal(&msg);
    ald_exchange_say(exchange, &signal);
    return 0;
}

int ald_exchange_write_cancel(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    struct ald_exchange_writing writing;
    char room[ALD_ID_TEXT];
    struct ald_str id;
    int r;

    if (!ald_exchange_is_hub(exchange) && signal->request != NULL) {
        id = signal->request->wire_id;
    } else if (!ald_exchange_is_hub(exchange) && signal->msg != NULL) {
        id = signal->msg->wire_id;
    } else {
        ald_id_format(signal->id, room);
        id = ald_str_of(room, sizeof(room));
    }
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_CANCEL, ALD_STR_NONE, signal->ordinal, &writing);
    ald_exchange_put_str(&writing, "commandId", id);
    r = ald_exchange_write_end(&writing);
    if (r == ALD_EXCHANGE_TOO_LARGE) {
        ald_exchange_drop(exchange);
    }
    return r < 0 ? ald_trace(r) : 0;
}
