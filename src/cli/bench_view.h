#pragma once

/*
 * What the verb bench shows: for people, for programs, and while it runs.
 */

#include <stdio.h>

#include "load/load.h"

/* A line that is written over by the next one. */
void ald_bench_view_progress(FILE *out, enum ald_load_phase phase, size_t n_ready, size_t n_peers, uint64_t n_answered,
                             ald_usec elapsed);
void ald_bench_view_clear(FILE *out);
/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_bench_view_table(FILE *out, const struct ald_load_spec *spec,
                                       const struct ald_load_result *result);
/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_bench_view_json(FILE *out, const struct ald_load_spec *spec,
                                      const struct ald_load_result *result);
