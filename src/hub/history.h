#pragma once

/*
 * History: the outcomes that are remembered, oldest first, bounded by count and age.
 *
 * Questions about other commands are not remembered: who asks for a thousand outcomes after a lost link may not push out
 * those it has not asked for yet.
 *
 * A command that somebody still needs (a watcher, the window of a session) is pinned: it is forgotten like the others,
 * and freed when the last pin goes. What nobody needs is packed into its record (hub/record.h), in the step after that in
 * which it was answered.
 */

#include "base/defs.h"

struct ald_command;
struct ald_hub;

void ald_history_add(struct ald_hub *hub, struct ald_command *command);
/* Its caller was answered: from the next step on its record may do without it. */
void ald_history_settle(struct ald_hub *hub, struct ald_command *command);
/* Keep a command for a while, and let it go. */
void ald_history_pin(struct ald_hub *hub, struct ald_command *command);
void ald_history_unpin(struct ald_hub *hub, struct ald_command *command);
/* Pack what has ended, and forget what is too much or too old, at most `n_max` records each. Called before a step says
 * anything, since what the last step said may have shown these records. */
void ald_history_trim(struct ald_hub *hub, unsigned n_max);
/* Set the alarm for the oldest. */
void ald_history_watch(struct ald_hub *hub);
/* It holds so many more bytes, whether it is remembered already or will be. */
void ald_history_charge(struct ald_hub *hub, struct ald_command *command, size_t bytes);
/* There is something to forget. */
bool ald_history_is_over(const struct ald_hub *hub);
