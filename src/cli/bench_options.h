#pragma once

/*
 * What was asked of the verb bench.
 */

#include "cli/cli.h"
#include "load/load.h"

enum { ALD_BENCH_N_OPTIONS = 10 };

extern const struct ald_option ald_bench_option_table[ALD_BENCH_N_OPTIONS];

enum { ALD_BENCH_OPTIONS_READ = -1 };

/*
 * Fill in callers, agents, size, pace, times and target of `spec`, which begins with the defaults. A target of our own making
 * is written into `target`. Returns ALD_BENCH_OPTIONS_READ, or the exit status: everything is said.
 */
int ald_bench_options_read(struct ald_cli *cli, struct ald_load_spec *spec, char target[32]);
