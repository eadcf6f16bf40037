/*
 * Health, primary and goodbye are asked in a command and answered in its reply, and what is between them is remembered
 * here: a hub must know that a reply is no agent's, a party under which id the hub asked.
 *
 * The table exists while something is being asked. It is small and searched from its end, because the latest question
 * is the one that is answered.
 */

#include "wire/exchange/exchange_impl.h"

#include <stdlib.h>

#include "base/error.h"

static void questions_remove(struct ald_exchange_questions *questions, size_t i)
{
    ald_slice_clear(&questions->items[i].wire_id);
    questions->n--;
    memmove(&questions->items[i], &questions->items[i + 1], (questions->n - i) * sizeof(questions->items[0]));
}

int ald_exchange_question_add(struct ald_exchange *exchange, const struct ald_exchange_question *question)
{
    struct ald_exchange_questions *questions = exchange->questions;
    struct ald_exchange_question *added;

    if (questions == NULL) {
        questions = calloc(1, sizeof(*questions));
        if (questions == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        exchange->questions = questions;
    }
    if (questions->n == ALD_EXCHANGE_QUESTIONS_MAX) {
        questions_remove(questions, 0);
    }
    added = &questions->items[questions->n++];
    *added = *question;
    added->wire_id = ald_slice_ref(question->wire_id);
    return 0;
}

void ald_exchange_questions_free(struct ald_exchange *exchange)
{
    while (exchange->questions != NULL && exchange->questions->n > 0) {
        questions_remove(exchange->questions, 0);
    }
    free(exchange->questions);
    exchange->questions = NULL;
}

static void questions_take(struct ald_exchange *exchange, size_t i, struct ald_exchange_question *ret_question)
{
    struct ald_exchange_questions *questions = exchange->questions;

    *ret_question = questions->items[i];
    ret_question->wire_id = ald_slice_ref(questions->items[i].wire_id);
    questions_remove(questions, i);
    if (questions->n == 0) {
        ald_exchange_questions_free(exchange);
    }
}

bool ald_exchange_question_take(struct ald_exchange *exchange, struct ald_id id,
                                struct ald_exchange_question *ret_question)
{
    struct ald_exchange_questions *questions = exchange->questions;

    for (size_t i = questions != NULL ? questions->n : 0; i > 0; i--) {
        if (!questions->items[i - 1].theirs && ald_id_equal(questions->items[i - 1].id, id)) {
            questions_take(exchange, i - 1, ret_question);
            return true;
        }
    }
    return false;
}

bool ald_exchange_question_take_theirs(struct ald_exchange *exchange, uint8_t kind, struct ald_id id,
                                       struct ald_exchange_question *ret_question)
{
    struct ald_exchange_questions *questions = exchange->questions;
    bool any = ald_id_equal(id, (struct ald_id){0});

    for (size_t i = questions != NULL ? questions->n : 0; i > 0; i--) {
        const struct ald_exchange_question *question = &questions->items[i - 1];

        if (question->theirs && question->kind == kind && (any || ald_id_equal(question->id, id))) {
            questions_take(exchange, i - 1, ret_question);
            return true;
        }
    }
    return false;
}

/* --- role party: what the hub asks ------------------------------------------------------------------------------ */

/* What PRIMARY says: `primary`, and the term of docs/wire-extension.md, which older peers neither send nor mind. */
static int primary_read(struct ald_json_value payload, struct ald_exchange_question *question)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("primary"), ALD_JSON_FIELD("term")};
    const char *fault;

    if (payload.type != ALD_JSON_OBJECT || ald_exchange_scan(payload.raw, fields, ALD_COUNT(fields), &fault) != 0) {
        return ALD_EXCHANGE_MALFORMED;
    }
    question->primary = ald_json_is_true(fields[0].value); /* exchange.md 2.6: missing is false */
    if (ald_json_u64(fields[1].value, &question->term) != 0) {
        question->term = 0;
    }
    return 0;
}

int ald_exchange_read_question(struct ald_exchange *exchange, enum ald_exchange_type type, struct ald_str id,
                               struct ald_json_value payload)
{
    struct ald_exchange_question question = {.kind = ALD_SIGNAL_HEALTH, .theirs = true};
    struct ald_signal signal;
    int r;

    if (type == ALD_EXCHANGE_TYPE_PRIMARY) {
        question.kind = ALD_SIGNAL_PRIMARY;
        if (primary_read(payload, &question) == ALD_EXCHANGE_MALFORMED) {
            ald_exchange_count(exchange, ALD_EXCHANGE_N_INVALID_FIELD);
            return ald_exchange_refuse(exchange, id, ald_exchange_type_str(type), ALD_CAUSE_INVALID,
                                       ALD_STR("a payload is needed"));
        }
    }
    if (ald_id_parse(id, &question.id) != 0) {
        question.id = ald_exchange_id(exchange);
    }
    r = ald_slice_copy(id, &question.wire_id);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_exchange_question_add(exchange, &question);
    ald_slice_clear(&question.wire_id);
    if (r < 0) {
        return ald_trace(r);
    }
    signal = ald_signal_of((enum ald_signal_kind)question.kind);
    signal.id = question.id;
    signal.primary = question.primary;
    signal.term = question.term;
    ald_exchange_say(exchange, &signal);
    return 0;
}

static void health_write_payload(struct ald_exchange_writing *writing, const struct ald_signal *signal)
{
    ald_exchange_put_object(writing, "payload");
    ald_exchange_put_bool(writing, "healthy", signal->healthy);
    ald_exchange_put_str(writing, "detail", signal->text);
    ald_exchange_put_object_end(writing);
}

static int answer_write(struct ald_exchange *exchange, const struct ald_signal *signal,
                        const struct ald_exchange_question *question)
{
    bool health = question->kind == ALD_SIGNAL_HEALTH;
    struct ald_str type = ald_exchange_type_str(health ? ALD_EXCHANGE_TYPE_HEALTH_CHECK : ALD_EXCHANGE_TYPE_PRIMARY);
    struct ald_exchange_writing writing;

    ald_exchange_write_begin(exchange, ALD_EXCHANGE_REPLY, type, signal->ordinal, &writing);
    ald_exchange_put_str(&writing, "commandId", ald_slice_str(question->wire_id));
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_put_word(&writing, "commandStatus", signal->ok ? ALD_STR("SUCCEEDED") : ALD_STR("ERROR"));
    if (!signal->ok) {
        ald_exchange_put_str(&writing, "errorDetails", signal->text);
    } else if (health) {
        health_write_payload(&writing, signal);
    } else {
        ald_exchange_put_raw(&writing, "payload", ALD_STR("{}"));
    }
    return ald_exchange_write_end(&writing);
}

/* --- role hub: what we ask -------------------------------------------------------------------------------------- */

/* exchange.md 3.3: the health check looks at the payload only, and a reply without one is a failure. */
static int health_read(struct ald_exchange *exchange, const struct ald_exchange_reply *reply, struct ald_signal *signal)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("healthy"), ALD_JSON_FIELD("detail")};
    const char *fault;
    int r;

    if (reply->kind == ALD_EXCHANGE_TYPE_NO_REPLY || reply->kind == ALD_EXCHANGE_TYPE_IGNORED_REPLY ||
        reply->kind == ALD_EXCHANGE_TYPE_UNKNOWN || reply->payload.type != ALD_JSON_OBJECT ||
        ald_exchange_scan(reply->payload.raw, fields, ALD_COUNT(fields), &fault) != 0) {
        return 0;
    }
    r = ald_exchange_reserve(exchange, fields, ALD_COUNT(fields));
    if (r < 0) {
        return ald_trace(r);
    }
    signal->ok = true;
    signal->healthy = ald_json_is_true(fields[0].value);
    signal->text = ald_exchange_text(exchange, fields[1].value);
    return 0;
}

int ald_exchange_read_answer(struct ald_exchange *exchange, const struct ald_exchange_question *question,
                             const struct ald_exchange_reply *reply)
{
    struct ald_signal signal = ald_signal_of((enum ald_signal_kind)question->kind);
    int r = 0;

    signal.id = question->id;
    signal.text = reply->text;
    switch (question->kind) {
    case ALD_SIGNAL_HEALTH:
        r = health_read(exchange, reply, &signal);
        break;
    case ALD_SIGNAL_PRIMARY:
        signal.ok = reply->outcome == ALD_SUCCEEDED;
        signal.primary = question->primary;
        signal.term = question->term;
        break;
    default: /* the goodbye has been heard */
        signal.ok = true;
        break;
    }
    if (r == 0) {
        r = ald_exchange_keep(exchange, signal.text, &signal.text);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_say(exchange, &signal);
    return 0;
}

static int question_write(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    bool health = signal->kind == ALD_SIGNAL_HEALTH;
    struct ald_str type = ald_exchange_type_str(health ? ALD_EXCHANGE_TYPE_HEALTH_CHECK : ALD_EXCHANGE_TYPE_PRIMARY);
    struct ald_exchange_writing writing;
    char id[ALD_ID_TEXT];

    ald_id_format(signal->id, id);
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_COMMAND, type, signal->ordinal, &writing);
    ald_exchange_put_word(&writing, "id", ald_str_of(id, sizeof(id)));
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_put_object(&writing, "payload");
    if (!health) {
        ald_exchange_put_bool(&writing, "primary", signal->primary);
    }
    if (!health && signal->term > 0) {
        ald_exchange_put_u64(&writing, "term", signal->term);
    }
    ald_exchange_put_object_end(&writing);
    return ald_exchange_write_end(&writing);
}

static int question_ask(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    const struct ald_exchange_question question = {
        .id = signal->id, .kind = signal->kind, .term = signal->term, .primary = signal->primary};
    int r;

    /* exchange.md 2.9: there is no "primary: false", and the term has no place. */
    if (!ald_exchange_is_v1(exchange) && signal->kind == ALD_SIGNAL_PRIMARY) {
        r = ald_exchange_write_bare(exchange, signal->primary ? ALD_STR("primary: true") : ALD_STR("replica: true"),
                                    signal->ordinal);
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_exchange_question_add(exchange, &question);
    if (r == 0) {
        r = question_write(exchange, signal);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_exchange_write_question(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    struct ald_exchange_question question;
    int r;

    if (ald_exchange_is_hub(exchange)) {
        return question_ask(exchange, signal);
    }
    if (!ald_exchange_question_take_theirs(exchange, signal->kind, signal->id, &question)) {
        ald_exchange_drop(exchange); /* asked in legacy's literals, which take no answer, or answered before */
        return 0;
    }
    r = answer_write(exchange, signal, &question);
    ald_slice_clear(&question.wire_id);
    if (r == ALD_EXCHANGE_TOO_LARGE) {
        ald_exchange_drop(exchange);
    }
    return r < 0 ? ald_trace(r) : 0;
}
