/*
 * The life of a public client.
 *
 * Its end is the part with ideas in it. The program lets go, from any thread, perhaps inside a callback, perhaps while
 * a hub does not answer. So the end is work for the inside, in steps: close in order, wait until it is closed or half a
 * second has passed, take everything off the loop, and only then say so to whoever waits. The memory stays until the
 * last reference is gone: calls and jobs that the program still holds have one each.
 */

#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/schemas.h"
#include "base/error.h"

/* For the goodbye: a hub that lives answers a close within milliseconds. */
#define DISPOSE_PATIENCE (500 * ALD_MSEC)

enum { DISPOSE_NOT, DISPOSE_CLOSING, DISPOSE_CUT };

struct aldis_client *ald_api_ref(struct aldis_client *client)
{
    atomic_fetch_add_explicit(&client->refs, 1, memory_order_relaxed);
    return client;
}

struct aldis_client *ald_api_unref(struct aldis_client *client)
{
    if (client == NULL || atomic_fetch_sub_explicit(&client->refs, 1, memory_order_acq_rel) > 1) {
        return NULL;
    }
    ald_assert(client->inner == NULL);
    ald_handlers_fini(&client->handlers);
    aldis_schemas_free(client->schemas);
    ald_engine_unref(client->engine);
    free((char *)client->inner_options.target);
    free((char *)client->inner_options.token);
    free((char *)client->inner_options.inproc);
    free(client);
    return NULL;
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

void ald_api_evict(struct aldis_client *client)
{
    struct ald_loop *loop = ald_engine_loop(client->engine);

    if (client->inner != NULL) {
        ald_client_abort(client->inner);
        client->inner = ald_client_free(client->inner);
    }
    ald_api_jobs_end(client);
    ald_api_calls_end(client);
    ald_alarm_stop(loop, &client->dispose_alarm);
    ald_task_cancel(&client->dispose_task);
    ald_node_remove(&client->node);
    ald_engine_lock(client->engine);
    client->state = ALDIS_STATE_CLOSED;
    client->gone = true;
    ald_engine_unlock(client->engine);
}

static void dispose_finish(struct aldis_client *client)
{
    struct ald_engine *engine = client->engine;

    ald_api_evict(client);
    if (client->own_engine) {
        ald_engine_stop(engine);
    }
    ald_api_unref(client); /* the disposal's own */
}

/* Inside. In a callback, or where nobody waits for a goodbye, the next round of tasks cuts it, after what was said went
 * out. */
static void dispose_task(void *owner)
{
    struct aldis_client *client = owner;

    if (client->disposing == DISPOSE_NOT) {
        client->disposing = DISPOSE_CUT;
        if (client->inner != NULL) {
            ald_client_close(client->inner);
        }
        ald_task_push(ald_engine_loop(client->engine), &client->dispose_task);
    } else {
        dispose_finish(client);
    }
}

static void dispose_alarm(void *owner)
{
    dispose_finish(owner);
}

static void dispose_run(struct ald_post *post, bool ended)
{
    struct aldis_client *client = ald_container(post, struct aldis_client, dispose_post);
    struct ald_loop *loop;

    if (ended) {
        ald_api_unref(client);
        return;
    }
    if (client->inner == NULL) {
        dispose_finish(client);
        return;
    }
    loop = ald_engine_loop(client->engine);
    client->disposing = DISPOSE_CLOSING;
    ald_alarm_start(loop, &client->dispose_alarm, ald_loop_now(loop) + DISPOSE_PATIENCE);
    ald_client_close(client->inner);
    if (client->state == ALDIS_STATE_CLOSED) {
        ald_task_push(loop, &client->dispose_task); /* it was closed before, and says so no second time */
    }
}

static bool client_is_gone(const void *owner)
{
    const struct aldis_client *client = owner;

    return client->gone;
}

static void dispose_unstarted(void *owner)
{
    dispose_finish(owner);
}

struct aldis_client *aldis_client_free(struct aldis_client *client)
{
    struct ald_engine *engine;
    bool running;

    if (client == NULL || atomic_exchange(&client->freed, true)) {
        return NULL;
    }
    engine = client->engine;
    running = ald_engine_running(engine);
    ald_api_ref(client); /* the disposal's own */
    if (ald_engine_inside(engine)) {
        ald_task_push(ald_engine_loop(engine), &client->dispose_task);
    } else if (!running) {
        if (ald_engine_do(engine, dispose_unstarted, client) < 0) {
            ald_api_unref(client);
        }
    } else if (ald_engine_post(engine, &client->dispose_post) < 0) {
        ald_api_unref(client);
    } else {
        ald_ignore(ald_engine_wait(engine, client_is_gone, client, ALD_NEVER)); /* gone, or the engine is */
    }
    if (running && client->own_engine) {
        ald_engine_join(engine);
    }
    return ald_api_unref(client);
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

static int client_keep_text(const char *text, const char **field)
{
    *field = text != NULL ? strdup(text) : NULL;
    return text != NULL && *field == NULL ? ald_trace(ALDIS_E_NOMEM) : 0;
}

/* In a hub that may be running: what it needs is kept until it is started. */
static int client_keep_options(struct aldis_client *client, const struct ald_client_options *options)
{
    int r;

    client->inner_options = *options;
    client->inner_options.target = client->inner_options.token = client->inner_options.inproc = NULL;
    client->inner_options.secret = NULL; /* there are no datagrams */
    r = client_keep_text(options->target, &client->inner_options.target);
    if (r == 0) {
        r = client_keep_text(options->token, &client->inner_options.token);
    }
    if (r == 0) {
        r = client_keep_text(options->inproc, &client->inner_options.inproc);
    }
    return r;
}

static int client_make_inner(struct aldis_client *client, const struct ald_client_options *options, struct ald_why *why)
{
    int r = ald_client_new(ald_engine_net(client->engine), options, &ald_api_callbacks, client, why, &client->inner);

    return r == ALD_CLIENT_BAD_URL ? ald_trace(ALDIS_E_INVALID) : r;
}

int ald_api_client_new(struct ald_engine *engine, bool own, const struct ald_client_options *options,
                       struct ald_why *ret_why, struct aldis_client **ret_client)
{
    ALD_AUTO(ald_api_unref) struct aldis_client *client = calloc(1, sizeof(*client));
    int r;

    if (client == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    atomic_init(&client->refs, 1);
    client->engine = ald_engine_ref(engine);
    client->own_engine = own;
    client->keeps_events = options->events_kept > 0;
    client->dispose_post.run = dispose_run;
    ald_node_init(&client->node);
    ald_node_init(&client->calls);
    ald_node_init(&client->jobs);
    ald_alarm_init(&client->dispose_alarm, dispose_alarm, client);
    ald_task_init(&client->dispose_task, dispose_task, client);
    ald_handlers_init(&client->handlers);
    r = options->inproc != NULL ? client_keep_options(client, options) : client_make_inner(client, options, ret_why);
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_client = ald_steal(&client);
    return 0;
}

static int client_new(const struct aldis_client_options *given, struct ald_why *why, struct aldis_client **ret_client)
{
    ALD_AUTO(ald_engine_unref) struct ald_engine *engine = NULL;
    struct ald_client_options options;
    struct ald_api_urls urls;
    int r;

    r = ald_api_options(given, &options, &urls, why);
    if (r == 0) {
        r = ald_engine_new(given != NULL && given->driven, &engine);
    }
    if (r == 0) {
        r = ald_api_client_new(engine, true, &options, why, ret_client);
    }
    return r;
}

int aldis_client_new(const struct aldis_client_options *options, char *why, size_t why_size,
                     struct aldis_client **ret_client)
{
    struct ald_why words = {""};
    int r = ret_client != NULL ? client_new(options, &words, ret_client) : ald_trace(ALDIS_E_INVALID);

    if (why != NULL && why_size > 0) {
        snprintf(why, why_size, "%s", r < 0 ? words.text : "");
    }
    return r;
}

struct start {
    struct aldis_client *client;
    int r;
};

static void client_start_inside(void *owner)
{
    struct start *start = owner;
    struct aldis_client *client = start->client;
    struct ald_why unwanted;

    if (client->gone || client->inner != NULL) {
        start->r = client->gone ? ALDIS_E_CLOSED : ALDIS_E_INVALID;
        return;
    }
    start->r = client_make_inner(client, &client->inner_options, &unwanted);
}

int aldis_client_start(struct aldis_client *client)
{
    struct start start = {.client = client};
    bool again;
    int r;

    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    again = client->started;
    client->started = true;
    ald_engine_unlock(client->engine);
    if (again) {
        return ald_trace(ALDIS_E_INVALID);
    }
    if (client->own_engine) {
        return ald_engine_start(client->engine);
    }
    r = ald_engine_do(client->engine, client_start_inside, &start);
    return r < 0 ? r : start.r;
}

/* --- the state ---------------------------------------------------------------------------------------------------- */

static void client_keep_state(struct aldis_client *client, enum ald_client_state state, struct ald_api_hooks *ret_hooks)
{
    ald_engine_lock(client->engine);
    client->state = (uint8_t)state;
    if (state == ALD_CLIENT_READY) {
        snprintf(client->given, sizeof(client->given), "%.*s", ALD_STR_ARG(ald_client_target(client->inner)));
    }
    *ret_hooks = client->hooks;
    ald_engine_unlock(client->engine);
}

/* Whose connection has ended is no primary any more, and nobody is left to tell it so. */
static void client_demote(struct aldis_client *client, const struct ald_api_hooks *hooks)
{
    if (client->primary) {
        client->primary = false;
        if (hooks->primary != NULL) {
            hooks->primary(client, false, client->term, hooks->primary_data);
        }
    }
}

void ald_api_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in)
{
    struct aldis_client *client = owner;
    struct ald_api_hooks hooks;

    client_keep_state(client, state, &hooks);
    if (state == ALD_CLIENT_WAITING || state == ALD_CLIENT_CLOSED) {
        client_demote(client, &hooks);
    }
    if (hooks.state != NULL) {
        hooks.state(client, (enum aldis_state)state, text, retry_in / ALD_MSEC, hooks.state_data);
    }
    if (state == ALD_CLIENT_CLOSED && client->disposing == DISPOSE_CLOSING) {
        ald_task_push(ald_engine_loop(client->engine), &client->dispose_task);
    }
}

enum aldis_state aldis_client_state(const struct aldis_client *client)
{
    enum aldis_state state;

    if (client == NULL) {
        return ALDIS_STATE_CLOSED;
    }
    ald_engine_lock(client->engine);
    state = (enum aldis_state)client->state;
    ald_engine_unlock(client->engine);
    return state;
}

const char *aldis_state_name(enum aldis_state state)
{
    static const char *const names[] = {"waiting", "connecting", "ready", "closed"};

    return (unsigned)state < ALD_COUNT(names) ? names[state] : "unknown";
}

int aldis_client_target(struct aldis_client *client, char *name, size_t size)
{
    if (client == NULL || name == NULL || size == 0) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    snprintf(name, size, "%s", client->given);
    ald_engine_unlock(client->engine);
    return 0;
}

struct wish {
    const struct aldis_client *client;
    uint8_t state;
};

static bool wish_came_true(const void *owner)
{
    const struct wish *wish = owner;

    return wish->client->state == wish->state || wish->client->state == ALDIS_STATE_CLOSED || wish->client->gone;
}

int aldis_client_wait(struct aldis_client *client, enum aldis_state state, uint64_t timeout_ms)
{
    ALD_AUTO(ald_api_unref) struct aldis_client *kept = NULL;
    struct wish wish = {.client = client, .state = (uint8_t)state};
    int r;

    if (client == NULL || (unsigned)state > ALDIS_STATE_CLOSED) {
        return ald_trace(ALDIS_E_INVALID);
    }
    kept = ald_api_ref(client);
    if (ald_engine_inside(client->engine)) {
        return ald_trace(ALDIS_E_CALLBACK);
    }
    r = ald_engine_wait(client->engine, wish_came_true, &wish,
                        timeout_ms == UINT64_MAX ? ALD_NEVER : ald_loop_fresh() + ald_api_span(timeout_ms));
    if (r == 0 && aldis_client_state(client) != state && aldis_client_state(client) == ALDIS_STATE_CLOSED) {
        r = ALDIS_E_CLOSED;
    }
    return r;
}

/* --- what is asked of it ------------------------------------------------------------------------------------------ */

struct wanting {
    struct ald_post post;
    struct aldis_client *client;
    void (*fn)(struct ald_client *inner);
};

static void wanting_run(struct ald_post *post, bool ended)
{
    struct wanting *wanting = ald_container(post, struct wanting, post);

    if (!ended && wanting->client->inner != NULL) {
        wanting->fn(wanting->client->inner);
    }
    ald_api_unref(wanting->client);
    free(wanting);
}

int ald_api_want(struct aldis_client *client, void (*fn)(struct ald_client *inner))
{
    struct wanting *wanting;
    int r;

    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    wanting = calloc(1, sizeof(*wanting));
    if (wanting == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    wanting->post.run = wanting_run;
    wanting->client = ald_api_ref(client);
    wanting->fn = fn;
    r = ald_engine_post(client->engine, &wanting->post);
    if (r < 0) {
        ald_api_unref(client);
        free(wanting);
    }
    return r;
}

int aldis_client_drain(struct aldis_client *client)
{
    return ald_api_want(client, ald_client_drain);
}

int aldis_client_close(struct aldis_client *client)
{
    return ald_api_want(client, ald_client_close);
}

/* --- driven ------------------------------------------------------------------------------------------------------- */

int aldis_client_fd(struct aldis_client *client)
{
    return client != NULL ? ald_engine_fd(client->engine) : ald_trace(ALDIS_E_INVALID);
}

int aldis_client_timeout(struct aldis_client *client)
{
    return client != NULL ? ald_engine_timeout(client->engine) : 0;
}

int aldis_client_turn(struct aldis_client *client)
{
    ALD_AUTO(ald_engine_unref) struct ald_engine *engine = NULL;

    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    engine = ald_engine_ref(client->engine); /* a callback may free the client */
    return ald_engine_turn(engine);
}
