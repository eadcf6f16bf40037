#pragma once

/*
 * Endpoint: an address as messages write it, `IPv4:port` or `[IPv6]:port` (communicator.md 1.1), without asking the
 * system.
 *
 * Daemons know each other by IP (6.1), and one IP has many spellings; so it is read into the 16 bytes that all of them
 * share, an IPv4 address as `::ffff:a.b.c.d`.
 *
 * Threading: no state.
 */

#include "base/str.h"
#include "wire/communicator/comm_params.h"

struct ald_comm_endpoint {
    struct ald_str host; /* as it is written, without brackets; borrows the text */
    uint8_t ip[16];
    uint16_t port; /* 0: none was written */
    bool is_v6;
};

/*
 * Read an address. The port may be missing (`10.0.0.7`, `[::1]`, and `::1` without brackets, as in
 * broadcast_originator); a port that is written is 1 to 65535. Outcome: ALD_COMM_MALFORMED.
 */
ALD_NODISCARD int ald_comm_endpoint_read(struct ald_str text, struct ald_comm_endpoint *ret_endpoint);
