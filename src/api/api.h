#pragma once

/*
 * Inside of the public client, which its files share:
 *
 *     client.c    its life
 *     options.c   what the program wants, checked
 *     call.c      commands and events out
 *     job.c       commands in, their statuses and answers
 *     answer.c    the usual answers
 *     news.c      news and reports of the hub
 *     handlers.c  who takes which command
 *     report.c    what the program is told of a call
 *     engine.c    the loop and its threads
 *
 * Whatever the program calls copies what it needs into memory of its own on the calling thread, where it can still be
 * told that an argument is wrong or memory is short, and posts it to the engine. There, inside, and only there, the
 * client of src/client is touched. What may be asked at once (the state, the number of jobs) is kept twice for that.
 */

#include <stdatomic.h>

#include "aldis/agent.h"
#include "aldis/caller.h"
#include "aldis/client.h"
#include "aldis/service.h"
#include "api/engine.h"
#include "api/handlers.h"
#include "client/client.h"

/* Callbacks that are not by name, with what they are told. Guarded by the engine's lock. */
struct ald_api_hooks {
    aldis_state_fn *state;
    void *state_data;
    aldis_job_fn *cancelled;
    void *cancelled_data;
    aldis_primary_fn *primary;
    void *primary_data;
    aldis_health_fn *health;
    void *health_data;
    aldis_event_report_fn *report;
    void *report_data;
    aldis_news_fn *news;
    void *news_data;
};

struct aldis_client {
    atomic_uint refs;
    struct ald_engine *engine; /* shares */
    bool own_engine;           /* it ends with us */
    bool keeps_events;         /* they wait for a hub */
    struct ald_node node;      /* in the residents of a hub; inside */
    struct ald_post dispose_post;
    struct ald_alarm dispose_alarm;
    struct ald_task dispose_task;
    atomic_bool freed; /* the program has let go */
    atomic_uint_fast64_t n_dropped;
    atomic_size_t n_jobs;

    /* Guarded by the engine's lock. */
    bool started;
    bool gone; /* nothing of it stands on the loop any more */
    uint8_t state;
    char given[ALD_NAME_MAX + 1];
    struct ald_handlers handlers;
    struct ald_api_hooks hooks;
    struct aldis_schemas *schemas; /* shares; NULL: none */

    /* Inside. */
    struct ald_client *inner;                /* NULL: gone, or (in a hub) not started */
    struct ald_client_options inner_options; /* what it is made with when it is started, in a hub; its text is ours */
    bool primary;
    uint64_t term;
    int disposing; /* how far that is */
    struct ald_node calls;
    struct ald_node jobs;
};

/* client.c */

/*
 * Gives a client on `engine` (shares) with one reference; `own`: the engine is ended with it. Its inner client is made
 * now, or, when `options` name a listener in this process, at the start. Borrows `options`. As aldis_client_new().
 */
ALD_NODISCARD int ald_api_client_new(struct ald_engine *engine, bool own, const struct ald_client_options *options,
                                     struct ald_why *ret_why, struct aldis_client **ret_client);
struct aldis_client *ald_api_ref(struct aldis_client *client);
struct aldis_client *ald_api_unref(struct aldis_client *client); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct aldis_client *, ald_api_unref);
/* Have `fn` called inside, with the inner client, if there is one then. Errors: ALDIS_E_NOMEM, ALDIS_E_CLOSED. */
ALD_NODISCARD int ald_api_want(struct aldis_client *client, void (*fn)(struct ald_client *inner));
/* Take it off the loop now; its calls end. Inside. */
void ald_api_evict(struct aldis_client *client);

/* options.c */

/* The URLs that hold where a program gives none. */
struct ald_api_urls {
    const char *list[65];
    char room[4096];
};

/*
 * Translate what the program gave. `urls` is where the default is built: it lives as long as `to` is used. Errors:
 * ALDIS_E_INVALID, of which `why` tells.
 */
ALD_NODISCARD int ald_api_options(const struct aldis_client_options *from, struct ald_client_options *to,
                                  struct ald_api_urls *urls, struct ald_why *why);
/* A span of the program's, as ours; too long ones are as long as possible. */
ald_usec ald_api_span(uint64_t msec);
/* `text` is a name as the exchange has them: not empty, not too long, UTF-8. */
bool ald_api_name_fits(const char *text);
/* NULL, or text that is UTF-8. */
bool ald_api_text_fits(const char *text);
/* Gives a slice with a copy of JSON: nothing for NULL. `size` 0: up to its NUL. Errors: ALDIS_E_INVALID (no JSON),
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_api_json(const char *json, size_t size, struct ald_slice *ret_slice);

/* call.c */

/* For the callback `dropped`. */
void ald_api_dropped(void *owner, const struct ald_msg *event);
/* Every call that still stands ends as lost. Inside, when the inner client is gone. */
void ald_api_calls_end(struct aldis_client *client);

/* job.c */

extern const struct ald_client_callbacks ald_api_callbacks; /* the owner is the client */

/* The inner client is gone: what is answered from now on goes nowhere. */
void ald_api_jobs_end(struct aldis_client *client);
/* news.c */

/* The names of the handlers may have changed: tell the hub. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_api_names_changed(struct aldis_client *client);
/* For the callbacks of these names. */
int ald_api_names(void *owner, struct ald_buf *out);
void ald_api_news(void *owner, const struct ald_news *news, bool is_answer);
void ald_api_report(void *owner, const struct ald_event_report *report);

/* For the callback `state` of ald_api_callbacks. */
void ald_api_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in);
