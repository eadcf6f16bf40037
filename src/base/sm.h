#pragma once

/*
 * State machine: an enum, a table and one writer. A table lists for each state its name, its flags and the states it may
 * go to; ald_sm_move() is the only place that changes the state, and asserts that the arrow is in the table.
 *
 * Every arrow taken is counted in a machine whose `taken` points at room for the counts, so that a test run can print
 * which arrows it never walked.
 */

#include "base/defs.h"

enum { ALD_STATE_INITIAL = 1, ALD_STATE_FINAL = 2 };
#define ALD_TO(state) (UINT32_C(1) << (state))

struct ald_state {
    const char *name;
    uint32_t flags;
    uint32_t to; /* ALD_TO() of every state that may follow */
};

struct ald_machine {
    const char *name;
    const struct ald_state *states;
    size_t n_states; /* at most 32 */
    uint64_t *taken; /* n_states * n_states counts, or NULL */
};

#define ALD_MACHINE(noun, table) {.name = (noun), .states = (table), .n_states = ALD_COUNT(table)}

/* Change `*state` to `to`; asserts the arrow. */
void ald_sm_move(struct ald_machine *machine, uint8_t *state, uint8_t to);
static inline bool ald_sm_may(const struct ald_machine *machine, uint8_t from, uint8_t to)
{
    return (machine->states[from].to & ALD_TO(to)) != 0;
}
static inline bool ald_sm_final(const struct ald_machine *machine, uint8_t state)
{
    return (machine->states[state].flags & ALD_STATE_FINAL) != 0;
}
const char *ald_sm_name(const struct ald_machine *machine, uint8_t state);
