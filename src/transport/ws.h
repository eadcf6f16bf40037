#pragma once

/*
 * Ws: WebSocket (RFC 6455) as a filter over any byte stream.
 *
 * The dialing side is part of a dial (struct ald_ws_hello). The accepting side is stacked by whoever read the HTTP
 * request, because the same door serves pages too.
 */

#include "transport/stream.h"
#include "wire/http/http_fields.h"

/*
 * Make a message stream of `lower` (takes: owns, closes and frees it), whose peer sent an upgrade request that
 * ald_ws_upgrade_check() accepted. `key` is that request's; the 101 answer carries `protocol` (may be absent) and
 * `fields`; `rest` is what was read behind the request. All are borrowed. May be called in a callback of `lower`.
 * Nothing is received and `opened` does not come before the end of the turn. Outcome: ALD_WS_ACCEPT_UNFIT, a header may
 * not be sent as it is. Errors: ALDIS_E_NOMEM. `lower` is still the caller's on both.
 */
enum { ALD_WS_ACCEPT_UNFIT = 1 };

ALD_NODISCARD int ald_ws_accept(struct ald_stream *lower, struct ald_str key, struct ald_str protocol,
                                struct ald_http_fields fields, struct ald_str rest,
                                const struct ald_stream_options *options, const struct ald_stream_callbacks *callbacks,
                                void *owner, struct ald_stream **ret_stream);

/*
 * From the next frame on, take frames and messages of at most `message_max` bytes: a peer that has said who it is may
 * say more. On a byte stream, which knows no messages, it does nothing.
 */
void ald_ws_set_message_max(struct ald_stream *stream, size_t message_max);

/*
 * Dialing side, in the `opened` callback only: the value of a header of the server's 101 answer, absent when it was not
 * there. Outside of it, and on other streams, it is always absent.
 */
struct ald_str ald_ws_header(const struct ald_stream *stream, struct ald_str name);
