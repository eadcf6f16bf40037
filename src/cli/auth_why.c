#include <string.h>

#include "auth/auth.h"
#include "base/error.h"
#include "cli/api.h"
#include "cli/auth.h"
#include "cli/read.h"
#include "msg/address.h"
#include "msg/json_write.h"
#include "wire/http/http_url.h"

enum { WHY_TEXT_MAX = 8 * 1024, WHY_PATH_MAX = 4 * 1024 };

/* --- by a file ---------------------------------------------------------------------------------------------------- */

static int why_print(const struct ald_cli *cli, struct ald_str text, bool allowed)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    if (!cli->json) {
        printf("%.*s\n", ALD_STR_ARG(text));
        r = ald_cli_flush();
        return r != 0 || allowed ? r : ALD_EXIT_TROUBLE;
    }
    ald_buf_init(&out, (size_t)8 * WHY_TEXT_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_bool(&json, "allowed", allowed);
    ald_json_write_member_str(&json, "why", text);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    r = r < 0 ? ald_cli_broke(r) : ald_cli_flush();
    return r != 0 || allowed ? r : ALD_EXIT_TROUBLE;
}

static int why_of_file(const struct ald_cli *cli, const struct ald_auth_ask *ask, struct ald_str target,
                       struct ald_str name)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = NULL;
    struct ald_rules_why why = {""};
    struct ald_buf text;
    bool allowed = false;
    int r = ald_auth_load(ask->file, &auth, &why);

    if (r < 0) {
        return ald_cli_broke(r);
    }
    if (r > 0) {
        ald_cli_say("%s", why.text);
        return ALD_EXIT_TROUBLE;
    }
    ald_buf_init(&text, WHY_TEXT_MAX);
    r = ald_auth_why(auth, ald_str(ask->words[1]), target, name, &text, &allowed);
    ald_assert(r <= 0); /* its parts are cut to what fits */
    r = r < 0 ? ald_cli_broke(r) : why_print(cli, ald_buf_str(&text), allowed);
    ald_buf_fini(&text);
    return r;
}

/* --- by the hub --------------------------------------------------------------------------------------------------- */

/* Append `NAME=VALUE`, encoded. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int path_push(struct ald_buf *path, const char *name, struct ald_str value)
{
    char room[3 * 1024];
    struct ald_str encoded;
    int r = ald_buf_push(path, ald_str(name));

    if (r == 0 && ald_http_encode(value, room, sizeof(room), &encoded) != 0) {
        return ALD_BUF_FULL;
    }
    return r == 0 ? ald_buf_push(path, encoded) : r;
}

/* Ask one question, for an object. Returns 0 or the exit status. */
static int hub_ask(const struct ald_cli *cli, const char *target, struct ald_api_answer *answer)
{
    const struct ald_api_ask ask = {.target = target};
    struct ald_api api;
    int r = ald_api_open(&api, cli);

    r = r == 0 ? ald_api_ask(&api, &ask, answer) : r;
    if (r == 0 && answer->status != 200) {
        r = ald_api_problem(answer);
    }
    ald_api_close(&api);
    return r;
}

static int answer_print_why(const struct ald_cli *cli, const struct ald_api_answer *answer)
{
    const struct ald_json_node *root;
    struct ald_read_text text;
    struct ald_json json;
    bool allowed;
    int r;

    ald_json_init(&json, 64);
    r = ald_json_parse(&json, ald_buf_str(&answer->body), ALD_JSON_BROKEN_OK, NULL);
    if (r != 0) {
        ald_json_fini(&json);
        ald_cli_say("the hub's answer is not what it should be");
        return ALD_EXIT_TROUBLE;
    }
    root = ald_json_root(&json);
    allowed = ald_read_bool(root, "allowed");
    if (cli->json) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&answer->body)));
    } else {
        printf("%s\n", ald_read_str(root, "why", &text));
    }
    ald_json_fini(&json);
    r = ald_cli_flush();
    return r != 0 || allowed ? r : ALD_EXIT_TROUBLE;
}

static int why_of_hub(const struct ald_cli *cli, const struct ald_auth_ask *ask, struct ald_str target,
                      struct ald_str name)
{
    struct ald_api_answer answer;
    struct ald_buf path;
    int r;

    ald_buf_init(&path, WHY_PATH_MAX);
    r = path_push(&path, "/api/v1/auth/why?principal=", ald_str(ask->words[1]));
    r = r == 0 && ald_str_present(target) ? path_push(&path, "&target=", target) : r;
    r = r == 0 && ald_str_present(name) ? path_push(&path, "&name=", name) : r;
    r = r == 0 ? ald_buf_push_byte(&path, '\0') : r;
    if (r != 0) {
        ald_buf_fini(&path);
        return r < 0 ? ald_cli_broke(r) : ald_cli_usage(cli, "no name is so long");
    }
    ald_api_answer_init(&answer);
    r = hub_ask(cli, ald_buf_str(&path).data, &answer);
    r = r == 0 ? answer_print_why(cli, &answer) : r;
    ald_api_answer_fini(&answer);
    ald_buf_fini(&path);
    return r;
}

static int why_ask(const struct ald_cli *cli, const struct ald_auth_ask *ask, struct ald_str target,
                   struct ald_str name)
{
    return ask->file != NULL ? why_of_file(cli, ask, target, name) : why_of_hub(cli, ask, target, name);
}

int ald_auth_why_ask(const struct ald_cli *cli, const struct ald_auth_ask *ask)
{
    struct ald_str name = ask->n_words > 3 ? ald_str(ask->words[3]) : ALD_STR_NONE;
    struct ald_address address;
    char scratch[1024];

    if ((ask->n_words == 2) != (ask->subscribe != NULL)) {
        return ald_cli_usage(
            cli, "it is written: aldis auth why PRINCIPAL TARGET [NAME], or why PRINCIPAL --subscribe NAME");
    }
    if (ask->subscribe != NULL) {
        return why_ask(cli, ask, ALD_STR_NONE, ald_str(ask->subscribe));
    }
    if (strlen(ask->words[2]) > sizeof(scratch) || ald_address_parse(ald_str(ask->words[2]), scratch, &address) != 0 ||
        ald_str_present(address.hub) || ald_str_present(address.channel)) {
        return ald_cli_usage(cli, "\"%.80s\" is no target", ask->words[2]);
    }
    if (address.scope != ALD_SCOPE_ONE) { /* what is for all takes the right to the hub itself */
        if (!ald_str_present(name)) {
            return ald_cli_usage(cli, "nobody serves all; say which NAME is to be told to them");
        }
        address.target = ALD_STR("");
    }
    return why_ask(cli, ask, address.target, name);
}

/* --- whoami ------------------------------------------------------------------------------------------------------- */

static void whoami_list(const struct ald_json_node *root, const char *name)
{
    const struct ald_json_node *list = ald_json_find(root, ald_str(name));
    char room[400];
    bool any = false;

    printf("%-10s ", name);
    if (list != NULL) {
        ald_json_each(word, list)
        {
            struct ald_str text = ald_cli_printable(ald_json_value(word).raw, room, sizeof(room));

            printf("%s%.*s", any ? ", " : "", (int)text.size - 2, text.data + 1); /* without its quotes */
            any = true;
        }
    }
    printf("%s\n", any ? "" : "nothing");
}

static int answer_print_whoami(const struct ald_api_answer *answer)
{
    const struct ald_json_node *root;
    struct ald_read_text text;
    struct ald_json json;
    int r;

    ald_json_init(&json, 64 * 1024);
    r = ald_json_parse(&json, ald_buf_str(&answer->body), ALD_JSON_BROKEN_OK, NULL);
    if (r != 0) {
        ald_json_fini(&json);
        ald_cli_say("the hub's answer is not what it should be");
        return ALD_EXIT_TROUBLE;
    }
    root = ald_json_root(&json);
    ald_read_str(root, "principal", &text);
    printf("principal  %s\n", text.text[0] != '\0' ? text.text : "(nobody has to prove who they are)");
    whoami_list(root, "register");
    whoami_list(root, "command");
    whoami_list(root, "permission");
    whoami_list(root, "subscribe");
    printf("manage     %s\n", ald_read_str(root, "manage", &text));
    ald_json_fini(&json);
    return ald_cli_flush();
}

int ald_auth_whoami(const struct ald_cli *cli, const struct ald_auth_ask *ask ALD_UNUSED)
{
    struct ald_api_answer answer;
    int r;

    ald_api_answer_init(&answer);
    r = hub_ask(cli, "/api/v1/whoami", &answer);
    if (r == 0 && cli->json) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&answer.body)));
        r = ald_cli_flush();
    } else if (r == 0) {
        r = answer_print_whoami(&answer);
    }
    ald_api_answer_fini(&answer);
    return r;
}
