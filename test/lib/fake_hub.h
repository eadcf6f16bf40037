#pragma once

/*
 * Fake hub: what a client sees of a hub, and nothing behind it: a listener, the upgrade, and the hub's end of dialect
 * exchange, communicator, or link. Hellos are welcomed; everything else is written down, and answered by the test, well or badly.
 *
 * Everything that should happen is waited for with one of the fake_hub_until... functions, which fail the test when it does not.
 */

#include "lib/test.h"

#include "base/buf.h"
#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/net.h"
#include "wire/communicator/communicator.h"
#include "wire/exchange/exchange.h"
#include "wire/http/http_parser.h"
#include "wire/link/link.h"

enum { FAKE_HEARD_MAX = 256, FAKE_CONNS_MAX = 64 };

enum fake_manner {
    FAKE_EXTENDED, /* speaks the extension */
    FAKE_PLAIN,    /* a genuine hub: it does not */
    FAKE_MUTE,     /* accepts and says nothing, not even to the upgrade */
    FAKE_DEAF,     /* upgrades, and never answers a hello */
    FAKE_RUDE,     /* upgrades, and hangs up at the hello */
    FAKE_DENIES,   /* denies every hello */
    FAKE_FICKLE,   /* welcomes, and hangs up at once */
    FAKE_FAMILY,   /* speaks lines, dialect communicator, without an upgrade */
    FAKE_LINK,     /* speaks dialect link, over TCP, and has one session */
    FAKE_CANNED    /* answers whatever bytes come with `canned`, and closes */
};

struct fake_hub;

struct fake_conn {
    struct fake_hub *hub;
    struct ald_stream *stream; /* NULL: ended */
    struct ald_dialect *dialect;
    struct ald_http_parser parser;
    bool upgraded;
    bool registered;
    bool closed_by_peer;
    uint16_t code; /* of the close frame that came */
    uint64_t ordinal;
    struct ald_buf request; /* CANNED: what came */
};

/* A signal that came, with its own references. */
struct fake_heard {
    struct fake_conn *conn;
    enum ald_signal_kind kind;
    struct ald_id id;
    struct ald_msg *msg;
    uint64_t serial;
    uint8_t outcome, cause, phase;
    bool ok, healthy, primary;
    uint64_t term;
    char text[200];
};

struct fake_hub {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_msg_pool *messages;
    struct ald_listener *listener;
    struct ald_dialect_options options;
    uint64_t counters[(int)ALD_EXCHANGE_N_COUNTERS + (int)ALD_COMMUNICATOR_N_COUNTERS + (int)ALD_LINK_N_COUNTERS];
    enum fake_manner manner;
    const char *canned;
    char url[300];
    char folder[100];
    struct fake_conn conns[FAKE_CONNS_MAX];
    size_t n_conns;
    struct fake_heard heard[FAKE_HEARD_MAX];
    size_t n_heard;
    uint64_t n_ids;

    /* LINK: the session. */
    uint64_t serial_in, serial_out;
    uint64_t n_repeated; /* that came again, and are not written down */
    char session_target[ALD_NAME_MAX + 1];
    bool knows_session; /* a REGISTER makes it, false: a resume is denied */
};

/* Open one on `net` (borrows), over TCP, or over a Unix socket in a folder of its own. */
void fake_hub_open(struct fake_hub *hub, struct ald_net *net, enum fake_manner manner, bool unix_socket);
/* Stop listening, drop every connection, check that nothing leaked. */
void fake_hub_close(struct fake_hub *hub);
/* Listen no more; its URL is then that of nobody. */
void fake_hub_deafen(struct fake_hub *hub);

/* Turn the loop until `fact` holds, for at most `seconds`; the test fails when it does not. */
#define fake_hub_until(hub, fact) fake_hub_until_for(hub, fact, 20)
#define fake_hub_until_for(hub, fact, seconds)                                                                         \
    do {                                                                                                               \
        ald_usec fake_end = ald_loop_fresh() + (seconds)*ALD_SEC;                                                      \
        while (!(fact)) {                                                                                              \
            if (ald_loop_fresh() > fake_end) {                                                                         \
                fail_msg("it did not come to: %s", #fact);                                                             \
            }                                                                                                          \
            ald_loop_turn((hub)->loop, 10 * ALD_MSEC);                                                                 \
        }                                                                                                              \
    } while (0)

/* The `n`-th (from 0) signal of `kind` that came, or NULL. */
const struct fake_heard *fake_hub_heard(const struct fake_hub *hub, enum ald_signal_kind kind, size_t n);
/* Wait for it. */
const struct fake_heard *fake_hub_wait(struct fake_hub *hub, enum ald_signal_kind kind, size_t n);

/* Forget what was heard, and the connections that ended, so that it may go on for long. */
void fake_hub_forget(struct fake_hub *hub);

/* Say a signal on a connection. */
void fake_hub_say(struct fake_conn *conn, struct ald_signal *signal);
/* Answer a command with an outcome; the payload is JSON, or NULL. */
void fake_hub_answer(struct fake_hub *hub, const struct fake_heard *command, enum ald_outcome outcome,
                     enum ald_cause cause, const char *payload);
/* Say how far a command is. */
void fake_hub_status(struct fake_hub *hub, const struct fake_heard *command, enum ald_phase phase);
/* Send a command of this name to the agent at `conn`; gives its id. `payload` may be NULL. */
struct ald_id fake_hub_command(struct fake_conn *conn, const char *name, const char *payload, ald_usec ttl);
/* Send it an event. */
void fake_hub_event(struct fake_conn *conn, const char *name, const char *payload);
/* LINK: acknowledge what has come. */
void fake_hub_heartbeat(struct fake_conn *conn);
/* LINK: answer the goodbye that came, and close. */
void fake_hub_part(struct fake_conn *conn);
/* End a connection without a word. */
void fake_hub_drop(struct fake_conn *conn);
/* The only connection that is registered, or NULL. */
struct fake_conn *fake_hub_conn(struct fake_hub *hub);
