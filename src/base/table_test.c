#include "base/table.h"

#include <stdio.h>

#include "base/rng.h"
#include "lib/test.h"
#include "lib/panic.h"

static const uint64_t seed_zero[2] = {0, 0};

/* With an all-zero key this is what CPython 3.11 hashes bytes with when PYTHONHASHSEED is 0: an independent witness. */
ALD_TEST(siphash, agrees_with_another_implementation)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {
        {"a", UINT64_C(0x407448d2b89b1813)},
        {"aldis", UINT64_C(0x943d77811ee2e100)},
        {"12345678", UINT64_C(0x3489982430560a87)},
        {"an Aldis lamp signals", UINT64_C(0x007fbee4dd0aa05a)},
    };

    for (size_t i = 0; i < ALD_COUNT(known); i++) {
        ald_check(ald_siphash(seed_zero, known[i].text, strlen(known[i].text)) == known[i].hash);
    }
}

ALD_TEST(siphash, depends_on_both_halves_of_its_seed)
{
    static const uint64_t seeds[][2] = {{0, 0}, {1, 0}, {0, 1}};
    uint64_t hashes[3];

    for (size_t i = 0; i < 3; i++) {
        hashes[i] = ald_siphash(seeds[i], "aldis", 5);
    }
    ald_check(hashes[0] != hashes[1] && hashes[0] != hashes[2] && hashes[1] != hashes[2]);
    ald_check(ald_siphash(seeds[0], NULL, 0) == ald_siphash(seeds[0], "", 0));
}

ALD_TEST(table, finds_what_was_added_until_it_is_removed)
{
    struct ald_table table;
    int one = 1, two = 2;

    ald_table_init(&table, seed_zero);
    ald_check(ald_table_find(&table, ALD_STR("one")) == NULL);
    ald_check(ald_table_remove(&table, ALD_STR("one")) == NULL);
    ald_check_int(ald_table_add(&table, ALD_STR("one"), &one), 0);
    ald_check_int(ald_table_add(&table, ALD_STR(""), &two), 0);
    ald_check(ald_table_find(&table, ALD_STR("one")) == &one);
    ald_check(ald_table_find(&table, ALD_STR("")) == &two);
    ald_check(ald_table_find(&table, ALD_STR("on")) == NULL);
    ald_check(ald_table_remove(&table, ALD_STR("one")) == &one);
    ald_check(ald_table_remove(&table, ALD_STR("one")) == NULL);
    ald_check(ald_table_find(&table, ALD_STR("")) == &two);
    ald_check_int(table.n_entries, 1);
    ald_table_fini(&table);
    ald_check(ald_table_find(&table, ALD_STR("")) == NULL);
}

ALD_TEST(table, leaves_a_taken_key_alone)
{
    struct ald_table table;
    int first = 1, second = 2;

    ald_table_init(&table, seed_zero);
    ald_check_int(ald_table_add(&table, ALD_STR("key"), &first), 0);
    ald_check_int(ald_table_add(&table, ALD_STR("key"), &second), ALD_TABLE_TAKEN);
    ald_check(ald_table_find(&table, ALD_STR("key")) == &first);
    ald_check_int(table.n_entries, 1);
    ald_check_panics(ald_ignore(ald_table_add(&table, ALD_STR("other"), NULL)));
    ald_table_fini(&table);
}

/* Nobody can find two keys with one hash, so one is forged: the entry of "two" is made to look like one of "one". */
ALD_TEST(table, takes_a_hash_that_was_kept)
{
    struct ald_table table;
    uint64_t hash;
    int value;

    ald_table_init(&table, seed_zero);
    hash = ald_table_hash(&table, ALD_STR("lamp"));
    ald_check_int(ald_table_add_hashed(&table, hash, ALD_STR("lamp"), &value), 0);
    ald_check_int(ald_table_add(&table, ALD_STR("lamp"), &value), ALD_TABLE_TAKEN);
    ald_check(ald_table_find(&table, ALD_STR("lamp")) == &value);
    ald_check(ald_table_remove_hashed(&table, hash, ALD_STR("horn")) == NULL);
    ald_check(ald_table_remove_hashed(&table, hash, ALD_STR("lamp")) == &value);
    ald_check(ald_table_find(&table, ALD_STR("lamp")) == NULL);
    ald_table_fini(&table);
}

ALD_TEST(table, tells_keys_of_one_hash_apart)
{
    struct ald_table table;
    int value = 2;

    ald_table_init(&table, seed_zero);
    ald_check_int(ald_table_add(&table, ALD_STR("one"), &value), 0);
    for (size_t i = 0; i < table.n_slots; i++) {
        if (table.slots[i].hash != 0) {
            table.slots[i].key.bytes = "two";
        }
    }
    ald_check(ald_table_find(&table, ALD_STR("one")) == NULL);
    ald_check(ald_table_remove(&table, ALD_STR("one")) == NULL);
    ald_check_int(ald_table_add(&table, ALD_STR("one"), &value), 0);
    ald_check_int(table.n_entries, 2);
    ald_table_fini(&table);
}

ALD_TEST(table, is_keyed_by_numbers_as_well)
{
    struct ald_table table;
    int values[3];

    ald_table_init(&table, seed_zero);
    ald_check_int(ald_table_add_number(&table, 0, &values[0]), 0);
    ald_check_int(ald_table_add_number(&table, UINT64_MAX, &values[1]), 0);
    ald_check_int(ald_table_add_number(&table, 0, &values[2]), ALD_TABLE_TAKEN);
    ald_check(ald_table_find_number(&table, 0) == &values[0]);
    ald_check(ald_table_find_number(&table, UINT64_MAX) == &values[1]);
    ald_check(ald_table_find_number(&table, 1) == NULL);
    ald_check(ald_table_remove_number(&table, 0) == &values[0]);
    ald_check(ald_table_find_number(&table, 0) == NULL);
    ald_table_fini(&table);
}

ALD_TEST(table, does_not_move_after_a_reserve)
{
    struct ald_table table;
    struct ald_table_slot *slots;
    int value;

    ald_table_init(&table, seed_zero);
    ald_check_int(ald_table_reserve(&table, 1000), 0);
    slots = table.slots;
    for (uint64_t i = 0; i < 1000; i++) {
        ald_check_int(ald_table_add_number(&table, i, &value), 0);
    }
    ald_check(table.slots == slots);
    ald_check_int(ald_table_reserve(&table, SIZE_MAX), ALDIS_E_NOMEM);
    ald_check_int(ald_table_reserve(&table, SIZE_MAX / 64), ALDIS_E_NOMEM);
    ald_check_int(ald_table_reserve(&table, 0), 0);
    ald_check(table.slots == slots);
    ald_table_fini(&table);
}

ALD_TEST(table, stays_the_same_size_under_churn)
{
    struct ald_table table;
    size_t n_slots;
    int value;

    ald_table_init(&table, seed_zero);
    for (uint64_t i = 0; i < 100; i++) {
        ald_check_int(ald_table_add_number(&table, i, &value), 0);
    }
    n_slots = table.n_slots;
    for (uint64_t i = 0; i < 50000; i++) {
        ald_check(ald_table_remove_number(&table, i) == &value);
        ald_check_int(ald_table_add_number(&table, i + 100, &value), 0);
    }
    ald_check_int(table.n_slots, n_slots);
    ald_check_int(table.n_entries, 100);
    ald_table_fini(&table);
}

/* Few keys over few slots, so that runs are long, wrap round the end, and lose entries from their middle. */
enum { MODEL_KEYS = 48, MODEL_STEPS = 10000 };

struct model {
    char keys[MODEL_KEYS][16];
    bool present[MODEL_KEYS];
    size_t n_present;
};

static void model_step(struct model *model, struct ald_table *table, struct ald_rng *rng)
{
    size_t which = (size_t)ald_rng_below(rng, MODEL_KEYS);
    struct ald_str key = ald_str(model->keys[which]);
    void *expected = model->present[which] ? model->keys[which] : NULL;

    if (ald_rng_below(rng, 2) == 0) {
        ald_check_int(ald_table_add(table, key, model->keys[which]), expected != NULL ? ALD_TABLE_TAKEN : 0);
        model->n_present += expected == NULL;
        model->present[which] = true;
    } else {
        ald_check(ald_table_remove(table, key) == expected);
        model->n_present -= expected != NULL;
        model->present[which] = false;
    }
}

static void model_compare(struct model *model, struct ald_table *table)
{
    ald_check_int(table->n_entries, model->n_present);
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        char copy[16];

        memcpy(copy, model->keys[i], sizeof(copy));
        ald_check(ald_table_find(table, ald_str(copy)) == (model->present[i] ? model->keys[i] : NULL));
    }
}

ALD_TEST(table, agrees_with_a_list_over_random_operations)
{
    for (uint64_t run = 0; run < 4; run++) {
        uint64_t seed[2] = {run, ~run};
        struct ald_table table;
        struct ald_rng rng;
        struct model model = {.n_present = 0};

        ald_rng_init(&rng, run);
        ald_table_init(&table, seed);
        for (int i = 0; i < MODEL_KEYS; i++) {
            snprintf(model.keys[i], sizeof(model.keys[i]), "key-%d", i);
        }
        for (int i = 0; i < MODEL_STEPS; i++) {
            model_step(&model, &table, &rng);
            model_compare(&model, &table);
        }
        ald_table_fini(&table);
    }
}

ALD_TEST_MAIN(table, ALD_CASE(siphash, agrees_with_another_implementation),
              ALD_CASE(siphash, depends_on_both_halves_of_its_seed),
              ALD_CASE(table, finds_what_was_added_until_it_is_removed), ALD_CASE(table, leaves_a_taken_key_alone),
              ALD_CASE(table, takes_a_hash_that_was_kept), ALD_CASE(table, tells_keys_of_one_hash_apart),
              ALD_CASE(table, is_keyed_by_numbers_as_well), ALD_CASE(table, does_not_move_after_a_reserve),
              ALD_CASE(table, stays_the_same_size_under_churn),
              ALD_CASE(table, agrees_with_a_list_over_random_operations))
