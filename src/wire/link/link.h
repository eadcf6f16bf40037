#pragma once

/*
 * Dialect `link`: the link layer of Clusterio, both ends; on the hub's side both of its generations, B (`registerHost`) and A
 * (`register_slave`), told apart by the first frame. Specification: the project's reference of the protocol (link.md);
 * what becomes of what: docs/wire-link.md.
 *
 * Driving it: as wire/dialect.h says; next() is asked after feed(), emit() and tick(). Bytes that are fed must have a block,
 * or live for ever. A CLOSE with code 0 is a cut without a close frame (link.md 2.3, 2.4); one with `ok` ends the session of
 * its party as well. After a CLOSE nothing is read or written.
 *
 * Sequence numbers are the serials of the hub's session, both ways, so everything that is routable passes through the hub:
 * what the dialect answers by itself (a ping, a request that nobody here may send) is LOCAL, and what it has dealt with
 * TAKEN.
 *
 * Role hub:
 *   - registerHost and registerControl are REGISTER of party 0, with the token in its greeting; resume is RESUME, its token in
 *     `text`. REGISTERED is ready or continue; DENIED is a CLOSE (REGISTER) or invalidate (RESUME).
 *   - The instances that a host names (InstancesUpdateRequest) are REGISTER of further parties, numbered by their ids.
 *   - COMMAND and EVENT: msg->wire_id is the address that it came from, `type,id` or `type,id,request`, and msg->native_of
 *     this dialect; msg->native is the address that was asked for where it is not that of msg->to.
 *   - REPLY of a command that another link party submitted has no id: msg->wire_id is that of its command. Of a command
 *     that came from elsewhere the id has the low half only.
 *   - disconnect prepare is LEAVE both ways, ready the answer (`ok`).
 *   - ACKED comes of heartbeats, and of pongs that answer our pings, whatever the peer's program is (link_ping.c).
 *
 * Role party:
 *   - REGISTER given to emit() registers, once the hub has said hello: as the host that its target names, an integer, or
 *     without one as a control; the token is in its greeting. REGISTERED comes back, `text` being what resumes the session,
 *     `channel` who we are in it, and `ttl` how long it may be away; a hub that denies closes with a code.
 *   - RESUME brings the three back: `text`, `channel`, and as `serial` the last one received. REGISTERED follows, its `serial` the
 *     last one that the hub has, or DENIED; then a REGISTER may be given on the same connection.
 *   - Serials are the library's: what is given to emit() has one (COMMAND, EVENT, REPLY, LOCAL), and so does what comes, LOCAL
 *     and TAKEN among it. A request is known by the low half of its COMMAND's id, which the REPLY brings back.
 *   - COMMAND and EVENT for targets that are hosts, instances or controls are requests and events to these; other commands go by
 *     aldis:CallRequest. docs/wire-link.md tells what is not said.
 */

#include "wire/dialect.h"
#include "base/buf.h"

#define ALD_LINK_PATH "/api/socket"

/* link.md 2.10: the largest message, both sides. */
enum { ALD_LINK_MESSAGE_MAX = 100 * 1024 * 1024 };

/* Codes of CLOSE (link.md 2.11). */
enum {
    ALD_LINK_CLOSE_CUT = 0, /* no close frame */
    ALD_LINK_CLOSE_NORMAL = 1000,
    ALD_LINK_CLOSE_AWAY = 1001,
    ALD_LINK_CLOSE_PROTOCOL = 1002,
    ALD_LINK_CLOSE_POLICY = 1008,
    ALD_LINK_CLOSE_INTERNAL = 1011,
    ALD_LINK_CLOSE_LATER = 1013,
    ALD_LINK_CLOSE_UNAUTHORIZED = 3000,
    ALD_LINK_CLOSE_TIMEOUT = 3008, /* of a client; a hub cuts */
    ALD_LINK_CLOSE_MALFORMED = 4000,
    ALD_LINK_CLOSE_OLD_UNAUTHORIZED = 4003 /* generation A's */
};

/* What the dialect counts. X(NAME, "name for people and metrics") */
#define ALD_LINK_COUNTERS(X)                                                                                           \
    X(FRAMES_IN, "link_frames_in")                                                                                     \
    X(FRAMES_OUT, "link_frames_out")                                                                                   \
    X(MALFORMED_JSON, "link_malformed_json")                                                                           \
    X(MALFORMED, "link_malformed_message")                                                                             \
    X(TOO_LARGE, "link_message_too_large")                                                                             \
    X(BAD_HANDSHAKE, "link_bad_handshake")                                                                             \
    X(HANDSHAKE_TIMEOUT, "link_handshake_timeout")                                                                     \
    X(HEARTBEAT_TIMEOUT, "link_heartbeat_timeout")                                                                     \
    X(REGISTER_REFUSED, "link_register_refused")                                                                       \
    X(INVALIDATED, "link_session_invalidated")                                                                         \
    X(RESUMED, "link_session_resumed")                                                                                 \
    X(UNEXPECTED, "link_unexpected_frame")                                                                             \
    X(HEARTBEATS_IN, "link_heartbeats_in")                                                                             \
    X(HEARTBEATS_OUT, "link_heartbeats_out")                                                                           \
    X(EARLY_ACKS, "link_early_acknowledgements")                                                                       \
    X(PINGS_OUT, "link_pings_out")                                                                                     \
    X(PONGS_IN, "link_pongs_in")                                                                                       \
    X(PONGS_UNASKED, "link_pongs_unasked")                                                                             \
    X(BAD_ACK, "link_acknowledged_unsaid")                                                                             \
    X(REPEATED, "link_repeated_sequence")                                                                              \
    X(GAPS, "link_sequence_gaps")                                                                                      \
    X(ODD_SEQUENCE, "link_odd_sequence")                                                                               \
    X(BAD_SOURCE, "link_foreign_source")                                                                               \
    X(REFUSED, "link_request_refused")                                                                                 \
    X(DROPPED_EVENT, "link_event_dropped")                                                                             \
    X(STRAY_REPLY, "link_stray_answer")                                                                                \
    X(UNKNOWN_INSTANCE, "link_instance_not_taken")                                                                     \
    X(CONTROLS, "link_controls_asked")                                                                                 \
    X(DROPPED_SIGNAL, "link_dropped_signal")

enum {
#define ALD_X(name, text) ALD_LINK_N_##name,
    ALD_LINK_COUNTERS(ALD_X)
#undef ALD_X
        ALD_LINK_N_COUNTERS
};

extern const struct ald_dialect_type ald_link;

/* Append the path to ask for: that of the configured URL (may be absent) and then the protocol's own, with a slash between
 * where the original forgets it (link.md 9, 31). Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_dial_path(struct ald_str prefix, struct ald_buf *out);
