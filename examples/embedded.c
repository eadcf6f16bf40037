/*
 * A program with a hub in it: an agent and a caller beside the hub, and a door for everybody else on this machine. The agent "desk"
 * is also the hub's controller: it gets what is addressed to nobody.
 *
 *     cc embedded.c $(pkg-config --cflags --libs aldis-hub) -o embedded
 *     ./embedded 127.0.0.1:0
 */

#include <signal.h>
#include <stdio.h>

#include <aldis/agent.h>
#include <aldis/caller.h>
#include <aldis/hub.h>
#include <aldis/version.h>

static void answer(struct aldis_job *job, void *data)
{
    (void)data;
    if (aldis_job_succeed(job, aldis_job_payload(job, NULL)) < 0) {
        aldis_job_give_up(job);
    }
}

/* One command to a target, one to nobody: both come to the desk. */
static int try_it(struct aldis_client *client, const char *target)
{
    struct aldis_command command = {ALDIS_COMMAND, .target = target, .name = "greet", .payload = "\"ahoy\"",
                                    .deadline_ms = 5000};
    struct aldis_report *report;
    int r = aldis_client_call(client, &command, &report);

    if (r == 0) {
        printf("%s %s\n", aldis_outcome_name(report->outcome),
               report->payload != NULL ? report->payload : report->text);
        aldis_report_free(report);
    }
    return r;
}

int main(int argc, char **argv)
{
    char listen[100];
    const char *const settings[] = {"hub.controller=desk", listen, NULL};
    const struct aldis_hub_options options = {ALDIS_HUB_OPTIONS, .settings = settings};
    const struct aldis_client_options desk = {ALDIS_CLIENT_OPTIONS, .target = "desk"};
    struct aldis_client *client = NULL;
    struct aldis_hub *hub = NULL;
    sigset_t ends;
    char why[256];
    int number;
    int r;

    snprintf(listen, sizeof(listen), "http.listen=%s", argc > 1 ? argv[1] : "");
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    r = aldis_hub_new(&options, why, sizeof(why), &hub);
    r = r < 0 ? r : aldis_hub_client_new(hub, &desk, why, sizeof(why), &client);
    r = r < 0 ? r : aldis_client_on_command(client, NULL, answer, NULL);
    r = r < 0 ? r : aldis_hub_start(hub);
    r = r < 0 ? r : aldis_client_start(client);
    r = r < 0 ? r : aldis_client_wait(client, ALDIS_STATE_READY, 5000);
    r = r < 0 ? r : try_it(client, "desk");
    r = r < 0 ? r : try_it(client, NULL);
    if (r < 0) {
        fprintf(stderr, "embedded: %s %s\n", aldis_error_text(r), why);
    } else if (aldis_hub_door(hub, 0, NULL) != NULL) {
        printf("door %s\n", aldis_hub_door(hub, 0, NULL));
        fflush(stdout);
        sigwait(&ends, &number);
        aldis_hub_drain(hub); /* everybody is asked to leave */
        aldis_hub_wait_drained(hub, 10000);
    }
    aldis_client_free(client);
    aldis_hub_free(hub);
    return r < 0;
}
