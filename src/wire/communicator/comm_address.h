#pragma once

/*
 * Addresses of hubs as the protocol writes them (communicator.md 1.1): `10.0.0.1:4042`, `[fc00::1]:4042`, and without a
 * port where only a computer is meant. They are checked for form here and compared by whoever dials.
 *
 * Threading: no state.
 */

#include "base/buf.h"
#include "base/str.h"

/* IPv4 or IPv6 (RFC 4291 2.2) alone, the latter without brackets. */
bool ald_comm_is_ip(struct ald_str text);
/* With a port, 1 to 65535. */
bool ald_comm_is_address(struct ald_str text);
/* Either of both, where IPv6 without a port may have its brackets. */
bool ald_comm_is_host(struct ald_str text);
/* Without the port and the brackets; what is no address stays as it is. */
struct ald_str ald_comm_address_ip(struct ald_str address);

/*
 * Append the items of `list` with a comma between two: they may be separated by commas, blanks and line ends
 * (communicator.md 6.4). Each must satisfy `is_one`. Gives a view of `out`, absent when there are none. Outcomes:
 * ALD_COMM_MALFORMED, ALD_COMM_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_addresses_read(struct ald_str list, bool (*is_one)(struct ald_str text), struct ald_buf *out,
                                          struct ald_str *ret_list);
