/* GET /api/v1/targets and /api/v1/channels: who can be commanded, and over which connections. */

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

static void target_write(struct ald_mgmt_call *call, const struct ald_target_view *target)
{
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "name", target->name);
    ald_json_write_member_u64(&call->json, "channels", target->n_channels);
    ald_json_write_member_u64(&call->json, "live", target->n_live);
    ald_json_write_member_u64(&call->json, "active", target->n_active);
    ald_json_write_member_u64(&call->json, "queued", target->queued);
    ald_json_write_member_u64(&call->json, "queued_bytes", target->queued_bytes);
    ald_json_write_member_u64(&call->json, "term", target->term);
    ald_json_write_member_str(&call->json, "primary", target->primary);
    ald_json_write_end(&call->json);
}

static const char *channel_state_name(uint8_t state)
{
    static const char *const names[] = {
        [ALD_CHANNEL_LIVE] = "live",
        [ALD_CHANNEL_AWAY] = "away",
        [ALD_CHANNEL_GONE] = "gone",
    };

    ald_assert(state < ALD_COUNT(names));
    return names[state];
}

static void channel_write(struct ald_mgmt_call *call, const struct ald_channel_view *channel)
{
    struct ald_json_writer *json = &call->json;

    ald_json_write_object(json);
    ald_json_write_member_str(json, "id", channel->id);
    ald_json_write_member_str(json, "target", channel->target);
    ald_json_write_member_str(json, "state", ald_str(channel_state_name(channel->state)));
    ald_json_write_member_bool(json, "active", channel->active);
    ald_json_write_member_bool(json, "primary", channel->primary);
    ald_json_write_member_bool(json, "candidate", channel->candidate);
    ald_json_write_member_bool(json, "leaving", channel->leaving);
    ald_json_write_member_u64(json, "term", channel->term);
    ald_json_write_member_str(json, "principal", channel->principal);
    ald_json_write_member_str(json, "peer", channel->peer);
    ald_json_write_member_str(json, "dialect", channel->dialect);
    ald_json_write_member_u64(json, "connection", channel->conn);
    ald_json_write_member_u64(json, "in_flight", channel->in_flight);
    ald_json_write_member_u64(json, "queued", channel->queued);
    ald_json_write_member_u64(json, "queued_bytes", channel->queued_bytes);
    ald_json_write_member_u64(json, "commands", channel->n_commands);
    ald_json_write_member_u64(json, "health_failures", channel->health_failures);
    ald_mgmt_instant(call, "health_last", channel->health_last);
    ald_mgmt_instant(call, "since", channel->since);
    ald_mgmt_span(call, "age_ms", channel->since, call->now);
    ald_json_write_end(json);
}

int ald_mgmt_targets(struct ald_mgmt_call *call)
{
    struct ald_mgmt_paging paging;
    struct ald_target_view target;
    uint64_t ahead;
    int r;

    r = ald_mgmt_paging(call, &paging);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }

    ald_json_write_object(&call->json);
    ald_json_write_name(&call->json, ALD_STR("targets"));
    ald_json_write_array(&call->json);
    for (; paging.left > 0 && ald_hub_next_target(call->hub, &paging.cursor, &target); paging.left--) {
        target_write(call, &target);
    }
    ald_json_write_end(&call->json);
    ahead = paging.cursor;
    ald_mgmt_next(call, &paging, paging.left == 0 && ald_hub_next_target(call->hub, &ahead, &target));
    ald_json_write_end(&call->json);

    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_target(struct ald_mgmt_call *call)
{
    struct ald_target_view target;
    int r;

    if (ald_hub_find_target(call->hub, call->segments[3], &target) != 0) {
        return ald_mgmt_problem(call, 404, "There is no such target");
    }
    target_write(call, &target);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_channels(struct ald_mgmt_call *call)
{
    char target_text[ALD_NAME_MAX + 1];
    struct ald_mgmt_paging paging;
    struct ald_channel_view channel;
    struct ald_str target;
    uint64_t ahead;
    int r;

    r = ald_mgmt_parameter(call, "target", target_text, sizeof(target_text), &target);
    r = r != 0 ? r : ald_mgmt_paging(call, &paging);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }

    ald_json_write_object(&call->json);
    ald_json_write_name(&call->json, ALD_STR("channels"));
    ald_json_write_array(&call->json);
    for (; paging.left > 0 && ald_hub_next_channel(call->hub, target, &paging.cursor, &channel); paging.left--) {
        channel_write(call, &channel);
    }
    ald_json_write_end(&call->json);
    ahead = paging.cursor;
    ald_mgmt_next(call, &paging, paging.left == 0 && ald_hub_next_channel(call->hub, target, &ahead, &channel));
    ald_json_write_end(&call->json);

    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_channel_answer(struct ald_mgmt_call *call, const struct ald_channel_view *channel)
{
    int r;

    channel_write(call, channel);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_channel(struct ald_mgmt_call *call)
{
    struct ald_channel_view channel;
    int r;

    if (ald_hub_find_channel(call->hub, call->segments[3], &channel) != 0) {
        return ald_mgmt_problem(call, 404, "There is no such channel");
    }
    r = ald_mgmt_channel_answer(call, &channel);
    return r < 0 ? ald_trace(r) : 0;
}
