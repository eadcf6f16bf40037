#include "hub/channel.h"
#include "hub/notes.h"
#include "hub/party.h"
#include "hub/self.h"
#include "hub/submit.h"
#include "hub/who.h"

/* Where an event is to go. */
static enum ald_cause event_judge_address(const struct ald_hub *hub, const struct ald_msg *msg)
{
    if (msg->to.hub.size > 0 && !ald_str_equal(msg->to.hub, hub->config.id)) {
        return ALD_CAUSE_NO_TARGET;
    }
    if (msg->to.scope != ALD_SCOPE_ONE) {
        return ALD_CAUSE_UNSUPPORTED;
    }
    return ald_self_is_meant(msg) ? ALD_CAUSE_UNKNOWN_COMMAND : ALD_CAUSE_NONE;
}

/* What is wrong with an event; the hub itself takes none. */
static enum ald_cause event_judge(const struct ald_hub *hub, const struct ald_party *party,
                                  const struct ald_signal *signal)
{
    struct ald_route route;

    if (party == NULL || signal->denied) {
        return ALD_CAUSE_NOT_ALLOWED;
    }
    if (hub->draining) {
        return ALD_CAUSE_DRAINING;
    }
    route = ald_submit_judge_form(signal->msg);
    if (route.cause == ALD_CAUSE_NONE) {
        route = ald_submit_judge_options(signal->msg);
    }
    if (route.cause == ALD_CAUSE_NONE) {
        route = ald_submit_judge_sender(hub, party, signal);
    }
    return route.cause == ALD_CAUSE_NONE ? event_judge_address(hub, signal->msg) : (enum ald_cause)route.cause;
}

static bool event_tell(struct ald_hub *hub, const struct ald_notes_bare *taken)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    event.msg = ald_msg_ref((struct ald_msg *)taken->msg);
    event.id = taken->id;
    event.from = taken->party->who->target;
    return ald_party_offer(hub, taken->channel->party, &event);
}

/* An event is not awaited: it reaches one channel now or nobody (DESIGN section 2: "Events may be dropped, counted"). */
void ald_submit_event(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_notes_bare taken = {.msg = signal->msg, .conn = conn, .party = ald_party_find(conn, signal->party)};
    struct ald_route route = {.channel = NULL};

    if (!ald_submit_is_sound(signal, ALD_EVENT)) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    taken.id = ald_hub_id(hub, ald_hub_number(hub));
    taken.cause = (uint8_t)event_judge(hub, taken.party, signal);
    if (taken.cause == ALD_CAUSE_NONE) {
        route = ald_route_event(hub, signal->msg);
        taken.channel = route.channel;
        taken.cause = route.cause;
    }
    if (taken.channel != NULL && !event_tell(hub, &taken)) {
        taken.channel = NULL;
    }
    if (taken.channel == NULL && taken.cause == ALD_CAUSE_NONE) {
        taken.cause = ALD_CAUSE_BUSY; /* everybody is choked, or memory is short */
    }
    ald_hub_count(hub, taken.channel != NULL ? ALD_N_EVENTS : ALD_N_EVENTS_DROPPED);
    if (signal->denied) {
        ald_hub_count(hub, ALD_N_EVENTS_DENIED);
    }
    ald_notes_bare(hub, ALD_NOTE_EVENT, &taken);
}
