#pragma once

/* The inside of a visitor, for the files of this folder only. */

#include "base/sm.h"
#include "conn/door_impl.h"
#include "conn/visit.h"
#include "conn/visitor.h"
#include "loop/loop.h"
#include "wire/http/http_parser.h"

enum {
    /* Answers not yet read beyond which no further request is looked at: a few listings of the API. */
    VISITOR_QUEUE_MAX = 32 * 1024,
    VISITOR_SMALL_MAX = 32 * 1024, /* an answer that there is always room for: the state of a hub, a command */
    VISITOR_HEAD_MAX = 8 * 1024,   /* of an answer, without its body: our own few fields, a policy for browsers */
    /* Requests that wait for their turn, beyond which nothing is read: more than any client sends ahead. */
    VISITOR_REST_MAX = 16 * 1024,
    /* What a reader must take of an answer within the idle timeout, and a sender bring of a body within the request's: a
     * poor line manages ten times as much, and who means harm gains little by being just fast enough. */
    VISITOR_READ_PACE = 64 * 1024,
    VISITOR_BODY_PACE = 256 * 1024
};

enum ald_visitor_state {
    VISITOR_READING,   /* a request is awaited, or has begun; the first one from the accept on */
    VISITOR_IDLE,      /* answered, and silent since */
    VISITOR_HELD,      /* not asked for more until it has read its answers */
    VISITOR_ASKING,    /* a page owes it an answer */
    VISITOR_STREAMING, /* a page answers it with a stream */
    VISITOR_LEAVING,   /* it has its last answer to read */
    VISITOR_GONE
};

struct ald_visit {
    const struct ald_visit_callbacks *callbacks;
    void *owner;
    bool head_only; /* the request was HEAD */
    bool old;       /* it was of HTTP/1.0 */
    bool close;     /* its answer is the last one */
    bool later;     /* it is one: pages.answer() said so */
    bool over;      /* answered or ended; the visitor goes on at the end of the turn */
};

struct ald_visitor {
    struct ald_node node; /* door->visitors */
    struct ald_door *door;
    struct ald_stream *stream;
    struct ald_alarm alarm;
    struct ald_task go_on; /* a visit is over */
    struct ald_http_parser parser;
    struct ald_visit visit;
    struct ald_buf rest;    /* what was read and not looked at */
    size_t body_charged;    /* of edge->reassembly, for the body that is coming in */
    size_t out_charged;     /* of edge->answers, for what waits to be read */
    size_t body_seen;       /* of the body, when the deadline was last moved */
    uint64_t pushed;        /* bytes ever */
    int64_t read_mark;      /* how many of them were with the kernel, when that was last looked at */
    struct ald_guest guest; /* who asks, since the head of the request was read */
    bool unknown;           /* what it shows is nobody's */
    uint32_t n_requests;
    uint8_t state; /* enum ald_visitor_state */
    bool greeting; /* counted among those who have not said hello */
};

/* visitor.c */

/* The only writer of a state. */
void ald_visitor_move(struct ald_visitor *visitor, enum ald_visitor_state state);
/* The deadline of its state is `timeout` from now. */
void ald_visitor_wait(struct ald_visitor *visitor, ald_usec timeout);
/* The visitor goes: its stream has ended or is closing, or it became a connection (whose `greeting` is passed on). */
void ald_visitor_leave(struct ald_visitor *visitor);
/* Close in order when what waits is read, and leave. */
void ald_visitor_finish(struct ald_visitor *visitor);
/* It will be asked nothing more: what came for that is of no use. */
void ald_visitor_forget_rest(struct ald_visitor *visitor);
/* Its output changed: keep the account of what waits, and watch that it is read. */
void ald_visitor_account(struct ald_visitor *visitor);

/* visitor_say.c: answers. */

void ald_visitor_page_init(const struct ald_visitor *visitor, struct ald_page *page);
/* FULL: too much of all answers waits to be read. UNFIT: a field or the type may not stand in a head. */
enum { VISITOR_FULL = 1, VISITOR_UNFIT };
/*
 * Push the answer to the visit (takes the page's body, always). Outcomes: VISITOR_FULL, VISITOR_UNFIT. Errors:
 * ALDIS_E_NOMEM. Nothing was pushed on either.
 */
ALD_NODISCARD int ald_visitor_push(struct ald_visitor *visitor, struct ald_page *page);
/* Push a problem, after which the connection is to end. */
void ald_visitor_push_problem(struct ald_visitor *visitor, uint16_t status, const char *detail);
/* The same instead of the answer, about which ald_visitor_push() said `r`; counted. */
void ald_visitor_push_instead(struct ald_visitor *visitor, int r);
/* Push bytes of the answer (copied). When memory is short the stream ends. */
void ald_visitor_push_bytes(struct ald_visitor *visitor, struct ald_str bytes);
/* The end of a stream. */
void ald_visitor_push_end(struct ald_visitor *visitor);
bool ald_visitor_has_room(const struct ald_visitor *visitor, size_t size);
void ald_visitor_push_continue(struct ald_visitor *visitor);
/* Tell what is wrong, and finish. */
void ald_visitor_refuse(struct ald_visitor *visitor, uint16_t status, const char *detail);
/* The same with a page (takes its body). */
void ald_visitor_refuse_page(struct ald_visitor *visitor, struct ald_page *page);

/* visitor_judge.c */

/* May the request that the head is of come in at all? False when the visitor was told that not, and is gone. */
bool ald_visitor_judge(struct ald_visitor *visitor);

/* visitor_guest.c */

/* Find out who asks, by the head of the request. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_visitor_identify(struct ald_visitor *visitor);
/* Its request will be answered later: it stays for as long as it may. */
void ald_visitor_stay(struct ald_visitor *visitor);
/* Give back what is known of it. */
void ald_visitor_forget_guest(struct ald_visitor *visitor);
/* Count, and tell who listens, that nobody knows who asks. */
void ald_visitor_notice_unknown(struct ald_visitor *visitor);
/* Tell it so, and finish. */
void ald_visitor_refuse_unknown(struct ald_visitor *visitor);

/* visitor_upgrade.c */

/* A dialect, or the lack of one, settles what becomes of the visitor, who is then gone; `rest` came behind the request. */
bool ald_visitor_try_dialects(struct ald_visitor *visitor, struct ald_str rest);
