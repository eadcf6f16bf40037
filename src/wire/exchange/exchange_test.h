#pragma once

/*
 * What the unit tests of dialect exchange share: a pair of ends, looked at through one scratch buffer.
 */

#include "lib/exchange_pair.h"
#include "lib/test.h"
#include "wire/exchange/exchange_impl.h"

enum { V1 = ALD_EXCHANGE_V1, EXTENDED = ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED };

static struct ald_buf scratch;

static inline struct ald_exchange *inside(struct pair_end *end)
{
    return ald_container(end->dialect, struct ald_exchange, dialect);
}

/* A pair that has shaken hands. */
static inline void open_ready(struct pair *pair, uint32_t variant)
{
    pair_open(pair, variant);
    pair_greet(pair);
    ald_buf_init(&scratch, 16 * PAIR_MESSAGE_MAX);
}

static inline void close_pair(struct pair *pair)
{
    ald_buf_fini(&scratch);
    pair_close(pair);
}

static inline void check_next(struct pair_end *end, enum ald_role reader, const char *line)
{
    struct ald_signal signal;

    ald_check(pair_next(end, &signal));
    pair_print(&scratch, reader, &signal);
    ald_check_str(ald_buf_str(&scratch), line);
    ald_signal_clear(&signal);
}

static inline void check_quiet(struct pair_end *end)
{
    struct ald_signal signal;

    ald_check(!pair_next(end, &signal));
}

static inline void check_frame(struct pair_end *end, const char *bytes)
{
    struct ald_frame frame;

    ald_check(pair_drain(end, &scratch, &frame));
    ald_check_str(ald_buf_str(&scratch), bytes);
}

static inline void check_no_frame(struct pair_end *end)
{
    struct ald_frame frame;

    ald_check_int(ald_dialect_drain(end->dialect, &frame), ALD_DIALECT_EMPTY);
}

static inline void check_one_frame(struct pair_end *end)
{
    struct ald_frame frame;

    ald_check_int(ald_dialect_drain(end->dialect, &frame), 0);
    check_no_frame(end);
}

static inline void check_ping(struct pair_end *end)
{
    struct ald_frame frame;

    ald_check_int(ald_dialect_drain(end->dialect, &frame), 0);
    ald_check_int(frame.kind, ALD_FRAME_PING);
    ald_check_int(frame.n_parts, 0);
    check_no_frame(end);
}

/* Let time pass until the end's own deadline. */
static inline void pass_until(struct pair *pair, struct pair_end *end, ald_usec now)
{
    ald_check(ald_dialect_deadline(end->dialect) == now);
    pair->now = now;
    ald_check_int(ald_dialect_tick(end->dialect, now), 0);
}

/* An open message; sealed by seal(). */
static inline struct ald_msg *msg_make(struct pair *pair, enum ald_kind kind, const char *wire_id, const char *name)
{
    struct ald_msg *msg = NULL;

    ald_check_int(ald_msg_new(pair->messages, kind, &msg), 0);
    ald_check_int(ald_msg_set(msg, &msg->wire_id, ald_str(wire_id)), 0);
    ald_check_int(ald_msg_set(msg, &msg->name, ald_str(name)), 0);
    return msg;
}

static inline void payload_set(struct ald_msg *msg, struct ald_str payload)
{
    ald_check_int(ald_slice_copy(payload, &msg->payload), 0);
}

/* A payload of `size` bytes: a string of `fill`. */
static inline void payload_fill(struct ald_msg *msg, size_t size, char fill)
{
    char *bytes = malloc(size);

    ald_check(bytes != NULL);
    memset(bytes, fill, size);
    bytes[0] = bytes[size - 1] = '"';
    payload_set(msg, ald_str_of(bytes, size));
    free(bytes);
}

static inline struct ald_signal command_make(struct pair *pair, const char *name)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    signal.id = ald_id_make(9, 9);
    signal.ttl = 5 * ALD_SEC;
    signal.msg = msg_make(pair, ALD_COMMAND, "w1", name);
    return signal;
}

/* What a hub says of a command `w1` named DUMMY. */
static inline struct ald_signal reply_make(struct pair *pair, enum ald_outcome outcome, enum ald_cause cause)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.outcome = (uint8_t)outcome;
    signal.cause = (uint8_t)cause;
    signal.text = ald_str(ald_cause_text(cause));
    signal.request = msg_make(pair, ALD_COMMAND, "w1", "DUMMY");
    return signal;
}

static inline void emit_and_clear(struct pair *pair, struct pair_end *end, struct ald_signal *signal)
{
    pair_emit(pair, end, signal);
    ald_signal_clear(signal);
}
