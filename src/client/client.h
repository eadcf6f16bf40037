#pragma once

/*
 * Client: one program's connection to the exchange, kept up over a list of URLs: it dials, says hello, reconnects with
 * jittered back-off, and carries the program's calls and the commands it serves. libaldis and the command line stand on
 * it; it knows nothing of a hub's inside.
 *
 * It speaks dialect exchange in the role party, with the extension where the hub announces it, or dialect communicator,
 * as the URL says (client/way.h). What a protocol has no words for does less: ald_client_can_say().
 *
 * Lifetime:   ald_client_new() to ald_client_free(). Callbacks may call anything here but ald_client_free() of the client
 *             that calls them; ald_client_close() is the way to end from within.
 * Threading:  the loop's thread.
 * Promise:    every call handed to ald_client_call() ends in exactly one outcome, by its deadline plus a second, whatever
 *             becomes of hubs and links: what was never sent is submitted again; what was sent is asked for by id
 *             (`aldis:Outcome`) at the next hub that answers, and taken back there (`aldis:Cancel`) if the program wants
 *             that; only when that hub does not know it, or none answers
 *             before the deadline, is it `lost` (DESIGN section 1, rules). So it is where the hub cannot be asked: one that
 *             does not speak the extension, or a genuine communicatord.
 */

#include "base/block.h"
#include "client/way.h"
#include "msg/msg.h"
#include "msg/news.h"

struct ald_buf;
struct ald_client;
struct ald_net;
struct ald_why;

enum ald_client_state {
    ALD_CLIENT_WAITING,    /* between two attempts */
    ALD_CLIENT_CONNECTING, /* dialling, or waiting for the answer to our hello */
    ALD_CLIENT_READY,
    ALD_CLIENT_CLOSED /* for good: closed by us, or refused so that trying again makes no sense */
};

/* A command to serve, until it is answered. Borrowed members live that long. */
struct ald_job;

/* What became of an event that asked for a report. Borrowed for the callback. */
struct ald_event_report {
    struct ald_str name;  /* of the event */
    bool kept;            /* its target is away, and it waits for that at the hub */
    enum ald_cause cause; /* else why it was not delivered */
};

struct ald_client_callbacks {
    /* `text` says where (CONNECTING, READY: the URL) or why (WAITING, CLOSED); borrowed. `retry_in` is set in WAITING. */
    void (*state)(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in);
    /* A command or an event arrived. The callee ends it with ald_job_reply() now or later. NULL: we serve nothing. */
    void (*command)(void *owner, struct ald_job *job);
    /* The hub took it back (the caller cancelled, or its deadline passed). Answer it all the same: outcome cancelled when
     * it was stopped. NULL: cancels are ignored. */
    void (*cancelled)(void *owner, struct ald_job *job);
    /* Nobody waits for its answer any more: the connection that it came over has ended, and with it the session, if there was one.
     * It is answered all the same. The callee takes note, and calls nothing here. NULL: nobody wants to know. */
    void (*orphaned)(void *owner, struct ald_job *job);
    /* We became, or ceased to be, the primary of our target. May be NULL. */
    void (*primary)(void *owner, bool primary, uint64_t term);
    /* The hub asks whether we are healthy: answer now or later with ald_client_healthy(). NULL: always healthy. */
    void (*health)(void *owner);
    /* Append to `out` the names of the commands and events that we serve, comma separated: a hub of the communicator family is
     * told them, when it asks and when ald_client_tell_names() is called. Errors are those of the buffer. NULL: none. */
    int (*names)(void *owner, struct ald_buf *out);
    /* The hub told of the world around it, or answered (`is_answer`) an ald_client_ask(). NULL: nobody wants to know. */
    void (*news)(void *owner, const struct ald_news *news, bool is_answer);
    /* It told what became of an event. NULL as well. */
    void (*report)(void *owner, const struct ald_event_report *report);
    /* An event is dropped: one that waited for a hub, because there were too many, its time is over, or the client ends; or one
     * that came, because too many before it are not answered, or the client takes no more. NULL too. */
    void (*dropped)(void *owner, const struct ald_msg *event);
};

/* The names by which hubs of that family tell news of themselves: whoever wants to hear them, has them among its names. */
#define ALD_CLIENT_NEWS_NAMES                                                                                          \
    "BLOCK,CLOCK_STABLE,CLOCK_UNSTABLE,CLUSTER_COMPLETE,CLUSTER_DOWN,CLUSTER_INCOMPLETE,CLUSTER_UP,DISCONNECTED,"      \
    "HANGUP,NEW_REMOTE_CONNECTION,STATUS,UNREACHABLE"

struct ald_client_options {
    const char *const *urls; /* as client/url.h has them; tried in turn; ends with NULL */
    const char *inproc;      /* instead of URLs: the name of a listener in this process, on the same net; NULL */
    const struct ald_way *inproc_way; /* and what is spoken there, of ald_ways_inproc; NULL: the first of them */
    const char *target;               /* serve this target; NULL: be a caller only */
    const char *token;      /* said as `Authorization: Bearer` in every upgrade; NULL. Never shown or logged */
    const char *secret;     /* shown in every datagram; NULL. Never logged either */
    const char *ca_file;    /* wss, cds: trust this instead of the system's; NULL */
    const char *cert_file;  /* wss, cds: the certificate to show, PEM; NULL: none */
    const char *key_file;   /* wss, cds: its key, PEM; NULL: it is in cert_file */
    bool insecure;          /* wss, cds: do not verify */
    bool reconnect;         /* else the first failure closes the client */
    ald_usec backoff_first; /* before the first retry (0.25 s), doubled each time, up to backoff_max (30 s); */
    ald_usec backoff_max;   /* the wait is drawn from the upper half of that, so that a crowd spreads out */
    size_t jobs_max;        /* commands served at once, 1,024; one more is refused `busy` */
    size_t event_jobs_max;  /* events that came and are not answered, 65,536; one more is dropped */
    size_t events_kept;     /* events that wait while there is no hub, 0; one more and the oldest is dropped */
    size_t window_max;   /* where the hub gives us a session: so many messages may wait to be acknowledged, 65,536, */
    size_t window_bytes; /* and so much of them, 32 MiB; then calls wait, and events as if there was no hub */
};

/* All that waits may cost so much, whatever it counts: what a program that says more has in mind is no queue. */
enum { ALD_CLIENT_EVENTS_COST_MAX = 16 * 1024 * 1024 };
/* And so all events together that came and are not answered, except that there may always be one. No hub keeps more for one
 * session (link.md 2.7 has no limit, ours the same as window_bytes). */
enum { ALD_CLIENT_EVENT_JOBS_COST_MAX = 32 * 1024 * 1024 };

/* The defaults given above; no urls, no target, reconnect. */
void ald_client_options_init(struct ald_client_options *options);

/*
 * Gives a client that dials in the next turn. Borrows `options` for the call. `ret_why` (may be NULL) tells what is wrong
 * with which URL or file. Outcome: ALD_CLIENT_BAD_URL (or one over which nobody can be called as the target is). Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID (no URL; a token that
 * cannot stand in a header), ALDIS_E_TLS (the
 * CA file, the certificate or its key).
 */
enum { ALD_CLIENT_BAD_URL = 1 };
ALD_NODISCARD int ald_client_new(struct ald_net *net, const struct ald_client_options *options,
                                 const struct ald_client_callbacks *callbacks, void *owner, struct ald_why *ret_why,
                                 struct ald_client **ret_client);
/*
 * Take no new work: say goodbye and refuse commands (`draining`), but answer those that run. The hub ends the connection
 * when they are answered, or its patience is over; CLOSED follows then. A hub of the communicator family, and one that gave
 * us a session, would end the connection at our goodbye, so it comes when all is answered, and CLOSED as well; a session
 * that breaks meanwhile is resumed first. A hub of the plain exchange is told nothing, so there the program closes.
 */
void ald_client_drain(struct ald_client *client);
/* It is in a session that outlives its connections, or that is away: then a drain needs no close behind it, which would end the
 * session before the hub has heard everything. */
bool ald_client_in_session(const struct ald_client *client);
/* The present connection goes on with the session of an earlier one: of what was said meanwhile nothing is missing. */
bool ald_client_resumed(const struct ald_client *client);
/* Ends it in order: goodbye, flush; state CLOSED follows. Calls without an outcome end as lost, or cancelled if unsent. */
void ald_client_close(struct ald_client *client);
/* Ends it now, without waiting for the hub: state CLOSED comes inside this call, after it the calls' outcomes, as for
 * ald_client_close(). What was said before still goes out. */
void ald_client_abort(struct ald_client *client);
/* Ends it at once. Calls and jobs that still stand are gone without a word, and must not be touched any more. */
struct ald_client *ald_client_free(struct ald_client *client);
ALD_DEFINE_CLEANUP(struct ald_client *, ald_client_free);

/* Where messages for calls and replies are made. */
struct ald_msg_pool *ald_client_messages(struct ald_client *client);
/* Whether the hub it is connected to takes all of `what` (ALD_WAY_*). */
bool ald_client_can_say(const struct ald_client *client, unsigned what);
/* Tell the hub our names anew, where they have changed and it is one that wants to know. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_client_tell_names(struct ald_client *client);
/* What it is now. */
enum ald_client_state ald_client_state(const struct ald_client *client);
/* Where the latest attempt went. */
const char *ald_client_url(const struct ald_client *client);
/* The target that the hub registered us as, since the last READY; absent before, and for a caller. */
struct ald_str ald_client_target(const struct ald_client *client);

/* How a call went on and ended. Borrowed until the callback says something itself or returns. */
struct ald_call_report {
    enum ald_outcome outcome; /* ALD_OUTCOME_NONE: a status; else this is the last report */
    enum ald_phase phase;
    enum ald_cause cause;
    const struct ald_msg *msg; /* the agent's reply or status, or NULL when the hub or the client itself decided */
    struct ald_str text;       /* why, for people; may be absent */
    struct ald_str channel;    /* may be absent */
    /* What was subscribed to: something is missing that was published before; 0: nothing (docs/wire-link.md 5). */
    ald_wall gap;
};
struct ald_call;
typedef void (*ald_call_fn)(void *owner, struct ald_call *call, const struct ald_call_report *report);

/*
 * Submit `command` (shares; sealed, kind command, wire_id a fresh UUID, ttl its deadline from now). `fn` hears of its
 * statuses and, exactly once and last, of its outcome; never inside this call. Gives the call, which lives until that last
 * report returns. Errors: ALDIS_E_NOMEM, ALDIS_E_CLOSED.
 */
ALD_NODISCARD int ald_client_call(struct ald_client *client, struct ald_msg *command, ald_call_fn fn, void *owner,
                                  struct ald_call **ret_call);
/* What was submitted. Lives as long as the call. */
const struct ald_msg *ald_call_command(const struct ald_call *call);
/* Take it back: unsent it is cancelled at once, else the hub is asked, and what comes first decides. */
void ald_call_cancel(struct ald_call *call);

/*
 * Say an event (shares): sent when connected now. Else it waits, where options.events_kept lets it: what waits is said when
 * a hub has taken us in, in order and before anything newer. Outcomes: ALD_CLIENT_AWAY, there is no hub; ALD_CLIENT_UNSAID,
 * the protocol has no form for it, it is too large, or the network did not take it (ald_client_trouble()). Errors:
 * ALDIS_E_NOMEM.
 */
enum { ALD_CLIENT_AWAY = 1, ALD_CLIENT_UNSAID };
ALD_NODISCARD int ald_client_send(struct ald_client *client, struct ald_msg *event);
/* Why the latest was unsaid; for people. */
const char *ald_client_trouble(const struct ald_client *client);

/*
 * Ask the hub for news of `topic`, about `target` where there are several; LOAD: `wants` it from now on, else no more. The
 * answer comes as news, or never. Outcomes and errors: as ald_client_send().
 */
ALD_NODISCARD int ald_client_ask(struct ald_client *client, enum ald_topic topic, struct ald_str target, bool wants);

/* The command of a job: name, payload, from, ttl (when it arrived). */
const struct ald_msg *ald_job_command(const struct ald_job *job);
void *ald_job_data(const struct ald_job *job);
void ald_job_set_data(struct ald_job *job, void *data);
/* The connection it came over has ended: nobody waits for the answer any more (answer all the same, to end it). */
bool ald_job_orphaned(const struct ald_job *job);
/* It is an event: nobody ever waits for an answer. */
bool ald_job_event(const struct ald_job *job);
/* Commands and events that are not answered yet. */
size_t ald_client_jobs(const struct ald_client *client);
/* Say how far it is. Dropped where the hub does not take statuses. Shares. */
void ald_job_status(struct ald_job *job, struct ald_msg *status);
/*
 * Answer: `reply` (shares; sealed, kind reply) is sent if the connection the command came over still stands, else it is
 * dropped: the hub has told the caller `lost`. NULL: there was no memory for one, so the connection is ended instead, which
 * tells the hub as much. Ends the job.
 */
void ald_job_reply(struct ald_job *job, struct ald_msg *reply);

/* Answer the latest health question. `detail` may be NULL; borrowed. */
void ald_client_healthy(struct ald_client *client, bool healthy, const char *detail);
