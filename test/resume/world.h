#pragma once

/*
 * Resume: hosts that speak for up to three parties each over one session, and links between them and a hub that are cut at any
 * byte. Hosts keep what they say until the hub has it, as the hub does, and come back. Every event and command has a number, and
 * in the end each must be accounted for: taken once, heard once, done once, answered once. It looks at nothing that the hub says
 * of itself but the fate of an event, and that a serial never goes back.
 *
 * What is for a party that ends may be lost with it; nothing else may, since nobody is away for long.
 */

#include "base/rng.h"
#include "hub/hub.h"
#include "hub/note.h"

enum {
    RESUME_HOSTS = 3,
    RESUME_PARTIES = 3,
    RESUME_ITEMS = 2048,
    RESUME_FRAMES = 8192, /* of one link, one way */
    RESUME_FRAME = 5,     /* bytes of a frame: it may be cut before, between and behind them */
    RESUME_LINKS = 512
};

enum resume_sabotage { RESUME_HONEST, RESUME_LOSES, RESUME_REPEATS };

/* An event or a command. */
struct resume_item {
    bool is_command, delivered, dropped;
    bool excused;  /* it was for a party that ended, then or before: it may have come while that was not there */
    bool orphaned; /* it was asked by one */
    uint8_t from_host, from_party;
    uint8_t to_host, to_party;
    uint8_t n_taken, n_heard, n_told;
    uint8_t outcome;
};

struct resume_frame {
    struct ald_signal signal;
    uint64_t ordinal; /* down: of the hub; 0: it knows nothing of this frame */
};

struct resume_pipe {
    struct resume_frame *frames;
    size_t n_frames, n_bytes; /* pushed; and written, the rest waits */
    size_t n_heard;           /* frames that the other end has heard */
};

struct resume_link {
    uint64_t number; /* of the connection; 0: it is not there */
    uint8_t host;
    bool cut, told; /* cut; and the hub was told CLOSED */
    struct resume_pipe up, down;
    uint64_t ordinal, begun, done;
};

struct resume_said {
    struct ald_signal signal;
};

struct resume_host {
    struct resume_link *link;
    uint64_t session, heard, said, forgotten;
    uint8_t n_parties;
    bool alive[RESUME_PARTIES], ended[RESUME_PARTIES], ready;
    struct ald_signal log[RESUME_FRAMES]; /* by serial: what it said */
};

struct resume_world {
    struct ald_hub *hub;
    struct ald_hub_config config;
    struct ald_effects effects;
    struct ald_msg_pool *messages;
    struct ald_rng rng;
    ald_usec now;
    uint8_t sabotage, n_hosts;
    bool struck;
    struct resume_host hosts[RESUME_HOSTS];
    struct resume_link links[RESUME_LINKS];
    uint32_t n_links, n_items;
    struct resume_item items[RESUME_ITEMS];
    uint64_t n_resumed, n_again;
    char broken[128];
};

/* A hub, and `n_hosts` hosts that are registered. */
void resume_begin(struct resume_world *world, uint64_t seed, uint8_t sabotage);
/* Links are restored, everything is carried to its end and the account is made; false: `broken` says what is wrong. */
bool resume_end(struct resume_world *world);

/* A random run. */
bool resume_run(struct resume_world *world, uint64_t seed, uint8_t sabotage);
/* The same few messages, with the link cut when so many bytes of the resuming exchange were carried each way. Gives the bytes that
 * there are without a cut. */
bool resume_run_cut(struct resume_world *world, size_t up, size_t down, size_t *ret_up, size_t *ret_down);

/* link.c */
void resume_complain(struct resume_world *world, const char *text, long number);
void resume_step(struct resume_world *world, struct ald_event event);
struct resume_link *resume_dial(struct resume_world *world, uint8_t host);
void resume_push(struct resume_world *world, struct resume_pipe *pipe, struct ald_signal signal, uint64_t ordinal);
/* Carry up to so many bytes. */
void resume_carry_up(struct resume_world *world, struct resume_link *link, size_t bytes);
void resume_carry_down(struct resume_world *world, struct resume_link *link, size_t bytes);
/* It ends, as the host sees it; the hub hears of it later. Of what was written a part still arrives. */
void resume_cut(struct resume_world *world, struct resume_link *link);
void resume_tell_closed(struct resume_world *world, struct resume_link *link);
void resume_free_link(struct resume_link *link);
size_t resume_waiting(const struct resume_pipe *pipe);

/* world.c: what arrives at a host. */
void resume_hear(struct resume_world *world, struct resume_link *link, struct ald_signal *signal);
