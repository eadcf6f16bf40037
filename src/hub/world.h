#pragma once

/*
 * World: what this hub knows of the world around it, and tells: who comes and goes, whether the cluster is whole, the
 * clock, the load of machines (msg/news.h). What lasts is remembered, for who asks later.
 *
 * News are told to all parties that hear of them by the bulletin (hub/bulletin.h). The answer to a question comes at once,
 * and is not missed: whoever asks and does not read is not read either, as with replies.
 */

#include "msg/news.h"

struct ald_channel;
struct ald_event;
struct ald_hub;
struct ald_hub_conn;
struct ald_party;
struct ald_signal;

enum {
    /* Names of targets in one answer, in bytes: some thousand services; the rest is left out. */
    ALD_WORLD_TARGETS_MAX = 64 * 1024
};

struct ald_world {
    uint32_t n_wants_load;  /* parties that asked for loads */
    uint8_t clock;          /* enum ald_clock_state */
    uint8_t cluster;        /* bits of enum ald_cluster_state */
    uint32_t cluster_named; /* hubs that the edge knows of, with this one */
    uint32_t cluster_most;  /* and that were there at once, since it last knew of fewer than before */
    uint32_t cluster_total; /* hubs that there should be, and that there are, this one included */
    uint32_t cluster_live;
    struct ald_news *addresses; /* NULL: nobody has said */
    struct ald_news *load;      /* of this machine, the latest */
};

void ald_world_init(struct ald_world *world);
void ald_world_fini(struct ald_hub *hub);

/* What a party may hear has changed: it is put among those who do, or taken from there. */
void ald_world_hear(struct ald_hub *hub, struct ald_party *party);
/* It is gone. */
void ald_world_part(struct ald_hub *hub, struct ald_party *party);

/* Tell everybody who hears of it (borrows; copied). When memory is short it is dropped, counted. */
void ald_world_tell(struct ald_hub *hub, const struct ald_news *news);
/* The edge found something out. */
void ald_world_event(struct ald_hub *hub, const struct ald_event *event);
/* Somebody who may has said that a hub is gone for good: no more are expected than are there, or named by the edge. */
void ald_world_forget(struct ald_hub *hub);
/* So many hubs are there now, this one included. */
void ald_world_set_live(struct ald_hub *hub, uint32_t n_live);
/* A channel has joined; or it is gone. Those of other hubs are no news: these have their own kind. */
void ald_world_came(struct ald_hub *hub, const struct ald_channel *channel);
void ald_world_went(struct ald_hub *hub, const struct ald_channel *channel);

/* A party asks. */
void ald_world_ask(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
