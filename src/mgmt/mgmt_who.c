/* GET /api/v1/whoami and /api/v1/auth/why: who asks, and who may do what, as the guard of the doors has it. */

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

enum {
    /* One line with names, patterns and a path in it. */
    WHY_MAX = 16 * 1024
};

int ald_mgmt_whoami(struct ald_mgmt_call *call)
{
    int r;

    ald_json_write_object(&call->json);
    ald_guest_describe(&call->guest, &call->json);
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

static int why_answer(struct ald_mgmt_call *call, bool allowed, struct ald_str why)
{
    int r;

    ald_json_write_object(&call->json);
    ald_json_write_member_bool(&call->json, "allowed", allowed);
    ald_json_write_member_str(&call->json, "why", why);
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_why(struct ald_mgmt_call *call)
{
    char principal_text[ALD_NAME_MAX + 1], target_text[ALD_NAME_MAX + 1], name_text[ALD_NAME_MAX + 1];
    const struct ald_guard *guard = call->guest.guard;
    struct ald_str principal, target, name;
    struct ald_buf why;
    bool allowed;
    int r;

    r = ald_mgmt_parameter(call, "principal", principal_text, sizeof(principal_text), &principal);
    r = r != 0 ? r : ald_mgmt_parameter(call, "target", target_text, sizeof(target_text), &target);
    r = r != 0 ? r : ald_mgmt_parameter(call, "name", name_text, sizeof(name_text), &name);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (guard == NULL) {
        return why_answer(call, true, ALD_STR("there is no [auth] tokens, so everybody may"));
    }
    if (!ald_str_present(principal) || (!ald_str_present(target) && !ald_str_present(name))) {
        return ald_mgmt_problem(call, 400, "The parameters principal and target, or principal and name, must be there");
    }

    ald_buf_init(&why, WHY_MAX);
    r = guard->why(guard->owner, principal, target, name, &why, &allowed);
    if (r == 0) {
        r = why_answer(call, allowed, ald_buf_str(&why));
    } else if (r > 0) {
        r = ald_mgmt_problem(call, 500, "The answer is too large");
    }
    ald_buf_fini(&why);
    return r < 0 ? ald_trace(r) : 0;
}
