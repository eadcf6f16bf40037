#pragma once

/*
 * Coverage: what the runs so far have seen. A soak must have taken every fault, walked every arrow of every state table of the
 * hub, and seen every outcome and cause, or it has proved less than it claims.
 */

#include <stdio.h>

#include "base/sm.h"
#include "hub/counters.h"
#include "msg/msg.h"
#include "sim/faults.h"
#include "wire/exchange/exchange.h"

struct ald_hub;

enum { SIM_MACHINES_MAX = 16, SIM_ARROWS_MAX = 12 * 12 };

/* Lies in memory that the processes of a soak share, one for each; its pointers are to tables of the program. */
struct sim_cover {
    uint64_t n_runs, n_commands, n_steps;
    uint64_t faults[SIM_N_FAULTS];
    uint64_t outcomes[ALD_LOST + 1];
    uint64_t causes[ALD_N_CAUSES];
    uint64_t counters[ALD_N_COUNTERS];
    uint64_t dialect[ALD_EXCHANGE_N_COUNTERS];
    struct ald_machine machines[SIM_MACHINES_MAX];
    uint64_t arrows[SIM_MACHINES_MAX][SIM_ARROWS_MAX];
};

/* Add what a hub counted in its life, before it ends. */
void sim_cover_collect(struct sim_cover *cover, const struct ald_hub *hub);
void sim_cover_add(struct sim_cover *sum, const struct sim_cover *cover);
/* Print it; returns how many things were never seen that must be. */
uint32_t sim_cover_print(const struct sim_cover *cover, FILE *file);
