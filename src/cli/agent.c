/*
 * The verb agent: serve the commands of a target with programs, until interrupted.
 */

#include <inttypes.h>
#include <signal.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/agent_health.h"
#include "cli/agent_options.h"
#include "cli/agent_work.h"
#include "cli/duration.h"
#include "cli/verbs.h"
#include "client/client.h"
#include "loop/loop.h"
#include "transport/net.h"

/* For what still runs when we are told to stop, and then for the goodbye. */
#define AGENT_DRAIN (5 * ALD_SEC)
#define AGENT_GOODBYE (500 * ALD_MSEC)

struct agent {
    const struct ald_agent_options *options;
    struct ald_loop *loop;
    struct ald_client *client;
    struct ald_agent_works works;
    struct ald_agent_health health;
    struct ald_alarm stop_alarm;
    bool registered; /* the present connection came so far */
    bool stopping;
    bool leaving;       /* the goodbye is said */
    bool family;        /* it is a service of the communicator family, which others may tell to stop */
    uint64_t n_dropped; /* events that came and were too many */
    int status;
};

/* --- what the client says ----------------------------------------------------------------------------------------- */

static void agent_waiting(struct agent *agent, const char *why, ald_usec retry_in)
{
    char room[300];
    char time[32];
    struct ald_str text = ald_cli_printable(ald_str(why), room, sizeof(room));

    ald_cli_say("%s %s: %.*s; trying again in %s", agent->registered ? "lost the hub at" : "no hub at",
                ald_client_url(agent->client), ALD_STR_ARG(text), ald_duration_format(retry_in, time));
    agent->registered = false;
}

/* For good, and not because we wanted it. */
static void agent_refused(struct agent *agent, const char *why)
{
    char room[300];

    ald_cli_say("the hub at %s does not want us: %.*s", ald_client_url(agent->client),
                ALD_STR_ARG(ald_cli_printable(ald_str(why), room, sizeof(room))));
    agent->status = ALD_EXIT_NO_HUB;
}

/* The target that we serve: what the hub gave us, which need not be what we asked for. Printable, in `room`. */
static struct ald_str agent_target(const struct agent *agent, char room[ALD_NAME_MAX])
{
    struct ald_str target = ald_client_target(agent->client);

    return ald_cli_printable(ald_str_present(target) ? target : ald_str(agent->options->target), room, ALD_NAME_MAX);
}

static void agent_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in)
{
    struct agent *agent = owner;
    char room[ALD_NAME_MAX];

    switch (state) {
    case ALD_CLIENT_READY:
        agent->registered = true;
        ald_cli_say("registered as %.*s at %s", ALD_STR_ARG(agent_target(agent, room)), text);
        break;
    case ALD_CLIENT_WAITING:
        agent_waiting(agent, text, retry_in);
        break;
    case ALD_CLIENT_CLOSED:
        if (!agent->stopping && agent->family && agent->registered) {
            ald_cli_say("told to stop by the hub at %s", ald_client_url(agent->client));
        } else if (!agent->stopping) {
            agent_refused(agent, text);
        }
        ald_loop_stop(agent->loop);
        break;
    default:
        break;
    }
}

static void agent_command(void *owner, struct ald_job *job)
{
    struct agent *agent = owner;

    ald_agent_works_take(&agent->works, job);
}

/* Said at the first, and each time there are twice as many. */
static void agent_dropped(void *owner, const struct ald_msg *event ALD_UNUSED)
{
    struct agent *agent = owner;

    agent->n_dropped++;
    if ((agent->n_dropped & (agent->n_dropped - 1)) == 0 && !agent->stopping) {
        ald_cli_say("%" PRIu64 " %s dropped so far: too many wait here", agent->n_dropped,
                    agent->n_dropped == 1 ? "event" : "events");
    }
}

static void agent_cancelled(void *owner, struct ald_job *job)
{
    struct agent *agent = owner;

    ald_agent_works_cancel(&agent->works, job);
}

static void agent_primary(void *owner, bool primary, uint64_t term)
{
    struct agent *agent = owner;
    char room[ALD_NAME_MAX];
    struct ald_str target = agent_target(agent, room);

    if (primary && term > 0) {
        ald_cli_say("primary of %.*s, term %" PRIu64, ALD_STR_ARG(target), term);
    } else if (primary) { /* an existing controller counts no terms */
        ald_cli_say("primary of %.*s", ALD_STR_ARG(target));
    } else {
        ald_cli_say("not primary of %.*s", ALD_STR_ARG(target));
    }
}

static void agent_health(void *owner)
{
    struct agent *agent = owner;

    ald_agent_health_ask(&agent->health);
}

/* The programs' names: the hubs of the communicator family want to know them. */
static int agent_names(void *owner, struct ald_buf *out)
{
    const struct agent *agent = owner;
    int r = 0;

    for (size_t i = 0; i < agent->options->n_handlers && r == 0; i++) {
        r = i > 0 ? ald_buf_push_byte(out, ',') : 0;
        r = r == 0 ? ald_buf_push(out, agent->options->handlers[i].name) : r;
    }
    return r;
}

static const struct ald_client_callbacks agent_callbacks = {
    .names = agent_names,
    .state = agent_state,
    .command = agent_command,
    .cancelled = agent_cancelled,
    .dropped = agent_dropped,
    .primary = agent_primary,
    .health = agent_health,
};

/* --- stopping ----------------------------------------------------------------------------------------------------- */

/* Everything is answered, or has had its time. */
static void agent_leave(struct agent *agent)
{
    if (!agent->leaving) {
        agent->leaving = true;
        ald_alarm_start(agent->loop, &agent->stop_alarm, ald_loop_now(agent->loop) + AGENT_GOODBYE);
        ald_client_close(agent->client);
    }
}

static void agent_stop_alarm(void *owner)
{
    struct agent *agent = owner;

    if (agent->leaving) {
        ald_loop_stop(agent->loop);
    } else {
        agent_leave(agent);
    }
}

static void agent_idle(void *owner)
{
    struct agent *agent = owner;

    if (!agent->stopping) {
        return;
    }
    if (ald_client_in_session(agent->client)) {
        ald_client_drain(agent->client); /* which closes it when the hub has everything, or needs nothing */
    } else {
        agent_leave(agent);
    }
}

/* The first signal lets what runs finish, the second one does not. */
static void agent_interrupt(void *owner, int number ALD_UNUSED)
{
    struct agent *agent = owner;

    if (agent->stopping) {
        agent_leave(agent);
        return;
    }
    agent->stopping = true;
    if (agent->works.n_running > 0) {
        ald_cli_say("stopping; %zu still at work", agent->works.n_running);
    }
    ald_alarm_start(agent->loop, &agent->stop_alarm, ald_loop_now(agent->loop) + AGENT_DRAIN);
    ald_client_drain(agent->client);
    ald_agent_works_drain(&agent->works);
}

/* --- the verb ----------------------------------------------------------------------------------------------------- */

static int agent_connect(struct agent *agent, const struct ald_cli *cli, struct ald_net *net)
{
    struct ald_client_options options;
    struct ald_why why = {""};
    int r;

    ald_client_options_init(&options);
    ald_cli_client_options(cli, &options);
    options.target = agent->options->target;
    agent->family = ald_cli_is_family(cli);
    options.jobs_max = agent->options->jobs + ALD_AGENT_QUEUE_MAX;
    r = ald_client_new(net, &options, &agent_callbacks, agent, &why, &agent->client);
    if (r != 0 && why.text[0] != '\0') {
        return ald_cli_usage(cli, "%s", why.text);
    }
    agent->works.client = agent->client;
    agent->health.client = agent->client;
    return r < 0 ? ald_cli_broke(r) : r;
}

static int agent_serve(struct agent *agent, const struct ald_cli *cli, struct ald_net *net)
{
    int r;

    agent->works.options = agent->options;
    agent->works.loop = agent->loop;
    agent->works.idle = agent_idle;
    agent->works.owner = agent;
    agent->health.loop = agent->loop;
    agent->health.program = agent->options->health;
    r = agent_connect(agent, cli, net);
    if (r != 0) {
        return r;
    }
    ald_loop_run(agent->loop);
    return agent->status;
}

static int agent_live(const struct ald_cli *cli, const struct ald_agent_options *options)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ALD_AUTO(ald_net_free) struct ald_net *net = NULL;
    struct ald_sigwatch *interrupts[2] = {NULL, NULL};
    struct agent agent = {.options = options};
    int status;
    int r;

    r = ald_loop_new(&loop);
    if (r == 0) {
        r = ald_net_new(loop, &net);
    }
    if (r == 0) {
        r = ald_sigwatch_new(loop, SIGINT, agent_interrupt, &agent, &interrupts[0]);
    }
    if (r == 0) {
        r = ald_sigwatch_new(loop, SIGTERM, agent_interrupt, &agent, &interrupts[1]);
    }
    agent.loop = loop;
    ald_alarm_init(&agent.stop_alarm, agent_stop_alarm, &agent);
    ald_agent_works_init(&agent.works);
    ald_agent_health_init(&agent.health);
    status = r < 0 ? ald_cli_broke(r) : agent_serve(&agent, cli, net);

    if (loop != NULL) {
        ald_alarm_stop(loop, &agent.stop_alarm);
    }
    ald_agent_health_fini(&agent.health);
    ald_agent_works_fini(&agent.works);
    ald_client_free(agent.client);
    ald_sigwatch_close(interrupts[0]);
    ald_sigwatch_close(interrupts[1]);
    return status;
}

static int agent_run(struct ald_cli *cli)
{
    struct ald_agent_options options;
    int status = ald_agent_options_read(cli, &options);

    return status == ALD_AGENT_OPTIONS_READ ? agent_live(cli, &options) : status;
}

static const char agent_examples[] =
    "  aldis agent --target lamp --echo                     answer every command with its payload\n"
    "  aldis agent --target lamp --on signal='cat' --on uptime='uptime' --on count='jq length'\n"
    "  aldis agent --target lamp --on burn='sleep 60' --jobs 2 --health 'test -c /dev/lamp0'\n"
    "  aldis agent -H wss://hub-a.example,wss://hub-b.example --target lamp --echo\n"
    "                                                       whichever of the two hubs answers\n"
    "  aldis agent -H cd:///run/communicator/communicatord.sock --target lamp --on BLINK='cat'\n"
    "                                                       a service of the communicator family\n";

static const char agent_help[] =
    "A program is run by /bin/sh. The payload of the command is its standard input. Its standard output is the reply: "
    "JSON "
    "as it stands, other text as a JSON string. Any exit status but 0 is a failure, with what it wrote on standard "
    "error as "
    "the text and {\"status\":N} as the details. Its environment has\n"
    "\n"
    "  ALDIS_COMMAND ALDIS_ID ALDIS_TARGET ALDIS_FROM      name and id of the command, to whom and from whom\n"
    "  ALDIS_DEADLINE_MS                                   milliseconds it has left, if there is a deadline\n"
    "\n"
    "A command that is cancelled, or past its deadline, has its program stopped: SIGTERM, and SIGKILL five seconds "
    "later, "
    "to it and all it started. A program goes on when the hub is lost, but its reply can reach nobody then, unless "
    "it is in a session (link+ws:) that comes back in time. The agent comes "
    "back to the first hub that answers, after a jittered back-off of 0.25 s up to 30 s.\n";

static const char agent_notes[] =
    "SIGINT or SIGTERM: takes no new commands, waits up to five seconds for those at "
    "work, says goodbye, exits with 0; a "
    "second one does not wait. A service of the communicator family that is sent "
    "STOP or QUITTING ends with 0 too. Exit status 3: the hub refused the registration.\n";

const struct ald_verb ald_verb_agent = {
    .name = "agent",
    .summary = "serve the commands of a target with programs, until interrupted",
    .synopsis = "--target TARGET [OPTION...]",
    .examples = agent_examples,
    .help = agent_help,
    .notes = agent_notes,
    .options = ald_agent_option_table,
    .n_options = ALD_AGENT_N_OPTIONS,
    .run = agent_run,
};
