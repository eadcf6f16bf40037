#pragma once

/*
 * HTTP writer: heads and chunks, appended to a buf (RFC 9112). It writes what the parser of the other end accepts, and
 * nothing that could be read as more than one message: names and values with a line end or another control character
 * are refused, so a value from outside cannot add a header.
 *
 * Each function either appends everything or nothing. Outcomes: ALD_HTTP_WRITER_FULL (the buf's cap),
 * ALD_HTTP_WRITER_UNFIT (some text may not stand where it should). Errors: ALDIS_E_NOMEM.
 */

#include "base/buf.h"
#include "base/defs.h"
#include "wire/http/http_fields.h"

enum { ALD_HTTP_WRITER_FULL = 1, ALD_HTTP_WRITER_UNFIT };

/* How the receiver finds the end of the body. */
enum ald_http_framing {
    ALD_HTTP_FRAMING_NONE,    /* there is no body and no word of it: 1xx, 204, 304, GET */
    ALD_HTTP_FRAMING_LENGTH,  /* `length` bytes follow */
    ALD_HTTP_FRAMING_CHUNKED, /* chunks follow; never to a HTTP/1.0 peer */
    ALD_HTTP_FRAMING_CLOSE,   /* until the connection ends; implies `close` */
};

struct ald_http_response_out {
    uint16_t status;
    enum ald_http_framing framing;
    uint64_t length;
    bool close;          /* adds `Connection: close` */
    struct ald_str type; /* Content-Type, or absent */
    struct ald_str date; /* Date (IMF-fixdate), or absent: this layer has no clock */
    struct ald_http_fields fields;
};

ALD_NODISCARD int ald_http_response_write(struct ald_buf *out, const struct ald_http_response_out *response);

struct ald_http_request_out {
    struct ald_str method;
    struct ald_str target; /* path and query, encoded */
    struct ald_str host;
    enum ald_http_framing framing; /* not CLOSE */
    uint64_t length;
    bool close;
    struct ald_str type;
    struct ald_http_fields fields;
};

ALD_NODISCARD int ald_http_request_write(struct ald_buf *out, const struct ald_http_request_out *request);

/* `bytes` as one chunk; nothing when there are none, since an empty chunk is the last. */
ALD_NODISCARD int ald_http_chunk_write(struct ald_buf *out, struct ald_str bytes);
ALD_NODISCARD int ald_http_chunk_write_last(struct ald_buf *out);

/* `HTTP/1.1 100 Continue`. */
ALD_NODISCARD int ald_http_continue_write(struct ald_buf *out);

/* The customary reason phrase of a status, "Unknown" when there is none. */
const char *ald_http_reason(uint16_t status);
