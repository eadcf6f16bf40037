/*
 * Request and reply as client libraries do it: a caller subscribes once to an inbox of its own with a wildcard, and gives each
 * request a subject below it to answer to. Agents share a queue group, so that one of them gets each request.
 *
 *     PUB bench _INBOX.salt.caller.number 16     MSG bench 1 _INBOX.salt.caller.number 16     what agents get
 *     PUB _INBOX.salt.caller.number 16           MSG _INBOX.salt.caller.number 1 16           what callers get
 */

#include "nats_speech.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_SIZE = 512, NUMBER_DIGITS = 12 };

static const char hex[] = "0123456789abcdef";

/* Everything but the caller's own inbox: that stands before the number, and is written with it. */
static int nats_prepare(struct ald_load *load, struct ald_buf *text, size_t *ret_number_at)
{
    *ret_number_at = 0;
    return ald_buf_pushf(text, " %zu\r\n%.*s\r\n", ald_load_spec(load)->size, ALD_STR_ARG(ald_load_payload(load)));
}

static int nats_greet(struct ald_load_peer *peer ALD_UNUSED)
{
    return 0; /* the server speaks first */
}

static void peer_connect(struct ald_load_peer *peer)
{
    char text[LINE_MAX_SIZE];
    int n = snprintf(text, sizeof(text),
                     "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":false,\"lang\":\"c\",\"version\":\"1\","
                     "\"protocol\":1}\r\n");

    if (peer->agent) {
        const char *group = ald_load_spec(peer->load)->mode == NULL ? " all" : ""; /* "all" names the group */

        n += snprintf(text + n, sizeof(text) - (size_t)n, "SUB %s%s 1\r\nPING\r\n", ald_load_spec(peer->load)->target,
                      group);
    } else {
        n += snprintf(text + n, sizeof(text) - (size_t)n, "SUB _INBOX.%" PRIx64 ".%" PRIx32 ".* 1\r\nPING\r\n",
                      ald_load_salt(peer->load), peer->index);
    }
    ald_load_say(peer, ald_str_of(text, (size_t)n));
}

static void nats_command(struct ald_load_peer *peer, uint64_t number, struct ald_str text, char *digits ALD_UNUSED)
{
    char line[LINE_MAX_SIZE];
    size_t n;

    n = (size_t)snprintf(line, sizeof(line), "PUB %s _INBOX.%" PRIx64 ".%" PRIx32 ".",
                         ald_load_spec(peer->load)->target, ald_load_salt(peer->load), peer->index);
    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        line[n + NUMBER_DIGITS - 1 - i] = hex[number >> (4 * i) & 0xF];
    }
    ald_load_say(peer, ald_str_of(line, n + NUMBER_DIGITS));
    ald_load_say(peer, text);
}

/* The words of a line, at most `max`. */
static size_t line_split(struct ald_str line, struct ald_str *words, size_t max)
{
    size_t n = 0;

    while (line.size > 0 && n < max) {
        size_t end = ald_str_find(line, ALD_STR(" "));

        words[n++] = ald_str_of(line.data, end);
        line = ald_str_from(line, ALD_MIN(end + 1, line.size));
    }
    return n;
}

static void peer_answer(struct ald_load_peer *peer, struct ald_str inbox, struct ald_str size, struct ald_str payload)
{
    char line[LINE_MAX_SIZE];
    int n = snprintf(line, sizeof(line), "PUB %.*s %.*s\r\n", ALD_STR_ARG(inbox), ALD_STR_ARG(size));

    ald_load_served(peer);
    ald_load_say(peer, ald_str_of(line, (size_t)n));
    ald_load_say(peer, payload); /* with the line end behind it */
}

static void peer_answered(struct ald_load_peer *peer, struct ald_str inbox)
{
    char digits[NUMBER_DIGITS + 1];

    if (inbox.size < NUMBER_DIGITS) {
        ald_load_broken(peer, "the server sends to an inbox that is not ours");
        return;
    }
    memcpy(digits, inbox.data + inbox.size - NUMBER_DIGITS, NUMBER_DIGITS);
    digits[NUMBER_DIGITS] = '\0';
    ald_load_answered(peer, strtoull(digits, NULL, 16), ALD_LOAD_SUCCEEDED, ALD_STR_NONE);
}

/* A line that begins with MSG, and the payload behind it. Returns what it takes, or 0 when it is not whole. */
static size_t peer_message(struct ald_load_peer *peer, struct ald_str bytes, size_t line_end)
{
    struct ald_str words[5];
    size_t n = line_split(ald_str_of(bytes.data, line_end), words, ALD_COUNT(words));
    uint64_t size = 0;
    size_t at = line_end + 2;

    if (n < 4 || ald_str_u64(words[n - 1], &size) != 0 || size > ALD_LOAD_SIZE_MAX) {
        ald_load_broken(peer, "the server sends what cannot be read");
        return 0;
    }
    if (bytes.size < at + size + 2) {
        return 0;
    }
    if (!peer->agent) {
        peer_answered(peer, words[1]);
    } else if (n == 5) {
        peer_answer(peer, words[3], words[4], ald_str_of(bytes.data + at, size + 2));
    }
    return at + size + 2;
}

static void peer_line(struct ald_load_peer *peer, struct ald_str line)
{
    if (ald_str_starts(line, ALD_STR("INFO"))) {
        if (peer->stage == 0) {
            peer->stage = 1;
            peer_connect(peer);
        }
    } else if (ald_str_starts(line, ALD_STR("PING"))) {
        ald_load_say(peer, ALD_STR("PONG\r\n"));
    } else if (ald_str_starts(line, ALD_STR("PONG"))) {
        ald_load_peer_ready(peer);
    } else if (!ald_str_starts(line, ALD_STR("+OK"))) {
        ald_load_broken(peer, "the server says: %.*s", ALD_STR_ARG(line));
    }
}

static size_t nats_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    size_t used = 0;

    while (used < size) {
        struct ald_str rest = ald_str_of(bytes + used, size - used);
        const char *feed = memchr(rest.data, '\n', rest.size);
        size_t end, taken;

        if (feed == NULL || feed == rest.data) {
            break;
        }
        end = (size_t)(feed - rest.data) - 1;
        if (ald_str_starts(rest, ALD_STR("MSG "))) {
            taken = peer_message(peer, rest, end);
            if (taken == 0) {
                break;
            }
        } else {
            peer_line(peer, ald_str_of(rest.data, end));
            taken = end + 2;
        }
        used += taken;
    }
    return used;
}

const struct ald_load_speech bench_nats_speech = {
    .name = "nats",
    .prepare = nats_prepare,
    .greet = nats_greet,
    .take = nats_take,
    .command = nats_command,
};
