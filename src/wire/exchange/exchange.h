#pragma once

/*
 * Dialect `exchange`: Gravitee's command-reply exchange framework, v1 and legacy, both ends, with aldis's announced
 * extension. Specification: the project's reference of the protocol (exchange.md), sections 2 to 4; the extension:
 * docs/wire-extension.md.
 *
 * A connection carries one party, number 0. `variant` of the facts is a set of ALD_EXCHANGE_*.
 *
 * Driving it: next() is asked after feed(), emit() and tick(), because a CLOSE may come out of each of them. Frames
 * that drain() gives go out before the connection is closed for a CLOSE signal: a refusal is heard before the door
 * shuts. Bytes that are fed must have a block, or live for ever. After a CLOSE nothing is read or written any more.
 *
 * Memory: an idle connection costs this dialect a few hundred bytes. What a message needs is allocated with the first
 * one and given back by the ping timer when nothing was said for a whole interval.
 *
 * Role hub (the peer is a connector):
 *   - Its hello is REGISTER. Where it proposes no name, a fresh UUID is proposed for it, as the stock connector does
 *     itself; with the extension it is a caller only. REGISTERED and DENIED answer the hello; DENIED then closes.
 *   - COMMAND: msg->wire_id is the id that the peer gave it, absent when it said `null`, a fresh one when it said
 *     nothing (exchange.md 2.6). Its ttl is options.reply_timeout when the frame says none.
 *   - REPLY, STATUS: `id` is the hub's id that came back. CANCEL: msg->wire_id is the caller's id of its own command.
 *   - REPLY, STATUS given to emit(): `request` is the caller's command; outcome, cause and phase are the signal's.
 *   - A goodbye of the peer is answered and becomes LEAVE; ending the connection is the hub's. The answer to our own
 *     goodbye is LEAVE with `ok` set.
 *
 * Role party (we are the connector or caller, the peer is a hub, possibly a genuine one):
 *   - REGISTER given to emit() is our hello. REGISTERED and DENIED come back; anything but an answer of hello's own
 *     type is a CLOSE, after which trying again makes sense (exchange.md 4.3).
 *   - COMMAND given to emit(): msg->wire_id is the caller's, a UUID. CANCEL: the msg (kind cancel) or the `request`
 *     tells the wire id. REPLY and STATUS from next(): msg->wire_id is that id again; outcome, cause and phase stand in
 *     the signal and in the msg.
 *   - COMMAND from next(): msg->wire_id is the hub's id text. CANCEL from next(): a msg of kind cancel with that
 *     wire_id. REPLY and STATUS given to emit(): `request` is that command (its wire_id and name are used), `msg` what
 *     is said; outcome, cause and phase are taken from the signal where it says them, else from the msg.
 *   - HEALTH and PRIMARY are answered with the `id` that the question had; an all-zero id answers the latest question
 *     of that kind.
 *   - The hub's goodbye is LEAVE, which is answered with LEAVE and `ok`; CLOSE 1013 or 1000 follows (exchange.md 2.12).
 *
 * Hub and hub (docs/wire-extension.md, section 12): the one that dials is opened in the role hub with ALD_EXCHANGE_HUB. Both
 * hear of the other by a REGISTER with a greeting; for the one that dialled REGISTERED is then no frame, and DENIED the end. It
 * needs facts.identity at both ends: without it a hello of a hub is that of an ordinary party. COMMAND and EVENT have a
 * `travel`.
 *
 * Replies that are neither success nor error, commandStatus PENDING and IN_PROGRESS, are statuses `accepted` and
 * `running`: the protocol has the words and no use for them (exchange.md 13.2).
 *
 * Command names that are the protocol's own (HELLO, GOOD_BYE, PRIMARY and their legacy forms) are never written for
 * somebody else: whoever may send commands could else promote or dismiss an agent. Such a command, and one that is too
 * large for the peer, comes back from next() as a REPLY `refused`.
 */

#include "base/buf.h"
#include "wire/dialect.h"
#include "wire/http/http_head.h"

enum {
    ALD_EXCHANGE_V1 = 1,      /* else legacy */
    ALD_EXCHANGE_EXTENDED = 2, /* both ends announced X-Aldis-Exchange: 1; only with V1 */
    ALD_EXCHANGE_HUB = 4       /* role hub, dialling: the peer is another hub, which we tell who we are */
};

/*
 * What a hub may add to a message that it passes on, where both ends have the extension: a party takes so many bytes more
 * than it may send, so that whatever came in can go out (docs/wire-extension.md, limits).
 */
enum { ALD_EXCHANGE_HUB_ROOM = 4096 };

#define ALD_EXCHANGE_PATH "/exchange/controller"
#define ALD_EXCHANGE_LEGACY_PATH "/ws/controller/" /* and anything below it */
#define ALD_EXCHANGE_VERSION_HEADER "X-Gravitee-Exchange-Protocol"
#define ALD_EXCHANGE_EXTENSION_HEADER "X-Aldis-Exchange"

/* What the dialect counts. X(NAME, "name for people and metrics") */
#define ALD_EXCHANGE_COUNTERS(X)                                                                                       \
    X(FRAMES_IN, "exchange_frames_in")                                                                                 \
    X(FRAMES_OUT, "exchange_frames_out")                                                                               \
    X(MALFORMED_JSON, "exchange_malformed_json")                                                                       \
    X(UNKNOWN_FRAME, "exchange_unknown_frame")                                                                         \
    X(NO_EXCHANGE, "exchange_frame_without_exchange")                                                                  \
    X(INVALID_FIELD, "exchange_invalid_field")                                                                         \
    X(TEXT_FRAME, "exchange_text_frame")                                                                               \
    X(EMPTY_FRAME, "exchange_empty_frame")                                                                             \
    X(TOO_LARGE, "exchange_message_too_large")                                                                         \
    X(HELLO_EXPECTED, "exchange_hello_expected")                                                                       \
    X(HELLO_TIMEOUT, "exchange_hello_timeout")                                                                         \
    X(HELLO_REFUSED, "exchange_hello_refused")                                                                         \
    X(HELLO_AGAIN, "exchange_hello_again")                                                                             \
    X(PONG_TIMEOUT, "exchange_pong_timeout")                                                                           \
    X(UNHANDLED, "exchange_answered_here")                                                                             \
    X(RESERVED_NAME, "exchange_reserved_name")                                                                         \
    X(STRAY_REPLY, "exchange_stray_reply")                                                                             \
    X(DROPPED_SIGNAL, "exchange_dropped_signal")

enum {
#define ALD_X(name, text) ALD_EXCHANGE_N_##name,
    ALD_EXCHANGE_COUNTERS(ALD_X)
#undef ALD_X
        ALD_EXCHANGE_N_COUNTERS
};

extern const struct ald_dialect_type ald_exchange;

/*
 * What a dialler asks for (exchange.md 2.1). `wanted` is a variant.
 */
enum { ALD_EXCHANGE_FIELDS_MAX = 2 };

/* The headers of the upgrade request that ask for `wanted`; returns how many of `fields` were set. They live for
 * ever. */
size_t ald_exchange_dial_fields(uint32_t wanted, struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX]);
/* Append the path to ask for: that of the configured URL (may be absent; one `/` at its end is dropped), then the
 * protocol's own. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_exchange_dial_path(struct ald_str prefix, struct ald_buf *out);
/* The variant that the hub's 101 response grants, given the value of its ALD_EXCHANGE_EXTENSION_HEADER (may be
 * absent). */
uint32_t ald_exchange_dial_result(uint32_t wanted, struct ald_str announced);
