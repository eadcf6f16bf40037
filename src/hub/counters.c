#include "hub/counters.h"

#include "base/defs.h"

static const char *const counter_names[ALD_N_COUNTERS] = {
#define ALD_X(name, text, meaning) [ALD_N_##name] = text,
    ALD_COUNTERS(ALD_X)
#undef ALD_X
};

static const char *const counter_meanings[ALD_N_COUNTERS] = {
#define ALD_X(name, text, meaning) [ALD_N_##name] = meaning,
    ALD_COUNTERS(ALD_X)
#undef ALD_X
};

const char *ald_counter_name(enum ald_counter counter)
{
    ald_assert((size_t)counter < ALD_N_COUNTERS);
    return counter_names[counter];
}

const char *ald_counter_meaning(enum ald_counter counter)
{
    ald_assert((size_t)counter < ALD_N_COUNTERS);
    return counter_meanings[counter];
}
