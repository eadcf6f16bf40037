#pragma once

/*
 * Mgmt: the pages of a hub: `/api/v1`, `/metrics`, `/livez`, `/readyz`, `/`, and the management endpoints of the original
 * (exchange.h). It reads the hub, the doors and the counters between two steps, and decides nothing. What it keeps is a
 * tally of how commands ended.
 *
 * Form:       JSON members in snake_case; instants as ISO 8601 text in UTC, and beside them milliseconds since the
 *             beginning of what they belong to. Lists are pages: `limit` (1 to MGMT_LIMIT_MAX) and `after`, the
 *             opaque `next` of the page before; without `next` there is no further page. Errors are problem documents
 *             (RFC 9457).
 * Lifetime:   ald_mgmt_new() to ald_mgmt_free(), within that of the edge.
 * Threading:  the loop's thread only.
 */

#include "conn/door.h"

struct ald_blueprint;
struct ald_flag_list;
struct ald_mgmt;

/* Counters of somebody else's, shown under a name of their own. */
struct ald_mgmt_counters {
    const char *const *names;    /* as in `commands_denied` */
    const char *const *meanings; /* for people */
    const uint64_t *values;      /* borrowed, outlive mgmt */
    size_t n;
};

/* The flags of this machine, as somebody else reads them. */
struct ald_mgmt_flags {
    /*
     * They are as they were a moment ago, and stay as they are until it is called again. NULL: they cannot be read, and
     * `*ret_problem` says why. Called between two steps of the hub, by whoever asks for them: it must not take long.
     */
    const struct ald_flag_list *(*read)(void *owner, const char **ret_problem);
    void *owner;
    const char *folder;                /* where they are; lives as long as mgmt */
    struct ald_mgmt_counters counters; /* of those that the hub itself raises and lowers */
};

/* The messages that have a schema (msg/catalog.h) are the edge's to know; who keeps them changes them. */
enum { ALD_MGMT_SCHEMAS_WHY_MAX = 1024 }; /* bytes of a reason, with its end */
/* Outcomes: there is none of that name; something else is in the way, and `why` says what. */
enum { ALD_MGMT_SCHEMA_UNKNOWN = 1, ALD_MGMT_SCHEMA_CONFLICT };

struct ald_mgmt_schemas {
    /* Have `blueprint` (shares) be the message of its name. Outcome: ALD_MGMT_SCHEMA_CONFLICT. Errors: ALDIS_E_NOMEM.
     * NULL: this hub takes none. */
    int (*put)(void *owner, struct ald_blueprint *blueprint, char why[ALD_MGMT_SCHEMAS_WHY_MAX]);
    /* The message of that name has no schema any more. Outcomes: both. Errors: ALDIS_E_NOMEM. */
    int (*remove)(void *owner, struct ald_str name, char why[ALD_MGMT_SCHEMAS_WHY_MAX]);
    void *owner;
    bool stored; /* changes are there after a restart */
    bool strict; /* [link] strict */
};

struct ald_mgmt_spec {
    struct ald_edge *edge;         /* borrowed, outlives mgmt */
    struct ald_str id;             /* of the hub; borrowed, outlives mgmt */
    struct ald_str identifier;     /* of the exchange; the same */
    bool exchange_pages;           /* the original's management endpoints; [exchange] management */
    size_t message_max;            /* of a payload that is submitted; [limits] message_max */
    uint32_t streams_max;          /* readers of /api/v1/events at once; [limits] streams_max */
    struct ald_mgmt_counters auth; /* of who guards the doors; n 0: nobody does */
    struct ald_mgmt_flags flags;   /* without read(): none are shown; [communicator] flags_dir */
    struct ald_mgmt_schemas schemas;
    /* Somebody who may has asked the hub to stop. NULL: nobody can. */
    void (*drain)(void *owner);
    void *owner;
};

/* Gives the pages. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_new(const struct ald_mgmt_spec *spec, struct ald_mgmt **ret_mgmt);
struct ald_mgmt *ald_mgmt_free(struct ald_mgmt *mgmt); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_mgmt *, ald_mgmt_free);

/* What a door asks for. Lives as long as `mgmt`. */
struct ald_pages ald_mgmt_pages(struct ald_mgmt *mgmt);
