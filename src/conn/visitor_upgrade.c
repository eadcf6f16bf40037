/* A request that may be an upgrade: which dialect takes it, and what it is answered when none does. */

#include "conn/answer.h"
#include "conn/conn.h"
#include "conn/edge_impl.h"
#include "conn/visitor_impl.h"
#include "transport/ws.h"
#include "wire/ws/ws_upgrade.h"

/* Refusals of upgrades look as existing clients know them (exchange.md 2.2): `body` and no more. */
static void visitor_refuse_upgrade(struct ald_visitor *visitor, uint16_t status, const char *body)
{
    struct ald_page page;

    ald_visitor_page_init(visitor, &page);
    page.status = status;
    if (ald_buf_push(&page.body, ald_str(body)) != 0) {
        visitor->door->counters.answers_failed++; /* the status is what counts */
    }
    ald_visitor_refuse_page(visitor, &page);
}

static void visitor_refuse_handshake(struct ald_visitor *visitor, const struct ald_ws_refusal *refusal)
{
    struct ald_buf out;

    ald_buf_init(&out, VISITOR_HEAD_MAX);
    if (ald_ws_upgrade_write_refusal(&out, refusal) == 0) {
        ald_visitor_push_bytes(visitor, ald_buf_str(&out));
    } else {
        visitor->door->counters.answers_failed++;
    }
    ald_buf_fini(&out);
    ald_visitor_finish(visitor);
}

/* The visitor becomes a connection, which takes over its place among those who have not said hello. */
static void visitor_upgrade(struct ald_visitor *visitor, size_t dialect, const struct ald_accept *accept,
                            const struct ald_ws_upgrade *upgrade, struct ald_str rest)
{
    struct ald_door *door = visitor->door;
    struct ald_http_field field = {ald_str(accept->header_name), ald_str(accept->header_value)};
    struct ald_http_fields fields = {&field, accept->header_name != NULL ? 1 : 0};
    struct ald_conn_spec spec = {
        .dialect = ald_dialects[dialect],
        .dialect_index = dialect,
        .variant = accept->variant,
        .door = door,
        .pass = visitor->guest.pass,
        .wants_token = accept->wants_token && !(door->ours && door->edge->guard == NULL),
    };
    struct ald_str protocol = ALD_STR_NONE;
    static const struct ald_stream_callbacks nobody = {0}; /* until the connection takes the stream */
    struct ald_stream *stream = NULL;

    if (accept->first_protocol) {
        protocol = ald_ws_upgrade_protocol_first(ald_http_parser_request(&visitor->parser));
    }
    if (ald_ws_accept(visitor->stream, upgrade->key, protocol, fields, rest, &door->edge->stream_options, &nobody, NULL,
                      &stream) != 0) {
        door->counters.answers_failed++;
        ald_visitor_refuse(visitor, 503, NULL);
        return;
    }
    visitor->stream = NULL;
    if (ald_conn_open(door->edge, &spec, stream, NULL) < 0) {
        ald_stream_free(stream);
    } else {
        door->counters.upgrades++;
        visitor->greeting = false;
        visitor->guest.pass = NULL; /* the connection has it */
    }
    ald_visitor_leave(visitor);
}

/* Has the visitor, where somebody guards the door, shown who it is; or will it, in the words of the dialect? */
static bool visitor_may_upgrade(const struct ald_visitor *visitor, const struct ald_accept *accept)
{
    return !visitor->unknown && (accept->wants_token || ald_guest_known(&visitor->guest));
}

static int visitor_check_upgrade(const struct ald_visitor *visitor, const struct ald_accept *accept,
                                 struct ald_ws_upgrade *ret_upgrade, const struct ald_ws_refusal **ret_refusal)
{
    const struct ald_http_request *request = ald_http_parser_request(&visitor->parser);

    return accept->old_version ? ald_ws_upgrade_check_old(request, ret_upgrade, ret_refusal)
                               : ald_ws_upgrade_check(request, ret_upgrade, ret_refusal);
}

/* Some dialect lives at this path. In the order of exchange.md 2.2. */
static void visitor_judge_upgrade(struct ald_visitor *visitor, size_t dialect, int accepted,
                                  const struct ald_accept *accept, struct ald_str rest)
{
    struct ald_door *door = visitor->door;
    const struct ald_ws_refusal *refusal = NULL;
    struct ald_ws_upgrade upgrade;

    if (ald_edge_draining(door->edge) && !ald_dialects[dialect]->resumes_late) {
        door->counters.upgrades_draining++;
        visitor_refuse_upgrade(visitor, 410, "");
    } else if (!visitor_may_upgrade(visitor, accept)) {
        ald_visitor_notice_unknown(visitor);
        visitor_refuse_upgrade(visitor, 401, ""); /* without WWW-Authenticate, as existing connectors know it */
    } else if (accepted == ALD_ACCEPT_REFUSED) {
        door->counters.upgrades_refused++;
        visitor_refuse_upgrade(visitor, (uint16_t)accept->status, accept->body != NULL ? accept->body : "");
    } else if (visitor_check_upgrade(visitor, accept, &upgrade, &refusal) != 0) {
        door->counters.upgrades_refused++;
        visitor_refuse_handshake(visitor, refusal);
    } else {
        visitor_upgrade(visitor, dialect, accept, &upgrade, rest);
    }
}

bool ald_visitor_try_dialects(struct ald_visitor *visitor, struct ald_str rest)
{
    const struct ald_http_request *request = ald_http_parser_request(&visitor->parser);

    for (size_t i = 0; ald_dialects[i] != NULL; i++) {
        struct ald_accept accept = {0};
        int r = ald_dialects[i]->accept != NULL ? ald_dialects[i]->accept(request, &accept) : ALD_ACCEPT_NOT_MINE;

        if (r != ALD_ACCEPT_NOT_MINE) {
            visitor_judge_upgrade(visitor, i, r, &accept, rest);
            return true;
        }
    }
    if (ald_ws_upgrade_wanted(request)) {
        visitor->door->counters.upgrades_refused++;
        visitor_refuse_upgrade(visitor, 404, "");
        return true;
    }
    return false;
}
