#pragma once

/*
 * Outcome: how `aldis call` shows what became of a command.
 *
 * Texts from agents and hubs reach a terminal only with what it might obey replaced; payloads go to standard output as
 * they are, because that is what was asked for, but on one line where a line is what separates them.
 */

#include <stdio.h>

#include "base/str.h"
#include "client/client.h"

/* The exit status of an outcome. */
int ald_outcome_exit(enum ald_outcome outcome);

/*
 * The whole outcome as one line of JSON: id, outcome, cause, state, code, text, channel, payload, details, roster; absent
 * ones are left out. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_outcome_print_json(FILE *out, struct ald_str id, const struct ald_call_report *report);

/* The payload of a reply that says succeeded or failed, and a line end; nothing when it has none. (Where a command was
 * refused, what stands there is a form of the protocol, exchange.md 3.2.) */
void ald_outcome_print_payload(FILE *out, const struct ald_call_report *report);

/* What went wrong, for a person: the outcome, who says so and why, the agent's code and details. */
void ald_outcome_explain(FILE *out, const struct ald_call_report *report);

/* Raw JSON on one line: a line end in it stands between its values, for inside of strings there is none. */
void ald_outcome_put_line(FILE *out, struct ald_str raw);
