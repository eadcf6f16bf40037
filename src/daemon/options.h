#pragma once

/* Options: the command line of aldisd. */

#include "daemon/config.h"

/* What the command line asks for. */
enum ald_options_verb {
    ALD_OPTIONS_RUN,
    ALD_OPTIONS_CHECK,
    ALD_OPTIONS_HELP,
    ALD_OPTIONS_HELP_KEYS,
    ALD_OPTIONS_MANUAL,
    ALD_OPTIONS_MANUAL_KEYS,
    ALD_OPTIONS_VERSION
};

enum { ALD_OPTIONS_USAGE = 2 }; /* outcome: not a command line of ours; `ret_why` says why */

/*
 * Read the command line (borrows) into `config`: the file of -c first, whatever the order, then every -s in order.
 * Outcomes: ALD_CONFIG_BAD, ALD_OPTIONS_USAGE. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_options_read(int argc, char *const *argv, struct ald_config *config,
                                   enum ald_options_verb *ret_verb, struct ald_config_why *ret_why);

/* The text of --help. */
extern const char ald_options_help[];
