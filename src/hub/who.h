#pragma once

/*
 * Who: what is remembered of a party for people, shared by its registration and by every command it submitted, since
 * those are asked about when it is long gone.
 */

#include "base/str.h"

struct ald_who {
    uint32_t refs;
    struct ald_str target; /* absent: a caller only */
    struct ald_str principal;
    struct ald_str peer;
    struct ald_str dialect;
    char text[];
};

/* Gives a copy of the four (borrows; absent stays absent). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_who_new(struct ald_str target, struct ald_str principal, struct ald_str peer,
                              struct ald_str dialect, struct ald_who **ret_who);
struct ald_who *ald_who_ref(struct ald_who *who);
struct ald_who *ald_who_unref(struct ald_who *who); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_who *, ald_who_unref);
