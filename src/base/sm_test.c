#include "base/sm.h"

#include "base/str.h"
#include "lib/test.h"
#include "lib/panic.h"

enum { LAMP_DARK, LAMP_LIT, LAMP_BROKEN, LAMP_STATES };

static const struct ald_state lamp_states[] = {
    [LAMP_DARK] = {"dark", ALD_STATE_INITIAL, ALD_TO(LAMP_LIT)},
    [LAMP_LIT] = {"lit", 0, ALD_TO(LAMP_DARK) | ALD_TO(LAMP_LIT) | ALD_TO(LAMP_BROKEN)},
    [LAMP_BROKEN] = {"broken", ALD_STATE_FINAL, 0},
};

ALD_TEST(sm, takes_the_arrows_of_its_table)
{
    struct ald_machine lamp = ALD_MACHINE("lamp", lamp_states);
    uint8_t state = LAMP_DARK;

    ald_sm_move(&lamp, &state, LAMP_LIT);
    ald_check_int(state, LAMP_LIT);
    ald_sm_move(&lamp, &state, LAMP_LIT);
    ald_sm_move(&lamp, &state, LAMP_BROKEN);
    ald_check_int(state, LAMP_BROKEN);
    ald_check(ald_sm_final(&lamp, state));
    ald_check(!ald_sm_final(&lamp, LAMP_DARK));
    ald_check_str(ald_str(ald_sm_name(&lamp, state)), "broken");
}

ALD_TEST(sm, asserts_every_other_arrow)
{
    struct ald_machine lamp = ALD_MACHINE("lamp", lamp_states);

    for (uint8_t from = 0; from < LAMP_STATES; from++) {
        for (uint8_t to = 0; to < LAMP_STATES; to++) {
            uint8_t state = from;

            if (!ald_sm_may(&lamp, from, to)) {
                ald_check_panics(ald_sm_move(&lamp, &state, to));
                ald_check_int(state, from);
            }
        }
    }
}

ALD_TEST(sm, asserts_states_outside_its_table)
{
    struct ald_machine lamp = ALD_MACHINE("lamp", lamp_states);
    uint8_t state = LAMP_DARK;

    ald_check_panics(ald_sm_move(&lamp, &state, LAMP_STATES));
    ald_check_panics(ald_ignore(ald_sm_name(&lamp, LAMP_STATES)));
    state = 200;
    ald_check_panics(ald_sm_move(&lamp, &state, LAMP_DARK));
}

ALD_TEST(sm, counts_the_arrows_it_takes)
{
    uint64_t taken[LAMP_STATES * LAMP_STATES] = {0};
    struct ald_machine lamp = ALD_MACHINE("lamp", lamp_states);
    uint8_t state = LAMP_DARK;

    lamp.taken = taken;
    ald_sm_move(&lamp, &state, LAMP_LIT);
    ald_sm_move(&lamp, &state, LAMP_DARK);
    ald_sm_move(&lamp, &state, LAMP_LIT);

    ald_check_int(taken[LAMP_DARK * LAMP_STATES + LAMP_LIT], 2);
    ald_check_int(taken[LAMP_LIT * LAMP_STATES + LAMP_DARK], 1);
    ald_check_int(taken[LAMP_LIT * LAMP_STATES + LAMP_BROKEN], 0);
}

ALD_TEST_MAIN(sm, ALD_CASE(sm, takes_the_arrows_of_its_table), ALD_CASE(sm, asserts_every_other_arrow),
              ALD_CASE(sm, asserts_states_outside_its_table), ALD_CASE(sm, counts_the_arrows_it_takes))
