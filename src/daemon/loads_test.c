#include "daemon/loads.h"

#include "lib/test.h"

ALD_TEST(loads, are_those_of_one_processor)
{
    double load = 0;

    ald_check(ald_loads_parse(ALD_STR("1.12 1.05 1.00 2/345 6789\n"), 2, &load));
    ald_check(load > 0.559 && load < 0.561);
    ald_check(ald_loads_parse(ALD_STR("0.00 "), 4, &load));
    ald_check(load == 0);
}

ALD_TEST(loads, are_not_made_of_anything_else)
{
    static const char *const bad[] = {"",      " 1",     "x 1",   "-1 0",
                                      "nan 0", "1.0x 0", "inf 0", "1111111111111111111111111111111111 0"};
    double load = 0;

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check(!ald_loads_parse(ald_str(bad[i]), 2, &load));
    }
    ald_check(!ald_loads_parse(ALD_STR("1.0 0"), 0, &load));
}

ALD_TEST_MAIN(loads, ALD_CASE(loads, are_those_of_one_processor), ALD_CASE(loads, are_not_made_of_anything_else))
