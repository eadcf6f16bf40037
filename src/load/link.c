/*
 * A request is `{"type":"request","seq":7,"src":[3,1,100000000000042],"dst":[1,4],"name":…,"data":…}`; its number is the request
 * id, which comes back in the answer's `dst`. Numbers have fifteen digits, so that they need no leading zeros, which JSON forbids.
 *
 * What came is acknowledged after so many messages, not by a clock: a run takes a second or two, and a hub keeps what is not
 * acknowledged (link.md 2.4 lets heartbeats come at any time).
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/frames.h"
#include "load/speeches.h"
#include "wire/ws/ws_frame.h"

enum {
    ACKNOWLEDGED_EVERY = 256,
    EVENT_DIGITS = 12,
    HEAD_MAX = 200, /* of a message, before its name and data: all that is looked at */
    TOKEN_MAX = 1100,
};

#define FIRST_NUMBER UINT64_C(100000000000000)

enum stage { STAGE_UPGRADE, STAGE_HELLO, STAGE_READY };

/* What follows the number: it is the same in all of them. */
static int link_prepare(struct ald_load *load, struct ald_buf *text, size_t *ret_number_at)
{
    *ret_number_at = 0;
    return ald_buf_pushf(text, "],\"dst\":[1,%s],\"name\":\"bench:BenchRequest\",\"data\":%.*s}",
                         ald_load_spec(load)->target, ALD_STR_ARG(ald_load_payload(load)));
}

/* An event has no request id: its number stands in its data. */
static int link_prepare_event(struct ald_load *load, struct ald_buf *text, size_t *ret_number_at)
{
    int r =
        ald_buf_pushf(text, "],\"dst\":[1,%s],\"name\":\"bench:BenchEvent\",\"data\":[\"", ald_load_spec(load)->target);

    *ret_number_at = ald_buf_size(text);
    if (r == 0) {
        r = ald_buf_pushf(text, "%0*d\",%.*s]}", EVENT_DIGITS, 0, ALD_STR_ARG(ald_load_payload(load)));
    }
    return r;
}

static int link_greet(struct ald_load_peer *peer)
{
    return ald_load_upgrade(peer, "/api/socket", (struct ald_http_fields){NULL, 0});
}

static void peer_text(struct ald_load_peer *peer, const char *text, int size)
{
    const struct ald_str part = {text, (size_t)size};

    ald_load_frame(peer, ALD_WS_TEXT, &part, 1);
}

static void peer_register(struct ald_load_peer *peer)
{
    const struct ald_load_spec *spec = ald_load_spec(peer->load);
    const char *token = peer->agent && spec->agent_token != NULL ? spec->agent_token : spec->token;
    char text[TOKEN_MAX + HEAD_MAX];
    int n;

    if (token == NULL || strlen(token) > TOKEN_MAX) {
        ald_load_broken(peer, "there is no token to show");
        return;
    }
    if (peer->agent) {
        n = snprintf(
            text, sizeof(text),
            "{\"type\":\"registerHost\",\"data\":{\"token\":\"%s\",\"version\":\"1\",\"id\":%.9s,\"plugins\":{}}}",
            token, spec->target);
    } else {
        n = snprintf(text, sizeof(text), "{\"type\":\"registerControl\",\"data\":{\"token\":\"%s\",\"version\":\"1\"}}",
                     token);
    }
    peer_text(peer, text, n);
}

static void link_command(struct ald_load_peer *peer, uint64_t number, struct ald_str text, char *digits ALD_UNUSED)
{
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof(head), "{\"type\":\"request\",\"seq\":%" PRIu64 ",\"src\":[3,%" PRIu32 ",%" PRIu64,
                     ++peer->n_said, peer->id, FIRST_NUMBER + number);
    const struct ald_str parts[] = {ald_str_of(head, (size_t)n), text};

    ald_load_frame(peer, ALD_WS_TEXT, parts, ALD_COUNT(parts));
}

static void link_event(struct ald_load_peer *peer, uint64_t number, struct ald_str text, char *digits)
{
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof(head), "{\"type\":\"event\",\"seq\":%" PRIu64 ",\"src\":[3,%" PRIu32, ++peer->n_said,
                     peer->id);
    const struct ald_str parts[] = {ald_str_of(head, (size_t)n), text};

    for (size_t i = 0; i < EVENT_DIGITS; i++, number /= 10) {
        digits[EVENT_DIGITS - 1 - i] = (char)('0' + number % 10);
    }
    ald_load_frame(peer, ALD_WS_TEXT, parts, ALD_COUNT(parts));
}

/* Reading: a message is known by what stands in its head, in whatever order. */

static struct ald_str head_of(struct ald_str text)
{
    return ald_str_of(text.data, ALD_MIN(text.size, (size_t)HEAD_MAX));
}

/* The text behind `before`, or absent. */
static struct ald_str text_after(struct ald_str text, struct ald_str before)
{
    size_t at = ald_str_find(text, before);

    return at == text.size ? ALD_STR_NONE : ald_str_from(text, at + before.size);
}

/* The number that `text` begins with, which it is left behind. */
static uint64_t number_take(struct ald_str *text)
{
    uint64_t number = 0;

    while (text->size > 0 && text->data[0] >= '0' && text->data[0] <= '9') {
        number = number * 10 + (uint64_t)(text->data[0] - '0');
        *text = ald_str_from(*text, 1);
    }
    return number;
}

/* The address that `text` begins with, behind its bracket: `3,1,100000000000042]`. What is not there is 0. */
static void address_read(struct ald_str text, uint64_t numbers[3])
{
    for (size_t i = 0; i < 3; i++) {
        numbers[i] = number_take(&text);
        if (ald_str_starts(text, ALD_STR(","))) {
            text = ald_str_from(text, 1);
        }
    }
}

static void peer_ready(struct ald_load_peer *peer, struct ald_str head)
{
    uint64_t us[3];

    address_read(text_after(head, ALD_STR("\"src\":[")), us);
    peer->id = (uint32_t)us[1];
    peer->stage = STAGE_READY;
    ald_load_peer_ready(peer);
}

static void peer_answer(struct ald_load_peer *peer, struct ald_str head)
{
    struct ald_str from = text_after(head, ALD_STR("\"src\":["));
    char text[HEAD_MAX];
    int n = snprintf(text, sizeof(text),
                     "{\"type\":\"response\",\"seq\":%" PRIu64 ",\"src\":[1,%" PRIu32 "],\"dst\":[%.*s],\"data\":",
                     ++peer->n_said, peer->id, (int)ALD_MIN(ald_str_find(from, ALD_STR("]")), (size_t)60), from.data);
    const struct ald_str parts[] = {ald_str_of(text, (size_t)n), ald_load_payload(peer->load), ALD_STR("}")};

    ald_load_served(peer);
    ald_load_frame(peer, ALD_WS_TEXT, parts, ALD_COUNT(parts));
}

static void peer_answered(struct ald_load_peer *peer, struct ald_str text, bool well)
{
    uint64_t us[3];
    struct ald_str why = well ? ALD_STR_NONE : text_after(text, ALD_STR("\"message\":\""));

    address_read(text_after(head_of(text), ALD_STR("\"dst\":[")), us);
    why.size = ald_str_find(why, ALD_STR("\""));
    ald_load_answered(peer, us[2] - FIRST_NUMBER, well ? ALD_LOAD_SUCCEEDED : ALD_LOAD_FAILED, why);
}

static void peer_event(struct ald_load_peer *peer, struct ald_str head)
{
    struct ald_str digits = text_after(head, ALD_STR("\"data\":[\""));
    uint64_t from[3];
    struct ald_load_peer *caller;

    ald_load_served(peer);
    address_read(text_after(head, ALD_STR("\"src\":[")), from);
    caller = ald_load_caller(peer->load, (uint32_t)from[1]);
    if (caller == NULL) {
        ald_load_broken(peer, "an event came that nobody sent");
        return;
    }
    ald_load_answered(caller, number_take(&digits), ALD_LOAD_SUCCEEDED, ALD_STR_NONE);
}

static void peer_acknowledge(struct ald_load_peer *peer, struct ald_str head)
{
    struct ald_str number = text_after(head, ALD_STR("\"seq\":"));
    char text[HEAD_MAX];

    if (++peer->n_heard % ACKNOWLEDGED_EVERY == 0) {
        peer_text(peer, text,
                  snprintf(text, sizeof(text), "{\"type\":\"heartbeat\",\"seq\":%" PRIu64 "}", number_take(&number)));
    }
}

static void peer_message(struct ald_load_peer *peer, struct ald_str text)
{
    struct ald_str head = head_of(text), type = text_after(head, ALD_STR("\"type\":\""));

    if (peer->stage != STAGE_READY) {
        if (ald_str_starts(type, ALD_STR("hello\""))) {
            peer_register(peer);
        } else if (ald_str_starts(type, ALD_STR("ready\""))) {
            peer_ready(peer, head);
        }
        return;
    }
    if (ald_str_starts(type, ALD_STR("request\""))) {
        peer_answer(peer, head);
    } else if (ald_str_starts(type, ALD_STR("response\""))) {
        peer_answered(peer, text, true);
    } else if (ald_str_starts(type, ALD_STR("responseError\""))) {
        peer_answered(peer, text, false);
    } else if (ald_str_starts(type, ALD_STR("event\""))) {
        peer_event(peer, head);
    } else {
        return; /* what has no number, as a heartbeat */
    }
    peer_acknowledge(peer, head);
}

static size_t link_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    size_t used = 0;

    if (peer->stage == STAGE_UPGRADE) {
        struct ald_str head = ald_load_upgraded(peer, ald_str_of(bytes, size));

        if (!ald_str_present(head)) {
            return 0;
        }
        peer->stage = STAGE_HELLO;
        used = head.size;
    }
    return used + ald_load_frames(peer, bytes + used, size - used, peer_message);
}

const struct ald_load_speech ald_load_link = {
    .name = "link",
    .prepare = link_prepare,
    .greet = link_greet,
    .take = link_take,
    .command = link_command,
};

const struct ald_load_speech ald_load_link_events = {
    .name = "link-events",
    .prepare = link_prepare_event,
    .greet = link_greet,
    .take = link_take,
    .command = link_event,
};
