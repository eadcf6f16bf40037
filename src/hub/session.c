#include "hub/session.h"

#include <stdlib.h>

#include "hub/channel.h"
#include "hub/command.h"
#include "hub/history.h"
#include "hub/party.h"
#include "hub/state.h"
#include "hub/transit.h"

static void session_init(struct ald_hub *hub, struct ald_session *session, const struct ald_signal *signal)
{
    ald_usec max = hub->config.session_max;

    *session = (struct ald_session){.ttl = signal->ttl == 0 || signal->ttl > max ? max : signal->ttl};
    session->form = signal->form;
    ald_node_init(&session->node);
    ald_node_init(&session->work);
    ald_node_init(&session->wait);
    ald_node_init(&session->parties);
    ald_node_init(&session->window);
    ald_node_init(&session->benched);
    ald_hub_alarm_init(&session->alarm, ALD_ALARM_SESSION);
    do {
        session->number = ald_rng_next(&hub->rng);
    } while (session->number == 0 || ald_table_find_number(&hub->sessions, session->number) != NULL);
}

static void session_add(struct ald_session *session, struct ald_party *party)
{
    party->session = session;
    session->n_parties++;
    session->n_here++;
    ald_list_push_back(&session->parties, &party->of_session);
}

int ald_session_new(struct ald_hub *hub, struct ald_party *party, const struct ald_signal *signal)
{
    struct ald_session *session = malloc(sizeof(*session));
    int r;

    if (session == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    session_init(hub, session, signal);
    r = ald_table_add_number(&hub->sessions, session->number, session);
    if (r < 0) {
        free(session);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ald_list_push_back(&hub->all_sessions, &session->node);
    session->conn = party->conn;
    session->resumes_late = party->conn->resumes_late;
    session->first = party;
    session_add(session, party);
    return 0;
}

/* All of it is on one connection. */
static bool session_is_whole(const struct ald_session *session)
{
    return session->conn != NULL && session->n_here == session->n_parties && !session->is_returning;
}

bool ald_session_may_be_joined(const struct ald_session *session)
{
    return !session->over && session_is_whole(session);
}

void ald_session_join(struct ald_session *session, struct ald_party *party)
{
    ald_assert(party->session == NULL);
    ald_assert(party->conn == session->conn);
    session_add(session, party);
}

static void session_remove(struct ald_session *session, struct ald_party *party)
{
    ald_node_remove(&party->of_session);
    session->n_parties--;
    session->n_here -= party->conn != NULL ? 1 : 0;
    if (session->first == party) {
        session->first = NULL;
    }
    if (session->n_here == 0) {
        session->conn = NULL;
    }
    party->session = NULL;
}

void ald_session_leave(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_session *session = party->session;

    session_remove(session, party);
    if (session->n_parties == 0) {
        ald_session_over(hub, session);
    } else if (session->conn == NULL && !session->over && !ald_timer_running(&session->alarm.timer)) {
        ald_session_away(hub, session); /* it was the last one there, while a connection that ended is worked off */
    }
    ald_session_wake(hub, session);
}

void ald_session_undo(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_session *session = party->session;

    session_remove(session, party);
    if (session->n_parties == 0) {
        ald_session_free(hub, session);
    }
}

void ald_session_attached(struct ald_session *session, struct ald_party *party)
{
    session->n_here++;
    ald_node_remove(&party->of_session);
    ald_list_push_back(&session->parties, &party->of_session);
}

void ald_session_detached(struct ald_session *session, struct ald_party *party)
{
    session->n_here--;
    ald_node_remove(&party->of_session);
    ald_list_push_front(&session->parties, &party->of_session);
    if (session->n_here == 0) {
        session->conn = NULL;
    }
}

static void session_release(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept);

void ald_session_free(struct ald_hub *hub, struct ald_session *session)
{
    while (!ald_list_empty(&session->window)) {
        session_release(hub, session, ald_list_entry(session->window.next, struct ald_kept, node));
    }
    while (!ald_list_empty(&session->parties)) {
        session_remove(session, ald_list_entry(session->parties.next, struct ald_party, of_session));
    }
    while (!ald_list_empty(&session->benched)) {
        ald_node_remove(session->benched.next);
    }
    if (!session->over) {
        ald_table_remove_number(&hub->sessions, session->number);
    }
    ald_hub_alarm_stop(hub, &session->alarm);
    ald_node_remove(&session->node);
    ald_node_remove(&session->work);
    ald_node_remove(&session->wait);
    free(session);
}

static struct ald_kept *session_next(const struct ald_session *session, struct ald_kept *kept)
{
    return kept->node.next == &session->window ? NULL : ald_list_entry(kept->node.next, struct ald_kept, node);
}

/* More than one in `share` of what it may hold. */
static bool session_is_over(const struct ald_hub *hub, const struct ald_session *session, unsigned share)
{
    return session->n_window > hub->config.session_window_max / share ||
           session->bytes > hub->config.session_window_bytes_max / share ||
           (hub->window_bytes > hub->config.session_windows_bytes_max &&
            session->bytes > hub->config.session_window_bytes_sure / share);
}

/*
 * A message larger than half of a window counts as half, else the largest ones (link 2.10: 100 MiB) would leave no room for
 * anything beside them, and what must be told all the same would end the session. So a window holds two of them at most, with little
 * beside; all windows together hold what they hold.
 */
static size_t kept_share(const struct ald_hub *hub, const struct ald_kept *kept)
{
    return ALD_MIN(kept->cost, hub->config.session_window_bytes_max / 2);
}

/* An answer that is kept and was never said, to somebody who may come for it while the hub stops. */
static bool kept_is_owed(const struct ald_kept *kept)
{
    return kept->kind == ALD_KEPT_REPLY && kept->serial == 0 && kept->session->resumes_late;
}

static void session_owe(struct ald_hub *hub, const struct ald_kept *kept)
{
    if (kept_is_owed(kept)) {
        kept->session->n_owed++;
        hub->n_owed++;
    }
}

static void session_settle(struct ald_hub *hub, const struct ald_kept *kept)
{
    if (kept_is_owed(kept)) {
        kept->session->n_owed--;
        hub->n_owed--;
    }
}

/* Of what is in the window. */
static void kept_set_serial(struct ald_hub *hub, struct ald_kept *kept, uint64_t serial)
{
    session_settle(hub, kept);
    kept->serial = serial;
    session_owe(hub, kept);
}

static void session_charge(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    session->n_window++;
    session->bytes += kept_share(hub, kept);
    hub->window_bytes += kept->cost;
    session_owe(hub, kept);
    session->full = session->full || session_is_over(hub, session, 1);
}

static void session_credit(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    session->n_window--;
    session->bytes -= kept_share(hub, kept);
    hub->window_bytes -= kept->cost;
    session_settle(hub, kept);
    if (session->full && !session_is_over(hub, session, 2)) {
        session->full = false;
        ald_session_wake(hub, session);
    }
}

/* Out of the window, and the command it stands in may go again; and so may its party. */
static void session_release(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    struct ald_command *command = ald_kept_command(kept);
    struct ald_party *party = kept->party;

    if (session->unsaid == kept) {
        session->unsaid = session_next(session, kept);
    }
    ald_node_remove(&kept->node);
    session_credit(hub, session, kept);
    kept->serial = 0;
    if (command != NULL) {
        ald_history_unpin(hub, command);
    } else {
        ald_kept_discard(hub, ald_container(kept, struct ald_kept_signal, kept));
    }
    party->n_kept--;
    ald_party_settle(hub, party);
}

static void session_say(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    struct ald_signal signal = ald_kept_signal_of(hub, kept);
    struct ald_hub_conn *conn = session->conn;

    if (kept->serial == 0) {
        kept_set_serial(hub, kept, ++session->serial_out);
    }
    if (kept->kind == ALD_KEPT_COMMAND) {
        ald_container(kept, struct ald_command, kept_command)->told_serial = kept->serial;
    }
    signal.party = kept->party->number;
    signal.serial = kept->serial;
    kept->ordinal = ald_hub_conn_say(hub, conn, &signal) ? conn->said : UINT64_MAX;
}

/* Its parties are all there to be told something. */
static bool session_is_here(const struct ald_session *session)
{
    return session_is_whole(session) && ald_hub_conn_hears(session->conn);
}

bool ald_session_is_choked(const struct ald_session *session)
{
    return session->unsaid != NULL || (!session->over && (session->full || !session_is_here(session)));
}

static void session_add_kept(struct ald_hub *hub, struct ald_party *party, struct ald_kept *kept)
{
    kept->session = party->session;
    kept->party = party;
    kept->cost = ald_kept_cost(kept);
    kept->ordinal = UINT64_MAX;
    party->n_kept++;
    ald_list_push_back(&kept->session->window, &kept->node);
    session_charge(hub, kept->session, kept);
}

static bool session_has_room(const struct ald_hub *hub, const struct ald_session *session, const struct ald_kept *kept)
{
    return ald_hub_conn_has_room(hub, session->conn, kept->cost); /* it costs no less here than there */
}

/* An event is kept from a connection that does not read, and an answer from one that has no room for it; commands do not come here
 * then. */
static bool kept_must_wait(const struct ald_hub *hub, const struct ald_session *session, const struct ald_kept *kept)
{
    switch ((enum ald_kept_kind)kept->kind) {
    case ALD_KEPT_SIGNAL:
        return session->conn->choked || !session_has_room(hub, session, kept);
    case ALD_KEPT_REPLY:
        return !session_has_room(hub, session, kept);
    default:
        return false;
    }
}

void ald_session_tell(struct ald_hub *hub, struct ald_party *party, struct ald_kept *kept)
{
    struct ald_session *session = party->session;
    struct ald_command *command = ald_kept_command(kept);
    bool is_next = session_is_here(session) && session->unsaid == NULL;

    if (command != NULL) {
        ald_history_pin(
            hub,
            command); /* first, since an earlier attempt may have left it in the window of a session that is over */
    }
    if (ald_node_linked(&kept->node)) {
        session_release(hub, kept->session, kept);
    }
    session_add_kept(hub, party, kept);
    if (is_next && !kept_must_wait(hub, session, kept)) {
        session_say(hub, session, kept);
    } else if (session->unsaid == NULL) {
        session->unsaid = kept;
        ald_session_wake(hub, session);
    }
    if (session->bytes > hub->config.session_window_bytes_max + hub->config.out_bytes_max) {
        ald_session_over(hub, session); /* it acknowledges nothing */
        if (session->conn != NULL) {
            ald_hub_conn_close(hub, session->conn, ALD_CLOSE_SLOW);
        }
    }
}

static void session_unserial(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    if (kept->serial != 0) {
        session->serial_out = ALD_MIN(session->serial_out, kept->serial - 1);
        kept_set_serial(hub, kept, 0);
    }
}

void ald_session_untell(struct ald_hub *hub, struct ald_kept *kept)
{
    session_unserial(hub, kept->session, kept);
    session_release(hub, kept->session, kept);
}

/* The last one that was said on the present connection; NULL: none was. */
static struct ald_kept *session_last_said(const struct ald_session *session)
{
    struct ald_node *after = session->unsaid != NULL ? &session->unsaid->node : (struct ald_node *)&session->window;

    return after->prev == &session->window ? NULL : ald_list_entry(after->prev, struct ald_kept, node);
}

bool ald_session_rewind(struct ald_hub *hub, struct ald_session *session, uint64_t begun)
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
        session_unserial(hub, session, last);
    }
    session->unsaid = last;
    return true;
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
    ald_session_wake(hub, session);
}

void ald_session_expired(struct ald_hub *hub, struct ald_session *session)
{
    ald_session_over(hub, session);
}

/* Nobody will hear it. */
static void session_drop(struct ald_hub *hub, struct ald_session *session, struct ald_kept *kept)
{
    if (kept->serial == 0) {
        ald_hub_count(hub, kept->kind == ALD_KEPT_REPLY ? ALD_N_REPLIES_UNDELIVERED : ALD_N_UNSAID_DROPPED);
    }
    if (kept->serial == 0 && kept->kind == ALD_KEPT_SIGNAL) {
        ald_transit_unsaid(hub, ald_container(kept, struct ald_kept_signal, kept));
    }
    session_release(hub, session, kept);
}

/* It is choked no more: its channels are looked at again. False: there are none. */
static bool session_unbench(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_node *node = ald_list_pop_front(&session->benched);

    if (node != NULL) {
        ald_channel_ready(hub, ald_list_entry(node, struct ald_channel, bench));
    }
    return node != NULL;
}

/* End those that are away, let go of the window, one thing a unit, and in the end free the session itself. */
static bool session_work_over(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_kept *first = ald_session_first(session);

    if (session->n_here < session->n_parties) {
        ald_party_end(hub, ald_session_absent(session), ALD_CAUSE_SESSION_ENDED);
        return true;
    }
    if (first != NULL) {
        session_drop(hub, session, first);
        return true;
    }
    if (session_unbench(hub, session)) {
        return true;
    }
    if (session->n_parties == 0) {
        ald_session_free(hub, session);
    }
    return false;
}

/* False: it must wait for the connection, which would be cut otherwise, and cut again when the session comes back. */
static bool session_say_next(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_kept *kept = session->unsaid;

    if (session->conn->choked || !session_has_room(hub, session, kept)) {
        ald_hub_conn_wait(session->conn);
        ald_list_push_back(&session->conn->resaying, &session->wait);
        return false;
    }
    if (ald_kept_is_pointless(kept)) {
        session_release(hub, session, kept);
    } else if (kept->party->state == ALD_PARTY_GONE) {
        session_drop(hub, session, kept); /* no command: those are only handed over when they can be said */
    } else {
        session->unsaid = session_next(session, kept);
        session_say(hub, session, kept);
    }
    return true;
}

bool ald_session_work(struct ald_hub *hub, struct ald_session *session)
{
    struct ald_kept *first = ald_session_first(session);

    if (session->over) {
        return session_work_over(hub, session);
    }
    if (first != NULL && first->serial != 0 && first->serial <= session->acked) {
        session_release(hub, session, first);
        return true;
    }
    if (session->conn == NULL || !ald_hub_conn_hears(session->conn)) {
        return false;
    }
    if (session->is_returning) {
        ald_session_return(hub, session);
        return true;
    }
    if (session->unsaid == NULL) {
        if (hub->draining) {
            ald_hub_conn_settle(hub, session->conn); /* whoever came back late has everything */
        }
        return !session->full && session_unbench(hub, session);
    }
    return session_say_next(hub, session);
}

static void session_check_parties(const struct ald_session *session)
{
    uint32_t n = 0;
    uint32_t n_here = 0;

    ald_list_each (it, &session->parties) {
        const struct ald_party *party = ald_list_entry(it, const struct ald_party, of_session);

        ald_assert(party->session == session);
        ald_assert(party->conn == NULL || party->conn == session->conn);
        ald_assert(party->conn != NULL || n_here == 0);
        n++;
        n_here += party->conn != NULL ? 1 : 0;
    }
    ald_assert(n == session->n_parties);
    ald_assert(n_here == session->n_here);
    ald_assert((n_here > 0) == (session->conn != NULL));
    ald_assert(session->over || (session->first != NULL && session->first->session == session));
    ald_assert(session->over || session->conn != NULL || ald_timer_running(&session->alarm.timer));
}

size_t ald_session_check(const struct ald_hub *hub, const struct ald_session *session)
{
    bool is_ending = session->over || (session->conn != NULL && session->conn->state == ALD_CONN_ENDED);
    size_t bytes = 0, all = 0;
    uint32_t n = 0, n_owed = 0;
    uint64_t serial = 0;

    ald_list_each (it, &session->window) {
        const struct ald_kept *kept = ald_list_entry(it, const struct ald_kept, node);

        bytes += kept_share(hub, kept);
        all += kept->cost;
        n++;
        n_owed += kept_is_owed(kept) ? 1 : 0;
        ald_assert(kept->session == session);
        /* While the end of its connection is worked off, serials are taken back one by one. */
        ald_assert(is_ending || kept->serial == 0 || kept->serial > serial);
        ald_assert(is_ending || kept->serial <= session->serial_out);
        serial = ALD_MAX(serial, kept->serial);
    }
    ald_assert(bytes == session->bytes);
    ald_assert(n == session->n_window);
    ald_assert(n_owed == session->n_owed);
    ald_assert(session->full || session->over || !session_is_over(hub, session, 1) ||
               hub->window_bytes > hub->config.session_windows_bytes_max);
    session_check_parties(session);
    ald_assert(session->over || ald_table_find_number(&hub->sessions, session->number) == session);
    return all;
}
