#pragma once

/*
 * The eight endpoints that the original serves on its management port (exchange.md section 9), below `/exchange` and
 * `/_node/exchange`; with an identifier other than `exchange` it is one more segment. `[exchange] management = no` takes
 * them away.
 *
 * They answer as the original does, form included: two blanks of indentation, null members written, errors as
 * `{"code", "message"}`, lists without pages. Two things are better: `status` filters batches, not their targets, and
 * HEAD works.
 */

#include "mgmt/mgmt_impl.h"

enum { ALD_MGMT_EXCHANGE_ENDPOINTS = 8 };

/* The path as OpenAPI writes it, below the prefix: "/targets/{targetId}". */
const char *ald_mgmt_exchange_path(size_t i);

/* Is the path one of these? Then its prefix is taken off the segments. */
bool ald_mgmt_exchange_is(struct ald_mgmt_call *call);
/* Answer it, also when there is no such endpoint. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_exchange(struct ald_mgmt_call *call);
