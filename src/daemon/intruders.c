#include "daemon/intruders.h"

/* The row of the address, or one that is free, or the one to forget. */
static struct ald_intruder *row_find(struct ald_intruders *intruders, const struct ald_inet *inet)
{
    struct ald_intruder *oldest = &intruders->rows[0];

    for (size_t i = 0; i < INTRUDERS_MAX; i++) {
        struct ald_intruder *row = &intruders->rows[i];

        if (row->n > 0 && ald_inet_same_host(&row->inet, inet)) {
            return row;
        }
        /* A free one is as old as can be. */
        if ((row->n > 0 ? row->last : 0) < (oldest->n > 0 ? oldest->last : 0)) {
            oldest = row;
        }
    }
    return oldest;
}

uint32_t ald_intruders_note(struct ald_intruders *intruders, const struct ald_inet *inet, ald_usec now)
{
    struct ald_intruder *row = row_find(intruders, inet);
    bool known = row->n > 0 && ald_inet_same_host(&row->inet, inet) && now - row->last <= ALD_INTRUDERS_FORGET;

    *row = (struct ald_intruder){.inet = *inet, .last = now, .n = known ? row->n : 0};
    row->n += row->n < UINT32_MAX ? 1 : 0;
    return row->n;
}
