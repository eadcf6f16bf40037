#pragma once

/*
 * HTTP faults: what we take at most, and every way a message can be refused (RFC 9112, RFC 9110).
 */

#include "base/defs.h"

enum {
    ALD_HTTP_LINE_MAX = 8 * 1024,    /* a request or status line: what RFC 9112 section 3 asks everybody to take */
    ALD_HTTP_FIELDS_MAX = 32 * 1024, /* all header lines with their ends, trailers included: cookies and tokens fit */
    ALD_HTTP_N_FIELDS_MAX = 100,     /* header lines, trailers included: against quadratic look-ups */
    ALD_HTTP_CHUNK_LINE_MAX = 256,   /* a chunk's size and its extensions, which nobody uses */
    ALD_HTTP_N_INTERIM_MAX = 8,      /* 1xx responses before the real one: against a server that sends only those */
};

/* Why a message was refused: the status a server answers with, and a short text. */
struct ald_http_fault {
    uint16_t status;
    const char *text;
};

/* Every way a message can be refused. X(name, status, text). */
#define ALD_HTTP_FAULTS(X)                                                                                             \
    X(LINE_END, 400, "Line does not end in CRLF")                                                                      \
    X(START, 400, "Malformed start line")                                                                              \
    X(TARGET, 400, "Malformed request target")                                                                         \
    X(TARGET_LONG, 414, "Request line is too long")                                                                    \
    X(METHOD, 501, "Method is not supported")                                                                          \
    X(VERSION, 505, "HTTP version is not supported")                                                                   \
    X(FIELD, 400, "Malformed header")                                                                                  \
    X(FOLDED, 400, "Header is folded")                                                                                 \
    X(FIELDS_BIG, 431, "Headers are too large")                                                                        \
    X(FIELDS_MANY, 431, "Too many headers")                                                                            \
    X(HOST, 400, "Request needs exactly one valid Host")                                                               \
    X(LENGTH, 400, "Malformed Content-Length")                                                                         \
    X(LENGTHS, 400, "Content-Lengths differ")                                                                          \
    X(AMBIGUOUS, 400, "Content-Length beside Transfer-Encoding")                                                       \
    X(CODING, 501, "Transfer-Encoding is not supported")                                                               \
    X(CODING_OLD, 400, "Transfer-Encoding before HTTP/1.1")                                                            \
    X(BODY_BIG, 413, "Body is too large")                                                                              \
    X(CHUNK, 400, "Malformed chunk")                                                                                   \
    X(INTERIM, 502, "Too many interim responses")                                                                      \
    X(CUT, 400, "Connection ended inside the message")

enum ald_http_fault_kind {
    ALD_HTTP_FAULT_NONE,
#define ALD_HTTP_X(name, status, text) ALD_HTTP_FAULT_##name,
    ALD_HTTP_FAULTS(ALD_HTTP_X)
#undef ALD_HTTP_X
        ALD_HTTP_FAULT_KINDS
};

/* Status and text of a fault; NULL of none. Lives for ever. */
const struct ald_http_fault *ald_http_fault(enum ald_http_fault_kind kind);
