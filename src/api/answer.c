/* The usual answers, and the callbacks of an agent that are not by name. */

#include <stdlib.h>

#include "api/api.h"
#include "base/error.h"

int aldis_job_succeed(struct aldis_job *job, const char *payload)
{
    struct aldis_answer answer = {ALDIS_ANSWER};

    answer.payload = payload;
    return aldis_job_answer(job, &answer);
}

int aldis_job_fail(struct aldis_job *job, const char *code, const char *text)
{
    struct aldis_answer answer = {ALDIS_ANSWER};

    answer.kind = ALDIS_ANSWER_FAILED;
    answer.code = code;
    answer.text = text;
    return aldis_job_answer(job, &answer);
}

int aldis_job_refuse(struct aldis_job *job, const char *text)
{
    struct aldis_answer answer = {ALDIS_ANSWER};

    answer.kind = ALDIS_ANSWER_REFUSED;
    answer.text = text;
    return aldis_job_answer(job, &answer);
}

int aldis_job_confirm_cancel(struct aldis_job *job)
{
    struct aldis_answer answer = {ALDIS_ANSWER};

    answer.kind = ALDIS_ANSWER_CANCELLED;
    return aldis_job_answer(job, &answer);
}

/* --- callbacks ---------------------------------------------------------------------------------------------------- */

int aldis_client_on_command(struct aldis_client *client, const char *name, aldis_job_fn *fn, void *data)
{
    int r;

    if (client == NULL || (name != NULL && !ald_api_name_fits(name))) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    r = ald_handlers_set(&client->handlers, name, (struct ald_handler){fn, data});
    ald_engine_unlock(client->engine);
    return r == 0 ? ald_api_names_changed(client) : r;
}

int aldis_client_on_state(struct aldis_client *client, aldis_state_fn *fn, void *data)
{
    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    client->hooks.state = fn;
    client->hooks.state_data = data;
    ald_engine_unlock(client->engine);
    return 0;
}

int aldis_client_on_cancelled(struct aldis_client *client, aldis_job_fn *fn, void *data)
{
    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    client->hooks.cancelled = fn;
    client->hooks.cancelled_data = data;
    ald_engine_unlock(client->engine);
    return 0;
}

int aldis_client_on_primary(struct aldis_client *client, aldis_primary_fn *fn, void *data)
{
    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    client->hooks.primary = fn;
    client->hooks.primary_data = data;
    ald_engine_unlock(client->engine);
    return 0;
}

int aldis_client_on_health(struct aldis_client *client, aldis_health_fn *fn, void *data)
{
    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    client->hooks.health = fn;
    client->hooks.health_data = data;
    ald_engine_unlock(client->engine);
    return 0;
}

struct health {
    struct ald_post post;
    struct aldis_client *client;
    bool healthy;
    char *detail;
};

static void health_free(struct health *health)
{
    ald_api_unref(health->client);
    free(health->detail);
    free(health);
}

static void health_run(struct ald_post *post, bool ended)
{
    struct health *health = ald_container(post, struct health, post);

    if (!ended && health->client->inner != NULL) {
        ald_client_healthy(health->client->inner, health->healthy, health->detail);
    }
    health_free(health);
}

int aldis_client_healthy(struct aldis_client *client, bool healthy, const char *detail)
{
    struct health *health;
    int r;

    if (client == NULL || !ald_api_text_fits(detail)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    health = calloc(1, sizeof(*health));
    if (health == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    health->post.run = health_run;
    health->client = ald_api_ref(client);
    health->healthy = healthy;
    health->detail = detail != NULL ? strdup(detail) : NULL;
    r = detail != NULL && health->detail == NULL ? ald_trace(ALDIS_E_NOMEM)
                                                 : ald_engine_post(client->engine, &health->post);
    if (r < 0) {
        health_free(health);
    }
    return r;
}
