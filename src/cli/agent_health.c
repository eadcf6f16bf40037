#include "cli/agent_health.h"

#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "client/client.h"
#include "loop/process.h"

/* A detail is a line for people. */
enum { HEALTH_DETAIL_MAX = 1000 };

static void health_answer(struct ald_agent_health *health, bool healthy, const char *detail)
{
    ald_alarm_stop(health->loop, &health->alarm);
    health->process = ald_process_close(health->process);
    ald_client_healthy(health->client, healthy, detail[0] != '\0' ? detail : NULL);
}

static void health_ended(void *owner, const struct ald_process_end *end)
{
    struct ald_agent_health *health = owner;
    char detail[HEALTH_DETAIL_MAX + 1];
    struct ald_str text = ald_str_trim(end->output.size > 0 ? end->output : end->error);

    while (text.size > 0 && text.data[text.size - 1] == '\n') {
        text.size--;
    }
    if (!ald_utf8_valid(text) || memchr(text.data, '\0', text.size) != NULL) {
        text = ALD_STR("the health program did not print text");
    }
    snprintf(detail, sizeof(detail), "%.*s", ALD_STR_ARG(text));
    health_answer(health, end->status == 0, detail);
}

static void health_alarm(void *owner)
{
    health_answer(owner, false, "the health program does not end");
}

void ald_agent_health_init(struct ald_agent_health *health)
{
    ald_alarm_init(&health->alarm, health_alarm, health);
}

void ald_agent_health_fini(struct ald_agent_health *health)
{
    if (health->loop != NULL) {
        ald_alarm_stop(health->loop, &health->alarm);
    }
    health->process = ald_process_close(health->process);
}

void ald_agent_health_ask(struct ald_agent_health *health)
{
    const char *const argv[] = {"/bin/sh", "-c", health->program, NULL};
    const struct ald_process_spec spec = {.argv = argv, .output_max = HEALTH_DETAIL_MAX, .group = true};

    if (health->program == NULL) {
        ald_client_healthy(health->client, true, NULL);
        return;
    }
    if (health->process != NULL) {
        return;
    }
    if (ald_process_new(health->loop, &spec, health_ended, health, &health->process) < 0) {
        ald_client_healthy(health->client, false, "the health program cannot be started");
        return;
    }
    ald_alarm_start(health->loop, &health->alarm, ald_loop_now(health->loop) + ALD_AGENT_HEALTH_TIME);
}
