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
#include "mgmt/feed_impl.h"

/*
 * Between two times that lines are given out, and more of it for each reader: a write costs 10 to 20 µs, so however many
 * read, it is a fifth of the thread at most. A person sees no delay of a tenth of a second.
 */
#define FEED_PAUSE (20 * ALD_MSEC)
#define FEED_PAUSE_EACH ((ald_usec)100)

/* Shorter than the idle time of the proxies that are in use; a reader that is gone is found out by it. */
#define FEED_COMMENT_EVERY (15 * ALD_SEC)

/* How soon a reader comes back that was cut, in milliseconds, and what it is told while there is nothing to tell. */
#define FEED_BEGIN "retry: 1000\n\n"
#define FEED_COMMENT ": nothing new\n"

static uint32_t mask_of(unsigned kinds)
{
    return ((kinds & 1U << ALD_FEED_COMMAND) != 0 ? ALD_NOTE_COMMANDS : 0) |
           ((kinds & 1U << ALD_FEED_EVENT) != 0 ? ALD_NOTE_BIT(ALD_NOTE_EVENT) : 0) |
           ((kinds & 1U << ALD_FEED_CHANNEL) != 0 ? ALD_NOTE_BIT(ALD_NOTE_CHANNEL) : 0);
}

bool ald_feed_tell_dropped(struct ald_feed_reader *reader)
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

bool ald_feed_remembers(const struct ald_feed_filter *filter)
{
    return filter->n_names > 0 && (filter->kinds & 1U << ALD_FEED_EVENT) != 0;
}

/* Everything it gets is remembered. */
static bool group_is_patient(const struct ald_feed_group *group)
{
    return ald_feed_remembers(&group->filter) && group->filter.kinds == 1U << ALD_FEED_EVENT;
}

/* Give a reader the lines of its group. One that has no room has them later, where they are remembered. */
static void reader_push(struct ald_feed_reader *reader)
{
    struct ald_feed_group *group = reader->group;

    if (ald_feed_tell_dropped(reader) && ald_visit_push(reader->visit, ald_buf_str(&group->text)) != ALD_VISIT_FULL) {
        return;
    }
    if (group_is_patient(group)) {
        reader->heard = ALD_MAX(reader->heard, group->text_after);
        ald_node_remove(&reader->node);
        ald_list_push_back(&group->behind, &reader->node);
    } else {
        reader->n_dropped += group->n_lines;
        group->feed->n_lost += group->n_lines;
    }
}

static void reader_lose(struct ald_feed_reader *reader, uint64_t n)
{
    reader->n_dropped += n;
    reader->group->feed->n_lost += n;
}

/* Give the readers of the group what there is. */
static void group_flush(struct ald_feed_group *group)
{
    ald_list_each (node, &group->behind) { /* those that get behind now have it from the hub */
        reader_lose(ald_list_entry(node, struct ald_feed_reader, node), group->n_commands);
    }
    ald_list_each (node, &group->readers) {
        struct ald_feed_reader *reader = ald_list_entry(node, struct ald_feed_reader, node);

        reader_lose(reader, group->n_failed);
        if (group->n_lines > 0) {
            reader_push(reader);
        }
    }
    ald_buf_reset(&group->text);
    group->n_lines = 0;
    group->n_commands = 0;
    group->n_failed = 0;
}

/* Put a line (absent: it could not be made) into the text of the group. */
static void group_add(struct ald_feed_group *group, struct ald_str line, enum ald_feed_kind kind)
{
    if (group->n_lines == 0) {
        group->text_after = group->feed->noted;
    }
    if (ald_str_present(line) && ald_buf_push(&group->text, line) == 0) {
        group->n_lines++;
        group->n_commands += kind == ALD_FEED_COMMAND;
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
        group_flush(ald_list_entry(node, struct ald_feed_group, node));
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
    struct ald_feed_line line;

    ald_feed_line_init(&line, note);
    ald_list_each (node, &feed->groups) {
        struct ald_feed_group *group = ald_list_entry(node, struct ald_feed_group, node);

        if (ald_feed_fits(&group->filter, note)) {
            group_add(group, ald_feed_line_make(&line, group->filter.payload), line.kind);
            feed_flush_later(feed);
        }
    }
    ald_feed_line_fini(&line);
    feed->noted = note->at;
}

/* Hear of the hub what the readers want. Errors: ALDIS_E_NOMEM, not when there are none. */
static int feed_watch(struct ald_feed *feed)
{
    unsigned kinds = 0;
    int r;

    ald_list_each (node, &feed->groups) {
        kinds |= ald_list_entry(node, struct ald_feed_group, node)->filter.kinds;
    }
    r = ald_edge_watch_hub(feed->mgmt->edge, mask_of(kinds), feed_noted, feed);
    return r < 0 ? ald_trace(r) : 0;
}

static void reader_free(struct ald_feed_reader *reader)
{
    struct ald_feed_group *group = reader->group;
    struct ald_feed *feed = group->feed;

    ald_node_remove(&reader->node);
    free(reader);
    feed->n_readers--;
    if (ald_list_empty(&group->readers) && ald_list_empty(&group->behind)) {
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

/* Up to where it has everything, so that it can come back there (the HTML standard, section 9.2: Last-Event-ID). */
static void reader_tell_id(struct ald_feed_reader *reader, const char *before)
{
    char text[80];
    int size = snprintf(text, sizeof(text), "%sid: %llu\n\n", before,
                        (unsigned long long)ald_hub_noted(ald_edge_hub(reader->group->feed->mgmt->edge)));

    ald_ignore(ald_visit_push(reader->visit, ald_str_of(text, (size_t)size))); /* who has no room hears more later */
}

/* One that is behind goes on, and is with the others when it has what they have. Not inside a step. */
static void reader_go_on(struct ald_feed_reader *reader)
{
    struct ald_feed_group *group = reader->group;

    group_flush(group); /* what the others wait for is remembered too */
    if (ald_feed_tell_dropped(reader) && ald_feed_catch_up(reader)) {
        ald_node_remove(&reader->node);
        ald_list_push_back(&group->readers, &reader->node);
        reader->heard = ald_hub_noted(ald_edge_hub(group->feed->mgmt->edge));
        reader_tell_id(reader, "");
    }
}

static bool reader_is_behind(const struct ald_feed_reader *reader)
{
    ald_list_each (node, &reader->group->behind) {
        if (node == &reader->node) {
            return true;
        }
    }
    return false;
}

static void reader_drained(void *owner)
{
    struct ald_feed_reader *reader = owner;

    if (reader_is_behind(reader)) {
        reader_go_on(reader);
    } else {
        (void)ald_feed_tell_dropped(reader);
    }
}

static const struct ald_visit_callbacks reader_callbacks = {.gone = reader_gone, .drained = reader_drained};

static void group_comment(struct ald_feed_group *group)
{
    group_flush(group);
    ald_list_each (node, &group->behind) { /* nothing of its own may wait, where there was no room in all */
        reader_go_on(ald_list_entry(node, struct ald_feed_reader, node));
    }
    ald_list_each (node, &group->readers) {
        struct ald_feed_reader *reader = ald_list_entry(node, struct ald_feed_reader, node);

        /* Who has no room hears enough. */
        if (ald_feed_tell_dropped(reader)) {
            reader_tell_id(reader, FEED_COMMENT);
        }
    }
}

static void feed_comment(void *owner)
{
    struct ald_feed *feed = owner;

    ald_list_each (node, &feed->groups) {
        group_comment(ald_list_entry(node, struct ald_feed_group, node));
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
        struct ald_feed_group *group = ald_list_entry(node, struct ald_feed_group, node);
        struct ald_node *readers = ald_list_empty(&group->readers) ? &group->behind : &group->readers;

        reader_free(ald_list_entry(ald_list_first(readers), struct ald_feed_reader, node));
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

static bool texts_same(struct ald_str a, struct ald_str b)
{
    return ald_str_present(a) == ald_str_present(b) && ald_str_equal(a, b);
}

static bool filters_same(const struct ald_feed_filter *a, const struct ald_feed_filter *b)
{
    if (a->n_names != b->n_names) {
        return false;
    }
    for (size_t i = 0; i < a->n_names; i++) {
        if (!ald_str_equal(a->names[i], b->names[i])) {
            return false;
        }
    }
    return a->kinds == b->kinds && a->outcome == b->outcome && a->payload == b->payload &&
           texts_same(a->target, b->target) && texts_same(a->filters, b->filters);
}

static size_t filter_size(const struct ald_feed_filter *filter)
{
    size_t size = filter->target.size + filter->filters.size;

    for (size_t i = 0; i < filter->n_names; i++) {
        size += filter->names[i].size;
    }
    return size;
}

static void filter_keep(struct ald_feed_filter *filter, char *to)
{
    filter->target = text_keep(&to, filter->target);
    filter->filters = text_keep(&to, filter->filters);
    for (size_t i = 0; i < filter->n_names; i++) {
        filter->names[i] = text_keep(&to, filter->names[i]);
    }
}

/* The group of a filter, which is made when there is none; NULL when memory is short. */
static struct ald_feed_group *group_find(struct ald_feed *feed, const struct ald_feed_filter *filter)
{
    struct ald_feed_group *group;

    ald_list_each (node, &feed->groups) {
        group = ald_list_entry(node, struct ald_feed_group, node);
        if (filters_same(&group->filter, filter)) {
            return group;
        }
    }
    group = calloc(1, sizeof(*group) + filter_size(filter));
    if (group == NULL) {
        return NULL;
    }
    group->feed = feed;
    group->filter = *filter;
    filter_keep(&group->filter, group->texts);
    ald_node_init(&group->readers);
    ald_node_init(&group->behind);
    ald_buf_init(&group->text, FEED_TURN_MAX + FEED_LINE_MAX);
    ald_list_push_back(&feed->groups, &group->node);
    return group;
}

/* It is behind until it was told what it missed, if only that this is nothing. */
static struct ald_feed_reader *reader_new(struct ald_feed *feed, const struct ald_feed_filter *filter,
                                          struct ald_visit *visit)
{
    /* First, so that no group is left without a reader. */
    struct ald_feed_reader *reader = calloc(1, sizeof(*reader));
    struct ald_feed_group *group = reader != NULL ? group_find(feed, filter) : NULL;

    if (group == NULL) {
        free(reader);
        return NULL;
    }
    reader->group = group;
    reader->visit = visit;
    ald_list_push_back(&group->behind, &reader->node);
    feed->n_readers++;
    return reader;
}

/* Its names are remembered from now on. Outcome: ALD_FEED_NAMES_FULL. */
static int names_remember(struct ald_feed *feed, const struct ald_feed_filter *filter)
{
    int r = 0;

    for (size_t i = 0; i < filter->n_names && ald_feed_remembers(filter) && r == 0; i++) {
        r = ald_edge_remember(feed->mgmt->edge, filter->names[i]);
    }
    return r != 0 ? ALD_FEED_NAMES_FULL : 0;
}

/* Begin at `after`; ALD_FEED_NOW: with what comes, 0: with all there is. */
static void reader_begin(struct ald_feed_reader *reader, ald_wall after)
{
    const struct ald_hub *hub = ald_edge_hub(reader->group->feed->mgmt->edge);

    /* There is room for the first words. */
    ald_ignore(ald_visit_push(reader->visit, ALD_STR(FEED_BEGIN)));
    reader->heard = after == ALD_FEED_NOW ? ald_hub_noted(hub) : after;
    for (size_t i = 0; i < reader->group->filter.n_names && after == 0; i++) {
        reader->gaps[i] = ald_hub_remembers_since(hub, reader->group->filter.names[i]);
    }
    if (after != ALD_FEED_NOW && after != 0) {
        ald_feed_tell_gap(reader, after);
    }
    reader_go_on(reader);
}

int ald_feed_join(struct ald_feed *feed, const struct ald_feed_filter *filter, ald_wall after, struct ald_visit *visit)
{
    struct ald_http_field fields[] = {{ALD_STR("Cache-Control"), ALD_STR("no-store")}};
    struct ald_page head = {.status = 200, .type = "text/event-stream", .n_fields = ALD_COUNT(fields)};
    struct ald_feed_reader *reader;
    int r;

    if (feed->n_readers >= feed->mgmt->streams_max) {
        feed->n_refused++;
        return ALD_FEED_FULL;
    }
    r = names_remember(feed, filter);
    if (r != 0) {
        feed->n_refused++;
        return r;
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
    reader_begin(reader, after);
    if (!ald_alarm_running(&feed->alarm)) {
        ald_alarm_start(feed_loop(feed), &feed->alarm, ald_loop_now(feed_loop(feed)) + FEED_COMMENT_EVERY);
    }
    return 0;
}
