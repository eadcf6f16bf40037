#pragma once

/*
 * Random: bytes from the operating system. The pure layers are handed what they need from here.
 */

#include "base/defs.h"

/* Fill `bytes`. It cannot fail once the system's pool is initialised, for which it waits. */
void ald_random_fill(void *bytes, size_t size);
/* For ald_rng_init() and ald_table_init(). */
uint64_t ald_random_seed(void);
