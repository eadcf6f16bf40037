#include "client/session.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "client/client_inside.h"

/* So many times what makes a window full may wait in it before the hub is given up. Replies to all commands that are served at
 * once fit in, many times over. */
enum { SESSION_PATIENCE = 4 };
/* No wait is longer than this part of the time in which it may come back. */
enum { SESSION_ATTEMPTS = 4 };

static const struct ald_state session_states[] = {
    [ALD_CLIENT_SESSION_NONE] = {"none", ALD_STATE_INITIAL, ALD_TO(ALD_CLIENT_SESSION_HERE)},
    [ALD_CLIENT_SESSION_HERE] = {"here", 0, ALD_TO(ALD_CLIENT_SESSION_AWAY) | ALD_TO(ALD_CLIENT_SESSION_NONE)},
    [ALD_CLIENT_SESSION_AWAY] = {"away", 0, ALD_TO(ALD_CLIENT_SESSION_ASKED) | ALD_TO(ALD_CLIENT_SESSION_NONE)},
    [ALD_CLIENT_SESSION_ASKED] = {"asked", 0,
                                  ALD_TO(ALD_CLIENT_SESSION_HERE) | ALD_TO(ALD_CLIENT_SESSION_AWAY) |
                                      ALD_TO(ALD_CLIENT_SESSION_NONE)},
};
static struct ald_machine session_machine = ALD_MACHINE("client session", session_states);

/* Something said that may have to be said again. */
struct ald_client_kept {
    struct ald_node node;       /* session->window, in the order of serials */
    struct ald_client_tie *tie; /* NULL: nobody's */
    struct ald_signal signal;   /* its references are ours; its serial is 0 as long as it never left */
    uint64_t ordinal;           /* as in the tie */
    ald_usec until;             /* of a command; ALD_NEVER: it has no limit */
    size_t cost;
};

static struct ald_client_session *session_of(struct ald_client *client)
{
    return &client->session;
}

static void session_move(struct ald_client_session *session, enum ald_client_session_state to)
{
    ald_sm_move(&session_machine, &session->state, (uint8_t)to);
}

/* --- the window --------------------------------------------------------------------------------------------------- */

static bool session_has(const struct ald_client *client, size_t share_of, size_t times)
{
    const struct ald_client_session *session = &client->session;

    return session->n_window * share_of > client->window_max * times ||
           session->bytes * share_of > client->window_bytes_max * times;
}

static void kept_mark(struct ald_client_kept *kept, uint64_t ordinal)
{
    kept->ordinal = ordinal;
    if (kept->tie != NULL) {
        kept->tie->ordinal = ordinal;
    }
}

static void kept_release(struct ald_client_session *session, struct ald_client_kept *kept)
{
    ald_node_remove(&kept->node);
    session->n_window--;
    session->bytes -= kept->cost;
    if (kept->tie != NULL) {
        kept->tie->kept = NULL;
    }
    ald_signal_clear(&kept->signal);
    free(kept);
}

static struct ald_client_kept *session_first(const struct ald_client_session *session)
{
    struct ald_node *node = ald_list_first(&session->window);

    return node != NULL ? ald_list_entry(node, struct ald_client_kept, node) : NULL;
}

static size_t signal_cost(const struct ald_signal *signal)
{
    return sizeof(struct ald_client_kept) + (signal->msg != NULL ? ald_msg_cost(signal->msg) : 0) +
           (signal->request != NULL ? ald_msg_cost(signal->request) : 0);
}

static int kept_new(struct ald_client *client, const struct ald_signal *signal, struct ald_client_tie *tie,
                    struct ald_client_kept **ret_kept)
{
    struct ald_client_session *session = session_of(client);
    struct ald_client_kept *kept = calloc(1, sizeof(*kept));

    if (kept == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    kept->signal = *signal;
    kept->signal.serial = 0;
    kept->signal.msg = signal->msg != NULL ? ald_msg_ref(signal->msg) : NULL;
    kept->signal.request = signal->request != NULL ? ald_msg_ref(signal->request) : NULL;
    kept->until = signal->kind == ALD_SIGNAL_COMMAND && signal->ttl != ALD_NEVER
                      ? ald_loop_now(client->loop) + signal->ttl
                      : ALD_NEVER;
    kept->cost = signal_cost(signal);
    kept->tie = tie;
    if (tie != NULL) {
        tie->kept = kept;
    }
    kept_mark(kept, UINT64_MAX);
    ald_list_push_back(&session->window, &kept->node);
    session->n_window++;
    session->bytes += kept->cost;
    *ret_kept = kept;
    return 0;
}

/* The time left is told anew each time; one whose time is over is told as such, and never as one without a limit. */
static ald_usec kept_left(const struct ald_client *client, const struct ald_client_kept *kept)
{
    ald_usec now = ald_loop_now(client->loop);

    if (kept->until == ALD_NEVER) {
        return kept->signal.ttl;
    }
    return kept->until > now ? kept->until - now : 1;
}

/* Outcome: KEPT_UNSAID: the protocol has no form for it. */
enum { KEPT_UNSAID = 1 };

static int kept_say(struct ald_client *client, struct ald_client_kept *kept)
{
    struct ald_client_session *session = session_of(client);
    struct ald_signal signal = kept->signal;
    uint64_t n_before = client->n_frames;
    int r;

    signal.serial = kept->signal.serial != 0 ? kept->signal.serial : session->serial_out + 1;
    signal.ttl = kept_left(client, kept);
    r = ald_client_emit(client, &signal);
    if (r < 0) {
        return ald_trace(r);
    }
    if (client->n_frames == n_before) {
        return KEPT_UNSAID;
    }
    kept->signal.serial = signal.serial;
    session->serial_out = ALD_MAX(session->serial_out, signal.serial);
    kept_mark(kept, signal.ordinal);
    return 0;
}

/* A hub that acknowledges nothing would have us keep everything. */
static void session_watch(struct ald_client *client)
{
    struct ald_client_session *session = session_of(client);

    session->full = session->full || session_has(client, 1, 1);
    if (session_has(client, 1, SESSION_PATIENCE) && !session->spoilt) {
        session->spoilt = true;
        ald_link_cut(client, 1008, ALD_STR("the hub acknowledges nothing that it is told"));
    }
}

bool ald_client_session_takes(const struct ald_client *client, enum ald_signal_kind kind)
{
    switch (kind) {
    case ALD_SIGNAL_REPLY:
        return ald_client_session_stands(&client->session);
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
    case ALD_SIGNAL_LOCAL:
        return client->session.state == ALD_CLIENT_SESSION_HERE;
    default:
        return false;
    }
}

int ald_client_session_say(struct ald_client *client, struct ald_signal *signal, struct ald_client_tie *tie)
{
    struct ald_client_session *session = session_of(client);
    struct ald_client_kept *kept;
    int r;

    r = kept_new(client, signal, tie, &kept);
    if (r < 0) {
        return ald_trace(r);
    }
    if (session->state == ALD_CLIENT_SESSION_HERE) {
        r = kept_say(client, kept);
    }
    if (r != 0) {
        kept_release(session, kept);
        return r < 0 ? ald_trace(r) : 0; /* as on any connection: nothing was said */
    }
    session_watch(client);
    return 0;
}

void ald_client_session_untie(struct ald_client *client, struct ald_client_tie *tie)
{
    struct ald_client_kept *kept = tie->kept;

    if (kept == NULL) {
        return;
    }
    kept->tie = NULL;
    tie->kept = NULL;
    if (kept->signal.serial == 0) {
        kept_release(session_of(client), kept);
    }
}

void ald_client_session_acked(struct ald_client *client, uint64_t serial)
{
    struct ald_client_session *session = session_of(client);
    struct ald_client_kept *kept;

    serial = ALD_MIN(serial, session->serial_out); /* it cannot have more */
    session->serial_begun = ALD_MAX(session->serial_begun, serial);
    while ((kept = session_first(session)) != NULL && kept->signal.serial != 0 && kept->signal.serial <= serial) {
        kept_release(session, kept);
        session->moved = true;
    }
    if (session->full && !session_has(client, 2, 1)) {
        session->full = false;
        ald_client_room(client);
    }
}

bool ald_client_session_repeats(struct ald_client *client, const struct ald_signal *signal)
{
    struct ald_client_session *session = session_of(client);

    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
    case ALD_SIGNAL_REPLY:
    case ALD_SIGNAL_LOCAL:
    case ALD_SIGNAL_TAKEN:
        break;
    default:
        return false; /* its serial, if it has one, is another's */
    }
    if (signal->serial == 0 || session->state != ALD_CLIENT_SESSION_HERE) {
        return false;
    }
    if (signal->serial <= session->serial_in) {
        return true;
    }
    session->serial_in = signal->serial;
    session->moved = true;
    return false;
}

/* --- coming and going --------------------------------------------------------------------------------------------- */

static void session_alarm(void *owner)
{
    struct ald_client *client = owner;

    ald_client_session_over(client);
    if (client->draining) {
        ald_client_close(client); /* it was all that we stayed for */
    }
}

void ald_client_session_init(struct ald_client *client)
{
    ald_node_init(&client->session.window);
    ald_alarm_init(&client->session.alarm, session_alarm, client);
}

static void session_forget(struct ald_client *client)
{
    struct ald_client_session *session = session_of(client);

    ald_alarm_stop(client->loop, &session->alarm);
    ald_slice_clear(&session->token);
    ald_slice_clear(&session->address);
    session->serial_out = session->serial_begun = session->serial_in = 0;
    session->spoilt = session->full = session->moved = session->resumed = false;
}

void ald_client_session_fini(struct ald_client *client)
{
    struct ald_client_kept *kept;

    while ((kept = session_first(&client->session)) != NULL) {
        kept_release(&client->session, kept);
    }
    session_forget(client);
}

bool ald_client_session_ask(struct ald_client *client, struct ald_signal *ret_resume)
{
    struct ald_client_session *session = session_of(client);

    if (session->state != ALD_CLIENT_SESSION_AWAY || session->url_at != client->url_at) {
        return false;
    }
    ald_alarm_stop(client->loop, &session->alarm); /* whether it is too late, the hub decides */
    session_move(session, ALD_CLIENT_SESSION_ASKED);
    *ret_resume = ald_signal_of(ALD_SIGNAL_RESUME);
    ret_resume->text = ald_slice_str(session->token);
    ret_resume->channel = ald_slice_str(session->address);
    ret_resume->serial = session->serial_in;
    return true;
}

/* Without memory for what it takes to resume it ends with its connection. */
static void session_begin(struct ald_client *client, const struct ald_signal *signal)
{
    struct ald_client_session *session = session_of(client);

    if ((signal->traits & ALD_CAN_RESUME) == 0) {
        return;
    }
    session->spoilt =
        ald_slice_copy(signal->text, &session->token) < 0 || ald_slice_copy(signal->channel, &session->address) < 0;
    session->url_at = client->url_at;
    session->ttl = signal->ttl;
    session_move(session, ALD_CLIENT_SESSION_HERE);
}

/* All that is said from now on comes behind what waits here. */
static void session_say_again(struct ald_client *client)
{
    struct ald_client_session *session = session_of(client);
    struct ald_node *next;

    for (struct ald_node *node = session->window.next; node != &session->window; node = next) {
        struct ald_client_kept *kept = ald_list_entry(node, struct ald_client_kept, node);
        int r = kept_say(client, kept);

        next = node->next;
        if (r < 0) {
            ald_link_short(client);
            return;
        }
        if (r == KEPT_UNSAID) {
            kept_release(session, kept);
        }
    }
}

void ald_client_session_registered(struct ald_client *client, const struct ald_signal *signal)
{
    struct ald_client_session *session = session_of(client);

    if (session->state == ALD_CLIENT_SESSION_ASKED) {
        session->ttl = signal->ttl;
        ald_client_session_acked(client, signal->serial);
        session_say_again(client);
        session_move(session, ALD_CLIENT_SESSION_HERE);
        session->resumed = true;
        return;
    }
    if (ald_client_session_stands(session)) {
        ald_client_session_over(client); /* it was another hub's */
    }
    session_begin(client, signal);
}

bool ald_client_session_denied(struct ald_client *client)
{
    if (client->session.state != ALD_CLIENT_SESSION_ASKED) {
        return false;
    }
    ald_client_session_over(client);
    return true;
}

/* What never left is told as new, and with another serial, if there was nothing behind it that did. */
static void session_rewind(struct ald_client *client)
{
    struct ald_client_session *session = session_of(client);

    ald_list_each (node, &session->window) {
        struct ald_client_kept *kept = ald_list_entry(node, struct ald_client_kept, node);

        if (kept->ordinal <= client->begun) {
            session->serial_begun = ALD_MAX(session->serial_begun, kept->signal.serial);
        } else if (kept->signal.serial > session->serial_begun) {
            kept->signal.serial = 0;
        }
        kept_mark(kept, UINT64_MAX);
    }
    session->serial_out = session->serial_begun;
}

static bool session_has_left(const struct ald_client *client)
{
    return client->sent_away || client->session.spoilt || client->session.ttl == 0;
}

ald_usec ald_client_session_patience(const struct ald_client *client)
{
    const struct ald_client_session *session = &client->session;

    return ald_client_session_stands(session) && !session_has_left(client) ? session->ttl / SESSION_ATTEMPTS
                                                                           : ALD_NEVER;
}

bool ald_client_session_lost(struct ald_client *client)
{
    struct ald_client_session *session = session_of(client);
    bool has_left = session_has_left(client);

    switch ((enum ald_client_session_state)session->state) {
    case ALD_CLIENT_SESSION_NONE:
        return false;
    case ALD_CLIENT_SESSION_HERE:
        session_rewind(client);
        session->moved = false;
        session->until = ald_loop_now(client->loop) + session->ttl;
        session_move(session, ALD_CLIENT_SESSION_AWAY);
        break;
    case ALD_CLIENT_SESSION_ASKED:
        session_move(session, ALD_CLIENT_SESSION_AWAY);
        break;
    case ALD_CLIENT_SESSION_AWAY:
        break;
    }
    ald_alarm_start(client->loop, &session->alarm, session->until);
    return !has_left;
}

/* What is left in the window when it is over: events that never left. */
static void session_sift(struct ald_client_session *session)
{
    struct ald_node *next;

    for (struct ald_node *node = session->window.next; node != &session->window; node = next) {
        struct ald_client_kept *kept = ald_list_entry(node, struct ald_client_kept, node);

        next = node->next;
        if (kept->signal.kind != ALD_SIGNAL_EVENT || kept->signal.serial != 0) {
            kept_release(session, kept);
        }
    }
}

void ald_client_session_over(struct ald_client *client)
{
    struct ald_client_session *session = session_of(client);

    if (ald_client_session_stands(session)) {
        session_move(session, ALD_CLIENT_SESSION_NONE);
        session_forget(client);
        session_sift(session);
    }
    ald_calls_away(client);
    ald_jobs_away(client);
    while (!ald_list_empty(&session->window)) {
        struct ald_client_kept *last = ald_list_entry(session->window.prev, struct ald_client_kept, node);
        ALD_AUTO(ald_msg_unref) struct ald_msg *event = ald_msg_ref(last->signal.msg);

        kept_release(session, last);
        ald_events_rescue(client, event);
    }
}
