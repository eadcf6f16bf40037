/*
 * Who is known by a signed token, which is shown in the first frame of a connection and not in its upgrade (link.md 2.1,
 * 2.3). The gate checks the token and says whom it proves; with a guard, that one must be in its rules, and has the rights
 * that stand there. Whoever comes back to a session is who the session belongs to.
 *
 * Such a token is shown on purpose: what came with the connection (a certificate, a user of this machine) counts no more.
 */

#include "base/error.h"
#include "conn/conn_impl.h"
#include "hub/view.h"

enum {
    CONN_ENDORSEMENT_MAX = ALD_GUARD_RIGHTS_MAX + 1024, /* a session's token, and what it may do */
};

/* Why the guard does not admit him, as existing peers know it (link.md 2.11). A host that is in no rules has a token all the
 * same, which is then not good. */
static struct ald_str cause_of(const struct ald_conn *conn, int r)
{
    if (r < 0) {
        return ALD_STR("memory is short");
    }
    return conn->controls && r != ALD_GUARD_REVOKED ? ALD_STR("invalid user") : ALD_STR("invalid token");
}

static void vouch_deny(struct ald_signal *signal, struct ald_str text)
{
    signal->denied = true;
    signal->text = text;
}

/* The gate is satisfied; is the guard? */
static void vouch_admit(struct ald_conn *conn, struct ald_signal *signal, const struct ald_shown *shown)
{
    int r = 0;

    ald_conn_release(conn);
    if (conn->edge->guard != NULL) {
        r = ald_conn_admit(conn, shown);
    }
    conn->issued = shown->issued;
    if (r < 0) {
        conn->edge->counters.no_memory++;
    }
    conn->vouched = r == 0;
    if (r != 0) {
        vouch_deny(signal, cause_of(conn, r));
    }
}

void ald_conn_vouch(struct ald_conn *conn, const struct ald_peer *peer, struct ald_signal *signal)
{
    const struct ald_gate *gate = conn->edge->gate;
    struct ald_shown shown = {.peer = peer};

    if (gate == NULL || gate->vouch == NULL) {
        return;
    }
    conn->controls = signal->greeting->is_control;
    conn->vouched = false;
    gate->vouch(gate->owner, peer, signal, &shown);
    if (!signal->denied) {
        vouch_admit(conn, signal, &shown);
    }
}

void ald_conn_vouch_session(struct ald_conn *conn, const struct ald_peer *peer, struct ald_signal *signal)
{
    const struct ald_gate *gate = conn->edge->gate;
    struct ald_shown shown = {.peer = peer};
    struct ald_channel_view channel;

    if (gate == NULL || gate->session_of == NULL || !ald_str_present(signal->text)) {
        return;
    }
    conn->vouched = false;
    signal->session = gate->session_of(gate->owner, signal->text, &shown.issued);
    if (signal->session == 0 || ald_hub_find_session(conn->edge->hub, signal->session, &channel) != 0) {
        vouch_deny(signal, ALD_STR("no such session"));
        return;
    }
    conn->controls = false;
    shown.proved = channel.principal;
    vouch_admit(conn, signal, &shown);
}

/* Errors: ALDIS_E_NOMEM. */
static int endorse_rights(struct ald_conn *conn, struct ald_buf *room, bool *ret_any)
{
    const struct ald_guard *guard = conn->edge->guard;
    int r = ALD_GUARD_ANY;

    if (conn->pass != NULL && guard->rights != NULL) {
        /* Of what is too much a part: it is only shown, and what it may do is decided when it does it. */
        r = guard->rights(guard->owner, conn->pass, room);
    }
    *ret_any = r == ALD_GUARD_ANY;
    return r < 0 ? ald_trace(r) : 0;
}

/* It is told that its session is there: with the token that resumes it, and what it may command, both kept in `room`.
 * Errors: ALDIS_E_NOMEM. */
static int endorse(struct ald_conn *conn, struct ald_signal *signal, struct ald_buf *room)
{
    const struct ald_gate *gate = conn->edge->gate;
    bool any = true;
    size_t size;
    int r;

    if (signal->session == 0 || gate == NULL || gate->session_token == NULL) {
        return 0;
    }
    ald_buf_init(room, CONN_ENDORSEMENT_MAX);
    r = gate->session_token(gate->owner, signal->session, conn->issued, room);
    size = ald_buf_size(room);
    r = r < 0 ? r : endorse_rights(conn, room, &any);
    if (r < 0) {
        return ald_trace(r);
    }
    signal->text = ald_str_of(ald_buf_str(room).data, size);
    if (!any) {
        signal->rights = ald_str_from(ald_buf_str(room), size);
    }
    return 0;
}

int ald_conn_translate(struct ald_conn *conn, const struct ald_signal *signal)
{
    ald_usec now = ald_loop_now(conn->edge->loop);
    struct ald_signal endorsed = *signal;
    struct ald_buf room = {.data = NULL};
    int r;

    /* The first party's, which is the session's: the others share it. */
    if (signal->kind != ALD_SIGNAL_REGISTERED || signal->session == 0 || signal->party != 0) {
        r = ald_dialect_emit(conn->dialect, now, signal);
        return r < 0 ? ald_trace(r) : 0;
    }
    r = endorse(conn, &endorsed, &room);
    r = r < 0 ? r : ald_dialect_emit(conn->dialect, now, &endorsed);
    ald_buf_fini(&room);
    return r < 0 ? ald_trace(r) : 0;
}
