#pragma once

/*
 * Links: who comes in at `/api/socket`, by the tokens that hosts and controls of the link dialect show (link.md 6): part of
 * the gate of the edge (conn/gate.h). A token that is good proves a principal: `host-N`, or the name of a user in lower case.
 * What that one may do is the guard's to say; without a guard, everything.
 *
 * Lifetime:   ald_links_new() before the edge, ald_links_free() after it.
 * Threading:  the loop's thread only.
 */

#include "conn/gate.h"
#include "daemon/config.h"

struct ald_edge;
struct ald_links;

/* Read the secret of `config` (borrowed, outlives it), or make one. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM,
 * ALDIS_E_IO: the machine has no random. */
ALD_NODISCARD int ald_links_new(const struct ald_config *config, struct ald_links **ret_links,
                                struct ald_config_why *ret_why);
struct ald_links *ald_links_free(struct ald_links *links); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_links *, ald_links_free);

/* What the settings name can be read, or made. Outcome: ALD_CONFIG_BAD. */
ALD_NODISCARD int ald_links_check(const struct ald_config *config, struct ald_config_why *ret_why);

/* Whose hub knows which hosts are there. Once, before the first door opens. */
void ald_links_watch(struct ald_links *links, const struct ald_edge *edge);

/* The functions of the gate of these names. */
void ald_links_vouch(struct ald_links *links, const struct ald_peer *peer, struct ald_signal *signal,
                     struct ald_shown *shown);
ALD_NODISCARD int ald_links_session_token(struct ald_links *links, uint64_t session, uint64_t issued,
                                          struct ald_buf *out);
uint64_t ald_links_session_of(struct ald_links *links, struct ald_str token, uint64_t *ret_issued);
