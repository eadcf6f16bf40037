#pragma once

/*
 * Lookout: hears of the cluster from the hub, and writes it to the file cluster-status.txt for those who only read files
 * (communicator 6.6); and of hubs with which something is wrong, and says so. For the hub it is one more party, in the program itself (conn/local.h).
 *
 * Lifetime:   ald_lookout_new() to ald_lookout_free(), before the edge is freed.
 * Threading:  the loop's thread only.
 */

#include "conn/edge.h"
#include "msg/news.h"

struct ald_lookout;

/* `path` is copied; NULL: nothing is written. `troubled` is told ALD_HUB_LOOPS and ALD_HUB_TWIN, inside a step. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_lookout_new(struct ald_edge *edge, const char *path,
                                  void (*troubled)(void *owner, const struct ald_news *news), void *owner,
                                  struct ald_lookout **ret_lookout);
struct ald_lookout *ald_lookout_free(struct ald_lookout *lookout); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_lookout *, ald_lookout_free);

/* Pure: what the file says for a set of enum ald_cluster_state; static. */
const char *ald_lookout_text(uint8_t state);
