#pragma once

/*
 * Unit tests that read as sentences: a thin skin over cmocka.
 *
 *     ALD_TEST(router, drops_oldest_when_full) { ... ald_check(n == 1); }
 *     ALD_TEST_MAIN(router, ALD_CASE(router, drops_oldest_when_full))
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALD_TEST(noun, sentence) static void noun##_##sentence(void **state_unused ALD_UNUSED)
#define ALD_CASE(noun, sentence) cmocka_unit_test(noun##_##sentence)
#define ALD_TEST_MAIN(noun, ...)                                           \
    int main(void)                                                         \
    {                                                                      \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                   \
        return cmocka_run_group_tests_name(#noun, tests, NULL, NULL);      \
    }

/* `fact` holds, or the test fails naming it. */
#define ald_check(fact) assert_true(fact)
#define ald_check_int(actual, expected) assert_int_equal((actual), (expected))
#define ald_check_str(actual, expected)                                                        \
    do {                                                                                       \
        struct ald_str ald_actual = (actual);                                                  \
        struct ald_str ald_expected = ald_str(expected);                                       \
        if (!ald_str_equal(ald_actual, ald_expected)) {                                        \
            fail_msg("%s is \"%.*s\", not \"%.*s\"", #actual, ALD_STR_ARG(ald_actual), ALD_STR_ARG(ald_expected)); \
        }                                                                                      \
    } while (0)
