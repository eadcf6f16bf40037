#pragma once

/*
 * Fact: one thing that one hub says of itself, as the files of the map keep it (hub/route_map.h). A fact lives from the
 * first time it is said until it was taken back and everybody was told so.
 */

#include "hub/route_map.h"

/* Facts that one unit of freeing frees; each costs a tenth of a microsecond. */
enum { ALD_ROUTE_REAP_MAX = 64 };

/* Make what the hub says of `kind` and `name` true, as its latest change. Outcome: ALD_ROUTE_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_route_hub_set(struct ald_route_map *map, struct ald_route_hub *hub, uint64_t stamp,
                                    enum ald_route_kind kind, struct ald_str name, bool present);
/* Forget some removals that everybody was told of; returns how many. */
unsigned ald_route_hub_bury(struct ald_route_map *map, struct ald_route_hub *hub);
bool ald_route_fact_is_link(const struct ald_route_fact *fact);
void ald_route_fact_free(struct ald_route_map *map, struct ald_route_fact *fact);
