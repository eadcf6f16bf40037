#pragma once

/*
 * Peers: the hubs of `[hub] peers`, each called until a link to it stands, and again when it breaks.
 *
 * They are spoken to in the dialect exchange with its extension; over wss the other hub has to prove its name, and over any of
 * them this one may show a token.
 *
 * Lifetime:   ald_peers_new() to ald_peers_free(), which comes before the edge is freed.
 * Threading:  the loop's thread only.
 */

#include "conn/edge.h"
#include "daemon/config.h"

struct ald_peers;

/* More than a hub should be linked with by hand: a graph does the rest. */
enum { ALD_PEERS_MAX = 64 };

struct ald_peers_callbacks {
    /* One does not let this hub in (borrows both texts); said with each call. */
    void (*refused)(void *owner, const char *url, struct ald_str why);
    /* One is linked. Inside a step. */
    void (*linked)(void *owner, const char *url);
};

/* Calls from the next turn on; `seed` is for jitter. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_peers_new(const struct ald_config *config, struct ald_edge *edge, uint64_t seed,
                                const struct ald_peers_callbacks *callbacks, void *owner, struct ald_peers **ret_peers, struct ald_config_why *ret_why);
struct ald_peers *ald_peers_free(struct ald_peers *peers); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_peers *, ald_peers_free);

/* The files that the settings name can be read. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_peers_check(const struct ald_config *config, struct ald_config_why *ret_why);

/* Those that are called, there or not. */
size_t ald_peers_count(const struct ald_peers *peers);
/* Call the hub of that id no more, until the next start; false: it was never found at any of their places. */
bool ald_peers_forget(struct ald_peers *peers, struct ald_str id);
