/*
 * The verb completion: how a shell learns to complete the command line of `aldis`, and what it asks while it does.
 */

#include <stdio.h>

#include "base/error.h"
#include "cli/completion_script.h"
#include "cli/read.h"
#include "cli/verbs.h"
#include "msg/address.h"

/* Whoever pressed a key waits for it. */
#define COMPLETION_PATIENCE ALD_SEC

/* A target as an address has it: what the shell or a person could take apart is encoded. */
static void completion_target(const struct ald_json_node *target)
{
    struct ald_address address = ALD_ADDRESS_NONE;
    struct ald_buf name, text;

    ald_buf_init(&name, 3 * ALD_NAME_MAX + 1);
    ald_buf_init(&text, 3 * ALD_NAME_MAX + 1);
    if (ald_json_text(ald_json_value(ald_json_find(target, ALD_STR("name"))), &name, &address.target) == 0 &&
        ald_address_format(&address, &text) == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&text)));
    }
    ald_buf_fini(&text);
    ald_buf_fini(&name);
}

/* The member `name` of it, if it is one word: another would need quotes that we cannot know. */
static void completion_word(const struct ald_json_node *element, const char *name)
{
    struct ald_read_text text;

    ald_read_str(element, name, &text);
    if (text.text[0] != '\0' && strpbrk(text.text, " ?\"'\\`$&;|<>()*[]{}!#~") == NULL) {
        puts(text.text);
    }
}

/* A hub that is away, or says no, knows nothing, and the shell shows nothing: it is no place for messages. */
static int completion_names(const struct ald_cli *cli, const char *what)
{
    bool channels = strcmp(what, "channels") == 0;
    const struct ald_api_ask ask = {.target = channels ? "/api/v1/channels?limit=1000" : "/api/v1/targets?limit=1000"};
    struct ald_api_answer answer;
    struct ald_json json;
    struct ald_api api;
    int r;

    ald_api_answer_init(&answer);
    ald_json_init(&json, ALD_READ_NODES_MAX);
    r = ald_api_open(&api, cli);
    api.timeout = COMPLETION_PATIENCE;
    r = r == 0 ? ald_api_try(&api, &ask, &answer) : r;
    if (r == 0 && answer.status == 200 &&
        ald_json_parse(&json, ald_buf_str(&answer.body), ALD_JSON_BROKEN_OK, NULL) == 0) {
        ald_json_each(element, ald_json_find(ald_json_root(&json), channels ? ALD_STR("channels") : ALD_STR("targets")))
        {
            if (strcmp(what, "targets") == 0) {
                completion_target(element);
            } else {
                completion_word(element, channels ? "id" : "name");
            }
        }
    }
    ald_json_fini(&json);
    ald_api_close(&api);
    ald_api_answer_fini(&answer);
    r = r == ALD_API_AWAY ? ALD_EXIT_NO_HUB : r;
    return r != 0 ? r : ald_cli_flush();
}

static int completion_script(int (*write)(struct ald_buf *out))
{
    struct ald_buf script;
    int r;

    ald_buf_init(&script, ALD_MIB);
    r = write(&script);
    if (r == 0) {
        fwrite(ald_buf_str(&script).data, 1, ald_buf_size(&script), stdout);
    }
    ald_buf_fini(&script);
    return r != 0 ? ald_cli_broke(r < 0 ? r : ALDIS_E_NOMEM) : ald_cli_flush();
}

static int completion_do(const struct ald_cli *cli, const char *what)
{
    static const char *const names[] = {"targets", "names", "channels"};

    if (strcmp(what, "bash") == 0) {
        return completion_script(ald_completion_bash);
    }
    if (strcmp(what, "zsh") == 0) {
        return completion_script(ald_completion_zsh);
    }
    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        if (strcmp(what, names[i]) == 0) {
            return completion_names(cli, what);
        }
    }
    return ald_cli_usage(cli, "%s: for bash and zsh there are scripts", what);
}

static int completion_run(struct ald_cli *cli)
{
    const char *what = NULL;
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (what != NULL) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        }
        what = arg.value;
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    return what != NULL ? completion_do(cli, what) : ald_cli_usage(cli, "for which shell? give bash or zsh");
}

static const char completion_examples[] =
    "  source <(aldis completion bash)                     for this bash\n"
    "  aldis completion bash >~/.local/share/bash-completion/completions/aldis\n"
    "  aldis completion zsh >~/.zfunc/_aldis               a folder of your fpath\n";

static const char completion_help[] =
    "Verbs, options and their words are completed, files, and the targets and channels of the hub that the command "
    "line "
    "names, or of the default one. An installation has both scripts in place already.\n"
    "\n"
    "`aldis completion targets`, `names` and `channels` print what the scripts ask the hub for, a line each: targets "
    "as an "
    "address has them, targets by their plain names, ids of channels.\n";

const struct ald_verb ald_verb_completion = {
    .name = "completion",
    .summary = "print what makes a shell complete this command line",
    .synopsis = "bash|zsh|targets|names|channels",
    .examples = completion_examples,
    .help = completion_help,
    .run = completion_run,
};
