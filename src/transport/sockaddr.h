#pragma once

/*
 * Socket addresses in little memory, and as text. Private to transport.
 */

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/defs.h"

/* An internet address, or none (family 0: the peer is on this machine); 28 bytes where a sockaddr_storage has 128. */
union ald_sockaddr {
    sa_family_t family;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

enum { ALD_SOCKADDR_TEXT = 80 };

/* Keep what there is to keep of `address`. */
union ald_sockaddr ald_sockaddr_of(const struct sockaddr_storage *address);
/* "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80"; an IPv4 address in IPv6 clothes is written as IPv4; "" for none. */
void ald_sockaddr_format(const union ald_sockaddr *address, char text[ALD_SOCKADDR_TEXT]);
uint16_t ald_sockaddr_port(const union ald_sockaddr *address);
bool ald_sockaddr_loopback(const union ald_sockaddr *address);
/*
 * On this machine or in a private network (communicator.md 2.1, 2.2): loopback, RFC 1918, RFC 4193 (fc00::/7, of which
 * fd00::/8 is in use), link-local (RFC 3927, fe80::/10), or none.
 */
bool ald_sockaddr_lan(const union ald_sockaddr *address);
/* What of a sockaddr_storage of this family counts: internet families only. */
socklen_t ald_sockaddr_size(sa_family_t family);
