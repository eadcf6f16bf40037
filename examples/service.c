/*
 * A service of the communicator family: says PONG to whoever says PING, and is asked what it knows, registered and brought
 * back by the library.
 *
 *     cc service.c $(pkg-config --cflags --libs aldis) -o service
 *     ./service cd:///run/communicator/communicatord.sock        then: aldis -H cd:///run/... send pinger PING serial=1
 */

#include <signal.h>
#include <stdio.h>

#include <aldis/service.h>
#include <aldis/version.h>

static void ping(struct aldis_job *job, void *data)
{
    struct aldis_command pong = {ALDIS_COMMAND, .name = "PONG", .report = true};

    (void)data;
    pong.target = aldis_job_sender(job);
    pong.payload = aldis_job_payload(job, NULL); /* its parameters go back: {"serial":"1"} */
    if (aldis_job_is_event(job) && pong.target[0] != '\0' && aldis_client_send(aldis_job_client(job), &pong) < 0) {
        fputs("service: no memory for a PONG\n", stderr);
    }
    if (aldis_job_succeed(job, pong.payload) < 0) { /* ends it; and is the answer to a command */
        aldis_job_give_up(job);
    }
}

static void undelivered(struct aldis_client *client, const struct aldis_event_report *report, void *data)
{
    (void)client, (void)data;
    printf("%s %s\n", report->name, report->kept ? "waits at the hub" : report->text);
    fflush(stdout);
}

static void news(struct aldis_client *client, const struct aldis_news *told, void *data)
{
    (void)client, (void)data;
    if (told->topic == ALDIS_TOPIC_PRESENCE) {
        printf("%s is %s\n", told->name, told->state);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    /* The ten lines: where, as whom, what is known. PONGs that are said while the hub is away wait for it. */
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .target = "pinger", .events_kept = 100};
    struct aldis_client *client;
    sigset_t ends;
    char why[256];
    int r;

    options.urls = argc > 1 ? (const char *const *)argv + 1
                            : (const char *const[]){"cd:///run/communicator/communicatord.sock", NULL};
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    if (aldis_client_new(&options, why, sizeof(why), &client) < 0) {
        fprintf(stderr, "service: %s\n", why);
        return 1;
    }
    aldis_client_on_report(client, undelivered, NULL);
    r = aldis_client_on_news(client, news, NULL);
    r = r < 0 ? r : aldis_client_on_command(client, "PING", ping, NULL);
    r = r < 0 ? r : aldis_client_start(client);
    if (r == 0) {
        while (aldis_client_state(client) != ALDIS_STATE_CLOSED && /* somebody may send it STOP */
               sigtimedwait(&ends, NULL, &(struct timespec){.tv_nsec = 100000000}) < 0) {
        }
        aldis_client_close(client);
        aldis_client_wait(client, ALDIS_STATE_CLOSED, 2000);
    }
    aldis_client_free(client);
    return r < 0;
}
