#include "hub/subscribe.h"

#include <stdlib.h>

#include "hub/filters.h"
#include "hub/kept.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/round.h"
#include "hub/spread.h"
#include "hub/state.h"
#include "hub/transit.h"

/* The events of a name. */
struct ald_series {
    struct ald_node node;        /* the hub's that have subscribers, or those that have none, the longest idle first */
    struct ald_node subscribers; /* of ald_subscriber.of_series */
    struct ald_node memory;      /* of ald_parcel_stored.node, the oldest first */
    uint32_t n_subscribers, n_replays, n_events;
    size_t bytes;
    struct ald_str name;
    char text[];
};

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
    ald_wall since;
    struct ald_kept_signal *answer;
};

/* --- names --------------------------------------------------------------------------------------------------------- */

static struct ald_series *series_find(const struct ald_hub *hub, struct ald_str name)
{
    return ald_table_find(&hub->series_by_name, name);
}

static void series_forget_oldest(struct ald_hub *hub, struct ald_series *series)
{
    struct ald_parcel_stored *stored = ald_list_entry(series->memory.next, struct ald_parcel_stored, node);

    ald_round_pass(hub, &stored->node);
    ald_node_remove(&stored->node);
    series->n_events--;
    series->bytes -= stored->cost;
    hub->series_bytes -= stored->cost;
    ald_parcel_discard(hub, stored);
}

static void series_free(struct ald_hub *hub, struct ald_series *series)
{
    while (series->n_events > 0) {
        series_forget_oldest(hub, series);
    }
    ald_round_forget(hub, &series->subscribers);
    ald_table_remove(&hub->series_by_name, series->name);
    ald_node_remove(&series->node);
    hub->n_series--;
    free(series);
}

/* Room for one more; false: all have subscribers. */
static bool series_make_room(struct ald_hub *hub)
{
    struct ald_node *node = ald_list_first(&hub->series_idle);
    struct ald_series *oldest = node != NULL ? ald_list_entry(node, struct ald_series, node) : NULL;

    if (hub->n_series < ALD_SERIES_MAX) {
        return true;
    }
    if (oldest == NULL || oldest->n_replays > 0) {
        return false;
    }
    series_free(hub, oldest);
    return true;
}

enum { SUBSCRIBE_FULL = 1 };

/* Outcome: SUBSCRIBE_FULL. Errors: ALDIS_E_NOMEM. */
static int series_get(struct ald_hub *hub, struct ald_str name, struct ald_series **ret_series)
{
    struct ald_series *series = series_find(hub, name);
    int r;

    if (series != NULL) {
        *ret_series = series;
        return 0;
    }
    if (!series_make_room(hub)) {
        return SUBSCRIBE_FULL;
    }
    series = malloc(sizeof(*series) + name.size);
    if (series == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *series = (struct ald_series){.n_events = 0};
    memcpy(series->text, name.data, name.size);
    series->name = ald_str_of(series->text, name.size);
    ald_node_init(&series->node);
    ald_node_init(&series->subscribers);
    ald_node_init(&series->memory);
    r = ald_table_add(&hub->series_by_name, series->name, series);
    if (r < 0) {
        free(series);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_list_push_back(&hub->series_idle, &series->node);
    hub->n_series++;
    *ret_series = series;
    return 0;
}

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
    if (--series->n_subscribers == 0) {
        ald_node_remove(&series->node);
        ald_list_push_back(&hub->series_idle, &series->node);
    }
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
    if (series->n_subscribers++ == 0) {
        ald_node_remove(&series->node);
        ald_list_push_back(&hub->series, &series->node);
    }
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

/* Outcome: SUBSCRIBE_FULL. Errors: ALDIS_E_NOMEM. */
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
        return SUBSCRIBE_FULL;
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
    *replay = (struct ald_replay){.since = signal->subscription->since};
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
        replay->since = UINT64_MAX;
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

static void replay_start(struct ald_hub *hub, struct ald_replay *replay, struct ald_party *party,
                         struct ald_series *series)
{
    replay->party = party;
    replay->series = series;
    series->n_replays++;
    ald_list_push_back(&party->replays, &replay->of_party);
    ald_round_call(hub, &replay->round);
}

static bool subscription_is_sound(const struct ald_subscription *asked)
{
    return asked->name.size > 0 && asked->name.size <= ALD_NAME_MAX && asked->filters.size <= ALD_FILTERS_MAX &&
           asked->action < ALD_N_SUBSCRIBES;
}

static void subscribe_try(struct ald_hub *hub, struct ald_party *party, const struct ald_signal *signal)
{
    struct ald_replay *replay = NULL;
    struct ald_series *series = NULL;
    int r = replay_new(hub, signal, &replay);

    if (r == 0) {
        r = series_get(hub, signal->subscription->name, &series);
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
    subscribe_refuse(hub, party, signal, ALD_CAUSE_BUSY, ALD_STR("too many subscriptions"));
}

void ald_subscribe_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);

    if (party == NULL || signal->subscription == NULL || party->peering != ALD_PEERING_NONE) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
    } else if (signal->denied) {
        subscribe_refuse(hub, party, signal, ALD_CAUSE_NOT_ALLOWED, ald_str(ald_cause_text(ALD_CAUSE_NOT_ALLOWED)));
    } else if (!subscription_is_sound(signal->subscription)) {
        subscribe_refuse(hub, party, signal, ALD_CAUSE_INVALID, ALD_STR("not a valid subscription"));
    } else {
        subscribe_try(hub, party, signal);
    }
}

/* False: not for it. What was published after it asked is told by its own round. */
static bool replay_wants(const struct ald_replay *replay, const struct ald_parcel_stored *stored)
{
    const struct ald_subscriber *subscriber = party_subscriber(replay->party, replay->series);

    return subscriber != NULL && stored->wall > replay->since &&
           ald_filters_meet(subscriber->filters, stored->parcel.msg->filters);
}

bool ald_subscribe_work(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_replay *replay = ald_container(round, struct ald_replay, round);
    struct ald_parcel_stored *stored;
    struct ald_signal signal;
    struct ald_node *node;

    if (replay->party == NULL) {
        return false;
    }
    if (!hub->walk.begun) {
        ald_round_begin(hub, &replay->series->memory);
    }
    node = ald_round_next(hub);
    stored = node != NULL ? ald_list_entry(node, struct ald_parcel_stored, node) : NULL;
    if (stored == NULL || stored->number > round->number) {
        return false;
    }
    if (replay_wants(replay, stored)) {
        signal = ald_parcel_signal(&stored->parcel);
        if (ald_transit_offer(hub, replay->party, &signal, NULL)) {
            replay->answer->signal.ok = true;
            ald_hub_count(hub, ALD_N_EVENTS_REPLAYED);
        } else {
            ald_hub_count(hub, ALD_N_BROADCASTS_MISSED);
        }
    }
    return true;
}

void ald_subscribe_ended(struct ald_hub *hub, struct ald_round *round)
{
    struct ald_replay *replay = ald_container(round, struct ald_replay, round);

    replay->series->n_replays--;
    if (replay->party != NULL && hub->effects != NULL) { /* else the hub is being freed */
        ald_party_tell(hub, replay->party, &replay->answer->kept);
        if (ald_node_linked(&replay->answer->kept.node)) {
            replay->answer = NULL; /* the window's now */
        }
    }
    replay_discard(hub, replay);
}

/* --- publishing ---------------------------------------------------------------------------------------------------- */

bool ald_subscribe_knows(const struct ald_hub *hub, struct ald_str name)
{
    return series_find(hub, name) != NULL;
}

/* Strictly increasing (link 4.10), so that nothing is missed that came in the same moment as what a subscriber has. */
static void series_remember(struct ald_hub *hub, struct ald_series *series, const struct ald_parcel *parcel)
{
    struct ald_parcel_stored *stored = NULL;

    if (ald_parcel_store(parcel, &stored) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        return;
    }
    hub->series_wall = ALD_MAX(hub->wall, hub->series_wall + 1);
    stored->wall = hub->series_wall;
    stored->number = ald_hub_number(hub);
    ald_list_push_back(&series->memory, &stored->node);
    series->n_events++;
    series->bytes += stored->cost;
    hub->series_bytes += stored->cost;
    while (series->n_events > ALD_SERIES_EVENTS_MAX ||
           (series->n_events > 0 &&
            (series->bytes > ALD_SERIES_BYTES_MAX || hub->series_bytes > ALD_SERIES_ALL_BYTES_MAX))) {
        series_forget_oldest(hub, series);
    }
}

void ald_subscribe_publish(struct ald_hub *hub, const struct ald_parcel *parcel)
{
    struct ald_series *series = series_find(hub, parcel->msg->name);

    ald_assert(series != NULL);
    series_remember(hub, series, parcel);
    ald_spread_start(hub, parcel);
}

struct ald_node *ald_subscribe_list(const struct ald_hub *hub, struct ald_str name)
{
    struct ald_series *series = series_find(hub, name);

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

void ald_subscribe_fini(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_first(&hub->series_idle)) != NULL) {
        series_free(hub, ald_list_entry(node, struct ald_series, node));
    }
    ald_assert(ald_list_empty(&hub->series));
    ald_parcel_reap(hub);
}

static void series_check(const struct ald_series *series)
{
    uint32_t n_subscribers = 0, n_events = 0;
    uint64_t number = 0;
    size_t bytes = 0;

    ald_list_each (it, &series->subscribers) {
        const struct ald_subscriber *subscriber = ald_list_entry(it, const struct ald_subscriber, of_series);

        ald_assert(subscriber->series == series);
        ald_assert(subscriber->number > number);
        ald_assert(!filters_are_none(subscriber->filters));
        number = subscriber->number;
        n_subscribers++;
    }
    ald_list_each (it, &series->memory) {
        bytes += ald_list_entry(it, const struct ald_parcel_stored, node)->cost;
        n_events++;
    }
    ald_assert(n_subscribers == series->n_subscribers);
    ald_assert(n_events == series->n_events && n_events <= ALD_SERIES_EVENTS_MAX);
    ald_assert(bytes == series->bytes);
}

void ald_subscribe_check(const struct ald_hub *hub)
{
    const struct ald_node *lists[] = {&hub->series, &hub->series_idle};
    uint32_t n = 0, n_subscriptions = 0;
    size_t bytes = 0;

    for (size_t i = 0; i < ALD_COUNT(lists); i++) {
        ald_list_each (it, lists[i]) {
            const struct ald_series *series = ald_list_entry(it, const struct ald_series, node);

            series_check(series);
            ald_assert((series->n_subscribers == 0) == (lists[i] == &hub->series_idle));
            ald_assert(series_find(hub, series->name) == series);
            bytes += series->bytes;
            n_subscriptions += series->n_subscribers;
            n++;
        }
    }
    ald_assert(n == hub->n_series && n <= ALD_SERIES_MAX);
    ald_assert(bytes == hub->series_bytes);
    ald_assert(n_subscriptions == hub->n_subscriptions);
}
