#pragma once

/*
 * Cancel: a caller takes a command back. What was not sent is taken back at once; what was sent can only be asked for, and
 * the first of reply, confirmation and deadline decides (DESIGN section 1).
 */

#include "base/defs.h"

struct ald_command;
struct ald_hub;
struct ald_hub_conn;
struct ald_signal;

void ald_cancel_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
/* False: it is refused. The command is sent, and the protocol of its agent has no way to ask for it back. */
bool ald_cancel(struct ald_hub *hub, struct ald_command *command);
extern const char *const ald_cancel_refused_text;
/* It is sent: ask for it back, if its channel's protocol has a way; else false, and its caller is told. */
bool ald_cancel_ask(struct ald_hub *hub, struct ald_command *command);
/* It is known not to have been sent. */
void ald_cancel_now(struct ald_hub *hub, struct ald_command *command);
/* Nobody waits for it any more: tell the agent, if it has it and can be told. Not counted as a caller's wish. */
void ald_cancel_tell(struct ald_hub *hub, struct ald_command *command);
