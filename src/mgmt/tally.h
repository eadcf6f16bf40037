#pragma once

/*
 * Tally: how commands ended, by name and outcome, and how long they took, since the start.
 *
 * Names come from outside, and every one costs a scrape six lines, so only TALLY_NAMES_MAX of them have a row of their
 * own; the rest is counted together, under the name "other". A name gets its row when a command of that name first
 * reaches an agent's side of things: one that was refused does not take a row, so that inventing names does not push
 * out those that work.
 *
 * Lifetime: ald_tally_init() to ald_tally_fini().
 * Memory:   bounded by TALLY_NAMES_MAX rows with a name of at most ALD_NAME_MAX bytes.
 */

#include "base/list.h"
#include "base/table.h"
#include "msg/msg.h"

enum {
    /* Programs that were looked at know a few dozen commands; at 256 names a scrape stays under 200 KiB. */
    TALLY_NAMES_MAX = 256,
    TALLY_BUCKETS = 18,
    TALLY_OUTCOMES = ALD_LOST + 1
};

/* What a row for all other names is called; also a command of that very name is counted there. */
#define TALLY_OTHER "other"

struct ald_tally_row {
    struct ald_node node;
    struct ald_str name;
    uint64_t ended[TALLY_OUTCOMES];
};

/* How long commands of one outcome took. */
struct ald_tally_times {
    uint64_t counts[TALLY_BUCKETS + 1]; /* not cumulative; the last one is beyond every bound */
    uint64_t n;
    uint64_t sum_usec;
};

struct ald_tally {
    struct ald_node rows; /* in the order in which names came */
    struct ald_table by_name;
    struct ald_tally_row *latest; /* that was counted, to spare a hash each command; NULL: none */
    uint32_t n_rows;
    struct ald_tally_row other;
    struct ald_tally_times times[TALLY_OUTCOMES];
};

/* Upper bounds of the buckets, in microseconds: 1, 2, 5 steps from 100 µs, a call on one machine, to 60 s. */
extern const ald_usec ald_tally_bounds[TALLY_BUCKETS];

void ald_tally_init(struct ald_tally *tally, const uint64_t seed[2]);
void ald_tally_fini(struct ald_tally *tally);

/* A command called `name` (borrows) ended after `took`. When memory is short it is counted under "other". */
void ald_tally_ended(struct ald_tally *tally, struct ald_str name, enum ald_outcome outcome, ald_usec took);
