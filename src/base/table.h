#pragma once

/*
 * Table: open addressing, keyed by bytes (over SipHash-1-3) or by a 64-bit number, to pointers.
 *
 * Why SipHash: names come from outside, and an unkeyed hash lets a peer choose names that all collide. The seed is handed
 * in. Numbers are counters, of which a peer chooses none that others are looked up among; they are only spread, with the
 * seed. Order that anyone can observe never comes from here: iterate lists, not tables.
 *
 * The table borrows its keys: the entry they belong to must hold them unchanged while it is in the table.
 */

#include "base/defs.h"
#include "base/str.h"

/* Small, since a table that is looked into at random is in no near cache: the fewer lines it has, the more of them are. */
struct ald_table_slot {
    uint32_t hash;     /* 0: free */
    uint32_t key_size; /* of bytes */
    union {
        const char *bytes;
        uint64_t number;
    } key;
    void *value;
};

struct ald_table {
    struct ald_table_slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n_entries;
    uint64_t seed[2];
};

uint64_t ald_siphash(const uint64_t seed[2], const void *data, size_t size);

void ald_table_init(struct ald_table *table, const uint64_t seed[2]);
void ald_table_fini(struct ald_table *table);

/* Make sure the next `n` additions cannot fail. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_table_reserve(struct ald_table *table, size_t n);

/* The value under a key, or NULL. */
void *ald_table_find(const struct ald_table *table, struct ald_str key);
void *ald_table_find_number(const struct ald_table *table, uint64_t number);

enum { ALD_TABLE_TAKEN = 1 }; /* outcome: the key is there; nothing was changed */

/* Add `value` (not NULL). A table uses either byte keys or numbers, not both. Outcome: ALD_TABLE_TAKEN. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_table_add(struct ald_table *table, struct ald_str key, void *value);
ALD_NODISCARD int ald_table_add_number(struct ald_table *table, uint64_t number, void *value);

/*
 * The same with the key's hash in this table, for whoever comes back with one key several times and keeps it.
 */
uint64_t ald_table_hash(const struct ald_table *table, struct ald_str key);
ALD_NODISCARD int ald_table_add_hashed(struct ald_table *table, uint64_t hash, struct ald_str key, void *value);
void *ald_table_remove_hashed(struct ald_table *table, uint64_t hash, struct ald_str key);

/* Take the entry out; returns its value, or NULL when there is none. */
void *ald_table_remove(struct ald_table *table, struct ald_str key);
void *ald_table_remove_number(struct ald_table *table, uint64_t number);
