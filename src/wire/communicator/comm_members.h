#pragma once

/*
 * Members: one object of a JSON text that is known to be sound, walked without memory. Only its own members are read;
 * what is within them is passed over. Soundness was checked before, by ald_json_check(), so nothing can go wrong here.
 *
 * Threading: no state; the values borrow the text.
 */

#include "msg/json_text.h"

struct ald_comm_members {
    const uint8_t *at, *end;
};

/* Begin with `object`, of type ALD_JSON_OBJECT. */
void ald_comm_members_init(struct ald_comm_members *members, struct ald_json_value object);
/* Gives the next name (a string) and its value; false: there is none. */
bool ald_comm_members_next(struct ald_comm_members *members, struct ald_json_value *ret_name,
                           struct ald_json_value *ret_value);
