#pragma once

/*
 * Visit: one request of a visitor whose answer comes later, in one piece or as a stream.
 *
 *     pages.answer() keeps request->visit, calls ald_visit_own() and returns ALD_PAGE_LATER; then one of
 *       ald_visit_answer()                                            the whole answer
 *       ald_visit_stream(), ald_visit_push()*, ald_visit_end()        an answer that goes on
 *
 * Everything here may be called inside pages.answer() already, and anywhere a callback comes.
 *
 * Lifetime:   from pages.answer() until ald_visit_answer(), ald_visit_end() or the callback `gone`, after which the visit
 *             must not be touched. What it was asked is forgotten when pages.answer() returns: the owner keeps its own copy.
 * Threading:  the loop's thread only.
 * Invariants: `gone` comes at most once, never inside a call of the owner's, and never after it ended the visit. While a
 *             visit is open its visitor is asked nothing else: further requests wait, at most VISITOR_REST_MAX bytes of
 *             them and what one read brought beyond; but that it leaves is noticed.
 * Limits:     no timeout runs while we owe the answer. A reader that takes too little of what waits for it is cut: see
 *             idle_timeout in door.h. A visit counts as a connection, and no longer as one without a hello.
 *
 * A client that has ended its half of the connection counts as gone: it cannot be told from one that is.
 */

#include "conn/door.h"

struct ald_peer;

enum {
    ALD_VISIT_FULL = 1, /* outcome of ald_visit_push() */
    /* Of a stream, pushed and not read, beyond which nothing is taken: seconds of a busy hub's news to one reader. */
    ALD_VISIT_UNREAD_MAX = 256 * 1024
};

/* A callback that is NULL is not called. */
struct ald_visit_callbacks {
    /* The visitor left, or was cut, or had asked for the head only: whatever was still to be said is for nobody. */
    void (*gone)(void *owner);
    /* Everything that was pushed is with the kernel. */
    void (*drained)(void *owner);
};

/* Say who is told of the visit (borrows `callbacks`, which live as long). Before pages.answer() returns. */
void ald_visit_own(struct ald_visit *visit, const struct ald_visit_callbacks *callbacks, void *owner);

/* Make `page` empty, as pages.answer() is given one: 200, text/plain. Whoever fills it in and gives it up frees its body. */
void ald_visit_page_init(const struct ald_visit *visit, struct ald_page *page);

/*
 * The whole answer (takes the page's body, always). It ends the visit, and the connection goes on with its next request.
 * Errors: ALDIS_E_NOMEM, after which the visit has ended all the same: the visitor was told 503, or cut.
 */
int ald_visit_answer(struct ald_visit *visit, struct ald_page *page);

/*
 * Begin a stream with the status, type and fields of `head` (borrows; its body is not looked at); what follows comes by
 * pushing, in chunks, or to a client of HTTP/1.0 as it is. When the request was HEAD the visit ends with that, and `gone`
 * comes. Errors: ALDIS_E_NOMEM: the visit is open as before, and can be answered.
 */
ALD_NODISCARD int ald_visit_stream(struct ald_visit *visit, const struct ald_page *head);
/*
 * More of the stream: all of `bytes` (copied), or on ALD_VISIT_FULL nothing, counted. When memory is short, the visitor is
 * cut and `gone` will come.
 */
int ald_visit_push(struct ald_visit *visit, struct ald_str bytes);
/* End the stream in order, the connection with it, and the visit. */
void ald_visit_end(struct ald_visit *visit);

/* Bytes of the stream that are not with the kernel yet. */
size_t ald_visit_unread(const struct ald_visit *visit);
/* What is known of who asks: a certificate, the user at the other end of a Unix socket. */
void ald_visit_peer(const struct ald_visit *visit, struct ald_peer *ret_peer);
