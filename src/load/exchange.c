/*
 * Frames are made from a text that is the same for every command but for the twelve digits of its number, and are read by
 * looking where those digits stand. A scanner reads only what somebody else made.
 *
 * Callers and agents are WebSocket clients, so their frames are masked (RFC 6455 section 5.3). From a relay they come as the
 * other side sent them, and are unmasked here.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/speeches.h"
#include "loop/random.h"
#include "msg/json_escape.h"
#include "msg/json_scan.h"
#include "wire/exchange/exchange.h"
#include "wire/http/http_fields.h"
#include "wire/ws/ws_frame.h"
#include "wire/ws/ws_upgrade.h"

enum {
    ENVELOPE_MAX = 4096, /* around a payload: names of at most 255 bytes, escaped at worst to six each */
    FRAME_MAX = ALD_LOAD_SIZE_MAX + ENVELOPE_MAX,
    FRAME_READ_MAX = 2 * 65536, /* longer messages come in frames of 65,536 bytes (exchange.md 2.5) */
    NUMBER_DIGITS = 12,         /* the last group of a UUID */
    ID_TEXT = 36,
};

enum stage { STAGE_UPGRADE, STAGE_HELLO, STAGE_READY };

/* Writing. */

static uint32_t peer_key(struct ald_load_peer *peer)
{
    peer->mask_state ^= peer->mask_state << 13;
    peer->mask_state ^= peer->mask_state >> 7;
    peer->mask_state ^= peer->mask_state << 17;
    return (uint32_t)(peer->mask_state >> 32);
}

static void peer_frame(struct ald_load_peer *peer, uint8_t opcode, const struct ald_str *parts, size_t n_parts)
{
    uint8_t frame[ALD_WS_HEAD_MAX + FRAME_MAX];
    uint8_t key[ALD_WS_KEY_SIZE];
    uint32_t random = peer_key(peer);
    size_t size = 0, at;

    memcpy(key, &random, sizeof(key));
    for (size_t i = 0; i < n_parts; i++) {
        size += parts[i].size;
    }
    ald_assert(size <= FRAME_MAX);
    at = ald_ws_head_write(frame, true, opcode, size, key);
    size = 0;
    for (size_t i = 0; i < n_parts; i++) {
        ald_ws_mask_copy(frame + at + size, (const uint8_t *)parts[i].data, parts[i].size, key, size);
        size += parts[i].size;
    }
    ald_load_say(peer, ald_str_of(frame, at + size));
}

static void peer_frame_text(struct ald_load_peer *peer, struct ald_str text)
{
    peer_frame(peer, ALD_WS_BINARY, &text, 1);
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

static int exchange_upgrade(struct ald_load_peer *peer, struct ald_buf *request)
{
    const struct ald_load_spec *spec = ald_load_spec(peer->load);
    struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX + 1];
    size_t n = ald_exchange_dial_fields(ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, fields);
    uint8_t nonce[ALD_WS_NONCE_SIZE];
    char key[ALD_WS_NONCE_TEXT], target[600], bearer[1100];

    if (spec->token != NULL) {
        snprintf(bearer, sizeof(bearer), "Bearer %s", spec->token);
        fields[n++] = (struct ald_http_field){ALD_STR("Authorization"), ald_str(bearer)};
    }
    ald_random_fill(nonce, sizeof(nonce));
    ald_ws_nonce_format(nonce, key);
    snprintf(target, sizeof(target), "%s" ALD_EXCHANGE_PATH, spec->prefix);
    return ald_ws_upgrade_write_request(request, ald_str(spec->host), ald_str(target), key,
                                        (struct ald_http_fields){fields, n});
}

static int exchange_greet(struct ald_load_peer *peer)
{
    struct ald_buf request;
    int r;

    ald_buf_init(&request, 8 * ALD_KIB);
    r = exchange_upgrade(peer, &request);
    if (r == 0) {
        ald_load_say(peer, ald_buf_str(&request));
    } else if (r > 0) {
        ald_load_broken(peer, "what is to be said in the upgrade may not stand in a header");
        r = 0;
    }
    ald_buf_fini(&request);
    return r;
}

/* The hello: with the target for an agent, without one for a caller (docs/wire-extension.md, section 3). */
static int exchange_hello(struct ald_load_peer *peer)
{
    const struct ald_load_spec *spec = ald_load_spec(peer->load);
    struct ald_buf text;
    int r;

    ald_buf_init(&text, ENVELOPE_MAX);
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

    peer_frame(peer, ALD_WS_BINARY, parts, ALD_COUNT(parts));
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

/* What a message in several frames is stands at its beginning; the answer to mode `all` has its roster behind that. */
static void peer_piece(struct ald_load_peer *peer, struct ald_str piece)
{
    peer->begun_size = (uint16_t)ALD_MIN(piece.size, sizeof(peer->begun));
    memcpy(peer->begun, piece.data, peer->begun_size);
}

static void peer_frame_came(struct ald_load_peer *peer, uint8_t head, struct ald_str body)
{
    switch (head) {
    case 0x80 | ALD_WS_TEXT:
    case 0x80 | ALD_WS_BINARY:
        peer_message(peer, body);
        break;
    case ALD_WS_TEXT:
    case ALD_WS_BINARY:
        peer_piece(peer, body);
        break;
    case ALD_WS_CONTINUATION:
        break;
    case 0x80 | ALD_WS_CONTINUATION:
        peer_message(peer, ald_str_of(peer->begun, peer->begun_size));
        break;
    case 0x80 | ALD_WS_PING:
        if (body.size <= ALD_WS_CONTROL_MAX) {
            peer_frame(peer, ALD_WS_PONG, &body, 1);
        }
        break;
    case 0x80 | ALD_WS_PONG:
        break;
    case 0x80 | ALD_WS_CLOSE:
        ald_load_broken(peer, "closed by the hub: %.*s", body.size > 2 ? (int)body.size - 2 : 0,
                        body.size > 2 ? body.data + 2 : "");
        break;
    default:
        ald_load_broken(peer, "the hub sends frames that RFC 6455 does not know");
        break;
    }
}

/* One frame off the front; the bytes it took, or 0 when it is not whole. */
static size_t peer_frame_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    uint64_t body = size >= 2 ? bytes[1] & 0x7F : 0;
    size_t extra = body == 127 ? 8 : body == 126 ? 2 : 0;
    bool masked = size >= 2 && (bytes[1] & 0x80) != 0;
    size_t at = 2 + extra + (masked ? ALD_WS_KEY_SIZE : 0);

    if (size < at) {
        return 0;
    }
    for (size_t i = 0; i < extra; i++) {
        body = (i == 0 ? 0 : body << 8) | bytes[2 + i];
    }
    if (body > FRAME_READ_MAX) {
        ald_load_broken(peer, "the hub sends what is too large for a benchmark");
        return 0;
    }
    if (size - at < body) {
        return 0;
    }
    if (masked) {
        ald_ws_mask(bytes + at, body, bytes + at - ALD_WS_KEY_SIZE, 0);
    }
    peer_frame_came(peer, bytes[0], ald_str_of(bytes + at, body));
    return at + body;
}

static size_t peer_frames(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    size_t used = 0, n;

    while (used < size && (n = peer_frame_take(peer, bytes + used, size - used)) > 0) {
        used += n;
    }
    return used;
}

/* The answer to the upgrade. It is a hub's, which speaks HTTP as it should; all that matters is whether it said yes. */
static size_t peer_upgraded(struct ald_load_peer *peer, struct ald_str bytes)
{
    size_t end = ald_str_find(bytes, ALD_STR("\r\n\r\n"));
    struct ald_str head = ald_str_of(bytes.data, end);

    if (end == bytes.size) {
        return 0;
    }
    if (!ald_str_starts(head, ALD_STR("HTTP/1.1 101"))) {
        ald_load_broken(peer, "the hub does not let us in: %.*s", (int)ald_str_find(head, ALD_STR("\r\n")), head.data);
    } else if (ald_str_find(head, ALD_STR("\r\n" ALD_EXCHANGE_EXTENSION_HEADER ":")) == head.size) {
        ald_load_broken(peer, "the hub speaks the plain protocol, without targets");
    } else if (exchange_hello(peer) < 0) {
        ald_load_broken(peer, "out of memory");
    }
    peer->stage = STAGE_HELLO;
    return end + 4;
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
    return used + peer_frames(peer, bytes + used, size - used);
}

const struct ald_load_speech ald_load_exchange = {
    .name = "exchange",
    .prepare = exchange_prepare,
    .greet = exchange_greet,
    .take = exchange_take,
    .command = exchange_command,
};

/* A relay greets nobody. */
static int bare_greet(struct ald_load_peer *peer)
{
    peer->stage = STAGE_READY;
    ald_load_peer_ready(peer);
    return 0;
}

const struct ald_load_speech ald_load_bare = {
    .name = "bare",
    .prepare = exchange_prepare,
    .greet = bare_greet,
    .take = peer_frames,
    .command = exchange_command,
};
