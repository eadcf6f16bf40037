#pragma once

/*
 * Id: 128 bits, written as a UUID (RFC 9562) in lower case. The hub's own ids are a random 64 bits drawn when it starts
 * and a counter, with the version and variant bits of a UUIDv4: unique across restarts and hubs, never reused, and what
 * existing clients of every dialect expect an id to look like.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_id {
    uint64_t high, low;
};

enum { ALD_ID_TEXT = 36 };

/* The `n`-th id of the series `boot` (random). */
struct ald_id ald_id_make(uint64_t boot, uint64_t n);
static inline bool ald_id_equal(struct ald_id a, struct ald_id b)
{
    return a.high == b.high && a.low == b.low;
}
/* Writes exactly ALD_ID_TEXT bytes, no terminator. */
void ald_id_format(struct ald_id id, char *text);

enum { ALD_ID_MALFORMED = 1 };
/* Lower or upper case. Outcome: ALD_ID_MALFORMED. */
ALD_NODISCARD int ald_id_parse(struct ald_str text, struct ald_id *ret_id);
