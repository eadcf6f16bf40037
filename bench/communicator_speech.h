#pragma once

/* Services of a communicator daemon (communicator.md 1, 3): callers send to the service that agents are, which sends back. */

#include "load/peer.h"

/* To a daemon: each peer registers a service of its own. */
extern const struct ald_load_speech bench_communicator_speech;
/* The same lines without a daemon: to a relay that passes the bytes of each caller to an agent of its own, and back. */
extern const struct ald_load_speech bench_communicator_bare_speech;
