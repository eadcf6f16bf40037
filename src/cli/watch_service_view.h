#pragma once

/*
 * Watch service view: one line for each thing that a daemon of the communicator family tells a service, for people or for
 * programs.
 */

#include <stdio.h>

#include "base/str.h"
#include "client/client.h"

/* A message that came. `payload`: show what it carries (JSON always does). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_watch_service_message(FILE *out, const struct ald_msg *msg, ald_wall at, bool payload, bool json);
/* Events of this name are missing; for people on standard error. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_watch_service_gap(FILE *out, struct ald_str name, ald_wall from, ald_wall until, bool json);
ALD_NODISCARD int ald_watch_service_news(FILE *out, const struct ald_news *news, ald_wall at, bool json);
