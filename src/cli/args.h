#pragma once

/*
 * Args: command line arguments, taken one after the other.
 *
 *     --name VALUE   --name=VALUE   -n VALUE   -nVALUE   --flag   -f
 *
 * Options may stand before, between and after operands; `--` makes operands of all that follows. A lone `-`, and a `-`
 * before a digit, begin operands, because JSON payloads may be negative numbers.
 *
 * It borrows argv, keeps no memory and writes nothing.
 */

#include "base/defs.h"

struct ald_option {
    int key;           /* from 1 */
    const char *name;  /* without the dashes */
    const char *value; /* what it is followed by, in the words of the help; NULL: nothing, it is a flag. `a|b|c` are the
                        * words it may be; FILE, TARGET and CHANNEL are completed by the shell */
    char letter;       /* short form, or 0 */
    const char *help;  /* what it does, as base/prose.h has it; for --help, the manual and completion */
};

/* Several tables are looked through in order, so that a verb adds its options to those of all verbs. */
struct ald_option_table {
    const struct ald_option *options;
    size_t n;
};

struct ald_args {
    char **argv; /* ends with NULL */
    bool operands_only;
};

struct ald_arg {
    int key;           /* 0: an operand */
    const char *text;  /* as it was given */
    const char *value; /* an operand, or what an option was given; NULL for flags */
};

/* Outcomes of ald_args_next(). After the last three `ret_arg->text` is the argument that is wrong. */
enum { ALD_ARGS_END = 1, ALD_ARGS_UNKNOWN, ALD_ARGS_VALUE_MISSING, ALD_ARGS_VALUE_UNWANTED };

/* Gives the next option or operand. */
ALD_NODISCARD int ald_args_next(struct ald_args *args, const struct ald_option_table *tables, size_t n_tables,
                                struct ald_arg *ret_arg);
