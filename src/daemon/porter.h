#pragma once

/*
 * Porter: who knows the password of the doors for other hubs, and who may give orders to the whole hub. Whoever tries wrong
 * passwords three times within a quarter of an hour is told of (communicator 11).
 *
 * Lifetime:   filled in by its owner, who keeps it as long as the edge.
 * Threading:  the loop's thread only.
 */

#include "conn/gate.h"
#include "daemon/intruders.h"

struct ald_porter {
    struct ald_edge *edge;             /* whose hub is told */
    struct ald_str username, password; /* empty: nobody knows them */
    const char *admin_group;           /* NULL: none */
    struct ald_intruders intruders;
};

/* What somebody shows is right. Steps the hub when it is told of an intruder. */
bool ald_porter_admits(struct ald_porter *porter, const struct ald_peer *peer, struct ald_str username,
                       struct ald_str password);
/* It comes over a Unix socket, from root, from the hub's own user, or from a member of the group. */
bool ald_porter_may_operate(const struct ald_porter *porter, const struct ald_peer *peer);

/* Texts are equal; how long that takes depends on the length of `shown` only. */
bool ald_porter_equal(struct ald_str secret, struct ald_str shown);
