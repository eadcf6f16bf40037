#pragma once

/*
 * Help: what `aldis help` and `aldis VERB --help` print, made of the tables of verbs and options.
 */

#include "cli/cli.h"

/* Exit statuses of the program, one paragraph: also for the manual. */
extern const char ald_help_statuses[];
/* What `aldis` is for, before the list of its verbs. */
extern const char ald_help_about[];

/* Print the help of `verb`, or of the program when it is NULL, folded for the terminal. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_help_print(FILE *out, const struct ald_verb *verb);

/* "-H, --hub URL" in `room`, as the help has it. Returns `room`. */
const char *ald_help_option(const struct ald_option *option, char room[128]);
