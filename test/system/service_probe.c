/*
 * Probe: a service of the communicator family that somebody else wrote, driven by lines on its standard input.
 *
 *     service_probe URL NAME KEPT [COMMAND...]  NAME "-": a caller only; so many events are kept while there is no hub
 *
 *     send COMMAND TARGET [JSON]      with a report; `hold`, `tell_away`, `everyone` and the like instead of `send` say more
 *     ask TOPIC [SERVICE]             a number of enum aldis_topic
 *     know COMMAND                    have a handler for that too
 *     start, drain, close, quit
 *
 * It answers every DATA with a DONE to whoever said it. It prints `state WORD TEXT`, `event COMMAND SENDER JSON`,
 * `command COMMAND SENDER JSON`, `report COMMAND CAUSE`, `news TOPIC NAME HUB STATE ANSWER`, `said R`, `dropped N`.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aldis/service.h>

static struct aldis_client *client;

static void on_state(struct aldis_client *it, enum aldis_state state, const char *text, uint64_t in, void *data)
{
    (void)it, (void)in, (void)data;
    printf("state %s %s\n", aldis_state_name(state), text);
}

static void on_report(struct aldis_client *it, const struct aldis_event_report *report, void *data)
{
    (void)it, (void)data;
    printf("report %s %s\n", report->name, report->kept ? "kept" : report->cause);
}

static void on_news(struct aldis_client *it, const struct aldis_news *news, void *data)
{
    (void)it, (void)data;
    printf("news %d %s %s %s %s\n", (int)news->topic, news->name, news->hub, news->state,
           news->answer ? "answer" : "told");
}

static void on_message(struct aldis_job *job, void *data)
{
    struct aldis_command done = {ALDIS_COMMAND, .name = "DONE"};
    const char *payload = aldis_job_payload(job, NULL);

    (void)data;
    printf("%s %s %s %s\n", aldis_job_is_event(job) ? "event" : "command", aldis_job_name(job), aldis_job_sender(job),
           payload != NULL ? payload : "-");
    done.target = aldis_job_sender(job);
    if (aldis_job_is_event(job) && strcmp(aldis_job_name(job), "DATA") == 0 && done.target[0] != '\0') {
        printf("said %d\n", aldis_client_send(client, &done));
    }
    if (aldis_job_succeed(job, payload) < 0) {
        aldis_job_give_up(job);
    }
}

static void say(const char *how)
{
    const char *name = strtok(NULL, " "), *target = strtok(NULL, " ");
    const struct aldis_command event = {
        ALDIS_COMMAND,
        .name = name,
        .target = target,
        .payload = strtok(NULL, ""),
        .report = strcmp(how, "silently") != 0,
        .hold = strcmp(how, "hold") == 0,
        .tell_away = strcmp(how, "tell_away") == 0,
        .everyone = strcmp(how, "everyone") == 0,
    };

    printf("said %d\n", aldis_client_send(client, &event));
}

static bool obey(char *line)
{
    const char *word = strtok(line, " \n");
    const char *service;
    int topic;

    if (word == NULL) {
        return true;
    }
    if (strcmp(word, "quit") == 0) {
        return false;
    }
    if (strcmp(word, "start") == 0) {
        return aldis_client_start(client) == 0;
    }
    if (strcmp(word, "drain") == 0) {
        return aldis_client_drain(client) == 0;
    }
    if (strcmp(word, "close") == 0) {
        return aldis_client_close(client) == 0;
    }
    if (strcmp(word, "know") == 0) {
        return aldis_client_on_command(client, strtok(NULL, " "), on_message, NULL) == 0;
    }
    if (strcmp(word, "dropped") == 0) {
        printf("dropped %" PRIu64 "\n", aldis_client_events_dropped(client));
        return true;
    }
    if (strcmp(word, "ask") == 0) {
        topic = atoi(strtok(NULL, " "));
        service = strtok(NULL, " ");
        printf("said %d\n", aldis_client_ask(client, (enum aldis_topic)topic, service, true));
        return true;
    }
    say(word);
    return true;
}

int main(int argc, char **argv)
{
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .retry_min_ms = 20, .retry_max_ms = 100};
    char line[4096], why[256];

    if (argc < 4) {
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    options.urls = (const char *const[]){argv[1], NULL};
    options.target = strcmp(argv[2], "-") == 0 ? NULL : argv[2];
    options.events_kept = (uint32_t)atoi(argv[3]);
    options.secret = getenv("SECRET");
    options.ca_file = getenv("CA");
    options.cert_file = getenv("CERT");
    options.key_file = getenv("KEY");
    if (aldis_client_new(&options, why, sizeof(why), &client) < 0) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    aldis_client_on_state(client, on_state, NULL);
    aldis_client_on_report(client, on_report, NULL);
    if (getenv("NEWS") != NULL && aldis_client_on_news(client, on_news, NULL) < 0) {
        return 1;
    }
    for (int i = 4; i < argc; i++) {
        if (aldis_client_on_command(client, argv[i], on_message, NULL) < 0) {
            return 1;
        }
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!obey(line)) {
            break;
        }
    }
    aldis_client_free(client);
    return 0;
}
