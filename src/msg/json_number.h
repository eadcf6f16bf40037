#pragma once

/*
 * JSON numbers: what a number in a text is worth, exactly for integers, to the nearest for doubles.
 *
 * A number may have any length; reading it takes time linear in its digits and no memory.
 */

#include "msg/json_text.h"

/* Outcomes of the readers. */
enum {
    ALD_JSON_NOT_NUMBER = 2,  /* not a number, or for the integers: a number that is no integer */
    ALD_JSON_OUT_OF_RANGE = 3 /* an integer that does not fit, a real whose magnitude is over DBL_MAX */
};

/*
 * The integer that the number is, exactly: `1`, `1.0` and `10e-1` all are 1, and `-0` is 0.
 * Outcomes: ALD_JSON_NOT_NUMBER, ALD_JSON_OUT_OF_RANGE.
 */
ALD_NODISCARD int ald_json_i64(struct ald_json_value number, int64_t *ret_integer);
ALD_NODISCARD int ald_json_u64(struct ald_json_value number, uint64_t *ret_integer);

/*
 * The double nearest to the number, ties to even, whatever the locale; too small ones become (signed) zero.
 * Outcomes: ALD_JSON_NOT_NUMBER, ALD_JSON_OUT_OF_RANGE.
 */
ALD_NODISCARD int ald_json_double(struct ald_json_value number, double *ret_real);

/* Are both numbers worth the same, exactly, however they are written? `-0` is `0`. */
bool ald_json_number_same(struct ald_json_value a, struct ald_json_value b);

/* Below zero, zero or above it, as `a` is less than, worth the same as, or more than `b`; exactly. */
int ald_json_number_compare(struct ald_json_value a, struct ald_json_value b);

/* Is the number an integer, of whatever size? `1.0` and `1e300` are. */
bool ald_json_number_is_integer(struct ald_json_value number);

/*
 * Is the number a whole multiple of `of`, exactly? Zero is one of everything. `of` must be what ald_json_number_divides()
 * says yes to: positive, with at most 19 digits between its first and its last that are not zero.
 */
bool ald_json_number_is_multiple(struct ald_json_value number, struct ald_json_value of);
bool ald_json_number_divides(struct ald_json_value of);
