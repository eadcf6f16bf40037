#pragma once

/*
 * Pattern: one regular expression of a schema, over PCRE2, asked without ever running away.
 *
 * PCRE2's own limits count backtracking, but anew for every place in the subject where a match could begin, and not the
 * characters that a repeat passes over: `a*b` on a row of `a` is quadratic and never reaches them. So the expression is
 * compiled with a callout before each of its items, and there we count ourselves how far it moved; the callout of an
 * expression with back references, which compare, counts more. PCRE2's limits stay on as a second net, and for memory.
 *
 * Lifetime:  pattern_new() to pattern_free(). Threading: immutable; a desk belongs to one thread.
 *
 * Private to the schema files of this layer.
 */

#include "base/str.h"

enum { PATTERN_WHY_MAX = 96 };

struct pattern;

enum { PATTERN_WRONG = 1 };

/* Outcome: PATTERN_WRONG, with the reason in `why`. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int pattern_new(struct ald_str source, struct pattern **ret_pattern, char why[PATTERN_WHY_MAX]);
struct pattern *pattern_free(struct pattern *pattern);
/* Bytes that it holds. */
size_t pattern_size(const struct pattern *pattern);

/* The memory of matching, used by one match after the other. */
struct pattern_desk;

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int pattern_desk_new(struct pattern_desk **ret_desk);
struct pattern_desk *pattern_desk_free(struct pattern_desk *desk);

enum { PATTERN_MISSES = 1, PATTERN_TOO_MUCH };

/*
 * Is there a match of `pattern` anywhere in `subject`, which is valid UTF-8? Takes its work from `*steps`. Outcomes:
 * PATTERN_MISSES, PATTERN_TOO_MUCH (of steps, or of memory that only this pattern wants). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int pattern_match(const struct pattern *pattern, struct pattern_desk *desk, struct ald_str subject,
                                uint64_t *steps);
