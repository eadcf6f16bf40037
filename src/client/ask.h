#pragma once

/*
 * Ask: the question `aldis:Outcome` that a caller puts to a hub about a command it sent over an earlier connection, and
 * what the answer says; and `aldis:Cancel`, by which it takes such a command back (docs/wire-extension.md).
 */

#include "client/client.h"

struct ald_rng;

/*
 * Gives the question, sealed: a command to the hub itself, with an id of its own, about the command that was sent as
 * `wire_id` (borrows), to be answered within `ttl`. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_ask_new(struct ald_msg_pool *messages, struct ald_rng *rng, struct ald_str wire_id, ald_usec ttl,
                              struct ald_msg **ret_ask);

/* The same for `aldis:Cancel`, whose answer says no more than whether it was understood. */
ALD_NODISCARD int ald_ask_cancel_new(struct ald_msg_pool *messages, struct ald_rng *rng, struct ald_str wire_id,
                                     ald_usec ttl, struct ald_msg **ret_ask);

enum { ALD_ASK_MALFORMED = 1 };

/*
 * Unpack the `answer` (borrows) to it: gives the reply that the command had, and a report that borrows from that reply.
 * `phase` is the last one known before. Outcome: ALD_ASK_MALFORMED. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_ask_unpack(struct ald_msg_pool *messages, const struct ald_msg *answer, enum ald_phase phase,
                                 struct ald_msg **ret_reply, struct ald_call_report *ret_report);
