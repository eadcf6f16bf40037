#pragma once

/*
 * Inside of a load, which its files share:
 *
 *     load.c   its life, its phases and what it found
 *     peer.c   its connections
 *     pace.c   which command is sent when, and what became of it
 */

#include "base/list.h"
#include "load/peer.h"
#include "loop/loop.h"

/* A command that was sent. The low bits of its number say where it is kept, the high ones that it is no earlier one. */
struct load_slot {
    uint64_t number;   /* of the command that has it, or had it last */
    bool open;         /* it is not answered */
    uint32_t next;     /* while it is free: the next free one; the last has n_slots */
    ald_usec intended; /* when it was to be sent */
    bool measured;     /* it counts */
};

struct ald_load {
    struct ald_net *net;
    struct ald_loop *loop;
    struct ald_load_spec spec;
    ald_load_fn fn;
    void *owner;
    enum ald_load_phase phase;
    struct ald_alarm alarm; /* the end of the phase */
    struct ald_task task;   /* the next phase begins, or the load is done */
    bool stopped;

    struct ald_load_peer *peers; /* agents first, then callers */
    size_t n_peers, n_dialed, n_ready;
    char *payload;
    struct ald_buf command; /* what every command is made of */
    size_t number_at;
    uint64_t salt;

    struct load_slot *slots;
    size_t n_slots; /* a power of two */
    uint32_t free_slot;
    uint64_t n_sent;
    size_t n_open; /* not answered */
    size_t next_caller;

    struct ald_poll *ticker; /* at a fixed rate: a timer descriptor */
    ald_usec pace_from;      /* when command pace_first was to be sent */
    uint64_t pace_first;     /* n_sent then */

    ald_usec begun, measured_from, measured_to;
    ald_usec connected;
    uint64_t outcomes[ALD_LOAD_OUTCOMES];
    uint64_t n_in_time, n_measured, n_served;
    struct ald_histogram latency;
    char failure[256];
    char refusal[256];
};

/* load.c */

/* The load ends early, and this is why; the first reason stays. */
void ald_load_fail(struct ald_load *load, struct ald_str why);
/* Look whether the phase is over. */
void ald_load_check(struct ald_load *load);

/* peer.c */

/* Connect as many as may be on their way at once. */
void ald_load_dial(struct ald_load *load);
void ald_load_peers_free(struct ald_load *load);

/* pace.c */

/* The first commands. Errors: ALDIS_E_LIMIT (no descriptor for a timer). */
ALD_NODISCARD int ald_load_pace_start(struct ald_load *load);
void ald_load_pace_stop(struct ald_load *load);

static inline bool ald_load_sending(const struct ald_load *load)
{
    return load->phase == ALD_LOAD_WARMING || load->phase == ALD_LOAD_MEASURING;
}
