#pragma once

/*
 * Seen: the broadcasts that were here lately, by what they are known on all ways, so that each is taken once
 * (communicator 5.2, 5.3).
 *
 * Limits: SEEN_MAX of them; the oldest is forgotten for one more, and then hops end what goes in a circle.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_hub;

/* Outcome: it was here before. Errors: ALDIS_E_NOMEM. */
enum { ALD_SEEN_AGAIN = 1 };
ALD_NODISCARD int ald_seen_take(struct ald_hub *hub, struct ald_str id);
/* Forget what is old. */
void ald_seen_trim(struct ald_hub *hub);
void ald_seen_fini(struct ald_hub *hub);
void ald_seen_check(const struct ald_hub *hub);
