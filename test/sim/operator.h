#pragma once

/*
 * Operator: somebody who looks after a hub from outside of every connection: takes commands back, sends channels away, makes
 * one primary. What the hub answers is held against the history, and so is what it does afterwards.
 */

#include "base/defs.h"

struct sim_command;
struct sim_link;
struct sim_world;

void sim_operator_cancel(struct sim_world *world, struct sim_command *command);
void sim_operator_leave(struct sim_link *link, bool reconnect);
void sim_operator_primary(struct sim_link *link);
