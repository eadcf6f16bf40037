/*
 * A caller: one command and its outcome, then three at once with their statuses.
 *     cc caller.c $(pkg-config --cflags --libs aldis) -o caller
 *     ./caller [URL...]
 */

#include <pthread.h>
#include <stdio.h>

#include <aldis/caller.h>
#include <aldis/version.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

/* On the client's thread. */
static void report(struct aldis_call *call, const struct aldis_report *report, void *data)
{
    if (report->outcome == ALDIS_PENDING) {
        printf("%.8s is %s\n", aldis_call_id(call), aldis_phase_name(report->phase));
        return;
    }
    printf("%.8s %s %s\n", aldis_call_id(call), aldis_outcome_name(report->outcome), report->cause);
    pthread_mutex_lock(&mutex);
    *(int *)data -= 1;
    pthread_cond_signal(&ended);
    pthread_mutex_unlock(&mutex);
}

static int one(struct aldis_client *client)
{
    struct aldis_command command = {ALDIS_COMMAND, .target = "lamp", .name = "blink", .payload = "{\"times\":2}",
                                    .deadline_ms = 5000};
    struct aldis_report *it;
    int r = aldis_client_call(client, &command, &it);

    if (r == 0) { /* else nothing was sent */
        printf("%s %s\n", aldis_outcome_name(it->outcome), it->payload != NULL ? it->payload : it->text);
        aldis_report_free(it);
    }
    return r;
}

static int three(struct aldis_client *client)
{
    struct aldis_command command = {ALDIS_COMMAND, .target = "lamp", .name = "blink", .deadline_ms = 5000};
    int n_waiting = 0;
    int r = 0;

    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 3 && r == 0; i++) {
        r = aldis_client_submit(client, &command, report, &n_waiting, NULL);
        n_waiting += r == 0;
    }
    while (n_waiting > 0) {
        pthread_cond_wait(&ended, &mutex); /* every command that was taken ends, in time */
    }
    pthread_mutex_unlock(&mutex);
    return r;
}

int main(int argc, char **argv)
{
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS};
    struct aldis_client *client = NULL;
    char why[256];
    int r;

    options.urls = argc > 1 ? (const char *const *)argv + 1 : NULL;
    r = aldis_client_new(&options, why, sizeof(why), &client);
    r = r < 0 ? r : aldis_client_start(client);
    r = r < 0 ? r : one(client);
    r = r < 0 ? r : three(client);
    if (r < 0) {
        fprintf(stderr, "caller: %s %s\n", aldis_error_text(r), why);
    }
    aldis_client_free(client);
    return r < 0;
}
