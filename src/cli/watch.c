/*
 * The verb watch: what passes through a hub, while it passes.
 *
 * It reads a stream of server-sent events. A stream that ends is opened again, after a wait that grows; only a hub that could
 * never be reached, or does not want us, ends it. Whoever comes back says what he had last: events of names that he named are
 * remembered by the hub and told now, and what it does not remember is told to be missing.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "base/rng.h"
#include "cli/api.h"
#include "cli/duration.h"
#include "cli/term.h"
#include "cli/verbs.h"
#include "cli/watch_options.h"
#include "cli/watch_service.h"
#include "cli/watch_view.h"
#include "client/backoff.h"
#include "loop/random.h"
#include "transport/net.h"

/* The hub says something every 15 s, if only a comment: three of them missing is no accident. */
#define WATCH_SILENCE (45 * ALD_SEC)
/* Between two attempts, unless the hub names a first wait of its own. */
#define WATCH_BACKOFF (500 * ALD_MSEC)
#define WATCH_BACKOFF_MAX (10 * ALD_SEC)

struct watch {
    const struct ald_cli *cli;
    const struct ald_watch_options *options;
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_fetch *fetch;
    struct ald_fetch_events events;
    struct ald_reach reach;
    struct ald_alarm retry_alarm;
    struct ald_rng rng;
    char last_id[64];    /* up to there it has everything; "": the hub never said */
    size_t url_at;       /* the hub that is asked, or was last */
    unsigned n_failures; /* in a row */
    bool streaming;      /* the present attempt has brought something */
    bool welcome;        /* one attempt had: from now on we come back for ever */
    bool colour;
    uint64_t n_shown;
    int status;
};

static void watch_stop(struct watch *watch, int status)
{
    watch->status = status;
    ald_loop_stop(watch->loop);
}

static void watch_interrupt(void *owner, int number ALD_UNUSED)
{
    watch_stop(owner, ALD_EXIT_OK);
}

static const char *watch_url(const struct watch *watch)
{
    return watch->cli->urls[watch->url_at];
}

/* --- what is told -------------------------------------------------------------------------------------------------- */

static void watch_missed(uint64_t n)
{
    ald_cli_say("%" PRIu64 " lines are missing here: they came faster than they were read", n);
}

static bool watch_wants(const struct watch *watch, enum ald_watch_kind kind, const struct ald_fetch_event *event)
{
    if (kind == ALD_WATCH_COMMAND && watch->options->outcomes != 0) {
        return (watch->options->outcomes & 1U << ald_watch_outcome(event)) != 0;
    }
    return kind != ALD_WATCH_OTHER;
}

/* Returns whether to go on. */
static bool watch_show(struct watch *watch, const struct ald_fetch_event *event)
{
    enum ald_watch_kind kind = ald_watch_kind(event->type);
    int r = 0;

    if (!watch_wants(watch, kind, event)) {
        return true;
    }
    if (watch->cli->json) {
        ald_watch_print_json(stdout, event);
    } else if (kind == ALD_WATCH_DROPPED) {
        watch_missed(ald_watch_dropped(event));
    } else if (kind == ALD_WATCH_GAP) {
        r = ald_watch_say_gap(event);
    } else {
        r = ald_watch_print(stdout, event, watch->colour);
    }
    watch->n_shown += kind != ALD_WATCH_DROPPED && kind != ALD_WATCH_GAP;
    if (r < 0) {
        watch_stop(watch, ald_cli_broke(r));
    } else if (watch->n_shown == watch->options->count) {
        watch_stop(watch, ALD_EXIT_OK);
    }
    return r == 0 && watch->n_shown != watch->options->count;
}

static void watch_begins(struct watch *watch)
{
    if (watch->welcome) {
        ald_cli_say("back at %s%s", watch_url(watch),
                    watch->last_id[0] != '\0' ? "" : "; what happened meanwhile is not shown");
    }
    watch->streaming = true;
    watch->welcome = true;
    watch->n_failures = 0;
}

static bool watch_bytes(void *owner, struct ald_str bytes)
{
    struct watch *watch = owner;
    uint64_t n_before = watch->events.n_dropped;
    struct ald_fetch_event event;
    bool more = true;
    int r = 0;

    if (!watch->streaming) {
        watch_begins(watch);
    }
    while (more && (r = ald_fetch_events_next(&watch->events, &bytes, &event)) == 0) {
        more = watch_show(watch, &event);
    }
    if (r < 0) {
        watch_stop(watch, ald_cli_broke(r));
        return false;
    }
    if (watch->events.last_id[0] != '\0') {
        memcpy(watch->last_id, watch->events.last_id, sizeof(watch->last_id));
    }
    if (watch->events.n_dropped > n_before) {
        watch_missed(watch->events.n_dropped - n_before);
    }
    if (ald_cli_flush() != ALD_EXIT_OK) {
        watch_stop(watch, ALD_EXIT_TROUBLE);
        return false;
    }
    return more;
}

/* --- coming back --------------------------------------------------------------------------------------------------- */

static void watch_retry(struct watch *watch, struct ald_str why)
{
    ald_usec first =
        watch->events.retry_ms > 0 ? ALD_MIN(watch->events.retry_ms * ALD_MSEC, WATCH_BACKOFF_MAX) : WATCH_BACKOFF;
    ald_usec wait = ald_backoff(&watch->rng, first, WATCH_BACKOFF_MAX, watch->n_failures);
    char room[200], time[32];

    ald_cli_say("no hub at %s: %.*s; trying again in %s", watch_url(watch),
                ALD_STR_ARG(ald_cli_printable(why, room, sizeof(room))), ald_duration_format(wait, time));
    ald_alarm_start(watch->loop, &watch->retry_alarm, ald_loop_now(watch->loop) + wait);
}

static void watch_dial(struct watch *watch);

/* The next hub of the list; when all failed, that is the end, or a reason to wait. */
static void watch_failed(struct watch *watch, struct ald_str why)
{
    bool round = watch->n_failures + 1 >= watch->cli->n_urls;

    watch->n_failures++;
    ald_reach_failed(&watch->reach, watch_url(watch), why);
    if (!watch->welcome && round) {
        watch_stop(watch, ald_reach_report(&watch->reach, watch->cli));
        return;
    }
    if (watch->welcome) {
        watch_retry(watch, why);
        return;
    }
    watch->url_at = (watch->url_at + 1) % watch->cli->n_urls;
    watch_dial(watch);
}

/* It answered, and has no stream for us. One that had is busy, or starting: we come back. */
static void watch_refused(struct watch *watch, const struct ald_fetch_end *end)
{
    struct ald_api_answer answer;
    int r;

    if (watch->welcome && end->status >= 500) {
        watch_failed(watch, ALD_STR("it has no stream for us now"));
        return;
    }
    ald_api_answer_init(&answer);
    answer.status = end->status;
    r = ald_buf_push(&answer.body, end->body);
    watch_stop(watch, r == 0 ? ald_api_problem(&answer) : ald_cli_broke(ALDIS_E_NOMEM));
    ald_api_answer_fini(&answer);
}

static void watch_end(void *owner, const struct ald_fetch_end *end)
{
    struct watch *watch = owner;
    bool streamed = watch->streaming;

    watch->streaming = false;
    if (end->status != 0 && end->status != 200) {
        watch_refused(watch, end);
    } else if (end->status == 200 && !streamed && !watch->welcome) {
        ald_cli_say("what answered at %s is not the API of a hub; is this its address?", watch_url(watch));
        watch_stop(watch, ALD_EXIT_TROUBLE);
    } else {
        watch_failed(watch, end->text.size > 0 ? end->text : ALD_STR("it ended the stream"));
    }
}

/* A fetch that ended is freed here and not in its own callback, which may be the caller. */
static void watch_dial_now(void *owner)
{
    struct watch *watch = owner;
    struct ald_fetch_spec spec = ald_api_spec(watch->cli, watch_url(watch));
    struct ald_http_field last = {ALD_STR("Last-Event-ID"), ald_str(watch->last_id)};
    struct ald_why why = {""};
    int r;

    spec.target = watch->options->path;
    spec.accept = "text/event-stream";
    spec.bytes = watch_bytes;
    spec.silence = WATCH_SILENCE;
    spec.fields = (struct ald_http_fields){.items = &last, .n = watch->last_id[0] != '\0'};
    watch->fetch = ald_fetch_free(watch->fetch);
    ald_fetch_events_fini(&watch->events);
    ald_fetch_events_init(&watch->events, ALD_FETCH_EVENT_MAX);
    r = ald_fetch_new(watch->net, &spec, watch_end, watch, &why, &watch->fetch);
    if (r != 0 && why.text[0] != '\0') {
        watch_stop(watch, ald_cli_usage(watch->cli, "%s", why.text));
    } else if (r == ALDIS_E_NOMEM) {
        watch_stop(watch, ald_cli_broke(r));
    } else if (r != 0) {
        watch_failed(watch, ald_str(ald_error_text(r)));
    }
}

static void watch_dial(struct watch *watch)
{
    ald_alarm_start(watch->loop, &watch->retry_alarm, ald_loop_now(watch->loop));
}

/* --- the verb ------------------------------------------------------------------------------------------------------ */

static int watch_set_up(struct watch *watch, struct ald_sigwatch *interrupts[2])
{
    uint64_t seed;
    int r;

    ald_random_fill(&seed, sizeof(seed));
    ald_rng_init(&watch->rng, seed);
    ald_alarm_init(&watch->retry_alarm, watch_dial_now, watch);
    ald_fetch_events_init(&watch->events, ALD_FETCH_EVENT_MAX);
    r = ald_loop_new(&watch->loop);
    if (r == 0) {
        r = ald_net_new(watch->loop, &watch->net);
    }
    if (r == 0) {
        r = ald_sigwatch_new(watch->loop, SIGINT, watch_interrupt, watch, &interrupts[0]);
    }
    if (r == 0) {
        r = ald_sigwatch_new(watch->loop, SIGTERM, watch_interrupt, watch, &interrupts[1]);
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

static int watch_do(const struct ald_cli *cli, const struct ald_watch_options *options)
{
    struct ald_sigwatch *interrupts[2] = {NULL, NULL};
    struct watch watch = {.cli = cli, .options = options, .colour = ald_term_coloured(stdout)};

    watch.status = watch_set_up(&watch, interrupts);
    if (watch.status == 0) {
        watch_dial(&watch);
        ald_loop_run(watch.loop);
    }
    ald_fetch_free(watch.fetch);
    ald_fetch_events_fini(&watch.events);
    if (watch.loop != NULL) {
        ald_alarm_stop(watch.loop, &watch.retry_alarm);
    }
    ald_sigwatch_close(interrupts[0]);
    ald_sigwatch_close(interrupts[1]);
    ald_net_free(watch.net);
    ald_loop_free(watch.loop);
    return watch.status;
}

static int watch_run(struct ald_cli *cli)
{
    struct ald_watch_options options;
    int status = ald_watch_options_read(cli, &options);

    if (status != ALD_WATCH_OPTIONS_READ) {
        return status;
    }
    return ald_cli_has_api(cli) ? watch_do(cli, &options) : ald_watch_service_run(cli, &options);
}

static const char watch_examples[] =
    "  aldis watch\n"
    "  aldis watch tide:Changed foo:Tick --payload      these events, whoever they are for\n"
    "  aldis watch tide:Changed --filter north --since 1h   what was missed of them, and then what comes\n"
    "  aldis watch --target lamp --payload\n"
    "  aldis watch --outcome failed,lost,expired        what goes wrong\n"
    "  aldis watch --kind channel                       who comes and goes, and who is primary\n"
    "  aldis watch -n 1 --name deploy --outcome succeeded && echo deployed\n"
    "  aldis watch --json | jq -r 'select(.age_ms > 1000) | .id'\n"
    "  aldis watch -H cd:///run/communicator/communicatord.sock --as probe --names LOCK_STARTED,DATA --payload\n";

static const char watch_help[] =
    "A line for each arrow in the life of a command (submitted, queued, sent, ..., its "
    "outcome), each event and what became "
    "of it, and each change of a channel. Times are UTC. With --json a line is an object: "
    "\"kind\" is command, event, channel "
    "or dropped (\"n\" lines are missing, because they were not read fast enough).\n"
    "\n"
    "With names of events only these are shown, and the hub remembers them from then on ([limits] replay_age, an "
    "hour): with "
    "--since, and whenever watch comes back, those that were missed come first, in their order, none twice. What the "
    "hub "
    "does not remember is told on standard error, or with --json as a line of the kind gap.\n"
    "\n"
    "At a daemon of the communicator family (-H cd:...) it is one of its services, and shows "
    "messages and news: with --json \"kind\" is message, command or news, with a \"topic\".\n"
    "\n"
    "Over a link (-H link+ws:...) it is a control, subscribes to the events that are named, with --filter and --since "
    "if "
    "they are given, and shows these and what else is sent to it. What was missed comes when its session comes back; "
    "in a "
    "new one, which it says, it hears what comes from then on. When none of them can be had, it ends with the exit "
    "status of that outcome.\n";

static const char watch_notes[] =
    "Ctrl-C or SIGTERM ends it with status 0. When the hub goes away it says so and comes back, after a wait that "
    "grows to "
    "ten seconds. What happened meanwhile is not shown, but for events that are watched by name, over links only while "
    "the session lasts. Exit status 3: no hub "
    "could be reached at the start.\n";

const struct ald_verb ald_verb_watch = {
    .name = "watch",
    .summary = "show what passes through the hub, while it passes",
    .synopsis = "[OPTION...] [EVENT...]",
    .examples = watch_examples,
    .help = watch_help,
    .notes = watch_notes,
    .options = ald_watch_option_table,
    .n_options = ALD_WATCH_N_OPTIONS,
    .run = watch_run,
};
