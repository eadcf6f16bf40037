/*
 * The life of a client: its options, its states, and its end. What keeps it connected is link.c.
 */

#include "client/client_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "loop/random.h"
#include "transport/tls.h"
#include "wire/link/link_address.h"

/* Messages kept for the next time; a call and its reply are two. */
enum { CLIENT_MESSAGES_KEPT = 64 };
/* A hub reads at most 8 KiB of one header field; signed tokens of other systems stay below half of that. */
enum { CLIENT_TOKEN_MAX = 4096 };
/* A hub of ours answers a goodbye at once; the original when what it has asked us is answered, which it is (link.md 3.5). */
#define CLIENT_PART_PATIENCE (5 * ALD_SEC)

static const struct ald_state client_states[] = {
    [ALD_CLIENT_WAITING] = {"waiting", ALD_STATE_INITIAL, ALD_TO(ALD_CLIENT_CONNECTING) | ALD_TO(ALD_CLIENT_CLOSED)},
    [ALD_CLIENT_CONNECTING] = {"connecting", 0,
                               ALD_TO(ALD_CLIENT_READY) | ALD_TO(ALD_CLIENT_WAITING) | ALD_TO(ALD_CLIENT_CLOSED)},
    [ALD_CLIENT_READY] = {"ready", 0, ALD_TO(ALD_CLIENT_WAITING) | ALD_TO(ALD_CLIENT_CLOSED)},
    [ALD_CLIENT_CLOSED] = {"closed", ALD_STATE_FINAL, 0},
};
static struct ald_machine client_machine = ALD_MACHINE("client", client_states);

void ald_client_move(struct ald_client *client, enum ald_client_state to, const char *text, ald_usec retry_in)
{
    ald_sm_move(&client_machine, &client->state, (uint8_t)to);
    if (client->callbacks.state != NULL) {
        client->callbacks.state(client->owner, to, text, retry_in);
    }
}

void ald_client_options_init(struct ald_client_options *options)
{
    *options = (struct ald_client_options){
        .reconnect = true,
        .backoff_first = 250 * ALD_MSEC,
        .backoff_max = 30 * ALD_SEC,
        .jobs_max = 1024, /* what a hub gives one channel at once, unless it is told otherwise */
        .event_jobs_max = 65536,
        .window_max = 65536,
        .window_bytes = (size_t)32 * ALD_MIB,
    };
}

static int client_take_urls(struct ald_client *client, const char *const *urls, struct ald_why *ret_why)
{
    size_t n = 0;
    const char *why;

    while (urls != NULL && urls[n] != NULL && n < CLIENT_URLS_MAX) {
        n++;
    }
    if (n == 0) {
        return ald_trace(ALDIS_E_INVALID);
    }
    client->urls = calloc(n, sizeof(*client->urls));
    if (client->urls == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (; client->n_urls < n; client->n_urls++) {
        if (ald_url_parse(urls[client->n_urls], &client->urls[client->n_urls], &why) != 0) {
            snprintf(ret_why->text, sizeof(ret_why->text), "%.100s: %s", urls[client->n_urls], why);
            return ALD_CLIENT_BAD_URL;
        }
    }
    return 0;
}

/* Blanks, control bytes and a comma would end the field, or begin another one (RFC 6750 section 2.1 has none of them). */
static bool client_token_fits(const char *token)
{
    size_t size = strlen(token);

    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] >= 0x7f || token[i] == ',') {
            return false;
        }
    }
    return size > 0 && size <= CLIENT_TOKEN_MAX;
}

static int client_take_token(struct ald_client *client, const char *token, struct ald_why *ret_why)
{
    size_t room;

    if (token == NULL) {
        return 0;
    }
    if (!client_token_fits(token)) {
        snprintf(ret_why->text, sizeof(ret_why->text), "the token is empty, too long, or has bytes that no token has");
        return ald_trace(ALDIS_E_INVALID);
    }
    room = strlen(token) + sizeof("Bearer ");
    client->authorization = malloc(room);
    if (client->authorization == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    snprintf(client->authorization, room, "Bearer %s", token);
    return 0;
}

/* Where to dial: the listener in this process, or one of the URLs. */
static int client_take_places(struct ald_client *client, const struct ald_client_options *options,
                              struct ald_why *ret_why)
{
    if (options->inproc == NULL) {
        return client_take_urls(client, options->urls, ret_why);
    }
    client->inproc_way = options->inproc_way != NULL ? options->inproc_way : &ald_ways_inproc[0];
    client->inproc = strdup(options->inproc);
    return client->inproc == NULL ? ald_trace(ALDIS_E_NOMEM) : 0;
}

/* A target that the protocol has no number for would be refused by no hub, but by ourselves, each time. */
static int client_check_target(const struct ald_way *way, const char *target, struct ald_why *ret_why)
{
    struct ald_link_address address;

    if (target == NULL || !way->numbers ||
        (ald_link_target_read(ALD_STR_NONE, ald_str(target), &address) && address.type == ALD_LINK_HOST_KIND)) {
        return 0;
    }
    snprintf(ret_why->text, sizeof(ret_why->text),
             "over links a target must be the number of a host, which \"%.100s\" is not", target);
    return ALD_CLIENT_BAD_URL;
}

static int client_check_targets(const struct ald_client *client, struct ald_why *ret_why)
{
    int r = client->inproc_way != NULL ? client_check_target(client->inproc_way, client->target, ret_why) : 0;

    for (size_t i = 0; i < client->n_urls && r == 0; i++) {
        r = client_check_target(client->urls[i].way, client->target, ret_why);
    }
    return r;
}

static int client_take_secret(struct ald_client *client, const char *secret)
{
    if (secret == NULL) {
        return 0;
    }
    client->secret = strdup(secret);
    client->identity.secret = ald_str(client->secret);
    return client->secret == NULL ? ald_trace(ALDIS_E_NOMEM) : 0;
}

static int client_take_options(struct ald_client *client, const struct ald_client_options *options,
                               struct ald_why *ret_why)
{
    const struct ald_tls_client_spec tls = {
        .ca_file = options->ca_file,
        .cert_file = options->cert_file,
        .key_file = options->key_file,
        .insecure = options->insecure,
    };
    bool needs_tls = false;
    int r;

    r = client_take_places(client, options, ret_why);
    if (r == 0) {
        r = client_take_token(client, options->token, ret_why);
    }
    if (r == 0) {
        r = client_take_secret(client, options->secret);
    }
    if (r != 0) {
        return r;
    }
    for (size_t i = 0; i < client->n_urls; i++) {
        needs_tls = needs_tls || client->urls[i].tls;
    }
    if (needs_tls && (r = ald_tls_client_new(&tls, &client->tls, ret_why)) < 0) {
        return ald_trace(r);
    }
    if (options->target != NULL && (client->target = strdup(options->target)) == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = client_check_targets(client, ret_why);
    if (r != 0) {
        return r;
    }
    client->reconnect = options->reconnect;
    client->backoff_first = options->backoff_first;
    client->backoff_max = options->backoff_max;
    client->jobs_max = options->jobs_max;
    client->event_jobs_max = options->event_jobs_max;
    client->events_kept_max = options->events_kept;
    client->window_max = options->window_max;
    client->window_bytes_max = options->window_bytes;
    return 0;
}

static void client_say_goodbye(struct ald_client *client)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (ald_client_ready(client)) {
        ald_ignore(ald_client_say(client, &leave)); /* one that cannot be said is followed by the close anyway */
    }
}

/* In a session the hub's answer to a goodbye says that it has everything before it. If the connection ends first, the session is
 * resumed, and that decides. */
static void client_drained_task(void *owner)
{
    struct ald_client *client = owner;

    if (client->session.state != ALD_CLIENT_SESSION_HERE || !ald_client_ready(client)) {
        ald_client_close(client);
    } else if (!client->parting) {
        client->parting = true;
        client_say_goodbye(client);
        ald_alarm_start(client->loop, &client->part_alarm, ald_loop_now(client->loop) + CLIENT_PART_PATIENCE);
    }
}

static void client_part_alarm(void *owner)
{
    ald_client_close(owner);
}

int ald_client_new(struct ald_net *net, const struct ald_client_options *options,
                   const struct ald_client_callbacks *callbacks, void *owner, struct ald_why *ret_why,
                   struct ald_client **ret_client)
{
    struct ald_why unwanted;
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
    ald_link_init(client);
    ald_task_init(&client->drained_task, client_drained_task, client);
    ald_alarm_init(&client->part_alarm, client_part_alarm, client);
    ald_client_session_init(client);
    ald_calls_init(client);
    ald_events_init(client);
    ald_jobs_init(client);
    /* The same times as the original connector keeps (exchange.md 2.11, 4.1), and the pong deadline that it lacks. */
    client->dialect_options = (struct ald_dialect_options){
        .hello_timeout = 10 * ALD_SEC,
        .reply_timeout = 60 * ALD_SEC,
        .ping_interval = 5 * ALD_SEC,
        .pong_timeout = 10 * ALD_SEC,
        .message_max = 13107200,
    };
    r = client_take_options(client, options, ret_why != NULL ? ret_why : &unwanted);
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

bool ald_client_owes(const struct ald_client *client)
{
    return ald_jobs_owe(client) || !ald_calls_none(client) || client->session.n_window > 0;
}

void ald_client_drained(struct ald_client *client)
{
    if (client->draining && !client->ending && (client->can & (ALD_WAY_LEAVES | ALD_WAY_UNHEARD)) != 0 &&
        !ald_jobs_owe(client) && ald_calls_none(client)) {
        ald_task_push(client->loop, &client->drained_task);
    }
}

void ald_client_drain(struct ald_client *client)
{
    if (!ald_client_ready(client)) {
        if (ald_client_session_stands(&client->session) && ald_client_owes(client)) {
            client->draining = true; /* when it is back */
        } else {
            ald_client_close(client);
        }
        return;
    }
    if (!ald_client_session_stands(&client->session)) { /* else it may break, and come back, before we close it */
        ald_link_why(client, ALD_STR("closed by us"));
    }
    if (ald_client_can(client, ALD_WAY_DRAINS) && !client->draining) {
        client_say_goodbye(client);
    }
    client->draining = true;
    ald_client_drained(client);
}

bool ald_client_in_session(const struct ald_client *client)
{
    return ald_client_session_stands(&client->session);
}

bool ald_client_resumed(const struct ald_client *client)
{
    return client->session.state == ALD_CLIENT_SESSION_HERE && client->session.resumed;
}

void ald_client_close(struct ald_client *client)
{
    if (client->ending || client->state == ALD_CLIENT_CLOSED) {
        return;
    }
    client->ending = true;
    ald_alarm_stop(client->loop, &client->retry_alarm);
    ald_link_why(client, ALD_STR("closed by us"));
    if (!ald_link_stands(client)) {
        ald_link_lost(client);
        return;
    }
    /* A connector of the original says none, it closes with 1000 (exchange.md 4.4): a controller that hears one hangs up at
     * once, and what still runs here could not be answered any more. A hub of ours waits for that. */
    if (!client->parting &&
        (ald_client_can(client, ALD_WAY_LEAVES) || (ald_client_can(client, ALD_WAY_DRAINS) && !client->draining))) {
        client_say_goodbye(client);
    }
    ald_link_close(client, 1000, ALD_STR_NONE);
}

void ald_client_abort(struct ald_client *client)
{
    if (client->state == ALD_CLIENT_CLOSED) {
        return;
    }
    client->ending = true;
    ald_alarm_stop(client->loop, &client->retry_alarm);
    ald_link_why(client, ALD_STR("closed by us"));
    ald_link_lost(client);
}

struct ald_client *ald_client_free(struct ald_client *client)
{
    if (client == NULL) {
        return NULL;
    }
    ald_link_fini(client);
    ald_client_session_fini(client);
    ald_events_fini(client);
    ald_calls_fini(client);
    ald_jobs_fini(client);
    ald_msg_pool_free(client->messages);
    ald_tls_unref(client->tls);
    free(client->target);
    free(client->inproc);
    free(client->authorization);
    free(client->secret);
    free(client->urls);
    free(client);
    return NULL;
}

struct ald_msg_pool *ald_client_messages(struct ald_client *client)
{
    return client->messages;
}

bool ald_client_can_say(const struct ald_client *client, unsigned what)
{
    return ald_client_can(client, what);
}

enum ald_client_state ald_client_state(const struct ald_client *client)
{
    return (enum ald_client_state)client->state;
}

const char *ald_client_url(const struct ald_client *client)
{
    return client->url;
}

struct ald_str ald_client_target(const struct ald_client *client)
{
    return client->given[0] != '\0' ? ald_str(client->given) : ALD_STR_NONE;
}

/* COMMANDS of the communicator family has a cap of its own; more names than this are a mistake. */
enum { CLIENT_NAMES_MAX = 64 * 1024 };

int ald_client_tell_names(struct ald_client *client)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CAPABLE);
    struct ald_buf names;
    int r;

    if (client->callbacks.names == NULL || client->dialect == NULL || !ald_client_can(client, ALD_WAY_NEWS)) {
        return 0;
    }
    ald_buf_init(&names, CLIENT_NAMES_MAX);
    r = client->callbacks.names(client->owner, &names);
    signal.text = ald_buf_str(&names);
    if (r == 0 && signal.text.size > 0) {
        r = ald_client_say(client, &signal);
    }
    ald_buf_fini(&names);
    return r < 0 ? ald_trace(r) : 0;
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
        ald_link_short(client);
    }
}
