#include "conn/answer.h"

#include "lib/test.h"

static struct ald_page page_make(const char *body)
{
    struct ald_page page = {.status = 200, .type = "text/plain"};

    ald_buf_init(&page.body, 1000);
    ald_check_int(ald_buf_push(&page.body, ald_str(body)), 0);
    return page;
}

/* Write the head of `page` and compare all but its date. */
static void head_is(const struct ald_page *page, enum ald_http_framing framing, bool close, const char *expected)
{
    struct ald_buf out;

    ald_buf_init(&out, 1000);
    ald_check_int(ald_answer_write_head(&out, page, framing, close, 1700000000123456), 0);
    ald_check_str(ald_buf_str(&out), expected);
    ald_buf_fini(&out);
}

#define DATE "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"

ALD_TEST(answer, is_a_head_with_a_date_and_a_length)
{
    struct ald_page page = page_make("hello");

    page.fields[page.n_fields++] = (struct ald_http_field){ALD_STR("Allow"), ALD_STR("GET")};
    head_is(&page, ALD_HTTP_FRAMING_LENGTH, false,
            "HTTP/1.1 200 OK\r\n" DATE "Allow: GET\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
    head_is(&page, ALD_HTTP_FRAMING_LENGTH, true,
            "HTTP/1.1 200 OK\r\n" DATE
            "Allow: GET\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
    ald_buf_fini(&page.body);
}

ALD_TEST(answer, that_goes_on_has_no_length)
{
    struct ald_page page = page_make("");

    head_is(&page, ALD_HTTP_FRAMING_CHUNKED, true,
            "HTTP/1.1 200 OK\r\n" DATE
            "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    head_is(&page, ALD_HTTP_FRAMING_CLOSE, true,
            "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/plain\r\nConnection: close\r\n\r\n");
    ald_buf_fini(&page.body);
}

ALD_TEST(answer, that_nothing_changed_has_no_length)
{
    struct ald_page page = {.status = 304};

    ald_buf_init(&page.body, 1000);
    head_is(&page, ALD_HTTP_FRAMING_LENGTH, false, "HTTP/1.1 304 Not Modified\r\n" DATE "\r\n");
    ald_check(!ald_answer_has_body(304) && !ald_answer_has_body(204) && !ald_answer_has_body(100));
    ald_check(ald_answer_has_body(200) && ald_answer_has_body(503));
    ald_buf_fini(&page.body);
}

ALD_TEST(answer, with_a_line_end_in_a_field_is_not_written)
{
    struct ald_page page = page_make("");
    struct ald_buf out;

    page.fields[page.n_fields++] = (struct ald_http_field){ALD_STR("Location"), ALD_STR("/a\r\nSet-Cookie: b")};
    ald_buf_init(&out, 1000);
    ald_check_int(ald_answer_write_head(&out, &page, ALD_HTTP_FRAMING_LENGTH, false, 0), ALD_HTTP_WRITER_UNFIT);
    ald_check_int((int)ald_buf_size(&out), 0);
    ald_buf_fini(&out);
    ald_buf_fini(&page.body);
}

ALD_TEST(answer, can_be_a_problem_instead)
{
    struct ald_page page = page_make("half an answer");

    ald_check_int(ald_answer_problem(&page, 404, ALD_STR("no \"x\" here")), 0);
    ald_check_int(page.status, 404);
    ald_check_str(ald_str(page.type), "application/problem+json");
    ald_check_str(ald_buf_str(&page.body), "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                                           "\"detail\":\"no \\\"x\\\" here\"}");
    ald_check_int(ald_answer_problem(&page, 503, ALD_STR_NONE), 0);
    ald_check_str(ald_buf_str(&page.body),
                  "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}");
    ald_buf_fini(&page.body);
}

ALD_TEST_MAIN(answer, ALD_CASE(answer, is_a_head_with_a_date_and_a_length),
              ALD_CASE(answer, that_goes_on_has_no_length), ALD_CASE(answer, that_nothing_changed_has_no_length),
              ALD_CASE(answer, with_a_line_end_in_a_field_is_not_written), ALD_CASE(answer, can_be_a_problem_instead))
