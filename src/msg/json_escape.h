#pragma once

/*
 * Escape: rewrites sound JSON, piece by piece, so that old readers of the exchange protocol do not damage it. The value
 * stays the same; only how it is spelled changes.
 *
 *   ALD_JSON_NO_PAIRS     the second semicolon of `;;` becomes \u003b: readers before 2.0.2 and 3.0.0 cut the JSON at
 *                         the first `;;` (exchange.md 2.7)
 *   ALD_JSON_NO_PREFIXES  the colon of `command:` and `reply:` becomes \u003a: legacy readers delete every `command: `
 *                         and `reply: ` of a message (exchange.md 2.9)
 *
 * None of these can stand outside a string of sound JSON, so the stream need not know where strings begin; and it knows
 * everything it must at each byte, so pieces may be cut anywhere. Memory: at most 6 bytes out for each in.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_buf;

enum {
    ALD_JSON_NO_PAIRS = 1,
    ALD_JSON_NO_PREFIXES = 2,
};

enum { ALD_JSON_ESCAPE_TAIL = 8 };

struct ald_json_escape {
    unsigned options;
    bool semicolon;                  /* the last byte written is a semicolon */
    uint8_t n_tail;                  /* bytes in `tail` */
    char tail[ALD_JSON_ESCAPE_TAIL]; /* the last bytes fed */
};

void ald_json_escape_init(struct ald_json_escape *escape, unsigned options);

/*
 * Append the next piece of the text to `out`. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. After either the stream and
 * what was appended are of no more use.
 */
ALD_NODISCARD int ald_json_escape_feed(struct ald_json_escape *escape, struct ald_str piece, struct ald_buf *out);

/*
 * Rewrite in place all that `buf` holds after its first `from` bytes. Outcome: ALD_BUF_FULL (nothing was changed).
 * Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_json_escape_rest(struct ald_buf *buf, size_t from, unsigned options);

/* Would a whole text come out as it went in? Then it need not be copied at all. */
bool ald_json_escape_needless(struct ald_str text, unsigned options);

/*
 * Append sound JSON to `out` with every invalid UTF-8 sequence replaced by U+FFFD: for a value that has ALD_JSON_BROKEN
 * on its way to where UTF-8 is demanded. Needs the whole value, since a sequence may not be cut.
 * Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_json_repair(struct ald_str text, struct ald_buf *out);
