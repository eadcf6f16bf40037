#include "hub/session.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/history.h"
#include "hub/party.h"
#include "hub/state.h"

static void session_init(struct ald_hub *hub, struct ald_session *session, struct ald_party *party, ald_usec ttl)
{
    ald_usec max = hub->config.session_max;

    *session = (struct ald_session){.party = party, .ttl = ttl == 0 || ttl > max ? max : ttl};
    ald_node_init(&session->work);
    ald_node_init(&session->wait);
    ald_node_init(&session->window);
    ald_hub_alarm_init(&session->alarm, ALD_ALARM_SESSION);
    do {
        session->number = ald_rng_next(&hub->rng);
    } while (session->number == 0 || ald_table_find_number(&hub->sessions, session->number) != NULL);
}

int ald_session_new(struct ald_hub *hub, struct ald_party *party, ald_usec ttl)
{
    struct ald_session *session = malloc(sizeof(*session));
    int r;

    if (session == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    session_init(hub, session, party, ttl);
    r = ald_table_add_number(&hub->sessions, session->number, session);
    if (r < 0) {
        free(session);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    party->session = session;
    return 0;
}

static void session_release(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept);

void ald_session_free(struct ald_hub *hub, struct ald_session *session)
{
    while (!ald_list_empty(&session->window)) {
        session_release(hub, session, ald_list_entry(session->window.next, struct ald_kept, node));
    }
    if (!session->over) {
        ald_table_remove_number(&hub->sessions, session->number);
    }
    ald_hub_alarm_stop(hub, &session->alarm);
    ald_node_remove(&session->work);
    ald_node_remove(&session->wait);
    session->party->session = NULL;
    free(session);
}

static struct ald_command *kept_command(struct ald_kept *kept)
{
    switch ((enum ald_kept_kind)kept->kind) {
    case ALD_KEPT_COMMAND:
        return ald_container(kept, struct ald_command, kept_command);
    case ALD_KEPT_CANCEL:
        return ald_container(kept, struct ald_command, kept_cancel);
    case ALD_KEPT_REPLY:
        return ald_container(kept, struct ald_command, kept_reply);
    case ALD_KEPT_SIGNAL:
        break;
    }
    return NULL;
}

static struct ald_kept *session_next(const struct ald_session *session, struct ald_kept *kept)
{
    return kept->node.next == &session->window ? NULL : ald_list_entry(kept->node.next, struct ald_kept, node);
}

/* Out of the window, and the command it stands in may go again. */
static void session_release(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    struct ald_command *command = kept_command(kept);

    if (session->unsaid == kept) {
        session->unsaid = session_next(session, kept);
    }
    ald_node_remove(&kept->node);
    session->bytes -= kept->cost;
    kept->serial = 0;
    if (command != NULL) {
        ald_history_unpin(hub, command);
    } else {
        ald_kept_discard(hub, ald_container(kept, struct ald_kept_signal, kept));
    }
}

static void session_say(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    struct ald_signal signal = ald_kept_signal_of(hub, kept);
    struct ald_hub_conn *conn = session->party->conn;

    if (kept->serial == 0) {
        kept->serial = ++session->serial_out;
    }
    signal.party = session->party->number;
    signal.serial = kept->serial;
    kept->ordinal = ald_hub_conn_say(hub, conn, &signal) ? conn->said : UINT64_MAX;
}

static size_t kept_cost(const struct ald_kept *kept)
{
    const struct ald_command *command;
    const struct ald_msg *msg = NULL;

    switch ((enum ald_kept_kind)kept->kind) {
    case ALD_KEPT_COMMAND:
        msg = ald_container(kept, const struct ald_command, kept_command)->msg;
        break;
    case ALD_KEPT_REPLY:
        command = ald_container(kept, const struct ald_command, kept_reply);
        msg = command->reply;
        break;
    case ALD_KEPT_SIGNAL:
        msg = ald_container(kept, const struct ald_kept_signal, kept)->signal.msg;
        break;
    case ALD_KEPT_CANCEL:
        break;
    }
    return ALD_CONN_SIGNAL_COST + (msg != NULL ? ald_msg_cost(msg) : 0);
}

void ald_session_tell(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    struct ald_command *command = kept_command(kept);
    bool is_next = session->party->state == ALD_PARTY_LIVE && session->unsaid == NULL;

    if (command != NULL) {
        ald_history_pin(
            hub,
            command); /* first, since an earlier attempt may have left it in the window of a session that is over */
    }
    if (ald_node_linked(&kept->node)) {
        session_release(hub, kept->session, kept);
    }
    kept->session = session;
    kept->cost = kept_cost(kept);
    kept->ordinal = UINT64_MAX;
    session->bytes += kept->cost;
    ald_list_push_back(&session->window, &kept->node);
    if (is_next) {
        session_say(hub, session, kept);
    } else if (session->unsaid == NULL) {
        session->unsaid = kept;
    }
    if (session->bytes > hub->config.out_bytes_max) {
        ald_session_over(hub, session); /* it acknowledges nothing */
        if (session->party->conn != NULL) {
            ald_hub_conn_close(hub, session->party->conn, ALD_CLOSE_SLOW);
        }
    }
}

static void session_unserial(struct ald_session *session, struct ald_kept *kept)
{
    if (kept->serial != 0) {
        session->serial_out = ALD_MIN(session->serial_out, kept->serial - 1);
        kept->serial = 0;
    }
}

void ald_session_untell(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    if (ald_node_linked(&kept->node)) {
        session_unserial(session, kept);
        session_release(hub, session, kept);
    }
}

/* The last one that was said on the present connection; NULL: none was. */
static struct ald_kept *session_last_said(const struct ald_session *session)
{
    struct ald_node *after = session->unsaid != NULL ? &session->unsaid->node : (struct ald_node *)&session->window;

    return after->prev == &session->window ? NULL : ald_list_entry(after->prev, struct ald_kept, node);
}

bool ald_session_rewind(struct ald_session *session, uint64_t begun)
{
    struct ald_kept *last = session_last_said(session);

    if (last == NULL) {
        return false;
    }
    if (last->ordinal <= begun) {
        session->serial_begun = ALD_MAX(session->serial_begun, last->serial);
        return false;
    }
    if (last->serial > session->serial_begun) {
        session_unserial(session, last);
    }
    session->unsaid = last;
    return true;
}

static struct ald_kept *session_first(const struct ald_session *session)
{
    struct ald_node *node = ald_list_first(&session->window);

    return node != NULL ? ald_list_entry(node, struct ald_kept, node) : NULL;
}

/* The party is there again, as party `number` of `conn`, and has everything up to `serial`. */
static void session_continue(struct ald_hub *hub, struct ald_session *session, struct ald_hub_conn *conn,
                             uint32_t number, uint64_t serial)
{
    struct ald_party *party = session->party;

    if (conn->state != ALD_CONN_OPEN || ald_party_find(conn, number) != NULL ||
        conn->n_parties >= ALD_CONN_PARTIES_MAX) {
        ald_party_deny(hub, conn, number, ALD_CAUSE_INVALID, "this connection cannot take the session");
        return;
    }
    if (ald_party_attach(party, conn, number) < 0) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_party_deny(hub, conn, number, ALD_CAUSE_BUSY, "memory is short");
        return;
    }
    ald_hub_alarm_stop(hub, &session->alarm);
    ald_sm_move(&hub->machines[ALD_MACHINE_PARTY], &party->state, ALD_PARTY_LIVE);
    session->acked = ALD_MAX(session->acked, ALD_MIN(serial, session->serial_out));
    session->unsaid = session_first(session);
    ald_hub_count(hub, ALD_N_SESSIONS_RESUMED);
    ald_party_say_registered(hub, party);
    ald_session_wake(hub, session);
    if (party->channel != NULL) {
        ald_channel_back(hub, party->channel);
    }
}

void ald_session_away(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_hub_conn *conn = NULL;

    session->unsaid = session_first(session);
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
        ald_party_deny(hub, conn, signal->party, ALD_CAUSE_NOT_ALLOWED, "the credential does not allow this target");
        return;
    }
    if (session == NULL || hub->draining) {
        ald_party_deny(hub, conn, signal->party, session == NULL ? ALD_CAUSE_NO_CHANNEL : ALD_CAUSE_DRAINING,
                       session == NULL ? "no such session" : "the hub is stopping");
        return;
    }
    if (session->party->state == ALD_PARTY_AWAY) {
        session_continue(hub, session, conn, signal->party, signal->serial);
        return;
    }
    if (session->party->conn == conn) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    other = session->resume_conn != 0 ? ald_hub_conn_find(hub, session->resume_conn) : NULL;
    if (other != NULL && other != conn) {
        ald_party_deny(hub, other, session->resume_party, ALD_CAUSE_NO_CHANNEL, "the session was resumed elsewhere");
    }
    session->resume_conn = conn->number;
    session->resume_party = signal->party;
    session->resume_serial = signal->serial;
    ald_hub_conn_close(hub, session->party->conn, ALD_CLOSE_REPLACED);
}

void ald_session_acked(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);

    if (party == NULL || party->session == NULL || signal->serial > party->session->serial_out) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    party->session->acked = ALD_MAX(party->session->acked, signal->serial);
    ald_session_wake(hub, party->session);
}

bool ald_session_take(struct ald_hub *hub, struct ald_session *session, uint64_t serial)
{
    if (serial == 0) {
        return true;
    }
    if (serial <= session->serial_in) {
        ald_hub_count(hub, ALD_N_SIGNALS_REPEATED);
        return false;
    }
    session->serial_in = serial;
    return true;
}

void ald_session_wake(struct ald_hub *hub, struct ald_session *session)
{
    ald_node_remove(&session->wait);
    ald_work_add(hub, &hub->work.sessions, &session->work);
}

void ald_session_over(struct ald_hub *hub, struct ald_session *session)
{
    if (session->over) {
        return;
    }
    session->over = true;
    ald_hub_alarm_stop(hub, &session->alarm);
    ald_table_remove_number(&hub->sessions, session->number);
    ald_hub_count(hub, ALD_N_SESSIONS_ENDED);
    if (session->party->state == ALD_PARTY_AWAY) {
        ald_party_part(hub, session->party, ALD_CAUSE_SESSION_ENDED);
    }
    ald_session_wake(hub, session);
}

void ald_session_expired(struct ald_hub *hub, struct ald_session *session)
{
    ald_session_over(hub, session);
}

/* Free what hung on the party, one thing a unit, and in the end the party itself. */
static bool session_work_over(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_party *party = session->party;
    struct ald_kept *first = session_first(session);

    if (first != NULL) {
        session_release(hub, session, first);
        return true;
    }
    if (party->state != ALD_PARTY_GONE) {
        return false;
    }
    if (ald_party_work_gone(hub, party)) {
        return true;
    }
    ald_session_free(hub, session);
    ald_party_settle(hub, party);
    return false;
}

/* What was never begun need not be said any more once its command has ended: refused or expired, it never ran. */
static bool session_is_pointless(struct ald_kept *kept)
{
    const struct ald_command *command = kept_command(kept);

    if (kept->serial != 0 || command == NULL || command->outcome == ALD_OUTCOME_NONE) {
        return false;
    }
    return kept->kind == ALD_KEPT_COMMAND || (kept->kind == ALD_KEPT_CANCEL && command->n_attempts == 0);
}

bool ald_session_work(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_kept *first = session_first(session);
    struct ald_hub_conn *conn = session->party->conn;

    if (session->over) {
        return session_work_over(hub, session);
    }
    if (first != NULL && first->serial != 0 && first->serial <= session->acked) {
        session_release(hub, session, first);
        return true;
    }
    if (session->unsaid == NULL || session->party->state != ALD_PARTY_LIVE || !ald_hub_conn_hears(conn)) {
        return false;
    }
    if (conn->choked) {
        ald_list_push_back(&conn->resaying, &session->wait);
        return false;
    }
    first = session->unsaid;
    if (session_is_pointless(first)) {
        session_release(hub, session, first);
    } else {
        session->unsaid = session_next(session, first);
        session_say(hub, session, first);
    }
    if (session->unsaid == NULL && session->party->channel != NULL) {
        ald_channel_ready(hub, session->party->channel);
    }
    return session->unsaid != NULL;
}

void ald_session_check(const struct ald_hub *hub, const struct ald_session *session)
{
    const struct ald_hub_conn *conn = session->party->conn;
    bool is_ending = session->over || (conn != NULL && conn->state == ALD_CONN_ENDED);
    size_t bytes = 0;
    uint64_t serial = 0;

    ald_list_each (it, &session->window) {
        const struct ald_kept *kept = ald_list_entry(it, const struct ald_kept, node);

        bytes += kept->cost;
        /* While the end of its connection is worked off, serials are taken back one by one. */
        ald_assert(is_ending || kept->serial == 0 || kept->serial > serial);
        ald_assert(is_ending || kept->serial <= session->serial_out);
        serial = ALD_MAX(serial, kept->serial);
    }
    ald_assert(bytes == session->bytes);
    ald_assert(session->party->session == session);
    ald_assert(session->over || ald_table_find_number(&hub->sessions, session->number) == session);
}
