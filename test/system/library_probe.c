/*
 * Probe: a program of somebody else's, driven by lines on its standard input, that says what libaldis tells it.
 *
 *     library_probe TARGET URL...           TARGET "-": a caller only
 *
 *     call NAME TARGET DEADLINE_MS [JSON]   submit; NAME "hold" is kept by a probe, event or not, anything else echoed
 *     event NAME TARGET [JSON]              send
 *     cancel                                take the latest call back
 *     answer JSON                           answer what is held
 *     stop                                  confirm the cancel of what is held
 *     drain, close, quit
 *
 * With PROBE_SCHEMAS it holds everything against the documents of that folder, and says `broken TEXT` of what does not pass.
 *
 * It prints `state WORD TEXT`, `primary YES TERM`, `job NAME`, `cancelled NAME`, `phase WORD`, `outcome WORD CAUSE PAYLOAD MSEC`.
 * What is still held when the client has been freed is said (`kept NAME`) and given up then.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aldis/agent.h>
#include <aldis/caller.h>
#include <aldis/schemas.h>
#include <aldis/version.h>

static struct aldis_client *client;
static struct aldis_call *latest;
static struct aldis_job *held; /* written on the client's thread, then announced, then read on the main one */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_state(struct aldis_client *it, enum aldis_state state, const char *text, uint64_t in, void *data)
{
    (void)it, (void)in, (void)data;
    printf("state %s %s\n", aldis_state_name(state), text);
}

static void on_primary(struct aldis_client *it, bool primary, uint64_t term, void *data)
{
    (void)it, (void)data;
    printf("primary %s %" PRIu64 "\n", primary ? "yes" : "no", term);
}

static void on_job(struct aldis_job *job, void *data)
{
    bool hold = strcmp(aldis_job_name(job), "hold") == 0;

    (void)data;
    if (hold) {
        held = job;
    }
    if (hold || aldis_job_is_event(job)) {
        printf("job %s\n", aldis_job_name(job));
    }
    if (!hold && aldis_job_succeed(job, aldis_job_payload(job, NULL)) < 0) {
        if (aldis_schemas_fault()[0] != '\0') {
            printf("broken %s\n", aldis_schemas_fault());
        }
        aldis_job_give_up(job);
    }
}

static void on_cancelled(struct aldis_job *job, void *data)
{
    (void)data;
    printf("cancelled %s\n", aldis_job_name(job));
}

static void on_report(struct aldis_call *call, const struct aldis_report *report, void *data)
{
    uint64_t *begun = data;

    (void)call;
    if (report->outcome == ALDIS_PENDING) {
        printf("phase %s\n", aldis_phase_name(report->phase));
        return;
    }
    printf("outcome %s %s %s %" PRIu64 "\n", aldis_outcome_name(report->outcome),
           report->cause[0] != '\0' ? report->cause : "-", report->payload != NULL ? report->payload : "-",
           now_ms() - *begun);
    free(begun);
}

static int do_call(char *words)
{
    char *name = strsep(&words, " ");
    char *target = strsep(&words, " ");
    char *deadline = strsep(&words, " ");
    struct aldis_command command = {ALDIS_COMMAND, .name = name, .target = target, .payload = words};
    uint64_t *begun = malloc(sizeof(*begun));
    int r;

    *begun = now_ms();
    command.deadline_ms = strtoull(deadline != NULL ? deadline : "0", NULL, 10);
    latest = aldis_call_free(latest);
    r = aldis_client_submit(client, &command, on_report, begun, &latest);
    if (r < 0) {
        free(begun);
    }
    return r;
}

static int do_event(char *words)
{
    char *name = strsep(&words, " ");
    char *target = strsep(&words, " ");
    struct aldis_command command = {ALDIS_COMMAND, .name = name, .target = target, .payload = words};
    int r = aldis_client_send(client, &command);

    printf("sent %d\n", r);
    return r < 0 ? r : 0;
}

/* What was answered is not ours any more. */
static int do_answer(int r)
{
    held = r == 0 ? NULL : held;
    return r;
}

static int do_line(char *line)
{
    char *rest = line;
    char *verb = strsep(&rest, " ");

    if (strcmp(verb, "call") == 0) {
        return do_call(rest);
    }
    if (strcmp(verb, "event") == 0) {
        return do_event(rest);
    }
    if (strcmp(verb, "cancel") == 0) {
        return aldis_call_cancel(latest);
    }
    if (strcmp(verb, "answer") == 0) {
        return do_answer(aldis_job_succeed(held, rest));
    }
    if (strcmp(verb, "stop") == 0) {
        return do_answer(aldis_job_confirm_cancel(held));
    }
    if (strcmp(verb, "drain") == 0) {
        return aldis_client_drain(client);
    }
    return strcmp(verb, "close") == 0 ? aldis_client_close(client) : ALDIS_E_INVALID;
}

/* Hold everything against the documents of a folder; NULL: against none. */
static int take_schemas(const char *folder, char *why, size_t size)
{
    struct aldis_schemas *schemas = NULL;
    int r = folder != NULL ? aldis_schemas_new(&schemas) : 0;

    if (folder != NULL && r == 0) {
        r = aldis_schemas_add_folder(schemas, folder, why, size);
        r = r == 0 ? aldis_client_use_schemas(client, schemas) : r;
    }
    aldis_schemas_free(schemas);
    return r;
}

/* What the schemas do not let pass is said, and is no reason to end. */
static int unless_broken(int r)
{
    if (r == ALDIS_E_INVALID && aldis_schemas_fault()[0] != '\0') {
        printf("broken %s\n", aldis_schemas_fault());
        return 0;
    }
    return r;
}

static int serve(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int r = 0;

    while (r == 0 && (size = getline(&line, &room, stdin)) > 0 && strcmp(line, "quit\n") != 0) {
        line[size - 1] = '\0';
        r = unless_broken(do_line(line));
    }
    free(line);
    return r;
}

int main(int argc, char **argv)
{
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .retry_min_ms = 20, .retry_max_ms = 200};
    char why[256] = "";
    int r;

    setvbuf(stdout, NULL, _IOLBF, 0);
    options.urls = argc > 2 ? (const char *const *)argv + 2 : NULL;
    options.target = argc > 1 && strcmp(argv[1], "-") != 0 ? argv[1] : NULL;
    options.token = getenv("ALDIS_TOKEN");
    options.ca_file = getenv("PROBE_CA");
    options.cert_file = getenv("PROBE_CERT");
    options.key_file = getenv("PROBE_KEY");
    r = aldis_client_new(&options, why, sizeof(why), &client);
    if (r == 0) {
        aldis_client_on_state(client, on_state, NULL);
        aldis_client_on_primary(client, on_primary, NULL);
        aldis_client_on_cancelled(client, on_cancelled, NULL);
        r = aldis_client_on_command(client, NULL, on_job, NULL);
    }
    r = r < 0 ? r : take_schemas(getenv("PROBE_SCHEMAS"), why, sizeof(why));
    r = r < 0 ? r : aldis_client_start(client);
    r = r < 0 ? r : serve();
    if (r < 0) {
        fprintf(stderr, "library_probe: %s %s\n", aldis_error_text(r), why);
    }
    aldis_client_free(client);
    aldis_call_free(latest);
    if (held != NULL) {
        printf("kept %s\n", aldis_job_name(held));
        aldis_job_give_up(held);
    }
    printf("freed\n");
    return r < 0;
}
