#pragma once

/*
 * The inside of the WebSocket filter: ws.c receives and closes, ws_send.c makes frames, ws_dial.c does the upgrade of
 * the dialing side. Private to transport.
 */

#include "transport/backlog.h"
#include "transport/dial.h"
#include "transport/stream_impl.h"
#include "transport/ws.h"
#include "wire/ws/ws_reader.h"
#include "wire/ws/ws_upgrade.h"

struct ald_http_parser;

/* What is only needed until the server has answered. */
struct ald_ws_dialing;

struct ald_ws {
    struct ald_stream stream;
    struct ald_stream *lower;
    struct ald_ws_reader reader;
    struct ald_slice in; /* bytes behind those that were worked off, with a reference; kept while paused or opening */
    bool in_writable;
    struct ald_task go_on; /* opens the accepting side, and works off `in` after a resume */
    struct ald_task pong_task;
    struct ald_backlog backlog;
    struct ald_ws_dialing *dialing; /* NULL on the accepting side, and once it is open */
    struct ald_budget *budget;      /* or NULL */
    size_t charged;                 /* to the budget */
    size_t fragment_size;
    ald_usec ws_timeout, close_timeout;
    uint8_t role; /* enum ald_ws_role, ours */
    bool ready;   /* frames may be sent */
    bool close_sent;
    bool finishing; /* ends when what we said last is written */
    bool pong_waits;
    bool pong_queued; /* one is in the stream below, which was not empty since */
    uint8_t pong_size;
    uint8_t pong[ALD_WS_CONTROL_MAX];
};

static inline struct ald_ws *ald_ws_of(struct ald_stream *stream)
{
    return ald_container(stream, struct ald_ws, stream);
}

/* Gives a filter over `lower` (takes) that does nothing yet. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_ws_new(struct ald_stream *lower, enum ald_ws_role role, const struct ald_stream_options *options,
                             struct ald_ws **ret_ws);
/* Work off `bytes` (borrows); what cannot be yet is kept. */
void ald_ws_take(struct ald_ws *ws, struct ald_slice bytes, bool writable);
/* The handshake succeeded. */
void ald_ws_ready(struct ald_ws *ws);

/* Make frames of a message and push them. */
void ald_ws_send(struct ald_ws *ws, uint8_t opcode, struct ald_str head, const struct ald_slice *slices,
                 size_t n_slices, uint64_t ordinal);
void ald_ws_send_control(struct ald_ws *ws, uint8_t opcode, struct ald_str body, uint64_t ordinal);
void ald_ws_send_close(struct ald_ws *ws, uint16_t code, struct ald_str reason);

/*
 * Stack the dialing side on `lower` (takes), which is not open yet. Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID (headers).
 */
ALD_NODISCARD int ald_ws_dial(struct ald_stream *lower, const struct ald_ws_hello *hello, const char *host,
                              const struct ald_stream_options *options, struct ald_stream **ret_stream);
/* The stream below is open: send the request. */
void ald_ws_dialing_start(struct ald_ws *ws);
/* Bytes of the answer. Returns how many were of it. */
size_t ald_ws_dialing_take(struct ald_ws *ws, struct ald_str bytes);
struct ald_str ald_ws_dialing_header(const struct ald_ws_dialing *dialing, struct ald_str name);
/* NULL is fine; returns NULL. */
struct ald_ws_dialing *ald_ws_dialing_free(struct ald_ws_dialing *dialing);

/* The Sec-WebSocket-Accept that answers `key`, of ALD_WS_NONCE_TEXT bytes. */
void ald_ws_accept_make(struct ald_str key, char accept[ALD_WS_ACCEPT_TEXT]);
