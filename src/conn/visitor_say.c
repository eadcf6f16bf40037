/*
 * What a visitor is told. An answer is pushed whole or not at all: its head is written and its body laid into a block
 * before the stream gets the first byte, so that when memory is short something smaller can still be said.
 */

#include "base/error.h"
#include "conn/answer.h"
#include "conn/edge_impl.h"
#include "conn/visitor_impl.h"

void ald_visitor_page_init(const struct ald_visitor *visitor, struct ald_page *page)
{
    *page = (struct ald_page){.status = 200, .type = "text/plain"};
    ald_buf_init(&page->body, visitor->door->pages.body_max);
}

void ald_visitor_push_bytes(struct ald_visitor *visitor, struct ald_str bytes)
{
    struct ald_slice slice = ALD_SLICE_NONE;

    visitor->pushed += bytes.size;
    if (bytes.size <= ALD_STREAM_COPY_MAX) {
        ald_stream_push_copy(visitor->stream, ALD_CHUNK_BYTES, bytes, 0);
    } else if (ald_slice_copy(bytes, &slice) == 0) {
        ald_stream_push(visitor->stream, ALD_CHUNK_BYTES, &slice, 1, 0);
        ald_slice_clear(&slice);
    } else {
        visitor->door->counters.answers_failed++;
        ald_stream_abort(visitor->stream); /* half an answer is worse than none; its end will be told */
    }
}

/* A single answer may be as large as it is. */
bool ald_visitor_has_room(const struct ald_visitor *visitor, size_t size)
{
    const struct ald_budget *answers = &visitor->door->edge->answers;

    return answers->used == 0 || (answers->used <= answers->max && size <= answers->max - answers->used);
}

static int page_push(struct ald_visitor *visitor, const struct ald_page *page, struct ald_buf *head)
{
    struct ald_str body = ald_buf_str(&page->body);
    struct ald_slice slice = ALD_SLICE_NONE;
    bool bare = visitor->visit.head_only || !ald_answer_has_body(page->status) || body.size == 0;
    int r;

    r = ald_answer_write_head(head, page, ALD_HTTP_FRAMING_LENGTH, visitor->visit.close, ald_loop_wall());
    if (r != 0) {
        return r < 0 ? ald_trace(r) : VISITOR_UNFIT;
    }
    if (!bare) {
        r = ald_slice_copy(body, &slice);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    ald_visitor_push_bytes(visitor, ald_buf_str(head));
    if (!bare) {
        visitor->pushed += slice.size;
        ald_stream_push(visitor->stream, ALD_CHUNK_BYTES, &slice, 1, 0);
        ald_slice_clear(&slice);
    }
    return 0;
}

/* Readers that are slow on purpose may use up all there is for answers; who reads still gets a small one. */
static bool visitor_deserves(const struct ald_visitor *visitor, size_t size)
{
    return size <= VISITOR_SMALL_MAX && ald_stream_queued(visitor->stream) == 0;
}

/* Takes the page's body, always. `must`: it is small, and the last one. */
static int visitor_push(struct ald_visitor *visitor, struct ald_page *page, bool must)
{
    struct ald_buf head;
    int r = VISITOR_FULL;

    ald_buf_init(&head, VISITOR_HEAD_MAX);
    if (must || visitor_deserves(visitor, ald_buf_size(&page->body)) ||
        ald_visitor_has_room(visitor, ald_buf_size(&page->body))) {
        r = page_push(visitor, page, &head);
    }
    ald_buf_fini(&head);
    ald_buf_fini(&page->body);
    ald_visitor_account(visitor);
    return r < 0 ? ald_trace(r) : r;
}

int ald_visitor_push(struct ald_visitor *visitor, struct ald_page *page)
{
    int r = visitor_push(visitor, page, false);

    return r < 0 ? ald_trace(r) : r;
}

void ald_visitor_push_problem(struct ald_visitor *visitor, uint16_t status, const char *detail)
{
    struct ald_page page;
    int r;

    ald_visitor_page_init(visitor, &page);
    visitor->visit.close = true;
    r = ald_answer_problem(&page, status, ald_str(detail));
    if (r == 0) {
        r = visitor_push(visitor, &page, true);
    } else {
        ald_buf_fini(&page.body);
    }
    if (r != 0) {
        visitor->door->counters.answers_failed++;
    }
}

void ald_visitor_push_instead(struct ald_visitor *visitor, int r)
{
    struct ald_door_counters *counters = &visitor->door->counters;

    if (r == VISITOR_FULL) {
        counters->answers_full++;
        ald_visitor_push_problem(visitor, 503, "Too much of other answers waits to be read");
    } else if (r == VISITOR_UNFIT) {
        counters->answers_failed++;
        ald_visitor_push_problem(visitor, 500, "The answer cannot be said in HTTP");
    } else {
        counters->answers_failed++;
        ald_visitor_push_problem(visitor, 503, "Out of memory");
    }
}

void ald_visitor_refuse(struct ald_visitor *visitor, uint16_t status, const char *detail)
{
    visitor->visit = (struct ald_visit){.head_only = visitor->visit.head_only};
    ald_visitor_push_problem(visitor, status, detail);
    ald_visitor_finish(visitor);
}

void ald_visitor_refuse_page(struct ald_visitor *visitor, struct ald_page *page)
{
    int r;

    visitor->visit.close = true;
    r = ald_visitor_push(visitor, page);
    if (r != 0) {
        ald_visitor_push_instead(visitor, r);
    }
    ald_visitor_finish(visitor);
}

void ald_visitor_push_continue(struct ald_visitor *visitor)
{
    struct ald_buf out;

    ald_buf_init(&out, VISITOR_HEAD_MAX);
    if (ald_http_continue_write(&out) == 0) {
        ald_visitor_push_bytes(visitor, ald_buf_str(&out)); /* without it the client goes on after a while by itself */
    }
    ald_buf_fini(&out);
}

void ald_visitor_push_end(struct ald_visitor *visitor)
{
    if (!visitor->visit.old) {
        ald_visitor_push_bytes(visitor, ALD_STR("0\r\n\r\n")); /* the last chunk, RFC 9112 section 7.1 */
    }
}
