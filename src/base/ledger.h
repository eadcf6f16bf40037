#pragma once

/*
 * Ledger: from numbers that are given out one after the other to pointers. For what is entered, looked up and taken out
 * in nearly the order of its numbers, it is kinder to the cache than a table, where each entry lies somewhere else:
 * neighbours in number are neighbours in memory, in pages of ALD_LEDGER_PAGE, and only pages are hashed.
 *
 * Limits: an entry that outlives all its neighbours holds a page, so n entries take at most n pages.
 */

#include "base/table.h"

enum { ALD_LEDGER_PAGE = 64 };

struct ald_ledger_page;

struct ald_ledger {
    struct ald_table pages;
    struct ald_ledger_page *latest; /* that was added to; NULL: none */
    struct ald_ledger_page *spare;  /* one empty page, so that the steady state allocates nothing */
    size_t n_entries;
};

void ald_ledger_init(struct ald_ledger *ledger, const uint64_t seed[2]);
void ald_ledger_fini(struct ald_ledger *ledger); /* asserts that it is empty */

/* Enter `value` (not NULL) under a number that has none. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_ledger_add(struct ald_ledger *ledger, uint64_t number, void *value);
/* The value of a number, or NULL. */
void *ald_ledger_find(const struct ald_ledger *ledger, uint64_t number);
/* Take a number out, which must be there. */
void ald_ledger_remove(struct ald_ledger *ledger, uint64_t number);
