#pragma once

/*
 * Neighbor: another hub of the communicator family, as `[communicator] neighbors` names it.
 *
 *     10.0.0.2    10.0.0.2:4042    [fd00::2]:4042    cd://10.0.0.2    cds://USER:PASSWORD@10.0.0.2:4043
 */

#include "conn/inet.h"

enum {
    ALD_NEIGHBOR_PORT = 4042,        /* communicator 2.1 */
    ALD_NEIGHBOR_SECURE_PORT = 4043, /* the same */
    ALD_NEIGHBOR_SECRET = 256        /* of a name or a password, in bytes */
};

struct ald_neighbor {
    struct ald_inet inet;
    bool tls;
    struct ald_str username, password; /* views of what was parsed; absent: none */
};

enum { ALD_NEIGHBOR_MALFORMED = 1 };

/* Outcome: ALD_NEIGHBOR_MALFORMED. Lists of them are taken apart by ald_inet_item(). */
ALD_NODISCARD int ald_neighbor_parse(struct ald_str text, struct ald_neighbor *ret_neighbor);
