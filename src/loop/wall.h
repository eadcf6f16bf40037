#pragma once

/* Wall: calendar time as text, in UTC and in nobody's language. */

#include "base/str.h"

enum { ALD_WALL_TEXT = 96 }; /* room for either form, with its terminator, whatever the year */

/* ISO 8601 with milliseconds: 2026-11-21T03:45:53.123Z. */
void ald_wall_iso(ald_wall wall, char to[ALD_WALL_TEXT]);
/* The same back, with any number of digits behind the seconds, or none; nothing before 1970. Outcome: ALD_WALL_MALFORMED. */
enum { ALD_WALL_MALFORMED = 1 };
ALD_NODISCARD int ald_wall_parse_iso(struct ald_str text, ald_wall *ret_wall);
/* A time since when something is wanted: as ISO 8601, as how long before `now` (`500ms`, `5s`, `2m`, `1h`, `7d`), or in milliseconds
 * since 1970. Later than `now` is `now`. Outcome: ALD_WALL_MALFORMED. */
ALD_NODISCARD int ald_wall_parse_since(struct ald_str text, ald_wall now, ald_wall *ret_since);
/* IMF-fixdate, RFC 9110 section 5.6.7: Sat, 21 Nov 2026 03:45:53 GMT. */
void ald_wall_http(ald_wall wall, char to[ALD_WALL_TEXT]);
