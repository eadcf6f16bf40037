#include "cli/channels_ask.h"

#include <stdio.h>

#include "cli/outcome.h"
#include "cli/read.h"
#include "wire/http/http_url.h"

/* What the hub says of the channel, for the line that tells what was done. */
static int ask_tell(const struct ald_api *api, const struct ald_api_answer *answer, const char *what)
{
    struct ald_read_text id, target;
    struct ald_json json;

    ald_json_init(&json, ALD_READ_NODES_MAX);
    if (api->cli->json) {
        ald_outcome_put_line(stdout, ald_buf_str(&answer->body));
        putchar('\n');
    } else if (ald_json_parse(&json, ald_buf_str(&answer->body), ALD_JSON_BROKEN_OK, NULL) == 0) {
        printf("channel %s of %s %s\n", ald_read_str(ald_json_root(&json), "id", &id),
               ald_read_str(ald_json_root(&json), "target", &target), what);
    }
    ald_json_fini(&json);
    return ald_cli_flush();
}

static int ask_channel(struct ald_api *api, const struct ald_api_ask *ask, const char *id, const char *what)
{
    struct ald_api_answer answer;
    int r;

    ald_api_answer_init(&answer);
    r = ald_api_ask(api, ask, &answer);
    if (r == 0 && answer.status == 404) {
        ald_cli_say("the hub has no channel %s (any more); see: aldis channels", id);
        r = ALD_EXIT_TROUBLE;
    } else if (r == 0 && answer.status != 202) {
        r = ald_api_problem(&answer);
    } else if (r == 0) {
        r = ask_tell(api, &answer, what);
    }
    ald_api_answer_fini(&answer);
    return r;
}

static int channels_ask(const struct ald_cli *cli, const char *id, const char *method, const char *rest,
                        const char *what)
{
    char name[3 * 256], path[1024];
    const struct ald_api_ask ask = {.method = method, .target = path, .body = ALD_STR("")};
    struct ald_str encoded;
    struct ald_api api;
    int r;

    if (ald_http_encode(ald_str(id), name, sizeof(name), &encoded) != 0 || encoded.size == 0) {
        return ald_cli_usage(cli, "\"%.40s\" is no id of a channel", id);
    }
    snprintf(path, sizeof(path), "/api/v1/channels/%.*s%s", ALD_STR_ARG(encoded), rest);
    r = ald_api_open(&api, cli);
    if (r == 0) {
        r = ask_channel(&api, &ask, id, what);
    }
    ald_api_close(&api);
    return r;
}

int ald_channels_close(const struct ald_cli *cli, const char *id, bool reconnect)
{
    return reconnect ? channels_ask(cli, id, "DELETE", "", "is said goodbye, and asked to come back")
                     : channels_ask(cli, id, "DELETE", "?reconnect=false", "is said goodbye, and told to stay away");
}

int ald_channels_primary(const struct ald_cli *cli, const char *id)
{
    return channels_ask(cli, id, "POST", "/primary", "is to be primary, as soon as it confirms");
}
