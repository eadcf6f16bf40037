#pragma once

/*
 * Names: which ones the communicator can say (communicator.md 1.1, the setters), and how it says the others.
 *
 * A target of aldis may be called anything; a service is `[A-Za-z_][A-Za-z0-9_]*`. So every other byte is spelled `_xx`,
 * two lower-case hexadecimal digits (DESIGN section 1): `my-lamp` is `my_2dlamp`. A name that another would be spelled as
 * has its own `_` spelled, `_5f`: the target `a_2d` is `a_5f2d`.
 *
 * Most services that have an underscore mean nothing by it: `snap_backend` and `worker_01` must stay what they are in
 * every dialect. So what is on the wire is a spelling only if it is exactly what the target it stands for would be
 * spelled as, and that target could exist: `_ba` is no spelling, because 0xBA is not UTF-8, nor is `_01`, because a name
 * with a control character has no spelling, nor `_61`, because `a` needs none. Between legal words and the
 * names they stand for, both ways are one-to-one.
 *
 * Threading: no state.
 */

#include "base/buf.h"
#include "base/str.h"

/* `[A-Za-z_][A-Za-z0-9_]*`: servers, services, parameters. Not the empty name. */
bool ald_comm_name_legal(struct ald_str name);
/* `[A-Z_][A-Z0-9_]*`. There is no spelling of other commands: none of the protocol's has a lower-case letter. */
bool ald_comm_command_legal(struct ald_str command);
/* `.`, `*` or `?`, which stand for many servers or services. */
bool ald_comm_is_scope(struct ald_str name);

/*
 * The name of a service (or server) for the target (or hub) `name`: `name` itself when it is legal, else a view of
 * `scratch` (appended, so earlier views into it may move). Outcomes: ALD_COMM_FULL, ALD_COMM_ILLEGAL (empty, control
 * characters, not UTF-8). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_spell(struct ald_str name, struct ald_buf *scratch, struct ald_str *ret_word);

/* The way back, for any bytes: what is no spelling is a name itself. Outcome: ALD_COMM_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_unspell(struct ald_str word, struct ald_buf *scratch, struct ald_str *ret_name);
