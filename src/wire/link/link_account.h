#pragma once

/*
 * Account: what a control may do, as the original shows it (link.md 2.3, 6.3): one role with the names of its rights. It is told
 * so in `ready`, and with the event below when they change.
 */

#include "msg/json_write.h"

/* link.md 6.3. A control of generation A knows no such event. */
#define ALD_LINK_ACCOUNT_EVENT ALD_STR("AccountUpdateEvent")

/* Write the member "roles" into the object that was begun. `rights` are names, comma separated; absent: all. */
void ald_link_roles_write(struct ald_json_writer *json, struct ald_str rights);
