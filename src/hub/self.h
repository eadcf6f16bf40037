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

#include "msg/json_write.h"
#include "msg/msg.h"

struct ald_command;
struct ald_hub;

/* Gives a message of the hub's own, still open: `name` (may be absent), and as its payload what `json` has written into
 * `buf`. Errors: ALDIS_E_NOMEM, also when that was cut short. */
ALD_NODISCARD int ald_self_message(struct ald_hub *hub, enum ald_kind kind, struct ald_str name,
                                   struct ald_json_writer *json, const struct ald_buf *buf, struct ald_msg **ret_msg);

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
