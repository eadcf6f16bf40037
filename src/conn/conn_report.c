/* What a connection reports to the hub about itself: that it is there, how far its output has come, that it will not be back. */

#include <stdio.h>

#include "conn/conn_impl.h"
#include "conn/door_impl.h"

void ald_conn_report_opened(struct ald_conn *conn)
{
    struct ald_peer peer;
    struct ald_event event = {
        .kind = ALD_EVENT_OPENED,
        .conn = conn->number,
        .edge = &conn->speaker,
        .dialect = ald_str(conn->type->name),
        .message_max = ald_dialect_message_max(conn->type, &conn->edge->dialect_options),
        .resumes_late = conn->type->resumes_late,
    };
    char text[sizeof(peer.address) + 64];

    ald_stream_peer(conn->stream, &peer);
    if (peer.has_ids) {
        (void)snprintf(text, sizeof(text), "unix:pid=%ld,uid=%lu", (long)peer.pid, (unsigned long)peer.uid);
    } else {
        (void)snprintf(text, sizeof(text), "%s", peer.address);
    }
    event.peer = ald_str(text);

    ald_edge_notice(conn->edge, &(struct ald_notice){
                                    .kind = ALD_NOTICE_OPENED,
                                    .conn = conn->number,
                                    .door = conn->door != NULL ? ald_door_name(conn->door) : conn->called_as,
                                    .peer = event.peer,
                                });
    ald_edge_step(conn->edge, &event);
}

/* Report what was written, and with it what had nothing to write: a signal that this protocol has no form for. */
void ald_conn_report_written(struct ald_conn *conn, uint64_t begun)
{
    struct ald_event event = {
        .kind = ALD_EVENT_WRITTEN,
        .conn = conn->number,
        .begun = ALD_MAX(begun, conn->done),
        .done = conn->done,
    };

    if (conn->done >= conn->pushed) {
        event.begun = event.done = conn->said;
    }
    conn->told = event.done;
    ald_edge_step(conn->edge, &event);
}

/* It will not be resumed either. */
void ald_conn_end_session(struct ald_conn *conn, uint32_t party)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);
    struct ald_event event = {.kind = ALD_EVENT_SIGNAL, .conn = conn->number, .signal = &signal};

    signal.party = party;
    ald_edge_step(conn->edge, &event);
}
