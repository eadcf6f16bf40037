#pragma once

/*
 * Intruders: who has shown a wrong name or password, and how often lately (communicator 11): counted by address, begun anew
 * when the last time is more than 15 minutes ago; from the third time on somebody should be told.
 *
 * Limits: INTRUDERS_MAX addresses; when there are more, the one that tried longest ago is forgotten. Whoever tries from more
 * addresses at once than that escapes this count, not the check itself.
 */

#include "conn/inet.h"

enum {
    ALD_INTRUDERS_TELL = 3, /* communicator 11 */
    INTRUDERS_MAX = 256
};
#define ALD_INTRUDERS_FORGET (15 * 60 * ALD_SEC) /* the same */

struct ald_intruder {
    struct ald_inet inet; /* of which the port does not matter */
    ald_usec last;
    uint32_t n; /* 0: free */
};

struct ald_intruders {
    struct ald_intruder rows[INTRUDERS_MAX];
};

/* Somebody at `inet` has tried; returns how often by now. */
uint32_t ald_intruders_note(struct ald_intruders *intruders, const struct ald_inet *inet, ald_usec now);
