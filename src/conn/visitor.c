#include "conn/visitor.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "conn/answer.h"
#include "conn/conn.h"
#include "conn/door_impl.h"
#include "conn/edge_impl.h"
#include "conn/origin.h"
#include "transport/ws.h"
#include "wire/http/http_parser.h"
#include "wire/http/http_writer.h"
#include "wire/ws/ws_upgrade.h"

enum {
    /* Answers not yet read beyond which no further request is looked at: a few listings of the API. */
    VISITOR_QUEUE_MAX = 256 * 1024,
    VISITOR_HEAD_MAX = 4096 /* of an answer, without its body: our own few fields */
};

enum visitor_state {
    VISITOR_READING, /* a request is awaited, or has begun; the first one from the accept on */
    VISITOR_IDLE,    /* answered, and silent since */
    VISITOR_HELD,    /* not read until it has read its answers */
    VISITOR_GONE
};

static const struct ald_state visitor_states[] = {
    [VISITOR_READING] = {"reading", ALD_STATE_INITIAL,
                         ALD_TO(VISITOR_IDLE) | ALD_TO(VISITOR_HELD) | ALD_TO(VISITOR_GONE)},
    [VISITOR_IDLE] = {"idle", 0, ALD_TO(VISITOR_READING) | ALD_TO(VISITOR_GONE)},
    [VISITOR_HELD] = {"held", 0, ALD_TO(VISITOR_READING) | ALD_TO(VISITOR_GONE)},
    [VISITOR_GONE] = {"gone", ALD_STATE_FINAL, 0},
};

static struct ald_machine visitor_machine = ALD_MACHINE("visitor", visitor_states);

struct visitor {
    struct ald_node node; /* door->visitors */
    struct ald_door *door;
    struct ald_stream *stream;
    struct ald_alarm alarm;
    struct ald_http_parser parser;
    struct ald_slice rest; /* HELD: what was read and not looked at */
    uint32_t n_requests;
    uint8_t state;
};

static struct ald_loop *visitor_loop(const struct visitor *visitor)
{
    return visitor->door->edge->loop;
}

static void visitor_wait(struct visitor *visitor, ald_usec timeout)
{
    ald_alarm_start(visitor_loop(visitor), &visitor->alarm, ald_loop_now(visitor_loop(visitor)) + timeout);
}

/* It needs its stream no more, or has given it away. What was told to close goes on closing. */
static void visitor_end(struct visitor *visitor)
{
    ald_sm_move(&visitor_machine, &visitor->state, VISITOR_GONE);
    ald_alarm_stop(visitor_loop(visitor), &visitor->alarm);
    ald_node_remove(&visitor->node);
    ald_stream_free(visitor->stream);
    ald_slice_clear(&visitor->rest);
    ald_http_parser_fini(&visitor->parser);
    free(visitor);
}

/* The visitor goes, and with it its place among those who have not said hello. */
static void visitor_leave(struct visitor *visitor)
{
    struct ald_door *door = visitor->door;

    visitor_end(visitor);
    ald_door_greeted(door);
}

static void visitor_close(struct visitor *visitor)
{
    ald_stream_close(visitor->stream, 0, ALD_STR_NONE);
    visitor_leave(visitor);
}

static void visitor_page_init(struct visitor *visitor, struct ald_page *page)
{
    *page = (struct ald_page){.status = 200, .type = "text/plain"};
    ald_buf_init(&page->body, visitor->door->pages.body_max);
}

/* Push the page and forget it. Errors: ALDIS_E_NOMEM. */
static int visitor_push(struct visitor *visitor, struct ald_page *page, bool head_only, bool close)
{
    struct ald_buf out;
    int r;

    ald_buf_init(&out, VISITOR_HEAD_MAX + visitor->door->pages.body_max);
    r = ald_answer_write(&out, page, head_only, close, ald_loop_wall());
    if (r == 0) {
        ald_stream_push_copy(visitor->stream, ALD_CHUNK_BYTES, ald_buf_str(&out), 0);
    }
    ald_buf_fini(&out);
    ald_buf_fini(&page->body);
    return r < 0 ? ald_trace(r) : 0;
}

/* Tell the visitor what is wrong and end it. */
static void visitor_refuse(struct visitor *visitor, uint16_t status, const char *detail)
{
    struct ald_page page;
    int r;

    visitor_page_init(visitor, &page);
    r = ald_answer_problem(&page, status, ald_str(detail));
    if (r == 0) {
        r = visitor_push(visitor, &page, false, true);
    }
    if (r < 0) {
        visitor->door->counters.answers_failed++;
    }
    visitor_close(visitor);
}

/* The same for an upgrade, whose refusals look as existing clients know them (exchange.md 2.2): `body` and no more. */
static void visitor_refuse_upgrade(struct visitor *visitor, uint16_t status, const char *body)
{
    struct ald_page page;
    int r;

    visitor_page_init(visitor, &page);
    page.status = status;
    r = ald_buf_push(&page.body, ald_str(body));
    if (r == 0) {
        r = visitor_push(visitor, &page, false, true);
    }
    if (r < 0) {
        visitor->door->counters.answers_failed++;
    }
    visitor_close(visitor);
}

static void visitor_refuse_handshake(struct visitor *visitor, const struct ald_ws_refusal *refusal)
{
    struct ald_buf out;

    ald_buf_init(&out, VISITOR_HEAD_MAX);
    if (ald_ws_upgrade_write_refusal(&out, refusal) == 0) {
        ald_stream_push_copy(visitor->stream, ALD_CHUNK_BYTES, ald_buf_str(&out), 0);
    } else {
        visitor->door->counters.answers_failed++;
    }
    ald_buf_fini(&out);
    visitor_close(visitor);
}

/* The visitor becomes a connection, which takes over its place among those who have not said hello. */
static void visitor_upgrade(struct visitor *visitor, size_t dialect, const struct ald_accept *accept,
                            const struct ald_ws_upgrade *upgrade, struct ald_str rest)
{
    struct ald_door *door = visitor->door;
    struct ald_http_field field = {ald_str(accept->header_name), ald_str(accept->header_value)};
    struct ald_http_fields fields = {&field, accept->header_name != NULL ? 1 : 0};
    struct ald_conn_spec spec = {
        .dialect = ald_dialects[dialect],
        .dialect_index = dialect,
        .variant = accept->variant,
        .door = door,
    };
    static const struct ald_stream_callbacks nobody = {0}; /* until the connection takes the stream */
    struct ald_stream *stream = NULL;

    if (ald_ws_accept(visitor->stream, upgrade->key, ALD_STR_NONE, fields, rest, &door->edge->stream_options, &nobody,
                      NULL, &stream) != 0) {
        door->counters.answers_failed++;
        visitor_refuse(visitor, 503, NULL);
        return;
    }
    visitor->stream = NULL;
    if (ald_conn_open(door->edge, &spec, stream) < 0) {
        ald_stream_free(stream);
        visitor_leave(visitor);
        return;
    }
    door->counters.upgrades++;
    visitor_end(visitor);
}

/* Some dialect lives at this path. In the order of exchange.md 2.2. */
static void visitor_judge_upgrade(struct visitor *visitor, size_t dialect, int accepted,
                                  const struct ald_accept *accept, struct ald_str rest)
{
    struct ald_door *door = visitor->door;
    const struct ald_ws_refusal *refusal = NULL;
    struct ald_ws_upgrade upgrade;

    if (ald_edge_draining(door->edge)) {
        door->counters.upgrades_draining++;
        visitor_refuse_upgrade(visitor, 410, "");
    } else if (accepted == ALD_ACCEPT_REFUSED) {
        door->counters.upgrades_refused++;
        visitor_refuse_upgrade(visitor, (uint16_t)accept->status, accept->body != NULL ? accept->body : "");
    } else if (ald_ws_upgrade_check(ald_http_parser_request(&visitor->parser), &upgrade, &refusal) != 0) {
        door->counters.upgrades_refused++;
        visitor_refuse_handshake(visitor, refusal);
    } else {
        visitor_upgrade(visitor, dialect, accept, &upgrade, rest);
    }
}

/* Returns true when a dialect, or the lack of one, has settled what becomes of the visitor, who is then gone. */
static bool visitor_try_dialects(struct visitor *visitor, struct ald_str rest)
{
    const struct ald_http_request *request = ald_http_parser_request(&visitor->parser);

    for (size_t i = 0; ald_dialects[i] != NULL; i++) {
        struct ald_accept accept = {0};
        int r = ald_dialects[i]->accept != NULL ? ald_dialects[i]->accept(request, &accept) : ALD_ACCEPT_NOT_MINE;

        if (r != ALD_ACCEPT_NOT_MINE) {
            visitor_judge_upgrade(visitor, i, r, &accept, rest);
            return true;
        }
    }
    if (ald_ws_upgrade_wanted(request)) {
        visitor->door->counters.upgrades_refused++;
        visitor_refuse_upgrade(visitor, 404, "");
        return true;
    }
    return false;
}

/* A request that is no upgrade. Returns false when the visitor is gone. */
static bool visitor_answer(struct visitor *visitor)
{
    struct ald_door *door = visitor->door;
    const struct ald_http_request *head = ald_http_parser_request(&visitor->parser);
    struct ald_page_request request = {.head = head, .body = ald_http_parser_body(&visitor->parser)};
    bool close = !head->keep_alive || visitor->n_requests >= door->limits.requests_max;
    struct ald_page page;
    int r;

    visitor_page_init(visitor, &page);
    r = door->pages.answer(door->pages.owner, &request, &page);
    if (r == 0) {
        r = visitor_push(visitor, &page, ald_str_equal(head->method, ALD_STR("HEAD")), close);
    } else {
        ald_buf_fini(&page.body);
    }
    if (r < 0) {
        door->counters.answers_failed++;
        visitor_refuse(visitor, 503, NULL);
        return false;
    }
    if (close) {
        visitor_close(visitor);
        return false;
    }
    ald_http_parser_reset(&visitor->parser);
    return true;
}

/* A whole request; `rest` is what came behind it. Returns false when the visitor is gone. */
static bool visitor_request(struct visitor *visitor, struct ald_str rest)
{
    const struct ald_http_request *request = ald_http_parser_request(&visitor->parser);
    struct ald_door *door = visitor->door;

    door->counters.requests++;
    visitor->n_requests++;
    if (ald_origin_matters(request) && ald_origin_foreign(request)) {
        struct ald_notice notice = {.kind = ALD_NOTICE_REFUSED, .door = door->name, .text = ALD_STR("foreign Origin")};

        door->counters.origin_refused++;
        ald_edge_notice(door->edge, &notice);
        visitor_refuse(visitor, 403, "The Origin is another host's");
        return false;
    }
    return !visitor_try_dialects(visitor, rest) && visitor_answer(visitor);
}

/* Stop reading until the answers are read; `rest` of `bytes` is kept for then. */
static void visitor_hold(struct visitor *visitor, struct ald_slice bytes, struct ald_str rest)
{
    ald_sm_move(&visitor_machine, &visitor->state, VISITOR_HELD);
    ald_stream_pause(visitor->stream);
    visitor->rest = ald_slice_part(bytes, bytes.size - rest.size, rest.size);
    visitor_wait(visitor, visitor->door->limits.idle_timeout);
}

static void visitor_reject(struct visitor *visitor)
{
    const struct ald_http_fault *fault = ald_http_parser_fault(&visitor->parser);

    visitor->door->counters.malformed++;
    visitor_refuse(visitor, fault->status, fault->text);
}

static void visitor_continue(struct visitor *visitor)
{
    struct ald_buf out;

    ald_buf_init(&out, VISITOR_HEAD_MAX);
    if (ald_http_continue_write(&out) == 0) {
        ald_stream_push_copy(visitor->stream, ALD_CHUNK_BYTES, ald_buf_str(&out), 0);
    }
    ald_buf_fini(&out);
}

/* Answer every request that `bytes` complete. The visitor may be gone afterwards. */
static void visitor_feed(struct visitor *visitor, struct ald_slice bytes)
{
    struct ald_str rest = ald_slice_str(bytes);
    bool served = false;

    for (;;) {
        size_t used;
        int r = ald_http_parser_collect(&visitor->parser, rest, &used);

        if (r < 0) {
            visitor->door->counters.answers_failed++;
            visitor_refuse(visitor, 503, NULL);
            return;
        }
        if (r == ALD_HTTP_PARSER_REFUSED) {
            visitor_reject(visitor);
            return;
        }
        rest = ald_str_from(rest, used);
        if (r == ALD_HTTP_PARSER_HUNGRY) {
            break;
        }
        if (r == ALD_HTTP_PARSER_HEAD) {
            if (ald_http_parser_expects(&visitor->parser)) {
                visitor_continue(visitor);
            }
            continue;
        }
        if (!visitor_request(visitor, rest)) {
            return;
        }
        served = true;
        if (ald_stream_queued(visitor->stream) > VISITOR_QUEUE_MAX) {
            visitor_hold(visitor, bytes, rest);
            return;
        }
    }

    if (ald_http_parser_idle(&visitor->parser)) {
        if (visitor->n_requests > 0) {
            ald_sm_move(&visitor_machine, &visitor->state, VISITOR_IDLE);
            visitor_wait(visitor, visitor->door->limits.idle_timeout);
        }
    } else if (served) {
        visitor_wait(visitor, visitor->door->limits.request_timeout); /* the next request has begun */
    }
}

static void visitor_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct visitor *visitor = owner;

    if (visitor->state == VISITOR_IDLE) {
        ald_sm_move(&visitor_machine, &visitor->state, VISITOR_READING);
        visitor_wait(visitor, visitor->door->limits.request_timeout);
    }
    visitor_feed(visitor, chunk->bytes);
}

static void visitor_drained(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct visitor *visitor = owner;
    struct ald_slice rest = visitor->rest;

    if (visitor->state != VISITOR_HELD) {
        return;
    }
    visitor->rest = ALD_SLICE_NONE;
    ald_sm_move(&visitor_machine, &visitor->state, VISITOR_READING);
    ald_stream_resume(visitor->stream);
    visitor_wait(visitor, visitor->door->limits.request_timeout);
    visitor_feed(visitor, rest);
    ald_slice_clear(&rest);
}

static void visitor_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end ALD_UNUSED)
{
    struct visitor *visitor = owner;

    if (!ald_http_parser_idle(&visitor->parser)) {
        visitor->door->counters.cut++;
    }
    visitor_leave(visitor);
}

/* A deadline came: that of the state. */
static void visitor_late(void *owner)
{
    struct visitor *visitor = owner;
    struct ald_door_counters *counters = &visitor->door->counters;

    if (ald_stream_queued(visitor->stream) > 0) {
        counters->slow_readers++;
        ald_stream_abort(visitor->stream);
        visitor_leave(visitor);
    } else if (!ald_http_parser_idle(&visitor->parser)) {
        counters->slow_requests++;
        visitor_refuse(visitor, 408, "The request took too long");
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
    struct visitor *visitor = calloc(1, sizeof(*visitor));

    if (visitor == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    visitor->door = door;
    visitor->stream = stream;
    visitor->state = VISITOR_READING;
    ald_http_parser_init_request(&visitor->parser, door->limits.body_max);
    ald_alarm_init(&visitor->alarm, visitor_late, visitor);
    ald_list_push_back(&door->visitors, &visitor->node);
    door->n_greeting++;
    ald_stream_own(stream, &visitor_callbacks, visitor);
    visitor_wait(visitor, door->limits.request_timeout);
    return 0;
}

void ald_visitor_drop(struct ald_node *node)
{
    struct visitor *visitor = ald_container(node, struct visitor, node);

    visitor_close(visitor);
}
