#pragma once

/*
 * Status view: what `GET /api/v1/hub` says, for people.
 */

#include <stdio.h>

#include "msg/json.h"

/* What the last look counted, to tell how fast things go. */
struct ald_status_rates {
    size_t n; /* looks so far */
    uint64_t uptime_ms, submitted, events, read_bytes, written_bytes;
};

struct ald_status_view {
    const char *url;   /* where the hub answered */
    const char *erase; /* what ends a line on a screen that is painted over, or "" */
    size_t rows;       /* a screen has no more; 0: no limit */
    bool colour;
    struct ald_status_rates *rates; /* read and written; NULL: no rates are shown */
};

/* Print `hub`, which may lack anything: another version may have said it. */
void ald_status_print(FILE *out, const struct ald_status_view *view, const struct ald_json_node *hub);

/* Is a counter of this name about something refused, dropped, cut or gone wrong? */
bool ald_status_is_refusal(const char *name);
