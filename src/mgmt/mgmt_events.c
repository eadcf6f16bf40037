/* GET /api/v1/events: what happens in the hub, while it happens (feed.h). */

#include "base/error.h"
#include "hub/filters.h"
#include "mgmt/mgmt_impl.h"
#include "wire/http/http_url.h"

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

/* Names that were asked for, decoded. */
struct names {
    char room[ALD_FEED_NAMES_MAX][ALD_NAME_MAX + 1];
    char filters[ALD_FILTERS_MAX + 1];
    char target[ALD_NAME_MAX + 1];
};

static int names_problem(struct ald_mgmt_call *call, const char *detail)
{
    int r = ald_mgmt_problem(call, 400, detail);

    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

/* Each `name`, of which there may be several. Outcome: ALD_MGMT_ANSWERED. */
static int names_read(struct ald_mgmt_call *call, struct names *names, struct ald_feed_filter *filter)
{
    struct ald_str query = call->head->query, name, value;

    while (ald_http_query_next(&query, &name, &value)) {
        if (!ald_str_equal(name, ALD_STR("name"))) {
            continue;
        }
        if (filter->n_names == ALD_FEED_NAMES_MAX) {
            return names_problem(call, "There are more than 16 names");
        }
        if (ald_http_decode(value, true, names->room[filter->n_names], sizeof(names->room[0]),
                            &filter->names[filter->n_names]) != 0 ||
            filter->names[filter->n_names].size > ALD_NAME_MAX) {
            return names_problem(call, "A name is too long, or not percent-encoded");
        }
        filter->n_names += filter->names[filter->n_names].size > 0;
    }
    return 0;
}

static int full_problem(struct ald_mgmt_call *call, int full)
{
    return ald_mgmt_problem(call, 503,
                            full == ALD_FEED_FULL ? "There are too many readers of events ([limits] streams_max)"
                                                  : "There are subscribers to as many names as are remembered");
}

int ald_mgmt_events(struct ald_mgmt_call *call)
{
    struct ald_feed_filter filter = {.outcome = -1};
    struct names names;
    ald_wall after;
    int r;

    r = kinds_read(call, &filter.kinds);
    r = r != 0 ? r : ald_mgmt_parameter(call, "target", names.target, sizeof(names.target), &filter.target);
    r = r != 0 ? r : ald_mgmt_parameter(call, "filter", names.filters, sizeof(names.filters), &filter.filters);
    r = r != 0 ? r : names_read(call, &names, &filter);
    r = r != 0 ? r : outcome_read(call, &filter.outcome);
    r = r != 0 ? r : payload_read(call, &filter.payload);
    r = r != 0 ? r : ald_mgmt_since(call, ALD_FEED_NOW, &after);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_feed_join(&call->mgmt->feed, &filter, after, call->request->visit);
    if (r > 0) {
        return full_problem(call, r);
    }
    return r < 0 ? ald_trace(r) : ALD_PAGE_LATER;
}
