#pragma once

/*
 * Params: operands `name=value` as a payload: a JSON object whose members are strings. That is what a message of the
 * communicator family carries, and what is quickest to type elsewhere. No JSON begins like one.
 */

#include "base/block.h"

/* More than one types; the last ones of the protocol itself are fewer. */
enum { ALD_PARAMS_MAX = 64 };

/* Tell whether `operand` is one: a name of letters, digits and `_`, and `=`. */
bool ald_params_fits(const char *operand);

/*
 * Gives the object that the `n` operands are. Outcome: ALD_PARAMS_BAD: one fits not, and `*ret_at` says which, or has the
 * name of an earlier one. Errors: ALDIS_E_NOMEM.
 */
enum { ALD_PARAMS_BAD = 1 };
ALD_NODISCARD int ald_params_read(const char *const *operands, size_t n, struct ald_slice *ret_payload, size_t *ret_at);
