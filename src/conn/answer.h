#pragma once

/*
 * Answer: a page, or a problem, as the bytes of an HTTP response.
 *
 * Outcomes are those of http_writer.h, which only a page of our own making could cause.
 */

#include "conn/door.h"

/*
 * Append the head and, unless `head_only`, the body of `page`. `close` announces the end of the connection. `wall`
 * dates it.
 * Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_answer_write(struct ald_buf *out, const struct ald_page *page, bool head_only, bool close,
                                   ald_wall wall);

/*
 * Make `page` a problem document (RFC 9457) with the customary title of `status`; `detail` says more and may hold any
 * bytes. What was in the body goes. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_answer_problem(struct ald_page *page, uint16_t status, struct ald_str detail);
