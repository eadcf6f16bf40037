#pragma once

/*
 * Hub: everything the exchange decides, as one pure step function.
 *
 *     events in:   a connection came, said something, wrote something, ended; time passed
 *     effects out: say this signal on that connection, stop reading it, close it
 *
 * It has no clock, socket or random source: time and the seed arrive in events and configuration, so a simulator can run
 * it a million times on a virtual clock, and a run can be repeated from its seed.
 *
 * Lifetime:   ald_hub_new() to ald_hub_free(), which may be called in any state.
 * Threading:  one thread. Effects are read and cleared by the caller before the next step; the views in them live as long.
 * Bounds:     a step works for at most `[limits] step_work` units (a delivery, a fan-out member, a lost command) and leaves
 *             the rest for the next: ald_hub_deadline() then says "now". Nothing is allocated but on admission of a
 *             connection, a registration or a command; when memory is short there, that one is refused (`busy`) and
 *             everything admitted goes on.
 * Invariants: every command admitted has exactly one outcome, by its deadline plus a second (DESIGN, the promise).
 */

#include "base/error.h"
#include "hub/counters.h"
#include "msg/signal.h"

struct ald_hub;

struct ald_hub_config {
    struct ald_str id;         /* this hub's name; [hub] id */
    struct ald_str controller; /* target of what the hub does not answer itself; absent: nobody; [hub] controller */
    /* Names of commands that only the confirmed primary channel of its target may submit, comma separated; a `*` at the end
     * of one stands for any rest. Absent: everybody may; [hub] primary_only */
    struct ald_str primary_only;
    uint64_t seed; /* of ids, jitter and hashes */
    ald_usec now;
    ald_wall wall;

    ald_usec deadline_default; /* of a command that says none; [exchange] reply_timeout, 60 s */
    ald_usec deadline_max;     /* [limits] deadline_max, 24 h */

    uint32_t connections_max;       /* at once */
    uint32_t commands_max;          /* in flight and queued, in all */
    uint32_t channel_in_flight_max; /* sent or being sent, a channel */
    uint32_t channel_queue_max;     /* waiting for one channel, or for any of one target */
    size_t channel_queue_bytes_max;
    size_t commands_bytes_max; /* held by commands without an outcome, payloads included: those sent are held as well */
    size_t queue_bytes_max;    /* waiting in all */
    uint32_t caller_in_flight_max; /* commands of one connection that have no outcome yet */
    size_t
        out_bytes_max; /* said to one connection and not yet written: replies beyond it cut a caller that does not read */
    size_t out_bytes_high; /* beyond it no further command is sent to the connection, and it is not read */
    uint32_t attempts_max; /* of an idempotent command */
    uint32_t step_work;

    uint32_t hops_max;           /* links between hubs that a message passes; [hub] hops_max, 16 */
    uint32_t hubs_max;           /* known, this one included */
    uint32_t hub_targets_max;    /* that one hub may say it has */
    uint32_t route_facts_max;    /* that all others may say together */
    uint32_t peer_in_flight_max; /* of one link to another hub, either way: see channel_ and caller_in_flight_max */

    ald_usec health_interval; /* per channel, jittered by a quarter; [exchange] healthcheck_interval, 30 s; 0: never */
    ald_usec health_timeout;  /* of one check */
    uint32_t health_failures; /* in a row, until the channel is inactive and asked to leave */
    ald_usec primary_timeout; /* to confirm a promotion or a demotion */
    ald_usec leave_timeout;   /* from our goodbye to the end of the connection */
    ald_usec stall_timeout;   /* output waits and not a byte is written for so long: the connection is cut */
    ald_usec session_max;     /* longest a session may be away */
    uint32_t session_window_max; /* messages said to a session and not acknowledged: beyond it, and beyond the bytes, it is
                                    given no command and no event */
    size_t session_window_bytes_max;
    size_t session_windows_bytes_max; /* the same of all sessions together */
    size_t session_window_bytes_sure; /* what a session may hold even then */

    uint32_t hold_max;        /* events held for targets that are expected, in all */
    uint32_t hold_target_max; /* and for one of them */
    size_t hold_bytes_max, hold_target_bytes_max; /* the same in bytes */
    ald_usec hold_ttl;                            /* how long, where its sender does not say; at most deadline_max */
    uint32_t broadcasts_max;                      /* being told at once */
    size_t broadcasts_bytes_max;                  /* and what these hold */

    uint32_t replay_max;          /* events of a name that are remembered for who missed them (hub/series.h), by count */
    size_t replay_name_bytes_max; /* and by what they hold, payloads included */
    size_t replay_bytes_max;      /* the same of all names */
    ald_usec replay_age;          /* and by age */

    uint32_t history_max;     /* outcomes remembered, by count */
    ald_usec history_age;     /* and by age */
    size_t history_bytes_max; /* and by what they hold, payloads included */
};

/* Every limit with its default and its reason stands in hub/config.c. */
void ald_hub_config_init(struct ald_hub_config *config);

/* Gives a hub. `messages` (outlives it) is where the hub takes its own messages from. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_hub_new(const struct ald_hub_config *config, struct ald_msg_pool *messages,
                              struct ald_hub **ret_hub);
struct ald_hub *ald_hub_free(struct ald_hub *hub);
ALD_DEFINE_CLEANUP(struct ald_hub *, ald_hub_free);

enum ald_event_kind {
    ALD_EVENT_OPENED,  /* a connection is up and may speak */
    ALD_EVENT_SIGNAL,  /* it said something */
    ALD_EVENT_WRITTEN, /* its output moved on: see `begun`, `done` */
    ALD_EVENT_CLOSED,  /* it is gone; no effect names it from this step on */
    ALD_EVENT_TICK,    /* time passed: ald_hub_deadline() has come */
    ALD_EVENT_DRAIN,   /* stop taking new work; ends by itself: see ald_hub_drained() */

    ALD_EVENT_NEWS,   /* the edge found something out: `news`, which the hub remembers and passes on */
    ALD_EVENT_REMEMBER, /* somebody reads the events of the name `text`, which are remembered from now on (hub/series.h);
                           `result`: 0, or ALD_ASK_CONFLICT: there is no room for another name */
    ALD_EVENT_EXPECT, /* targets that are known to come and go: `text`, comma separated; what may wait for one does
                         (ALD_MSG_HOLD). Replaces the former list */

    /* What an operator asks; whether he may is decided before. `result` says what became of it. */
    ALD_EVENT_CANCEL,          /* take the command `text` back, as its caller would */
    ALD_EVENT_CHANNEL_LEAVE,   /* tell the channel `text` goodbye; it finishes what it has, and its connection ends */
    ALD_EVENT_CHANNEL_PRIMARY, /* make the channel `text` primary: an election whose winner is known */
    ALD_EVENT_UNSUBSCRIBE,     /* the party of the channel `text` hears events of `name` no more, and is not told so */
    ALD_EVENT_COUNT
};

/* Results of what an operator asks; 0: it is done, or on its way. */
enum {
    ALD_ASK_UNKNOWN = 1, /* no such command, channel or subscription */
    ALD_ASK_CONFLICT     /* it has its outcome; it is leaving already; it is not live, active and able to confirm */
};

struct ald_event {
    uint8_t kind; /* enum ald_event_kind */
    ald_usec now; /* never goes back */
    ald_wall wall;
    uint64_t conn; /* the edge's number of the connection: from 1, never used again. One that the hub does not know is
                      ignored, counted: the edge may be a step behind. */

    void *edge;          /* OPENED: handed back in every effect for this connection */
    struct ald_str peer; /* OPENED: for people: address and dialect. Borrowed for the call */
    struct ald_str dialect;    /* OPENED, and by connections SIGNAL: whose words it says, for whoever judges it */
    size_t message_max; /* OPENED: the largest message that its protocol can say there; 0: any */
    bool resumes_late; /* OPENED: its protocol resumes sessions while the hub stops as well, and may be here for that */
    struct ald_signal *signal; /* SIGNAL: borrowed; the hub takes its own references */
    struct ald_news *news;     /* NEWS: the same. CLUSTER: only `number`, the neighbours that are known with this hub */

    /*
     * WRITTEN: signals up to ordinal `begun` have had their first byte given to the kernel, up to `done` their last.
     * What was said and not begun is not *sent*: it moves to another channel when the connection ends. The report counts
     * as movement (see stall_timeout) even when neither number has changed: part of a large signal was written.
     */
    uint64_t begun, done;

    ald_usec leave_until; /* DRAIN: by then everybody is cut */
    struct ald_str text;  /* CLOSED: why, for people. REMEMBER: 1 to ALD_NAME_MAX bytes. CANCEL: the id of a command, the hub's or its sender's (the newest of
                             several). CHANNEL_LEAVE, CHANNEL_PRIMARY, UNSUBSCRIBE: the id of a channel. Borrowed for the call */
    struct ald_str name;  /* UNSUBSCRIBE: of events. Borrowed for the call */
    bool reconnect;       /* CHANNEL_LEAVE: it is told that it may come back */
    int result;           /* REMEMBER, CANCEL, CHANNEL_LEAVE, CHANNEL_PRIMARY, UNSUBSCRIBE: set by the step: 0 or ALD_ASK_* */
};

enum ald_effect_kind {
    ALD_EFFECT_SIGNAL, /* say `signal` on the connection */
    ALD_EFFECT_PAUSE,  /* stop reading it */
    ALD_EFFECT_RESUME, /* read it again */
    ALD_EFFECT_CLOSE   /* end it: `cause` and text say why. CLOSED must follow */
};

/* Why the hub ends a connection; dialects have their own codes for these. */
enum ald_close_cause {
    ALD_CLOSE_LEFT,      /* it said goodbye, or was told to and had its time */
    ALD_CLOSE_UNHEALTHY, /* health checks failed */
    ALD_CLOSE_MUTE,      /* it did not say that it heard whether it is primary */
    ALD_CLOSE_SLOW,      /* it does not read what it is sent */
    ALD_CLOSE_REPLACED,  /* another took its name */
    ALD_CLOSE_DENIED,    /* its registration was denied */
    ALD_CLOSE_FULL,      /* too many connections */
    ALD_CLOSE_STOPPING,  /* the hub stops */
    ALD_CLOSE_TAKEN      /* its session goes on on another connection */
};

struct ald_effect {
    uint8_t kind;  /* enum ald_effect_kind */
    uint8_t cause; /* CLOSE: enum ald_close_cause */
    uint64_t conn;
    void *edge;
    struct ald_signal signal; /* SIGNAL */
    const char *text;         /* CLOSE: static, for people */
};

/*
 * A fixed ring of effects, allocated once. ald_hub_step() adds at most step_work + ALD_EFFECTS_SLACK; the caller takes them
 * all out before the next step.
 */
struct ald_effects {
    struct ald_effect *ring;
    size_t n, max;
};
enum { ALD_EFFECTS_SLACK = 16 };
ALD_NODISCARD int ald_effects_init(struct ald_effects *effects, const struct ald_hub_config *config);
/* Clears every effect (its signal's references) and empties the ring. */
void ald_effects_clear(struct ald_effects *effects);
void ald_effects_fini(struct ald_effects *effects);

/* One step. Never fails: see Bounds. `effects` must be empty. Of `event` only the result is changed. */
void ald_hub_step(struct ald_hub *hub, struct ald_event *event, struct ald_effects *effects);

/* When to step with TICK: a time that may already have passed, or ALD_NEVER. */
ald_usec ald_hub_deadline(const struct ald_hub *hub);

/* After DRAIN: no command is in flight, no event is held and every connection has been told to end and did; and nobody who may come
 * back is owed an answer, until the time to leave is over. */
bool ald_hub_drained(const struct ald_hub *hub);

/* Asserts every invariant that can be seen from inside; for tests and the simulator, O(everything). */
void ald_hub_check(const struct ald_hub *hub);
