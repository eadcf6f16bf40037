/* Who asks: each request of a visitor shows its credential again, and is judged by the rules of that moment. */

#include "conn/answer.h"
#include "conn/edge_impl.h"
#include "conn/visitor_impl.h"

void ald_visitor_forget_guest(struct ald_visitor *visitor)
{
    struct ald_guest *guest = &visitor->guest;

    if (guest->pass != NULL) {
        guest->guard->release(guest->guard->owner, guest->pass);
        guest->pass = NULL;
    }
}

int ald_visitor_identify(struct ald_visitor *visitor)
{
    const struct ald_http_request *head = ald_http_parser_request(&visitor->parser);
    const struct ald_guard *guard = visitor->door->edge->guard;
    struct ald_peer peer;
    struct ald_shown shown = {.peer = &peer};
    int r;

    ald_visitor_forget_guest(visitor);
    visitor->guest = (struct ald_guest){.guard = guard, .local = visitor->door->local};
    visitor->unknown = false;
    if (guard == NULL) {
        return 0;
    }
    shown.authorization = ald_http_fields_find(head->fields, ALD_STR("Authorization"));
    /* Another one could be what a proxy in front of us looked at. */
    shown.authorization_repeated = ald_http_fields_count(head->fields, ALD_STR("Authorization")) > 1;
    ald_stream_peer(visitor->stream, &peer);
    r = guard->admit(guard->owner, &shown, &visitor->guest.pass);
    visitor->unknown = r == ALD_GUARD_UNKNOWN;
    return r < 0 ? ald_trace(r) : 0;
}

/* Not one byte more of what it may not see any more. The end of the stream is told later, as any other. */
static void visitor_expel(void *who)
{
    struct ald_visitor *visitor = who;

    visitor->door->edge->counters.expelled++;
    ald_stream_abort(visitor->stream);
}

void ald_visitor_stay(struct ald_visitor *visitor)
{
    const struct ald_guest *guest = &visitor->guest;

    if (guest->pass != NULL) {
        enum ald_guest_manage needs = ALD_MIN(ald_guest_manage(guest), ALD_GUEST_MANAGE_READ);

        guest->guard->enter(guest->guard->owner, guest->pass, needs, visitor_expel, visitor);
    }
}

void ald_visitor_notice_unknown(struct ald_visitor *visitor)
{
    struct ald_door *door = visitor->door;
    struct ald_peer peer;

    ald_stream_peer(visitor->stream, &peer);
    door->counters.unauthorized++;
    ald_edge_notice(door->edge, &(struct ald_notice){
                                    .kind = ALD_NOTICE_REFUSED,
                                    .door = door->name,
                                    .peer = ald_str(peer.address),
                                    .text = visitor->unknown ? ALD_STR("the credential is nobody's")
                                                             : ALD_STR("no credential that anybody has"),
                                });
}

void ald_visitor_refuse_unknown(struct ald_visitor *visitor)
{
    struct ald_door *door = visitor->door;
    struct ald_page page;

    ald_visitor_notice_unknown(visitor);
    ald_visitor_page_init(visitor, &page);
    if (ald_answer_unauthorized(&page, true) < 0) {
        door->counters.answers_failed++; /* the status is what counts */
    }
    ald_visitor_refuse_page(visitor, &page);
}
