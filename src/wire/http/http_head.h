#pragma once

/*
 * HTTP heads: a request or a response without its body, as views of the bytes it came in (RFC 9112 sections 2 to 5).
 *
 * ald_http_parser gives them; a test may also build one by hand.
 */

#include "base/defs.h"
#include "base/str.h"
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
