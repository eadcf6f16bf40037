/*
 * The ops, and the two small queues behind them. A frame or a signal is queued by whatever reads or writes, and taken
 * by whoever drives the dialect; both queues live in `work`, which a connection has only while something is going on,
 * because most of fifty thousand agents have nothing to say most of the time.
 */

#include "wire/exchange/exchange_impl.h"

#include <stdlib.h>

#include "base/error.h"

static const struct ald_state exchange_states[] = {
    [ALD_EXCHANGE_NEW] = {"new", ALD_STATE_INITIAL, ALD_TO(ALD_EXCHANGE_ASKED) | ALD_TO(ALD_EXCHANGE_CLOSED)},
    [ALD_EXCHANGE_ASKED] = {"asked", 0,
                            ALD_TO(ALD_EXCHANGE_NEW) | ALD_TO(ALD_EXCHANGE_READY) | ALD_TO(ALD_EXCHANGE_CLOSED)},
    [ALD_EXCHANGE_READY] = {"ready", 0, ALD_TO(ALD_EXCHANGE_CLOSED)},
    [ALD_EXCHANGE_CLOSED] = {"closed", ALD_STATE_FINAL, 0},
};
static struct ald_machine exchange_machine = ALD_MACHINE("exchange", exchange_states);

static const char *const counter_names[] = {
#define ALD_X(name, text) [ALD_EXCHANGE_N_##name] = text,
    ALD_EXCHANGE_COUNTERS(ALD_X)
#undef ALD_X
};
_Static_assert(ALD_COUNT(counter_names) == ALD_EXCHANGE_N_COUNTERS, "every counter has a name");

static const struct ald_str type_names[] = {
#define ALD_X(name) [ALD_EXCHANGE_TYPE_##name] = {#name, sizeof(#name) - 1},
    ALD_EXCHANGE_TYPES(ALD_X)
#undef ALD_X
};

static const struct ald_dialect_ops exchange_ops;

static struct ald_exchange *exchange_of(struct ald_dialect *dialect)
{
    ald_assert(dialect->ops == &exchange_ops);
    return ald_container(dialect, struct ald_exchange, dialect);
}

static const struct ald_exchange *exchange_of_const(const struct ald_dialect *dialect)
{
    ald_assert(dialect->ops == &exchange_ops);
    return (const struct ald_exchange *)dialect;
}
_Static_assert(offsetof(struct ald_exchange, dialect) == 0, "a dialect's struct begins with the dialect");

/* --- what the other files build on ------------------------------------------------------------------------------ */

struct ald_id ald_exchange_id(struct ald_exchange *exchange)
{
    return ald_id_make(exchange->seed, ++exchange->n_ids);
}

void ald_exchange_move(struct ald_exchange *exchange, enum ald_exchange_state state)
{
    ald_sm_move(&exchange_machine, &exchange->state, (uint8_t)state);
}

void ald_exchange_ready(struct ald_exchange *exchange, ald_usec now)
{
    ald_exchange_move(exchange, ALD_EXCHANGE_READY);
    exchange->hello_until = ALD_NEVER;
    if (exchange->options.ping_interval > 0) {
        exchange->ping_at = now + exchange->options.ping_interval;
    }
}

void ald_exchange_close(struct ald_exchange *exchange, uint16_t code, const char *text)
{
    if (exchange->state == ALD_EXCHANGE_CLOSED) {
        return;
    }
    ald_exchange_move(exchange, ALD_EXCHANGE_CLOSED);
    exchange->close_waits = true;
    exchange->close_code = code;
    exchange->close_text = text;
    exchange->hello_until = exchange->ping_at = exchange->silent_from = ALD_NEVER;
}

void ald_exchange_say(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    struct ald_exchange_work *work = exchange->work;
    struct ald_signal dropped = *signal;

    if (work->next_said == work->n_said) {
        work->next_said = work->n_said = 0;
    }
    if (work->n_said == ALD_EXCHANGE_SAID_MAX) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_DROPPED_SIGNAL);
        ald_signal_clear(&dropped);
        return;
    }
    work->said[work->n_said++] = *signal;
}

void ald_exchange_push(struct ald_exchange *exchange, const struct ald_outbox_frame *frame)
{
    ald_outbox_push(&exchange->work->outbox, frame);
    exchange->dialect.dry = false;
    ald_exchange_count(exchange, ALD_EXCHANGE_N_FRAMES_OUT);
}

/* Bit n: some type has n letters, all of them capitals. What does not look like that is an application's own. */
#define ALD_X(name) | UINT32_C(1) << (sizeof(#name) - 1)
static const uint32_t type_sizes = 0 ALD_EXCHANGE_TYPES(ALD_X);
#undef ALD_X

enum ald_exchange_type ald_exchange_type_find(struct ald_str type)
{
    if (type.size >= 32 || (type_sizes >> type.size & 1) == 0 || type.data[0] < 'A' || type.data[0] > 'Z') {
        return ALD_EXCHANGE_TYPE_OTHER;
    }
    for (int i = 0; i < ALD_EXCHANGE_TYPE_OTHER; i++) {
        if (ald_str_equal(type, type_names[i])) {
            return (enum ald_exchange_type)i;
        }
    }
    return ALD_EXCHANGE_TYPE_OTHER;
}

struct ald_str ald_exchange_type_str(enum ald_exchange_type type)
{
    ald_assert(type < ALD_EXCHANGE_TYPE_OTHER);
    return type_names[type];
}

/* --- work ------------------------------------------------------------------------------------------------------- */

static int exchange_begin_work(struct ald_exchange *exchange)
{
    struct ald_exchange_work *work = exchange->work;

    if (work == NULL && exchange->spare != NULL) {
        work = exchange->work = ald_spare_take(exchange->spare);
    }
    if (work == NULL) {
        work = calloc(1, sizeof(*work));
        if (work == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        /* A frame may hold a message with everything in it escaped, and ALD_DIALECT_FRAMES of them may wait;
         * decoding makes three bytes of one at most. */
        ald_buf_init(&work->out, ALD_DIALECT_FRAMES * (6 * exchange->options.message_max + 8 * ALD_KIB));
        ald_buf_init(&work->text, 3 * (exchange->options.message_max + ALD_EXCHANGE_HUB_ROOM) + 4 * ALD_KIB);
        exchange->work = work;
    }
    ald_outbox_forget(&work->outbox, &work->out);
    return 0;
}

static bool work_is_idle(const struct ald_exchange_work *work)
{
    return ald_outbox_is_empty(&work->outbox) && work->next_said == work->n_said;
}

static void work_free(void *object)
{
    struct ald_exchange_work *work = object;

    if (work == NULL) {
        return;
    }
    ald_outbox_fini(&work->outbox);
    for (size_t i = work->next_said; i < work->n_said; i++) {
        ald_signal_clear(&work->said[i]);
    }
    ald_buf_fini(&work->out);
    ald_buf_fini(&work->text);
    free(work);
}

/* Everything was said and written, and what it showed was good until this call: the next one who talks may have it. Of a
 * connection that closes, the reason may stand in there. */
static void exchange_rest(struct ald_exchange *exchange)
{
    struct ald_exchange_work *work = exchange->work;

    if (work == NULL || exchange->spare == NULL || exchange->state == ALD_EXCHANGE_CLOSED || !work_is_idle(work)) {
        return;
    }
    work->next_said = work->n_said = 0;
    ald_spare_give(exchange->spare, work, work_free);
    exchange->work = NULL;
}

/* --- the ops ---------------------------------------------------------------------------------------------------- */

static int exchange_feed(struct ald_dialect *dialect, ald_usec now, enum ald_frame_kind kind, struct ald_slice bytes)
{
    struct ald_exchange *exchange = exchange_of(dialect);
    int r;

    exchange->silent_from = ALD_NEVER;
    if (exchange->state == ALD_EXCHANGE_CLOSED || kind == ALD_FRAME_PING || kind == ALD_FRAME_PONG) {
        return 0;
    }
    r = exchange_begin_work(exchange);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_buf_cut(&exchange->work->text, 0); /* a signal that emit() left behind shows its message only */
    ald_exchange_count(exchange, ALD_EXCHANGE_N_FRAMES_IN);

    if (kind == ALD_FRAME_TEXT) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_TEXT_FRAME);
        ald_exchange_close(exchange, 1003, "Unsupported text frame");
        return 0;
    }
    if (bytes.size > ald_exchange_message_max(exchange, !ald_exchange_is_hub(exchange))) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_TOO_LARGE);
        ald_exchange_close(exchange, 1009, "Message too large");
        return 0;
    }
    if (bytes.size == 0) { /* exchange.md 2.5: ignored */
        ald_exchange_count(exchange, ALD_EXCHANGE_N_EMPTY_FRAME);
        return 0;
    }
    r = ald_exchange_read(exchange, now, bytes);
    return r < 0 ? ald_trace(r) : 0;
}

static int exchange_next(struct ald_dialect *dialect, struct ald_signal *ret_signal)
{
    struct ald_exchange *exchange = exchange_of(dialect);
    struct ald_exchange_work *work = exchange->work;

    if (work != NULL && work->next_said < work->n_said) {
        *ret_signal = work->said[work->next_said++];
        return 0;
    }
    if (exchange->close_waits) {
        exchange->close_waits = false;
        *ret_signal = ald_signal_of(ALD_SIGNAL_CLOSE);
        ret_signal->code = exchange->close_code;
        ret_signal->text = ald_str(exchange->close_text);
        return 0;
    }
    if (work != NULL && work->text.room > ALD_SCRATCH_KEPT) {
        ald_buf_reset(&work->text);
    }
    exchange_rest(exchange);
    return ALD_DIALECT_EMPTY;
}

static int exchange_emit(struct ald_dialect *dialect, ald_usec now, const struct ald_signal *signal)
{
    struct ald_exchange *exchange = exchange_of(dialect);
    int r;

    if (exchange->state == ALD_EXCHANGE_CLOSED) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_DROPPED_SIGNAL);
        return 0;
    }
    r = exchange_begin_work(exchange);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_exchange_write(exchange, now, signal);
    return r < 0 ? ald_trace(r) : 0;
}

static int exchange_drain(struct ald_dialect *dialect, struct ald_frame *ret_frame)
{
    struct ald_exchange *exchange = exchange_of(dialect);
    struct ald_exchange_work *work = exchange->work;

    if (work != NULL && ald_outbox_take(&work->outbox, &work->out, ret_frame) == 0) {
        return 0;
    }
    if (exchange->ping_waits) {
        exchange->ping_waits = false;
        *ret_frame = (struct ald_frame){.kind = ALD_FRAME_PING};
        return 0;
    }
    exchange_rest(exchange);
    exchange->dialect.dry = true;
    return ALD_DIALECT_EMPTY;
}

/* When silence after a ping means that the link is dead (exchange.md 13.1, 1: the original never notices). */
static ald_usec exchange_pong_until(const struct ald_exchange *exchange)
{
    if (exchange->silent_from == ALD_NEVER || exchange->options.pong_timeout == 0) {
        return ALD_NEVER;
    }
    return exchange->silent_from + exchange->options.pong_timeout;
}

static ald_usec exchange_deadline(const struct ald_dialect *dialect)
{
    const struct ald_exchange *exchange = exchange_of_const(dialect);
    ald_usec first = ALD_MIN(exchange->hello_until, exchange->ping_at);

    return ALD_MIN(first, exchange_pong_until(exchange));
}

/* The peer had its time (exchange.md 13.1, 3: the original waits for ever). */
static void exchange_hello_late(struct ald_exchange *exchange)
{
    ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_TIMEOUT);
    if (!ald_exchange_is_hub(exchange)) {
        ald_exchange_close(exchange, 1002, "Hello handshake timed out");
    } else if (exchange->state == ALD_EXCHANGE_ASKED) {
        ald_exchange_close(exchange, 1011, "Unexpected error while registering channel");
    } else {
        ald_exchange_close(exchange, 1002, "Hello Command is first expected to initialize the exchange channel");
    }
}

static void exchange_ping(struct ald_exchange *exchange, ald_usec now)
{
    exchange->ping_waits = true;
    exchange->dialect.dry = false;
    exchange->ping_at = now + exchange->options.ping_interval;
    if (exchange->silent_from == ALD_NEVER) {
        exchange->silent_from = now;
    }
}

static int exchange_tick(struct ald_dialect *dialect, ald_usec now)
{
    struct ald_exchange *exchange = exchange_of(dialect);

    if (now >= exchange->hello_until) {
        exchange_hello_late(exchange);
    } else if (now >= exchange_pong_until(exchange)) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_PONG_TIMEOUT);
        ald_exchange_close(exchange, 1011, "No sign of life after a ping");
    } else if (now >= exchange->ping_at) {
        exchange_ping(exchange, now);
    }
    return 0;
}

static void exchange_alive(struct ald_dialect *dialect, ald_usec now)
{
    (void)now;
    exchange_of(dialect)->silent_from = ALD_NEVER;
}

static void exchange_free(struct ald_dialect *dialect)
{
    struct ald_exchange *exchange = exchange_of(dialect);

    work_free(exchange->work);
    ald_exchange_questions_free(exchange);
    ald_slice_clear(&exchange->hello_id);
    ald_slice_clear(&exchange->target);
    free(exchange);
}

static const struct ald_dialect_ops exchange_ops = {
    .name = "exchange",
    .feed = exchange_feed,
    .next = exchange_next,
    .emit = exchange_emit,
    .drain = exchange_drain,
    .deadline = exchange_deadline,
    .tick = exchange_tick,
    .alive = exchange_alive,
    .free = exchange_free,
};

static int exchange_open(const struct ald_dialect_facts *facts, struct ald_dialect **ret_dialect)
{
    struct ald_exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    exchange->dialect.ops = &exchange_ops;
    exchange->state = ALD_EXCHANGE_NEW;
    exchange->role = (uint8_t)facts->role;
    exchange->variant = (uint8_t)facts->variant;
    exchange->options = *facts->options;
    exchange->messages = facts->messages;
    exchange->counters = facts->counters;
    exchange->spare = facts->spare;
    exchange->identity = facts->identity;
    exchange->seed = facts->seed;
    exchange->ping_at = exchange->silent_from = ALD_NEVER;
    exchange->hello_until = facts->options->hello_timeout > 0 ? facts->now + facts->options->hello_timeout : ALD_NEVER;
    if (!ald_exchange_is_v1(exchange)) {
        exchange->variant &= ALD_EXCHANGE_HUB; /* the extension exists with v1 only */
    }
    if ((exchange->variant & ALD_EXCHANGE_HUB) != 0) {
        int r = exchange_begin_work(exchange);

        r = r < 0 ? r : ald_exchange_link_hello(exchange);
        if (r < 0) {
            exchange_free(&exchange->dialect);
            return ald_trace(r);
        }
    }
    *ret_dialect = &exchange->dialect;
    return 0;
}

const struct ald_dialect_type ald_exchange = {
    .name = "exchange",
    .counter_names = counter_names,
    .n_counters = ALD_COUNT(counter_names),
    .accept = ald_exchange_accept,
    .open = exchange_open,
};
