#pragma once

/*
 * Dialect `exchange`: Gravitee's command-reply exchange framework, v1 and legacy, both ends, with aldis's announced
 * extension. Specification: the project's reference of the protocol, sections 2 to 4; the extension: docs/wire-extension.md.
 *
 * A connection carries one party, number 0. `variant` of the facts is a set of ALD_EXCHANGE_*.
 */

#include "wire/dialect.h"

enum {
    ALD_EXCHANGE_V1 = 1,       /* else legacy */
    ALD_EXCHANGE_EXTENDED = 2  /* both ends announced X-Aldis-Exchange: 1 */
};

#define ALD_EXCHANGE_PATH "/exchange/controller"
#define ALD_EXCHANGE_LEGACY_PATH "/ws/controller/" /* and anything below it */
#define ALD_EXCHANGE_VERSION_HEADER "X-Gravitee-Exchange-Protocol"
#define ALD_EXCHANGE_EXTENSION_HEADER "X-Aldis-Exchange"

/* What the dialect counts. X(NAME, "name for people and metrics") */
#define ALD_EXCHANGE_COUNTERS(X)                             \
    X(FRAMES_IN, "exchange_frames_in")                       \
    X(FRAMES_OUT, "exchange_frames_out")                     \
    X(MALFORMED_JSON, "exchange_malformed_json")             \
    X(UNKNOWN_FRAME, "exchange_unknown_frame")               \
    X(NO_EXCHANGE, "exchange_frame_without_exchange")        \
    X(TEXT_FRAME, "exchange_text_frame")                     \
    X(TOO_LARGE, "exchange_message_too_large")               \
    X(HELLO_EXPECTED, "exchange_hello_expected")             \
    X(HELLO_TIMEOUT, "exchange_hello_timeout")               \
    X(HELLO_REFUSED, "exchange_hello_refused")               \
    X(HELLO_AGAIN, "exchange_hello_again")                   \
    X(PONG_TIMEOUT, "exchange_pong_timeout")                 \
    X(STRAY_REPLY, "exchange_stray_reply")                   \
    X(DROPPED_SIGNAL, "exchange_dropped_signal")

enum {
#define ALD_X(name, text) ALD_EXCHANGE_N_##name,
    ALD_EXCHANGE_COUNTERS(ALD_X)
#undef ALD_X
    ALD_EXCHANGE_N_COUNTERS
};

extern const struct ald_dialect_type ald_exchange;
