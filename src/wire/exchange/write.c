/*
 * A signal becomes a frame. What stands around the payload is written into one buffer, the payload itself is passed on by
 * reference: a message of 13 MB crosses the hub without one of its bytes being moved.
 *
 * The one exception are old peers: v1 readers before 2.0.2 cut the JSON at the first `;;`, legacy readers delete their own
 * prefixes wherever they stand (exchange.md 2.7, 2.9). A frame for a plain peer that has such a thing in it is put together
 * in the buffer and rewritten there; all others are only looked through.
 */

#include "wire/exchange/exchange_impl.h"

#include "base/error.h"

static unsigned escapes_of(const struct ald_exchange *exchange)
{
    if (ald_exchange_is_extended(exchange)) {
        return 0;
    }
    return ald_exchange_is_v1(exchange) ? ALD_JSON_NO_PAIRS : ALD_JSON_NO_PREFIXES;
}

void ald_exchange_write_begin(struct ald_exchange *exchange, enum ald_exchange_kind kind, struct ald_str type,
                              uint64_t ordinal, struct ald_exchange_writing *ret_writing)
{
    struct ald_buf *out = &exchange->work->out;

    *ret_writing = (struct ald_exchange_writing){.exchange = exchange, .ordinal = ordinal};
    ret_writing->frame_at = ald_buf_size(out);
    ret_writing->status = ald_exchange_frame_write(exchange->variant, kind, type, out);
    ret_writing->json_at = ald_buf_size(out);
    ald_json_write_init(&ret_writing->json, out, ALD_JSON_COMPACT);
    ald_json_write_object(&ret_writing->json);
}

void ald_exchange_write_payload(struct ald_exchange_writing *writing, struct ald_slice payload)
{
    bool extended = ald_exchange_is_extended(writing->exchange);

    /* exchange.md 2.6: the original leaves nulls out. */
    if (payload.data == NULL || (!extended && ald_str_equal(ald_slice_str(payload), ALD_STR("null")))) {
        return;
    }
    ald_assert(payload.size > 0);
    ald_json_write_name(&writing->json, ALD_STR("payload"));
    writing->split_at = ald_buf_size(&writing->exchange->work->out);
    writing->payload = payload;
    ald_json_write_raw(&writing->json, ALD_STR("0")); /* keeps the place: is skipped, or written over */
}

static bool writing_is_harmless(const struct ald_exchange_writing *writing, unsigned escapes)
{
    struct ald_str json = ald_str_from(ald_buf_str(&writing->exchange->work->out), writing->json_at);

    return escapes == 0 || (ald_json_escape_needless(json, escapes) &&
                            ald_json_escape_needless(ald_slice_str(writing->payload), escapes));
}

/* Put the payload where it belongs and rewrite the JSON. Outcome: ALD_BUF_FULL. */
static int writing_flatten(struct ald_exchange_writing *writing, unsigned escapes)
{
    struct ald_buf *out = &writing->exchange->work->out;
    size_t tail = ald_buf_size(out) - writing->split_at - 1;
    uint8_t *room;
    int r;

    if (writing->payload.size > 0) {
        r = ald_buf_reserve(out, writing->payload.size, &room);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
        room -= tail + 1; /* the place itself */
        memmove(room + writing->payload.size, room + 1, tail);
        memcpy(room, writing->payload.data, writing->payload.size);
        ald_buf_commit(out, writing->payload.size - 1);
        writing->payload = ALD_SLICE_NONE;
    }
    r = ald_json_escape_rest(out, writing->json_at, escapes);
    return r < 0 ? ald_trace(r) : r;
}

static void writing_push(struct ald_exchange_writing *writing)
{
    size_t end = ald_buf_size(&writing->exchange->work->out);
    struct ald_exchange_out frame = {.kind = ALD_FRAME_BINARY, .ordinal = writing->ordinal};

    frame.head_at = writing->frame_at;
    frame.head_size = end - writing->frame_at;
    if (writing->payload.size > 0) {
        frame.head_size = writing->split_at - writing->frame_at;
        frame.tail_at = writing->split_at + 1;
        frame.tail_size = end - frame.tail_at;
        frame.payload = ald_slice_ref(writing->payload);
    }
    ald_exchange_push(writing->exchange, &frame);
}

static size_t writing_size(const struct ald_exchange_writing *writing)
{
    return ald_buf_size(&writing->exchange->work->out) - writing->frame_at + writing->payload.size;
}

int ald_exchange_write_end(struct ald_exchange_writing *writing)
{
    struct ald_exchange *exchange = writing->exchange;
    unsigned escapes = escapes_of(exchange);
    int r;

    ald_json_write_end(&writing->json);
    r = ald_json_write_done(&writing->json);
    r = writing->status != 0 ? writing->status : r;
    if (r == 0 && !writing_is_harmless(writing, escapes)) {
        r = writing_flatten(writing, escapes);
    }
    /* What the peer would drop in silence is not sent (exchange.md 2.5). */
    if (r == 0 && writing_size(writing) <= exchange->options.message_max) {
        writing_push(writing);
        return 0;
    }
    ald_buf_cut(&exchange->work->out, writing->frame_at);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_count(exchange, ALD_EXCHANGE_N_TOO_LARGE);
    return ALD_EXCHANGE_TOO_LARGE;
}

int ald_exchange_write_bare(struct ald_exchange *exchange, struct ald_str text, uint64_t ordinal)
{
    struct ald_exchange_writing writing = {.exchange = exchange, .ordinal = ordinal};
    int r;

    writing.frame_at = ald_buf_size(&exchange->work->out);
    r = ald_buf_push(&exchange->work->out, text);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0);
    writing_push(&writing);
    return 0;
}

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
static struct ald_str command_id(struct ald_exchange *exchange, const struct ald_signal *signal, char *room)
{
    if (ald_exchange_is_hub(exchange)) {
        ald_id_format(signal->id, room);
    } else if (ald_str_present(signal->msg->wire_id)) {
        return signal->msg->wire_id;
    } else {
        ald_id_format(ald_exchange_id(exchange), room);
    }
    return ald_str_of(room, ALD_ID_TEXT);
}

static int command_write(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    struct ald_exchange_writing writing;
    char id[ALD_ID_TEXT];
    int r;

    if (ald_exchange_is_reserved(ald_exchange_type_find(msg->name))) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_RESERVED_NAME);
        return command_return(exchange, signal, ALD_CAUSE_INVALID, ALD_STR("the name is the protocol's own"));
    }
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_COMMAND, msg->name, signal->ordinal, &writing);
    ald_json_write_member_str(&writing.json, "id", command_id(exchange, signal, id));
    ald_json_write_member_str(&writing.json, "type", msg->name);
    ald_exchange_write_payload(&writing, msg->payload);
    if (ald_exchange_is_extended(exchange)) {
        ald_exchange_write_options(&writing, msg, signal->ttl != 0 ? signal->ttl : msg->ttl);
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
