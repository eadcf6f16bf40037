#pragma once

/* The inside of the family, for its own files only. */

#include "client/url.h"
#include "daemon/clock.h"
#include "daemon/family.h"
#include "daemon/loads.h"
#include "daemon/lookout.h"
#include "daemon/neighbors.h"
#include "daemon/peers.h"
#include "daemon/porter.h"
#include "loop/loop.h"

struct ald_family {
    const struct ald_config *config;
    struct ald_loop *loop;
    struct ald_daemon_flags *flags; /* NULL: there are none */
    struct ald_links *links;
    void (*stop)(void *owner, enum ald_operation operation);
    void *owner;
    struct ald_gate gate;
    struct ald_porter porter;
    struct ald_identity identity;
    struct ald_door_group group;
    struct ald_buf services;      /* what identity.services shows */
    struct ald_buf neighbor_list; /* the same of identity.neighbors */
    char address[ALD_INET_TEXT];  /* the same of identity.address */
    struct ald_task stop_task;
    enum ald_operation stop_how;
    ald_usec refused_at;            /* when the flag about it was raised last; 0: it is not up */
    struct ald_alarm refused_alarm; /* and when it will be next */
    char refused[1024];             /* what it says */
    char refused_from[ALD_URL_MAX]; /* and where that hub is */

    /* From start to end; NULL where the settings want none. */
    struct ald_edge *edge;
    struct ald_neighbors *neighbors;
    struct ald_peers *peers;
    struct ald_clock *clock;
    struct ald_loads *loads;
    struct ald_lookout *lookout;
};

/* NULL data: the setting is empty. */
struct ald_str ald_family_text(const struct ald_family *family, enum ald_config_key key);

/* family_gate.c: what the edge asks for, and what neighbors and clock tell. */

void ald_family_init_gate(struct ald_family *family);
extern const struct ald_neighbors_callbacks ald_family_neighbor_callbacks;
extern const struct ald_peers_callbacks ald_family_peer_callbacks;
/* `owner` is the family: ALD_HUB_LOOPS or ALD_HUB_TWIN. May be inside a step. */
void ald_family_troubled(void *owner, const struct ald_news *news);
/* `owner` is the family. */
void ald_family_clock_changed(void *owner, enum ald_clock_state state);
/* Tell the hub how many hubs there should be, and neighbors whom this one knows. */
void ald_family_count(struct ald_family *family);
