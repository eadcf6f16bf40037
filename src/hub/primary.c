#include "hub/primary.h"

#include "hub/channel.h"
#include "hub/notes.h"
#include "hub/party.h"

const struct ald_state ald_election_states[] = {
    [ALD_ELECTION_NONE] = {"none", ALD_STATE_INITIAL, ALD_TO(ALD_ELECTION_PROMOTING)},
    [ALD_ELECTION_PROMOTING] = {"promoting", 0,
                                ALD_TO(ALD_ELECTION_CONFIRMED) | ALD_TO(ALD_ELECTION_DEMOTING) |
                                    ALD_TO(ALD_ELECTION_NONE) | ALD_TO(ALD_ELECTION_RESTING)},
    [ALD_ELECTION_CONFIRMED] = {"confirmed", 0, ALD_TO(ALD_ELECTION_DEMOTING) | ALD_TO(ALD_ELECTION_NONE)},
    [ALD_ELECTION_DEMOTING] = {"demoting", 0,
                               ALD_TO(ALD_ELECTION_ENDING) | ALD_TO(ALD_ELECTION_NONE) | ALD_TO(ALD_ELECTION_RESTING)},
    [ALD_ELECTION_ENDING] = {"ending", 0, ALD_TO(ALD_ELECTION_NONE) | ALD_TO(ALD_ELECTION_RESTING)},
    [ALD_ELECTION_RESTING] = {"resting", 0, ALD_TO(ALD_ELECTION_NONE)},
};

static void election_set_state(struct ald_hub *hub, struct ald_target *target, enum ald_election_state state)
{
    struct ald_machine *machine = &hub->machines[ALD_MACHINE_ELECTION];

    ald_sm_move(machine, &target->election.state, (uint8_t)state);
    if (ald_notes_wanted(hub, ALD_NOTE_ELECTION)) {
        ald_notes_of_election(hub, target, ald_sm_name(machine, (uint8_t)state));
    }
}

void ald_primary_init(struct ald_election *election)
{
    ald_node_init(&election->candidates);
    ald_node_init(&election->passed);
    ald_hub_alarm_init(&election->alarm, ALD_ALARM_PRIMARY);
}

static void primary_tell(struct ald_hub *hub, struct ald_channel *channel, bool primary)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_PRIMARY);

    channel->primary_asked = ald_hub_number(hub);
    signal.id = ald_hub_id(hub, channel->primary_asked);
    signal.primary = primary;
    signal.term = channel->target->election.term;
    ald_party_say(hub, channel->party, &signal);
}

static void election_promote(struct ald_hub *hub, struct ald_target *target, struct ald_channel *channel)
{
    struct ald_election *election = &target->election;

    ald_assert(election->holder == NULL);
    ald_node_remove(&channel->candidate);
    election->holder = channel;
    election->term = ++hub->last_term;
    channel->term = election->term;
    election_set_state(hub, target, ALD_ELECTION_PROMOTING);
    ald_notes_channel(hub, channel, "promoting");
    ald_hub_count(hub, ALD_N_ELECTIONS);
    ald_hub_alarm_set(hub, &election->alarm, hub->now + hub->config.primary_timeout);
    primary_tell(hub, channel, true);
}

static struct ald_channel *election_first(const struct ald_node *list)
{
    struct ald_node *node = ald_list_first(list);

    return node != NULL ? ald_list_entry(node, struct ald_channel, candidate) : NULL;
}

/* Whoever was passed over stands again, behind those who were not. */
static void election_readmit(struct ald_election *election)
{
    struct ald_node *first = ald_list_first(&election->passed);
    struct ald_node *last = election->passed.prev;

    if (first == NULL) {
        return;
    }
    ald_node_remove(&election->passed);
    first->prev = election->candidates.prev;
    first->prev->next = first;
    last->next = &election->candidates;
    election->candidates.prev = last;
}

/* The office is vacant. Those who were tried in vain get another turn after a rest, or agents that refuse at once would
 * keep us busy for ever. */
static void election_vacant(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_election *election = &target->election;
    struct ald_channel *next = election_first(&election->candidates);

    ald_assert(election->holder == NULL);
    ald_hub_alarm_stop(hub, &election->alarm);
    if (next == NULL && !ald_list_empty(&election->passed)) {
        if (election->state != ALD_ELECTION_RESTING) {
            election_set_state(hub, target, ALD_ELECTION_RESTING);
        }
        ald_hub_alarm_set(hub, &election->alarm, hub->now + hub->config.primary_timeout);
        return;
    }
    if (election->state != ALD_ELECTION_NONE) {
        election_set_state(hub, target, ALD_ELECTION_NONE);
    }
    if (next != NULL) {
        election_promote(hub, target, next);
    }
}

/* "Demote before promote": until it has confirmed, or is gone, nobody else is promoted. */
static void election_demote(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_election *election = &target->election;

    election_set_state(hub, target, ALD_ELECTION_DEMOTING);
    ald_hub_count(hub, ALD_N_DEMOTIONS);
    ald_hub_alarm_set(hub, &election->alarm, hub->now + hub->config.primary_timeout);
    primary_tell(hub, election->holder, false);
}

/* The holder has stepped down or is gone; one that may stand again does so after all others. */
static void election_release(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_channel *holder = ald_steal(&target->election.holder);

    ald_notes_channel(hub, holder, "demoted");
    if (holder->is_candidate) {
        ald_list_push_back(&target->election.passed, &holder->candidate);
    }
    election_vacant(hub, target);
}

static void election_failed(struct ald_hub *hub, struct ald_target *target)
{
    ald_hub_count(hub, ALD_N_PROMOTIONS_FAILED);
    election_demote(hub, target);
}

/* It does not step down: only when it is gone the next one is promoted. */
static void election_end_holder(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_channel *holder = target->election.holder;

    election_set_state(hub, target, ALD_ELECTION_ENDING);
    ald_hub_alarm_stop(hub, &target->election.alarm);
    ald_channel_set_leaving(hub, holder);
    ald_hub_conn_leave(hub, holder->party->conn, ALD_CLOSE_MUTE);
}

static bool channel_qualifies(const struct ald_channel *channel)
{
    return channel->state == ALD_CHANNEL_LIVE && ald_channel_is_usable(channel) &&
           (channel->party->traits & ALD_CAN_CONFIRM_PRIMARY) != 0;
}

static void candidate_comes(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_election *election = &channel->target->election;

    channel->is_candidate = true;
    if (election->holder == channel) {
        return; /* it is on its way out of office, and may stand again afterwards */
    }
    ald_list_push_back(&election->candidates, &channel->candidate);
    if (election->holder == NULL) {
        election_vacant(hub, channel->target);
    }
}

static void candidate_goes(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_election *election = &channel->target->election;

    channel->is_candidate = false;
    ald_node_remove(&channel->candidate);
    if (election->state == ALD_ELECTION_RESTING && ald_list_empty(&election->passed)) {
        election_vacant(hub, channel->target);
    }
}

void ald_primary_update(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_election *election = &channel->target->election;
    bool qualifies = channel_qualifies(channel);

    if (qualifies && !channel->is_candidate) {
        candidate_comes(hub, channel);
    } else if (!qualifies && channel->is_candidate) {
        candidate_goes(hub, channel);
    }
    if (election->holder != channel) {
        return;
    }
    if (channel->state != ALD_CHANNEL_LIVE) {
        election_release(hub, channel->target);
    } else if (!qualifies && (election->state == ALD_ELECTION_PROMOTING || election->state == ALD_ELECTION_CONFIRMED)) {
        election_demote(hub, channel->target);
    }
}

void ald_primary_welcome(struct ald_hub *hub, struct ald_channel *channel)
{
    if ((channel->party->traits & ALD_CAN_PRIMARY) != 0 && channel->target->election.holder != channel) {
        primary_tell(hub, channel, false);
    }
}

static void election_answered(struct ald_hub *hub, struct ald_target *target, bool ok)
{
    struct ald_election *election = &target->election;

    switch ((enum ald_election_state)election->state) {
    case ALD_ELECTION_PROMOTING:
        if (!ok) {
            election_failed(hub, target);
            return;
        }
        ald_hub_alarm_stop(hub, &election->alarm);
        election_set_state(hub, target, ALD_ELECTION_CONFIRMED);
        ald_notes_channel(hub, election->holder, "primary");
        ald_hub_count(hub, ALD_N_PROMOTIONS_CONFIRMED);
        election_readmit(election); /* the round is over */
        ald_work_add(hub, &hub->work.channels, &election->holder->work);
        return;
    case ALD_ELECTION_DEMOTING:
        if (ok) {
            election_release(hub, target);
        } else {
            election_end_holder(hub, target);
        }
        return;
    default:
        return; /* the answer to news, or to a question that was settled otherwise */
    }
}

void ald_primary_answered(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_channel *channel = party != NULL ? party->channel : NULL;
    uint64_t number = ald_hub_id_number(hub, signal->id);

    if (channel == NULL || number == 0 || number != channel->primary_asked) {
        ald_hub_count(hub, ALD_N_REPLIES_STRAY);
        return;
    }
    channel->primary_asked = 0;
    if (channel->target->election.holder == channel) {
        election_answered(hub, channel->target, signal->ok);
    }
}

void ald_primary_timeout(struct ald_hub *hub, struct ald_target *target)
{
    struct ald_election *election = &target->election;

    switch ((enum ald_election_state)election->state) {
    case ALD_ELECTION_PROMOTING:
        election_failed(hub, target);
        return;
    case ALD_ELECTION_DEMOTING:
        election_end_holder(hub, target);
        return;
    case ALD_ELECTION_RESTING:
        election_readmit(election);
        election_vacant(hub, target);
        return;
    default:
        return;
    }
}

/* The next in line is whoever stands first, also when the one before him is on his way out already. */
bool ald_primary_choose(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_target *target = channel->target;
    struct ald_election *election = &target->election;
    bool is_held = election->state == ALD_ELECTION_PROMOTING || election->state == ALD_ELECTION_CONFIRMED;

    if (!channel->is_candidate) {
        return false;
    }
    if (election->holder == channel) {
        return is_held;
    }
    ald_node_remove(&channel->candidate);
    ald_list_push_front(&election->candidates, &channel->candidate);
    if (is_held) {
        election_demote(hub, target);
    } else if (election->holder == NULL) {
        election_vacant(hub, target);
    }
    return true;
}

struct ald_channel *ald_primary_find(const struct ald_target *target)
{
    return target->election.state == ALD_ELECTION_CONFIRMED ? target->election.holder : NULL;
}

bool ald_primary_waits_for(const struct ald_channel *channel)
{
    return channel->target->primary.n > 0 && ald_primary_find(channel->target) == channel;
}

void ald_primary_check(const struct ald_hub *hub, const struct ald_target *target)
{
    const struct ald_election *election = &target->election;
    bool held = election->state == ALD_ELECTION_PROMOTING || election->state == ALD_ELECTION_CONFIRMED ||
                election->state == ALD_ELECTION_DEMOTING || election->state == ALD_ELECTION_ENDING;

    ald_assert(held == (election->holder != NULL));
    ald_assert(election->term <= hub->last_term);
    ald_assert(!held || election->holder->state == ALD_CHANNEL_LIVE);
    ald_assert(held || ald_list_empty(&election->candidates));
    ald_list_each (it, &election->candidates) {
        ald_assert(ald_list_entry(it, const struct ald_channel, candidate)->is_candidate);
    }
}
