#include "cli/api.h"

#include <signal.h>

#include "base/error.h"
#include "msg/json_scan.h"
#include "transport/net.h"

/* For one hub to answer, from the dial on. */
#define API_TIMEOUT (5 * ALD_SEC)

/* One question to one hub. */
struct asking {
    struct ald_api *api;
    struct ald_api_answer *answer;
    const char *url;
    int error; /* negative: memory was short */
    bool answered;
};

void ald_api_answer_init(struct ald_api_answer *answer)
{
    *answer = (struct ald_api_answer){0};
    ald_buf_init(&answer->body, ALD_FETCH_BODY_MAX);
}

void ald_api_answer_fini(struct ald_api_answer *answer)
{
    ald_buf_fini(&answer->body);
}

static void api_rest_alarm(void *owner)
{
    struct ald_api *api = owner;

    ald_loop_stop(api->loop);
}

int ald_api_open(struct ald_api *api, const struct ald_cli *cli)
{
    int r;

    *api = (struct ald_api){.cli = cli, .timeout = API_TIMEOUT};
    ald_alarm_init(&api->rest_alarm, api_rest_alarm, api);
    r = ald_loop_new(&api->loop);
    if (r == 0) {
        r = ald_net_new(api->loop, &api->net);
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

void ald_api_close(struct ald_api *api)
{
    ald_fetch_free(api->fetch);
    for (size_t i = 0; i < ALD_COUNT(api->interrupts); i++) {
        ald_sigwatch_close(api->interrupts[i]);
    }
    if (api->loop != NULL) {
        ald_alarm_stop(api->loop, &api->rest_alarm);
    }
    ald_net_free(api->net);
    ald_loop_free(api->loop);
    *api = (struct ald_api){0};
}

static void api_interrupt(void *owner, int number ALD_UNUSED)
{
    struct ald_api *api = owner;

    api->interrupted = true;
    ald_loop_stop(api->loop);
}

int ald_api_hear_interrupts(struct ald_api *api)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    int r = 0;

    for (size_t i = 0; i < ALD_COUNT(numbers) && r == 0; i++) {
        r = ald_sigwatch_new(api->loop, numbers[i], api_interrupt, api, &api->interrupts[i]);
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

void ald_api_rest(struct ald_api *api, ald_usec duration)
{
    if (!api->interrupted) {
        ald_alarm_start(api->loop, &api->rest_alarm, ald_loop_fresh() + duration);
        ald_loop_run(api->loop);
        ald_alarm_stop(api->loop, &api->rest_alarm);
    }
}

/* --- asking -------------------------------------------------------------------------------------------------------- */

struct ald_fetch_spec ald_api_spec(const struct ald_cli *cli, const char *url)
{
    return (struct ald_fetch_spec){
        .url = url,
        .token = cli->token,
        .ca_file = cli->ca_file,
        .cert_file = cli->cert_file,
        .key_file = cli->key_file,
        .insecure = cli->insecure,
        .timeout = API_TIMEOUT,
    };
}

static void asking_end(void *owner, const struct ald_fetch_end *end)
{
    struct asking *asking = owner;
    int r;

    if (end->status == 0) {
        ald_reach_failed(&asking->api->reach, asking->url, end->text);
    } else {
        asking->answer->status = end->status;
        asking->answered = true;
        r = ald_buf_push(&asking->answer->body, end->body);
        asking->error = r == 0 ? 0 : ALDIS_E_NOMEM;
    }
    ald_loop_stop(asking->api->loop);
}

/* Returns 0 when the hub was asked, whatever it said, or the exit status. */
static int asking_run(struct asking *asking, const struct ald_api_ask *ask)
{
    struct ald_api *api = asking->api;
    struct ald_fetch_spec spec = ald_api_spec(api->cli, asking->url);
    struct ald_why why = {""};
    int r;

    spec.timeout = api->timeout;
    spec.method = ask->method;
    spec.target = ask->target;
    spec.body = ask->body;
    r = ald_fetch_new(api->net, &spec, asking_end, asking, &why, &api->fetch);
    if (r == 0) {
        ald_loop_run(api->loop);
        api->fetch = ald_fetch_free(api->fetch);
        return asking->error < 0 ? ald_cli_broke(asking->error) : 0;
    }
    if (why.text[0] != '\0') {
        return ald_cli_usage(api->cli, "%s", why.text);
    }
    if (r == ALDIS_E_NOMEM) {
        return ald_cli_broke(r);
    }
    ald_reach_failed(&api->reach, asking->url, ald_str(ald_error_text(r)));
    return 0;
}

/* Anything may listen at an address that somebody typed. */
static int api_check(const struct ald_api_answer *answer)
{
    struct ald_str body = ald_buf_str(&answer->body);
    struct ald_json_scan scan;

    if (ald_json_scan(body, ALD_JSON_BROKEN_OK, NULL, 0, &scan) == 0 || (body.size == 0 && answer->status == 204)) {
        return 0;
    }
    ald_cli_say("what answered (with status %d) is not the API of a hub; is this its address?", answer->status);
    return ALD_EXIT_TROUBLE;
}

int ald_api_try(struct ald_api *api, const struct ald_api_ask *ask, struct ald_api_answer *answer)
{
    size_t n = api->cli->n_urls;
    int r;

    api->reach = (struct ald_reach){.n = 0};
    ald_buf_reset(&answer->body);
    for (size_t i = 0; i < n && !api->interrupted; i++) {
        size_t at = (api->url_at + i) % n;
        struct asking asking = {.api = api, .answer = answer, .url = api->cli->urls[at]};

        r = asking_run(&asking, ask);
        if (r != 0) {
            return r;
        }
        if (asking.answered) {
            api->url_at = at;
            return api_check(answer);
        }
    }
    return ALD_API_AWAY;
}

int ald_api_ask(struct ald_api *api, const struct ald_api_ask *ask, struct ald_api_answer *answer)
{
    int r = ald_api_try(api, ask, answer);

    return r == ALD_API_AWAY ? ald_reach_report(&api->reach, api->cli) : r;
}

/* --- what it has against it ---------------------------------------------------------------------------------------- */

static const char *api_hint(int status)
{
    switch (status) {
    case 401:
        return "  prove who you are: --token-file FILE, or the environment variable ALDIS_TOKEN\n";
    case 403:
        return "  this needs the hub's own Unix socket, or a token with the right to manage it\n";
    default:
        return "";
    }
}

int ald_api_problem(const struct ald_api_answer *answer)
{
    struct ald_json_field detail = ALD_JSON_FIELD("detail");
    struct ald_json_scan scan;
    struct ald_buf scratch;
    struct ald_str text;
    char room[300];

    ald_buf_init(&scratch, ALD_FETCH_BODY_MAX);
    if (ald_json_scan(ald_buf_str(&answer->body), ALD_JSON_BROKEN_OK, &detail, 1, &scan) != 0 ||
        ald_json_text(detail.value, &scratch, &text) != 0) {
        text = ALD_STR("no reason given");
    }
    ald_cli_say("the hub answered %d: %.*s", answer->status, ALD_STR_ARG(ald_cli_printable(text, room, sizeof(room))));
    fputs(api_hint(answer->status), stderr);
    ald_buf_fini(&scratch);
    return ALD_EXIT_TROUBLE;
}
