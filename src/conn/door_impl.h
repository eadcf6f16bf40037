#pragma once

/* The inside of the door, for the visitor. */

#include "conn/door.h"

struct ald_door {
    struct ald_node node; /* edge->doors; not linked once it was closed */
    struct ald_edge *edge;
    struct ald_listener *listener;   /* NULL once it was closed, or for datagrams: */
    struct ald_udp *udp;             /* NULL once it was closed */
    struct ald_datagrams *datagrams; /* as long as it is open */
    char *name;
    char *names;                 /* NULL: it answers to any */
    struct ald_door_lines lines; /* without a dialect: HTTP */
    size_t dialect_index;        /* of that dialect in ald_dialects */
    struct ald_door_limits limits;
    struct ald_pages pages;
    struct ald_door_counters counters;
    struct ald_node visitors;
    bool local;          /* a Unix socket, or this process */
    bool ours;           /* nobody but this process */
    uint32_t n_greeting; /* visitors, and connections that hold a pointer to the door because they were not greeted */
};
