/*
 * What a reader missed: events of the names that it reads are remembered by the hub (hub/series.h), and it is told from there, in
 * their order, until it has what the others have. Each line has the time that its event has in the hub, so wherever a reader
 * comes back with the last of these it goes on, nothing twice. What the hub does not remember (any more) is a line of its own.
 */

#include <stdio.h>

#include "base/error.h"
#include "conn/visit.h"
#include "loop/wall.h"
#include "mgmt/feed_impl.h"

/* The next event of each name. */
struct missed {
    const struct ald_hub *hub;
    const struct ald_feed_filter *filter;
    struct {
        const void *walk;
        struct ald_note note;
        bool is_there;
    } of[ALD_FEED_NAMES_MAX];
};

static void missed_next(struct missed *missed, size_t i, ald_wall after)
{
    missed->of[i].is_there =
        ald_hub_next_remembered(missed->hub, missed->filter->names[i], after, &missed->of[i].walk, &missed->of[i].note);
}

static void missed_init(struct missed *missed, const struct ald_feed_reader *reader)
{
    const struct ald_feed_group *group = reader->group;

    missed->hub = ald_edge_hub(group->feed->mgmt->edge);
    missed->filter = &group->filter;
    for (size_t i = 0; i < group->filter.n_names; i++) {
        missed->of[i].walk = NULL;
        missed_next(missed, i, reader->heard);
    }
}

/* The earliest of all; false: that was all. */
static bool missed_pop(struct missed *missed, struct ald_note *ret_note)
{
    size_t first = missed->filter->n_names;

    for (size_t i = 0; i < missed->filter->n_names; i++) {
        if (missed->of[i].is_there &&
            (first == missed->filter->n_names || missed->of[i].note.at < missed->of[first].note.at)) {
            first = i;
        }
    }
    if (first == missed->filter->n_names) {
        return false;
    }
    *ret_note = missed->of[first].note;
    missed_next(missed, first, 0);
    return true;
}

/* --- gaps ---------------------------------------------------------------------------------------------------------- */

static void kinds_write(struct ald_json_writer *json, unsigned kinds)
{
    ald_json_write_name(json, ALD_STR("kinds"));
    ald_json_write_array(json);
    for (int kind = 0; kind < ALD_N_FEED_KINDS; kind++) {
        if ((kinds & 1U << kind) != 0) {
            ald_json_write_str(json, ald_str(ald_feed_kind_name((enum ald_feed_kind)kind)));
        }
    }
    ald_json_write_end(json);
}

/* Without an id: whoever comes back goes on behind what it really has. False: there is no room for it. */
static bool gap_push(struct ald_feed_reader *reader, unsigned kinds, struct ald_str name, ald_wall from, ald_wall until)
{
    char from_text[ALD_WALL_TEXT], until_text[ALD_WALL_TEXT];
    struct ald_json_writer json;
    struct ald_buf text;
    bool pushed = true;

    ald_wall_iso(from, from_text);
    ald_wall_iso(until, until_text);
    ald_buf_init(&text, FEED_LINE_MAX);
    if (ald_buf_push(&text, ALD_STR("event: gap\ndata: ")) == 0) {
        ald_json_write_init(&json, &text, ALD_JSON_COMPACT);
        ald_json_write_object(&json);
        kinds_write(&json, kinds);
        ald_json_write_member_some(&json, "name", name);
        ald_json_write_member_str(&json, "from", ald_str(from_text));
        ald_json_write_member_str(&json, "until", ald_str(until_text));
        ald_json_write_end(&json);
        if (ald_json_write_done(&json) == 0 && ald_buf_push(&text, ALD_STR("\n\n")) == 0) {
            pushed = ald_visit_push(reader->visit, ald_buf_str(&text)) != ALD_VISIT_FULL;
            reader->group->feed->n_gaps += pushed;
        }
    }
    ald_buf_fini(&text);
    return pushed;
}

void ald_feed_tell_gap(struct ald_feed_reader *reader, ald_wall after)
{
    const struct ald_feed_filter *filter = &reader->group->filter;
    unsigned kinds = filter->kinds;

    if (ald_feed_remembers(filter)) {
        kinds &= ~(1U << ALD_FEED_EVENT);
    }
    if (filter->n_names > 0) {
        kinds &= ~(1U << ALD_FEED_CHANNEL); /* they have none, so they do not pass */
    }
    if (kinds != 0) {
        (void)gap_push(reader, kinds, ALD_STR_NONE, after, ald_loop_wall()); /* there is room for the first words */
    }
}

/* Of names that were forgotten, or not known, since it was there. False: no room. */
static bool gaps_tell(struct ald_feed_reader *reader, const struct ald_hub *hub)
{
    const struct ald_feed_filter *filter = &reader->group->filter;

    for (size_t i = 0; i < filter->n_names; i++) {
        ald_wall since = ald_hub_remembers_since(hub, filter->names[i]);

        if (since == UINT64_MAX) {
            since = ald_hub_noted(hub); /* its place was needed */
        }
        if (since <= ALD_MAX(reader->heard, reader->gaps[i])) {
            continue;
        }
        if (!gap_push(reader, 1U << ALD_FEED_EVENT, filter->names[i], ALD_MAX(reader->heard, reader->gaps[i]), since)) {
            return false;
        }
        reader->gaps[i] = since;
    }
    return true;
}

/* --- catching up --------------------------------------------------------------------------------------------------- */

/* A piece of what was missed. Returns whether it is taken; `*ret_more`: there is more. */
static bool piece_push(struct ald_feed_reader *reader, struct missed *missed, bool *ret_more)
{
    uint64_t n_failed = 0;
    ald_wall heard = reader->heard;
    struct ald_note note;
    struct ald_buf text;
    bool taken = true;

    ald_buf_init(&text, FEED_TURN_MAX + FEED_LINE_MAX);
    while (ald_buf_size(&text) <= FEED_TURN_MAX && (*ret_more = missed_pop(missed, &note))) {
        heard = note.at;
        if (ald_feed_fits(&reader->group->filter, &note)) {
            struct ald_feed_line line;
            struct ald_str made;

            ald_feed_line_init(&line, &note);
            made = ald_feed_line_make(&line, reader->group->filter.payload);
            n_failed += !ald_str_present(made) || ald_buf_push(&text, made) != 0;
            ald_feed_line_fini(&line);
        }
    }
    if (ald_buf_size(&text) > 0) {
        taken = ald_visit_push(reader->visit, ald_buf_str(&text)) != ALD_VISIT_FULL;
    }
    if (taken) {
        reader->heard = heard;
        reader->n_dropped += n_failed;
        reader->group->feed->n_lost += n_failed;
    }
    ald_buf_fini(&text);
    return taken;
}

bool ald_feed_catch_up(struct ald_feed_reader *reader)
{
    struct missed missed;
    bool more = true;

    if (ald_feed_remembers(&reader->group->filter)) {
        missed_init(&missed, reader);
        if (!gaps_tell(reader, missed.hub)) {
            return false;
        }
        while (more) {
            if (!piece_push(reader, &missed, &more)) {
                return false;
            }
        }
    }
    return true;
}
