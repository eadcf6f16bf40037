/*
 * Checking what a party says (edge_schema.c) is work of the thread that serves everybody. A party that makes too much of it is not
 * read for a while; what it has said already waits in its dialect.
 */

#include "conn/conn_impl.h"
#include "loop/loop.h"
#include "transport/stream.h"

void ald_conn_worked(struct ald_conn *conn, ald_usec spent)
{
    ald_usec until;

    if (spent == 0) {
        return;
    }
    until = ald_toil_add(&conn->toil, ald_loop_fresh(), spent);
    if (until == 0 || !ald_conn_hears(conn)) {
        return;
    }
    if (conn->rests_until == ALD_NEVER) {
        conn->edge->counters.schema_rests++;
        ald_stream_pause(conn->stream);
    }
    conn->rests_until = until;
}

void ald_conn_rested(struct ald_conn *conn)
{
    conn->rests_until = ALD_NEVER;
}
