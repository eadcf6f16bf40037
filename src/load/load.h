#pragma once

/*
 * Load: callers that keep a hub busy and measure it, and agents that answer them with what they were sent.
 *
 * It opens the agents' connections, then the callers', warms up, measures, waits for what is still unanswered, and is done.
 *
 *   - In a closed loop each caller has `in_flight` commands open and sends the next when one is answered. That tells how much
 *     goes through, and how long one takes when nobody sends more than can be answered.
 *   - At a fixed rate the instants at which commands are sent are fixed before the first one, and a latency counts from its
 *     instant, not from when we came to send it. So a pause of the hub is seen by every command that should have been sent
 *     meanwhile, not by one only (what is called coordinated omission).
 *
 * What the bytes are is the business of a *speech*. All peers live in one thread, and do as little as possible a command, so
 * that the hub is what is measured.
 *
 * Lifetime:   ald_load_new() to ald_load_free(), which is not called inside the callback.
 * Threading:  the loop's thread.
 * Limits:     payloads up to ALD_LOAD_SIZE_MAX; commands without an answer up to ALD_LOAD_OPEN_MAX: a rate that a hub cannot
 *             keep up with ends there, and is told.
 */

#include "load/histogram.h"
#include "transport/dial.h"

struct ald_load;
struct ald_load_speech;
struct ald_net;
struct ald_tls;

enum {
    ALD_LOAD_SIZE_MIN = 2,     /* a payload is a JSON string: its quotes */
    ALD_LOAD_SIZE_MAX = 60000, /* with its envelope it is one WebSocket frame of at most 64 KiB (exchange.md 2.5) */
    ALD_LOAD_OPEN_MAX = 1 << 17,
};

enum ald_load_phase { ALD_LOAD_CONNECTING, ALD_LOAD_WARMING, ALD_LOAD_MEASURING, ALD_LOAD_DRAINING, ALD_LOAD_DONE };

/* How a command ended. */
enum ald_load_outcome { ALD_LOAD_SUCCEEDED, ALD_LOAD_REFUSED, ALD_LOAD_FAILED, ALD_LOAD_OUTCOMES };

/* Everything is borrowed for the load's life; `tls` is shared. */
struct ald_load_spec {
    const struct ald_load_speech *speech;
    struct ald_place caller_place; /* where callers connect */
    struct ald_place agent_place;  /* where agents do; mostly the same */
    struct ald_tls *tls;           /* NULL: none */
    const char *prefix;            /* path before the protocol's own, for hubs behind a proxy; "" */
    const char *host;              /* the Host header */
    const char *token;             /* shown to be let in; NULL: none */
    const char *agent_token;       /* the same for agents, where theirs is another; NULL: it is not */
    const char *target;            /* whom commands go to; our agents serve it */
    const char *mode;              /* "any", "primary" or "all"; NULL: any */
    size_t n_agents;
    size_t n_callers;
    size_t in_flight;  /* of each caller, in a closed loop */
    uint64_t rate;     /* commands a second of all callers together; 0: a closed loop */
    uint64_t count;    /* end after so many commands, without warming up; 0: by time */
    size_t size;       /* bytes of a payload */
    ald_usec warm_up;  /* not measured */
    ald_usec duration; /* measured */
    ald_usec deadline; /* of a command */
};

/* The defaults: one caller, one agent, one in flight, 16 bytes, a second of warming up, five measured, deadline 30 s. */
void ald_load_spec_init(struct ald_load_spec *spec);

struct ald_load_result {
    uint64_t outcomes[ALD_LOAD_OUTCOMES]; /* of those sent in the measured time, however late the answer came */
    uint64_t n_unanswered;
    uint64_t n_in_time;                  /* answered within the measured time, from which the throughput is */
    uint64_t n_served;                   /* commands that our agents answered, from the first on */
    ald_usec elapsed;                    /* of the measured time */
    ald_usec connecting;                 /* how long it took until all were connected */
    const struct ald_histogram *latency; /* microseconds; of what succeeded */
    const char *failure;                 /* "" when all went well; else why the load ended early */
    const char *refusal;                 /* what the first command that did not succeed was told; "" */
};

typedef void (*ald_load_fn)(void *owner, struct ald_load *load, enum ald_load_phase phase);

/*
 * Gives a load that begins in the next turn; `fn` hears of every phase, the last is ALD_LOAD_DONE. Errors: ALDIS_E_NOMEM,
 * ALDIS_E_INVALID (a size or a number out of its limits).
 */
ALD_NODISCARD int ald_load_new(struct ald_net *net, const struct ald_load_spec *spec, ald_load_fn fn, void *owner,
                               struct ald_load **ret_load);
/* Measure no longer: what was measured until now is the result. Done follows, once the open commands are answered. */
void ald_load_stop(struct ald_load *load);
/* What is known until now; valid while the load lives. */
void ald_load_result(const struct ald_load *load, struct ald_load_result *ret_result);
/* Connections that are ready, for a progress line. */
size_t ald_load_ready(const struct ald_load *load);
/* NULL is fine; returns NULL. */
struct ald_load *ald_load_free(struct ald_load *load);
ALD_DEFINE_CLEANUP(struct ald_load *, ald_load_free);
