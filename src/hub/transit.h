#pragma once

/*
 * Transit: events between us and the kernel. What was said on a connection and not written to its last byte when that ends
 * was certainly not received, as an unfinished frame is no message; so each such event is counted, and one that may wait
 * for its target, or whose sender asked what became of it, is treated as if its target had gone before it came: it is held
 * again, goes another way, or is dropped and reported (communicator 5.5, 5.6).
 *
 * An event on which nobody wants to hear leaves nothing but the number of its saying. A run of such numbers is one record, and
 * the latest one two numbers of the connection, so these events cost next to nothing. What is kept of another one is charged to the account of the connection, so its memory is bounded by that.
 *
 * What was told to a session stays in its window (hub/kept.h), and is looked at when that will not be resumed.
 *
 * Lifetime:   from its saying until it is written, or the end of its connection is worked off; what is given out again then
 *             lives until the next step, as effects show it.
 * Invariants: ald_hub_conn.transits is in the order of the ordinals, which overlap nowhere; the latest run comes after them.
 */

#include "hub/parcel.h"

struct ald_hub_conn;
struct ald_kept_signal;

struct ald_transit {
    struct ald_node node;     /* ald_hub_conn.transits; and once that has ended, ald_hub_conn.untaken */
    uint64_t first, last;     /* ordinals; of an event that is kept the same */
    struct ald_parcel parcel; /* without a message: these are only counted */
    struct ald_travel travel; /* what the parcel's shows, where it has one; and then the way on which it goes again */
    char *texts;              /* what its views show, if neither its message nor its sender does; NULL: nothing */
};

/* It is kept while it is in transit: somebody wants to hear what becomes of it, or it may wait. */
bool ald_transit_wants(const struct ald_hub *hub, const struct ald_parcel *parcel);
/*
 * Offer `signal` (takes its references, always), which says an event, to `party`, as ald_party_offer() does. `parcel` is
 * what has another fate if it is not taken; NULL: it is only counted.
 */
bool ald_transit_offer(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                       const struct ald_parcel *parcel);
/* The same to a party without a session, though it is choked. */
bool ald_transit_press(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal,
                       const struct ald_parcel *parcel);

/* More of what was said on `conn` is written: forget some of it. True: there is more to forget. */
bool ald_transit_written(struct ald_hub *hub, struct ald_hub_conn *conn);

/* Units of work when `conn` has ended; false when there is nothing (left). First, while the names of its parties are still
 * theirs: what may wait for its target is held, before anybody can come and overtake it. */
bool ald_transit_work_hold(struct ald_hub *hub, struct ald_hub_conn *conn);
/* Then, when they are gone, everything else gets its fate. */
bool ald_transit_work_fate(struct ald_hub *hub, struct ald_hub_conn *conn);

/* `kept` was told to a session that is over, and never said to it. */
void ald_transit_unsaid(struct ald_hub *hub, struct ald_kept_signal *kept);

/* Free what earlier steps gave out again; with each step. */
void ald_transit_reap(struct ald_hub *hub);
struct ald_transit *ald_transit_free(struct ald_hub *hub, struct ald_transit *transit); /* NULL is fine; returns NULL */
void ald_transit_check(const struct ald_hub_conn *conn);
