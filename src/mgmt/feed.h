#pragma once

/*
 * Feed: what happens in the hub, as server-sent events (the HTML standard, section 9.2), to any number of readers.
 *
 * A line is written once, however many read it, and given out some milliseconds later at most. Events of the names that a reader
 * names are remembered by the hub (hub/series.h): who comes back, or is too slow, is told what he missed, and then what comes,
 * nothing twice. Of what is not remembered, so of commands and channels always, he is told that it is missing: from when until
 * when (`gap`), or how many lines (`dropped`); and it is counted. Nobody waits for him.
 *
 * Lifetime:   ald_feed_init() to ald_feed_fini(), within that of the edge; the doors are closed before.
 * Threading:  the loop's thread only.
 * Memory:     `streams_max` readers, each with what its visit may have unread (conn/visit.h).
 */

#include "base/list.h"
#include "base/str.h"
#include "loop/loop.h"
#include "msg/msg.h"

struct ald_mgmt;
struct ald_mgmt_call;
struct ald_visit;

enum ald_feed_kind { ALD_FEED_COMMAND, ALD_FEED_EVENT, ALD_FEED_CHANNEL, ALD_N_FEED_KINDS };

enum {
    /* What a person looks at; who wants more opens another stream. */
    ALD_FEED_NAMES_MAX = 16
};

/* What a reader wants to see. What has no such property is not seen by who filters by it. */
struct ald_feed_filter {
    unsigned kinds;         /* a bit for each enum ald_feed_kind */
    struct ald_str target;  /* absent: any */
    struct ald_str filters; /* of events, comma separated (hub/filters.h); absent: any */
    struct ald_str names[ALD_FEED_NAMES_MAX];
    size_t n_names; /* 0: any */
    int outcome;    /* -1: any */
    bool payload;
};

struct ald_feed {
    struct ald_mgmt *mgmt;
    struct ald_node groups; /* of readers with the same filter */
    uint32_t n_readers;
    ald_wall noted;         /* the time of the latest note that was looked at */
    uint64_t n_gaps;        /* that readers were told of */
    uint64_t n_lost;        /* lines that readers did not get */
    uint64_t n_refused;     /* readers, since there were too many */
    struct ald_alarm alarm; /* the next comment */
    struct ald_task flush;  /* lines are given out at the end of the turn */
    struct ald_alarm pause; /* or then */
    ald_usec flushed;       /* when they were the last time */
};

void ald_feed_init(struct ald_feed *feed, struct ald_mgmt *mgmt);
void ald_feed_fini(struct ald_feed *feed);

/* -1 for a word that is none. */
int ald_feed_kind_find(struct ald_str word);

enum { ALD_FEED_FULL = 1, ALD_FEED_NAMES_FULL };

#define ALD_FEED_NOW ((ald_wall)UINT64_MAX)

/*
 * Answer `visit` with what passes `filter` (borrows) from now on; before that, with what was later than `after`, a time of the hub
 * (ald_note.at), or ALD_FEED_NOW. Outcomes: ALD_FEED_FULL; ALD_FEED_NAMES_FULL, no further name can be remembered. Errors:
 * ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_feed_join(struct ald_feed *feed, const struct ald_feed_filter *filter, ald_wall after,
                                struct ald_visit *visit);
