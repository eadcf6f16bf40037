/*
 * The hub tells its notes inside a step, where nothing may be read or stepped: a line is made of the note alone.
 *
 * Readers with the same filter are a group. A line is put into the text of each group that it fits, and at the end of
 * the turn each reader is given the text of its group in one piece, but not before a pause: so what a thousand readers
 * cost is bounded by the second, whatever the hub does.
 */

#include "mgmt/feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "conn/visit.h"
#include "conn/wall.h"
#include "hub/note.h"
#include "mgmt/mgmt_impl.h"
#include "mgmt/value.h"

/*
 * Between two times that lines are given out, and more of it for each reader: a write costs 10 to 20 µs, so however many
 * read, it is a fifth of the thread at most. A person sees no delay of a tenth of a second.
 */
#define FEED_PAUSE (20 * ALD_MSEC)
#define FEED_PAUSE_EACH ((ald_usec)100)

/* Shorter than the idle time of the proxies that are in use; a reader that is gone is found out by it. */
#define FEED_COMMENT_EVERY (15 * ALD_SEC)

enum {
    /* Payloads up to this size are shown; of others the size is told. Four fit into what a reader may have unread. */
    FEED_PAYLOAD_MAX = 64 * 1024,
    FEED_LINE_MAX = FEED_PAYLOAD_MAX + 64 * 1024, /* with names and texts of ALD_NAME_MAX bytes, escaped */
    /* Text of one group that waits to be given out; more is given out at once. */
    FEED_TURN_MAX = 64 * 1024
};

/* How soon a reader comes back that was cut, in milliseconds, and what it is told while there is nothing to tell. */
#define FEED_BEGIN "retry: 1000\n\n"
#define FEED_COMMENT ": nothing new\n\n"

struct group {
    struct ald_node node;
    struct ald_feed *feed;
    struct ald_feed_filter filter; /* its texts are in `names` */
    struct ald_node readers;
    struct ald_buf text; /* not given out yet */
    uint64_t n_lines;    /* in it */
    uint64_t n_failed;   /* that should be in it, and for which memory was short */
    char names[];
};

struct reader {
    struct ald_node node; /* group->readers */
    struct group *group;
    struct ald_visit *visit;
    uint64_t n_dropped; /* and not told of */
};

/* A line that is made when the first reader wants it: without the payload, and with it. */
struct line {
    const struct ald_note *note;
    enum ald_feed_kind kind;
    uint64_t id;
    struct ald_buf made[2];
};

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

static enum ald_feed_kind kind_of(const struct ald_note *note)
{
    return note->kind == ALD_NOTE_EVENT     ? ALD_FEED_EVENT
           : note->kind == ALD_NOTE_CHANNEL ? ALD_FEED_CHANNEL
                                            : ALD_FEED_COMMAND;
}

static uint32_t mask_of(unsigned kinds)
{
    return ((kinds & 1U << ALD_FEED_COMMAND) != 0 ? ALD_NOTE_COMMANDS : 0) |
           ((kinds & 1U << ALD_FEED_EVENT) != 0 ? ALD_NOTE_BIT(ALD_NOTE_EVENT) : 0) |
           ((kinds & 1U << ALD_FEED_CHANNEL) != 0 ? ALD_NOTE_BIT(ALD_NOTE_CHANNEL) : 0);
}

static bool filter_fits(const struct ald_feed_filter *filter, const struct ald_note *note)
{
    return (filter->kinds & 1U << kind_of(note)) != 0 &&
           (!ald_str_present(filter->target) || ald_str_equal(filter->target, note->target)) &&
           (!ald_str_present(filter->name) ||
            (kind_of(note) != ALD_FEED_CHANNEL && ald_str_equal(filter->name, note->name))) &&
           (filter->outcome < 0 || (note->kind == ALD_NOTE_ENDED && filter->outcome == note->outcome));
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

static void data_write(struct ald_json_writer *json, const struct line *line, bool payload)
{
    const struct ald_note *note = line->note;
    char at[ALD_WALL_TEXT];

    ald_wall_iso(note->wall, at);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "at", ald_str(at));
    switch (line->kind) {
    case ALD_FEED_CHANNEL:
        channel_write(json, note);
        break;
    case ALD_FEED_EVENT:
        message_write(json, note);
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

/* Gives the line; absent when memory is short. */
static struct ald_str line_make(struct line *line, bool payload)
{
    struct ald_buf *buf = &line->made[payload ? 1 : 0];
    struct ald_json_writer json;
    size_t from;
    int r;

    if (ald_buf_size(buf) > 0) {
        return ald_buf_str(buf);
    }
    r = ald_buf_pushf(buf, "id: %llu\nevent: %s\ndata: ", (unsigned long long)line->id, kind_names[line->kind]);
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

/* Tell a reader what it lost. False: it still has no room. */
static bool reader_tell_dropped(struct reader *reader)
{
    char text[80];
    int size;

    if (reader->n_dropped == 0) {
        return true;
    }
    size =
        snprintf(text, sizeof(text), "event: dropped\ndata: {\"n\":%llu}\n\n", (unsigned long long)reader->n_dropped);
    if (ald_visit_push(reader->visit, ald_str_of(text, (size_t)size)) == ALD_VISIT_FULL) {
        return false;
    }
    reader->n_dropped = 0;
    return true;
}

/* Give a reader `n` lines. */
static void reader_push(struct reader *reader, struct ald_str text, uint64_t n)
{
    if (!reader_tell_dropped(reader) || ald_visit_push(reader->visit, text) == ALD_VISIT_FULL) {
        reader->n_dropped += n;
        reader->group->feed->n_lost += n;
    }
}

/* Give the readers of the group what there is. */
static void group_flush(struct group *group)
{
    struct ald_str text = ald_buf_str(&group->text);

    ald_list_each (node, &group->readers) {
        struct reader *reader = ald_list_entry(node, struct reader, node);

        if (group->n_lines > 0) {
            reader_push(reader, text, group->n_lines);
        }
        reader->n_dropped += group->n_failed;
        group->feed->n_lost += group->n_failed;
    }
    ald_buf_reset(&group->text);
    group->n_lines = 0;
    group->n_failed = 0;
}

/* Put a line (absent: it could not be made) into the text of the group. */
static void group_add(struct group *group, struct ald_str line)
{
    if (ald_str_present(line) && ald_buf_push(&group->text, line) == 0) {
        group->n_lines++;
    } else {
        group->n_failed++;
    }
    if (ald_buf_size(&group->text) > FEED_TURN_MAX) {
        group_flush(group);
    }
}

static struct ald_loop *feed_loop(const struct ald_feed *feed)
{
    return ald_net_loop(ald_edge_net(feed->mgmt->edge));
}

static void feed_flush(void *owner)
{
    struct ald_feed *feed = owner;

    feed->flushed = ald_loop_now(feed_loop(feed));
    ald_list_each (node, &feed->groups) {
        group_flush(ald_list_entry(node, struct group, node));
    }
}

/* There is something to give out: at the end of the turn, unless that was done just now. */
static void feed_flush_later(struct ald_feed *feed)
{
    ald_usec due = feed->flushed + FEED_PAUSE + feed->n_readers * FEED_PAUSE_EACH;

    if (ald_task_waiting(&feed->flush) || ald_alarm_running(&feed->pause)) {
        return;
    }
    if (due <= ald_loop_now(feed_loop(feed))) {
        ald_task_push(feed_loop(feed), &feed->flush);
    } else {
        ald_alarm_start(feed_loop(feed), &feed->pause, due);
    }
}

static void feed_noted(void *owner, const struct ald_note *note)
{
    struct ald_feed *feed = owner;
    struct line line = {.note = note, .kind = kind_of(note), .id = ++feed->last_id};

    ald_buf_init(&line.made[0], FEED_LINE_MAX);
    ald_buf_init(&line.made[1], FEED_LINE_MAX);
    ald_list_each (node, &feed->groups) {
        struct group *group = ald_list_entry(node, struct group, node);

        if (filter_fits(&group->filter, note)) {
            group_add(group, line_make(&line, group->filter.payload));
            feed_flush_later(feed);
        }
    }
    ald_buf_fini(&line.made[0]);
    ald_buf_fini(&line.made[1]);
}

/* Hear of the hub what the readers want. Errors: ALDIS_E_NOMEM, not when there are none. */
static int feed_watch(struct ald_feed *feed)
{
    unsigned kinds = 0;
    int r;

    ald_list_each (node, &feed->groups) {
        kinds |= ald_list_entry(node, struct group, node)->filter.kinds;
    }
    r = ald_edge_watch_hub(feed->mgmt->edge, mask_of(kinds), feed_noted, feed);
    return r < 0 ? ald_trace(r) : 0;
}

static void reader_free(struct reader *reader)
{
    struct group *group = reader->group;
    struct ald_feed *feed = group->feed;

    ald_node_remove(&reader->node);
    free(reader);
    feed->n_readers--;
    if (ald_list_empty(&group->readers)) {
        ald_node_remove(&group->node);
        ald_buf_fini(&group->text);
        free(group);
        /* Fewer kinds than before need no memory. */
        ald_ignore(feed_watch(feed));
    }
}

static void reader_gone(void *owner)
{
    reader_free(owner);
}

static void reader_drained(void *owner)
{
    (void)reader_tell_dropped(owner);
}

static const struct ald_visit_callbacks reader_callbacks = {.gone = reader_gone, .drained = reader_drained};

static void group_comment(struct group *group)
{
    ald_list_each (node, &group->readers) {
        struct reader *reader = ald_list_entry(node, struct reader, node);

        /* Who has no room hears enough. */
        if (reader_tell_dropped(reader)) {
            ald_ignore(ald_visit_push(reader->visit, ALD_STR(FEED_COMMENT)));
        }
    }
}

static void feed_comment(void *owner)
{
    struct ald_feed *feed = owner;

    ald_list_each (node, &feed->groups) {
        group_comment(ald_list_entry(node, struct group, node));
    }
    if (feed->n_readers > 0) {
        ald_alarm_start(feed_loop(feed), &feed->alarm, ald_loop_now(feed_loop(feed)) + FEED_COMMENT_EVERY);
    }
}

void ald_feed_init(struct ald_feed *feed, struct ald_mgmt *mgmt)
{
    *feed = (struct ald_feed){.mgmt = mgmt};
    ald_node_init(&feed->groups);
    ald_alarm_init(&feed->alarm, feed_comment, feed);
    ald_alarm_init(&feed->pause, feed_flush, feed);
    ald_task_init(&feed->flush, feed_flush, feed);
}

void ald_feed_fini(struct ald_feed *feed)
{
    struct ald_node *node;

    while ((node = ald_list_first(&feed->groups)) != NULL) {
        struct group *group = ald_list_entry(node, struct group, node);

        reader_free(ald_list_entry(ald_list_first(&group->readers), struct reader, node));
    }
    ald_task_cancel(&feed->flush);
    ald_alarm_stop(feed_loop(feed), &feed->pause);
    ald_alarm_stop(feed_loop(feed), &feed->alarm);
}

static struct ald_str text_keep(char **to, struct ald_str text)
{
    char *kept = *to;

    if (!ald_str_present(text)) {
        return ALD_STR_NONE;
    }
    memcpy(kept, text.data, text.size);
    *to += text.size;
    return ald_str_of(kept, text.size);
}

static bool filters_same(const struct ald_feed_filter *a, const struct ald_feed_filter *b)
{
    return a->kinds == b->kinds && a->outcome == b->outcome && a->payload == b->payload &&
           ald_str_present(a->target) == ald_str_present(b->target) && ald_str_equal(a->target, b->target) &&
           ald_str_present(a->name) == ald_str_present(b->name) && ald_str_equal(a->name, b->name);
}

/* The group of a filter, which is made when there is none; NULL when memory is short. */
static struct group *group_find(struct ald_feed *feed, const struct ald_feed_filter *filter)
{
    struct group *group;
    char *to;

    ald_list_each (node, &feed->groups) {
        group = ald_list_entry(node, struct group, node);
        if (filters_same(&group->filter, filter)) {
            return group;
        }
    }
    group = calloc(1, sizeof(*group) + filter->target.size + filter->name.size);
    if (group == NULL) {
        return NULL;
    }
    to = group->names;
    group->feed = feed;
    group->filter = *filter;
    group->filter.target = text_keep(&to, filter->target);
    group->filter.name = text_keep(&to, filter->name);
    ald_node_init(&group->readers);
    ald_buf_init(&group->text, FEED_TURN_MAX + FEED_LINE_MAX);
    ald_list_push_back(&feed->groups, &group->node);
    return group;
}

static struct reader *reader_new(struct ald_feed *feed, const struct ald_feed_filter *filter, struct ald_visit *visit)
{
    /* First, so that no group is left without a reader. */
    struct reader *reader = calloc(1, sizeof(*reader));
    struct group *group = reader != NULL ? group_find(feed, filter) : NULL;

    if (group == NULL) {
        free(reader);
        return NULL;
    }
    group_flush(group); /* what the others wait for was before */
    reader->group = group;
    reader->visit = visit;
    ald_list_push_back(&group->readers, &reader->node);
    feed->n_readers++;
    return reader;
}

int ald_feed_join(struct ald_feed *feed, const struct ald_feed_filter *filter, struct ald_visit *visit)
{
    struct ald_http_field fields[] = {{ALD_STR("Cache-Control"), ALD_STR("no-store")}};
    struct ald_page head = {.status = 200, .type = "text/event-stream", .n_fields = ALD_COUNT(fields)};
    struct reader *reader;
    int r;

    if (feed->n_readers >= feed->mgmt->streams_max) {
        feed->n_refused++;
        return ALD_FEED_FULL;
    }
    reader = reader_new(feed, filter, visit);
    if (reader == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memcpy(head.fields, fields, sizeof(fields));
    r = feed_watch(feed);
    r = r != 0 ? r : ald_visit_stream(visit, &head);
    if (r < 0) {
        reader_free(reader);
        return ald_trace(r);
    }
    ald_visit_own(visit, &reader_callbacks, reader);
    /* There is room for the first words. */
    ald_ignore(ald_visit_push(visit, ALD_STR(FEED_BEGIN)));
    if (!ald_alarm_running(&feed->alarm)) {
        ald_alarm_start(feed_loop(feed), &feed->alarm, ald_loop_now(feed_loop(feed)) + FEED_COMMENT_EVERY);
    }
    return 0;
}
