#include "lib/test.h"

#include "cli/help.h"
#include "cli/verbs.h"

/* What is shown on every terminal is at most so wide, and literal lines cannot be broken. */
enum { LINE_MAX_WIDTH = 110 };

static void check_prose(const char *verb, const char *text)
{
    for (const char *line = text; line != NULL && *line != '\0';
         line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
        size_t size = strcspn(line, "\n");

        if (line[0] == ' ' && size > LINE_MAX_WIDTH) {
            fail_msg("%s: too wide: %.*s", verb, (int)size, line);
        }
    }
}

ALD_TEST(verbs, say_what_they_are)
{
    for (size_t i = 0; ald_verbs[i] != NULL; i++) {
        const struct ald_verb *verb = ald_verbs[i];

        ald_check(verb->run != NULL && verb->synopsis != NULL);
        ald_check(verb->summary[0] >= 'a' && verb->summary[0] <= 'z');
        ald_check(verb->summary[strlen(verb->summary) - 1] != '.');
        ald_check(strstr(verb->examples, " aldis ") != NULL);
        check_prose(verb->name, verb->examples);
        check_prose(verb->name, verb->help);
        check_prose(verb->name, verb->notes);
        ald_check(ald_verb_find(verb->name) == verb);
    }
    ald_check(ald_verb_find("shout") == NULL);
}

static void check_options(const struct ald_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ald_check(options[i].key > 0 && options[i].name[0] != '-');
        ald_check(options[i].help != NULL && options[i].help[0] != '\0');
    }
}

/* A verb's options are looked through before those of every verb, and must not hide them. */
static void check_apart(const struct ald_verb *verb)
{
    for (size_t i = 0; i < verb->n_options; i++) {
        for (size_t j = 0; j < ald_cli_options.n; j++) {
            ald_check(strcmp(verb->options[i].name, ald_cli_options.options[j].name) != 0);
            ald_check(verb->options[i].letter == 0 || verb->options[i].letter != ald_cli_options.options[j].letter);
        }
        for (size_t j = 0; j < i; j++) {
            ald_check(strcmp(verb->options[i].name, verb->options[j].name) != 0);
            ald_check(verb->options[i].letter == 0 || verb->options[i].letter != verb->options[j].letter);
        }
    }
}

ALD_TEST(verbs, explain_every_option_and_hide_none)
{
    check_options(ald_cli_options.options, ald_cli_options.n);
    for (size_t i = 0; ald_verbs[i] != NULL; i++) {
        check_options(ald_verbs[i]->options, ald_verbs[i]->n_options);
        check_apart(ald_verbs[i]);
    }
}

ALD_TEST_MAIN(verbs, ALD_CASE(verbs, say_what_they_are), ALD_CASE(verbs, explain_every_option_and_hide_none))
