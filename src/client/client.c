/*
 * The connection of a client: one state machine that goes round.
 *
 *     WAITING -> CONNECTING -> READY -> WAITING -> ...          and CLOSED at the end
 *
 * Everything that can go wrong ends up in one place, the stream's `closed`: a refused dial, a hello that was denied, a
 * dead link. It decides whether to try again, where and when. A URL that worked is tried first the next time; one that
 * failed makes room for the next in the list, so that an endpoint that accepts and then fails its hello cannot hold the
 * client for ever (exchange.md 4.5).
 */

#include "client/client_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sm.h"
#include "client/backoff.h"
#include "loop/random.h"
#include "transport/tls.h"
#include "transport/ws.h"

/* Messages kept for the next time; a call and its reply are two. */
enum { CLIENT_MESSAGES_KEPT = 64 };

static const struct ald_state client_states[] = {
    [ALD_CLIENT_WAITING] = {"waiting", ALD_STATE_INITIAL, ALD_TO(ALD_CLIENT_CONNECTING) | ALD_TO(ALD_CLIENT_CLOSED)},
    [ALD_CLIENT_CONNECTING] = {"connecting", 0,
                               ALD_TO(ALD_CLIENT_READY) | ALD_TO(ALD_CLIENT_WAITING) | ALD_TO(ALD_CLIENT_CLOSED)},
    [ALD_CLIENT_READY] = {"ready", 0, ALD_TO(ALD_CLIENT_WAITING) | ALD_TO(ALD_CLIENT_CLOSED)},
    [ALD_CLIENT_CLOSED] = {"closed", ALD_STATE_FINAL, 0},
};
static struct ald_machine client_machine = ALD_MACHINE("client", client_states);

static void client_dial(struct ald_client *client);
static void client_dialect_alarm(void *owner);

static void client_move(struct ald_client *client, enum ald_client_state to, const char *text, ald_usec retry_in)
{
    ald_sm_move(&client_machine, &client->state, (uint8_t)to);
    if (client->callbacks.state != NULL) {
        client->callbacks.state(client->owner, to, text, retry_in);
    }
}

static void client_why(struct ald_client *client, struct ald_str text)
{
    snprintf(client->why, sizeof(client->why), "%.*s", ALD_STR_ARG(text));
}

void ald_client_options_init(struct ald_client_options *options)
{
    *options = (struct ald_client_options){
        .reconnect = true,
        .backoff_first = 250 * ALD_MSEC,
        .backoff_max = 30 * ALD_SEC,
        .jobs_max = 256,
    };
}

/* --- making and ending one connection --------------------------------------------------------------------------- */

static void client_drop(struct ald_client *client)
{
    ald_alarm_stop(client->loop, &client->dialect_alarm);
    client->dialect = ald_dialect_free(client->dialect);
    client->stream = ald_stream_free(client->stream);
    client->health_id = (struct ald_id){0};
}

/* What may be said to the program goes before the decision, because the program may close us when it hears it. */
static void client_lost(struct ald_client *client)
{
    bool was_ready = ald_client_ready(client);
    ald_usec wait;

    client_drop(client);
    if (!was_ready) {
        client->url_at = (client->url_at + 1) % client->n_urls;
        client->n_failures++;
    }
    if (client->ending || client->final || !client->reconnect) {
        client_move(client, ALD_CLIENT_CLOSED, client->why, 0);
        ald_calls_end(client);
        ald_jobs_away(client);
        return;
    }
    wait = was_ready && client->n_failures == 0
               ? ald_rng_below(&client->rng, client->backoff_first + 1) /* at once, but not all in one millisecond */
               : ald_backoff(&client->rng, client->backoff_first, client->backoff_max, client->n_failures);
    client_move(client, ALD_CLIENT_WAITING, client->why, wait);
    ald_calls_away(client);
    ald_jobs_away(client);
    if (client->state == ALD_CLIENT_WAITING) {
        ald_alarm_start(client->loop, &client->retry_alarm, ald_loop_now(client->loop) + wait);
    }
}

static void client_push_frames(struct ald_client *client)
{
    static const enum ald_chunk_kind chunks[] = {
        [ALD_FRAME_BYTES] = ALD_CHUNK_BYTES, [ALD_FRAME_TEXT] = ALD_CHUNK_TEXT, [ALD_FRAME_BINARY] = ALD_CHUNK_BINARY,
        [ALD_FRAME_PING] = ALD_CHUNK_PING,   [ALD_FRAME_PONG] = ALD_CHUNK_PONG,
    };
    struct ald_frame frame;

    while (client->dialect != NULL && ald_dialect_drain(client->dialect, &frame) == 0) {
        ald_stream_push(client->stream, chunks[frame.kind], frame.parts, frame.n_parts, frame.ordinal);
    }
    if (client->dialect != NULL) {
        ald_alarm_start(client->loop, &client->dialect_alarm, ald_dialect_deadline(client->dialect));
    }
}

int ald_client_say(struct ald_client *client, struct ald_signal *signal)
{
    int r;

    ald_assert(client->dialect != NULL);
    signal->ordinal = client->ordinal + 1;
    r = ald_dialect_emit(client->dialect, ald_loop_now(client->loop), signal);
    if (r < 0) {
        return ald_trace(r);
    }
    client->ordinal++;
    client_push_frames(client);
    return 0;
}

/* The link cannot be kept; its end is told by the stream. */
static void client_cut(struct ald_client *client, uint16_t code, struct ald_str why)
{
    client_why(client, why);
    if (client->stream != NULL) {
        ald_stream_close(client->stream, code, why);
    }
}

/* --- what the hub says ------------------------------------------------------------------------------------------ */

static void client_registered(struct ald_client *client)
{
    char text[300];
    const struct ald_url *url = &client->urls[client->url_at];

    if (client->state != ALD_CLIENT_CONNECTING) {
        return;
    }
    client->n_failures = 0;
    if (url->unix_socket) {
        snprintf(text, sizeof(text), "unix:%s", url->name);
    } else {
        snprintf(text, sizeof(text), "%s://%s:%u%s", url->tls ? "wss" : "ws", url->name, url->port, url->prefix);
    }
    client_move(client, ALD_CLIENT_READY, text, 0);
    if (ald_client_ready(client)) {
        ald_calls_ready(client);
    }
}

/* A refused name stays refused: the peer's reason is for a person, not for a timer (exchange.md 4.3). */
static void client_denied(struct ald_client *client, struct ald_str text)
{
    client->final = true;
    client_cut(client, 1000, text.size > 0 ? text : ALD_STR("the hub refused the registration"));
}

static void client_health(struct ald_client *client, struct ald_id id)
{
    client->health_id = id;
    if (client->callbacks.health != NULL) {
        client->callbacks.health(client->owner);
    } else {
        ald_client_healthy(client, true, NULL);
    }
}

static void client_primary(struct ald_client *client, const struct ald_signal *asked)
{
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_PRIMARY);

    if (client->callbacks.primary != NULL) {
        client->callbacks.primary(client->owner, asked->primary, asked->term);
    }
    if (client->dialect == NULL) {
        return;
    }
    answer.id = asked->id;
    answer.primary = asked->primary;
    answer.term = asked->term;
    answer.ok = true;
    if (ald_client_say(client, &answer) < 0) {
        client_cut(client, 1011, ALD_STR("out of memory"));
    }
}

/* The hub says goodbye. Without `reconnect` it does not want us back (exchange.md 4.4). */
static void client_left(struct ald_client *client, const struct ald_signal *signal)
{
    client->final = !signal->reconnect;
    client_why(client, signal->reconnect ? ALD_STR("the hub asked us to reconnect")
                                         : ALD_STR("the hub said goodbye and does not want us back"));
}

static void client_take(struct ald_client *client, const struct ald_signal *signal)
{
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        client_registered(client);
        break;
    case ALD_SIGNAL_DENIED:
        client_denied(client, signal->text);
        break;
    case ALD_SIGNAL_HEALTH:
        client_health(client, signal->id);
        break;
    case ALD_SIGNAL_PRIMARY:
        client_primary(client, signal);
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
    case ALD_SIGNAL_LEAVE:
        client_left(client, signal);
        break;
    case ALD_SIGNAL_CLOSE:
        client_why(client, signal->text);
        ald_stream_close(client->stream, signal->code, signal->text);
        break;
    default:
        break; /* nothing else is said to a party of ours */
    }
}

static void client_take_all(struct ald_client *client)
{
    struct ald_signal signal;

    /* The program may close us in any of them, which ends the dialect. */
    while (client->dialect != NULL && ald_dialect_next(client->dialect, &signal) == 0) {
        client_take(client, &signal);
        ald_signal_clear(&signal);
    }
    client_push_frames(client);
}

/* --- what the stream says --------------------------------------------------------------------------------------- */

static int client_open_dialect(struct ald_client *client, struct ald_stream *stream)
{
    struct ald_dialect_facts facts = {
        .role = ALD_ROLE_PARTY,
        .options = &client->dialect_options,
        .messages = client->messages,
        .counters = client->counters,
        .seed = ald_rng_next(&client->rng),
        .now = ald_loop_now(client->loop),
        .variant = ALD_EXCHANGE_V1,
    };

    client->extended = ald_str_equal(ald_ws_header(stream, ALD_STR(ALD_EXCHANGE_EXTENSION_HEADER)), ALD_STR("1"));
    if (client->extended) {
        facts.variant |= ALD_EXCHANGE_EXTENDED;
    }
    return ald_exchange.open(&facts, &client->dialect);
}

static void client_opened(void *owner, struct ald_stream *stream)
{
    struct ald_client *client = owner;
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);

    client->ordinal = 0;
    client->begun = 0;
    if (client->target != NULL) {
        hello.target = ald_str(client->target);
    }
    if (client_open_dialect(client, stream) < 0 || ald_client_say(client, &hello) < 0) {
        client_cut(client, 1011, ALD_STR("out of memory"));
    }
}

static void client_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    static const enum ald_frame_kind frames[] = {
        [ALD_CHUNK_BYTES] = ALD_FRAME_BYTES, [ALD_CHUNK_BINARY] = ALD_FRAME_BINARY, [ALD_CHUNK_TEXT] = ALD_FRAME_TEXT,
        [ALD_CHUNK_PING] = ALD_FRAME_PING,   [ALD_CHUNK_PONG] = ALD_FRAME_PONG,
    };
    struct ald_client *client = owner;
    ald_usec now = ald_loop_now(client->loop);

    (void)stream;
    if (client->dialect == NULL) {
        return;
    }
    ald_dialect_alive(client->dialect, now);
    if (chunk->kind != ALD_CHUNK_PONG &&
        ald_dialect_feed(client->dialect, now, frames[chunk->kind], chunk->bytes) < 0) {
        client_cut(client, 1011, ALD_STR("out of memory"));
        return;
    }
    client_take_all(client);
}

static void client_written(void *owner, struct ald_stream *stream, uint64_t begun, uint64_t done)
{
    struct ald_client *client = owner;

    (void)stream;
    (void)done;
    client->begun = begun;
    ald_calls_begun(client);
}

/* The program hears the most telling of: what we noted ourselves, the peer's reason, the system's words. */
static void client_closed(void *owner, struct ald_stream *stream, const struct ald_end *end)
{
    struct ald_client *client = owner;

    (void)stream;
    if (client->why[0] == '\0') {
        if (end->cause == ALD_END_PEER && end->reason.size > 0) {
            client_why(client, end->reason);
        } else {
            client_why(client, ald_str(end->text));
        }
    }
    client_lost(client);
}

static const struct ald_stream_callbacks client_stream_callbacks = {
    .opened = client_opened,
    .received = client_received,
    .written = client_written,
    .closed = client_closed,
};

static void client_dialect_alarm(void *owner)
{
    struct ald_client *client = owner;

    if (client->dialect == NULL) {
        return;
    }
    if (ald_dialect_tick(client->dialect, ald_loop_now(client->loop)) < 0) {
        client_cut(client, 1011, ALD_STR("out of memory"));
        return;
    }
    client_take_all(client);
}

static int client_try(struct ald_client *client)
{
    static const struct ald_http_field fields[] = {
        {ALD_STR(ALD_EXCHANGE_VERSION_HEADER), ALD_STR("v1")},
        {ALD_STR(ALD_EXCHANGE_EXTENSION_HEADER), ALD_STR("1")},
    };
    const struct ald_url *url = &client->urls[client->url_at];
    char target[sizeof(url->prefix) + sizeof(ALD_EXCHANGE_PATH)];
    const struct ald_ws_hello hello = {.target = target, .fields = {fields, ALD_COUNT(fields)}};
    const struct ald_dial_spec spec = {
        .place = {url->unix_socket ? ALD_BOTTOM_UNIX : ALD_BOTTOM_TCP, url->name, url->port},
        .tls = url->tls ? client->tls : NULL,
        .ws = &hello,
    };

    snprintf(target, sizeof(target), "%s%s", url->prefix, ALD_EXCHANGE_PATH);
    return ald_dial(client->net, &spec, &client_stream_callbacks, client, &client->stream);
}

static void client_dial(struct ald_client *client)
{
    int r;

    client->why[0] = '\0';
    client_move(client, ALD_CLIENT_CONNECTING, "", 0);
    if (client->state != ALD_CLIENT_CONNECTING) {
        return; /* the program closed us when it heard that */
    }
    r = client_try(client);
    if (r < 0) {
        client_why(client, ald_str(ald_error_text(r)));
        client_lost(client);
    }
}

static void client_retry_alarm(void *owner)
{
    client_dial(owner);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

static int client_take_urls(struct ald_client *client, const char *const *urls, const char **ret_bad)
{
    size_t n = 0;
    const char *why;

    while (urls != NULL && urls[n] != NULL && n < CLIENT_URLS_MAX) {
        n++;
    }
    client->urls = calloc(ALD_MAX(n, 1), sizeof(*client->urls));
    if (client->urls == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (; client->n_urls < n; client->n_urls++) {
        if (ald_url_parse(urls[client->n_urls], &client->urls[client->n_urls], &why) != 0) {
            if (ret_bad != NULL) {
                *ret_bad = why;
            }
            return ALD_CLIENT_BAD_URL;
        }
    }
    return n > 0 ? 0 : ald_trace(ALDIS_E_INVALID);
}

static int client_take_options(struct ald_client *client, const struct ald_client_options *options,
                               const char **ret_bad)
{
    const struct ald_tls_client_spec tls = {.ca_file = options->ca_file, .insecure = options->insecure};
    bool needs_tls = false;
    int r;

    r = client_take_urls(client, options->urls, ret_bad);
    if (r != 0) {
        return r;
    }
    for (size_t i = 0; i < client->n_urls; i++) {
        needs_tls = needs_tls || client->urls[i].tls;
    }
    if (needs_tls && (r = ald_tls_client_new(&tls, &client->tls, NULL)) < 0) {
        return ald_trace(r);
    }
    if (options->target != NULL && (client->target = strdup(options->target)) == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    client->reconnect = options->reconnect;
    client->backoff_first = options->backoff_first;
    client->backoff_max = options->backoff_max;
    client->jobs_max = options->jobs_max;
    return 0;
}

int ald_client_new(struct ald_net *net, const struct ald_client_options *options,
                   const struct ald_client_callbacks *callbacks, void *owner, const char **ret_bad,
                   struct ald_client **ret_client)
{
    ALD_AUTO(ald_client_free) struct ald_client *client = calloc(1, sizeof(*client));
    int r;

    if (client == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    client->net = net;
    client->loop = ald_net_loop(net);
    client->callbacks = *callbacks;
    client->owner = owner;
    ald_rng_init(&client->rng, ald_random_seed());
    ald_alarm_init(&client->retry_alarm, client_retry_alarm, client);
    ald_alarm_init(&client->dialect_alarm, client_dialect_alarm, client);
    ald_calls_init(client);
    ald_jobs_init(client);
    /* The same times as the original connector keeps (exchange.md 2.11, 4.1), and the pong deadline that it lacks. */
    client->dialect_options = (struct ald_dialect_options){
        .hello_timeout = 10 * ALD_SEC,
        .reply_timeout = 60 * ALD_SEC,
        .ping_interval = 5 * ALD_SEC,
        .pong_timeout = 10 * ALD_SEC,
        .message_max = 13107200,
    };
    r = client_take_options(client, options, ret_bad);
    if (r != 0) {
        return r;
    }
    r = ald_msg_pool_new(CLIENT_MESSAGES_KEPT, &client->messages);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_alarm_start(client->loop, &client->retry_alarm, ald_loop_now(client->loop));
    *ret_client = ald_steal(&client);
    return 0;
}

void ald_client_close(struct ald_client *client)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (client->ending || client->state == ALD_CLIENT_CLOSED) {
        return;
    }
    client->ending = true;
    ald_alarm_stop(client->loop, &client->retry_alarm);
    if (client->why[0] == '\0') {
        client_why(client, ALD_STR("closed by us"));
    }
    if (client->stream == NULL) {
        client_lost(client);
        return;
    }
    if (ald_client_ready(client)) {
        ald_ignore(ald_client_say(client, &leave)); /* a goodbye that cannot be said is followed by the close anyway */
    }
    ald_stream_close(client->stream, 1000, ALD_STR_NONE);
}

struct ald_client *ald_client_free(struct ald_client *client)
{
    if (client == NULL) {
        return NULL;
    }
    ald_alarm_stop(client->loop, &client->retry_alarm);
    client_drop(client);
    ald_calls_fini(client);
    ald_jobs_fini(client);
    ald_msg_pool_free(client->messages);
    ald_tls_unref(client->tls);
    free(client->target);
    free(client->urls);
    free(client);
    return NULL;
}

struct ald_msg_pool *ald_client_messages(struct ald_client *client)
{
    return client->messages;
}

bool ald_client_extended(const struct ald_client *client)
{
    return client->extended;
}

int ald_client_send(struct ald_client *client, struct ald_msg *event)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    if (!ald_client_ready(client)) {
        return ALD_CLIENT_AWAY;
    }
    signal.msg = event;
    signal.ttl = event->ttl;
    return ald_client_say(client, &signal);
}

void ald_client_healthy(struct ald_client *client, bool healthy, const char *detail)
{
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_HEALTH);

    if (client->dialect == NULL || ald_id_equal(client->health_id, (struct ald_id){0})) {
        return;
    }
    answer.id = client->health_id;
    answer.ok = true;
    answer.healthy = healthy;
    answer.text = ald_str(detail);
    client->health_id = (struct ald_id){0};
    if (ald_client_say(client, &answer) < 0) {
        client_cut(client, 1011, ALD_STR("out of memory"));
    }
}
