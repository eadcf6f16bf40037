#include "base/error.h"
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

/* `500ms`, `5s`, `2m`, `1h`, `7d`; a unit must be given, because everybody guesses another one. */
static bool ago_read(struct ald_str text, ald_wall now, ald_wall *ret_wall)
{
    static const struct {
        struct ald_str word;
        ald_usec usec;
    } units[] = {
        {{"ms", 2}, ALD_MSEC},           {{"s", 1}, ALD_SEC}, {{"m", 1}, 60 * ALD_SEC}, {{"h", 1}, 3600 * ALD_SEC},
        {{"d", 1}, 24 * 3600 * ALD_SEC},
    };
    uint64_t number = 0;
    size_t digits = 0;

    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    for (size_t i = 0; i < ALD_COUNT(units); i++) {
        if (ald_str_equal(ald_str_from(text, digits), units[i].word) &&
            ald_str_u64(ald_str_of(text.data, digits), &number) == 0) {
            /* Longer ago than the epoch is all there is. */
            *ret_wall = number < now / units[i].usec ? now - number * units[i].usec : 0;
            return true;
        }
    }
    return false;
}

static bool since_read(struct ald_str text, ald_wall now, ald_wall *ret_since)
{
    uint64_t msec;

    if (ald_str_u64(text, &msec) == 0) {
        *ret_since = ALD_MIN(msec, now / ALD_MSEC) * ALD_MSEC;
        return true;
    }
    if (ald_wall_parse_iso(text, ret_since) == 0) {
        *ret_since = ALD_MIN(*ret_since, now); /* nobody has missed what comes */
        return true;
    }
    return ago_read(text, now, ret_since);
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
        since_read(text, call->wall, ret_since)) {
        return 0;
    }
    r = ald_mgmt_problem(
        call, 400,
        "since is a time like 2026-11-21T07:11:09.850Z, how long ago like 90s, 10m or 2h, or a number of "
        "milliseconds since 1970; 0 is all that is remembered");
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}
