#pragma once

/*
 * Lines: bytes of a stream become lines, each ended by LF (communicator.md 1.4).
 *
 * A line that lies in one chunk is handed on where it lies, as a slice of the chunk's block; one that spans chunks is
 * joined in a block of its own, which grows with what has really arrived. Lines without a byte in them are skipped, also
 * when a CR stands there; a CR at the end of any other line is the reader's to trim. What follows the last LF when the
 * stream ends is no line.
 *
 * Lifetime:   ald_comm_lines_init() to ald_comm_lines_fini().
 * Threading:  one thread, that of the blocks.
 * Limits:     a line has at most `max` bytes without its LF. The original has no limit, so one client can fill the
 *             memory of everybody; ALD_COMM_LINE_MAX is far over anything its services send.
 */

#include "base/block.h"

enum { ALD_COMM_LINE_MAX = 16 * 1024 * 1024 };

struct ald_comm_lines {
    struct ald_block *held; /* a line that has begun */
    size_t held_size;
    size_t max;
    bool skipping; /* the rest of a line that is too long */
};

void ald_comm_lines_init(struct ald_comm_lines *lines, size_t max);
void ald_comm_lines_fini(struct ald_comm_lines *lines);

/* Outcomes of ald_comm_lines_next(). */
enum {
    ALD_COMM_LINES_HUNGRY = 1, /* the chunk is used up */
    ALD_COMM_LINES_LONG        /* a line is over `max`: told once, all of it is skipped */
};

/*
 * Gives the next line, without its LF. `*chunk` (borrows) is shortened by what was used, so it is asked again until it
 * is used up; its block stays the caller's. Outcomes: see above. Errors: ALDIS_E_NOMEM, after which nothing was used and
 * asking again is possible.
 */
ALD_NODISCARD int ald_comm_lines_next(struct ald_comm_lines *lines, struct ald_slice *chunk,
                                      struct ald_slice *ret_line);

/* Memory held for a line that has begun, for its party's account. */
static inline size_t ald_comm_lines_held(const struct ald_comm_lines *lines)
{
    return lines->held != NULL ? lines->held->size : 0;
}
