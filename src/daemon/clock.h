#pragma once

/*
 * Clock: does this machine's calendar clock say the truth? (communicator 7) The kernel knows whether somebody disciplines it
 * (adjtimex(2)), which the original asks other programs for, for up to ten minutes each time.
 *
 * Lifetime:   ald_clock_new() to ald_clock_free().
 * Threading:  the loop's thread only.
 */

#include "msg/news.h"

struct ald_clock;
struct ald_loop;

/* `changed` is told the first state soon, and every other one. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT (descriptors). */
ALD_NODISCARD int ald_clock_new(struct ald_loop *loop, void (*changed)(void *owner, enum ald_clock_state state),
                                void *owner, struct ald_clock **ret_clock);
struct ald_clock *ald_clock_free(struct ald_clock *clock); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_clock *, ald_clock_free);

/* What was seen of the clock. */
struct ald_clock_seen {
    bool synchronised; /* now */
    bool ever;         /* since the start, or earlier */
    ald_usec lost_for; /* not synchronised for so long, since the start at most */
};

/* How long somebody may take to set the clock right after the start or after a step: as long as the original waits. */
#define ALD_CLOCK_GRACE (600 * ALD_SEC)

/* Pure: what that means. A clock that nobody disciplines goes as it goes, and there is no use in waiting for more. */
enum ald_clock_state ald_clock_judge(const struct ald_clock_seen *seen);
/* Pure: what the kernel answered (adjtimex(2)) means that the clock is synchronised. */
bool ald_clock_synchronised(int answer, int status);
