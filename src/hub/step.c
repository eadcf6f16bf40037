/*
 * One step: time first, then the event, then whatever work the budget still allows.
 *
 * Time comes first so that what is due before an event is decided before it; a reply that comes in the same instant as
 * its deadline is judged by the clock (see delivery.c), not by the order in which the edge found the two.
 *
 * The budget is the number of effects and the number of units: both stay under step_work while the loops run, and no
 * unit and no event adds more than a handful of effects, for which ALD_EFFECTS_SLACK has room.
 */

#include "hub/cancel.h"
#include "hub/capable.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/drain.h"
#include "hub/health.h"
#include "hub/history.h"
#include "hub/hold.h"
#include "hub/kept.h"
#include "hub/operator.h"
#include "hub/parcel.h"
#include "hub/advert.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/primary.h"
#include "hub/register.h"
#include "hub/roster.h"
#include "hub/self.h"
#include "hub/series.h"
#include "hub/session.h"
#include "hub/state.h"
#include "hub/submit.h"
#include "hub/subscribe.h"
#include "hub/target.h"
#include "hub/transit.h"

static void step_alarm(struct ald_hub *hub, struct ald_hub_alarm *alarm)
{
    switch ((enum ald_hub_alarm_kind)alarm->kind) {
    case ALD_ALARM_COMMAND:
        ald_command_expired(hub, ald_container(alarm, struct ald_command, alarm));
        break;
    case ALD_ALARM_STALL:
        ald_hub_conn_stalled(hub, ald_container(alarm, struct ald_hub_conn, stall));
        break;
    case ALD_ALARM_LEAVE: {
        struct ald_hub_conn *conn = ald_container(alarm, struct ald_hub_conn, leave);

        if (hub->draining && hub->now >= hub->leave_until && conn->n_submitted > 0) {
            ald_hub_alarm_set(hub, alarm,
                              hub->now + ALD_MSEC); /* its commands end now, and it is told before it is cut */
        } else {
            ald_hub_conn_close(hub, conn, (enum ald_close_cause)conn->close_cause);
        }
        break;
    }
    case ALD_ALARM_HEALTH:
        ald_health_alarm(hub, ald_container(alarm, struct ald_channel, health));
        break;
    case ALD_ALARM_PRIMARY: {
        struct ald_election *election = ald_container(alarm, struct ald_election, alarm);

        ald_primary_timeout(hub, ald_container(election, struct ald_target, election));
        break;
    }
    case ALD_ALARM_SESSION:
        ald_session_expired(hub, ald_container(alarm, struct ald_session, alarm));
        break;
    case ALD_ALARM_DRAIN:
        ald_drain_cut(hub);
        break;
    case ALD_ALARM_HELD:
        ald_hold_expired(hub, ald_container(alarm, struct ald_parcel_stored, alarm));
        break;
    case ALD_ALARM_SWEEP:
        ald_graph_swept(hub);
        break;
    case ALD_ALARM_RENEW:
        ald_advert_renew(hub);
        break;
    case ALD_ALARM_SERIES:
        ald_series_expired(hub);
        break;
    case ALD_ALARM_HISTORY:
        ald_history_watch(hub); /* every step trims; what is the oldest by now? */
        break;
    }
}

/* What a session received before is not taken twice; what has no serial is taken as it comes. One that is only now asked for
 * is that of the first party. */
static bool step_takes(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    bool counts = signal->serial != 0 && signal->kind != ALD_SIGNAL_ACKED && signal->kind != ALD_SIGNAL_RESUME;
    struct ald_party *party = counts ? ald_party_find(conn, signal->party) : NULL;

    if (counts && party == NULL) {
        party = ald_party_find(conn, 0);
    }
    return party == NULL || party->session == NULL || ald_session_take(hub, party->session, signal->serial);
}

static void step_message(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
        ald_submit_command(hub, conn, signal);
        break;
    case ALD_SIGNAL_EVENT:
        ald_submit_event(hub, conn, signal);
        break;
    case ALD_SIGNAL_STATUS:
        ald_delivery_status(hub, conn, signal);
        break;
    case ALD_SIGNAL_REPLY:
        ald_delivery_reply(hub, conn, signal);
        break;
    case ALD_SIGNAL_CANCEL:
        ald_cancel_signal(hub, conn, signal);
        break;
    default:
        break;
    }
}

/* What its dialect wants to tell a party comes back to it, in its turn. */
static void step_local(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_signal copy = *signal;

    if (party == NULL) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    copy.serial = 0;
    copy.msg = copy.msg != NULL ? ald_msg_ref(copy.msg) : NULL;
    copy.request = copy.request != NULL ? ald_msg_ref(copy.request) : NULL;
    ald_ignore(ald_party_keep(hub, party, &copy)); /* who is not there any more misses nothing */
}

static void step_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    if (!step_takes(hub, conn, signal)) {
        return;
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
    case ALD_SIGNAL_STATUS:
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_CANCEL:
        step_message(hub, conn, signal);
        break;
    case ALD_SIGNAL_REGISTER:
        ald_register(hub, conn, signal);
        break;
    case ALD_SIGNAL_UNREGISTER:
        ald_party_unregister(hub, conn, signal);
        break;
    case ALD_SIGNAL_TRAITS:
        ald_party_set_traits(hub, conn, signal);
        break;
    case ALD_SIGNAL_RESUME:
        ald_session_resume(hub, conn, signal);
        break;
    case ALD_SIGNAL_ACKED:
        ald_session_acked(hub, conn, signal);
        break;
    case ALD_SIGNAL_HEALTH:
        ald_health_answered(hub, conn, signal);
        break;
    case ALD_SIGNAL_PRIMARY:
        ald_primary_answered(hub, conn, signal);
        break;
    case ALD_SIGNAL_LEAVE:
        ald_party_leave(hub, conn, signal);
        break;
    case ALD_SIGNAL_CAPABLE:
        ald_capable_signal(hub, conn, signal);
        break;
    case ALD_SIGNAL_ASK:
        ald_world_ask(hub, conn, signal);
        break;
    case ALD_SIGNAL_OPERATE:
        ald_operator_signal(hub, conn, signal);
        break;
    case ALD_SIGNAL_SUBSCRIBE:
        ald_subscribe_signal(hub, conn, signal);
        break;
    case ALD_SIGNAL_LOCAL:
        step_local(hub, conn, signal);
        break;
    case ALD_SIGNAL_TAKEN:
        break; /* that it was is all there is to know */
    default:
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID); /* not for a hub to hear; a CLOSE is the edge's own business */
        break;
    }
}

/* After we said CLOSE, what was on its way may still be an answer; it may ask for nothing more. */
static bool step_listens(const struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    return ald_hub_conn_hears(conn) || signal->kind == ALD_SIGNAL_REPLY || signal->kind == ALD_SIGNAL_STATUS ||
           signal->kind == ALD_SIGNAL_ACKED;
}

static void step_of_conn(struct ald_hub *hub, const struct ald_event *event)
{
    struct ald_hub_conn *conn = ald_hub_conn_find(hub, event->conn);

    if (conn == NULL) {
        ald_hub_count(hub, ALD_N_EVENTS_STALE);
        return;
    }
    switch ((enum ald_event_kind)event->kind) {
    case ALD_EVENT_SIGNAL:
        if (event->signal == NULL || !step_listens(conn, event->signal)) {
            ald_hub_count(hub, ALD_N_EVENTS_STALE);
        } else {
            step_signal(hub, conn, event->signal);
        }
        break;
    case ALD_EVENT_WRITTEN:
        ald_hub_conn_written(hub, conn, event->begun, event->done);
        break;
    case ALD_EVENT_CLOSED:
        ald_hub_conn_ended(hub, conn);
        break;
    default:
        break;
    }
}

static void step_event(struct ald_hub *hub, struct ald_event *event)
{
    switch ((enum ald_event_kind)event->kind) {
    case ALD_EVENT_OPENED:
        ald_hub_conn_open(hub, event);
        break;
    case ALD_EVENT_SIGNAL:
    case ALD_EVENT_WRITTEN:
    case ALD_EVENT_CLOSED:
        step_of_conn(hub, event);
        break;
    case ALD_EVENT_DRAIN:
        ald_drain_start(hub, event);
        break;
    case ALD_EVENT_NEWS:
        ald_world_event(hub, event);
        break;
    case ALD_EVENT_EXPECT:
        ald_hold_expect(hub, event);
        break;
    case ALD_EVENT_REMEMBER:
        ald_series_event(hub, event);
        break;
    case ALD_EVENT_CANCEL:
    case ALD_EVENT_CHANNEL_LEAVE:
    case ALD_EVENT_CHANNEL_PRIMARY:
    case ALD_EVENT_UNSUBSCRIBE:
        ald_operator_event(hub, event);
        break;
    default:
        break;
    }
}

/* How much of a step is for news. */
enum step_news_share { STEP_NEWS_NONE, STEP_NEWS_FEW, STEP_NEWS_HALF };

struct step_budget {
    uint32_t units;
};

static bool step_may(const struct ald_hub *hub, struct step_budget *budget)
{
    if (budget->units == 0 || hub->effects->n >= hub->config.step_work) {
        return false;
    }
    budget->units--;
    return true;
}

static void step_alarms(struct ald_hub *hub, struct step_budget *budget)
{
    while (step_may(hub, budget)) {
        struct ald_timer *timer = ald_wheel_pop(&hub->wheel, hub->now);

        if (timer == NULL) {
            budget->units++;
            return;
        }
        step_alarm(hub, ald_container(timer, struct ald_hub_alarm, timer));
    }
}

/* Take units of one kind while the budget lasts. An object that has more to do goes to the end of its list; one that says
 * it has none may be gone. */
#define STEP_WORK(hub, budget, list, type, member, work)                                                               \
    while (!ald_list_empty(list) && step_may(hub, budget)) {                                                           \
        type *it = ald_list_entry(ald_list_pop_front(list), type, member);                                             \
        if (work(hub, it)) {                                                                                           \
            ald_work_add(hub, list, &it->member);                                                                      \
        }                                                                                                              \
    }

/* A connection that ended stays in its list until it is freed there. */
static void step_ended(struct ald_hub *hub, struct step_budget *budget)
{
    while (!ald_list_empty(&hub->work.ended) && step_may(hub, budget)) {
        ald_ignore(ald_hub_conn_work_ended(hub, ald_list_entry(hub->work.ended.next, struct ald_hub_conn, node)));
    }
}

/* A page costs as much as twenty other units, and so does one of the graph's own, so only some are done in one step. */
enum { STEP_PAGES_MAX = 4, STEP_GRAPH_MAX = 16 };

static void step_links(struct ald_hub *hub, struct step_budget *budget)
{
    for (int n = 0; n < STEP_PAGES_MAX && !ald_list_empty(&hub->work.links) && step_may(hub, budget); n++) {
        struct ald_peer_link *link = ald_list_entry(ald_list_pop_front(&hub->work.links), struct ald_peer_link, work);

        if (ald_peer_link_work(hub, link)) {
            ald_work_add(hub, &hub->work.links, &link->work);
        }
    }
}

static void step_graph(struct ald_hub *hub, struct step_budget *budget)
{
    for (int n = 0; n < STEP_GRAPH_MAX && !ald_list_empty(&hub->work.graph) && step_may(hub, budget); n++) {
        ald_node_remove(&hub->graph.work);
        if (ald_graph_work(hub)) {
            ald_work_add(hub, &hub->work.graph, &hub->graph.work);
        }
    }
}

static void step_rosters(struct ald_hub *hub, struct step_budget *budget)
{
    while (!ald_list_empty(&hub->work.rosters) && step_may(hub, budget)) {
        struct ald_node *node = ald_list_pop_front(&hub->work.rosters);

        if (ald_roster_work(hub, ald_roster_of_work(node))) {
            ald_work_add(hub, &hub->work.rosters, node);
        }
    }
}

static void step_rounds(struct ald_hub *hub, struct step_budget *budget)
{
    while (!ald_list_empty(&hub->work.rounds) && step_may(hub, budget)) {
        ald_round_work(hub);
    }
}

/*
 * Each event may be somebody's coming or going, and so news for everybody: were all of it told at once, a crowd that
 * registers would be served before anybody else is. What happens to a hub that has nothing else to tell is told at once, as
 * far as a few pieces go; the rest has half of each tick.
 */
static void step_news(struct ald_hub *hub, struct step_budget *budget, enum step_news_share share)
{
    uint32_t max = ALD_MAX(hub->config.step_work / 2, 1U);

    if (share == STEP_NEWS_NONE) {
        return;
    }
    max = share == STEP_NEWS_HALF ? max : ALD_MIN(max, (uint32_t)ALD_BULLETIN_EVENT_MAX);
    for (uint32_t n = 0; n < max && ald_bulletin_is_behind(&hub->bulletin) && step_may(hub, budget); n++) {
        ald_bulletin_work(hub);
    }
}

static void step_reaped(struct ald_hub *hub, struct step_budget *budget)
{
    while (!ald_list_empty(&hub->work.reaped) && step_may(hub, budget)) {
        struct ald_node *node = ald_list_pop_front(&hub->work.reaped);

        if (ald_roster_reap(hub, ald_roster_of_work(node))) {
            ald_work_add(hub, &hub->work.reaped, node);
        }
    }
}

/* Asked at the end of most steps: written out, it is a load and a comparison each. */
bool ald_work_is_there(const struct ald_hub *hub)
{
    const struct ald_hub_work *work = &hub->work;

    return !ald_list_empty(&work->begun) || !ald_list_empty(&work->ended) || !ald_list_empty(&work->gone) ||
           !ald_list_empty(&work->bench) || !ald_list_empty(&work->sessions) || !ald_list_empty(&work->channels) ||
           !ald_list_empty(&work->targets) || !ald_list_empty(&work->rosters) || !ald_list_empty(&work->rounds) ||
           !ald_list_empty(&work->links) || !ald_list_empty(&work->graph) || !ald_list_empty(&work->answers) ||
           !ald_list_empty(&work->leaving) || !ald_list_empty(&work->reaped) || !ald_list_empty(&work->parting) ||
           hub->drain_at != NULL || ald_bulletin_is_behind(&hub->bulletin);
}

/* First what makes commands sent or not, then what ends, then what may move again, then what can wait. */
static void step_work(struct ald_hub *hub, struct step_budget *budget, enum step_news_share news)
{
    struct ald_hub_work *work = &hub->work;

    if (!work->pending) {
        return; /* most steps have all of theirs done with the event */
    }
    STEP_WORK(hub, budget, &work->begun, struct ald_hub_conn, work_begun, ald_hub_conn_work_begun);
    step_ended(hub, budget);
    /* Other hubs hear what is true before they are sent what takes another way for it. */
    step_graph(hub, budget);
    step_links(hub, budget);
    STEP_WORK(hub, budget, &work->gone, struct ald_channel, work, ald_channel_work_gone);
    STEP_WORK(hub, budget, &work->parting, struct ald_party, work, ald_party_work_parting);
    STEP_WORK(hub, budget, &work->bench, struct ald_hub_conn, work_bench, ald_hub_conn_work_bench);
    STEP_WORK(hub, budget, &work->sessions, struct ald_session, work, ald_session_work);
    STEP_WORK(hub, budget, &work->channels, struct ald_channel, work, ald_channel_work_hungry);
    STEP_WORK(hub, budget, &work->targets, struct ald_target, work, ald_target_work_hungry);
    step_rosters(hub, budget);
    step_news(hub, budget, news);
    step_rounds(hub, budget);
    STEP_WORK(hub, budget, &work->answers, struct ald_command, work, ald_self_work);
    STEP_WORK(hub, budget, &work->leaving, struct ald_hub_conn, work_leave, ald_hub_conn_work_leave);
    while (hub->drain_at != NULL && step_may(hub, budget)) {
        ald_ignore(ald_drain_work(hub));
    }
    step_reaped(hub, budget);
    work->pending = ald_work_is_there(hub);
}

void ald_hub_step(struct ald_hub *hub, struct ald_event *event, struct ald_effects *effects)
{
    struct step_budget budget = {.units = hub->config.step_work};
    bool is_behind = ald_bulletin_is_behind(&hub->bulletin);
    bool is_end = event->kind == ALD_EVENT_CLOSED; /* nothing is said on a connection from here on: it comes first */

    ald_assert(effects->n == 0);
    ald_assert(effects->max >= (size_t)hub->config.step_work + ALD_EFFECTS_SLACK);

    hub->now = ALD_MAX(hub->now, event->now);
    hub->wall = event->wall;
    hub->effects = effects;
    if (!ald_list_empty(&hub->discarded)) {
        ald_parcel_reap(hub);
    }
    if (!ald_list_empty(&hub->forgotten)) {
        ald_series_reap(hub);
    }
    if (!ald_list_empty(&hub->transits_spent)) {
        ald_transit_reap(hub);
    }
    if (!ald_list_empty(&hub->kept_spent)) {
        ald_kept_reap(hub);
    }
    ald_history_trim(hub, hub->config.step_work);
    if (is_end) {
        step_event(hub, event);
    }
    step_alarms(hub, &budget);
    if (!is_end) {
        step_event(hub, event);
    }
    step_work(hub, &budget,
              event->kind == ALD_EVENT_TICK ? STEP_NEWS_HALF
              : is_behind                   ? STEP_NEWS_NONE
                                            : STEP_NEWS_FEW);
    hub->effects = NULL;
}

ald_usec ald_hub_deadline(const struct ald_hub *hub)
{
    return hub->work.pending || ald_history_is_over(hub) ? hub->now : ald_wheel_deadline(&hub->wheel);
}
