/*
 * The verb token: signed tokens, as hosts and controls of the link dialect show them.
 */

#include "cli/token.h"

#include <string.h>

#include "cli/duration.h"
#include "cli/verbs.h"

enum { TOKEN_EXPIRES = 1, TOKEN_SECRET };

static const struct ald_option token_options[] = {
    {.key = TOKEN_EXPIRES,
     .name = "expires",
     .value = "DURATION",
     .help = "create: how long it is good, as 12h; without it, until it is revoked"},
    {.key = TOKEN_SECRET,
     .name = "secret",
     .value = "FILE",
     .help = "what it is signed with: the file that [link] secret of the hub names"},
};

/* What may follow the verb. */
static const struct {
    const char *name;
    size_t n; /* operands, the word included */
    const char *usage;
    int (*run)(const struct ald_cli *cli, const struct ald_token_ask *ask);
} words[] = {
    {"create", 3, "create host ID, or create user NAME", ald_token_create},
    {"inspect", 2, "inspect TOKEN", ald_token_inspect},
};

int ald_token_secret(const struct ald_token_ask *ask, struct ald_secret *ret_secret, struct ald_secret_why *ret_why)
{
    char path[ALD_SECRET_PATH_MAX];

    if (ask->secret != NULL) {
        return ald_secret_load(ask->secret, ret_secret, ret_why);
    }
    ald_secret_default_path(path);
    if (path[0] == '\0') {
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "this user has no place for a secret");
        return ALD_SECRET_MISSING;
    }
    return ald_secret_load(path, ret_secret, ret_why);
}

/* Returns 0 or the exit status. */
static int token_option(const struct ald_cli *cli, struct ald_token_ask *ask, const struct ald_arg *arg)
{
    if (arg->key == TOKEN_SECRET) {
        ask->secret = arg->value;
        return 0;
    }
    if (ald_duration_parse(arg->value, &ask->expires) != 0 || ask->expires < ALD_SEC) {
        return ald_cli_usage(cli, "\"%s\" is not how long a token is good: as 90s, 12h, at most 8784h", arg->value);
    }
    return 0;
}

static int token_dispatch(const struct ald_cli *cli, const struct ald_token_ask *ask)
{
    for (size_t i = 0; ask->n_words > 0 && i < ALD_COUNT(words); i++) {
        if (strcmp(ask->words[0], words[i].name) != 0) {
            continue;
        }
        if (ask->n_words != words[i].n) {
            return ald_cli_usage(cli, "it is written: aldis token %s", words[i].usage);
        }
        if (ask->expires != 0 && words[i].run != ald_token_create) {
            return ald_cli_usage(cli, "when a token expires is said when it is made: aldis token create");
        }
        return words[i].run(cli, ask);
    }
    return ald_cli_usage(cli, "it is create or inspect");
}

static int token_run(struct ald_cli *cli)
{
    struct ald_token_ask ask = {.n_words = 0};
    struct ald_arg arg;
    int r;

    cli->offline = true;
    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key != 0) {
            int wrong = token_option(cli, &ask, &arg);

            if (wrong != 0) {
                return wrong;
            }
        } else if (ask.n_words == ALD_TOKEN_ASK_WORDS) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        } else {
            ask.words[ask.n_words++] = arg.value;
        }
    }
    return r == ALD_CLI_STOP ? cli->status : token_dispatch(cli, &ask);
}

static const char token_examples[] =
    "  aldis token create host 4 > host-4.token\n"
    "  aldis token create user julia --expires 720h\n"
    "  aldis token create host 4 --secret /etc/aldis/link.secret\n"
    "  aldis token inspect - < host-4.token                 what it says, and whether it is good\n";

static const char token_help[] =
    "create signs a token for the host ID, or for the controls of the user NAME, and prints it on standard output: who "
    "shows "
    "it at /api/socket is let in. No hub is asked; all that is needed is the secret, which is why nobody else may read "
    "it. "
    "The hub makes one at its first start.\n"
    "\n"
    "inspect prints what TOKEN says, and whether it is good. A - is a token on standard input, where others on this "
    "machine "
    "do not see it. The exit status is 0 when it is good, 1 when it is not, or when there is no secret to tell by.\n"
    "\n"
    "Where the hub has [auth] tokens, the section [token host-ID] or [token NAME] there says what the host or the user "
    "may do; "
    "with valid_after in it, tokens that are older are revoked.\n";

const struct ald_verb ald_verb_token = {
    .name = "token",
    .summary = "sign tokens for hosts and users of links",
    .synopsis = "create|inspect [ARGUMENT...]",
    .examples = token_examples,
    .help = token_help,
    .options = token_options,
    .n_options = ALD_COUNT(token_options),
    .run = token_run,
};
