#pragma once

/* What `aldis schema check` does, for the verb. */

#include "base/block.h"
#include "cli/cli.h"

/*
 * Check the files and folders that `operands` name; the last of several may be a payload that is held against the one before it
 * (with `response`: against what the reply must look like). All that is wrong is said. Returns the exit status.
 */
int ald_cli_schema_check(const struct ald_cli *cli, const char *const *operands, size_t n, bool response);

/* The JSON in a file, `-` being standard input. Returns 0 or the exit status; then all is said. */
int ald_cli_schema_read(const char *file, struct ald_slice *ret_text);

/* Say what is wrong with a file. Returns the exit status. */
int ald_cli_schema_wrong(const char *file, const char *why);
