#include "conn/visit.h"

#include "base/error.h"
#include "conn/answer.h"
#include "conn/edge_impl.h"
#include "conn/visitor_impl.h"

static struct ald_visitor *visitor_of(struct ald_visit *visit)
{
    return ald_container(visit, struct ald_visitor, visit);
}

static bool visit_is_open(const struct ald_visitor *visitor)
{
    return !visitor->visit.over && (visitor->state == VISITOR_ASKING || visitor->state == VISITOR_STREAMING);
}

/* Nothing more is said. The visitor goes on when the owner has returned. */
static void visit_over(struct ald_visitor *visitor)
{
    visitor->visit.over = true;
    ald_task_push(visitor->door->edge->loop, &visitor->go_on);
}

void ald_visit_own(struct ald_visit *visit, const struct ald_visit_callbacks *callbacks, void *owner)
{
    visit->callbacks = callbacks;
    visit->owner = owner;
}

void ald_visit_page_init(const struct ald_visit *visit, struct ald_page *page)
{
    ald_visitor_page_init(visitor_of((struct ald_visit *)(uintptr_t)visit), page);
}

int ald_visit_answer(struct ald_visit *visit, struct ald_page *page)
{
    struct ald_visitor *visitor = visitor_of(visit);
    int r;

    ald_assert(visitor->state == VISITOR_ASKING && !visit->over);

    visit->close = visit->close || ald_edge_draining(visitor->door->edge);
    r = ald_visitor_push(visitor, page);
    if (r != 0) {
        ald_visitor_push_instead(visitor, r);
    }
    visit->callbacks = NULL;
    visit_over(visitor);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_visit_stream(struct ald_visit *visit, const struct ald_page *head)
{
    struct ald_visitor *visitor = visitor_of(visit);
    enum ald_http_framing framing = visit->old ? ALD_HTTP_FRAMING_CLOSE : ALD_HTTP_FRAMING_CHUNKED;
    struct ald_buf out;
    int r;

    ald_assert(visitor->state == VISITOR_ASKING && !visit->over);

    ald_buf_init(&out, VISITOR_HEAD_MAX);
    r = ald_answer_write_head(&out, head, framing, !visit->head_only || visit->close, ald_loop_wall());
    if (r == 0) {
        ald_visitor_push_bytes(visitor, ald_buf_str(&out));
    }
    ald_buf_fini(&out);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0); /* a stream's fields are the program's own */

    visitor->door->counters.streams++;
    if (visit->head_only) {
        visit_over(visitor);
    } else {
        ald_visitor_move(visitor, VISITOR_STREAMING);
        ald_visitor_forget_rest(visitor);
    }
    ald_visitor_account(visitor);
    return 0;
}

/* One chunk, RFC 9112 section 7.1, without copying it to put its frame around it. */
static void visit_push_chunk(struct ald_visitor *visitor, struct ald_str bytes)
{
    struct ald_buf head;

    ald_buf_init(&head, 64);
    if (ald_buf_pushf(&head, "%zx\r\n", bytes.size) == 0) {
        ald_visitor_push_bytes(visitor, ald_buf_str(&head));
        ald_visitor_push_bytes(visitor, bytes);
        ald_visitor_push_bytes(visitor, ALD_STR("\r\n"));
    } else {
        visitor->door->counters.answers_failed++;
        ald_stream_abort(visitor->stream); /* its end will be told */
    }
    ald_buf_fini(&head);
}

int ald_visit_push(struct ald_visit *visit, struct ald_str bytes)
{
    struct ald_visitor *visitor = visitor_of(visit);
    size_t unread;

    ald_assert(visitor->state == VISITOR_STREAMING || visit->head_only);

    if (!visit_is_open(visitor) || bytes.size == 0) {
        return 0; /* an empty chunk would be the last */
    }
    unread = ald_stream_queued(visitor->stream);
    /* A single piece may be larger, if nothing else waits. */
    if ((unread > 0 && unread + bytes.size > ALD_VISIT_UNREAD_MAX) || !ald_visitor_has_room(visitor, bytes.size)) {
        visitor->door->counters.streams_full++;
        return ALD_VISIT_FULL;
    }
    if (visit->old) {
        ald_visitor_push_bytes(visitor, bytes);
    } else {
        visit_push_chunk(visitor, bytes);
    }
    ald_visitor_account(visitor);
    return 0;
}

void ald_visit_end(struct ald_visit *visit)
{
    struct ald_visitor *visitor = visitor_of(visit);

    ald_assert(visitor->state == VISITOR_STREAMING || visit->head_only);

    visit->callbacks = NULL;
    if (visit_is_open(visitor)) {
        ald_visitor_push_end(visitor);
        visit_over(visitor);
    }
}

size_t ald_visit_unread(const struct ald_visit *visit)
{
    return ald_stream_queued(visitor_of((struct ald_visit *)(uintptr_t)visit)->stream);
}

void ald_visit_peer(const struct ald_visit *visit, struct ald_peer *ret_peer)
{
    ald_stream_peer(visitor_of((struct ald_visit *)(uintptr_t)visit)->stream, ret_peer);
}
