#include "base/buf.h"

#include "base/rng.h"
#include "lib/test.h"
#include "lib/panic.h"

ALD_TEST(buf, allocates_nothing_until_it_holds_something)
{
    struct ald_buf buf;

    ald_buf_init(&buf, 100);
    ald_check(buf.data == NULL);
    ald_check_str(ald_buf_str(&buf), "");
    ald_check_int(ald_buf_push(&buf, ALD_STR_NONE), 0);
    ald_check_int(ald_buf_pushf(&buf, "%s", ""), 0);
    ald_check(buf.data == NULL);
    ald_buf_fini(&buf);
}

ALD_TEST(buf, gives_back_what_was_pushed)
{
    struct ald_buf buf;

    ald_buf_init(&buf, 100);
    ald_check_int(ald_buf_push(&buf, ALD_STR("hello")), 0);
    ald_check_int(ald_buf_push_byte(&buf, ' '), 0);
    ald_check_int(ald_buf_pushf(&buf, "%s %d", "world", 7), 0);
    ald_check_str(ald_buf_str(&buf), "hello world 7");
    ald_buf_pop(&buf, 6);
    ald_check_str(ald_buf_str(&buf), "world 7");
    ald_buf_cut(&buf, 5);
    ald_check_str(ald_buf_str(&buf), "world");
    ald_buf_reset(&buf);
    ald_check(buf.data == NULL);
    ald_check_int(ald_buf_push(&buf, ALD_STR("again")), 0);
    ald_check_str(ald_buf_str(&buf), "again");
    ald_buf_fini(&buf);
}

ALD_TEST(buf, holds_its_cap_and_not_one_byte_more)
{
    struct ald_buf buf;

    ald_buf_init(&buf, 10);
    ald_check_int(ald_buf_push(&buf, ALD_STR("12345678901")), ALD_BUF_FULL);
    ald_check_int(ald_buf_pushf(&buf, "%s", "12345678901"), ALD_BUF_FULL);
    ald_check_int(ald_buf_size(&buf), 0);
    ald_check_int(ald_buf_pushf(&buf, "%s", "1234567890"), 0);
    ald_check_int(ald_buf_push_byte(&buf, '1'), ALD_BUF_FULL);
    ald_check_int(ald_buf_push(&buf, ALD_STR("")), 0);
    ald_check_str(ald_buf_str(&buf), "1234567890");
    ald_buf_pop(&buf, 1);
    ald_check_int(ald_buf_push_byte(&buf, '1'), 0);
    ald_check_str(ald_buf_str(&buf), "2345678901");
    ald_buf_fini(&buf);
}

ALD_TEST(buf, reserve_makes_room_for_writing_in_place)
{
    struct ald_buf buf;
    uint8_t *room = NULL;

    ald_buf_init(&buf, 4096);
    ald_check_int(ald_buf_reserve(&buf, 4096, &room), 0);
    memset(room, 'r', 4096);
    ald_buf_commit(&buf, 1000);
    ald_check_int(ald_buf_size(&buf), 1000);
    ald_check_int(ald_buf_reserve(&buf, 3097, &room), ALD_BUF_FULL);
    ald_check_int(ald_buf_reserve(&buf, SIZE_MAX, &room), ALD_BUF_FULL);
    ald_check(ald_buf_str(&buf).data[999] == 'r');
    ald_buf_fini(&buf);
}

ALD_TEST(buf, asserts_that_nobody_takes_more_than_there_is)
{
    struct ald_buf buf;

    ald_buf_init(&buf, 100);
    ald_check_int(ald_buf_push(&buf, ALD_STR("abc")), 0);
    ald_check_panics(ald_buf_pop(&buf, 4));
    ald_check_panics(ald_buf_cut(&buf, 4));
    ald_check_panics(ald_buf_commit(&buf, SIZE_MAX));
    ald_buf_fini(&buf);
}

/* The case that is quadratic when the rest is moved up at every push: nearly full, one out, one in. */
ALD_TEST(buf, moves_each_byte_a_constant_number_of_times)
{
    enum { MAX = 64 * 1024, ROUNDS = 256 * 1024 };
    struct ald_buf buf;
    const uint8_t *before;
    size_t start_before;
    int n_moves = 0;

    ald_buf_init(&buf, MAX);
    for (int i = 0; i < MAX; i++) {
        ald_check_int(ald_buf_push_byte(&buf, (uint8_t)i), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        ald_buf_pop(&buf, 1);
        before = buf.data;
        start_before = buf.start;
        ald_check_int(ald_buf_push_byte(&buf, (uint8_t)i), 0);
        n_moves += buf.data != before || buf.start < start_before;
    }
    ald_check(n_moves <= ROUNDS / MAX + 2);
    ald_check(buf.room <= 2 * MAX);
    ald_buf_fini(&buf);
}

/* What is pushed and popped is a run of numbers, so the model is two counters. */
ALD_TEST(buf, agrees_with_a_model_over_random_operations)
{
    struct ald_buf buf;
    struct ald_rng rng;
    uint8_t in = 0, out = 0;

    ald_rng_init(&rng, 20240);
    ald_buf_init(&buf, 1000);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)ald_rng_below(&rng, 300);
        size_t held = ald_buf_size(&buf);
        uint8_t *room = NULL;

        if (ald_rng_below(&rng, 2) == 0) {
            int r = ald_buf_reserve(&buf, size, &room);

            ald_check_int(r, held + size > 1000 ? ALD_BUF_FULL : 0);
            for (size_t k = 0; r == 0 && k < size; k++) {
                room[k] = in++;
            }
            ald_buf_commit(&buf, r == 0 ? size : 0);
        } else {
            size = ALD_MIN(size, held);
            for (size_t k = 0; k < size; k++) {
                ald_check((uint8_t)ald_buf_str(&buf).data[k] == out++);
            }
            ald_buf_pop(&buf, size);
        }
        ald_check(buf.room <= 2000);
    }
    ald_buf_fini(&buf);
}

ALD_TEST_MAIN(buf, ALD_CASE(buf, allocates_nothing_until_it_holds_something), ALD_CASE(buf, gives_back_what_was_pushed),
              ALD_CASE(buf, holds_its_cap_and_not_one_byte_more),
              ALD_CASE(buf, reserve_makes_room_for_writing_in_place),
              ALD_CASE(buf, asserts_that_nobody_takes_more_than_there_is),
              ALD_CASE(buf, moves_each_byte_a_constant_number_of_times),
              ALD_CASE(buf, agrees_with_a_model_over_random_operations))
