#pragma once

/*
 * Loads: how busy this machine is, measured each second while somebody wants to know (communicator 11), and what other
 * machines said of themselves, kept in the file loadavg.lavg for programs that look for the least busy one.
 *
 * Lifetime:   ald_loads_new() to ald_loads_free(), before the edge is freed.
 * Threading:  the loop's thread only, not inside a step.
 */

#include "conn/edge.h"
#include "conn/inet.h"

struct ald_loads;

struct ald_loads_spec {
    struct ald_edge *edge;       /* borrowed, outlives them */
    struct ald_str hub, address; /* this one, and where it is called; the same */
    const char *path;            /* of the file; NULL: none is kept. Copied */
};

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_loads_new(const struct ald_loads_spec *spec, struct ald_loads **ret_loads);
struct ald_loads *ald_loads_free(struct ald_loads *loads); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_loads *, ald_loads_free);

/* Somebody may want to know from now on: the hub is asked. */
void ald_loads_asked(struct ald_loads *loads);
/* Another hub said how busy its machine is. */
void ald_loads_heard(struct ald_loads *loads, const struct ald_news *news);
/* Nobody wants to know about the machine at `address` any more. */
void ald_loads_forget(struct ald_loads *loads, struct ald_str address);

/* Pure: the load of one processor, of what /proc/loadavg says. False: it says nothing. */
bool ald_loads_parse(struct ald_str text, long n_processors, double *ret_load);
