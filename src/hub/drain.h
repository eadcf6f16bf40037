#pragma once

/*
 * Drain: the hub stops. It takes no new work, refuses what waits (it never ran), lets what was sent be answered until
 * `leave_until`, and says goodbye to each connection that has nothing left to do.
 */

#include "base/list.h"
#include "hub/hub.h"

void ald_drain_start(struct ald_hub *hub, const struct ald_event *event);
/* `leave_until` has come: what is still in flight is lost, who is still there is cut. */
void ald_drain_cut(struct ald_hub *hub);
/* `node` leaves the list that the drain is walking through. */
void ald_drain_pass(struct ald_hub *hub, struct ald_node *node);
/* A unit of work; false when there is nothing (left) to do now. */
bool ald_drain_work(struct ald_hub *hub);
