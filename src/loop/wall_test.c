#include "loop/wall.h"

#include "base/str.h"
#include "lib/test.h"

ALD_TEST(wall, is_written_in_both_forms)
{
    char text[ALD_WALL_TEXT];

    ald_wall_iso(1700000000123456, text);
    ald_check_str(ald_str(text), "2023-11-14T22:13:20.123Z");
    ald_wall_http(1700000000123456, text);
    ald_check_str(ald_str(text), "Tue, 14 Nov 2023 22:13:20 GMT");
    ald_wall_iso(0, text);
    ald_check_str(ald_str(text), "1970-01-01T00:00:00.000Z");
    ald_wall_http(0, text);
    ald_check_str(ald_str(text), "Thu, 01 Jan 1970 00:00:00 GMT");
}

ALD_TEST(wall, never_passes_its_room)
{
    char text[ALD_WALL_TEXT];

    ald_wall_iso(UINT64_MAX, text);
    ald_check(strlen(text) < sizeof(text));
    ald_wall_http(UINT64_MAX, text);
    ald_check(strlen(text) < sizeof(text));
}

ALD_TEST(wall, is_read_back)
{
    static const struct {
        const char *text;
        ald_wall wall;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:01.5Z", 1500000},
        {"2000-02-29T23:59:59.999Z", 951868799999000},
        {"2024-12-31T00:00:00.000001Z", 1735603200000001},
        {"2026-11-21T16:43:54.437474999Z", 1795279434437474},
        {"2100-03-01T00:00:00Z", 4107542400000000},
    };
    static const char *const bad[] = {"",
                                      "2026-11-21",
                                      "2026-11-21T16:43:54",
                                      "2026-11-21T16:43:54.Z",
                                      "2026-11-21T16:43:54.1",
                                      "2026-11-21T16:43:54Zx",
                                      "2026-11-21T24:00:00Z",
                                      "2026-13-21T16:43:54Z",
                                      "2026-00-21T16:43:54Z",
                                      "1969-12-31T23:59:59Z",
                                      "2026-11-21 16:43:54Z",
                                      "+026-11-21T16:43:54Z"};
    char text[ALD_WALL_TEXT];
    ald_wall wall;

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ald_check_int(ald_wall_parse_iso(ald_str(cases[i].text), &wall), 0);
        ald_check_int(wall, cases[i].wall);
        ald_wall_iso(wall, text);
        ald_check_int(ald_wall_parse_iso(ald_str(text), &wall), 0);
        ald_check_int(wall / ALD_MSEC, cases[i].wall / ALD_MSEC);
    }
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(ald_wall_parse_iso(ald_str(bad[i]), &wall), ALD_WALL_MALFORMED);
    }
}

ALD_TEST_MAIN(wall, ALD_CASE(wall, is_written_in_both_forms), ALD_CASE(wall, never_passes_its_room),
              ALD_CASE(wall, is_read_back))
