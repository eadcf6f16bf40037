#pragma once

/*
 * Neighbor: another hub of the communicator family, as `[communicator] neighbors` names it.
 *
 *     10.0.0.2    10.0.0.2:4042    [fd00::2]:4042    cd://10.0.0.2    cds://USER:PASSWORD@10.0.0.2:4043
 *
 * What cannot stand in a name or a password, as a blank, a comma or a percent sign, is written %XX.
 */

#include "conn/conn.h"
#include "conn/inet.h"

enum {
    ALD_NEIGHBOR_PORT = 4042,        /* communicator 2.1 */
    ALD_NEIGHBOR_SECURE_PORT = 4043, /* the same */
    ALD_NEIGHBOR_SECRET = 256        /* of a name or a password, in bytes */
};

struct ald_neighbor {
    struct ald_inet inet;
    bool tls;
    struct ald_str username, password; /* absent: none; of one that was parsed, views of `secret`, so it is not copied */
    char secret[ALD_NEIGHBOR_SECRET];
};

enum { ALD_NEIGHBOR_MALFORMED = 1 };

/* Outcome: ALD_NEIGHBOR_MALFORMED. Lists of them are taken apart by ald_inet_item(). */
ALD_NODISCARD int ald_neighbor_parse(struct ald_str text, struct ald_neighbor *ret_neighbor);

/*
 * Who of two hubs calls the other for good: the one with the larger address, and among equal ones that with the larger port
 * (communicator 6.1, which knows no ports). The other one asks to be called ("gossip"). A hub that is reached over TLS is
 * always called: only who calls has its name and password.
 */
bool ald_neighbor_is_called(const struct ald_inet *ours, const struct ald_neighbor *theirs);

/* What a pause depends on. */
struct ald_neighbor_past {
    bool gossip;                    /* it was asked to call; else it was called for good */
    unsigned failures;              /* calls in a row that came to nothing, this one included */
    ald_usec pause;                 /* gossip: the last one; 0: there was none */
    ald_usec gossip_max;            /* and the longest one */
    const struct ald_conn_end *end; /* how it ended */
};

/* First time to ask to be called: communicator 6.1. */
#define ALD_NEIGHBOR_GOSSIP_FIRST (5 * ALD_SEC)

/*
 * How long to wait before the next call; jitter is the caller's to add. A link that broke is called again at once; who cannot
 * be reached after 1, 2, 4, ... at most 60 s; who said goodbye or that it stops after 5 minutes; who refuses after a day
 * (communicator 6.1 and 6.2). Pure.
 */
ald_usec ald_neighbor_pause(const struct ald_neighbor_past *past);
