#pragma once

/*
 * Family: what makes a hub one of the communicator family: what it says of itself, the services that it expects, its
 * neighbors, and what it finds out about its machine. It keeps the gate of the edge (conn/gate.h).
 *
 * Lifetime:   ald_family_new() before the edge, ald_family_start() when the doors are open, ald_family_end() before the edge
 *             is freed, ald_family_free() after.
 * Threading:  the loop's thread only.
 */

#include "conn/gate.h"
#include "daemon/doors.h"

struct ald_daemon_flags;
struct ald_family;
struct ald_links;
struct ald_loop;

struct ald_family_spec {
    const struct ald_config *config; /* borrowed, outlives the family */
    struct ald_loop *loop;           /* the same */
    struct ald_daemon_flags *flags;  /* the same; NULL: none are raised */
    struct ald_links *links;         /* the same; who vouches for signed tokens */
    /* Somebody who may wants the hub to stop: ALD_OPERATE_STOP or ALD_OPERATE_SHUTDOWN. At the end of a turn. */
    void (*stop)(void *owner, enum ald_operation operation);
    void *owner;
};

/* Errors: ALDIS_E_NOMEM. Outcome: ALD_CONFIG_BAD. */
ALD_NODISCARD int ald_family_new(const struct ald_family_spec *spec, struct ald_family **ret_family,
                                 struct ald_config_why *ret_why);
struct ald_family *ald_family_free(struct ald_family *family); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_family *, ald_family_free);

/* What the settings name can be read. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_family_check(const struct ald_config *config, struct ald_config_why *ret_why);

const struct ald_gate *ald_family_gate(const struct ald_family *family);
const struct ald_identity *ald_family_identity(const struct ald_family *family);
/* What counts the connections of the doors. */
struct ald_door_group *ald_family_group(struct ald_family *family);

/* Begin: the doors are open. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. */
ALD_NODISCARD int ald_family_start(struct ald_family *family, struct ald_edge *edge, const struct ald_doors *doors,
                                   struct ald_config_why *ret_why);
/* Read again what may have changed on the disk. */
void ald_family_reload(struct ald_family *family);
/* Nothing more is done with the edge. NULL is fine. */
void ald_family_end(struct ald_family *family);
