/*
 * The handshake and the goodbye, both ends (exchange.md 4). A hello moves NEW to ASKED, its answer ASKED to READY; a
 * hub that refuses closes after its reply, because the original leaves such a connection open for nobody's use.
 */

#include "wire/exchange/exchange_impl.h"

#include "base/error.h"

/* What a peer of each variant can express. Legacy's health and primary wait 0 ms for an answer: the one is assumed
 * to be good, the other cannot be confirmed (exchange.md 2.9). */
static uint32_t hello_traits(const struct ald_exchange *exchange)
{
    uint32_t traits = ALD_CAN_PRIMARY;

    if (ald_exchange_is_v1(exchange)) {
        traits |= ALD_CAN_HEALTH | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_LEAVE;
    }
    if (ald_exchange_is_extended(exchange)) {
        traits |= ALD_CAN_CANCEL | ALD_CAN_STATUS | ALD_CAN_OUTCOME;
    }
    return traits;
}

/* A fresh UUID in work.text: what the stock connector would have proposed (exchange.md 4.1). */
static int name_make(struct ald_exchange *exchange, struct ald_str *ret_name)
{
    char text[ALD_ID_TEXT];
    int r;

    ald_id_format(ald_exchange_id(exchange), text);
    r = ald_exchange_keep(exchange, ald_str_of(text, sizeof(text)), ret_name);
    return r < 0 ? ald_trace(r) : 0;
}

/* The member that names the target, in work.text. Absent: there is none, or it is no text, which `*ret_bad` tells
 * apart. */
static int target_read(struct ald_exchange *exchange, enum ald_exchange_type type, struct ald_json_value payload,
                       struct ald_str *ret_target, bool *ret_bad)
{
    struct ald_json_field field = {.value = ald_exchange_hello_target(type, payload)};
    int r = ald_exchange_reserve(exchange, &field, 1);

    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_exchange_keep(exchange, ald_exchange_text(exchange, field.value), ret_target);
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_bad = field.value.type == ALD_JSON_ARRAY || field.value.type == ALD_JSON_OBJECT;
    return 0;
}

/* Keep the target that was given. */
static int target_keep(struct ald_exchange *exchange, struct ald_str target)
{
    ald_slice_clear(&exchange->target);
    return ald_slice_copy(target, &exchange->target);
}

/* --- role hub --------------------------------------------------------------------------------------------------- */

static int hello_answer(struct ald_exchange *exchange, struct ald_str id, uint64_t ordinal, struct ald_str channel)
{
    struct ald_str type = ald_exchange_hello_type(exchange, true);
    struct ald_exchange_writing writing;

    ald_exchange_write_begin(exchange, ALD_EXCHANGE_REPLY, type, ordinal, &writing);
    ald_exchange_put_str(&writing, "commandId", id);
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_put_word(&writing, "commandStatus", ALD_STR("SUCCEEDED"));
    ald_exchange_write_hello_payload(&writing, ald_exchange_type_find(type), ald_slice_str(exchange->target));
    if (ald_exchange_is_extended(exchange)) {
        ald_exchange_put_str(&writing, "channel", channel);
    }
    ald_exchange_link_answer(exchange, &writing);
    ald_exchange_put_object_end(&writing);
    return ald_exchange_write_end(&writing);
}

static int hello_refuse(struct ald_exchange *exchange, struct ald_str text, uint64_t ordinal)
{
    struct ald_str type = ald_exchange_hello_type(exchange, true);
    struct ald_exchange_writing writing;
    int r;

    ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_REFUSED);
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_REPLY, type, ordinal, &writing);
    ald_exchange_put_str(&writing, "commandId", ald_slice_str(exchange->hello_id));
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_put_word(&writing, "commandStatus", ALD_STR("ERROR"));
    ald_exchange_put_str(&writing, "errorDetails", text);
    if (!ald_exchange_is_v1(exchange)) {
        ald_exchange_put_str(&writing, "message", text);
    }
    r = ald_exchange_write_end(&writing);
    ald_exchange_close(exchange, 1008, "Hello refused");
    return r < 0 ? ald_trace(r) : 0;
}

/* Another hello on the same connection (exchange.md 4.2, 6: the original starts everything twice). The decision
 * stands. */
static int hello_again(struct ald_exchange *exchange, struct ald_str id)
{
    int r;

    ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_AGAIN);
    if (exchange->state == ALD_EXCHANGE_READY) {
        r = hello_answer(exchange, id, 0, ALD_STR_NONE);
    } else {
        r = ald_exchange_refuse(exchange, id, ald_exchange_hello_type(exchange, true), ALD_CAUSE_BUSY, ALD_STR_NONE);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_exchange_read_hello(struct ald_exchange *exchange, enum ald_exchange_type type, struct ald_str id,
                            struct ald_json_value payload)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    bool bad = false;
    int r;

    if (exchange->state != ALD_EXCHANGE_NEW) {
        return hello_again(exchange, id);
    }
    exchange->hello_is_plain = type == ALD_EXCHANGE_TYPE_HELLO;
    r = ald_slice_copy(id, &exchange->hello_id); /* before anything more is decoded */
    if (r == 0) {
        r = target_read(exchange, type, payload, &signal.target, &bad);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    if (bad) {
        return hello_refuse(exchange, ALD_STR("the proposed target is no text"), 0);
    }
    if (!ald_str_present(signal.target) && !ald_exchange_is_extended(exchange)) {
        r = name_make(exchange, &signal.target);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    signal.taken = ALD_TAKEN_SHARE;
    signal.traits = hello_traits(exchange);
    r = ald_exchange_link_welcome(exchange, payload, &signal);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r == ALD_EXCHANGE_MALFORMED) {
        return hello_refuse(exchange, ALD_STR("the target of a hub is hub: and its id"), 0);
    }
    ald_exchange_move(exchange, ALD_EXCHANGE_ASKED);
    ald_exchange_say(exchange, &signal);
    return 0;
}

int ald_exchange_write_verdict(struct ald_exchange *exchange, ald_usec now, const struct ald_signal *signal)
{
    int r;

    if ((exchange->variant & ALD_EXCHANGE_HUB) != 0) {
        ald_exchange_link_judged(exchange, signal);
        return 0;
    }
    if (exchange->state != ALD_EXCHANGE_ASKED) {
        ald_exchange_drop(exchange);
        return 0;
    }
    if (signal->kind == ALD_SIGNAL_DENIED) {
        return hello_refuse(exchange, signal->text, signal->ordinal);
    }
    r = target_keep(exchange, signal->target);
    if (r == 0) {
        r = hello_answer(exchange, ald_slice_str(exchange->hello_id), signal->ordinal, signal->channel);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_slice_clear(&exchange->hello_id);
    ald_exchange_ready(exchange, now);
    return 0;
}

/* --- role party ------------------------------------------------------------------------------------------------- */

int ald_exchange_write_hello(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    struct ald_str type = ald_exchange_hello_type(exchange, false);
    char made[ALD_ID_TEXT], id[ALD_ID_TEXT];
    struct ald_str target = signal->target;
    struct ald_exchange_writing writing;
    int r;

    if (exchange->state != ALD_EXCHANGE_NEW) {
        ald_exchange_drop(exchange);
        return 0;
    }
    ald_id_format(ald_exchange_id(exchange), id);
    if (!ald_str_present(target) && !ald_exchange_is_extended(exchange)) {
        ald_id_format(ald_exchange_id(exchange), made);
        target = ald_str_of(made, sizeof(made));
    }
    r = ald_slice_copy(ald_str_of(id, sizeof(id)), &exchange->hello_id);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_COMMAND, type, signal->ordinal, &writing);
    ald_exchange_put_word(&writing, "id", ald_str_of(id, sizeof(id)));
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_write_hello_payload(&writing, ald_exchange_type_find(type), target);
    ald_exchange_put_object_end(&writing);
    r = ald_exchange_write_end(&writing);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_move(exchange, ALD_EXCHANGE_ASKED);
    return 0;
}

bool ald_exchange_is_hello_reply(const struct ald_exchange *exchange, struct ald_str id)
{
    bool asked = !ald_exchange_is_hub(exchange) || (exchange->variant & ALD_EXCHANGE_HUB) != 0;

    return asked && exchange->state == ALD_EXCHANGE_ASKED && ald_str_equal(id, ald_slice_str(exchange->hello_id));
}

static int hello_registered(struct ald_exchange *exchange, ald_usec now, const struct ald_exchange_reply *reply)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_json_field channel = ALD_JSON_FIELD("channel");
    const char *fault;
    bool bad;
    int r;

    r = target_read(exchange, (enum ald_exchange_type)reply->kind, reply->payload, &signal.target, &bad);
    if (r == 0) {
        r = target_keep(exchange, signal.target);
    }
    if (r == 0 && ald_exchange_is_extended(exchange) && reply->payload.type == ALD_JSON_OBJECT &&
        ald_exchange_scan(reply->payload.raw, &channel, 1, &fault) == 0) {
        r = ald_exchange_reserve(exchange, &channel, 1);
        r = r < 0 ? r : ald_exchange_keep(exchange, ald_exchange_text(exchange, channel.value), &signal.channel);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    signal.target = ald_slice_str(exchange->target);
    ald_exchange_ready(exchange, now);
    ald_exchange_say(exchange, &signal);
    return 0;
}

int ald_exchange_read_hello_reply(struct ald_exchange *exchange, ald_usec now, const struct ald_exchange_reply *reply)
{
    struct ald_signal signal;
    bool own_type = reply->kind == ALD_EXCHANGE_TYPE_HELLO || reply->kind == ALD_EXCHANGE_TYPE_HELLO_REPLY;
    int r;

    if (ald_exchange_is_hub(exchange)) {
        return ald_exchange_link_greeted(exchange, now, reply);
    }
    if (reply->outcome == ALD_OUTCOME_NONE) {
        return 0; /* still thinking: the hello's deadline decides */
    }
    ald_slice_clear(&exchange->hello_id);
    if (!own_type) { /* exchange.md 4.3: no verdict, so trying again makes sense */
        ald_exchange_close(exchange, 1011, "Hello handshake failed");
        return 0;
    }
    if (reply->outcome == ALD_SUCCEEDED) {
        return hello_registered(exchange, now, reply);
    }
    ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_REFUSED);
    ald_exchange_move(exchange, ALD_EXCHANGE_NEW);
    signal = ald_signal_of(ALD_SIGNAL_DENIED);
    r = ald_exchange_keep(exchange, reply->text, &signal.text);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_say(exchange, &signal);
    return 0;
}

/* --- goodbye ---------------------------------------------------------------------------------------------------- */

static int goodbye_answer(struct ald_exchange *exchange, struct ald_str id)
{
    struct ald_str type = ald_exchange_goodbye_type(exchange, true);
    struct ald_str target = ald_slice_str(exchange->target);
    struct ald_exchange_writing writing;

    ald_exchange_write_begin(exchange, ALD_EXCHANGE_REPLY, type, 0, &writing);
    ald_exchange_put_str(&writing, "commandId", id);
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_put_word(&writing, "commandStatus", ALD_STR("SUCCEEDED"));
    if (ald_exchange_is_v1(exchange)) {
        ald_exchange_put_object(&writing, "payload");
        ald_exchange_put_str(&writing, "targetId", target);
        ald_exchange_put_object_end(&writing);
    } else {
        ald_exchange_put_str(&writing, "installationId", target);
    }
    return ald_exchange_write_end(&writing);
}

/* Whether the sender of the goodbye expects to be met again. */
static bool goodbye_reconnects(const struct ald_exchange *exchange, struct ald_json_value payload)
{
    struct ald_json_field reconnect = ALD_JSON_FIELD("reconnect");
    const char *fault;

    if (payload.type == ALD_JSON_OBJECT && ald_exchange_scan(payload.raw, &reconnect, 1, &fault) == 0) {
        return ald_json_is_true(reconnect.value);
    }
    /* Without any payload the original's handler breaks, and its connector comes back (exchange.md 3.4, 4.5); legacy's
     * goodbye never has one, and is for good (2.9). */
    return payload.type == ALD_JSON_NONE && ald_exchange_is_v1(exchange);
}

/* A hub says at once that it heard: it lets the party finish, and ends the connection itself. A party is asked, and answers
 * when it is ready to go. */
int ald_exchange_read_goodbye(struct ald_exchange *exchange, struct ald_str id, struct ald_json_value payload)
{
    struct ald_exchange_question question = {.kind = ALD_SIGNAL_LEAVE, .theirs = true};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);
    int r;

    question.reconnect = goodbye_reconnects(exchange, payload);
    ald_ignore(ald_id_parse(id, &question.id)); /* all zero: the latest one is answered */
    if (ald_exchange_is_hub(exchange)) {
        r = goodbye_answer(exchange, id);
    } else {
        r = ald_slice_copy(id, &question.wire_id);
        r = r == 0 ? ald_exchange_question_add(exchange, &question) : r;
        ald_slice_clear(&question.wire_id);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    signal.id = question.id;
    signal.reconnect = question.reconnect;
    signal.target = ald_slice_str(exchange->target);
    ald_exchange_say(exchange, &signal);
    return 0;
}

/* Role party: nothing runs any more that the hub waits for. The original closes without a reply and in the midst of its
 * handlers, and so loses what they were still to say (exchange.md 4.4). */
static int goodbye_leave(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    struct ald_exchange_question question;
    int r;

    if (!ald_exchange_question_take_theirs(exchange, ALD_SIGNAL_LEAVE, signal->id, &question)) {
        ald_exchange_drop(exchange);
        return 0;
    }
    r = goodbye_answer(exchange, ald_slice_str(question.wire_id));
    ald_slice_clear(&question.wire_id);
    if (r < 0) {
        return ald_trace(r);
    }
    if (question.reconnect) {
        ald_exchange_close(exchange, 1013, "GoodBye Command with reconnection requested.");
    } else {
        ald_exchange_close(exchange, 1000, "GoodBye Command without reconnection.");
    }
    return 0;
}

static int goodbye_write(struct ald_exchange *exchange, const struct ald_signal *signal, struct ald_id id)
{
    struct ald_str target = ald_str_present(signal->target) ? signal->target : ald_slice_str(exchange->target);
    struct ald_str type = ald_exchange_goodbye_type(exchange, false);
    struct ald_exchange_writing writing;
    char text[ALD_ID_TEXT];

    ald_id_format(id, text);
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_COMMAND, type, signal->ordinal, &writing);
    ald_exchange_put_word(&writing, "id", ald_str_of(text, sizeof(text)));
    ald_exchange_put_str(&writing, "type", type);
    if (ald_exchange_is_v1(exchange)) {
        ald_exchange_put_object(&writing, "payload");
        ald_exchange_put_str(&writing, "targetId", target);
        ald_exchange_put_bool(&writing, "reconnect", signal->reconnect);
        ald_exchange_put_object_end(&writing);
    }
    return ald_exchange_write_end(&writing);
}

int ald_exchange_write_goodbye(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    bool given = !ald_id_equal(signal->id, (struct ald_id){0});
    struct ald_exchange_question question = {.kind = ALD_SIGNAL_LEAVE};
    int r;

    if (signal->ok && !ald_exchange_is_hub(exchange)) {
        r = goodbye_leave(exchange, signal);
        return r < 0 ? ald_trace(r) : 0;
    }
    /* exchange.md 2.9: legacy has no word for it; the close itself asks for the reconnection. */
    if (!ald_exchange_is_v1(exchange) && signal->reconnect) {
        ald_exchange_close(exchange, ald_exchange_is_hub(exchange) ? 1011 : 1000, "");
        return 0;
    }
    question.id = given ? signal->id : ald_exchange_id(exchange);
    r = ald_exchange_question_add(exchange, &question);
    if (r == 0) {
        r = goodbye_write(exchange, signal, question.id);
    }
    return r < 0 ? ald_trace(r) : 0;
}
