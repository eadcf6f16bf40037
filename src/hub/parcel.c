#include "hub/parcel.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/hop.h"
#include "hub/notes.h"
#include "hub/party.h"
#include "hub/series.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/target.h"
#include "hub/who.h"

/*
 * What a caller says that it is. The family's services send before they register (communicator 12), and what is sent so
 * keeps the name that its sender wrote; a name that somebody is registered under is not theirs to write. Only messages
 * that have a native form come from such peers.
 */
static struct ald_str parcel_claim(const struct ald_hub *hub, const struct ald_msg *msg)
{
    const struct ald_target *target;

    if (msg->native_of == NULL || msg->from.target.size == 0) {
        return ALD_STR_NONE;
    }
    target = ald_target_find(hub, msg->from.target);
    return target == NULL || target->n_channels == 0 ? msg->from.target : ALD_STR_NONE;
}

/* An event keeps the id that the first hub gave it, by which that one hears what became of it. */
static struct ald_id parcel_id(const struct ald_msg *msg, struct ald_id otherwise)
{
    struct ald_id id;

    return ald_id_parse(msg->wire_id, &id) == 0 ? id : otherwise;
}

/* "absent: cache for 60 s", and no longer than a command may take (communicator 5.5: at most a day). */
static ald_usec parcel_until(const struct ald_hub *hub, const struct ald_msg *msg)
{
    ald_usec ttl = msg->ttl == ALD_NEVER ? hub->config.hold_ttl : msg->ttl;

    return hub->now + ALD_MIN(ttl, hub->config.deadline_max);
}

struct ald_parcel ald_parcel_of(struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal)
{
    uint64_t number = ald_hub_number(hub);
    struct ald_parcel parcel = {
        .id = ald_hub_id(hub, number),
        .number = number,
        .until = parcel_until(hub, signal->msg),
        .msg = signal->msg,
        .who = party->who,
        .conn = party->conn->number,
        .party = party->number,
        .session = party->session != NULL ? party->session->number : 0,
        .from = party->who->target,
    };

    if (party->peering != ALD_PEERING_NONE) {
        parcel.from = ald_str_present(signal->from) ? signal->from : signal->msg->from.target;
        parcel.travel = ald_hop_travel(hub, party, signal);
        parcel.id = parcel_id(signal->msg, parcel.id);
    } else if (!ald_str_present(parcel.from)) {
        parcel.from = parcel_claim(hub, signal->msg);
    }
    return parcel;
}

/* Let what it shows be copies of its own. */
static void stored_own(struct ald_parcel_stored *stored)
{
    char *room = stored->text;

    stored->parcel.from = ald_str_keep(stored->parcel.from, &room);
    ald_travel_keep(&stored->travel, &room);
}

static size_t parcel_texts_size(const struct ald_parcel *parcel)
{
    return parcel->from.size + (parcel->travel != NULL ? ald_travel_size(parcel->travel) : 0);
}

size_t ald_parcel_cost(const struct ald_parcel *parcel)
{
    return sizeof(struct ald_parcel_stored) + parcel_texts_size(parcel) + ald_msg_cost(parcel->msg);
}

int ald_parcel_store(const struct ald_parcel *parcel, struct ald_parcel_stored **ret_stored)
{
    size_t size = parcel_texts_size(parcel);
    struct ald_parcel_stored *stored = malloc(sizeof(*stored) + size);

    if (stored == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *stored = (struct ald_parcel_stored){.parcel = *parcel, .cost = ald_parcel_cost(parcel)};
    if (parcel->travel != NULL) {
        stored->travel = *parcel->travel;
        stored->parcel.travel = &stored->travel;
    }
    stored->parcel.onward = NULL;
    ald_node_init(&stored->node);
    ald_hub_alarm_init(&stored->alarm, ALD_ALARM_HELD);
    ald_round_init(&stored->round, ALD_ROUND_SPREAD);
    stored_own(stored);
    stored->parcel.msg = ald_msg_ref(parcel->msg);
    stored->parcel.who = ald_who_ref(parcel->who);
    *ret_stored = stored;
    return 0;
}

void ald_parcel_discard(struct ald_hub *hub, struct ald_parcel_stored *stored)
{
    ald_assert(!ald_node_linked(&stored->node));
    ald_assert(!ald_node_linked(&stored->round.node));
    ald_assert(!ald_timer_running(&stored->alarm.timer));
    stored->parcel.msg = ald_msg_unref(stored->parcel.msg);
    stored->parcel.who = ald_who_unref(stored->parcel.who);
    ald_list_push_back(&hub->discarded, &stored->node);
}

void ald_parcel_reap(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&hub->discarded)) != NULL) {
        free(ald_list_entry(node, struct ald_parcel_stored, node));
    }
}

bool ald_parcel_is_for_many(const struct ald_msg *msg)
{
    if (ald_str_present(msg->to.channel)) {
        return false;
    }
    if (!ald_str_present(msg->to.target)) {
        return msg->to.scope != ALD_SCOPE_ONE;
    }
    return (msg->flags & ALD_MSG_EVERYONE) != 0;
}

struct ald_signal ald_parcel_signal(const struct ald_parcel *parcel)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    signal.msg = ald_msg_ref(parcel->msg);
    signal.id = parcel->id;
    signal.from = parcel->from;
    signal.travel = parcel->travel;
    return signal;
}

/*
 * Who asked to be told at once that nobody is there is told that, and nothing else (communicator 5.5: `no;reply`). What is for
 * many has as many fates, and none is told of; but where it is for a kind of party, that it may not be said at all is (link.md 4.6).
 */
static bool parcel_is_reported(const struct ald_parcel *parcel, enum ald_cause cause)
{
    const struct ald_msg *msg = parcel->msg;

    if (ald_parcel_is_for_many(msg)) {
        return cause == ALD_CAUSE_NOT_ALLOWED && msg->to_kind != ALD_TO_CAPABLE && parcel->travel == NULL &&
               (msg->flags & ALD_MSG_REPORT) != 0;
    }
    return (msg->flags & ALD_MSG_REPORT) != 0 ||
           ((msg->flags & ALD_MSG_TELL_AWAY) != 0 && cause == ALD_CAUSE_NO_ACTIVE);
}

/* Its sender may have gone meanwhile. */
static void parcel_report(struct ald_hub *hub, const struct ald_parcel *parcel, enum ald_phase phase,
                          enum ald_cause cause)
{
    struct ald_hub_conn *conn = ald_hub_conn_find(hub, parcel->conn);
    struct ald_party *party = conn != NULL ? ald_party_find(conn, parcel->party) : NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPORT);

    if (!parcel_is_reported(parcel, cause)) {
        return;
    }
    if (parcel->travel != NULL && parcel->who->peering == ALD_PEERING_ROUTES) {
        ald_hop_report(hub, parcel, (uint8_t)phase, (uint8_t)cause);
        return;
    }
    ald_hop_settled(hub, parcel->id);
    if (party == NULL || (party->traits & ALD_CAN_REPORT) == 0) {
        ald_hub_count(hub, ALD_N_REPORTS_UNDELIVERED);
        return;
    }
    signal.id = parcel->id;
    signal.request = ald_msg_ref(parcel->msg);
    signal.phase = (uint8_t)phase;
    signal.cause = (uint8_t)cause;
    signal.text = ald_str(ald_cause_text(cause));
    ald_hub_count(hub, ALD_N_REPORTS);
    ald_party_say(hub, party, &signal);
}

/* Who watches hears of it under the time with which it is remembered, if it is; `at`: that, or 0. */
static void parcel_note(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_series_fate *fate,
                        ald_wall at)
{
    ald_notes_bare(hub, ALD_NOTE_EVENT,
                   &(struct ald_notes_bare){.id = parcel->id,
                                            .at = at,
                                            .msg = parcel->msg,
                                            .who = parcel->who,
                                            .channel = fate->channel,
                                            .cause = fate->cause,
                                            .fate = fate->fate});
}

static void parcel_fate(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_channel *channel,
                        enum ald_cause cause, const char *word)
{
    const struct ald_series_fate fate = {.channel = channel, .cause = (uint8_t)cause, .fate = word};

    parcel_note(hub, parcel, &fate, ald_series_remember(hub, parcel, &fate));
}

/* It came over other hubs and goes over no more of them: where it began they need not fear for it any longer. What still
 * becomes of it here is reported as ever. */
static void parcel_confirm(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_channel *channel)
{
    bool is_abroad = parcel->travel != NULL && parcel->who->peering == ALD_PEERING_ROUTES;
    bool goes_on = channel != NULL && channel->party->peering == ALD_PEERING_ROUTES;

    if ((parcel->msg->flags & ALD_MSG_REPORT) == 0 || goes_on || ald_parcel_is_for_many(parcel->msg)) {
        return;
    }
    if (is_abroad) {
        ald_hop_report(hub, parcel, ALD_PHASE_SENT, ALD_CAUSE_NONE);
    } else {
        ald_hop_settled(hub, parcel->id);
    }
}

void ald_parcel_delivered(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_channel *channel)
{
    ald_hub_count(hub, ALD_N_EVENTS);
    parcel_fate(hub, parcel, channel, ALD_CAUSE_NONE, "delivered");
    parcel_confirm(hub, parcel, channel);
}

void ald_parcel_dropped(struct ald_hub *hub, const struct ald_parcel *parcel, enum ald_cause cause)
{
    ald_assert(cause != ALD_CAUSE_NONE);
    ald_hub_count(hub, ALD_N_EVENTS_DROPPED);
    parcel_fate(hub, parcel, NULL, cause, "dropped");
    parcel_report(hub, parcel, ALD_PHASE_DONE, cause);
}

void ald_parcel_refused(struct ald_hub *hub, const struct ald_parcel *parcel, enum ald_cause cause)
{
    const struct ald_series_fate fate = {.cause = (uint8_t)cause, .fate = "dropped"};

    ald_assert(cause != ALD_CAUSE_NONE);
    ald_hub_count(hub, ALD_N_EVENTS_DROPPED);
    parcel_note(hub, parcel, &fate, 0);
    parcel_report(hub, parcel, ALD_PHASE_DONE, cause);
}

void ald_parcel_held(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    ald_hub_count(hub, ALD_N_EVENTS_HELD);
    parcel_fate(hub, parcel, NULL, ALD_CAUSE_NONE, "held");
    parcel_report(hub, parcel, ALD_PHASE_QUEUED, ALD_CAUSE_NONE);
}

void ald_parcel_flooded(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    ald_hub_count(hub, ALD_N_EVENTS_FLOODED);
    parcel_fate(hub, parcel, NULL, ALD_CAUSE_NONE, "flooded");
    parcel_confirm(hub, parcel, NULL);
}

void ald_parcel_spread(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    ald_hub_count(hub, ALD_N_BROADCASTS);
    parcel_fate(hub, parcel, NULL, ALD_CAUSE_NONE, "spread");
}
