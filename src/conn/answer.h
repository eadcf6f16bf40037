#pragma once

/*
 * Answer: a page, or a problem, as an HTTP response.
 *
 * Outcomes are those of http_writer.h, which only a page of our own making could cause.
 */

#include "conn/door.h"
#include "wire/http/http_writer.h"

/* A response of this status has a body: it is not one of those that never do (RFC 9110 section 15). */
bool ald_answer_has_body(uint16_t status);

/*
 * Append the head of `page`. `framing` says how its body follows: with the length it has now, or in chunks, or until the
 * connection ends; where there never is one, there is no word of it. `close` announces the end of the connection. `wall`
 * dates it. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_answer_write_head(struct ald_buf *out, const struct ald_page *page, enum ald_http_framing framing,
                                        bool close, ald_wall wall);

/*
 * Make `page` a problem document (RFC 9457) with the customary title of `status`; `detail` says more and may hold any
 * bytes. What was in the body goes. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_answer_problem(struct ald_page *page, uint16_t status, struct ald_str detail);

/*
 * Make `page` the problem 401, with the challenge that belongs to it (RFC 6750 section 3): `shown` tells whether a credential
 * was shown that is nobody's. Errors: ALDIS_E_NOMEM; status and challenge are there all the same.
 */
ALD_NODISCARD int ald_answer_unauthorized(struct ald_page *page, bool shown);
