#include "conn/answer.h"

#include "lib/test.h"

static struct ald_page page_make(const char *body)
{
    struct ald_page page = {.status = 200, .type = "text/plain"};

    ald_buf_init(&page.body, 1000);
    ald_check_int(ald_buf_push(&page.body, ald_str(body)), 0);
    return page;
}

ALD_TEST(answer, is_a_response_with_a_date_and_a_length)
{
    struct ald_page page = page_make("hello");
    struct ald_buf out;

    page.fields[page.n_fields++] = (struct ald_http_field){ALD_STR("Allow"), ALD_STR("GET")};
    ald_buf_init(&out, 1000);
    ald_check_int(ald_answer_write(&out, &page, false, false, 1700000000123456), 0);
    ald_check(ald_str_starts(ald_buf_str(&out), ALD_STR("HTTP/1.1 200 OK\r\n")));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n")) < ald_buf_size(&out));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("Content-Length: 5\r\n")) < ald_buf_size(&out));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("Allow: GET\r\n")) < ald_buf_size(&out));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("\r\n\r\nhello")) + 9 == ald_buf_size(&out));
    ald_buf_fini(&out);
    ald_buf_fini(&page.body);
}

ALD_TEST(answer, to_head_says_the_length_of_what_it_leaves_out)
{
    struct ald_page page = page_make("hello");
    struct ald_buf out;

    ald_buf_init(&out, 1000);
    ald_check_int(ald_answer_write(&out, &page, true, true, 0), 0);
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("Content-Length: 5\r\n")) < ald_buf_size(&out));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("Connection: close\r\n")) < ald_buf_size(&out));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("hello")) == ald_buf_size(&out));
    ald_buf_fini(&out);
    ald_buf_fini(&page.body);
}

ALD_TEST(answer, that_nothing_changed_has_no_length)
{
    struct ald_page page = {.status = 304};
    struct ald_buf out;

    ald_buf_init(&page.body, 1000);
    ald_buf_init(&out, 1000);
    ald_check_int(ald_answer_write(&out, &page, false, false, 0), 0);
    ald_check(ald_str_starts(ald_buf_str(&out), ALD_STR("HTTP/1.1 304 Not Modified\r\n")));
    ald_check(ald_str_find(ald_buf_str(&out), ALD_STR("Content-")) == ald_buf_size(&out));
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

ALD_TEST_MAIN(answer, ALD_CASE(answer, is_a_response_with_a_date_and_a_length),
              ALD_CASE(answer, to_head_says_the_length_of_what_it_leaves_out),
              ALD_CASE(answer, that_nothing_changed_has_no_length), ALD_CASE(answer, can_be_a_problem_instead))
