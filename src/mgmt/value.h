#pragma once

/* Values that several answers write: addresses, and what peers sent. They fail as the writer does. */

#include "base/block.h"
#include "msg/address.h"
#include "msg/json_write.h"

/* The text of an address. */
void ald_mgmt_address_write(struct ald_json_writer *json, const char *name, const struct ald_address *address);
/*
 * Raw JSON of a peer's; nothing when it is absent. A payload of an old kind of peer may hold bytes that are no UTF-8: they
 * are repaired on the way out.
 */
void ald_mgmt_raw_write(struct ald_json_writer *json, const char *name, struct ald_slice raw);
