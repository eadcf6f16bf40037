#pragma once

/*
 * Peer: one connection of a load, a caller's or an agent's; and speech: what its bytes are. Private to load and to speeches.
 */

#include "base/buf.h"
#include "load/load.h"

struct ald_load_peer {
    struct ald_load *load;
    struct ald_stream *stream;
    struct ald_buf rest; /* the beginning of something that has not come whole yet */
    uint64_t mask_state; /* for keys of WebSocket frames */
    uint32_t index;      /* among its kind */
    uint8_t stage;       /* the speech's own: 0 until it is greeted */
    uint16_t begun_size;
    char begun[256]; /* the speech's own: the beginning of a message in pieces */
    uint64_t n_said; /* the speech's own: messages that it numbers */
    uint64_t n_heard;
    uint32_t id; /* the speech's own: who the hub says it is */
    bool agent;
    bool ready;
};

struct ald_load_speech {
    const char *name;
    /*
     * Write into `text` what every command is made of, and tell where in it the number stands. Outcome: ALD_BUF_FULL.
     * Errors: ALDIS_E_NOMEM.
     */
    int (*prepare)(struct ald_load *load, struct ald_buf *text, size_t *ret_number_at);
    /* The connection stands: say what comes first. Errors: ALDIS_E_NOMEM. */
    int (*greet)(struct ald_load_peer *peer);
    /*
     * Take what is whole of `bytes`, which may be overwritten. Returns how many were taken; what is left is given again with
     * more behind it. When the peer broke the speech, it called ald_load_broken().
     */
    size_t (*take)(struct ald_load_peer *peer, uint8_t *bytes, size_t size);
    /* Say command `number`: `text` is what prepare() wrote, and `digits`, inside of it, may be overwritten. */
    void (*command)(struct ald_load_peer *peer, uint64_t number, struct ald_str text, char *digits);
};

/* What speeches call. */

const struct ald_load_spec *ald_load_spec(const struct ald_load *load);
/* The payload of all commands, spec->size bytes. */
struct ald_str ald_load_payload(const struct ald_load *load);
/* Random bits that are this load's own, so that two loads at one hub do not share their ids. */
uint64_t ald_load_salt(const struct ald_load *load);
/* Bytes for the peer (borrows). */
void ald_load_say(struct ald_load_peer *peer, struct ald_str bytes);
/* The caller whom the hub calls `id`, or NULL. */
struct ald_load_peer *ald_load_caller(const struct ald_load *load, uint32_t id);
/* It has been greeted. */
void ald_load_peer_ready(struct ald_load_peer *peer);
/* An agent's peer answered a command. */
void ald_load_served(struct ald_load_peer *peer);
/* A caller's peer heard what became of command `number`; `why` (borrows) when it did not succeed. */
void ald_load_answered(struct ald_load_peer *peer, uint64_t number, enum ald_load_outcome outcome, struct ald_str why);
/* The load cannot go on, because of this peer. */
void ald_load_broken(struct ald_load_peer *peer, const char *format, ...) ALD_PRINTF(2, 3);
