#pragma once

/*
 * Connection, as the hub sees it: who speaks there, what was said to it and is not yet written, and whether it may be
 * told more.
 *
 * Lifetime:   OPENED to CLOSED, and then, out of the table, until what hung on it is worked off.
 * Invariants: done <= begun <= said. `handed` holds the commands said on it whose first byte was not reported, by
 *             ordinal. `out_bytes` is the sum of the lumps. While `choked` no command is handed to it.
 */

#include "base/table.h"
#include "hub/alarm.h"
#include "hub/hub.h"

struct ald_party;
struct ald_channel;
struct ald_peer_link;

enum ald_conn_state {
    ALD_CONN_OPEN,    /* it may speak and be spoken to */
    ALD_CONN_LEAVING, /* one of us said goodbye: it finishes what it has */
    ALD_CONN_CLOSING, /* the edge was told to end it; nothing more is said */
    ALD_CONN_ENDED    /* the edge said that it is gone */
};

/*
 * Output is accounted in lumps: runs of ordinals that are given back together when the last of them is written. So an
 * account needs no memory for each signal, and is never more than one lump above the truth.
 */
enum { ALD_CONN_LUMPS = 8 };

struct ald_conn_lump {
    uint64_t last; /* ordinal */
    size_t bytes;
};

/* Parties of one connection: more than any link host has instances, few enough that all of them are worked off soon. */
enum { ALD_CONN_PARTIES_MAX = 1024 };

struct ald_hub_conn {
    struct ald_node node;                               /* the hub's connections, or those that ended */
    struct ald_node work_begun, work_bench, work_leave; /* what the hub has to do for it: see state.h */
    uint64_t number;
    void *edge;
    uint8_t state;       /* enum ald_conn_state */
    uint8_t close_cause; /* enum ald_close_cause, once it leaves */
    bool choked;         /* over its account: no command is handed to it */
    bool paused;         /* and it is not read, see conn_pause() */
    size_t message_max;  /* a reply that is larger cannot be said on it; 0: any can */
    bool resumes_late;   /* whoever is on it may come back while the hub stops */
    bool was_closed;     /* ENDED: by us, and not because it broke */

    uint64_t said, begun, done; /* ordinals */
    size_t out_bytes;
    struct ald_conn_lump lumps[ALD_CONN_LUMPS];
    uint8_t first_lump, n_lumps;
    ald_usec moved; /* when its output last moved, or began to wait */
    struct ald_hub_alarm stall;
    struct ald_hub_alarm leave;

    struct ald_node handed;            /* of ald_command.place */
    struct ald_node transits, untaken; /* of ald_transit.node */
    uint64_t run_first, run_last;      /* ordinals: the latest run of events that are only counted; 0: there is none */
    struct ald_node benched; /* of ald_channel.bench: to be looked at when it is choked no more; see session.h */

    struct ald_node resaying; /* of ald_session.wait: they go on when it is choked no more */
    struct ald_node unheard;  /* of ald_party.hearing: the same */

    struct ald_peer_link *link; /* to another hub, to be told of the graph when it is choked no more; NULL: none */

    struct ald_node parties;
    struct ald_party *latest;   /* the party found last */
    struct ald_table by_number; /* of parties */
    uint32_t n_parties;
    uint32_t n_in_flight; /* commands handed or sent to its channels */
    uint32_t n_submitted; /* commands of its parties that have no outcome */
    uint32_t n_to_leave;  /* parties at the head of the list that are to be told goodbye */
    bool told_leave;      /* one of them was, */
    bool awaits_ready;    /* and says when it is ready to go: it is not closed before because it is idle */
    bool left;            /* it was the peer who said it: nobody is told, their channels take no more */
    bool for_good;        /* they are not asked to come back */

    uint64_t told; /* number of the round that was told last for its instances: see hub/kind.h */

    struct ald_str peer, dialect;
    char text[];
};

void ald_hub_conn_open(struct ald_hub *hub, const struct ald_event *event);
/* NULL when unknown. */
struct ald_hub_conn *ald_hub_conn_find(const struct ald_hub *hub, uint64_t number);
/* Takes it apart, all of what hung on it being gone. */
void ald_hub_conn_free(struct ald_hub *hub, struct ald_hub_conn *conn);

/* It is there to be told something. */
static inline bool ald_hub_conn_hears(const struct ald_hub_conn *conn)
{
    return conn->state == ALD_CONN_OPEN || conn->state == ALD_CONN_LEAVING;
}

/* What a signal costs the account beside its message: the edge's own bookkeeping and the frame's envelope. */
enum { ALD_CONN_SIGNAL_COST = 256 };

/* Can something that costs so much be said without the connection being cut for it? */
bool ald_hub_conn_has_room(const struct ald_hub *hub, const struct ald_hub_conn *conn, size_t cost);
/* It has output, and is choked until that has drained: somebody waits for room. */
void ald_hub_conn_wait(struct ald_hub_conn *conn);

/*
 * Say `signal` (takes its references, always) and charge it. Returns false, having dropped it, when the connection does
 * not hear any more or its account is exhausted, for which it is then cut. May pause or close the connection.
 */
bool ald_hub_conn_say(struct ald_hub *hub, struct ald_hub_conn *conn, struct ald_signal *signal);

/* What is kept of the latest thing said costs so much beside it. */
void ald_hub_conn_charge(struct ald_hub *hub, struct ald_hub_conn *conn, size_t cost);

/* The edge's report. What it says beyond the truth is cut to the truth. */
void ald_hub_conn_written(struct ald_hub *hub, struct ald_hub_conn *conn, uint64_t begun, uint64_t done);

/* Say goodbye and give it its time; close it at once where it has no goodbye. */
void ald_hub_conn_leave(struct ald_hub *hub, struct ald_hub_conn *conn, enum ald_close_cause cause);
/* An operator wants it gone: told goodbye, it ends when what it has in flight has ended, or when it says that it is ready. */
void ald_hub_conn_send_away(struct ald_hub *hub, struct ald_hub_conn *conn, bool reconnect);
/* It said goodbye itself. */
void ald_hub_conn_left(struct ald_hub *hub, struct ald_hub_conn *conn);
/* It is ready to go, as our goodbye asked: it ends (link 3.5: who said goodbye closes), when it has answered what it has. */
void ald_hub_conn_dismiss(struct ald_hub *hub, struct ald_hub_conn *conn);
void ald_hub_conn_close(struct ald_hub *hub, struct ald_hub_conn *conn, enum ald_close_cause cause);
/* Something of it ended: when nothing is left and it is leaving, or the hub is stopping, it may go. */
void ald_hub_conn_settle(struct ald_hub *hub, struct ald_hub_conn *conn);
void ald_hub_conn_ended(struct ald_hub *hub, struct ald_hub_conn *conn);

/* Units of work; false when there is nothing (left) to do for this connection now. */
bool ald_hub_conn_work_begun(struct ald_hub *hub, struct ald_hub_conn *conn);
bool ald_hub_conn_work_bench(struct ald_hub *hub, struct ald_hub_conn *conn);
bool ald_hub_conn_work_leave(struct ald_hub *hub, struct ald_hub_conn *conn);
bool ald_hub_conn_work_ended(struct ald_hub *hub, struct ald_hub_conn *conn);

void ald_hub_conn_stalled(struct ald_hub *hub, struct ald_hub_conn *conn);
void ald_hub_conn_check(const struct ald_hub *hub, const struct ald_hub_conn *conn);
