#include "hub/subscribe.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/filters.h"
#include "hub/kept.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/round.h"
#include "hub/series.h"
#include "hub/spread.h"
#include "hub/state.h"
#include "hub/transit.h"
#include "hub/view.h"

struct ald_subscriber {
    struct ald_node of_series, of_party;
    struct ald_series *series;
    struct ald_party *party;
    uint64_t number;        /* of the hub's own */
    struct ald_str filters; /* absent: all; never empty */
    char *text;
};

/* What one subscriber missed, and the answer to it. */
struct ald_replay {
    struct ald_round round;
    struct ald_node of_party;
    struct ald_series *series;
    struct ald_party *party; /* NULL: gone */
    ald_wall reached;        /* it has, or was told, everything up to then */
    ald_wall gap;            /* and something up to then is missing; 0: nothing */
    struct ald_kept_signal *answer;
};

enum { SUBSCRIBE_FULL = 1, SUBSCRIBE_LONG };

/* --- subscribers --------------------------------------------------------------------------------------------------- */

static struct ald_subscriber *party_subscriber(const struct ald_party *party, const struct ald_series *series)
{
    ald_list_each (it, &party->subscriptions) {
        struct ald_subscriber *subscriber = ald_list_entry(it, struct ald_subscriber, of_party);

        if (subscriber->series == series) {
            return subscriber;
        }
    }
    return NULL;
}

static void subscriber_free(struct ald_hub *hub, struct ald_subscriber *subscriber)
{
    struct ald_series *series = subscriber->series;

    ald_round_pass(hub, &subscriber->of_series);
    ald_node_remove(&subscriber->of_series);
    ald_node_remove(&subscriber->of_party);
    subscriber->party->n_subscriptions--;
    hub->n_subscriptions--;
    ald_series_part(hub, series);
    free(subscriber->text);
    free(subscriber);
}

/* `filters` (borrows) is what it has from now on. Errors: ALDIS_E_NOMEM (nothing changed). */
static int subscriber_set(struct ald_subscriber *subscriber, struct ald_str filters)
{
    char *text = NULL;

    if (ald_str_present(filters)) {
        text = malloc(filters.size);
        if (text == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        memcpy(text, filters.data, filters.size);
    }
    free(subscriber->text);
    subscriber->text = text;
    subscriber->filters = text != NULL ? ald_str_of(text, filters.size) : ALD_STR_NONE;
    return 0;
}

/* Outcome: SUBSCRIBE_FULL. Errors: ALDIS_E_NOMEM. */
static int subscriber_new(struct ald_hub *hub, struct ald_party *party, struct ald_series *series,
                          struct ald_str filters)
{
    struct ald_subscriber *subscriber;
    int r;

    if (party->n_subscriptions >= ALD_SUBSCRIPTIONS_MAX || hub->n_subscriptions >= ALD_SUBSCRIPTIONS_ALL_MAX) {
        return SUBSCRIBE_FULL;
    }
    subscriber = malloc(sizeof(*subscriber));
    if (subscriber == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *subscriber = (struct ald_subscriber){.series = series, .party = party};
    r = subscriber_set(subscriber, filters);
    if (r < 0) {
        free(subscriber);
        return ald_trace(r);
    }
    subscriber->number = ald_hub_number(hub);
    ald_list_push_back(&series->subscribers, &subscriber->of_series);
    ald_list_push_back(&party->subscriptions, &subscriber->of_party);
    ald_series_join(hub, series);
    party->n_subscriptions++;
    hub->n_subscriptions++;
    return 0;
}

static bool filters_are_none(struct ald_str filters)
{
    return ald_str_present(filters) && filters.size == 0;
}

/* What it has after that (link 4.10). */
static struct ald_str filters_after(const struct ald_subscriber *subscriber, const struct ald_subscription *asked,
                                    char *room)
{
    struct ald_str before = subscriber != NULL ? subscriber->filters : ald_str_of("", 0);

    switch ((enum ald_subscribe)asked->action) {
    case ALD_SUBSCRIBE_ADD:
        return ald_filters_add(before, asked->filters, room);
    case ALD_SUBSCRIBE_REMOVE:
        return ald_filters_remove(before, asked->filters, room);
    default:
        return asked->filters;
    }
}

/* Outcomes: SUBSCRIBE_FULL, SUBSCRIBE_LONG. Errors: ALDIS_E_NOMEM. */
static int party_subscribe(struct ald_hub *hub, struct ald_party *party, struct ald_series *series,
                           const struct ald_subscription *asked)
{
    struct ald_subscriber *subscriber = party_subscriber(party, series);
    char room[2 * ALD_FILTERS_MAX + 1];
    struct ald_str filters = filters_after(subscriber, asked, room);
    int r;

    if (filters_are_none(filters)) {
        if (subscriber != NULL) {
            subscriber_free(hub, subscriber);
        }
        return 0;
    }
    if (filters.size > ALD_FILTERS_MAX) {
        return SUBSCRIBE_LONG;
    }
    r = subscriber != NULL ? subscriber_set(subscriber, filters) : subscriber_new(hub, party, series, filters);
    return r < 0 ? ald_trace(r) : r;
}

/* --- the answer, and what comes before it --------------------------------------------------------------------------- */

static struct ald_signal subscribe_answer(const struct ald_signal *signal, enum ald_cause cause, struct ald_str text)
{
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_SUBSCRIBED);

    answer.request = signal->request != NULL ? ald_msg_ref(signal->request) : NULL;
    answer.cause = (uint8_t)cause;
    answer.text = text;
    return answer;
}

static void subscribe_refuse(struct ald_hub *hub, struct ald_party *party, const struct ald_signal *signal,
                             enum ald_cause cause, struct ald_str text)
{
    struct ald_signal answer = subscribe_answer(signal, cause, text);

    ald_hub_count(hub, ALD_N_SUBSCRIPTIONS_REFUSED);
    ald_ignore(ald_party_keep(hub, party, &answer)); /* who is not there any more misses nothing */
}

/* Gives an answer that needs no memory when it is said. Errors: ALDIS_E_NOMEM. */
static int replay_new(struct ald_hub *hub, const struct ald_signal *signal, struct ald_replay **ret_replay)
{
    struct ald_replay *replay = malloc(sizeof(*replay));

    if (replay == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *replay = (struct ald_replay){.reached = signal->subscription->since};
    replay->answer = ald_pool_get(&hub->kept);
    if (replay->answer == NULL) {
        free(replay);
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_kept_init(&replay->answer->kept, ALD_KEPT_SIGNAL);
    replay->answer->signal = subscribe_answer(signal, ALD_CAUSE_NONE, ALD_STR_NONE);
    replay->answer->texts = NULL;
    replay->answer->transit = NULL;
    ald_node_init(&replay->of_party);
    ald_round_init(&replay->round, ALD_ROUND_REPLAY);
    if (signal->subscription->action == ALD_SUBSCRIBE_REMOVE) {
        replay->reached = UINT64_MAX;
    }
    *ret_replay = replay;
    return 0;
}

static void replay_discard(struct ald_hub *hub, struct ald_replay *replay)
{
    if (replay->answer != NULL) {
        ald_kept_discard(hub, replay->answer);
    }
    ald_node_remove(&replay->of_party);
    free(replay);
}

/* A time before everything that is remembered. */
static ald_wall memory_begin(const struct ald_series *series)
{
    const struct ald_node *node = ald_list_first(&series->memory);
    ald_wall first = node != NULL ? ald_list_entry(node, const struct ald_remembered, of_series)->at : UINT64_MAX;

    return ALD_MIN(series->since, first - 1);
}

static void replay_start(struct ald_hub *hub, struct ald_replay *replay, struct ald_party *party,
                         struct ald_series *series)
{
    replay->party = party;
    replay->series = series;
    if (replay->reached == 0) { /* it wants what there is */
        replay->reached = memory_begin(series);
    }
    series->n_replays++;
    ald_list_push_back(&party->replays, &replay->of_party);
    ald_round_call(hub, &replay->round);
}

static struct ald_str filters_are_too_long(void)
{
    return ALD_STR("the filters of a subscription have at most 1024 bytes");
}

/* What is wrong with it; absent: nothing is. */
static struct ald_str subscription_judge(const struct ald_subscription *asked)
{
    _Static_assert(ALD_FILTERS_MAX == 1024 && ALD_NAME_MAX == 255, "the texts say so");

    if (asked->name.size == 0 || asked->name.size > ALD_NAME_MAX) {
        return ALD_STR("the name of an event has 1 to 255 bytes");
    }
    if (asked->filters.size > ALD_FILTERS_MAX) {
        return filters_are_too_long();
    }
    return asked->action < ALD_N_SUBSCRIBES ? ALD_STR_NONE : ALD_STR("not a valid subscription");
}

static void subscribe_try(struct ald_hub *hub, struct ald_party *party, const struct ald_signal *signal)
{
    struct ald_replay *replay = NULL;
    struct ald_series *series = NULL;
    int r = replay_new(hub, signal, &replay);

    if (r == 0) {
        r = ald_series_get(hub, signal->subscription->name, &series);
    }
    if (r == 0) {
        r = party_subscribe(hub, party, series, signal->subscription);
    }
    if (r == 0) {
        ald_hub_count(hub, ALD_N_SUBSCRIBED);
        replay_start(hub, replay, party, series);
        return;
    }
    if (replay != NULL) {
        replay_discard(hub, replay);
    }
    if (r < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    if (r == SUBSCRIBE_LONG) {
        subscribe_refuse(hub, party, signal, ALD_CAUSE_INVALID, filters_are_too_long());
    } else {
        subscribe_refuse(hub, party, signal, ALD_CAUSE_BUSY, ALD_STR("too many subscriptions"));
    }
}

/*
 * "`unsubscribe`, or `replace` with an empty set, when not subscribed -> false at once, without replay" (link 4.10). No name
 * becomes known by that: everybody may unsubscribe, and would have others forgotten for it.
 */
static bool subscription_is_idle(const struct ald_hub *hub, const struct ald_party *party,
                                 const struct ald_subscription *asked)
{
    const struct ald_series *series = ald_series_find(hub, asked->name);

    return ald_subscription_ends(asked) && (series == NULL || party_subscriber(party, series) == NULL);
}

static void subscribe_idle(struct ald_hub *hub, struct ald_party *party, const struct ald_signal *signal)
{
    struct ald_signal answer = subscribe_answer(signal, ALD_CAUSE_NONE, ALD_STR_NONE);

    ald_hub_count(hub, ALD_N_SUBSCRIBED);
    ald_ignore(ald_party_keep(hub, party, &answer)); /* who is not there any more misses nothing */
}

void ald_subscribe_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_str fault;

    if (party == NULL || signal->subscription == NULL || party->peering != ALD_PEERING_NONE) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    fault = subscription_judge(signal->subscription);
    if (signal->denied) {
        subscribe_refuse(hub, party, signal, ALD_CAUSE_NOT_ALLOWED, ald_str(ald_cause_text(ALD_CAUSE_NOT_ALLOWED)));
    } else if (ald_str_present(fault)) {
        subscribe_refuse(hub, party, signal, ALD_CAUSE_INVALID, fault);
    } else if (subscription_is_idle(hub, party, signal->subscription)) {
        subscribe_idle(hub, party, signal);
    } else {
        subscribe_try(hub, party, signal);
    }
}

bool ald_subscribe_end(struct ald_hub *hub, struct ald_party *party, struct ald_str name)
{
    const struct ald_series *series = ald_series_find(hub, name);
    struct ald_subscriber *subscriber = series != NULL ? party_subscriber(party, series) : NULL;

    if (subscriber == NULL) {
        return false;
    }
    subscriber_free(hub, subscriber);
    return true;
}

bool ald_hub_next_subscription(const struct ald_hub *hub, struct ald_str channel, const void **walk,
                               struct ald_str *ret_name)
{
    const struct ald_channel *found = ald_channel_find(hub, channel);
    const struct ald_subscriber *subscriber = *walk;
    const struct ald_node *node;

    if (found == NULL) {
        return false;
    }
    node = subscriber != NULL ? subscriber->of_party.next : found->party->subscriptions.next;
    if (node == &found->party->subscriptions) {
        return false;
    }
    subscriber = ald_container(node, const struct ald_subscriber, of_party);
    *walk = subscriber;
    *ret_name = subscriber->series->name;
    return true;
}

/* False: not for it. What was published after it asked is told by its own round. */
static bool replay_wants(const struct ald_replay *replay, const struct ald_remembered *remembered)
{
    const struct ald_subscriber *subscriber = party_subscriber(replay->party, replay->series);

    return subscriber != NULL && remembered->is_published && remembered->at > replay->reached &&
           ald_filters_meet(subscriber->filters, remembered->msg->filters);
}

static void replay_tell(struct ald_hub *hub, struct ald_replay *replay, const struct ald_remembered *remembered)
{
    struct ald_signal signal = ald_series_signal(remembered);

    if (ald_transit_offer(hub, replay->party, &signal, NULL)) {
        replay->answer->signal.ok = true;
        ald_hub_count(hub, ALD_N_EVENTS_REPLAYED);
    } else {
        replay->gap = remembered->at;
        ald_hub_count(hub, ALD_N_BROADCASTS_MISSED);
    }
}

/* What was forgotten before it was its turn is missing. */
static void replay_look(struct ald_replay *replay)
{
    if (replay->series->since > replay->reached) {
        replay->gap = replay->series->since;
    }
}

bool ald_subscribe_work(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_replay *replay = ald_container(round, struct ald_replay, round);
    struct ald_remembered *remembered;
    struct ald_node *node;

    if (replay->party == NULL) {
        return false;
    }
    if (!hub->walk.begun) {
        ald_round_begin(hub, &replay->series->memory);
    }
    replay_look(replay);
    node = ald_round_next(hub);
    remembered = node != NULL ? ald_list_entry(node, struct ald_remembered, of_series) : NULL;
    if (remembered == NULL || remembered->number > round->number) {
        return false;
    }
    if (replay_wants(replay, remembered)) {
        replay_tell(hub, replay, remembered);
    }
    replay->reached = ALD_MAX(replay->reached, remembered->at);
    return true;
}

void ald_subscribe_ended(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_replay *replay = ald_container(round, struct ald_replay, round);

    replay->series->n_replays--;
    if (replay->party != NULL && hub->effects != NULL) { /* else the hub is being freed */
        replay->answer->signal.gap = replay->gap;
        if (replay->gap != 0) {
            ald_hub_count(hub, ALD_N_SUBSCRIPTIONS_GAPPED);
        }
        ald_party_tell(hub, replay->party, &replay->answer->kept);
        if (ald_node_linked(&replay->answer->kept.node)) {
            replay->answer = NULL; /* the window's now */
        }
    }
    replay_discard(hub, replay);
}

/* --- publishing ---------------------------------------------------------------------------------------------------- */

struct ald_node *ald_subscribe_list(const struct ald_hub *hub, struct ald_str name)
{
    struct ald_series *series = ald_series_find(hub, name);

    return series != NULL ? &series->subscribers : NULL;
}

struct ald_party *ald_subscribe_addressee(const struct ald_parcel_stored *stored, struct ald_node *node,
                                          bool *ret_later)
{
    struct ald_subscriber *subscriber = ald_list_entry(node, struct ald_subscriber, of_series);

    *ret_later = subscriber->number > stored->round.number;
    return !*ret_later && ald_filters_meet(subscriber->filters, stored->parcel.msg->filters) ? subscriber->party : NULL;
}

bool ald_subscribe_part(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_node *replay = ald_list_pop_front(&party->replays);
    struct ald_node *node = ald_list_first(&party->subscriptions);

    if (replay != NULL) {
        ald_list_entry(replay, struct ald_replay, of_party)->party = NULL;
        return true;
    }
    if (node != NULL) {
        subscriber_free(hub, ald_list_entry(node, struct ald_subscriber, of_party));
        return true;
    }
    return false;
}

static void subscribers_check(const struct ald_series *series)
{
    uint32_t n_subscribers = 0;
    uint64_t number = 0;

    ald_list_each (it, &series->subscribers) {
        const struct ald_subscriber *subscriber = ald_list_entry(it, const struct ald_subscriber, of_series);

        ald_assert(subscriber->series == series);
        ald_assert(subscriber->number > number);
        ald_assert(!filters_are_none(subscriber->filters));
        number = subscriber->number;
        n_subscribers++;
    }
    ald_assert(n_subscribers == series->n_subscribers);
}

void ald_subscribe_check(const struct ald_hub *hub)
{
    uint32_t n_subscriptions = 0;

    ald_list_each (it, &hub->series) {
        const struct ald_series *series = ald_list_entry(it, const struct ald_series, node);

        subscribers_check(series);
        n_subscriptions += series->n_subscribers;
    }
    ald_assert(n_subscriptions == hub->n_subscriptions);
}
