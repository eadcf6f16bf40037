#pragma once

/*
 * Link: one simulated connection between a party and a hub: two pipes that keep order, with delay, a window of what may be on
 * its way, and ways to break: stall, silence, a cut.
 *
 *     waiting -> (begun) -> (done) -> flying -> delivered
 *
 * What waits has been pushed and not one byte of it is in the kernel; what flies is written in full. At most the first waiting
 * packet of a pipe is begun and not done. A cut link carries an end mark behind what still arrives, so an end never overtakes.
 *
 * Lifetime: in the arena of the world; its packets come from a pool and are given back when they arrive or are dropped.
 */

#include "base/list.h"
#include "msg/signal.h"

struct sim_handing;
struct sim_hub;
struct sim_party;
struct sim_wire;
struct sim_world;

enum sim_direction { SIM_UP, SIM_DOWN, SIM_N_DIRECTIONS }; /* to the hub, to the party */

/* Strings of a signal that would not live as long as the packet. Names in a world are short. */
enum { SIM_PACKET_STRINGS = 256 };

struct sim_packet {
    struct ald_node node;
    ald_usec due;
    uint64_t ordinal; /* down: the hub's; 0: none, as of a frame of the dialect's own */
    size_t cost;
    struct sim_handing *handing; /* a command on its way to an agent */
    bool begun;
    bool last;     /* no further packet carries the same ordinal */
    bool end;      /* nothing but the end of the link */
    bool framed;   /* bytes, not a signal */
    bool reply;    /* a reply, of an agent or to a caller */
    uint8_t frame; /* enum ald_frame_kind */
    struct ald_slice bytes;
    struct ald_signal signal;
    char strings[SIM_PACKET_STRINGS];
};

struct sim_pipe {
    struct ald_node waiting, flying;
    size_t waiting_bytes, flying_bytes;
    ald_usec due; /* of the latest packet */
    ald_usec stalled_until;
    bool stalled, silent, deaf;
};

struct sim_link {
    struct sim_world *world;
    struct sim_party *party;
    struct sim_hub *hub;
    struct sim_link *next;       /* of the hub's present life, newest first */
    struct sim_link *world_next; /* of the world */
    uint32_t life;               /* of the hub that it was dialled to */
    uint64_t conn;               /* 0: the hub has not been told of it */
    uint64_t lineage;
    ald_usec delay, jitter;
    size_t window; /* bytes that may fly each way */
    struct sim_pipe pipes[SIM_N_DIRECTIONS];
    struct sim_wire *wire; /* the two ends' dialects; NULL at the level of signals */

    bool party_end;      /* the party knows that it has ended, or ended it */
    bool cut;            /* nothing new is carried */
    bool hub_closing;    /* the hub has ended it */
    bool hub_end;        /* the hub was told CLOSED */
    ald_usec ended_at;   /* hub_end since then */
    bool paused;         /* the hub does not want to hear it */
    uint8_t close_cause; /* enum ald_close_cause, when the hub has ended it */

    uint64_t pushed, begun, done; /* ordinals: the hub's, and what it may know */
    uint64_t begun_said, done_said;
    bool dirty; /* the hub is to be told, or more may be written */
    struct sim_link *dirty_next;

    /* What the hub believes about who is there, as far as signals tell. */
    bool registered;       /* REGISTERED was said, with a target */
    bool leaving;          /* LEAVE was said, either way */
    bool goodbye;          /* the party said it */
    bool denied;           /* what it wanted to be was denied by the edge */
    ald_usec sent_away;    /* an operator did, then; 0: not */
    bool demoted;          /* it was told to step down, which is how a leader's leaving begins */
    bool unhealthy;        /* the latest health check failed or was not answered yet */
    struct ald_id checked; /* the id of that check */
    uint32_t in_flight;
    ald_usec idle_since; /* in_flight is 0 since then */
    char channel[ALD_ID_TEXT + 1];
};

/* A fresh link from `party` to `hub`; the hub hears of it after its delay. */
struct sim_link *sim_link_open(struct sim_party *party, struct sim_hub *hub);

/* Carry `signal` (takes its references; copies its strings). */
void sim_link_push(struct sim_link *link, enum sim_direction way, struct ald_signal *signal,
                   struct sim_handing *handing);
/* Carry a frame (takes `bytes`) of a dialect; without bytes it only counts as written. */
void sim_link_push_frame(struct sim_link *link, enum sim_direction way, uint8_t kind, struct ald_slice bytes,
                         uint64_t ordinal, struct sim_handing *handing);
/* Begin, write and send off what the window and stalls allow. */
void sim_link_pump(struct sim_link *link, enum sim_direction way);
void sim_link_stall(struct sim_link *link, enum sim_direction way, ald_usec time);
/* The receiver of `way` reads again, or stops. */
void sim_link_deaf(struct sim_link *link, enum sim_direction way, bool deaf);
void sim_link_silence(struct sim_link *link, enum sim_direction way);
/* A half-open link is found out: it ends at both ends. */
void sim_link_unsilence(struct sim_link *link);

/* End it in both directions. Of what flies, the first `kept` in 1000 still arrive. */
void sim_link_cut(struct sim_link *link, uint32_t kept_up, uint32_t kept_down);
/* End it behind everything that was pushed up, as a process that closes its socket does. */
void sim_link_finish(struct sim_link *link);
/* Drop everything it carries. */
void sim_link_drop(struct sim_link *link);

/* Nothing keeps the two ends from hearing each other: a party on it that believes something is not cut off. */
bool sim_link_sound(const struct sim_link *link);
