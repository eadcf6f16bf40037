/* GET /api/v1/hubs: the hubs that can be reached, how they are linked, and what they serve. */

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

/* Names shown of a hub's targets, and of its links; all of them are that hub's to list. */
enum { HUBS_TARGETS_MAX = 100, HUBS_LINKS_MAX = 1000 };

/* What this hub serves is a fact of the map only once somebody was linked. */
static void hubs_own_targets(struct ald_mgmt_call *call)
{
    struct ald_target_view target;
    uint64_t cursor = 0;

    for (uint32_t left = HUBS_TARGETS_MAX; left > 0 && ald_hub_next_target(call->hub, &cursor, &target); left--) {
        ald_json_write_str(&call->json, target.name);
    }
}

static void hubs_facts(struct ald_mgmt_call *call, struct ald_str id, enum ald_fact_kind kind, uint32_t left)
{
    const void *walk = NULL;
    struct ald_fact_view fact;

    while (left > 0 && ald_hub_next_fact(call->hub, id, &walk, &fact)) {
        if (fact.kind == kind) {
            ald_json_write_str(&call->json, fact.name);
            left--;
        }
    }
}

static void hubs_list(struct ald_mgmt_call *call, const struct ald_route_view *at, const char *member,
                      enum ald_fact_kind kind)
{
    ald_json_write_name(&call->json, ald_str(member));
    ald_json_write_array(&call->json);
    if (at->is_self && kind == ALD_FACT_TARGET) {
        hubs_own_targets(call);
    } else {
        hubs_facts(call, at->id, kind, kind == ALD_FACT_TARGET ? HUBS_TARGETS_MAX : HUBS_LINKS_MAX);
    }
    ald_json_write_end(&call->json);
}

static void hubs_one(struct ald_mgmt_call *call, const struct ald_route_view *at)
{
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "id", at->id);
    ald_json_write_member_bool(&call->json, "self", at->is_self);
    ald_json_write_member_u64(&call->json, "hops", at->hops);
    if (at->hops > 1) {
        ald_json_write_member_str(&call->json, "next", at->next);
    }
    ald_json_write_member_u64(&call->json, "n_targets", at->n_targets);
    hubs_list(call, at, "targets", ALD_FACT_TARGET);
    hubs_list(call, at, "links", ALD_FACT_HUB);
    hubs_list(call, at, "daemons", ALD_FACT_DAEMON);
    ald_json_write_end(&call->json);
}

/* The next one that a way leads to. */
static bool hubs_next(const struct ald_mgmt_call *call, uint64_t *cursor, struct ald_route_view *ret_at)
{
    while (ald_hub_next_route(call->hub, cursor, ret_at)) {
        if (ret_at->reached) {
            return true;
        }
    }
    return false;
}

int ald_mgmt_hubs(struct ald_mgmt_call *call)
{
    struct ald_mgmt_paging paging;
    struct ald_route_view at;
    uint64_t ahead;
    int r;

    r = ald_mgmt_paging(call, &paging);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_json_write_object(&call->json);
    ald_json_write_name(&call->json, ALD_STR("hubs"));
    ald_json_write_array(&call->json);
    for (; paging.left > 0 && hubs_next(call, &paging.cursor, &at); paging.left--) {
        hubs_one(call, &at);
    }
    ald_json_write_end(&call->json);
    ahead = paging.cursor;
    ald_mgmt_next(call, &paging, paging.left == 0 && hubs_next(call, &ahead, &at));
    ald_json_write_end(&call->json);

    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}
