/*
 * Server-sent events, from bytes that anybody may have written: whole, and in pieces. The first byte says how large the
 * pieces are; however they are cut, the same events must come of them, and as many must be passed over.
 */

#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "client/fetch_events.h"

/* Small, so that inputs reach it. */
enum { EVENTS_SIZE_MAX = 64, EVENTS_STORY_MAX = 1024 * 1024 };

struct reading {
    struct ald_fetch_events events;
    struct ald_buf story; /* all that came, one after the other */
};

static void fuzz_insist(bool fact)
{
    if (!fact) {
        abort();
    }
}

static void reading_feed(struct reading *reading, struct ald_str bytes)
{
    struct ald_fetch_event event;
    int r;

    while ((r = ald_fetch_events_next(&reading->events, &bytes, &event)) == 0) {
        fuzz_insist(event.type.size > 0 && event.data.size < EVENTS_SIZE_MAX + 1);
        fuzz_insist(ald_buf_push(&reading->story, event.type) == 0);
        fuzz_insist(ald_buf_push_byte(&reading->story, 0) == 0);
        fuzz_insist(ald_buf_push(&reading->story, event.data) == 0);
        fuzz_insist(ald_buf_push_byte(&reading->story, 1) == 0);
    }
    fuzz_insist(r == ALD_FETCH_EVENTS_HUNGRY && bytes.size == 0);
    fuzz_insist(ald_buf_size(&reading->events.line) <= EVENTS_SIZE_MAX + 64);
    fuzz_insist(ald_buf_size(&reading->events.data) <= EVENTS_SIZE_MAX + 1);
}

static void reading_run(struct reading *reading, struct ald_str bytes, size_t piece)
{
    ald_fetch_events_init(&reading->events, EVENTS_SIZE_MAX);
    ald_buf_init(&reading->story, EVENTS_STORY_MAX);
    while (bytes.size > 0) {
        size_t size = ALD_MIN(piece, bytes.size);

        reading_feed(reading, ald_str_of(bytes.data, size));
        bytes = ald_str_from(bytes, size);
    }
}

static void reading_end(struct reading *reading)
{
    ald_fetch_events_fini(&reading->events);
    ald_buf_fini(&reading->story);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole, pieces;
    struct ald_str bytes;

    if (size < 1 || size > EVENTS_STORY_MAX / 16) {
        return 0;
    }
    bytes = ald_str_of(data + 1, size - 1);
    reading_run(&whole, bytes, size);
    reading_run(&pieces, bytes, (size_t)data[0] % 16 + 1);
    fuzz_insist(ald_str_equal(ald_buf_str(&whole.story), ald_buf_str(&pieces.story)));
    fuzz_insist(whole.events.n_dropped == pieces.events.n_dropped);
    fuzz_insist(whole.events.retry_ms == pieces.events.retry_ms);
    fuzz_insist(strcmp(whole.events.last_id, pieces.events.last_id) == 0);
    reading_end(&whole);
    reading_end(&pieces);
    return 0;
}
