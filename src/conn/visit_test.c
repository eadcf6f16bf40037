#include "conn/visit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/door_rig.h"

/*
 * The pages: everything at /later/... becomes a visit, kept in the order it came; /now answers inside the question, /drip
 * begins a stream inside it; the rest is answered at once.
 */
struct desk {
    struct rig rig; /* first: the owner of the pages is the rig */
    struct ald_visit *visits[16];
    size_t n_visits, n_gone, n_drained;
    size_t body_size; /* of the last request */
};

static void desk_gone(void *owner)
{
    ((struct desk *)owner)->n_gone++;
}

static void desk_drained(void *owner)
{
    ((struct desk *)owner)->n_drained++;
}

static const struct ald_visit_callbacks desk_callbacks = {.gone = desk_gone, .drained = desk_drained};

static void desk_say(struct ald_visit *visit, const char *text)
{
    struct ald_page page;

    ald_visit_page_init(visit, &page);
    ald_check_int(ald_buf_push(&page.body, ald_str(text)), 0);
    ald_check_int(ald_visit_answer(visit, &page), 0);
}

static int desk_stream(struct ald_visit *visit)
{
    const struct ald_page head = {.status = 200, .type = "text/event-stream"};

    return ald_visit_stream(visit, &head);
}

static int desk_answer(void *owner, const struct ald_page_request *request, struct ald_page *page)
{
    struct desk *desk = owner;
    struct ald_str path = request->head->path;

    desk->body_size = request->body.size;
    if (ald_str_starts(path, ALD_STR("/later"))) {
        ald_check(desk->n_visits < ALD_COUNT(desk->visits));
        desk->visits[desk->n_visits++] = request->visit;
        ald_visit_own(request->visit, &desk_callbacks, desk);
        return ALD_PAGE_LATER;
    }
    if (ald_str_equal(path, ALD_STR("/now"))) {
        ald_visit_own(request->visit, &desk_callbacks, desk);
        desk_say(request->visit, "said at once");
        return ALD_PAGE_LATER;
    }
    if (ald_str_equal(path, ALD_STR("/drip"))) {
        ald_visit_own(request->visit, &desk_callbacks, desk);
        ald_check_int(desk_stream(request->visit), 0);
        ald_check_int(ald_visit_push(request->visit, ALD_STR("drop")), 0);
        ald_visit_end(request->visit);
        return ALD_PAGE_LATER;
    }
    return ald_buf_pushf(&page->body, "page %.*s", ALD_STR_ARG(path));
}

#define DESK(desk, change)                                                                                             \
    struct desk desk = {.n_visits = 0};                                                                                \
    rig_init(&desk.rig);                                                                                               \
    desk.rig.pages.answer = desk_answer;                                                                               \
    change;                                                                                                            \
    ald_check_int(rig_start(&desk.rig), 0)

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static const struct ald_door_counters *counters(const struct desk *desk)
{
    return ald_door_counters(desk->rig.door);
}

/* A client whose request became the next visit. */
static struct rig_client *desk_visitor(struct desk *desk, size_t i, const char *request)
{
    struct rig_client *client = rig_dial(&desk->rig, i, false);
    size_t n = desk->n_visits;

    rig_say(client, request);
    rig_until(&desk->rig, desk->n_visits == n + 1);
    return client;
}

ALD_TEST(visit, is_answered_later_and_its_connection_goes_on)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a") GET("/b"));

    rig_settle(&desk.rig);
    ald_check_int((int)client->text_size, 0);
    ald_check_int(ald_door_greeting(desk.rig.door), 0);
    desk_say(desk.visits[0], "the answer to a");
    rig_until(&desk.rig, rig_heard(client, "page /b"));
    ald_check(rig_heard(client, "the answer to a"));
    ald_check(!client->closed);
    ald_check_int(ald_door_greeting(desk.rig.door), 1);
    rig_say(client, GET("/c"));
    rig_until(&desk.rig, rig_heard(client, "page /c"));
    ald_check_int(counters(&desk)->visits, 1);
    ald_check_int((int)desk.n_gone, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, may_be_answered_before_the_question_returns)
{
    DESK(desk, (void)0);
    struct rig_client *client = rig_dial(&desk.rig, 0, false);

    for (int i = 0; i < 50; i++) {
        rig_say(client, GET("/now"));
    }
    rig_say(client, GET("/end"));
    rig_until(&desk.rig, rig_heard(client, "page /end"));
    ald_check_int(counters(&desk)->visits, 50);
    ald_check_int((int)desk.n_gone, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, tells_when_its_visitor_leaves)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a"));
    struct rig_client *broken = desk_visitor(&desk, 1, GET("/later/b"));

    rig_leave(client);
    rig_until(&desk.rig, desk.n_gone == 1);
    ald_stream_abort(broken->stream);
    rig_until(&desk.rig, desk.n_gone == 2);
    ald_check_int(counters(&desk)->visits_left, 2);
    ald_check_int(counters(&desk)->cut, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, notices_the_end_although_requests_wait)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a") GET("/b"));

    rig_say(client, GET("/c"));
    rig_settle(&desk.rig);
    rig_leave(client);
    rig_until(&desk.rig, desk.n_gone == 1);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, takes_only_so_many_requests_ahead)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a"));
    size_t queued;

    for (int i = 0; i < 20000; i++) {
        rig_say(client, GET("/b"));
    }
    rig_settle(&desk.rig);
    queued = ald_stream_queued(client->stream); /* nobody takes it */
    ald_check(queued > 0);
    rig_settle(&desk.rig);
    ald_check_int((int)ald_stream_queued(client->stream), (int)queued);
    desk_say(desk.visits[0], "the answer to a");
    rig_until(&desk.rig, ald_door_counters(desk.rig.door)->requests > 500); /* and then in order */
    rig_fini(&desk.rig);
}

ALD_TEST(visit, waits_longer_than_any_timeout_of_a_request)
{
    DESK(desk, desk.rig.limits.request_timeout = desk.rig.limits.idle_timeout = 10 * ALD_MSEC);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a"));
    struct rig_client *idle = rig_dial(&desk.rig, 1, false);

    rig_until(&desk.rig, idle->closed); /* which waits for a later deadline */
    rig_settle(&desk.rig);
    ald_check(!client->closed && desk.n_gone == 0);
    desk_say(desk.visits[0], "the answer");
    rig_until(&desk.rig, client->closed);
    ald_check(rig_heard(client, "the answer"));
    rig_fini(&desk.rig);
}

ALD_TEST(visit, of_head_is_answered_without_a_body)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, "HEAD /later/a HTTP/1.1\r\nHost: localhost\r\n\r\n" GET("/b"));

    desk_say(desk.visits[0], "the answer");
    rig_until(&desk.rig, rig_heard(client, "page /b"));
    ald_check(rig_heard(client, "Content-Length: 10\r\n"));
    ald_check(!rig_heard(client, "the answer"));
    rig_fini(&desk.rig);
}

ALD_TEST(visit, closes_after_its_answer_when_that_was_asked)
{
    DESK(desk, (void)0);
    struct rig_client *client =
        desk_visitor(&desk, 0, "GET /later/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    struct rig_client *old = desk_visitor(&desk, 1, "GET /later/a HTTP/1.0\r\n\r\n");

    desk_say(desk.visits[0], "one");
    desk_say(desk.visits[1], "two");
    rig_until(&desk.rig, client->closed && old->closed);
    ald_check(rig_heard(client, "Connection: close\r\n") && rig_heard(client, "\r\n\r\none"));
    ald_check(rig_heard(old, "Connection: close\r\n") && rig_heard(old, "\r\n\r\ntwo"));
    rig_fini(&desk.rig);
}

ALD_TEST(visit, forgets_what_it_was_asked)
{
    DESK(desk, desk.rig.limits.body_max = 512);
    struct rig_client *client =
        desk_visitor(&desk, 0, "POST /later/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");

    ald_check_int((int)desk.body_size, 5);
    desk_say(desk.visits[0], "one");
    rig_until(&desk.rig, rig_heard(client, "one"));
    rig_say(client, "POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
    rig_until(&desk.rig, rig_heard(client, "page /c"));
    ald_check_int((int)desk.body_size, 2);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, may_be_a_stream_of_chunks)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/s") GET("/never"));

    ald_check_int(desk_stream(desk.visits[0]), 0);
    rig_until(&desk.rig, rig_heard(client, "Transfer-Encoding: chunked\r\n"));
    ald_check(rig_heard(client, "Content-Type: text/event-stream\r\n"));
    rig_until(&desk.rig, desk.n_drained >= 1);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("one\n")), 0);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("")), 0);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("seventeen letters")), 0);
    rig_until(&desk.rig, rig_heard(client, "\r\n\r\n4\r\none\n\r\n11\r\nseventeen letters\r\n"));
    ald_check(!client->closed);
    rig_say(client, GET("/never"));
    rig_settle(&desk.rig);
    ald_visit_end(desk.visits[0]);
    rig_until(&desk.rig, client->closed);
    ald_check(rig_heard(client, "letters\r\n0\r\n\r\n"));
    ald_check(!rig_heard(client, "page"));
    ald_check_int(counters(&desk)->streams, 1);
    ald_check(counters(&desk)->ignored_bytes > 0);
    ald_check_int((int)desk.n_gone, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, may_be_a_whole_stream_before_the_question_returns)
{
    DESK(desk, (void)0);
    struct rig_client *client = rig_dial(&desk.rig, 0, false);

    rig_say(client, GET("/drip"));
    rig_until(&desk.rig, client->closed);
    ald_check(rig_heard(client, "\r\n\r\n4\r\ndrop\r\n0\r\n\r\n"));
    ald_check_int((int)desk.n_gone, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, streams_to_an_old_client_without_chunks)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, "GET /later/s HTTP/1.0\r\n\r\n");

    ald_check_int(desk_stream(desk.visits[0]), 0);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("one\n")), 0);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("two\n")), 0);
    ald_visit_end(desk.visits[0]);
    rig_until(&desk.rig, client->closed);
    ald_check(rig_heard(client, "\r\n\r\none\ntwo\n"));
    ald_check(!rig_heard(client, "chunked"));
    rig_fini(&desk.rig);
}

ALD_TEST(visit, of_head_to_a_stream_ends_with_the_head)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, "HEAD /later/s HTTP/1.1\r\nHost: localhost\r\n\r\n");

    ald_check_int(desk_stream(desk.visits[0]), 0);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("one\n")), 0);
    ald_check_int((int)desk.n_gone, 0);
    rig_until(&desk.rig, desk.n_gone == 1);
    rig_say(client, GET("/b"));
    rig_until(&desk.rig, rig_heard(client, "page /b"));
    ald_check(rig_heard(client, "chunked") && !rig_heard(client, "one"));
    ald_check_int(counters(&desk)->visits_left, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, takes_no_more_for_a_reader_that_is_too_slow_until_it_reads)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/s"));
    static char line[1000];
    size_t n = 0;

    memset(line, 'x', sizeof(line));
    ald_check_int(desk_stream(desk.visits[0]), 0);
    rig_settle(&desk.rig);
    ald_stream_pause(client->stream);
    while (ald_visit_push(desk.visits[0], ald_str_of(line, sizeof(line))) == 0) {
        ald_check(++n < 2000);
        rig_settle(&desk.rig);
    }
    ald_check(n > 200); /* what is on its way in between is not ours to count */
    ald_check(ald_visit_unread(desk.visits[0]) <= ALD_VISIT_UNREAD_MAX);
    ald_check_int(counters(&desk)->streams_full, 1);
    desk.n_drained = 0;
    ald_stream_resume(client->stream);
    rig_until(&desk.rig, desk.n_drained > 0);
    ald_check_int(ald_visit_push(desk.visits[0], ALD_STR("more")), 0);
    ald_check_int((int)desk.n_gone, 0);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, is_cut_when_its_stream_is_not_read_at_all)
{
    DESK(desk, desk.rig.limits.idle_timeout = 20 * ALD_MSEC);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/s"));
    struct rig_client *silent = desk_visitor(&desk, 1, GET("/later/s"));
    static char piece[100 * 1024];

    memset(piece, 'x', sizeof(piece));
    ald_check_int(desk_stream(desk.visits[0]), 0);
    ald_check_int(desk_stream(desk.visits[1]), 0);
    rig_settle(&desk.rig);
    ald_stream_pause(client->stream);
    while (ald_visit_push(desk.visits[0], ald_str_of(piece, sizeof(piece))) == 0) {
        rig_settle(&desk.rig);
    }
    rig_until(&desk.rig, desk.n_gone == 1);
    ald_check_int(counters(&desk)->slow_readers, 1);
    rig_settle(&desk.rig);
    ald_check(!silent->closed); /* there is nothing that it could read */
    rig_fini(&desk.rig);
}

ALD_TEST(visit, ends_in_order_when_its_door_closes)
{
    DESK(desk, (void)0);
    struct rig_client *asked = desk_visitor(&desk, 0, GET("/later/a"));
    struct rig_client *streaming = desk_visitor(&desk, 1, GET("/later/s"));

    ald_check_int(desk_stream(desk.visits[1]), 0);
    ald_check_int(ald_visit_push(desk.visits[1], ALD_STR("last words")), 0);
    desk.rig.door = ald_door_close(desk.rig.door);
    ald_check_int((int)desk.n_gone, 2);
    rig_until(&desk.rig, asked->closed && streaming->closed);
    ald_check(rig_heard(asked, "HTTP/1.1 503 ") && rig_heard(asked, "The hub stops"));
    ald_check(rig_heard(streaming, "a\r\nlast words\r\n0\r\n\r\n"));
    rig_fini(&desk.rig);
}

ALD_TEST(visit, answered_in_the_turn_in_which_its_visitor_leaves_is_over)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a"));
    struct rig_client *other = desk_visitor(&desk, 1, GET("/later/b"));

    desk_say(desk.visits[0], "too late");
    ald_stream_abort(client->stream);
    ald_stream_abort(other->stream);
    rig_until(&desk.rig, desk.n_gone == 1); /* the other one */
    rig_until(&desk.rig, ald_door_greeting(desk.rig.door) == 0);
    ald_check_int(counters(&desk)->visits_left, 1);
    rig_fini(&desk.rig);
}

ALD_TEST(visit, closes_with_its_answer_while_the_hub_drains)
{
    DESK(desk, (void)0);
    struct rig_client *client = desk_visitor(&desk, 0, GET("/later/a"));
    struct rig_client *late = rig_dial(&desk.rig, 1, false);

    ald_edge_drain(desk.rig.edge, ald_loop_now(desk.rig.loop) + 3600 * ALD_SEC);
    desk_say(desk.visits[0], "in time");
    rig_say(late, GET("/b"));
    rig_until(&desk.rig, rig_heard(client, "in time") && client->closed && late->closed);
    ald_check(rig_heard(late, "Connection: close\r\n") && rig_heard(late, "page /b"));
    rig_fini(&desk.rig);
}

ALD_TEST_MAIN(
    visit, ALD_CASE(visit, is_answered_later_and_its_connection_goes_on),
    ALD_CASE(visit, may_be_answered_before_the_question_returns), ALD_CASE(visit, tells_when_its_visitor_leaves),
    ALD_CASE(visit, notices_the_end_although_requests_wait), ALD_CASE(visit, takes_only_so_many_requests_ahead),
    ALD_CASE(visit, waits_longer_than_any_timeout_of_a_request), ALD_CASE(visit, of_head_is_answered_without_a_body),
    ALD_CASE(visit, closes_after_its_answer_when_that_was_asked), ALD_CASE(visit, forgets_what_it_was_asked),
    ALD_CASE(visit, may_be_a_stream_of_chunks), ALD_CASE(visit, may_be_a_whole_stream_before_the_question_returns),
    ALD_CASE(visit, streams_to_an_old_client_without_chunks), ALD_CASE(visit, of_head_to_a_stream_ends_with_the_head),
    ALD_CASE(visit, takes_no_more_for_a_reader_that_is_too_slow_until_it_reads),
    ALD_CASE(visit, is_cut_when_its_stream_is_not_read_at_all), ALD_CASE(visit, ends_in_order_when_its_door_closes),
    ALD_CASE(visit, answered_in_the_turn_in_which_its_visitor_leaves_is_over),
    ALD_CASE(visit, closes_with_its_answer_while_the_hub_drains))
