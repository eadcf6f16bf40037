#pragma once

/*
 * Feed: what happens in the hub, as server-sent events (the HTML standard, section 9.2), to any number of readers.
 *
 * A line is written once, however many read it, and given out some milliseconds later at most. A reader that is too slow
 * loses lines, is told how many, and they are counted; nobody waits for him. Nothing is kept for who was not there: an
 * event stream shows what passes.
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

/* What a reader wants to see. What has no such property is not seen by who filters by it. */
struct ald_feed_filter {
    unsigned kinds;              /* a bit for each enum ald_feed_kind */
    struct ald_str target, name; /* absent: any */
    int outcome;                 /* -1: any */
    bool payload;
};

struct ald_feed {
    struct ald_mgmt *mgmt;
    struct ald_node groups; /* of readers with the same filter */
    uint32_t n_readers;
    uint64_t last_id;       /* of a line */
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

enum { ALD_FEED_FULL = 1 };

/* Answer `visit` with what passes `filter` (borrows) from now on. Outcome: ALD_FEED_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_feed_join(struct ald_feed *feed, const struct ald_feed_filter *filter, struct ald_visit *visit);
