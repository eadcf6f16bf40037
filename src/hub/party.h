#pragma once

/*
 * Party: who speaks on a connection, numbered by the dialect within it. It submits commands, and while it is registered
 * under the name of a target it has a channel.
 *
 * Lifetime:   REGISTER to the end of its connection, or of its session; then until its commands have let go of it.
 * Invariants: n_submitted is the number of its commands without an outcome, those whose wire id another command
 *             has as well in wire_ids.
 */

#include "base/table.h"
#include "hub/conn.h"
#include "hub/kept.h"

struct ald_channel;
struct ald_peer_link;
struct ald_session;
struct ald_who;

enum ald_party_state {
    ALD_PARTY_LIVE, /* its connection is there */
    ALD_PARTY_AWAY, /* its session may resume */
    ALD_PARTY_GONE
};

struct ald_party {
    struct ald_node node; /* its connection's parties, or the hub's that have no connection */
    struct ald_node work; /* gone before its connection or session: the hub's that are worked off by themselves */
    struct ald_hub_conn *conn;
    uint32_t number;
    uint32_t traits;
    uint8_t state;              /* enum ald_party_state */
    uint8_t lost_cause;         /* GONE: enum ald_cause of what it had */
    uint8_t kind;               /* enum ald_party_kind */
    uint8_t peering;            /* enum ald_peering: it is another hub */
    bool is_parting;            /* it ended by itself, and is not worked off */
    struct ald_peer_link *link; /* NULL: it is no hub, or none any more */
    struct ald_who *who;
    struct ald_channel *channel; /* its registration, or NULL */
    uint32_t n_channels;         /* with those that are gone and finish */
    struct ald_node finishing;   /* of ald_channel.party_node: these */
    struct ald_node submitted;   /* of ald_command.caller_node */
    uint32_t n_submitted;
    uint32_t n_in_flight; /* commands handed or sent to its channels */
    struct ald_table wire_ids;
    struct ald_session *session; /* NULL: it ends with its connection */
    struct ald_node of_session;  /* of ald_session.parties */
    uint32_t n_kept;             /* what is for it in the window of a session */

    struct ald_node of_kind; /* the hub's parties of its kind: see hub/kind.h */
    uint64_t of_kind_since;

    struct ald_node subscriptions, replays; /* see hub/subscribe.h */
    uint32_t n_subscriptions;

    struct ald_node capabilities; /* of ald_capability_holder.of_party: see hub/capable.h */
    uint32_t n_capabilities, n_patterns, capability_bytes;
    struct ald_node hearing; /* who hears of the world: see hub/bulletin.h */
    uint64_t hears_next;     /* number of the next piece of news */
    bool is_passed;          /* it is over its account, and goes on later */
    bool wants_load;
};

/* NULL when it never registered. */
struct ald_party *ald_party_find(struct ald_hub_conn *conn, uint32_t number);

/* Gives a party without a name, on `conn`. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_party_new(struct ald_hub *hub, struct ald_hub_conn *conn, uint32_t number,
                                struct ald_party **ret_party);
void ald_party_unregister(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* Of what it says it can, what counts: a hub is nobody's agent, is not asked for its health, nor elected, and has no session. */
uint32_t ald_party_traits(uint8_t peering, uint32_t traits);
void ald_party_set_traits(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_party_leave(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* Refuse what it asked for; a connection whose first party is nobody yet is cut. `text` (borrows) lives as long as the effects of
 * this step, and is for people. */
void ald_party_deny(struct ald_hub *hub, struct ald_hub_conn *conn, uint32_t number, enum ald_cause cause,
                    struct ald_str text);
/* The same, but who is nobody may still ask for something else: one whose session is gone registers anew (link.md 2.3). */
void ald_party_refuse(struct ald_hub *hub, struct ald_hub_conn *conn, uint32_t number, enum ald_cause cause,
                      struct ald_str text);
/* Why the edge denied what `signal` asks for: its text, for as long as the effects of this step live. */
struct ald_str ald_party_denial(struct ald_hub *hub, const struct ald_signal *signal);

/* There is somebody who can be told something, now or when the session resumes. */
bool ald_party_hears(const struct ald_party *party);
/* Its connection takes no more commands and droppable things now. */
bool ald_party_is_choked(const struct ald_party *party);

/* Say something about the link itself; dropped while the party is away. Takes the references of `signal`. */
void ald_party_say(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal);
/* Its channel takes no more; it is told so if it knows what a goodbye is. */
void ald_party_say_goodbye(struct ald_hub *hub, struct ald_party *party, bool reconnect);
/* `signal` is about to be said to it outside of a window. One that has said goodbye has none any more, and is told things until its
 * connection ends: nothing of that is kept, but its peer goes on counting (link 2.7). */
void ald_party_number(struct ald_party *party, struct ald_signal *signal);
/* Tell it what `kept` stands for; with a session it is kept until it is acknowledged. Never fails. */
void ald_party_tell(struct ald_hub *hub, struct ald_party *party, struct ald_kept *kept);
/* What was told and is known not to have been written is taken back. */
void ald_party_untell(struct ald_hub *hub, struct ald_kept *kept);
/* Tell it something that may be dropped: when it is choked, or memory is short. Takes the references; false: dropped. */
bool ald_party_offer(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal);
/* The same, where it is dropped only when memory is short. */
bool ald_party_keep(struct ald_hub *hub, struct ald_party *party, struct ald_signal *signal);

/* Its connection has ended: a unit of letting go. Once nothing is left to do it is no longer among the connection's. */
void ald_party_work_ended(struct ald_hub *hub, struct ald_party *party);
/* It joined the session of another party of its connection (see session.h): it may end by itself. */
bool ald_party_is_joined(const struct ald_party *party);
/* Its end is that of its connection: it is the only party there, or others joined its session. */
bool ald_party_is_whole(const struct ald_party *party);
/* It ends before its connection or session does, which it leaves at once; a unit of letting go of it then; false when that is
 * done. What was written to it and is not answered is lost, for `lost_cause` (an ald_cause). */
void ald_party_end(struct ald_hub *hub, struct ald_party *party, uint8_t lost_cause);
bool ald_party_work_parting(struct ald_hub *hub, struct ald_party *party);
/* It is gone for good: what hung on it is let go of in slices. `lost_cause` is an ald_cause. */
void ald_party_part(struct ald_hub *hub, struct ald_party *party, uint8_t lost_cause);
/* A unit of letting go of a party that is GONE; false when it hangs on nothing of ours any more. */
bool ald_party_work_gone(struct ald_hub *hub, struct ald_party *party);
/* Put it under `conn` as its party `number`, which must be free. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_party_attach(struct ald_party *party, struct ald_hub_conn *conn, uint32_t number);
/* It can be told something later: what is said now waits. */
bool ald_party_can_wait(const struct ald_party *party);
/* The answer to what it asked for. */
void ald_party_say_registered(struct ald_hub *hub, struct ald_party *party);
/* Free it if nothing hangs on it any more; it must be GONE. */
void ald_party_settle(struct ald_hub *hub, struct ald_party *party);
void ald_party_free(struct ald_hub *hub, struct ald_party *party);
void ald_party_check(const struct ald_hub *hub, const struct ald_party *party);
