#include "conn/visitor.h"

#include <stdio.h>
#include <stdlib.h>

#include "conn/edge_impl.h"
#include "conn/visitor_impl.h"
#include "lib/door_rig.h"

/* The pages take up to 600 KiB at /large, nothing at /never, and else what the door says. */
enum { LARGE_MAX = 600 * 1024 };

static size_t body_size;

static int pages_answer(void *owner ALD_UNUSED, const struct ald_page_request *request, struct ald_page *page)
{
    struct ald_str path = request->head->path;

    body_size = request->body.size;
    if (ald_str_equal(path, ALD_STR("/big"))) {
        uint8_t *room;
        int r = ald_buf_reserve(&page->body, 500 * 1024, &room);

        ald_check_int(r, 0);
        memset(room, 'x', 500 * 1024);
        ald_buf_commit(&page->body, 500 * 1024);
        return 0;
    }
    if (ald_str_equal(path, ALD_STR("/split"))) {
        page->fields[page->n_fields++] =
            (struct ald_http_field){ALD_STR("Location"), ALD_STR("/\r\n\r\nHTTP/1.1 200 OK")};
    }
    return ald_buf_pushf(&page->body, "page %.*s", ALD_STR_ARG(path));
}

static int pages_admit(void *owner ALD_UNUSED, const struct ald_page_request *request, struct ald_page *page,
                       size_t *body_max)
{
    if (ald_str_equal(request->head->path, ALD_STR("/never"))) {
        page->status = 415;
        ald_check_int(ald_buf_push(&page->body, ALD_STR("not that")), 0);
        return ALD_PAGE_REFUSED;
    }
    if (ald_str_equal(request->head->path, ALD_STR("/large"))) {
        *body_max = LARGE_MAX;
    }
    return 0;
}

#define RIG(rig, change)                                                                                               \
    struct rig rig;                                                                                                    \
    rig_init(&rig);                                                                                                    \
    rig.pages.answer = pages_answer;                                                                                   \
    rig.pages.admit = pages_admit;                                                                                     \
    change;                                                                                                            \
    ald_check_int(rig_start(&rig), 0)

#define HOST "Host: localhost\r\n"

static const struct ald_door_counters *counters(const struct rig *rig)
{
    return ald_door_counters(rig->door);
}

/* `size` bytes of a body. */
static void say_body(struct rig_client *client, size_t size)
{
    static char body[64 * 1024];

    memset(body, 'b', sizeof(body));
    while (size > 0) {
        size_t part = ALD_MIN(size, sizeof(body));

        ald_stream_push_copy(client->stream, ALD_CHUNK_BYTES, ald_str_of(body, part), 0);
        size -= part;
    }
}

static void say_head(struct rig_client *client, const char *path, size_t length)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", path, length);
    rig_say(client, text);
}

/* The visitor that came last. */
static struct ald_visitor *visitor_last(const struct rig *rig)
{
    return ald_container(rig->door->visitors.prev, struct ald_visitor, node);
}

ALD_TEST(visitor, may_send_as_much_as_its_page_takes)
{
    RIG(rig, rig.limits.body_max = 1000);
    struct rig_client *client = rig_dial(&rig, 0, false);

    say_head(client, "/large", LARGE_MAX);
    say_body(client, LARGE_MAX);
    rig_until(&rig, rig_heard(client, "page /large"));
    ald_check_int((int)body_size, LARGE_MAX);
    ald_check_int((int)rig.edge->reassembly.used, 0);
    say_head(client, "/small", 1000); /* what one request may does not carry over to the next */
    say_body(client, 1000);
    rig_until(&rig, rig_heard(client, "page /small"));
    say_head(client, "/small", 1001);
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "HTTP/1.1 413 "));
    rig_fini(&rig);
}

ALD_TEST(visitor, may_not_send_more_whether_it_says_so_or_not)
{
    RIG(rig, rig.limits.body_max = 1000);
    struct rig_client *announced = rig_dial(&rig, 0, false);
    struct rig_client *chunked = rig_dial(&rig, 1, false);
    struct rig_client *huge = rig_dial(&rig, 2, false);

    say_head(announced, "/large", LARGE_MAX + 1);
    rig_say(chunked, "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e8\r\n");
    say_body(chunked, 1000);
    rig_say(chunked, "\r\n1\r\n");
    say_head(huge, "/large", SIZE_MAX);
    rig_until(&rig, announced->closed && chunked->closed && huge->closed);
    ald_check(rig_heard(announced, "HTTP/1.1 413 ") && rig_heard(announced, "application/problem+json"));
    ald_check(rig_heard(chunked, "HTTP/1.1 413 "));
    ald_check(rig_heard(huge, "HTTP/1.1 413 "));
    ald_check_int(counters(&rig)->malformed, 3);
    ald_check_int((int)rig.edge->reassembly.used, 0);
    rig_fini(&rig);
}

ALD_TEST(visitor, is_told_before_its_body_that_it_is_not_wanted)
{
    RIG(rig, (void)0);
    struct rig_client *refused = rig_dial(&rig, 0, false);
    struct rig_client *taken = rig_dial(&rig, 1, false);

    rig_say(refused, "POST /never HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    rig_say(taken, "POST /a HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    rig_until(&rig, refused->closed);
    ald_check(rig_heard(refused, "HTTP/1.1 415 ") && rig_heard(refused, "not that"));
    ald_check(!rig_heard(refused, " 100 "));
    rig_until(&rig, rig_heard(taken, "HTTP/1.1 100 Continue\r\n\r\n"));
    say_body(taken, 3);
    rig_until(&rig, rig_heard(taken, "page /a"));
    rig_fini(&rig);
}

ALD_TEST(visitor, is_refused_when_too_much_is_coming_in_already)
{
    RIG(rig, rig.spec.reassembly_max = 1024 * 1024);
    struct rig_client *clients[3];
    struct rig_client *small;

    for (size_t i = 0; i < 3; i++) {
        clients[i] = rig_dial(&rig, i, false);
        say_head(clients[i], "/large", LARGE_MAX);
        say_body(clients[i], LARGE_MAX - 1);
        rig_settle(&rig);
    }
    rig_until(&rig, counters(&rig)->bodies_full > 0);
    ald_check(rig.edge->reassembly.used <= rig.edge->reassembly.max);
    small = rig_dial(&rig, 3, false); /* what everybody may send does not depend on it */
    say_head(small, "/small", 900);
    say_body(small, 900);
    rig_until(&rig, rig_heard(small, "page /small"));
    for (size_t i = 0; i < 3; i++) {
        say_body(clients[i], 1);
        rig_until(&rig,
                  clients[i]->closed ? rig_heard(clients[i], "HTTP/1.1 503 ") : rig_heard(clients[i], "page /large"));
    }
    ald_check_int((int)rig.edge->reassembly.used, 0);
    rig_fini(&rig);
}

ALD_TEST(visitor, gives_back_what_its_body_held_when_it_leaves)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);

    say_head(client, "/large", LARGE_MAX);
    say_body(client, LARGE_MAX / 2);
    rig_until(&rig, rig.edge->reassembly.used > 0);
    rig_leave(client);
    rig_until(&rig, counters(&rig)->cut == 1);
    ald_check_int((int)rig.edge->reassembly.used, 0);
    rig_fini(&rig);
}

ALD_TEST(visitor, has_its_deadline_moved_by_what_comes_of_a_large_body)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);
    ald_usec due;

    say_head(client, "/large", LARGE_MAX);
    say_body(client, 1000);
    rig_settle(&rig);
    due = visitor_last(&rig)->alarm.timer.due;
    say_body(client, VISITOR_BODY_PACE - 2000);
    rig_settle(&rig);
    ald_check(visitor_last(&rig)->alarm.timer.due == due);
    say_body(client, 1000);
    rig_settle(&rig);
    ald_check(visitor_last(&rig)->alarm.timer.due > due);
    rig_fini(&rig);
}

ALD_TEST(visitor, is_refused_an_answer_when_too_much_of_others_is_unread)
{
    RIG(rig, (void)0);
    struct rig_client *slow = rig_dial(&rig, 0, false);
    struct rig_client *late = rig_dial(&rig, 1, false);
    struct rig_client *small;

    rig.edge->answers.max = 600 * 1024;
    rig_until(&rig, slow->opened);
    ald_stream_pause(slow->stream);
    rig_say(slow, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    rig_until(&rig, counters(&rig)->requests == 1);
    rig_settle(&rig);
    ald_check(rig.edge->answers.used > 200 * 1024);
    rig_say(late, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    rig_until(&rig, late->closed);
    ald_check(rig_heard(late, "HTTP/1.1 503 "));
    ald_check_int(counters(&rig)->answers_full, 1);
    rig.edge->answers.max = 1; /* what is small, and all that its reader has to read, is given all the same */
    small = rig_dial(&rig, 2, false);
    rig_say(small, "GET /a HTTP/1.1\r\n" HOST "\r\n");
    rig_until(&rig, rig_heard(small, "page /a"));
    ald_stream_resume(slow->stream);
    rig_until(&rig, rig.edge->answers.used == 0);
    ald_check(!slow->closed);
    rig_fini(&rig);
}

ALD_TEST(visitor, reads_its_last_answer_however_large_before_it_is_closed)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_until(&rig, client->opened);
    ald_stream_pause(client->stream);
    rig_say(client, "GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET /never HTTP/1.1\r\n" HOST "\r\n");
    rig_until(&rig, counters(&rig)->requests == 1);
    rig_say(client, "GET /never HTTP/1.1\r\n" HOST "\r\n");
    rig_settle(&rig);
    ald_check_int(visitor_last(&rig)->state, VISITOR_LEAVING);
    ald_check(rig.edge->answers.used > 0);
    ald_stream_resume(client->stream);
    rig_until(&rig, client->closed);
    ald_check_int((int)rig.edge->answers.used, 0);
    ald_check_int(counters(&rig)->requests, 1);
    rig_fini(&rig);
}

ALD_TEST(visitor, has_as_long_for_an_answer_as_it_goes_on_reading)
{
    RIG(rig, rig.limits.idle_timeout = 10 * ALD_MSEC);
    struct rig_client *reader = rig_dial(&rig, 0, false);
    struct rig_client *stuck = rig_dial(&rig, 1, false);

    rig_until(&rig, reader->opened && stuck->opened);
    ald_stream_pause(reader->stream);
    ald_stream_pause(stuck->stream);
    rig_say(reader, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    rig_say(stuck, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    rig_until(&rig, counters(&rig)->requests == 2);
    ald_stream_resume(reader->stream);
    rig_until(&rig, counters(&rig)->slow_readers == 1);
    rig_until(&rig, stuck->closed || reader->text_size == RIG_TEXT_MAX);
    ald_check(rig_heard(reader, "HTTP/1.1 200 "));
    ald_check_int(counters(&rig)->slow_readers, 1);
    rig_fini(&rig);
}

ALD_TEST(visitor, is_told_of_an_answer_that_would_be_two)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_say(client, "GET /split HTTP/1.1\r\n" HOST "\r\n");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "HTTP/1.1 500 ") && !rig_heard(client, "HTTP/1.1 200 OK"));
    ald_check_int(counters(&rig)->answers_failed, 1);
    rig_fini(&rig);
}

ALD_TEST(visitor, of_head_that_is_refused_gets_no_body)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_say(client, "HEAD /a HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "HTTP/1.1 413 ") && !rig_heard(client, "\"title\""));
    rig_fini(&rig);
}

/* What the answer to a GET of `path` with these header lines begins with. */
static void answers(struct rig *rig, const char *method, const char *fields, const char *status)
{
    struct rig_client *client = &rig->clients[0];
    char text[512];

    client->stream = ald_stream_free(client->stream);
    client->closed = client->opened = false;
    rig_forget(client);
    rig_dial(rig, 0, false);
    (void)snprintf(text, sizeof(text), "%s /a HTTP/1.1\r\n%sConnection: close\r\n\r\n", method, fields);
    rig_say(client, text);
    rig_until(rig, client->closed);
    if (!rig_heard(client, status)) {
        fail_msg("%s%s: %.*s, not %s", method, fields, (int)client->text_size, client->text, status);
    }
}

ALD_TEST(visitor, is_turned_away_when_it_calls_us_by_a_foreign_name)
{
    RIG(rig, rig.names = "hub.example");

    answers(&rig, "GET", "Host: evil.example\r\n", "HTTP/1.1 421 ");
    answers(&rig, "GET", "Host: evil.example:8062\r\nOrigin: http://evil.example:8062\r\n", "HTTP/1.1 421 ");
    answers(&rig, "GET",
            "Host: evil.example\r\nOrigin: http://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "HTTP/1.1 421 ");
    ald_check_int(counters(&rig)->host_refused, 3);
    answers(&rig, "GET", "Host: 127.0.0.1:8062\r\n", "HTTP/1.1 200 ");
    answers(&rig, "GET", "Host: localhost\r\n", "HTTP/1.1 200 ");
    answers(&rig, "GET", "Host: hub.example\r\n", "HTTP/1.1 200 ");
    answers(&rig, "GET", "Host: door:80\r\n", "HTTP/1.1 200 "); /* where it listens */
    answers(&rig, "POST", HOST "Content-Length: 0\r\n", "HTTP/1.1 200 ");
    ald_check_int(counters(&rig)->host_refused, 3);
    rig_fini(&rig);
}

ALD_TEST(visitor, may_use_any_name_where_none_are_kept)
{
    RIG(rig, (void)0);

    answers(&rig, "GET", "Host: evil.example\r\n", "HTTP/1.1 200 ");
    rig_fini(&rig);
}

ALD_TEST(visitor, is_turned_away_when_a_page_of_others_sends_it)
{
    RIG(rig, (void)0);

    answers(&rig, "POST", HOST "Origin: http://evil.example\r\nContent-Length: 0\r\n", "HTTP/1.1 403 ");
    answers(&rig, "POST", HOST "Origin: http://localhost\r\nContent-Length: 0\r\n", "HTTP/1.1 200 ");
    answers(&rig, "GET", HOST "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", "HTTP/1.1 403 ");
    answers(&rig, "GET", HOST "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", "HTTP/1.1 200 ");
    answers(&rig, "GET", HOST "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n", "HTTP/1.1 200 ");
    ald_check_int(counters(&rig)->origin_refused, 1);
    ald_check_int(counters(&rig)->site_refused, 1);
    ald_check_int(rig.n_notices[ALD_NOTICE_REFUSED], 2);
    rig_fini(&rig);
}

ALD_TEST_MAIN(visitor, ALD_CASE(visitor, may_send_as_much_as_its_page_takes),
              ALD_CASE(visitor, may_not_send_more_whether_it_says_so_or_not),
              ALD_CASE(visitor, is_told_before_its_body_that_it_is_not_wanted),
              ALD_CASE(visitor, is_refused_when_too_much_is_coming_in_already),
              ALD_CASE(visitor, gives_back_what_its_body_held_when_it_leaves),
              ALD_CASE(visitor, has_its_deadline_moved_by_what_comes_of_a_large_body),
              ALD_CASE(visitor, is_refused_an_answer_when_too_much_of_others_is_unread),
              ALD_CASE(visitor, reads_its_last_answer_however_large_before_it_is_closed),
              ALD_CASE(visitor, has_as_long_for_an_answer_as_it_goes_on_reading),
              ALD_CASE(visitor, is_told_of_an_answer_that_would_be_two),
              ALD_CASE(visitor, of_head_that_is_refused_gets_no_body),
              ALD_CASE(visitor, is_turned_away_when_it_calls_us_by_a_foreign_name),
              ALD_CASE(visitor, may_use_any_name_where_none_are_kept),
              ALD_CASE(visitor, is_turned_away_when_a_page_of_others_sends_it))
