#include "client/fetch_events.h"

#include <stdio.h>

#include "base/error.h"

/* The name of a field, a colon and a blank. */
enum { EVENTS_FIELD_MAX = 64 };

void ald_fetch_events_init(struct ald_fetch_events *events, size_t size_max)
{
    *events = (struct ald_fetch_events){.size_max = size_max};
    ald_buf_init(&events->line, size_max + EVENTS_FIELD_MAX);
    ald_buf_init(&events->data, size_max + 1);
}

void ald_fetch_events_fini(struct ald_fetch_events *events)
{
    ald_buf_fini(&events->line);
    ald_buf_fini(&events->data);
}

static void events_reset(struct ald_fetch_events *events)
{
    ald_buf_cut(&events->data, 0);
    events->type[0] = '\0';
    events->data_cut = false;
    events->given = false;
}

static int events_data(struct ald_fetch_events *events, struct ald_str value)
{
    int r = 0;

    if (!events->data_cut) {
        r = ald_buf_push(&events->data, value);
        r = r == 0 ? ald_buf_push_byte(&events->data, '\n') : r;
        events->data_cut = r > 0;
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int events_field(struct ald_fetch_events *events, struct ald_str name, struct ald_str value)
{
    uint64_t number;

    if (ald_str_equal(name, ALD_STR("data"))) {
        return events_data(events, value);
    }
    if (ald_str_equal(name, ALD_STR("event"))) {
        snprintf(events->type, sizeof(events->type), "%.*s", ALD_STR_ARG(value));
    } else if (ald_str_equal(name, ALD_STR("id")) && value.size < sizeof(events->id) &&
               memchr(ald_str_present(value) ? value.data : "", '\0', value.size) == NULL) {
        snprintf(events->id, sizeof(events->id), "%.*s", ALD_STR_ARG(value));
    } else if (ald_str_equal(name, ALD_STR("retry")) && ald_str_u64(value, &number) == 0) {
        events->retry_ms = number;
    }
    return 0;
}

/* Outcomes: ALD_FETCH_EVENTS_HUNGRY, the event goes on; 0, it is complete. */
static int events_line(struct ald_fetch_events *events, struct ald_str line)
{
    size_t colon;
    struct ald_str value;
    int r;

    if (!events->begun && ald_str_starts(line, ALD_STR("\xef\xbb\xbf"))) {
        line = ald_str_from(line, 3);
    }
    events->begun = true;
    if (line.size == 0) {
        memcpy(events->last_id, events->id, sizeof(events->id));
        events->n_dropped += events->data_cut;
        if (events->data_cut || ald_buf_size(&events->data) == 0) {
            events_reset(events);
            return ALD_FETCH_EVENTS_HUNGRY;
        }
        return 0;
    }
    colon = ald_str_find(line, ALD_STR(":"));
    value = ald_str_from(line, ALD_MIN(colon + 1, line.size));
    if (ald_str_starts(value, ALD_STR(" "))) {
        value = ald_str_from(value, 1);
    }
    r = events_field(events, ald_str_of(line.data, colon), value);
    return r < 0 ? ald_trace(r) : ALD_FETCH_EVENTS_HUNGRY;
}

static int events_line_end(struct ald_fetch_events *events)
{
    int r = ALD_FETCH_EVENTS_HUNGRY;

    if (events->line_cut) {
        events->data_cut = true;
    } else {
        r = events_line(events, ald_buf_str(&events->line));
    }
    events->line_cut = false;
    ald_buf_cut(&events->line, 0);
    return r;
}

/* Take what is left of a line, without its end. */
static int events_take(struct ald_fetch_events *events, struct ald_str *bytes)
{
    size_t size = 0;
    int r = 0;

    while (size < bytes->size && bytes->data[size] != '\n' && bytes->data[size] != '\r') {
        size++;
    }
    if (!events->line_cut) {
        r = ald_buf_push(&events->line, ald_str_of(bytes->data, size));
        events->line_cut = r > 0;
    }
    *bytes = ald_str_from(*bytes, size);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_fetch_events_next(struct ald_fetch_events *events, struct ald_str *bytes, struct ald_fetch_event *ret_event)
{
    int r;

    if (events->given) {
        events_reset(events);
    }
    while (bytes->size > 0) {
        char c = bytes->data[0];

        if (c == '\n' && events->after_cr) {
            events->after_cr = false;
            *bytes = ald_str_from(*bytes, 1);
            continue;
        }
        events->after_cr = c == '\r';
        if (c != '\n' && c != '\r') {
            r = events_take(events, bytes);
            if (r < 0) {
                return r;
            }
            continue;
        }
        *bytes = ald_str_from(*bytes, 1);
        r = events_line_end(events);
        if (r == 0) {
            events->given = true;
            ret_event->type = ald_str(events->type[0] != '\0' ? events->type : "message");
            ret_event->data = ald_buf_str(&events->data);
            ret_event->data.size--; /* the end of its last line */
        }
        if (r <= 0) {
            return r;
        }
    }
    return ALD_FETCH_EVENTS_HUNGRY;
}
