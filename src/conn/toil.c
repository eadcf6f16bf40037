#include "conn/toil.h"

ald_usec ald_toil_add(struct ald_toil *toil, ald_usec now, ald_usec spent)
{
    /* Long before that nothing is left of it, whatever it was. */
    ald_usec passed = ALD_MIN(now - toil->at, 3600 * ALD_SEC);
    ald_usec back = passed * ALD_TOIL_SHARE / 100;

    toil->spent = (toil->spent > back ? toil->spent - back : 0) + spent;
    toil->at = now;
    if (toil->spent <= ALD_TOIL_BURST) {
        return 0;
    }
    return now + (toil->spent - ALD_TOIL_BURST) * 100 / ALD_TOIL_SHARE + 1;
}
