#include "cli/watch_view.h"

#include <inttypes.h>

#include "base/error.h"
#include "cli/duration.h"
#include "cli/outcome.h"
#include "cli/read.h"
#include "msg/json_scan.h"

static const struct ald_str watch_kinds[] = {
    [ALD_WATCH_COMMAND] = ALD_STR("command"), [ALD_WATCH_EVENT] = ALD_STR("event"),
    [ALD_WATCH_CHANNEL] = ALD_STR("channel"), [ALD_WATCH_DROPPED] = ALD_STR("dropped"),
    [ALD_WATCH_GAP] = ALD_STR("gap"),
};

/* Of a payload; the whole is for --json. */
enum { WATCH_PAYLOAD_MAX = 300 };

enum ald_watch_kind ald_watch_kind(struct ald_str type)
{
    for (size_t i = 0; i < ALD_COUNT(watch_kinds); i++) {
        if (ald_str_equal(watch_kinds[i], type)) {
            return (enum ald_watch_kind)i;
        }
    }
    return ALD_WATCH_OTHER;
}

void ald_watch_print_json(FILE *out, const struct ald_fetch_event *event)
{
    struct ald_json_scan scan;
    struct ald_str rest;
    char room[80];

    if (ald_watch_kind(event->type) == ALD_WATCH_OTHER ||
        ald_json_scan(event->data, ALD_JSON_BROKEN_OK, NULL, 0, &scan) != 0) {
        return;
    }
    rest = ald_str_from(scan.value.raw, 1);
    while (rest.size > 0 && memchr(" \t\r\n", rest.data[0], 4) != NULL) {
        rest = ald_str_from(rest, 1);
    }
    fprintf(out, "{\"kind\":\"%.*s\"%s", ALD_STR_ARG(ald_cli_printable(event->type, room, sizeof(room))),
            ald_str_starts(rest, ALD_STR("}")) ? "" : ",");
    ald_outcome_put_line(out, rest);
    putc('\n', out);
}

uint64_t ald_watch_dropped(const struct ald_fetch_event *event)
{
    struct ald_json_field field = ALD_JSON_FIELD("n");
    struct ald_json_scan scan;
    uint64_t n;

    return ald_json_scan(event->data, ALD_JSON_BROKEN_OK, &field, 1, &scan) == 0 && ald_json_u64(field.value, &n) == 0
               ? n
               : 0;
}

enum ald_outcome ald_watch_outcome(const struct ald_fetch_event *event)
{
    struct ald_json_field field = ALD_JSON_FIELD("outcome");
    struct ald_json_scan scan;
    int outcome;

    if (ald_json_scan(event->data, ALD_JSON_BROKEN_OK, &field, 1, &scan) != 0 || field.value.type != ALD_JSON_STRING) {
        return ALD_OUTCOME_NONE;
    }
    outcome = ald_outcome_find(ald_json_inner(field.value));
    return outcome > ALD_OUTCOME_NONE ? (enum ald_outcome)outcome : ALD_OUTCOME_NONE;
}

/* --- for people ---------------------------------------------------------------------------------------------------- */

static const char *watch_colour(const char *word)
{
    static const struct {
        const char *word, *colour;
    } colours[] = {
        {"succeeded", "\033[32m"}, {"failed", "\033[31m"},  {"refused", "\033[33m"}, {"cancelled", "\033[33m"},
        {"expired", "\033[31m"},   {"lost", "\033[31m"},    {"dropped", "\033[33m"}, {"gone", "\033[33m"},
        {"joined", "\033[32m"},    {"primary", "\033[36m"},
    };

    for (size_t i = 0; i < ALD_COUNT(colours); i++) {
        if (strcmp(colours[i].word, word) == 0) {
            return colours[i].colour;
        }
    }
    return NULL;
}

/* The time of day of "2026-11-21T07:11:09.850Z", as it came where it is something else; and what happened. */
static void watch_begin(FILE *out, const struct ald_json_node *data, const char *word, bool colour)
{
    const char *paint = colour ? watch_colour(word) : NULL;
    struct ald_read_text at;
    const char *time;

    ald_read_str(data, "at", &at);
    time = strchr(at.text, 'T');
    at.text[strcspn(at.text, "Z")] = '\0';
    fprintf(out, "%s  %s%-9s%s", time != NULL ? time + 1 : at.text, paint != NULL ? paint : "", word,
            paint != NULL ? "\033[0m" : "");
}

static void watch_field(FILE *out, const char *before, const struct ald_json_node *data, const char *name)
{
    struct ald_read_text text;

    ald_read_str(data, name, &text);
    if (text.text[0] != '\0') {
        fprintf(out, "%s%s", before, text.text);
    }
}

/* A message for the hub itself, or for whoever it may concern, names no target. */
static void watch_target(FILE *out, const struct ald_json_node *data)
{
    struct ald_read_text to;

    ald_read_str(data, "to", &to);
    fprintf(out, "  %s", to.text[0] != '\0' ? to.text : "-");
}

static void watch_payload(FILE *out, const struct ald_json_node *data)
{
    const struct ald_json_node *payload = ald_json_find(data, ALD_STR("payload"));
    char room[WATCH_PAYLOAD_MAX];
    struct ald_str text;

    if (payload != NULL) {
        text = ald_cli_printable(ald_json_value(payload).raw, room, sizeof(room));
        fprintf(out, "  %.*s%s", ALD_STR_ARG(text), payload->size > sizeof(room) ? "…" : "");
    }
}

static void watch_command(FILE *out, const struct ald_json_node *data, bool colour)
{
    struct ald_read_text outcome, phase;
    bool ended;
    char age[32];

    ald_read_str(data, "outcome", &outcome);
    ended = ald_outcome_find(ald_str(outcome.text)) > ALD_OUTCOME_NONE;
    watch_begin(out, data, ended ? outcome.text : ald_read_str(data, "phase", &phase), colour);
    watch_target(out, data);
    watch_field(out, " ", data, "name");
    fprintf(out, "  %s", ald_duration_format(ald_read_u64(data, "age_ms") * ALD_MSEC, age));
    watch_field(out, "  ", data, "id");
    watch_field(out, "  from ", data, "from");
    watch_field(out, "  ", data, "cause");
    watch_field(out, ": ", data, "text");
    watch_payload(out, data);
}

static void watch_event(FILE *out, const struct ald_json_node *data, bool colour)
{
    struct ald_read_text fate;

    ald_read_str(data, "fate", &fate);
    watch_begin(out, data, "event", colour);
    watch_target(out, data);
    watch_field(out, " ", data, "name");
    fprintf(out, "  %s", fate.text);
    watch_field(out, "  ", data, "id");
    watch_field(out, "  from ", data, "from");
    watch_field(out, "  for ", data, "filters");
    watch_field(out, "  ", data, "cause");
    watch_payload(out, data);
}

static void watch_channel(FILE *out, const struct ald_json_node *data, bool colour)
{
    struct ald_read_text change;

    watch_begin(out, data, ald_read_str(data, "change", &change), colour);
    watch_field(out, "  ", data, "target");
    fputs("  channel", out);
    watch_field(out, " ", data, "id");
    watch_field(out, "  term ", data, "term");
}

int ald_watch_print(FILE *out, const struct ald_fetch_event *event, bool colour)
{
    static void (*const printers[])(FILE *, const struct ald_json_node *, bool) = {
        [ALD_WATCH_COMMAND] = watch_command,
        [ALD_WATCH_EVENT] = watch_event,
        [ALD_WATCH_CHANNEL] = watch_channel,
    };
    enum ald_watch_kind kind = ald_watch_kind(event->type);
    struct ald_json json;
    int r;

    if (kind >= ALD_COUNT(printers)) {
        return 0;
    }
    ald_json_init(&json, ALD_READ_NODES_MAX);
    r = ald_json_parse(&json, event->data, ALD_JSON_BROKEN_OK, NULL);
    if (r == 0 && ald_json_type(ald_json_root(&json)) == ALD_JSON_OBJECT) {
        printers[kind](out, ald_json_root(&json), colour);
        putc('\n', out);
    }
    ald_json_fini(&json);
    return r < 0 ? ald_trace(r) : 0;
}

static void gap_say(const struct ald_json_node *data)
{
    struct ald_read_text name, from, until;

    ald_read_str(data, "name", &name);
    ald_read_str(data, "from", &from);
    ald_read_str(data, "until", &until);
    if (name.text[0] != '\0') {
        ald_cli_say("events %s from %s to %s are missing here: the hub does not remember them", name.text, from.text,
                    until.text);
    } else {
        ald_cli_say("what happened from %s to %s is not shown: the hub does not remember it", from.text, until.text);
    }
}

int ald_watch_say_gap(const struct ald_fetch_event *event)
{
    struct ald_json json;
    int r;

    ald_json_init(&json, ALD_READ_NODES_MAX);
    r = ald_json_parse(&json, event->data, ALD_JSON_BROKEN_OK, NULL);
    if (r == 0 && ald_json_type(ald_json_root(&json)) == ALD_JSON_OBJECT) {
        gap_say(ald_json_root(&json));
    }
    ald_json_fini(&json);
    return r < 0 ? ald_trace(r) : 0;
}
