#include "load/frames.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "loop/random.h"
#include "wire/ws/ws_frame.h"
#include "wire/ws/ws_upgrade.h"

enum { FRAME_READ_MAX = 2 * 65536 }; /* longer messages come in frames of 65,536 bytes (exchange.md 2.5) */

static int upgrade_write(struct ald_load_peer *peer, const char *path, struct ald_http_fields fields,
                         struct ald_buf *request)
{
    const struct ald_load_spec *spec = ald_load_spec(peer->load);
    uint8_t nonce[ALD_WS_NONCE_SIZE];
    char key[ALD_WS_NONCE_TEXT], target[600];

    ald_random_fill(nonce, sizeof(nonce));
    ald_ws_nonce_format(nonce, key);
    snprintf(target, sizeof(target), "%s%s", spec->prefix, path);
    return ald_ws_upgrade_write_request(request, ald_str(spec->host), ald_str(target), key, fields);
}

int ald_load_upgrade(struct ald_load_peer *peer, const char *path, struct ald_http_fields fields)
{
    struct ald_buf request;
    int r;

    ald_buf_init(&request, 8 * ALD_KIB);
    r = upgrade_write(peer, path, fields, &request);
    if (r == 0) {
        ald_load_say(peer, ald_buf_str(&request));
    } else if (r > 0) {
        ald_load_broken(peer, "what is to be said in the upgrade may not stand in a header");
        r = 0;
    }
    ald_buf_fini(&request);
    return r;
}

/* It is a hub's, which speaks HTTP as it should; all that matters is whether it said yes. */
struct ald_str ald_load_upgraded(struct ald_load_peer *peer, struct ald_str bytes)
{
    static const struct ald_str end = {"\r\n\r\n", 4};
    size_t at = ald_str_find(bytes, end);
    struct ald_str head = ald_str_of(bytes.data, at);

    if (at == bytes.size) {
        return ALD_STR_NONE;
    }
    if (!ald_str_starts(head, ALD_STR("HTTP/1.1 101"))) {
        ald_load_broken(peer, "the hub does not let us in: %.*s", (int)ald_str_find(head, ALD_STR("\r\n")), head.data);
    }
    return ald_str_of(bytes.data, at + end.size);
}

static uint32_t peer_key(struct ald_load_peer *peer)
{
    peer->mask_state ^= peer->mask_state << 13;
    peer->mask_state ^= peer->mask_state >> 7;
    peer->mask_state ^= peer->mask_state << 17;
    return (uint32_t)(peer->mask_state >> 32);
}

void ald_load_frame(struct ald_load_peer *peer, uint8_t opcode, const struct ald_str *parts, size_t n_parts)
{
    uint8_t frame[ALD_WS_HEAD_MAX + ALD_LOAD_FRAME_MAX];
    uint8_t key[ALD_WS_KEY_SIZE];
    uint32_t random = peer_key(peer);
    size_t size = 0, at;

    memcpy(key, &random, sizeof(key));
    for (size_t i = 0; i < n_parts; i++) {
        size += parts[i].size;
    }
    ald_assert(size <= ALD_LOAD_FRAME_MAX);
    at = ald_ws_head_write(frame, true, opcode, size, key);
    size = 0;
    for (size_t i = 0; i < n_parts; i++) {
        ald_ws_mask_copy(frame + at + size, (const uint8_t *)parts[i].data, parts[i].size, key, size);
        size += parts[i].size;
    }
    ald_load_say(peer, ald_str_of(frame, at + size));
}

/* What a message in several frames is stands at its beginning; the answer to mode `all` has its roster behind that. */
static void peer_piece(struct ald_load_peer *peer, struct ald_str piece)
{
    peer->begun_size = (uint16_t)ALD_MIN(piece.size, sizeof(peer->begun));
    memcpy(peer->begun, piece.data, peer->begun_size);
}

static void peer_frame_came(struct ald_load_peer *peer, uint8_t head, struct ald_str body, ald_load_message_fn fn)
{
    switch (head) {
    case 0x80 | ALD_WS_TEXT:
    case 0x80 | ALD_WS_BINARY:
        fn(peer, body);
        break;
    case ALD_WS_TEXT:
    case ALD_WS_BINARY:
        peer_piece(peer, body);
        break;
    case ALD_WS_CONTINUATION:
        break;
    case 0x80 | ALD_WS_CONTINUATION:
        fn(peer, ald_str_of(peer->begun, peer->begun_size));
        break;
    case 0x80 | ALD_WS_PING:
        if (body.size <= ALD_WS_CONTROL_MAX) {
            ald_load_frame(peer, ALD_WS_PONG, &body, 1);
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
static size_t peer_frame_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size, ald_load_message_fn fn)
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
    peer_frame_came(peer, bytes[0], ald_str_of(bytes + at, body), fn);
    return at + body;
}

size_t ald_load_frames(struct ald_load_peer *peer, uint8_t *bytes, size_t size, ald_load_message_fn fn)
{
    size_t used = 0, n;

    while (used < size && (n = peer_frame_take(peer, bytes + used, size - used, fn)) > 0) {
        used += n;
    }
    return used;
}
