#pragma once

/*
 * Conn: one connection that speaks a dialect: a stream, the dialect, and the hub's view of it.
 *
 * Chunks of the stream are fed to the dialect, its signals become events of the hub; the hub's effects are emitted by
 * the dialect, its frames pushed into the stream, whose progress goes back to the hub by ordinal.
 *
 * Lifetime:   ald_conn_open() until it ends by itself: the stream ended, the dialect or the hub closed it, or memory
 *             was short. The edge frees it after the hub heard of its end; nobody else holds one.
 * Threading:  the loop's thread only.
 * Invariants: the hub hears OPENED first and CLOSED last, each once. CLOSED waits until what was pushed has been
 *             given to the kernel, or can no longer be: the hub moves to another channel what was not begun, so
 *             nothing may be begun after it was told. An idle connection holds no buffer.
 * Limits:     greeting_bytes before the party is registered; then message_max and what the hub's accounts allow.
 */

#include "conn/edge.h"
#include "transport/stream.h"

struct ald_conn_spec {
    const struct ald_dialect_type *dialect;
    size_t dialect_index; /* its place in ald_dialects */
    uint32_t variant;     /* what accept() chose */
    struct ald_door *door;
    struct ald_pass *pass; /* of the edge's guard, or NULL */
};

/*
 * Make a connection of the WebSocket `stream` (takes), which takes no messages larger than the greeting yet and has
 * not said `opened` yet, for who has `spec->pass` (takes). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_conn_open(struct ald_edge *edge, const struct ald_conn_spec *spec, struct ald_stream *stream);

size_t ald_conn_size(void);
