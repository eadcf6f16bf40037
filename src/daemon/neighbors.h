#pragma once

/*
 * Neighbors: the other hubs of the communicator family that this one knows, from the settings, from a file and from each
 * other, and the calls to them (communicator 6.1 to 6.4).
 *
 * A neighbor with a smaller address is called and stays called; one with a larger address is asked to call ("gossip"), until
 * a link from it is there.
 *
 * Lifetime:   ald_neighbors_new() to ald_neighbors_free(), which comes before the edge is freed; what connections show of a
 *             neighbor's password lives until then, too.
 * Threading:  the loop's thread only; ald_neighbors_linked() also inside a step.
 * Limits:     NEIGHBORS_MAX of them; who is learnt beyond that is left out, and counted in the log. What others tell of is
 *             only called within private networks, since nobody has put it into the settings.
 */

#include "conn/edge.h"
#include "daemon/neighbor.h"

struct ald_neighbors;
struct ald_tls;

enum { NEIGHBORS_MAX = 256 };

struct ald_neighbors_callbacks {
    /* There are more, or fewer. Not inside a step. */
    void (*changed)(void *owner);
    /* The file was written, or cannot be. Not inside a step. */
    void (*saved)(void *owner, bool good);
    /* One cannot be reached for a long time (borrows its address, as text); said again now and then. */
    void (*lost)(void *owner, const char *address);
    /* One does not let this hub in (borrows both texts). */
    void (*refused)(void *owner, const char *address, struct ald_str why);
    /* Of those that were lost the last one was reached again, or forgotten. May be inside a step. */
    void (*found)(void *owner);
};

struct ald_neighbors_spec {
    struct ald_edge *edge;               /* borrowed, outlives them */
    struct ald_inet ours;                /* where this hub is called */
    struct ald_str configured;           /* the list of the settings; checked; borrowed for the call */
    const char *path;                    /* of the file; NULL: none is kept. Copied */
    struct ald_tls *tls;                 /* for those with TLS; NULL: there are none. Shared */
    struct ald_str username, password;   /* for those with TLS that have none of their own, and those that have shown them;
                                            absent: none. Borrowed, outlive them */
    const struct ald_identity *identity; /* what those are told that need no password; borrowed, outlives the edge */
    ald_usec hello_timeout;
    ald_usec gossip_max;
    uint64_t seed; /* of jitter */
    const struct ald_neighbors_callbacks *callbacks;
    void *owner;
};

/* Reads the file, and calls from the next turn on. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_neighbors_new(const struct ald_neighbors_spec *spec, struct ald_neighbors **ret_neighbors);
/* NULL is fine; returns NULL. */
struct ald_neighbors *ald_neighbors_free(struct ald_neighbors *neighbors);
ALD_DEFINE_CLEANUP(struct ald_neighbors *, ald_neighbors_free);

/* Another hub knows these addresses; `call`: its own, and it wants to be called; `proved`: it has shown the name and the
 * password of this hub. */
void ald_neighbors_heard(struct ald_neighbors *neighbors, struct ald_str addresses, bool call, bool proved);
/* A connection leads to the hub that is called at `address`, or does so no more. */
void ald_neighbors_linked(struct ald_neighbors *neighbors, struct ald_str address, bool there);
bool ald_neighbors_is_linked(const struct ald_neighbors *neighbors, struct ald_str address);
/* Forget one; without a port, all at that host. False: `address` is none that is known. */
bool ald_neighbors_forget(struct ald_neighbors *neighbors, struct ald_str address);

/* So many calls in vain, for so long, and a neighbor is lost (communicator 6.1). */
enum { NEIGHBORS_LOST = 20 };
#define NEIGHBORS_LOST_FOR (3600 * ALD_SEC)

/* The identity has changed: what it shows before this call may be gone after it. */
void ald_neighbors_identify(struct ald_neighbors *neighbors);

/* How many there are, without this hub itself. */
size_t ald_neighbors_count(const struct ald_neighbors *neighbors);
/* Append their addresses, comma separated: those that anybody may call. Errors: ALDIS_E_NOMEM. Outcome: ALD_BUF_FULL. */
ALD_NODISCARD int ald_neighbors_list(const struct ald_neighbors *neighbors, struct ald_buf *out);

/* The file: one address a line, what stands behind # is comment. Pure. Outcome of both: ALD_BUF_FULL. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_neighbors_format(const struct ald_inet *inets, size_t n, struct ald_buf *out);
/* Take the next address; items that are none are left out and counted. False at the end. */
bool ald_neighbors_next(struct ald_str *text, struct ald_inet *ret_inet, size_t *n_bad);
