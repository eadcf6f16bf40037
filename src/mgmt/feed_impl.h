#pragma once

/* What the files of the feed share: lines, groups of readers that want the same, and readers. */

#include "hub/note.h"
#include "mgmt/feed.h"
#include "mgmt/mgmt_impl.h"

enum {
    /* Payloads up to this size are shown; of others the size is told. Four fit into what a reader may have unread. */
    FEED_PAYLOAD_MAX = 64 * 1024,
    FEED_LINE_MAX = FEED_PAYLOAD_MAX + 64 * 1024, /* with names and texts of ALD_NAME_MAX bytes, escaped */
    /* Text of one group that waits to be given out; more is given out at once. */
    FEED_TURN_MAX = 64 * 1024
};

/*
 * A group has everything that its filter lets pass, in its text, at the end of each turn. A reader that is behind is told from the
 * hub's memory instead, until it has everything that the group had: then it is with the others.
 */
struct ald_feed_group {
    struct ald_node node;
    struct ald_feed *feed;
    struct ald_feed_filter filter; /* its texts are in `texts` */
    struct ald_node readers, behind;
    struct ald_buf text; /* not given out yet */
    ald_wall text_after; /* a time before its first line, behind everything that was given out */
    uint64_t n_lines;    /* in it, */
    uint64_t n_commands; /* of commands; */
    uint64_t n_failed;   /* that should be in it, and for which memory was short */
    char texts[];
};

struct ald_feed_reader {
    struct ald_node node; /* group->readers or group->behind */
    struct ald_feed_group *group;
    struct ald_visit *visit;
    uint64_t n_dropped;                /* and not told of */
    ald_wall heard;                    /* it has everything up to here, or was told that it has not */
    ald_wall gaps[ALD_FEED_NAMES_MAX]; /* of each name: it was told that something up to here is missing */
};

/* A line that is made when the first reader wants it: without the payload, and with it. */
struct ald_feed_line {
    const struct ald_note *note;
    enum ald_feed_kind kind;
    struct ald_buf made[2];
};

enum ald_feed_kind ald_feed_kind_of(const struct ald_note *note);
const char *ald_feed_kind_name(enum ald_feed_kind kind);
bool ald_feed_fits(const struct ald_feed_filter *filter, const struct ald_note *note);

void ald_feed_line_init(struct ald_feed_line *line, const struct ald_note *note);
void ald_feed_line_fini(struct ald_feed_line *line);
/* Gives the line; absent when memory is short. */
struct ald_str ald_feed_line_make(struct ald_feed_line *line, bool payload);

/* What its group hears by name is remembered, so a reader can be told later. */
bool ald_feed_remembers(const struct ald_feed_filter *filter);
/* Tell a reader what it lost. False: it still has no room. */
bool ald_feed_tell_dropped(struct ald_feed_reader *reader);
/* Tell a reader that is behind what it missed, as far as it has room. Returns whether it has everything. Not inside a step. */
bool ald_feed_catch_up(struct ald_feed_reader *reader);
/* Tell a reader that what is not remembered, of the kinds of its group, is missing from `after` until now. */
void ald_feed_tell_gap(struct ald_feed_reader *reader, ald_wall after);
