/*
 * A dialect answers some things by itself, and the hub, which keeps the account of what it says, never hears of them. So a
 * peer that asks and asks, and reads nothing, is not read any more when so much waits for it; and cut, if that does not
 * change.
 */

#include "conn/conn_impl.h"
#include "loop/loop.h"
#include "transport/stream.h"

/* Some thousand answers, none of which anybody waits for in such numbers. */
#define CONN_ANSWERED_MAX ((size_t)1024 * 1024)
/* As long as the hub waits for who does not read what it says (hub/config.c, stall_timeout). */
#define CONN_CLOGGED (30 * ALD_SEC)

static size_t frame_size(const struct ald_frame *frame)
{
    size_t size = 0;

    for (size_t i = 0; i < frame->n_parts; i++) {
        size += frame->parts[i].size;
    }
    return size;
}

void ald_conn_answered(struct ald_conn *conn, const struct ald_frame *frame)
{
    conn->answered += frame_size(frame);
    if (conn->answered > CONN_ANSWERED_MAX && conn->clogged_until == ALD_NEVER) {
        conn->clogged_until = ald_loop_now(conn->edge->loop) + CONN_CLOGGED;
        ald_stream_pause(conn->stream);
    }
}

void ald_conn_drained(void *owner, struct ald_stream *stream)
{
    struct ald_conn *conn = owner;

    conn->answered = 0;
    if (conn->clogged_until != ALD_NEVER) {
        conn->clogged_until = ALD_NEVER;
        if (ald_conn_reads(conn)) {
            ald_stream_resume(stream);
        }
    }
}
