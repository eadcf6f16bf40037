#pragma once

/*
 * Caller: sending commands, and learning what became of each.
 *
 *     aldis_client_call()      waits for the outcome
 *     aldis_client_submit()    returns at once; a callback hears of each status and, last, of the outcome
 *     aldis_client_send()      an event: nobody answers
 *
 * A command is submitted when there is a hub; until then, and when the hub is lost, it waits here. What was never sent
 * is submitted again at the next hub; what was sent is asked for by its id (`aldis:Outcome`), until the deadline; only
 * then is it `lost` (docs/fault-model.md).
 *
 * Threading: every function from any thread.
 */

#include "aldis/client.h"

ALDIS_EXTERN_BEGIN

/* How a command ended. What each one lets you conclude: docs/fault-model.md. */
enum aldis_outcome {
    ALDIS_PENDING,   /* not yet: what is reported is a status */
    ALDIS_SUCCEEDED, /* the agent did it; the payload is its reply */
    ALDIS_FAILED,    /* the agent answered with its own error: code, text, details */
    ALDIS_REFUSED,   /* it never ran; the cause says why */
    ALDIS_CANCELLED, /* taken back before it was sent, or the agent stopped it */
    ALDIS_EXPIRED,   /* the deadline came first; it may have run */
    ALDIS_LOST       /* it was sent, and the link, the agent or the hub vanished; it may have run */
};

/* How far a command came. Before SENT, no agent has seen it. Over links and `cd:` no hub tells: what was given to the hub, and is
 * not answered, is SENT there, whether or not an agent has seen it. */
enum aldis_phase {
    ALDIS_PHASE_SUBMITTED,
    ALDIS_PHASE_STORING,
    ALDIS_PHASE_QUEUED,
    ALDIS_PHASE_SENT,
    ALDIS_PHASE_ACCEPTED,
    ALDIS_PHASE_RUNNING,
    ALDIS_PHASE_DONE
};

/* Which channels of the target. */
enum aldis_mode {
    ALDIS_MODE_ANY,     /* one live channel, the least busy one */
    ALDIS_MODE_PRIMARY, /* the one that was elected and has confirmed */
    ALDIS_MODE_CHANNEL, /* the one that the address names */
    ALDIS_MODE_ALL      /* each that is there when it is submitted; partial results come as statuses */
};

/* "succeeded" ...; "pending" for ALDIS_PENDING. "submitted" ... "any" ... "unknown" for any other number. They live for
 * ever. */
ALDIS_API const char *aldis_outcome_name(enum aldis_outcome outcome);
ALDIS_API const char *aldis_phase_name(enum aldis_phase phase);
ALDIS_API const char *aldis_mode_name(enum aldis_mode mode);

/* What to send. Only `name` must be set; the rest has defaults. Borrowed for the call it is given to. */
struct aldis_command {
    size_t size; /* sizeof(struct aldis_command): set by ALDIS_COMMAND */
    /*
     * The address `[hub:]target[#channel]`; inside a name the bytes `: # / * ? . %` and blanks are percent-encoded. ""
     * is the hub itself; NULL is whoever answers what the hub does not, its controller. Of an event also `.`, `?` and `*`:
     * everybody who listed its name, at this hub, in this private network, everywhere.
     */
    const char *target;
    const char *name;        /* 1 to 255 bytes */
    const char *payload;     /* JSON; NULL: none */
    size_t payload_size;     /* bytes of it; 0: it ends with a NUL */
    enum aldis_mode mode;    /* a `target` with a channel means ALDIS_MODE_CHANNEL */
    uint64_t deadline_ms;    /* the outcome is told by then plus a second; 0: 30,000. Cut to [limits] deadline_max */
    bool idempotent;         /* it may be given to an agent again when a link is lost, instead of ending as lost */
    bool durable;            /* it must survive a crash of the hub; refused where there is no store */
    const char *collapse;    /* a newer command with this key replaces it while it waits; NULL */
    const char *version;     /* version of the application's interface; NULL */
    const char *traceparent; /* W3C trace context, passed on; NULL */
    const char *id;          /* a UUID that was never used; NULL: one is drawn. By it one finds the command's story */
    /* Events only, and only where the hub is one of the communicator family (<aldis/service.h>); any other drops them. */
    bool hold; /* when the target is expected and not there, keep it: for `deadline_ms`, 10 s to a day, or a minute */
    bool tell_away; /* when it is expected and not there, do not keep it, and say so: aldis_client_on_report() */
    bool report;    /* when it cannot be delivered, say so: the same */
    bool everyone;  /* to each channel of the target, on all hubs */
};

/* Begins every one: struct aldis_command it = {ALDIS_COMMAND, ...}; C++ before 20 sets `size` by hand. */
#define ALDIS_COMMAND .size = sizeof(struct aldis_command)

/* One channel's part of a command in mode `all`. */
struct aldis_member {
    const char *channel;
    enum aldis_outcome outcome;
    const char *cause; /* "" when it succeeded */
    const char *code;  /* NULL: none; so are the next ones */
    const char *text;
    const char *payload; /* JSON */
    size_t payload_size;
    const char *details; /* JSON */
    size_t details_size;
};

/*
 * What is known of a command. Later versions append members; only the library makes these. All text ends with a NUL and
 * lives as long as the report. JSON is exactly what the agent sent.
 */
struct aldis_report {
    enum aldis_outcome outcome; /* ALDIS_PENDING: this is a status */
    enum aldis_phase phase;     /* how far it is; with an outcome, how far it came before that */
    const char *id;             /* the command's, a UUID */
    const char *cause;          /* why it did not succeed, one of the words of <aldis/names.h>; "" when there is none */
    const char *text;           /* the same for people; "" when there is nothing to say */
    const char *code;           /* the agent's own error code; NULL: none */
    const char *channel;        /* of the agent, where it is known; NULL */
    const char *payload;        /* JSON; NULL: none */
    size_t payload_size;
    const char *details; /* JSON that the agent added; NULL: none */
    size_t details_size;
    bool has_progress; /* a status that says how much of how much */
    double completed, total;
    /* Mode `all`: with an outcome every member, in a status the one that has ended. */
    const struct aldis_member *members;
    size_t n_members;
    bool incomplete; /* there was no memory for payload, details and members here; the outcome is right all the same */
};

/*
 * Send `command` and wait for its outcome. Gives the report, with an outcome; free it with aldis_report_free(). A
 * driven client is turned meanwhile, so its callbacks may come. Errors: ALDIS_E_INVALID (also: not started),
 * ALDIS_E_CLOSED, ALDIS_E_CALLBACK (called in a callback of this client, which would wait for itself), ALDIS_E_NOMEM.
 * An error means that nothing was sent.
 */
ALDIS_API ALDIS_RESULT int aldis_client_call(struct aldis_client *client, const struct aldis_command *command,
                                             struct aldis_report **ret_report);
ALDIS_API struct aldis_report *aldis_report_free(struct aldis_report *report); /* NULL is fine; returns NULL */

struct aldis_call;

/*
 * `report` is borrowed for the callback. It comes for statuses, and exactly once and last with an outcome; never inside
 * the call that submitted it.
 */
typedef void aldis_report_fn(struct aldis_call *call, const struct aldis_report *report, void *data);

/*
 * Send `command`; `fn` (NULL: nobody) hears of it, with `data`. Gives the call through `ret_call` (NULL: not wanted),
 * to cancel it; let go of it with aldis_call_free() whenever you like, also before the outcome, which comes all the
 * same. In `fn` the call is valid either way. Before the start it waits for it. Errors: ALDIS_E_INVALID,
 * ALDIS_E_CLOSED, ALDIS_E_NOMEM: nothing was sent, and `fn` is not called.
 */
ALDIS_API ALDIS_RESULT int aldis_client_submit(struct aldis_client *client, const struct aldis_command *command,
                                               aldis_report_fn *fn, void *data, struct aldis_call **ret_call);

/*
 * Take it back. What was not sent is cancelled at once; else the hub asks the agent, and what comes first decides: its
 * reply, its confirmation, the deadline. The outcome comes to `fn` in any case. Of a call that has its outcome nothing
 * is taken back. Errors: ALDIS_E_INVALID.
 */
ALDIS_API int aldis_call_cancel(struct aldis_call *call);
/* The id of its command, a UUID; lives as long as the call. NULL for NULL. */
ALDIS_API const char *aldis_call_id(const struct aldis_call *call);
ALDIS_API struct aldis_call *aldis_call_free(struct aldis_call *call); /* NULL is fine; returns NULL */

/* There was no hub to send the event to, so it was dropped. */
enum { ALDIS_SEND_AWAY = 1 };

/*
 * Send an event: `command` without an answer, whose mode must be `any` and which has no deadline unless it says one.
 * Outcome: ALDIS_SEND_AWAY, never with `events_kept`. 0 says that it is on its way to the hub that is connected, or waits
 * for one (`events_kept`); if that connection ends first, or the hub's protocol has no form for it, it is dropped and
 * counted. Errors: ALDIS_E_INVALID, ALDIS_E_CLOSED, ALDIS_E_NOMEM.
 */
ALDIS_API ALDIS_RESULT int aldis_client_send(struct aldis_client *client, const struct aldis_command *event);
/* Events that were dropped: those that aldis_client_send() took and could not say, and those that came to an agent while too
 * many before them were unanswered, or while it drains. 0 for NULL. */
ALDIS_API uint64_t aldis_client_events_dropped(const struct aldis_client *client);

ALDIS_EXTERN_END
