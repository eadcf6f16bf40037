#pragma once

/* What a hub is asked about its inside, where its views do not tell. */

#include <stddef.h>

struct ald_hub;

/* The bytes of the largest window. All invariants hold. */
size_t cuts_inside_window(const struct ald_hub *hub);
/* Of sessions, channels, connections, commands and outcomes, how many there are. */
size_t cuts_inside_left(const struct ald_hub *hub);
