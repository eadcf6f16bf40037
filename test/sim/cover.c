#include "sim/cover.h"

#include <inttypes.h>
#include <string.h>

#include "hub/view.h"

/*
 * Causes that no simulated run can see, each with the reason; every other one must be seen.
 */
static const uint8_t cover_unseen[] = {
    ALD_CAUSE_NONE,      /* of what succeeded: that is no cause */
    ALD_CAUSE_TOO_LARGE, /* the dialect's: it never reaches the hub */
    ALD_CAUSE_REPLACED,  /* collapse keys wait for the store */
    ALD_CAUSE_HUB_LOST,  /* what a caller says when its hub does not know the command any more */
};

void sim_cover_collect(struct sim_cover *cover, const struct ald_hub *hub)
{
    const struct ald_machine *machine;

    for (size_t n = 0; n < SIM_MACHINES_MAX && (machine = ald_hub_machine(hub, n)) != NULL; n++) {
        cover->machines[n] =
            (struct ald_machine){.name = machine->name, .states = machine->states, .n_states = machine->n_states};
        for (size_t arrow = 0; arrow < machine->n_states * machine->n_states; arrow++) {
            cover->arrows[n][arrow] += machine->taken != NULL ? machine->taken[arrow] : 0;
        }
    }
    for (int counter = 0; counter < ALD_N_COUNTERS; counter++) {
        cover->counters[counter] += ald_hub_counter(hub, (enum ald_counter)counter);
    }
}

void sim_cover_add(struct sim_cover *sum, const struct sim_cover *cover)
{
    sum->n_runs += cover->n_runs;
    sum->n_commands += cover->n_commands;
    sum->n_steps += cover->n_steps;
    for (int n = 0; n < SIM_N_FAULTS; n++) {
        sum->faults[n] += cover->faults[n];
    }
    for (int n = 0; n <= ALD_LOST; n++) {
        sum->outcomes[n] += cover->outcomes[n];
    }
    for (int n = 0; n < ALD_N_CAUSES; n++) {
        sum->causes[n] += cover->causes[n];
    }
    for (int n = 0; n < ALD_N_COUNTERS; n++) {
        sum->counters[n] += cover->counters[n];
    }
    for (int n = 0; n < ALD_EXCHANGE_N_COUNTERS; n++) {
        sum->dialect[n] += cover->dialect[n];
    }
    for (int n = 0; n < SIM_MACHINES_MAX; n++) {
        if (cover->machines[n].states != NULL) {
            sum->machines[n] = cover->machines[n];
        }
        for (int arrow = 0; arrow < SIM_ARROWS_MAX; arrow++) {
            sum->arrows[n][arrow] += cover->arrows[n][arrow];
        }
    }
}

static uint32_t cover_line(FILE *file, const char *what, const char *name, uint64_t n, bool needed)
{
    fprintf(file, "  %-10s %-34s %12" PRIu64 "%s\n", what, name, n,
            n > 0    ? ""
            : needed ? "   NEVER"
                     : "   (none expected)");
    return n == 0 && needed;
}

static uint32_t cover_print_machines(const struct sim_cover *cover, FILE *file)
{
    uint32_t n_missing = 0;

    for (int n = 0; n < SIM_MACHINES_MAX; n++) {
        const struct ald_machine *machine = &cover->machines[n];

        for (size_t arrow = 0; arrow < machine->n_states * machine->n_states; arrow++) {
            uint8_t from = (uint8_t)(arrow / machine->n_states);
            uint8_t to = (uint8_t)(arrow % machine->n_states);
            char name[80];

            if (ald_sm_may(machine, from, to)) {
                snprintf(name, sizeof(name), "%s: %s -> %s", machine->name, machine->states[from].name,
                         machine->states[to].name);
                n_missing += cover_line(file, "arrow", name, cover->arrows[n][arrow], true);
            }
        }
    }
    return n_missing;
}

uint32_t sim_cover_print(const struct sim_cover *cover, FILE *file)
{
    uint32_t n_missing = 0;

    fprintf(file, "%" PRIu64 " runs, %" PRIu64 " commands, %" PRIu64 " steps of the hub\n", cover->n_runs,
            cover->n_commands, cover->n_steps);
    for (int n = 0; n < SIM_N_FAULTS; n++) {
        n_missing += cover_line(file, "fault", sim_fault_word((enum sim_fault)n), cover->faults[n], true);
    }
    n_missing += cover_print_machines(cover, file);
    for (int n = ALD_SUCCEEDED; n <= ALD_LOST; n++) {
        n_missing += cover_line(file, "outcome", ald_outcome_name((enum ald_outcome)n), cover->outcomes[n], true);
    }
    for (int n = ALD_CAUSE_NONE + 1; n < ALD_N_CAUSES; n++) {
        bool needed = memchr(cover_unseen, n, sizeof(cover_unseen)) == NULL;

        n_missing += cover_line(file, "cause", ald_cause_word((enum ald_cause)n), cover->causes[n], needed);
    }
    for (int n = 0; n < ALD_N_COUNTERS; n++) {
        fprintf(file, "  %-10s %-34s %12" PRIu64 "\n", "counter", ald_counter_name((enum ald_counter)n),
                cover->counters[n]);
    }
    for (int n = 0; n < ALD_EXCHANGE_N_COUNTERS && cover->dialect[ALD_EXCHANGE_N_FRAMES_IN] > 0; n++) {
        fprintf(file, "  %-10s %-34s %12" PRIu64 "\n", "counter", ald_exchange.counter_names[n], cover->dialect[n]);
    }
    return n_missing;
}
