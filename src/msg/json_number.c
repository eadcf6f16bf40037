/*
 * A number is kept as 0.d1 d2 d3 … * 10^point, its digits where they stand in the text. Integers are read from that
 * exactly. Doubles of up to 19 digits and small powers of ten are one division or multiplication of numbers that a
 * double holds exactly, so its one rounding is the right one (Clinger, 1990). All others, which are rare in what passes
 * here, go the slow way: the digits are copied and multiplied or divided by powers of two until the 53 bits wanted stand
 * before the point. That needs no tables, is correct for every input, and its time is bounded because digits beyond the
 * 800th can only break a tie (no tie between doubles has more than 767 digits).
 *
 * Not strtod(): it reads the locale and wants a terminator.
 */

#include "msg/json_number.h"

#include <float.h>

_Static_assert(sizeof(double) == 8 && FLT_RADIX == 2 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024, "IEEE 754 doubles");

/* Where it stops mattering how large an exponent is: a text has fewer digits than this. */
enum { EXPONENT_ENOUGH_DIGITS = 17 };

struct number {
    bool negative;
    const char *digits; /* the first that is not 0; a point may stand among them */
    int64_t n_digits;   /* up to the last that is not 0; 0: the number is zero */
    int64_t point;
};

/* What stands behind the `e`. */
static int64_t number_exponent(const char *at, const char *end)
{
    bool negative = *at == '-';
    int64_t exponent = 0;
    unsigned n = 0;

    for (at += negative || *at == '+' ? 1 : 0; at != end && n < EXPONENT_ENOUGH_DIGITS; at++) {
        n += n > 0 || *at != '0' ? 1 : 0;
        exponent = exponent * 10 + (*at - '0');
    }
    return negative ? -exponent : exponent;
}

static struct number number_read(struct ald_str raw)
{
    const char *at = raw.data, *end = raw.data + raw.size;
    struct number number = {.negative = *at == '-', .digits = at};
    int64_t n = 0;
    bool fraction = false;

    for (at += number.negative ? 1 : 0; at != end && (*at | 0x20) != 'e'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        if (n == 0 && *at == '0') {
            number.point -= fraction ? 1 : 0; /* a zero in front */
            continue;
        }
        if (n++ == 0) {
            number.digits = at;
        }
        number.point += fraction ? 0 : 1;
        if (*at != '0') {
            number.n_digits = n;
        }
    }
    number.point += at != end ? number_exponent(at + 1, end) : 0;
    return number;
}

/* The digit at `*at`, which is moved to the next one. */
static unsigned digit_next(const char **at)
{
    if (**at == '.') {
        (*at)++;
    }
    return (unsigned)(*(*at)++ - '0');
}

/* The magnitude of a number that is an integer. Outcomes as those of ald_json_u64(). */
static int number_magnitude(const struct number *number, uint64_t *ret_magnitude)
{
    const char *at = number->digits;
    uint64_t magnitude = 0;

    if (number->n_digits > 0 && number->point < number->n_digits) {
        return ALD_JSON_NOT_NUMBER;
    }
    for (int64_t i = 0; number->n_digits > 0 && i < number->point; i++) {
        unsigned digit = i < number->n_digits ? digit_next(&at) : 0;

        if (magnitude > (UINT64_MAX - digit) / 10) {
            return ALD_JSON_OUT_OF_RANGE; /* after twenty digits, however many there are */
        }
        magnitude = magnitude * 10 + digit;
    }
    *ret_magnitude = magnitude;
    return 0;
}

/* Enough digits for any time of day, few enough that ten to their power fits. */
enum { SIMPLE_DIGITS_MAX = 18 };

/* Nothing but a few digits, as nearly every number is. False: it is read the long way. */
static bool number_is_simple(struct ald_str raw, uint64_t *ret_integer)
{
    uint64_t integer = 0;

    for (size_t i = 0; i < raw.size; i++) {
        unsigned digit = (unsigned)(uint8_t)raw.data[i] - '0';

        if (digit > 9 || i == SIMPLE_DIGITS_MAX) {
            return false;
        }
        integer = integer * 10 + digit;
    }
    *ret_integer = integer;
    return true;
}

int ald_json_u64(struct ald_json_value number, uint64_t *ret_integer)
{
    struct number read;
    uint64_t magnitude;
    int r;

    ald_assert(ret_integer != NULL);

    if (number.type != ALD_JSON_NUMBER) {
        return ALD_JSON_NOT_NUMBER;
    }
    if (number_is_simple(number.raw, ret_integer)) {
        return 0;
    }
    read = number_read(number.raw);
    r = number_magnitude(&read, &magnitude);
    if (r > 0) {
        return r;
    }
    if (read.negative && magnitude > 0) {
        return ALD_JSON_OUT_OF_RANGE;
    }
    *ret_integer = magnitude;
    return 0;
}

int ald_json_i64(struct ald_json_value number, int64_t *ret_integer)
{
    struct number read;
    uint64_t magnitude;
    int r;

    ald_assert(ret_integer != NULL);

    if (number.type != ALD_JSON_NUMBER) {
        return ALD_JSON_NOT_NUMBER;
    }
    if (number_is_simple(number.raw, &magnitude)) {
        *ret_integer = (int64_t)magnitude;
        return 0;
    }
    read = number_read(number.raw);
    r = number_magnitude(&read, &magnitude);
    if (r > 0) {
        return r;
    }
    if (magnitude > (uint64_t)INT64_MAX + (read.negative ? 1 : 0)) {
        return ALD_JSON_OUT_OF_RANGE;
    }
    /* Negated while unsigned, since INT64_MIN has no positive twin. */
    *ret_integer = (int64_t)(read.negative ? 0 - magnitude : magnitude);
    return 0;
}

bool ald_json_number_same(struct ald_json_value a, struct ald_json_value b)
{
    struct number read_a, read_b;
    const char *at_a, *at_b;

    ald_assert(a.type == ALD_JSON_NUMBER && b.type == ALD_JSON_NUMBER);

    read_a = number_read(a.raw);
    read_b = number_read(b.raw);
    if (read_a.n_digits != read_b.n_digits) {
        return false;
    }
    if (read_a.n_digits > 0 && (read_a.negative != read_b.negative || read_a.point != read_b.point)) {
        return false;
    }
    at_a = read_a.digits;
    at_b = read_b.digits;
    for (int64_t i = 0; i < read_a.n_digits; i++) {
        if (digit_next(&at_a) != digit_next(&at_b)) {
            return false;
        }
    }
    return true;
}

/* The same for two that are positive: the place of the point decides, then the first digit that differs. */
static int number_compare(const struct number *a, const struct number *b)
{
    const char *at_a = a->digits, *at_b = b->digits;

    if (a->point != b->point) {
        return a->point < b->point ? -1 : 1;
    }
    for (int64_t i = 0; i < a->n_digits && i < b->n_digits; i++) {
        unsigned digit_a = digit_next(&at_a), digit_b = digit_next(&at_b);

        if (digit_a != digit_b) {
            return digit_a < digit_b ? -1 : 1;
        }
    }
    return (a->n_digits > b->n_digits) - (a->n_digits < b->n_digits);
}

/* -1, 0 or 1. */
static int number_sign(const struct number *number)
{
    return number->n_digits == 0 ? 0 : number->negative ? -1 : 1;
}

int ald_json_number_compare(struct ald_json_value a, struct ald_json_value b)
{
    struct number read_a, read_b;
    int sign_a, sign_b;

    ald_assert(a.type == ALD_JSON_NUMBER && b.type == ALD_JSON_NUMBER);

    read_a = number_read(a.raw);
    read_b = number_read(b.raw);
    sign_a = number_sign(&read_a);
    sign_b = number_sign(&read_b);
    if (sign_a != sign_b) {
        return sign_a < sign_b ? -1 : 1;
    }
    return sign_a == 0 ? 0 : sign_a * number_compare(&read_a, &read_b);
}

bool ald_json_number_is_integer(struct ald_json_value number)
{
    struct number read;

    ald_assert(number.type == ALD_JSON_NUMBER);

    if ((number.flags & ALD_JSON_REAL) == 0) {
        return true;
    }
    read = number_read(number.raw);
    return read.n_digits == 0 || read.point >= read.n_digits;
}

/* Digits that 64 bits hold, whichever they are. */
enum { DIVISOR_DIGITS_MAX = 19 };

bool ald_json_number_divides(struct ald_json_value of)
{
    struct number read;

    if (of.type != ALD_JSON_NUMBER) {
        return false;
    }
    read = number_read(of.raw);
    return number_sign(&read) > 0 && read.n_digits <= DIVISOR_DIGITS_MAX;
}

static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t modulus)
{
    return (uint64_t)((__uint128_t)a * b % modulus);
}

/* 10^power modulo a number. */
static uint64_t power_modulo(uint64_t power, uint64_t modulus)
{
    uint64_t result = 1 % modulus, square = 10 % modulus;

    for (; power > 0; power >>= 1) {
        result = (power & 1) != 0 ? multiply_modulo(result, square, modulus) : result;
        square = multiply_modulo(square, square, modulus);
    }
    return result;
}

/*
 * Both are an integer times a power of ten, and the last digit of neither integer is zero. So a number whose power is the
 * smaller one would have to be divisible by ten, which it is not; else what is left is a division of integers, of which
 * only the rest is wanted, digit by digit.
 */
bool ald_json_number_is_multiple(struct ald_json_value number, struct ald_json_value of)
{
    struct number read, read_of;
    uint64_t divisor = 0, rest = 0;
    int64_t power;
    const char *at;

    ald_assert(number.type == ALD_JSON_NUMBER && ald_json_number_divides(of));

    read = number_read(number.raw);
    read_of = number_read(of.raw);
    if (read.n_digits == 0) {
        return true;
    }
    power = (read.point - read.n_digits) - (read_of.point - read_of.n_digits);
    if (power < 0) {
        return false;
    }
    at = read_of.digits;
    for (int64_t i = 0; i < read_of.n_digits; i++) {
        divisor = divisor * 10 + digit_next(&at);
    }
    at = read.digits;
    for (int64_t i = 0; i < read.n_digits; i++) {
        rest = (uint64_t)(((__uint128_t)rest * 10 + digit_next(&at)) % divisor);
    }
    return multiply_modulo(rest, power_modulo((uint64_t)power, divisor), divisor) == 0;
}

enum {
    DECIMAL_DIGITS_MAX = 800, /* 767 and some to spare: see the top */
    SHIFT_MAX = 60,           /* ten times 2^60 fits in 64 bits */
    SHIFT_DIGITS_MAX = 19,    /* of 2^60 */
};

/* 0.d1 d2 d3 … * 10^point in memory; d1 and the last digit are not 0. */
struct decimal {
    int64_t point;
    size_t n_digits;
    bool cut; /* something that is not 0 came after the last digit kept */
    uint8_t digits[DECIMAL_DIGITS_MAX];
};

static void decimal_put(struct decimal *decimal, unsigned digit)
{
    if (decimal->n_digits < DECIMAL_DIGITS_MAX) {
        decimal->digits[decimal->n_digits++] = (uint8_t)digit;
    } else if (digit != 0) {
        decimal->cut = true;
    }
}

static void decimal_trim(struct decimal *decimal)
{
    while (decimal->n_digits > 0 && decimal->digits[decimal->n_digits - 1] == 0) {
        decimal->n_digits--;
    }
}

/* Divide by 2^shift: long division from the left. What is written never overtakes what is read. */
static void decimal_divide(struct decimal *decimal, unsigned shift)
{
    size_t n = decimal->n_digits, at = 0;
    uint64_t rest = 0;

    while (rest >> shift == 0) {
        rest = rest * 10 + (at < n ? decimal->digits[at] : 0);
        at++;
    }
    decimal->point -= (int64_t)at - 1;
    decimal->n_digits = 0;
    for (;;) {
        decimal_put(decimal, (unsigned)(rest >> shift));
        rest &= (UINT64_C(1) << shift) - 1;
        if (at >= n && rest == 0) {
            break;
        }
        rest = rest * 10 + (at < n ? decimal->digits[at] : 0);
        at++;
    }
    decimal_trim(decimal);
}

/* Multiply by 2^shift: from the right, into a place with room for the digits that come in front. */
static void decimal_multiply(struct decimal *decimal, unsigned shift)
{
    uint8_t wide[DECIMAL_DIGITS_MAX + SHIFT_DIGITS_MAX];
    size_t at = sizeof(wide), n = decimal->n_digits;
    uint64_t carry = 0;

    while (n > 0 || carry > 0) {
        if (n > 0) {
            carry += (uint64_t)decimal->digits[--n] << shift;
        } else {
            decimal->point++;
        }
        wide[--at] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    decimal->n_digits = 0;
    for (; at < sizeof(wide); at++) {
        decimal_put(decimal, wide[at]);
    }
    decimal_trim(decimal);
}

/* The largest shift with 2^shift <= 10^powers, in steps that the arithmetic can take; at least one. */
static unsigned shift_for(int64_t powers)
{
    int64_t shift = powers * 332 / 100; /* the binary logarithm of ten is 3.3219… */

    return shift < 1 ? 1 : (unsigned)ALD_MIN(shift, SHIFT_MAX);
}

/* Bring the number into [1/2, 1) and tell by which power of two it was larger. */
static int decimal_normalise(struct decimal *decimal)
{
    int exponent = 0;
    unsigned shift;

    for (;;) {
        if (decimal->point > 0) {
            shift = shift_for(decimal->point - 1);
            decimal_divide(decimal, shift);
            exponent += (int)shift;
        } else if (decimal->point < 0 || decimal->digits[0] < 5) {
            shift = shift_for(-decimal->point);
            decimal_multiply(decimal, shift);
            exponent -= (int)shift;
        } else {
            return exponent;
        }
    }
}

/* The integer nearest to the number, which is below 2^54; of two equally near the even one. */
static uint64_t decimal_round(const struct decimal *decimal)
{
    uint64_t whole = 0;
    size_t at = 0;
    unsigned next;

    for (int64_t i = 0; i < decimal->point; i++, at++) {
        whole = whole * 10 + (at < decimal->n_digits ? decimal->digits[at] : 0);
    }
    next = decimal->point >= 0 && at < decimal->n_digits ? decimal->digits[at] : 0;
    if (next != 5 || at + 1 < decimal->n_digits || decimal->cut) {
        return whole + (next >= 5 ? 1 : 0);
    }
    return whole + (whole & 1);
}

/* The magnitude of a number that is not zero, as the bits of a double; over those of any finite one when it is larger. */
static uint64_t decimal_bits(struct decimal *decimal)
{
    int exponent, bits = DBL_MANT_DIG;
    uint64_t mantissa;

    exponent = decimal_normalise(decimal);
    if (exponent > DBL_MAX_EXP) {
        return UINT64_MAX >> 1;
    }
    if (exponent < DBL_MIN_EXP) {
        bits -= DBL_MIN_EXP - exponent; /* subnormals have fewer */
        exponent = DBL_MIN_EXP;
    }
    if (bits < 0) {
        return 0;
    }
    if (bits > 0) {
        decimal_multiply(decimal, (unsigned)bits);
    }
    mantissa = decimal_round(decimal);
    /* The exponent field of a normal number is one more than that of a subnormal, which is just what its leading bit
     * adds; a carry out of the rounding goes the same way. */
    return ((uint64_t)(exponent - DBL_MIN_EXP) << (DBL_MANT_DIG - 1)) + mantissa;
}

static uint64_t number_bits(const struct number *number)
{
    struct decimal decimal = {.point = number->point};
    const char *at = number->digits;

    if (number->point > DBL_MAX_10_EXP + 1) {
        return UINT64_MAX >> 1;
    }
    if (number->point < -DBL_DIG - 1 + DBL_MIN_10_EXP) {
        return 0; /* less than half of the smallest: 10^-324 */
    }
    for (int64_t i = 0; i < number->n_digits && !decimal.cut; i++) {
        decimal_put(&decimal, digit_next(&at));
    }
    decimal_trim(&decimal);
    return decimal_bits(&decimal);
}

/* Nineteen digits fit in 64 bits; 10^22 is the largest power of ten that a double holds. */
enum { QUICK_DIGITS_MAX = 19, QUICK_POWER_MAX = 22 };

/* The magnitude by one exact operation, when there is one. */
static bool number_quick(const struct number *number, double *ret_magnitude)
{
    static const double powers[QUICK_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t power = number->point - number->n_digits;
    const char *at = number->digits;
    uint64_t whole = 0;

    /* Where intermediate results are wider than a double, they would be rounded twice. */
    if (FLT_EVAL_METHOD != 0 || number->n_digits > QUICK_DIGITS_MAX) {
        return false;
    }
    if (power > QUICK_POWER_MAX || power < -QUICK_POWER_MAX) {
        return false;
    }
    for (int64_t i = 0; i < number->n_digits; i++) {
        whole = whole * 10 + digit_next(&at);
    }
    if (whole > UINT64_C(1) << DBL_MANT_DIG) {
        return false;
    }
    *ret_magnitude = power < 0 ? (double)whole / powers[-power] : (double)whole * powers[power];
    return true;
}

int ald_json_double(struct ald_json_value number, double *ret_real)
{
    struct number read;
    double magnitude = 0;
    uint64_t bits;

    ald_assert(ret_real != NULL);

    if (number.type != ALD_JSON_NUMBER) {
        return ALD_JSON_NOT_NUMBER;
    }
    read = number_read(number.raw);
    if (read.n_digits > 0 && !number_quick(&read, &magnitude)) {
        bits = number_bits(&read);
        memcpy(&magnitude, &bits, sizeof(magnitude));
        if (!(magnitude <= DBL_MAX)) {
            return ALD_JSON_OUT_OF_RANGE;
        }
    }
    *ret_real = read.negative ? -magnitude : magnitude;
    return 0;
}
