#pragma once

/*
 * What tcp and udp listeners share: a socket bound to a host's address and a port. Private to transport.
 */

#include "transport/sockaddr.h"

struct ald_why;

enum { ALD_SOCK_NAME_MAX = 256 };

/* "[::1]" is how an IPv6 address stands in a URL. A name that does not fit is left as it is, to be refused later. */
const char *ald_sock_name_bare(const char *name, char bare[ALD_SOCK_NAME_MAX]);

/*
 * Gives a socket of `type` (SOCK_STREAM, SOCK_DGRAM), bound to the first address of `name` that can be: "" and "*" are
 * all addresses, IPv6 with IPv4 in it where there is IPv6. May block as long as the system looks for the name. Errors:
 * ALDIS_E_NOMEM, ALDIS_E_BIND, ALDIS_E_ACCESS, ALDIS_E_LIMIT; `why` (may be NULL) says in words what went wrong.
 */
ALD_NODISCARD int ald_sock_bind(int type, const char *name, uint16_t port, int *ret_fd, struct ald_why *why);
/* The error of an errno of socket() or bind(). */
int ald_sock_bind_error(int error);
