#include "wire/ws/ws_upgrade.h"

#include "lib/panic.h"
#include "lib/test.h"
#include "wire/http/http_parser.h"
#include "wire/http/http_writer.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define START "GET /exchange/controller HTTP/1.1\r\nHost: h\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY_LINE "Sec-WebSocket-Key: " KEY "\r\n"

enum { OUT_MAX = 4096 };

static const struct ald_http_request *request_open(struct ald_http_parser *parser, const char *text)
{
    size_t used;

    ald_http_parser_init_request(parser, 8192);
    ald_check_int(ald_http_parser_collect(parser, ald_str(text), &used), ALD_HTTP_PARSER_HEAD);
    return ald_http_parser_request(parser);
}

/* The status that answers a request of `text`; 101 when it is accepted. */
static int judge_with(int (*check)(const struct ald_http_request *, struct ald_ws_upgrade *,
                                   const struct ald_ws_refusal **),
                      const char *text)
{
    const struct ald_ws_refusal *refusal = NULL;
    const struct ald_http_request *request;
    struct ald_http_parser parser;
    struct ald_ws_upgrade upgrade;
    int r;

    request = request_open(&parser, text);
    r = check(request, &upgrade, &refusal);
    ald_check(r == 0 || r == ALD_WS_UPGRADE_REFUSED);
    ald_check((r == 0) == (refusal == NULL));
    if (r == 0) {
        ald_check_str(upgrade.key, KEY);
    }
    ald_http_parser_fini(&parser);
    return refusal != NULL ? refusal->status : 101;
}

static int judge(const char *text)
{
    return judge_with(ald_ws_upgrade_check, text);
}

ALD_TEST(ws_upgrade, accepts_what_a_connector_sends)
{
    ald_check_int(judge(START UPGRADE CONNECTION VERSION KEY_LINE "X-Gravitee-Exchange-Protocol: v1\r\n\r\n"), 101);
    ald_check_int(judge(START "upgrade: h2c, WebSocket\r\nconnection: keep-alive, upgrade\r\n" VERSION KEY_LINE "\r\n"),
                  101);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION KEY_LINE "Origin: http://h\r\n\r\n"), 101);
}

/* exchange.md section 2.2. */
ALD_TEST(ws_upgrade, refuses_what_is_no_upgrade)
{
    ald_check_int(judge(START "\r\n"), 400);
    ald_check_int(judge(START UPGRADE VERSION KEY_LINE "\r\n"), 400);
    ald_check_int(judge(START UPGRADE "Connection: keep-alive\r\n" VERSION KEY_LINE "\r\n"), 400);
    ald_check_int(judge(START CONNECTION VERSION KEY_LINE "\r\n"), 400);
    ald_check_int(judge(START CONNECTION "Upgrade: h2c\r\n" VERSION KEY_LINE "\r\n"), 400);
    ald_check_int(judge("GET / HTTP/1.0\r\n" UPGRADE CONNECTION VERSION KEY_LINE "\r\n"), 400);
}

ALD_TEST(ws_upgrade, refuses_other_methods)
{
    ald_check_int(judge("POST / HTTP/1.1\r\nHost: h\r\n" UPGRADE CONNECTION VERSION KEY_LINE "\r\n"), 405);
    ald_check_int(judge("get / HTTP/1.1\r\nHost: h\r\n" UPGRADE CONNECTION VERSION KEY_LINE "\r\n"), 405);
}

ALD_TEST(ws_upgrade, refuses_other_versions)
{
    ald_check_int(judge(START UPGRADE CONNECTION KEY_LINE "\r\n"), 426);
    ald_check_int(judge(START UPGRADE CONNECTION "Sec-WebSocket-Version: 8\r\n" KEY_LINE "\r\n"), 426);
    ald_check_int(judge(START UPGRADE CONNECTION "Sec-WebSocket-Version: 13, 8\r\n" KEY_LINE "\r\n"), 426);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION VERSION KEY_LINE "\r\n"), 426);
}

ALD_TEST(ws_upgrade, takes_version_8_where_it_is_spoken)
{
    ald_check_int(judge_with(ald_ws_upgrade_check_old, START UPGRADE CONNECTION VERSION KEY_LINE "\r\n"), 101);
    ald_check_int(
        judge_with(ald_ws_upgrade_check_old, START UPGRADE CONNECTION "Sec-WebSocket-Version: 8\r\n" KEY_LINE "\r\n"),
        101);
    ald_check_int(
        judge_with(ald_ws_upgrade_check_old, START UPGRADE CONNECTION "Sec-WebSocket-Version: 7\r\n" KEY_LINE "\r\n"),
        426);
    ald_check_int(judge_with(ald_ws_upgrade_check_old, START UPGRADE CONNECTION "Sec-WebSocket-Version: 8\r\n\r\n"),
                  400);
}

ALD_TEST(ws_upgrade, refuses_bad_keys)
{
    ald_check_int(judge(START UPGRADE CONNECTION VERSION "\r\n"), 400);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION KEY_LINE KEY_LINE "\r\n"), 400);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION "Sec-WebSocket-Key:\r\n\r\n"), 400);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n\r\n"), 400);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n\r\n"), 400);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE=\r\n\r\n"), 400);
    ald_check_int(judge(START UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-Q==\r\n\r\n"), 400);
}

/* The first rule that is broken decides, exchange.md section 2.2. */
ALD_TEST(ws_upgrade, judges_in_the_order_of_the_specification)
{
    ald_check_int(judge("POST / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    ald_check_int(judge("POST / HTTP/1.1\r\nHost: h\r\n" CONNECTION "\r\n"), 405);
    ald_check_int(judge(START CONNECTION "\r\n"), 426);
    ald_check_int(judge(START CONNECTION VERSION "\r\n"), 400);
}

ALD_TEST(ws_upgrade, knows_who_asks_for_one)
{
    struct ald_http_parser parser;

    ald_check(ald_ws_upgrade_wanted(request_open(&parser, START UPGRADE "\r\n")));
    ald_http_parser_fini(&parser);
    ald_check(!ald_ws_upgrade_wanted(request_open(&parser, START CONNECTION "\r\n")));
    ald_http_parser_fini(&parser);
}

ALD_TEST(ws_upgrade, picks_the_first_subprotocol_that_both_know)
{
    const struct ald_str ours[] = {ALD_STR("v1"), ALD_STR("v2")};
    const struct ald_http_request *request;
    struct ald_http_parser parser;

    request = request_open(&parser, START "Sec-WebSocket-Protocol: bad token, V1, v3\r\n"
                                          "sec-websocket-protocol: v2, v1\r\n\r\n");
    ald_check_str(ald_ws_upgrade_protocol(request, ours, ALD_COUNT(ours)), "v2");
    ald_check(!ald_str_present(ald_ws_upgrade_protocol(request, NULL, 0)));
    ald_check_str(ald_ws_upgrade_protocol_first(request), "V1");
    ald_http_parser_fini(&parser);

    request = request_open(&parser, START "\r\n");
    ald_check(!ald_str_present(ald_ws_upgrade_protocol(request, ours, ALD_COUNT(ours))));
    ald_check(!ald_str_present(ald_ws_upgrade_protocol_first(request)));
    ald_http_parser_fini(&parser);
}

ALD_TEST(ws_upgrade, tells_what_is_offered)
{
    const struct ald_ws_refusal *refusal = NULL;
    struct ald_http_parser parser;
    struct ald_ws_upgrade upgrade;

    ald_check_int(ald_ws_upgrade_check(request_open(&parser, START UPGRADE CONNECTION VERSION KEY_LINE
                                                    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
                                       &upgrade, &refusal),
                  0);
    ald_check(upgrade.extensions);
    ald_check(!upgrade.protocols);
    ald_http_parser_fini(&parser);
}

/* RFC 6455 section 1.3: key, hash and accept of its example. */
ALD_TEST(ws_upgrade, writes_key_and_accept_as_the_specification_shows)
{
    static const uint8_t sha1[ALD_WS_SHA1_SIZE] = {0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f, 0x16, 0x90, 0xf6,
                                                   0x46, 0x06, 0xcf, 0x38, 0x59, 0x45, 0xb2, 0xbe, 0xc4, 0xea};
    char source[ALD_WS_ACCEPT_SOURCE], accept[ALD_WS_ACCEPT_TEXT], key[ALD_WS_NONCE_TEXT];

    ald_ws_nonce_format((const uint8_t *)"the sample nonce", key);
    assert_memory_equal(key, KEY, sizeof(key));
    ald_ws_accept_source(ALD_STR(KEY), source);
    assert_memory_equal(source, KEY "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", sizeof(source));
    ald_ws_accept_format(sha1, accept);
    assert_memory_equal(accept, ACCEPT, sizeof(accept));
    ald_check_panics(ald_ws_accept_source(ALD_STR("short"), source));
}

static void check_out(struct ald_buf *out, const char *expected)
{
    ald_check_str(ald_buf_str(out), expected);
    ald_buf_fini(out);
}

ALD_TEST(ws_upgrade, writes_the_response_that_accepts)
{
    const struct ald_http_field fields[] = {{ALD_STR("X-Aldis-Exchange"), ALD_STR("1")}};
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_ws_upgrade_write_accept(&out, ACCEPT, ALD_STR_NONE, (struct ald_http_fields){NULL, 0}), 0);
    check_out(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n");
    ald_check_int(ald_ws_upgrade_write_accept(&out, ACCEPT, ALD_STR("v1"), (struct ald_http_fields){fields, 1}), 0);
    check_out(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: v1\r\nX-Aldis-Exchange: 1\r\n\r\n");
}

ALD_TEST(ws_upgrade, writes_refusals_with_what_belongs_beside_them)
{
    static const struct ald_ws_refusal bad = {400, "no", NULL}, method = {405, "no", NULL}, version = {426, "no", NULL},
                                       versions = {426, "no", "13, 8"};
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_ws_upgrade_write_refusal(&out, &bad), 0);
    check_out(&out, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n"
                    "Connection: close\r\n\r\nno");
    ald_check_int(ald_ws_upgrade_write_refusal(&out, &method), 0);
    check_out(&out, "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    "Content-Length: 2\r\nConnection: close\r\n\r\nno");
    ald_check_int(ald_ws_upgrade_write_refusal(&out, &version), 0);
    check_out(&out, "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    ald_check_int(ald_ws_upgrade_write_refusal(&out, &versions), 0);
    check_out(&out, "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13, 8\r\nUpgrade: websocket\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    ald_buf_init(&out, 127); /* room for the head, not for the text */
    ald_check_int(ald_ws_upgrade_write_refusal(&out, &method), ALD_HTTP_WRITER_FULL);
    ald_check_int(ald_buf_size(&out), 0);
    ald_buf_fini(&out);
}

ALD_TEST(ws_upgrade, writes_a_request_that_it_accepts_itself)
{
    const struct ald_http_field fields[] = {{ALD_STR("Authorization"), ALD_STR("Bearer s3cr3t")}};
    const struct ald_http_field evil[] = {{ALD_STR("Authorization"), ALD_STR("a\r\nb: c")}};
    char text[OUT_MAX];
    struct ald_buf out;

    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_ws_upgrade_write_request(&out, ALD_STR("h"), ALD_STR("/x"), KEY,
                                               (struct ald_http_fields){fields, ALD_COUNT(fields)}),
                  0);
    ald_check_int(ald_buf_push_byte(&out, '\0'), 0);
    memcpy(text, ald_buf_str(&out).data, ald_buf_size(&out));
    ald_buf_fini(&out);
    ald_check_int(judge(text), 101);
    ald_check_int(ald_ws_upgrade_write_request(&out, ALD_STR("h"), ALD_STR("/x"), KEY,
                                               (struct ald_http_fields){evil, ALD_COUNT(evil)}),
                  ALD_HTTP_WRITER_UNFIT);
    ald_check_int(ald_buf_size(&out), 0);
    ald_buf_fini(&out);
}

ALD_TEST(ws_upgrade, writes_no_more_headers_than_a_head_may_have)
{
    struct ald_http_field fields[ALD_HTTP_N_FIELDS_MAX + 10];
    struct ald_buf out;

    for (size_t i = 0; i < ALD_COUNT(fields); i++) {
        fields[i] = (struct ald_http_field){ALD_STR("a"), ALD_STR("b")};
    }
    ald_buf_init(&out, OUT_MAX);
    ald_check_int(ald_ws_upgrade_write_accept(&out, ACCEPT, ALD_STR_NONE, (struct ald_http_fields){fields, 96}), 0);
    ald_buf_reset(&out);
    ald_check_int(ald_ws_upgrade_write_accept(&out, ACCEPT, ALD_STR_NONE, (struct ald_http_fields){fields, 97}),
                  ALD_HTTP_WRITER_UNFIT);
    ald_check_int(
        ald_ws_upgrade_write_accept(&out, ACCEPT, ALD_STR_NONE, (struct ald_http_fields){fields, ALD_COUNT(fields)}),
        ALD_HTTP_WRITER_UNFIT);
    ald_buf_fini(&out);
}

/* How a client takes a response of `text`, having offered the subprotocol `v1`: the status and text of its refusal. */
static int verify(const char *text, struct ald_ws_refusal *ret_refusal)
{
    const struct ald_str offered[] = {ALD_STR("v1")};
    struct ald_http_parser parser;
    size_t used;
    int r;

    *ret_refusal = (struct ald_ws_refusal){0, "", NULL};
    ald_http_parser_init_response(&parser, 8192, false);
    ald_check_int(ald_http_parser_collect(&parser, ald_str(text), &used), ALD_HTTP_PARSER_HEAD);
    r = ald_ws_upgrade_verify(ald_http_parser_response(&parser), ACCEPT, offered, ALD_COUNT(offered), ret_refusal);
    ald_http_parser_fini(&parser);
    return r;
}

#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPT_LINE "Sec-WebSocket-Accept: " ACCEPT "\r\n"

ALD_TEST(ws_upgrade, client_accepts_a_good_response)
{
    struct ald_ws_refusal refusal;

    ald_check_int(verify(SWITCHING UPGRADE CONNECTION ACCEPT_LINE "\r\n", &refusal), 0);
    ald_check_int(verify(SWITCHING "upgrade: WEBSOCKET\r\nconnection: upgrade\r\n" ACCEPT_LINE "\r\n", &refusal), 0);
    ald_check_int(verify(SWITCHING UPGRADE CONNECTION ACCEPT_LINE "Sec-WebSocket-Protocol: v1\r\n\r\n", &refusal), 0);
}

/* RFC 6455 section 4.1. */
ALD_TEST(ws_upgrade, client_refuses_a_response_that_proves_nothing)
{
    static const char *const bad[] = {
        SWITCHING CONNECTION ACCEPT_LINE "\r\n",
        SWITCHING "Upgrade: h2c\r\n" CONNECTION ACCEPT_LINE "\r\n",
        SWITCHING UPGRADE ACCEPT_LINE "\r\n",
        SWITCHING UPGRADE CONNECTION "\r\n",
        SWITCHING UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        SWITCHING UPGRADE CONNECTION ACCEPT_LINE ACCEPT_LINE "\r\n",
        SWITCHING UPGRADE CONNECTION ACCEPT_LINE "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        SWITCHING UPGRADE CONNECTION ACCEPT_LINE "Sec-WebSocket-Protocol: v2\r\n\r\n",
        SWITCHING UPGRADE CONNECTION ACCEPT_LINE "Sec-WebSocket-Protocol: V1\r\n\r\n",
    };
    struct ald_ws_refusal refusal;

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(verify(bad[i], &refusal), ALD_WS_UPGRADE_REFUSED);
        ald_check_int(refusal.status, 0);
        ald_check(strlen(refusal.text) > 0);
    }
    ald_check_int(verify("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", &refusal), ALD_WS_UPGRADE_REFUSED);
    ald_check_int(refusal.status, 401);
    ald_check_int(verify("HTTP/1.1 200 OK\r\n" UPGRADE CONNECTION ACCEPT_LINE "\r\n", &refusal),
                  ALD_WS_UPGRADE_REFUSED);
    ald_check_int(refusal.status, 200);
}

ALD_TEST_MAIN(ws_upgrade, ALD_CASE(ws_upgrade, accepts_what_a_connector_sends),
              ALD_CASE(ws_upgrade, refuses_what_is_no_upgrade), ALD_CASE(ws_upgrade, refuses_other_methods),
              ALD_CASE(ws_upgrade, refuses_other_versions), ALD_CASE(ws_upgrade, takes_version_8_where_it_is_spoken),
              ALD_CASE(ws_upgrade, refuses_bad_keys), ALD_CASE(ws_upgrade, judges_in_the_order_of_the_specification),
              ALD_CASE(ws_upgrade, knows_who_asks_for_one),
              ALD_CASE(ws_upgrade, picks_the_first_subprotocol_that_both_know),
              ALD_CASE(ws_upgrade, tells_what_is_offered),
              ALD_CASE(ws_upgrade, writes_key_and_accept_as_the_specification_shows),
              ALD_CASE(ws_upgrade, writes_the_response_that_accepts),
              ALD_CASE(ws_upgrade, writes_refusals_with_what_belongs_beside_them),
              ALD_CASE(ws_upgrade, writes_a_request_that_it_accepts_itself),
              ALD_CASE(ws_upgrade, writes_no_more_headers_than_a_head_may_have),
              ALD_CASE(ws_upgrade, client_accepts_a_good_response),
              ALD_CASE(ws_upgrade, client_refuses_a_response_that_proves_nothing))
