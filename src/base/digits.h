#pragma once

/*
 * Digits: a number in decimal, without what a format costs, for what writes several numbers a message.
 */

#include "base/defs.h"

enum { ALD_DIGITS_MAX = 20 }; /* of a uint64_t */

/* Writes `number` at `at`, without zeros in front and without a terminator; gives the place behind it. */
char *ald_digits_put(char *at, uint64_t number);
/* The same of a number that may be negative, which takes a place more. */
char *ald_digits_put_signed(char *at, int64_t number);
