#include "base/sm.h"

void ald_sm_move(struct ald_machine *machine, uint8_t *state, uint8_t to)
{
    ald_assert(machine->n_states <= 32);
    ald_assert(*state < machine->n_states);
    ald_assert(to < machine->n_states);
    ald_assert(ald_sm_may(machine, *state, to));

    if (machine->taken != NULL) {
        machine->taken[*state * machine->n_states + to]++;
    }
    *state = to;
}

const char *ald_sm_name(const struct ald_machine *machine, uint8_t state)
{
    ald_assert(state < machine->n_states);
    return machine->states[state].name;
}
