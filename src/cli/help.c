#include "cli/help.h"

#include "base/error.h"
#include "base/prose.h"
#include "cli/term.h"

/* Wider lines are tiring to read, whatever the terminal has. */
enum { HELP_WIDTH = 100, HELP_WIDTH_MIN = 60 };
/* An option that is longer has its text on the next line. */
enum { HELP_LEFT_MAX = 26 };

const char ald_help_about[] =
    "aldis sends commands through a hub (aldisd), serves them, and shows what became of them.\n"
    "\n"
    "  aldis agent --target lamp --on signal='cat'     serve the command `signal` as target `lamp`\n"
    "  aldis call lamp signal '{\"letters\":\"SOS\"}'      send it; prints the reply\n"
    "  aldis watch                                     see what passes through the hub\n"
    "  aldis explain ID                                what became of a command, step by step\n";

const char ald_help_statuses[] =
    "Exit status: 0 all is well (succeeded), 1 trouble on this side or nothing found, 2 wrong usage, 3 no hub can be "
    "reached; and the outcome of a command: 10 failed, 11 refused, 12 cancelled, 13 expired, 14 lost.\n";

struct help {
    struct ald_buf *out;
    size_t width;
    int status; /* of the first failure */
};

static void help_say(struct help *help, const char *text)
{
    if (help->status == 0) {
        help->status = ald_buf_push(help->out, ald_str(text));
    }
}

static void help_prose(struct help *help, const char *text, size_t indent, size_t at)
{
    if (help->status == 0 && text != NULL) {
        help->status = ald_prose_fold(help->out, ald_str(text), indent, at, help->width);
    }
}

/* An empty line, and a text behind it if there is one. */
static void help_part(struct help *help, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        help_say(help, "\n");
        help_prose(help, text, 0, 0);
    }
}

const char *ald_help_option(const struct ald_option *option, char room[128])
{
    char letter[8] = "    ";

    if (option->letter != 0) {
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    }
    snprintf(room, 128, "%s--%s%s%s", letter, option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
    return room;
}

static void help_options(struct help *help, const char *title, const struct ald_option *options, size_t n)
{
    char room[128];

    if (n == 0) {
        return;
    }
    help_say(help, "\n");
    help_say(help, title);
    for (size_t i = 0; i < n; i++) {
        const char *left = ald_help_option(&options[i], room);
        size_t wide = strlen(left);

        help_say(help, "  ");
        help_say(help, left);
        if (wide > HELP_LEFT_MAX) {
            help_say(help, "\n");
        }
        help_prose(help, options[i].help, HELP_LEFT_MAX + 4, wide > HELP_LEFT_MAX ? 0 : wide + 2);
    }
}

static void help_verb(struct help *help, const struct ald_verb *verb)
{
    help_say(help, "aldis ");
    help_say(help, verb->name);
    help_say(help, verb->synopsis[0] == '\0' ? "" : " ");
    help_say(help, verb->synopsis);
    help_say(help, ": ");
    help_say(help, verb->summary);
    help_say(help, ".\n");
    help_part(help, verb->examples);
    help_part(help, verb->help);
    help_options(help, "Options:\n", verb->options, verb->n_options);
    help_part(help, verb->notes);
}

static void help_program(struct help *help)
{
    help_prose(help, ald_help_about, 0, 0);
    help_say(help, "\nVerbs (`aldis help VERB` tells more):\n");
    for (size_t i = 0; ald_verbs[i] != NULL && help->status == 0; i++) {
        help->status = ald_buf_pushf(help->out, "  %-11s %s\n", ald_verbs[i]->name, ald_verbs[i]->summary);
    }
}

int ald_help_print(FILE *out, const struct ald_verb *verb)
{
    struct ald_buf buf;
    struct help help = {.out = &buf, .width = ALD_MAX(ald_term_width(out, HELP_WIDTH), (size_t)HELP_WIDTH_MIN)};

    help.width = ALD_MIN(help.width, (size_t)HELP_WIDTH);
    ald_buf_init(&buf, ALD_MIB);
    if (verb != NULL && verb->synopsis == NULL) {
        help_prose(&help, verb->help, 0, 0);
    } else if (verb != NULL) {
        help_verb(&help, verb);
    } else {
        help_program(&help);
    }
    help_options(&help, "Options of every verb:\n", ald_cli_options.options, ald_cli_options.n);
    if (verb == NULL) {
        help_part(&help, ald_help_statuses);
    }
    if (help.status == 0) {
        fwrite(ald_buf_str(&buf).data, 1, ald_buf_size(&buf), out);
    }
    ald_buf_fini(&buf);
    return help.status == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}
