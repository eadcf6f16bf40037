/* Does a browser send this request because a page of somebody else's makes it? Asked before anything of a body is taken. */

#include "conn/edge_impl.h"
#include "conn/host.h"
#include "conn/origin.h"
#include "conn/visitor_impl.h"

static void visitor_turn_away(struct ald_visitor *visitor, uint64_t *counter, uint16_t status, const char *notice,
                              const char *detail)
{
    struct ald_door *door = visitor->door;

    (*counter)++;
    ald_edge_notice(door->edge,
                    &(struct ald_notice){.kind = ALD_NOTICE_REFUSED, .door = door->name, .text = ald_str(notice)});
    ald_visitor_refuse(visitor, status, detail);
}

/*
 * Only where nobody is asked who he is: a page that has brought a browser here under a name of its own has no token to show.
 * And only where nobody but this machine can come in: who opens a door to others has said which names they use by doing so.
 */
static bool door_knows_its_names(const struct ald_door *door)
{
    return door->names != NULL && door->edge->guard == NULL && ald_door_loopback(door);
}

bool ald_visitor_judge(struct ald_visitor *visitor)
{
    const struct ald_http_request *request = ald_http_parser_request(&visitor->parser);
    struct ald_door *door = visitor->door;

    if (door_knows_its_names(door) && !ald_host_is_ours(request->host, ald_str(door->names))) {
        visitor_turn_away(visitor, &door->counters.host_refused, 421, "foreign Host",
                          "This hub does not go by that name; [http] names can give it more");
        return false;
    }
    if (ald_origin_matters(request) && ald_origin_foreign(request)) {
        visitor_turn_away(visitor, &door->counters.origin_refused, 403, "foreign Origin",
                          "The Origin is another host's");
        return false;
    }
    if (ald_origin_cross_site(request)) {
        visitor_turn_away(visitor, &door->counters.site_refused, 403, "page of another site",
                          "A page of another site asks");
        return false;
    }
    return true;
}
