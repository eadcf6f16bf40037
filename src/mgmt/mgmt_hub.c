/* GET /api/v1/hub: what the hub is, and everything that is counted. */

#include <stdio.h>

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

static void hub_counters_write(struct ald_mgmt_call *call)
{
    ald_json_write_name(&call->json, ALD_STR("counters"));
    ald_json_write_object(&call->json);
    for (int i = 0; i < ALD_N_COUNTERS; i++) {
        enum ald_counter counter = (enum ald_counter)i;

        ald_json_write_member_u64(&call->json, ald_counter_name(counter), ald_hub_counter(call->hub, counter));
    }
    ald_json_write_end(&call->json);
}

static void edge_counters_write(struct ald_mgmt_call *call)
{
    const struct ald_edge_counters *counters = ald_edge_counters(call->mgmt->edge);

    ald_json_write_name(&call->json, ALD_STR("edge"));
    ald_json_write_object(&call->json);
    ald_json_write_member_u64(&call->json, "connections", ald_edge_conns(call->mgmt->edge));
#define ALD_X(name, meaning) ald_json_write_member_u64(&call->json, #name, counters->name);
    ALD_EDGE_COUNTERS(ALD_X)
#undef ALD_X
    ald_json_write_end(&call->json);
}

static void dialects_write(struct ald_mgmt_call *call)
{
    ald_json_write_name(&call->json, ALD_STR("dialects"));
    ald_json_write_object(&call->json);
    for (size_t i = 0; ald_dialects[i] != NULL; i++) {
        const uint64_t *counters = ald_edge_dialect_counters(call->mgmt->edge, i);

        ald_json_write_name(&call->json, ald_str(ald_dialects[i]->name));
        ald_json_write_object(&call->json);
        for (size_t j = 0; j < ald_dialects[i]->n_counters; j++) {
            ald_json_write_member_u64(&call->json, ald_dialects[i]->counter_names[j], counters[j]);
        }
        ald_json_write_end(&call->json);
    }
    ald_json_write_end(&call->json);
}

static void door_write(struct ald_mgmt_call *call, const struct ald_door *door)
{
    const struct ald_door_counters *counters = ald_door_counters(door);

    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "name", ald_str(ald_door_name(door)));
    ald_json_write_member_str(&call->json, "address", ald_str(ald_door_address(door)));
    ald_json_write_member_bool(&call->json, "loopback", ald_door_loopback(door));
    ald_json_write_member_u64(&call->json, "greeting", ald_door_greeting(door));
    ald_json_write_name(&call->json, ALD_STR("counters"));
    ald_json_write_object(&call->json);
#define ALD_X(name, meaning) ald_json_write_member_u64(&call->json, #name, counters->name);
    ALD_DOOR_COUNTERS(ALD_X)
#undef ALD_X
    ald_json_write_end(&call->json);
    ald_json_write_end(&call->json);
}

static void doors_write(struct ald_mgmt_call *call)
{
    const struct ald_door *door = NULL;

    ald_json_write_name(&call->json, ALD_STR("doors"));
    ald_json_write_array(&call->json);
    while ((door = ald_edge_next_door(call->mgmt->edge, door)) != NULL) {
        door_write(call, door);
    }
    ald_json_write_end(&call->json);
}

static void transport_write(struct ald_mgmt_call *call)
{
    const struct ald_net *net = ald_edge_net(call->mgmt->edge);
    const struct ald_net_counters *counters = ald_net_counters(net);

    ald_json_write_name(&call->json, ALD_STR("transport"));
    ald_json_write_object(&call->json);
    ald_json_write_member_u64(&call->json, "streams", ald_net_streams(net));
#define ALD_X(name, meaning) ald_json_write_member_u64(&call->json, #name, counters->name);
    ALD_NET_COUNTERS(ALD_X)
#undef ALD_X
    ald_json_write_end(&call->json);
}

static void totals_write(struct ald_mgmt_call *call)
{
    struct ald_hub_totals totals;

    ald_hub_totals(call->hub, &totals);
    ald_json_write_name(&call->json, ALD_STR("totals"));
    ald_json_write_object(&call->json);
    ald_json_write_member_u64(&call->json, "connections", totals.n_connections);
    ald_json_write_member_u64(&call->json, "targets", totals.n_targets);
    ald_json_write_member_u64(&call->json, "channels", totals.n_channels);
    ald_json_write_member_u64(&call->json, "in_flight", totals.n_in_flight);
    ald_json_write_member_u64(&call->json, "queued", totals.n_queued);
    ald_json_write_member_u64(&call->json, "queued_bytes", totals.queued_bytes);
    ald_json_write_member_u64(&call->json, "history", totals.n_history);
    ald_json_write_end(&call->json);
}

/* A number of milliseconds with a fraction, as JSON. */
static void msec_write(struct ald_mgmt_call *call, const char *name, uint64_t usec)
{
    char text[40];
    size_t size = (size_t)snprintf(text, sizeof(text), "%llu.%03llu", (unsigned long long)(usec / 1000),
                                   (unsigned long long)(usec % 1000));

    while (text[size - 1] == '0') {
        size--;
    }
    size -= text[size - 1] == '.' ? 1 : 0;
    ald_json_write_member_raw(&call->json, name, ald_str_of(text, size));
}

/* How long commands took, of whatever outcome; the buckets are cumulative, and `count` stands for one without a bound. */
static void latency_write(struct ald_mgmt_call *call)
{
    const struct ald_tally_times *times = call->mgmt->tally.times;
    uint64_t n = 0, sum = 0, below = 0;

    for (int i = ALD_SUCCEEDED; i < TALLY_OUTCOMES; i++) {
        n += times[i].n;
        sum += times[i].sum_usec;
    }
    ald_json_write_name(&call->json, ALD_STR("latency"));
    ald_json_write_object(&call->json);
    ald_json_write_member_u64(&call->json, "count", n);
    msec_write(call, "sum_ms", sum);
    ald_json_write_name(&call->json, ALD_STR("buckets"));
    ald_json_write_array(&call->json);
    for (size_t bucket = 0; bucket < TALLY_BUCKETS; bucket++) {
        for (int i = ALD_SUCCEEDED; i < TALLY_OUTCOMES; i++) {
            below += times[i].counts[bucket];
        }
        ald_json_write_object(&call->json);
        msec_write(call, "le_ms", ald_tally_bounds[bucket]);
        ald_json_write_member_u64(&call->json, "count", below);
        ald_json_write_end(&call->json);
    }
    ald_json_write_end(&call->json);
    ald_json_write_end(&call->json);
}

static void streams_write(struct ald_mgmt_call *call)
{
    const struct ald_feed *feed = &call->mgmt->feed;

    ald_json_write_name(&call->json, ALD_STR("streams"));
    ald_json_write_object(&call->json);
    ald_json_write_member_u64(&call->json, "open", feed->n_readers);
    ald_json_write_member_u64(&call->json, "lines_lost", feed->n_lost);
    ald_json_write_member_u64(&call->json, "gaps", feed->n_gaps);
    ald_json_write_member_u64(&call->json, "refused_full", feed->n_refused);
    ald_json_write_end(&call->json);
}

static void auth_write(struct ald_mgmt_call *call)
{
    const struct ald_mgmt_counters *auth = &call->mgmt->auth;

    if (auth->n == 0) {
        return;
    }
    ald_json_write_name(&call->json, ALD_STR("auth"));
    ald_json_write_object(&call->json);
    for (size_t i = 0; i < auth->n; i++) {
        ald_json_write_member_u64(&call->json, auth->names[i], auth->values[i]);
    }
    ald_json_write_end(&call->json);
}

int ald_mgmt_hub(struct ald_mgmt_call *call)
{
    const struct ald_mgmt *mgmt = call->mgmt;
    int r;

    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "id", mgmt->id);
    ald_json_write_member_str(&call->json, "identifier", mgmt->identifier);
    ald_json_write_member_str(&call->json, "version", ALD_STR(ALDIS_VERSION));
    ald_json_write_member_bool(&call->json, "draining", ald_edge_draining(mgmt->edge));
    ald_mgmt_wall(call, "started", mgmt->started_wall);
    ald_mgmt_wall(call, "now", call->wall);
    ald_mgmt_span(call, "uptime_ms", mgmt->started, call->now);
    totals_write(call);
    latency_write(call);
    streams_write(call);
    hub_counters_write(call);
    edge_counters_write(call);
    dialects_write(call);
    doors_write(call);
    transport_write(call);
    auth_write(call);
    ald_mgmt_flags_glance(call);
    ald_json_write_end(&call->json);

    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}
