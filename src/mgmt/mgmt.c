#include "mgmt/mgmt.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "conn/answer.h"
#include "hub/note.h"
#include "loop/random.h"
#include "mgmt/mgmt_impl.h"
#include "mgmt/routes.h"
#include "wire/http/http_url.h"

static int text_answer(struct ald_mgmt_call *call, uint16_t status, const char *text)
{
    int r;

    call->page->status = status;
    call->page->type = "text/plain; charset=utf-8";
    r = ald_buf_push(&call->page->body, ald_str(text));
    return r < 0 ? ald_trace(r) : 0;
}

/* Alive: the thread that answers this is the one that does everything. */
int ald_mgmt_livez(struct ald_mgmt_call *call)
{
    return text_answer(call, 200, "alive\n");
}

int ald_mgmt_readyz(struct ald_mgmt_call *call)
{
    if (ald_edge_draining(call->mgmt->edge)) {
        return text_answer(call, 503, "draining\n");
    }
    return text_answer(call, 200, "ready\n");
}

int ald_mgmt_problem(struct ald_mgmt_call *call, uint16_t status, const char *detail)
{
    int r = ald_answer_problem(call->page, status, ald_str(detail));

    if (status == 503) {
        /* RFC 9110 section 10.2.3, in seconds: what stops or is full now may not be then. */
        ald_mgmt_field(call, ALD_STR("Retry-After"), ALD_STR("1"));
    }
    return r < 0 ? ald_trace(r) : 0;
}

void ald_mgmt_field(struct ald_mgmt_call *call, struct ald_str name, struct ald_str value)
{
    ald_assert(call->page->n_fields < ALD_PAGE_FIELDS);
    call->page->fields[call->page->n_fields++] = (struct ald_http_field){name, value};
}

enum { PATH_NOWHERE = 1, PATH_MALFORMED };

/* Split and decode the path into `room`, which its segments then borrow. Outcomes: PATH_NOWHERE, PATH_MALFORMED. */
static int path_split(struct ald_mgmt_call *call, char *to, size_t room)
{
    struct ald_str path = call->head->path;
    struct ald_str segment;

    while (ald_http_path_next(&path, &segment)) {
        struct ald_str *decoded = &call->segments[call->n_segments];

        if (call->n_segments == MGMT_SEGMENTS_MAX) {
            return PATH_NOWHERE;
        }
        switch (ald_http_decode(segment, false, to, room, decoded)) {
        case 0:
            to += decoded->size;
            room -= decoded->size;
            call->n_segments++;
            break;
        case ALD_HTTP_DECODE_FULL:
            return PATH_NOWHERE;
        default:
            return PATH_MALFORMED;
        }
    }
    return 0;
}

void ald_mgmt_call_init(struct ald_mgmt_call *call, struct ald_mgmt *mgmt, struct ald_page *page)
{
    *call = (struct ald_mgmt_call){
        .mgmt = mgmt,
        .hub = ald_edge_hub(mgmt->edge),
        .page = page,
        .now = ald_loop_fresh(),
        .wall = ald_loop_wall(),
    };
}

void ald_mgmt_begin(struct ald_mgmt_call *call)
{
    /* What was true a moment ago may not be shown as if it were now. */
    ald_mgmt_field(call, ALD_STR("Cache-Control"), ALD_STR("no-store"));
    call->page->type = "application/json";
    ald_json_write_init(&call->json, &call->page->body, ALD_JSON_COMPACT);
}

static void call_ask(struct ald_mgmt_call *call, const struct ald_page_request *request)
{
    call->request = request;
    call->head = request->head;
    if (request->guest != NULL) {
        call->guest = *request->guest;
    }
}

static int mgmt_answer(void *owner, const struct ald_page_request *request, struct ald_page *page)
{
    struct ald_mgmt_call call;
    char scratch[MGMT_PATH_MAX];
    int r;

    ald_mgmt_call_init(&call, owner, page);
    call_ask(&call, request);
    switch (path_split(&call, scratch, sizeof(scratch))) {
    case 0:
        r = ald_mgmt_route_call(&call);
        break;
    case PATH_MALFORMED:
        r = ald_mgmt_problem(&call, 400, "The path is not percent-encoded");
        break;
    default:
        r = ald_mgmt_problem(&call, 404, "There is nothing at this path");
        break;
    }
    return r < 0 ? ald_trace(r) : r;
}

/* A message may come in as a body where one is expected; anything else is small. */
static int mgmt_admit(void *owner, const struct ald_page_request *request, struct ald_page *page, size_t *body_max)
{
    struct ald_mgmt *mgmt = owner;
    struct ald_mgmt_call call;
    char scratch[MGMT_PATH_MAX];

    ald_mgmt_call_init(&call, mgmt, page);
    call_ask(&call, request);
    if (path_split(&call, scratch, sizeof(scratch)) == 0) {
        ald_mgmt_route_limit(&call, body_max);
    }
    return 0;
}

int ald_mgmt_parameter(struct ald_mgmt_call *call, const char *name, char *to, size_t room, struct ald_str *ret_value)
{
    int r;

    switch (ald_http_query_find(call->head->query, ald_str(name), to, room, ret_value)) {
    case 0:
        return 0;
    case ALD_HTTP_QUERY_ABSENT:
        *ret_value = ALD_STR_NONE;
        return 0;
    case ALD_HTTP_DECODE_FULL:
        r = ald_mgmt_problem(call, 400, "A parameter is too long");
        break;
    default:
        r = ald_mgmt_problem(call, 400, "The query is not percent-encoded");
        break;
    }
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

int ald_mgmt_paging(struct ald_mgmt_call *call, struct ald_mgmt_paging *ret_paging)
{
    char limit_text[24], after_text[24];
    struct ald_str limit, after;
    uint64_t left = MGMT_LIMIT_DEFAULT, cursor = 0;
    int r;

    r = ald_mgmt_parameter(call, "limit", limit_text, sizeof(limit_text), &limit);
    r = r != 0 ? r : ald_mgmt_parameter(call, "after", after_text, sizeof(after_text), &after);
    if (r != 0) {
        return r;
    }

    if (ald_str_present(limit) && (ald_str_u64(limit, &left) != 0 || left < 1 || left > MGMT_LIMIT_MAX)) {
        r = ald_mgmt_problem(call, 400, "limit is a number from 1 to 1000");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    if (ald_str_present(after) && ald_str_u64(after, &cursor) != 0) {
        r = ald_mgmt_problem(call, 400, "after is the next of an earlier page");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    *ret_paging = (struct ald_mgmt_paging){.cursor = cursor, .left = (uint32_t)left};
    return 0;
}

void ald_mgmt_next(struct ald_mgmt_call *call, const struct ald_mgmt_paging *paging, bool more)
{
    char text[24];

    if (more) {
        (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)paging->cursor);
        ald_json_write_member_str(&call->json, "next", ald_str(text));
    }
}

int ald_mgmt_done(struct ald_mgmt_call *call)
{
    int r = ald_json_write_done(&call->json);

    if (r == ALD_BUF_FULL) {
        r = ald_mgmt_problem(call, 500, "The answer is too large");
    }
    return r < 0 ? ald_trace(r) : 0;
}

static void mgmt_noted(void *owner, const struct ald_note *note)
{
    struct ald_mgmt *mgmt = owner;

    /* A refusal without a record was never submitted. */
    ald_tally_ended(&mgmt->tally, note->name, (enum ald_outcome)note->outcome,
                    note->submitted != 0 ? note->now - note->submitted : 0);
}

/* At the end of the turn, when who asked for it has his answer. */
static void mgmt_drain(void *owner)
{
    struct ald_mgmt *mgmt = owner;

    mgmt->drain(mgmt->owner);
}

int ald_mgmt_new(const struct ald_mgmt_spec *spec, struct ald_mgmt **ret_mgmt)
{
    struct ald_mgmt *mgmt = malloc(sizeof(*mgmt));
    uint64_t seed[2];
    int r;

    if (mgmt == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *mgmt = (struct ald_mgmt){
        .edge = spec->edge,
        .id = spec->id,
        .identifier = spec->identifier,
        .exchange_pages = spec->exchange_pages,
        .message_max = spec->message_max,
        .streams_max = spec->streams_max,
        .auth = spec->auth,
        .flags = spec->flags,
        .schemas = spec->schemas,
        .drain = spec->drain,
        .owner = spec->owner,
        .started = ald_loop_fresh(),
        .started_wall = ald_loop_wall(),
    };
    ald_random_fill(seed, sizeof(seed));
    ald_tally_init(&mgmt->tally, seed);
    ald_desk_init(&mgmt->desk, mgmt, seed);
    ald_feed_init(&mgmt->feed, mgmt);
    ald_task_init(&mgmt->draining, mgmt_drain, mgmt);
    r = ald_edge_watch_hub(mgmt->edge, ALD_NOTE_BIT(ALD_NOTE_ENDED), mgmt_noted, mgmt);
    if (r < 0) {
        ald_mgmt_free(mgmt);
        return ald_trace(r);
    }
    *ret_mgmt = mgmt;
    return 0;
}

struct ald_mgmt *ald_mgmt_free(struct ald_mgmt *mgmt)
{
    if (mgmt == NULL) {
        return NULL;
    }
    ald_ignore(ald_edge_watch_hub(mgmt->edge, 0, mgmt_noted, mgmt)); /* to stop watching cannot fail */
    ald_task_cancel(&mgmt->draining);
    ald_feed_fini(&mgmt->feed);
    ald_desk_fini(&mgmt->desk);
    ald_tally_fini(&mgmt->tally);
    free(mgmt);
    return NULL;
}

struct ald_pages ald_mgmt_pages(struct ald_mgmt *mgmt)
{
    return (struct ald_pages){.answer = mgmt_answer, .admit = mgmt_admit, .owner = mgmt, .body_max = MGMT_BODY_MAX};
}
