#pragma once

/*
 * Inside of the dialect: what its files share.
 *
 *     exchange.c    the ops: frames out, signals out, timers
 *     read.c        a frame, and a command in it, becomes a signal
 *     reply.c       a reply becomes a signal
 *     write.c       signals become frames
 *     writing.c     a frame while it is written
 *     answer.c      how a reply says an outcome
 *     hello.c       the handshake and the goodbye, both ends
 *     question.c    health and primary: asked in one frame, answered in another
 *     legacy.c      the legacy forms of handshake and goodbye
 *     extension.c   the members and frames of the extension
 *
 * Two bufs do all the work: `out` holds what stands around the payloads of the frames that wait for drain(); `text`
 * holds the strings of the last frame read that had to be decoded, which the views of its signals show.
 */

#include "base/sm.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"
#include "wire/exchange/exchange.h"
#include "wire/exchange/frame.h"
#include "wire/outbox.h"

enum ald_exchange_state {
    ALD_EXCHANGE_NEW,    /* no hello yet */
    ALD_EXCHANGE_ASKED,  /* hello was said, its answer not yet */
    ALD_EXCHANGE_READY,  /* the hello was answered well */
    ALD_EXCHANGE_CLOSED, /* a CLOSE was said: nothing more is read or written */
};

/* The framework's own types (exchange.md 3.2). X(NAME) */
#define ALD_EXCHANGE_TYPES(X)                                                                                          \
    X(HELLO)                                                                                                           \
    X(GOOD_BYE)                                                                                                        \
    X(HEALTH_CHECK)                                                                                                    \
    X(PRIMARY)                                                                                                         \
    X(UNKNOWN)                                                                                                         \
    X(NO_REPLY)                                                                                                        \
    X(IGNORED_REPLY)                                                                                                   \
    X(HELLO_COMMAND)                                                                                                   \
    X(HELLO_REPLY)                                                                                                     \
    X(GOODBYE_COMMAND)                                                                                                 \
    X(GOODBYE_REPLY)

enum ald_exchange_type {
#define ALD_X(name) ALD_EXCHANGE_TYPE_##name,
    ALD_EXCHANGE_TYPES(ALD_X)
#undef ALD_X
        ALD_EXCHANGE_TYPE_OTHER, /* the application's */
};

/* Signals that wait for next(): a goodbye and commands that came back. More are dropped, counted. */
enum { ALD_EXCHANGE_SAID_MAX = 4 };

/* What only a connection that is talking needs, see exchange_rest(). */
struct ald_exchange_work {
    struct ald_buf out;
    struct ald_buf text;
    struct ald_outbox outbox;
    struct ald_signal said[ALD_EXCHANGE_SAID_MAX];
    size_t n_said, next_said;
    char close_text[100];
    struct ald_greeting greeting; /* that the latest REGISTER shows */
    struct ald_travel travel;     /* and the latest message of a hub */
};

/*
 * Questions in the air: by a hub, commands of its own making (health, primary, goodbye) whose answers are no replies of
 * agents; for a party, those it has been asked, and its own goodbye. A hub that behaves has three at most; of a worse one the oldest is
 * forgotten, so that its answer is a stray reply.
 */
enum { ALD_EXCHANGE_QUESTIONS_MAX = 8 };

struct ald_exchange_question {
    struct ald_id id;
    struct ald_slice wire_id; /* for a party: how the hub wrote it */
    uint64_t term;
    uint8_t kind; /* enum ald_signal_kind */
    bool theirs;  /* the peer asked us */
    bool primary;
    bool reconnect;
};

struct ald_exchange_questions {
    size_t n;
    struct ald_exchange_question items[ALD_EXCHANGE_QUESTIONS_MAX]; /* oldest first */
};

struct ald_exchange {
    struct ald_dialect dialect;
    uint8_t state; /* enum ald_exchange_state */
    uint8_t role;  /* enum ald_role */
    uint8_t variant;
    bool hello_is_plain; /* legacy: the peer said HELLO and not HELLO_COMMAND */
    bool close_waits;    /* CLOSE is still to be given */
    bool ping_waits;     /* a ping is still to be given: needs no work */
    bool is_link;        /* the peer is a hub as well */
    uint16_t close_code;
    const char *close_text; /* lives for ever, or in work */
    struct ald_dialect_options options;
    struct ald_msg_pool *messages;
    uint64_t *counters;
    struct ald_spare *spare;             /* of work; NULL: it stays with us */
    const struct ald_identity *identity; /* of our hub; may be NULL */
    uint64_t seed;
    uint64_t n_ids;            /* ids made of `seed` */
    ald_usec hello_until;      /* ALD_NEVER: no deadline */
    ald_usec ping_at;          /* ALD_NEVER: no pings */
    ald_usec silent_from;      /* when the first ping was sent after which nothing came; ALD_NEVER: none */
    struct ald_slice hello_id; /* of the hello that waits for its answer */
    struct ald_slice target;   /* what was given */
    struct ald_exchange_questions *questions;
    struct ald_exchange_work *work;
};

static inline bool ald_exchange_is_v1(const struct ald_exchange *exchange)
{
    return (exchange->variant & ALD_EXCHANGE_V1) != 0;
}
static inline bool ald_exchange_is_extended(const struct ald_exchange *exchange)
{
    return (exchange->variant & ALD_EXCHANGE_EXTENDED) != 0;
}
static inline bool ald_exchange_is_hub(const struct ald_exchange *exchange)
{
    return exchange->role == ALD_ROLE_HUB;
}
/* The largest message that goes up to a hub, or down from it. */
static inline size_t ald_exchange_message_max(const struct ald_exchange *exchange, bool is_down)
{
    size_t room = (is_down && ald_exchange_is_extended(exchange)) || exchange->is_link ? ALD_EXCHANGE_HUB_ROOM : 0;

    return exchange->options.message_max + room;
}
static inline void ald_exchange_count(struct ald_exchange *exchange, int counter)
{
    exchange->counters[counter]++;
}

/* --- exchange.c --- */

/* The next id of our own making. */
struct ald_id ald_exchange_id(struct ald_exchange *exchange);
void ald_exchange_move(struct ald_exchange *exchange, enum ald_exchange_state state);
/* READY, and pings begin (exchange.md 2.11). */
void ald_exchange_ready(struct ald_exchange *exchange, ald_usec now);
/* Say CLOSE; the first one decides (exchange.md 2.12). `text` lives for ever or in work. */
void ald_exchange_close(struct ald_exchange *exchange, uint16_t code, const char *text);
/* Queue a signal for next() (takes its references, always). */
void ald_exchange_say(struct ald_exchange *exchange, const struct ald_signal *signal);
/* Queue a frame for drain() (takes the payload reference). */
void ald_exchange_push(struct ald_exchange *exchange, const struct ald_outbox_frame *frame);
enum ald_exchange_type ald_exchange_type_find(struct ald_str type);
struct ald_str ald_exchange_type_str(enum ald_exchange_type type);

/* --- read.c --- */

/* A message has come. `bytes` is borrowed. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_read(struct ald_exchange *exchange, ald_usec now, struct ald_slice bytes);

/* Outcome: the peer's JSON cannot be read as what it should be; whoever called has been told everything. */
enum { ALD_EXCHANGE_MALFORMED = 1 };

/* Find `fields` in the object `json`. Outcome: ALD_EXCHANGE_MALFORMED; `ret_fault` (a text that lives for ever) says
 * why. */
ALD_NODISCARD int ald_exchange_scan(struct ald_str json, struct ald_json_field *fields, size_t n_fields,
                                    const char **ret_fault);
/* The same, and make room for decoding the fields: see ald_exchange_reserve(). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_scan_texts(struct ald_exchange *exchange, struct ald_str json,
                                          struct ald_json_field *fields, size_t n_fields, const char **ret_fault);
/* Make room in work.text for decoding `fields`, so that views into it do not move meanwhile. It moves the views that
 * are there already. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_reserve(struct ald_exchange *exchange, const struct ald_json_field *fields,
                                       size_t n_fields);
/* The field as text, where that is not what stands in the message. */
struct ald_str ald_exchange_text_decoded(struct ald_exchange *exchange, const struct ald_json_value *value);
/* The field as text; absent for null, nothing, arrays and objects. Room was made by ald_exchange_reserve(). */
static inline struct ald_str ald_exchange_text(struct ald_exchange *exchange, struct ald_json_value value)
{
    /* Of a dozen members that are asked for, most are not there, and the others are plain strings. */
    if (value.type == ALD_JSON_NONE) {
        return ALD_STR_NONE;
    }
    return value.type == ALD_JSON_STRING && ald_json_is_plain(value) ? ald_json_inner(value)
                                                                     : ald_exchange_text_decoded(exchange, &value);
}
/* The views of a signal outlive the message they were found in: copy `str` into work.text, unless it is there
 * already. Moves what other views show. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_keep(struct ald_exchange *exchange, struct ald_str str, struct ald_str *ret_kept);
/* Gives a value of the message `bytes` as a slice of it; a copy where bytes had to be repaired. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_share(struct ald_exchange *exchange, struct ald_slice bytes, struct ald_json_value value,
                                     struct ald_slice *ret_slice);
/* The member that a malformed object most likely begins with, so that its sender can be answered; absent if there is
 * none. */
struct ald_str ald_exchange_recover(struct ald_str json, struct ald_str name);
/* Close 1007 and say what is wrong. */
void ald_exchange_malformed(struct ald_exchange *exchange, const char *fault);

/* --- reply.c --- */

ALD_NODISCARD int ald_exchange_read_reply(struct ald_exchange *exchange, ald_usec now, struct ald_slice bytes,
                                          struct ald_str json);

/* A reply as it was read. Views borrow the message or work.text. */
struct ald_exchange_reply {
    struct ald_str id, type, text;
    struct ald_json_value payload;
    uint8_t kind;    /* enum ald_exchange_type */
    uint8_t outcome; /* ALD_OUTCOME_NONE: it is a status */
    uint8_t cause;
    uint8_t phase;
    struct ald_str code, channel; /* extension */
    struct ald_json_value details, roster;
    struct ald_str installation; /* legacy */
};

/* --- writing.c --- */

/* Outcome: the frame would be larger than the peer takes; nothing was written. */
enum { ALD_EXCHANGE_TOO_LARGE = 1 };

/* One frame being written. Failure is sticky, and told at the end. */
struct ald_exchange_writing {
    struct ald_exchange *exchange;
    uint8_t *room, *at, *end; /* reserved in work.out, and not yet counted as held; NULL: none is */
    size_t frame_at;          /* where it begins in work.out */
    size_t json_at;
    size_t split_at; /* where the payload belongs */
    struct ald_slice payload;
    uint64_t ordinal;
    int status;
    bool full; /* the innermost object has a member */
};

/* Begin a frame, its JSON object open. */
void ald_exchange_write_begin(struct ald_exchange *exchange, enum ald_exchange_kind kind, struct ald_str type,
                              uint64_t ordinal, struct ald_exchange_writing *ret_writing);
/* This peer is told nothing of that payload: it is absent, or what counts as absent there. */
bool ald_exchange_leaves_out(const struct ald_exchange *exchange, struct ald_slice payload);
/* The member `payload`, by reference (borrows until the end of the writing); nothing for one that is left out. */
void ald_exchange_write_payload(struct ald_exchange_writing *writing, struct ald_slice payload);
/* End the object and queue the frame. Outcome: ALD_EXCHANGE_TOO_LARGE. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_write_end(struct ald_exchange_writing *writing);
/* Queue a frame without JSON. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_write_bare(struct ald_exchange *exchange, struct ald_str text, uint64_t ordinal);

/*
 * The name of a member as it is written, comma first and colon last, with zeros behind: so that it is put down in a few
 * whole words, whatever its size. A frame has up to ten of them.
 */
struct ald_exchange_name {
    const char *text; /* ALD_EXCHANGE_NAME_ROOM bytes at least */
    size_t size;      /* of what is written */
};
enum { ALD_EXCHANGE_NAME_ROOM = 24 };
#define ALD_EXCHANGE_NAME(literal)                                                                                     \
    ((struct ald_exchange_name){",\"" literal "\":\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",                             \
                                sizeof(",\"" literal "\":") - 1})

/* Members. A string that is absent is left out, since null fields are (exchange.md 2.6). */
void ald_exchange_put_member(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_str value);
/* `word` is ours: nothing in it needs escaping. */
void ald_exchange_put_quoted(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_str word);
/* `json` is sound, and is not looked at. */
void ald_exchange_put_literal(struct ald_exchange_writing *writing, struct ald_exchange_name name, struct ald_str json);
void ald_exchange_put_number(struct ald_exchange_writing *writing, struct ald_exchange_name name, uint64_t number);
/* An object, open until its end. */
void ald_exchange_put_opened(struct ald_exchange_writing *writing, struct ald_exchange_name name);
void ald_exchange_put_object_end(struct ald_exchange_writing *writing);

/* The same with a literal as the name. */
#define ald_exchange_put_str(writing, name, value) ald_exchange_put_member(writing, ALD_EXCHANGE_NAME(name), value)
#define ald_exchange_put_word(writing, name, word) ald_exchange_put_quoted(writing, ALD_EXCHANGE_NAME(name), word)
#define ald_exchange_put_raw(writing, name, json) ald_exchange_put_literal(writing, ALD_EXCHANGE_NAME(name), json)
#define ald_exchange_put_u64(writing, name, number) ald_exchange_put_number(writing, ALD_EXCHANGE_NAME(name), number)
#define ald_exchange_put_object(writing, name) ald_exchange_put_opened(writing, ALD_EXCHANGE_NAME(name))
#define ald_exchange_put_bool(writing, name, truth)                                                                    \
    ald_exchange_put_literal(writing, ALD_EXCHANGE_NAME(name), (truth) ? ALD_STR("true") : ALD_STR("false"))

/* --- write.c --- */

ALD_NODISCARD int ald_exchange_write(struct ald_exchange *exchange, ald_usec now, const struct ald_signal *signal);
/* Nobody but the hub itself may say this to an agent, and nobody but the dialect to a hub. */
bool ald_exchange_is_reserved(enum ald_exchange_type type);
/* A signal that this protocol has no form for. */
void ald_exchange_drop(struct ald_exchange *exchange);

/* --- answer.c --- */

/* What a reply is to say. Absent views and empty slices are left out. */
struct ald_exchange_answer {
    struct ald_str id;   /* of the command answered; absent: the reply names none */
    struct ald_str type; /* of an ordinary reply: that of the command */
    struct ald_str name; /* of the command, for people */
    uint8_t outcome, cause, phase;
    struct ald_str text; /* why; absent: that of the cause */
    struct ald_str code, channel;
    struct ald_slice payload, details, roster;
    uint64_t ordinal;
    bool truncated; /* the roster had to be left out */
};

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_write_answer(struct ald_exchange *exchange, const struct ald_exchange_answer *answer);
/* Answer the command `id` of `name` ourselves: it goes no further. */
ALD_NODISCARD int ald_exchange_refuse(struct ald_exchange *exchange, struct ald_str id, struct ald_str name,
                                      enum ald_cause cause, struct ald_str text);
ALD_NODISCARD int ald_exchange_write_reply(struct ald_exchange *exchange, const struct ald_signal *signal);

/* --- hello.c --- */

/* The peer's hello and its goodbye, `id` and `payload` of the command. */
ALD_NODISCARD int ald_exchange_read_hello(struct ald_exchange *exchange, enum ald_exchange_type type, struct ald_str id,
                                          struct ald_json_value payload);
ALD_NODISCARD int ald_exchange_read_goodbye(struct ald_exchange *exchange, struct ald_str id,
                                            struct ald_json_value payload);
/* True: the reply was that to our hello, and has been dealt with. */
bool ald_exchange_is_hello_reply(const struct ald_exchange *exchange, struct ald_str id);
ALD_NODISCARD int ald_exchange_read_hello_reply(struct ald_exchange *exchange, ald_usec now,
                                                const struct ald_exchange_reply *reply);
ALD_NODISCARD int ald_exchange_write_hello(struct ald_exchange *exchange, const struct ald_signal *signal);
ALD_NODISCARD int ald_exchange_write_verdict(struct ald_exchange *exchange, ald_usec now,
                                             const struct ald_signal *signal);
ALD_NODISCARD int ald_exchange_write_goodbye(struct ald_exchange *exchange, const struct ald_signal *signal);

/* --- question.c --- */

/* Role party: the hub asks. `type` is HEALTH_CHECK or PRIMARY. */
ALD_NODISCARD int ald_exchange_read_question(struct ald_exchange *exchange, enum ald_exchange_type type,
                                             struct ald_str id, struct ald_json_value payload);
/* The question of ours that a reply to `id` answers, taken out of the table, or false. */
bool ald_exchange_question_take(struct ald_exchange *exchange, struct ald_id id,
                                struct ald_exchange_question *ret_question);
/* The latest question of `kind` that the peer asked, with this id unless it is all zero; taken out of the table. */
bool ald_exchange_question_take_theirs(struct ald_exchange *exchange, uint8_t kind, struct ald_id id,
                                       struct ald_exchange_question *ret_question);
/* Remember one that we ask, or were asked (shares `wire_id`). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_question_add(struct ald_exchange *exchange,
                                            const struct ald_exchange_question *question);
void ald_exchange_questions_free(struct ald_exchange *exchange);
/* The answer to one of ours has come. */
ALD_NODISCARD int ald_exchange_read_answer(struct ald_exchange *exchange, const struct ald_exchange_question *question,
                                           const struct ald_exchange_reply *reply);
/* HEALTH or PRIMARY: the hub asks, a party answers. */
ALD_NODISCARD int ald_exchange_write_question(struct ald_exchange *exchange, const struct ald_signal *signal);

/* --- legacy.c --- */

/* The member of a hello command or of its reply that names the target; ALD_JSON_NONE where none does. */
struct ald_json_value ald_exchange_hello_target(enum ald_exchange_type type, struct ald_json_value payload);
/* Member payload of a hello command or of its successful reply, its object left open. `target` may be absent. */
void ald_exchange_write_hello_payload(struct ald_exchange_writing *writing, enum ald_exchange_type type,
                                      struct ald_str target);
/* Type words of this variant. */
struct ald_str ald_exchange_hello_type(const struct ald_exchange *exchange, bool reply);
struct ald_str ald_exchange_goodbye_type(const struct ald_exchange *exchange, bool reply);

/* --- upgrade.c --- */

/* The accept() of the dialect: see wire/dialect.h. */
ALD_NODISCARD int ald_exchange_accept(const struct ald_http_request *request, struct ald_accept *ret_accept);

/* --- extension.c --- */

/* Members of a command beside id, type and payload, in the order in which they are written. */
enum {
    ALD_EXCHANGE_AT_TO,
    ALD_EXCHANGE_AT_FROM,
    ALD_EXCHANGE_AT_TTL,
    ALD_EXCHANGE_AT_MODE,
    ALD_EXCHANGE_AT_IDEMPOTENT,
    ALD_EXCHANGE_AT_DURABLE,
    ALD_EXCHANGE_AT_COLLAPSE,
    ALD_EXCHANGE_AT_VERSION,
    ALD_EXCHANGE_AT_EVENT,
    ALD_EXCHANGE_AT_TRACE,
    ALD_EXCHANGE_AT_FILTERS,
    ALD_EXCHANGE_N_COMMAND_FIELDS,
    /* Of hubs only: */
    ALD_EXCHANGE_AT_HOLD = ALD_EXCHANGE_N_COMMAND_FIELDS,
    ALD_EXCHANGE_AT_REPORT,
    ALD_EXCHANGE_AT_TELL_AWAY,
    ALD_EXCHANGE_AT_EVERYONE,
    ALD_EXCHANGE_AT_WHILE_SERVED,
    ALD_EXCHANGE_AT_SCOPE,
    ALD_EXCHANGE_AT_ORIGIN,
    ALD_EXCHANGE_AT_HOPS,
    ALD_EXCHANGE_AT_DAEMONS,
    ALD_EXCHANGE_AT_BROADCAST,
    ALD_EXCHANGE_AT_INFORMED,
    ALD_EXCHANGE_AT_UNTIL,
    ALD_EXCHANGE_N_LINK_FIELDS
};
extern const struct ald_str ald_exchange_command_names[ALD_EXCHANGE_N_LINK_FIELDS];

/*
 * Read them into the open message. Outcome: ALD_EXCHANGE_MALFORMED, and `ret_field` names the one that means nothing:
 * what the sender wanted is then unknown, so the command must not run. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_exchange_read_options(struct ald_exchange *exchange, const struct ald_json_field *fields,
                                            struct ald_msg *msg, struct ald_str *ret_field);
/* `event` is true. */
bool ald_exchange_is_event(const struct ald_json_field *fields);
void ald_exchange_write_options(struct ald_exchange_writing *writing, const struct ald_msg *msg,
                                const struct ald_address *from, ald_usec ttl);
/* Members of a reply behind the payload. */
void ald_exchange_write_outcome(struct ald_exchange_writing *writing, const struct ald_exchange_answer *answer);

/* --- link.c --- */

/* We dialled another hub: say hello. */
ALD_NODISCARD int ald_exchange_link_hello(struct ald_exchange *exchange);
/* It answered. */
ALD_NODISCARD int ald_exchange_link_greeted(struct ald_exchange *exchange, ald_usec now,
                                            const struct ald_exchange_reply *reply);
/* Our hub's verdict on it. */
void ald_exchange_link_judged(struct ald_exchange *exchange, const struct ald_signal *signal);
/* Somebody says hello, perhaps as a hub: then `hello` has its greeting. Outcome: ALD_EXCHANGE_MALFORMED: its target is not that
 * of the hub it says to be. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_link_welcome(struct ald_exchange *exchange, struct ald_json_value payload,
                                            struct ald_signal *hello);
/* Members of the payload that answers it. */
void ald_exchange_link_answer(const struct ald_exchange *exchange, struct ald_exchange_writing *writing);
/* What hubs add to a command; reading as ald_exchange_read_options(). */
ALD_NODISCARD int ald_exchange_link_read(struct ald_exchange *exchange, const struct ald_json_field *fields,
                                         struct ald_msg *msg, struct ald_signal *signal, struct ald_str *ret_field);
void ald_exchange_link_write(struct ald_exchange_writing *writing, const struct ald_msg *msg,
                             const struct ald_travel *travel);
/* Who is told to have sent a command or an event. */
struct ald_address ald_exchange_sender(const struct ald_exchange *exchange, const struct ald_signal *signal);

/* Frames t:STATUS and t:CANCEL. */
ALD_NODISCARD int ald_exchange_read_status(struct ald_exchange *exchange, struct ald_slice bytes, struct ald_str json);
ALD_NODISCARD int ald_exchange_read_cancel(struct ald_exchange *exchange, struct ald_str json);
ALD_NODISCARD int ald_exchange_write_status(struct ald_exchange *exchange, const struct ald_signal *signal);
ALD_NODISCARD int ald_exchange_write_cancel(struct ald_exchange *exchange, const struct ald_signal *signal);
