#include "lib/test.h"

#include "base/str.h"
#include "cli/duration.h"

ALD_TEST(duration, takes_every_unit)
{
    ald_usec duration;

    ald_check_int(ald_duration_parse("500ms", &duration), 0);
    ald_check_int(duration, 500 * ALD_MSEC);
    ald_check_int(ald_duration_parse("5s", &duration), 0);
    ald_check_int(duration, 5 * ALD_SEC);
    ald_check_int(ald_duration_parse("2m", &duration), 0);
    ald_check_int(duration, 120 * ALD_SEC);
    ald_check_int(ald_duration_parse("1h", &duration), 0);
    ald_check_int(duration, 3600 * ALD_SEC);
}

ALD_TEST(duration, refuses_what_it_would_have_to_guess)
{
    static const char *const bad[] = {"", "5", "s", "-5s", "5 s", "5S", "1.5s", "5ss", "0x5s"};

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_usec duration;

        ald_check_int(ald_duration_parse(bad[i], &duration), ALD_DURATION_MALFORMED);
    }
}

ALD_TEST(duration, refuses_nothing_and_too_much)
{
    static const char *const bad[] = {"0s", "0ms", "9000h", "99999999999999999999s"};

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_usec duration;

        ald_check_int(ald_duration_parse(bad[i], &duration), ALD_DURATION_RANGE);
    }
}

ALD_TEST(duration, is_short_for_people)
{
    char text[32];

    ald_check_str(ald_str(ald_duration_format(350 * ALD_MSEC, text)), "350 ms");
    ald_check_str(ald_str(ald_duration_format(1234 * ALD_MSEC, text)), "1.2 s");
    ald_check_str(ald_str(ald_duration_format(190 * ALD_SEC, text)), "3 min");
    ald_check_str(ald_str(ald_duration_format(50 * 3600 * ALD_SEC, text)), "50 h");
}

ALD_TEST_MAIN(duration, ALD_CASE(duration, takes_every_unit), ALD_CASE(duration, refuses_what_it_would_have_to_guess),
              ALD_CASE(duration, refuses_nothing_and_too_much), ALD_CASE(duration, is_short_for_people))
