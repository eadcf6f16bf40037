#pragma once

/*
 * Agent: serving commands of a target. A client with `target` set registers under that name; each command or event that
 * comes is a *job*, handed to the handler of its name, and answered exactly once: in the handler or later, from any
 * thread. An event is answered too, although nobody hears it: that is how a job ends.
 *
 * A *controller* is the agent of the target that `[hub] controller` names: to it go the commands that are addressed to
 * no target and that the hub does not answer itself. It needs nothing else; set a handler for all names (NULL).
 *
 * Several agents may serve one target; each is a channel of it, and the hub elects one primary among them.
 *
 * Threading: every function from any thread. Callbacks come as <aldis/client.h> says.
 */

#include "aldis/client.h"

ALDIS_EXTERN_BEGIN

/*
 * Lifetime: from the handler's call until one of the functions that answer it succeeds, or aldis_job_give_up(); then it
 * must not be touched any more. That holds for commands and events alike. It outlives its client: answered after that,
 * it is let go of, and nobody hears of it. One that is never answered keeps its memory, and its place among those that the
 * client takes (`jobs_max`). An answer in the handler frees that before the next job comes.
 */
struct aldis_job;

/*
 * Have `fn` called, with `data`, for commands and events called `name`; NULL: for those that no other handler takes.
 * `fn` NULL: for them nobody from now on. A command that nobody takes is refused (`no_handler`). Errors:
 * ALDIS_E_INVALID, ALDIS_E_NOMEM.
 */
typedef void aldis_job_fn(struct aldis_job *job, void *data);
ALDIS_API ALDIS_RESULT int aldis_client_on_command(struct aldis_client *client, const char *name, aldis_job_fn *fn,
                                                   void *data);

/* What the job is. Text is never NULL ("" where there is none), ends with a NUL and lives as long as the job. */
ALDIS_API const char *aldis_job_name(const struct aldis_job *job);
ALDIS_API const char *aldis_job_id(const struct aldis_job *job);      /* the hub's id of the command */
ALDIS_API const char *aldis_job_from(const struct aldis_job *job);    /* target of the sender, as the hub knows it */
ALDIS_API const char *aldis_job_version(const struct aldis_job *job); /* as the caller said it */
ALDIS_API const char *aldis_job_traceparent(const struct aldis_job *job); /* as the caller said it */
/* The payload, JSON as the caller sent it; NULL: it sent none. `ret_size` (may be NULL) is told its bytes. */
ALDIS_API const char *aldis_job_payload(const struct aldis_job *job, size_t *ret_size);
/* Milliseconds that are left until the deadline: 0 when it has passed, UINT64_MAX when it is not known. */
ALDIS_API uint64_t aldis_job_left_ms(const struct aldis_job *job);
/* An event: nobody waits for an answer, and what it is answered with goes nowhere. It must be answered all the same, now
 * or later, since that ends the job. */
ALDIS_API bool aldis_job_is_event(const struct aldis_job *job);
/* Nobody needs it any more: it was taken back, its deadline has passed, or its connection has ended. Answer it all the
 * same. */
ALDIS_API bool aldis_job_is_cancelled(const struct aldis_job *job);
/* The client that it came to; it may be freed already, so only compare it. */
ALDIS_API struct aldis_client *aldis_job_client(const struct aldis_job *job);
/* A pointer of the program's own. NULL at first. Set and read it from one thread at a time. */
ALDIS_API void *aldis_job_data(const struct aldis_job *job);
ALDIS_API void aldis_job_set_data(struct aldis_job *job, void *data);

/*
 * Say how far it is; callers that asked for it hear it. Statuses may be dropped on the way. `text` is for people,
 * `details` is JSON; either may be NULL. Errors: ALDIS_E_INVALID (also: not `0 <= completed <= total`, or not finite),
 * ALDIS_E_NOMEM, ALDIS_E_CLOSED.
 */
ALDIS_API int aldis_job_accept(struct aldis_job *job, const char *text);
ALDIS_API int aldis_job_progress(struct aldis_job *job, double completed, double total, const char *text,
                                 const char *details);

enum aldis_answer_kind {
    ALDIS_ANSWER_SUCCEEDED, /* it was done */
    ALDIS_ANSWER_FAILED,    /* it was tried, and went wrong: code, text, details */
    ALDIS_ANSWER_REFUSED,   /* it was not even begun */
    ALDIS_ANSWER_CANCELLED  /* it was stopped, because it was taken back */
};

/* How a job ends. */
struct aldis_answer {
    size_t size; /* sizeof(struct aldis_answer): set by ALDIS_ANSWER */
    enum aldis_answer_kind kind;
    const char *payload; /* JSON; NULL: none */
    size_t payload_size; /* bytes of it; 0: it ends with a NUL */
    const char *code;    /* the application's own error code; NULL: none */
    const char *text;    /* for people; NULL: what the kind says by itself */
    const char *details; /* JSON; NULL: none */
    size_t details_size; /* bytes of it; 0: it ends with a NUL */
};

/* Begins every one: struct aldis_answer it = {ALDIS_ANSWER, ...}; C++ before 20 sets `size` by hand. */
#define ALDIS_ANSWER .size = sizeof(struct aldis_answer)

/*
 * Answer the job, which ends with it. Borrows `answer`. That of an event goes nowhere. If the connection that the
 * command came over is gone, the answer is dropped: the hub has told the caller `lost` (exchange has no other connection
 * to say it on); of a link it is said over the next connection, as long as its session lasts. Errors: ALDIS_E_INVALID
 * (NULL, no JSON), ALDIS_E_NOMEM: nothing was said, and the job stands; answer it with less, or give it up.
 */
ALDIS_API ALDIS_RESULT int aldis_job_answer(struct aldis_job *job, const struct aldis_answer *answer);
/* The usual ones; each as aldis_job_answer(). */
ALDIS_API ALDIS_RESULT int aldis_job_succeed(struct aldis_job *job, const char *payload);
ALDIS_API ALDIS_RESULT int aldis_job_fail(struct aldis_job *job, const char *code, const char *text);
ALDIS_API ALDIS_RESULT int aldis_job_refuse(struct aldis_job *job, const char *text);
/* It was stopped, as aldis_job_is_cancelled() or the callback asked. */
ALDIS_API ALDIS_RESULT int aldis_job_confirm_cancel(struct aldis_job *job);

/* Answer the job with `failed` (`agent_broke`), which needs no memory and cannot go wrong; for an event the shortest way
 * to end it. NULL is fine. */
ALDIS_API void aldis_job_give_up(struct aldis_job *job);

/* A command that was handed to a handler was taken back, or its deadline has passed. It is to be answered all the same.
 * An agent that cannot stop goes on. `job` is borrowed for the callback. Errors: ALDIS_E_INVALID. */
ALDIS_API int aldis_client_on_cancelled(struct aldis_client *client, aldis_job_fn *fn, void *data);

/*
 * We became (`primary`), or ceased to be, the primary of our target, in election `term`, which grows from one to the
 * next; 0: the hub does not count. When the callback returns, that is confirmed: after a `false` nobody may act as
 * primary here any more. A connection that ends makes us no primary either, and a hub says so by promoting another one
 * only when it is sure: so `false` is also told when the connection ends. Errors: ALDIS_E_INVALID.
 */
typedef void aldis_primary_fn(struct aldis_client *client, bool primary, uint64_t term, void *data);
ALDIS_API int aldis_client_on_primary(struct aldis_client *client, aldis_primary_fn *fn, void *data);

/*
 * The hub asks whether we do well: answer with aldis_client_healthy(), now or within its patience (10 s, [exchange]
 * healthcheck_timeout). Without a callback we always do. After three bad answers in a row the hub asks us to leave.
 * Errors: ALDIS_E_INVALID.
 */
typedef void aldis_health_fn(struct aldis_client *client, void *data);
ALDIS_API int aldis_client_on_health(struct aldis_client *client, aldis_health_fn *fn, void *data);
/* Answer the latest question; `detail` (may be NULL) is for people. Errors: ALDIS_E_INVALID, ALDIS_E_NOMEM,
 * ALDIS_E_CLOSED. */
ALDIS_API int aldis_client_healthy(struct aldis_client *client, bool healthy, const char *detail);

/* Jobs that are not answered yet. 0 for NULL. */
ALDIS_API size_t aldis_client_jobs(const struct aldis_client *client);

ALDIS_EXTERN_END
