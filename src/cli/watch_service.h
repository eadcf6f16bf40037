#pragma once

/*
 * Watch service: `aldis watch` where a hub has no API: at a daemon of the communicator family, as one of its services. What
 * is shown is what such a daemon tells a service: broadcasts of the names it listed, news, and, with a name of its own, what
 * is sent to that.
 */

#include "cli/watch_options.h"

/* Returns the exit status. */
int ald_watch_service_run(const struct ald_cli *cli, const struct ald_watch_options *options);
