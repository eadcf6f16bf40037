/*
 * How a session comes back: its first party takes it to the new connection, the others are put there one by one, and then what was not
 * acknowledged is said again.
 */

#include "hub/session.h"

#include "hub/channel.h"
#include "hub/conn.h"
#include "hub/party.h"
#include "hub/state.h"

struct ald_kept *ald_session_first(const struct ald_session *session)
{
    struct ald_node *node = ald_list_first(&session->window);

    return node != NULL ? ald_list_entry(node, struct ald_kept, node) : NULL;
}

struct ald_party *ald_session_absent(const struct ald_session *session)
{
    struct ald_party *party = ald_list_entry(session->parties.next, struct ald_party, of_session);

    ald_assert(party->conn == NULL);
    return party;
}

static void session_put(struct ald_hub *hub, struct ald_session *session, struct ald_party *party, uint32_t number)
{
    int r = ald_party_attach(party, session->conn, number);

    ald_assert(r == 0); /* there is room: see session_reserve() */
    ald_sm_move(&hub->machines[ALD_MACHINE_PARTY], &party->state, ALD_PARTY_LIVE);
}

static void session_welcome(struct ald_hub *hub, struct ald_party *party)
{
    ald_party_say_registered(hub, party);
    if (party->channel != NULL && party->channel->state == ALD_CHANNEL_AWAY) {
        ald_channel_back(hub, party->channel);
    }
}

/* All are there: whoever resumed hears it, and what is said again follows. */
static void session_is_back(struct ald_hub *hub, struct ald_session *session)
{
    ald_hub_count(hub, ALD_N_SESSIONS_RESUMED);
    session->is_returning = false;
    session->unsaid = ald_session_first(session);
    ald_session_wake(hub, session);
    session_welcome(hub, session->first);
}

void ald_session_return(struct ald_hub *hub, struct ald_session *session)
{
    if (session->n_here < session->n_parties) {
        struct ald_party *party = ald_session_absent(session);

        session_put(hub, session, party, party->number);
        session_welcome(hub, party);
    }
    if (session->n_here == session->n_parties) {
        session_is_back(hub, session);
    }
}

bool ald_session_returns_on(struct ald_hub_conn *conn)
{
    const struct ald_party *first = ald_party_find(conn, 0); /* it is on, and the others have joined it: see register.c */

    return first != NULL && first->session != NULL && first->session->is_returning;
}

/* Several come back as they went, so nobody may be in their places. */
static bool session_fits(const struct ald_session *session, struct ald_hub_conn *conn, uint32_t number)
{
    if (conn->state != ALD_CONN_OPEN || ald_session_returns_on(conn)) {
        return false;
    }
    return session->n_parties == 1 ? ald_party_find(conn, number) == NULL && conn->n_parties < ALD_CONN_PARTIES_MAX
                                   : conn->n_parties == 0 && number == session->first->number;
}

static int session_reserve(const struct ald_session *session, struct ald_hub_conn *conn)
{
    int r = ald_table_reserve(&conn->by_number, session->n_parties);

    return r < 0 ? ald_trace(r) : 0;
}

/*
 * Whoever resumes has lost what was acknowledged, by it or by the layer below, and nobody has that any more; or it claims what was
 * never said. To go on would lose something in silence. So it is denied, but the session stays until its time is over: what
 * another connection said when its peer had given it up may come late, and the peer knows better.
 */
static bool session_fits_claim(struct ald_hub *hub, const struct ald_session *session, struct ald_hub_conn *conn,
                               uint32_t number, uint64_t serial)
{
    if (serial >= session->acked && serial <= session->serial_out) {
        return true;
    }
    ald_hub_count(hub, ALD_N_SESSIONS_TORN);
    ald_party_refuse(hub, conn, number, ALD_CAUSE_NO_CHANNEL,
                     serial < session->acked ? ALD_STR("what it has lost was acknowledged")
                                             : ALD_STR("what it has was never said"));
    return false;
}

/* The session is wanted, as party `number` of `conn`, which has everything up to `serial`. */
static void session_continue(struct ald_hub *hub, struct ald_session *session, struct ald_hub_conn *conn,
                             uint32_t number, uint64_t serial)
{
    if (!session_fits(session, conn, number)) {
        ald_party_refuse(hub, conn, number, ALD_CAUSE_INVALID, ALD_STR("this connection cannot take the session"));
        return;
    }
    if (!session_fits_claim(hub, session, conn, number, serial)) {
        return;
    }
    if (session_reserve(session, conn) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_party_refuse(hub, conn, number, ALD_CAUSE_BUSY, ALD_STR("memory is short"));
        return;
    }
    ald_hub_alarm_stop(hub, &session->alarm);
    session->acked = serial;
    session->conn = conn;
    session->is_returning = true;
    session_put(hub, session, session->first, number);
    if (session->n_here == session->n_parties) {
        session_is_back(hub, session);
    } else {
        ald_session_wake(hub, session);
    }
}

void ald_session_away(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_hub_conn *conn = NULL;

    session->is_returning = false;
    session->unsaid = ald_session_first(session);
    ald_node_remove(&session->wait);
    ald_hub_alarm_set(hub, &session->alarm, hub->now + session->ttl);
    if (session->resume_conn != 0) {
        conn = ald_hub_conn_find(hub, session->resume_conn);
        session->resume_conn = 0;
    }
    if (conn != NULL) {
        session_continue(hub, session, conn, session->resume_party, session->resume_serial);
    }
}

/* The party may be back before we know that it was gone: its former connection is then ended first, so that nobody is
 * told anything on two connections. */
void ald_session_resume(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_session *session = ald_table_find_number(&hub->sessions, signal->session);
    struct ald_hub_conn *other;

    if (signal->denied) {
        ald_party_refuse(hub, conn, signal->party, ALD_CAUSE_NOT_ALLOWED, ald_party_denial(hub, signal));
        return;
    }
    if (session == NULL || session->form != signal->form) {
        ald_party_refuse(hub, conn, signal->party, ALD_CAUSE_NO_CHANNEL, ALD_STR("no such session"));
        return;
    }
    if (hub->draining && (!session->resumes_late || hub->cutting)) {
        ald_party_refuse(hub, conn, signal->party, ALD_CAUSE_DRAINING, ALD_STR("the hub is stopping"));
        return;
    }
    if (session->conn == NULL) {
        session_continue(hub, session, conn, signal->party, signal->serial);
        return;
    }
    if (session->conn == conn) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    if (!session_fits_claim(hub, session, conn, signal->party, signal->serial)) {
        return;
    }
    /* Which of two is the later one is not known here: the one that is cut comes again, if it is. */
    other = session->resume_conn != 0 ? ald_hub_conn_find(hub, session->resume_conn) : NULL;
    if (other != NULL && other != conn) {
        ald_hub_conn_close(hub, other, ALD_CLOSE_TAKEN);
    }
    session->resume_conn = conn->number;
    session->resume_party = signal->party;
    session->resume_serial = signal->serial;
    ald_hub_conn_close(hub, session->conn, ALD_CLOSE_TAKEN);
}
