#include "wire/http/http_writer.h"

#include "lib/panic.h"
#include "lib/test.h"
#include "wire/http/http_parser.h"

enum { OUT_MAX = 4096 };

static void check_out(struct ald_buf *out, const char *expected)
{
    ald_check_str(ald_buf_str(out), expected);
    ald_buf_fini(out);
}

ALD_TEST(http_writer, writes_a_response_with_a_length)
{
    const struct ald_http_field fields[] = {{ALD_STR("Cache-Control"), ALD_STR("no-store")}};
    const struct ald_http_response_out response = {
        .status = 200,
        .framing = ALD_HTTP_FRAMING_LENGTH,
        .length = 2,
        .type = ALD_STR("application/json"),
        .date = ALD_STR("Sun, 06 Nov 1994 08:49:37 GMT"),
        .fields = {fields, ALD_COUNT(fields)},
    };
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_http_response_write(&out, &response), 0);
    check_out(&out, "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: no-store\r\n"
                    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

ALD_TEST(http_writer, writes_the_other_ways_a_body_ends)
{
    struct ald_http_response_out response = {.status = 204, .framing = ALD_HTTP_FRAMING_NONE};
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_http_response_write(&out, &response), 0);
    check_out(&out, "HTTP/1.1 204 No Content\r\n\r\n");

    response = (struct ald_http_response_out){.status = 200, .framing = ALD_HTTP_FRAMING_CHUNKED};
    ald_check_int(ald_http_response_write(&out, &response), 0);
    check_out(&out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");

    response = (struct ald_http_response_out){.status = 299, .framing = ALD_HTTP_FRAMING_CLOSE};
    ald_check_int(ald_http_response_write(&out, &response), 0);
    check_out(&out, "HTTP/1.1 299 Unknown\r\nConnection: close\r\n\r\n");

    response = (struct ald_http_response_out){.status = 400, .framing = ALD_HTTP_FRAMING_LENGTH, .close = true};
    ald_check_int(ald_http_response_write(&out, &response), 0);
    check_out(&out, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

ALD_TEST(http_writer, writes_requests)
{
    struct ald_http_request_out request = {
        .method = ALD_STR("GET"), .target = ALD_STR("/a?b"), .host = ALD_STR("h:1"), .framing = ALD_HTTP_FRAMING_NONE};
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_http_request_write(&out, &request), 0);
    check_out(&out, "GET /a?b HTTP/1.1\r\nHost: h:1\r\n\r\n");

    request.method = ALD_STR("POST");
    request.host = ALD_STR_NONE;
    request.framing = ALD_HTTP_FRAMING_LENGTH;
    request.length = UINT64_MAX;
    request.type = ALD_STR("text/plain");
    request.close = true;
    ald_check_int(ald_http_request_write(&out, &request), 0);
    check_out(&out, "POST /a?b HTTP/1.1\r\nHost: \r\nContent-Type: text/plain\r\n"
                    "Content-Length: 18446744073709551615\r\nConnection: close\r\n\r\n");
    request.framing = ALD_HTTP_FRAMING_CLOSE;
    ald_check_panics(ald_ignore(ald_http_request_write(&out, &request)));
}

ALD_TEST(http_writer, writes_chunks)
{
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_http_chunk_write(&out, ALD_STR("0123456789abcdefg")), 0);
    ald_check_int(ald_http_chunk_write(&out, ALD_STR("")), 0); /* would be the last one */
    ald_check_int(ald_http_chunk_write(&out, ALD_STR("x")), 0);
    ald_check_int(ald_http_chunk_write_last(&out), 0);
    check_out(&out, "11\r\n0123456789abcdefg\r\n1\r\nx\r\n0\r\n\r\n");

    ald_check_int(ald_http_continue_write(&out), 0);
    check_out(&out, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* A response with this header, after something that is already in the buf. */
static int write_field(const char *name, struct ald_str value)
{
    const struct ald_http_field fields[] = {{ALD_STR("Fine"), ALD_STR("yes")}, {ald_str(name), value}};
    const struct ald_http_response_out response = {.status = 200, .fields = {fields, ALD_COUNT(fields)}};
    struct ald_buf out;
    int r;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_buf_push(&out, ALD_STR("held")), 0);
    r = ald_http_response_write(&out, &response);
    ald_check((r == 0) == (ald_buf_size(&out) > 4));
    ald_check(r == 0 || ald_str_equal(ald_buf_str(&out), ALD_STR("held")));
    ald_buf_fini(&out);
    return r;
}

ALD_TEST(http_writer, lets_no_value_add_a_header_or_a_message)
{
    ald_check_int(write_field("a", ALD_STR("b")), 0);
    ald_check_int(write_field("a", ALD_STR("b\r\nc: d")), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(write_field("a", ALD_STR("b\nc: d")), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(write_field("a", ALD_STR("b\0")), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(write_field("a: b\r\nc", ALD_STR("d")), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(write_field("", ALD_STR("d")), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(write_field("content-length", ALD_STR("7")), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(write_field("Transfer-encoding", ALD_STR("chunked")), ALD_HTTP_WRITER_UNFIT);
}

ALD_TEST(http_writer, lets_no_target_break_the_request_line)
{
    static const char *const bad[] = {"", "/a b", "/a HTTP/1.1\r\nX: y", "/a\r\n", "/\x7f", "/\xc3\xa9", "/a#b"};
    struct ald_http_request_out request = {.method = ALD_STR("GET"), .host = ALD_STR("h")};
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        request.target = ald_str(bad[i]);
        ald_check_int(ald_http_request_write(&out, &request), ALD_HTTP_WRITER_UNFIT);
    }
    request.target = ALD_STR("/");
    request.method = ALD_STR("GET /x");
    ald_check_int(ald_http_request_write(&out, &request), ALD_HTTP_WRITER_UNFIT);
    request.method = ALD_STR("GET");
    request.host = ALD_STR("h\r\nX: y");
    ald_check_int(ald_http_request_write(&out, &request), ALD_HTTP_WRITER_UNFIT);
    ald_check_int(ald_buf_size(&out), 0);
    ald_buf_fini(&out);
}

/* With every cap that is too small there is nothing, with the first that is large enough everything. */
ALD_TEST(http_writer, writes_all_or_nothing)
{
    const struct ald_http_field fields[] = {{ALD_STR("A"), ALD_STR("b")}};
    const struct ald_http_response_out response = {.status = 200,
                                                   .framing = ALD_HTTP_FRAMING_LENGTH,
                                                   .length = 1,
                                                   .close = true,
                                                   .type = ALD_STR("t/t"),
                                                   .date = ALD_STR("now"),
                                                   .fields = {fields, ALD_COUNT(fields)}};
    size_t size = 0;

    for (size_t max = 0; size == 0; max++) {
        struct ald_buf out;
        int r;

        ald_check(max < OUT_MAX);
        ald_buf_init(&out, max);
        r = ald_http_response_write(&out, &response);
        size = ald_buf_size(&out);
        ald_check_int(r, size > 0 ? 0 : ALD_HTTP_WRITER_FULL);
        ald_check(size == 0 || size == max);
        ald_buf_fini(&out);
    }
    for (size_t max = 0; max < 10; max++) {
        struct ald_buf out;

        ald_buf_init(&out, max);
        ald_check_int(ald_http_chunk_write(&out, ALD_STR("hello")), ALD_HTTP_WRITER_FULL);
        ald_check_int(ald_buf_size(&out), 0);
        ald_buf_fini(&out);
    }
}

/* What is written here is what the parser of the other end takes. */
ALD_TEST(http_writer, parser_takes_what_is_written)
{
    const struct ald_http_field fields[] = {{ALD_STR("X-A"), ALD_STR("b, c")}};
    const struct ald_http_request_out request = {.method = ALD_STR("PUT"),
                                                 .target = ALD_STR("/t/%20?q=1"),
                                                 .host = ALD_STR("[::1]:80"),
                                                 .framing = ALD_HTTP_FRAMING_CHUNKED,
                                                 .fields = {fields, ALD_COUNT(fields)}};
    const struct ald_http_request *head;
    struct ald_http_parser parser;
    struct ald_buf out;
    size_t used, at;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_http_request_write(&out, &request), 0);
    ald_check_int(ald_http_chunk_write(&out, ALD_STR("hello ")), 0);
    ald_check_int(ald_http_chunk_write(&out, ALD_STR("world")), 0);
    ald_check_int(ald_http_chunk_write_last(&out), 0);

    ald_http_parser_init_request(&parser, 100);
    ald_check_int(ald_http_parser_collect(&parser, ald_buf_str(&out), &at), ALD_HTTP_PARSER_HEAD);
    ald_check_int(ald_http_parser_collect(&parser, ald_str_from(ald_buf_str(&out), at), &used), 0);
    ald_check_int(at + used, ald_buf_size(&out));
    head = ald_http_parser_request(&parser);
    ald_check_str(head->method, "PUT");
    ald_check_str(head->target, "/t/%20?q=1");
    ald_check_str(head->path, "/t/%20");
    ald_check_str(head->query, "q=1");
    ald_check_str(head->host, "[::1]:80");
    ald_check_int(head->body, ALD_HTTP_BODY_CHUNKED);
    ald_check(head->keep_alive);
    ald_check_str(ald_http_fields_find(head->fields, ALD_STR("x-a")), "b, c");
    ald_check_str(ald_http_parser_body(&parser), "hello world");
    ald_http_parser_fini(&parser);
    ald_buf_fini(&out);
}

ALD_TEST_MAIN(http_writer, ALD_CASE(http_writer, writes_a_response_with_a_length),
              ALD_CASE(http_writer, writes_the_other_ways_a_body_ends), ALD_CASE(http_writer, writes_requests),
              ALD_CASE(http_writer, writes_chunks), ALD_CASE(http_writer, lets_no_value_add_a_header_or_a_message),
              ALD_CASE(http_writer, lets_no_target_break_the_request_line),
              ALD_CASE(http_writer, writes_all_or_nothing), ALD_CASE(http_writer, parser_takes_what_is_written))
