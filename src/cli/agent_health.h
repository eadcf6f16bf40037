#pragma once

/*
 * Agent health: answers a hub's question by running a program: exit status 0 means healthy, and what it prints is the detail.
 *
 * One runs at a time: a question that comes meanwhile is answered by the one that runs. A program that does not end within
 * ALD_AGENT_HEALTH_TIME is killed, and not healthy.
 */

#include "loop/loop.h"

struct ald_client;
struct ald_process;

/* Well below the 10 s after which a hub gives up on the answer. */
#define ALD_AGENT_HEALTH_TIME (4 * ALD_SEC)

struct ald_agent_health {
    struct ald_loop *loop;
    struct ald_client *client;
    const char *program; /* NULL: always healthy */
    struct ald_process *process;
    struct ald_alarm alarm;
};

void ald_agent_health_init(struct ald_agent_health *health);
void ald_agent_health_fini(struct ald_agent_health *health);
/* The hub asks. */
void ald_agent_health_ask(struct ald_agent_health *health);
