#pragma once

/*
 * Carrier: how frames travel between a client and its hub: over a WebSocket, over a stream of bytes, or as datagrams. A
 * client has one at a time; what it is belongs to the client (client_inside.h).
 *
 * Invariants: what a carrier has to tell comes through ald_link_opened(), _received(), _written() and _closed(), never
 *             inside the call that caused it; _closed() last and once, unless it is freed before.
 */

#include "base/str.h"

struct ald_client;
struct ald_frame;
struct ald_url;

struct ald_carrier {
    /* Begin; `url` is NULL for a listener in this process. Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID. */
    int (*dial)(struct ald_client *client, const struct ald_url *url);
    /* Take `frame` (borrows). Outcome: ALD_CARRIER_DROPPED: it is gone. Errors: ALDIS_E_NOMEM. */
    int (*push)(struct ald_client *client, const struct ald_frame *frame);
    /* End in order; what was pushed goes out before. */
    void (*close)(struct ald_client *client, uint16_t code, struct ald_str why);
    /* Let go at once; what was told to close goes on closing by itself. Of what was never dialled too. */
    void (*drop)(struct ald_client *client);
};

enum { ALD_CARRIER_DROPPED = 1 };

extern const struct ald_carrier ald_carrier_ws;
extern const struct ald_carrier ald_carrier_link; /* a WebSocket to where links are taken */
extern const struct ald_carrier ald_carrier_bytes;
extern const struct ald_carrier ald_carrier_datagram;
