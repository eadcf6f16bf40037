#pragma once

/*
 * Inside of the client, which its files share:
 *
 *     client.c   its life and its options
 *     way.c      what a scheme stands for
 *     link.c     one connection after the other, and when to try the next
 *     session.c  what goes on over several of them
 *     carrier_stream.c, carrier_datagram.c   how its frames travel
 *     heard.c    what the hub says
 *     call.c     the caller's side
 *     event.c    events, and those that wait for a hub
 *     job.c      the agent's side
 */

#include "base/list.h"
#include "base/rng.h"
#include "base/table.h"
#include "client/carrier.h"
#include "client/client.h"
#include "client/session.h"
#include "client/url.h"
#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/stream.h"
#include "transport/udp.h"
#include "wire/communicator/communicator.h"
#include "wire/exchange/exchange.h"
#include "wire/link/link.h"

/* More hubs than anyone lists; against a mistaken argument. */
enum { CLIENT_URLS_MAX = 64 };
/* One array for whichever dialect is spoken. */
enum {
    CLIENT_COUNTERS =
        ALD_MAX((int)ALD_LINK_N_COUNTERS, ALD_MAX((int)ALD_EXCHANGE_N_COUNTERS, (int)ALD_COMMUNICATOR_N_COUNTERS))
};

struct ald_client {
    struct ald_net *net;
    struct ald_loop *loop;
    struct ald_client_callbacks callbacks;
    void *owner;

    /* Options. */
    struct ald_url *urls;
    size_t n_urls;
    char *target; /* NULL: a caller only */
    char *inproc; /* NULL: the URLs say where */
    const struct ald_way *inproc_way;
    char *authorization; /* the whole field: "Bearer ..."; NULL: none */
    struct ald_tls *tls;
    bool reconnect;
    ald_usec backoff_first, backoff_max;
    size_t jobs_max, event_jobs_max;
    size_t events_kept_max;
    size_t window_max, window_bytes_max;
    char *secret;                 /* NULL: none */
    struct ald_identity identity; /* what a dialect says of us: the secret */

    /* The connection. */
    uint8_t state;                 /* enum ald_client_state */
    const struct ald_way *way;     /* of the present attempt */
    unsigned can;                  /* ALD_WAY_*: what this hub can */
    size_t url_at;                 /* where the present attempt goes */
    unsigned n_failures;           /* in a row */
    ald_usec ready_since;          /* when the present connection became ready */
    struct ald_stream *stream;     /* of a carrier of streams */
    struct ald_udp_sender *sender; /* of that of datagrams */
    struct ald_dialect *dialect;
    bool welcomed;     /* a hub has taken us in, once */
    bool draining;     /* no new work */
    bool parting;      /* our goodbye is said, and its answer awaited, which tells that the hub has heard everything */
    bool ending;       /* close was asked for */
    bool final;        /* the hub said something that makes trying again senseless */
    bool sent_away;    /* the hub asked us to go: another one may be better */
    bool leaving;      /* and waits for our answer, which follows the last reply */
    uint64_t ordinal;  /* of the last signal said on this connection */
    uint64_t begun;    /* up to here the kernel has the first byte */
    uint64_t n_frames; /* given to the carrier, and taken */
    char why[256];     /* what went wrong first on this connection */
    char trouble[200]; /* why the latest frame was not taken */
    char url[ALD_URL_MAX];
    char given[ALD_NAME_MAX + 1]; /* the target the hub registered us as */
    struct ald_alarm retry_alarm;
    struct ald_alarm dialect_alarm;
    struct ald_task heard_task;   /* the dialect may have something to tell about what we said */
    struct ald_task drained_task; /* nothing is to be done any more for which we stayed */
    struct ald_alarm part_alarm;
    struct ald_task closed_task; /* of the carrier of datagrams */
    struct ald_id health_id;     /* of the question that waits for an answer; all zero: none */
    struct ald_id leave_id;      /* of the goodbye that does */

    struct ald_client_session session;

    struct ald_rng rng;
    struct ald_msg_pool *messages;
    struct ald_dialect_options dialect_options;
    uint64_t counters[CLIENT_COUNTERS];
    ald_wall wall; /* as of the latest turn in which something came */

    /* Calls: by wire id, their own and those of what they ask; and in the order in which they were made. */
    struct ald_table calls_by_id;
    struct ald_table calls_by_number; /* for protocols whose answers bring a number back (msg/signal.h) */
    uint64_t n_calls;                 /* that were made; the number of the latest */
    struct ald_node calls;
    struct ald_node handed;      /* those of which no byte has left yet */
    struct ald_task settle_task; /* reports the calls that ended inside one of the program's own calls */

    /* Events that wait for a hub, the oldest first. */
    struct ald_node events;
    size_t n_events;
    size_t events_cost;

    /* Jobs: by wire id, and in order of arrival. */
    struct ald_table jobs_by_id;
    struct ald_node jobs;
    size_t n_jobs;
    size_t n_event_jobs; /* of these */
    size_t event_jobs_cost;
};

/* client.c */

void ald_client_move(struct ald_client *client, enum ald_client_state to, const char *text, ald_usec retry_in);

/* link.c */

void ald_link_init(struct ald_client *client);
void ald_link_fini(struct ald_client *client);
/* Try the next URL now. */
void ald_link_dial(struct ald_client *client);
/* Decide what follows on the end of a connection, or of an attempt. */
void ald_link_lost(struct ald_client *client);
/* Note why it ends; the first reason stays. */
void ald_link_why(struct ald_client *client, struct ald_str text);
/* The link cannot be kept; its end is told by the carrier. */
void ald_link_cut(struct ald_client *client, uint16_t code, struct ald_str why);
/* Memory is short, and something of this connection is lost: nor can its session go on. */
void ald_link_short(struct ald_client *client);
/* Close what was dialled, if anything was. */
void ald_link_close(struct ald_client *client, uint16_t code, struct ald_str why);
/* Something is dialled, and its end was not told. */
static inline bool ald_link_stands(const struct ald_client *client)
{
    return client->stream != NULL || client->sender != NULL;
}
/* For carriers: it is open, and what is spoken and can be said there is known. */
void ald_link_opened(struct ald_client *client, uint32_t variant, unsigned can);
void ald_link_received(struct ald_client *client, const struct ald_chunk *chunk);
void ald_link_written(struct ald_client *client, uint64_t begun);
/* For them too: why the frame in hand was dropped. */
void ald_client_trouble_note(struct ald_client *client, struct ald_str text);
/* Give what the dialect has written to the stream. */
void ald_link_push(struct ald_client *client);
/* Say `signal` on the connection, which stands; tells its ordinal. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_client_emit(struct ald_client *client, struct ald_signal *signal);
/* Ask the hub to take us in, on a connection where nobody is yet. */
void ald_link_register(struct ald_client *client);
/* Say `signal` in the session, where it is one of those that belong there, or on the connection. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_client_say(struct ald_client *client, struct ald_signal *signal);
/* There is somebody to say signals of `kind` to. */
static inline bool ald_client_may_say(const struct ald_client *client, enum ald_signal_kind kind)
{
    return client->dialect != NULL || ald_client_session_takes(client, kind);
}
/* The window of the session is full no more: what waits for that goes on. */
void ald_client_room(struct ald_client *client);

static inline bool ald_client_ready(const struct ald_client *client)
{
    return client->state == ALD_CLIENT_READY;
}

static inline bool ald_client_can(const struct ald_client *client, unsigned what)
{
    return (client->can & what) == what;
}
/* Something was begun, or said, that has not ended. */
bool ald_client_owes(const struct ald_client *client);
/* If we stayed only to end what had begun, and it has ended: close, in the next round of tasks. */
void ald_client_drained(struct ald_client *client);

/* heard.c */

/* Take everything the dialect has to tell. */
void ald_client_heard(struct ald_client *client);

/* event.c */

void ald_events_init(struct ald_client *client);
/* The client is closed: all that wait are dropped, and the program is told. */
void ald_events_end(struct ald_client *client);
/* The same without a word. */
void ald_events_fini(struct ald_client *client);
/* The connection is ready: say what waits. */
void ald_events_ready(struct ald_client *client);
/* `event` is dropped: the program is told, who counts. */
void ald_event_dropped(struct ald_client *client, const struct ald_msg *event);
/* `event` (shares) never left: it waits for another hub, before all others, or is dropped. */
void ald_events_rescue(struct ald_client *client, struct ald_msg *event);
/* The hub says what became of an event. */
void ald_events_report(struct ald_client *client, const struct ald_signal *signal);
/* Tell who sent us `event` that we do not know it. */
void ald_event_tell_unknown(struct ald_client *client, const struct ald_msg *event);

/* call.c */

void ald_calls_init(struct ald_client *client);
/* Every call ends as lost, or cancelled if it was never sent, and is reported. */
void ald_calls_end(struct ald_client *client);
void ald_calls_fini(struct ald_client *client);
/* The connection is ready: submit what waits, ask for what was sent over an earlier one. */
void ald_calls_ready(struct ald_client *client);
/* The connection ended. */
void ald_calls_away(struct ald_client *client);
/* A call that was sent where the client is connected, or was last, has no outcome. */
bool ald_calls_are_here(const struct ald_client *client);
/* What was said up to client->begun has left. */
void ald_calls_begun(struct ald_client *client);
/* A status or reply arrived. */
void ald_calls_heard(struct ald_client *client, const struct ald_signal *signal);
/* The hub says that it does not know what a question of ours is. */
void ald_calls_unknown(struct ald_client *client, struct ald_str command);
/* None is without its outcome. */
bool ald_calls_none(const struct ald_client *client);

/* job.c */

void ald_jobs_init(struct ald_client *client);
void ald_jobs_fini(struct ald_client *client);
void ald_jobs_command(struct ald_client *client, const struct ald_signal *signal);
void ald_jobs_cancel(struct ald_client *client, const struct ald_signal *signal);
/* Somebody waits for an answer that can still be given. */
bool ald_jobs_owe(const struct ald_client *client);
/* Told to leave, and nothing runs any more that could be answered: say so, which ends the connection. */
void ald_client_leave(struct ald_client *client);
/* The connection ended: what still runs can be answered to nobody. */
void ald_jobs_away(struct ald_client *client);
