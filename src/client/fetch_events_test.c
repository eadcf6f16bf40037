#include "lib/test.h"

#include <stdio.h>

#include "client/fetch_events.h"

/* What came of `bytes`, fed `n` at once: "type=data|" for each event. */
static char story[400];

static void feed(struct ald_fetch_events *events, struct ald_str bytes)
{
    struct ald_fetch_event event;
    int r;

    while ((r = ald_fetch_events_next(events, &bytes, &event)) == 0) {
        size_t at = strlen(story);

        snprintf(story + at, sizeof(story) - at, "%.*s=%.*s|", ALD_STR_ARG(event.type), ALD_STR_ARG(event.data));
    }
    ald_check_int(r, ALD_FETCH_EVENTS_HUNGRY);
    ald_check_int(bytes.size, 0);
}

static struct ald_str heard_split(const char *text, size_t n)
{
    struct ald_str bytes = ald_str(text);
    struct ald_fetch_events events;

    ald_fetch_events_init(&events, 1000);
    story[0] = '\0';
    while (bytes.size > 0) {
        size_t size = ALD_MIN(n, bytes.size);

        feed(&events, ald_str_of(bytes.data, size));
        bytes = ald_str_from(bytes, size);
    }
    ald_fetch_events_fini(&events);
    return ald_str(story);
}

static void check_heard(const char *text, const char *expected)
{
    for (size_t n = 1; n <= strlen(text); n++) {
        ald_check_str(heard_split(text, n), expected);
    }
}

ALD_TEST(fetch_events, gives_each_event_however_the_bytes_are_split)
{
    check_heard("event: command\ndata: {}\nid: 1\n\ndata: x\n\n", "command={}|message=x|");
    check_heard("event: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\r", "a=1|b=2|");
}

ALD_TEST(fetch_events, joins_lines_of_data)
{
    check_heard("data: a\ndata:\ndata:  b\n\n", "message=a\n\n b|");
    check_heard("data\n\n", "message=|");
}

ALD_TEST(fetch_events, passes_over_what_is_no_event)
{
    check_heard(": a comment\n\nretry: 1000\n\nevent: none\n\nnonsense: 5\nnonsense\ndata: x\n\n", "message=x|");
    check_heard("data: unfinished\n", "");
    check_heard("\xef\xbb\xbf"
                "data: x\n\n\xef\xbb\xbf"
                "data: y\n\n",
                "message=x|");
}

ALD_TEST(fetch_events, remembers_id_and_retry)
{
    struct ald_fetch_events events;

    ald_fetch_events_init(&events, 1000);
    feed(&events, ALD_STR("retry: 1500\nid: 17\ndata: x\n\ndata: y\n\nretry: soon\nid: a\0b\n\n"));
    ald_check_int(events.retry_ms, 1500);
    ald_check_str(ald_str(events.last_id), "17");
    feed(&events, ALD_STR("id: 18\ndata: cut short\n"));
    ald_check_str(ald_str(events.last_id), "17");
    feed(&events, ALD_STR("\nid: 19\n\n"));
    ald_check_str(ald_str(events.last_id), "19");
    feed(&events, ALD_STR("id\n\n"));
    ald_check_str(ald_str(events.last_id), "");
    ald_fetch_events_fini(&events);
}

ALD_TEST(fetch_events, passes_over_what_is_too_large_and_counts_it)
{
    static char huge[3000];
    struct ald_fetch_events events;

    memset(huge, 'x', sizeof(huge));
    ald_fetch_events_init(&events, 1000);
    story[0] = '\0';
    feed(&events, ALD_STR("event: a\ndata: "));
    feed(&events, ald_str_of(huge, sizeof(huge)));
    feed(&events, ALD_STR("\ndata: more\n\ndata: small\n\n"));
    ald_check_str(ald_str(story), "message=small|");
    ald_check_int(events.n_dropped, 1);

    story[0] = '\0';
    for (int i = 0; i < 3; i++) {
        feed(&events, ALD_STR("data: "));
        feed(&events, ald_str_of(huge, 500));
        feed(&events, ALD_STR("\n"));
    }
    feed(&events, ALD_STR("\ndata: small\n\n"));
    ald_check_str(ald_str(story), "message=small|");
    ald_check_int(events.n_dropped, 2);
    ald_check(events.line.room + events.data.room < 8000);
    ald_fetch_events_fini(&events);
}

ALD_TEST_MAIN(fetch_events, ALD_CASE(fetch_events, gives_each_event_however_the_bytes_are_split),
              ALD_CASE(fetch_events, joins_lines_of_data), ALD_CASE(fetch_events, passes_over_what_is_no_event),
              ALD_CASE(fetch_events, remembers_id_and_retry),
              ALD_CASE(fetch_events, passes_over_what_is_too_large_and_counts_it))
