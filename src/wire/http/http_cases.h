#pragma once

/*
 * The vectors of the HTTP parser: bytes and the story they tell (http_parser_test.c), requests first.
 */

#include "base/str.h"

/*
 * A story of a stream: for each request `METHOD path?query host=...;` with `vN` and `+` for a connection that may go on,
 * for each response its status and reason; then the headers in `<>`, the body in `{}`; `!400 text` is a refusal.
 */
struct parser_case {
    const char *name;
    struct ald_str bytes;
    const char *story;
};

#define HOST "Host: h\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST
#define GET "GET / HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define LINE_END "!400 Line does not end in CRLF"
#define BAD_START "!400 Malformed start line"
#define BAD_TARGET "!400 Malformed request target"
#define BAD_FIELD "!400 Malformed header"
#define BAD_HOST "!400 Request needs exactly one valid Host"
#define BAD_LENGTH "!400 Malformed Content-Length"
#define BAD_CHUNK "!400 Malformed chunk"
#define CHUNKED_STORY "POST / host=h v1+ <Host: h|Transfer-Encoding: chunked|>"
/* ALD_STR() as a constant. */
#define CASE_BYTES(literal)                                                                                            \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

static const struct parser_case request_cases[] = {
    {"least request", CASE_BYTES("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "GET / host=h v1+ <Host: h|>{}"},
    {"upgrade of exchange.md section 2.1",
     CASE_BYTES("GET /root/exchange/controller HTTP/1.1\r\nHost: hub.example:8062\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "X-Gravitee-Exchange-Protocol: v1\r\nAuthorization: Bearer s3cr3t\r\n\r\n"),
     "GET /root/exchange/controller host=hub.example:8062 v1+ <Host: hub.example:8062|Upgrade: websocket|"
     "Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|"
     "X-Gravitee-Exchange-Protocol: v1|Authorization: Bearer s3cr3t|>{}"},
    {"query", CASE_BYTES("GET /a/b?c=d&e HTTP/1.1\r\n" HOST "\r\n"), "GET /a/b?c=d&e host=h v1+ <Host: h|>{}"},
    {"empty query", CASE_BYTES("GET /a? HTTP/1.1\r\n" HOST "\r\n"), "GET /a? host=h v1+ <Host: h|>{}"},
    {"what browsers do not encode", CASE_BYTES("GET /a|{}?\"^ HTTP/1.1\r\n" HOST "\r\n"),
     "GET /a|{}?\"^ host=h v1+ <Host: h|>{}"},
    {"absolute target", CASE_BYTES("GET http://x.example:80/a?b HTTP/1.1\r\n" HOST "\r\n"),
     "GET /a?b host=x.example:80 v1+ <Host: h|>{}"},
    {"absolute target without path", CASE_BYTES("GET HTTPS://x HTTP/1.1\r\n" HOST "\r\n"),
     "GET / host=x v1+ <Host: h|>{}"},
    {"absolute target with a query alone", CASE_BYTES("GET http://x?b HTTP/1.1\r\n" HOST "\r\n"),
     "GET /?b host=x v1+ <Host: h|>{}"},
    {"asterisk of OPTIONS", CASE_BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), "OPTIONS * host=h v1+ <Host: h|>{}"},
    {"HTTP/1.0", CASE_BYTES("GET / HTTP/1.0\r\n\r\n"), "GET / host=- v0 <>{}"},
    {"HTTP/1.0 that wants to stay", CASE_BYTES("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
     "GET / host=- v0 <Connection: keep-alive|>{}"},
    {"later minor version", CASE_BYTES("GET / HTTP/1.7\r\n" HOST "\r\n"), "GET / host=h v1+ <Host: h|>{}"},
    {"last request", CASE_BYTES(GET "Connection: foo, Close\r\n\r\n"),
     "GET / host=h v1 <Host: h|Connection: foo, Close|>{}"},
    {"empty line before the request", CASE_BYTES("\r\n" GET "\r\n"), "GET / host=h v1+ <Host: h|>{}"},
    {"blanks around a value", CASE_BYTES(GET "a: \t b c \t\r\nb:\r\nc: \r\n\r\n"),
     "GET / host=h v1+ <Host: h|a: b c|b: |c: |>{}"},
    {"bytes over 0x7F in a value", CASE_BYTES(GET "a: \xc3\xa9\r\n\r\n"), "GET / host=h v1+ <Host: h|a: \xc3\xa9|>{}"},
    {"empty Host", CASE_BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "GET / host= v1+ <Host: |>{}"},
    {"address in brackets", CASE_BYTES("GET / HTTP/1.1\r\nHost: [::1]:8062\r\n\r\n"),
     "GET / host=[::1]:8062 v1+ <Host: [::1]:8062|>{}"},
    {"body of a known length", CASE_BYTES(POST "Content-Length: 5\r\n\r\nhello"),
     "POST / host=h v1+ <Host: h|Content-Length: 5|>{hello}"},
    {"body of no bytes", CASE_BYTES(POST "Content-Length: 0\r\n\r\n"),
     "POST / host=h v1+ <Host: h|Content-Length: 0|>{}"},
    {"body of the largest length", CASE_BYTES(POST "Content-Length: 20\r\n\r\n01234567890123456789"),
     "POST / host=h v1+ <Host: h|Content-Length: 20|>{01234567890123456789}"},
    {"equal lengths", CASE_BYTES(POST "Content-Length: 1\r\ncontent-length: 1\r\n\r\nx"),
     "POST / host=h v1+ <Host: h|Content-Length: 1|content-length: 1|>{x}"},
    {"pipelined", CASE_BYTES(GET "\r\n" POST "Content-Length: 2\r\n\r\nab" GET "\r\n"),
     "GET / host=h v1+ <Host: h|>{}POST / host=h v1+ <Host: h|Content-Length: 2|>{ab}GET / host=h v1+ <Host: h|>{}"},
    {"chunks", CASE_BYTES(CHUNKED "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), CHUNKED_STORY "{hello world}"},
    {"chunks, sizes in any case",
     CASE_BYTES(POST "TRANSFER-ENCODING: Chunked\r\n\r\n0000000a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n"),
     "POST / host=h v1+ <Host: h|TRANSFER-ENCODING: Chunked|>{01234567890123456789}"},
    {"chunk extensions", CASE_BYTES(CHUNKED "1;a=b;c=\"d\"\r\nx\r\n1 \t;e\r\ny\r\n0;f\r\n\r\n"), CHUNKED_STORY "{xy}"},
    {"trailers are dropped", CASE_BYTES(CHUNKED "1\r\nx\r\n0\r\nContent-Length: 7\r\nb:\r\n\r\n" GET "\r\n"),
     CHUNKED_STORY "{x}GET / host=h v1+ <Host: h|>{}"},
    {"chunked body of nothing", CASE_BYTES(CHUNKED "0\r\n\r\n"), CHUNKED_STORY "{}"},
    {"line that ends in LF", CASE_BYTES("GET / HTTP/1.1\nHost: h\n\n"), LINE_END},
    {"header that ends in LF", CASE_BYTES("GET / HTTP/1.1\r\nHost: h\n\r\n"), LINE_END},
    {"head that ends in LF", CASE_BYTES(GET "\n"), LINE_END},
    {"bare CR in the request line", CASE_BYTES("GET /\ra HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"bare CR in a value", CASE_BYTES(GET "a: b\rc: d\r\n\r\n"), BAD_FIELD},
    {"bare CR before the line end", CASE_BYTES(GET "a: b\r\r\n\r\n"), BAD_FIELD},
    {"CR and something else first", CASE_BYTES("\rGET / HTTP/1.1\r\n\r\n"), LINE_END},
    {"two empty lines first", CASE_BYTES("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), BAD_START},
    {"hello of TLS", CASE_BYTES("\x16\x03\x01\x02\x00"), BAD_START},
    {"blank first", CASE_BYTES(" GET / HTTP/1.1\r\n" HOST "\r\n"), BAD_START},
    {"no target", CASE_BYTES("GET HTTP/1.1\r\n" HOST "\r\n"), BAD_START},
    {"empty target", CASE_BYTES("GET  HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"two blanks", CASE_BYTES("GET /  HTTP/1.1\r\n" HOST "\r\n"), BAD_START},
    {"blank at the end", CASE_BYTES("GET / HTTP/1.1 \r\n" HOST "\r\n"), BAD_START},
    {"tab between", CASE_BYTES("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), BAD_START},
    {"no version", CASE_BYTES("GET /\r\n" HOST "\r\n"), BAD_START},
    {"version in lower case", CASE_BYTES("GET / http/1.1\r\n" HOST "\r\n"), BAD_START},
    {"version that is longer", CASE_BYTES("GET / HTTP/1.10\r\n" HOST "\r\n"), BAD_START},
    {"version of letters", CASE_BYTES("GET / HTTP/a.1\r\n" HOST "\r\n"), BAD_START},
    {"HTTP/2 preface", CASE_BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "!505 HTTP version is not supported"},
    {"HTTP/0.9", CASE_BYTES("GET / HTTP/0.9\r\n" HOST "\r\n"), "!505 HTTP version is not supported"},
    {"method that is no token", CASE_BYTES("GE(T / HTTP/1.1\r\n" HOST "\r\n"), BAD_START},
    {"CONNECT", CASE_BYTES("CONNECT x:1 HTTP/1.1\r\n" HOST "\r\n"), "!501 Method is not supported"},
    {"asterisk of GET", CASE_BYTES("GET * HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"relative target", CASE_BYTES("GET a/b HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"fragment", CASE_BYTES("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"target outside of ASCII", CASE_BYTES("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"NUL in the target", CASE_BYTES("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"absolute target of another scheme", CASE_BYTES("GET ftp://x/ HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"absolute target without a host", CASE_BYTES("GET http:///a HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"absolute target with a port alone", CASE_BYTES("GET http://:80/a HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"absolute target with a user", CASE_BYTES("GET http://u@x/ HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"absolute target with one slash", CASE_BYTES("GET http:/x/ HTTP/1.1\r\n" HOST "\r\n"), BAD_TARGET},
    {"blank before the colon", CASE_BYTES(GET "a : b\r\n\r\n"), BAD_FIELD},
    {"no colon", CASE_BYTES(GET "ab\r\n\r\n"), BAD_FIELD},
    {"no name", CASE_BYTES(GET ": b\r\n\r\n"), BAD_FIELD},
    {"name that is no token", CASE_BYTES(GET "a/b: c\r\n\r\n"), BAD_FIELD},
    {"name outside of ASCII", CASE_BYTES(GET "\xc3\xa9: c\r\n\r\n"), BAD_FIELD},
    {"NUL in a value", CASE_BYTES(GET "a: b\0c\r\n\r\n"), BAD_FIELD},
    {"DEL in a value", CASE_BYTES(GET "a: b\x7f\r\n\r\n"), BAD_FIELD},
    {"control character in a value", CASE_BYTES(GET "a: b\x01\r\n\r\n"), BAD_FIELD},
    {"folded header", CASE_BYTES(GET "a: b\r\n c\r\n\r\n"), "!400 Header is folded"},
    {"header folded with a tab", CASE_BYTES(GET "a: b\r\n\tc\r\n\r\n"), "!400 Header is folded"},
    {"first header folded", CASE_BYTES("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), "!400 Header is folded"},
    {"no Host", CASE_BYTES("GET / HTTP/1.1\r\n\r\n"), BAD_HOST},
    {"no Host beside an absolute target", CASE_BYTES("GET http://x/ HTTP/1.1\r\n\r\n"), BAD_HOST},
    {"two Hosts", CASE_BYTES(GET "host: h\r\n\r\n"), BAD_HOST},
    {"two Hosts of HTTP/1.0", CASE_BYTES("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), BAD_HOST},
    {"Host with a user", CASE_BYTES("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"), BAD_HOST},
    {"Host with a path", CASE_BYTES("GET / HTTP/1.1\r\nHost: h/a\r\n\r\n"), BAD_HOST},
    {"Host list", CASE_BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), BAD_HOST},
    {"Host with a port of letters", CASE_BYTES("GET / HTTP/1.1\r\nHost: h:a\r\n\r\n"), BAD_HOST},
    {"Host with two ports", CASE_BYTES("GET / HTTP/1.1\r\nHost: h:1:2\r\n\r\n"), BAD_HOST},
    {"Host with an open bracket", CASE_BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), BAD_HOST},
    {"Host with something behind its bracket", CASE_BYTES("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"), BAD_HOST},
    {"Host of empty brackets", CASE_BYTES("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), BAD_HOST},
    {"length with a sign", CASE_BYTES(POST "Content-Length: +5\r\n\r\nhello"), BAD_LENGTH},
    {"negative length", CASE_BYTES(POST "Content-Length: -5\r\n\r\n"), BAD_LENGTH},
    {"hexadecimal length", CASE_BYTES(POST "Content-Length: 0x5\r\n\r\nhello"), BAD_LENGTH},
    {"empty length", CASE_BYTES(POST "Content-Length:\r\n\r\n"), BAD_LENGTH},
    {"list of lengths", CASE_BYTES(POST "Content-Length: 5, 5\r\n\r\nhello"), BAD_LENGTH},
    {"length over 64 bits", CASE_BYTES(POST "Content-Length: 18446744073709551616\r\n\r\n"), BAD_LENGTH},
    {"different lengths", CASE_BYTES(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"),
     "!400 Content-Lengths differ"},
    {"length beside chunks", CASE_BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "!400 Content-Length beside Transfer-Encoding"},
    {"chunks beside a length", CASE_BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
     "!400 Content-Length beside Transfer-Encoding"},
    {"chunks of HTTP/1.0", CASE_BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "!400 Transfer-Encoding before HTTP/1.1"},
    {"another coding", CASE_BYTES(POST "Transfer-Encoding: gzip\r\n\r\n"), "!501 Transfer-Encoding is not supported"},
    {"a coding before chunked", CASE_BYTES(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
     "!501 Transfer-Encoding is not supported"},
    {"chunked twice", CASE_BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "!501 Transfer-Encoding is not supported"},
    {"chunked hidden by a tab", CASE_BYTES(POST "Transfer-Encoding: \tchunked;a\r\n\r\n0\r\n\r\n"),
     "!501 Transfer-Encoding is not supported"},
    {"chunked hidden by quotes", CASE_BYTES(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
     "!501 Transfer-Encoding is not supported"},
    {"no coding", CASE_BYTES(POST "Transfer-Encoding:\r\n\r\n"), "!501 Transfer-Encoding is not supported"},
    {"chunked and nothing", CASE_BYTES(POST "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"),
     "!501 Transfer-Encoding is not supported"},
    {"chunked hidden by a vertical tab",
     CASE_BYTES(POST "Transfer-Encoding: \x0b"
                     "chunked\r\n\r\n0\r\n\r\n"),
     BAD_FIELD},
    {"chunked hidden by a blank in the name", CASE_BYTES(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
     BAD_FIELD},
    {"chunked hidden by a fold", CASE_BYTES(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
     "!400 Header is folded"},
    {"chunked hidden by a bare CR", CASE_BYTES(POST "a: b\rTransfer-Encoding: chunked\r\n\r\n"), BAD_FIELD},
    {"chunked hidden by a bare LF", CASE_BYTES(POST "a: b\nTransfer-Encoding: chunked\r\n\r\n"), LINE_END},
    {"length hidden by a NUL", CASE_BYTES(POST "Content-Length\0: 5\r\n\r\nhello"), BAD_FIELD},
    {"length of a float", CASE_BYTES(POST "Content-Length: 5.0\r\n\r\nhello"), BAD_LENGTH},
    {"length with zeros in front", CASE_BYTES(POST "Content-Length: 0005\r\n\r\nhello"),
     "POST / host=h v1+ <Host: h|Content-Length: 0005|>{hello}"},
    {"equal lengths, written differently", CASE_BYTES(POST "Content-Length: 1\r\nContent-Length: 01\r\n\r\nx"),
     "POST / host=h v1+ <Host: h|Content-Length: 1|Content-Length: 01|>{x}"},
    {"chunks beside equal lengths",
     CASE_BYTES(POST "Content-Length: 5\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "!400 Content-Length beside Transfer-Encoding"},
    {"body over its cap", CASE_BYTES(POST "Content-Length: 21\r\n\r\n"), "!413 Body is too large"},
    {"chunk over the cap", CASE_BYTES(CHUNKED "15\r\n"), CHUNKED_STORY "{!413 Body is too large"},
    {"chunks over the cap", CASE_BYTES(CHUNKED "a\r\n0123456789\r\nb\r\n01234567890\r\n"),
     CHUNKED_STORY "{0123456789!413 Body is too large"},
    {"chunk of the largest size", CASE_BYTES(CHUNKED "ffffffffffffffff\r\n"), CHUNKED_STORY "{!413 Body is too large"},
    {"chunk size over 64 bits", CASE_BYTES(CHUNKED "10000000000000000\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk without a size", CASE_BYTES(CHUNKED "\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk with an extension alone", CASE_BYTES(CHUNKED ";a\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk with a blank first", CASE_BYTES(CHUNKED " 1\r\nx\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk size with 0x", CASE_BYTES(CHUNKED "0x1\r\nx\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk size and a blank", CASE_BYTES(CHUNKED "1 \r\nx\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk size in two words", CASE_BYTES(CHUNKED "1 1\r\nx\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk line that ends in LF", CASE_BYTES(CHUNKED "1\nx\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"extension that ends in LF", CASE_BYTES(CHUNKED "1;a\nx\r\n"), CHUNKED_STORY "{" BAD_CHUNK},
    {"chunk line with a bare CR", CASE_BYTES(CHUNKED "1\rx\r\n"), CHUNKED_STORY "{" LINE_END},
    {"data that is longer than its chunk", CASE_BYTES(CHUNKED "1\r\nxy\r\n"), CHUNKED_STORY "{x" BAD_CHUNK},
    {"data that ends in LF", CASE_BYTES(CHUNKED "1\r\nx\n"), CHUNKED_STORY "{x" BAD_CHUNK},
    {"data that ends in a bare CR", CASE_BYTES(CHUNKED "1\r\nx\r0\r\n"), CHUNKED_STORY "{x" LINE_END},
    {"trailer without a colon", CASE_BYTES(CHUNKED "0\r\nab\r\n\r\n"), CHUNKED_STORY "{" BAD_FIELD},
    {"trailer with a blank before its colon", CASE_BYTES(CHUNKED "0\r\na : b\r\n\r\n"), CHUNKED_STORY "{" BAD_FIELD},
    {"trailer without a name", CASE_BYTES(CHUNKED "0\r\n: b\r\n\r\n"), CHUNKED_STORY "{" BAD_FIELD},
    {"trailer with a control character", CASE_BYTES(CHUNKED "0\r\na: \x01\r\n\r\n"), CHUNKED_STORY "{" BAD_FIELD},
    {"trailer that ends in LF", CASE_BYTES(CHUNKED "0\r\na: b\n\r\n"), CHUNKED_STORY "{" BAD_FIELD},
    {"trailer with a bare CR", CASE_BYTES(CHUNKED "0\r\na: b\rc\r\n\r\n"), CHUNKED_STORY "{" LINE_END},
    {"folded trailer", CASE_BYTES(CHUNKED "0\r\na: b\r\n c\r\n\r\n"), CHUNKED_STORY "{!400 Header is folded"},
    {"end of a chunked body in a bare CR", CASE_BYTES(CHUNKED "0\r\n\rx"), CHUNKED_STORY "{" LINE_END},
    {"garbage behind a request", CASE_BYTES(GET "\r\n\x00"), "GET / host=h v1+ <Host: h|>{}" BAD_START},
};

static const struct parser_case response_cases[] = {
    {"least response", CASE_BYTES("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "200 OK v1+ <Content-Length: 0|>{}"},
    {"no reason", CASE_BYTES("HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx"), "200  v1+ <Content-Length: 1|>{x}"},
    {"no blank before no reason", CASE_BYTES("HTTP/1.1 204\r\n\r\n"), "204  v1+ <>{}"},
    {"reason of several words", CASE_BYTES("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
     "404 Not Found v1+ <Content-Length: 0|>{}"},
    {"chunks", CASE_BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
     "200 OK v1+ <Transfer-Encoding: chunked|>{abc}"},
    {"until the end", CASE_BYTES("HTTP/1.1 200 OK\r\n\r\nhello\r\n"), "200 OK v1 <>{hello\r\n"},
    {"HTTP/1.0 until the end", CASE_BYTES("HTTP/1.0 200 OK\r\n\r\n"), "200 OK v0 <>{"},
    {"until the end, over the cap", CASE_BYTES("HTTP/1.1 200 OK\r\n\r\n012345678901234567890"),
     "200 OK v1 <>{01234567890123456789!413 Body is too large"},
    {"not modified with a length",
     CASE_BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
     "304 Not Modified v1+ <Content-Length: 99|>{}204 No Content v1+ <>{}"},
    {"switching protocols", CASE_BYTES("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
     "101 Switching Protocols v1+ <Upgrade: websocket|>{}"},
    {"interim responses first",
     CASE_BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
                "OK\r\nContent-Length: 1\r\n\r\nx"),
     "200 OK v1+ <Content-Length: 1|>{x}"},
    {"two responses",
     CASE_BYTES("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"),
     "200 OK v1+ <Content-Length: 1|>{x}200 OK v1+ <Content-Length: 1|>{y}"},
    {"closing", CASE_BYTES("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
     "200 OK v1 <Connection: close|Content-Length: 0|>{}"},
    {"nine interim responses",
     CASE_BYTES("HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 100 Continue\r\n\r\n"),
     "!502 Too many interim responses"},
    {"not HTTP", CASE_BYTES("SSH-2.0-x\r\n"), BAD_START},
    {"empty line first", CASE_BYTES("\r\nHTTP/1.1 200 OK\r\n\r\n"), BAD_START},
    {"status of two digits", CASE_BYTES("HTTP/1.1 20 OK\r\n\r\n"), BAD_START},
    {"status of four digits", CASE_BYTES("HTTP/1.1 2000 OK\r\n\r\n"), BAD_START},
    {"status under 100", CASE_BYTES("HTTP/1.1 099 OK\r\n\r\n"), BAD_START},
    {"status of letters", CASE_BYTES("HTTP/1.1 2x0 OK\r\n\r\n"), BAD_START},
    {"no status", CASE_BYTES("HTTP/1.1\r\n\r\n"), BAD_START},
    {"control character in the reason", CASE_BYTES("HTTP/1.1 200 O\x01K\r\n\r\n"), BAD_START},
    {"HTTP/2", CASE_BYTES("HTTP/2.0 200 OK\r\n\r\n"), "!505 HTTP version is not supported"},
    {"line that ends in LF", CASE_BYTES("HTTP/1.1 200 OK\n\n"), LINE_END},
    {"folded header", CASE_BYTES("HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"), "!400 Header is folded"},
    {"length beside chunks", CASE_BYTES("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
     "!400 Content-Length beside Transfer-Encoding"},
    {"another coding", CASE_BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
     "!501 Transfer-Encoding is not supported"},
};
