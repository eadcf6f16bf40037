#pragma once

/*
 * Lookout: hears of the cluster from the hub, and writes it to the file cluster-status.txt for those who only read files
 * (communicator 6.6). For the hub it is one more party, in the program itself (conn/local.h).
 *
 * Lifetime:   ald_lookout_new() to ald_lookout_free(), before the edge is freed.
 * Threading:  the loop's thread only.
 */

#include "conn/edge.h"

struct ald_lookout;

/* Errors: ALDIS_E_NOMEM. `path` is copied. */
ALD_NODISCARD int ald_lookout_new(struct ald_edge *edge, const char *path, struct ald_lookout **ret_lookout);
struct ald_lookout *ald_lookout_free(struct ald_lookout *lookout); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_lookout *, ald_lookout_free);

/* Pure: what the file says for a set of enum ald_cluster_state; static. */
const char *ald_lookout_text(uint8_t state);
