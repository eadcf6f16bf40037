#include "cli/watch_service.h"

#include <signal.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/duration.h"
#include "cli/reach.h"
#include "cli/watch_service_view.h"
#include "cli/watch_subscribe.h"
#include "client/client.h"
#include "loop/loop.h"
#include "transport/net.h"

/* To find a first hub; as for `aldis call`. */
#define SERVICE_REACH (3 * ALD_SEC)

struct service {
    const struct ald_cli *cli;
    const struct ald_watch_options *options;
    struct ald_loop *loop;
    struct ald_client *client;
    struct ald_watch_subscribe subscribe;
    struct ald_reach reach;
    struct ald_alarm reach_alarm;
    bool welcome; /* a hub has taken us in: from now on we come back for ever */
    bool leaving; /* all is shown */
    uint64_t n_shown;
    int status;
};

static void service_stop(struct service *service, int status)
{
    service->status = status;
    ald_loop_stop(service->loop);
}

static void service_interrupt(void *owner, int number ALD_UNUSED)
{
    service_stop(owner, ALD_EXIT_OK);
}

static void service_reach_alarm(void *owner)
{
    struct service *service = owner;

    service_stop(service, ald_reach_report(&service->reach, service->cli));
}

/* --- what is told ------------------------------------------------------------------------------------------------- */

static void service_shown(struct service *service, int r)
{
    service->n_shown++;
    if (r < 0) {
        service_stop(service, ald_cli_broke(r));
    } else if (ald_cli_flush() != ALD_EXIT_OK) {
        service_stop(service, ALD_EXIT_TROUBLE);
    } else if (service->n_shown == service->options->count) {
        service_stop(service, ALD_EXIT_OK);
    }
}

static bool service_wants(const struct service *service)
{
    return service->options->count == 0 || service->n_shown < service->options->count;
}

/* A command is for the service whose name we have taken, and which is not here. */
static void service_refuse(struct service *service, struct ald_job *job)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;

    if (ald_msg_new(ald_client_messages(service->client), ALD_REPLY, &reply) == 0) {
        reply->outcome = ALD_REFUSED;
        reply->cause = ALD_CAUSE_NO_HANDLER;
        ald_msg_seal(reply);
    }
    ald_job_reply(job, reply);
}

static void service_message(void *owner, struct ald_job *job)
{
    struct service *service = owner;
    int r;

    if (service_wants(service)) {
        r = ald_watch_service_message(stdout, ald_job_command(job), ald_loop_wall(), service->options->payload,
                                      service->cli->json);
        service_shown(service, r);
    }
    if (ald_job_event(job)) {
        ald_job_reply(job, NULL); /* it was heard, and that is all */
    } else {
        service_refuse(service, job);
    }
}

static void service_news(void *owner, const struct ald_news *news, bool is_answer ALD_UNUSED)
{
    struct service *service = owner;

    if (service_wants(service)) {
        service_shown(service, ald_watch_service_news(stdout, news, ald_loop_wall(), service->cli->json));
    }
}

static int service_names(void *owner, struct ald_buf *out)
{
    const struct service *service = owner;

    return ald_buf_push(out,
                        ald_str(service->options->names != NULL ? service->options->names : ALD_CLIENT_NEWS_NAMES));
}

/* --- coming and going ---------------------------------------------------------------------------------------------- */

static void service_waiting(struct service *service, const char *why, ald_usec retry_in)
{
    char room[200], time[32];

    if (!service->welcome) {
        ald_reach_failed(&service->reach, ald_client_url(service->client), ald_str(why));
        return;
    }
    ald_cli_say("no hub at %s: %.*s; trying again in %s", ald_client_url(service->client),
                ALD_STR_ARG(ald_cli_printable(ald_str(why), room, sizeof(room))), ald_duration_format(retry_in, time));
}

static void service_ready(struct service *service, const char *url)
{
    int r;

    if (service->welcome) {
        ald_cli_say("back at %s%s", url,
                    ald_client_resumed(service->client) ? "" : "; what happened meanwhile is not shown");
    } else if (service->options->as != NULL) {
        ald_cli_say("registered as %s at %s", service->options->as, url);
    }
    service->welcome = true;
    ald_alarm_stop(service->loop, &service->reach_alarm);
    if (!ald_cli_is_family(service->cli)) {
        r = ald_watch_subscribe_ready(&service->subscribe, service->client);
        if (r < 0) {
            service_stop(service, ald_cli_broke(r));
        }
    }
}

static void service_refused(void *owner, int status)
{
    service_stop(owner, status);
}

static void service_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in)
{
    struct service *service = owner;

    switch (state) {
    case ALD_CLIENT_READY:
        service_ready(service, text);
        break;
    case ALD_CLIENT_WAITING:
        service_waiting(service, text, retry_in);
        break;
    case ALD_CLIENT_CLOSED:
        if (service->leaving) {
            break;
        }
        ald_cli_say("the hub at %s does not want us: %s", ald_client_url(service->client), text);
        service_stop(service, ALD_EXIT_NO_HUB);
        break;
    default:
        break;
    }
}

/* --- the verb ------------------------------------------------------------------------------------------------------ */

static int service_connect(struct service *service, struct ald_net *net)
{
    static const struct ald_client_callbacks callbacks = {
        .state = service_state, .command = service_message, .names = service_names, .news = service_news};
    struct ald_client_options options;
    struct ald_why why = {""};
    int r;

    ald_client_options_init(&options);
    ald_cli_client_options(service->cli, &options);
    options.target = service->options->as;
    r = ald_client_new(net, &options, &callbacks, service, &why, &service->client);
    if (r != 0 && why.text[0] != '\0') {
        return ald_cli_usage(service->cli, "%s", why.text);
    }
    return r < 0 ? ald_cli_broke(r) : r;
}

static int service_run(struct service *service, struct ald_net *net)
{
    int r = service_connect(service, net);

    if (r != 0) {
        return r;
    }
    ald_alarm_start(service->loop, &service->reach_alarm, ald_loop_now(service->loop) + SERVICE_REACH);
    ald_loop_run(service->loop);
    service->leaving = true;
    if (service->welcome) { /* say goodbye, as long as that takes no waiting */
        ald_client_close(service->client);
        ald_loop_turn(service->loop, 0);
    }
    return service->status;
}

int ald_watch_service_run(const struct ald_cli *cli, const struct ald_watch_options *options)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ALD_AUTO(ald_net_free) struct ald_net *net = NULL;
    struct ald_sigwatch *interrupts[2] = {NULL, NULL};
    struct service service = {.cli = cli, .options = options};
    int status;
    int r;

    r = ald_loop_new(&loop);
    r = r == 0 ? ald_net_new(loop, &net) : r;
    r = r == 0 ? ald_sigwatch_new(loop, SIGINT, service_interrupt, &service, &interrupts[0]) : r;
    r = r == 0 ? ald_sigwatch_new(loop, SIGTERM, service_interrupt, &service, &interrupts[1]) : r;
    service.loop = loop;
    ald_watch_subscribe_init(&service.subscribe, options, cli->json, service_refused, &service);
    ald_alarm_init(&service.reach_alarm, service_reach_alarm, &service);
    status = r < 0 ? ald_cli_broke(r) : service_run(&service, net);
    if (loop != NULL) {
        ald_alarm_stop(loop, &service.reach_alarm);
    }
    ald_client_free(service.client);
    ald_sigwatch_close(interrupts[0]);
    ald_sigwatch_close(interrupts[1]);
    return status;
}
