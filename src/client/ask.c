#include "client/ask.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "base/rng.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

static int ask_payload(struct ald_str wire_id, struct ald_slice *ret_payload)
{
    struct ald_json_writer json;
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, 8 * ALD_NAME_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "id", wire_id);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        r = ald_slice_copy(ald_buf_str(&buf), ret_payload);
    }
    ald_buf_fini(&buf);
    return r == 0 ? 0 : ald_trace(r < 0 ? r : ALDIS_E_NOMEM);
}

static int ask_build(struct ald_msg_pool *messages, struct ald_rng *rng, struct ald_str name, struct ald_str wire_id,
                     ald_usec ttl, struct ald_msg **ret_ask)
{
    static const struct ald_address hub = {.target = {"", 0}};
    ALD_AUTO(ald_msg_unref) struct ald_msg *ask = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    char id[ALD_ID_TEXT];
    int r;

    ald_id_format(ald_id_make(ald_rng_next(rng), ald_rng_next(rng) >> 2), id);
    r = ald_msg_new(messages, ALD_COMMAND, &ask);
    if (r == 0) {
        r = ald_msg_set(ask, &ask->wire_id, ald_str_of(id, sizeof(id)));
    }
    if (r == 0) {
        r = ald_msg_set(ask, &ask->name, name);
    }
    if (r == 0) {
        r = ald_msg_set_address(ask, &ask->to, &hub);
    }
    if (r == 0) {
        r = ask_payload(wire_id, &payload);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(ask, &ask->payload, payload);
    ald_slice_clear(&payload);
    ask->ttl = ttl;
    ald_msg_seal(ask);
    *ret_ask = ald_steal(&ask);
    return 0;
}

int ald_ask_new(struct ald_msg_pool *messages, struct ald_rng *rng, struct ald_str wire_id, ald_usec ttl,
                struct ald_msg **ret_ask)
{
    return ask_build(messages, rng, ALD_STR("aldis:Outcome"), wire_id, ttl, ret_ask);
}

int ald_ask_cancel_new(struct ald_msg_pool *messages, struct ald_rng *rng, struct ald_str wire_id, ald_usec ttl,
                       struct ald_msg **ret_ask)
{
    return ask_build(messages, rng, ALD_STR("aldis:Cancel"), wire_id, ttl, ret_ask);
}

/* The word of a string member, absent when it is anything else. Words of ours have no escapes. */
static struct ald_str ask_word(struct ald_json_value value)
{
    return value.type == ALD_JSON_STRING && ald_json_is_plain(value) ? ald_json_inner(value) : ALD_STR_NONE;
}

static bool ask_is_true(struct ald_json_value value)
{
    return ald_json_is_true(value) || ald_str_equal(ask_word(value), ALD_STR("true"));
}

/* Where parameters are text, an object or array in one came as its JSON (DESIGN section 3). Gives it through `ret_part`, or
 * nothing when the text is any other. Errors: ALDIS_E_NOMEM. */
static int ask_unwrap(struct ald_json_value value, struct ald_slice *ret_part)
{
    struct ald_json_scan scan;
    struct ald_buf scratch;
    struct ald_str text;
    int r;

    ald_buf_init(&scratch, value.raw.size);
    r = ald_json_text(value, &scratch, &text);
    if (r == 0 && ald_json_check(text, ALD_JSON_STRICT, &scan) == 0 &&
        (scan.value.type == ALD_JSON_OBJECT || scan.value.type == ALD_JSON_ARRAY)) {
        r = ald_slice_copy(text, ret_part);
    }
    ald_buf_fini(&scratch);
    return r < 0 ? ald_trace(r) : 0;
}

/* Share the part of the answer's payload that `value` is. Errors: ALDIS_E_NOMEM. */
static int ask_share(const struct ald_msg *answer, struct ald_json_value value, struct ald_msg *reply,
                     struct ald_slice *field)
{
    struct ald_slice part = ALD_SLICE_NONE;
    int r = 0;

    if (value.type == ALD_JSON_NONE) {
        return 0;
    }
    if (answer->native_of != NULL && value.type == ALD_JSON_STRING) {
        r = ask_unwrap(value, &part);
    }
    if (part.data == NULL) {
        part = ald_slice_part(answer->payload, (size_t)(value.raw.data - (const char *)answer->payload.data),
                              value.raw.size);
    }
    ald_msg_set_slice(reply, field, part);
    ald_slice_clear(&part);
    return r;
}

static int ask_text(struct ald_json_value value, struct ald_msg *reply, struct ald_str *field)
{
    struct ald_buf scratch;
    struct ald_str text;
    int r;

    if (value.type != ALD_JSON_STRING) {
        return 0;
    }
    ald_buf_init(&scratch, value.raw.size);
    r = ald_json_text(value, &scratch, &text);
    if (r == 0) {
        r = ald_msg_set(reply, field, text);
    }
    ald_buf_fini(&scratch);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_ask_unpack(struct ald_msg_pool *messages, const struct ald_msg *answer, enum ald_phase phase,
                   struct ald_msg **ret_reply, struct ald_call_report *ret_report)
{
    enum { OUTCOME, STATE, CAUSE, CODE, TEXT, PAYLOAD, DETAILS, ROSTER, TRUNCATED };
    struct ald_json_field fields[] = {ALD_JSON_FIELD("outcome"), ALD_JSON_FIELD("state"),  ALD_JSON_FIELD("cause"),
                                      ALD_JSON_FIELD("code"),    ALD_JSON_FIELD("text"),   ALD_JSON_FIELD("payload"),
                                      ALD_JSON_FIELD("details"), ALD_JSON_FIELD("roster"), ALD_JSON_FIELD("truncated")};
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_json_scan scan;
    int outcome;
    int r;

    if (ald_json_scan(ald_slice_str(answer->payload), ALD_JSON_TAIL_OK, fields, ALD_COUNT(fields), &scan) != 0) {
        return ALD_ASK_MALFORMED;
    }
    outcome = ald_outcome_find(ask_word(fields[OUTCOME].value));
    if (outcome <= ALD_OUTCOME_NONE) {
        return ALD_ASK_MALFORMED;
    }
    r = ald_msg_new(messages, ALD_REPLY, &reply);
    if (r == 0) {
        r = ask_text(fields[CODE].value, reply, &reply->code);
    }
    if (r == 0) {
        r = ask_text(fields[TEXT].value, reply, &reply->text);
    }
    r = r == 0 ? ask_share(answer, fields[PAYLOAD].value, reply, &reply->payload) : r;
    r = r == 0 ? ask_share(answer, fields[DETAILS].value, reply, &reply->details) : r;
    r = r == 0 ? ask_share(answer, fields[ROSTER].value, reply, &reply->roster) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(reply);
    *ret_report = (struct ald_call_report){
        .outcome = (enum ald_outcome)outcome,
        .phase = (enum ald_phase)ALD_MAX(ald_phase_find(ask_word(fields[STATE].value)), (int)phase),
        .cause = (enum ald_cause)ALD_MAX(ald_cause_find(ask_word(fields[CAUSE].value)), (int)ALD_CAUSE_NONE),
        .msg = reply,
        .text = ask_is_true(fields[TRUNCATED].value) ? ALD_STR("the reply is too large to be told again") : reply->text,
    };
    *ret_reply = ald_steal(&reply);
    return 0;
}
