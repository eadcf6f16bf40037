#pragma once

/*
 * Frames: the WebSocket below a speech whose peers are clients of a hub.
 *
 * What they say is masked (RFC 6455 section 5.3); what came masked, from a relay that passes on what the other side sent, is
 * unmasked where it lies.
 */

#include "load/peer.h"
#include "wire/http/http_fields.h"

enum {
    ALD_LOAD_ENVELOPE_MAX = 4096, /* around a payload: names of at most 255 bytes, escaped at worst to six each */
    ALD_LOAD_FRAME_MAX = ALD_LOAD_SIZE_MAX + ALD_LOAD_ENVELOPE_MAX,
};

/* Say the upgrade request for `path` with `fields` (borrows both). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_load_upgrade(struct ald_load_peer *peer, const char *path, struct ald_http_fields fields);
/*
 * The head of the answer, with its empty line, once it is there whole (absent until then). When it does not say yes, the load is
 * broken; whatever else it says is for the speech.
 */
struct ald_str ald_load_upgraded(struct ald_load_peer *peer, struct ald_str bytes);

/* Say one frame made of `parts`, together at most ALD_LOAD_FRAME_MAX bytes. */
void ald_load_frame(struct ald_load_peer *peer, uint8_t opcode, const struct ald_str *parts, size_t n_parts);

/* A message; of one in several frames the first 256 bytes. */
typedef void (*ald_load_message_fn)(struct ald_load_peer *peer, struct ald_str text);

/* Take the whole frames off the front, and answer pings; the bytes they were. */
size_t ald_load_frames(struct ald_load_peer *peer, uint8_t *bytes, size_t size, ald_load_message_fn fn);
