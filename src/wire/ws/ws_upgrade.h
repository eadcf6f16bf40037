#pragma once

/*
 * WebSocket upgrade: the HTTP side of it, for both roles (RFC 6455 section 4).
 *
 * Pure: the nonce of Sec-WebSocket-Key and the SHA-1 behind Sec-WebSocket-Accept come from the edge, which finds here
 * what to hash and how to write it. permessage-deflate and other extensions are never offered and never taken.
 */

#include "base/buf.h"
#include "base/defs.h"
#include "base/str.h"
#include "wire/http/http_head.h"

enum {
    ALD_WS_NONCE_SIZE = 16,
    ALD_WS_NONCE_TEXT = 24, /* the same in base64 */
    ALD_WS_SHA1_SIZE = 20,
    ALD_WS_ACCEPT_TEXT = 28, /* the same in base64 */
    ALD_WS_ACCEPT_SOURCE = ALD_WS_NONCE_TEXT + 36,
};

/* What an acceptable upgrade request asks for; views of the request. */
struct ald_ws_upgrade {
    struct ald_str key; /* ALD_WS_NONCE_TEXT bytes */
    bool protocols;     /* some subprotocol is offered: see ald_ws_upgrade_protocol() */
    bool extensions;    /* some extension is offered; none is ever taken */
};

/* Outcomes of ald_ws_upgrade_check() and ald_ws_upgrade_verify(). */
enum { ALD_WS_UPGRADE_REFUSED = 1 };

/* How to refuse: status and body. Lives for ever. */
struct ald_ws_refusal {
    uint16_t status;
    const char *text;
    const char *versions; /* with 426: those that are spoken; NULL: 13 */
};

/*
 * Judge an upgrade request in the order of exchange.md section 2.2, after path, state of the hub and authentication,
 * which are the caller's: Connection (400), method (405), version (426), then the rest of the handshake (400).
 * Outcome: ALD_WS_UPGRADE_REFUSED, with `ret_refusal` for ald_ws_upgrade_write_refusal().
 */
ALD_NODISCARD int ald_ws_upgrade_check(const struct ald_http_request *request, struct ald_ws_upgrade *ret_upgrade,
                                       const struct ald_ws_refusal **ret_refusal);
/* The same where version 8 is spoken too: that of the last drafts, whose frames are those of the RFC (link.md 2.1). */
ALD_NODISCARD int ald_ws_upgrade_check_old(const struct ald_http_request *request, struct ald_ws_upgrade *ret_upgrade,
                                           const struct ald_ws_refusal **ret_refusal);

/* The request asks for an upgrade to WebSocket at all, well made or not: a server may then treat it as such. */
bool ald_ws_upgrade_wanted(const struct ald_http_request *request);

/* The first subprotocol that the client offers and `ours` names (n of them, in no order); absent when there is none. */
struct ald_str ald_ws_upgrade_protocol(const struct ald_http_request *request, const struct ald_str *ours, size_t n);
/* The first subprotocol that the client offers, or absent. */
struct ald_str ald_ws_upgrade_protocol_first(const struct ald_http_request *request);

/* What the edge hashes with SHA-1 for a key of ALD_WS_NONCE_TEXT bytes, and how it writes nonce and hash. */
void ald_ws_accept_source(struct ald_str key, char source[ALD_WS_ACCEPT_SOURCE]);
void ald_ws_accept_format(const uint8_t sha1[ALD_WS_SHA1_SIZE], char text[ALD_WS_ACCEPT_TEXT]);
void ald_ws_nonce_format(const uint8_t nonce[ALD_WS_NONCE_SIZE], char text[ALD_WS_NONCE_TEXT]);

/*
 * Append the 101 response (`protocol` may be absent; `fields` are further headers), or a refusal that closes the
 * connection, with the headers RFC 9110 wants beside a 405 and a 426. Outcomes and errors as in http_writer.h.
 */
ALD_NODISCARD int ald_ws_upgrade_write_accept(struct ald_buf *out, const char accept[ALD_WS_ACCEPT_TEXT],
                                              struct ald_str protocol, struct ald_http_fields fields);
ALD_NODISCARD int ald_ws_upgrade_write_refusal(struct ald_buf *out, const struct ald_ws_refusal *refusal);

/* Append a client's upgrade request for `target` (path and query, encoded) at `host`. As in http_writer.h. */
ALD_NODISCARD int ald_ws_upgrade_write_request(struct ald_buf *out, struct ald_str host, struct ald_str target,
                                               const char key[ALD_WS_NONCE_TEXT], struct ald_http_fields fields);

/*
 * Judge the server's response (section 4.1): 101, Upgrade, Connection, the `accept` we computed ourselves, no extension,
 * and no subprotocol but one of those (n) we offered. Outcome: ALD_WS_UPGRADE_REFUSED, with the status that came (0 when
 * it was 101 but wrong) and a text. Both are written into `ret_refusal`.
 */
ALD_NODISCARD int ald_ws_upgrade_verify(const struct ald_http_response *response, const char accept[ALD_WS_ACCEPT_TEXT],
                                        const struct ald_str *offered, size_t n, struct ald_ws_refusal *ret_refusal);
