/*
 * What an operator changes: a command is taken back, a channel is told goodbye or made primary, the hub is drained.
 * Whether he may was asked before (routes.c), but for a command, which its own sender may take back too.
 */

#include "base/error.h"
#include "mgmt/mgmt_impl.h"

/* He is who submitted it, or may write; where nobody is asked who he is, everybody may. */
static bool cancel_allowed(const struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    struct ald_str principal = ald_guest_principal(&call->guest);

    if (call->guest.guard == NULL || ald_guest_manage(&call->guest) == ALD_GUEST_MANAGE_WRITE) {
        return true;
    }
    return ald_str_present(principal) && ald_str_equal(command->principal, principal);
}

static int cancel_problem(struct ald_mgmt_call *call, int result)
{
    int r;

    if (result == ALD_ASK_CONFLICT) {
        r = ald_mgmt_problem(call, 409, "The command has its outcome");
    } else {
        r = ald_mgmt_problem(call, 404, "No command of this id is known (any more)");
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_cancel(struct ald_mgmt_call *call)
{
    struct ald_command_view command;
    char id[ALD_ID_TEXT];
    int r;

    if (ald_hub_find_command(call->hub, call->segments[3], &command) != 0) {
        return cancel_problem(call, ALD_ASK_UNKNOWN);
    }
    if (!cancel_allowed(call, &command)) {
        return ald_mgmt_problem(call, 403, "This command is somebody else's, which needs manage = write");
    }
    ald_id_format(command.id, id);
    r = ald_edge_cancel(call->mgmt->edge, ald_str_of(id, sizeof(id)));
    if (r == 0 && ald_hub_find_command(call->hub, ald_str_of(id, sizeof(id)), &command) != 0) {
        r = ALD_ASK_UNKNOWN; /* cancelled, and forgotten at once */
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : cancel_problem(call, r);
    }
    call->page->status = 202;
    r = ald_mgmt_command_answer(call, &command);
    return r < 0 ? ald_trace(r) : 0;
}

static int channel_problem(struct ald_mgmt_call *call, int result, const char *conflict)
{
    int r = result == ALD_ASK_CONFLICT ? ald_mgmt_problem(call, 409, conflict)
                                       : ald_mgmt_problem(call, 404, "There is no such channel");

    return r < 0 ? ald_trace(r) : 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int reconnect_read(struct ald_mgmt_call *call, bool *ret_reconnect)
{
    char room[8];
    struct ald_str reconnect;
    int r;

    r = ald_mgmt_parameter(call, "reconnect", room, sizeof(room), &reconnect);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_reconnect = !ald_str_equal(reconnect, ALD_STR("false"));
    if (ald_str_present(reconnect) && *ret_reconnect && !ald_str_equal(reconnect, ALD_STR("true"))) {
        r = ald_mgmt_problem(call, 400, "reconnect is true or false");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    return 0;
}

int ald_mgmt_leave(struct ald_mgmt_call *call)
{
    struct ald_channel_view channel;
    bool reconnect = true;
    int r;

    r = reconnect_read(call, &reconnect);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (ald_hub_find_channel(call->hub, call->segments[3], &channel) != 0) {
        return channel_problem(call, ALD_ASK_UNKNOWN, NULL);
    }
    /* What is shown now: after the step there may be nothing left to show. */
    channel.leaving = true;
    channel.active = false;
    channel.primary = false;
    call->page->status = 202;
    r = ald_mgmt_channel_answer(call, &channel);
    if (r < 0 || call->page->status != 202) {
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_edge_channel_leave(call->mgmt->edge, call->segments[3], reconnect);
    if (r > 0) {
        r = channel_problem(call, r, "The channel is leaving already");
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_primary(struct ald_mgmt_call *call)
{
    struct ald_channel_view channel;
    int r;

    r = ald_edge_channel_primary(call->mgmt->edge, call->segments[3]);
    if (r == 0 && ald_hub_find_channel(call->hub, call->segments[3], &channel) != 0) {
        r = ALD_ASK_UNKNOWN;
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r)
                     : channel_problem(call, r, "The channel is not live, active and able to confirm being primary");
    }
    call->page->status = 202;
    r = ald_mgmt_channel_answer(call, &channel);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_stop(struct ald_mgmt_call *call)
{
    int r;

    if (call->mgmt->drain == NULL) {
        return ald_mgmt_problem(call, 409, "This hub belongs to a program that stops it itself");
    }
    ald_task_push(ald_net_loop(ald_edge_net(call->mgmt->edge)), &call->mgmt->draining);
    call->page->status = 202;
    ald_json_write_object(&call->json);
    ald_json_write_member_bool(&call->json, "draining", true);
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}
