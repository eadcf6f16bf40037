#pragma once

/*
 * URI: how a schema names itself and others (RFC 3986). Only what draft-07 needs of it: a reference is resolved against the
 * base it stands under, and its fragment is looked at. Nothing is fetched.
 *
 * Private to the schema files of this layer.
 */

#include "base/str.h"

struct ald_buf;

/* Everything before the first `#`; `*ret_fragment` is what follows it, absent without one. */
struct ald_str uri_split(struct ald_str uri, struct ald_str *ret_fragment);

/*
 * Append to `out` what `reference`, without a fragment, means under `base` (RFC 3986 section 5.2; a base without a scheme is
 * taken as it is). Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int uri_resolve(struct ald_str base, struct ald_str reference, struct ald_buf *out);

/* Append a fragment without its percent encoding; what is no encoding stays. Outcome and errors as above. */
ALD_NODISCARD int uri_decode(struct ald_str fragment, struct ald_buf *out);
