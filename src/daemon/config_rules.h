#pragma once

/* Rules between several keys, by section; config_check.c asks for them all. */

#include "daemon/config.h"

/* Of [communicator] and of the peers in [hub]. Outcome: ALD_CONFIG_BAD. */
ALD_NODISCARD int ald_config_check_communicator(const struct ald_config *config, struct ald_config_why *ret_why);
