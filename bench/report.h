#pragma once

/*
 * Report: what one run of a load found, as one line of JSON for run.py.
 */

#include "cpu.h"
#include "load/load.h"

/* `before` and `after` are the server's, at both ends of the measured time. */
void bench_report(const struct ald_load_result *result, const struct bench_cpu *before, const struct bench_cpu *after);
