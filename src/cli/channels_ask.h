#pragma once

/*
 * Channels, asked: what may be done to one, by whoever may manage the hub. Both return the exit status, and all is said.
 */

#include "cli/cli.h"

/* Close the channel of this id in order: its party hears a goodbye, with `reconnect` one that asks it to come back. */
int ald_channels_close(const struct ald_cli *cli, const char *id, bool reconnect);
/* Make it the primary one of its target. */
int ald_channels_primary(const struct ald_cli *cli, const char *id);
