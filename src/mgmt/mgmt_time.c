#include "base/error.h"
#include "loop/wall.h"
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

int ald_mgmt_since(struct ald_mgmt_call *call, ald_wall none, ald_wall *ret_since)
{
    struct ald_str last = ald_http_fields_find(call->head->fields, ALD_STR("Last-Event-ID")), text;
    char room[48];
    int r;

    r = ald_mgmt_parameter(call, "since", room, sizeof(room), &text);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_since = none;
    /* A browser says what it had last whatever the address was in which it asked first. */
    if ((ald_str_present(last) && ald_str_u64(last, ret_since) == 0) || !ald_str_present(text) ||
        ald_wall_parse_since(text, call->wall, ret_since) == 0) {
        return 0;
    }
    r = ald_mgmt_problem(
        call, 400,
        "since is a time like 2026-11-21T07:11:09.850Z, how long ago like 90s, 10m or 2h, or a number of "
        "milliseconds since 1970; 0 is all that is remembered");
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}
