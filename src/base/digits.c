#include "base/digits.h"

#include <string.h>

/* A division by a hundred gives two digits, for the price of one. */
static const char pairs[] = "00010203040506070809"
                            "10111213141516171819"
                            "20212223242526272829"
                            "30313233343536373839"
                            "40414243444546474849"
                            "50515253545556575859"
                            "60616263646566676869"
                            "70717273747576777879"
                            "80818283848586878889"
                            "90919293949596979899";

char *ald_digits_put(char *at, uint64_t number)
{
    char text[ALD_DIGITS_MAX];
    char *const end = text + sizeof(text);
    char *begin = end;

    while (number >= 100) {
        begin -= 2;
        memcpy(begin, pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    if (number >= 10) {
        begin -= 2;
        memcpy(begin, pairs + 2 * number, 2);
    } else {
        *--begin = (char)('0' + number);
    }
    memcpy(at, begin, (size_t)(end - begin));
    return at + (end - begin);
}

char *ald_digits_put_signed(char *at, int64_t number)
{
    if (number >= 0) {
        return ald_digits_put(at, (uint64_t)number);
    }
    *at = '-';
    return ald_digits_put(at + 1, 0 - (uint64_t)number); /* unsigned, since INT64_MIN has no positive twin */
}
