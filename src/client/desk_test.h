#pragma once

/*
 * Desk: a client before a fake hub, and everything the client said to its program.
 */

#include "lib/fake_hub.h"

#include <stdio.h>

#include "client/client.h"

enum { DESK_CALLS_MAX = 32, DESK_JOBS_MAX = 32 };

/* What became of a call. */
struct desk_call {
    struct ald_call *call; /* NULL: ended */
    struct ald_msg *command;
    int n_outcomes;
    int n_statuses;
    enum ald_outcome outcome;
    enum ald_phase phase;
    enum ald_cause cause;
    char payload[100];
    char text[100];
    ald_usec ended;
    void (*on_end)(struct desk_call *call);
    struct desk *desk;
};

struct desk {
    struct ald_loop *loop;
    struct ald_net *net;
    struct fake_hub hub;
    struct ald_client *client;
    struct ald_client_options options;
    struct ald_client_callbacks callbacks;

    /* What the client said. */
    int n_states[ALD_CLIENT_CLOSED + 1];
    enum ald_client_state state;
    char text[300];
    ald_usec retry_in;
    struct ald_job *jobs[DESK_JOBS_MAX]; /* in order of arrival; set to NULL by who answers */
    size_t n_jobs;
    int n_dropped; /* events, where the callback counts them */
    struct ald_job *cancelled;
    int n_health;
    int n_primary;
    bool primary;
    int close_in; /* close the client when it comes to this state; -1: never */

    struct desk_call calls[DESK_CALLS_MAX];
    size_t n_calls;
    uint64_t n_ids;
    bool for_hub;             /* what is called is for the hub itself; else for target lamp */
    const char *command_name; /* NULL: "signal" */
};

static void desk_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in)
{
    struct desk *desk = owner;

    desk->n_states[state]++;
    desk->state = state;
    desk->retry_in = retry_in;
    snprintf(desk->text, sizeof(desk->text), "%s", text);
    if ((int)state == desk->close_in) {
        ald_client_close(desk->client);
    }
}

static void desk_command(void *owner, struct ald_job *job)
{
    struct desk *desk = owner;

    ald_check(desk->n_jobs < DESK_JOBS_MAX);
    desk->jobs[desk->n_jobs++] = job;
}

static void desk_cancelled(void *owner, struct ald_job *job)
{
    struct desk *desk = owner;

    desk->cancelled = job;
}

static void desk_primary(void *owner, bool primary, uint64_t term ALD_UNUSED)
{
    struct desk *desk = owner;

    desk->n_primary++;
    desk->primary = primary;
}

/* The desk, its hub, and no client yet. */
static inline void desk_open(struct desk *desk, enum fake_manner manner)
{
    *desk = (struct desk){.close_in = -1};
    ald_check_int(ald_loop_new(&desk->loop), 0);
    ald_check_int(ald_net_new(desk->loop, &desk->net), 0);
    fake_hub_open(&desk->hub, desk->net, manner, true);
    ald_client_options_init(&desk->options);
    desk->options.backoff_first = 10 * ALD_MSEC;
    desk->options.backoff_max = 40 * ALD_MSEC;
    desk->callbacks = (struct ald_client_callbacks){
        .state = desk_state, .command = desk_command, .cancelled = desk_cancelled, .primary = desk_primary};
}

static inline void desk_dial_urls(struct desk *desk, const char *const *urls)
{
    desk->options.urls = urls;
    ald_check_int(ald_client_new(desk->net, &desk->options, &desk->callbacks, desk, NULL, &desk->client), 0);
}

static inline void desk_dial(struct desk *desk)
{
    const char *urls[] = {desk->hub.url, NULL};

    desk_dial_urls(desk, urls);
}

/* A client that is ready, serving `target` (NULL: a caller). */
static inline void desk_start(struct desk *desk, enum fake_manner manner, const char *target)
{
    desk_open(desk, manner);
    desk->options.target = target;
    desk_dial(desk);
    fake_hub_until(&desk->hub, desk->state == ALD_CLIENT_READY);
}

static inline void desk_close(struct desk *desk)
{
    desk->client = ald_client_free(desk->client);
    for (size_t i = 0; i < desk->n_calls; i++) {
        ald_check_int(desk->calls[i].n_outcomes <= 1, true);
    }
    fake_hub_close(&desk->hub);
    ald_net_free(desk->net);
    ald_loop_free(desk->loop);
}

static void desk_report(void *owner, struct ald_call *call ALD_UNUSED, const struct ald_call_report *report)
{
    struct desk_call *it = owner;

    it->phase = report->phase;
    if (report->outcome == ALD_OUTCOME_NONE) {
        it->n_statuses++;
        return;
    }
    it->call = NULL;
    it->n_outcomes++;
    it->outcome = report->outcome;
    it->cause = report->cause;
    it->ended = ald_loop_fresh();
    snprintf(it->text, sizeof(it->text), "%.*s", ALD_STR_ARG(report->text));
    if (report->msg != NULL) {
        snprintf(it->payload, sizeof(it->payload), "%.*s", ALD_STR_ARG(ald_slice_str(report->msg->payload)));
    }
    if (it->on_end != NULL) {
        it->on_end(it);
    }
}

static inline struct ald_msg *desk_build(struct desk *desk, ald_usec ttl, struct ald_str payload)
{
    const struct ald_address lamp = {.target = ALD_STR("lamp")};
    struct ald_slice slice = ALD_SLICE_NONE;
    struct ald_msg *command = NULL;
    char id[ALD_ID_TEXT];

    ald_id_format(ald_id_make(0xabcdef, ++desk->n_ids), id);
    ald_check_int(ald_msg_new(ald_client_messages(desk->client), ALD_COMMAND, &command), 0);
    ald_check_int(ald_msg_set(command, &command->wire_id, ald_str_of(id, sizeof(id))), 0);
    ald_check_int(
        ald_msg_set(command, &command->name, ald_str(desk->command_name != NULL ? desk->command_name : "signal")), 0);
    if (!desk->for_hub) {
        ald_check_int(ald_msg_set_address(command, &command->to, &lamp), 0);
    }
    if (ald_str_present(payload)) {
        ald_check_int(ald_slice_copy(payload, &slice), 0);
        ald_msg_set_slice(command, &command->payload, slice);
        ald_slice_clear(&slice);
    }
    command->ttl = ttl;
    ald_msg_seal(command);
    return command;
}

/* Submit a command to target lamp. */
static inline struct desk_call *desk_call_with(struct desk *desk, ald_usec ttl, struct ald_str payload)
{
    struct desk_call *it = &desk->calls[desk->n_calls];
    struct ald_msg *command = desk_build(desk, ttl, payload);

    ald_check(desk->n_calls < DESK_CALLS_MAX);
    desk->n_calls++;
    it->desk = desk;
    ald_check_int(ald_client_call(desk->client, command, desk_report, it, &it->call), 0);
    ald_msg_unref(command);
    return it;
}

static inline struct desk_call *desk_call(struct desk *desk, ald_usec ttl)
{
    return desk_call_with(desk, ttl, ALD_STR_NONE);
}

/* Wait for its outcome, and look at it. */
#define desk_check_outcome(it, expected_outcome, expected_cause)                                                       \
    do {                                                                                                               \
        fake_hub_until(&(it)->desk->hub, (it)->n_outcomes > 0);                                                        \
        ald_check_str(ald_str(ald_outcome_name((it)->outcome)), ald_outcome_name(expected_outcome));                   \
        ald_check_str(ald_str(ald_cause_word((it)->cause)), ald_cause_word(expected_cause));                           \
    } while (0)
