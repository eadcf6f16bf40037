#pragma once

/*
 * Schemas: the messages that [link] schemas describes: one JSON document a message (msg/catalog.h, docs/schemas.md) in each
 * file NAME.json of a folder; read at start and again at SIGHUP, and changed over the API, which writes the folder too.
 *
 * A folder that has a wrong file is not taken at all: at start the daemon says so and ends, later the messages stay as they
 * were. Without a folder the API changes what is in memory only; with one what it has answered is on disk, also after the
 * machine lost its power.
 *
 * Lifetime:   ald_schemas_new() to ald_schemas_free(), within that of the edge.
 * Threading:  the loop's thread only. Files are read and replaced on it: some hundred kilobytes at an operator's word.
 */

#include "daemon/config.h"
#include "mgmt/mgmt.h"

struct ald_edge;
struct ald_schemas;
struct ald_warden;

/* Read the folder and tell nobody. Outcome: ALD_CONFIG_BAD, with the file and the place in it. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_schemas_check(const struct ald_config *config, struct ald_config_why *ret_why);

/* Read the folder, and have `edge` and `warden` (which may be NULL; borrows both) go by it. Outcome and errors as above. */
ALD_NODISCARD int ald_schemas_new(const struct ald_config *config, struct ald_edge *edge, struct ald_warden *warden,
                                  struct ald_schemas **ret_schemas, struct ald_config_why *ret_why);
struct ald_schemas *ald_schemas_free(struct ald_schemas *schemas); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_schemas *, ald_schemas_free);

/* Read the folder again; what comes of it is logged. False: there is none. */
bool ald_schemas_reload(struct ald_schemas *schemas);

/* What mgmt is given; it lives as long as `schemas`. */
struct ald_mgmt_schemas ald_schemas_pages(struct ald_schemas *schemas);
