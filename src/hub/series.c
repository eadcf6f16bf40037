#include "hub/series.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/parcel.h"
#include "hub/self.h"
#include "hub/state.h"
#include "hub/who.h"

/* Of those that grew too old together, so many are forgotten as one unit of a step. */
enum { SERIES_EXPIRED_MAX = 16 };

struct ald_series *ald_series_find(const struct ald_hub *hub, struct ald_str name)
{
    return hub->n_series > 0 ? ald_table_find(&hub->series_by_name, name) : NULL;
}

/* --- forgetting ---------------------------------------------------------------------------------------------------- */

static struct ald_remembered *memory_oldest(const struct ald_node *memory)
{
    struct ald_node *node = ald_list_first(memory);

    return node != NULL ? ald_list_entry(node, struct ald_remembered, of_series) : NULL;
}

static struct ald_remembered *all_oldest(const struct ald_hub *hub)
{
    struct ald_node *node = ald_list_first(&hub->remembered);

    return node != NULL ? ald_list_entry(node, struct ald_remembered, of_all) : NULL;
}

/* What a step said of it is shown until the next one. */
static void remembered_forget(struct ald_hub *hub, struct ald_remembered *remembered)
{
    struct ald_series *series = remembered->series;

    ald_round_pass(hub, &remembered->of_series);
    ald_node_remove(&remembered->of_series);
    ald_node_remove(&remembered->of_all);
    series->n_events--;
    series->bytes -= remembered->cost;
    series->since = ALD_MAX(series->since, remembered->at);
    hub->remembered_bytes -= remembered->cost;
    remembered->msg = ald_msg_unref(remembered->msg);
    ald_list_push_back(&hub->forgotten, &remembered->of_all);
}

static void alarm_watch(struct ald_hub *hub)
{
    const struct ald_remembered *oldest = all_oldest(hub);

    if (oldest == NULL) {
        ald_hub_alarm_stop(hub, &hub->series_alarm);
    } else if (!ald_timer_running(&hub->series_alarm.timer)) {
        ald_hub_alarm_set(hub, &hub->series_alarm, oldest->came + hub->config.replay_age);
    }
}

void ald_series_expired(struct ald_hub *hub)
{
    struct ald_remembered *oldest;

    for (int n = 0; n < SERIES_EXPIRED_MAX && (oldest = all_oldest(hub)) != NULL &&
                    hub->now - oldest->came >= hub->config.replay_age;
         n++) {
        ald_hub_count(hub, ALD_N_EVENTS_OUTDATED);
        remembered_forget(hub, oldest);
    }
    alarm_watch(hub);
}

static void series_trim(struct ald_hub *hub, struct ald_series *series)
{
    while (series->n_events > hub->config.replay_max || series->bytes > hub->config.replay_name_bytes_max) {
        ald_hub_count(hub, ALD_N_EVENTS_FORGOTTEN);
        remembered_forget(hub, memory_oldest(&series->memory));
    }
    while (hub->remembered_bytes > hub->config.replay_bytes_max) {
        ald_hub_count(hub, ALD_N_EVENTS_FORGOTTEN);
        remembered_forget(hub, all_oldest(hub));
    }
}

void ald_series_reap(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&hub->forgotten)) != NULL) {
        struct ald_remembered *remembered = ald_list_entry(node, struct ald_remembered, of_all);

        ald_who_unref(remembered->who);
        free(remembered);
    }
}

/* --- names --------------------------------------------------------------------------------------------------------- */

static void series_free(struct ald_hub *hub, struct ald_series *series)
{
    while (series->n_events > 0) {
        remembered_forget(hub, memory_oldest(&series->memory));
    }
    ald_round_forget(hub, &series->subscribers);
    ald_round_forget(hub, &series->memory);
    ald_table_remove(&hub->series_by_name, series->name);
    ald_node_remove(&series->node);
    hub->n_series--;
    free(series);
    alarm_watch(hub);
}

/* Room for one more; false: all have subscribers, or tell somebody just now. */
static bool series_make_room(struct ald_hub *hub)
{
    if (hub->n_series < ALD_SERIES_MAX) {
        return true;
    }
    ald_list_each (it, &hub->series_idle) {
        struct ald_series *oldest = ald_list_entry(it, struct ald_series, node);

        if (oldest->n_replays == 0) {
            series_free(hub, oldest);
            return true;
        }
    }
    return false;
}

static struct ald_series *series_new(struct ald_str name)
{
    struct ald_series *series = malloc(sizeof(*series) + name.size);

    if (series == NULL) {
        return NULL;
    }
    *series = (struct ald_series){.n_events = 0};
    memcpy(series->text, name.data, name.size);
    series->name = ald_str_of(series->text, name.size);
    ald_node_init(&series->node);
    ald_node_init(&series->subscribers);
    ald_node_init(&series->memory);
    return series;
}

/* One that has no subscriber has been asked for just now. */
static void series_touch(struct ald_hub *hub, struct ald_series *series)
{
    if (series->n_subscribers == 0) {
        ald_node_remove(&series->node);
        ald_list_push_back(&hub->series_idle, &series->node);
    }
}

int ald_series_get(struct ald_hub *hub, struct ald_str name, struct ald_series **ret_series)
{
    struct ald_series *series = ald_series_find(hub, name);
    int r;

    if (series != NULL) {
        series_touch(hub, series);
        *ret_series = series;
        return 0;
    }
    if (!series_make_room(hub)) {
        return ALD_SERIES_FULL;
    }
    series = series_new(name);
    if (series == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_table_add(&hub->series_by_name, series->name, series);
    if (r < 0) {
        free(series);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    series->since = ald_hub_stamp(hub);
    ald_list_push_back(&hub->series_idle, &series->node);
    hub->n_series++;
    *ret_series = series;
    return 0;
}

void ald_series_event(struct ald_hub *hub, struct ald_event *event)
{
    struct ald_series *series = NULL;
    int r = event->text.size > 0 && event->text.size <= ALD_NAME_MAX ? ald_series_get(hub, event->text, &series)
                                                                     : ALD_SERIES_FULL;

    if (r < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
    }
    event->result = r == 0 ? 0 : ALD_ASK_CONFLICT;
}

void ald_series_join(struct ald_hub *hub, struct ald_series *series)
{
    if (series->n_subscribers++ == 0) {
        ald_node_remove(&series->node);
        ald_list_push_back(&hub->series, &series->node);
    }
}

void ald_series_part(struct ald_hub *hub, struct ald_series *series)
{
    ald_assert(series->n_subscribers > 0);
    series->n_subscribers--;
    series_touch(hub, series);
}

/* --- remembering --------------------------------------------------------------------------------------------------- */

static size_t remembered_size(const struct ald_parcel *parcel)
{
    return sizeof(struct ald_remembered) + parcel->from.size;
}

static struct ald_remembered *remembered_new(const struct ald_parcel *parcel, const struct ald_series_fate *fate)
{
    struct ald_remembered *remembered = malloc(remembered_size(parcel));
    char *room;

    if (remembered == NULL) {
        return NULL;
    }
    *remembered = (struct ald_remembered){
        .cost = remembered_size(parcel) + ald_msg_cost(parcel->msg),
        .id = parcel->id,
        .msg = ald_msg_ref(parcel->msg),
        .who = ald_who_ref(parcel->who),
        .fate = fate->fate,
        .cause = fate->cause,
        .is_published = ald_self_is_meant(parcel->msg),
        .has_channel = fate->channel != NULL,
    };
    room = remembered->text;
    remembered->from = ald_str_keep(parcel->from, &room);
    ald_node_init(&remembered->of_series);
    ald_node_init(&remembered->of_all);
    if (fate->channel != NULL) {
        memcpy(remembered->channel, fate->channel->id, ALD_ID_TEXT);
    }
    return remembered;
}

static void series_add(struct ald_hub *hub, struct ald_series *series, struct ald_remembered *remembered, ald_wall at)
{
    remembered->series = series;
    remembered->at = at;
    remembered->came = hub->now;
    remembered->number = ald_hub_number(hub);
    ald_list_push_back(&series->memory, &remembered->of_series);
    ald_list_push_back(&hub->remembered, &remembered->of_all);
    series->n_events++;
    series->bytes += remembered->cost;
    hub->remembered_bytes += remembered->cost;
    series_trim(hub, series);
    alarm_watch(hub);
}

ald_wall ald_series_remember(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_series_fate *fate)
{
    struct ald_series *series = ald_series_find(hub, parcel->msg->name);
    struct ald_remembered *remembered;
    ald_wall at;

    if (series == NULL) {
        return 0;
    }
    at = ald_hub_stamp(hub);
    remembered = remembered_new(parcel, fate);
    if (remembered != NULL) {
        series_add(hub, series, remembered, at);
    } else {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_EVENTS_FORGOTTEN);
        series->since = at;
    }
    return at;
}

struct ald_signal ald_series_signal(const struct ald_remembered *remembered)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    signal.msg = ald_msg_ref(remembered->msg);
    signal.id = remembered->id;
    signal.from = remembered->from;
    return signal;
}

/* --- the end, and what holds until then ----------------------------------------------------------------------------- */

void ald_series_fini(struct ald_hub *hub)
{
    struct ald_node *node;

    while ((node = ald_list_first(&hub->series_idle)) != NULL) {
        series_free(hub, ald_list_entry(node, struct ald_series, node));
    }
    ald_assert(ald_list_empty(&hub->series));
    ald_assert(ald_list_empty(&hub->remembered) && hub->remembered_bytes == 0);
    ald_series_reap(hub);
}

static void series_check(const struct ald_hub *hub, const struct ald_series *series)
{
    uint32_t n_events = 0;
    ald_wall at = 0;
    size_t bytes = 0;

    ald_list_each (it, &series->memory) {
        const struct ald_remembered *remembered = ald_list_entry(it, const struct ald_remembered, of_series);

        ald_assert(remembered->series == series);
        ald_assert(remembered->at > at);
        at = remembered->at;
        bytes += remembered->cost;
        n_events++;
    }
    ald_assert(n_events == series->n_events && n_events <= hub->config.replay_max);
    ald_assert(bytes == series->bytes && bytes <= hub->config.replay_name_bytes_max);
    ald_assert(series->since <= hub->stamp && at <= hub->stamp);
}

static void all_check(const struct ald_hub *hub)
{
    size_t bytes = 0;
    ald_wall at = 0;

    ald_list_each (it, &hub->remembered) {
        const struct ald_remembered *remembered = ald_list_entry(it, const struct ald_remembered, of_all);

        ald_assert(remembered->at > at);
        at = remembered->at;
        bytes += remembered->cost;
    }
    ald_assert(bytes == hub->remembered_bytes && bytes <= hub->config.replay_bytes_max);
    ald_assert((bytes > 0) == ald_timer_running(&hub->series_alarm.timer));
}

void ald_series_check(const struct ald_hub *hub)
{
    const struct ald_node *lists[] = {&hub->series, &hub->series_idle};
    uint32_t n = 0;
    size_t bytes = 0;

    for (size_t i = 0; i < ALD_COUNT(lists); i++) {
        ald_list_each (it, lists[i]) {
            const struct ald_series *series = ald_list_entry(it, const struct ald_series, node);

            series_check(hub, series);
            ald_assert((series->n_subscribers == 0) == (lists[i] == &hub->series_idle));
            ald_assert(ald_series_find(hub, series->name) == series);
            bytes += series->bytes;
            n++;
        }
    }
    ald_assert(n == hub->n_series && n <= ALD_SERIES_MAX);
    ald_assert(bytes == hub->remembered_bytes);
    all_check(hub);
}
