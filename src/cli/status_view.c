#include "cli/status_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "cli/read.h"

struct showing {
    FILE *out;
    const struct ald_status_view *view;
    size_t n_lines;
    size_t n_refusals;
};

/* --- lines --------------------------------------------------------------------------------------------------------- */

static void show_begin(struct showing *showing, const char *title)
{
    bool bold = showing->view->colour && title[0] != '\0';

    fprintf(showing->out, "%s%-11s%s", bold ? "\033[1m" : "", title, bold ? "\033[0m" : "");
}

static void show_end(struct showing *showing)
{
    fprintf(showing->out, "%s\n", showing->view->erase);
    showing->n_lines++;
}

static void show_line(struct showing *showing, const char *title, const char *format, ...) ALD_PRINTF(3, 4);

static void show_line(struct showing *showing, const char *title, const char *format, ...)
{
    va_list args;

    show_begin(showing, title);
    va_start(args, format);
    vfprintf(showing->out, format, args);
    va_end(args);
    show_end(showing);
}

static uint64_t show_number(const struct ald_json_node *hub, const char *group, const char *name)
{
    return ald_read_u64(ald_json_find(hub, ald_str(group)), name);
}

/* --- parts --------------------------------------------------------------------------------------------------------- */

static void show_hub(struct showing *showing, const struct ald_json_node *hub)
{
    struct ald_read_text id, version, started;
    char up[32];

    ald_read_str(hub, "started", &started);
    ald_duration_format(ald_read_u64(hub, "uptime_ms") * ALD_MSEC, up);
    show_line(showing, "hub", "%.200s, aldis %.60s%s", ald_read_str(hub, "id", &id),
              ald_read_str(hub, "version", &version), ald_read_bool(hub, "draining") ? ", draining" : "");
    show_line(showing, "up", "%s%s%.60s", up, started.text[0] != '\0' ? ", since " : "", started.text);
    show_line(showing, "asked at", "%s", showing->view->url);
}

static void show_doors(struct showing *showing, const struct ald_json_node *hub)
{
    const char *title = "doors";

    ald_json_each(door, ald_json_find(hub, ALD_STR("doors")))
    {
        struct ald_read_text name, address;

        show_line(showing, title, "%-6s %s", ald_read_str(door, "name", &name),
                  ald_read_str(door, "address", &address));
        title = "";
    }
}

static void show_totals(struct showing *showing, const struct ald_json_node *hub)
{
    show_line(showing, "connected", "%" PRIu64 " connections, %" PRIu64 " targets, %" PRIu64 " channels",
              show_number(hub, "totals", "connections"), show_number(hub, "totals", "targets"),
              show_number(hub, "totals", "channels"));
    show_line(showing, "under way", "%" PRIu64 " in flight, %" PRIu64 " queued (%" PRIu64 " bytes)",
              show_number(hub, "totals", "in_flight"), show_number(hub, "totals", "queued"),
              show_number(hub, "totals", "queued_bytes"));
}

static void show_outcomes(struct showing *showing, const struct ald_json_node *hub)
{
    static const struct {
        const char *name, *colour;
    } outcomes[] = {{"succeeded", "\033[32m"}, {"failed", "\033[31m"},  {"refused", "\033[33m"},
                    {"cancelled", "\033[33m"}, {"expired", "\033[31m"}, {"lost", "\033[31m"}};

    show_begin(showing, "outcomes");
    for (size_t i = 0; i < ALD_COUNT(outcomes); i++) {
        char counter[40];
        uint64_t n;
        bool coloured;

        snprintf(counter, sizeof(counter), "commands_%s", outcomes[i].name);
        n = show_number(hub, "counters", counter);
        coloured = showing->view->colour && n > 0;
        fprintf(showing->out, "%s%s%" PRIu64 " %s%s", i > 0 ? ", " : "", coloured ? outcomes[i].colour : "", n,
                outcomes[i].name, coloured ? "\033[0m" : "");
    }
    show_end(showing);
}

/* What an administrator of the hub's machine should know; nothing when there is nothing. */
static void show_flags(struct showing *showing, const struct ald_json_node *hub)
{
    const struct ald_json_node *flags = ald_json_find(hub, ALD_STR("flags"));
    uint64_t raised = ald_read_u64(flags, "raised"), urgent = ald_read_u64(flags, "urgent");
    uint64_t unreadable = ald_read_u64(flags, "unreadable");
    struct ald_read_text folder, problem;
    char more[100] = "";
    size_t size = 0;

    if (flags == NULL) {
        return;
    }
    if (ald_read_str(flags, "problem", &problem)[0] != '\0') {
        show_line(showing, "flags", "cannot be read: %s", problem.text);
        return;
    }
    if (urgent > 0) {
        size = (size_t)snprintf(more, sizeof(more), ", %" PRIu64 " urgent", urgent);
    }
    if (unreadable > 0) {
        snprintf(more + size, sizeof(more) - size, ", %" PRIu64 " unreadable", unreadable);
    }
    if (raised + unreadable > 0) {
        show_line(showing, "flags", "%" PRIu64 " raised%s: aldis flag list --dir %s", raised, more,
                  ald_read_str(flags, "folder", &folder));
    }
}

/* The bucket that holds the slowest of the fastest `percent`; the counts add up from bucket to bucket. */
static const char *show_quantile(const struct ald_json_node *latency, unsigned percent, struct ald_read_text *room)
{
    uint64_t n = ald_read_u64(latency, "count");

    ald_json_each(bucket, ald_json_find(latency, ALD_STR("buckets")))
    {
        ald_read_str(bucket, "le_ms", room);
        if (room->text[0] != '\0' && ald_read_u64(bucket, "count") * 100 >= n * percent) {
            return room->text;
        }
    }
    snprintf(room->text, sizeof(room->text), "?");
    return room->text;
}

static void show_latency(struct showing *showing, const struct ald_json_node *hub)
{
    const struct ald_json_node *latency = ald_json_find(hub, ALD_STR("latency"));
    struct ald_read_text half, most, nearly;

    if (ald_read_u64(latency, "count") > 0) {
        show_line(showing, "took", "half at most %s ms, 95 %% at most %s ms, 99 %% at most %s ms",
                  show_quantile(latency, 50, &half), show_quantile(latency, 95, &most),
                  show_quantile(latency, 99, &nearly));
    }
}

/* --- rates --------------------------------------------------------------------------------------------------------- */

static double show_rate(uint64_t now, uint64_t before, uint64_t span_ms)
{
    return now < before || span_ms == 0 ? 0 : (double)(now - before) * 1000 / (double)span_ms;
}

static void show_rates(struct showing *showing, const struct ald_json_node *hub)
{
    struct ald_status_rates *before = showing->view->rates;
    const struct ald_status_rates now = {
        .n = before->n + 1,
        .uptime_ms = ald_read_u64(hub, "uptime_ms"),
        .submitted = show_number(hub, "counters", "commands_submitted"),
        .events = show_number(hub, "counters", "events_delivered"),
        .read_bytes = show_number(hub, "transport", "read_bytes"),
        .written_bytes = show_number(hub, "transport", "written_bytes"),
    };
    /* A hub that was started anew begins at nothing. */
    uint64_t span = before->n > 0 && now.uptime_ms > before->uptime_ms ? now.uptime_ms - before->uptime_ms : 0;

    show_line(showing, "a second", "%.1f commands, %.1f events, %.1f KiB in, %.1f KiB out",
              show_rate(now.submitted, before->submitted, span), show_rate(now.events, before->events, span),
              show_rate(now.read_bytes, before->read_bytes, span) / ALD_KIB,
              show_rate(now.written_bytes, before->written_bytes, span) / ALD_KIB);
    *before = now;
}

/* --- what was refused ---------------------------------------------------------------------------------------------- */

bool ald_status_is_refusal(const char *name)
{
    static const char *const words[] = {
        "refused", "denied",    "dropped",   "undelivered",  "full",     "cut",       "slow",
        "silent",  "malformed", "stray",     "late",         "fail",     "violation", "size",
        "memory",  "evict",     "shed",      "invalid",      "stale",    "broken",    "truncated",
        "unknown", "timeout",   "no_budget", "unauthorized", "expelled", "untaken",
    };
    static const char *const outcomes[] = {"commands_failed", "commands_refused"};

    for (size_t i = 0; i < ALD_COUNT(outcomes); i++) {
        if (strcmp(name, outcomes[i]) == 0) {
            return false; /* shown already */
        }
    }
    for (size_t i = 0; i < ALD_COUNT(words); i++) {
        if (strstr(name, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void show_refusal(struct showing *showing, const char *name, uint64_t n)
{
    if (showing->view->rows == 0 || showing->n_lines + 1 < showing->view->rows) {
        show_line(showing, showing->n_refusals == 0 ? "trouble" : "", "%" PRIu64 " %s", n, name);
    }
    showing->n_refusals++;
}

/* A group of counters, with the groups inside it. */
static void show_refusals(struct showing *showing, const struct ald_json_node *group, const char *path)
{
    ald_json_each_member(name, group)
    {
        const struct ald_json_node *value = name + 1;
        struct ald_str word = ald_json_inner(ald_json_value(name));
        char here[200], room[100];
        uint64_t n;

        word = ald_cli_printable(word, room, sizeof(room));
        snprintf(here, sizeof(here), "%.80s%s%.*s", path, path[0] != '\0' ? " " : "", ALD_STR_ARG(word));
        if (ald_json_type(value) == ALD_JSON_OBJECT) {
            show_refusals(showing, value, here);
        } else if (ald_json_u64(ald_json_value(value), &n) == 0 && n > 0 && ald_status_is_refusal(here)) {
            show_refusal(showing, here, n);
        }
    }
}

static void show_all_refusals(struct showing *showing, const struct ald_json_node *hub)
{
    static const char *const groups[] = {"counters", "edge", "dialects", "transport", "auth", "streams"};
    const struct ald_json_node *doors = ald_json_find(hub, ALD_STR("doors"));

    for (size_t i = 0; i < ALD_COUNT(groups); i++) {
        show_refusals(showing, ald_json_find(hub, ald_str(groups[i])), i == 0 ? "" : groups[i]);
    }
    show_refusals(showing, ald_json_find(ald_json_find(hub, ALD_STR("flags")), ALD_STR("counters")), "flags");
    ald_json_each(door, doors)
    {
        struct ald_read_text name;
        char path[120];

        snprintf(path, sizeof(path), "door %.100s", ald_read_str(door, "name", &name));
        show_refusals(showing, ald_json_find(door, ALD_STR("counters")), path);
    }
    if (showing->n_refusals == 0) {
        show_line(showing, "trouble", "none");
    }
}

void ald_status_print(FILE *out, const struct ald_status_view *view, const struct ald_json_node *hub)
{
    struct showing showing = {.out = out, .view = view};

    show_hub(&showing, hub);
    show_doors(&showing, hub);
    show_totals(&showing, hub);
    show_flags(&showing, hub);
    show_outcomes(&showing, hub);
    show_latency(&showing, hub);
    if (view->rates != NULL) {
        show_rates(&showing, hub);
    }
    show_all_refusals(&showing, hub);
}
