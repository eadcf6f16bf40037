#pragma once

/* The defaults that the machine decides: the name of the host, and where the user's sockets are. */

#include "daemon/config.h"

struct ald_config_defaults {
    char id[ALD_NAME_MAX + 1];
    char path[256];
    char secret[4096];
    const char *fallbacks[ALD_N_KEYS]; /* for ald_config_new(); points into the struct */
};

/* Asks the machine. */
void ald_config_defaults_init(struct ald_config_defaults *defaults);

/* A name made of `host`: what may not stand in a name becomes `_`, as does a first digit's front. `to` holds
 * ALD_NAME_MAX bytes and the terminator. */
void ald_config_name_of_host(const char *host, char *to);
