#pragma once

/*
 * Capable: which messages a party says that it understands (communicator 3: COMMANDS). A broadcast reaches those who named
 * it (communicator 5.3); what is for one target goes there whether it said so or not.
 *
 * Lifetime:   CAPABLE to the end of the party; a name lasts as long as somebody holds it.
 * Limits:     a party may hold so many names of so many bytes, and all parties together; what is over is dropped, counted.
 *             One signal brings no more names than a party may hold.
 * Invariants: the holders of a name, and the names of a party, are in the order in which they were said.
 */

#include "base/list.h"
#include "base/str.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_party;
struct ald_signal;

enum {
    /* A service of the family knows 20 to 60 messages, a daemon 30: against one that makes names up. */
    ALD_CAPABLE_NAMES_MAX = 512,
    ALD_CAPABLE_BYTES_MAX = 16 * 1024,
    /* Of all parties: against a crowd of those, at most 100 MiB. Ten thousand services with a hundred names each fit. */
    ALD_CAPABLE_ALL_MAX = 1000000
};

/* A name that somebody understands. */
struct ald_capability {
    struct ald_node holders; /* of ald_capability_holder.of_name, by number */
    uint32_t n_holders;
    struct ald_str name;
    char text[];
};

/* That a party understands it. */
struct ald_capability_holder {
    struct ald_node of_name;
    struct ald_node of_party;
    struct ald_capability *capability;
    struct ald_party *party;
    uint64_t number; /* of the hub's own */
};

void ald_capable_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* NULL when nobody understands it. */
struct ald_capability *ald_capable_find(const struct ald_hub *hub, struct ald_str name);
/* Is a broadcast of that name for it? It is for whoever said nothing; for who named it; and for who named what begins so (`foo:*`),
 * which says nothing about names that are no plugin's, without a colon (link 4.8). */
bool ald_capable_takes(const struct ald_party *party, struct ald_str name);
/* The party is gone: a unit of letting go of its names; false when it has none. */
bool ald_capable_part(struct ald_hub *hub, struct ald_party *party);
void ald_capable_check(const struct ald_hub *hub, const struct ald_party *party);
