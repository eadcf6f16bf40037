#pragma once

/*
 * UTF-8 that comes in pieces: what ald_utf8_valid() says of the whole, said as early as it can be known (RFC 3629).
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_ws_utf8 {
    uint8_t need;      /* bytes missing of the current character */
    uint8_t low, high; /* what the next of them may be */
};

void ald_ws_utf8_init(struct ald_ws_utf8 *utf8);

/* False when `bytes` cannot continue what came before; the state is then of no more use. */
ALD_NODISCARD bool ald_ws_utf8_feed(struct ald_ws_utf8 *utf8, struct ald_str bytes);

/* No character is cut off. */
static inline bool ald_ws_utf8_whole(const struct ald_ws_utf8 *utf8)
{
    return utf8->need == 0;
}
