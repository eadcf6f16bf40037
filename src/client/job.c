/*
 * Jobs: the agent's side. A job is a command that arrived and is not answered yet. It knows the connection it came over
 * by a number; the answer goes there or nowhere, because over any other connection it would be the answer to nothing: the
 * hub has told the caller `lost` (DESIGN section 1), or will ask again under the same id if the command is idempotent. Where the
 * hub gives us a session (session.h), that takes the place of the connection.
 *
 * Commands are bounded by number, because each is work that somebody waits for, and whoever is told `busy` can do something
 * about it. Nobody can about an event: so they take nothing away from commands, and are bounded only by what they cost.
 */

#include "client/client_inside.h"

#include <stdlib.h>

#include "base/error.h"

struct ald_job {
    struct ald_client *client;
    struct ald_node node;
    struct ald_msg *command;
    struct ald_id id;
    size_t cost;   /* of an event; 0 */
    bool listed;   /* in jobs_by_id: it has an id that may be cancelled, and its connection stands */
    bool event;    /* nobody waits for an answer */
    bool orphaned; /* its connection ended */
    bool told;     /* the program knows that it was cancelled */
    void *data;
};

void ald_jobs_init(struct ald_client *client)
{
    const uint64_t seed[2] = {ald_rng_next(&client->rng), ald_rng_next(&client->rng)};

    ald_table_init(&client->jobs_by_id, seed);
    ald_node_init(&client->jobs);
}

static void job_forget_id(struct ald_job *job)
{
    if (job->listed) {
        ald_table_remove(&job->client->jobs_by_id, job->command->wire_id);
        job->listed = false;
    }
}

static void job_free(struct ald_job *job)
{
    job_forget_id(job);
    ald_node_remove(&job->node);
    job->client->n_jobs--;
    job->client->n_event_jobs -= job->event ? 1 : 0;
    job->client->event_jobs_cost -= job->cost;
    ald_msg_unref(job->command);
    free(job);
}

void ald_jobs_fini(struct ald_client *client)
{
    struct ald_node *node;

    while ((node = ald_list_first(&client->jobs)) != NULL) {
        job_free(ald_list_entry(node, struct ald_job, node));
    }
    ald_table_fini(&client->jobs_by_id);
}

/* Answer a command that never became a job. An event has no answer, so it is counted. */
static void jobs_refuse(struct ald_client *client, const struct ald_signal *command, enum ald_cause cause)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    /* The usual words are about a hub that does. */
    const char *text =
        cause == ALD_CAUSE_DRAINING ? "the agent is stopping and takes no new work" : ald_cause_text(cause);

    if (command->kind == ALD_SIGNAL_EVENT) {
        if (cause == ALD_CAUSE_NO_HANDLER) {
            ald_event_tell_unknown(client, command->msg);
        } else {
            ald_event_dropped(client, command->msg);
        }
        return;
    }
    if (client->dialect == NULL) {
        return;
    }
    if (ald_msg_new(client->messages, ALD_REPLY, &reply) < 0) {
        return; /* the command expires at the hub; there is no memory to say so */
    }
    reply->outcome = ALD_REFUSED;
    reply->cause = (uint8_t)cause;
    ald_ignore(ald_msg_set(reply, &reply->text, ald_str(text))); /* the cause says it too */
    ald_msg_seal(reply);
    signal.id = command->id;
    signal.msg = reply;
    signal.request = command->msg;
    signal.outcome = ALD_REFUSED;
    signal.cause = (uint8_t)cause;
    signal.text = ald_str(text);
    ald_ignore(ald_client_say(client, &signal));
}

static size_t job_cost(const struct ald_msg *command)
{
    return sizeof(struct ald_job) + ald_msg_cost(command);
}

static bool jobs_full(const struct ald_client *client, const struct ald_signal *command)
{
    if (command->kind != ALD_SIGNAL_EVENT) {
        return client->n_jobs - client->n_event_jobs >= client->jobs_max;
    }
    return client->n_event_jobs >= client->event_jobs_max ||
           (client->n_event_jobs > 0 &&
            client->event_jobs_cost + job_cost(command->msg) > ALD_CLIENT_EVENT_JOBS_COST_MAX);
}

static int jobs_add(struct ald_client *client, const struct ald_signal *command, struct ald_job **ret_job)
{
    struct ald_job *job = calloc(1, sizeof(*job));
    int r = 0;

    if (job == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    job->client = client;
    job->id = command->id;
    job->event = command->kind == ALD_SIGNAL_EVENT;
    job->command = ald_msg_ref(command->msg);
    job->cost = job->event ? job_cost(command->msg) : 0;
    ald_list_push_back(&client->jobs, &job->node);
    client->n_jobs++;
    client->n_event_jobs += job->event ? 1 : 0;
    client->event_jobs_cost += job->cost;
    if (!job->event && ald_str_present(job->command->wire_id)) {
        r = ald_table_add(&client->jobs_by_id, job->command->wire_id, job);
        job->listed = r == 0;
    }
    if (r != 0) {
        job_free(job);
        return r;
    }
    *ret_job = job;
    return 0;
}

void ald_jobs_command(struct ald_client *client, const struct ald_signal *command)
{
    struct ald_job *job = NULL;
    int r;

    if (client->callbacks.command == NULL) {
        jobs_refuse(client, command, ALD_CAUSE_NO_HANDLER);
    } else if (client->ending || client->draining || client->leaving) {
        jobs_refuse(client, command, ALD_CAUSE_DRAINING);
    } else if (jobs_full(client, command)) {
        jobs_refuse(client, command, ALD_CAUSE_BUSY);
    } else if ((r = jobs_add(client, command, &job)) == 0) {
        client->callbacks.command(client->owner, job);
    } else {
        jobs_refuse(client, command, r == ALD_TABLE_TAKEN ? ALD_CAUSE_DUPLICATE : ALD_CAUSE_BUSY);
    }
}

void ald_jobs_cancel(struct ald_client *client, const struct ald_signal *signal)
{
    char text[ALD_ID_TEXT];
    struct ald_str id = {text, sizeof(text)};
    struct ald_job *job;

    if (signal->msg != NULL && ald_str_present(signal->msg->wire_id)) {
        id = signal->msg->wire_id;
    } else {
        ald_id_format(signal->id, text);
    }
    job = ald_table_find(&client->jobs_by_id, id);
    if (job == NULL || job->told || client->callbacks.cancelled == NULL) {
        return; /* answered already: the two crossed */
    }
    job->told = true;
    client->callbacks.cancelled(client->owner, job);
}

void ald_jobs_away(struct ald_client *client)
{
    ald_list_each (node, &client->jobs) {
        struct ald_job *job = ald_list_entry(node, struct ald_job, node);

        if (!job->orphaned && client->callbacks.orphaned != NULL) {
            client->callbacks.orphaned(client->owner, job);
        }
        job_forget_id(job);
        job->orphaned = true;
    }
}

const struct ald_msg *ald_job_command(const struct ald_job *job)
{
    return job->command;
}

void *ald_job_data(const struct ald_job *job)
{
    return job->data;
}

void ald_job_set_data(struct ald_job *job, void *data)
{
    job->data = data;
}

bool ald_job_orphaned(const struct ald_job *job)
{
    return job->orphaned;
}

bool ald_job_event(const struct ald_job *job)
{
    return job->event;
}

void ald_job_status(struct ald_job *job, struct ald_msg *status)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);

    if (job->orphaned || job->event || job->client->dialect == NULL || !ald_client_can(job->client, ALD_WAY_STATUSES)) {
        return;
    }
    signal.id = job->id;
    signal.msg = status;
    signal.request = job->command;
    signal.phase = status->phase;
    ald_ignore(ald_client_say(job->client, &signal)); /* a status may be dropped */
}

static int job_say_reply(const struct ald_job *job, struct ald_msg *reply)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    if (reply == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    signal.id = job->id;
    signal.msg = reply;
    signal.request = job->command;
    signal.outcome = reply->outcome;
    signal.cause = reply->cause;
    signal.text = reply->text;
    return ald_client_say(job->client, &signal);
}

void ald_job_reply(struct ald_job *job, struct ald_msg *reply)
{
    struct ald_client *client = job->client;

    if (!job->orphaned && !job->event && ald_client_may_say(client, ALD_SIGNAL_REPLY) &&
        job_say_reply(job, reply) < 0) {
        ald_link_short(client); /* a reply is never dropped in silence */
    }
    if (job->event && reply != NULL && reply->cause == ALD_CAUSE_NO_HANDLER) {
        ald_event_tell_unknown(client, job->command);
    }
    job_free(job);
    ald_client_leave(client);
    ald_client_drained(client);
}

bool ald_jobs_owe(const struct ald_client *client)
{
    ald_list_each (node, &client->jobs) {
        const struct ald_job *job = ald_list_entry(node, struct ald_job, node);

        if (!job->orphaned && !job->event) {
            return true;
        }
    }
    return false;
}

void ald_client_leave(struct ald_client *client)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (!client->leaving || client->dialect == NULL || ald_jobs_owe(client)) {
        return;
    }
    client->leaving = false;
    leave.id = client->leave_id;
    leave.ok = true;
    if (ald_client_say(client, &leave) < 0) {
        ald_link_short(client);
    }
}

size_t ald_client_jobs(const struct ald_client *client)
{
    return client->n_jobs;
}
