/*
 * GET /metrics: everything that is counted, for monitoring.
 *
 * Each family has a bounded number of samples, whatever peers do: names of commands are bounded by the tally, names of
 * targets by METRICS_TARGETS_MAX, and everything else is a table of ours. What is over a bound is summed up as "other",
 * so that sums over all of them stay right.
 */

#include <stdio.h>

#include "base/error.h"
#include "flag/flag_list.h"
#include "mgmt/mgmt_impl.h"
#include "mgmt/openmetrics.h"

enum {
    /* Targets with samples of their own: a page of metrics is no list of targets, of which there may be 50,000. */
    METRICS_TARGETS_MAX = 256,
    METRICS_NAME_MAX = 128
};

/* A counter of one of our tables, whose words make its name: `read_bytes` of the transport is measured in bytes. */
static const char *unit_of(struct ald_str name)
{
    return name.size > 6 && ald_str_equal(ald_str_from(name, name.size - 6), ALD_STR("_bytes")) ? "bytes" : NULL;
}

/* Begin the family of a counter `name` of a `part` of the program. Its name lives in `text`. */
static void counter_begin(struct ald_metrics *metrics, char text[METRICS_NAME_MAX], const char *part, const char *name,
                          const char *meaning)
{
    char help[METRICS_NAME_MAX];

    (void)snprintf(text, METRICS_NAME_MAX, "aldis_%s_%s", part, name);
    if (meaning == NULL) {
        (void)snprintf(help, sizeof(help), "%s", name);
        for (char *at = help; *at != '\0'; at++) {
            *at = *at == '_' ? ' ' : *at;
        }
        meaning = help;
    }
    ald_metrics_family(metrics, text, ALD_METRIC_COUNTER, unit_of(ald_str(text)), ald_str(meaning));
}

static void counter_write(struct ald_metrics *metrics, const char *part, const char *name, const char *meaning,
                          uint64_t value)
{
    char text[METRICS_NAME_MAX];

    counter_begin(metrics, text, part, name, meaning);
    ald_metrics_value(metrics, NULL, 0, value);
}

static void gauge_write(struct ald_metrics *metrics, const char *name, const char *unit, const char *help,
                        uint64_t value)
{
    ald_metrics_family(metrics, name, ALD_METRIC_GAUGE, unit, ald_str(help));
    ald_metrics_value(metrics, NULL, 0, value);
}

static void hub_write(struct ald_mgmt_call *call, struct ald_metrics *metrics)
{
    const struct ald_mgmt *mgmt = call->mgmt;
    struct ald_metric_label labels[] = {
        {"version", ALD_STR(ALDIS_VERSION)}, {"hub", mgmt->id}, {"identifier", mgmt->identifier}};
    struct ald_hub_totals totals;

    ald_hub_totals(call->hub, &totals);
    ald_metrics_family(metrics, "aldis_build", ALD_METRIC_INFO, NULL, ALD_STR("What runs here."));
    ald_metrics_value(metrics, labels, ALD_COUNT(labels), 1);
    ald_metrics_family(metrics, "aldis_start_time_seconds", ALD_METRIC_GAUGE, "seconds",
                       ALD_STR("When the hub was started, in seconds since 1970."));
    ald_metrics_micro(metrics, NULL, 0, mgmt->started_wall);
    gauge_write(metrics, "aldis_draining", NULL, "1 when the hub stops and takes no new work.",
                ald_edge_draining(mgmt->edge));
    gauge_write(metrics, "aldis_connections", NULL, "Connections that speak a dialect.", ald_edge_conns(mgmt->edge));
    gauge_write(metrics, "aldis_streams", NULL, "Connections of any kind, HTTP included.",
                ald_net_streams(ald_edge_net(mgmt->edge)));
    gauge_write(metrics, "aldis_targets", NULL, "Targets that can be commanded.", totals.n_targets);
    gauge_write(metrics, "aldis_commands_in_flight", NULL, "Commands that were given to a channel and have no outcome.",
                totals.n_in_flight);
    gauge_write(metrics, "aldis_commands_queued", NULL, "Commands that wait for a channel.", totals.n_queued);
    gauge_write(metrics, "aldis_commands_queued_bytes", "bytes", "What the commands that wait hold.",
                totals.queued_bytes);
    gauge_write(metrics, "aldis_event_streams", NULL, "Readers of /api/v1/events.", mgmt->feed.n_readers);
    counter_write(metrics, "event", "lines_lost", "lines that slow readers of /api/v1/events did not get",
                  mgmt->feed.n_lost);
    counter_write(metrics, "event", "gaps", "times that a reader of /api/v1/events was told that something is missing",
                  mgmt->feed.n_gaps);
    counter_write(metrics, "event", "streams_refused", "readers of /api/v1/events turned away because of their number",
                  mgmt->feed.n_refused);
    gauge_write(metrics, "aldis_commands_remembered", NULL, "Outcomes that one can still ask for.", totals.n_history);
}

static void channels_write(struct ald_mgmt_call *call, struct ald_metrics *metrics)
{
    struct ald_metric_label live = {"state", ALD_STR("live")}, away = {"state", ALD_STR("away")};
    uint64_t n_live = 0, n_away = 0, n_active = 0, n_primary = 0, n_leaving = 0;
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    while (ald_hub_next_channel(call->hub, ALD_STR_NONE, &cursor, &channel)) {
        n_live += channel.state == ALD_CHANNEL_LIVE;
        n_away += channel.state == ALD_CHANNEL_AWAY;
        n_active += channel.active;
        n_primary += channel.primary;
        n_leaving += channel.leaving;
    }
    ald_metrics_family(metrics, "aldis_channels", ALD_METRIC_GAUGE, NULL, ALD_STR("Channels, by state."));
    ald_metrics_value(metrics, &live, 1, n_live);
    ald_metrics_value(metrics, &away, 1, n_away);
    gauge_write(metrics, "aldis_channels_active", NULL, "Channels that may be chosen for a command.", n_active);
    gauge_write(metrics, "aldis_channels_primary", NULL, "Channels that confirmed being primary.", n_primary);
    gauge_write(metrics, "aldis_channels_leaving", NULL, "Channels that were asked to leave.", n_leaving);
}

/* What is told of each target. */
struct gauge {
    const char *name;
    const char *unit;
    const char *help;
    uint64_t (*read)(const struct ald_target_view *target);
};

static uint64_t target_channels(const struct ald_target_view *target)
{
    return target->n_channels;
}

static uint64_t target_active(const struct ald_target_view *target)
{
    return target->n_active;
}

static uint64_t target_queued(const struct ald_target_view *target)
{
    return target->queued;
}

static uint64_t target_queued_bytes(const struct ald_target_view *target)
{
    return target->queued_bytes;
}

static uint64_t target_primary(const struct ald_target_view *target)
{
    return ald_str_present(target->primary);
}

static const struct gauge target_gauges[] = {
    {"aldis_target_channels", NULL, "Channels of a target.", target_channels},
    {"aldis_target_channels_active", NULL, "Channels of a target that may be chosen.", target_active},
    {"aldis_target_queued", NULL, "Commands that wait for any channel of a target.", target_queued},
    {"aldis_target_queued_bytes", "bytes", "What these hold.", target_queued_bytes},
    {"aldis_target_has_primary", NULL, "1 when a channel of the target confirmed being primary.", target_primary},
};

static void targets_write(struct ald_mgmt_call *call, struct ald_metrics *metrics, const struct gauge *gauge)
{
    struct ald_metric_label label = {"target", ALD_STR_NONE};
    struct ald_target_view target;
    uint64_t cursor = 0, other = 0;
    uint32_t n = 0;

    ald_metrics_family(metrics, gauge->name, ALD_METRIC_GAUGE, gauge->unit, ald_str(gauge->help));
    while (ald_hub_next_target(call->hub, &cursor, &target)) {
        if (n < METRICS_TARGETS_MAX && ald_utf8_valid(target.name) &&
            !ald_str_equal(target.name, ALD_STR(TALLY_OTHER))) {
            label.value = target.name;
            ald_metrics_value(metrics, &label, 1, gauge->read(&target));
            n++;
        } else {
            other += gauge->read(&target);
        }
    }
    label.value = ALD_STR(TALLY_OTHER);
    ald_metrics_value(metrics, &label, 1, other);
}

static void row_write(struct ald_metrics *metrics, const struct ald_tally_row *row)
{
    for (int i = ALD_SUCCEEDED; i < TALLY_OUTCOMES; i++) {
        struct ald_metric_label labels[] = {{"name", row->name},
                                            {"outcome", ald_str(ald_outcome_name((enum ald_outcome)i))}};

        ald_metrics_value(metrics, labels, ALD_COUNT(labels), row->ended[i]);
    }
}

static void commands_write(struct ald_mgmt_call *call, struct ald_metrics *metrics)
{
    const struct ald_tally *tally = &call->mgmt->tally;

    ald_metrics_family(metrics, "aldis_commands", ALD_METRIC_COUNTER, NULL,
                       ALD_STR("Commands that ended, by name and outcome; names beyond the first 256 that ran, and of "
                               "commands that were only ever refused, are \"other\"."));
    ald_list_each (node, &tally->rows) {
        row_write(metrics, ald_list_entry(node, const struct ald_tally_row, node));
    }
    row_write(metrics, &tally->other);

    ald_metrics_family(metrics, "aldis_command_duration_seconds", ALD_METRIC_HISTOGRAM, "seconds",
                       ALD_STR("From the submit of a command to its outcome."));
    for (int i = ALD_SUCCEEDED; i < TALLY_OUTCOMES; i++) {
        const struct ald_tally_times *times = &tally->times[i];
        struct ald_metric_label label = {"outcome", ald_str(ald_outcome_name((enum ald_outcome)i))};
        struct ald_metric_histogram histogram = {
            .bounds = ald_tally_bounds,
            .counts = times->counts,
            .n_bounds = TALLY_BUCKETS,
            .sum_micro = times->sum_usec,
        };

        ald_metrics_histogram(metrics, &label, &histogram);
    }
}

static void tables_write(struct ald_mgmt_call *call, struct ald_metrics *metrics)
{
    const struct ald_edge_counters *edge = ald_edge_counters(call->mgmt->edge);
    const struct ald_net_counters *net = ald_net_counters(ald_edge_net(call->mgmt->edge));

    for (int i = 0; i < ALD_N_COUNTERS; i++) {
        counter_write(metrics, "hub", ald_counter_name((enum ald_counter)i), ald_counter_meaning((enum ald_counter)i),
                      ald_hub_counter(call->hub, (enum ald_counter)i));
    }
#define ALD_X(name, meaning) counter_write(metrics, "edge", #name, meaning, edge->name);
    ALD_EDGE_COUNTERS(ALD_X)
#undef ALD_X
#define ALD_X(name, meaning) counter_write(metrics, "transport", #name, meaning, net->name);
    ALD_NET_COUNTERS(ALD_X)
#undef ALD_X
    for (size_t i = 0; i < call->mgmt->auth.n; i++) {
        counter_write(metrics, "auth", call->mgmt->auth.names[i], call->mgmt->auth.meanings[i],
                      call->mgmt->auth.values[i]);
    }
    for (size_t i = 0; ald_dialects[i] != NULL; i++) {
        const uint64_t *counters = ald_edge_dialect_counters(call->mgmt->edge, i);
        const char *const *meanings = ald_dialects[i]->counter_meanings;

        for (size_t j = 0; j < ald_dialects[i]->n_counters; j++) {
            counter_write(metrics, "dialect", ald_dialects[i]->counter_names[j], meanings != NULL ? meanings[j] : NULL,
                          counters[j]);
        }
    }
}

/* Which flags are raised: a folder shows at most a hundred and one. */
static void flags_write(struct ald_mgmt_call *call, struct ald_metrics *metrics)
{
    const struct ald_mgmt_flags *flags = &call->mgmt->flags;
    const struct ald_flag_list *list;
    const char *problem;

    if (flags->read == NULL) {
        return;
    }
    list = flags->read(flags->owner, &problem);
    gauge_write(metrics, "aldis_flags_folder_readable", NULL, "1 when the folder of flags can be read.", list != NULL);
    gauge_write(metrics, "aldis_flags_raised", NULL, "Flags that are raised.", list != NULL ? list->n_flags : 0);
    gauge_write(metrics, "aldis_flags_urgent", NULL, "Of these, with a priority of 50 and more.",
                list != NULL ? list->n_urgent : 0);
    gauge_write(metrics, "aldis_flags_unreadable", NULL, "Files in the folder of flags that cannot be read as one.",
                list != NULL ? list->n_broken : 0);
    ald_metrics_family(metrics, "aldis_flag_priority", ALD_METRIC_GAUGE, NULL, ALD_STR("Priority of each flag."));
    for (size_t i = 0; list != NULL && i < list->n_flags; i++) {
        const struct ald_flag_id *id = &list->flags[i]->id;
        struct ald_metric_label labels[] = {{"unit", id->unit}, {"section", id->section}, {"name", id->name}};

        ald_metrics_value(metrics, labels, ALD_COUNT(labels), list->flags[i]->priority);
    }
    for (size_t i = 0; i < flags->counters.n; i++) {
        counter_write(metrics, "flags", flags->counters.names[i], flags->counters.meanings[i],
                      flags->counters.values[i]);
    }
}

/* One column of the table of a door's counters. */
static const struct {
    const char *name, *meaning;
    size_t offset;
} door_columns[] = {
#define ALD_X(name, meaning) {#name, meaning, offsetof(struct ald_door_counters, name)},
    ALD_DOOR_COUNTERS(ALD_X)
#undef ALD_X
};

static void doors_write(struct ald_mgmt_call *call, struct ald_metrics *metrics)
{
    for (size_t i = 0; i < ALD_COUNT(door_columns); i++) {
        const struct ald_door *door = NULL;
        char text[METRICS_NAME_MAX];

        counter_begin(metrics, text, "door", door_columns[i].name, door_columns[i].meaning);
        while ((door = ald_edge_next_door(call->mgmt->edge, door)) != NULL) {
            struct ald_metric_label labels[] = {{"door", ald_str(ald_door_name(door))},
                                                {"address", ald_str(ald_door_address(door))}};
            uint64_t value;

            memcpy(&value, (const char *)ald_door_counters(door) + door_columns[i].offset, sizeof(value));
            ald_metrics_value(metrics, labels, ALD_COUNT(labels), value);
        }
    }
}

int ald_mgmt_metrics(struct ald_mgmt_call *call)
{
    struct ald_str accept = ald_http_fields_find(call->head->fields, ALD_STR("Accept"));
    bool open = ald_metrics_open_wanted(accept);
    struct ald_metrics metrics;
    int r;

    call->page->type = ald_metrics_type(open);
    ald_mgmt_field(call, ALD_STR("Vary"), ALD_STR("Accept"));
    ald_metrics_init(&metrics, &call->page->body, open);
    hub_write(call, &metrics);
    channels_write(call, &metrics);
    for (size_t i = 0; i < ALD_COUNT(target_gauges); i++) {
        targets_write(call, &metrics, &target_gauges[i]);
    }
    commands_write(call, &metrics);
    tables_write(call, &metrics);
    doors_write(call, &metrics);
    flags_write(call, &metrics);

    r = ald_metrics_done(&metrics);
    if (r == ALD_BUF_FULL) {
        r = ald_mgmt_problem(call, 500, "The answer is too large");
    }
    return r < 0 ? ald_trace(r) : 0;
}
