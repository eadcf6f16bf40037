#pragma once

/*
 * Filters: a set of words, as a list with commas between them; absent: all words there are; empty: none (link 4.10).
 */

#include "base/str.h"

enum {
    ALD_FILTERS_MAX = 1024 /* bytes of a list: it is compared with another of its size for each subscriber */
};

/* They have a word in common. "all∩empty is empty" (link 4.10). */
bool ald_filters_meet(struct ald_str one, struct ald_str other);
/* The words of both; absent if one is. Gives it in `room`, which holds both sizes and one more byte. */
struct ald_str ald_filters_add(struct ald_str one, struct ald_str other, char *room);
/* The words of `one` that are not in `other`; "subtracting from all changes nothing; subtracting all empties" (link 4.10). Gives
 * it in `room`, which holds the size of `one`. */
struct ald_str ald_filters_remove(struct ald_str one, struct ald_str other, char *room);
