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

/* What the dialect counts. X(NAME, "name for people and metrics", "what that is") */
#define ALD_LINK_COUNTERS(X)                                                                                           \
    X(FRAMES_IN, "link_frames_in", "frames that came")                                                                 \
    X(FRAMES_OUT, "link_frames_out", "frames that were written")                                                       \
    X(MALFORMED_JSON, "link_malformed_json", "frames that are no JSON")                                                \
    X(MALFORMED, "link_malformed_message", "frames that break their schema")                                           \
    X(BAD_HANDSHAKE, "link_bad_handshake", "first frames that register or resume nobody")                              \
    X(HANDSHAKE_TIMEOUT, "link_handshake_timeout", "connections on which nobody registered in time")                   \
    X(HEARTBEAT_TIMEOUT, "link_heartbeat_timeout", "connections without a heartbeat for twice the interval")           \
    X(REGISTER_REFUSED, "link_register_refused", "registrations that were refused")                                    \
    X(INVALIDATED, "link_session_invalidated", "sessions that were not resumed")                                       \
    X(RESUMED, "link_session_resumed", "sessions that were resumed")                                                   \
    X(UNEXPECTED, "link_unexpected_frame", "frames that came when they mean nothing")                                  \
    X(HEARTBEATS_IN, "link_heartbeats_in", "heartbeats that came")                                                     \
    X(HEARTBEATS_OUT, "link_heartbeats_out", "heartbeats that were written")                                           \
    X(EARLY_ACKS, "link_early_acknowledgements", "heartbeats that were written before they were due")                  \
    X(PINGS_OUT, "link_pings_out", "pings that ask for an acknowledgement")                                            \
    X(PONGS_IN, "link_pongs_in", "pongs that acknowledge")                                                             \
    X(PONGS_UNASKED, "link_pongs_unasked", "pongs that answer no ping")                                                \
    X(BAD_ACK, "link_acknowledged_unsaid", "acknowledgements of what was not said")                                    \
    X(REPEATED, "link_repeated_sequence", "messages that came before, and are dropped")                                \
    X(GAPS, "link_sequence_gaps", "messages before which some are missing")                                            \
    X(ODD_SEQUENCE, "link_odd_sequence", "messages with an integer that counts nothing")                               \
    X(BAD_SOURCE, "link_foreign_source", "messages in the name of somebody else")                                      \
    X(REFUSED, "link_request_refused", "requests that the dialect itself refused")                                     \
    X(DROPPED_EVENT, "link_event_dropped", "events that could not be passed on")                                       \
    X(STRAY_REPLY, "link_stray_answer", "answers that name no request")                                                \
    X(UNKNOWN_INSTANCE, "link_instance_not_taken", "instances that their host may not have")                           \
    X(CONTROLS, "link_controls_asked", "controls that asked to be let in")                                             \
    X(DROPPED_SIGNAL, "link_dropped_signal", "what the hub said and this protocol cannot say")

enum {
#define ALD_X(name, text, meaning) ALD_LINK_N_##name,
    ALD_LINK_COUNTERS(ALD_X)
#undef ALD_X
        ALD_LINK_N_COUNTERS
};

extern const struct ald_dialect_type ald_link;

/* Append the path to ask for: that of the configured URL (may be absent) and then the protocol's own, with a slash between
 * where the original forgets it (link.md 9, 31). Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_link_dial_path(struct ald_str prefix, struct ald_buf *out);
