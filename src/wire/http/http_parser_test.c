#include "wire/http/http_parser.h"

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "lib/panic.h"
#include "lib/test.h"
#include "wire/http/http_cases.h"

enum { CASE_BODY_MAX = 20, STORY_MAX = 64 * 1024 };

static void story_push(struct ald_buf *story, const char *before, struct ald_str text, const char *after)
{
    ald_check_int(ald_buf_push(story, ald_str(before)), 0);
    ald_check_int(ald_buf_push(story, text), 0);
    ald_check_int(ald_buf_push(story, ald_str(after)), 0);
}

static void story_fields(struct ald_buf *story, struct ald_http_fields fields)
{
    story_push(story, "<", ALD_STR(""), "");
    for (size_t i = 0; i < fields.n; i++) {
        story_push(story, "", fields.items[i].name, ": ");
        story_push(story, "", fields.items[i].value, "|");
    }
    story_push(story, ">", ALD_STR(""), "{");
}

static void story_request(struct ald_buf *story, const struct ald_http_request *request)
{
    story_push(story, "", request->method, " ");
    story_push(story, "", request->path, ald_str_present(request->query) ? "?" : "");
    story_push(story, "", request->query, " host=");
    story_push(story, "", ald_str_present(request->host) ? request->host : ALD_STR("-"), " v");
    ald_check_int(ald_buf_pushf(story, "%u%s ", (unsigned)request->minor, request->keep_alive ? "+" : ""), 0);
    story_fields(story, request->fields);
}

static void story_response(struct ald_buf *story, const struct ald_http_response *response)
{
    ald_check_int(ald_buf_pushf(story, "%u ", (unsigned)response->status), 0);
    story_push(story, "", response->reason, " v");
    ald_check_int(ald_buf_pushf(story, "%u%s ", (unsigned)response->minor, response->keep_alive ? "+" : ""), 0);
    story_fields(story, response->fields);
}

static void story_piece(struct ald_buf *story, struct ald_http_parser *parser, const struct ald_http_piece *piece)
{
    switch (piece->kind) {
    case ALD_HTTP_HEAD:
        if (parser->of_responses) {
            story_response(story, ald_http_parser_response(parser));
        } else {
            story_request(story, ald_http_parser_request(parser));
        }
        break;
    case ALD_HTTP_BODY:
        ald_check(piece->body.size > 0);
        story_push(story, "", piece->body, "");
        break;
    case ALD_HTTP_END:
        story_push(story, "}", ALD_STR(""), "");
        ald_http_parser_reset(parser);
        break;
    }
}

/* Feed a piece from memory that ends where it does, and tell; false when the parser refused. */
static bool parser_tell_piece(struct ald_http_parser *parser, struct ald_str bytes, struct ald_buf *story)
{
    char *copy = malloc(bytes.size + 1);
    struct ald_http_piece piece;
    size_t at = 0, used;
    int r;

    ald_check(copy != NULL);
    memcpy(copy + 1, bytes.data, bytes.size);
    while ((r = ald_http_parser_next(parser, ald_str_of(copy + 1 + at, bytes.size - at), &used, &piece)) == 0) {
        at += used;
        story_piece(story, parser, &piece);
    }
    if (r == ALD_HTTP_PARSER_REFUSED) {
        const struct ald_http_fault *fault = ald_http_parser_fault(parser);

        ald_check_int(ald_buf_pushf(story, "!%u %s", (unsigned)fault->status, fault->text), 0);
    } else {
        ald_check_int(r, ALD_HTTP_PARSER_HUNGRY);
        ald_check_int(at + used, bytes.size);
    }
    free(copy);
    return r != ALD_HTTP_PARSER_REFUSED;
}

static void parser_tell(struct ald_http_parser *parser, struct ald_str bytes, size_t piece, struct ald_buf *story)
{
    ald_buf_init(story, STORY_MAX);
    for (size_t at = 0; at < bytes.size; at += piece) {
        if (!parser_tell_piece(parser, ald_str_of(bytes.data + at, ALD_MIN(piece, bytes.size - at)), story)) {
            break;
        }
    }
}

static void case_open(struct ald_http_parser *parser, bool of_responses)
{
    if (of_responses) {
        ald_http_parser_init_response(parser, CASE_BODY_MAX, false);
    } else {
        ald_http_parser_init_request(parser, CASE_BODY_MAX);
    }
}

static void check_cases(const struct parser_case *cases, size_t n, bool of_responses)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t piece = 1; piece <= cases[i].bytes.size; piece++) {
            struct ald_http_parser parser;
            struct ald_buf story;

            case_open(&parser, of_responses);
            parser_tell(&parser, cases[i].bytes, piece, &story);
            if (!ald_str_equal(ald_buf_str(&story), ald_str(cases[i].story))) {
                fail_msg("%s by %zu: \"%.*s\", not \"%s\"", cases[i].name, piece, ALD_STR_ARG(ald_buf_str(&story)),
                         cases[i].story);
            }
            ald_buf_fini(&story);
            ald_http_parser_fini(&parser);
        }
    }
}

/*
 * Cut anywhere, a stream tells the begin of what the whole one does; and when the connection then ends, that is an
 * error unless the story stands between two messages.
 */
static void check_cut(const struct parser_case *it, size_t n, bool of_responses)
{
    struct ald_http_parser parser;
    struct ald_buf whole, single;
    struct ald_str text;
    bool between;

    case_open(&parser, of_responses);
    parser_tell(&parser, ald_str_of(it->bytes.data, n), 1, &single);
    ald_http_parser_fini(&parser);
    case_open(&parser, of_responses);
    parser_tell(&parser, ald_str_of(it->bytes.data, n), ALD_MAX(n, (size_t)1), &whole);
    text = ald_buf_str(&whole);
    ald_check(ald_str_starts(ald_str(it->story), text));
    ald_check(ald_str_equal(text, ald_buf_str(&single)));

    between = ald_http_parser_idle(&parser);
    if (between) {
        ald_check(text.size == 0 || text.data[text.size - 1] == '}');
        ald_check_int(ald_http_parser_finish(&parser), 0);
    }
    ald_buf_fini(&whole);
    ald_buf_fini(&single);
    ald_http_parser_fini(&parser);
}

ALD_TEST(http_parser, takes_and_refuses_requests_however_they_are_split)
{
    check_cases(request_cases, ALD_COUNT(request_cases), false);
}

ALD_TEST(http_parser, takes_and_refuses_responses_however_they_are_split)
{
    check_cases(response_cases, ALD_COUNT(response_cases), true);
}

ALD_TEST(http_parser, tells_the_begin_of_it_when_cut)
{
    for (size_t i = 0; i < ALD_COUNT(request_cases); i++) {
        for (size_t n = 0; n < request_cases[i].bytes.size; n++) {
            check_cut(&request_cases[i], n, false);
        }
    }
    for (size_t i = 0; i < ALD_COUNT(response_cases); i++) {
        for (size_t n = 0; n < response_cases[i].bytes.size; n++) {
            check_cut(&response_cases[i], n, true);
        }
    }
}

/* The story of `text` repeated between `before` and `after`; a refusal only, or "" when it was taken. */
static const char *tell_repeated(const char *before, const char *text, size_t n, const char *after, bool of_responses)
{
    static char fault[100];
    struct ald_http_parser parser;
    struct ald_buf bytes, story, single;
    struct ald_str told;
    size_t at;

    ald_buf_init(&bytes, STORY_MAX);
    ald_check_int(ald_buf_push(&bytes, ald_str(before)), 0);
    for (size_t i = 0; i < n; i++) {
        ald_check_int(ald_buf_push(&bytes, ald_str(text)), 0);
    }
    ald_check_int(ald_buf_push(&bytes, ald_str(after)), 0);

    case_open(&parser, of_responses);
    parser_tell(&parser, ald_buf_str(&bytes), STORY_MAX, &story);
    ald_http_parser_fini(&parser);
    case_open(&parser, of_responses);
    parser_tell(&parser, ald_buf_str(&bytes), 1, &single);
    ald_http_parser_fini(&parser);
    told = ald_buf_str(&story);
    ald_check(ald_str_equal(told, ald_buf_str(&single)));
    at = ald_str_find(told, ALD_STR("!"));
    (void)snprintf(fault, sizeof(fault), "%.*s", ALD_STR_ARG(ald_str_from(told, at)));
    ald_buf_fini(&bytes);
    ald_buf_fini(&story);
    ald_buf_fini(&single);
    return fault;
}

static void check_fault(const char *fault, const char *expected)
{
    ald_check_str(ald_str(fault), expected);
}

ALD_TEST(http_parser, request_line_has_a_limit)
{
    const char *rest = " HTTP/1.1\r\n" HOST "\r\n";

    /* "GET /" and " HTTP/1.1" are 14 bytes of it. */
    check_fault(tell_repeated("GET /", "a", ALD_HTTP_LINE_MAX - 14, rest, false), "");
    check_fault(tell_repeated("GET /", "a", ALD_HTTP_LINE_MAX - 13, rest, false), "!414 Request line is too long");
    check_fault(tell_repeated("GET /", "a", 5 * ALD_HTTP_LINE_MAX, "", false), "!414 Request line is too long");
    check_fault(tell_repeated("GET /", "a", ALD_HTTP_LINE_MAX - 5, "\n", false), LINE_END);
    check_fault(tell_repeated("GET /", "a", ALD_HTTP_LINE_MAX - 4, "\n", false), "!414 Request line is too long");
}

ALD_TEST(http_parser, status_line_has_a_limit)
{
    check_fault(tell_repeated("HTTP/1.1 204 ", "a", ALD_HTTP_LINE_MAX - 13, "\r\n\r\n", true), "");
    check_fault(tell_repeated("HTTP/1.1 204 ", "a", ALD_HTTP_LINE_MAX - 12, "\r\n\r\n", true), BAD_START);
}

ALD_TEST(http_parser, headers_have_a_limit_in_all)
{
    /* HOST is 9 bytes, "a: " and its end are 5, the empty line is 2. */
    check_fault(tell_repeated(GET "a: ", "x", ALD_HTTP_FIELDS_MAX - 16, "\r\n\r\n", false), "");
    check_fault(tell_repeated(GET "a: ", "x", ALD_HTTP_FIELDS_MAX - 15, "\r\n\r\n", false),
                "!431 Headers are too large");
    check_fault(tell_repeated(GET "a: ", "x", ALD_HTTP_FIELDS_MAX, "", false), "!431 Headers are too large");
    check_fault(tell_repeated(GET, "a: bcdefghijklmnopqrstuvwxyzbcdefghijklmnopqrstuvwxyz\r\n", 99, "\r\n", false), "");
}

ALD_TEST(http_parser, headers_have_a_limit_in_number)
{
    check_fault(tell_repeated(GET, "a: b\r\n", ALD_HTTP_N_FIELDS_MAX - 1, "\r\n", false), "");
    check_fault(tell_repeated(GET, "a: b\r\n", ALD_HTTP_N_FIELDS_MAX, "\r\n", false), "!431 Too many headers");
    check_fault(tell_repeated(GET, "a: b\r\n", 1000, "", false), "!431 Too many headers");
}

ALD_TEST(http_parser, trailers_share_the_limits_of_headers)
{
    check_fault(tell_repeated(CHUNKED "0\r\n", "a: b\r\n", ALD_HTTP_N_FIELDS_MAX - 2, "\r\n", false), "");
    check_fault(tell_repeated(CHUNKED "0\r\n", "a: b\r\n", ALD_HTTP_N_FIELDS_MAX - 1, "\r\n", false),
                "!431 Too many headers");
    check_fault(tell_repeated(CHUNKED "0\r\na: ", "x", ALD_HTTP_FIELDS_MAX - 60, "\r\n\r\n", false), "");
    check_fault(tell_repeated(CHUNKED "0\r\na: ", "x", ALD_HTTP_FIELDS_MAX, "\r\n\r\n", false),
                "!431 Headers are too large");
}

ALD_TEST(http_parser, chunk_line_has_a_limit)
{
    check_fault(tell_repeated(CHUNKED "0;", "x", ALD_HTTP_CHUNK_LINE_MAX - 3, "\r\n\r\n", false), "");
    check_fault(tell_repeated(CHUNKED "0;", "x", ALD_HTTP_CHUNK_LINE_MAX - 2, "\r\n\r\n", false), BAD_CHUNK);
    check_fault(tell_repeated(CHUNKED, "0", 16, "\r\n\r\n", false), "");
    check_fault(tell_repeated(CHUNKED, "0", 17, "\r\n\r\n", false), BAD_CHUNK);
}

/* What follows an upgrade request is not ours to read. */
ALD_TEST(http_parser, leaves_the_bytes_behind_a_message)
{
    struct ald_str bytes = ALD_STR(GET "Upgrade: websocket\r\n\r\n\x81\x85\x00\x00");
    struct ald_http_parser parser;
    struct ald_http_piece piece;
    size_t at = 0, used;

    ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    ald_check(ald_http_parser_idle(&parser));
    ald_check(ald_http_parser_request(&parser) == NULL);
    ald_check_int(ald_http_parser_next(&parser, bytes, &used, &piece), 0);
    ald_check_int(piece.kind, ALD_HTTP_HEAD);
    at = used;
    ald_check_int(ald_http_parser_next(&parser, ald_str_from(bytes, at), &used, &piece), 0);
    ald_check_int(piece.kind, ALD_HTTP_END);
    ald_check_int(used, 0);
    ald_check_int(bytes.size - at, 4);
    ald_check_str(ald_http_parser_request(&parser)->path, "/");
    ald_check(!ald_http_parser_idle(&parser));
    ald_check_panics(ald_ignore(ald_http_parser_next(&parser, bytes, &used, &piece)));
    ald_http_parser_fini(&parser);
}

/* A body is a view of what was fed, not a copy. */
ALD_TEST(http_parser, hands_a_body_on_where_it_lies)
{
    struct ald_str bytes = ALD_STR(POST "Content-Length: 5\r\n\r\nhello");
    struct ald_http_parser parser;
    struct ald_http_piece piece;
    size_t used;

    ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    ald_check_int(ald_http_parser_next(&parser, bytes, &used, &piece), 0);
    ald_check_int(ald_http_parser_next(&parser, ald_str_from(bytes, used), &used, &piece), 0);
    ald_check_int(piece.kind, ALD_HTTP_BODY);
    ald_check(piece.body.data == bytes.data + bytes.size - 5);
    ald_check_int(ald_http_parser_next(&parser, ALD_STR(""), &used, &piece), 0);
    ald_check_int(piece.kind, ALD_HTTP_END);
    ald_http_parser_fini(&parser);
}

ALD_TEST(http_parser, collects_a_body_for_those_who_want_it_whole)
{
    struct ald_str head = ALD_STR(CHUNKED), one = ALD_STR("3\r\nabc"), two = ALD_STR("\r\n2\r\nde\r\n0\r\n\r\nGET");
    struct ald_http_parser parser;
    size_t used;

    ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    for (size_t i = 0; i < 2; i++) { /* and again after a reset */
        ald_check_int(ald_http_parser_collect(&parser, head, &used), ALD_HTTP_PARSER_HEAD);
        ald_check_int(used, head.size);
        ald_check_int(ald_http_parser_collect(&parser, ALD_STR(""), &used), ALD_HTTP_PARSER_HUNGRY);
        ald_check_int(ald_http_parser_collect(&parser, one, &used), ALD_HTTP_PARSER_HUNGRY);
        ald_check_int(used, one.size);
        ald_check_int(ald_http_parser_collect(&parser, two, &used), 0);
        ald_check_int(used, two.size - 3);
        ald_check_str(ald_http_parser_body(&parser), "abcde");
        ald_http_parser_reset(&parser);
        ald_check_int(ald_http_parser_body(&parser).size, 0);
    }
    ald_check_int(ald_http_parser_collect(&parser, ALD_STR("\n"), &used), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(ald_http_parser_collect(&parser, ALD_STR("GET"), &used), ALD_HTTP_PARSER_REFUSED);
    ald_check(ald_http_parser_request(&parser) == NULL);
    ald_http_parser_fini(&parser);
}

/* What a request with this head comes to when no more than `body_max` bytes of a body are taken. */
static int narrow_after(const char *head, uint64_t body_max)
{
    struct ald_http_parser parser;
    size_t used;
    int r;

    ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    ald_check_int(ald_http_parser_collect(&parser, ald_str(head), &used), ALD_HTTP_PARSER_HEAD);
    r = ald_http_parser_narrow(&parser, body_max);
    if (r == ALD_HTTP_PARSER_REFUSED) {
        ald_check_int(ald_http_parser_fault(&parser)->status, 413);
    } else {
        r = ald_http_parser_collect(&parser, ALD_STR("5\r\nhello\r\n0\r\n\r\n"), &used);
    }
    ald_http_parser_fini(&parser);
    return r;
}

ALD_TEST(http_parser, may_take_less_of_a_body_once_it_knows_for_what)
{
    ald_check_int(narrow_after(POST "Content-Length: 5\r\n\r\n", 5), 0);
    ald_check_int(narrow_after(POST "Content-Length: 5\r\n\r\n", 4), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(narrow_after(POST "Content-Length: 0\r\n\r\n", 0), 0);
    ald_check_int(narrow_after(GET "\r\n", 0), 0);
    ald_check_int(narrow_after(CHUNKED, 5), 0);
    ald_check_int(narrow_after(CHUNKED, 4), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(narrow_after(POST "Content-Length: 20\r\n\r\n", 1000), ALD_HTTP_PARSER_HUNGRY);
}

ALD_TEST(http_parser, is_as_wide_again_for_the_next_message)
{
    struct ald_http_parser parser;
    size_t used;

    ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    ald_check_int(ald_http_parser_collect(&parser, ALD_STR(GET "\r\n"), &used), ALD_HTTP_PARSER_HEAD);
    ald_check_int(ald_http_parser_narrow(&parser, 0), 0);
    ald_check_int(ald_http_parser_collect(&parser, ALD_STR(""), &used), 0);
    ald_http_parser_reset(&parser);
    ald_check_int(ald_http_parser_collect(&parser, ALD_STR(POST "Content-Length: 5\r\n\r\nhello"), &used),
                  ALD_HTTP_PARSER_HEAD);
    ald_check_int(ald_http_parser_collect(&parser, ALD_STR("hello"), &used), 0);
    ald_check_str(ald_http_parser_body(&parser), "hello");
    ald_http_parser_fini(&parser);
}

static bool expects_after(const char *text)
{
    struct ald_http_parser parser;
    struct ald_buf story;
    bool expects;

    ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    parser_tell(&parser, ald_str(text), 1000, &story);
    expects = ald_http_parser_expects(&parser);
    ald_buf_fini(&story);
    ald_http_parser_fini(&parser);
    return expects;
}

ALD_TEST(http_parser, knows_when_the_client_waits_for_100_continue)
{
    ald_check(expects_after(POST "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n"));
    ald_check(expects_after(POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"));
    ald_check(!expects_after(POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nh"));
    ald_check(!expects_after(POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n1"));
    ald_check(!expects_after(POST "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n"));
    ald_check(!expects_after(POST "Content-Length: 5\r\n\r\n"));
    ald_check(!expects_after(POST "Expect: 100-continue\r\nContent-Length: 5\r\n"));
    ald_check(!expects_after("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
}

/* What a response of `text` comes to when the connection ends behind it. */
static int finish_after(const char *text, bool bodiless, bool of_responses)
{
    struct ald_http_parser parser;
    struct ald_buf story;
    int r;

    if (of_responses) {
        ald_http_parser_init_response(&parser, CASE_BODY_MAX, bodiless);
    } else {
        ald_http_parser_init_request(&parser, CASE_BODY_MAX);
    }
    parser_tell(&parser, ald_str(text), 1000, &story);
    r = ald_http_parser_finish(&parser);
    ald_check((r == ALD_HTTP_PARSER_REFUSED) == (ald_http_parser_fault(&parser) != NULL));
    ald_buf_fini(&story);
    ald_http_parser_fini(&parser);
    return r;
}

ALD_TEST(http_parser, end_of_the_connection_ends_only_what_lasts_until_then)
{
    ald_check_int(finish_after("", false, true), 0);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\n\r\nhel", false, true), 0);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\n\r\n", false, true), 0);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, true), 0);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false, true), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, true), 0);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", false, true),
                  ALD_HTTP_PARSER_REFUSED);
    ald_check_int(finish_after("HTTP/1.1 200 OK\r\n", false, true), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(finish_after("HTTP/1.1 100 Continue\r\n\r\n", false, true), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(finish_after("bad", false, true), ALD_HTTP_PARSER_REFUSED);
    ald_check_int(finish_after("\r\n", false, false), 0);
    ald_check_int(finish_after(GET, false, false), ALD_HTTP_PARSER_REFUSED);
}

ALD_TEST(http_parser, response_to_HEAD_has_no_body)
{
    struct ald_http_parser parser;
    struct ald_buf story;

    ald_http_parser_init_response(&parser, CASE_BODY_MAX, true);
    parser_tell(&parser, ALD_STR("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), 1, &story);
    ald_check_str(ald_buf_str(&story), "200 OK v1+ <Content-Length: 99|>{}");
    ald_buf_fini(&story);
    ald_http_parser_fini(&parser);
}

ALD_TEST(http_parser, has_a_status_and_a_text_for_every_fault)
{
    ald_check(ald_http_fault(ALD_HTTP_FAULT_NONE) == NULL);
    for (int i = 1; i < ALD_HTTP_FAULT_KINDS; i++) {
        const struct ald_http_fault *fault = ald_http_fault((enum ald_http_fault_kind)i);

        ald_check(fault->status >= 400 && fault->status < 600);
        ald_check(strlen(fault->text) > 0);
    }
    ald_check_panics((void)ald_http_fault(ALD_HTTP_FAULT_KINDS));
}

/* Each allocation fails in turn: the parser says so and leaks nothing. */
ALD_TEST(http_parser, survives_short_memory)
{
    struct ald_str bytes = ALD_STR(POST "Content-Length: 5\r\n\r\nhello");
    uint64_t n = 1;

    for (bool failed = true; failed; n++) {
        struct ald_http_parser parser;
        size_t used = 0;
        int r;

        ald_http_parser_init_request(&parser, CASE_BODY_MAX);
        ald_alloc_fail_at(n);
        r = ald_http_parser_collect(&parser, bytes, &used);
        if (r == ALD_HTTP_PARSER_HEAD) {
            r = ald_http_parser_collect(&parser, ald_str_from(bytes, used), &used);
        }
        failed = ald_alloc_fail_off();
        ald_check_int(r, failed ? ALDIS_E_NOMEM : 0);
        ald_http_parser_fini(&parser);
    }
    ald_check(n > 4); /* text, fields, body */
}

ALD_TEST_MAIN(http_parser, ALD_CASE(http_parser, takes_and_refuses_requests_however_they_are_split),
              ALD_CASE(http_parser, takes_and_refuses_responses_however_they_are_split),
              ALD_CASE(http_parser, tells_the_begin_of_it_when_cut), ALD_CASE(http_parser, request_line_has_a_limit),
              ALD_CASE(http_parser, status_line_has_a_limit), ALD_CASE(http_parser, headers_have_a_limit_in_all),
              ALD_CASE(http_parser, headers_have_a_limit_in_number),
              ALD_CASE(http_parser, trailers_share_the_limits_of_headers),
              ALD_CASE(http_parser, chunk_line_has_a_limit), ALD_CASE(http_parser, leaves_the_bytes_behind_a_message),
              ALD_CASE(http_parser, hands_a_body_on_where_it_lies),
              ALD_CASE(http_parser, collects_a_body_for_those_who_want_it_whole),
              ALD_CASE(http_parser, may_take_less_of_a_body_once_it_knows_for_what),
              ALD_CASE(http_parser, is_as_wide_again_for_the_next_message),
              ALD_CASE(http_parser, knows_when_the_client_waits_for_100_continue),
              ALD_CASE(http_parser, end_of_the_connection_ends_only_what_lasts_until_then),
              ALD_CASE(http_parser, response_to_HEAD_has_no_body), ALD_CASE(http_parser, survives_short_memory),
              ALD_CASE(http_parser, has_a_status_and_a_text_for_every_fault))
