#pragma once

/* The inside of a connection, for its own files only. */

#include "conn/conn.h"
#include "conn/edge_impl.h"
#include "conn/gate.h"
#include "conn/guard.h"
#include "conn/speaker.h"
#include "conn/toil.h"

enum ald_conn_state {
    CONN_OPENING,  /* the stream shakes hands; the hub knows nothing yet */
    CONN_GREETING, /* no party is registered */
    CONN_READY,
    CONN_CLOSING, /* nothing more is heard or said; what was said is being written */
    CONN_ENDED    /* the stream is given back; the hub is to be told */
};

/* What the peer said when it left by itself. */
enum ald_conn_goodbye { CONN_GOODBYE_NONE, CONN_GOODBYE_RETURNS, CONN_GOODBYE_STAYS_AWAY };

struct ald_conn {
    struct ald_speaker speaker; /* first */
    struct ald_edge *edge;
    struct ald_door *door;                /* until it was greeted; NULL also when we called */
    struct ald_door_group *group;         /* whose member it is; NULL: of none */
    struct ald_pass *pass;                /* of the edge's guard; NULL: there is none */
    const struct ald_conn_caller *caller; /* NULL: it came in through a door, or nobody asks any more */
    void *owner;                          /* of the caller */
    const char *called_as;                /* by the caller; NULL: it came in through a door */
    struct ald_stream *stream;
    struct ald_dialect *dialect;
    const struct ald_dialect_type *type;
    const struct ald_identity *identity;
    struct ald_alarm alarm; /* at, or before, the dialect's deadline, `quit_at`, `clogged_until` or `rests_until` */
    uint64_t number;
    uint64_t said;          /* ordinal of the last signal that the hub gave us */
    uint64_t pushed;        /* of the last one that became a frame */
    uint64_t done;          /* of the last one that is with the kernel */
    uint64_t told;          /* what the hub was told of `done` */
    ald_usec heard;         /* the dialect knows that bytes came then */
    ald_usec quit_at;       /* the peer says nothing more, and has had its answers by then; ALD_NEVER */
    ald_usec clogged_until; /* until the peer reads what its dialect has answered it is not read; ALD_NEVER: it is */
    ald_usec rests_until;   /* checking what it says took so much work that it is not heard before; ALD_NEVER: it is */
    ald_usec hello_timeout; /* 0: the edge's */
    struct ald_toil toil;   /* of the checks */
    size_t greeting_left;
    size_t answered;      /* bytes of the dialect's own, of which the hub keeps no account, since all was written */
    size_t held;          /* of edge->reassembly: the beginning of a line whose end is not here */
    char *hub;            /* the id that it says it has, for people; NULL: it is none, or says none */
    char *linked;         /* the address of the hub that it leads to, once the hub has let it in; NULL */
    char *neighbors;      /* addresses that this one has told, itself among them: learnt when it is let in; NULL */
    char *why;            /* what its dialect closed it for, in its words; NULL */
    const char *end_text; /* once ended; static, or `why` */
    uint64_t issued;      /* when the signed token that it has shown was made, in seconds of the calendar */
    uint32_t variant;
    uint16_t dialect_index;
    struct ald_str late_reason; /* and the code: with which its stream is closed when everything is written */
    uint16_t late_code;
    uint16_t close_code; /* of the dialect's CLOSE; 0: it said none */
    bool learns;         /* it was let in: `linked` and `neighbors` are to be told on */
    bool leads;          /* and `linked` was */
    bool trusted;        /* it may do everything: we called it, or it has shown the password of its door */
    bool wants_token;    /* its dialect shows a signed token, or it is nobody */
    bool vouched;        /* it has shown one */
    bool controls;       /* and that was a control's, which is given its target */
    bool bytes;          /* its stream carries bytes, not messages */
    bool credentials;    /* its door wants a name and a password */
    bool serves;         /* its party has a target */
    bool greeted;        /* its party was registered once */
    bool greets;         /* it said that it is a hub */
    bool asked;          /* it has said something that others answer */
    bool begun;          /* a byte came */
    bool paused;         /* the hub does not want it read now */
    bool closes_late;    /* while it is CLOSING: see conn_close_later() */
    uint8_t goodbye;     /* enum ald_conn_goodbye */
    uint8_t state;       /* enum ald_conn_state */
};

/* conn_judge.c */

/* Find out who is at the other end, whose handshakes are done. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_conn_identify(struct ald_conn *conn);
/* It has shown who it is, or nobody asks. */
bool ald_conn_is_known(const struct ald_conn *conn);
/* Give back what was found out. */
void ald_conn_release(struct ald_conn *conn);

/*
 * Who says `signal`, and may he? Fills in what the hub is to know about that; `peer` keeps what it shows. Outcome:
 * ALD_CONN_TAKEN: it was for the edge, and the hub does not hear of it.
 */
enum { ALD_CONN_TAKEN = 1 };
ALD_NODISCARD int ald_conn_judge(struct ald_conn *conn, struct ald_peer *peer, struct ald_signal *signal);
/* The hub has heard it. */
void ald_conn_stepped(const struct ald_conn *conn, const struct ald_signal *signal);
/* Who says that it is a hub is turned away. */
void ald_conn_refused(const struct ald_conn *conn, struct ald_str why);
/* The hub has let in whoever said the greeting that was judged last: where it is, and whom it knows, is told on. Not within a
 * step. */
void ald_conn_learn(struct ald_conn *conn);

/* conn_vouch.c */

/* Its REGISTER shows a signed token: find out who that is. */
void ald_conn_vouch(struct ald_conn *conn, const struct ald_peer *peer, struct ald_signal *signal);
/* The same of its RESUME. */
void ald_conn_vouch_session(struct ald_conn *conn, const struct ald_peer *peer, struct ald_signal *signal);
/* Have the dialect say `signal`; who is told that its session is there is given its token with that. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_conn_translate(struct ald_conn *conn, const struct ald_signal *signal);

/* conn_judge.c, for conn_vouch.c: ask the guard for a pass. Outcomes: those of admit(). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_conn_admit(struct ald_conn *conn, const struct ald_shown *shown);

/* conn_bytes.c */

/* Of a line whose end has not come, `size` bytes are here. False: that is too much, of all connections together. */
bool ald_conn_hold(struct ald_conn *conn, size_t size);
/* It brought `size` bytes. False: it has not said who it is and had its share; it is closed. */
bool ald_conn_spend(struct ald_conn *conn, size_t size);
void ald_conn_received_bytes(struct ald_conn *conn, const struct ald_chunk *chunk);
/* A callback of the stream: the peer has said all it will. */
void ald_conn_heard_out(void *owner, struct ald_stream *stream);

/* conn.c */

static inline bool ald_conn_hears(const struct ald_conn *conn)
{
    return conn->state == CONN_GREETING || conn->state == CONN_READY;
}
/* Nobody keeps its stream from being read. */
static inline bool ald_conn_reads(const struct ald_conn *conn)
{
    return !conn->paused && conn->clogged_until == ALD_NEVER && conn->rests_until == ALD_NEVER;
}
/* Close in order; the first close decides (exchange.md 2.12). `reason` and `text` are static, or live as long as the
 * connection. */
void ald_conn_close(struct ald_conn *conn, uint16_t code, struct ald_str reason, const char *text);
/* It said more than is taken before a hello, and is about to be closed: its dialect may have words for that. */
void ald_conn_refuse(struct ald_conn *conn);
void ald_conn_feed(struct ald_conn *conn, const struct ald_chunk *chunk);
/* Its deadline may have changed. */
void ald_conn_arm(struct ald_conn *conn);

/* conn_report.c: what the hub is told of the connection itself. Each is a step of the hub. */
void ald_conn_report_opened(struct ald_conn *conn);
void ald_conn_report_written(struct ald_conn *conn, uint64_t begun);
void ald_conn_end_session(struct ald_conn *conn, uint32_t party);
/* What it was let in for has been taken away. */
void ald_conn_expel(void *who);

/* conn_rest.c: checking what it said took so long. */
void ald_conn_worked(struct ald_conn *conn, ald_usec spent);
/* It has rested enough, and is heard again. */
void ald_conn_rested(struct ald_conn *conn);

/* conn_clog.c: the dialect has answered something by itself; everything has been written. */
void ald_conn_answered(struct ald_conn *conn, const struct ald_frame *frame);
void ald_conn_drained(void *owner, struct ald_stream *stream);
