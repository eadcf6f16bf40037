#pragma once

/*
 * Message: what travels, in the one form that all dialects translate to and from. Built, sealed, then immutable and
 * shared by reference.
 *
 * Lifetime:   ald_msg_new(), fill the members through ald_msg_set_*(), ald_msg_seal(); then const until the last
 *             ald_msg_unref(), which gives the memory back to the pool it came from.
 * Threading:  one thread. A message that changes threads is handed over whole.
 * Invariants: after the seal nothing changes but the reference count. The payload and the details are the sender's raw
 *             JSON bytes: checked for form, never read here.
 *
 * Every message of the four protocols has its place here; the table is in DESIGN section 3.
 */

#include "base/block.h"
#include "base/id.h"
#include "base/pool.h"
#include "msg/address.h"

enum ald_kind { ALD_COMMAND, ALD_STATUS, ALD_REPLY, ALD_EVENT, ALD_CANCEL };

/* Which channels of the target a command is for (DESIGN section 1, send options). */
enum ald_mode { ALD_MODE_ANY, ALD_MODE_PRIMARY, ALD_MODE_CHANNEL, ALD_MODE_ALL };

/* How a command ended. The names are what people and programs see: see ald_outcome_name(). */
enum ald_outcome {
    ALD_OUTCOME_NONE, /* not yet */
    ALD_SUCCEEDED,
    ALD_FAILED,
    ALD_REFUSED,
    ALD_CANCELLED,
    ALD_EXPIRED,
    ALD_LOST
};

/* How far a command has come; the last one means that it has an outcome. */
enum ald_phase {
    ALD_PHASE_SUBMITTED,
    ALD_PHASE_STORING,
    ALD_PHASE_QUEUED,
    ALD_PHASE_SENT,
    ALD_PHASE_ACCEPTED,
    ALD_PHASE_RUNNING,
    ALD_PHASE_DONE
};

/* Whom a broadcast that names no target is for. The last three: link 4.8. */
enum ald_to_kind {
    ALD_TO_CAPABLE,   /* who said that it understands the name */
    ALD_TO_HOSTS,     /* parties of a kind (enum ald_party_kind): every host here, */
    ALD_TO_INSTANCES, /* every connection that has instances, once, to be passed on to them, */
    ALD_TO_CONTROLS,  /* every control */
    ALD_N_TO_KINDS
};

/* Why a command that did not succeed ended as it did: short, stable words for programs; people get the text beside it.
 * X(NAME, "word", "text for people") */
#define ALD_CAUSES(X)                                                                     \
    X(NONE, "", "")                                                                       \
    X(NO_TARGET, "no_target", "no such target")                                           \
    X(NO_CHANNEL, "no_channel", "no such channel, or it is gone")                         \
    X(NO_ACTIVE, "no_active_channel", "the target has no active channel")                 \
    X(NO_PRIMARY, "no_primary", "the target has no confirmed primary channel")            \
    X(EMPTY_ROSTER, "empty_roster", "the target has no channel to send to")               \
    X(BUSY, "busy", "a queue is full")                                                    \
    X(TOO_LARGE, "too_large", "the message is too large")                                 \
    X(INVALID, "invalid", "the command is not valid")                                     \
    X(NOT_ALLOWED, "not_allowed", "the sender may not do this")                           \
    X(UNKNOWN_COMMAND, "unknown_command", "nobody here knows this command")               \
    X(UNSUPPORTED, "unsupported", "this hub does not do that")                            \
    X(DUPLICATE, "duplicate", "a command with this id is already in flight")              \
    X(DRAINING, "draining", "the hub is stopping and takes no new work")                  \
    X(NO_HANDLER, "no_handler", "the agent has no handler for this command")              \
    X(AGENT_REFUSED, "agent_refused", "the agent refused the command")                    \
    X(AGENT_FAILED, "agent_failed", "the agent answered with an error")                   \
    X(AGENT_BROKE, "agent_broke", "the agent's handler broke")                            \
    X(MEMBERS, "members", "not every member of the roster succeeded")                     \
    X(TAKEN_BACK, "taken_back", "the caller took the command back")                       \
    X(REPLACED, "replaced", "a newer command with the same collapse key replaced it")     \
    X(DEADLINE, "deadline", "the deadline came first")                                    \
    X(LINK_ENDED, "link_ended", "the link to the agent ended after the command was sent") \
    X(SESSION_ENDED, "session_ended", "the agent's session ended after the command was sent") \
    X(HUB_STOPPED, "hub_stopped", "the hub stopped")                                      \
    X(HUB_LOST, "hub_lost", "the hub that took the command vanished")

enum ald_cause {
#define ALD_X(name, word, text) ALD_CAUSE_##name,
    ALD_CAUSES(ALD_X)
#undef ALD_X
    ALD_N_CAUSES
};

/* Flags of a message. */
enum {
    ALD_MSG_IDEMPOTENT = 1, /* may be given to an agent more than once */
    ALD_MSG_DURABLE = 2,    /* must survive a restart of the hub */
    ALD_MSG_PROGRESS = 4,   /* a status: total and completed were given */
    ALD_MSG_CHANNEL = 8,    /* reserved for dialects that pin an answer to a channel */
    ALD_MSG_WHILE_SERVED = 512, /* it waits only as long as its target has a channel: its sender knows no deadlines */
    /* Of events: */
    ALD_MSG_HOLD = 16,     /* when the target is expected and not there, keep it for at most `ttl` (communicator 5.5) */
    ALD_MSG_REPORT = 32,   /* its sender wants to hear when it could not be delivered (communicator 5.6) */
    ALD_MSG_TELL_AWAY = 64, /* and at once, when the target is expected and not there, and it is not kept */
    ALD_MSG_EVERYONE = 128, /* to every channel of the target in its scope, not to one of them */
    ALD_MSG_COPY = 256 /* it was said to the hub itself, and this is for its controller, too: without one nothing is missed */
};

struct ald_msg {
    uint32_t refs;
    bool sealed;
    uint8_t kind;    /* enum ald_kind */
    uint8_t mode;    /* enum ald_mode; commands */
    uint8_t outcome; /* enum ald_outcome; replies: succeeded, failed, refused or cancelled, as the agent said */
    uint8_t phase;   /* enum ald_phase; statuses: accepted or running */
    uint8_t cause;   /* enum ald_cause; replies that did not succeed */
    uint8_t to_kind; /* enum ald_to_kind; events without a target whose scope is not one */
    uint32_t flags;
    ald_usec ttl; /* time left when it was read; ALD_NEVER: the sender did not say */
    double total, completed; /* statuses with ALD_MSG_PROGRESS */

    /* Views into the message's own memory. Absent where the sender said nothing. */
    struct ald_str wire_id; /* the sender's own id of a command; for the other kinds the id of the command they are about */
    struct ald_str name;    /* command type, Class.method, event name */
    struct ald_str version;
    struct ald_address to, from;
    struct ald_str trace;    /* W3C traceparent */
    struct ald_str collapse; /* collapse key */
    struct ald_str filters;  /* events to the hub itself: for which of its subscribers, comma separated; absent: all */
    struct ald_str code;     /* replies: the agent's own error code */
    struct ald_str text;     /* replies: the agent's own error message, plain text */

    /* Raw JSON. Absent (data NULL), null ("null") and empty ("{}") stay distinct. */
    struct ald_slice payload;
    struct ald_slice details; /* replies and statuses */
    struct ald_slice roster;  /* replies to mode `all`: a JSON array */

    /* The payload once more, as its sender's dialect spells it, so that it passes between two peers of that dialect
     * unchanged. `native_of` is that dialect's own (its struct ald_dialect_type); NULL: there is none. */
    struct ald_slice native;
    const void *native_of;

    struct ald_msg_pool *pool;
    size_t strings_size;
    size_t strings_room;
    char *strings; /* inline_strings, or a block of its own when they are long */
    char inline_strings[320];
};

struct ald_msg_pool;

/* Keeps up to `kept_max` messages for the next time. Must outlive its messages. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_msg_pool_new(size_t kept_max, struct ald_msg_pool **ret_pool);
struct ald_msg_pool *ald_msg_pool_free(struct ald_msg_pool *pool); /* asserts that no message is live */
ALD_DEFINE_CLEANUP(struct ald_msg_pool *, ald_msg_pool_free);
size_t ald_msg_pool_live(const struct ald_msg_pool *pool);

/* Gives an open message of `kind`, everything absent, ttl ALD_NEVER. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_msg_new(struct ald_msg_pool *pool, enum ald_kind kind, struct ald_msg **ret_msg);
struct ald_msg *ald_msg_ref(struct ald_msg *msg);
struct ald_msg *ald_msg_unref(struct ald_msg *msg); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_msg *, ald_msg_unref);

/*
 * Copy `value` (borrows) into the open message and let `*field`, one of its own views, show it. Absent stays absent.
 * Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_msg_set(struct ald_msg *msg, struct ald_str *field, struct ald_str value);
ALD_NODISCARD int ald_msg_set_address(struct ald_msg *msg, struct ald_address *field, const struct ald_address *value);
/* Shares. `*field` is one of the message's own slices. */
void ald_msg_set_slice(struct ald_msg *msg, struct ald_slice *field, struct ald_slice value);
void ald_msg_seal(struct ald_msg *msg);

/* What it is charged to an account: its strings, its raw parts and a fixed share for the rest, in bytes. */
size_t ald_msg_cost(const struct ald_msg *msg);

/* Copy out raw parts that are small slices of large blocks, so that waiting does not pin a read buffer. Only before the
 * message is shared. Errors: ALDIS_E_NOMEM (nothing changed). */
ALD_NODISCARD int ald_msg_compact(struct ald_msg *msg);

/* Words of the wire extension, the API and the command line; ald_*_find() give -1 for a word that is none. */
const char *ald_kind_name(enum ald_kind kind);
const char *ald_outcome_name(enum ald_outcome outcome);
const char *ald_phase_name(enum ald_phase phase);
const char *ald_mode_name(enum ald_mode mode);
const char *ald_cause_word(enum ald_cause cause);
const char *ald_cause_text(enum ald_cause cause);
int ald_outcome_find(struct ald_str word);
int ald_phase_find(struct ald_str word);
int ald_mode_find(struct ald_str word);
int ald_cause_find(struct ald_str word);
