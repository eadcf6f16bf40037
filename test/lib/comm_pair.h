#pragma once

/*
 * Ends of dialect communicator, in memory: what its unit tests, the replayed scenarios and the fuzzer drive. An end is fed
 * text, tells its signals as lines of text, and writes into a text of its own.
 *
 * Everything is fed as a block of its own size that is gone when feed() returns and the last line of it was heard, so that
 * a view that outlives it is seen.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/communicator/communicator.h"

enum { COMM_LINE_MAX = 1 << 20, COMM_TEXT_MAX = 64 << 20 };

static const struct ald_dialect_options comm_options = {
    .hello_timeout = 10 * ALD_SEC,
    .reply_timeout = 60 * ALD_SEC,
    .message_max = COMM_LINE_MAX,
    .line_max = COMM_LINE_MAX,
};

static const ald_wall comm_wall = UINT64_C(1795226634692451);

static const struct ald_identity comm_identity = {
    .hub = {"N", 1},
    .address = {"10.0.0.1:4042", 13},
    .services = {"offsvc", 6},
    .neighbors = {"10.0.0.2:4042", 13},
};

struct comm_end {
    struct ald_dialect *dialect;
    enum ald_role role;
    uint64_t counters[ALD_COMMUNICATOR_N_COUNTERS];
    struct ald_buf heard;   /* signals, a line each */
    struct ald_buf written; /* everything drained */
    uint64_t ordinal;       /* of the last signal emitted */
    size_t n_frames;
};

struct comm_world {
    struct ald_msg_pool *messages;
    struct ald_spare spare;
    ald_usec now;
    size_t greeting_max; /* facts of what is opened next */
    bool admits;
};

static inline void comm_must(bool fact, const char *what)
{
    if (!fact) {
        fprintf(stderr, "comm: not true: %s\n", what);
        abort();
    }
}
#define COMM_MUST(fact) comm_must((fact), #fact)

static inline void comm_world_open(struct comm_world *world)
{
    *world = (struct comm_world){.now = 1000 * ALD_SEC};
    COMM_MUST(ald_msg_pool_new(16, &world->messages) == 0);
}

static inline void comm_world_close(struct comm_world *world)
{
    ald_spare_fini(&world->spare);
    COMM_MUST(ald_msg_pool_live(world->messages) == 0);
    world->messages = ald_msg_pool_free(world->messages);
}

static inline void comm_drain(struct comm_end *end)
{
    struct ald_frame frame;

    while (ald_dialect_drain(end->dialect, &frame) == 0) {
        COMM_MUST(frame.n_parts >= 1 && frame.n_parts <= ALD_FRAME_PARTS && frame.kind == ALD_FRAME_BYTES);
        for (size_t i = 0; i < frame.n_parts; i++) {
            COMM_MUST(ald_buf_push(&end->written, ald_slice_str(frame.parts[i])) == 0);
        }
        end->n_frames++;
    }
}

static inline void comm_open_with(struct comm_world *world, struct comm_end *end, enum ald_role role, uint32_t variant,
                                  const struct ald_identity *identity, const struct ald_dialect_options *options)
{
    const struct ald_dialect_facts facts = {
        .role = role,
        .options = options,
        .messages = world->messages,
        .counters = end->counters,
        .spare = &world->spare,
        .seed = 7,
        .now = world->now,
        .wall = &comm_wall,
        .identity = identity,
        .greeting_max = world->greeting_max,
        .admits = world->admits,
        .variant = variant,
    };

    *end = (struct comm_end){.role = role};
    ald_buf_init(&end->heard, COMM_TEXT_MAX);
    ald_buf_init(&end->written, COMM_TEXT_MAX);
    COMM_MUST(ald_communicator.open(&facts, &end->dialect) == 0);
    comm_drain(end);
}

static inline void comm_open(struct comm_world *world, struct comm_end *end, enum ald_role role, uint32_t variant)
{
    comm_open_with(world, end, role, variant, role == ALD_ROLE_HUB ? &comm_identity : NULL, &comm_options);
}

static inline void comm_close(struct comm_end *end)
{
    end->dialect = ald_dialect_free(end->dialect);
    ald_buf_fini(&end->heard);
    ald_buf_fini(&end->written);
}

/* --- a signal as text ------------------------------------------------------------------------------------------- */

static inline void comm_print(struct ald_buf *out, struct ald_str text)
{
    COMM_MUST(ald_buf_push(out, text) == 0);
}

static inline void comm_print_str(struct ald_buf *out, const char *name, struct ald_str value)
{
    if (ald_str_present(value)) {
        COMM_MUST(ald_buf_pushf(out, " %s=", name) == 0);
        comm_print(out, value);
    }
}

static inline void comm_print_slice(struct ald_buf *out, const char *name, struct ald_slice value)
{
    if (value.data != NULL) {
        comm_print_str(out, name, ald_slice_str(value));
    }
}

static inline void comm_print_number(struct ald_buf *out, const char *name, uint64_t number)
{
    if (number != 0) {
        COMM_MUST(ald_buf_pushf(out, " %s=%llu", name, (unsigned long long)number) == 0);
    }
}

static inline void comm_print_flag(struct ald_buf *out, const char *name, bool is_set)
{
    if (is_set) {
        COMM_MUST(ald_buf_pushf(out, " %s", name) == 0);
    }
}

/* `hub:target#channel(scope)`, with `-` for a target that is absent. */
static inline void comm_print_address(struct ald_buf *out, const char *name, const struct ald_address *address)
{
    static const char *const scopes[] = {"", "(.)", "(?)", "(*)"};

    if (!ald_str_present(address->target) && !ald_str_present(address->hub) && address->scope == ALD_SCOPE_ONE) {
        return;
    }
    COMM_MUST(ald_buf_pushf(out, " %s=", name) == 0);
    if (ald_str_present(address->hub)) {
        comm_print(out, address->hub);
        comm_print(out, ALD_STR(":"));
    }
    comm_print(out, ald_str_present(address->target) ? address->target : ALD_STR("-"));
    if (ald_str_present(address->channel)) {
        comm_print(out, ALD_STR("#"));
        comm_print(out, address->channel);
    }
    comm_print(out, ald_str(scopes[address->scope]));
}

static inline void comm_print_msg(struct ald_buf *out, const struct ald_msg *msg)
{
    comm_print_str(out, "name", msg->name);
    comm_print_str(out, "wire", msg->wire_id);
    comm_print_address(out, "to", &msg->to);
    comm_print_address(out, "claim", &msg->from);
    comm_print_flag(out, "idempotent", (msg->flags & ALD_MSG_IDEMPOTENT) != 0);
    comm_print_flag(out, "hold", (msg->flags & ALD_MSG_HOLD) != 0);
    comm_print_flag(out, "report", (msg->flags & ALD_MSG_REPORT) != 0);
    comm_print_flag(out, "tell_away", (msg->flags & ALD_MSG_TELL_AWAY) != 0);
    comm_print_flag(out, "everyone", (msg->flags & ALD_MSG_EVERYONE) != 0);
    if (msg->ttl != ALD_NEVER) {
        comm_print_number(out, "ttl_ms", msg->ttl / ALD_MSEC);
    }
    if (msg->mode != ALD_MODE_ANY) {
        comm_print_str(out, "mode", ald_str(ald_mode_name((enum ald_mode)msg->mode)));
    }
    comm_print_str(out, "code", msg->code);
    comm_print_slice(out, "payload", msg->payload);
    comm_print_slice(out, "native", msg->native);
    comm_print_slice(out, "details", msg->details);
    comm_print_slice(out, "roster", msg->roster);
}

static inline void comm_print_greeting(struct ald_buf *out, const struct ald_greeting *greeting)
{
    comm_print_number(out, "peering", greeting->peering);
    comm_print_str(out, "hub", greeting->hub);
    comm_print_str(out, "address", greeting->address);
    comm_print_str(out, "services", greeting->services);
    comm_print_str(out, "heard_of", greeting->heard_of);
    comm_print_str(out, "neighbors", greeting->neighbors);
    comm_print_str(out, "username", greeting->username);
    comm_print_str(out, "password", greeting->password);
}

static inline void comm_print_travel(struct ald_buf *out, const struct ald_travel *travel)
{
    comm_print_str(out, "via", travel->hub);
    comm_print_str(out, "id", travel->id);
    comm_print_str(out, "informed", travel->informed);
    comm_print_number(out, "hops", travel->hops);
    comm_print_number(out, "until", travel->until / ALD_SEC);
}

static inline void comm_print_news(struct ald_buf *out, const struct ald_news *news)
{
    comm_print_str(out, "topic", ald_str(ald_topic_name((enum ald_topic)news->topic)));
    comm_print_number(out, "state", news->state);
    comm_print_number(out, "number", news->number);
    comm_print_str(out, "name", news->name);
    comm_print_str(out, "hub", news->hub);
    comm_print_str(out, "detail", news->detail);
    comm_print_number(out, "load_percent", (uint64_t)(news->load * 100 + 0.5));
    comm_print_number(out, "since", news->since / ALD_SEC);
    comm_print_number(out, "until", news->until / ALD_SEC);
}

static const struct {
    uint32_t bit;
    const char *name;
} comm_traits[] = {
    {ALD_CAN_HEALTH, "health"}, {ALD_CAN_PRIMARY, "primary"}, {ALD_CAN_CONFIRM_PRIMARY, "confirm"},
    {ALD_CAN_LEAVE, "leave"},   {ALD_CAN_NEWS, "news"},       {ALD_CAN_REPORT, "report"},
};

static inline void comm_print_traits(struct ald_buf *out, uint32_t traits)
{
    for (size_t i = 0; i < ALD_COUNT(comm_traits); i++) {
        comm_print_flag(out, comm_traits[i].name, (traits & comm_traits[i].bit) != 0);
    }
}

static inline void comm_print_outcome(struct ald_buf *out, const struct ald_signal *signal)
{
    if (signal->outcome != 0) {
        comm_print_str(out, "outcome", ald_str(ald_outcome_name((enum ald_outcome)signal->outcome)));
    }
    if (signal->cause != 0) {
        comm_print_str(out, "cause", ald_str(ald_cause_word((enum ald_cause)signal->cause)));
    }
    comm_print_number(out, "phase", signal->phase);
}

/* What belongs to one kind or another. */
static inline void comm_print_kind(struct ald_buf *out, const struct ald_signal *signal)
{
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTER:
    case ALD_SIGNAL_TRAITS:
        comm_print_traits(out, signal->traits);
        break;
    case ALD_SIGNAL_ASK:
        comm_print_str(out, "topic", ald_str(ald_topic_name((enum ald_topic)signal->topic)));
        break;
    case ALD_SIGNAL_OPERATE:
        COMM_MUST(ald_buf_pushf(out, " operation=%u", (unsigned)signal->operation) == 0);
        break;
    default:
        break;
    }
    if ((signal->kind == ALD_SIGNAL_REGISTER || signal->kind == ALD_SIGNAL_REGISTERED) && signal->greeting != NULL) {
        comm_print_greeting(out, signal->greeting);
    }
    if (signal->kind == ALD_SIGNAL_NEWS && signal->news != NULL) {
        comm_print_news(out, signal->news);
    }
}

static inline void comm_print_signal(struct ald_buf *out, const struct ald_signal *signal)
{
    comm_print(out, ald_str(ald_signal_name((enum ald_signal_kind)signal->kind)));
    comm_print_number(out, "N", signal->id.low & ((UINT64_C(1) << 62) - 1));
    comm_print_str(out, "target", signal->target);
    comm_print_str(out, "from", signal->from);
    comm_print_outcome(out, signal);
    comm_print_kind(out, signal);
    comm_print_flag(out, "ok", signal->ok);
    comm_print_flag(out, "healthy", signal->healthy);
    comm_print_flag(out, "primary", signal->primary);
    comm_print_number(out, "term", signal->term);
    comm_print_flag(out, "reconnect", signal->reconnect);
    comm_print_number(out, "code", signal->code);
    comm_print_str(out, "text", signal->text);
    if (signal->msg != NULL) {
        comm_print_msg(out, signal->msg);
    }
    if ((signal->kind == ALD_SIGNAL_EVENT || signal->kind == ALD_SIGNAL_COMMAND) && signal->travel != NULL) {
        comm_print_travel(out, signal->travel);
    }
    comm_print(out, ALD_STR("\n"));
}

/* --- driving an end --------------------------------------------------------------------------------------------- */

/* The next signal, or false. The caller clears it. */
static inline bool comm_next(struct comm_end *end, struct ald_signal *ret_signal)
{
    int r = ald_dialect_next(end->dialect, ret_signal);

    COMM_MUST(r == 0 || r == ALD_DIALECT_EMPTY);
    return r == 0;
}

/* All signals, as text. */
static inline void comm_hear(struct comm_end *end)
{
    struct ald_signal signal;

    while (comm_next(end, &signal)) {
        comm_print_signal(&end->heard, &signal);
        ald_signal_clear(&signal);
    }
    comm_drain(end);
}

static inline void comm_feed_only(struct comm_world *world, struct comm_end *end, struct ald_str bytes)
{
    struct ald_slice chunk = ALD_SLICE_NONE;

    COMM_MUST(ald_slice_copy(bytes, &chunk) == 0);
    COMM_MUST(ald_dialect_feed(end->dialect, world->now, ALD_FRAME_BYTES, chunk) == 0);
    ald_slice_clear(&chunk);
}

static inline void comm_feed(struct comm_world *world, struct comm_end *end, struct ald_str bytes)
{
    comm_feed_only(world, end, bytes);
    comm_hear(end);
}

/* Give `signal`, which is cleared. */
static inline void comm_emit(struct comm_world *world, struct comm_end *end, struct ald_signal *signal)
{
    signal->ordinal = ++end->ordinal;
    COMM_MUST(ald_dialect_emit(end->dialect, world->now, signal) == 0);
    comm_drain(end);
    comm_hear(end);
    ald_signal_clear(signal);
}

/* --- signals to give -------------------------------------------------------------------------------------------- */

static inline void comm_registered(struct comm_world *world, struct comm_end *end, const char *target)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTERED);

    signal.target = ald_str(target);
    comm_emit(world, end, &signal);
}

static inline void comm_denied(struct comm_world *world, struct comm_end *end, enum ald_cause cause, const char *text)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_DENIED);

    signal.cause = (uint8_t)cause;
    signal.text = ald_str(text);
    comm_emit(world, end, &signal);
}

static inline void comm_news(struct comm_world *world, struct comm_end *end, const struct ald_news *news, bool ok)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);

    COMM_MUST(ald_news_new(news, &signal.news) == 0);
    signal.topic = news->topic;
    signal.ok = ok;
    comm_emit(world, end, &signal);
}

/* An open message. */
static inline struct ald_msg *comm_msg(struct comm_world *world, enum ald_kind kind, const char *name,
                                       const char *target)
{
    struct ald_msg *msg = NULL;

    COMM_MUST(ald_msg_new(world->messages, kind, &msg) == 0);
    COMM_MUST(ald_msg_set(msg, &msg->name, ald_str(name)) == 0);
    COMM_MUST(ald_msg_set(msg, &msg->to.target, ald_str(target)) == 0);
    return msg;
}

static inline void comm_payload(struct ald_msg *msg, const char *json)
{
    COMM_MUST(ald_slice_copy(ald_str(json), &msg->payload) == 0);
}
