#pragma once

/*
 * Interface: the address at which everybody on a network interface listens. Private to transport.
 */

#include "transport/sockaddr.h"

struct ald_why;

enum { ALD_INTERFACE_UNFIT = 1 };

/*
 * Find the broadcast address of interface `name`. Outcome: ALD_INTERFACE_UNFIT: there is no such interface, it is down,
 * or has no broadcast address, and `why` (may be NULL) says which. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_interface_broadcast(const char *name, uint16_t port, struct sockaddr_in *ret_address,
                                          struct ald_why *why);
/*
 * Let `fd` speak and hear over interface `name` only. Linux before 5.7 lets only the privileged; without it the routes
 * decide, which lead to the same place unless two interfaces are in the same network.
 */
void ald_interface_bind(int fd, const char *name);
