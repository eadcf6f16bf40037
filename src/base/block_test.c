#include "base/block.h"

#include "base/poison.h"
#include "lib/test.h"
#include "lib/panic.h"

static struct ald_block *block_make(size_t size)
{
    struct ald_block *block = NULL;

    ald_check_int(ald_block_new(size, &block), 0);
    ald_check_int(block->refs, 1);
    ald_check_int(block->size, size);
    memset(block->data, 'x', size);
    return block;
}

ALD_TEST(block, lives_until_its_last_reference)
{
    struct ald_block *block = block_make(8);

    ald_check(ald_block_ref(block) == block);
    ald_check(ald_block_unref(block) == NULL);
    ald_check(block->data[7] == 'x');
    ald_check(ald_block_unref(block) == NULL);
    ald_check(ald_block_unref(NULL) == NULL);
}

ALD_TEST(block, may_be_empty_but_not_without_end)
{
    struct ald_block *none = NULL;
    ALD_AUTO(ald_block_unref) struct ald_block *block = block_make(0);

    ald_check(block != NULL);
    ald_check_int(ald_block_new(SIZE_MAX, &none), ALDIS_E_NOMEM);
    ald_check(none == NULL);
}

ALD_TEST(block, goes_back_to_its_pool)
{
    ALD_AUTO(ald_block_pool_free) struct ald_block_pool *pool = NULL;
    struct ald_block *first = NULL, *again = NULL;

    ald_check_int(ald_block_pool_new(64, 2, &pool), 0);
    ald_check_int(ald_block_pool_block_size(pool), 64);
    ald_check_int(ald_block_pool_get(pool, &first), 0);
    ald_check_int(first->size, 64);
    ald_check_int(ald_block_pool_live(pool), 1);
    ald_block_unref(first);
    ald_check_int(ald_block_pool_live(pool), 0);
    ald_check_int(ald_block_pool_get(pool, &again), 0);
    ald_check(again == first);
    ald_check_int(again->refs, 1);
    ald_block_unref(again);
}

ALD_TEST(block, pool_keeps_no_more_than_its_cap)
{
    ALD_AUTO(ald_block_pool_free) struct ald_block_pool *pool = NULL;
    struct ald_block *blocks[5];

    ald_check_int(ald_block_pool_new(16, 2, &pool), 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            ald_check_int(ald_block_pool_get(pool, &blocks[i]), 0);
            memset(blocks[i]->data, i, 16);
        }
        ald_check_int(ald_block_pool_live(pool), 5);
        for (int i = 0; i < 5; i++) {
            ald_check(blocks[i]->data[15] == i);
            ald_block_unref(blocks[i]);
        }
        ald_check_int(ald_block_pool_live(pool), 0);
    }
}

ALD_TEST(block, pool_outlives_its_blocks)
{
    struct ald_block_pool *pool = NULL;
    struct ald_block *block = NULL;

    ald_check_int(ald_block_pool_new(16, SIZE_MAX, &pool), ALDIS_E_NOMEM);
    ald_check_int(ald_block_pool_new(16, 0, &pool), 0);
    ald_check_int(ald_block_pool_get(pool, &block), 0);
    ald_check_panics(ald_ignore(ald_block_pool_free(pool)));
    ald_block_unref(block);
    ald_check(ald_block_pool_free(pool) == NULL);
    ald_check(ald_block_pool_free(NULL) == NULL);
}

ALD_TEST(block, is_poisoned_in_its_pool_under_the_sanitizer)
{
#ifdef __SANITIZE_ADDRESS__
    ALD_AUTO(ald_block_pool_free) struct ald_block_pool *pool = NULL;
    struct ald_block *block = NULL;

    ald_check_int(ald_block_pool_new(16, 1, &pool), 0);
    ald_check_int(ald_block_pool_get(pool, &block), 0);
    ald_block_unref(block);
    ald_check(ald_poisoned(&block->refs) && ald_poisoned(block->data) && ald_poisoned(block->data + 15));
#else
    skip();
#endif
}

ALD_TEST(slice, keeps_its_block_alive)
{
    struct ald_block *block = block_make(10);
    struct ald_slice whole = ald_slice_of(block, block->data, 10);
    struct ald_slice part;

    ald_block_unref(block);
    memcpy(block->data, "0123456789", 10);
    part = ald_slice_part(whole, 3, 4);
    ald_slice_clear(&whole);
    ald_check(whole.block == NULL && whole.data == NULL && whole.size == 0);
    ald_check_str(ald_slice_str(part), "3456");
    whole = ald_slice_ref(part);
    ald_slice_clear(&part);
    ald_check_str(ald_slice_str(whole), "3456");
    ald_slice_clear(&whole);
    ald_slice_clear(&whole);
}

ALD_TEST(slice, lies_within_what_it_is_a_part_of)
{
    ALD_AUTO(ald_block_unref) struct ald_block *block = block_make(10);
    struct ald_slice text = ald_slice_static(ALD_STR("abc"));
    struct ald_slice end = ald_slice_of(block, block->data + 10, 0);

    ald_slice_clear(&end);
    ald_check_str(ald_slice_str(ald_slice_part(text, 3, 0)), "");
    ald_check_panics(ald_ignore(ald_slice_part(text, 2, 2)));
    ald_check_panics(ald_ignore(ald_slice_part(text, 4, 0)));
    ald_check_panics(ald_ignore(ald_slice_part(text, 1, SIZE_MAX)));
    ald_check_panics(ald_ignore(ald_slice_of(block, block->data + 4, 7)));
    ald_check_panics(ald_ignore(ald_slice_of(block, (const uint8_t *)"elsewhere", 1)));
}

ALD_TEST(slice, copy_needs_nobody)
{
    char text[] = "first";
    struct ald_slice copy = ALD_SLICE_NONE;

    ald_check_int(ald_slice_copy(ald_str(text), &copy), 0);
    text[0] = 'F';
    ald_check_str(ald_slice_str(copy), "first");
    ald_slice_clear(&copy);
}

ALD_TEST(slice, copy_tells_absent_from_empty)
{
    struct ald_slice copy = ald_slice_static(ALD_STR("before"));

    ald_check_int(ald_slice_copy(ALD_STR_NONE, &copy), 0);
    ald_check(!ald_str_present(ald_slice_str(copy)));
    ald_check_int(ald_slice_copy(ALD_STR(""), &copy), 0);
    ald_check(ald_str_present(ald_slice_str(copy)));
    ald_check_int(copy.size, 0);
    ald_check(ald_slice_part(ALD_SLICE_NONE, 0, 0).data == NULL);
}

ALD_TEST_MAIN(block, ALD_CASE(block, lives_until_its_last_reference), ALD_CASE(block, may_be_empty_but_not_without_end),
              ALD_CASE(block, goes_back_to_its_pool), ALD_CASE(block, pool_keeps_no_more_than_its_cap),
              ALD_CASE(block, pool_outlives_its_blocks), ALD_CASE(block, is_poisoned_in_its_pool_under_the_sanitizer),
              ALD_CASE(slice, keeps_its_block_alive), ALD_CASE(slice, lies_within_what_it_is_a_part_of),
              ALD_CASE(slice, copy_needs_nobody), ALD_CASE(slice, copy_tells_absent_from_empty))
