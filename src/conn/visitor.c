/*
 * A visitor's bytes are taken apart as they come and each request is answered before the next one is looked at. Where it
 * cannot be (its answers are not read, or a page answers later) what has come waits in `rest`; the stream goes on being
 * read, because its end is found only by reading, until there is too much of it.
 *
 * Nobody is called back into: a visit that is over goes on at the end of the turn.
 */

#include "conn/visitor.h"

#include <stdlib.h>

#include "base/error.h"
#include "conn/edge_impl.h"
#include "conn/visitor_impl.h"

static const struct ald_state visitor_states[] = {
    [VISITOR_READING] = {"reading", ALD_STATE_INITIAL,
                         ALD_TO(VISITOR_IDLE) | ALD_TO(VISITOR_HELD) | ALD_TO(VISITOR_ASKING) |
                             ALD_TO(VISITOR_LEAVING) | ALD_TO(VISITOR_GONE)},
    [VISITOR_IDLE] = {"idle", 0, ALD_TO(VISITOR_READING) | ALD_TO(VISITOR_LEAVING) | ALD_TO(VISITOR_GONE)},
    [VISITOR_HELD] = {"held", 0, ALD_TO(VISITOR_READING) | ALD_TO(VISITOR_LEAVING) | ALD_TO(VISITOR_GONE)},
    [VISITOR_ASKING] = {"asking", 0,
                        ALD_TO(VISITOR_READING) | ALD_TO(VISITOR_STREAMING) | ALD_TO(VISITOR_LEAVING) |
                            ALD_TO(VISITOR_GONE)},
    [VISITOR_STREAMING] = {"streaming", 0, ALD_TO(VISITOR_LEAVING) | ALD_TO(VISITOR_GONE)},
    [VISITOR_LEAVING] = {"leaving", 0, ALD_TO(VISITOR_GONE)},
    [VISITOR_GONE] = {"gone", ALD_STATE_FINAL, 0},
};

static struct ald_machine visitor_machine = ALD_MACHINE("visitor", visitor_states);

void ald_visitor_move(struct ald_visitor *visitor, enum ald_visitor_state state)
{
    ald_sm_move(&visitor_machine, &visitor->state, (uint8_t)state);
}

/* What waits in the kernel is not read yet, and there may be megabytes of it; it is asked for only where it matters. */
static int64_t visitor_read_so_far(const struct ald_visitor *visitor)
{
    size_t queued = ald_stream_queued(visitor->stream);

    if (queued > 0) {
        queued += ald_stream_undelivered(visitor->stream);
    }
    return (int64_t)visitor->pushed - (int64_t)queued;
}

void ald_visitor_wait(struct ald_visitor *visitor, ald_usec timeout)
{
    struct ald_loop *loop = visitor->door->edge->loop;

    visitor->read_mark = visitor_read_so_far(visitor);
    ald_alarm_start(loop, &visitor->alarm, ald_loop_now(loop) + timeout);
}

/* No request is awaited: there is a deadline only for what waits to be read. */
static bool visitor_only_reads(const struct ald_visitor *visitor)
{
    return visitor->state == VISITOR_ASKING || visitor->state == VISITOR_STREAMING || visitor->state == VISITOR_LEAVING;
}

void ald_visitor_account(struct ald_visitor *visitor)
{
    struct ald_edge *edge = visitor->door->edge;
    size_t queued = ald_stream_queued(visitor->stream);

    edge->answers.used = edge->answers.used - visitor->out_charged + queued;
    visitor->out_charged = queued;
    if (!visitor_only_reads(visitor)) {
        return;
    }
    if (queued == 0) {
        ald_alarm_stop(edge->loop, &visitor->alarm);
    } else if (!ald_alarm_running(&visitor->alarm)) {
        ald_visitor_wait(visitor, visitor->door->limits.idle_timeout);
    }
}

/* What comes in counts where it is more than everybody may send. */
static bool visitor_charge_body(struct ald_visitor *visitor, size_t size)
{
    struct ald_budget *budget = &visitor->door->edge->reassembly;

    size = size > visitor->door->limits.body_max ? size : 0;
    budget->used = budget->used - visitor->body_charged + size;
    visitor->body_charged = size;
    return size == 0 || budget->used <= budget->max;
}

/* It keeps no place among those who have not said hello while we owe it an answer. */
static void visitor_greet(struct ald_visitor *visitor, bool greeting)
{
    if (greeting != visitor->greeting) {
        visitor->greeting = greeting;
        visitor->door->n_greeting += greeting ? 1 : (uint32_t)-1;
    }
}

static void visitor_tell_gone(const struct ald_visit *visit)
{
    if (visit->callbacks != NULL && visit->callbacks->gone != NULL) {
        visit->callbacks->gone(visit->owner);
    }
}

void ald_visitor_leave(struct ald_visitor *visitor)
{
    struct ald_door *door = visitor->door;
    struct ald_edge *edge = door->edge;
    struct ald_visit visit = visitor->visit;
    bool greeting = visitor->greeting;

    door->counters.visits_left += visit.later && !visit.over ? 1 : 0;
    ald_visitor_move(visitor, VISITOR_GONE);
    (void)visitor_charge_body(visitor, 0);
    edge->answers.used -= visitor->out_charged;
    ald_alarm_stop(edge->loop, &visitor->alarm);
    ald_task_cancel(&visitor->go_on);
    ald_node_remove(&visitor->node);
    ald_stream_free(visitor->stream);
    ald_buf_fini(&visitor->rest);
    ald_http_parser_fini(&visitor->parser);
    if (visit.later) {
        visitor_tell_gone(&visit);
    }
    ald_visitor_forget_guest(visitor);
    free(visitor);

    if (greeting) {
        ald_door_greeted(door);
    }
}

static void visitor_close(struct ald_visitor *visitor)
{
    ald_stream_close(visitor->stream, 0, ALD_STR_NONE);
    ald_visitor_leave(visitor);
}

/* A closing stream has seconds for all that waits, and is in nobody's account: what is large is read before. */
void ald_visitor_finish(struct ald_visitor *visitor)
{
    if (ald_stream_queued(visitor->stream) <= VISITOR_QUEUE_MAX) {
        visitor_close(visitor);
        return;
    }
    ald_visitor_move(visitor, VISITOR_LEAVING);
    ald_visitor_wait(visitor, visitor->door->limits.idle_timeout);
}

static void visitor_cut(struct ald_visitor *visitor)
{
    ald_stream_abort(visitor->stream);
    ald_visitor_leave(visitor);
}

/* Keep bytes for when they can be looked at. */
static void visitor_keep(struct ald_visitor *visitor, struct ald_str bytes)
{
    if (ald_buf_push(&visitor->rest, bytes) != 0) {
        visitor->door->counters.answers_failed++;
        visitor_cut(visitor);
    } else if (ald_buf_size(&visitor->rest) >= VISITOR_REST_MAX) {
        ald_stream_pause(visitor->stream);
    }
}

/* What a request came to. */
enum { VISITOR_NEXT, VISITOR_LEFT, VISITOR_WAITS };

/* The page's answer is there, or why there is none. */
static int visitor_answer(struct ald_visitor *visitor, struct ald_page *page, int r)
{
    ald_assert(visitor->state == VISITOR_ASKING && !visitor->visit.over);

    ald_visitor_move(visitor, VISITOR_READING);
    if (r == 0) {
        r = ald_visitor_push(visitor, page);
    } else {
        ald_buf_fini(&page->body);
    }
    if (r != 0) {
        ald_visitor_push_instead(visitor, r);
    }
    if (visitor->visit.close) {
        ald_visitor_finish(visitor);
        return VISITOR_LEFT;
    }
    visitor->visit = (struct ald_visit){.head_only = false};
    ald_http_parser_reset(&visitor->parser);
    (void)visitor_charge_body(visitor, 0);
    return VISITOR_NEXT;
}

/* What was asked is forgotten, so that an open visit holds no more than what waits in its stream. */
static int visitor_answer_later(struct ald_visitor *visitor, struct ald_page *page)
{
    struct ald_door *door = visitor->door;

    ald_buf_fini(&page->body);
    ald_http_parser_reset(&visitor->parser);
    (void)visitor_charge_body(visitor, 0);
    door->counters.visits++;
    visitor->visit.later = true;
    visitor_greet(visitor, false);
    ald_visitor_stay(visitor);
    ald_alarm_stop(door->edge->loop, &visitor->alarm);
    ald_visitor_account(visitor);
    return VISITOR_WAITS;
}

void ald_visitor_forget_rest(struct ald_visitor *visitor)
{
    visitor->door->counters.ignored_bytes += ald_buf_size(&visitor->rest);
    ald_buf_reset(&visitor->rest);
    ald_stream_resume(visitor->stream);
}

/* A request that is no upgrade. */
static int visitor_ask(struct ald_visitor *visitor)
{
    struct ald_door *door = visitor->door;
    const struct ald_http_request *head = ald_http_parser_request(&visitor->parser);
    struct ald_page_request request = {
        head, ald_http_parser_body(&visitor->parser), &visitor->visit, door, &visitor->guest,
    };
    struct ald_page page;
    int r;

    if (visitor->unknown) {
        ald_visitor_refuse_unknown(visitor);
        return VISITOR_LEFT;
    }

    visitor->visit.close =
        !head->keep_alive || visitor->n_requests >= door->limits.requests_max || ald_edge_draining(door->edge);
    ald_visitor_page_init(visitor, &page);
    ald_visitor_move(visitor, VISITOR_ASKING);
    r = door->pages.answer(door->pages.owner, &request, &page);
    return r == ALD_PAGE_LATER ? visitor_answer_later(visitor, &page) : visitor_answer(visitor, &page, r);
}

/* A whole request; `rest` is what came behind it. */
static int visitor_request(struct ald_visitor *visitor, struct ald_str rest)
{
    visitor->door->counters.requests++;
    visitor->n_requests++;
    return ald_visitor_try_dialects(visitor, rest) ? VISITOR_LEFT : visitor_ask(visitor);
}

static void visitor_reject(struct ald_visitor *visitor)
{
    const struct ald_http_fault *fault = ald_http_parser_fault(&visitor->parser);

    visitor->door->counters.malformed++;
    ald_visitor_refuse(visitor, fault->status, fault->text);
}

/* Ask its page how large the body may be. False when the visitor is gone. */
static bool visitor_ask_admission(struct ald_visitor *visitor, size_t *body_max)
{
    struct ald_door *door = visitor->door;
    struct ald_page_request request = {
        .head = ald_http_parser_request(&visitor->parser),
        .visit = &visitor->visit,
        .door = door,
        .guest = &visitor->guest,
    };
    struct ald_page page;
    int r;

    if (door->pages.admit == NULL) {
        return true;
    }
    ald_visitor_page_init(visitor, &page);
    r = door->pages.admit(door->pages.owner, &request, &page, body_max);
    if (r == ALD_PAGE_REFUSED) {
        ald_visitor_refuse_page(visitor, &page);
        return false;
    }
    ald_buf_fini(&page.body);
    if (r < 0) {
        door->counters.answers_failed++;
        ald_visitor_refuse(visitor, 503, NULL);
        return false;
    }
    return true;
}

/* May it have the body it announces? False when the visitor is gone. */
static bool visitor_admit_body(struct ald_visitor *visitor)
{
    size_t body_max = visitor->door->limits.body_max;

    if (visitor->unknown) {
        ald_visitor_refuse_unknown(visitor);
        return false;
    }
    if (!visitor_ask_admission(visitor, &body_max)) {
        return false;
    }
    if (ald_http_parser_narrow(&visitor->parser, body_max) != 0) {
        visitor_reject(visitor);
        return false;
    }
    if (ald_http_parser_expects(&visitor->parser)) {
        ald_visitor_push_continue(visitor);
    }
    return true;
}

/* The head of a request is there. False when the visitor is gone. */
static bool visitor_admit(struct ald_visitor *visitor)
{
    const struct ald_http_request *head = ald_http_parser_request(&visitor->parser);

    visitor->visit = (struct ald_visit){
        .head_only = ald_str_equal(head->method, ALD_STR("HEAD")),
        .old = head->minor == 0,
    };
    visitor->body_seen = 0;
    if (!ald_visitor_judge(visitor)) {
        return false;
    }
    if (ald_visitor_identify(visitor) < 0) {
        visitor->door->counters.answers_failed++;
        ald_visitor_refuse(visitor, 503, NULL);
        return false;
    }
    return head->body == ALD_HTTP_BODY_NONE || visitor_admit_body(visitor);
}

/* Part of a body came. Returns false when the visitor is gone. */
static bool visitor_gather(struct ald_visitor *visitor)
{
    size_t size = ald_http_parser_body(&visitor->parser).size;

    if (!visitor_charge_body(visitor, ald_http_parser_held(&visitor->parser))) {
        visitor->door->counters.bodies_full++;
        ald_visitor_refuse(visitor, 503, "Too many large requests are coming in");
        return false;
    }
    if (size - visitor->body_seen >= VISITOR_BODY_PACE) {
        visitor->body_seen = size;
        ald_visitor_wait(visitor, visitor->door->limits.request_timeout);
    }
    return true;
}

/* Take requests off `*rest`, and answer them, until there is no whole one. */
static int visitor_take(struct ald_visitor *visitor, struct ald_str *rest, bool *served)
{
    for (;;) {
        size_t used;
        int r = ald_http_parser_collect(&visitor->parser, *rest, &used);

        if (r < 0) {
            visitor->door->counters.answers_failed++;
            ald_visitor_refuse(visitor, 503, NULL);
            return VISITOR_LEFT;
        }
        if (r == ALD_HTTP_PARSER_REFUSED) {
            visitor_reject(visitor);
            return VISITOR_LEFT;
        }
        *rest = ald_str_from(*rest, used);
        if (r == ALD_HTTP_PARSER_HUNGRY) {
            return visitor_gather(visitor) ? VISITOR_NEXT : VISITOR_LEFT;
        }
        if (r == ALD_HTTP_PARSER_HEAD) {
            if (!visitor_admit(visitor)) {
                return VISITOR_LEFT;
            }
            continue;
        }
        r = visitor_request(visitor, *rest);
        if (r != VISITOR_NEXT) {
            return r;
        }
        *served = true;
        /* What somebody asked who then left is still done, but takes no time from those who wait for an answer. */
        if (ald_stream_queued(visitor->stream) > VISITOR_QUEUE_MAX || ald_stream_mute(visitor->stream)) {
            ald_visitor_move(visitor, VISITOR_HELD);
            ald_visitor_wait(visitor, ald_stream_mute(visitor->stream) ? 0 : visitor->door->limits.idle_timeout);
            return VISITOR_WAITS;
        }
    }
}

/* Bytes that cannot be looked at now. The visitor may be gone afterwards. */
static void visitor_get(struct ald_visitor *visitor, struct ald_str bytes)
{
    if (visitor->state == VISITOR_HELD || visitor->state == VISITOR_ASKING) {
        visitor_keep(visitor, bytes);
    } else {
        /* The connection ends with the answer: whatever it asks now, it gets none. */
        visitor->door->counters.ignored_bytes += bytes.size;
    }
}

/* Answer every request that `bytes` complete. The visitor may be gone afterwards. */
static void visitor_feed(struct ald_visitor *visitor, struct ald_str bytes)
{
    bool served = false;

    switch (visitor_take(visitor, &bytes, &served)) {
    case VISITOR_LEFT:
        return;
    case VISITOR_WAITS:
        visitor_get(visitor, bytes);
        return;
    default:
        break;
    }
    if (ald_http_parser_idle(&visitor->parser)) {
        if (visitor->n_requests > 0) {
            ald_visitor_move(visitor, VISITOR_IDLE);
            ald_visitor_wait(visitor, visitor->door->limits.idle_timeout);
        }
    } else if (served) {
        ald_visitor_wait(visitor, visitor->door->limits.request_timeout); /* the next request has begun */
    }
}

/* It may be asked again: what came in the meantime comes first. */
static void visitor_resume(struct ald_visitor *visitor)
{
    struct ald_buf rest = visitor->rest;

    ald_visitor_move(visitor, VISITOR_READING);
    ald_buf_init(&visitor->rest, rest.max);
    ald_stream_resume(visitor->stream);
    ald_visitor_wait(visitor, visitor->door->limits.request_timeout);
    visitor_feed(visitor, ald_buf_str(&rest));
    ald_buf_fini(&rest);
}

/* The end of the turn in which a visit was over. */
static void visitor_go_on(void *owner)
{
    struct ald_visitor *visitor = owner;
    struct ald_visit visit = visitor->visit;

    ald_assert(visit.over && visit.later);

    visitor->visit = (struct ald_visit){.head_only = false};
    if (visit.close || visitor->state == VISITOR_STREAMING) {
        ald_visitor_finish(visitor);
    } else {
        visitor_greet(visitor, true);
        visitor_resume(visitor);
    }
    visitor_tell_gone(&visit); /* only who asked for the head of a stream has left anybody to be told */
}

static void visitor_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct ald_visitor *visitor = owner;
    struct ald_str bytes = ald_slice_str(chunk->bytes);

    if (visitor->state == VISITOR_IDLE) {
        ald_visitor_move(visitor, VISITOR_READING);
        ald_visitor_wait(visitor, visitor->door->limits.request_timeout);
    }
    if (visitor->state == VISITOR_READING) {
        visitor_feed(visitor, bytes);
    } else {
        visitor_get(visitor, bytes);
    }
}

static void visitor_drained(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct ald_visitor *visitor = owner;
    const struct ald_visit *visit = &visitor->visit;

    ald_visitor_account(visitor);
    if (visitor->state == VISITOR_HELD) {
        ald_visitor_wait(visitor, 0); /* in the next turn: who asks much at once leaves room for others in between */
    } else if (visitor->state == VISITOR_LEAVING) {
        visitor_close(visitor);
    } else if (visitor->state == VISITOR_STREAMING && visit->callbacks != NULL && visit->callbacks->drained != NULL) {
        visit->callbacks->drained(visit->owner);
    }
}

static void visitor_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end ALD_UNUSED)
{
    struct ald_visitor *visitor = owner;

    if (!ald_http_parser_idle(&visitor->parser)) {
        visitor->door->counters.cut++;
    }
    ald_visitor_leave(visitor);
}

/* A deadline came: that of the state. */
static void visitor_late(void *owner)
{
    struct ald_visitor *visitor = owner;
    struct ald_door_counters *counters = &visitor->door->counters;

    if (ald_stream_queued(visitor->stream) > 0) {
        if (visitor_read_so_far(visitor) - visitor->read_mark >= VISITOR_READ_PACE) {
            ald_visitor_wait(visitor, visitor->door->limits.idle_timeout);
            return;
        }
        counters->slow_readers++;
        visitor_cut(visitor);
    } else if (visitor->state == VISITOR_HELD) {
        visitor_resume(visitor);
    } else if (visitor_only_reads(visitor)) {
        return; /* it has read everything just now */
    } else if (!ald_http_parser_idle(&visitor->parser)) {
        counters->slow_requests++;
        ald_visitor_refuse(visitor, 408, "The request took too long");
    } else {
        counters->silent += visitor->n_requests == 0 ? 1 : 0;
        visitor_close(visitor);
    }
}

static const struct ald_stream_callbacks visitor_callbacks = {
    .received = visitor_received,
    .drained = visitor_drained,
    .closed = visitor_closed,
};

int ald_visitor_new(struct ald_door *door, struct ald_stream *stream)
{
    struct ald_visitor *visitor = calloc(1, sizeof(*visitor));

    if (visitor == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    visitor->door = door;
    visitor->stream = stream;
    visitor->state = VISITOR_READING;
    ald_http_parser_init_request(&visitor->parser, SIZE_MAX / 4); /* what it may be is known when there is a head */
    ald_buf_init(&visitor->rest, SIZE_MAX / 4);                   /* VISITOR_REST_MAX, and what one read brought */
    ald_alarm_init(&visitor->alarm, visitor_late, visitor);
    ald_task_init(&visitor->go_on, visitor_go_on, visitor);
    ald_list_push_back(&door->visitors, &visitor->node);
    visitor_greet(visitor, true);
    ald_stream_own(stream, &visitor_callbacks, visitor);
    ald_visitor_wait(visitor, door->limits.request_timeout);
    return 0;
}

void ald_visitor_drop(struct ald_node *node)
{
    struct ald_visitor *visitor = ald_container(node, struct ald_visitor, node);

    if (visitor->state == VISITOR_ASKING && !visitor->visit.over) {
        ald_visitor_push_problem(visitor, 503, "The hub stops");
    } else if (visitor->state == VISITOR_STREAMING && !visitor->visit.over) {
        ald_visitor_push_end(visitor);
    }
    visitor_close(visitor);
}
