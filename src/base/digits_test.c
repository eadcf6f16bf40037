#include "base/digits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "lib/test.h"

static void same(uint64_t number)
{
    char room[ALD_DIGITS_MAX + 2], expected[ALD_DIGITS_MAX + 2];

    memset(room, '#', sizeof(room));
    *ald_digits_put(room, number) = '\0';
    (void)snprintf(expected, sizeof(expected), "%" PRIu64, number);
    ald_check_str(ald_str(room), expected);

    *ald_digits_put_signed(room, (int64_t)number) = '\0';
    (void)snprintf(expected, sizeof(expected), "%" PRId64, (int64_t)number);
    ald_check_str(ald_str(room), expected);
}

ALD_TEST(digits, are_those_that_the_c_library_writes)
{
    uint64_t number = 1;

    same(0);
    for (int i = 0; i < 20; i++, number *= 10) { /* around each power of ten */
        same(number - 1);
        same(number);
        same(number + 1);
    }
    for (number = 1; number != 0; number *= 2) {
        same(number);
        same(number - 1);
        same(number / 3 * 5);
    }
    same(UINT64_MAX);
}

ALD_TEST(digits, take_no_more_room_than_they_need)
{
    char room[ALD_DIGITS_MAX + 1] = "....................";

    ald_check(ald_digits_put(room, 407) == room + 3);
    ald_check_str(ald_str_of(room, 4), "407.");
    ald_check(ald_digits_put(room, UINT64_MAX) == room + ALD_DIGITS_MAX);
    ald_check_int(room[ALD_DIGITS_MAX], 0);
}

ALD_TEST_MAIN(digits, ALD_CASE(digits, are_those_that_the_c_library_writes),
              ALD_CASE(digits, take_no_more_room_than_they_need))
