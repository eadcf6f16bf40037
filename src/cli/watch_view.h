#pragma once

/*
 * Watch view: one line for each thing that `GET /api/v1/events` tells, for people or for programs.
 */

#include <stdio.h>

#include "client/fetch_events.h"
#include "msg/msg.h"

/* What kinds are told; "dropped" is what the hub says when its reader was too slow,
 * "gap" what it does not remember of what its reader missed. */
enum ald_watch_kind {
    ALD_WATCH_COMMAND,
    ALD_WATCH_EVENT,
    ALD_WATCH_CHANNEL,
    ALD_WATCH_DROPPED,
    ALD_WATCH_GAP,
    ALD_WATCH_OTHER
};

enum ald_watch_kind ald_watch_kind(struct ald_str type);

/* Print `event` as one line of JSON: its data, with the kind as its first member. What is no JSON object is passed over. */
void ald_watch_print_json(FILE *out, const struct ald_fetch_event *event);

/*
 * Print it for a person, `when  what  target name  how long  id  why`, with colour if it is welcome. What is no JSON object,
 * and kinds that nobody knows, are passed over. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_watch_print(FILE *out, const struct ald_fetch_event *event, bool colour);

/* Say on standard error what is missing between which times. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_watch_say_gap(const struct ald_fetch_event *event);

/* How many things the hub could not tell; 0 where it does not say. */
uint64_t ald_watch_dropped(const struct ald_fetch_event *event);

/* The outcome of a command that it tells of: ALD_OUTCOME_NONE where that has none yet. */
enum ald_outcome ald_watch_outcome(const struct ald_fetch_event *event);
