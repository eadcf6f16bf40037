#pragma once

/*
 * Inet: an IP address with a port, as people and neighbouring hubs write it and as bytes that can be compared.
 *
 * Which of two hubs calls the other is decided by comparing these bytes (communicator 6.1), so an IPv4 address is kept in
 * its IPv6 form (RFC 4291 section 2.5.5.2), as the original does. Names are no addresses: they are looked up elsewhere.
 */

#include "base/str.h"

enum { ALD_INET_BYTES = 16, ALD_INET_TEXT = 56 }; /* "[", 45 of an IPv6 address, "]:65535" and the terminator */

struct ald_inet {
    uint8_t bytes[ALD_INET_BYTES];
    uint16_t port;
};

enum { ALD_INET_MALFORMED = 1, ALD_INET_END }; /* outcomes */

/* `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]` or `[::1]:5`; without a port it gets `port`, and is malformed when that is 0.
 * Outcome: ALD_INET_MALFORMED. */
ALD_NODISCARD int ald_inet_parse(struct ald_str text, uint16_t port, struct ald_inet *ret_inet);

/*
 * Take the next item off a list whose items stand between commas, blanks or line ends, of which any number may follow each
 * other: the original writes some lists so and some so, and reads one kind only (communicator 14.12). False at its end.
 */
bool ald_inet_item(struct ald_str *list, struct ald_str *ret_item);
/* The same where each is an address. Outcomes: ALD_INET_MALFORMED: this one is none; ALD_INET_END. */
ALD_NODISCARD int ald_inet_next(struct ald_str *list, uint16_t port, struct ald_inet *ret_inet);

/* `1.2.3.4:5` or `[::1]:5`. */
void ald_inet_format(const struct ald_inet *inet, char to[ALD_INET_TEXT]);
/* Without the port and without brackets: as it is dialed. */
void ald_inet_format_host(const struct ald_inet *inet, char to[ALD_INET_TEXT]);

/* By address, and among equal ones by port: <0, 0 or >0. */
int ald_inet_compare(const struct ald_inet *a, const struct ald_inet *b);
bool ald_inet_same_host(const struct ald_inet *a, const struct ald_inet *b);

bool ald_inet_any(const struct ald_inet *inet);      /* 0.0.0.0 and :: */
bool ald_inet_loopback(const struct ald_inet *inet); /* 127/8 and ::1 */
/* Of a network that the world does not route to: 10/8, 172.16/12, 192.168/16 and fd00::/8 (communicator 2.2). */
bool ald_inet_private(const struct ald_inet *inet);
