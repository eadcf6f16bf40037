#pragma once

/* Wall: calendar time as text, in UTC and in nobody's language. */

#include "base/defs.h"

enum { ALD_WALL_TEXT = 96 }; /* room for either form, with its terminator, whatever the year */

/* ISO 8601 with milliseconds: 2026-11-21T03:45:53.123Z. */
void ald_wall_iso(ald_wall wall, char to[ALD_WALL_TEXT]);
/* IMF-fixdate, RFC 9110 section 5.6.7: Sat, 21 Nov 2026 03:45:53 GMT. */
void ald_wall_http(ald_wall wall, char to[ALD_WALL_TEXT]);
