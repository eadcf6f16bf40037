#pragma once

/*
 * Agent reply: what a program that has ended says, as the reply to its command.
 *
 *     exit status 0         succeeded; its output is the payload: JSON as it stands, other text as a JSON string without the
 *                           line ends behind it (as the shell's `$(...)` has it), and none when there is no output
 *     any other             failed; its error output is the text, its output the payload, {"status":N} the details
 *     ended by a signal     failed (the handler broke); {"signal":N}
 *     stopped by us         cancelled
 */

#include "loop/process.h"
#include "msg/msg.h"

/* What is kept of each output: a payload that fits into a message (exchange.md 2.5), with what stands around it. */
enum { ALD_AGENT_OUTPUT_MAX = 13000000 };

/* Gives a reply that the agent itself decided, sealed. `text` may be NULL: that of the cause. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_agent_reply_new(struct ald_msg_pool *messages, enum ald_outcome outcome, enum ald_cause cause,
                                      const char *text, struct ald_msg **ret_reply);
/* Gives the reply to a command whose program ended, sealed. `stopped`: why we stopped it, or NULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_agent_reply_of(struct ald_msg_pool *messages, const struct ald_process_end *end,
                                     const char *stopped, struct ald_msg **ret_reply);
