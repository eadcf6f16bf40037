/*
 * A signal becomes a frame: which one, and the two things that can stop it, a name that is the protocol's own and a
 * size that the peer would not take.
 */

#include "wire/exchange/exchange_impl.h"

#include "base/error.h"

void ald_exchange_drop(struct ald_exchange *exchange)
{
    ald_exchange_count(exchange, ALD_EXCHANGE_N_DROPPED_SIGNAL);
}

/* --- commands --------------------------------------------------------------------------------------------------- */

bool ald_exchange_is_reserved(enum ald_exchange_type type)
{
    switch (type) {
    case ALD_EXCHANGE_TYPE_HELLO:
    case ALD_EXCHANGE_TYPE_HELLO_COMMAND:
    case ALD_EXCHANGE_TYPE_GOOD_BYE:
    case ALD_EXCHANGE_TYPE_GOODBYE_COMMAND:
    case ALD_EXCHANGE_TYPE_PRIMARY:
        return true;
    default:
        return false;
    }
}

/* The command cannot go out: it comes back refused, as if the peer had said so. An event is only dropped. */
static int command_return(struct ald_exchange *exchange, const struct ald_signal *command, enum ald_cause cause,
                          struct ald_str text)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    int r;

    if (command->kind == ALD_SIGNAL_EVENT) {
        ald_exchange_drop(exchange);
        return 0;
    }
    r = ald_msg_new(exchange->messages, ALD_REPLY, &msg);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_msg_set(msg, &msg->wire_id, command->msg->wire_id);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->text, text);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    msg->outcome = signal.outcome = ALD_REFUSED;
    msg->cause = signal.cause = (uint8_t)cause;
    ald_msg_seal(msg);
    signal.id = command->id;
    signal.text = msg->text;
    signal.msg = ald_steal(&msg);
    ald_exchange_say(exchange, &signal);
    return 0;
}

/* To an agent a command goes under the hub's id, to a hub under the caller's. */
static void command_id_write(struct ald_exchange *exchange, const struct ald_signal *signal,
                             struct ald_exchange_writing *writing)
{
    bool hub = ald_exchange_is_hub(exchange);
    char id[ALD_ID_TEXT];

    if (!hub && ald_str_present(signal->msg->wire_id)) {
        ald_exchange_put_str(writing, "id", signal->msg->wire_id);
        return;
    }
    ald_id_format(hub ? signal->id : ald_exchange_id(exchange), id);
    ald_exchange_put_word(writing, "id", ald_str_of(id, ALD_ID_TEXT)); /* digits and dashes: nothing to escape */
}

static int command_write(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    struct ald_exchange_writing writing;
    int r;

    if (ald_exchange_is_reserved(ald_exchange_type_find(msg->name))) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_RESERVED_NAME);
        return command_return(exchange, signal, ALD_CAUSE_INVALID, ALD_STR("the name is the protocol's own"));
    }
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_COMMAND, msg->name, signal->ordinal, &writing);
    command_id_write(exchange, signal, &writing);
    ald_exchange_put_str(&writing, "type", msg->name);
    ald_exchange_write_payload(&writing, msg->payload);
    if (ald_exchange_is_extended(exchange)) {
        const struct ald_address known = ald_exchange_sender(exchange, signal);

        ald_exchange_write_options(&writing, msg, exchange->role == ALD_ROLE_HUB ? &known : &msg->from,
                                   signal->ttl != 0 ? signal->ttl : msg->ttl);
        if (exchange->is_link) {
            ald_exchange_link_write(&writing, msg, signal->travel);
        }
    }
    r = ald_exchange_write_end(&writing);
    if (r == ALD_EXCHANGE_TOO_LARGE) {
        r = command_return(exchange, signal, ALD_CAUSE_TOO_LARGE, ald_str(ald_cause_text(ALD_CAUSE_TOO_LARGE)));
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- all signals ------------------------------------------------------------------------------------------------ */

/* Before the hello was answered there is nobody to hear it, except for a party's answers: a hub may ask early
 * (exchange.md 4.1). */
static bool signal_is_early(const struct ald_exchange *exchange, const struct ald_signal *signal)
{
    if (exchange->state == ALD_EXCHANGE_READY) {
        return false;
    }
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTER:
    case ALD_SIGNAL_REGISTERED:
    case ALD_SIGNAL_DENIED:
    case ALD_SIGNAL_LEAVE:
        return false;
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_STATUS:
    case ALD_SIGNAL_HEALTH:
    case ALD_SIGNAL_PRIMARY:
        return ald_exchange_is_hub(exchange);
    default:
        return true;
    }
}

int ald_exchange_write(struct ald_exchange *exchange, ald_usec now, const struct ald_signal *signal)
{
    bool hub = ald_exchange_is_hub(exchange);
    bool extended = ald_exchange_is_extended(exchange);

    if (signal_is_early(exchange, signal)) {
        ald_exchange_drop(exchange);
        return 0;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTER:
        if (!hub) {
            return ald_exchange_write_hello(exchange, signal);
        }
        break;
    case ALD_SIGNAL_REGISTERED:
    case ALD_SIGNAL_DENIED:
        if (hub) {
            return ald_exchange_write_verdict(exchange, now, signal);
        }
        break;
    case ALD_SIGNAL_HEALTH:
    case ALD_SIGNAL_PRIMARY:
        return ald_exchange_write_question(exchange, signal);
    case ALD_SIGNAL_LEAVE:
        return ald_exchange_write_goodbye(exchange, signal);
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        return command_write(exchange, signal);
    case ALD_SIGNAL_REPLY:
        return ald_exchange_write_reply(exchange, signal);
    case ALD_SIGNAL_STATUS:
        if (extended) {
            return ald_exchange_write_status(exchange, signal);
        }
        break;
    case ALD_SIGNAL_CANCEL:
        if (extended) {
            return ald_exchange_write_cancel(exchange, signal);
        }
        break;
    default:
        break;
    }
    ald_exchange_drop(exchange);
    return 0;
}
