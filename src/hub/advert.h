#pragma once

/*
 * Advert: what aldis hubs tell each other of the graph, as events `aldis:Route` to the empty address
 * (docs/wire-extension.md, section 12). Their payload is a page of the map (hub/route_map.h)
 *
 *     {"hub":"b","boot":"4f6c...","epoch":17,"from":0,"to":3,"lost":0,
 *      "changes":[[1,"+target","lamp"],[2,"+hub","a"],[3,"-target","desk"]]}
 *
 * or asks for all pages of one hub: {"ask":"b"}. Only a link with an aldis hub may say it; from others it is dropped, counted.
 *
 * Limits: a page has at most ADVERT_CHANGES_MAX changes and ADVERT_BYTES_MAX bytes; larger ones are not read.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_hub;
struct ald_msg;
struct ald_peer_link;

/* Is it one, by its address and its name? */
bool ald_advert_is(const struct ald_msg *msg);
/* It came over `link`. */
void ald_advert_take(struct ald_hub *hub, struct ald_peer_link *link, const struct ald_msg *msg);
/* Tell one page; false when there is nothing to tell, or nothing can be told now. */
bool ald_advert_tell(struct ald_hub *hub, struct ald_peer_link *link);
/* Ask those in `slots` (bits) for everything about `hub_id`. */
void ald_advert_ask(struct ald_hub *hub, struct ald_str hub_id, uint64_t slots);
/* The alarm: somebody said of us what we did not say, so we say everything anew. */
void ald_advert_renew(struct ald_hub *hub);
