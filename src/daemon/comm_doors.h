#pragma once

/* The doors of [communicator]: communicator-unix, -tcp, -udp, -broadcast, -remote and -secure. */

#include "daemon/doors.h"

/* Gives the certificate of the secure door, NULL without one. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_doors_tls(const struct ald_config *config, struct ald_tls **ret_tls,
                                     struct ald_config_why *ret_why);

/* Open those that are set; `group` (outlives the edge) counts their connections. Outcome and errors: as
 * ald_doors_open(). */
ALD_NODISCARD int ald_comm_doors_open(struct ald_doors *doors, struct ald_edge *edge, struct ald_door_group *group,
                                      const struct ald_config *config, struct ald_config_why *ret_why);

/* A door of that name that was opened, or NULL. */
const struct ald_door *ald_doors_find(const struct ald_doors *doors, const char *name);
