#include "base/pool.h"

#include "base/poison.h"
#include "lib/test.h"
#include "lib/panic.h"

ALD_TEST(pool, hands_out_again_what_was_put_back)
{
    struct ald_pool pool;
    void *object;

    ald_pool_init(&pool, 24, 4);
    object = ald_pool_get(&pool);
    ald_check(object != NULL);
    ald_check_int(pool.n_live, 1);
    ald_pool_put(&pool, object);
    ald_check_int(pool.n_live, 0);
    ald_check_int(pool.n_kept, 1);
    ald_check(ald_pool_get(&pool) == object);
    ald_pool_put(&pool, object);
    ald_pool_put(&pool, NULL);
    ald_pool_fini(&pool);
}

ALD_TEST(pool, keeps_no_more_than_its_cap)
{
    enum { OBJECTS = 20, KEPT = 3 };
    struct ald_pool pool;
    void *objects[OBJECTS];

    ald_pool_init(&pool, 1, KEPT);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < OBJECTS; i++) {
            objects[i] = ald_pool_get(&pool);
            ald_check(objects[i] != NULL);
        }
        for (int i = 0; i < OBJECTS; i++) {
            ald_pool_put(&pool, objects[i]);
        }
        ald_check_int(pool.n_kept, KEPT);
        ald_check_int(pool.n_live, 0);
    }
    ald_pool_fini(&pool);
}

ALD_TEST(pool, objects_of_any_size_are_whole_and_apart)
{
    for (size_t size = 1; size <= 70; size++) {
        struct ald_pool pool;
        uint8_t *objects[8];

        ald_pool_init(&pool, size, 8);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 8; i++) {
                objects[i] = ald_pool_get(&pool);
                ald_check((uintptr_t)objects[i] % sizeof(void *) == 0);
                memset(objects[i], i, size);
            }
            for (int i = 0; i < 8; i++) {
                ald_check(objects[i][0] == i && objects[i][size - 1] == i);
                ald_pool_put(&pool, objects[i]);
            }
        }
        ald_pool_fini(&pool);
    }
}

ALD_TEST(pool, asserts_that_nothing_is_live_at_its_end)
{
    struct ald_pool pool;
    void *object;

    ald_pool_init(&pool, 24, 4);
    object = ald_pool_get(&pool);
    ald_check_panics(ald_pool_fini(&pool));
    ald_pool_put(&pool, object);
    ald_pool_fini(&pool);
}

/* Only the sanitizer can see this; without it there is nothing to see. */
ALD_TEST(pool, poisons_what_it_keeps_under_the_sanitizer)
{
#ifdef __SANITIZE_ADDRESS__
    struct ald_pool pool;
    char *object;

    ald_pool_init(&pool, 24, 4);
    object = ald_pool_get(&pool);
    ald_check(!ald_poisoned(object) && !ald_poisoned(object + 23));
    ald_check(ald_poisoned(object + 24));
    ald_pool_put(&pool, object);
    ald_check(ald_poisoned(object) && ald_poisoned(object + 23));
    ald_check_panics(ald_pool_put(&pool, object));
    ald_pool_fini(&pool);
#else
    skip();
#endif
}

ALD_TEST_MAIN(pool, ALD_CASE(pool, hands_out_again_what_was_put_back), ALD_CASE(pool, keeps_no_more_than_its_cap),
              ALD_CASE(pool, objects_of_any_size_are_whole_and_apart),
              ALD_CASE(pool, asserts_that_nothing_is_live_at_its_end),
              ALD_CASE(pool, poisons_what_it_keeps_under_the_sanitizer))
