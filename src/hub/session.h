#pragma once

/*
 * Session: what lets a party lose its connection and go on with another one (DESIGN section 1: `away`), and what several
 * parties of one connection may share: a link host speaks for its instances so (link 1.2, 2.7).
 *
 * Everything said to its parties has a serial, one count for all of them, and stays in the window until it is acknowledged.
 * When the session comes back, its connection names the last serial it has; the rest is said again. A serial is given when
 * something is first said; what was said and certainly never written loses it again, so that the peer sees no gap. There is a
 * gap where something was for a party that has ended meanwhile: it is not said again. Who comes back with less than was
 * acknowledged, or more than was said, would lose something in silence: it is denied (counted, `sessions_torn`), and the session
 * stays for who may know better: of two connections the one that is heard later need not be the later one.
 *
 * The parties come and go together. While the end of a connection is worked off, or the parties are put on a new one, some of
 * them are there and some are away; nothing is said to any of them then.
 *
 * A hub that stops lets the sessions of some protocols come back all the same (link 2.3), until its time is over, and waits for those
 * that are away and owed an answer which was never said to them. Who comes back then is told goodbye as soon as it has everything.
 *
 * Lifetime:   REGISTER of the first party, until that says goodbye, it is away too long, or its window is over all limits; then
 *             until its window is empty and its parties have left it.
 * Limits:     a window that holds session_window_max messages, or session_window_bytes_max of memory (ald_kept_cost()), or, where all
 *             windows have no more room, session_window_bytes_sure, is full: its channels get no command, events for it are dropped,
 *             counted, and commands from it are refused. It is not full any more at half of that. Answers go on for another
 *             out_bytes_max, as in the output of a connection; then it is over. Nobody who sends to a full one is kept waiting: what
 *             he has to say to others would wait, too, so one slow consumer would be felt by all.
 * Invariants: `first` is of the session until it is over. Those of `parties` that are away stand before those that are there. One
 *             that is away with all its parties has its alarm set, or is over.
 */

#include "hub/alarm.h"
#include "hub/kept.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_party;

struct ald_session {
    struct ald_node node;      /* the hub's sessions */
    struct ald_node work;      /* the hub's sessions that have something to do */
    struct ald_node wait;      /* a choked connection's */
    struct ald_hub_conn *conn; /* where its parties are, or are being put; NULL: it is away */
    struct ald_node parties;   /* of ald_party.of_session */
    struct ald_party *first;   /* who made it; NULL: gone */
    uint32_t n_parties;
    uint32_t n_here; /* of them: on `conn` */
    uint64_t number;
    ald_usec ttl; /* how long it may be away */
    struct ald_hub_alarm alarm;
    struct ald_node window;  /* of ald_kept.node, as told */
    struct ald_node benched; /* of ald_channel.bench: to be looked at when it is choked no more */
    struct ald_kept *unsaid; /* the first of the window to be said on the present connection; NULL: all are */
    size_t bytes;
    uint32_t n_window;
    uint32_t n_owed;       /* of the window: answers that were never said, if it resumes late */
    uint64_t serial_out;   /* the last one given */
    uint64_t serial_begun; /* up to it everything was written once, at least in part */
    uint64_t serial_in;    /* the last one received */
    uint64_t acked;        /* everything up to it is let go, and whoever resumes must have it */
    uint64_t resume_conn;  /* who wants it, while its former connection is being ended; 0: nobody */
    uint32_t resume_party;
    uint64_t resume_serial;
    uint64_t told;     /* number of the round that was told last for its instances: see hub/kind.h */
    uint8_t form;      /* of its frames: see ald_signal.form */
    bool resumes_late; /* while the hub stops, too */
    bool is_returning; /* its parties are being put on `conn`, the first one is there; or were, when that ended */
    bool over;         /* it will not be resumed any more */
    bool full;
};

/* Gives `party`, which is on its connection, the session that its REGISTER asks for. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_session_new(struct ald_hub *hub, struct ald_party *party, const struct ald_signal *signal);
/* All of it is here, and goes on. */
bool ald_session_may_be_joined(const struct ald_session *session);
/* `party` has none, and is on its connection. */
void ald_session_join(struct ald_session *session, struct ald_party *party);
/* It ends while others of the session go on; the last one ends the session. */
void ald_session_leave(struct ald_hub *hub, struct ald_party *party);
/* The registration of `party` failed: as if it had not joined, or its session had not been made. */
void ald_session_undo(struct ald_hub *hub, struct ald_party *party);
/* Its window must be empty, or the hub is being freed. */
void ald_session_free(struct ald_hub *hub, struct ald_session *session);

/* The parties of a session are being put on it, so nobody else may come there. */
bool ald_session_returns_on(struct ald_hub_conn *conn);

/* The party was put on a connection, or taken from it. */
void ald_session_attached(struct ald_session *session, struct ald_party *party);
void ald_session_detached(struct ald_session *session, struct ald_party *party);

void ald_session_resume(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_session_acked(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* Is this the first time that this was received? */
bool ald_session_take(struct ald_hub *hub, struct ald_session *session, uint64_t serial);

/* What is told waits, or it has all that it can hold. */
bool ald_session_is_choked(const struct ald_session *session);
void ald_session_tell(struct ald_hub *hub, struct ald_party *party, struct ald_kept *kept);
void ald_session_untell(struct ald_hub *hub, struct ald_kept *kept);
/* The connection ended, `begun` being the last ordinal that was: a unit of taking back the serials of what was not;
 * false when that is done and its parties may go away. */
bool ald_session_rewind(struct ald_hub *hub, struct ald_session *session, uint64_t begun);
/* The last of its parties is away. */
void ald_session_away(struct ald_hub *hub, struct ald_session *session);
void ald_session_wake(struct ald_hub *hub, struct ald_session *session);
/* It will not be resumed: its parties are gone, or about to be. */
void ald_session_over(struct ald_hub *hub, struct ald_session *session);
void ald_session_expired(struct ald_hub *hub, struct ald_session *session);

/* session_resume.c, for session.c. */
/* The first of the window; NULL: it is empty. */
struct ald_kept *ald_session_first(const struct ald_session *session);
/* The first of those that are away, of which there must be one. */
struct ald_party *ald_session_absent(const struct ald_session *session);
/* A unit of putting the others on the connection where the first one is, until all are there: one may have ended meanwhile. */
void ald_session_return(struct ald_hub *hub, struct ald_session *session);

/* A unit of work; false when there is nothing (left) to do now. */
bool ald_session_work(struct ald_hub *hub, struct ald_session *session);
/* Gives the bytes that its window holds. */
size_t ald_session_check(const struct ald_hub *hub, const struct ald_session *session);
