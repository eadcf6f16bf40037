#pragma once

/* Doors: the listeners that the settings name, opened or refused with the key at fault. */

#include "conn/door.h"
#include "daemon/config.h"

struct ald_tls;

/* More addresses than one machine has a use for. */
enum { ALD_DOORS_MAX = 32 };

struct ald_doors {
    struct ald_door *doors[ALD_DOORS_MAX];
    size_t n;
};

/* Gives the credentials of the HTTP door, NULL without TLS. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_doors_tls(const struct ald_config *config, struct ald_tls **ret_tls,
                                struct ald_config_why *ret_why);

/* The settings that make the certificate of a door. */
struct ald_doors_tls_keys {
    enum ald_config_key cert, key, ca;
    bool client_may_be_bare; /* where there is a `ca`, too */
};
/* The same for another door. */
ALD_NODISCARD int ald_doors_tls_of(const struct ald_config *config, const struct ald_doors_tls_keys *keys,
                                   struct ald_tls **ret_tls, struct ald_config_why *ret_why);

/* Open one more door; `key` is the setting at fault when that cannot be. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_doors_add(struct ald_doors *doors, struct ald_edge *edge, const struct ald_door_spec *spec,
                                const struct ald_config *config, enum ald_config_key key,
                                struct ald_config_why *ret_why);
/* The folder of a socket with these permissions, one level: for us alone, or for whom they let in. */
void ald_doors_make_folder(const char *path, unsigned mode);

/* Open every door. On failure those that were opened are in `doors`, to be closed. Outcome: ALD_CONFIG_BAD. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_doors_open(struct ald_doors *doors, struct ald_edge *edge, struct ald_pages pages,
                                 const struct ald_config *config, struct ald_config_why *ret_why);
void ald_doors_close(struct ald_doors *doors);
