/* What comes in before somebody has said who he is, and what comes in bytes, of which the dialect makes lines. */

#include "conn/conn_impl.h"
#include "loop/loop.h"
#include "transport/stream.h"
#include "wire/ws/ws_frame.h"

/*
 * A peer that has ended its side may still want the answers to what it said, as `nc -N` does. What the hub answers by itself
 * is there in a moment; what others have to do takes longer. An agent that ends its side is gone, or will be when it is
 * killed, and its commands are not to wait for it.
 */
#define CONN_QUIT (200 * ALD_MSEC)
#define CONN_QUIT_LATER (5 * ALD_SEC)

/*
 * A page in a browser can make it send to any address of this machine, and then choose the lines of a body. A head comes
 * before them, by which it is known: whose method and path are no message of anybody's. (DESIGN section 4: a page in a browser
 * is not a caller.)
 */
static bool bytes_are_page(struct ald_str bytes)
{
    static const struct ald_str heads[] = {
        {"GET /", 5},    {"POST /", 6},    {"PUT /", 5},   {"HEAD /", 6},
        {"DELETE /", 8}, {"OPTIONS /", 9}, {"PATCH /", 7}, {"PRI * HTTP/2", 12},
    };

    for (size_t i = 0; i < ALD_COUNT(heads); i++) {
        if (ald_str_starts(bytes, heads[i])) {
            return true;
        }
    }
    return false;
}

/* Of a line whose end has not come, `size` bytes are here. False: that is too much, of all connections together. */
bool ald_conn_hold(struct ald_conn *conn, size_t size)
{
    struct ald_budget *budget = &conn->edge->reassembly;

    budget->used = budget->used - conn->held + size;
    conn->held = size;
    return size == 0 || budget->used <= budget->max;
}

/* DESIGN section 2: before its handshake a peer gets 64 KiB and a few seconds. False: it had them. */
bool ald_conn_spend(struct ald_conn *conn, size_t size)
{
    if (conn->state != CONN_GREETING) {
        return true;
    }
    if (size > conn->greeting_left) {
        conn->edge->counters.greeting_oversize++;
        ald_conn_refuse(conn);
        ald_conn_close(conn, ALD_WS_CLOSE_TOO_BIG, ALD_STR("Too much before the hello"), "too much before the hello");
        return false;
    }
    conn->greeting_left -= size;
    return true;
}

/*
 * A chunk of bytes may hold the hello and much more behind it, so it is looked at first and judged then. What has no end
 * yet waits in the dialect, and is charged here: the lines of this protocol end in LF (communicator.md 1.4).
 */
void ald_conn_received_bytes(struct ald_conn *conn, const struct ald_chunk *chunk)
{
    struct ald_str bytes = ald_slice_str(chunk->bytes);
    const char *last = bytes.size > 0 ? memrchr(bytes.data, '\n', bytes.size) : NULL;
    size_t held = last != NULL ? bytes.size - (size_t)(last - bytes.data) - 1 : conn->held + bytes.size;

    if (!conn->begun && bytes_are_page(bytes)) {
        conn->edge->counters.pages_refused++;
        ald_conn_close(conn, ALD_WS_CLOSE_POLICY, ALD_STR("No HTTP here"), "a request of HTTP");
        return;
    }
    conn->begun = true;
    if (!ald_conn_hold(conn, held)) {
        conn->edge->counters.lines_full++;
        ald_conn_close(conn, ALD_WS_CLOSE_LATER, ALD_STR("Too much is coming in"), "too much is coming in");
        return;
    }
    ald_conn_feed(conn, chunk);
    (void)ald_conn_spend(conn, chunk->bytes.size);
}

/* The peer has said all it will. */
void ald_conn_heard_out(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct ald_conn *conn = owner;

    if (!ald_conn_hears(conn)) {
        return;
    }
    if (conn->serves || conn->state == CONN_GREETING) {
        ald_conn_close(conn, ALD_WS_CLOSE_NORMAL, ALD_STR(""), "closed by the peer");
        return;
    }
    conn->quit_at = ald_loop_now(conn->edge->loop) + (conn->asked ? CONN_QUIT_LATER : CONN_QUIT);
    ald_conn_arm(conn);
}
