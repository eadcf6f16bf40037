#pragma once

/*
 * Caller: calls one place again and again, so that there is a connection to it whenever that can be.
 *
 *     WAITING -> CALLING -> LINKED -> WAITING -> ...
 *
 * When a connection ends, or could not be made, its owner says when to call again: what that depends on is the family's
 * business (communicator 6.1) or the settings'. A dial never blocks; a host with several addresses is tried at each.
 *
 * Lifetime:   ald_caller_new() to ald_caller_free(), which closes its connection, and comes before the edge is freed, and
 *             never inside of its own callbacks.
 * Threading:  the loop's thread only.
 */

#include "base/rng.h"
#include "conn/conn.h"
#include "transport/dial.h"

struct ald_caller;

struct ald_caller_callbacks {
    const char *name; /* for people, like a door's; static */
    /* The stream is there: which variant of the dialect did both ends agree on? False: it is not who was meant. NULL: the
     * one of the spec. See ald_ws_header(). */
    bool (*agreed)(void *owner, const struct ald_stream *stream, uint32_t *variant);
    /* The hub has let it in, as `target` (borrowed). Inside a step of the hub. NULL: nobody cares. */
    void (*linked)(void *owner, struct ald_str target);
    /* It ended (borrows `end`): after how long is it to be called again? ALD_NEVER: not before ald_caller_call(). */
    ald_usec (*again)(void *owner, const struct ald_conn_end *end);
};

/* Everything but the callbacks is copied, `tls` shared, `ws` with all that it shows. */
struct ald_caller_spec {
    struct ald_place place;
    struct ald_tls *tls;                    /* NULL: none */
    const char *tls_name;                   /* NULL: the place's */
    const struct ald_ws_hello *ws;          /* NULL: the dialect is spoken in bytes */
    const struct ald_dialect_type *dialect; /* a row of ald_dialects */
    uint32_t variant;
    ald_usec hello_timeout; /* for the dialect; 0: the edge's */
    const struct ald_identity
        *identity;  /* what is said of this hub; NULL: what the edge says. Borrowed, outlives the edge */
    ald_usec first; /* from now to the first call; ALD_NEVER: not before ald_caller_call() */
    const struct ald_caller_callbacks *callbacks;
    void *owner;
};

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_caller_new(struct ald_edge *edge, const struct ald_caller_spec *spec,
                                 struct ald_caller **ret_caller);
/* NULL is fine; returns NULL. */
struct ald_caller *ald_caller_free(struct ald_caller *caller);
ALD_DEFINE_CLEANUP(struct ald_caller *, ald_caller_free);

/* Do not wait any longer. Nothing changes when it is calling or linked. */
void ald_caller_call(struct ald_caller *caller);
/* Wait `delay` more from now before the next call, when it waits. */
void ald_caller_wait(struct ald_caller *caller, ald_usec delay);
/* The hub has let in who was called, and the connection stands. */
bool ald_caller_is_linked(const struct ald_caller *caller);
/* Failures in a row: calls that came to nothing. */
unsigned ald_caller_failures(const struct ald_caller *caller);
