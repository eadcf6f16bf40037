/*
 * Frames are made from a text that is the same for every command but for the twelve digits of its number, and are read by
 * looking where those digits stand. A scanner reads only what somebody else made.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/frames.h"
#include "load/speeches.h"
#include "msg/json_escape.h"
#include "msg/json_scan.h"
#include "wire/exchange/exchange.h"
#include "wire/http/http_fields.h"
#include "wire/ws/ws_frame.h"

enum {
    NUMBER_DIGITS = 12, /* the last group of a UUID */
    ID_TEXT = 36,
};

enum stage { STAGE_UPGRADE, STAGE_HELLO, STAGE_READY };

/* Writing. */

static void peer_frame_text(struct ald_load_peer *peer, struct ald_str text)
{
    ald_load_frame(peer, ALD_WS_BINARY, &text, 1);
}

/* Text of JSON: quoted, with what JSON wants escaped. */
static int text_quote(struct ald_buf *text, const char *word)
{
    size_t from;
    int r = ald_buf_push_byte(text, '"');

    from = ald_buf_size(text);
    if (r == 0) {
        r = ald_buf_push(text, ald_str(word));
    }
    if (r == 0) {
        r = ald_json_escape_rest(text, from, 0);
    }
    if (r == 0) {
        r = ald_buf_push_byte(text, '"');
    }
    return r;
}

/* A UUID whose random half is the load's; its last twelve digits will be the command's number. */
static int text_id(struct ald_buf *text, uint64_t salt)
{
    return ald_buf_pushf(text, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64 "-000000000000", salt >> 32,
                         salt >> 16 & 0xFFFF, salt & 0xFFF, salt >> 12 & 0xFFF);
}

static int text_options(struct ald_buf *text, const struct ald_load_spec *spec)
{
    int r = ald_buf_push(text, ALD_STR(",\"to\":"));

    if (r == 0) {
        r = text_quote(text, spec->target);
    }
    if (r == 0 && spec->mode != NULL) {
        r = ald_buf_pushf(text, ",\"mode\":\"%s\"", spec->mode);
    }
    if (r == 0) {
        r = ald_buf_pushf(text, ",\"ttl_ms\":%" PRIu64 "}", spec->deadline / ALD_MSEC);
    }
    return r;
}

/* What all commands are: docs/wire-extension.md, section 4. */
static int exchange_prepare(struct ald_load *load, struct ald_buf *text, size_t *ret_number_at)
{
    int r = ald_buf_push(text, ALD_STR("t:COMMAND;;et:bench;;e:{\"id\":\""));

    if (r == 0) {
        r = text_id(text, ald_load_salt(load));
        *ret_number_at = ald_buf_size(text) - NUMBER_DIGITS;
    }
    if (r == 0) {
        r = ald_buf_push(text, ALD_STR("\",\"type\":\"bench\",\"payload\":"));
    }
    if (r == 0) {
        r = ald_buf_push(text, ald_load_payload(load));
    }
    if (r == 0) {
        r = text_options(text, ald_load_spec(load));
    }
    return r;
}

static void exchange_command(struct ald_load_peer *peer, uint64_t number, struct ald_str text, char *digits)
{
    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        digits[NUMBER_DIGITS - 1 - i] = "0123456789abcdef"[number >> (4 * i) & 0xF];
    }
    peer_frame_text(peer, text);
}

/* Greeting. */

static int exchange_greet(struct ald_load_peer *peer)
{
    const struct ald_load_spec *spec = ald_load_spec(peer->load);
    struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX + 1];
    size_t n = ald_exchange_dial_fields(ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, fields);
    char bearer[1100];

    if (spec->token != NULL) {
        snprintf(bearer, sizeof(bearer), "Bearer %s", spec->token);
        fields[n++] = (struct ald_http_field){ALD_STR("Authorization"), ald_str(bearer)};
    }
    return ald_load_upgrade(peer, ALD_EXCHANGE_PATH, (struct ald_http_fields){fields, n});
}

/* The hello: with the target for an agent, without one for a caller (docs/wire-extension.md, section 3). */
static int exchange_hello(struct ald_load_peer *peer)
{
    const struct ald_load_spec *spec = ald_load_spec(peer->load);
    struct ald_buf text;
    int r;

    ald_buf_init(&text, ALD_LOAD_ENVELOPE_MAX);
    r = ald_buf_push(&text, ALD_STR("t:COMMAND;;et:HELLO;;e:{\"id\":\""));
    if (r == 0) {
        r = text_id(&text, ald_load_salt(peer->load) + peer->index);
    }
    if (r == 0) {
        r = ald_buf_push(&text, peer->agent ? ALD_STR("\",\"type\":\"HELLO\",\"payload\":{\"targetId\":")
                                            : ALD_STR("\",\"type\":\"HELLO\",\"payload\":{"));
    }
    if (r == 0 && peer->agent) {
        r = text_quote(&text, spec->target);
    }
    if (r == 0) {
        r = ald_buf_push(&text, ALD_STR("}}"));
    }
    if (r == 0) {
        peer_frame_text(peer, ald_buf_str(&text));
    }
    ald_buf_fini(&text);
    return r;
}

/* Reading. */

/* The text after `before` in `text`, up to the quote; absent when it is not there. */
static struct ald_str text_after(struct ald_str text, struct ald_str before)
{
    size_t at = ald_str_find(text, before);
    struct ald_str found;

    if (at == text.size) {
        return ALD_STR_NONE;
    }
    found = ald_str_from(text, at + before.size);
    found.size = ald_str_find(found, ALD_STR("\""));
    return found;
}

static uint64_t number_read(struct ald_str id)
{
    uint64_t number = 0;

    if (id.size != ID_TEXT) {
        return 0;
    }
    for (size_t i = ID_TEXT - NUMBER_DIGITS; i < ID_TEXT; i++) {
        int digit = ald_http_hex_value(id.data[i]);

        if (digit < 0) {
            return 0;
        }
        number = number << 4 | (uint64_t)digit;
    }
    return number;
}

static bool reply_succeeded(struct ald_str text)
{
    return ald_str_find(text, ALD_STR("\"commandStatus\":\"SUCCEEDED\"")) < text.size;
}

static void peer_reply(struct ald_load_peer *peer, struct ald_str text)
{
    struct ald_str id = text_after(text, ALD_STR("\"commandId\":\""));
    struct ald_str outcome;

    if (reply_succeeded(text)) {
        ald_load_answered(peer, number_read(id), ALD_LOAD_SUCCEEDED, ALD_STR_NONE);
        return;
    }
    outcome = text_after(text, ALD_STR("\"outcome\":\""));
    ald_load_answered(peer, number_read(id),
                      ald_str_equal(outcome, ALD_STR("refused")) ? ALD_LOAD_REFUSED : ALD_LOAD_FAILED,
                      text_after(text, ALD_STR("\"errorDetails\":\"")));
}

static void peer_answer(struct ald_load_peer *peer, struct ald_str type, struct ald_str id, struct ald_str payload)
{
    const struct ald_str parts[] = {
        ALD_STR("t:REPLY;;e:{\"commandId\":\""),
        id,
        ALD_STR("\",\"type\":"),
        type,
        ALD_STR(",\"commandStatus\":\"SUCCEEDED\",\"payload\":"),
        payload,
        ALD_STR("}"),
    };

    ald_load_frame(peer, ALD_WS_BINARY, parts, ALD_COUNT(parts));
}

/* Whatever is asked is answered with what came; the protocol's own questions want something else. */
static void peer_command_scanned(struct ald_load_peer *peer, struct ald_str text)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("id"), ALD_JSON_FIELD("type"), ALD_JSON_FIELD("payload")};
    struct ald_str payload = ALD_STR("{}");
    struct ald_json_scan scan;

    if (ald_json_scan(text, ALD_JSON_BROKEN_OK, fields, ALD_COUNT(fields), &scan) != 0 ||
        fields[0].value.type != ALD_JSON_STRING || fields[1].value.type != ALD_JSON_STRING) {
        ald_load_broken(peer, "the hub sends a command that cannot be read");
        return;
    }
    if (ald_json_string_is(fields[1].value, ALD_STR("HEALTH_CHECK"))) {
        payload = ALD_STR("{\"healthy\":true}");
    } else if (fields[2].value.type != ALD_JSON_NONE) {
        payload = fields[2].value.raw;
    }
    peer_answer(peer, fields[1].value.raw, ald_json_inner(fields[0].value), payload);
}

/* Our own commands are known by what they begin and go on with, so they need no scanner. */
static void peer_command(struct ald_load_peer *peer, struct ald_str text)
{
    static const char begin[] = "t:COMMAND;;et:bench;;e:{\"id\":\"", after_id[] = "\",\"type\":\"bench\",\"payload\":";
    struct ald_str payload = ald_load_payload(peer->load);
    size_t id_at = sizeof(begin) - 1, payload_at = id_at + ID_TEXT + sizeof(after_id) - 1;

    ald_load_served(peer);
    if (text.size > payload_at + payload.size && memcmp(text.data, begin, id_at) == 0 &&
        memcmp(text.data + id_at + ID_TEXT, after_id, sizeof(after_id) - 1) == 0 &&
        memcmp(text.data + payload_at, payload.data, payload.size) == 0) {
        peer_answer(peer, ALD_STR("\"bench\""), ald_str_of(text.data + id_at, ID_TEXT), payload);
        return;
    }
    peer_command_scanned(peer, ald_str_from(text, ald_str_find(text, ALD_STR("{"))));
}

static void peer_hello_answered(struct ald_load_peer *peer, struct ald_str text)
{
    if (!reply_succeeded(text)) {
        struct ald_str why = text_after(text, ALD_STR("\"errorDetails\":\""));

        ald_load_broken(peer, "the hub refuses us: %.*s", ALD_STR_ARG(why));
        return;
    }
    peer->stage = STAGE_READY;
    ald_load_peer_ready(peer);
}

static void peer_message(struct ald_load_peer *peer, struct ald_str text)
{
    if (ald_str_starts(text, ALD_STR("t:R"))) {
        if (peer->stage == STAGE_READY) {
            peer_reply(peer, text);
        } else {
            peer_hello_answered(peer, text);
        }
    } else if (ald_str_starts(text, ALD_STR("t:CO"))) {
        peer_command(peer, text);
    }
    /* Statuses and cancels come to nobody who waits for them. */
}

/* The answer to the upgrade; the bytes it took, or 0 when it is not whole. */
static size_t peer_upgraded(struct ald_load_peer *peer, struct ald_str bytes)
{
    struct ald_str head = ald_load_upgraded(peer, bytes);

    if (!ald_str_present(head)) {
        return 0;
    }
    if (ald_str_find(head, ALD_STR("\r\n" ALD_EXCHANGE_EXTENSION_HEADER ":")) == head.size) {
        ald_load_broken(peer, "the hub speaks the plain protocol, without targets");
    } else if (exchange_hello(peer) < 0) {
        ald_load_broken(peer, "out of memory");
    }
    peer->stage = STAGE_HELLO;
    return head.size;
}

static size_t exchange_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    size_t used = 0;

    if (peer->stage == STAGE_UPGRADE) {
        used = peer_upgraded(peer, ald_str_of(bytes, size));
        if (used == 0) {
            return 0;
        }
    }
    return used + ald_load_frames(peer, bytes + used, size - used, peer_message);
}

const struct ald_load_speech ald_load_exchange = {
    .name = "exchange",
    .prepare = exchange_prepare,
    .greet = exchange_greet,
    .take = exchange_take,
    .command = exchange_command,
};

/* A relay greets nobody, and answers no upgrade. */
static int bare_greet(struct ald_load_peer *peer)
{
    peer->stage = STAGE_READY;
    ald_load_peer_ready(peer);
    return 0;
}

static size_t bare_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    return ald_load_frames(peer, bytes, size, peer_message);
}

const struct ald_load_speech ald_load_bare = {
    .name = "bare",
    .prepare = exchange_prepare,
    .greet = bare_greet,
    .take = bare_take,
    .command = exchange_command,
};
