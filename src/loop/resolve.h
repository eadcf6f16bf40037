#pragma once

/*
 * Resolve: a host name to addresses, off the loop's thread (the C library's resolver blocks).
 *
 * The addresses come in the resolver's order (RFC 6724); literal addresses are answered without a look-up, but also
 * through the callback.
 */

#include <sys/socket.h>

#include "base/defs.h"

struct ald_loop;
struct ald_resolve;

/* More than any sane name has; what lies beyond is not tried. */
enum { ALD_RESOLVE_MAX = 16 };

struct ald_resolved {
    struct sockaddr_storage addresses[ALD_RESOLVE_MAX];
    size_t n_addresses; /* 0: there are none, see `text` */
    const char *text;   /* the resolver's own words for a failure, else NULL */
};

/* Borrows `resolved`. The request is over and freed after it. */
typedef void (*ald_resolve_fn)(void *owner, const struct ald_resolved *resolved);

/*
 * Ask for stream addresses of `host` (borrows) with `port`. Gives the request, which ends itself with its one callback.
 * Errors: ALDIS_E_NOMEM, ALDIS_E_RESOLVE (the name is too long or cannot be a name).
 */
ALD_NODISCARD int ald_resolve_new(struct ald_loop *loop, const char *host, uint16_t port, ald_resolve_fn fn,
                                  void *owner, struct ald_resolve **ret_resolve);
/* The callback will not come. NULL is fine; returns NULL. */
struct ald_resolve *ald_resolve_cancel(struct ald_resolve *resolve);
