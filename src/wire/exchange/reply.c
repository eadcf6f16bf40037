/*
 * What a reply says. The original hands every ordinary reply to its caller as a success and leaves the status to be
 * read (exchange.md 3.3); here each becomes an outcome, and the words of the extension, where they stand, go before the
 * guess.
 */

#include "wire/exchange/exchange_impl.h"

#include "base/error.h"

/* The members of a reply; a plain peer's are the first, those of the legacy handshake and of the extension follow. */
enum {
    REPLY_ID,
    REPLY_TYPE,
    REPLY_STATUS,
    REPLY_ERROR,
    REPLY_PAYLOAD,
    REPLY_N_PLAIN,
    REPLY_MESSAGE = REPLY_N_PLAIN,
    REPLY_INSTALLATION,
    REPLY_N_LEGACY,
    REPLY_OUTCOME = REPLY_N_PLAIN,
    REPLY_CAUSE,
    REPLY_STATE,
    REPLY_CODE,
    REPLY_CHANNEL,
    REPLY_DETAILS,
    REPLY_ROSTER,
    REPLY_N_EXTENDED,
};

static const struct ald_str plain_names[] = {
    [REPLY_ID] = {"commandId", 9},        [REPLY_TYPE] = {"type", 4},       [REPLY_STATUS] = {"commandStatus", 13},
    [REPLY_ERROR] = {"errorDetails", 12}, [REPLY_PAYLOAD] = {"payload", 7},
};

static const struct ald_str legacy_names[] = {
    [REPLY_MESSAGE] = {"message", 7},
    [REPLY_INSTALLATION] = {"installationId", 14},
};

static const struct ald_str extended_names[] = {
    [REPLY_OUTCOME] = {"outcome", 7}, [REPLY_CAUSE] = {"cause", 5},     [REPLY_STATE] = {"state", 5},
    [REPLY_CODE] = {"code", 4},       [REPLY_CHANNEL] = {"channel", 7}, [REPLY_DETAILS] = {"details", 7},
    [REPLY_ROSTER] = {"roster", 6},
};

static size_t reply_fields(const struct ald_exchange *exchange, struct ald_json_field *fields)
{
    bool extended = ald_exchange_is_extended(exchange);
    size_t n = ald_exchange_is_v1(exchange) ? extended ? REPLY_N_EXTENDED : REPLY_N_PLAIN : REPLY_N_LEGACY;

    for (size_t i = 0; i < REPLY_N_PLAIN; i++) {
        fields[i].name = plain_names[i];
    }
    for (size_t i = REPLY_N_PLAIN; i < n; i++) {
        fields[i].name = extended ? extended_names[i] : legacy_names[i];
    }
    return n;
}

enum reply_status { STATUS_ABSENT, STATUS_PENDING, STATUS_IN_PROGRESS, STATUS_SUCCEEDED, STATUS_ERROR };

/* exchange.md 2.6: an unknown word is an error, a number is an ordinal. */
static enum reply_status status_find(struct ald_json_value value, struct ald_str text)
{
    static const struct ald_str words[] = {
        [STATUS_PENDING] = {"PENDING", 7},
        [STATUS_IN_PROGRESS] = {"IN_PROGRESS", 11},
        [STATUS_SUCCEEDED] = {"SUCCEEDED", 9},
        [STATUS_ERROR] = {"ERROR", 5},
    };
    uint64_t ordinal;

    if (value.type == ALD_JSON_NUMBER) {
        return ald_json_u64(value, &ordinal) == 0 && ordinal < 3 ? (enum reply_status)(STATUS_PENDING + ordinal)
                                                                 : STATUS_ERROR;
    }
    for (int i = STATUS_PENDING; i <= STATUS_ERROR; i++) {
        if (ald_str_equal(words[i], text)) {
            return (enum reply_status)i;
        }
    }
    return value.type == ALD_JSON_NONE || value.type == ALD_JSON_NULL ? STATUS_ABSENT : STATUS_ERROR;
}

static void reply_set(struct ald_exchange_reply *reply, enum ald_outcome outcome, enum ald_cause cause)
{
    reply->outcome = (uint8_t)outcome;
    reply->cause = (uint8_t)cause;
}

/* The outcome that a plain peer means (DESIGN section 3). */
static void reply_judge(struct ald_exchange_reply *reply, enum reply_status status)
{
    if (reply->kind == ALD_EXCHANGE_TYPE_UNKNOWN) {
        reply_set(reply, ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND);
        return;
    }
    if (reply->kind == ALD_EXCHANGE_TYPE_NO_REPLY || reply->kind == ALD_EXCHANGE_TYPE_IGNORED_REPLY) {
        /* The legacy form has lost its text and may be either; only what surely never ran is refused. */
        if (ald_str_starts(reply->text, ALD_STR("No handler"))) {
            reply_set(reply, ALD_REFUSED, ALD_CAUSE_NO_HANDLER);
        } else {
            reply_set(reply, ALD_FAILED, ALD_CAUSE_AGENT_BROKE);
        }
        return;
    }
    switch (status) {
    case STATUS_PENDING:
        reply->phase = ALD_PHASE_ACCEPTED;
        break;
    case STATUS_IN_PROGRESS:
        reply->phase = ALD_PHASE_RUNNING;
        break;
    case STATUS_SUCCEEDED:
        reply_set(reply, ALD_SUCCEEDED, ALD_CAUSE_NONE);
        break;
    case STATUS_ABSENT:
    case STATUS_ERROR:
        reply_set(reply, ALD_FAILED, ALD_CAUSE_AGENT_FAILED);
        break;
    }
}

/* The outcome in the extension's own words. An agent cannot say `expired` or `lost`: those are the hub's to tell. */
static void reply_judge_extended(struct ald_exchange *exchange, const struct ald_json_field *fields,
                                 struct ald_exchange_reply *reply)
{
    int last = ald_exchange_is_hub(exchange) && !exchange->is_link ? ALD_CANCELLED : ALD_LOST;
    int outcome = ald_outcome_find(ald_exchange_text(exchange, fields[REPLY_OUTCOME].value));
    int cause = ald_cause_find(ald_exchange_text(exchange, fields[REPLY_CAUSE].value));
    int state = ald_phase_find(ald_exchange_text(exchange, fields[REPLY_STATE].value));

    if (outcome >= ALD_SUCCEEDED && outcome <= last) {
        reply_set(reply, (enum ald_outcome)outcome, outcome == ALD_SUCCEEDED ? ALD_CAUSE_NONE : ALD_CAUSE_AGENT_FAILED);
        if (outcome != ALD_SUCCEEDED && cause >= 0) {
            reply->cause = (uint8_t)cause;
        } else if (outcome == ALD_REFUSED) {
            reply->cause = ALD_CAUSE_AGENT_REFUSED;
        } else if (outcome == ALD_CANCELLED) {
            reply->cause = ALD_CAUSE_TAKEN_BACK;
        }
    }
    if (reply->outcome != ALD_OUTCOME_NONE) {
        reply->phase = state >= 0 ? (uint8_t)state : ALD_PHASE_SUBMITTED;
    }
    reply->code = ald_exchange_text(exchange, fields[REPLY_CODE].value);
    reply->channel = ald_exchange_text(exchange, fields[REPLY_CHANNEL].value);
    reply->details = fields[REPLY_DETAILS].value;
    reply->roster = fields[REPLY_ROSTER].value;
}

static void reply_fill(struct ald_exchange *exchange, const struct ald_json_field *fields,
                       struct ald_exchange_reply *reply)
{
    struct ald_str status;

    reply->id = ald_exchange_text(exchange, fields[REPLY_ID].value);
    reply->type = ald_exchange_text(exchange, fields[REPLY_TYPE].value);
    reply->text = ald_exchange_text(exchange, fields[REPLY_ERROR].value);
    reply->payload = fields[REPLY_PAYLOAD].value;
    /* A reply of no type or of none that is known counts as an unknown one only where the type is missing: what
     * types an application has registered is not ours to know (exchange.md 2.10). */
    reply->kind = ald_str_present(reply->type) ? (uint8_t)ald_exchange_type_find(reply->type)
                                               : (uint8_t)ALD_EXCHANGE_TYPE_UNKNOWN;
    if (!ald_exchange_is_v1(exchange)) {
        reply->installation = ald_exchange_text(exchange, fields[REPLY_INSTALLATION].value);
        if (!ald_str_present(reply->text)) {
            reply->text = ald_exchange_text(exchange, fields[REPLY_MESSAGE].value);
        }
    }
    status = ald_exchange_text(exchange, fields[REPLY_STATUS].value);
    reply_judge(reply, status_find(fields[REPLY_STATUS].value, status));
    if (ald_exchange_is_extended(exchange)) {
        reply_judge_extended(exchange, fields, reply);
    }
}

static int reply_copy_strings(struct ald_msg *msg, const struct ald_exchange_reply *reply)
{
    const struct {
        struct ald_str *field;
        struct ald_str value;
    } rows[] = {
        {&msg->wire_id, reply->id},
        {&msg->name, reply->type},
        {&msg->text, reply->text},
        {&msg->code, reply->code},
        {&msg->from.channel, reply->channel},
    };
    int r = 0;

    for (size_t i = 0; i < ALD_COUNT(rows) && r == 0; i++) {
        if (ald_str_present(rows[i].value)) { /* in a new message all are absent */
            r = ald_msg_set(msg, rows[i].field, rows[i].value);
        }
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int reply_build(struct ald_exchange *exchange, struct ald_slice bytes, const struct ald_exchange_reply *reply,
                       struct ald_msg *msg)
{
    int r;

    msg->outcome = reply->outcome;
    msg->cause = reply->cause;
    msg->phase = reply->phase;
    r = reply_copy_strings(msg, reply);
    if (r == 0) {
        r = ald_exchange_share(exchange, bytes, reply->payload, &msg->payload);
    }
    if (r == 0) {
        r = ald_exchange_share(exchange, bytes, reply->details, &msg->details);
    }
    if (r == 0) {
        r = ald_exchange_share(exchange, bytes, reply->roster, &msg->roster);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* A reply that belongs to a command of the application. */
static int reply_pass(struct ald_exchange *exchange, struct ald_slice bytes, const struct ald_exchange_reply *reply,
                      struct ald_id id)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    bool status = reply->outcome == ALD_OUTCOME_NONE;
    struct ald_signal signal = ald_signal_of(status ? ALD_SIGNAL_STATUS : ALD_SIGNAL_REPLY);
    int r;

    r = ald_msg_new(exchange->messages, status ? ALD_STATUS : ALD_REPLY, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    r = reply_build(exchange, bytes, reply, msg);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(msg);
    signal.id = id;
    signal.outcome = msg->outcome;
    signal.cause = msg->cause;
    signal.phase = msg->phase;
    signal.text = msg->text;
    signal.channel = msg->from.channel;
    signal.msg = ald_steal(&msg);
    ald_exchange_say(exchange, &signal);
    return 0;
}

/* Find whose reply it is: that to our hello, to a question of the hub, or to a command. */
static int reply_dispatch(struct ald_exchange *exchange, ald_usec now, struct ald_slice bytes,
                          const struct ald_exchange_reply *reply)
{
    struct ald_exchange_question question;
    struct ald_id id = {0};

    if (ald_exchange_is_hello_reply(exchange, reply->id)) {
        return ald_exchange_read_hello_reply(exchange, now, reply);
    }
    if (ald_exchange_is_hub(exchange) && exchange->state != ALD_EXCHANGE_READY) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_STRAY_REPLY); /* nothing was ever asked here */
        return 0;
    }
    if (ald_id_parse(reply->id, &id) != 0 && ald_exchange_is_hub(exchange)) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_STRAY_REPLY);
    }
    if (ald_exchange_question_take(exchange, id, &question)) {
        return ald_exchange_read_answer(exchange, &question, reply);
    }
    return reply_pass(exchange, bytes, reply, id);
}

/* A reply that is no JSON still tells whose handler broke, if it tells the id; its caller need not wait for the
 * deadline. */
static int reply_malformed(struct ald_exchange *exchange, ald_usec now, struct ald_str json, const char *fault)
{
    struct ald_exchange_reply reply = {.kind = ALD_EXCHANGE_TYPE_NO_REPLY,
                                       .outcome = ALD_FAILED,
                                       .cause = ALD_CAUSE_AGENT_BROKE,
                                       .text = ALD_STR("the reply is malformed JSON")};

    ald_exchange_count(exchange, ALD_EXCHANGE_N_MALFORMED_JSON);
    reply.id = ald_exchange_recover(json, ALD_STR("commandId"));
    if (!ald_str_present(reply.id)) {
        ald_exchange_malformed(exchange, fault);
        return 0;
    }
    return reply_dispatch(exchange, now, ALD_SLICE_NONE, &reply);
}

int ald_exchange_read_reply(struct ald_exchange *exchange, ald_usec now, struct ald_slice bytes, struct ald_str json)
{
    struct ald_json_field fields[REPLY_N_EXTENDED]; /* the names; the scanner sets all values */
    struct ald_exchange_reply reply = {0};
    size_t n_fields = reply_fields(exchange, fields);
    const char *fault;
    bool exists = ald_str_present(json) && !ald_str_starts(json, ALD_STR("null"));
    int r;

    if (exists) {
        r = ald_exchange_scan_texts(exchange, json, fields, n_fields, &fault);
        if (r == ALD_EXCHANGE_MALFORMED) {
            return reply_malformed(exchange, now, json, fault);
        }
        if (r < 0) {
            return ald_trace(r);
        }
        reply_fill(exchange, fields, &reply);
    }
    if (!ald_str_present(reply.id)) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_NO_EXCHANGE);
        ald_exchange_close(exchange, 1011, "Unexpected error while handling incoming websocket exchange");
        return 0;
    }
    return reply_dispatch(exchange, now, bytes, &reply);
}
