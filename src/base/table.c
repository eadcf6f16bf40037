/*
 * Linear probing, and deletion by shifting back: when an entry goes, those behind it that probed past its slot move up, so
 * there are no tombstones and a table that lives through a million additions and removals searches as fast as a new
 * one. At most three quarters of the slots are used; the cached hash spares most comparisons and every rehash.
 */

#include "base/table.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/word.h"

/* Small, since every party has a table, in which there is seldom more than one thing. */
enum { TABLE_SLOTS_MIN = 4 };

struct table_key {
    uint32_t hash;
    bool is_number;
    struct ald_str bytes;
    uint64_t number;
};

struct siphash {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

/* SipHash, section 2.2: one SipRound. */
static void siphash_round(struct siphash *state)
{
    state->v0 += state->v1;
    state->v1 = rotate(state->v1, 13) ^ state->v0;
    state->v0 = rotate(state->v0, 32);
    state->v2 += state->v3;
    state->v3 = rotate(state->v3, 16) ^ state->v2;
    state->v0 += state->v3;
    state->v3 = rotate(state->v3, 21) ^ state->v0;
    state->v2 += state->v1;
    state->v1 = rotate(state->v1, 17) ^ state->v2;
    state->v2 = rotate(state->v2, 32);
}

static void siphash_word(struct siphash *state, uint64_t word)
{
    state->v3 ^= word;
    siphash_round(state);
    state->v0 ^= word;
}

/* What is left after the whole words: fewer than eight bytes. Where there was a whole word, they are its end, read again
 * with what stands before them. */
static uint64_t word_rest(const uint8_t *end, size_t size, bool has_whole)
{
    uint64_t word = 0;

    if (has_whole && size > 0) {
        return ald_word_load(end - 8) >> (64 - 8 * size);
    }
    for (size_t i = size; i > 0; i--) {
        word = word << 8 | end[-(ptrdiff_t)(size - i) - 1];
    }
    return word;
}

/* SipHash-1-3 (Aumasson and Bernstein): one round a word, three to finish; enough for tables, where no hash is shown. */
uint64_t ald_siphash(const uint64_t seed[2], const void *data, size_t size)
{
    struct siphash state = {
        .v0 = seed[0] ^ UINT64_C(0x736f6d6570736575),
        .v1 = seed[1] ^ UINT64_C(0x646f72616e646f6d),
        .v2 = seed[0] ^ UINT64_C(0x6c7967656e657261),
        .v3 = seed[1] ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *bytes = data;
    size_t n_whole = size / 8 * 8;
    uint64_t last = (uint64_t)size << 56;

    for (size_t i = 0; i < n_whole; i += 8) {
        siphash_word(&state, ald_word_load(bytes + i)); /* little-endian: the published vectors hold everywhere */
    }
    siphash_word(&state, last | word_rest(bytes + size, size - n_whole, n_whole > 0));

    state.v2 ^= 0xff;
    for (int i = 0; i < 3; i++) {
        siphash_round(&state);
    }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

/* A free slot is one whose hash is 0, so no key may hash to it. The low half serves: it chooses the slot, in any table that fits
 * into memory, and spares comparing what differs. */
static uint32_t hash_usable(uint64_t hash)
{
    return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

/*
 * Numbers are counters: ours, or a peer's own within its connection, where it can slow down nobody but itself. So they
 * need spreading, not a cipher: two multiplications, the first by the seed, each folded so that the low bits, which
 * choose the slot, depend on all. (The finish of MurmurHash3, keyed.)
 */
static uint64_t hash_number(const uint64_t seed[2], uint64_t number)
{
    uint64_t hash = (number ^ seed[0]) * (seed[1] | 1);

    hash = (hash ^ hash >> 32) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 32;
}

static struct table_key key_of_bytes(const struct ald_table *table, struct ald_str bytes)
{
    return (struct table_key){.hash = hash_usable(ald_siphash(table->seed, bytes.data, bytes.size)), .bytes = bytes};
}

static struct table_key key_of_number(const struct ald_table *table, uint64_t number)
{
    return (struct table_key){
        .hash = hash_usable(hash_number(table->seed, number)), .is_number = true, .number = number};
}

void ald_table_init(struct ald_table *table, const uint64_t seed[2])
{
    *table = (struct ald_table){.seed = {seed[0], seed[1]}};
}

void ald_table_fini(struct ald_table *table)
{
    free(table->slots);
    *table = (struct ald_table){.seed = {table->seed[0], table->seed[1]}};
}

static size_t table_next(const struct ald_table *table, size_t at)
{
    return (at + 1) & (table->n_slots - 1);
}

static size_t table_home(const struct ald_table *table, uint32_t hash)
{
    return (size_t)hash & (table->n_slots - 1);
}

/* Whoever takes an entry out often shows the very key that it put in: then what that shows, which may be cold, is not looked at. */
static bool slot_holds(const struct ald_table_slot *slot, const struct table_key *key)
{
    if (slot->hash != key->hash) {
        return false;
    }
    if (key->is_number) {
        return slot->key.number == key->number;
    }
    return slot->key_size == key->bytes.size &&
           (slot->key.bytes == key->bytes.data ||
            ald_str_equal(ald_str_of(slot->key.bytes, slot->key_size), key->bytes));
}

static void slot_fill(struct ald_table_slot *slot, const struct table_key *key, void *value)
{
    ald_assert(key->bytes.size <= UINT32_MAX); /* names and ids, which have far smaller limits of their own */

    slot->hash = key->hash;
    slot->key_size = (uint32_t)key->bytes.size;
    if (key->is_number) {
        slot->key.number = key->number;
    } else {
        slot->key.bytes = key->bytes.data;
    }
    slot->value = value;
}

/* The slot that holds the key, or the free one where it would go. The table has a free slot at all times. */
static struct ald_table_slot *table_probe(const struct ald_table *table, const struct table_key *key)
{
    size_t at = table_home(table, key->hash);

    for (;;) {
        struct ald_table_slot *slot = &table->slots[at];

        if (slot->hash == 0 || slot_holds(slot, key)) {
            return slot;
        }
        at = table_next(table, at);
    }
}

static int table_rehash(struct ald_table *table, size_t n_slots)
{
    struct ald_table larger = {.n_slots = n_slots};

    larger.slots = calloc(n_slots, sizeof(larger.slots[0]));
    if (larger.slots == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < table->n_slots; i++) {
        size_t at = table_home(&larger, table->slots[i].hash);

        if (table->slots[i].hash == 0) {
            continue;
        }
        while (larger.slots[at].hash != 0) {
            at = table_next(&larger, at);
        }
        larger.slots[at] = table->slots[i];
    }
    free(table->slots);
    table->slots = larger.slots;
    table->n_slots = n_slots;
    return 0;
}

int ald_table_reserve(struct ald_table *table, size_t n)
{
    size_t n_slots = ALD_MAX(table->n_slots, (size_t)TABLE_SLOTS_MIN);
    size_t n_entries = table->n_entries + n;
    int r;

    if (n <= SIZE_MAX / 64 && n_entries <= table->n_slots / 4 * 3) {
        return 0; /* nearly every time */
    }
    /* Far under where anything below could overflow, and far over what any machine holds. */
    if (n > SIZE_MAX / 64 || n_entries > SIZE_MAX / 64) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    while (n_entries > n_slots / 4 * 3) {
        n_slots *= 2;
    }
    if (n_slots == table->n_slots) {
        return 0;
    }
    r = table_rehash(table, n_slots);
    return r < 0 ? ald_trace(r) : 0;
}

static void *table_find(const struct ald_table *table, const struct table_key *key)
{
    return table->n_entries > 0 ? table_probe(table, key)->value : NULL;
}

static int table_add(struct ald_table *table, const struct table_key *key, void *value)
{
    struct ald_table_slot *slot = table->n_slots > 0 ? table_probe(table, key) : NULL;
    size_t n_slots = table->n_slots;
    int r;

    ald_assert(value != NULL);

    if (slot != NULL && slot->hash != 0) {
        return ALD_TABLE_TAKEN;
    }
    r = ald_table_reserve(table, 1);
    if (r < 0) {
        return ald_trace(r);
    }
    if (table->n_slots != n_slots) {
        slot = table_probe(table, key); /* it has grown: the place is another */
    }
    slot_fill(slot, key, value);
    table->n_entries++;
    return 0;
}

/* Close the gap: an entry moves up into it unless its home lies behind the gap (cyclically), where no probe would pass. */
static void table_shift(struct ald_table *table, size_t gap)
{
    size_t mask = table->n_slots - 1;
    size_t at = table_next(table, gap);

    while (table->slots[at].hash != 0) {
        size_t home = table_home(table, table->slots[at].hash);

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            table->slots[gap] = table->slots[at];
            gap = at;
        }
        at = table_next(table, at);
    }
    table->slots[gap] = (struct ald_table_slot){0};
}

static void *table_remove(struct ald_table *table, const struct table_key *key)
{
    struct ald_table_slot *slot;
    void *value;

    if (table->n_entries == 0) {
        return NULL;
    }
    slot = table_probe(table, key);
    if (slot->hash == 0) {
        return NULL;
    }
    value = slot->value;
    table_shift(table, (size_t)(slot - table->slots));
    table->n_entries--;
    return value;
}

void *ald_table_find(const struct ald_table *table, struct ald_str key)
{
    struct table_key wanted = key_of_bytes(table, key);

    return table_find(table, &wanted);
}

void *ald_table_find_number(const struct ald_table *table, uint64_t number)
{
    struct table_key wanted = key_of_number(table, number);

    return table_find(table, &wanted);
}

uint64_t ald_table_hash(const struct ald_table *table, struct ald_str key)
{
    return key_of_bytes(table, key).hash;
}

int ald_table_add_hashed(struct ald_table *table, uint64_t hash, struct ald_str key, void *value)
{
    const struct table_key wanted = {.hash = (uint32_t)hash, .bytes = key};

    return table_add(table, &wanted, value);
}

int ald_table_add(struct ald_table *table, struct ald_str key, void *value)
{
    return ald_table_add_hashed(table, ald_table_hash(table, key), key, value);
}

int ald_table_add_number(struct ald_table *table, uint64_t number, void *value)
{
    struct table_key wanted = key_of_number(table, number);

    return table_add(table, &wanted, value);
}

void *ald_table_remove_hashed(struct ald_table *table, uint64_t hash, struct ald_str key)
{
    const struct table_key wanted = {.hash = (uint32_t)hash, .bytes = key};

    return table_remove(table, &wanted);
}

void *ald_table_remove(struct ald_table *table, struct ald_str key)
{
    return ald_table_remove_hashed(table, ald_table_hash(table, key), key);
}

void *ald_table_remove_number(struct ald_table *table, uint64_t number)
{
    struct table_key wanted = key_of_number(table, number);

    return table_remove(table, &wanted);
}
