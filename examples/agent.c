/*
 * An agent: serves the target "lamp" until it is interrupted.
 *
 *     cc agent.c $(pkg-config --cflags --libs aldis) -o agent
 *     ./agent [URL...]                                    then: aldis call lamp blink '{"times":2}'
 */

#include <signal.h>
#include <stdio.h>

#include <aldis/agent.h>
#include <aldis/version.h>

/* Answer at once, or later, from a thread of your own: a handler holds up the client's. An event is answered too. */
static void blink(struct aldis_job *job, void *data)
{
    const char *payload = aldis_job_payload(job, NULL);

    (void)data;
    printf("blink %s\n", payload != NULL ? payload : "once");
    aldis_job_progress(job, 1, 2, "half way", NULL);
    if (aldis_job_succeed(job, "{\"blinked\":true}") < 0) {
        aldis_job_give_up(job); /* needs no memory */
    }
}

static void anything_else(struct aldis_job *job, void *data)
{
    (void)data;
    if (aldis_job_refuse(job, "this lamp can only blink") < 0) {
        aldis_job_give_up(job);
    }
}

static void primary(struct aldis_client *client, bool is_primary, uint64_t term, void *data)
{
    (void)client, (void)data;
    printf("%s primary, term %llu\n", is_primary ? "the" : "not", (unsigned long long)term);
}

static void state(struct aldis_client *client, enum aldis_state now, const char *text, uint64_t retry_in_ms, void *data)
{
    (void)client, (void)retry_in_ms, (void)data;
    printf("%s: %s\n", aldis_state_name(now), text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .target = "lamp"};
    struct aldis_client *client;
    sigset_t ends;
    char why[256];
    int number;
    int r;

    options.urls = argc > 1 ? (const char *const *)argv + 1 : NULL;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    r = aldis_client_new(&options, why, sizeof(why), &client);
    if (r < 0) {
        fprintf(stderr, "agent: %s %s\n", aldis_error_text(r), why);
        return 1;
    }
    aldis_client_on_state(client, state, NULL);
    aldis_client_on_primary(client, primary, NULL);
    r = aldis_client_on_command(client, "blink", blink, NULL);
    r = r < 0 ? r : aldis_client_on_command(client, NULL, anything_else, NULL);
    r = r < 0 ? r : aldis_client_start(client);
    if (r == 0) {
        sigwait(&ends, &number);
        aldis_client_drain(client); /* what runs is answered first */
        aldis_client_wait(client, ALDIS_STATE_CLOSED, 5000);
    }
    aldis_client_free(client);
    return r < 0;
}
