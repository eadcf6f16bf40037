/* What passes a filter, and how it is written as a line of an event stream (the HTML standard, section 9.2). */

#include "base/error.h"
#include "loop/wall.h"
#include "hub/filters.h"
#include "mgmt/feed_impl.h"
#include "mgmt/value.h"

static const char *const kind_names[] = {
    [ALD_FEED_COMMAND] = "command",
    [ALD_FEED_EVENT] = "event",
    [ALD_FEED_CHANNEL] = "channel",
};
_Static_assert(ALD_COUNT(kind_names) == ALD_N_FEED_KINDS, "a kind has no name");

int ald_feed_kind_find(struct ald_str word)
{
    for (int i = 0; i < ALD_N_FEED_KINDS; i++) {
        if (ald_str_equal(word, ald_str(kind_names[i]))) {
            return i;
        }
    }
    return -1;
}

enum ald_feed_kind ald_feed_kind_of(const struct ald_note *note)
{
    return note->kind == ALD_NOTE_EVENT     ? ALD_FEED_EVENT
           : note->kind == ALD_NOTE_CHANNEL ? ALD_FEED_CHANNEL
                                            : ALD_FEED_COMMAND;
}

const char *ald_feed_kind_name(enum ald_feed_kind kind)
{
    return kind_names[kind];
}

static bool names_have(const struct ald_feed_filter *filter, struct ald_str name)
{
    for (size_t i = 0; i < filter->n_names; i++) {
        if (ald_str_equal(filter->names[i], name)) {
            return true;
        }
    }
    return filter->n_names == 0;
}

/* An event without filters is for everybody, whatever he filters by (link 4.10). */
static bool filters_fit(const struct ald_feed_filter *filter, const struct ald_note *note)
{
    return !ald_str_present(filter->filters) ||
           (note->kind == ALD_NOTE_EVENT && ald_filters_meet(filter->filters, note->msg->filters));
}

bool ald_feed_fits(const struct ald_feed_filter *filter, const struct ald_note *note)
{
    enum ald_feed_kind kind = ald_feed_kind_of(note);

    return (filter->kinds & 1U << kind) != 0 &&
           (!ald_str_present(filter->target) || ald_str_equal(filter->target, note->target)) &&
           (filter->n_names == 0 || (kind != ALD_FEED_CHANNEL && names_have(filter, note->name))) &&
           filters_fit(filter, note) &&
           (filter->outcome < 0 || (note->kind == ALD_NOTE_ENDED && filter->outcome == note->outcome));
}

void ald_feed_line_init(struct ald_feed_line *line, const struct ald_note *note)
{
    *line = (struct ald_feed_line){.note = note, .kind = ald_feed_kind_of(note)};
    ald_buf_init(&line->made[0], FEED_LINE_MAX);
    ald_buf_init(&line->made[1], FEED_LINE_MAX);
}

void ald_feed_line_fini(struct ald_feed_line *line)
{
    ald_buf_fini(&line->made[0]);
    ald_buf_fini(&line->made[1]);
}

static void id_write(struct ald_json_writer *json, const char *name, struct ald_id id)
{
    char text[ALD_ID_TEXT];

    ald_id_format(id, text);
    ald_json_write_member_str(json, name, ald_str_of(text, sizeof(text)));
}

static void payload_write(struct ald_json_writer *json, const struct ald_note *note)
{
    struct ald_slice payload = note->msg != NULL ? note->msg->payload : ALD_SLICE_NONE;

    if (payload.size > FEED_PAYLOAD_MAX) {
        ald_json_write_member_u64(json, "payload_bytes", payload.size);
    } else {
        ald_mgmt_raw_write(json, "payload", payload);
    }
}

/* What a command and an event have in common. */
static void message_write(struct ald_json_writer *json, const struct ald_note *note)
{
    id_write(json, "id", note->id);
    ald_json_write_member_some(json, "wire_id", note->wire_id);
    ald_json_write_member_str(json, "name", note->name.data != NULL ? note->name : ALD_STR(""));
    ald_mgmt_address_write(json, "to", &note->to);
    ald_json_write_member_some(json, "from", note->from);
    ald_json_write_member_some(json, "principal", note->principal);
    ald_json_write_member_some(json, "channel", note->channel);
}

static void filters_write(struct ald_json_writer *json, const struct ald_note *note)
{
    if (note->msg != NULL) {
        ald_json_write_member_some(json, "filters", note->msg->filters);
    }
}

static void command_write(struct ald_json_writer *json, const struct ald_note *note)
{
    bool ended = note->outcome != ALD_OUTCOME_NONE;

    message_write(json, note);
    ald_json_write_member_str(json, "phase", ald_str(ald_phase_name((enum ald_phase)note->phase)));
    ald_json_write_member_str(json, "outcome",
                              ended ? ald_str(ald_outcome_name((enum ald_outcome)note->outcome)) : ALD_STR_NONE);
    if (note->cause != ALD_CAUSE_NONE) {
        ald_json_write_member_str(json, "cause", ald_str(ald_cause_word((enum ald_cause)note->cause)));
    }
    ald_json_write_member_some(json, "text", note->text);
    if (note->kind == ALD_NOTE_LATE) {
        ald_json_write_member_bool(json, "late", true);
    }
    ald_json_write_member_u64(
        json, "age_ms",
        note->submitted != 0 && note->now > note->submitted ? (note->now - note->submitted) / ALD_MSEC : 0);
}

static void channel_write(struct ald_json_writer *json, const struct ald_note *note)
{
    ald_json_write_member_str(json, "id", note->channel);
    ald_json_write_member_str(json, "target", note->target);
    ald_json_write_member_str(json, "change", note->change);
    if (note->term != 0) {
        ald_json_write_member_u64(json, "term", note->term);
    }
}

static void data_write(struct ald_json_writer *json, const struct ald_feed_line *line, bool payload)
{
    const struct ald_note *note = line->note;
    char at[ALD_WALL_TEXT];

    ald_wall_iso(note->at, at);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "at", ald_str(at));
    switch (line->kind) {
    case ALD_FEED_CHANNEL:
        channel_write(json, note);
        break;
    case ALD_FEED_EVENT:
        message_write(json, note);
        filters_write(json, note);
        ald_json_write_member_str(json, "fate", note->change);
        break;
    default:
        command_write(json, note);
        break;
    }
    if (payload && line->kind != ALD_FEED_CHANNEL) {
        payload_write(json, note);
    }
    ald_json_write_end(json);
}

/* A line of an event stream ends where a payload has a line end between its values: there it may be any blank. */
static void breaks_remove(struct ald_buf *buf, size_t from)
{
    char *text = (char *)buf->data + buf->start;

    for (size_t i = from; i < ald_buf_size(buf); i++) {
        if (text[i] == '\n' || text[i] == '\r') {
            text[i] = ' ';
        }
    }
}

struct ald_str ald_feed_line_make(struct ald_feed_line *line, bool payload)
{
    struct ald_buf *buf = &line->made[payload ? 1 : 0];
    struct ald_json_writer json;
    size_t from;
    int r;

    if (ald_buf_size(buf) > 0) {
        return ald_buf_str(buf);
    }
    r = ald_buf_pushf(buf, "id: %llu\nevent: %s\ndata: ", (unsigned long long)line->note->at, kind_names[line->kind]);
    if (r == 0) {
        from = ald_buf_size(buf);
        ald_json_write_init(&json, buf, ALD_JSON_COMPACT);
        data_write(&json, line, payload);
        r = ald_json_write_done(&json);
        if (r == 0) {
            breaks_remove(buf, from);
            r = ald_buf_push(buf, ALD_STR("\n\n"));
        }
    }
    if (r != 0) {
        ald_buf_reset(buf);
        return ALD_STR_NONE;
    }
    return ald_buf_str(buf);
}
