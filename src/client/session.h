#pragma once

/*
 * Session: what lets a client lose its connection and go on with another one, with nothing lost and nothing twice, where the
 * hub gives it one (link.md 3). It is the client's half of what hub/session.h is there.
 *
 * What is said in it has a serial, and stays in the window until the hub acknowledges it. When the session comes back, the hub
 * names the last serial that it has, and the rest is said again; replies that are given while it is away are said then, too. A
 * serial is given when something is first said; what certainly never left loses it again, so that the hub sees no gap. Calls
 * and events that come while it is away wait where they wait for any hub (call.c, event.c).
 *
 *     NONE -> HERE -> AWAY -> ASKED -> HERE            and back to NONE from everywhere
 *
 * Lifetime:   from a REGISTERED with ALD_CAN_RESUME until the hub does not know it any more, it was away too long, another
 *             hub has taken us in, something of it was lost here, or the client ends.
 * Threading:  the loop's thread.
 * Limits:     a window with options.window_max messages, or window_bytes of them, is full: calls wait to be submitted, and
 *             events are kept, or refused. It is not full any more at half of that. Replies go on; a window that has
 *             SESSION_PATIENCE times as much spoils the session: that hub acknowledges nothing.
 */

#include "base/block.h"
#include "base/list.h"
#include "loop/loop.h"
#include "msg/signal.h"

struct ald_client;
struct ald_client_kept;

enum ald_client_session_state {
    ALD_CLIENT_SESSION_NONE,
    ALD_CLIENT_SESSION_HERE, /* its connection stands */
    ALD_CLIENT_SESSION_AWAY, /* it has none, and may come back */
    ALD_CLIENT_SESSION_ASKED /* there is one, on which the hub was asked for it */
};

/* Of a call: what it said, as long as that is in the window. */
struct ald_client_tie {
    struct ald_client_kept *kept; /* NULL: it is not */
    uint64_t ordinal;             /* of its latest saying on a connection; UINT64_MAX: it is to be said again */
};

struct ald_client_session {
    uint8_t state;                   /* enum ald_client_session_state */
    bool spoilt;                     /* something of it was lost here: it must not come back */
    bool resumed;                    /* it goes on, on another connection than it began on */
    bool full;                       /* its window takes no more calls and events */
    bool moved;                      /* since it was lost, or began, something of it has come, or was acknowledged */
    size_t url_at;                   /* whose it is */
    ald_usec ttl;                    /* how long it may be away, */
    ald_usec until;                  /* and, from AWAY on, until when */
    struct ald_slice token, address; /* what is shown to resume, and who we are in it */
    struct ald_node window;
    size_t n_window, bytes;
    uint64_t serial_out;   /* the last one given */
    uint64_t serial_begun; /* up to it everything has left once, at least in part */
    uint64_t serial_in;    /* the last one received */
    struct ald_alarm alarm;
};

void ald_client_session_init(struct ald_client *client);
/* Let go of everything without a word. */
void ald_client_session_fini(struct ald_client *client);

/* There is one, here or away. */
static inline bool ald_client_session_stands(const struct ald_client_session *session)
{
    return session->state != ALD_CLIENT_SESSION_NONE;
}

/* Ask for it on a new connection: fills in what to say. False: there is none that could be asked for there. */
bool ald_client_session_ask(struct ald_client *client, struct ald_signal *ret_resume);
/* REGISTERED has come: it is back, and everything is said again; or there is a new one, or none. */
void ald_client_session_registered(struct ald_client *client, const struct ald_signal *signal);
/* DENIED has come. True: it was asked for, and is over; who wants to be let in must register. */
bool ald_client_session_denied(struct ald_client *client);

/* What a hub may be waited for at most between two attempts: while its session may come back, there are to be several of them.
 * ALD_NEVER: there is none that may. */
ald_usec ald_client_session_patience(const struct ald_client *client);

/* Note that `signal` of the hub's has come. True: it did before, and is to be dropped. */
bool ald_client_session_repeats(struct ald_client *client, const struct ald_signal *signal);
/* The hub has everything up to `serial`. */
void ald_client_session_acked(struct ald_client *client, uint64_t serial);

/* Is `kind` said in it? Then there need be no connection. */
bool ald_client_session_takes(const struct ald_client *client, enum ald_signal_kind kind);
/*
 * Say `signal` (shares; its texts live in its messages, or for ever), or keep it until it can be said. `tie` (may be NULL) lives
 * until it is untied. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_client_session_say(struct ald_client *client, struct ald_signal *signal,
                                         struct ald_client_tie *tie);
/* Who said it is gone: what is still to be said for the first time is not said at all. */
void ald_client_session_untie(struct ald_client *client, struct ald_client_tie *tie);

/* The connection has ended. True: the session may come back. */
bool ald_client_session_lost(struct ald_client *client);
/* It is over, or there was none: calls and jobs hear so, and events that never left wait for another hub, or are dropped. */
void ald_client_session_over(struct ald_client *client);
