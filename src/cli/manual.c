/*
 * The verb manual: the manual page aldis(1), made of the tables of verbs and options. What builds the program runs it to
 * have the page that is installed.
 */

#include <stdio.h>

#include "base/error.h"
#include "base/roff.h"
#include "cli/help.h"
#include "cli/verbs.h"

static const char manual_about[] =
    "A command-reply exchange is a place where programs that execute (agents) and programs that command (callers) "
    "meet: a hub, "
    "aldisd(8). Agents dial out to it and register under the name of a target. A command that is given to the hub ends "
    "in "
    "exactly one named outcome, by its deadline plus a second: succeeded, failed, refused, cancelled, expired or "
    "lost.\n"
    "\n"
    "aldis gives commands, sends events, serves both with any program, and shows and manages what passes through a "
    "hub. "
    "Standard output carries what was asked for and nothing else; what is said to a person goes to standard error.\n";

static const struct {
    const char *name, *text;
} manual_variables[] = {
    {"ALDIS_URL", "The hubs to try, as for --hub, where that is not given."},
    {"ALDIS_TOKEN", "The token to show, where --token-file is not given."},
    {"ALDIS_SECRET", "The secret of datagrams, where --secret-file is not given."},
    {"XDG_RUNTIME_DIR",
     "Where the local hub of a user has its socket: $XDG_RUNTIME_DIR/aldis/aldis.sock. For root it is "
     "/run/aldis/aldis.sock."},
    {"NO_COLOR", "Where it is set and not empty, nothing is coloured."},
};

static void manual_options(struct ald_roff *roff, const struct ald_option *options, size_t n)
{
    char name[64];

    for (size_t i = 0; i < n; i++) {
        if (options[i].letter != 0) {
            snprintf(name, sizeof(name), "-%c, --%s", options[i].letter, options[i].name);
        } else {
            snprintf(name, sizeof(name), "--%s", options[i].name);
        }
        ald_roff_item(roff, name, options[i].value);
        ald_roff_prose(roff, options[i].help);
    }
}

static void manual_text(struct ald_roff *roff, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        ald_roff_prose(roff, text);
        ald_roff_paragraph(roff);
    }
}

static void manual_verb(struct ald_roff *roff, const struct ald_verb *verb)
{
    char title[200], summary[200];

    snprintf(title, sizeof(title), "aldis %s", verb->name);
    ald_roff_part(roff, title);
    if (verb->synopsis != NULL) {
        ald_roff_synopsis(roff, title, verb->synopsis);
        ald_roff_paragraph(roff);
    }
    snprintf(summary, sizeof(summary), "%s.", verb->summary);
    summary[0] = (char)(summary[0] & ~0x20); /* a sentence begins with a capital; ours begin with a letter */
    ald_roff_prose(roff, summary);
    ald_roff_paragraph(roff);
    manual_text(roff, verb->examples);
    manual_text(roff, verb->help);
    manual_options(roff, verb->options, verb->n_options);
    if (verb->notes != NULL) {
        ald_roff_paragraph(roff);
        ald_roff_prose(roff, verb->notes);
    }
}

static void manual_page(struct ald_roff *roff)
{
    ald_roff_section(roff, "SYNOPSIS");
    ald_roff_synopsis(roff, "aldis", "[-H URL] [--json] VERB [ARGUMENT...]");
    ald_roff_section(roff, "DESCRIPTION");
    ald_roff_prose(roff, manual_about);
    ald_roff_section(roff, "VERBS");
    for (size_t i = 0; ald_verbs[i] != NULL; i++) {
        manual_verb(roff, ald_verbs[i]);
    }
    ald_roff_section(roff, "OPTIONS OF EVERY VERB");
    manual_options(roff, ald_cli_options.options, ald_cli_options.n);
    ald_roff_section(roff, "EXIT STATUS");
    ald_roff_prose(roff, ald_help_statuses);
    ald_roff_section(roff, "ENVIRONMENT");
    for (size_t i = 0; i < ALD_COUNT(manual_variables); i++) {
        ald_roff_item(roff, manual_variables[i].name, NULL);
        ald_roff_prose(roff, manual_variables[i].text);
    }
    ald_roff_see(roff, "aldisd(8), aldis.conf(5)");
}

static int manual_run(struct ald_cli *cli)
{
    struct ald_roff roff;
    struct ald_arg arg;
    struct ald_buf buf;
    int r = ald_cli_next(cli, &arg);

    if (r == 0) {
        return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    ald_buf_init(&buf, ALD_MIB);
    ald_roff_init(&roff, &buf, "aldis", 1, "send commands through a hub, serve them, and see what became of them");
    manual_page(&roff);
    r = ald_roff_done(&roff);
    if (r == 0) {
        fwrite(ald_buf_str(&buf).data, 1, ald_buf_size(&buf), stdout);
    }
    ald_buf_fini(&buf);
    return r != 0 ? ald_cli_broke(r < 0 ? r : ALDIS_E_NOMEM) : ald_cli_flush();
}

static const char manual_examples[] = "  aldis manual | man -l -\n";

static const char manual_help[] =
    "The whole manual, aldis(1), in the language of man(1). An installation has it in place already: man "
    "aldis.\n";

const struct ald_verb ald_verb_manual = {
    .name = "manual",
    .summary = "print the manual page",
    .synopsis = "",
    .examples = manual_examples,
    .help = manual_help,
    .run = manual_run,
};
