#pragma once

/*
 * NATS as a speech of load/: the client protocol of nats-server, spoken as sparingly as our own. So that a server is compared
 * with a server, and not one client library with another.
 */

#include "load/peer.h"

extern const struct ald_load_speech bench_nats_speech;
