#pragma once

/*
 * Rig: a hub in this process, an agent that serves `lamp`, a caller, and what was said to them. Counts are changed by
 * callbacks under a lock and waited for with rig_until().
 */

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "aldis/agent.h"
#include "aldis/caller.h"
#include "aldis/hub.h"
#include "lib/test.h"

#include "base/defs.h"
#include "base/str.h"

enum { RIG_JOBS_MAX = 64 };

struct rig {
    struct aldis_hub *hub;
    struct aldis_client *agent;
    struct aldis_client *caller;
    const char *urls[2]; /* of clients that are made from now on: none, or one */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under the lock. */
    struct aldis_job *jobs[RIG_JOBS_MAX]; /* kept by the handler "keep" */
    int n_jobs, n_events, n_cancelled, n_statuses, n_progress, n_members, n_outcomes, n_health, n_primary, n_ready;
    int n_closed;
    bool primary;
    uint64_t term;
    enum aldis_outcome outcome;
    char cause[64];
    char payload[200];
    char text[200];
};

static inline void rig_lock(struct rig *rig)
{
    pthread_mutex_lock(&rig->mutex);
}

static inline void rig_unlock(struct rig *rig)
{
    pthread_cond_broadcast(&rig->changed);
    pthread_mutex_unlock(&rig->mutex);
}

/* Wait until `*count` is `n` or more; the test fails when that does not come. */
#define rig_until(rig, count, n) ald_check(rig_comes(rig, &(rig)->count, n))
static inline bool rig_comes(struct rig *rig, const int *count, int n)
{
    struct timespec end;
    bool came;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    pthread_mutex_lock(&rig->mutex);
    while (*count < n && pthread_cond_timedwait(&rig->changed, &rig->mutex, &end) == 0) {
    }
    came = *count >= n;
    pthread_mutex_unlock(&rig->mutex);
    return came;
}

static inline void rig_must(int r)
{
    ald_check_int(r, 0);
}

static void rig_echo(struct aldis_job *job, void *data ALD_UNUSED)
{
    rig_must(aldis_job_succeed(job, aldis_job_payload(job, NULL)));
}

static void rig_keep(struct aldis_job *job, void *data)
{
    struct rig *rig = data;

    rig_lock(rig);
    ald_check(rig->n_jobs < RIG_JOBS_MAX);
    rig->jobs[rig->n_jobs++] = job;
    rig_unlock(rig);
}

static void rig_event(struct aldis_job *job, void *data)
{
    struct rig *rig = data;

    rig_lock(rig);
    ald_check(aldis_job_is_event(job));
    snprintf(rig->payload, sizeof(rig->payload), "%s", aldis_job_payload(job, NULL));
    rig->n_events++;
    rig_unlock(rig);
    rig_must(aldis_job_succeed(job, NULL));
}

static void rig_cancelled(struct aldis_job *job, void *data)
{
    struct rig *rig = data;

    ald_check(aldis_job_is_cancelled(job));
    rig_lock(rig);
    rig->n_cancelled++;
    rig_unlock(rig);
}

static void rig_primary(struct aldis_client *client ALD_UNUSED, bool primary, uint64_t term, void *data)
{
    struct rig *rig = data;

    rig_lock(rig);
    rig->n_primary++;
    rig->primary = primary;
    rig->term = term;
    rig_unlock(rig);
}

static void rig_state(struct aldis_client *client ALD_UNUSED, enum aldis_state state, const char *text ALD_UNUSED,
                      uint64_t retry_in_ms ALD_UNUSED, void *data)
{
    struct rig *rig = data;

    rig_lock(rig);
    rig->n_ready += state == ALDIS_STATE_READY;
    rig->n_closed += state == ALDIS_STATE_CLOSED;
    rig_unlock(rig);
}

static void rig_report(struct aldis_call *call ALD_UNUSED, const struct aldis_report *report, void *data)
{
    struct rig *rig = data;

    rig_lock(rig);
    if (report->outcome == ALDIS_PENDING) {
        rig->n_statuses++;
        rig->n_progress += report->has_progress;
        rig->n_members += (int)report->n_members;
    } else {
        rig->n_outcomes++;
        rig->outcome = report->outcome;
        snprintf(rig->cause, sizeof(rig->cause), "%s", report->cause);
        snprintf(rig->text, sizeof(rig->text), "%s", report->text);
        snprintf(rig->payload, sizeof(rig->payload), "%s", report->payload != NULL ? report->payload : "");
    }
    rig_unlock(rig);
}

/* An agent of `target`, which echoes "echo", keeps "keep", counts the event "dawn". */
static inline struct aldis_client *rig_agent(struct rig *rig, const char *target)
{
    const struct aldis_client_options options = {
        ALDIS_CLIENT_OPTIONS, .urls = rig->urls[0] != NULL ? rig->urls : NULL, .target = target};
    struct aldis_client *agent = NULL;

    rig_must(aldis_hub_client_new(rig->hub, &options, NULL, 0, &agent));
    rig_must(aldis_client_on_command(agent, "echo", rig_echo, rig));
    rig_must(aldis_client_on_command(agent, "keep", rig_keep, rig));
    rig_must(aldis_client_on_command(agent, "dawn", rig_event, rig));
    rig_must(aldis_client_on_cancelled(agent, rig_cancelled, rig));
    rig_must(aldis_client_on_primary(agent, rig_primary, rig));
    rig_must(aldis_client_on_state(agent, rig_state, rig));
    rig_must(aldis_client_start(agent));
    return agent;
}

static inline struct aldis_client *rig_caller(struct rig *rig)
{
    const struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS,
                                                 .urls = rig->urls[0] != NULL ? rig->urls : NULL};
    struct aldis_client *caller = NULL;

    rig_must(aldis_hub_client_new(rig->hub, &options, NULL, 0, &caller));
    rig_must(aldis_client_start(caller));
    return caller;
}

static inline void rig_open_with(struct rig *rig, const char *const *settings)
{
    const struct aldis_hub_options options = {ALDIS_HUB_OPTIONS, .settings = settings};
    char why[256];
    int r;

    *rig = (struct rig){.n_jobs = 0};
    pthread_mutex_init(&rig->mutex, NULL);
    pthread_cond_init(&rig->changed, NULL);
    r = aldis_hub_new(&options, why, sizeof(why), &rig->hub);
    if (r < 0) {
        fail_msg("the hub does not open: %s", why);
    }
    rig_must(aldis_hub_start(rig->hub));
    rig->agent = rig_agent(rig, "lamp");
    rig->caller = rig_caller(rig);
    rig_must(aldis_client_wait(rig->agent, ALDIS_STATE_READY, 20000));
    rig_must(aldis_client_wait(rig->caller, ALDIS_STATE_READY, 20000));
}

static inline void rig_open(struct rig *rig)
{
    rig_open_with(rig, NULL);
}

static inline void rig_close(struct rig *rig)
{
    aldis_client_free(rig->agent);
    aldis_client_free(rig->caller);
    aldis_hub_free(rig->hub);
    pthread_cond_destroy(&rig->changed);
    pthread_mutex_destroy(&rig->mutex);
}

static inline struct aldis_command rig_command(const char *name, const char *payload)
{
    return (struct aldis_command){ALDIS_COMMAND, .target = "lamp", .name = name, .payload = payload,
                                  .deadline_ms = 20000};
}

/* Call and give the outcome; the payload and cause are in the rig. */
static inline enum aldis_outcome rig_call(struct rig *rig, const struct aldis_command *command)
{
    struct aldis_report *report = NULL;

    rig_must(aldis_client_call(rig->caller, command, &report));
    rig_report(NULL, report, rig);
    aldis_report_free(report);
    return rig->outcome;
}
