#pragma once

/*
 * Speaker: what the hub knows as a connection, as the edge sees it: a stream with a dialect (conn.h), or a party in the
 * program itself (local.h). It is the first member of either.
 *
 * Lifetime:   in the edge's list from the moment it exists; it leaves that list, and frees itself, in bury() or drop().
 * Invariants: a speaker is linked in `talking` or `ending` only while the edge has something to do for it at the end of the
 *             turn; who is to be buried no longer talks.
 */

#include "base/list.h"
#include "hub/hub.h"

struct ald_speaker;

struct ald_speaker_ops {
    /* Carry out one effect of the hub. Inside a step: what comes of it waits for the end of the turn. */
    void (*apply)(struct ald_speaker *speaker, const struct ald_effect *effect);
    /* It asked for a moment at the end of the turn. */
    void (*talk)(struct ald_speaker *speaker);
    /* Tell the hub that it is gone, and free it. */
    void (*bury)(struct ald_speaker *speaker);
    /* The edge goes: free it without a word to the hub. */
    void (*drop)(struct ald_speaker *speaker);
};

struct ald_speaker {
    const struct ald_speaker_ops *ops;
    struct ald_node node; /* edge->all */
    struct ald_node talk; /* edge->talking */
    struct ald_node end;  /* edge->ending */
};
