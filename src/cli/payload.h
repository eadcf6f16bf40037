#pragma once

/*
 * Payload: JSON that the command line names: the text itself, `-` for standard input, `@FILE` for a file.
 */

#include "base/block.h"

/* What a message may carry (exchange.md 2.5: 13,107,200 bytes), less what stands around it. */
enum { ALD_PAYLOAD_MAX = 13000000 };

struct ald_payload_why {
    char text[400];
};

/*
 * Gives the payload that `argument` names. Outcome: ALD_PAYLOAD_BAD: it cannot be read, is too large or is no JSON;
 * `ret_why` says what and where. Errors: ALDIS_E_NOMEM.
 */
enum { ALD_PAYLOAD_BAD = 1 };
ALD_NODISCARD int ald_payload_read(const char *argument, struct ald_slice *ret_payload,
                                   struct ald_payload_why *ret_why);
