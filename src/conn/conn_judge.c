/*
 * Who is at the other end, and what may it say? A connection comes from a door, which may know that from a credential (the
 * guard, who then judges everything it says), may want a name and a password in its first words (the gate; whoever has them
 * is a hub, or as good as one, and trusted), or lets in everybody. A hub that we called is trusted too: somebody has put its
 * address into the settings.
 *
 * Whoever has not shown what is wanted is heard all the same, because it shows it in a line: but nothing that it says takes
 * effect, and it is told so in its dialect's words.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "conn/conn_impl.h"

enum {
    CONN_ADDRESS_MAX = 256, /* of a hub that is told on: host:port */
    CONN_TOKEN_MAX = 512    /* a token is 43 bytes; whatever is longer is none */
};

int ald_conn_admit(struct ald_conn *conn, const struct ald_shown *shown)
{
    const struct ald_guard *guard = conn->edge->guard;
    int r = guard->admit(guard->owner, shown, &conn->pass);

    if (r == 0) {
        guard->enter(guard->owner, conn->pass, ALD_GUEST_MANAGE_NONE, ald_conn_expel, conn);
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_conn_identify(struct ald_conn *conn)
{
    struct ald_peer peer;
    const struct ald_shown shown = {.peer = &peer};
    int r;

    if (conn->edge->guard == NULL || conn->pass != NULL || conn->trusted) {
        return 0;
    }
    ald_stream_peer(conn->stream, &peer);
    r = ald_conn_admit(conn, &shown);
    return r < 0 ? ald_trace(r) : 0;
}

void ald_conn_release(struct ald_conn *conn)
{
    if (conn->pass != NULL) {
        conn->edge->guard->release(conn->edge->guard->owner, conn->pass);
        conn->pass = NULL;
    }
}

/* Without a guard a certificate still says who it is; it gives and takes no rights. `peer` keeps the name. */
static void conn_name(struct ald_peer *peer, struct ald_signal *signal)
{
    if (peer->tls_verified && peer->tls_subject[0] != '\0') {
        signal->principal = ald_str(peer->tls_subject);
    }
}

/* The door wants a name and a password. A certificate that was proved is as good, unless the guard knows whose it is. */
static void conn_check_password(struct ald_conn *conn, const struct ald_peer *peer, const struct ald_greeting *greeting)
{
    const struct ald_gate *gate = conn->edge->gate;

    if (!conn->credentials || conn->trusted) {
        return;
    }
    if (conn->edge->guard == NULL && peer->tls_verified) {
        conn->trusted = true;
    } else if (conn->pass == NULL && greeting != NULL && gate != NULL) {
        conn->trusted = gate->admits(gate->owner, peer, greeting->username, greeting->password);
    }
}

/* Where somebody has to be known and is not yet, a password may be the token that he has. Errors: ALDIS_E_NOMEM. */
static int conn_check_token(struct ald_conn *conn, const struct ald_peer *peer, const struct ald_greeting *greeting)
{
    struct ald_shown shown = {.peer = peer};
    char field[CONN_TOKEN_MAX + sizeof("Bearer ")];
    int r;

    if (conn->edge->guard == NULL || conn->pass != NULL || conn->trusted || greeting == NULL ||
        greeting->password.size == 0 || greeting->password.size > CONN_TOKEN_MAX) {
        return 0;
    }
    (void)snprintf(field, sizeof(field), "Bearer %.*s", ALD_STR_ARG(greeting->password));
    shown.authorization = ald_str(field);
    r = ald_conn_admit(conn, &shown);
    return r < 0 ? ald_trace(r) : 0;
}

/* Gives what is to be learnt of a greeting: of a daemon of the family its own address first. Errors: ALDIS_E_NOMEM. */
static int greeting_neighbors(const struct ald_greeting *greeting, const char *address, char **ret_list)
{
    bool is_own = greeting->peering == ALD_PEERING_FLOODS && address != NULL;
    bool has_others = greeting->neighbors.size > 0;

    *ret_list = NULL;
    if ((is_own || has_others) && asprintf(ret_list, "%s%s%.*s", is_own ? address : "", is_own && has_others ? "," : "",
                                           ALD_STR_ARG(greeting->neighbors)) < 0) {
        *ret_list = NULL;
        return ald_trace(ALDIS_E_NOMEM);
    }
    return 0;
}

/* Where a hub can be called, and what others it knows. Kept until the hub has decided: who is not let in is nobody's
 * neighbor. */
static int conn_hear_greeting(struct ald_conn *conn, const struct ald_greeting *greeting)
{
    char *neighbors = NULL;
    int r;

    if (conn->edge->gate == NULL) {
        return 0;
    }
    free(ald_steal(&conn->linked));
    if (greeting->address.size > 0 && greeting->address.size <= CONN_ADDRESS_MAX) {
        conn->linked = strndup(greeting->address.data, greeting->address.size);
        if (conn->linked == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    r = greeting_neighbors(greeting, conn->linked, &neighbors);
    if (r < 0) {
        return ald_trace(r);
    }
    free(conn->neighbors);
    conn->neighbors = neighbors;
    return 0;
}

void ald_conn_learn(struct ald_conn *conn)
{
    const struct ald_gate *gate = conn->edge->gate;
    char *neighbors = ald_steal(&conn->neighbors);

    conn->learns = false;
    if (neighbors != NULL) {
        gate->neighbors(gate->owner, ald_str(neighbors), false, false);
        free(neighbors);
    }
    if (conn->linked != NULL) {
        conn->leads = true;
        gate->linked(gate->owner, ald_str(conn->linked), true);
    }
}

void ald_conn_refused(const struct ald_conn *conn, struct ald_str why)
{
    const struct ald_gate *gate = conn->edge->gate;
    struct ald_peer peer;

    /* Who was called is told of by whoever called. */
    if (gate != NULL && conn->called_as == NULL) {
        ald_stream_peer(conn->stream, &peer);
        gate->refused(gate->owner, &peer, ald_str(conn->hub), ald_str(conn->linked), why);
    }
}

bool ald_conn_is_known(const struct ald_conn *conn)
{
    if (conn->wants_token && !conn->vouched) {
        return false;
    }
    return conn->trusted || conn->pass != NULL || (conn->edge->guard == NULL && !conn->credentials);
}

/* What is missing, for people. */
static struct ald_str why_unknown(const struct ald_conn *conn, const struct ald_greeting *greeting)
{
    bool shows = greeting != NULL && (greeting->username.size > 0 || greeting->password.size > 0);

    if (conn->credentials) {
        return shows ? ALD_STR("the name or the password is wrong") : ALD_STR("it showed no name and password");
    }
    return shows ? ALD_STR("nobody here knows what it showed") : ALD_STR("it has to show who it is");
}

static void judge_register(struct ald_conn *conn, struct ald_peer *peer, struct ald_signal *signal)
{
    const struct ald_greeting *greeting = signal->greeting;

    conn_check_password(conn, peer, greeting);
    if (conn_check_token(conn, peer, greeting) < 0) {
        conn->edge->counters.no_memory++;
        signal->denied = true;
    }
    if (conn->edge->guard == NULL) {
        conn_name(peer, signal);
    }
    if (conn->wants_token && greeting != NULL && ald_str_present(greeting->token)) {
        ald_conn_vouch(conn, peer, signal);
    }
    conn->greets = greeting != NULL && greeting->peering != ALD_PEERING_NONE;
    if (!conn->greets) {
        signal->greeting = NULL; /* what it showed was for us */
        return;
    }
    free(conn->hub);
    conn->hub = strndup(greeting->hub.data, ALD_MIN(greeting->hub.size, (size_t)ALD_NAME_MAX)); /* it can do without */
    if (ald_conn_is_known(conn) && conn_hear_greeting(conn, greeting) < 0) {
        conn->edge->counters.no_memory++;
        signal->denied = true;
    }
}

static int judge_operate(struct ald_conn *conn, struct ald_signal *signal, const struct ald_peer *peer)
{
    const struct ald_guard *guard = conn->edge->guard;
    const struct ald_gate *gate = conn->edge->gate;
    /* Who may drain the hub over the API may do it here as well. */
    bool may = conn->pass != NULL && guard->manage(guard->owner, conn->pass) == ALD_GUEST_MANAGE_WRITE;

    may = may || (gate != NULL && gate->may_operate(gate->owner, peer));
    if (!may || gate == NULL) {
        conn->edge->counters.operations_denied++;
        signal->denied = true;
        return 0;
    }
    gate->operate(gate->owner, (enum ald_operation)signal->operation, signal->text, signal->ok);
    /* The hub tells these to the hubs that it is linked with. */
    return signal->operation == ALD_OPERATE_SHUTDOWN || signal->operation == ALD_OPERATE_FORGET ? 0 : ALD_CONN_TAKEN;
}

/* Who asks to be called shows what somebody shows who comes in (communicator 6.3). */
static int judge_neighbors(struct ald_conn *conn, const struct ald_peer *peer, const struct ald_signal *signal)
{
    const struct ald_gate *gate = conn->edge->gate;
    bool was_trusted = conn->trusted;

    conn_check_password(conn, peer, signal->greeting);
    if (!ald_conn_is_known(conn)) {
        conn->edge->counters.strangers_denied++;
        if (gate != NULL) {
            gate->refused(gate->owner, peer, ALD_STR_NONE, signal->text, why_unknown(conn, signal->greeting));
        }
    } else if (gate != NULL) {
        gate->neighbors(gate->owner, signal->text, signal->ok, !was_trusted && conn->trusted && !peer->tls_verified);
    }
    return ALD_CONN_TAKEN;
}

static int judge_news(struct ald_conn *conn, const struct ald_signal *signal)
{
    const struct ald_gate *gate = conn->edge->gate;

    if (gate != NULL && ald_conn_is_known(conn)) {
        gate->news(gate->owner, signal->news);
    }
    return ALD_CONN_TAKEN;
}

/*
 * A credential may assign another target than was asked for; but a hub is who it is, or nobody, and so is whoever a token was
 * signed for. A control is no agent: it needs no right to the name that it is given.
 */
static void judge_pass(struct ald_conn *conn, struct ald_signal *signal)
{
    const struct ald_guard *guard = conn->edge->guard;
    const struct ald_str asked = signal->target;
    bool registers = signal->kind == ALD_SIGNAL_REGISTER;

    if (registers && conn->controls) {
        signal->target = ALD_STR_NONE;
        guard->judge(guard->owner, conn->pass, signal);
        signal->target = asked;
        return;
    }
    guard->judge(guard->owner, conn->pass, signal);
    if (registers && (signal->greeting != NULL || conn->vouched) && !ald_str_equal(asked, signal->target)) {
        conn->edge->counters.strangers_denied++;
        signal->denied = true;
    }
    if (registers && conn->vouched && signal->denied) {
        signal->text = ALD_STR("Permission denied"); /* link.md 2.11 */
    }
}

/* What a right is needed for. */
static bool signal_is_judged(const struct ald_signal *signal)
{
    return signal->kind == ALD_SIGNAL_REGISTER || signal->kind == ALD_SIGNAL_UNREGISTER ||
           signal->kind == ALD_SIGNAL_RESUME || signal->kind == ALD_SIGNAL_COMMAND ||
           signal->kind == ALD_SIGNAL_EVENT || signal->kind == ALD_SIGNAL_SUBSCRIBE;
}

/*
 * What hubs tell each other of the graph and of events (docs/wire-extension.md, section 12): who may come in as a hub may say
 * it. What it passes on for others is theirs, and needs the rights for that.
 */
static bool signal_is_of_graph(const struct ald_conn *conn, const struct ald_signal *signal)
{
    return conn->greets && signal->kind == ALD_SIGNAL_EVENT && signal->msg != NULL &&
           (ald_str_equal(signal->msg->name, ALD_STR("aldis:Route")) ||
            ald_str_equal(signal->msg->name, ALD_STR("aldis:Report")));
}

int ald_conn_judge(struct ald_conn *conn, struct ald_peer *peer, struct ald_signal *signal)
{
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTER:
        ald_stream_peer(conn->stream, peer);
        judge_register(conn, peer, signal);
        break;
    case ALD_SIGNAL_RESUME:
        ald_stream_peer(conn->stream, peer);
        ald_conn_vouch_session(conn, peer, signal);
        break;
    case ALD_SIGNAL_OPERATE:
        ald_stream_peer(conn->stream, peer);
        return judge_operate(conn, signal, peer);
    case ALD_SIGNAL_NEIGHBORS:
        ald_stream_peer(conn->stream, peer);
        return judge_neighbors(conn, peer, signal);
    case ALD_SIGNAL_NEWS:
        return judge_news(conn, signal);
    default:
        break;
    }
    if (!signal_is_judged(signal)) {
        return 0;
    }
    if (!ald_conn_is_known(conn)) {
        conn->edge->counters.strangers_denied++;
        if (signal->kind == ALD_SIGNAL_REGISTER && !signal->denied && conn->greets) {
            signal->text = why_unknown(conn, signal->greeting);
        }
        signal->denied = true;
    } else if (conn->pass != NULL && !signal_is_of_graph(conn, signal)) {
        judge_pass(conn, signal);
    }
    return 0;
}

void ald_conn_stepped(const struct ald_conn *conn, const struct ald_signal *signal)
{
    const struct ald_gate *gate = conn->edge->gate;

    if (signal->kind == ALD_SIGNAL_ASK && gate != NULL) {
        gate->asked(gate->owner, (enum ald_topic)signal->topic);
    }
}
