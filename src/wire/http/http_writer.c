/*
 * A head is written piece by piece behind what the buf already holds; when a piece does not fit, or may not be sent,
 * the buf is cut back to what it held before, so there is never half a head in it.
 */

#include "wire/http/http_writer.h"

#include "base/error.h"

/* Customary phrases (RFC 9110 section 15 and its registry). Nobody needs them, people read them. */
static const struct {
    uint16_t status;
    const char *reason;
} writer_reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *ald_http_reason(uint16_t status)
{
    for (size_t i = 0; i < ALD_COUNT(writer_reasons); i++) {
        if (writer_reasons[i].status == status) {
            return writer_reasons[i].reason;
        }
    }
    return "Unknown";
}

/* The outcome of a piece: that of the buf, in our words. */
static int writer_outcome(int r)
{
    if (r < 0) {
        return ald_trace(r);
    }
    return r == ALD_BUF_FULL ? ALD_HTTP_WRITER_FULL : 0;
}

static int field_write(struct ald_buf *out, struct ald_str name, struct ald_str value)
{
    int r;

    if (!ald_http_token_valid(name) || !ald_http_value_valid(value)) {
        return ALD_HTTP_WRITER_UNFIT;
    }
    r = ald_buf_push(out, name);
    if (r == 0) {
        r = ald_buf_push(out, ALD_STR(": "));
    }
    if (r == 0) {
        r = ald_buf_push(out, value);
    }
    if (r == 0) {
        r = ald_buf_push(out, ALD_STR("\r\n"));
    }
    return writer_outcome(r);
}

/* A header that is left out when its value is absent. */
static int field_write_some(struct ald_buf *out, struct ald_str name, struct ald_str value)
{
    return ald_str_present(value) ? field_write(out, name, value) : 0;
}

/*
 * What frames the message is ours to write: one that the caller adds could disagree with it, and two that disagree are
 * two messages to somebody.
 */
static bool field_reserved(struct ald_str name)
{
    return ald_str_equal_nocase(name, ALD_STR("Content-Length")) ||
           ald_str_equal_nocase(name, ALD_STR("Transfer-Encoding"));
}

static int fields_write(struct ald_buf *out, struct ald_http_fields fields)
{
    int r = 0;

    for (size_t i = 0; i < fields.n && r == 0; i++) {
        if (field_reserved(fields.items[i].name)) {
            return ALD_HTTP_WRITER_UNFIT;
        }
        r = field_write(out, fields.items[i].name, fields.items[i].value);
    }
    return r;
}

static int framing_write(struct ald_buf *out, enum ald_http_framing framing, uint64_t length, bool close)
{
    int r = 0;

    if (framing == ALD_HTTP_FRAMING_LENGTH) {
        r = ald_buf_pushf(out, "Content-Length: %llu\r\n", (unsigned long long)length);
    } else if (framing == ALD_HTTP_FRAMING_CHUNKED) {
        r = ald_buf_push(out, ALD_STR("Transfer-Encoding: chunked\r\n"));
    }
    if (r == 0 && (close || framing == ALD_HTTP_FRAMING_CLOSE)) {
        r = ald_buf_push(out, ALD_STR("Connection: close\r\n"));
    }
    return writer_outcome(r);
}

/* Everything after the start line. */
static int head_write(struct ald_buf *out, struct ald_str type, enum ald_http_framing framing, uint64_t length,
                      bool close, struct ald_http_fields fields)
{
    int r = fields_write(out, fields);

    if (r == 0) {
        r = field_write_some(out, ALD_STR("Content-Type"), type);
    }
    if (r == 0) {
        r = framing_write(out, framing, length, close);
    }
    if (r == 0) {
        r = writer_outcome(ald_buf_push(out, ALD_STR("\r\n")));
    }
    return r;
}

/* All or nothing: what `r` says was written behind the first `held` bytes stays only when it is whole. */
static int writer_finish(struct ald_buf *out, size_t held, int r)
{
    if (r != 0) {
        ald_buf_cut(out, held);
    }
    return r;
}

int ald_http_response_write(struct ald_buf *out, const struct ald_http_response_out *response)
{
    size_t held = ald_buf_size(out);
    int r;

    ald_assert(response->status >= 100 && response->status <= 999);

    r = writer_outcome(
        ald_buf_pushf(out, "HTTP/1.1 %u %s\r\n", (unsigned)response->status, ald_http_reason(response->status)));
    if (r == 0) {
        r = field_write_some(out, ALD_STR("Date"), response->date);
    }
    if (r == 0) {
        r = head_write(out, response->type, response->framing, response->length, response->close, response->fields);
    }
    return writer_finish(out, held, r);
}

/* A request target holds no blank and nothing that is not visible, or the request line falls apart. */
static bool target_fits(struct ald_str target)
{
    for (size_t i = 0; i < target.size; i++) {
        if (target.data[i] <= ' ' || target.data[i] > '~' || target.data[i] == '#') {
            return false;
        }
    }
    return target.size > 0;
}

int ald_http_request_write(struct ald_buf *out, const struct ald_http_request_out *request)
{
    size_t held = ald_buf_size(out);
    int r;

    ald_assert(request->framing != ALD_HTTP_FRAMING_CLOSE);

    if (!ald_http_token_valid(request->method) || !target_fits(request->target)) {
        return ALD_HTTP_WRITER_UNFIT;
    }
    r = writer_outcome(
        ald_buf_pushf(out, "%.*s %.*s HTTP/1.1\r\n", ALD_STR_ARG(request->method), ALD_STR_ARG(request->target)));
    if (r == 0) { /* RFC 9110 section 7.2: Host comes first, and is there even when it is empty */
        r = field_write(out, ALD_STR("Host"), request->host);
    }
    if (r == 0) {
        r = head_write(out, request->type, request->framing, request->length, request->close, request->fields);
    }
    return writer_finish(out, held, r);
}

int ald_http_chunk_write(struct ald_buf *out, struct ald_str bytes)
{
    size_t held = ald_buf_size(out);
    int r;

    if (bytes.size == 0) {
        return 0;
    }
    r = ald_buf_pushf(out, "%zx\r\n", bytes.size);
    if (r == 0) {
        r = ald_buf_push(out, bytes);
    }
    if (r == 0) {
        r = ald_buf_push(out, ALD_STR("\r\n"));
    }
    return writer_finish(out, held, writer_outcome(r));
}

int ald_http_chunk_write_last(struct ald_buf *out)
{
    return writer_outcome(ald_buf_push(out, ALD_STR("0\r\n\r\n")));
}

int ald_http_continue_write(struct ald_buf *out)
{
    return writer_outcome(ald_buf_push(out, ALD_STR("HTTP/1.1 100 Continue\r\n\r\n")));
}
