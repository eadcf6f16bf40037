#pragma once

/*
 * Progress: how far a call is, on one line of a terminal that is written over again and again, and erased before anything
 * else is said there. Where nobody watches nothing is written; a terminal that knows no cursor gets a line for each change.
 *
 *     running  ████████░░░░░░░░  50 %  3/6  1.2 s  third blink
 *
 * A call that is over at once shows nothing: a line that flashes is a nuisance.
 */

#include <stdio.h>

#include "base/str.h"
#include "loop/loop.h"

struct ald_progress {
    struct ald_loop *loop;
    FILE *out;
    bool watched; /* there is a terminal */
    bool live;    /* whose lines can be written over */
    bool colour;
    bool shown; /* a line stands there */
    ald_usec since, drawn;
    char phase[16];
    char text[200];
    bool measured; /* completed of total is known */
    double completed, total;
    struct ald_alarm alarm; /* the next second to be shown */
};

/* For a call that begins now, shown on `out`. */
void ald_progress_init(struct ald_progress *progress, struct ald_loop *loop, FILE *out);
/* Nothing stands there any more. */
void ald_progress_fini(struct ald_progress *progress);

/* It went on to `phase`; `text` is for people, and may be absent. */
void ald_progress_phase(struct ald_progress *progress, struct ald_str phase, struct ald_str text);
/* The same, with how much of it is done. */
void ald_progress_measure(struct ald_progress *progress, struct ald_str phase, struct ald_str text, double completed,
                          double total);
/* Take the line away, because something else is about to be said on the same terminal; it comes again by itself. */
void ald_progress_erase(struct ald_progress *progress);

/* What the line says, without colour, cut to `width` columns; in `room` of `size` bytes. Returns `room`. */
const char *ald_progress_format(const struct ald_progress *progress, ald_usec elapsed, size_t width, char *room,
                                size_t size);
