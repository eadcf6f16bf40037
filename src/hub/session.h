#pragma once

/*
 * Session: what lets a party lose its connection and go on with another one (DESIGN section 1: `away`).
 *
 * Everything said to such a party has a serial and stays in the window until the party acknowledges it. When it comes back,
 * it names the last serial it has; the rest is said again. A serial is given when something is first said; what was
 * said and certainly never written loses it again, so that the party sees no gap.
 *
 * Lifetime:   REGISTER of a party that can resume, until it says goodbye, is away too long, or its window is full.
 * Limits:     the window is charged against out_bytes_max, as the output of a connection is.
 */

#include "hub/alarm.h"
#include "hub/kept.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_party;

struct ald_session {
    struct ald_node work; /* the hub's sessions that have something to do */
    struct ald_node wait; /* a choked connection's */
    struct ald_party *party;
    uint64_t number;
    ald_usec ttl; /* how long it may be away */
    struct ald_hub_alarm alarm;
    struct ald_node window;  /* of ald_kept.node, as told */
    struct ald_kept *unsaid; /* the first of them to be said on the present connection; NULL: all are */
    size_t bytes;
    uint64_t serial_out;   /* the last one given */
    uint64_t serial_begun; /* up to it everything was written once, at least in part */
    uint64_t serial_in;    /* the last one received */
    uint64_t acked;
    uint64_t resume_conn; /* who wants it, while its former connection is being ended; 0: nobody */
    uint32_t resume_party;
    uint64_t resume_serial;
    bool over; /* it will not be resumed any more */
};

/* Gives `party` a session that may be away for `ttl` (0: as long as the hub allows). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_session_new(struct ald_hub *hub, struct ald_party *party, ald_usec ttl);
/* Its window must be empty, or the hub is being freed. */
void ald_session_free(struct ald_hub *hub, struct ald_session *session);

void ald_session_resume(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_session_acked(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* Is this the first time that this was received? */
bool ald_session_take(struct ald_hub *hub, struct ald_session *session, uint64_t serial);

void ald_session_tell(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept);
void ald_session_untell(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept);
/* The connection ended, `begun` being the last ordinal that was: a unit of taking back the serials of what was not;
 * false when that is done and the party may go away. */
bool ald_session_rewind(struct ald_session *session, uint64_t begun);
void ald_session_away(struct ald_hub *hub, struct ald_session *session);
void ald_session_wake(struct ald_hub *hub, struct ald_session *session);
/* It will not be resumed: the party is gone, or about to be. */
void ald_session_over(struct ald_hub *hub, struct ald_session *session);
void ald_session_expired(struct ald_hub *hub, struct ald_session *session);

/* A unit of work; false when there is nothing (left) to do now. */
bool ald_session_work(struct ald_hub *hub, struct ald_session *session);
void ald_session_check(const struct ald_hub *hub, const struct ald_session *session);
