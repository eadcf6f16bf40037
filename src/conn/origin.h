#pragma once

/*
 * Origin: is it a page of somebody else's that makes a browser send this request? Such a page must not be a caller,
 * whatever the browser is allowed to reach (DESIGN section 4). Programs send no Origin, or that of the host they talk
 * to.
 */

#include "wire/http/http_head.h"

/* The request upgrades or may change something. */
bool ald_origin_matters(const struct ald_http_request *request);
/* An Origin header names another host than the request is for (RFC 6454 section 7; `null` is nobody's host). */
bool ald_origin_foreign(const struct ald_http_request *request);
/*
 * The browser says that a page of another site asks (Fetch Metadata, W3C). One may follow a link to us from anywhere, but not
 * load us into a page of its own, or write.
 */
bool ald_origin_cross_site(const struct ald_http_request *request);
