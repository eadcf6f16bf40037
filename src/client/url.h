#pragma once

/*
 * Url: where a hub is, as people write it.
 *
 *     unix:/run/aldis/aldis.sock     ws://hub.example:8062     wss://hub.example/prefix
 *     cd:///run/communicator/communicatord.sock                cd://10.0.0.1     cds://hub.example     cdu://127.0.0.1     cdb://eth0
 *
 *     link+ws://hub.example:8080     link+wss://hub.example/prefix
 *
 * Over the Unix socket the same protocol runs as over `ws`. Without a port it is 8062, the exchange's own (exchange.md 2.1),
 * for both schemes; `http` and `https` are taken as `ws` and `wss`, because the original's endpoints are written so
 * (exchange.md 4.7). A path is a prefix, for hubs behind a reverse proxy. User, query and fragment have no meaning and are
 * refused.
 *
 * The others are those of the communicator family (communicator.md 2.1): lines over a Unix socket, TCP or TLS, datagrams, and
 * datagrams to everybody on an interface. What is not encrypted stays in private networks: an address beyond them is
 * refused here, a name that leads there when it is dialled. The ports are that family's own.
 *
 * `link` is the protocol of Clusterio's links, over the same HTTP server at another path.
 *
 * What all these are is one table, way.h.
 */

#include "base/str.h"
#include "client/way.h"
#include "transport/dial.h"

enum { ALD_URL_MAX = 512 };

struct ald_url {
    const struct ald_way *way;
    bool unix_socket;
    bool tls;
    uint16_t port;
    char name[256];   /* host without brackets, the socket's path, or the interface */
    char prefix[256]; /* "" or "/..." without a slash at its end */
};

enum { ALD_URL_MALFORMED = 1 };

/* Outcome: ALD_URL_MALFORMED; `*ret_why` (static; may be NULL) then says what is wrong. */
ALD_NODISCARD int ald_url_parse(const char *text, struct ald_url *ret_url, const char **ret_why);
/* The same for where /api/v1 must be, or another hub of ours: a URL of the communicator family is refused. */
ALD_NODISCARD int ald_url_parse_api(const char *text, struct ald_url *ret_url, const char **ret_why);
/* Write it as people write it, cut to `room` bytes with the terminator; ALD_URL_MAX are enough for any. */
void ald_url_format(const struct ald_url *url, char *text, size_t room);
/* Where to dial; borrows from `url`. */
struct ald_place ald_url_place(const struct ald_url *url);
