#pragma once

/*
 * Inside of the dialect: what its files share.
 *
 *     link.c            the ops: frames out, signals out, timers
 *     link_address.c    addresses, and the targets that they are
 *     link_frame.c      what may stand in a frame
 *     link_write.c      frames while they are written
 *     link_greet.c      role hub: the handshake and the goodbye
 *     link_hear.c       role hub: what a party says becomes signals
 *     link_serve.c      role hub: requests to the hub that are answered, or read, here
 *     link_outcome.c    how an answer says an outcome, both ways
 *     link_tell.c       role hub: signals become frames
 *     link_instance.c   role hub: the instances of a host
 *     link_ping.c       role hub: acknowledgements by ping and pong
 *     link_old.c        generation A, once its handshake is done
 *     link_old_place.c  and where its messages go
 *     link_client.c     role party
 *
 * Two bufs do all the work: `out` holds what stands around the payloads of the frames that wait for drain(); `text` the
 * strings of the last frame read that had to be decoded or copied, which the views of its signals show.
 */

#include "base/list.h"
#include "base/sm.h"
#include "base/table.h"
#include "wire/link/link.h"
#include "wire/link/link_frame.h"
#include "wire/outbox.h"

enum ald_link_state {
    ALD_LINK_NEW,    /* hello was said (or is awaited), nobody has registered */
    ALD_LINK_ASKED,  /* register or resume was said, its verdict not yet */
    ALD_LINK_READY,  /* connected (link.md 3.1) */
    ALD_LINK_CLOSED, /* a CLOSE was said: nothing more is read or written */
};

/* Signals that wait for next(): of one frame at most those of all instances that a host may name, and an answer. */
enum { ALD_LINK_SAID_MAX = 2100 };

/* ald_signal.form: nobody resumes a session of the other generation. */
enum { ALD_LINK_FORM_B = 1, ALD_LINK_FORM_A };

struct ald_link_work {
    struct ald_buf out;
    struct ald_buf text;
    struct ald_outbox outbox;
    struct ald_signal *said; /* n_said of said_room */
    size_t n_said, next_said, said_room;
    struct ald_greeting greeting;         /* that the latest REGISTER shows */
    struct ald_subscription subscription; /* and the latest SUBSCRIBE */
    char close_text[128];
};

/* As many as a connection may have parties beside its first (hub/conn.h). */
enum { ALD_LINK_INSTANCES_MAX = 1000 };

/* Acknowledge early, before the heartbeat is due, after so many messages or bytes: what is not acknowledged stays in the peer's
 * memory, which has no bound there (link.md 9, 10). */
enum { ALD_LINK_ACK_MESSAGES = 512, ALD_LINK_ACK_BYTES = 1024 * 1024 };

/* What the peer was told, and what it has acknowledged of that: see link_ping.c. */
struct ald_link_ping {
    uint64_t told;  /* the last serial; 0: none yet */
    uint64_t acked; /* up to here, as far as it was told on this connection */
    uint64_t asked; /* the serial that the ping under way names; 0: none is */
    size_t bytes;   /* told since that ping, or since all was acknowledged */
};

/* Generation A: a command that it has, by the number of its frame. */
struct ald_link_call {
    uint64_t serial;
    struct ald_id id;
    uint32_t party;
};

/* The number that a command has on the wire: the low half of its id, without the bits of the variant. */
static inline uint64_t ald_link_number(struct ald_id id)
{
    return id.low & UINT64_C(0x3fffffffffffffff);
}

struct ald_link {
    struct ald_dialect dialect;
    uint8_t state; /* enum ald_link_state */
    uint8_t role;  /* enum ald_role */
    uint8_t variant;
    bool is_old;      /* generation A */
    bool is_resuming; /* what was asked last is to resume */
    bool is_host;     /* who registered here; else a control, or one that resumed */
    bool close_waits; /* CLOSE is still to be given */
    bool close_ends;  /* and ends the session */
    bool is_short;    /* a signal was lost for want of memory */
    bool we_leave;    /* prepare was said by us */
    bool they_leave;  /* by the peer; it waits for ready */
    bool greeted;     /* role party: hello was heard, */
    bool wants;       /* and somebody wants to register, with: */
    struct ald_slice want_token, want_target;
    uint16_t close_code;
    const char *close_text; /* static */
    char denial[128];       /* why it was not let in */
    uint16_t denial_code;   /* 0: it was not denied */
    struct ald_dialect_options options;
    struct ald_msg_pool *messages;
    uint64_t *counters;
    struct ald_spare *spare;             /* of work; NULL: it stays with us */
    const struct ald_identity *identity; /* of our hub; may be NULL */
    const struct ald_lexicon *lexicon;   /* and what it knows of names; may be NULL */
    ald_usec hello_until;                /* ALD_NEVER: no deadline */
    ald_usec interval;                   /* of heartbeats */
    ald_usec heartbeat_at;               /* ALD_NEVER: none yet */
    ald_usec heard_at;                   /* the last heartbeat, or when the connection began */
    ald_usec bytes_at;                   /* when anything came */
    ald_usec frame_at;                   /* when a whole frame did */
    int64_t last_in;                     /* last serial received */
    int64_t told_in;                     /* last one that the peer was told of */
    size_t unacked_bytes;
    uint64_t last_out; /* last serial said */
    struct ald_link_ping ping;
    struct ald_link_address self; /* of the peer; role party: ours */
    int64_t *instances;           /* ids of those that the host speaks for, ascending */
    size_t n_instances;
    struct ald_slice plugins;    /* of a host: `foo:*,bar:*`, until the hub is told */
    struct ald_link_call *calls; /* generation A: what it was asked and has not answered, oldest first */
    size_t n_calls;
    int64_t leave_seq;   /* generation A: the number of its goodbye, */
    uint64_t told_leave; /* and of ours */
    struct ald_link_work *work;
};

static inline void ald_link_count(struct ald_link *link, int counter)
{
    link->counters[counter]++;
}
static inline bool ald_link_is_hub(const struct ald_link *link)
{
    return link->role == ALD_ROLE_HUB;
}
static inline struct ald_str ald_link_aliases(const struct ald_link *link)
{
    return link->identity != NULL ? link->identity->link_alias : ALD_STR_NONE;
}

/* --- link.c --- */

void ald_link_move(struct ald_link *link, enum ald_link_state state);
/* Connected: heartbeats begin. */
void ald_link_ready(struct ald_link *link, ald_usec now);
/* Say CLOSE; the first one decides. `text` lives for ever, or in the dialect. */
void ald_link_end(struct ald_link *link, uint16_t code, const char *text);
/* The same, and the session ends with it (link.md 2.8). */
void ald_link_end_for_good(struct ald_link *link, uint16_t code, const char *text);
/* Queue a signal for next() (takes its references, always). */
void ald_link_say(struct ald_link *link, const struct ald_signal *signal);
/* A routable frame with this serial has come. False: it came before, and is dropped. */
bool ald_link_take_serial(struct ald_link *link, int64_t seq, size_t bytes);
/* A heartbeat says that the peer has received everything up to `seq`; 0: it does not say. */
void ald_link_acked(struct ald_link *link, int64_t seq);
void ald_link_say_acked(struct ald_link *link, uint64_t serial);
/* There is to be `work`. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_begin_work(struct ald_link *link);
/* Make room for `size` bytes in work.text, so that views into it do not move while those are filled. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_reserve(struct ald_link *link, size_t size);
/* Copy `str` into work.text; moves what other views show unless room was made. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_keep(struct ald_link *link, struct ald_str str, struct ald_str *ret_kept);
/* A string of the frame as text, decoded into work.text if need be; absent for anything else. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_text(struct ald_link *link, struct ald_json_value value, struct ald_str *ret_text);
/* The same as a copy that outlives the frame, with room for a target and an address behind it, so that it does not move. */
ALD_NODISCARD int ald_link_text_keep(struct ald_link *link, struct ald_json_value value, struct ald_str *ret_text);
/* A value of the frame `bytes`, as a slice of it. */
struct ald_slice ald_link_share(struct ald_slice bytes, struct ald_json_value value);

/* --- link_write.c --- */

/* What a routable frame says. */
struct ald_link_routable {
    enum ald_link_type type;
    uint64_t serial;
    struct ald_link_address src, dst;
    struct ald_str name;    /* requests and events */
    struct ald_slice data;  /* absent: none */
    struct ald_str filters; /* events for the hub: comma separated; absent: all */
    ald_wall gap;           /* the answer to SubscriptionRequest: see ald_signal.gap; 0: none */
    uint64_t ordinal;
};
/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_write_routable(struct ald_link *link, const struct ald_link_routable *frame);

struct ald_link_error {
    uint64_t serial;
    struct ald_link_address src, dst;
    struct ald_str message, code, stack; /* code and stack may be absent */
    struct ald_slice roster;             /* borrowed; of size 0: there is none */
    uint8_t outcome, cause;              /* 0: they are not said beside these */
    uint64_t ordinal;
};
ALD_NODISCARD int ald_link_write_error(struct ald_link *link, const struct ald_link_error *error);
ALD_NODISCARD int ald_link_write_heartbeat(struct ald_link *link);
ALD_NODISCARD int ald_link_write_disconnect(struct ald_link *link, bool ready, uint64_t ordinal);
ALD_NODISCARD int ald_link_write_hello(struct ald_link *link);

struct ald_json_writer;
/* A frame of the handshake: what stands in `data` is written between begin and end; without `data` when `json` is NULL. */
void ald_link_write_begin(struct ald_link *link, enum ald_link_type type, struct ald_json_writer *json);
ALD_NODISCARD int ald_link_write_end(struct ald_link *link, struct ald_json_writer *json, uint64_t ordinal);
/* Queue what was appended to work.out from `at` on as a frame. */
void ald_link_push_text(struct ald_link *link, size_t at, uint64_t ordinal);
void ald_link_push_parts(struct ald_link *link, const struct ald_outbox_frame *frame);
/* The same as a ping. */
void ald_link_push_ping(struct ald_link *link, size_t at);
/* Seconds, with fractions where there are any. */
void ald_link_write_seconds(struct ald_json_writer *json, const char *name, ald_usec duration);

/* --- link_greet.c --- */

ALD_NODISCARD int ald_link_greet(struct ald_link *link, const struct ald_link_frame *frame);
/* The peer's first frame is none, or not as its type has it. */
void ald_link_greet_bad(struct ald_link *link, const struct ald_link_frame *frame, const char *reason);
/* REGISTERED and DENIED. */
ALD_NODISCARD int ald_link_tell_verdict(struct ald_link *link, ald_usec now, const struct ald_signal *signal);
void ald_link_hear_disconnect(struct ald_link *link, bool ready);
ALD_NODISCARD int ald_link_tell_leave(struct ald_link *link, const struct ald_signal *signal);
bool ald_link_part(struct ald_dialect *dialect, enum ald_parting why, uint16_t *ret_code, const char **ret_reason);

/* --- link_hear.c --- */

ALD_NODISCARD int ald_link_hear(struct ald_link *link, const struct ald_link_frame *frame, struct ald_slice bytes);

/* A request or an event as it was read. */
struct ald_link_asked {
    const struct ald_link_frame *frame;
    struct ald_slice bytes;
    struct ald_str name;
    uint32_t party; /* who says it */
};
/* Gives an open message of it: wire id, name, payload and where it comes from. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_message(struct ald_link *link, const struct ald_link_asked *asked, enum ald_kind kind,
                                   struct ald_msg **ret_msg);
/* It was for us, and the hub need not know what it was. */
void ald_link_taken(struct ald_link *link, int64_t seq);
/* Seal `msg` (takes) and say it. */
void ald_link_pass(struct ald_link *link, const struct ald_link_asked *asked, struct ald_msg *msg);
/* Have it answered without anybody being asked. `text` and `code` may be absent. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_answer(struct ald_link *link, const struct ald_link_asked *asked, enum ald_outcome outcome,
                                  enum ald_cause cause, struct ald_str text);
/* Send it where it is to go: its source is fit, its name read. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_dispatch(struct ald_link *link, const struct ald_link_asked *asked);

/* --- link_serve.c --- */

/* A request to the hub itself. */
ALD_NODISCARD int ald_link_serve(struct ald_link *link, const struct ald_link_asked *asked);
ALD_NODISCARD int ald_link_serve_event(struct ald_link *link, const struct ald_link_asked *asked);

/* --- link_instance.c --- */

/* Does this host speak for it? */
bool ald_link_has_instance(const struct ald_link *link, int64_t id);
/* The party that it is; 0: none of its own. */
uint32_t ald_link_instance_party(const struct ald_link *link, int64_t id);
/* The host names its instances. Errors: ALDIS_E_NOMEM. Outcome: ALD_LINK_BAD_FRAME: that is no list of instances. */
ALD_NODISCARD int ald_link_instances_update(struct ald_link *link, struct ald_json_value list);
/* One of them has changed. */
ALD_NODISCARD int ald_link_instance_changed(struct ald_link *link, struct ald_json_value data);
/* The hub has taken one in, or has not. */
ALD_NODISCARD int ald_link_instance_judged(struct ald_link *link, const struct ald_signal *signal);

/* --- link_outcome.c --- */

/* What a responseError means, by its text and code, which `msg` has already; `by_hub`: a hub says it in its own name. */
void ald_link_outcome_read(const struct ald_link_frame *frame, bool by_hub, struct ald_msg *msg);
/* What a REPLY that is no success says on the wire; `room` may hold the message. */
enum { ALD_LINK_TEXT_ROOM = 600 };
void ald_link_outcome_write(const struct ald_link *link, const struct ald_signal *reply, char room[ALD_LINK_TEXT_ROOM],
                            struct ald_link_error *error);

/* --- link_ping.c --- */

/* The routable frame with this serial was queued, of `size` bytes: perhaps a ping follows it. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_ping_told(struct ald_link *link, uint64_t serial, size_t size);
/* A heartbeat acknowledges everything up to `serial`. */
void ald_link_ping_acked(struct ald_link *link, uint64_t serial);
/* A pong has come. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_ping_answered(struct ald_link *link, struct ald_str payload);

/* --- link_tell.c --- */

ALD_NODISCARD int ald_link_tell(struct ald_link *link, ald_usec now, const struct ald_signal *signal);
/* A signal that this protocol has no form for, or that comes at the wrong time. */
void ald_link_drop(struct ald_link *link);
/* Where an event for all parties of a kind goes (link.md 1.3); false: it is none. */
bool ald_link_broadcast(const struct ald_msg *msg, struct ald_link_address *ret_address);
/* Where it was addressed to, as its sender wrote it. */
struct ald_link_address ald_link_asked_for(const struct ald_link *link, const struct ald_msg *request);

/* --- link_old.c --- */

/* A frame of generation A after its handshake. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_old_hear(struct ald_link *link, ald_usec now, struct ald_slice bytes);
ALD_NODISCARD int ald_link_old_tell(struct ald_link *link, const struct ald_signal *signal);
ALD_NODISCARD int ald_link_old_heartbeat(struct ald_link *link);
ALD_NODISCARD int ald_link_old_disconnect(struct ald_link *link, bool ready, const struct ald_signal *signal);

/* --- link_old_place.c --- */

/* Where a request or event of generation A, which does not say it, is to go. */
struct ald_link_address ald_link_old_place(const struct ald_link *link, const struct ald_link_asked *asked);
/* The instance that a payload names; 0: none. */
int64_t ald_link_old_instance(struct ald_str payload);

/* --- link_client.c --- */

ALD_NODISCARD int ald_link_client_hear(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame,
                                       struct ald_slice bytes);
ALD_NODISCARD int ald_link_client_tell(struct ald_link *link, ald_usec now, const struct ald_signal *signal);
void ald_link_client_fini(struct ald_link *link);
