#pragma once

/*
 * Printable: bytes from outside in a line for people, without letting them end the line, move a cursor or pretend to be
 * another line.
 */

#include "base/str.h"

/*
 * Write `text` to `to`, always terminated: plain UTF-8 as it is, quotes and backslashes as they are, control
 * characters and bytes that are no UTF-8 as `\xHH`; what does not fit ends in `...`. `room` is at least 8. Returns
 * the length written.
 */
size_t ald_printable(struct ald_str text, char *to, size_t room);
