/*
 * bench_nats: request and reply over NATS as C programs do it, with libnats. For run.py; bench_load speaks the same protocol
 * without the library, to compare the servers alone.
 *
 *     bench_nats respond PORT SET           until it is ended
 *     bench_nats call PORT SET CALLERS CONNECTIONS IN_FLIGHT SIZE WARM_MS MS SERVER_PID
 *
 * Two sets of options, because the library asks its users to choose:
 *
 *   latency      natsOptions_SetSendAsap(true): what is published is written at once, by the thread that publishes, and not
 *                gathered for the flusher thread. One in flight: natsConnection_Request() in a thread of its own over a
 *                connection of its own, which is what a synchronous caller is.
 *   throughput   without it: the flusher gathers what several threads publish; and natsOptions_UseGlobalMessageDelivery(true)
 *                with a pool of one thread, since two cores have to do for the server as well. Requests are published with an
 *                inbox to answer to (natsConnection_PublishRequest()), and the subscription's callback sends the next one.
 *
 * More than one in flight over a connection is asynchronous in both.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nats/nats.h>

#include "report.h"

enum phase { PHASE_WARMING, PHASE_MEASURING, PHASE_DONE };
enum { FLIGHT_MAX = 1 << 16, CONNECTIONS_MAX = 1024 };

/* One caller: a thread that waits, or a connection with many in flight. */
struct caller {
    natsConnection *connection;
    natsSubscription *replies;
    char inbox[128];
    struct ald_histogram latency;
    uint64_t n_in_time, n_failed;
    ald_usec *sent; /* when each of those in flight was, and whether it counts */
    bool *measured;
    pthread_t thread;
};

static struct bench {
    bool latency_set;
    unsigned port;
    size_t n_callers, n_connections, in_flight, size;
    atomic_int phase;
    char *payload;
    struct caller *callers;
} bench;

static ald_usec now_usec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (ald_usec)t.tv_sec * ALD_SEC + (ald_usec)t.tv_nsec / 1000;
}

static void must(natsStatus status, const char *what)
{
    if (status != NATS_OK) {
        fprintf(stderr, "bench_nats: %s: %s\n", what, natsStatus_GetText(status));
        exit(1);
    }
}

static natsConnection *connection_open(void)
{
    natsConnection *connection = NULL;
    natsOptions *options = NULL;
    char url[64];

    snprintf(url, sizeof(url), "nats://127.0.0.1:%u", bench.port);
    must(natsOptions_Create(&options), "options");
    must(natsOptions_SetURL(options, url), url);
    must(natsOptions_SetSendAsap(options, bench.latency_set), "send asap");
    must(natsOptions_UseGlobalMessageDelivery(options, !bench.latency_set), "global delivery");
    must(natsConnection_Connect(&connection, options), url);
    natsOptions_Destroy(options);
    return connection;
}

/* The responder. */

static void request_came(natsConnection *connection, natsSubscription *subscription ALD_UNUSED, natsMsg *msg,
                         void *unused ALD_UNUSED)
{
    must(natsConnection_Publish(connection, natsMsg_GetReply(msg), natsMsg_GetData(msg), natsMsg_GetDataLength(msg)),
         "reply");
    natsMsg_Destroy(msg);
}

_Noreturn static void respond(void)
{
    natsConnection *connection = connection_open();
    natsSubscription *subscription = NULL;

    must(natsConnection_Subscribe(&subscription, connection, "bench", request_came, NULL), "subscribe");
    must(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
    must(natsConnection_Flush(connection), "flush");
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        pause();
    }
}

/* Callers that wait. */

static void *caller_run(void *owner)
{
    struct caller *caller = owner;
    int phase;

    while ((phase = atomic_load_explicit(&bench.phase, memory_order_relaxed)) != PHASE_DONE) {
        ald_usec sent = now_usec();
        natsMsg *reply = NULL;

        if (natsConnection_Request(&reply, caller->connection, "bench", bench.payload, (int)bench.size, 30000) !=
            NATS_OK) {
            caller->n_failed++;
        } else if (phase == PHASE_MEASURING) {
            ald_histogram_add(&caller->latency, now_usec() - sent);
            caller->n_in_time++;
        }
        natsMsg_Destroy(reply);
    }
    return NULL;
}

/* Connections with many in flight. */

static void request_send(struct caller *caller, size_t slot)
{
    char inbox[160];

    snprintf(inbox, sizeof(inbox), "%s.%zx", caller->inbox, slot);
    caller->measured[slot] = atomic_load_explicit(&bench.phase, memory_order_relaxed) == PHASE_MEASURING;
    caller->sent[slot] = now_usec();
    must(natsConnection_PublishRequest(caller->connection, "bench", inbox, bench.payload, (int)bench.size), "request");
}

static void reply_came(natsConnection *connection ALD_UNUSED, natsSubscription *subscription ALD_UNUSED, natsMsg *msg,
                       void *owner)
{
    struct caller *caller = owner;
    size_t slot = strtoul(strrchr(natsMsg_GetSubject(msg), '.') + 1, NULL, 16);
    int phase = atomic_load_explicit(&bench.phase, memory_order_relaxed);

    natsMsg_Destroy(msg);
    if (caller->measured[slot]) {
        ald_histogram_add(&caller->latency, now_usec() - caller->sent[slot]);
    }
    caller->n_in_time += phase == PHASE_MEASURING;
    if (phase != PHASE_DONE) {
        request_send(caller, slot);
    }
}

static void caller_subscribe(struct caller *caller)
{
    natsInbox *inbox = NULL;
    char subject[160];

    must(natsInbox_Create(&inbox), "inbox");
    snprintf(caller->inbox, sizeof(caller->inbox), "%s", (const char *)inbox);
    snprintf(subject, sizeof(subject), "%s.*", caller->inbox);
    natsInbox_Destroy(inbox);
    caller->sent = calloc(bench.in_flight, sizeof(*caller->sent));
    caller->measured = calloc(bench.in_flight, sizeof(*caller->measured));
    if (caller->sent == NULL || caller->measured == NULL) {
        must(NATS_NO_MEMORY, "slots");
    }
    must(natsConnection_Subscribe(&caller->replies, caller->connection, subject, reply_came, caller), "subscribe");
    must(natsSubscription_SetPendingLimits(caller->replies, -1, -1), "limits");
    must(natsConnection_Flush(caller->connection), "flush");
}

/* All of it. */

static void callers_start(bool waiting)
{
    for (size_t i = 0; i < bench.n_callers; i++) {
        struct caller *caller = &bench.callers[i];

        caller->connection =
            i < bench.n_connections ? connection_open() : bench.callers[i % bench.n_connections].connection;
        if (!waiting) {
            caller_subscribe(caller);
        }
    }
    for (size_t i = 0; i < bench.n_callers; i++) {
        struct caller *caller = &bench.callers[i];

        if (waiting && pthread_create(&caller->thread, NULL, caller_run, caller) != 0) {
            must(NATS_SYS_ERROR, "thread");
        }
        for (size_t slot = 0; !waiting && slot < bench.in_flight; slot++) {
            request_send(caller, slot);
        }
    }
}

static void sleep_ms(unsigned long ms)
{
    const struct timespec span = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    nanosleep(&span, NULL);
}

static int call(unsigned long warm_ms, unsigned long ms, pid_t server)
{
    static struct ald_histogram latency;
    struct ald_load_result result = {.latency = &latency, .failure = "", .refusal = ""};
    bool waiting = bench.latency_set && bench.in_flight == 1;
    struct bench_cpu before, after;
    ald_usec from, to;

    callers_start(waiting);
    sleep_ms(warm_ms);
    before = bench_cpu_read(server);
    from = now_usec();
    atomic_store(&bench.phase, PHASE_MEASURING);
    sleep_ms(ms);
    atomic_store(&bench.phase, PHASE_DONE);
    to = now_usec();
    after = bench_cpu_read(server);
    for (size_t i = 0; waiting && i < bench.n_callers; i++) {
        pthread_join(bench.callers[i].thread, NULL);
    }
    sleep_ms(waiting ? 0 : 200); /* for what is still on its way to callbacks */
    for (size_t i = 0; i < bench.n_callers; i++) {
        ald_histogram_merge(&latency, &bench.callers[i].latency);
        result.n_in_time += bench.callers[i].n_in_time;
        result.outcomes[ALD_LOAD_FAILED] += bench.callers[i].n_failed;
    }
    result.outcomes[ALD_LOAD_SUCCEEDED] = latency.n;
    result.elapsed = to - from;
    bench_report(&result, &before, &after);
    fflush(stdout);
    _exit(0); /* without waiting for the library's threads */
}

int main(int argc, char **argv)
{
    unsigned long numbers[7] = {0};

    if (argc != 4 && argc != 11) {
        fprintf(stderr, "usage: bench_nats respond|call PORT latency|throughput [NUMBER...]\n");
        return 2;
    }
    bench.port = (unsigned)strtoul(argv[2], NULL, 10);
    bench.latency_set = strcmp(argv[3], "latency") == 0;
    for (int i = 4; i < argc; i++) {
        numbers[i - 4] = strtoul(argv[i], NULL, 10);
    }
    must(nats_Open(-1), "open");
    must(nats_SetMessageDeliveryPoolSize(1), "pool");
    if (argc == 4) {
        respond();
    }
    bench.n_callers = numbers[0];
    bench.n_connections = numbers[1];
    bench.in_flight = numbers[2];
    bench.size = numbers[3];
    bench.payload = malloc(bench.size);
    bench.callers = calloc(bench.n_callers, sizeof(*bench.callers));
    if (bench.n_connections == 0 || bench.n_connections > CONNECTIONS_MAX || bench.in_flight > FLIGHT_MAX ||
        bench.payload == NULL || bench.callers == NULL) {
        return 2;
    }
    memset(bench.payload, 'x', bench.size);
    return call(numbers[4], numbers[5], (pid_t)numbers[6]);
}
