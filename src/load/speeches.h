#pragma once

/*
 * The speeches there are.
 */

#include "load/peer.h"

/* Dialect exchange with the extension, to a hub (docs/wire-extension.md). */
extern const struct ald_load_speech ald_load_exchange;
/* The same frames without a hub: to a relay that passes the bytes of each caller to an agent of its own, and back. */
extern const struct ald_load_speech ald_load_bare;
