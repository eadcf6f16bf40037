/*
 * The verb auth: tokens, and what they allow.
 */

#include "cli/auth.h"

#include <string.h>

#include "cli/verbs.h"

enum { AUTH_REGISTER = 1, AUTH_COMMAND, AUTH_PERMISSION, AUTH_SUBSCRIBE, AUTH_MANAGE, AUTH_FILE };

static const struct ald_option auth_options[] = {
    {.key = AUTH_REGISTER,
     .name = "register",
     .value = "LIST",
     .help = "token: targets it may serve, as lamp,press-*; a single name is the target it is given"},
    {.key = AUTH_COMMAND,
     .name = "command",
     .value = "LIST",
     .help = "token: what it may command, TARGET:NAME each, as lamp:signal,*:ping"},
    {.key = AUTH_PERMISSION,
     .name = "permission",
     .value = "LIST",
     .help = "token: permissions of schemas that it holds, as lamp.signal,deck.*; core.admin is all of them"},
    {.key = AUTH_SUBSCRIBE,
     .name = "subscribe",
     .value = "LIST",
     .help = "token: names of events it may subscribe to, as foo:Tick,bar:*; why: ask about one of them"},
    {.key = AUTH_MANAGE,
     .name = "manage",
     .value = "none|read|write",
     .help = "token: whether it may look at the hub, or close, promote, cancel and drain as well"},
    {.key = AUTH_FILE,
     .name = "file",
     .value = "FILE",
     .help = "token: append the section to FILE; why: ask FILE instead of a hub"},
};

/* What may follow the verb. */
static const struct {
    const char *name;
    size_t n_min, n_max; /* operands, the word included */
    const char *usage;
    int (*run)(const struct ald_cli *cli, const struct ald_auth_ask *ask);
} words[] = {
    {"token", 2, 2, "token NAME", ald_auth_token},
    {"why", 2, 4, "why PRINCIPAL TARGET [NAME], or why PRINCIPAL --subscribe NAME", ald_auth_why_ask},
    {"whoami", 1, 1, "whoami", ald_auth_whoami},
};

static void auth_option(struct ald_auth_ask *ask, const struct ald_arg *arg)
{
    switch (arg->key) {
    case AUTH_REGISTER:
        ask->serve = arg->value;
        break;
    case AUTH_COMMAND:
        ask->command = arg->value;
        break;
    case AUTH_PERMISSION:
        ask->permission = arg->value;
        break;
    case AUTH_SUBSCRIBE:
        ask->subscribe = arg->value;
        break;
    case AUTH_MANAGE:
        ask->manage = arg->value;
        break;
    default:
        ask->file = arg->value;
        break;
    }
}

static int auth_dispatch(const struct ald_cli *cli, const struct ald_auth_ask *ask)
{
    bool rights = ask->serve != NULL || ask->command != NULL || ask->permission != NULL || ask->manage != NULL;

    for (size_t i = 0; ask->n_words > 0 && i < ALD_COUNT(words); i++) {
        if (strcmp(ask->words[0], words[i].name) != 0) {
            continue;
        }
        if (ask->n_words < words[i].n_min || ask->n_words > words[i].n_max) {
            return ald_cli_usage(cli, "it is written: aldis auth %s", words[i].usage);
        }
        rights = rights || (ask->subscribe != NULL && words[i].run != ald_auth_why_ask);
        if (rights && words[i].run != ald_auth_token) {
            return ald_cli_usage(cli, "rights are given with a token: aldis auth token NAME");
        }
        return words[i].run(cli, ask);
    }
    return ald_cli_usage(cli, "it is token, why or whoami");
}

static int auth_run(struct ald_cli *cli)
{
    struct ald_auth_ask ask = {.n_words = 0};
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key != 0) {
            auth_option(&ask, &arg);
        } else if (ask.n_words == ALD_AUTH_ASK_WORDS) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        } else {
            ask.words[ask.n_words++] = arg.value;
        }
        /* Neither making a token nor asking a file needs a hub. */
        cli->offline = ask.file != NULL || (ask.n_words > 0 && strcmp(ask.words[0], "token") == 0);
    }
    return r == ALD_CLI_STOP ? cli->status : auth_dispatch(cli, &ask);
}

static const char auth_examples[] =
    "  aldis auth token lamp-7 --register lamp --file aldis.tokens > lamp-7.token\n"
    "  aldis auth token clerk --command 'lamp:*,*:ping' --manage read --file aldis.tokens\n"
    "  aldis auth why clerk lamp signal --file aldis.tokens\n"
    "  aldis auth why clerk --subscribe foo:Tick            may it subscribe to that?\n"
    "  aldis auth why lamp-7 press                          may it serve press? asks the hub that runs\n"
    "  ALDIS_TOKEN=$(cat clerk.token) aldis auth whoami\n";

static const char auth_help[] =
    "token makes a token: 256 bits of random, which is printed once, on standard output. The hub keeps only its hash: "
    "the "
    "section with it goes to standard error, or with --file to the end of the file that [auth] tokens names, which a "
    "running hub reads again by itself.\n"
    "\n"
    "why says whether PRINCIPAL may command NAME at TARGET, or, without NAME, serve TARGET, and which line of the file "
    "says "
    "so; with --subscribe, whether it may subscribe to events of that name. The exit status is 0 when it may, 1 when "
    "it may not. TARGET is written as in an address; '' is the hub "
    "itself, and . stands for all: an event to them.\n"
    "\n"
    "whoami says who the hub takes us for, and what we may do.\n";

const struct ald_verb ald_verb_auth = {
    .name = "auth",
    .summary = "make tokens, and tell what they allow",
    .synopsis = "token|why|whoami [ARGUMENT...]",
    .examples = auth_examples,
    .help = auth_help,
    .options = auth_options,
    .n_options = ALD_COUNT(auth_options),
    .run = auth_run,
};
