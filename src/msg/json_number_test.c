#include "msg/json_number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "lib/test.h"
#include "msg/json_scan.h"

static struct ald_json_value number(struct ald_str text)
{
    struct ald_json_scan scan;

    ald_check_int(ald_json_check(text, ALD_JSON_STRICT, &scan), 0);
    return scan.value;
}

static int i64(const char *text, int64_t *ret_integer)
{
    return ald_json_i64(number(ald_str(text)), ret_integer);
}

static int u64(const char *text, uint64_t *ret_integer)
{
    return ald_json_u64(number(ald_str(text)), ret_integer);
}

static void check_i64(const char *text, int64_t expected)
{
    int64_t integer = 77;

    ald_check_int(i64(text, &integer), 0);
    if (integer != expected) {
        fail_msg("%s is %" PRId64, text, integer);
    }
}

ALD_TEST(json_number, reads_integers_exactly)
{
    check_i64("0", 0);
    check_i64("-0", 0);
    check_i64("7", 7);
    check_i64("-12", -12);
    check_i64("9007199254740993", INT64_C(9007199254740993)); /* no double */
    check_i64("9223372036854775807", INT64_MAX);
    check_i64("-9223372036854775808", INT64_MIN);
}

ALD_TEST(json_number, reads_integers_however_they_are_written)
{
    check_i64("1.0", 1);
    check_i64("-1.000", -1);
    check_i64("10e-1", 1);
    check_i64("1e3", 1000);
    check_i64("1.25E+2", 125);
    check_i64("0.001e3", 1);
    check_i64("0.0", 0);
    check_i64("0e999999999999999999999", 0);
    check_i64("9223372036854775807.0e0", INT64_MAX);
    check_i64("0.9223372036854775807e19", INT64_MAX);
    check_i64("9223372036854775807000000000000000000000e-21", INT64_MAX);
    check_i64("100000000000000000000000000000000000000e-38", 1);
}

ALD_TEST(json_number, tells_integers_that_do_not_fit)
{
    static const char *const texts[] = {
        "9223372036854775808",     "-9223372036854775809", "1e19",
        "1e999999999999999999999", "18446744073709551616", "99999999999999999999999999999999"};
    int64_t integer = 77;

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(i64(texts[i], &integer), ALD_JSON_OUT_OF_RANGE);
    }
    ald_check_int(integer, 77);
}

ALD_TEST(json_number, tells_reals_from_integers)
{
    static const char *const texts[] = {"0.5",  "1.5", "1e-1", "9223372036854775807.5", "1e-999999999999999999999",
                                        "12.30"};
    uint64_t integer;

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(u64(texts[i], &integer), ALD_JSON_NOT_NUMBER);
    }
}

ALD_TEST(json_number, reads_unsigned_integers_exactly)
{
    uint64_t integer = 77;

    ald_check_int(u64("18446744073709551615", &integer), 0);
    ald_check(integer == UINT64_MAX);
    ald_check_int(u64("-0.0", &integer), 0);
    ald_check(integer == 0);
    ald_check_int(u64("18446744073709551616", &integer), ALD_JSON_OUT_OF_RANGE);
    ald_check_int(u64("-1", &integer), ALD_JSON_OUT_OF_RANGE);
    ald_check_int(u64("-1.5", &integer), ALD_JSON_NOT_NUMBER);
}

ALD_TEST(json_number, takes_nothing_but_numbers)
{
    static const char *const texts[] = {"\"1\"", "true", "null", "[1]", "{}"};
    int64_t signed_integer;
    uint64_t integer;
    double real;

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(i64(texts[i], &signed_integer), ALD_JSON_NOT_NUMBER);
        ald_check_int(u64(texts[i], &integer), ALD_JSON_NOT_NUMBER);
        ald_check_int(ald_json_double(number(ald_str(texts[i])), &real), ALD_JSON_NOT_NUMBER);
    }
    ald_check_int(ald_json_u64((struct ald_json_value){.type = ALD_JSON_NONE}, &integer), ALD_JSON_NOT_NUMBER);
}

/* --- doubles: the C library, in the C locale, is the oracle --- */

static uint64_t bits_of(double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof(bits));
    return bits;
}

static void check_double(const char *text)
{
    double expected = strtod(text, NULL), real = 77;
    int r = ald_json_double(number(ald_str(text)), &real);

    ald_check_int(r, isinf(expected) ? ALD_JSON_OUT_OF_RANGE : 0);
    if (r == 0 && bits_of(real) != bits_of(expected)) {
        fail_msg("%s is %a, not %a", text, real, expected);
    }
}

ALD_TEST(json_number, reads_doubles_to_the_nearest)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0e5",
        "1",
        "-1.5",
        "0.1",
        "0.3",
        "123456.789",
        "1e22",
        "1e23",
        "-1e-22",
        "1e-23",
        /* more digits than a double holds */
        "9007199254740993",
        "9007199254740992.999999",
        "9007199254740993.0000000000000000000000001",
        "3.14159265358979323846264338327950288419716939937510",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000000012345678901234567890",
        /* ties, and just beside them */
        "9007199254740995",
        "9007199254740994.5",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        /* the ends of the range */
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.8e308",
        "1e309",
        "-1e400",
        "17976931348623157e292",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.225073858507201e-308",
        "4.9406564584124654e-324",
        "5e-324",
        "3e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.5e-324",
        "2e-324",
        "1e-324",
        "-1e-330",
        "1e-999999999999999999",
        "1e999999999999999999",
        "0e999999999999999999",
        "7.4109846876186981626485318930233205854758970392148714663837852375e-324",
        "7.4109846876186981626485318930233205854758970392148714663837852376e-324",
        "8.9884656743115795e307",
        "1e-5",
        "1e-308",
        "123e-310",
        "100000000000000000000000000000e-29",
    };

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        check_double(texts[i]);
    }
}

/* The tie between the smallest double and zero has 751 digits; one digit far behind it decides. */
ALD_TEST(json_number, breaks_ties_by_digits_however_far_behind)
{
    char text[4096];
    int size = snprintf(text, sizeof(text), "%.1074f", DBL_TRUE_MIN);

    /* Half of it: the digits of 5 * 2^-1075 are those of 2^-1074 halved, so write 2^-1075 by long division. */
    for (int at = 2, rest = 0; at <= size; at++) {
        int digit = rest * 10 + (at < size ? text[at] - '0' : 0);

        text[at] = (char)('0' + digit / 2);
        rest = digit % 2;
    }
    text[++size] = '\0';
    check_double(text);
    memset(text + size, '0', 2000);
    text[size + 2000] = '\0';
    check_double(text);
    text[size + 1999] = '1';
    check_double(text);
    text[size - 1]--;
    memset(text + size, '9', 2000);
    check_double(text);
}

ALD_TEST(json_number, agrees_with_the_c_library_on_random_doubles)
{
    uint64_t state = 42;
    char text[64];

    for (int i = 0; i < 20000; i++) {
        double real;

        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&real, &state, sizeof(real));
        if (!isfinite(real)) {
            continue;
        }
        (void)snprintf(text, sizeof(text), "%.*e", i % 2 == 0 ? 16 : (int)(state >> 59), real);
        check_double(text);
        (void)snprintf(text, sizeof(text), "%" PRIu64 "e%d", state >> (i % 50), i % 700 - 350);
        check_double(text);
    }
}

ALD_TEST(json_number, compares_numbers_by_their_exact_worth)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1", "1.0", true},        {"10", "1e1", true},
        {"0.10", "1e-1", true},    {"-0", "0.0e7", true},
        {"0", "0e-9", true},       {"-1", "1", false},
        {"1", "10", false},        {"0.1", "0.10000000000000000001", false},
        {"12", "21", false},       {"1e400", "1e401", false},
        {"1e400", "10e399", true}, {"100.5", "1005e-1", true},
        {"1.2e0", "12", false},
    };

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        struct ald_json_value a = number(ald_str(cases[i].a)), b = number(ald_str(cases[i].b));

        ald_check_int(ald_json_number_same(a, b), cases[i].same);
        ald_check_int(ald_json_number_same(b, a), cases[i].same);
    }
}

ALD_TEST(json_number, reads_a_million_digits_in_no_time)
{
    size_t size = 1000000;
    char *text = malloc(size);
    int64_t integer;
    double real;

    ald_check(text != NULL);
    memset(text, '7', size);
    ald_check_int(ald_json_i64(number(ald_str_of(text, size)), &integer), ALD_JSON_OUT_OF_RANGE);
    ald_check_int(ald_json_double(number(ald_str_of(text, size)), &real), ALD_JSON_OUT_OF_RANGE);
    text[1] = '.';
    ald_check_int(ald_json_i64(number(ald_str_of(text, size)), &integer), ALD_JSON_NOT_NUMBER);
    ald_check_int(ald_json_double(number(ald_str_of(text, size)), &real), 0);
    ald_check(real == 7.777777777777778);
    memcpy(text + 1, "e-", 2);
    ald_check_int(ald_json_double(number(ald_str_of(text, size)), &real), 0);
    ald_check(real == 0);
    free(text);
}

ALD_TEST_MAIN(json_number, ALD_CASE(json_number, reads_integers_exactly),
              ALD_CASE(json_number, reads_integers_however_they_are_written),
              ALD_CASE(json_number, tells_integers_that_do_not_fit), ALD_CASE(json_number, tells_reals_from_integers),
              ALD_CASE(json_number, reads_unsigned_integers_exactly), ALD_CASE(json_number, takes_nothing_but_numbers),
              ALD_CASE(json_number, reads_doubles_to_the_nearest),
              ALD_CASE(json_number, breaks_ties_by_digits_however_far_behind),
              ALD_CASE(json_number, agrees_with_the_c_library_on_random_doubles),
              ALD_CASE(json_number, compares_numbers_by_their_exact_worth),
              ALD_CASE(json_number, reads_a_million_digits_in_no_time))
