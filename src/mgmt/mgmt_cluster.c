/* GET /api/v1/cluster: whether the hubs that should be there are, and what this one knows of its machine. */

#include <stdio.h>

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

static const char *const clock_names[] = {
    [ALD_CLOCK_CHECKING] = "checking",
    [ALD_CLOCK_VERIFIED] = "verified",
    [ALD_CLOCK_NO_NTP] = "no_ntp",
    [ALD_CLOCK_INVALID] = "invalid",
};

/* Two digits, as the kernel tells it. */
static void load_write(struct ald_mgmt_call *call, double load)
{
    uint64_t hundredths = (uint64_t)(load * 100 + 0.5);
    char text[40];
    int size = snprintf(text, sizeof(text), "%llu.%02llu", (unsigned long long)(hundredths / 100),
                        (unsigned long long)(hundredths % 100));

    ald_json_write_member_raw(&call->json, "load", ald_str_of(text, (size_t)size));
}

int ald_mgmt_cluster(struct ald_mgmt_call *call)
{
    struct ald_world_view world;
    int r;

    ald_hub_world(ald_edge_hub(call->mgmt->edge), &world);
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "hub", call->mgmt->id);
    ald_json_write_member_bool(&call->json, "up", (world.cluster & ALD_CLUSTER_UP) != 0);
    ald_json_write_member_bool(&call->json, "complete", (world.cluster & ALD_CLUSTER_COMPLETE) != 0);
    ald_json_write_member_u64(&call->json, "hubs", world.cluster_live);
    ald_json_write_member_u64(&call->json, "expected", world.cluster_total);
    /* communicator.md 6.6: more than half of them. */
    ald_json_write_member_u64(&call->json, "quorum", world.cluster_total / 2 + 1);
    ald_json_write_member_str(&call->json, "clock", ald_str(clock_names[world.clock]));
    ald_json_write_member_some(&call->json, "address", world.address);
    ald_json_write_member_some(&call->json, "secure_address", world.secure_address);
    if (world.load >= 0) {
        load_write(call, world.load);
    }
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}
