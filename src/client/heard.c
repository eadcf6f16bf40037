/*
 * Heard: what the hub says to a client, signal by signal.
 */

#include "client/client_inside.h"

#include <stdio.h>

#include "base/error.h"

static void heard_registered(struct ald_client *client, const struct ald_signal *signal)
{
    if (client->state != ALD_CLIENT_CONNECTING) {
        return;
    }
    snprintf(client->given, sizeof(client->given), "%.*s", ALD_STR_ARG(signal->target));
    ald_client_session_registered(client, signal);
    client->ready_since = ald_loop_now(client->loop);
    client->welcomed = true;
    ald_client_move(client, ALD_CLIENT_READY, client->url, 0);
    if (ald_client_ready(client) && client->dialect != NULL) {
        ald_events_ready(client);
    }
    if (ald_client_ready(client) && client->dialect != NULL) {
        ald_calls_ready(client);
    }
    ald_client_drained(client);
}

/* A refused name stays refused: the peer's reason is for a person, not for a timer (exchange.md 4.3). Unless only one may have
 * a name, and we had it: the hub may not have noticed that our former connection is gone. */
static void heard_denied(struct ald_client *client, struct ald_str text)
{
    if (ald_client_session_denied(client)) {
        if (client->draining) {
            ald_client_close(client); /* it was all that we stayed for */
        } else {
            ald_link_register(client);
        }
        return;
    }
    client->final = !client->welcomed || !ald_client_can(client, ALD_WAY_NAME_PASSES);
    ald_link_cut(client, 1000, text.size > 0 ? text : ALD_STR("the hub refused the registration"));
}

static void heard_health(struct ald_client *client, struct ald_id id)
{
    client->health_id = id;
    if (client->callbacks.health != NULL) {
        client->callbacks.health(client->owner);
    } else {
        ald_client_healthy(client, true, NULL);
    }
}

static void heard_primary(struct ald_client *client, const struct ald_signal *asked)
{
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_PRIMARY);

    answer.id = asked->id;
    answer.primary = asked->primary;
    answer.term = asked->term;
    answer.ok = true;
    if (client->callbacks.primary != NULL) {
        client->callbacks.primary(client->owner, answer.primary, answer.term);
    }
    if (client->dialect != NULL && ald_client_say(client, &answer) < 0) {
        ald_link_short(client);
    }
}

/* The dialect's own answer, in its turn among what is said. */
static void heard_local(struct ald_client *client, const struct ald_signal *signal)
{
    struct ald_signal said = *signal;

    said.serial = 0;
    said.text = ALD_STR_NONE;
    if (ald_client_say(client, &said) < 0) {
        ald_link_short(client);
    }
}

/* The hub says goodbye. Without `reconnect` it does not want us back (exchange.md 4.4). What runs is finished first, for as
 * long as the hub has patience. */
static void heard_leave(struct ald_client *client, const struct ald_signal *signal)
{
    if (signal->ok) { /* the answer to our own goodbye */
        if (client->parting) {
            ald_client_close(client);
        }
        return;
    }
    client->sent_away = true;
    client->final = !signal->reconnect;
    ald_link_why(client, signal->reconnect ? ALD_STR("the hub asked us to reconnect")
                                           : ALD_STR("the hub said goodbye and does not want us back"));
    client->leaving = true;
    client->leave_id = signal->id;
    ald_client_leave(client);
}

static void heard_news(struct ald_client *client, const struct ald_signal *signal)
{
    if (client->callbacks.news != NULL) {
        client->callbacks.news(client->owner, signal->news, signal->ok);
    }
}

/* What a dialect says last: how to close, once everything it has written is on its way. */
struct heard_close {
    bool wanted;
    uint16_t code;
    char text[124]; /* as much as a close frame holds (RFC 6455 section 5.5) */
};

static void heard_close(struct ald_client *client, const struct ald_signal *signal, struct heard_close *close)
{
    ald_link_why(client, signal->text);
    client->session.spoilt = client->session.spoilt || signal->ok; /* the session ends with it */
    close->wanted = true;
    close->code = signal->code;
    snprintf(close->text, sizeof(close->text), "%.*s", ALD_STR_ARG(signal->text));
}

static void heard_signal(struct ald_client *client, const struct ald_signal *signal, struct heard_close *close)
{
    if (ald_client_session_repeats(client, signal)) {
        return;
    }
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        heard_registered(client, signal);
        break;
    case ALD_SIGNAL_DENIED:
        heard_denied(client, signal->text);
        break;
    case ALD_SIGNAL_HEALTH:
        heard_health(client, signal->id);
        break;
    case ALD_SIGNAL_PRIMARY:
        heard_primary(client, signal);
        break;
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        ald_jobs_command(client, signal);
        break;
    case ALD_SIGNAL_CANCEL:
        ald_jobs_cancel(client, signal);
        break;
    case ALD_SIGNAL_STATUS:
    case ALD_SIGNAL_REPLY:
        ald_calls_heard(client, signal);
        break;
    case ALD_SIGNAL_LOCAL:
        heard_local(client, signal);
        break;
    case ALD_SIGNAL_ACKED:
        ald_client_session_acked(client, signal->serial);
        break;
    case ALD_SIGNAL_NEWS:
        heard_news(client, signal);
        break;
    case ALD_SIGNAL_REPORT:
        ald_events_report(client, signal);
        break;
    case ALD_SIGNAL_LEAVE:
        heard_leave(client, signal);
        break;
    case ALD_SIGNAL_CLOSE:
        heard_close(client, signal, close);
        break;
    default:
        break; /* nothing else is said to a party of ours */
    }
}

void ald_client_heard(struct ald_client *client)
{
    struct heard_close close = {0};
    struct ald_signal signal;
    int r = 0;

    while (client->dialect != NULL && (r = ald_dialect_next(client->dialect, &signal)) == 0) {
        heard_signal(client, &signal, &close);
        ald_signal_clear(&signal);
    }
    if (r < 0) {
        ald_link_short(client);
    }
    ald_link_push(client);
    if (close.wanted) {
        ald_link_close(client, close.code, ald_str(close.text));
    }
}
