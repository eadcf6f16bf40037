#include "conn/wall.h"

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

ALD_TEST_MAIN(wall, ALD_CASE(wall, is_written_in_both_forms), ALD_CASE(wall, never_passes_its_room))
