#pragma once

/*
 * Agent work: commands run by programs, a bounded number at once, the others in the order in which they came.
 *
 *     QUEUED -> RUNNING -> (answered)
 *               RUNNING -> STOPPING -> (answered)    cancelled, past its deadline, or the agent stops
 *
 * A program is run by /bin/sh in a session of its own. It is stopped by SIGTERM to all of that, and ALD_AGENT_STOP later by
 * SIGKILL. A program whose connection was lost runs on, since the effect was asked for; only its reply is dropped.
 *
 * Lifetime:   ald_agent_works_init() to ald_agent_works_fini(), which kills what still runs.
 */

#include "base/list.h"
#include "cli/agent_options.h"
#include "client/client.h"

struct ald_loop;

#define ALD_AGENT_STOP (5 * ALD_SEC)

/* Commands that wait for their turn; one more is refused `busy`. They have been sent, so if this agent dies they are lost:
 * a hub keeps a queue better. Enough for a burst. */
enum { ALD_AGENT_QUEUE_MAX = 1024 };

struct ald_agent_works {
    const struct ald_agent_options *options;
    struct ald_loop *loop;
    struct ald_client *client; /* set once there is one */
    struct ald_node queued, running;
    size_t n_queued, n_running;
    bool draining;
    /* The last one was answered. */
    void (*idle)(void *owner);
    void *owner;
};

void ald_agent_works_init(struct ald_agent_works *works);
void ald_agent_works_fini(struct ald_agent_works *works);
/* A command came. Answers it, now or later. */
void ald_agent_works_take(struct ald_agent_works *works, struct ald_job *job);
/* It was taken back. */
void ald_agent_works_cancel(struct ald_agent_works *works, struct ald_job *job);
/* Take no new work, refuse what is queued; what runs goes on. */
void ald_agent_works_drain(struct ald_agent_works *works);
