#pragma once

/*
 * The speeches there are.
 */

#include "load/peer.h"

/* Dialect exchange with the extension, to a hub (docs/wire-extension.md). */
extern const struct ald_load_speech ald_load_exchange;
/* The same frames without a hub: to a relay that passes the bytes of each caller to an agent of its own, and back. */
extern const struct ald_load_speech ald_load_bare;

/*
 * Dialect link (link.md 2A): callers are controls that show `token`, and the one agent is the host whose number is `target`,
 * which shows `agent_token`. A request goes to the host and its answer back.
 */
extern const struct ald_load_speech ald_load_link;
/* The same with events: what the host hears counts as answered, since both ends live here. */
extern const struct ald_load_speech ald_load_link_events;
