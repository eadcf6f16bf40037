#pragma once

/*
 * Duration: how long, as people write it: `500ms`, `5s`, `2m`, `1h`. A unit must be given, because everybody guesses
 * another one.
 */

#include "base/defs.h"

/* More than any command lives; small enough that adding it to a time never overflows. */
#define ALD_DURATION_MAX (366 * 24 * 3600 * ALD_SEC)

enum { ALD_DURATION_MALFORMED = 1, ALD_DURATION_RANGE };

/* Outcomes: ALD_DURATION_MALFORMED, ALD_DURATION_RANGE (zero, or over ALD_DURATION_MAX). */
ALD_NODISCARD int ald_duration_parse(const char *text, ald_usec *ret_duration);
/* "350 ms", "1.2 s", "3 min", in `text` of 32 bytes: short, for people. Returns `text`. */
const char *ald_duration_format(ald_usec duration, char text[32]);
