#pragma once

/*
 * Election: what the simulator saw of who leads a target: whom the hub told, who confirmed, who believes it. Holds the hub to
 * one primary at a time, demoted before the next is promoted, in terms that grow.
 */

#include "sim/link.h"

struct sim_election {
    struct sim_election *next;
    const char *target;
    uint64_t term;             /* of the latest promotion */
    struct sim_link *promoted; /* told to lead, and neither told otherwise nor gone */
    struct sim_link *confirmed;
    struct ald_id asked; /* the promotion's id */
    bool demoting;       /* `promoted` was told to step down and has not confirmed it */
    ald_usec confirmed_at;
    const struct sim_link *chosen; /* by an operator, and not told yet */
};

/* The election of a target in the hub's present life; NULL: nobody was ever told. */
struct sim_election *sim_election_find(struct sim_hub *hub, const char *target);
/* The hub tells the party of `link` that it leads, or not. */
void sim_election_told(struct sim_link *link, const struct ald_signal *signal);
/* An operator wants the party of `link` to be the next that is told. */
void sim_election_choose(struct sim_link *link);
void sim_election_unchoose(struct sim_link *link);
/* The party's answer reached the hub. */
void sim_election_confirmed(struct sim_link *link, const struct ald_signal *signal);
/* The party of `link` is not to lead any more: it leaves, or gave up its target. It may still believe that it leads. */
void sim_election_ended(struct sim_link *link);
/* Its link has ended: what it believes is its own affair, it is cut off. */
void sim_election_gone(struct sim_link *link);
/* A party heard that it leads. */
void sim_election_believed(struct sim_party *party);
