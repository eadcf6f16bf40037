#pragma once

/*
 * A talk with dialect link, written down: one line for each signal and frame that comes out. For vectors and the fuzz target.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "msg/catalog.h"
#include "wire/link/link_impl.h"

#define TALK_MUST(fact)                                                                                                \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact);                                         \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

enum { TALK_MESSAGE_MAX = 1 << 20 };

struct talk {
    struct ald_dialect *dialect;
    struct ald_msg_pool *messages;
    struct ald_identity identity;
    struct ald_lexicon lexicon;
    uint64_t counters[ALD_LINK_N_COUNTERS];
    struct ald_buf said;
    size_t n_signals, n_frames; /* since the last talk_hush() */
    bool reads_back;            /* what goes out must be a frame of generation B */
    ald_usec now;
    uint64_t acked; /* by the latest ACKED */
    char ping[126]; /* what the latest ping said */
    size_t ping_size;
};

/* --- writing down --------------------------------------------------------------------------------------------------- */

static inline void talk_put(struct talk *talk, const char *name, struct ald_str value)
{
    if (ald_str_present(value)) {
        TALK_MUST(ald_buf_pushf(&talk->said, " %s=%.*s", name, ALD_STR_ARG(value)) == 0);
    }
}

static inline void talk_put_number(struct talk *talk, const char *name, uint64_t value)
{
    if (value != 0) {
        TALK_MUST(ald_buf_pushf(&talk->said, " %s=%" PRIu64, name, value) == 0);
    }
}

static inline void talk_put_msg(struct talk *talk, const struct ald_msg *msg)
{
    static const char *const kinds[] = {"", "hosts", "instances", "controls"};

    talk_put(talk, "wire", msg->wire_id);
    talk_put(talk, "name", msg->name);
    talk_put(talk, "to", msg->to.target);
    if (msg->to.scope != ALD_SCOPE_ONE) {
        talk_put(talk, "all", ald_str(kinds[msg->to_kind]));
    }
    if (msg->mode != ALD_MODE_ANY) {
        talk_put(talk, "mode", ald_str(ald_mode_name((enum ald_mode)msg->mode)));
    }
    talk_put(talk, "to.hub", msg->to.hub);
    talk_put(talk, "to.channel", msg->to.channel);
    if (msg->kind == ALD_COMMAND) {
        talk_put_number(talk, "flags", msg->flags & ~(uint32_t)ALD_MSG_WHILE_SERVED);
    }
    talk_put(talk, "collapse", msg->collapse);
    talk_put(talk, "version", msg->version);
    talk_put(talk, "filters", msg->filters);
    talk_put(talk, "roster", ald_slice_str(msg->roster));
    talk_put(talk, "code", msg->code);
    talk_put(talk, "says", msg->text);
    talk_put(talk, "payload", ald_slice_str(msg->payload));
    talk_put(talk, "native", ald_slice_str(msg->native));
}

static inline void talk_put_signal(struct talk *talk, const struct ald_signal *signal)
{
    TALK_MUST(ald_buf_pushf(&talk->said, "signal %s", ald_signal_name((enum ald_signal_kind)signal->kind)) == 0);
    talk_put_number(talk, "party", signal->party);
    talk_put_number(talk, "serial", signal->serial);
    talk_put_number(talk, "id", signal->id.low);
    talk_put_number(talk, "answers", signal->kind == ALD_SIGNAL_REPLY ? signal->answers : 0);
    talk_put_number(talk, "code", signal->code);
    talk_put(talk, "target", signal->target);
    if (signal->kind == ALD_SIGNAL_REGISTER) {
        talk_put_number(talk, "kind", signal->party_kind);
        talk_put_number(talk, "taken", signal->taken);
        talk_put(talk, "token", signal->greeting != NULL ? signal->greeting->token : ALD_STR_NONE);
    }
    if (signal->kind == ALD_SIGNAL_SUBSCRIBE) {
        talk_put_number(talk, "action", signal->subscription->action);
        talk_put(talk, "event", signal->subscription->name);
        talk_put(talk, "filters", signal->subscription->filters);
        talk_put_number(talk, "since", signal->subscription->since);
    }
    talk_put(talk, "outcome",
             signal->outcome != 0 ? ald_str(ald_outcome_name((enum ald_outcome)signal->outcome)) : ALD_STR_NONE);
    talk_put(talk, "cause", signal->cause != 0 ? ald_str(ald_cause_word((enum ald_cause)signal->cause)) : ALD_STR_NONE);
    talk_put(talk, "ok", signal->ok ? ALD_STR("yes") : ALD_STR_NONE);
    talk_put(talk, "text", signal->text);
    if (signal->kind == ALD_SIGNAL_REGISTERED) {
        talk_put(talk, "channel", signal->channel);
        talk_put_number(talk, "ttl", signal->ttl / ALD_SEC);
    }
    if (signal->msg != NULL) {
        talk_put_msg(talk, signal->msg);
    }
    if (signal->kind == ALD_SIGNAL_COMMAND && (signal->msg->flags & ALD_MSG_WHILE_SERVED) == 0) {
        talk_put(talk, "waits", ALD_STR("yes"));
    }
    if (signal->request != NULL) {
        TALK_MUST(ald_buf_pushf(&talk->said, " of") == 0);
        talk_put_msg(talk, signal->request);
    }
    TALK_MUST(ald_buf_push_byte(&talk->said, '\n') == 0);
}

static inline void talk_drain(struct talk *talk)
{
    struct ald_frame frame;

    while (ald_dialect_drain(talk->dialect, &frame) == 0) {
        struct ald_link_frame again;
        size_t at;

        talk->n_frames++;
        TALK_MUST(ald_buf_push(&talk->said, frame.kind == ALD_FRAME_PING ? ALD_STR("ping ") : ALD_STR("out ")) == 0);
        at = ald_buf_size(&talk->said);
        for (uint8_t i = 0; i < frame.n_parts; i++) {
            TALK_MUST(ald_buf_push(&talk->said, ald_slice_str(frame.parts[i])) == 0);
        }
        if (frame.kind == ALD_FRAME_PING) {
            talk->ping_size = ald_buf_size(&talk->said) - at;
            TALK_MUST(frame.n_parts <= 1 && talk->ping_size < sizeof(talk->ping));
            memcpy(talk->ping, ald_buf_str(&talk->said).data + at, talk->ping_size);
        }
        TALK_MUST(!talk->reads_back || frame.kind == ALD_FRAME_PING ||
                  ald_link_frame_read(ald_str_from(ald_buf_str(&talk->said), at), &again, NULL) == 0);
        TALK_MUST(ald_buf_push_byte(&talk->said, '\n') == 0);
    }
}

/* What came of it: signals, then frames. */
static inline void talk_collect(struct talk *talk)
{
    struct ald_signal signal;
    int r;

    while ((r = ald_dialect_next(talk->dialect, &signal)) == 0) {
        talk->n_signals++;
        talk->acked = signal.kind == ALD_SIGNAL_ACKED ? signal.serial : talk->acked;
        talk_put_signal(talk, &signal);
        ald_signal_clear(&signal);
    }
    TALK_MUST(r == ALD_DIALECT_EMPTY);
    talk_drain(talk);
}

/* What was said since the last talk_hush(). Each line ends with a newline, but a caller takes them apart by those. */
static inline struct ald_str talk_said(const struct talk *talk)
{
    return ald_buf_str(&talk->said);
}

static inline void talk_hush(struct talk *talk)
{
    ald_buf_cut(&talk->said, 0);
    talk->n_signals = talk->n_frames = 0;
}

/* --- talking -------------------------------------------------------------------------------------------------------- */

static inline void talk_feed_as(struct talk *talk, enum ald_frame_kind kind, struct ald_str bytes)
{
    struct ald_slice slice;

    TALK_MUST(ald_slice_copy(bytes, &slice) == 0);
    TALK_MUST(ald_dialect_feed(talk->dialect, talk->now, kind, slice) == 0);
    talk_collect(talk);
    ald_slice_clear(&slice);
}

static inline void talk_feed(struct talk *talk, struct ald_str bytes)
{
    talk_feed_as(talk, ALD_FRAME_TEXT, bytes);
}

static inline void talk_give(struct talk *talk, struct ald_signal *signal)
{
    TALK_MUST(ald_dialect_emit(talk->dialect, talk->now, signal) == 0);
    talk_collect(talk);
    ald_signal_clear(signal);
}

static inline struct ald_str talk_word(struct ald_str *line, char separator)
{
    struct ald_str part = ald_str_of(line->data, ald_str_find(*line, ald_str_of(&separator, 1)));

    *line = ald_str_from(*line, ALD_MIN(part.size + 1, line->size));
    return part;
}

static inline struct ald_msg *talk_msg(struct talk *talk, struct ald_msg **msg, enum ald_kind kind)
{
    if (*msg == NULL) {
        TALK_MUST(ald_msg_new(talk->messages, kind, msg) == 0);
    }
    return *msg;
}

/* One NAME=VALUE of a signal to be given; those of its `request` begin with `of.`. In values `+` stands for a blank. */
static inline bool talk_value(struct talk *talk, struct ald_signal *signal, struct ald_str name, struct ald_str value)
{
    bool of_request = ald_str_starts(name, ALD_STR("of."));
    enum ald_kind kind = of_request || signal->kind == ALD_SIGNAL_COMMAND ? ALD_COMMAND
                         : signal->kind == ALD_SIGNAL_EVENT               ? ALD_EVENT
                                                                          : ALD_REPLY;
    uint64_t number = 0;
    bool is_number = ald_str_u64(value, &number) == 0;
    struct ald_msg *msg;

    static const struct {
        const char *name;
        size_t at;
    } texts[] = {{"target", offsetof(struct ald_signal, target)},       {"text", offsetof(struct ald_signal, text)},
                 {"principal", offsetof(struct ald_signal, principal)}, {"rights", offsetof(struct ald_signal, rights)},
                 {"channel", offsetof(struct ald_signal, channel)},     {"from", offsetof(struct ald_signal, from)}};
    static const struct {
        const char *name;
        size_t at;
    } fields[] = {{"wire", offsetof(struct ald_msg, wire_id)},
                  {"name", offsetof(struct ald_msg, name)},
                  {"to", offsetof(struct ald_msg, to.target)},
                  {"to.hub", offsetof(struct ald_msg, to.hub)},
                  {"to.channel", offsetof(struct ald_msg, to.channel)},
                  {"collapse", offsetof(struct ald_msg, collapse)},
                  {"version", offsetof(struct ald_msg, version)},
                  {"code", offsetof(struct ald_msg, code)},
                  {"says", offsetof(struct ald_msg, text)}};

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        if (ald_str_equal(name, ald_str(texts[i].name))) {
            *(struct ald_str *)(void *)((char *)signal + texts[i].at) = value;
            return true;
        }
    }
    if (ald_str_equal(name, ALD_STR("serial"))) {
        signal->serial = number;
    } else if (ald_str_equal(name, ALD_STR("session"))) {
        signal->session = number;
    } else if (ald_str_equal(name, ALD_STR("party"))) {
        signal->party = (uint32_t)number;
    } else if (ald_str_equal(name, ALD_STR("ttl"))) {
        signal->ttl = number * ALD_SEC;
    } else if (ald_str_equal(name, ALD_STR("id"))) {
        signal->id = ald_id_make(7, number);
    } else if (ald_str_equal(name, ALD_STR("outcome"))) {
        signal->outcome = (uint8_t)ald_outcome_find(value);
    } else if (ald_str_equal(name, ALD_STR("cause"))) {
        signal->cause = (uint8_t)ald_cause_find(value);
    } else if (ald_str_equal(name, ALD_STR("renamed"))) {
        signal->renamed = true;
    } else if (ald_str_equal(name, ALD_STR("ok"))) {
        signal->ok = true;
    } else if (ald_str_equal(name, ALD_STR("gap"))) {
        TALK_MUST(ald_str_u64(value, &signal->gap) == 0);
    } else {
        msg = talk_msg(talk, of_request ? &signal->request : &signal->msg, kind);
        name = of_request ? ald_str_from(name, 3) : name;
        for (size_t i = 0; i < ALD_COUNT(fields); i++) {
            if (ald_str_equal(name, ald_str(fields[i].name))) {
                return ald_msg_set(msg, (struct ald_str *)(void *)((char *)msg + fields[i].at), value) == 0;
            }
        }
        if (ald_str_equal(name, ALD_STR("payload"))) {
            TALK_MUST(ald_slice_copy(value, &msg->payload) == 0);
        } else if (ald_str_equal(name, ALD_STR("roster"))) {
            TALK_MUST(ald_slice_copy(value, &msg->roster) == 0);
        } else if (ald_str_equal(name, ALD_STR("mode"))) {
            msg->mode = (uint8_t)ald_mode_find(value);
        } else if (ald_str_equal(name, ALD_STR("flags"))) {
            msg->flags = (uint32_t)number;
        } else if (ald_str_equal(name, ALD_STR("native"))) {
            TALK_MUST(ald_slice_copy(value, &msg->native) == 0);
            msg->native_of = &ald_link;
        } else if (ald_str_equal(name, ALD_STR("link"))) {
            msg->native_of = &ald_link;
        } else if (ald_str_equal(name, ALD_STR("all")) && is_number) {
            msg->to.scope = ALD_SCOPE_HERE;
            msg->to_kind = (uint8_t)number;
        } else {
            return false;
        }
    }
    return true;
}

static inline bool talk_tell(struct talk *talk, struct ald_str line)
{
    struct ald_str word = talk_word(&line, ' ');
    struct ald_signal signal;
    char room[4096];
    int kind = 0;

    while (kind < ALD_N_SIGNALS && !ald_str_equal(word, ald_str(ald_signal_name((enum ald_signal_kind)kind)))) {
        kind++;
    }
    if (kind == ALD_N_SIGNALS || line.size > sizeof(room)) {
        return false;
    }
    signal = ald_signal_of((enum ald_signal_kind)kind);
    for (size_t at = 0; line.size > 0;) {
        struct ald_str value = talk_word(&line, ' ');
        struct ald_str name = talk_word(&value, '=');

        for (size_t i = 0; i < value.size; i++) {
            room[at + i] = value.data[i] == '+' ? ' ' : value.data[i];
        }
        if (!talk_value(talk, &signal, name, ald_str_of(room + at, value.size))) {
            return false;
        }
        at += value.size;
    }
    if (signal.msg != NULL) {
        signal.msg->outcome = signal.outcome;
        signal.msg->cause = signal.cause;
        ald_msg_seal(signal.msg);
    }
    if (signal.request != NULL) {
        ald_msg_seal(signal.request);
    }
    talk_give(talk, &signal);
    return true;
}

static inline uint64_t talk_count(const struct talk *talk, struct ald_str name)
{
    for (size_t i = 0; i < ald_link.n_counters; i++) {
        if (ald_str_equal(ald_str(ald_link.counter_names[i]), name)) {
            return talk->counters[i];
        }
    }
    return 0;
}

/* --- beginning and end ---------------------------------------------------------------------------------------------- */

static inline void talk_greet(struct talk *talk, const char *frame, const char *verdict)
{
    talk_feed(talk, ald_str(frame));
    TALK_MUST(talk_tell(talk, ald_str(verdict)));
}

/* What the hub knows: two requests and an event for instances, an event for the hub alone, and one for everybody. */
static inline unsigned talk_places(const struct ald_lexicon *lexicon ALD_UNUSED, struct ald_str name, bool is_event)
{
    static const struct {
        const char *name;
        bool is_event;
        unsigned places;
    } known[] = {
        {"start_instance", false, ALD_PLACE_INSTANCE},
        {"foo:get", false, ALD_PLACE_CONTROLLER | ALD_PLACE_INSTANCE},
        {"banlist_update", true, ALD_PLACE_INSTANCE},
        {"player_event", true, ALD_PLACE_CONTROLLER},
        {"anything", true, ALD_PLACE_ANY},
    };

    for (size_t i = 0; i < ALD_COUNT(known); i++) {
        if (known[i].is_event == is_event && ald_str_equal(ald_str(known[i].name), name)) {
            return known[i].places;
        }
    }
    return 0;
}

/* `at`: see link.c. */
static inline void talk_open(struct talk *talk, struct ald_str at)
{
    static const struct ald_dialect_options options = {
        .heartbeat_interval = 15 * ALD_SEC, .session_timeout = 60 * ALD_SEC, .link_message_max = TALK_MESSAGE_MAX};
    bool is_party = ald_str_equal(at, ALD_STR("party")) || ald_str_equal(at, ALD_STR("asking"));
    struct ald_dialect_facts facts = {.role = is_party ? ALD_ROLE_PARTY : ALD_ROLE_HUB, .options = &options, .seed = 3};

    *talk = (struct talk){.now = 1000 * ALD_SEC};
    talk->identity.link_alias = ALD_STR("lamp=host 100, deck lights = instance 70");
    TALK_MUST(ald_msg_pool_new(4, &talk->messages) == 0);
    ald_buf_init(&talk->said, 64 * TALK_MESSAGE_MAX);
    facts.messages = talk->messages;
    facts.counters = talk->counters;
    facts.identity = &talk->identity;
    talk->lexicon.places = talk_places;
    facts.lexicon = &talk->lexicon;
    facts.now = talk->now;
    TALK_MUST(ald_link.open(&facts, &talk->dialect) == 0);
    talk_drain(talk);
    if (ald_str_equal(at, ALD_STR("host"))) {
        talk_greet(talk,
                   "{\"type\":\"registerHost\",\"data\":{\"token\":\"t\",\"version\":\"1\",\"id\":4,\"plugins\":{}}}",
                   "registered target=4 session=1 ttl=60");
    } else if (ald_str_equal(at, ALD_STR("control"))) {
        talk_greet(talk, "{\"type\":\"registerControl\",\"data\":{\"token\":\"t\",\"version\":\"1\"}}",
                   "registered target=control-1 session=1 ttl=60");
    } else if (ald_str_equal(at, ALD_STR("slave"))) {
        talk_greet(talk,
                   "{\"seq\":null,\"type\":\"register_slave\",\"data\":{\"token\":\"t\",\"agent\":\"Clusterio Slave\","
                   "\"version\":\"1\",\"name\":\"Foo\",\"id\":4,\"plugins\":{}}}",
                   "registered target=4 session=1 ttl=60");
    } else if (ald_str_equal(at, ALD_STR("clusterioctl"))) {
        talk_greet(talk,
                   "{\"seq\":null,\"type\":\"register_control\",\"data\":{\"token\":\"t\",\"agent\":\"clusterioctl\","
                   "\"version\":\"1\"}}",
                   "registered target=control-1 session=1 ttl=60");
    } else if (ald_str_equal(at, ALD_STR("party"))) {
        talk_greet(talk, "{\"type\":\"hello\",\"data\":{\"version\":\"1\",\"plugins\":{}}}", "register text=t");
        talk_feed(talk,
                  ALD_STR("{\"type\":\"ready\",\"data\":{\"src\":[3,1],\"sessionToken\":\"s\",\"sessionTimeout\":5,"
                          "\"heartbeatInterval\":1}}"));
    }
    talk_hush(talk);
    memset(talk->counters, 0, sizeof(talk->counters));
}

static inline void talk_close(struct talk *talk)
{
    if (talk->dialect == NULL) {
        return;
    }
    talk->dialect = ald_dialect_free(talk->dialect);
    ald_buf_fini(&talk->said);
    talk->messages = ald_msg_pool_free(talk->messages);
}
