#pragma once

/*
 * Cuts: clients of the link protocol, of both generations, and one hub with all that stands between its core and a socket: door,
 * upgrade, WebSocket, connection, dialect, session. The clients are written from the protocol's description (link.md 2, 3) and
 * share no code with ours: JSON, framing, numbering, what is kept and said again are their own. Their wires are cut at any byte,
 * and they come back; everything that one says to another has a number, and in the end each must be accounted for.
 *
 * The laws, for everybody who says and hears nothing odd:
 *   - what is said in a session that goes on is heard by whom it is for, once, and in order;
 *   - a serial follows the one before, and a frame that is said again is what it was;
 *   - neither side claims to have what did not come, nor denies what it has confirmed;
 *   - every request ends in one outcome, which is what happened; who loses a session loses no other's outcomes;
 *   - windows have an end, and when all have left nothing is left.
 */

#include "base/rng.h"
#include "conn/edge.h"
#include "cuts/wire.h"

enum {
    CUTS_HOST_A,    /* 1, with two instances; also the hub's controller */
    CUTS_HOST_B,    /* 2, with one */
    CUTS_CONTROL_A, /* a control */
    CUTS_CONTROL_B,
    CUTS_SLAVE,       /* host 3, of generation A */
    CUTS_OLD_CONTROL, /* a control of generation A */
    CUTS_CLIENTS
};

enum { CUTS_INSTANCES = 2, CUTS_ITEMS = 1024, CUTS_NOBODY = 0xff };

/* As addresses have them (link.md 1.3). */
enum { CUTS_HUB = 0, CUTS_HOST = 1, CUTS_INSTANCE = 2, CUTS_CONTROL = 3, CUTS_ALL = 4 };

struct cuts_party {
    int64_t type, id;
};

enum cuts_kind { CUTS_REQUEST, CUTS_EVENT, CUTS_BROADCAST, CUTS_PING };
enum cuts_told {
    CUTS_TOLD_NOTHING,
    CUTS_TOLD_DONE,
    CUTS_TOLD_FAILED,
    CUTS_TOLD_LOST,
    CUTS_TOLD_EXPIRED,
    CUTS_TOLD_REFUSED
};

/* Something that one has said to others. */
struct cuts_item {
    uint8_t kind; /* enum cuts_kind */
    uint8_t from; /* who: a client */
    struct cuts_party src, dst;
    int64_t request;           /* its number: B counts its requests, A's is the serial */
    int64_t serial;            /* of its frame */
    uint32_t epoch;            /* which session of its sender */
    uint32_t may, must;        /* who may hear it, and who has to, unless its session ends: a bit for each client */
    ald_usec said_at, lost_at; /* lost_at: who heard it has lost its session then */
    uint8_t n_heard[CUTS_CLIENTS];
    uint8_t n_told, told; /* outcomes; enum cuts_told */
    uint8_t n_dropped;
    bool confirmed; /* the hub has said that it has it */
    bool orphaned;  /* its sender has lost its session before it heard the outcome */
    bool dropped;   /* the hub says that it dropped it */
};

enum cuts_state { CUTS_AWAY, CUTS_DIALING, CUTS_ASKED, CUTS_READY, CUTS_LEAVING };

struct cuts_said {
    char *text;
    uint32_t item; /* CUTS_ITEMS: none */
};

/* A request that is to be answered. */
struct cuts_todo {
    uint32_t item;
    char src[40], dst[40]; /* as they stood in it; of generation A `src` is its serial */
};

/* What a client says of the last serial when it comes back. */
enum cuts_claim { CUTS_HONEST, CUTS_SILENT, CUTS_LESS, CUTS_MORE };

struct cuts_world;

struct cuts_client {
    struct cuts_world *world;
    uint8_t number, state, claim;
    bool is_old, is_host;
    bool keeps_serial; /* of generation A: a new session goes on with the old one's count (link.md 3B) */
    bool is_mute;      /* it answers no pings */
    int64_t id;
    int64_t instances[CUTS_INSTANCES];
    int64_t changed[CUTS_INSTANCES]; /* the serial that said what they are: the hub knows when it confirms that */
    bool alive[CUTS_INSTANCES];
    uint8_t n_instances;
    struct cuts_wire *wire; /* NULL: none */
    char token[64];         /* "": it has no session */
    uint32_t epoch;
    int64_t heard;    /* the last serial */
    uint64_t *prints; /* of all frames heard, by serial */
    int64_t prints_room;
    struct cuts_said *log; /* by serial: what it has said, and the hub not confirmed */
    int64_t said, confirmed;
    int64_t begin;     /* what it had said before this session */
    int64_t delivered; /* of it the hub can have, at most */
    int64_t goodbye;   /* generation A: the serial of its goodbye; 0: it has said none */
    int64_t n_requests;
    bool gaps_ok,
        repeats_ok; /* serials may be missing, as it said something odd, or an instance has ended; or come again */
    struct cuts_todo *todo;
    size_t n_todo;
    ald_usec interval, timeout, heartbeat_at, sleeps_until, silent_until;
    ald_usec seen_at;                    /* when it last heard anything of its session */
    uint32_t last_item[CUTS_CLIENTS][2]; /* the latest heard from each, requests and others */
    uint32_t subscription;               /* the item of it */
    bool subscribes, subscribed;         /* to what is said to the hub; and the hub has said that it is */

    /* Why its session may be gone although it was not away for long. */
    bool is_odd;  /* it has said what is no frame, and is closed for that */
    bool is_lost; /* that, or goodbye, or it claimed what is not, or another registration took its place */
    bool
        is_doubled; /* it gave up a connection on which it had asked to be let in: that may come late, and take its place */
};

enum cuts_sabotage {
    CUTS_NO_SABOTAGE,
    CUTS_LOSES,   /* of what a client hears after a return, one message */
    CUTS_REPEATS, /* it hears one twice */
    CUTS_SKIPS,   /* of what it says again, one is left out */
    CUTS_DOUBLES, /* it says one again under another serial */
    CUTS_SWAPS,   /* two of them change places */
    CUTS_SWALLOWS /* one outcome does not arrive */
};

struct cuts_world {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_edge *edge;
    struct ald_door *door;
    struct ald_hub_config config;
    struct ald_rng rng;
    uint64_t seed;
    bool small;   /* windows are small */
    bool large;   /* some messages are */
    bool trace;   /* everything that is heard and said goes to standard output */
    bool trickle; /* what the hub writes goes out a few bytes at a time */
    uint8_t sabotage;
    bool struck;
    struct cuts_client clients[CUTS_CLIENTS];
    struct ald_node wires;
    uint32_t n_items;
    struct cuts_item items[CUTS_ITEMS];
    uint64_t n_sleeps, n_kept_on, n_excused, n_resumed, n_again, n_invalidated, n_repeated, n_cut, n_strangers, n_ended,
        n_pings;
    char broken[160];
};

/* Requests of links live as long as this (DESIGN section 1); less than a day, which would be long to simulate. */
#define CUTS_DEADLINE (300 * ALD_SEC)

/* --- world.c --- */

void cuts_complain(struct cuts_world *world, const char *what, long number);
/* A hub, and all clients registered with it. */
void cuts_begin(struct cuts_world *world, uint64_t seed, uint8_t sabotage);
void cuts_trace(const struct cuts_client *client, const char *what, struct ald_str text);
/* Everything that is on its way arrives. */
void cuts_settle(struct cuts_world *world);
/* Time passes, and everything arrives. */
void cuts_pass(struct cuts_world *world, ald_usec duration);
/* All come back, everything is carried to its end, the account is made, all leave. False: `broken` says what is wrong. */
bool cuts_end(struct cuts_world *world);

/* --- account.c --- */

void cuts_account(struct cuts_world *world);
/* What the hub says of itself at any time. */
void cuts_check_windows(struct cuts_world *world);
/* Nothing is left of the sessions. */
void cuts_check_empty(struct cuts_world *world);

/* --- client.c --- */

void cuts_client_init(struct cuts_world *world, uint8_t number);
void cuts_client_fini(struct cuts_client *client);
void cuts_dial(struct cuts_client *client);
/* It gives its wire up; the hub hears of that some time, or never. */
void cuts_cut(struct cuts_client *client);
void cuts_heartbeat(struct cuts_client *client);
/* What its own clock is for. */
void cuts_client_tick(struct cuts_client *client, ald_usec now);
/* It leaves in order. */
void cuts_leave(struct cuts_client *client);
/* It says what is no frame. */
void cuts_say_nonsense(struct cuts_client *client);
/* What is on its way to it may be lost. */
void cuts_excuse(struct cuts_client *client);
/* It has no session any more. */
void cuts_forget(struct cuts_client *client);

/* --- say.c --- */

/* Number what follows, and keep it. */
void cuts_say(struct cuts_client *client, uint32_t item, const char *format, ...) ALD_PRINTF(3, 4);
void cuts_say_again(struct cuts_client *client);
/* The hub has everything up to there. */
void cuts_confirm(struct cuts_client *client, int64_t serial);
/* Say something to somebody, as chance will have it. */
void cuts_say_something(struct cuts_client *client);
/* The same of a kind. `dst` of type CUTS_ALL: to all of that id's kind. */
void cuts_say_item(struct cuts_client *client, struct cuts_party src, struct cuts_party dst, enum cuts_kind kind);
/* Answer the request that waits longest. */
void cuts_answer(struct cuts_client *client);
void cuts_subscribe(struct cuts_client *client);
void cuts_name_instances(struct cuts_client *client);
void cuts_end_instance(struct cuts_client *client, uint8_t instance);

/* --- hear.c --- */

extern const struct cuts_wire_ops cuts_client_ops;
