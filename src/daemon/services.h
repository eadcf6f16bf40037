#pragma once

/*
 * Services: the names of the services that come and go on this machine: of each file NAME.service in a folder
 * (communicator 5.5). What is in the files does not matter.
 */

#include "base/buf.h"

/* More names, or longer ones, than a machine has; beyond it is a mistake in the path. */
enum { ALD_SERVICES_BYTES_MAX = 256 * 1024 };

/*
 * Append the names, in order, with commas between them. Names with a comma, a control character or none at all are left out,
 * and counted in `*ret_skipped`. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM, ALDIS_E_IO (errno says what).
 */
ALD_NODISCARD int ald_services_list(const char *folder, struct ald_buf *out, size_t *ret_skipped);
