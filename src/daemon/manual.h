#pragma once

/* Manual: the page aldisd(8), made of what `aldisd --help` says; aldis.conf(5) is made in config_help.c. */

#include "base/buf.h"

/* Append the page. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_manual_page(struct ald_buf *out);
