#pragma once

/*
 * A hub's end and a party's end of dialect exchange, in memory: what unit tests, vectors and the fuzzer drive. With
 * PAIR_LINK the party is another hub, which calls: "deck", and the hub is "bridge".
 *
 * Every message is fed as a block of its own size that is gone when feed() returns, so that a view that outlives it is
 * seen. Signals are printed as one line of text, and mirrored: turned into what the other end must be given to say the
 * same again.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/exchange/exchange.h"

enum { PAIR_MESSAGE_MAX = 1 << 20 };

/* A variant of the pair alone. */
enum { PAIR_LINK = 256 };

static const struct ald_identity pair_bridge = {.hub = {"bridge", 6}, .boot = UINT64_C(0x8d0c2b7a1e5f4630)};
static const struct ald_identity pair_deck = {
    .hub = {"deck", 4}, .boot = UINT64_C(0x4f6c0d1e2a3b4c5d), .address = {"10.0.0.1:4042", 13}};

static const struct ald_dialect_options pair_options = {
    .hello_timeout = 10 * ALD_SEC,
    .reply_timeout = 60 * ALD_SEC,
    .ping_interval = 5 * ALD_SEC,
    .pong_timeout = 15 * ALD_SEC,
    .message_max = PAIR_MESSAGE_MAX,
};

struct pair_end {
    struct ald_dialect *dialect;
    uint64_t counters[ALD_EXCHANGE_N_COUNTERS];
};

struct pair {
    struct ald_msg_pool *messages;
    struct ald_spare spare; /* of both ends */
    ald_usec now;
    struct pair_end hub, party;
};

static inline void pair_must(bool fact, const char *what)
{
    if (!fact) {
        fprintf(stderr, "pair: not true: %s\n", what);
        abort();
    }
}
#define PAIR_MUST(fact) pair_must((fact), #fact)

static inline void pair_end_open(struct pair *pair, struct pair_end *end, enum ald_role role, uint32_t variant,
                                 const struct ald_dialect_options *options)
{
    bool is_link = (variant & PAIR_LINK) != 0, calls = is_link && role == ALD_ROLE_PARTY;
    const struct ald_dialect_facts facts = {
        .role = is_link ? ALD_ROLE_HUB : role,
        .options = options,
        .messages = pair->messages,
        .counters = end->counters,
        .spare = &pair->spare,
        .seed = role == ALD_ROLE_HUB ? 0x1111111111111111 : 0x2222222222222222,
        .now = pair->now,
        .identity = !is_link ? NULL
                    : calls  ? &pair_deck
                             : &pair_bridge,
        .variant = (variant & ~(uint32_t)PAIR_LINK) | (calls ? (uint32_t)ALD_EXCHANGE_HUB : 0),
    };

    PAIR_MUST(ald_exchange.open(&facts, &end->dialect) == 0);
}

static inline void pair_open_with(struct pair *pair, uint32_t variant, const struct ald_dialect_options *options)
{
    *pair = (struct pair){.now = 1000 * ALD_SEC};
    PAIR_MUST(ald_msg_pool_new(16, &pair->messages) == 0);
    pair_end_open(pair, &pair->hub, ALD_ROLE_HUB, variant, options);
    pair_end_open(pair, &pair->party, ALD_ROLE_PARTY, variant, options);
}

static inline void pair_open(struct pair *pair, uint32_t variant)
{
    pair_open_with(pair, variant, &pair_options);
}

static inline void pair_close(struct pair *pair)
{
    pair->hub.dialect = ald_dialect_free(pair->hub.dialect);
    pair->party.dialect = ald_dialect_free(pair->party.dialect);
    ald_spare_fini(&pair->spare);
    PAIR_MUST(ald_msg_pool_live(pair->messages) == 0);
    pair->messages = ald_msg_pool_free(pair->messages);
}

/* --- one end ---------------------------------------------------------------------------------------------------- */

static inline void pair_feed_kind(struct pair *pair, struct pair_end *end, enum ald_frame_kind kind,
                                  struct ald_str message)
{
    struct ald_slice bytes = ALD_SLICE_NONE;

    PAIR_MUST(ald_slice_copy(message, &bytes) == 0);
    PAIR_MUST(ald_dialect_feed(end->dialect, pair->now, kind, bytes) == 0);
    ald_slice_clear(&bytes);
}

static inline void pair_feed(struct pair *pair, struct pair_end *end, struct ald_str message)
{
    pair_feed_kind(pair, end, ALD_FRAME_BINARY, message);
}

/* The next signal, or false. The caller clears it. */
static inline bool pair_next(struct pair_end *end, struct ald_signal *ret_signal)
{
    return ald_dialect_next(end->dialect, ret_signal) == 0;
}

static inline void pair_emit(struct pair *pair, struct pair_end *end, const struct ald_signal *signal)
{
    PAIR_MUST(ald_dialect_emit(end->dialect, pair->now, signal) == 0);
}

/* Put the next frame together in `out`, in place of what is there; false when there is none. */
static inline bool pair_drain(struct pair_end *end, struct ald_buf *out, struct ald_frame *ret_frame)
{
    if (ald_dialect_drain(end->dialect, ret_frame) != 0) {
        return false;
    }
    ald_buf_cut(out, 0);
    PAIR_MUST(ret_frame->n_parts <= ALD_FRAME_PARTS);
    for (size_t i = 0; i < ret_frame->n_parts; i++) {
        PAIR_MUST(ald_buf_push(out, ald_slice_str(ret_frame->parts[i])) == 0);
    }
    return true;
}

/* Give every frame of `from` to `to`; returns how many. Pings arrive, and are no messages. */
static inline size_t pair_carry(struct pair *pair, struct pair_end *from, struct pair_end *to)
{
    struct ald_frame frame;
    struct ald_buf bytes;
    size_t n = 0;

    ald_buf_init(&bytes, 16 * PAIR_MESSAGE_MAX);
    while (pair_drain(from, &bytes, &frame)) {
        pair_feed_kind(pair, to, (enum ald_frame_kind)frame.kind, ald_buf_str(&bytes));
        n++;
    }
    ald_buf_fini(&bytes);
    return n;
}

/* Say `signal` on `from` and hear what arrives at `to`: it must be one frame and one signal. */
static inline struct ald_signal pair_say(struct pair *pair, struct pair_end *from, struct pair_end *to,
                                         const struct ald_signal *signal)
{
    struct ald_signal heard = {0};

    pair_emit(pair, from, signal);
    PAIR_MUST(pair_carry(pair, from, to) == 1);
    PAIR_MUST(pair_next(to, &heard));
    return heard;
}

/* Two hubs: the one that calls said hello when it was opened. */
static inline void pair_greet_link(struct pair *pair)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_signal heard = {0};

    PAIR_MUST(pair_carry(pair, &pair->party, &pair->hub) == 1);
    PAIR_MUST(pair_next(&pair->hub, &heard) && heard.kind == ALD_SIGNAL_REGISTER);
    verdict.target = heard.target;
    heard = pair_say(pair, &pair->hub, &pair->party, &verdict);
    PAIR_MUST(heard.kind == ALD_SIGNAL_REGISTER);
    pair_emit(pair, &pair->party, &verdict);
}

/* Both shake hands: the party asks for "my-target" and gets it. */
static inline void pair_greet(struct pair *pair)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);
    struct ald_signal heard;

    hello.target = ALD_STR("my-target");
    heard = pair_say(pair, &pair->party, &pair->hub, &hello);
    PAIR_MUST(heard.kind == ALD_SIGNAL_REGISTER);
    verdict.target = ALD_STR("my-target");
    heard = pair_say(pair, &pair->hub, &pair->party, &verdict);
    PAIR_MUST(heard.kind == ALD_SIGNAL_REGISTERED);
}

/* --- a signal as text ------------------------------------------------------------------------------------------- */

static inline void pair_print_str(struct ald_buf *out, const char *name, struct ald_str value)
{
    if (ald_str_present(value)) {
        PAIR_MUST(ald_buf_pushf(out, " %s=", name) == 0);
        PAIR_MUST(ald_buf_push(out, value) == 0);
    }
}

static inline void pair_print_id(struct ald_buf *out, struct ald_id id)
{
    char text[ALD_ID_TEXT];

    if (!ald_id_equal(id, (struct ald_id){0})) {
        ald_id_format(id, text);
        pair_print_str(out, "id", ald_str_of(text, sizeof(text)));
    }
}

static inline void pair_print_address(struct ald_buf *out, const char *name, const struct ald_address *address)
{
    if (ald_str_present(address->target) || ald_str_present(address->channel) || address->scope != ALD_SCOPE_ONE) {
        PAIR_MUST(ald_buf_pushf(out, " %s=", name) == 0);
        PAIR_MUST(ald_address_format(address, out) == 0);
    }
}

static inline void pair_print_msg(struct ald_buf *out, const struct ald_msg *msg)
{
    pair_print_str(out, "wire", msg->wire_id);
    pair_print_str(out, "name", msg->name);
    pair_print_address(out, "to", &msg->to);
    pair_print_address(out, "from", &msg->from);
    if (msg->ttl != ALD_NEVER) {
        PAIR_MUST(ald_buf_pushf(out, " ttl_ms=%llu", (unsigned long long)(msg->ttl / ALD_MSEC)) == 0);
    }
    if (msg->mode != ALD_MODE_ANY) {
        pair_print_str(out, "mode", ald_str(ald_mode_name((enum ald_mode)msg->mode)));
    }
    if ((msg->flags & ALD_MSG_IDEMPOTENT) != 0) {
        PAIR_MUST(ald_buf_pushf(out, " idempotent") == 0);
    }
    if ((msg->flags & ALD_MSG_DURABLE) != 0) {
        PAIR_MUST(ald_buf_pushf(out, " durable") == 0);
    }
    pair_print_str(out, "collapse", msg->collapse);
    pair_print_str(out, "version", msg->version);
    pair_print_str(out, "trace", msg->trace);
    pair_print_str(out, "filters", msg->filters);
    pair_print_str(out, "code", msg->code);
    pair_print_str(out, "payload", ald_slice_str(msg->payload));
    pair_print_str(out, "details", ald_slice_str(msg->details));
    pair_print_str(out, "roster", ald_slice_str(msg->roster));
    if ((msg->flags & ALD_MSG_PROGRESS) != 0) {
        PAIR_MUST(ald_buf_pushf(out, " progress=%.17g/%.17g", msg->completed, msg->total) == 0);
    }
}

static inline void pair_print_traits(struct ald_buf *out, uint32_t traits)
{
    static const char *const names[] = {"health", "primary", "confirm", "cancel",
                                        "status", "outcome", "leave",   "resume"};

    PAIR_MUST(ald_buf_pushf(out, " traits") == 0);
    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        if ((traits >> i & 1) != 0) {
            PAIR_MUST(ald_buf_pushf(out, "+%s", names[i]) == 0);
        }
    }
}

static inline void pair_print_flag(struct ald_buf *out, const char *name, bool truth)
{
    PAIR_MUST(ald_buf_pushf(out, " %s%s", truth ? "" : "not-", name) == 0);
}

static inline void pair_print_greeting(struct ald_buf *out, const struct ald_greeting *greeting)
{
    if (greeting != NULL) {
        PAIR_MUST(ald_buf_pushf(out, "%s", greeting->dialled ? " dialled" : "") == 0);
        pair_print_str(out, "hub", greeting->hub);
        if (greeting->boot != 0) {
            PAIR_MUST(ald_buf_pushf(out, " boot=%016llx", (unsigned long long)greeting->boot) == 0);
        }
        pair_print_str(out, "address", greeting->address);
    }
}

/* What only hubs say to each other of a message. */
static inline void pair_print_travel(struct ald_buf *out, const struct ald_signal *signal)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {{ALD_MSG_HOLD, "hold"},
                 {ALD_MSG_REPORT, "report"},
                 {ALD_MSG_TELL_AWAY, "tell_away"},
                 {ALD_MSG_EVERYONE, "everyone"}};
    const struct ald_travel *travel = signal->travel;

    for (size_t i = 0; i < ALD_COUNT(flags); i++) {
        if ((signal->msg->flags & flags[i].flag) != 0) {
            PAIR_MUST(ald_buf_pushf(out, " %s", flags[i].name) == 0);
        }
    }
    if (travel != NULL) {
        pair_print_str(out, "origin", travel->hub);
        PAIR_MUST(ald_buf_pushf(out, " hops=%u", travel->hops) == 0);
        if (travel->daemons != 0) {
            PAIR_MUST(ald_buf_pushf(out, " daemons=%u", travel->daemons) == 0);
        }
        pair_print_str(out, "broadcast", travel->id);
        pair_print_str(out, "informed", travel->informed);
        if (travel->until != 0) {
            PAIR_MUST(ald_buf_pushf(out, " until=%llu", (unsigned long long)(travel->until / ALD_SEC)) == 0);
        }
    }
}

/* One line, put in place of what is in `out`. `reader` is whose next() gave the signal. */
static inline void pair_print(struct ald_buf *out, enum ald_role reader, const struct ald_signal *signal)
{
    bool answer = reader == ALD_ROLE_HUB;

    ald_buf_cut(out, 0);
    PAIR_MUST(ald_buf_pushf(out, "%s", ald_signal_name((enum ald_signal_kind)signal->kind)) == 0);
    pair_print_id(out, signal->id);
    pair_print_str(out, "target", signal->target);
    pair_print_str(out, "channel", signal->channel);
    if (signal->kind == ALD_SIGNAL_REGISTER) {
        pair_print_traits(out, signal->traits);
        pair_print_greeting(out, signal->greeting);
    }
    if (signal->kind == ALD_SIGNAL_HEALTH && answer) {
        pair_print_flag(out, "ok", signal->ok);
        pair_print_flag(out, "healthy", signal->healthy);
    }
    if (signal->kind == ALD_SIGNAL_PRIMARY) {
        pair_print_flag(out, "primary", signal->primary);
        if (signal->term != 0) {
            PAIR_MUST(ald_buf_pushf(out, " term=%llu", (unsigned long long)signal->term) == 0);
        }
        if (answer) {
            pair_print_flag(out, "ok", signal->ok);
        }
    }
    if (signal->kind == ALD_SIGNAL_LEAVE) {
        PAIR_MUST(ald_buf_pushf(out, "%s%s", signal->reconnect ? " reconnect" : "", signal->ok ? " heard" : "") == 0);
    }
    if (signal->kind == ALD_SIGNAL_REPLY) {
        pair_print_str(out, "outcome", ald_str(ald_outcome_name((enum ald_outcome)signal->outcome)));
    }
    if (signal->cause != ALD_CAUSE_NONE) {
        pair_print_str(out, "cause", ald_str(ald_cause_word((enum ald_cause)signal->cause)));
    }
    if (signal->kind == ALD_SIGNAL_STATUS || (signal->kind == ALD_SIGNAL_REPLY && signal->phase != 0)) {
        pair_print_str(out, "state", ald_str(ald_phase_name((enum ald_phase)signal->phase)));
    }
    if (signal->kind == ALD_SIGNAL_CLOSE) {
        PAIR_MUST(ald_buf_pushf(out, " %u", signal->code) == 0);
    }
    if (signal->text.size > 0 || signal->kind == ALD_SIGNAL_CLOSE) {
        pair_print_str(out, "text", signal->text);
    }
    if (signal->msg != NULL) {
        pair_print_msg(out, signal->msg);
    }
    if (signal->kind == ALD_SIGNAL_COMMAND || signal->kind == ALD_SIGNAL_EVENT) {
        pair_print_travel(out, signal);
    }
}

/* --- a signal said back ----------------------------------------------------------------------------------------- */

/*
 * What must be given to the other end's emit() so that `reader`'s end reads `read` again. `request` is the name of the
 * command that a reply answers (may be absent: that of the reply). The caller clears `ret_signal`. False: nobody can
 * say it.
 */
static inline bool pair_mirror(struct pair *pair, enum ald_role reader, const struct ald_signal *read,
                               struct ald_str request, struct ald_signal *ret_signal)
{
    struct ald_signal said = *read;
    bool answers = read->kind == ALD_SIGNAL_REPLY || read->kind == ALD_SIGNAL_STATUS;
    char id[ALD_ID_TEXT];

    said.msg = read->msg != NULL ? ald_msg_ref(read->msg) : NULL;
    said.request = NULL;
    said.ordinal = 7;
    if (answers) {
        ald_id_format(read->id, id);
        PAIR_MUST(ald_msg_new(pair->messages, ALD_COMMAND, &said.request) == 0);
        PAIR_MUST(ald_msg_set(said.request, &said.request->wire_id,
                              reader == ALD_ROLE_HUB ? ald_str_of(id, sizeof(id)) : read->msg->wire_id) == 0);
        PAIR_MUST(
            ald_msg_set(said.request, &said.request->name, ald_str_present(request) ? request : read->msg->name) == 0);
    }
    *ret_signal = said;
    return read->kind != ALD_SIGNAL_CLOSE;
}
