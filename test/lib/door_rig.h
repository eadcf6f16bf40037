#pragma once

/*
 * Rig: an edge with one inproc door, and clients that dial it in the same loop. Everything that should happen is
 * waited for with rig_until(), which fails the test when it does not.
 */

#include "conn/door.h"
#include "lib/test.h"
#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/stream.h"

enum { RIG_CLIENTS = 8, RIG_TEXT_MAX = 64 * 1024, RIG_NOTICES = 256 };

struct rig;

struct rig_client {
    struct rig *rig;
    struct ald_stream *stream;
    char *text; /* the first RIG_TEXT_MAX bytes received, messages one after the other; not allocated while it fails */
    size_t text_size;
    bool opened, closed;
    uint16_t code; /* of the close */
    char reason[128];
};

struct rig {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_edge *edge;
    struct ald_door *door;
    struct ald_hub_config hub;
    struct ald_edge_spec spec;
    struct ald_door_limits limits;
    const char *names;      /* of the door */
    struct ald_pages pages; /* of a test that has its own; their owner is the rig */
    const struct ald_door_lines *lines; /* NULL: HTTP is spoken */
    struct rig_client clients[RIG_CLIENTS];
    size_t n_notices[ALD_N_NOTICES];
    bool drained;
    bool fails;       /* memory may be short: opening may fail */
    size_t page_size; /* of the page at /large */
    struct ald_alarm deadline;
};

/* Defaults that a test may change before rig_start(). */
void rig_init(struct rig *rig);
/* Errors: ALDIS_E_NOMEM, when the rig `fails`; then all the same rig_fini(). */
int rig_start(struct rig *rig);
/* Frees everything, and checks that nothing is left. */
void rig_fini(struct rig *rig);

/* Dial the door: with bytes, or with a WebSocket of the exchange dialect v1, extended. NULL: memory was short. */
struct rig_client *rig_dial(struct rig *rig, size_t i, bool exchange);
void rig_say(struct rig_client *client, const char *text);
void rig_leave(struct rig_client *client);
bool rig_heard(struct rig_client *client, const char *part);
void rig_forget(struct rig_client *client);
/* Say hello for `target` and wait until the hub has accepted it. */
void rig_hello(struct rig_client *client, const char *target);
/* The id of the command that the client was told last, as text. */
const char *rig_command_id(struct rig_client *client);

#define rig_until(rig, fact)                                                                                           \
    do {                                                                                                               \
        rig_arm((rig), #fact);                                                                                         \
        while (!(fact)) {                                                                                              \
            (void)ald_loop_turn((rig)->loop, ALD_NEVER);                                                               \
        }                                                                                                              \
        ald_alarm_stop((rig)->loop, &(rig)->deadline);                                                                 \
    } while (0)
void rig_arm(struct rig *rig, const char *fact);
/* Turn a few times without blocking. */
void rig_settle(struct rig *rig);
