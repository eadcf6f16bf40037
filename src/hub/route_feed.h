#pragma once

/*
 * Feed: what one neighbour is still to be told of the map. For each hub it stands at a place in its facts, so a neighbour
 * that lags costs nothing but that place, and one that comes is told everything from the start.
 */

#include "hub/route_map.h"

/* Gives the slot of a new feed for `hub`, which is never told about itself. Outcome: ALD_ROUTE_FULL. */
ALD_NODISCARD int ald_route_feed_open(struct ald_route_map *map, struct ald_route_hub *hub, unsigned *ret_slot);
void ald_route_feed_close(struct ald_route_map *map, unsigned slot);
/* It asks for everything of that hub once more; nothing when it is unknown. */
void ald_route_feed_restart(struct ald_route_map *map, unsigned slot, struct ald_str id);

/* A hub of which there is something to tell, ourselves first; NULL: none. */
struct ald_route_hub *ald_route_feed_next(const struct ald_route_map *map, unsigned slot);

/*
 * One page about `hub`: take the facts from ald_route_feed_fact() and ald_route_feed_after(), as many as fit, then say up
 * to where in ald_route_feed_told(); `last` NULL: all there were.
 */
struct ald_route_page ald_route_feed_page(const struct ald_route_hub *hub, unsigned slot);
const struct ald_route_fact *ald_route_feed_fact(const struct ald_route_hub *hub, unsigned slot);
const struct ald_route_fact *ald_route_feed_after(const struct ald_route_fact *fact);
void ald_route_feed_told(struct ald_route_map *map, struct ald_route_hub *hub, unsigned slot,
                         const struct ald_route_fact *last);

/* For the map. Everybody is told everything of it anew. */
void ald_route_feed_restart_all(const struct ald_route_map *map, struct ald_route_hub *hub);
/* A fact leaves its place. */
void ald_route_feed_pass(const struct ald_route_map *map, const struct ald_route_fact *fact);
/* A fact has come to the end. */
void ald_route_feed_append(const struct ald_route_map *map, struct ald_route_fact *fact);
/* The neighbour of `slot` said itself what is true of `hub` up to `seq`. */
void ald_route_feed_skip(const struct ald_route_map *map, struct ald_route_hub *hub, unsigned slot, uint64_t seq);
/* Up to there everybody who is to know was told. */
uint64_t ald_route_feed_least(const struct ald_route_map *map, const struct ald_route_hub *hub);
