#pragma once

/*
 * Payload: parameters as the JSON payload of a message of another dialect, and back (DESIGN section 3).
 *
 *     a=1;b="x;y"                   <->  {"a":"1","b":"x;y"}
 *     aldis_payload={"a-b":[1,2]}   <->  {"a-b":[1,2]}
 *     (none)                        <->  absent
 *     aldis_payload={}              <->  {}
 *     aldis_payload=null            <->  null
 *
 * An object with members becomes parameters when every name is legal and not reserved: strings as what they say, numbers
 * and booleans as they are written, null as nothing, arrays and objects as JSON. On the way back all of them are strings.
 * Anything else, also what parameters cannot carry (a NUL, more than ALD_COMM_PARAMS_MAX members), is one parameter
 * `aldis_payload` with the JSON as it stands, which the way back gives again, byte for byte.
 *
 * Reserved are the names that the system gives meaning to (communicator.md 1.5): they are no part of a payload.
 *
 * Threading: no state but the reader's.
 */

#include "wire/communicator/comm_params.h"

/* `aldis_…`, `broadcast_…`, secure_remote, cache, transmission_report, secret_code. */
bool ald_comm_is_reserved(struct ald_str name);

/*
 * The parameters that say `payload`, one JSON value (absent: none), for ald_comm_line_write(). They borrow it and the
 * reader. Outcome: ALD_COMM_MALFORMED (not JSON). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_payload_params(struct ald_comm_reader *reader, struct ald_str payload,
                                          struct ald_comm_params *ret_params, struct ald_comm_fault *ret_fault);

/*
 * Append the JSON of what the parameters say, without the reserved ones, in valid UTF-8: what is not becomes U+FFFD. A
 * parameter `aldis_payload` is the whole of it, whatever stands beside it. `scratch` is emptied and used. Outcomes:
 * ALD_COMM_ABSENT (no payload), ALD_COMM_MALFORMED (`aldis_payload` is not JSON; `ret_fault->where` counts in its value),
 * ALD_COMM_FULL. Nothing is added on any of them. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_payload_write(const struct ald_comm_params *params, struct ald_buf *scratch,
                                         struct ald_buf *out, struct ald_comm_fault *ret_fault);
