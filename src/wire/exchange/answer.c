/*
 * How a reply says an outcome. A plain caller knows two statuses and two special types, so what it cannot be told in
 * the protocol's words stands in `errorDetails`, outcome and cause first: an `expired` must never look like an answer
 * of the agent (DESIGN section 3). With the extension the words have members of their own, and the text is only for
 * people.
 */

#include "wire/exchange/exchange_impl.h"

#include <stdio.h>

#include "base/error.h"

/* Room for a text of our own making: a name and its sentence, or outcome, cause and the agent's reason, cut if long. */
enum { FORM_ROOM = 640, FORM_TEXT_MAX = 500 };

/* What is chosen for an answer. */
struct answer_form {
    struct ald_str type;
    struct ald_str text; /* errorDetails; absent: none */
    bool empty_payload;  /* `{}` where the answer has none */
    char room[FORM_ROOM];
};

static struct ald_str form_print(struct answer_form *form, int size)
{
    return ald_str_of(form->room, size < FORM_ROOM ? (size_t)size : FORM_ROOM - 1);
}

static struct ald_str text_cut(struct ald_str text)
{
    text.size = ALD_MIN(text.size, (size_t)FORM_TEXT_MAX);
    return text;
}

/* UNKNOWN and NO_REPLY, with the original's exact texts (exchange.md 3.2, 3.4). True: it is one of these. */
static bool form_special(const struct ald_exchange_answer *answer, bool extended, struct answer_form *form)
{
    struct ald_str text = ALD_STR_NONE;

    if (answer->outcome == ALD_REFUSED && answer->cause == ALD_CAUSE_UNKNOWN_COMMAND) {
        form->type = ald_exchange_type_str(ALD_EXCHANGE_TYPE_UNKNOWN);
        text = ALD_STR("Command unknown");
    } else if (answer->outcome == ALD_REFUSED && answer->cause == ALD_CAUSE_NO_HANDLER) {
        form->type = ald_exchange_type_str(ALD_EXCHANGE_TYPE_NO_REPLY);
        text = form_print(form, snprintf(form->room, FORM_ROOM, "No handler found for command type '%.*s'. Ignoring",
                                         ALD_STR_ARG(text_cut(answer->name))));
    } else if (answer->outcome == ALD_FAILED && answer->cause == ALD_CAUSE_AGENT_BROKE) {
        form->type = ald_exchange_type_str(ALD_EXCHANGE_TYPE_NO_REPLY);
        text = ald_str_present(answer->text) ? answer->text : ALD_STR("Unexpected internal error occurred");
    } else {
        return false;
    }
    form->text = extended && ald_str_present(answer->text) ? answer->text : text;
    /* With its outcome a failure has the payload that somebody said, or none. */
    form->empty_payload = !extended || answer->outcome != ALD_FAILED;
    return true;
}

static void form_choose(const struct ald_exchange *exchange, const struct ald_exchange_answer *answer,
                        struct answer_form *form)
{
    bool extended = ald_exchange_is_extended(exchange);

    form->text = ALD_STR_NONE;
    form->empty_payload = false;
    if (form_special(answer, extended, form)) {
        return;
    }
    form->type = ald_str_present(answer->type) ? answer->type : ald_exchange_type_str(ALD_EXCHANGE_TYPE_NO_REPLY);
    if (answer->outcome == ALD_SUCCEEDED) {
        return;
    }
    form->text = answer->text;
    if (extended || answer->outcome == ALD_FAILED) {
        return;
    }
    if (!ald_str_present(form->text)) {
        form->text = ald_str(ald_cause_text((enum ald_cause)answer->cause));
    }
    form->text = form_print(
        form, snprintf(form->room, FORM_ROOM, "%s (%s): %.*s", ald_outcome_name((enum ald_outcome)answer->outcome),
                       ald_cause_word((enum ald_cause)answer->cause), ALD_STR_ARG(text_cut(form->text))));
}

/* NO_REPLY is IGNORED_REPLY there, and loses its text and payload (exchange.md 2.9). */
static void form_make_legacy(struct answer_form *form)
{
    if (ald_str_equal(form->type, ald_exchange_type_str(ALD_EXCHANGE_TYPE_NO_REPLY))) {
        form->type = ald_exchange_type_str(ALD_EXCHANGE_TYPE_IGNORED_REPLY);
        form->text = ALD_STR_NONE;
        form->empty_payload = false;
    }
}

static int answer_write(struct ald_exchange *exchange, const struct ald_exchange_answer *answer,
                        const struct answer_form *form)
{
    struct ald_exchange_writing writing;
    bool ok = answer->outcome == ALD_SUCCEEDED;

    ald_exchange_write_begin(exchange, ALD_EXCHANGE_REPLY, form->type, answer->ordinal, &writing);
    ald_exchange_put_str(&writing, "commandId", answer->id);
    ald_exchange_put_str(&writing, "type", form->type);
    ald_exchange_put_word(&writing, "commandStatus", ok ? ALD_STR("SUCCEEDED") : ALD_STR("ERROR"));
    ald_exchange_put_str(&writing, "errorDetails", form->text);
    if (form->empty_payload && ald_exchange_leaves_out(exchange, answer->payload)) {
        ald_exchange_write_payload(&writing, ald_slice_static(ALD_STR("{}")));
    } else {
        ald_exchange_write_payload(&writing, answer->payload);
    }
    if (ald_exchange_is_extended(exchange)) {
        ald_exchange_write_outcome(&writing, answer);
    }
    return ald_exchange_write_end(&writing);
}

static int answer_try(struct ald_exchange *exchange, const struct ald_exchange_answer *answer)
{
    struct answer_form form;

    form_choose(exchange, answer, &form);
    if (!ald_exchange_is_v1(exchange)) {
        form_make_legacy(&form);
    }
    return answer_write(exchange, answer, &form);
}

int ald_exchange_write_answer(struct ald_exchange *exchange, const struct ald_exchange_answer *answer)
{
    struct ald_exchange_answer small = *answer;
    int r;

    r = answer_try(exchange, answer);
    if (r == ALD_EXCHANGE_TOO_LARGE && answer->roster.size > 0) {
        /* The outcome of the whole is as true without its members, who have been told of one by one. */
        small.roster = ALD_SLICE_NONE;
        small.truncated = true;
        r = answer_try(exchange, &small);
    }
    if (r == ALD_EXCHANGE_TOO_LARGE) {
        /* The caller must hear something, and that it succeeded without its result would be a lie. */
        small = (struct ald_exchange_answer){.id = answer->id, .type = answer->type, .ordinal = answer->ordinal};
        small.outcome = ALD_FAILED;
        small.cause = ALD_CAUSE_TOO_LARGE;
        small.phase = answer->phase;
        small.text = ald_str(ald_cause_text(ALD_CAUSE_TOO_LARGE));
        r = answer_try(exchange, &small);
    }
    if (r == ALD_EXCHANGE_TOO_LARGE) {
        ald_exchange_drop(exchange); /* an id of megabytes: whoever makes one up has waited for this */
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_exchange_refuse(struct ald_exchange *exchange, struct ald_str id, struct ald_str name, enum ald_cause cause,
                        struct ald_str text)
{
    const struct ald_exchange_answer answer = {
        .id = id, .type = name, .name = name, .outcome = ALD_REFUSED, .cause = (uint8_t)cause, .text = text};
    int r;

    ald_exchange_count(exchange, ALD_EXCHANGE_N_UNHANDLED);
    r = ald_exchange_write_answer(exchange, &answer);
    return r < 0 ? ald_trace(r) : 0;
}

/* What the agent said, as far as there is an agent's reply. */
static void answer_take_msg(struct ald_exchange_answer *answer, const struct ald_msg *msg)
{
    if (answer->outcome == ALD_OUTCOME_NONE) { /* a party speaks through the message alone */
        answer->outcome = msg->outcome;
        answer->cause = msg->cause;
        answer->phase = msg->phase;
    }
    if (ald_str_present(msg->name)) {
        answer->type = msg->name; /* a reply's type may differ from its command's (exchange.md 3.2) */
    }
    answer->text = ald_str_present(msg->text) ? msg->text : answer->text;
    answer->code = msg->code;
    answer->payload = msg->payload;
    answer->details = msg->details;
    answer->roster = msg->roster;
}

int ald_exchange_write_reply(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    const struct ald_msg *request = signal->request;
    struct ald_exchange_answer answer;

    if (request == NULL) {
        ald_exchange_drop(exchange);
        return 0;
    }
    answer = (struct ald_exchange_answer){.id = request->wire_id,
                                          .type = request->name,
                                          .name = request->name,
                                          .outcome = signal->outcome,
                                          .cause = signal->cause,
                                          .phase = signal->phase,
                                          .text = signal->text,
                                          .channel = signal->channel,
                                          .ordinal = signal->ordinal};
    if (signal->msg != NULL) {
        answer_take_msg(&answer, signal->msg);
    } else if (!ald_str_present(answer.text) && answer.outcome != ALD_SUCCEEDED) {
        answer.text = ald_str(ald_cause_text((enum ald_cause)answer.cause));
    }
    return ald_exchange_write_answer(exchange, &answer);
}
