#pragma once

/*
 * Datagram: what comes in as datagrams at one door, as the hub sees it: one connection, on which nothing is ever answered.
 * It is made when the first one comes, and again after the hub ended it.
 *
 * Who sends datagrams cannot be asked who he is. So whatever he says he may not stop or change the hub by it, and where a
 * guard wants to know everybody, only a door with a secret, which the dialect demands, lets anything in.
 *
 * Lifetime:   ald_datagrams_open() to ald_datagrams_close(), before the edge is freed.
 * Threading:  the loop's thread only.
 */

#include "conn/door.h"

struct ald_datagrams;
struct ald_datagram; /* transport/udp.h */

/* `door` is who counts and is named. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_datagrams_open(struct ald_door *door, const struct ald_door_lines *lines,
                                     struct ald_datagrams **ret_datagrams);
/* NULL is fine; returns NULL. The hub hears of it at the end of the turn. */
struct ald_datagrams *ald_datagrams_close(struct ald_datagrams *datagrams);

void ald_datagrams_feed(struct ald_datagrams *datagrams, const struct ald_datagram *datagram);
