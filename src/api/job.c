/*
 * Jobs: commands on their way in, and what the program says of them.
 *
 * A job is a copy of what came, because the program may keep it, read it from any thread, and answer it after the
 * client is gone. It is held by a reference of its own until it is answered; the answer takes that one along to the
 * inside, in a post that is part of the job, so that answering needs no memory but for what is said.
 */

#include <math.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/schemas.h"
#include "base/buf.h"
#include "base/error.h"

/* What a status or an answer says. */
struct said {
    struct ald_slice payload, details;
    char *text, *code; /* NULL: nothing */
    uint8_t outcome, cause;
    uint8_t phase;
    bool progress;
    double completed, total;
};

struct aldis_job {
    atomic_uint refs;
    struct aldis_client *client; /* shares */
    struct ald_node node;        /* in client->jobs; inside */
    struct ald_job *inner;       /* NULL: gone; inside */
    atomic_bool answered;
    atomic_bool cancelled;
    bool event;
    bool has_payload;
    size_t payload_size;
    ald_usec deadline; /* ALD_NEVER: not known */
    void *data;
    struct said answer;
    struct ald_post answer_post;
    /* In `text`. */
    const char *name, *id, *from, *sender, *version, *traceparent, *payload;
    char text[];
};

struct status {
    struct ald_post post;
    struct aldis_job *job;
    struct said said;
};

static struct aldis_job *job_unref(struct aldis_job *job)
{
    if (job == NULL || atomic_fetch_sub_explicit(&job->refs, 1, memory_order_acq_rel) > 1) {
        return NULL;
    }
    ald_api_unref(job->client);
    free(job);
    return NULL;
}

static struct aldis_job *job_ref(struct aldis_job *job)
{
    atomic_fetch_add_explicit(&job->refs, 1, memory_order_relaxed);
    return job;
}

/* --- what is said ------------------------------------------------------------------------------------------------- */

static void said_fini(struct said *said)
{
    ald_slice_clear(&said->payload);
    ald_slice_clear(&said->details);
    free(said->text);
    free(said->code);
    said->text = said->code = NULL;
}

static int said_copy(const char *text, char **field)
{
    if (text == NULL) {
        return 0;
    }
    if (!ald_api_text_fits(text)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    *field = strdup(text);
    return *field == NULL ? ald_trace(ALDIS_E_NOMEM) : 0;
}

/* Inside: as a message, sealed. */
static int said_build(const struct said *said, struct ald_msg_pool *messages, enum ald_kind kind,
                      struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    const char *text = said->text;
    int r;

    if (text == NULL && said->cause != ALD_CAUSE_NONE) {
        text = ald_cause_text((enum ald_cause)said->cause);
    }
    r = ald_msg_new(messages, kind, &msg);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->text, ald_str(text));
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->code, ald_str(said->code));
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(msg, &msg->payload, said->payload);
    ald_msg_set_slice(msg, &msg->details, said->details);
    msg->outcome = said->outcome;
    msg->cause = said->cause;
    msg->phase = said->phase;
    msg->flags = said->progress ? ALD_MSG_PROGRESS : 0;
    msg->completed = said->completed;
    msg->total = said->total;
    ald_msg_seal(msg);
    *ret_msg = ald_steal(&msg);
    return 0;
}

/* --- a job comes -------------------------------------------------------------------------------------------------- */

static const char *job_copy(char **room, struct ald_str text)
{
    const char *copy = *room;

    if (text.size > 0) {
        memcpy(*room, text.data, text.size);
    }
    (*room)[text.size] = '\0';
    *room += text.size + 1;
    return copy;
}

/* Two names, each byte encoded, and what stands between them. */
enum { JOB_SENDER_MAX = 2 * 3 * ALD_NAME_MAX + 2 };

/* Where an answer of one's own would go. Errors: ALDIS_E_NOMEM. */
static int job_sender(const struct ald_msg *command, struct ald_buf *out)
{
    struct ald_address sender = {.hub = command->from.hub, .target = command->from.target};
    int r = sender.target.size > 0 ? ald_address_format(&sender, out) : 0;

    return r < 0 ? ald_trace(r) : 0;
}

static int job_new(struct aldis_client *client, struct ald_job *inner, struct ald_str sender,
                   struct aldis_job **ret_job)
{
    const struct ald_msg *command = ald_job_command(inner);
    struct ald_str from = command->from.target;
    size_t room = command->name.size + command->wire_id.size + from.size + sender.size + command->version.size +
                  command->trace.size + command->payload.size + 7;
    struct aldis_job *job = calloc(1, sizeof(*job) + room);
    char *at;

    if (job == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    at = job->text;
    atomic_init(&job->refs, 1);
    job->client = ald_api_ref(client);
    job->inner = inner;
    job->event = ald_job_event(inner);
    job->name = job_copy(&at, command->name);
    job->id = job_copy(&at, command->wire_id);
    job->from = job_copy(&at, from);
    job->sender = job_copy(&at, sender);
    job->version = job_copy(&at, command->version);
    job->traceparent = job_copy(&at, command->trace);
    job->has_payload = command->payload.data != NULL;
    job->payload_size = command->payload.size;
    job->payload = job_copy(&at, ald_slice_str(command->payload));
    job->deadline = command->ttl == ALD_NEVER ? ALD_NEVER : ald_loop_fresh() + command->ttl;
    ald_list_push_back(&client->jobs, &job->node);
    atomic_fetch_add(&client->n_jobs, 1);
    ald_job_set_data(inner, job);
    *ret_job = job;
    return 0;
}

/* Inside: it is answered, with `reply` (NULL: there was no memory for one). Takes the reference of whoever had to
 * answer. */
static void job_end(struct aldis_job *job, struct ald_msg *reply)
{
    if (job->inner != NULL) {
        ald_job_reply(job->inner, reply);
        job->inner = NULL;
    }
    ald_node_remove(&job->node);
    said_fini(&job->answer);
    atomic_fetch_sub(&job->client->n_jobs, 1);
    job_unref(job);
}

static void job_answer_run(struct ald_post *post, bool ended)
{
    struct aldis_job *job = ald_container(post, struct aldis_job, answer_post);
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_client *inner = ended ? NULL : job->client->inner;

    if (inner != NULL && job->inner != NULL && !job->event) {
        ald_ignore(said_build(&job->answer, ald_client_messages(inner), ALD_REPLY, &reply)); /* NULL says as much */
    }
    job_end(job, reply);
}

/* A command that never becomes a job of the program's. */
static void job_refuse_with(struct aldis_client *client, struct ald_job *inner, enum ald_cause cause, char *text,
                            char *code)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    const struct said said = {.outcome = ALD_REFUSED, .cause = (uint8_t)cause, .text = text, .code = code};

    ald_ignore(said_build(&said, ald_client_messages(client->inner), ALD_REPLY, &reply)); /* as above */
    ald_job_reply(inner, reply);
}

static void job_refuse(struct aldis_client *client, struct ald_job *inner, enum ald_cause cause)
{
    job_refuse_with(client, inner, cause, NULL, NULL);
}

/* Does it keep to the schemas? Else it is answered; of an event nobody hears. */
static bool job_fits(struct aldis_client *client, struct ald_job *inner)
{
    const struct ald_msg *command = ald_job_command(inner);
    enum ald_api_payload what = ald_job_event(inner) ? ALD_API_EVENT : ALD_API_COMMAND;
    char text[ALD_BLUEPRINT_TEXT_MAX], code[] = "InvalidMessage";
    int r = ald_api_schemas_hear(client, what, command->name, ald_slice_str(command->payload), text);

    if (r < 0) {
        job_refuse(client, inner, ALD_CAUSE_BUSY);
    } else if (r > 0) {
        job_refuse_with(client, inner, ALD_CAUSE_INVALID, text, code);
    }
    return r == 0;
}

static int job_make(struct aldis_client *client, struct ald_job *inner, struct aldis_job **ret_job)
{
    struct ald_buf sender;
    int r;

    ald_buf_init(&sender, JOB_SENDER_MAX);
    r = job_sender(ald_job_command(inner), &sender);
    r = r == 0 ? job_new(client, inner, ald_buf_str(&sender), ret_job) : r;
    ald_buf_fini(&sender);
    return r < 0 ? ald_trace(r) : 0;
}

static struct ald_handler job_handler(struct aldis_client *client, struct ald_str name)
{
    struct ald_handler handler;

    ald_engine_lock(client->engine);
    handler = ald_handlers_find(&client->handlers, name);
    ald_engine_unlock(client->engine);
    return handler;
}

static void api_command(void *owner, struct ald_job *inner)
{
    struct aldis_client *client = owner;
    struct ald_handler handler = job_handler(client, ald_job_command(inner)->name);
    struct aldis_job *job;

    if (handler.fn == NULL) {
        job_refuse(client, inner, ALD_CAUSE_NO_HANDLER);
        return;
    }
    if (!job_fits(client, inner)) {
        return;
    }
    if (job_make(client, inner, &job) < 0) {
        job_refuse(client, inner, ALD_CAUSE_BUSY);
        return;
    }
    job->answer_post = (struct ald_post){.run = job_answer_run, .says = true};
    job_ref(job);
    handler.fn(job, handler.data); /* an event's job stands until it is answered too, for whoever answers it later */
    if (atomic_load(&job->answered)) {
        ald_engine_settle(client->engine); /* else all that comes in one turn would be unanswered at the same time */
    }
    job_unref(job);
}

static struct ald_api_hooks job_hooks(struct aldis_client *client)
{
    struct ald_api_hooks hooks;

    ald_engine_lock(client->engine);
    hooks = client->hooks;
    ald_engine_unlock(client->engine);
    return hooks;
}

static void api_cancelled(void *owner, struct ald_job *inner)
{
    struct aldis_client *client = owner;
    struct aldis_job *job = ald_job_data(inner);
    struct ald_api_hooks hooks = job_hooks(client);

    if (job == NULL) {
        return;
    }
    atomic_store(&job->cancelled, true);
    if (hooks.cancelled == NULL) {
        return;
    }
    /* Another thread may be answering it at this moment, and the program must not be given what it has let go of. */
    job_ref(job);
    if (!atomic_load(&job->answered)) {
        hooks.cancelled(job, hooks.cancelled_data);
    }
    job_unref(job);
}

static void api_primary(void *owner, bool primary, uint64_t term)
{
    struct aldis_client *client = owner;
    struct ald_api_hooks hooks = job_hooks(client);

    client->primary = primary;
    client->term = term;
    if (hooks.primary != NULL) {
        hooks.primary(client, primary, term, hooks.primary_data);
    }
}

static void api_health(void *owner)
{
    struct aldis_client *client = owner;
    struct ald_api_hooks hooks = job_hooks(client);

    if (hooks.health != NULL) {
        hooks.health(client, hooks.health_data);
    } else {
        ald_client_healthy(client->inner, true, NULL);
    }
}

static void api_orphaned(void *owner ALD_UNUSED, struct ald_job *inner)
{
    struct aldis_job *job = ald_job_data(inner);

    if (job != NULL) {
        atomic_store(&job->cancelled, true);
    }
}

const struct ald_client_callbacks ald_api_callbacks = {
    .state = ald_api_state,
    .command = api_command,
    .cancelled = api_cancelled,
    .orphaned = api_orphaned,
    .primary = api_primary,
    .health = api_health,
    .names = ald_api_names,
    .news = ald_api_news,
    .report = ald_api_report,
    .dropped = ald_api_dropped,
};

void ald_api_jobs_end(struct aldis_client *client)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&client->jobs)) != NULL) {
        struct aldis_job *job = ald_list_entry(node, struct aldis_job, node);

        atomic_store(&job->cancelled, true);
        job->inner = NULL;
    }
}

/* --- what it is --------------------------------------------------------------------------------------------------- */

const char *aldis_job_name(const struct aldis_job *job)
{
    return job != NULL ? job->name : "";
}

const char *aldis_job_id(const struct aldis_job *job)
{
    return job != NULL ? job->id : "";
}

const char *aldis_job_from(const struct aldis_job *job)
{
    return job != NULL ? job->from : "";
}

const char *aldis_job_sender(const struct aldis_job *job)
{
    return job != NULL ? job->sender : "";
}

const char *aldis_job_version(const struct aldis_job *job)
{
    return job != NULL ? job->version : "";
}

const char *aldis_job_traceparent(const struct aldis_job *job)
{
    return job != NULL ? job->traceparent : "";
}

const char *aldis_job_payload(const struct aldis_job *job, size_t *ret_size)
{
    bool is = job != NULL && job->has_payload;

    if (ret_size != NULL) {
        *ret_size = is ? job->payload_size : 0;
    }
    return is ? job->payload : NULL;
}

uint64_t aldis_job_left_ms(const struct aldis_job *job)
{
    ald_usec now = ald_loop_fresh();

    if (job == NULL || job->deadline == ALD_NEVER) {
        return UINT64_MAX;
    }
    return job->deadline > now ? (job->deadline - now) / ALD_MSEC : 0;
}

bool aldis_job_is_event(const struct aldis_job *job)
{
    return job != NULL && job->event;
}

bool aldis_job_is_cancelled(const struct aldis_job *job)
{
    return job == NULL || atomic_load(&job->cancelled) || aldis_job_left_ms(job) == 0;
}

struct aldis_client *aldis_job_client(const struct aldis_job *job)
{
    return job != NULL ? job->client : NULL;
}

void *aldis_job_data(const struct aldis_job *job)
{
    return job != NULL ? job->data : NULL;
}

void aldis_job_set_data(struct aldis_job *job, void *data)
{
    if (job != NULL) {
        job->data = data;
    }
}

size_t aldis_client_jobs(const struct aldis_client *client)
{
    return client != NULL ? atomic_load(&client->n_jobs) : 0;
}

/* --- statuses ----------------------------------------------------------------------------------------------------- */

static void status_run(struct ald_post *post, bool ended)
{
    struct status *status = ald_container(post, struct status, post);
    struct aldis_job *job = status->job;
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_client *inner = ended ? NULL : job->client->inner;

    if (inner != NULL && job->inner != NULL &&
        said_build(&status->said, ald_client_messages(inner), ALD_STATUS, &msg) == 0) {
        ald_job_status(job->inner, msg);
    }
    said_fini(&status->said);
    job_unref(job);
    free(status);
}

static int job_say(struct aldis_job *job, const struct said *what, const char *text, const char *details)
{
    struct status *status;
    int r;

    if (job == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    status = calloc(1, sizeof(*status));
    if (status == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    status->post = (struct ald_post){.run = status_run, .says = true};
    status->said = *what;
    status->job = job_ref(job);
    r = said_copy(text, &status->said.text);
    if (r == 0) {
        r = ald_api_json(details, 0, &status->said.details);
    }
    if (r == 0) {
        r = ald_engine_post(job->client->engine, &status->post);
    }
    if (r < 0) {
        said_fini(&status->said);
        job_unref(status->job);
        free(status);
    }
    return r;
}

int aldis_job_accept(struct aldis_job *job, const char *text)
{
    return job_say(job, &(struct said){.phase = ALD_PHASE_ACCEPTED}, text, NULL);
}

int aldis_job_progress(struct aldis_job *job, double completed, double total, const char *text, const char *details)
{
    const struct said what = {.phase = ALD_PHASE_RUNNING, .progress = true, .completed = completed, .total = total};

    if (!isfinite(completed) || !isfinite(total) || completed < 0 || completed > total) {
        return ald_trace(ALDIS_E_INVALID);
    }
    return job_say(job, &what, text, details);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static int job_fill_answer(struct said *said, const struct aldis_answer *answer)
{
    static const struct {
        uint8_t outcome, cause;
    } words[] = {
        [ALDIS_ANSWER_SUCCEEDED] = {ALD_SUCCEEDED, ALD_CAUSE_NONE},
        [ALDIS_ANSWER_FAILED] = {ALD_FAILED, ALD_CAUSE_AGENT_FAILED},
        [ALDIS_ANSWER_REFUSED] = {ALD_REFUSED, ALD_CAUSE_AGENT_REFUSED},
        [ALDIS_ANSWER_CANCELLED] = {ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK},
    };
    int r;

    if (answer == NULL || answer->size != sizeof(*answer) || (unsigned)answer->kind >= ALD_COUNT(words)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    *said = (struct said){.outcome = words[answer->kind].outcome, .cause = words[answer->kind].cause};
    r = ald_api_json(answer->payload, answer->payload_size, &said->payload);
    if (r == 0) {
        r = ald_api_json(answer->details, answer->details_size, &said->details);
    }
    if (r == 0) {
        r = said_copy(answer->text, &said->text);
    }
    if (r == 0) {
        r = said_copy(answer->code, &said->code);
    }
    return r;
}

static void job_give_answer(struct aldis_job *job, const struct said *said)
{
    job->answer = *said;
    if (ald_engine_post(job->client->engine, &job->answer_post) < 0) {
        job_end(job, NULL); /* nothing is inside any more */
    }
}

void aldis_job_give_up(struct aldis_job *job)
{
    if (job != NULL && !atomic_exchange(&job->answered, true)) {
        job_give_answer(job, &(struct said){.outcome = ALD_FAILED, .cause = ALD_CAUSE_AGENT_BROKE});
    }
}

int aldis_job_answer(struct aldis_job *job, const struct aldis_answer *answer)
{
    struct said said = {0};
    int r;

    ald_api_schemas_begin();
    if (job == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = job_fill_answer(&said, answer);
    if (r == 0 && said.outcome == ALD_SUCCEEDED && !job->event) {
        r = ald_api_schemas_say(job->client, ALD_API_REPLY, ald_str(job->name), ald_slice_str(said.payload));
    }
    if (r == 0 && atomic_exchange(&job->answered, true)) {
        r = ald_trace(ALDIS_E_INVALID);
    }
    if (r < 0) {
        said_fini(&said);
        return r;
    }
    job_give_answer(job, &said);
    return 0;
}
