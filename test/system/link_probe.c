/*
 * Link probe: programs of somebody else's over links that break all the time, and what they count.
 *
 *     link_probe serve TARGET URL...        answer `work` with its payload; count what came; `tell` on its standard input
 *     link_probe ask TARGET URL COUNT WIDE  COUNT commands `work`, WIDE of them at a time, and COUNT events `note`
 *
 * The payload of each is its number, from 0. Both print `counted NAME ONCE MORE MISSING`: how many numbers came, how many of
 * them more than once, and how many below COUNT (or the largest) did not; the second one `outcome WORD CAUSE N` for each kind of
 * end that a command had, too.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aldis/agent.h>
#include <aldis/caller.h>
#include <aldis/version.h>

enum { NUMBERS_MAX = 1 << 20 };

struct tally {
    const char *name;
    uint32_t *times; /* NUMBERS_MAX of them */
    uint64_t end;    /* above the largest that came */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static struct tally works = {.name = "work"}, notes = {.name = "note"}, answers = {.name = "answer"};
static uint64_t n_ended, n_wrong;
static uint64_t n_outcomes[ALDIS_LOST + 1];
static char causes[ALDIS_LOST + 1][64];

static void tally_add(struct tally *tally, const char *payload)
{
    uint64_t number = payload != NULL ? strtoull(payload, NULL, 10) : NUMBERS_MAX;

    pthread_mutex_lock(&lock);
    if (number < NUMBERS_MAX) {
        tally->times[number]++;
        tally->end = number >= tally->end ? number + 1 : tally->end;
    }
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
}

static void tally_print(const struct tally *tally, uint64_t count)
{
    uint64_t once = 0, more = 0, missing = 0;

    pthread_mutex_lock(&lock);
    for (uint64_t i = 0; i < (count > tally->end ? count : tally->end); i++) {
        once += tally->times[i] > 0;
        more += tally->times[i] > 1;
        missing += tally->times[i] == 0;
    }
    pthread_mutex_unlock(&lock);
    printf("counted %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", tally->name, once, more, missing);
}

/* --- the one that serves ------------------------------------------------------------------------------------------- */

static void on_work(struct aldis_job *job, void *data)
{
    (void)data;
    tally_add(&works, aldis_job_payload(job, NULL));
    if (aldis_job_succeed(job, aldis_job_payload(job, NULL)) < 0) {
        aldis_job_give_up(job);
    }
}

static void on_note(struct aldis_job *job, void *data)
{
    (void)data;
    tally_add(&notes, aldis_job_payload(job, NULL));
    aldis_job_give_up(job);
}

static int serve(struct aldis_client *client)
{
    char line[100];
    int r = aldis_client_on_command(client, "work", on_work, NULL);

    r = r == 0 ? aldis_client_on_command(client, "note", on_note, NULL) : r;
    r = r == 0 ? aldis_client_start(client) : r;
    while (r == 0 && fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "tell\n") == 0) {
        tally_print(&works, 0);
        tally_print(&notes, 0);
        printf("told\n");
    }
    return r;
}

/* --- the one that asks --------------------------------------------------------------------------------------------- */

static void on_report(struct aldis_call *call, const struct aldis_report *report, void *data)
{
    const char *number = data;

    (void)call;
    if (report->outcome == ALDIS_PENDING) {
        return;
    }
    if (report->outcome == ALDIS_SUCCEEDED) {
        tally_add(&answers, report->payload);
        n_wrong += report->payload == NULL || strcmp(report->payload, number) != 0;
    }
    pthread_mutex_lock(&lock);
    n_outcomes[report->outcome]++;
    snprintf(causes[report->outcome], sizeof(causes[0]), "%s", report->cause[0] != '\0' ? report->cause : "-");
    n_ended++;
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
    free(data);
}

static int ask_one(struct aldis_client *client, const char *target, uint64_t number)
{
    char text[24];
    struct aldis_command command = {ALDIS_COMMAND, .name = "work", .target = target, .payload = text};
    struct aldis_call *call = NULL;
    char *kept;
    int r;

    snprintf(text, sizeof(text), "%" PRIu64, number);
    command.deadline_ms = 120000;
    kept = strdup(text);
    r = aldis_client_submit(client, &command, on_report, kept, &call);
    aldis_call_free(call);
    if (r < 0) {
        free(kept);
        return r;
    }
    command.name = "note";
    r = aldis_client_send(client, &command);
    return r < 0 ? r : 0;
}

static int ask(struct aldis_client *client, const char *target, uint64_t count, uint64_t wide)
{
    int r = aldis_client_start(client);

    for (uint64_t i = 0; r == 0 && i < count; i++) {
        pthread_mutex_lock(&lock);
        while (i - n_ended >= wide) {
            pthread_cond_wait(&moved, &lock);
        }
        pthread_mutex_unlock(&lock);
        r = ask_one(client, target, i);
    }
    pthread_mutex_lock(&lock);
    while (r == 0 && n_ended < count) {
        pthread_cond_wait(&moved, &lock);
    }
    pthread_mutex_unlock(&lock);
    for (int i = 0; i <= ALDIS_LOST; i++) {
        if (n_outcomes[i] > 0) {
            printf("outcome %s %s %" PRIu64 "\n", aldis_outcome_name((enum aldis_outcome)i), causes[i], n_outcomes[i]);
        }
    }
    tally_print(&answers, count);
    printf("wrong %" PRIu64 "\ndropped %" PRIu64 "\n", n_wrong, aldis_client_events_dropped(client));
    printf("told\n");
    while (r == 0 && getchar() != EOF) {
    }
    return r;
}

int main(int argc, char **argv)
{
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .retry_min_ms = 1, .retry_max_ms = 20,
                                           .events_kept = 100000};
    struct aldis_client *client = NULL;
    const char *urls[2] = {argc > 3 ? argv[3] : NULL, NULL};
    bool serves = argc > 1 && strcmp(argv[1], "serve") == 0;
    char why[256] = "";
    int r;

    if (argc < 4) {
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    works.times = calloc(NUMBERS_MAX, sizeof(uint32_t));
    notes.times = calloc(NUMBERS_MAX, sizeof(uint32_t));
    answers.times = calloc(NUMBERS_MAX, sizeof(uint32_t));
    options.urls = urls;
    options.target = serves ? argv[2] : NULL;
    options.token = getenv("ALDIS_TOKEN");
    r = aldis_client_new(&options, why, sizeof(why), &client);
    if (r == 0) {
        r = serves ? serve(client) : ask(client, argv[2], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
    }
    if (r < 0) {
        fprintf(stderr, "link_probe: %s %s\n", aldis_error_text(r), why);
    }
    aldis_client_free(client);
    free(works.times);
    free(notes.times);
    free(answers.times);
    return r < 0;
}
