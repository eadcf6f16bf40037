#pragma once

/*
 * Addresses of hubs (comm_endpoint.h), as the parameters of the daemons have them: with a port where one is to be
 * called, without one where only a computer is meant, and in lists.
 *
 * Threading: no state.
 */

#include "base/buf.h"
#include "base/str.h"

/* An IP alone, without brackets. */
bool ald_comm_is_ip(struct ald_str text);
/* With a port. */
bool ald_comm_is_address(struct ald_str text);
/* With a port or without. */
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
