#pragma once

/*
 * HTTP heads: a request or a response without its body, as views of the bytes it came in (RFC 9112 sections 2 to 5).
 *
 * http_parser.h finds the head in a stream and gives it to these functions; a test may also build one by hand.
 */

#include "base/defs.h"
#include "base/str.h"
#include "wire/http/http_fault.h"
#include "wire/http/http_fields.h"

/* How the body of a message is found, RFC 9112 section 6.3. */
enum ald_http_body {
    ALD_HTTP_BODY_NONE,
    ALD_HTTP_BODY_LENGTH,
    ALD_HTTP_BODY_CHUNKED,
    ALD_HTTP_BODY_CLOSE, /* until the connection ends; responses only */
};

struct ald_http_request {
    struct ald_str method; /* case matters */
    struct ald_str target; /* as it was sent: origin-form, absolute-form, or `*` of OPTIONS */
    struct ald_str path;   /* begins with `/`, or is `*`; still encoded */
    struct ald_str query;  /* after the `?`, still encoded; absent without one */
    struct ald_str host;   /* an absolute target's wins over the header (section 3.2.2); absent: HTTP/1.0 without one */
    struct ald_http_fields fields;
    uint64_t length; /* of the body, for ALD_HTTP_BODY_LENGTH */
    enum ald_http_body body;
    uint8_t minor;   /* of the version: 0 or 1 */
    bool keep_alive; /* the connection may carry another message; never with HTTP/1.0 */
};

struct ald_http_response {
    struct ald_str reason; /* may be empty */
    struct ald_http_fields fields;
    uint64_t length;
    enum ald_http_body body;
    uint16_t status;
    uint8_t minor;
    bool keep_alive;
};

/*
 * Take apart a whole head: `text` (borrows, for as long as the result is used) is a start line, exactly `n_fields` header
 * lines and an empty line, each ended by CRLF. The fields are put into `fields`, which has room for `n_fields`.
 * Outcomes: why it is refused, with `ret_*` not written.
 */
ALD_NODISCARD enum ald_http_fault_kind ald_http_request_parse(struct ald_str text, struct ald_http_field *fields,
                                                              size_t n_fields, struct ald_http_request *ret_request);
/* `bodiless`: the request was HEAD, so there is no body whatever the head says. */
ALD_NODISCARD enum ald_http_fault_kind ald_http_response_parse(struct ald_str text, struct ald_http_field *fields,
                                                               size_t n_fields, bool bodiless,
                                                               struct ald_http_response *ret_response);
