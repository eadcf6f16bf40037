#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/help.h"
#include "client/client.h"
#include "client/url.h"

enum {
    CLI_HUB = 1000,
    CLI_JSON,
    CLI_CA,
    CLI_CERT,
    CLI_KEY,
    CLI_INSECURE,
    CLI_TOKEN,
    CLI_SECRET,
    CLI_HELP,
    CLI_VERSION
};

static const struct ald_option cli_options[] = {
    {CLI_HUB, "hub", "URL[,URL...]", 'H',
     "the hubs to try, in turn; may be given again (default: the environment variable ALDIS_URL, else the local Unix "
     "socket)\n"
     "  unix:/run/aldis/aldis.sock   ws://hub.example:8062\n"
     "  wss://hub.example/prefix\n"
     "or a daemon of the communicator family, for call, send, watch and agent:\n"
     "  cd:///run/communicator/communicatord.sock   cd://127.0.0.1:4040\n"
     "  cds://hub.example\n"
     "  cdu://127.0.0.1:4041 and cdb://eth0:4041, datagrams, for send\n"
     "or /api/socket of a hub, as a control or host of links: link+ws://hub.example:8062 and link+wss://\n"},
    {CLI_CA, "ca", "FILE", 0, "wss, cds: trust the certificates in FILE instead of the system's"},
    {CLI_CERT, "cert", "FILE", 0, "wss, cds: show the certificate in FILE (PEM), where the hub asks clients for one"},
    {CLI_KEY, "key", "FILE", 0, "wss, cds: its private key, where that is not in the same file"},
    {CLI_INSECURE, "insecure", NULL, 0, "wss, cds: trust anybody (for tests)"},
    {CLI_TOKEN, "token-file", "FILE", 0,
     "prove who you are with the token in FILE (default: the environment variable ALDIS_TOKEN)"},
    {CLI_SECRET, "secret-file", "FILE", 0,
     "cdu, cdb: show the secret in FILE (default: the environment variable ALDIS_SECRET)"},
    {CLI_JSON, "json", NULL, 0, "print JSON, for programs"},
    {CLI_HELP, "help", NULL, 'h', "print this"},
    {CLI_VERSION, "version", NULL, 0, "print the version"},
};

const struct ald_option_table ald_cli_options = {cli_options, ALD_COUNT(cli_options)};

/* --- saying ------------------------------------------------------------------------------------------------------- */

void ald_cli_say(const char *format, ...)
{
    va_list args;

    fputs("aldis: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int ald_cli_usage(const struct ald_cli *cli, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "aldis%s%s: ", cli->verb != NULL ? " " : "", cli->verb != NULL ? cli->verb->name : "");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see: aldis help%s%s)\n", cli->verb != NULL ? " " : "", cli->verb != NULL ? cli->verb->name : "");
    return ALD_EXIT_USAGE;
}

int ald_cli_broke(int error)
{
    ald_cli_say("%s", ald_error_text(error));
    return ALD_EXIT_TROUBLE;
}

int ald_cli_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return ALD_EXIT_OK;
    }
    if (errno != EPIPE) {
        ald_cli_say("cannot write to standard output: %s", strerror(errno));
    }
    return ALD_EXIT_TROUBLE;
}

struct ald_str ald_cli_printable(struct ald_str text, char *room, size_t size)
{
    size_t n = ALD_MIN(text.size, size);

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text.data[i];
        /* U+0080 to U+009F are C2 80 to C2 9F; as the second byte of another character they mean something else. */
        bool c1 = i > 0 && (unsigned char)text.data[i - 1] == 0xc2 && c >= 0x80 && c <= 0x9f;

        room[i] = c == '\n' || c == '\t' ? ' ' : c < 0x20 || c == 0x7f || c1 ? '?' : (char)c;
        if (c1) {
            room[i - 1] = '?';
        }
    }
    return ald_str_of(room, n);
}

/* --- who we are --------------------------------------------------------------------------------------------------- */

static int cli_stop(struct ald_cli *cli, int status)
{
    cli->status = status;
    return ALD_CLI_STOP;
}

/* A word that proves something. A token is one of what a header may hold (RFC 6750 section 2.1), and so is a secret; what
 * stands around it in a file is not meant. */
struct cli_proof {
    const char *what;
    char *room;
    size_t size;
};

static struct cli_proof cli_token(struct ald_cli *cli)
{
    return (struct cli_proof){"token", cli->token, sizeof(cli->token)};
}

static struct cli_proof cli_secret(struct ald_cli *cli)
{
    return (struct cli_proof){"secret", cli->secret, sizeof(cli->secret)};
}

static int cli_take_proof(struct ald_cli *cli, struct cli_proof proof, struct ald_str text, const char *source)
{
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    text = ald_str_trim(text);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return cli_stop(cli, ald_cli_usage(cli, "%s: what is there is no %s", source, proof.what));
        }
    }
    if (text.size == 0 || text.size >= proof.size) {
        return cli_stop(cli,
                        ald_cli_usage(cli, text.size == 0 ? "%s: there is no %s in it" : "%s: it is too long for a %s",
                                      source, proof.what));
    }
    memcpy(proof.room, text.data, text.size);
    proof.room[text.size] = '\0';
    return 0;
}

/* Outcome: ALD_CLI_STOP. */
static int cli_read_proof(struct ald_cli *cli, struct cli_proof proof, const char *path)
{
    char room[sizeof(cli->token) + 64];
    FILE *file = fopen(path, "re");
    size_t size;

    if (file == NULL) {
        return cli_stop(cli, ald_cli_usage(cli, "--%s-file %s: %s", proof.what, path, strerror(errno)));
    }
    size = fread(room, 1, sizeof(room), file);
    fclose(file);
    return cli_take_proof(cli, proof, ald_str_of(room, size), path);
}

/* One that no option named. */
static int cli_settle_proof(struct ald_cli *cli, struct cli_proof proof, const char *variable)
{
    const char *text = getenv(variable);

    return proof.room[0] != '\0' || text == NULL || text[0] == '\0'
               ? 0
               : cli_take_proof(cli, proof, ald_str(text), variable);
}

/* --- the hubs ----------------------------------------------------------------------------------------------------- */

/* DESIGN section 4: where aldisd puts its socket when it is told nothing. */
static const char *cli_default(struct ald_cli *cli)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");

    if (geteuid() == 0) {
        folder = "/run";
    }
    if (folder == NULL || folder[0] != '/') {
        return NULL;
    }
    snprintf(cli->url_room, sizeof(cli->url_room), "unix:%s/aldis/aldis.sock", folder);
    return cli->url_room;
}

/* Add the URLs of a list, which is cut apart where it stands. Outcome: ALD_CLI_STOP. */
static int cli_add_urls(struct ald_cli *cli, char *list, const char *source)
{
    struct ald_url url;
    const char *why;
    char *rest = list;
    char *text;

    while ((text = strsep(&rest, ",")) != NULL) {
        if (ald_url_parse(text, &url, &why) != 0) {
            return cli_stop(cli, ald_cli_usage(cli, "%s: \"%s\" is no URL of a hub: %s", source, text, why));
        }
        if (cli->n_urls == ALD_CLI_URLS_MAX) {
            return cli_stop(cli, ald_cli_usage(cli, "%s: more than %d hubs", source, ALD_CLI_URLS_MAX));
        }
        cli->urls[cli->n_urls++] = text;
    }
    return 0;
}

/* Make sure there is a hub to talk to, once all options are read. */
static int cli_settle_urls(struct ald_cli *cli)
{
    const char *text = getenv("ALDIS_URL");

    if (cli->n_urls > 0) {
        return 0;
    }
    if (text != NULL && text[0] != '\0') {
        snprintf(cli->url_room, sizeof(cli->url_room), "%s", text);
        return cli_add_urls(cli, cli->url_room, "ALDIS_URL");
    }
    text = cli_default(cli);
    if (text == NULL) {
        return cli_stop(cli, ald_cli_usage(cli, "which hub? XDG_RUNTIME_DIR is not set, so name one with -H URL"));
    }
    cli->urls[cli->n_urls++] = text;
    return 0;
}

bool ald_cli_has_api(const struct ald_cli *cli)
{
    struct ald_url url;

    for (size_t i = 0; i < cli->n_urls; i++) {
        if (ald_url_parse_api(cli->urls[i], &url, NULL) == 0) {
            return true;
        }
    }
    return false;
}

bool ald_cli_is_family(const struct ald_cli *cli)
{
    struct ald_url url;

    for (size_t i = 0; i < cli->n_urls; i++) {
        if (ald_url_parse(cli->urls[i], &url, NULL) != 0 || (url.way->can & ALD_WAY_EVENT_OPTIONS) == 0) {
            return false;
        }
    }
    return true;
}

void ald_cli_client_options(const struct ald_cli *cli, struct ald_client_options *options)
{
    options->urls = cli->urls;
    options->token = cli->token[0] != '\0' ? cli->token : NULL;
    options->secret = cli->secret[0] != '\0' ? cli->secret : NULL;
    options->ca_file = cli->ca_file;
    options->cert_file = cli->cert_file;
    options->key_file = cli->key_file;
    options->insecure = cli->insecure;
}

/* --- arguments ---------------------------------------------------------------------------------------------------- */

/* Returns the exit status. */
static int cli_print_help(const struct ald_verb *verb)
{
    int r = ald_help_print(stdout, verb);

    return r < 0 ? ald_cli_broke(r) : ald_cli_flush();
}

/* An option of all verbs. Outcome: ALD_CLI_STOP. */
static int cli_option(struct ald_cli *cli, const struct ald_arg *arg)
{
    switch (arg->key) {
    case CLI_HUB:
        cli->urls_given = true;
        return cli_add_urls(cli, (char *)arg->value, arg->text); /* argv is ours to write to */
    case CLI_JSON:
        cli->json = true;
        return 0;
    case CLI_CA:
        cli->ca_file = arg->value;
        return 0;
    case CLI_CERT:
        cli->cert_file = arg->value;
        return 0;
    case CLI_KEY:
        cli->key_file = arg->value;
        return 0;
    case CLI_TOKEN:
        return cli_read_proof(cli, cli_token(cli), arg->value);
    case CLI_SECRET:
        return cli_read_proof(cli, cli_secret(cli), arg->value);
    case CLI_INSECURE:
        cli->insecure = true;
        return 0;
    case CLI_HELP:
        return cli_stop(cli, cli_print_help(cli->verb));
    default:
        puts("aldis " ALDIS_VERSION);
        return cli_stop(cli, ald_cli_flush());
    }
}

static int cli_wrong(struct ald_cli *cli, int wrong, const struct ald_arg *arg)
{
    switch (wrong) {
    case ALD_ARGS_VALUE_MISSING:
        return cli_stop(cli, ald_cli_usage(cli, "%s needs a value", arg->text));
    case ALD_ARGS_VALUE_UNWANTED:
        return cli_stop(cli, ald_cli_usage(cli, "%s: this option takes no value", arg->text));
    default:
        return cli_stop(cli, ald_cli_usage(cli, "there is no option %s", arg->text));
    }
}

int ald_cli_next(struct ald_cli *cli, struct ald_arg *ret_arg)
{
    const struct ald_option_table tables[] = {
        {cli->verb != NULL ? cli->verb->options : NULL, cli->verb != NULL ? cli->verb->n_options : 0},
        {cli_options, ALD_COUNT(cli_options)},
    };
    int r;

    while ((r = ald_args_next(&cli->args, tables, ALD_COUNT(tables), ret_arg)) == 0) {
        if (ret_arg->key < CLI_HUB) {
            return 0;
        }
        r = cli_option(cli, ret_arg);
        if (r != 0) {
            return r;
        }
    }
    if (r != ALD_ARGS_END) {
        return cli_wrong(cli, r, ret_arg);
    }
    if (cli->verb == NULL || cli->offline) {
        return ALD_CLI_END; /* help needs no hub */
    }
    r = cli_settle_proof(cli, cli_token(cli), "ALDIS_TOKEN");
    r = r == 0 ? cli_settle_proof(cli, cli_secret(cli), "ALDIS_SECRET") : r;
    r = r == 0 ? cli_settle_urls(cli) : r;
    return r != 0 ? r : ALD_CLI_END;
}

/* --- the program -------------------------------------------------------------------------------------------------- */

const struct ald_verb *ald_verb_find(const char *name)
{
    for (size_t i = 0; ald_verbs[i] != NULL; i++) {
        if (strcmp(ald_verbs[i]->name, name) == 0) {
            return ald_verbs[i];
        }
    }
    return NULL;
}

/* `aldis help [VERB]` */
static int cli_help_verb(struct ald_cli *cli)
{
    struct ald_arg arg;
    int r = ald_cli_next(cli, &arg);

    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    if (r == 0 && ald_verb_find(arg.value) == NULL) {
        return ald_cli_usage(cli, "there is no verb %s", arg.value);
    }
    return cli_print_help(r == 0 ? ald_verb_find(arg.value) : NULL);
}

int ald_cli_main(char **argv)
{
    struct ald_cli cli = {.args.argv = argv[0] != NULL ? argv + 1 : argv};
    struct ald_arg arg;
    int r = ald_cli_next(&cli, &arg);

    if (r == ALD_CLI_STOP) {
        return cli.status;
    }
    if (r == ALD_CLI_END) {
        return ald_cli_usage(&cli, "what shall be done? name a verb");
    }
    if (strcmp(arg.value, "help") == 0) {
        return cli_help_verb(&cli);
    }
    cli.verb = ald_verb_find(arg.value);
    if (cli.verb == NULL) {
        return ald_cli_usage(&cli, "there is no verb %s", arg.value);
    }
    return cli.verb->run(&cli);
}
