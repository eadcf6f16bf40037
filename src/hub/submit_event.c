/*
 * An event comes in. It is not awaited: it reaches somebody now, or it waits where both its sender and whoever runs this hub
 * said that it may (hub/hold.h), or it is dropped, counted (DESIGN section 2). Who asked is told of the last two.
 *
 * Who is here comes first, then whoever is known to have the target at another hub (hub/hop.h), then the place where it may
 * wait, then the daemons, which may know more than we do (hub/relay.h).
 */

#include "hub/advert.h"
#include "hub/alive.h"
#include "hub/channel.h"
#include "hub/hold.h"
#include "hub/hop.h"
#include "hub/notes.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/peer.h"
#include "hub/relay.h"
#include "hub/self.h"
#include "hub/series.h"
#include "hub/session.h"
#include "hub/spread.h"
#include "hub/submit.h"
#include "hub/target.h"
#include "hub/transit.h"

/* Of a target whose channels are all choked, so many are looked at for one that an event may still be pressed on. */
enum { EVENT_PRESS_MAX = 16 };

/* With more than that before it, what the kernel of a peer that reads takes at once, an event is not written soon. */
enum { EVENT_WAITS = 128 * 1024 };

/* What is said to the hub itself is for who subscribed to it. */
static bool event_is_published(const struct ald_hub *hub, const struct ald_msg *msg)
{
    return ald_self_is_meant(msg) && !ald_hop_is_abroad(hub, msg);
}

/* What is wrong with an event. */
static enum ald_cause event_judge(const struct ald_hub *hub, const struct ald_party *party,
                                  const struct ald_signal *signal)
{
    struct ald_route route;

    if (signal->denied) {
        return ALD_CAUSE_NOT_ALLOWED;
    }
    if (signal->cause != ALD_CAUSE_NONE && signal->cause < ALD_N_CAUSES) {
        return (enum ald_cause)signal->cause;
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
    if (route.cause == ALD_CAUSE_NONE && event_is_published(hub, signal->msg) &&
        ald_series_find(hub, signal->msg->name) == NULL) {
        return ALD_CAUSE_UNKNOWN_COMMAND;
    }
    return (enum ald_cause)route.cause;
}

/* What `party` hears of it, which is `said`: the same, or the same one link further. */
static struct ald_signal event_signal(struct ald_hub *hub, const struct ald_parcel *parcel,
                                      const struct ald_parcel *said, const struct ald_party *party)
{
    if (party->conn != NULL && party->conn->out_bytes > EVENT_WAITS && ald_transit_wants(hub, parcel)) {
        ald_submit_compact(hub, parcel->msg); /* it will be there for a while */
    }
    return ald_parcel_signal(said);
}

static bool event_tell(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_parcel *said,
                       struct ald_channel *channel)
{
    struct ald_signal signal = event_signal(hub, parcel, said, channel->party);

    if (!ald_transit_offer(hub, channel->party, &signal, parcel)) {
        return false;
    }
    ald_parcel_delivered(hub, said, channel);
    return true;
}

static bool channel_may_be_pressed(const struct ald_hub *hub, const struct ald_channel *channel, size_t cost)
{
    const struct ald_hub_conn *conn = channel->party->conn;

    return channel->state == ALD_CHANNEL_LIVE && ald_channel_is_usable(channel) && channel->party->session == NULL &&
           ald_hub_conn_hears(conn) && conn->out_bytes + cost <= hub->config.out_bytes_max / 2;
}

/* Its session has been told more than it has acknowledged in time. */
static bool channel_is_full(const struct ald_channel *channel)
{
    const struct ald_session *session = channel->party->session;

    return session != NULL && !session->over && session->full;
}

/*
 * Everybody is over the mark beyond which what may be dropped is dropped. Of a sender that wants to hear what becomes of its
 * events, or that they are kept, a burst is not lost for that: these may fill half of the account of a connection. The
 * other half is for answers, which have no other place. Where there is a session all of them wait in its window, also while it is
 * away.
 */
static bool event_press(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_parcel *said,
                        const struct ald_target *target)
{
    bool may_press = (parcel->msg->flags & (ALD_MSG_HOLD | ALD_MSG_REPORT)) != 0;
    size_t cost = ALD_CONN_SIGNAL_COST + ald_msg_cost(parcel->msg);
    bool is_full = false;
    int n = 0;

    ald_list_each (it, &target->channels) {
        struct ald_channel *channel = ald_list_entry(it, struct ald_channel, target_node);
        struct ald_signal signal;

        if (ald_channel_is_usable(channel) && ald_party_can_wait(channel->party) &&
            event_tell(hub, parcel, said, channel)) {
            return true;
        }
        if (may_press && channel_may_be_pressed(hub, channel, cost)) {
            signal = event_signal(hub, parcel, said, channel->party);
            if (ald_transit_press(hub, channel->party, &signal, parcel)) {
                ald_parcel_delivered(hub, said, channel);
                return true;
            }
        }
        is_full = is_full || channel_is_full(channel);
        if (++n == EVENT_PRESS_MAX) {
            break;
        }
    }
    if (is_full) {
        ald_hub_count(hub, ALD_N_WINDOWS_FULL);
    }
    return false;
}

/* True: it has its fate. */
static bool event_hold(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_str target)
{
    int r = ald_hold_keep(hub, parcel, target);

    if (r == 0) {
        return true;
    }
    if (r == ALD_HOLD_UNEXPECTED) {
        return false;
    }
    if (r < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    ald_hub_count(hub, ALD_N_EVENTS_NOT_HELD);
    ald_parcel_dropped(hub, parcel, ALD_CAUSE_BUSY);
    return true;
}

/* Over another hub, if it is known who has the target; true: it has its fate. */
static bool event_hop(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_route route = ald_hop_event(hub, parcel);
    struct ald_parcel onward;

    if (route.cause != ALD_CAUSE_NONE) {
        return false;
    }
    onward = ald_hop_onward(hub, parcel);
    if (route.channel != NULL ? event_tell(hub, parcel, &onward, route.channel)
                              : event_press(hub, parcel, &onward, route.target)) {
        ald_hub_count(hub, ALD_N_EVENTS_ABROAD);
        ald_hop_remember(hub, parcel);
    } else {
        ald_parcel_dropped(hub, parcel, ALD_CAUSE_BUSY);
    }
    return true;
}

static bool event_flood(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    if (!ald_relay_flood(hub, parcel)) {
        return false;
    }
    ald_parcel_flooded(hub, parcel);
    return true;
}

/* Nobody can be told: that a target is known to come and go is told apart from that nobody knows it (communicator 5.5). */
static void event_miss(struct ald_hub *hub, const struct ald_parcel *parcel, struct ald_str target,
                       enum ald_cause cause)
{
    bool is_expected = ald_str_present(target) && ald_hold_expects(hub, target);

    if (is_expected && (parcel->msg->flags & ALD_MSG_HOLD) != 0 && event_hold(hub, parcel, target)) {
        return;
    }
    if (!is_expected && cause == ALD_CAUSE_NO_TARGET && event_flood(hub, parcel)) {
        return;
    }
    ald_parcel_dropped(hub, parcel, is_expected && cause == ALD_CAUSE_NO_TARGET ? ALD_CAUSE_NO_ACTIVE : cause);
}

/* To one channel here; when there is none, to one at another hub; or to nobody. */
static void event_send(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_str target = ald_hold_target(hub, parcel->msg);
    struct ald_route route = ald_route_event(hub, parcel->msg);

    if (route.cause == ALD_CAUSE_NONE && ald_str_present(target)) {
        if (ald_hold_has(hub, target) && event_hold(hub, parcel, target)) {
            return; /* nobody overtakes what waits already */
        }
    }
    if (route.channel != NULL
            ? event_tell(hub, parcel, parcel, route.channel)
            : route.target != NULL && ald_str_present(target) && event_press(hub, parcel, parcel, route.target)) {
        return;
    }
    if (route.cause == ALD_CAUSE_NO_TARGET && ald_alive_answer_event(hub, parcel)) {
        return;
    }
    if ((route.cause == ALD_CAUSE_NO_TARGET || route.cause == ALD_CAUSE_NO_CHANNEL) && event_hop(hub, parcel)) {
        return;
    }
    event_miss(hub, parcel, target, route.cause != ALD_CAUSE_NONE ? (enum ald_cause)route.cause : ALD_CAUSE_BUSY);
}

/* An instance at another hub, whoever is here. */
static void event_send_abroad(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    if (!event_hop(hub, parcel) && !event_flood(hub, parcel)) {
        ald_parcel_dropped(hub, parcel, ALD_CAUSE_NO_TARGET);
    }
}

/* What was submitted here for others than those here is, where it arrives, for those there. */
static bool event_skips_us(const struct ald_hub *hub, const struct ald_parcel *parcel)
{
    return ald_hop_is_abroad(hub, parcel->msg) || ald_hop_skips_us(hub, parcel->msg, parcel->travel);
}

bool ald_submit_event_wait(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_str name = ald_hold_target(hub, parcel->msg);
    struct ald_target *target;

    if (hub->draining || hub->now >= parcel->until || event_skips_us(hub, parcel) || !ald_hold_may(hub, parcel->msg) ||
        !event_hold(hub, parcel, name)) {
        return false;
    }
    target = ald_target_find(hub, name);
    if (target != NULL) {
        ald_hold_wake(hub, target); /* another of its channels may have it at once */
    }
    return true;
}

void ald_submit_event_again(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    if (hub->draining) {
        ald_parcel_dropped(hub, parcel, ALD_CAUSE_DRAINING);
    } else if ((parcel->msg->flags & ALD_MSG_HOLD) != 0 && hub->now >= parcel->until) {
        ald_hub_count(hub, ALD_N_EVENTS_EXPIRED);
        ald_parcel_dropped(hub, parcel, ALD_CAUSE_DEADLINE);
    } else if (event_skips_us(hub, parcel)) {
        event_send_abroad(hub, parcel);
    } else {
        event_send(hub, parcel);
    }
}

static void event_go(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    bool skips_us = event_skips_us(hub, parcel);

    if (ald_series_find(hub, parcel->msg->name) != NULL) {
        ald_submit_compact(hub, parcel->msg); /* it will be remembered */
    }
    if (event_is_published(hub, parcel->msg)) {
        ald_spread_start(hub, parcel);
        return;
    }
    if (!ald_parcel_is_for_many(parcel->msg) || ald_hop_is_abroad(hub, parcel->msg)) {
        if (skips_us) {
            event_send_abroad(hub, parcel);
        } else {
            event_send(hub, parcel);
        }
        return;
    }
    if (skips_us) {
        ald_parcel_spread(hub, parcel);
    } else {
        ald_spread_start(hub, parcel);
    }
    if (parcel->msg->to_kind == ALD_TO_CAPABLE) { /* other hubs have no word for it */
        ald_relay_spread(hub, parcel);
    }
}

/* What hubs tell each other; true: it is such a thing, and has been dealt with. */
static bool event_is_of_hubs(struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal)
{
    bool is_advert = ald_advert_is(signal->msg);

    if (party->link == NULL || party->peering != ALD_PEERING_ROUTES || signal->denied) {
        if (is_advert) {
            ald_hub_count(hub, ALD_N_ADVERTS_DENIED);
        }
        return false;
    }
    if (is_advert && party->link->has_feed) {
        ald_advert_take(hub, party->link, signal->msg);
        return true;
    }
    return is_advert || ald_hop_take_report(hub, signal->msg);
}

/* A copy for a controller that there is not: what it is a copy of has the only fate. */
static bool event_is_for_nobody(const struct ald_hub *hub, const struct ald_msg *msg)
{
    return (msg->flags & ALD_MSG_COPY) != 0 && !ald_str_present(hub->config.controller);
}

/* Said by nobody that we know, or not to be heard of anywhere: nobody is told. */
static void event_drop(struct ald_hub *hub, const struct ald_hub_conn *conn, const struct ald_signal *signal,
                       enum ald_cause cause)
{
    ald_hub_count(hub, ALD_N_EVENTS_DROPPED);
    ald_notes_bare(hub, ALD_NOTE_EVENT,
                   &(struct ald_notes_bare){.id = ald_hub_id(hub, ald_hub_number(hub)),
                                            .msg = signal->msg,
                                            .conn = conn,
                                            .cause = (uint8_t)cause,
                                            .fate = "dropped"});
}

void ald_submit_event(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    const struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_parcel parcel;
    enum ald_cause cause;

    if (!ald_submit_is_sound(signal, ALD_EVENT)) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    if (signal->denied) {
        ald_hub_count(hub, ALD_N_EVENTS_DENIED);
    }
    if (party == NULL) {
        event_drop(hub, conn, signal, ALD_CAUSE_NOT_ALLOWED);
        return;
    }
    if (event_is_of_hubs(hub, party, signal) || event_is_for_nobody(hub, signal->msg)) {
        return;
    }
    parcel = ald_parcel_of(hub, party, signal);
    if (!ald_relay_take(hub, parcel.travel)) {
        return;
    }
    if (ald_hop_is_loop(hub, party, parcel.travel)) {
        ald_hub_count(hub, ALD_N_LOOPED);
        ald_peer_tell_loops(hub, party);
        event_drop(hub, conn, signal, ALD_CAUSE_DUPLICATE);
        return;
    }
    cause = event_judge(hub, party, signal);
    if (cause == ALD_CAUSE_NONE) {
        event_go(hub, &parcel);
    } else {
        ald_parcel_refused(hub, &parcel, cause);
    }
}
