#pragma once

/*
 * Self: what the hub itself answers, as the target with the empty name (DESIGN section 1).
 *
 *     aldis:Outcome {"id":"…"}   waits until the command with that id, the hub's or its sender's, has its outcome, and
 *                                tells it: so a caller that lost the hub can ask before it says `lost`.
 *     aldis:Cancel {"id":"…"}    takes that command back, as its caller would over the connection that it lost, and tells at
 *                                once how far the command is, or its outcome if it has one by now.
 *
 * Both are for whoever submitted the command: where principals are known, for the same principal; where nobody has one,
 * for whoever knows the id.
 */

#include "base/defs.h"

struct ald_command;
struct ald_hub;
struct ald_msg;

bool ald_self_is_meant(const struct ald_msg *msg);
/* Meant for the hub, and about another command: of no interest once it is answered. */
bool ald_self_is_question(const struct ald_msg *msg);
void ald_self_answer(struct ald_hub *hub, struct ald_command *command);
/* `command` has its outcome, and its reply is complete: whoever watched it is told, in slices. */
void ald_self_ended(struct ald_hub *hub, struct ald_command *command);
/* `command`, which may have watched another one, has ended itself. */
void ald_self_unwatch(struct ald_hub *hub, struct ald_command *command);
/* A unit of work: tell one of those who watch `command`; false when there is none (left). */
bool ald_self_work(struct ald_hub *hub, struct ald_command *command);
