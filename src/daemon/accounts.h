#pragma once

/*
 * Accounts: controls of links are told what they may do now, when that has changed while they were there (link.md 6.3). The
 * event goes through the hub like every other, so one whose connection is gone hears it when it resumes its session.
 *
 * Lifetime:   ald_accounts_init() to ald_accounts_fini(), with as many tellings between them as there are.
 * Threading:  the loop's thread only; not inside a step of the hub, which is stepped.
 */

#include "base/str.h"

struct ald_edge;
struct ald_local;

struct ald_accounts {
    struct ald_edge *edge;   /* borrowed */
    struct ald_local *local; /* who tells; NULL: nobody was told anything yet */
};

void ald_accounts_init(struct ald_accounts *accounts, struct ald_edge *edge);
void ald_accounts_fini(struct ald_accounts *accounts);

/* The control that the hub calls `target` has these rights now (comma separated; absent: all). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_accounts_tell(struct ald_accounts *accounts, struct ald_str target, struct ald_str rights);
