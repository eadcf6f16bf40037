/* GET /api/v1/flags: what an administrator of this machine should know, and the same at a glance for /api/v1/hub. */

#include "base/error.h"
#include "flag/flag_json.h"
#include "mgmt/mgmt_impl.h"

static void empty_write(struct ald_json_writer *json)
{
    static const char *const lists[] = {"flags", "unreadable"};

    for (size_t i = 0; i < ALD_COUNT(lists); i++) {
        ald_json_write_name(json, ald_str(lists[i]));
        ald_json_write_array(json);
        ald_json_write_end(json);
    }
    ald_json_write_member_u64(json, "files", 0);
}

int ald_mgmt_flags(struct ald_mgmt_call *call)
{
    const struct ald_mgmt_flags *flags = &call->mgmt->flags;
    const struct ald_flag_list *list = NULL;
    const char *problem = NULL;
    int r;

    if (flags->read != NULL) {
        list = flags->read(flags->owner, &problem);
    }
    ald_json_write_object(&call->json);
    if (list != NULL) {
        ald_flag_json_list(&call->json, list);
    } else {
        empty_write(&call->json);
    }
    if (problem != NULL) {
        ald_json_write_member_str(&call->json, "problem", ald_str(problem));
    }
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

void ald_mgmt_flags_glance(struct ald_mgmt_call *call)
{
    const struct ald_mgmt_flags *flags = &call->mgmt->flags;
    const struct ald_flag_list *list;
    const char *problem = NULL;

    if (flags->read == NULL) {
        return;
    }
    list = flags->read(flags->owner, &problem);
    ald_json_write_name(&call->json, ALD_STR("flags"));
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "folder", ald_str(flags->folder));
    ald_json_write_member_u64(&call->json, "raised", list != NULL ? list->n_flags : 0);
    ald_json_write_member_u64(&call->json, "urgent", list != NULL ? list->n_urgent : 0);
    ald_json_write_member_u64(&call->json, "unreadable", list != NULL ? list->n_broken : 0);
    if (problem != NULL) {
        ald_json_write_member_str(&call->json, "problem", ald_str(problem));
    }
    ald_json_write_name(&call->json, ALD_STR("counters"));
    ald_json_write_object(&call->json);
    for (size_t i = 0; i < flags->counters.n; i++) {
        ald_json_write_member_u64(&call->json, flags->counters.names[i], flags->counters.values[i]);
    }
    ald_json_write_end(&call->json);
    ald_json_write_end(&call->json);
}
