/*
 * A message goes through the daemon to a service, and one of the same size comes back, so a round trip is two messages:
 *
 *     bench/PING n=000000000001;v=xxx…     <hub:caller3 bench/PING n=000000000001;v=xxx…     what agents get
 *     caller3/PONG n=000000000001;v=xxx…    <hub:bench caller3/PONG n=000000000001;v=xxx…     what callers get
 *
 * A bare relay adds no sender; there the agent of the same number answers whoever it was.
 */

#include "communicator_speech.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_SIZE = 512, NUMBER_DIGITS = 12 };

/* The payload without the quotes that make it JSON. */
static struct ald_str value_of(const struct ald_load *load)
{
    struct ald_str payload = ald_load_payload(load);

    return ald_str_of(payload.data + 1, payload.size - 2);
}

static int communicator_prepare(struct ald_load *load, struct ald_buf *text, size_t *ret_number_at)
{
    static const char head[] = "bench/PING n=";

    *ret_number_at = sizeof(head) - 1;
    return ald_buf_pushf(text, "%s%012d;v=%.*s\n", head, 0, ALD_STR_ARG(value_of(load)));
}

static int communicator_greet(struct ald_load_peer *peer)
{
    char line[LINE_MAX_SIZE];
    int n = peer->agent ? snprintf(line, sizeof(line), "REGISTER service=bench;version=1\n")
                        : snprintf(line, sizeof(line), "REGISTER service=caller%u;version=1\n", peer->index);

    ald_load_say(peer, ald_str_of(line, (size_t)n));
    return 0;
}

static int bare_greet(struct ald_load_peer *peer)
{
    ald_load_peer_ready(peer);
    return 0;
}

static void communicator_command(struct ald_load_peer *peer, uint64_t number, struct ald_str text, char *digits)
{
    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        digits[NUMBER_DIGITS - 1 - i] = "0123456789abcdef"[number >> (4 * i) & 0xF];
    }
    ald_load_say(peer, text);
}

static uint64_t number_read(struct ald_str digits)
{
    uint64_t number = 0;

    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];

        number = number << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
    }
    return number;
}

/* The service in `<hub:service `, or the caller of the same number where a relay adds none. */
static struct ald_str sender_of(const struct ald_load_peer *peer, struct ald_str line, char *room, size_t room_size)
{
    struct ald_str from = ald_str_of(line.data, ald_str_find(line, ALD_STR(" ")));

    if (!ald_str_starts(from, ALD_STR("<"))) {
        return ald_str_of(room, (size_t)snprintf(room, room_size, "caller%u", peer->index));
    }
    return ald_str_from(from, ALD_MIN(ald_str_find(from, ALD_STR(":")) + 1, from.size));
}

/* `rest` is what stands behind the command: the number, and the value. */
static void peer_answer(struct ald_load_peer *peer, struct ald_str sender, struct ald_str rest)
{
    char line[ALD_LOAD_SIZE_MAX + LINE_MAX_SIZE];
    static const char command[] = "/PONG ";
    size_t n = sender.size + sizeof(command) - 1;

    ald_load_served(peer);
    if (n + rest.size + 1 > sizeof(line)) {
        ald_load_broken(peer, "the daemon sends what is too large for a benchmark");
        return;
    }
    memcpy(line, sender.data, sender.size);
    memcpy(line + sender.size, command, sizeof(command) - 1);
    memcpy(line + n, rest.data, rest.size);
    line[n + rest.size] = '\n';
    ald_load_say(peer, ald_str_of(line, n + rest.size + 1));
}

static void peer_line(struct ald_load_peer *peer, struct ald_str line)
{
    static const struct ald_str ping = {"PING n=", 7}, pong = {"PONG n=", 7};
    struct ald_str head = ald_str_of(line.data, ALD_MIN(line.size, (size_t)LINE_MAX_SIZE));
    size_t at = ald_str_find(head, peer->agent ? ping : pong);
    char room[32];

    if (at < head.size && head.size - at >= ping.size + NUMBER_DIGITS) {
        struct ald_str rest = ald_str_from(line, at + ping.size - 2);

        if (peer->agent) {
            peer_answer(peer, sender_of(peer, line, room, sizeof(room)), rest);
        } else {
            ald_load_answered(peer, number_read(ald_str_of(rest.data + 2, NUMBER_DIGITS)), ALD_LOAD_SUCCEEDED,
                              ALD_STR_NONE);
        }
    } else if (ald_str_find(head, ALD_STR("READY")) < head.size) {
        ald_load_say(peer, ALD_STR("COMMANDS list=HELP,PING,PONG,QUITTING,READY,STOP,UNKNOWN\n"));
        ald_load_peer_ready(peer);
    } else if (ald_str_find(head, ALD_STR("INVALID")) < head.size) {
        ald_load_broken(peer, "the daemon says: %.*s", ALD_STR_ARG(head));
    }
}

static size_t communicator_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    size_t used = 0;

    while (used < size) {
        const uint8_t *feed = memchr(bytes + used, '\n', size - used);

        if (feed == NULL) {
            break;
        }
        peer_line(peer, ald_str_of(bytes + used, (size_t)(feed - bytes) - used));
        used = (size_t)(feed - bytes) + 1;
    }
    return used;
}

const struct ald_load_speech bench_communicator_speech = {
    .name = "communicator",
    .prepare = communicator_prepare,
    .greet = communicator_greet,
    .take = communicator_take,
    .command = communicator_command,
};

const struct ald_load_speech bench_communicator_bare_speech = {
    .name = "communicator-bare",
    .prepare = communicator_prepare,
    .greet = bare_greet,
    .take = communicator_take,
    .command = communicator_command,
};
