#include "conn/wall.h"
#include "mgmt/mgmt_impl.h"

void ald_mgmt_wall(struct ald_mgmt_call *call, const char *name, ald_wall wall)
{
    char text[ALD_WALL_TEXT];

    if (wall != 0) {
        ald_wall_iso(wall, text);
        ald_json_write_member_str(&call->json, name, ald_str(text));
    }
}

/* The hub remembers monotonic time only; what the calendar said then is told from how long it is ago. */
void ald_mgmt_instant(struct ald_mgmt_call *call, const char *name, ald_usec instant)
{
    if (instant != 0) {
        ald_mgmt_wall(call, name, call->wall - (call->now - ALD_MIN(instant, call->now)));
    }
}

void ald_mgmt_span(struct ald_mgmt_call *call, const char *name, ald_usec from, ald_usec to)
{
    ald_json_write_member_u64(&call->json, name, to > from ? (to - from) / ALD_MSEC : 0);
}
