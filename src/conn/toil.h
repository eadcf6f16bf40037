#pragma once

/*
 * Toil: the time that checking the messages of one speaker costs everybody, since they all share a thread. A check is bounded,
 * but not how many of them come in a row: so who has had more than a share of the thread waits until that is no more than his
 * share again.
 *
 * Pure arithmetic: the time is handed in.
 */

#include "base/defs.h"

/* That much may come at once. */
#define ALD_TOIL_BURST (20 * ALD_MSEC)
/* And of the time that passes this part is his, in percent: less than half, so that the others have more. */
enum { ALD_TOIL_SHARE = 40 };

/* All zero: nothing was done yet. */
struct ald_toil {
    ald_usec spent; /* that is not given back yet */
    ald_usec at;    /* when that was so */
};

/* It took `spent` more. Gives until when it has to rest, 0: it has not. */
ald_usec ald_toil_add(struct ald_toil *toil, ald_usec now, ald_usec spent);
