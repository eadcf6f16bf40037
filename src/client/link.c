/*
 * Link: the connection of a client, one after the other.
 *
 *     WAITING -> CONNECTING -> READY -> WAITING -> ...          and CLOSED at the end
 *
 * Everything that can go wrong ends up in one place, ald_link_lost(): a refused dial, a hello that was denied, a
 * dead link. It decides whether to try again, where and when. A URL that worked is tried first the next time; one that
 * failed makes room for the next in the list, so that an endpoint that accepts and then fails its hello cannot hold the
 * client for ever (exchange.md 4.5). Neither can one that welcomes us and drops us at once: a connection counts as one
 * that worked only after LINK_STEADY, unless a call was sent over it. One that brought a session on, or held for LINK_RESUMED,
 * worked well enough to wait no longer than after a first failure, however often that happens.
 */

#include "client/client_inside.h"

#include <stdio.h>

#include "base/error.h"
#include "client/backoff.h"
#include "transport/frame.h"

/* Shorter than any restart of a hub that people would call an interruption, longer than a hello that goes wrong late. */
#define LINK_STEADY (5 * ALD_SEC)
/* A hub that takes a session in and drops it at once does so sooner. */
#define LINK_RESUMED ALD_SEC

static void link_drop(struct ald_client *client)
{
    ald_alarm_stop(client->loop, &client->dialect_alarm);
    ald_task_cancel(&client->heard_task);
    ald_task_cancel(&client->closed_task);
    client->dialect = ald_dialect_free(client->dialect);
    client->way->carrier->drop(client);
    client->can = 0;
    client->health_id = (struct ald_id){0};
    client->leaving = false;
    client->parting = false;
    ald_alarm_stop(client->loop, &client->part_alarm);
}

/* The connection that ends had a session, and was of use to it. */
static bool link_resumed(const struct ald_client *client)
{
    return ald_client_ready(client) && ald_client_session_patience(client) != ALD_NEVER &&
           (client->session.moved || ald_loop_now(client->loop) - client->ready_since >= LINK_RESUMED);
}

/* The wait has grown to `max`. Attempts that come sooner for the sake of a session are not counted beyond that, or the wait would be a
 * long one when the session is over. */
static bool link_waits_most(const struct ald_client *client, ald_usec max)
{
    return client->n_failures > 0 && ald_backoff_span(client->backoff_first, max, client->n_failures) == max;
}

/* Count the failure, if it was one, and tell how long to wait. */
static ald_usec link_wait(struct ald_client *client)
{
    bool worked = ald_client_ready(client) && ald_loop_now(client->loop) - client->ready_since >= LINK_STEADY;
    ald_usec max = ALD_MIN(client->backoff_max, ald_client_session_patience(client));
    /* Only the hub that took a call knows what became of it, or a session: it is looked for there once before anywhere
     * else, and nowhere else by who has nothing more to do than to end it. */
    bool stays =
        (ald_client_ready(client) && (ald_calls_are_here(client) || ald_client_session_stands(&client->session))) ||
        (client->draining && ald_client_session_stands(&client->session));

    if (((!worked && !stays) || client->sent_away) && client->n_urls > 0) {
        client->url_at = (client->url_at + 1) % client->n_urls;
    }
    if (!worked) {
        if (link_resumed(client)) {
            client->n_failures = 1;
        } else if (max == client->backoff_max || !link_waits_most(client, max)) {
            client->n_failures++;
        }
        return ald_backoff(&client->rng, client->backoff_first, max, client->n_failures);
    }
    client->n_failures = 0;
    /* Soon, but not all in one millisecond. */
    return ald_rng_below(&client->rng, ALD_MIN(client->backoff_first, max) + 1);
}

/* What may be said to the program goes before the decision, because the program may close us when it hears it. */
void ald_link_lost(struct ald_client *client)
{
    ald_usec wait = link_wait(client);
    bool may_resume = ald_client_session_lost(client);

    link_drop(client);
    if (!may_resume) {
        ald_jobs_away(client);
    }
    if (client->ending || (client->draining && !(may_resume && ald_client_owes(client))) || client->final ||
        !client->reconnect) {
        ald_client_move(client, ALD_CLIENT_CLOSED, client->why, 0);
        ald_client_session_over(client);
        ald_events_end(client);
        ald_calls_end(client);
        return;
    }
    ald_client_move(client, ALD_CLIENT_WAITING, client->why, wait);
    if (!may_resume) {
        ald_client_session_over(client);
    }
    if (client->state == ALD_CLIENT_WAITING) {
        ald_alarm_start(client->loop, &client->retry_alarm, ald_loop_now(client->loop) + wait);
    }
}

void ald_link_why(struct ald_client *client, struct ald_str text)
{
    if (client->why[0] == '\0') {
        snprintf(client->why, sizeof(client->why), "%.*s", ALD_STR_ARG(text));
    }
}

void ald_link_cut(struct ald_client *client, uint16_t code, struct ald_str why)
{
    ald_link_why(client, why);
    ald_link_close(client, code, why);
}

void ald_link_short(struct ald_client *client)
{
    client->session.spoilt = true;
    ald_link_cut(client, 1011, ALD_STR("out of memory"));
}

void ald_link_close(struct ald_client *client, uint16_t code, struct ald_str why)
{
    if (ald_link_stands(client)) {
        client->way->carrier->close(client, code, why);
    }
}

/* --- saying ----------------------------------------------------------------------------------------------------- */

void ald_link_push(struct ald_client *client)
{
    struct ald_frame frame;
    int r;

    if (client->dialect == NULL) {
        return;
    }
    while (ald_dialect_drain(client->dialect, &frame) == 0) {
        r = client->way->carrier->push(client, &frame);
        if (r < 0) {
            ald_link_short(client);
            return;
        }
        client->n_frames += r == 0;
    }
    ald_alarm_start(client->loop, &client->dialect_alarm, ald_dialect_deadline(client->dialect));
}

int ald_client_emit(struct ald_client *client, struct ald_signal *signal)
{
    int r;

    ald_assert(client->dialect != NULL);
    signal->ordinal = client->ordinal + 1;
    r = ald_dialect_emit(client->dialect, ald_loop_now(client->loop), signal);
    if (r < 0) {
        return ald_trace(r);
    }
    client->ordinal++;
    ald_link_push(client);
    ald_task_push(client->loop, &client->heard_task);
    return 0;
}

int ald_client_say(struct ald_client *client, struct ald_signal *signal)
{
    if (ald_client_session_takes(client, (enum ald_signal_kind)signal->kind)) {
        return ald_client_session_say(client, signal, NULL);
    }
    return ald_client_emit(client, signal);
}

void ald_client_room(struct ald_client *client)
{
    if (ald_client_ready(client)) {
        ald_events_ready(client);
    }
    if (ald_client_ready(client)) {
        ald_calls_ready(client);
    }
}

static void link_heard_task(void *owner)
{
    ald_client_heard(owner);
}

/* --- what the carrier says -------------------------------------------------------------------------------------- */

static int link_open_dialect(struct ald_client *client, uint32_t variant)
{
    const struct ald_dialect_facts facts = {
        .role = ALD_ROLE_PARTY,
        .options = &client->dialect_options,
        .messages = client->messages,
        .counters = client->counters,
        .seed = ald_rng_next(&client->rng),
        .now = ald_loop_now(client->loop),
        .wall = &client->wall,
        .identity = &client->identity,
        .variant = variant,
    };

    return client->way->dialect->open(&facts, &client->dialect);
}

/* What is shown as `Authorization`, without the word before it; absent: nothing is. */
static struct ald_str link_token(const struct ald_client *client)
{
    struct ald_str shown = ald_str(client->authorization);
    size_t blank = ald_str_find(shown, ALD_STR(" "));

    return ald_str_present(shown) && blank < shown.size ? ald_str_from(shown, blank + 1) : ALD_STR_NONE;
}

/* Be taken in, or back in. */
static int link_greet(struct ald_client *client)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_greeting greeting = {.token = link_token(client)};

    if (!ald_client_session_ask(client, &hello) && ald_str_present(greeting.token)) {
        hello.greeting = &greeting; /* for dialects that show it in their first frame */
    }
    hello.target = ald_str(client->target);
    return ald_client_emit(client, &hello);
}

void ald_link_register(struct ald_client *client)
{
    if (link_greet(client) < 0) {
        ald_link_short(client);
    }
}

void ald_link_opened(struct ald_client *client, uint32_t variant, unsigned can)
{
    int r;

    client->ordinal = 0;
    client->begun = 0;
    client->can = can;
    client->wall = ald_loop_wall();
    r = link_open_dialect(client, variant);
    r = r == 0 ? link_greet(client) : r;
    r = r == 0 ? ald_client_tell_names(client) : r;
    if (r < 0) {
        ald_link_short(client);
    }
}

void ald_link_received(struct ald_client *client, const struct ald_chunk *chunk)
{
    ald_usec now = ald_loop_now(client->loop);

    if (client->dialect == NULL) {
        return;
    }
    client->wall = ald_loop_wall();
    ald_dialect_alive(client->dialect, now);
    if (chunk->kind != ALD_CHUNK_PONG &&
        ald_dialect_feed(client->dialect, now, ald_frame_kind_of(chunk->kind), chunk->bytes) < 0) {
        ald_link_short(client);
        return;
    }
    ald_client_heard(client);
}

void ald_link_written(struct ald_client *client, uint64_t begun)
{
    client->begun = begun;
    ald_calls_begun(client);
}

static void link_dialect_alarm(void *owner)
{
    struct ald_client *client = owner;

    if (client->dialect == NULL) {
        return;
    }
    if (ald_dialect_tick(client->dialect, ald_loop_now(client->loop)) < 0) {
        ald_link_short(client);
        return;
    }
    ald_client_heard(client);
}

/* --- dialling ---------------------------------------------------------------------------------------------------- */

void ald_link_dial(struct ald_client *client)
{
    const struct ald_url *url = client->n_urls > 0 ? &client->urls[client->url_at] : NULL;
    int r;

    client->why[0] = '\0';
    client->sent_away = false;
    client->trouble[0] = '\0';
    client->way = url != NULL ? url->way : client->inproc_way;
    if (url != NULL) {
        ald_url_format(url, client->url, sizeof(client->url));
    } else {
        snprintf(client->url, sizeof(client->url), "%s%s", client->way->shown, client->inproc);
    }
    ald_client_move(client, ALD_CLIENT_CONNECTING, client->url, 0);
    if (client->state != ALD_CLIENT_CONNECTING) {
        return; /* the program closed us when it heard that */
    }
    r = client->way->carrier->dial(client, url);
    if (r < 0) {
        ald_link_why(client, ald_str(ald_error_text(r)));
        ald_link_lost(client);
    }
}

static void link_retry_alarm(void *owner)
{
    ald_link_dial(owner);
}

static void link_closed_task(void *owner)
{
    ald_link_lost(owner);
}

void ald_link_init(struct ald_client *client)
{
    ald_task_init(&client->closed_task, link_closed_task, client);
    ald_alarm_init(&client->retry_alarm, link_retry_alarm, client);
    ald_alarm_init(&client->dialect_alarm, link_dialect_alarm, client);
    ald_task_init(&client->heard_task, link_heard_task, client);
    client->way = &ald_ways_inproc[0]; /* until it dials */
}

void ald_link_fini(struct ald_client *client)
{
    ald_alarm_stop(client->loop, &client->retry_alarm);
    ald_task_cancel(&client->drained_task);
    link_drop(client);
}
