#include "cli/agent_work.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/sm.h"
#include "cli/agent_reply.h"
#include "loop/loop.h"
#include "loop/process.h"

enum work_state { WORK_QUEUED, WORK_RUNNING, WORK_STOPPING };

static const struct ald_state work_states[] = {
    [WORK_QUEUED] = {"queued", ALD_STATE_INITIAL, ALD_TO(WORK_RUNNING)},
    [WORK_RUNNING] = {"running", 0, ALD_TO(WORK_STOPPING)},
    [WORK_STOPPING] = {"stopping", ALD_STATE_FINAL, 0},
};
static struct ald_machine work_machine = ALD_MACHINE("work", work_states);

struct ald_agent_work {
    struct ald_agent_works *works;
    struct ald_node node;
    struct ald_job *job;
    const char *program;
    struct ald_process *process; /* NULL: queued */
    const char *stopped;         /* STOPPING: why */
    struct ald_alarm alarm;      /* the deadline; STOPPING: when SIGKILL follows */
    ald_usec deadline;           /* ALD_NEVER: none was said */
    uint8_t state;
};

static void works_start_next(struct ald_agent_works *works);

/* Errors end in the one thing that always works, a reply that says nothing: see ald_job_reply(). */
static void work_answer(struct ald_agent_works *works, struct ald_job *job, enum ald_outcome outcome,
                        enum ald_cause cause, const char *text)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;

    ald_ignore(ald_agent_reply_new(ald_client_messages(works->client), outcome, cause, text, &reply));
    ald_job_reply(job, reply);
}

/* Take it out and free it; its job is the caller's to answer. */
static struct ald_job *work_free(struct ald_agent_work *work)
{
    struct ald_agent_works *works = work->works;
    struct ald_job *job = work->job;

    if (work->state == WORK_QUEUED) {
        works->n_queued--;
    } else {
        works->n_running--;
    }
    ald_alarm_stop(works->loop, &work->alarm);
    ald_process_close(work->process);
    ald_node_remove(&work->node);
    free(work);
    return job;
}

static void works_settle(struct ald_agent_works *works)
{
    works_start_next(works);
    if (works->n_running + works->n_queued == 0 && works->idle != NULL) {
        works->idle(works->owner);
    }
}

/* It never ran. */
static void work_refuse(struct ald_agent_work *work, enum ald_outcome outcome, enum ald_cause cause, const char *text)
{
    struct ald_agent_works *works = work->works;

    work_answer(works, work_free(work), outcome, cause, text);
}

static void work_stop(struct ald_agent_work *work, const char *why)
{
    ald_sm_move(&work_machine, &work->state, WORK_STOPPING);
    work->stopped = why;
    ald_process_kill(work->process, SIGTERM);
    ald_alarm_start(work->works->loop, &work->alarm, ald_loop_now(work->works->loop) + ALD_AGENT_STOP);
}

static void work_alarm(void *owner)
{
    struct ald_agent_work *work = owner;
    struct ald_agent_works *works = work->works;

    switch (work->state) {
    case WORK_QUEUED:
        work_refuse(work, ALD_REFUSED, ALD_CAUSE_BUSY, "the deadline passed before the agent got to it");
        works_settle(works);
        break;
    case WORK_RUNNING:
        work_stop(work, "the program was stopped because the deadline passed");
        break;
    default:
        ald_process_kill(work->process, SIGKILL);
        break;
    }
}

static void work_ended(void *owner, const struct ald_process_end *end)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_agent_work *work = owner;
    struct ald_agent_works *works = work->works;

    ald_ignore(ald_agent_reply_of(ald_client_messages(works->client), end, work->stopped, &reply));
    ald_job_reply(work_free(work), reply);
    works_settle(works);
}

/* --- starting ----------------------------------------------------------------------------------------------------- */

/* What the program may know of its command, beside what we have in our own environment. */
struct work_env {
    const char **env; /* ends with NULL */
    size_t n;
    struct ald_buf text;
};

enum { WORK_ENV_NAMES = 5, WORK_ENV_MAX = 8192 };

/* The text is reserved whole, so the places in it stay. Names that do not fit, which none of ours is, are left out. */
static void work_env_add(struct work_env *env, const char *name, struct ald_str value)
{
    size_t at = ald_buf_size(&env->text);

    if (ald_buf_pushf(&env->text, "%s=%.*s", name, ALD_STR_ARG(value)) == 0 &&
        ald_buf_push_byte(&env->text, '\0') == 0) {
        env->env[env->n++] = ald_buf_str(&env->text).data + at;
    } else {
        ald_buf_cut(&env->text, at);
    }
}

static void work_env_add_from(struct work_env *env, const struct ald_msg *command)
{
    struct ald_buf from;

    ald_buf_init(&from, 4 * 3 * ALD_NAME_MAX);
    if (ald_address_format(&command->from, &from) == 0) {
        work_env_add(env, "ALDIS_FROM", ald_buf_str(&from));
    }
    ald_buf_fini(&from);
}

static int work_env_make(const struct ald_agent_work *work, struct work_env *env)
{
    const struct ald_msg *command = ald_job_command(work->job);
    size_t n_ours = 0;
    ald_usec now = ald_loop_now(work->works->loop);
    char left[32];
    uint8_t *room;
    int r;

    while (environ[n_ours] != NULL) {
        n_ours++;
    }
    env->env = calloc(n_ours + WORK_ENV_NAMES + 1, sizeof(*env->env));
    if (env->env == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_buf_reserve(&env->text, WORK_ENV_MAX, &room);
    if (r < 0) {
        return ald_trace(r);
    }
    /* Ours first: a shell takes the first of two, getenv() too. */
    work_env_add(env, "ALDIS_COMMAND", command->name);
    work_env_add(env, "ALDIS_ID", command->wire_id);
    work_env_add(env, "ALDIS_TARGET", ald_client_target(work->works->client));
    work_env_add_from(env, command);
    if (work->deadline != ALD_NEVER) {
        snprintf(left, sizeof(left), "%" PRIu64, (work->deadline > now ? work->deadline - now : 0) / ALD_MSEC);
        work_env_add(env, "ALDIS_DEADLINE_MS", ald_str(left));
    }
    for (size_t i = 0; i < n_ours; i++) {
        env->env[env->n++] = environ[i];
    }
    return 0;
}

static int work_spawn(struct ald_agent_work *work, const char *const *env)
{
    const char *const argv[] = {"/bin/sh", "-c", work->program, NULL};
    const struct ald_msg *command = ald_job_command(work->job);
    const struct ald_process_spec spec = {
        .argv = argv,
        .env = env,
        .input = ald_slice_str(command->payload),
        .output_max = ALD_AGENT_OUTPUT_MAX,
        .group = true,
    };

    return ald_process_new(work->works->loop, &spec, work_ended, work, &work->process);
}

static void work_say(struct ald_agent_work *work, enum ald_phase phase)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *status = NULL;

    if (ald_msg_new(ald_client_messages(work->works->client), ALD_STATUS, &status) < 0) {
        return; /* a status may be dropped */
    }
    status->phase = (uint8_t)phase;
    ald_msg_seal(status);
    ald_job_status(work->job, status);
}

static void work_start(struct ald_agent_work *work)
{
    struct ald_agent_works *works = work->works;
    struct work_env env = {0};
    int r;

    ald_buf_init(&env.text, WORK_ENV_MAX);
    r = work_env_make(work, &env);
    if (r == 0) {
        r = work_spawn(work, env.env);
    }
    free(env.env);
    ald_buf_fini(&env.text);
    if (r < 0) {
        work_refuse(work, ALD_REFUSED, ALD_CAUSE_BUSY, "the agent cannot start a program now");
        return;
    }
    ald_node_remove(&work->node);
    ald_list_push_back(&works->running, &work->node);
    works->n_queued--;
    works->n_running++;
    ald_sm_move(&work_machine, &work->state, WORK_RUNNING);
    work_say(work, ALD_PHASE_RUNNING);
}

static void works_start_next(struct ald_agent_works *works)
{
    struct ald_node *node;

    while (works->n_running < works->options->jobs && (node = ald_list_first(&works->queued)) != NULL) {
        work_start(ald_list_entry(node, struct ald_agent_work, node));
    }
}

/* --- the jobs ----------------------------------------------------------------------------------------------------- */

void ald_agent_works_init(struct ald_agent_works *works)
{
    ald_node_init(&works->queued);
    ald_node_init(&works->running);
}

void ald_agent_works_fini(struct ald_agent_works *works)
{
    struct ald_node *node;

    while ((node = ald_list_first(&works->queued)) != NULL || (node = ald_list_first(&works->running)) != NULL) {
        work_free(ald_list_entry(node, struct ald_agent_work, node)); /* the client frees the jobs */
    }
}

static void works_echo(struct ald_agent_works *works, struct ald_job *job)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;

    if (ald_msg_new(ald_client_messages(works->client), ALD_REPLY, &reply) == 0) {
        reply->outcome = ALD_SUCCEEDED;
        ald_msg_set_slice(reply, &reply->payload, ald_job_command(job)->payload);
        ald_msg_seal(reply);
    }
    ald_job_reply(job, reply);
}

static void works_add(struct ald_agent_works *works, struct ald_job *job, const char *program)
{
    struct ald_agent_work *work = calloc(1, sizeof(*work));
    ald_usec ttl = ald_job_command(job)->ttl;

    if (work == NULL) {
        work_answer(works, job, ALD_REFUSED, ALD_CAUSE_BUSY, "the agent's memory is short");
        return;
    }
    work->works = works;
    work->job = job;
    work->program = program;
    ald_alarm_init(&work->alarm, work_alarm, work);
    work->deadline = ttl < ALD_NEVER - ald_loop_now(works->loop) ? ald_loop_now(works->loop) + ttl : ALD_NEVER;
    ald_alarm_start(works->loop, &work->alarm, work->deadline);
    ald_job_set_data(job, work);
    ald_list_push_back(&works->queued, &work->node);
    works->n_queued++;
    if (works->n_running >= works->options->jobs) {
        work_say(work, ALD_PHASE_ACCEPTED);
    }
    works_start_next(works);
}

void ald_agent_works_take(struct ald_agent_works *works, struct ald_job *job)
{
    const char *program = ald_agent_options_find(works->options, ald_job_command(job)->name);

    if (works->draining) {
        work_answer(works, job, ALD_REFUSED, ALD_CAUSE_DRAINING, "the agent is stopping");
    } else if (program != NULL) {
        works_add(works, job, program);
    } else if (works->options->echo) {
        works_echo(works, job);
    } else {
        work_answer(works, job, ALD_REFUSED, ALD_CAUSE_NO_HANDLER, NULL);
    }
}

void ald_agent_works_cancel(struct ald_agent_works *works, struct ald_job *job)
{
    struct ald_agent_work *work = ald_job_data(job);

    if (work->state == WORK_QUEUED) {
        work_refuse(work, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK, "it was taken back before the agent ran it");
        works_settle(works);
    } else if (work->state == WORK_RUNNING) {
        work_stop(work, "the program was stopped because the command was taken back");
    }
}

void ald_agent_works_drain(struct ald_agent_works *works)
{
    struct ald_node *node;

    works->draining = true;
    while ((node = ald_list_first(&works->queued)) != NULL) {
        work_refuse(ald_list_entry(node, struct ald_agent_work, node), ALD_REFUSED, ALD_CAUSE_DRAINING,
                    "the agent is stopping");
    }
    if (works->n_running == 0 && works->idle != NULL) {
        works->idle(works->owner);
    }
}
