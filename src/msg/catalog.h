#pragma once

/*
 * Catalog: the messages that have a schema: what their payload must look like, what the answer, and between what kinds of
 * party they go (link.md 4.1). A catalog never changes; one with a message more or less is another catalog that shares the
 * rest, so that whoever looks into one is never disturbed.
 *
 * A message is described by one JSON document (docs/schemas.md):
 *
 *     { "name": "foo:EchoRequest", "kind": "request", "src": "control", "dst": ["host", "instance"],
 *       "permission": "foo.echo", "schema": { … }, "response": { … } }
 *
 * Lifetime:   both are counted; a catalog holds references to its messages.
 * Threading:  one thread, but a message's schemas may be asked by others meanwhile.
 * Limits:     below.
 */

#include "msg/schema.h"

enum {
    ALD_CATALOG_MESSAGES_MAX = 4096, /* whole systems have some hundreds */
    ALD_CATALOG_NAME_MAX = 255,      /* bytes of a name, and of a permission */
    ALD_CATALOG_DOCUMENT_MAX = 2 * ALD_SCHEMA_BYTES_MAX + 4096
};

/* Kinds of party, as a set. The first three are those of enum ald_party_kind. */
enum {
    ALD_PLACE_HOST = 1,
    ALD_PLACE_INSTANCE = 2,
    ALD_PLACE_CONTROL = 4,
    ALD_PLACE_CONTROLLER = 8, /* the hub itself, or the target named as its controller */
    ALD_PLACE_ANY = 15
};

/* "control" for the set of one; never NULL. */
const char *ald_place_name(unsigned place);

/* One message. Everything is its own and stays as it is. */
struct ald_blueprint {
    uint32_t refs;
    bool is_event;
    uint8_t src, dst; /* ALD_PLACE_* */
    struct ald_str name;
    struct ald_str permission;   /* absent: none */
    struct ald_schema *schema;   /* NULL: the payload is not looked at */
    struct ald_schema *response; /* of requests; NULL: nor the answer */
    struct ald_str document;     /* as it was written */
};

enum { ALD_CATALOG_WRONG = 1, ALD_CATALOG_FULL, ALD_CATALOG_UNKNOWN };

/* Bytes of what says why a document is wrong, with the end. */
enum { ALD_CATALOG_WHY_MAX = ALD_SCHEMA_TEXT_MAX + 64 };

/*
 * Read a document (borrows). Outcome: ALD_CATALOG_WRONG, with the reason and the place in `why`. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_blueprint_new(struct ald_str document, struct ald_blueprint **ret_blueprint,
                                    char why[ALD_CATALOG_WHY_MAX]);
struct ald_blueprint *ald_blueprint_ref(struct ald_blueprint *blueprint);
struct ald_blueprint *ald_blueprint_unref(struct ald_blueprint *blueprint); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_blueprint *, ald_blueprint_unref);

struct ald_catalog;

/* An empty one. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_catalog_new(struct ald_catalog **ret_catalog);
struct ald_catalog *ald_catalog_ref(struct ald_catalog *catalog);
struct ald_catalog *ald_catalog_unref(struct ald_catalog *catalog); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_catalog *, ald_catalog_unref);

/* Give one like `catalog` in which `blueprint` (shares) is the message of its name. Outcome: ALD_CATALOG_FULL. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_catalog_with(const struct ald_catalog *catalog, struct ald_blueprint *blueprint,
                                   struct ald_catalog **ret_catalog);
/* Give one like `catalog` without that message. Outcome: ALD_CATALOG_UNKNOWN. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_catalog_without(const struct ald_catalog *catalog, struct ald_str name,
                                      struct ald_catalog **ret_catalog);

/* The message of that name, or NULL. */
const struct ald_blueprint *ald_catalog_find(const struct ald_catalog *catalog, struct ald_str name);
/* By name, in byte order: the one at `index`, or NULL behind the last. */
const struct ald_blueprint *ald_catalog_at(const struct ald_catalog *catalog, size_t index);
