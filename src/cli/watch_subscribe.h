#pragma once

/*
 * Watch subscribe: over a link nothing is told of events but to who subscribed to them (link.md 4.10).
 *
 * Lifetime:   each request lives until it is answered, at the latest until the client ends.
 * Threading:  the loop's thread.
 */

#include "client/client.h"

/*
 * Subscribe to events (borrows their names, with commas between them), to those that come from now on. What does not succeed is said
 * on standard error. Errors: ALDIS_E_NOMEM, ALDIS_E_CLOSED.
 */
ALD_NODISCARD int ald_watch_subscribe(struct ald_client *client, struct ald_str names);
