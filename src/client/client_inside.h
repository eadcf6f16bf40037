#pragma once

/*
 * Inside of the client: what client.c (the connection), call.c (the caller's side) and job.c (the agent's side) share.
 */

#include "base/list.h"
#include "base/rng.h"
#include "base/table.h"
#include "client/client.h"
#include "client/url.h"
#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/stream.h"
#include "wire/exchange/exchange.h"

/* More hubs than anyone lists; against a mistaken argument. */
enum { CLIENT_URLS_MAX = 64 };

struct ald_client {
    struct ald_net *net;
    struct ald_loop *loop;
    struct ald_client_callbacks callbacks;
    void *owner;

    /* Options. */
    struct ald_url *urls;
    size_t n_urls;
    char *target; /* NULL: a caller only */
    struct ald_tls *tls;
    bool reconnect;
    ald_usec backoff_first, backoff_max;
    size_t jobs_max;

    /* The connection. */
    uint8_t state; /* enum ald_client_state */
    size_t url_at; /* where the present attempt goes */
    unsigned n_failures;
    struct ald_stream *stream;
    struct ald_dialect *dialect;
    bool extended;
    bool ending;      /* close was asked for */
    bool final;       /* the hub said something that makes trying again senseless */
    uint64_t ordinal; /* of the last signal said on this connection */
    uint64_t begun;   /* up to here the kernel has the first byte */
    char why[256];    /* what went wrong last */
    struct ald_alarm retry_alarm;
    struct ald_alarm dialect_alarm;
    struct ald_id health_id; /* of the question that waits for an answer; all zero: none */

    struct ald_rng rng;
    struct ald_msg_pool *messages;
    struct ald_dialect_options dialect_options;
    uint64_t counters[ALD_EXCHANGE_N_COUNTERS];

    /* Calls: by wire id, their own and those of what they ask; and in the order in which they were made. */
    struct ald_table calls_by_id;
    struct ald_node calls;
    struct ald_node handed;      /* those of which no byte has left yet */
    struct ald_task settle_task; /* reports the calls that ended inside one of the program's own calls */

    /* Jobs: by wire id, and in order of arrival. */
    struct ald_table jobs_by_id;
    struct ald_node jobs;
    size_t n_jobs;
};

/* client.c */

/* Say `signal` on the connection, which stands; tells its ordinal. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_client_say(struct ald_client *client, struct ald_signal *signal);
static inline bool ald_client_ready(const struct ald_client *client)
{
    return client->state == ALD_CLIENT_READY;
}

/* call.c */

void ald_calls_init(struct ald_client *client);
/* Every call ends as lost, or cancelled if it was never sent, and is reported. */
void ald_calls_end(struct ald_client *client);
void ald_calls_fini(struct ald_client *client);
/* The connection is ready: submit what waits, ask for what was sent over an earlier one. */
void ald_calls_ready(struct ald_client *client);
/* The connection ended. */
void ald_calls_away(struct ald_client *client);
/* What was said up to client->begun has left. */
void ald_calls_begun(struct ald_client *client);
/* A status or reply arrived. */
void ald_calls_heard(struct ald_client *client, const struct ald_signal *signal);

/* job.c */

void ald_jobs_init(struct ald_client *client);
void ald_jobs_fini(struct ald_client *client);
void ald_jobs_command(struct ald_client *client, const struct ald_signal *signal);
void ald_jobs_cancel(struct ald_client *client, const struct ald_signal *signal);
/* The connection ended: what still runs can be answered to nobody. */
void ald_jobs_away(struct ald_client *client);
