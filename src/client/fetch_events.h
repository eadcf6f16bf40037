#pragma once

/*
 * Fetch events: server-sent events out of the bytes of a stream (WHATWG HTML, section 9.2), however they are split.
 *
 *     event: command
 *     data: {"id":"…"}
 *     id: 17
 *     <empty line>
 *
 * Lines may end in LF, CR or both; comments, and fields that nobody knows, are passed over, as the standard has it.
 *
 * Lifetime:   init to fini.
 * Limits:     a line, and the data of an event, ALD_FETCH_EVENT_MAX. One that is larger is passed over whole, and counted.
 * Threading:  one thread. It reads no clock and does no input.
 */

#include "base/buf.h"

/* The largest message there is (exchange.md 2.5), escaped in its envelope. */
enum { ALD_FETCH_EVENT_MAX = 32 * 1024 * 1024 };

struct ald_fetch_events {
    struct ald_buf line; /* unfinished */
    struct ald_buf data; /* of the event that is being read; each line ended by LF */
    char type[64];       /* its name; "": none was given */
    char id[64];         /* as far as it was said */
    char last_id[64];    /* and when the event, or what would be one if it had data, was complete */
    uint64_t retry_ms;   /* how long the other end wants us to wait before we come back; 0: it did not say */
    uint64_t n_dropped;  /* events that were too large */
    size_t size_max;
    bool begun;    /* a line was read: a byte order mark may stand before the first one only */
    bool after_cr; /* an LF that comes now belongs to the line end before it */
    bool line_cut; /* the line that is being read is too large */
    bool data_cut; /* and with it the event, or its data is */
    bool given;    /* the event was given out, and goes with the next call */
};

/* Events up to `size_max` bytes of data. */
void ald_fetch_events_init(struct ald_fetch_events *events, size_t size_max);
void ald_fetch_events_fini(struct ald_fetch_events *events);

struct ald_fetch_event {
    struct ald_str type; /* "message" where none was given */
    struct ald_str data;
};

enum { ALD_FETCH_EVENTS_HUNGRY = 1 };

/*
 * Take bytes off `*bytes` up to the end of the next event, and give it; its views live until the next call. Outcome:
 * ALD_FETCH_EVENTS_HUNGRY: all are taken, and no event is complete. Errors: ALDIS_E_NOMEM, after which only fini may follow.
 */
ALD_NODISCARD int ald_fetch_events_next(struct ald_fetch_events *events, struct ald_str *bytes,
                                        struct ald_fetch_event *ret_event);
