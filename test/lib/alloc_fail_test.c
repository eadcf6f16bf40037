#include "lib/alloc_fail.h"

#include <errno.h>

#include "base/block.h"
#include "base/buf.h"
#include "base/pool.h"
#include "base/table.h"
#include "lib/test.h"

/* Through volatile pointers, because an optimizer may leave out an allocation whose memory nobody looks at. */
static void *(*volatile allocate)(size_t) = malloc;
static void *(*volatile allocate_zeroed)(size_t, size_t) = calloc;
static void *(*volatile resize)(void *, size_t) = realloc;

ALD_TEST(alloc_fail, fails_the_one_it_was_told_and_only_once)
{
    void *memory[4];

    ald_alloc_fail_at(3);
    for (int i = 0; i < 4; i++) {
        errno = 0;
        memory[i] = allocate(8);
        ald_check((memory[i] == NULL) == (i == 2));
        ald_check_int(errno, i == 2 ? ENOMEM : 0);
    }
    ald_check(ald_alloc_fail_off());
    for (int i = 0; i < 4; i++) {
        free(memory[i]);
    }
}

ALD_TEST(alloc_fail, covers_calloc_and_realloc)
{
    char *memory = allocate(8);
    char *larger;

    ald_check(memory != NULL);
    memory[0] = 'm';
    ald_alloc_fail_at(1);
    ald_check(allocate_zeroed(2, 8) == NULL);
    ald_alloc_fail_at(1);
    larger = resize(memory, 16);
    ald_check(larger == NULL);
    ald_check(ald_alloc_fail_off());
    larger = resize(memory, 16);
    ald_check(larger != NULL && larger[0] == 'm');
    free(larger);
}

ALD_TEST(alloc_fail, tells_whether_it_was_reached)
{
    uint64_t before = ald_alloc_count();

    ald_alloc_fail_at(2);
    free(allocate(8));
    ald_check(!ald_alloc_fail_off());
    ald_check(!ald_alloc_fail_off());
    free(allocate(8));
    ald_check_int(ald_alloc_count() - before, 2);
}

enum { ENTRIES = 100 };

/* Add numbers until one does not fit; returns how many are in. */
static uint64_t table_fill(struct ald_table *table, int *values)
{
    for (uint64_t i = table->n_entries; i < ENTRIES; i++) {
        int r = ald_table_add_number(table, i, &values[i]);

        if (r < 0) {
            ald_check_int(r, ALDIS_E_NOMEM);
            return i;
        }
        ald_check_int(r, 0);
    }
    return ENTRIES;
}

ALD_TEST(table, is_unchanged_when_it_cannot_grow)
{
    static const uint64_t seed[2] = {1, 2};
    int values[ENTRIES];
    uint64_t n_failures = 0;

    for (uint64_t n = 1;; n++) {
        struct ald_table table;
        uint64_t n_added;
        bool failed;

        ald_table_init(&table, seed);
        ald_alloc_fail_at(n);
        n_added = table_fill(&table, values);
        failed = ald_alloc_fail_off();
        ald_check(failed == (n_added < ENTRIES));
        ald_check_int(table.n_entries, n_added);
        for (uint64_t i = 0; i < ENTRIES; i++) {
            ald_check(ald_table_find_number(&table, i) == (i < n_added ? &values[i] : NULL));
        }
        ald_check_int(table_fill(&table, values), ENTRIES);
        ald_table_fini(&table);
        if (!failed) {
            break;
        }
        n_failures++;
    }
    ald_check(n_failures >= 3);
}

ALD_TEST(table, cannot_fail_after_a_reserve)
{
    static const uint64_t seed[2] = {1, 2};
    struct ald_table table;
    int values[ENTRIES];

    ald_table_init(&table, seed);
    ald_alloc_fail_at(1);
    ald_check_int(ald_table_reserve(&table, ENTRIES), ALDIS_E_NOMEM);
    ald_check_int(ald_table_reserve(&table, ENTRIES), 0);
    ald_alloc_fail_at(1);
    ald_check_int(table_fill(&table, values), ENTRIES);
    ald_check(!ald_alloc_fail_off());
    ald_table_fini(&table);
}

ALD_TEST(buf, keeps_what_it_holds_when_it_cannot_grow)
{
    struct ald_buf buf;
    char text[300];

    memset(text, 't', sizeof(text));
    ald_buf_init(&buf, 1000);
    ald_alloc_fail_at(1);
    ald_check_int(ald_buf_push(&buf, ALD_STR("first")), ALDIS_E_NOMEM);
    ald_check_int(ald_buf_size(&buf), 0);
    ald_check_int(ald_buf_push(&buf, ALD_STR("first")), 0);
    ald_alloc_fail_at(1);
    ald_check_int(ald_buf_push(&buf, ald_str_of(text, sizeof(text))), ALDIS_E_NOMEM);
    ald_check_str(ald_buf_str(&buf), "first");
    ald_alloc_fail_at(1);
    ald_check_int(ald_buf_pushf(&buf, "%.*s", 300, text), ALDIS_E_NOMEM);
    ald_check_str(ald_buf_str(&buf), "first");
    ald_check(ald_alloc_fail_off());
    ald_check_int(ald_buf_pushf(&buf, "%.*s", 300, text), 0);
    ald_check_int(ald_buf_size(&buf), 305);
    ald_buf_fini(&buf);
}

ALD_TEST(block, is_given_whole_or_not_at_all)
{
    struct ald_block_pool *pool = NULL;
    struct ald_block *block = NULL;
    struct ald_slice slice = ALD_SLICE_NONE;

    ald_alloc_fail_at(1);
    ald_check_int(ald_block_pool_new(64, 2, &pool), ALDIS_E_NOMEM);
    ald_check(pool == NULL);
    ald_alloc_fail_at(1);
    ald_check_int(ald_block_new(64, &block), ALDIS_E_NOMEM);
    ald_check(block == NULL);
    ald_alloc_fail_at(1);
    ald_check_int(ald_slice_copy(ALD_STR("bytes"), &slice), ALDIS_E_NOMEM);
    ald_check(slice.block == NULL && slice.data == NULL);
    ald_check_int(ald_block_pool_new(64, 2, &pool), 0);
    ald_alloc_fail_at(1);
    ald_check_int(ald_block_pool_get(pool, &block), ALDIS_E_NOMEM);
    ald_check(block == NULL);
    ald_check_int(ald_block_pool_live(pool), 0);
    ald_check(ald_alloc_fail_off());
    ald_block_pool_free(pool);
}

ALD_TEST(pool, allocates_nothing_in_its_steady_state)
{
    struct ald_pool pool;
    void *object;

    ald_pool_init(&pool, 40, 4);
    ald_alloc_fail_at(1);
    ald_check(ald_pool_get(&pool) == NULL);
    ald_check_int(pool.n_live, 0);
    ald_check(ald_alloc_fail_off());
    ald_pool_put(&pool, ald_pool_get(&pool));
    ald_alloc_fail_at(1);
    for (int i = 0; i < 100; i++) {
        object = ald_pool_get(&pool);
        ald_check(object != NULL);
        ald_pool_put(&pool, object);
    }
    ald_check(!ald_alloc_fail_off());
    ald_pool_fini(&pool);
}

ALD_TEST_MAIN(alloc_fail, ALD_CASE(alloc_fail, fails_the_one_it_was_told_and_only_once),
              ALD_CASE(alloc_fail, covers_calloc_and_realloc), ALD_CASE(alloc_fail, tells_whether_it_was_reached),
              ALD_CASE(table, is_unchanged_when_it_cannot_grow), ALD_CASE(table, cannot_fail_after_a_reserve),
              ALD_CASE(buf, keeps_what_it_holds_when_it_cannot_grow), ALD_CASE(block, is_given_whole_or_not_at_all),
              ALD_CASE(pool, allocates_nothing_in_its_steady_state))
