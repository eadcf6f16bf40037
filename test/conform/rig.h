#pragma once

/*
 * Rig: two ends of a stack of transports in one process, and what they heard. The table of stacks in rig.c is where a
 * new transport joins.
 *
 * Everything that should happen is waited for with rig_until(), which fails the test when it does not.
 */

#include "lib/test.h"

#include "base/buf.h"
#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/tls.h"
#include "transport/ws.h"
#include "wire/http/http_parser.h"
#include "wire/ws/ws_frame.h"
#include "wire/ws/ws_upgrade.h"

struct stack {
    const char *name;
    enum ald_bottom_id bottom;
    bool tls;
    bool ws;
};

extern const struct stack stacks[];
extern const size_t n_stacks;

enum { RIG_TEXT_MAX = 320, RIG_MESSAGES_MAX = 64 };

struct rig;

/* One end, and everything it was told. */
struct end {
    struct rig *rig;
    struct ald_stream *stream;

    bool opened, ended, closed;
    size_t n_messages;
    size_t n_bytes;      /* received, of all messages */
    uint64_t expected;   /* bytes of the pattern that the other end pushed */
    uint64_t mismatches; /* bytes received that were not those of the pattern */
    enum ald_chunk_kind last_kind;
    struct ald_buf text; /* the first bytes received, up to RIG_TEXT_MAX */
    size_t sizes[RIG_MESSAGES_MAX];
    size_t n_pongs;

    uint64_t begun, done; /* ordinals, checked to only grow */
    size_t n_written, n_drained;

    struct ald_end end; /* with the two texts kept below */
    char reason[RIG_TEXT_MAX], why[RIG_TEXT_MAX];

    /* What to do in a callback. */
    size_t pause_after; /* pause in the message with this number, from 1 */
    bool free_in_opened, free_in_received, free_in_written, free_in_closed, close_in_received;
    bool wants_end; /* to be told that the other end has ended its side, instead of leaving with it */
    void (*on_opened)(struct end *end);
    void (*on_received)(struct end *end);
    void (*on_drained)(struct end *end);
    void (*on_ended)(struct end *end);

    /* The accepting side of a WebSocket: the door before it. */
    struct ald_http_parser parser;
    bool parsing;
    bool raw; /* it dialed less than the whole stack: it speaks bytes */
};

struct rig {
    const struct stack *stack;
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_listener *listener;
    uint16_t port; /* that the listener was given, also after it closed */
    struct ald_tls *server_tls, *client_tls;
    struct ald_stream_options options; /* of both ends; changed before rig_listen() */
    struct ald_alarm deadline;
    char dir[256];
    char path[300];
    struct end near, far; /* the dialing and the accepting end */
    size_t n_accepted;
    const char *tls_name; /* that the certificate must bear; NULL: that of the place */
    bool keep_door;       /* do not turn the accepted stream into a WebSocket */
};

/* Everything but a listener and streams. */
void rig_open(struct rig *rig, const struct stack *stack);
/* Frees whatever is left, in the order of a program, and checks that nothing remains. */
void rig_close(struct rig *rig);

/* Listen; the next accepted stream becomes `far`. */
void rig_listen(struct rig *rig);
/* Dial the listener with all of the stack; or only the bottom, or the bottom and tls. */
void rig_dial(struct rig *rig);
void rig_dial_part(struct rig *rig, bool tls, bool ws);
/* Listen, dial and wait until both ends are open. */
void rig_join(struct rig *rig);

/* Where the rig listens, or did. */
struct ald_place rig_place(struct rig *rig);

/* Turn until `fact` holds. */
#define rig_until(rig, fact)                                                                                           \
    do {                                                                                                               \
        rig_arm((rig), #fact);                                                                                         \
        while (!(fact)) {                                                                                              \
            (void)ald_loop_turn((rig)->loop, ALD_NEVER);                                                               \
        }                                                                                                              \
        rig_disarm(rig);                                                                                               \
    } while (0)
void rig_arm(struct rig *rig, const char *fact);
void rig_disarm(struct rig *rig);
/* Turn until nothing more happens by itself, without blocking. */
void rig_settle(struct rig *rig);

/* Push a text; a message of `size` bytes of the pattern that follows those received so far at the other end. */
void end_say(struct end *end, const char *text);
void end_push(struct end *end, size_t size, uint64_t ordinal);
/* What the pattern has at byte `at` of everything pushed with end_push(). */
uint8_t pattern_at(uint64_t at);
void end_free(struct end *end);
const char *end_text(struct end *end);
