#pragma once

/*
 * Who: what is remembered of a party for people, shared by its registration and by every command it submitted, since
 * those are asked about when it is long gone.
 */

#include "msg/signal.h"

struct ald_who {
    uint32_t refs;
    struct ald_str target; /* absent: a caller only */
    struct ald_str principal;
    struct ald_str peer;
    struct ald_str dialect;
    uint8_t peering; /* enum ald_peering: it is a hub */
    struct ald_travel
        onward; /* what is said of the way of its commands when they go on to another hub; `hub` absent: it is
                                 a party of ours */
    char text[];
};

/* Gives a copy of the four (borrows; absent stays absent). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_who_new(struct ald_str target, struct ald_str principal, struct ald_str peer,
                              struct ald_str dialect, struct ald_who **ret_who);
/* The same of somebody at another hub, whose command came with `travel` (borrows), over a link of `link`. */
ALD_NODISCARD int ald_who_new_far(const struct ald_who *link, struct ald_str target, struct ald_str principal,
                                  const struct ald_travel *travel, struct ald_who **ret_who);
/* The same as `who`, but what it says has the id `id` on all its ways, and the hubs at the addresses `informed` have it. */
ALD_NODISCARD int ald_who_new_known(const struct ald_who *who, struct ald_str id, struct ald_str informed,
                                    struct ald_who **ret_who);
struct ald_who *ald_who_ref(struct ald_who *who);
struct ald_who *ald_who_unref(struct ald_who *who); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_who *, ald_who_unref);
