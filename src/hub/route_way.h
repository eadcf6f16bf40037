#pragma once

/*
 * Way: where a message goes next. The shortest way by hops; among equals the neighbour whose id comes first, and of
 * several hubs that have a target the nearest, then the one whose id comes first: so every hub that knows the same chooses
 * the same, and no message goes in a circle.
 *
 * A link between two others counts when both of them say it: the half of one that broke is not believed.
 */

#include "hub/route_map.h"

struct ald_route_way {
    struct ald_str next; /* id of a neighbour of ours */
    struct ald_str hub;  /* where it leads */
    uint32_t hops;       /* from 1 */
};

/* Outcomes: ALD_ROUTE_UNKNOWN (nobody speaks of such a hub), ALD_ROUTE_AWAY (no way leads there now). */
enum { ALD_ROUTE_UNKNOWN = 1, ALD_ROUTE_AWAY };
ALD_NODISCARD int ald_route_way_to(struct ald_route_map *map, struct ald_str id, struct ald_route_way *ret_way);
/* To the nearest hub but ourselves, and `except` (an id; empty or absent: nobody), that has the target. */
ALD_NODISCARD int ald_route_way_to_target(struct ald_route_map *map, struct ald_str name, struct ald_str except,
                                          struct ald_route_way *ret_way);
/* To the nearest hub but ourselves that is linked with a communicator daemon. */
ALD_NODISCARD int ald_route_way_to_daemons(struct ald_route_map *map, struct ald_route_way *ret_way);
/* Hubs and daemons that a way leads to, ourselves included. */
uint32_t ald_route_way_count(struct ald_route_map *map);

/* Bring the hops of all hubs up to date; the others do it themselves. */
void ald_route_way_measure(struct ald_route_map *map);
