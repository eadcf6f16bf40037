#pragma once

/*
 * Map view: hubs and what they serve, as a tree for people or as a graph for graphviz.
 *
 * Lifetime: ald_map_init() to ald_map_fini(); names are copied.
 * Limits:   ALD_MAP_HUBS_MAX hubs; a hub's targets are as many as the API tells.
 */

#include <stdio.h>

#include "base/buf.h"
#include "msg/json.h"

enum { ALD_MAP_HUBS_MAX = 4096 };

/* One hub, or one communicator daemon that is linked with a hub. */
struct ald_map_hub {
    char *name;
    char *targets; /* separated by blanks */
    uint64_t n_targets, n_shown;
    bool daemon; /* it says nothing of itself */
    bool self;
    bool seen; /* it stands in the tree already */
};

struct ald_map_link {
    size_t from, to; /* hubs, by index */
};

struct ald_map {
    struct ald_map_hub *hubs;
    size_t n_hubs;
    struct ald_map_link *links;
    size_t n_links;
};

void ald_map_init(struct ald_map *map);
void ald_map_fini(struct ald_map *map);
/* An element of the list `hubs` of /api/v1/hubs. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT (too many hubs). */
ALD_NODISCARD int ald_map_add(struct ald_map *map, const struct ald_json_node *hub);

/* The tree, from the hub that was asked, each hub where it is nearest. Links that are not in the tree are listed below. */
void ald_map_print(struct ald_map *map, FILE *out);
void ald_map_print_dot(const struct ald_map *map, FILE *out);
