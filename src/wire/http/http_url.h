#pragma once

/*
 * Paths and queries of a request target (RFC 3986): taken apart as views, decoded into memory of the caller's.
 *
 * A path is split before it is decoded, so a `%2F` inside a segment stays part of its name.
 */

#include "base/defs.h"
#include "base/str.h"

/* FULL: the decoded text does not fit. MALFORMED: a `%` without two hexadecimal digits. */
enum { ALD_HTTP_DECODE_FULL = 1, ALD_HTTP_DECODE_MALFORMED };

/*
 * Percent-decode `text` into `room` bytes at `to`; `*ret_text` is then a view of `to`. With `plus` a `+` means a blank,
 * as browsers write queries. The result may hold any byte, NUL included. Decoding in place (to == text.data) is fine.
 */
ALD_NODISCARD int ald_http_decode(struct ald_str text, bool plus, char *to, size_t room, struct ald_str *ret_text);

/*
 * Percent-encode everything but unreserved characters (RFC 3986 section 2.3), so that the result fits in one segment of
 * a path or one value of a query. Outcome: ALD_HTTP_DECODE_FULL.
 */
ALD_NODISCARD int ald_http_encode(struct ald_str text, char *to, size_t room, struct ald_str *ret_text);

/* Take the next segment (still encoded, may be empty) off a path that begins with `/`; false at its end. */
bool ald_http_path_next(struct ald_str *path, struct ald_str *ret_segment);

/* Take the next `name=value` (still encoded) off a query; the value is absent when there is no `=`. False at its end. */
bool ald_http_query_next(struct ald_str *query, struct ald_str *ret_name, struct ald_str *ret_value);

/* ABSENT: the query has no parameter of that name. */
enum { ALD_HTTP_QUERY_ABSENT = 3 };

/*
 * Decode the value of the first parameter called `name` (compared decoded, plain ASCII) into `to`; a parameter without
 * `=` has the empty value. Outcomes: ALD_HTTP_DECODE_FULL, ALD_HTTP_DECODE_MALFORMED, ALD_HTTP_QUERY_ABSENT.
 */
ALD_NODISCARD int ald_http_query_find(struct ald_str query, struct ald_str name, char *to, size_t room,
                                      struct ald_str *ret_value);
