#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>

#include "base/error.h"
#include "base/printable.h"

const char ald_options_help[] =
    "Usage: aldisd [-c FILE] [-s SECTION.KEY=VALUE]... [--check]\n"
    "\n"
    "The hub of aldis: agents and callers connect to it, commands go from these to those, and\n"
    "every command ends in exactly one named outcome.\n"
    "\n"
    "  -c, --config FILE            read settings from FILE; without it the defaults hold\n"
    "  -s, --set SECTION.KEY=VALUE  set one setting; wins over the file, may be repeated\n"
    "      --check                  say whether the settings are right, and exit\n"
    "      --help-keys              print all settings with their defaults, as a file for -c\n"
    "      --manual                 print the manual page aldisd(8)\n"
    "      --manual-keys            print the manual page aldis.conf(5)\n"
    "  -h, --help                   print this\n"
    "  -V, --version                print the version\n"
    "\n"
    "When every door is open, aldisd prints a line `door NAME ADDRESS` for each, then `ready`.\n"
    "SIGTERM and SIGINT let running commands finish, for at most [hub] drain_timeout; a second\n"
    "one ends it at once. The exit status is 0 after a clean stop, 1 when a setting is wrong or\n"
    "the hub cannot start, 2 when the command line is.\n"
    "\n"
    "Example: a hub on a port that is free, and on a socket of its own\n"
    "\n"
    "  aldisd -s http.listen=127.0.0.1:0 -s unix.path=/tmp/aldis-demo.sock\n";

enum { OPTION_CHECK = 256, OPTION_HELP_KEYS, OPTION_MANUAL, OPTION_MANUAL_KEYS };

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"set", required_argument, NULL, 's'},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"help-keys", no_argument, NULL, OPTION_HELP_KEYS},
    {"manual", no_argument, NULL, OPTION_MANUAL},
    {"manual-keys", no_argument, NULL, OPTION_MANUAL_KEYS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int usage_fault(struct ald_config_why *why, const char *what, const char *word)
{
    char quoted[200];

    (void)ald_printable(ald_str(word), quoted, sizeof(quoted));
    (void)snprintf(why->text, sizeof(why->text), "aldisd: %s: %s; see aldisd --help", quoted, what);
    return ALD_OPTIONS_USAGE;
}

/* One walk over the command line; getopt keeps its place in globals, so each walk sets it back. */
static int option_next(int argc, char *const *argv)
{
    return getopt_long(argc, argv, ":c:s:hV", options, NULL);
}

static int options_survey(int argc, char *const *argv, enum ald_options_verb *verb, const char **file,
                          struct ald_config_why *why)
{
    int option;

    optind = 0;
    while ((option = option_next(argc, argv)) != -1) {
        switch (option) {
        case 'c':
            *file = optarg;
            break;
        case 's':
            break;
        case 'h':
            *verb = ALD_OPTIONS_HELP;
            break;
        case 'V':
            *verb = ALD_OPTIONS_VERSION;
            break;
        case OPTION_CHECK:
            *verb = ALD_OPTIONS_CHECK;
            break;
        case OPTION_HELP_KEYS:
            *verb = ALD_OPTIONS_HELP_KEYS;
            break;
        case OPTION_MANUAL:
            *verb = ALD_OPTIONS_MANUAL;
            break;
        case OPTION_MANUAL_KEYS:
            *verb = ALD_OPTIONS_MANUAL_KEYS;
            break;
        case ':':
            return usage_fault(why, "needs an argument", argv[optind - 1]);
        default:
            return usage_fault(why, "unknown option", argv[optind - 1]);
        }
    }
    return optind < argc ? usage_fault(why, "is no option", argv[optind]) : 0;
}

int ald_options_read(int argc, char *const *argv, struct ald_config *config, enum ald_options_verb *ret_verb,
                     struct ald_config_why *ret_why)
{
    enum ald_options_verb verb = ALD_OPTIONS_RUN;
    const char *file = NULL;
    int option, r;

    r = options_survey(argc, argv, &verb, &file, ret_why);
    if (r == 0 && file != NULL) {
        r = ald_config_read_file(config, file, ret_why);
    }

    optind = 0;
    while (r == 0 && (option = option_next(argc, argv)) != -1) {
        if (option == 's') {
            r = ald_config_set(config, ald_str(optarg), ret_why);
        }
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_verb = verb;
    return 0;
}
