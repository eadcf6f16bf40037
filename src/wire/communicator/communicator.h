#pragma once

/*
 * Dialect `communicator`: the lines of the Snap! communicatord, its services and its neighbours, both ends.
 * Specification: the project's reference of the protocol (communicator.md); DESIGN section 3 for commands.
 *
 * A connection carries one party, number 0. `variant` of the facts is one of enum ald_communicator_variant.
 *
 * Driving it: bytes in chunks of any size, ALD_FRAME_BYTES; of DATAGRAM one chunk is one datagram. next() reads one line
 * after the other, so it is asked until it says ALD_DIALECT_EMPTY before more is fed; also after emit() and tick(). What
 * drain() gives goes out before the connection is closed for a CLOSE signal. After a CLOSE nothing is read or written.
 *
 * What a peer says wrongly is answered with INVALID (`command`, `message` with what and where), and the connection stays
 * (communicator.md 14.1). Answers of the dialect's own have the ordinal 0.
 *
 * Role hub, SERVICE (a local service):
 *   - Whoever speaks is registered without a target first, once, so that it stays whatever becomes of what it asks for:
 *     where facts.admits says that everybody may, with the first line that means anything; else with the first that is not
 *     only for the dialect to answer. Until then a line has at most facts.greeting_max bytes.
 *     REGISTER of a name is then a REGISTER signal of that target, ALD_TAKEN_REFUSE, of the same party. REGISTERED with a
 *     target is HELP and READY, DENIED is an INVALID about REGISTER. UNREGISTER is UNREGISTER and a CLOSE.
 *   - `username` and `password` of a REGISTER come as a greeting with ALD_PEERING_NONE, for whoever judges it; the hub never
 *     sees them.
 *   - COMMANDS is CAPABLE, and TRAITS where it says that the peer answers ALIVE (ALD_CAN_HEALTH), knows PRIMARY, takes
 *     news or a goodbye (DISCONNECTING). News and notices are written only for who listed them, and answers to ASK.
 *   - A message for a service is an EVENT; with `aldis_id` a COMMAND, whose msg->wire_id is that. One for the daemon is
 *     dealt with here or is an ASK, OPERATE or LEAVE. What it does not know is an EVENT without a target, with
 *     ALD_MSG_REPORT, and a REPORT on that says that nobody knew it.
 *   - COMMAND given to emit() is written with the sender `HUB:aldis_N`, N from the signal's id, and what comes for that
 *     is the REPLY; so are the answers to HEALTH (`aldis_health_N`) and PRIMARY (`aldis_primary_N`).
 *   - LEAVE is DISCONNECTING, or QUITTING for one who shall not come back.
 * Role hub, REMOTE and LINK (another daemon; we accepted, or dialled):
 *   - REMOTE: CONNECT is a REGISTER with a greeting; REGISTERED is ACCEPT, DENIED is REFUSE: `conflict=name` for
 *     ALD_CAUSE_DUPLICATE, `shutdown=true` for ALD_CAUSE_DRAINING. LINK: CONNECT is said at once, of facts.identity;
 *     ACCEPT is the REGISTER with a greeting; REFUSE a CLOSE.
 *   - Messages have a `travel`. Its `daemons`, when one comes, is what the wire says, and its `hops` the same; what goes says
 *     `daemons` and one more.
 *   - GOSSIP is NEIGHBORS with `ok`, and is answered. LOADAVG is NEWS of ALD_TOPIC_LOAD to the hub: what the neighbour
 *     measured, for the edge to keep. OPERATE to and from the hub are SHUTDOWN, STOP and FORGET; `ok` of a FORGET from a
 *     neighbour: it has been told to everybody by whoever began it.
 *   - DISCONNECT is LEAVE both ways.
 *   - A link over which nothing came for options.alive_interval is asked ALIVE, and closed when it says nothing as often as
 *     alive_failures.
 * Role hub, OPEN: a door for both, as those of the original are: who says CONNECT or GOSSIP first is REMOTE from then on,
 * anybody else SERVICE.
 * Role hub, GOSSIP: we dialled to be called back: GOSSIP is said at once, RECEIVED is a CLOSE.
 * Role hub, DATAGRAM: events of parties that are never answered. Where facts.identity has a secret, they must show it.
 *
 * Role party, SERVICE (we are a service or a caller of a hub, possibly a genuine one):
 *   - REGISTER given to emit() is REGISTER, READY is REGISTERED, INVALID about it DENIED. Without a target nothing is
 *     said, and REGISTERED comes at once.
 *   - HELP is answered with what the dialect understands and what CAPABLE named; ALIVE is answered too, but one of a hub of
 *     ours is HEALTH. STOP and QUITTING are LEAVE (not to come back), DISCONNECTING LEAVE with `reconnect`.
 *   - COMMAND, EVENT and their answers both ways, as above; msg->wire_id of a COMMAND from next() is where its answer goes.
 *   - ASK is the question of its topic, whose answers are listed first where they were not. NEWS of all topics;
 *     TRANSMISSION_REPORT and SERVICE_UNAVAILABLE are REPORT, `text` the name of the message, without a `request`.
 * Role party, DATAGRAM: EVENT only. REGISTERED comes at once.
 */

#include "wire/dialect.h"

enum ald_communicator_variant {
    ALD_COMMUNICATOR_SERVICE,
    ALD_COMMUNICATOR_REMOTE,
    ALD_COMMUNICATOR_LINK,
    ALD_COMMUNICATOR_GOSSIP,
    ALD_COMMUNICATOR_DATAGRAM,
    ALD_COMMUNICATOR_OPEN,
    ALD_COMMUNICATOR_N_VARIANTS
};

/* Codes of CLOSE: nothing on the wire carries them; whoever dialled learns from them when to try again
 * (communicator.md 6.1). */
enum {
    ALD_COMMUNICATOR_CLOSE_DONE = 1000,     /* all is said: UNREGISTER, RECEIVED, the answer to a goodbye */
    ALD_COMMUNICATOR_CLOSE_SILENT = 1006,   /* a link that gives no sign of life: try again */
    ALD_COMMUNICATOR_CLOSE_LATE = 1002,     /* no word that counts within hello_timeout */
    ALD_COMMUNICATOR_CLOSE_REFUSED = 4001,  /* REFUSE: try again in a day */
    ALD_COMMUNICATOR_CLOSE_SHUTDOWN = 4002, /* REFUSE shutdown=true: in five minutes */
    ALD_COMMUNICATOR_CLOSE_NAME = 4003,     /* REFUSE conflict=name: in a day */
    ALD_COMMUNICATOR_CLOSE_VERSION = 4004   /* it speaks another version; it was told so */
};

#define ALD_COMMUNICATOR_SOCKET "/run/communicator/communicatord.sock"
enum {
    ALD_COMMUNICATOR_PORT_LOCAL = 4040,
    ALD_COMMUNICATOR_PORT_UDP = 4041,
    ALD_COMMUNICATOR_PORT_REMOTE = 4042,
    ALD_COMMUNICATOR_PORT_SECURE = 4043
};

/* The largest datagram that the original reads (communicator.md 1.4); ours are no larger. */
enum { ALD_COMMUNICATOR_DATAGRAM_MAX = 1024 };

/* What a hub may add to a line that it passes on (who sent it, where it has been), so that whatever came in can go out:
 * lines from a hub are taken when they are so many bytes longer than line_max. */
enum { ALD_COMMUNICATOR_HUB_ROOM = 4096 };

/*
 * What is written for one chunk of input, for which the hub keeps no account: answers of the dialect's own. What a chunk of
 * 128 KiB with nothing but ALIVE asks for fits; more is dropped, counted.
 */
enum { ALD_COMMUNICATOR_ANSWERS_MAX = 2 * 1024 * 1024 };

/* What the dialect counts. X(NAME, "name for people and metrics") */
#define ALD_COMMUNICATOR_COUNTERS(X)                                                                                   \
    X(LINES_IN, "communicator_lines_in")                                                                               \
    X(LINES_OUT, "communicator_lines_out")                                                                             \
    X(MALFORMED, "communicator_malformed_line")                                                                        \
    X(LINE_TOO_LONG, "communicator_line_too_long")                                                                     \
    X(INVALID, "communicator_invalid_message")                                                                         \
    X(UNKNOWN, "communicator_unknown_command")                                                                         \
    X(IGNORED, "communicator_ignored_message")                                                                         \
    X(TOLD_INVALID, "communicator_told_invalid")                                                                       \
    X(TO_ITSELF, "communicator_message_to_sender")                                                                     \
    X(NO_SUCH_SCOPE, "communicator_message_to_no_scope")                                                               \
    X(STRAY_REPLY, "communicator_stray_reply")                                                                         \
    X(NOT_CONNECTED, "communicator_message_before_connect")                                                            \
    X(REGISTER_REFUSED, "communicator_register_refused")                                                               \
    X(CONNECT_REFUSED, "communicator_connect_refused")                                                                 \
    X(WRONG_VERSION, "communicator_wrong_version")                                                                     \
    X(SILENT, "communicator_link_silent")                                                                              \
    X(HELLO_TIMEOUT, "communicator_hello_timeout")                                                                     \
    X(WRONG_SECRET, "communicator_wrong_secret")                                                                       \
    X(NOT_BY_DATAGRAM, "communicator_not_by_datagram")                                                                 \
    X(WHILE_LEAVING, "communicator_message_while_leaving")                                                             \
    X(TOO_LARGE, "communicator_message_too_large")                                                                     \
    X(UNSAYABLE, "communicator_name_unsayable")                                                                        \
    X(NOT_LISTED, "communicator_not_in_commands")                                                                      \
    X(ANSWER_DROPPED, "communicator_answer_dropped")                                                                   \
    X(DROPPED_SIGNAL, "communicator_dropped_signal")

enum {
#define ALD_X(name, text) ALD_COMMUNICATOR_N_##name,
    ALD_COMMUNICATOR_COUNTERS(ALD_X)
#undef ALD_X
        ALD_COMMUNICATOR_N_COUNTERS
};

extern const struct ald_dialect_type ald_communicator;
