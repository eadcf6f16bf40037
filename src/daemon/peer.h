#pragma once

/* Peer: another hub that `[hub] peers` names, by its URL: see client/url.h for how one is written. */

#include "client/url.h"

/* Take the next item off a comma separated list; false at its end. One that is empty is given, too, since it is a mistake. */
bool ald_peer_next(struct ald_str *list, struct ald_str *ret_item);
/* Outcome: ALD_URL_MALFORMED; `*ret_why` (static) says what is wrong. */
ALD_NODISCARD int ald_peer_parse(struct ald_str text, struct ald_url *ret_url, const char **ret_why);
