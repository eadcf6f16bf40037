/*
 * The verb call: submit one command, wait for its outcome, show it.
 *
 * The deadline is the client's: it reconnects and asks until then. What is decided here is only when to give up looking for
 * a first hub: a person who forgot to start one should not wait thirty seconds to hear so.
 */

#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/call_options.h"
#include "cli/duration.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/reach.h"
#include "cli/roster.h"
#include "cli/verbs.h"
#include "client/client.h"
#include "loop/loop.h"
#include "loop/random.h"
#include "transport/net.h"

/* Unless --deadline says otherwise (DESIGN section 1). */
#define CALL_DEADLINE (30 * ALD_SEC)
/* To find a first hub. Longer than a hub takes to restart on a quiet machine, shorter than people's patience. */
#define CALL_REACH (3 * ALD_SEC)
/* For the goodbye, when all is said. With the client's own grace (client/call.c) it fits into the second after the deadline. */
#define CALL_GOODBYE (200 * ALD_MSEC)
/*
 * What comes sooner after the first interrupt is the same one: timeout(1) signals its child and then the child's whole group,
 * and a terminal's Ctrl-C may come with a parent's own. No person presses twice as fast.
 */
#define CALL_INTERRUPT_AGAIN (200 * ALD_MSEC)

struct calling {
    const struct ald_cli *cli;
    const struct ald_call_options *options;
    struct ald_loop *loop;
    struct ald_client *client;
    struct ald_call *call; /* NULL: it has its outcome */
    char id[ALD_ID_TEXT];
    struct ald_reach reach;
    struct ald_roster_print roster;
    struct ald_progress progress;
    struct ald_alarm reach_alarm;
    struct ald_alarm goodbye_alarm;
    bool reached;
    bool talks; /* a person watches standard error */
    int n_interrupts;
    ald_usec interrupted; /* when the first one came */
    int status;
};

/* Everything is shown: leave in order, but not for long. */
static void calling_finish(struct calling *calling, int status)
{
    calling->status = status;
    ald_alarm_stop(calling->loop, &calling->reach_alarm);
    /* Nobody answers a goodbye in the communicator family. */
    ald_alarm_start(calling->loop, &calling->goodbye_alarm,
                    ald_loop_now(calling->loop) + (ald_cli_is_family(calling->cli) ? 0 : CALL_GOODBYE));
    ald_client_close(calling->client);
}

static void calling_goodbye_alarm(void *owner)
{
    struct calling *calling = owner;

    ald_loop_stop(calling->loop);
}

static void calling_unreached(struct calling *calling)
{
    calling->call = NULL; /* it ends unsent with the client, and nobody is to hear that */
    ald_progress_fini(&calling->progress);
    calling_finish(calling, ald_reach_report(&calling->reach, calling->cli));
}

static void calling_reach_alarm(void *owner)
{
    calling_unreached(owner);
}

static void calling_hint(const struct calling *calling)
{
    if (!ald_cli_has_api(calling->cli)) {
        return; /* no API is there to ask */
    }
    if (calling->cli->urls_given) {
        fprintf(stderr, "  its story: aldis -H %s explain %.*s\n", ald_client_url(calling->client), ALD_ID_TEXT,
                calling->id);
    } else {
        fprintf(stderr, "  its story: aldis explain %.*s\n", ALD_ID_TEXT, calling->id);
    }
}

/* --- what is heard of it ------------------------------------------------------------------------------------------ */

static void calling_member(struct calling *calling, struct ald_str member)
{
    ald_progress_erase(&calling->progress);
    if (ald_roster_print_member(&calling->roster, stdout, member) == 0) {
        fflush(stdout); /* as they come */
    }
}

static void calling_status(struct calling *calling, const struct ald_call_report *report)
{
    const struct ald_msg *msg = report->msg;
    struct ald_str phase = ald_str(ald_phase_name(report->phase));

    if (msg != NULL && calling->options->mode == ALD_MODE_ALL && !calling->cli->json && msg->details.size > 0) {
        calling_member(calling, ald_slice_str(msg->details));
    } else if (msg != NULL && (msg->flags & ALD_MSG_PROGRESS) != 0) {
        ald_progress_measure(&calling->progress, phase, report->text, msg->completed, msg->total);
    } else {
        ald_progress_phase(&calling->progress, phase, report->text);
    }
}

static int calling_show(struct calling *calling, const struct ald_call_report *report)
{
    if (calling->cli->json) {
        return ald_outcome_print_json(stdout, ald_str_of(calling->id, ALD_ID_TEXT), report);
    }
    if (report->msg != NULL && report->msg->roster.size > 0) {
        return ald_roster_print_rest(&calling->roster, stdout, ald_slice_str(report->msg->roster));
    }
    ald_outcome_print_payload(stdout, report);
    return 0;
}

static void calling_outcome(struct calling *calling, const struct ald_call_report *report)
{
    int status = ald_outcome_exit(report->outcome);
    int r;

    ald_progress_fini(&calling->progress);
    r = calling_show(calling, report);
    if (r < 0) {
        status = ald_cli_broke(r);
    } else if (ald_cli_flush() != ALD_EXIT_OK) {
        status = ALD_EXIT_TROUBLE;
    }
    if (report->outcome != ALD_SUCCEEDED) {
        ald_outcome_explain(stderr, report);
        calling_hint(calling);
    }
    calling_finish(calling, status);
}

static void calling_report(void *owner, struct ald_call *call ALD_UNUSED, const struct ald_call_report *report)
{
    struct calling *calling = owner;

    if (report->outcome == ALD_OUTCOME_NONE) {
        calling_status(calling, report);
    } else if (calling->call != NULL) {
        calling->call = NULL;
        if (calling->reached || calling->n_interrupts > 0) {
            calling_outcome(calling, report);
        } else {
            calling_unreached(calling);
        }
    }
}

static void calling_waiting(struct calling *calling, const char *why, ald_usec retry_in)
{
    char time[32];

    if (!calling->reached) {
        ald_reach_failed(&calling->reach, ald_client_url(calling->client), ald_str(why));
    }
    if (calling->talks) {
        ald_progress_erase(&calling->progress);
        ald_cli_say("no hub at %s: %s; trying again in %s", ald_client_url(calling->client), why,
                    ald_duration_format(retry_in, time));
    }
}

static void calling_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in)
{
    struct calling *calling = owner;

    switch (state) {
    case ALD_CLIENT_READY:
        calling->reached = true;
        ald_alarm_stop(calling->loop, &calling->reach_alarm);
        break;
    case ALD_CLIENT_WAITING:
        calling_waiting(calling, text, retry_in);
        break;
    case ALD_CLIENT_CLOSED:
        if (calling->call != NULL && !calling->reached) {
            ald_reach_denied(&calling->reach, ald_client_url(calling->client), ald_str(text));
            calling_unreached(calling);
        } else if (calling->call == NULL) {
            ald_loop_stop(calling->loop);
        }
        break;
    default:
        break;
    }
}

/*
 * Ctrl-C asks for the command back and waits for what comes of it. A second one leaves at once: the outcome is then lost to
 * this program, although the hub will still know it, so the status is that of `lost`.
 */
static void calling_interrupt(void *owner, int number ALD_UNUSED)
{
    struct calling *calling = owner;
    ald_usec now = ald_loop_now(calling->loop);

    if (calling->n_interrupts > 0 && now - calling->interrupted < CALL_INTERRUPT_AGAIN) {
        return;
    }
    calling->n_interrupts++;
    if (calling->call == NULL) {
        ald_loop_stop(calling->loop);
    } else if (calling->n_interrupts == 1) {
        calling->interrupted = now;
        if (calling->talks) {
            ald_progress_erase(&calling->progress);
            ald_cli_say("asking for it back; once more to leave at once");
        }
        ald_call_cancel(calling->call);
    } else {
        calling->call = NULL;
        ald_progress_fini(&calling->progress);
        ald_cli_say("left before the outcome was known");
        calling_hint(calling);
        calling->status = ALD_EXIT_LOST;
        ald_loop_stop(calling->loop);
    }
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static int calling_build(struct calling *calling, struct ald_msg **ret_command)
{
    const struct ald_call_options *options = calling->options;
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    uint64_t random[2];
    int r;

    ald_random_fill(random, sizeof(random));
    ald_id_format(ald_id_make(random[0], random[1] >> 2), calling->id);
    r = ald_msg_new(ald_client_messages(calling->client), ALD_COMMAND, &command);
    if (r == 0) {
        r = ald_msg_set(command, &command->wire_id, ald_str_of(calling->id, ALD_ID_TEXT));
    }
    if (r == 0) {
        r = ald_msg_set(command, &command->name, ald_str(options->name));
    }
    if (r == 0) {
        r = ald_msg_set(command, &command->collapse, ald_str(options->collapse));
    }
    if (r == 0) {
        r = ald_msg_set_address(command, &command->to, &options->to);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(command, &command->payload, options->payload);
    command->mode = (uint8_t)options->mode;
    command->flags = options->flags;
    command->ttl = options->deadline;
    ald_msg_seal(command);
    *ret_command = ald_steal(&command);
    return 0;
}

static int calling_submit(struct calling *calling)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    int r;

    r = calling_build(calling, &command);
    if (r == 0) {
        r = ald_client_call(calling->client, command, calling_report, calling, &calling->call);
    }
    return r;
}

static int calling_connect(struct calling *calling, struct ald_net *net)
{
    static const struct ald_client_callbacks callbacks = {.state = calling_state};
    struct ald_client_options options;
    struct ald_why why = {""};
    int r;

    ald_client_options_init(&options);
    ald_cli_client_options(calling->cli, &options);
    options.backoff_first = 100 * ALD_MSEC;
    options.backoff_max = ALD_SEC;
    r = ald_client_new(net, &options, &callbacks, calling, &why, &calling->client);
    if (r != 0 && why.text[0] != '\0') {
        return ald_cli_usage(calling->cli, "%s", why.text);
    }
    return r < 0 ? ald_cli_broke(r) : r;
}

/* All that must be set up is: wait for what comes. */
static int calling_run(struct calling *calling, struct ald_net *net)
{
    int r = calling_connect(calling, net);

    if (r != 0) {
        return r;
    }
    ald_alarm_start(calling->loop, &calling->reach_alarm,
                    ald_loop_now(calling->loop) + ALD_MIN(CALL_REACH, calling->options->deadline));
    r = calling_submit(calling);
    if (r < 0) {
        return ald_cli_broke(r);
    }
    ald_loop_run(calling->loop);
    return calling->status;
}

/* All is said: an interrupt that comes while the process ends must not make another exit status of it. */
static void call_deafen(void)
{
    sigset_t both;

    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    ald_ignore(pthread_sigmask(SIG_BLOCK, &both, NULL)); /* fails only for a `how` that does not exist */
}

static int call_wait(const struct ald_cli *cli, const struct ald_call_options *options)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ALD_AUTO(ald_net_free) struct ald_net *net = NULL;
    struct ald_sigwatch *interrupts[2] = {NULL, NULL};
    struct calling calling = {.cli = cli, .options = options, .talks = isatty(STDERR_FILENO)};
    uint64_t seed[2];
    int status;
    int r;

    ald_random_fill(seed, sizeof(seed));
    r = ald_loop_new(&loop);
    if (r == 0) {
        r = ald_net_new(loop, &net);
    }
    if (r == 0) {
        r = ald_sigwatch_new(loop, SIGINT, calling_interrupt, &calling, &interrupts[0]);
    }
    if (r == 0) {
        r = ald_sigwatch_new(loop, SIGTERM, calling_interrupt, &calling, &interrupts[1]);
    }
    calling.loop = loop;
    ald_alarm_init(&calling.reach_alarm, calling_reach_alarm, &calling);
    ald_alarm_init(&calling.goodbye_alarm, calling_goodbye_alarm, &calling);
    ald_roster_print_init(&calling.roster, seed);
    if (r == 0) {
        ald_progress_init(&calling.progress, loop, stderr);
    }
    status = r < 0 ? ald_cli_broke(r) : calling_run(&calling, net);
    if (r == 0) {
        ald_progress_fini(&calling.progress);
    }
    ald_roster_print_fini(&calling.roster);
    if (loop != NULL) {
        ald_alarm_stop(loop, &calling.reach_alarm);
        ald_alarm_stop(loop, &calling.goodbye_alarm);
    }
    ald_client_free(calling.client);
    call_deafen();
    ald_sigwatch_close(interrupts[0]);
    ald_sigwatch_close(interrupts[1]);
    return status;
}

static int call_run(struct ald_cli *cli)
{
    struct ald_call_options options;
    int status = ald_call_options_read(cli, CALL_DEADLINE, &options);

    if (status == ALD_CALL_OPTIONS_READ) {
        status = call_wait(cli, &options);
    }
    ald_call_options_fini(&options);
    return status;
}

static const char call_examples[] =
    "  aldis call lamp signal '{\"letters\":\"SOS\"}'      prints the reply's payload\n"
    "  echo '[1,2]' | aldis call lamp signal -         payload from standard input; @FILE from a file\n"
    "  aldis call --deadline 5s lamp burn              tell me after five seconds at the latest\n"
    "  aldis call --mode all lamp uptime               every channel of the target, one line each:\n"
    "                                                  CHANNEL OUTCOME PAYLOAD, as they come\n"
    "  aldis call --channel ID lamp uptime             that one; the same as  aldis call lamp#ID uptime\n"
    "  aldis call --json lamp signal 5 | jq .outcome   the whole outcome on one line\n";

static const char call_help[] = "TARGET is [HUB:]TARGET[#CHANNEL], with : # / * ? . % and blanks inside a name "
                                "percent-encoded. PAYLOAD is JSON, or any "
                                "number of name=value, which are an object of strings.\n"
                                "\n"
                                "Over cd: and cds: the command is a message of the communicator family, which only a "
                                "hub of aldis answers; with any other "
                                "it expires.\n";

static const char call_notes[] =
    "Exit status: 0 succeeded, 10 failed (the agent says so), 11 refused (it never ran), 12 cancelled, 13 expired, 14 "
    "lost "
    "(it was sent, and what became of it cannot be known); 2 wrong usage, 3 no hub can be reached. What went wrong is "
    "on "
    "standard error.\n"
    "\n"
    "Ctrl-C (or SIGTERM) asks for the command back and waits for its outcome; a second one leaves at once, with status "
    "14.\n";

const struct ald_verb ald_verb_call = {
    .name = "call",
    .summary = "send a command and wait for its outcome",
    .synopsis = "[OPTION...] TARGET NAME [PAYLOAD | name=value...]",
    .examples = call_examples,
    .help = call_help,
    .notes = call_notes,
    .options = ald_call_option_table,
    .n_options = ALD_CALL_N_OPTIONS,
    .run = call_run,
};
