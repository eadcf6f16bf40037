#pragma once

/*
 * Service: what a program of the communicator family has beside commands and events: news of the world around its hub,
 * and what became of the events it sent. A client is such a program when its URL says so (cd:, cds:), whoever is at the
 * other end, aldisd or a genuine communicatord; with `target` it registers under that name.
 *
 *     aldis_client_on_command()   a handler for each name: what HELP is answered with, and which broadcasts come
 *     aldis_client_send()         a message: to `service`, `hub:service`, or `.` `?` `*`, which are many
 *     options.events_kept         messages sent while there is no hub wait for one
 *
 * ALIVE, HELP, READY, STOP, QUITTING and their like are answered by the library. STOP and QUITTING end the client: its
 * state is CLOSED then.
 *
 * Threading: every function from any thread.
 */

#include "aldis/agent.h"
#include "aldis/caller.h"

ALDIS_EXTERN_BEGIN

/*
 * The address of the sender, for the `target` of what is sent back: `hub:service`, or `service` where the hub is not said.
 * "" where it is not known. Never NULL; lives as long as the job.
 */
ALDIS_API const char *aldis_job_sender(const struct aldis_job *job);

/* What became of an event that asked for a report (aldis_command.report, .tell_away). Text is never NULL. */
struct aldis_event_report {
    const char *name;  /* of the event */
    bool kept;         /* its target is away, and it waits for that at the hub; a failure may still be told */
    const char *cause; /* else why it was not delivered, one of the words of <aldis/names.h> */
    const char *text;  /* the same for people */
};

/* `report` is borrowed for the callback. That an event was delivered is never told. Errors: ALDIS_E_INVALID. */
typedef void aldis_event_report_fn(struct aldis_client *client, const struct aldis_event_report *report, void *data);
ALDIS_API int aldis_client_on_report(struct aldis_client *client, aldis_event_report_fn *fn, void *data);

/* What news is about. */
enum aldis_topic {
    ALDIS_TOPIC_PRESENCE, /* a service came or went: `name`, `state` up, down or unknown, `hub`, `since`, `until` */
    ALDIS_TOPIC_TARGETS,  /* `detail`: the services of this hub, comma separated; only as an answer */
    ALDIS_TOPIC_HUB,      /* another hub: `hub`, `state` linked, left or broke */
    ALDIS_TOPIC_CLUSTER,  /* `state` up or down (is there a quorum), `complete`, `number`: hubs that there should be */
    ALDIS_TOPIC_CLOCK,    /* `state` checking, verified, no_ntp or invalid */
    ALDIS_TOPIC_LOAD,     /* of one processor of `hub`, at `since`: `load`; only to those who asked */
    ALDIS_TOPIC_UNREACHABLE, /* `name`: the address of a hub that does not answer */
    ALDIS_TOPIC_ADDRESSES,   /* `name`: where other hubs find this one, `detail`: with TLS; only as an answer */
    ALDIS_TOPIC_INTRUSION    /* `name`: the address that tried to get in, `detail`: for people */
};

/* Later versions append members; only the library makes these. Text is never NULL ("" where there is none). */
struct aldis_news {
    enum aldis_topic topic;
    bool answer; /* to aldis_client_ask() */
    const char *name, *hub, *detail;
    const char *state; /* a word, as the topic says */
    bool complete;
    unsigned number;
    double load;
    uint64_t since, until; /* microseconds since 1970; 0: not known, or not ended */
};

/*
 * Hear news, as they come and as answers; `news` is borrowed for the callback. Without it a hub is not asked to tell any.
 * Errors: ALDIS_E_INVALID, ALDIS_E_NOMEM.
 */
typedef void aldis_news_fn(struct aldis_client *client, const struct aldis_news *news, void *data);
ALDIS_API ALDIS_RESULT int aldis_client_on_news(struct aldis_client *client, aldis_news_fn *fn, void *data);

/*
 * Ask for news of `topic`, about the service `target` (NULL but for PRESENCE). The answer comes to the callback, or never:
 * not every hub knows everything. LOAD: from now on, or with `wants` false no more; else `wants` says nothing. A question
 * that no hub can be asked now is dropped. Outcome: ALDIS_SEND_AWAY, there is no hub. Errors: ALDIS_E_INVALID,
 * ALDIS_E_CLOSED, ALDIS_E_NOMEM.
 */
ALDIS_API ALDIS_RESULT int aldis_client_ask(struct aldis_client *client, enum aldis_topic topic, const char *target,
                                            bool wants);

ALDIS_EXTERN_END
