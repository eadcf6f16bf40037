#pragma once

/* The clock of the loop that has no system (loop.c): it stands until it is moved. */

#include "loop/loop.h"

/* Run what is due and all tasks, until there are none. */
void cuts_loop_settle(struct ald_loop *loop);
/* When the next alarm may be due; ALD_NEVER: there is none. */
ald_usec cuts_loop_deadline(const struct ald_loop *loop);
/* It is `now`, which is not before what it was. */
void cuts_loop_set(struct ald_loop *loop, ald_usec now);
