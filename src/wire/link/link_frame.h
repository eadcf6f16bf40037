#pragma once

/*
 * Frames of generation B (link.md 2.2 to 2.6) and the handshake of generation A (2.15), read over the JSON scanner in one
 * pass: `data` of a routable frame stays where it is. What may stand in them is Appendix D's schema, held to in every state;
 * the original reads its handshake without it, and keeps what it got (link.md 9, 2). Generation A has its own, which allows
 * nothing that it does not name.
 *
 * Threading: no state. Views borrow the frame.
 */

#include "wire/link/link_address.h"
#include "msg/json_scan.h"

/* X(NAME, "type") */
#define ALD_LINK_TYPES(X)                                                                                              \
    X(HELLO, "hello")                                                                                                  \
    X(REGISTER_HOST, "registerHost")                                                                                   \
    X(REGISTER_CONTROL, "registerControl")                                                                             \
    X(RESUME, "resume")                                                                                                \
    X(READY, "ready")                                                                                                  \
    X(CONTINUE, "continue")                                                                                            \
    X(INVALIDATE, "invalidate")                                                                                        \
    X(HEARTBEAT, "heartbeat")                                                                                          \
    X(REQUEST, "request")                                                                                              \
    X(RESPONSE, "response")                                                                                            \
    X(RESPONSE_ERROR, "responseError")                                                                                 \
    X(EVENT, "event")                                                                                                  \
    X(DISCONNECT, "disconnect")                                                                                        \
    /* Generation A's, in the handshake only. */                                                                       \
    X(REGISTER_SLAVE, "register_slave")                                                                                \
    X(REGISTER_CONTROL_A, "register_control")                                                                          \
    X(RESUME_A, "")

enum ald_link_type {
#define ALD_X(name, word) ALD_LINK_TYPE_##name,
    ALD_LINK_TYPES(ALD_X)
#undef ALD_X
        ALD_LINK_N_TYPES
};
const char *ald_link_type_word(enum ald_link_type type);
/* Generation A's, as far as `type` is known. */
bool ald_link_type_is_old(uint8_t type);

/* Places of the members of `data` in ald_link_frame.members. */
enum { ALD_LINK_HELLO_VERSION, ALD_LINK_HELLO_PLUGINS };
enum { ALD_LINK_REGISTER_TOKEN, ALD_LINK_REGISTER_VERSION, ALD_LINK_REGISTER_ID, ALD_LINK_REGISTER_PLUGINS };
enum {
    ALD_LINK_READY_SRC,
    ALD_LINK_READY_TOKEN,
    ALD_LINK_READY_TIMEOUT,
    ALD_LINK_READY_INTERVAL,
    ALD_LINK_READY_ACCOUNT
};
enum { ALD_LINK_RESUME_TOKEN, ALD_LINK_RESUME_SEQ };
enum { ALD_LINK_CONTINUE_TIMEOUT, ALD_LINK_CONTINUE_INTERVAL, ALD_LINK_CONTINUE_SEQ };
/* The last three are ours: docs/wire-link.md 1. */
enum {
    ALD_LINK_ERROR_MESSAGE,
    ALD_LINK_ERROR_CODE,
    ALD_LINK_ERROR_STACK,
    ALD_LINK_ERROR_ROSTER,
    ALD_LINK_ERROR_OUTCOME,
    ALD_LINK_ERROR_CAUSE
};
enum { ALD_LINK_MEMBERS_MAX = 7 };

struct ald_link_frame {
    uint8_t type; /* enum ald_link_type; ALD_LINK_N_TYPES: none of them */
    bool has_seq;
    int64_t seq; /* 0 when it is an integer that no serial can be: link.md 2.8 wants such taken */
    struct ald_link_address src, dst;
    struct ald_json_value name, data;
    struct ald_json_value filters, gap_until;            /* ours: docs/wire-link.md 5 */
    struct ald_json_field members[ALD_LINK_MEMBERS_MAX]; /* of `data`, where that has a schema */
};

/* Outcomes. */
enum {
    ALD_LINK_NOT_JSON = 1, /* "Malformed JSON" */
    ALD_LINK_BAD_FRAME,    /* "Malformed message" */
};

/*
 * Read one frame. `ret_reason` (static, or NULL: not wanted) says for people what is wrong. Outcomes: ALD_LINK_NOT_JSON,
 * ALD_LINK_BAD_FRAME.
 */
ALD_NODISCARD int ald_link_frame_read(struct ald_str json, struct ald_link_frame *ret_frame, const char **ret_reason);

/*
 * The name of the next member of an object, with its quotes, and the first byte of its value; `*at` begins with 1. Goes on as long
 * as the values are strings. False: there is none.
 */
bool ald_link_map_next(struct ald_json_value map, size_t *at, struct ald_str *ret_name, char *ret_value);

/* Is `value`, sound JSON, an object of which every member is a string? */
bool ald_link_is_string_map(struct ald_json_value value);

/* The serial that a number of a peer stands for: 0 for what none can be. False: it is no integer. */
bool ald_link_serial_read(struct ald_json_value value, int64_t *ret_serial);
