/* GET /api/v1/events: what happens in the hub, while it happens (feed.h). */

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

/* `kinds=command,channel`; without it: all of them. Outcome: ALD_MGMT_ANSWERED. */
static int kinds_read(struct ald_mgmt_call *call, unsigned *ret_kinds)
{
    char room[64];
    struct ald_str list, word;
    unsigned kinds = 0;
    int r;

    r = ald_mgmt_parameter(call, "kinds", room, sizeof(room), &list);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_kinds = (1U << ALD_N_FEED_KINDS) - 1;
    if (!ald_str_present(list)) {
        return 0;
    }
    while (ald_http_list_next(&list, &word)) {
        int kind = ald_feed_kind_find(word);

        if (kind < 0) {
            kinds = 0;
            break;
        }
        kinds |= 1U << kind;
    }
    if (kinds == 0) {
        r = ald_mgmt_problem(call, 400, "kinds is a list of command, event and channel");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    *ret_kinds = kinds;
    return 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int outcome_read(struct ald_mgmt_call *call, int *ret_outcome)
{
    char room[32];
    struct ald_str word;
    int r;

    r = ald_mgmt_parameter(call, "outcome", room, sizeof(room), &word);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_outcome = ald_str_present(word) ? ald_outcome_find(word) : -1;
    if (ald_str_present(word) && *ret_outcome <= ALD_OUTCOME_NONE) {
        r = ald_mgmt_problem(call, 400, "There is no such outcome");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    return 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int payload_read(struct ald_mgmt_call *call, bool *ret_payload)
{
    char room[8];
    struct ald_str word;
    int r;

    r = ald_mgmt_parameter(call, "payload", room, sizeof(room), &word);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_payload = ald_str_equal(word, ALD_STR("true"));
    if (ald_str_present(word) && !*ret_payload && !ald_str_equal(word, ALD_STR("false"))) {
        r = ald_mgmt_problem(call, 400, "payload is true or false");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    return 0;
}

int ald_mgmt_events(struct ald_mgmt_call *call)
{
    char target_text[ALD_NAME_MAX + 1], name_text[ALD_NAME_MAX + 1];
    struct ald_feed_filter filter = {.outcome = -1};
    int r;

    r = kinds_read(call, &filter.kinds);
    r = r != 0 ? r : ald_mgmt_parameter(call, "target", target_text, sizeof(target_text), &filter.target);
    r = r != 0 ? r : ald_mgmt_parameter(call, "name", name_text, sizeof(name_text), &filter.name);
    r = r != 0 ? r : outcome_read(call, &filter.outcome);
    r = r != 0 ? r : payload_read(call, &filter.payload);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_feed_join(&call->mgmt->feed, &filter, call->request->visit);
    if (r == ALD_FEED_FULL) {
        return ald_mgmt_problem(call, 503, "There are too many readers of events ([limits] streams_max)");
    }
    return r < 0 ? ald_trace(r) : ALD_PAGE_LATER;
}
